"""Drawings on disk under their recipe's digest, each with a typed record. Needs no torch."""

from actmax.store.entry import Entry
from actmax.store.record import Provenance, Record, Wins
from actmax.store.store import Store, Stored

__all__ = ["Entry", "Provenance", "Record", "Store", "Stored", "Wins"]
