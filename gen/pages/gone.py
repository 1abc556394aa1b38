"""Pages for classes and channels that were published and are no longer drawn."""

from __future__ import annotations

from collections.abc import Iterator

from gen.ledger import kept
from gen.pages.contents import Contents, File
from gen.pages.redirects import redirect
from gen.pages.rendering import render_page
from gen.plan import addresses


def gone(contents: Contents) -> Iterator[File]:
    """Yield a small page for each of them, and redirects for the addresses that led to a class."""
    published, plan = contents.published, contents.plan
    for label in kept.gone(published, plan):
        here = addresses.of_class(label)
        yield render_page(contents, here, "gone.md.jinja", label=label)
        for name in addresses.names(label):
            yield redirect(addresses.of_name(name), here, label.name, contents.site)
    for here in kept.gone_of_network(published, plan):
        # network/conv4/117/ -> conv4 117
        name = " ".join(here.removeprefix(addresses.NETWORK).strip("/").split("/")) or "The network"
        yield render_page(contents, here, "gone-of-network.md.jinja", name=name)
    for alias, target in kept.old_aliases(published, plan).items():
        yield redirect(alias, target, target, contents.site)
