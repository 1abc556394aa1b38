"""Compare a built site with the ledger: which published addresses and anchors are gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gen.ledger import scan
from gen.ledger.file import Address, Ledger
from gen.plan import addresses

MAX_LISTED = 20
"""How many losses are listed; more are counted."""


def report(ledger: Ledger, site_dir: Path) -> list[str]:
    """Return the warnings of a build: the first losses, and the number of further ones.

    Raises:
        LedgerError: a page of the site cannot be read.
    """
    losses = lost(ledger, site_dir)
    more = [f"{len(losses) - MAX_LISTED} more addresses and anchors were published and are gone."]
    return losses[:MAX_LISTED] + (more if len(losses) > MAX_LISTED else [])


def lost(ledger: Ledger, site_dir: Path) -> list[str]:
    """Return a sentence for each published address and anchor that a built site no longer has."""
    return [words for address, entry in sorted(ledger.addresses.items()) for words in _lost(address, entry, site_dir)]


def _lost(address: str, entry: Address, site_dir: Path) -> Iterator[str]:
    path = scan.file(site_dir, address)
    if path is None:
        if address.startswith(addresses.DRAWINGS):
            yield f"The picture /{address} was published and is gone: put it back into docs/{addresses.DRAWINGS}."
        else:
            yield f"The page /{address} was published and is gone: bring it back, or let a redirect stand there."
    elif entry.to is not None:
        yield from _lost_redirect(address, entry.to, scan.read(path))
    elif entry.anchors is not None:
        yield from _lost_anchors(address, entry.anchors, scan.read(path), site_dir)


def _lost_redirect(address: str, to: str, text: str) -> Iterator[str]:
    refresh = scan.Page(text).refresh
    now = None if refresh is None else scan.target(address, refresh)
    if now != to:
        became = "is a page of its own now" if now is None else f"leads to {_absolute(now)} now"
        yield f"/{address} was published as a redirect to {_absolute(to)} and {became}: let it lead there again."


def _lost_anchors(address: str, anchors: tuple[str, ...], text: str, site_dir: Path) -> Iterator[str]:
    if scan.surely_has(text, anchors):
        return
    page = scan.Page(text)
    if page.refresh is None:
        for anchor in anchors:
            if anchor not in page.ids:
                yield (
                    f"The anchor /{address}#{anchor} was published and is gone: give the heading its id again, "
                    f"`{{ #{anchor} }}`."
                )
        return
    to = scan.target(address, page.refresh)
    if not scan.elsewhere(to) and scan.file(site_dir, to.partition("#")[0]) is None:
        yield f"The page /{address} was published and leads to {_absolute(to)} now, which does not exist."
    elif anchors:
        yield (
            f"The page /{address} was published and leads to {_absolute(to)} now, but a redirect drops the anchor: "
            f"links to {', '.join(f'#{anchor}' for anchor in anchors)} are lost."
        )


def _absolute(to: str) -> str:
    return to if scan.elsewhere(to) else f"/{to}"
