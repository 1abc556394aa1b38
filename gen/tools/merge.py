"""Merge the stores of several machines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from actmax.errors import StoreError
from actmax.store.store import Store
from gen.site import Site


def merge(site: Site, folders: Sequence[Path]) -> Iterator[str]:
    """Copy into the site's store what it lacks and others have; yield a line for each.

    Raises:
        StoreError: there is no store, or the site's cannot be written.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            raise StoreError(f"There is no store at {folder}.")
    for folder in folders:
        yield f"{folder}: {site.store.merge(Store(folder))}"
