"""What stays of a class or a channel that was published and is not drawn any more."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.networks.labels import Label
from gen.ledger import kept
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.redirects import redirect
from gen.pages.templating import render
from gen.plan import addresses


def gone(contents: Contents) -> Iterator[File]:
    """A small page for each of them, and redirects for all that led to a class once."""
    for label in kept.gone(contents.published, contents.plan):
        yield from _page(contents, label)
    for address in kept.gone_of_network(contents.published, contents.plan):
        page = render("gone-of-network.md.jinja", here=address, name=_name(address), network=contents.network)
        yield addresses.source(address), keeping(contents.published, address, page)
    for alias, to in kept.old_aliases(contents.published, contents.plan).items():
        yield redirect(alias, to, to, contents.place)


def _name(address: str) -> str:
    """``network/conv4/117/`` -> ``conv4 117``."""
    return " ".join(address.removeprefix(addresses.NETWORK).strip("/").split("/")) or "The network"


def _page(contents: Contents, label: Label) -> Iterator[File]:
    here = addresses.of_class(label)
    page = render("gone.md.jinja", here=here, label=label)
    yield addresses.source(here), keeping(contents.published, here, page)
    for name in addresses.names(label):
        yield redirect(addresses.of_name(name), here, label.name, contents.place)
