"""Add what is new in a built site to the ledger; nothing is changed or removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from actmax.errors import ActmaxError, StoreError, reason
from actmax.files import DIGITS, below, explained, save
from gen.ledger import scan
from gen.ledger.file import Address, Ledger, is_address, is_redirect_target, read
from gen.plan import addresses

_MASTER = re.compile(rf"{addresses.DRAWINGS}[0-9a-f]{{{DIGITS}}}\.png")


@dataclass(frozen=True)
class Recorded:
    """What :func:`record` did."""

    old: Ledger
    new: Ledger
    copied: int
    """Images that were not yet in docs/."""

    def __str__(self) -> str:
        count, anchors = len(self.new.addresses), self.new.count()
        return (
            f"added {count - len(self.old.addresses)} addresses and {anchors - self.old.count()} anchors, "
            f"{count} and {anchors} in all; copied {self.copied} pictures"
        )


@explained()
def record(site_dir: Path, docs: Path, *, pictures: bool = True) -> Recorded:
    """Add a built site to the ledger in docs/, and copy the images that citations link to.

    Raises:
        ActmaxError: there is no built site, the ledger is damaged, or docs/ cannot be written.
    """
    path = docs / addresses.LEDGER
    old = read(path)
    new = recorded(site_dir, old, pictures=pictures)
    # Pictures first: no address may stand in the ledger whose picture was not kept.
    missing = [name for name in _pictures(site_dir) if not (docs / name).exists()] if pictures else []
    for name in missing:
        _copy(site_dir / name, docs / name)
    if new != old or not path.exists():
        _write(path, new.text().encode())
    return Recorded(old, new, len(missing))


def recorded(site_dir: Path, old: Ledger, *, pictures: bool = True) -> Ledger:
    """Return the old ledger with what a built site adds to it.

    Nothing in the old one changes: where a redirect leads elsewhere now, or a page became a redirect, the old line
    stays. What no link could name is left out.

    Args:
        site_dir: the folder that ``mkdocs build`` wrote.
        old: what was recorded before.
        pictures: whether the drawings that citations point to are recorded too.

    Raises:
        ActmaxError: the folder holds no built site, or some of it cannot be read.
    """
    files = (path for path in below(site_dir, ".html") if path.name != "404.html" and path.is_file())
    pages = {addresses.of_html(path.relative_to(site_dir).as_posix()): path for path in files}
    if not pages:
        raise ActmaxError(f"{site_dir} holds no built site: run `mkdocs build` first.")
    entries = dict(old.addresses)
    for address, path in pages.items():
        if is_address(address):
            entries[address] = _joined(entries.get(address), _standing(address, scan.read(path)))
    if pictures:
        entries |= {name: Address() for name in _pictures(site_dir)}
    return Ledger(addresses=entries)


def _standing(address: str, text: str) -> Address:
    """The ledger's entry for a page of the built site."""
    page = scan.promised(text)
    if page.refresh is not None:
        to = scan.target(address, page.refresh)
        return Address(to=to) if is_redirect_target(to) else Address()
    return Address(anchors=tuple(sorted(page.anchors)))


def _joined(old: Address | None, new: Address) -> Address:
    if old is None:
        return new
    if old.to is not None or new.to is not None:
        return old
    return Address(anchors=tuple(sorted({*(old.anchors or ()), *(new.anchors or ())})))


def _pictures(site_dir: Path) -> list[str]:
    """Addresses of the images that citations link to."""
    names = (f"{addresses.DRAWINGS}{path.name}" for path in below(site_dir / addresses.DRAWINGS, ".png"))
    return sorted(name for name in names if _MASTER.fullmatch(name) and (site_dir / name).is_file())


def _copy(picture: Path, path: Path) -> None:
    try:
        data = picture.read_bytes()
    except OSError as error:
        raise StoreError(f"{picture} cannot be read: {reason(error)}.") from None
    _write(path, data)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {reason(error)}.") from None
    save(path, data)
