"""Compare the plan with the ledger: which pages, redirects and anchors must stay though nothing is drawn for them."""

from __future__ import annotations

import re

from actmax.networks import labels
from actmax.networks.labels import Label
from gen.ledger.file import Ledger
from gen.plan import ClassPage, Plan, addresses

_DRAWING = re.compile(r"[a-z0-9-]+-seed-[0-9]+")
"""The anchor of a drawing."""
_ALIAS = re.compile(rf"{addresses.GALLERY}[^/]+/")
_OF_NETWORK = re.compile(rf"{addresses.NETWORK}(?:[a-z0-9-]+/(?:[0-9]+/)?)?")
"""The network's map, a layer or a channel."""


def gone(ledger: Ledger, plan: Plan) -> list[Label]:
    """Classes that had a page once and that the plan no longer has, in the order of their indices."""
    planned = {page.label for page in plan.class_pages}
    pages = {address for address, entry in ledger.addresses.items() if entry.to is None}
    taken = {page.url for page in plan.class_pages}
    known = dict.fromkeys((*plan.classes.labels, *labels.classes()))  # of ImageNet, too: the network may be another now
    gone = {addresses.of_class(label): label for label in reversed(known) if label not in planned}
    return [label for address, label in reversed(gone.items()) if address in pages and address not in taken]


def gone_of_network(ledger: Ledger, plan: Plan) -> list[str]:
    """Addresses of layers and channels that had a page once and that the plan no longer has."""
    planned = {addresses.of_layer(layer) for layer in plan.units}
    planned |= {page.url for page in plan.channels}
    planned |= {addresses.NETWORK} if plan.units else set()
    return [
        address
        for address, entry in sorted(ledger.addresses.items())
        if entry.to is None and entry.anchors is not None and _OF_NETWORK.fullmatch(address) and address not in planned
    ]


def old_aliases(ledger: Ledger, plan: Plan) -> dict[str, str]:
    """Addresses that led to a class's page once and that nothing produces now, with the page they led to.

    Neither the plan's own aliases are among them, nor index and WNID of a class that left.
    """
    left = gone(ledger, plan)
    pages = {page.url for page in plan.class_pages} | {addresses.of_class(label) for label in left}
    produced = pages | {alias for page in plan.class_pages for alias in page.aliases}
    produced |= {addresses.of_name(name) for label in left for name in addresses.names(label)}
    produced |= {addresses.of_name(name) for name in addresses.RESERVED}
    return {
        address: entry.to
        for address, entry in sorted(ledger.addresses.items())
        if entry.to in pages and address not in produced and _ALIAS.fullmatch(address)
    }


def gone_anchors(ledger: Ledger, page: ClassPage) -> list[str]:
    """Anchors of drawings that a class's page had once and has no longer: a method or seed that left."""
    planned = {variant.anchor for variant in page.variants}
    return [anchor for anchor in ledger.anchors(page.url) if _DRAWING.fullmatch(anchor) and anchor not in planned]
