"""The ledger: every address and anchor that was ever published, so that no link to the site is lost unnoticed.

It lies in ``docs/gallery/ledger.json``, one address per line, and is only added to. What an author gives up
on purpose is taken out of the file by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from actmax.errors import ActmaxError, StoreError
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.recipe.recipe import explain
from actmax.store.store import write_atomically
from gen.plan.plan import RESERVED, Plan, Plate

FILE = "gallery/ledger.json"
"""Where the ledger lies, below docs/ and on the site."""

DRAWINGS = "gallery/drawings"
"""Where the pictures that citations point to lie, below docs/ and on the site."""

SCHEMA = 1
"""Revision of the file's layout."""

HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
"""Elements whose ids are anchors."""

CLASSES = {"anchor", "equation"}
"""Of other elements, those of these classes."""


class LedgerError(ActmaxError):
    """A ledger that cannot be read."""


class Address(BaseModel):
    """What stands at one address: a page with its anchors, a redirect, or a picture, which has neither."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anchors: tuple[str, ...] | None = None
    """Of a page, sorted."""
    to: str | None = None
    """Where a redirect leads: an address of the site, or the whole URL of another site."""


class Ledger(BaseModel):
    """All addresses that were ever recorded, from the site's root: ``gallery/zebra/``; the front page's is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    addresses: dict[str, Address]

    def anchors(self, address: str) -> tuple[str, ...]:
        """All that the page at an address ever had; none if the ledger knows no such page."""
        return self.addresses.get(address, Address()).anchors or ()

    def count(self) -> int:
        """The anchors of all pages."""
        return sum(map(len, map(self.anchors, self.addresses)))

    def text(self) -> str:
        """The file's content: one address per line, sorted, so that a diff shows what was added."""
        lines = ",\n".join(
            f"{json.dumps(address, ensure_ascii=False)}: "
            f"{json.dumps(entry.model_dump(exclude_none=True), ensure_ascii=False)}"
            for address, entry in sorted(self.addresses.items())
        )
        return f'{{"schema": {SCHEMA}, "addresses": {{\n{lines}\n}}}}\n'


def read(path: Path) -> Ledger:
    """The ledger as the author committed it; an absent one is empty.

    Raises:
        LedgerError: the file is damaged, of another layout, or cannot be read.
    """
    remedy = "Put back the version that was committed last, or mend the file; a deleted ledger protects no link."
    try:
        values = json.loads(path.read_bytes())
        schema = values.pop("schema", None) if isinstance(values, dict) else SCHEMA
        if schema != SCHEMA:
            raise LedgerError(
                f"The ledger {path} has schema {schema!r}, and this version of actmax reads {SCHEMA} only."
            )
        return Ledger.model_validate(values)
    except FileNotFoundError:
        return Ledger(addresses={})
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be read: {error.strerror or error}.") from None
    except ValidationError as error:
        raise LedgerError(f"The ledger {path} is damaged: {explain(error)[0]}. {remedy}") from None
    except ValueError as error:
        raise LedgerError(f"The ledger {path} is damaged: {error}. {remedy}") from None


def recorded(site_dir: Path, old: Ledger, *, pictures: bool = True) -> Ledger:
    """The old ledger, and what a built site has beyond it.

    Nothing that stands in the old one is changed: where a redirect leads elsewhere now, or a page
    became a redirect, the old line stays.

    Args:
        site_dir: the folder that ``mkdocs build`` wrote.
        old: what was recorded before.
        pictures: whether the drawings that citations point to are recorded too.

    Raises:
        ActmaxError: the folder holds no built site.
    """
    pages = (path for path in site_dir.rglob("*.html") if path.name != "404.html")
    found = {_address(path.relative_to(site_dir).as_posix()): path for path in pages}
    if not found:
        raise ActmaxError(f"{site_dir} holds no built site: run `mkdocs build` first.")
    addresses = dict(old.addresses)
    for address, path in found.items():
        addresses[address] = _joined(addresses.get(address), _standing(address, _text(path)))
    if pictures:
        addresses |= {name: Address() for name in _pictures(site_dir)}
    return Ledger(addresses=addresses)


@dataclass(frozen=True)
class Recorded:
    """What :func:`record` did."""

    old: Ledger
    new: Ledger
    copied: int
    """Pictures that were not yet in docs/."""

    def __str__(self) -> str:
        addresses, anchors = len(self.new.addresses), self.new.count()
        return (
            f"added {addresses - len(self.old.addresses)} addresses and {anchors - self.old.count()} anchors, "
            f"{addresses} and {anchors} in all; copied {self.copied} pictures"
        )


def record(site_dir: Path, docs: Path, *, pictures: bool = True) -> Recorded:
    """Brings the ledger in docs/ up to a built site, and keeps the pictures that citations point to.

    Raises:
        ActmaxError: there is no built site, the ledger is damaged, or docs/ cannot be written.
    """
    path = docs / FILE
    old = read(path)
    new = recorded(site_dir, old, pictures=pictures)
    # Pictures first: no address may stand in the ledger whose picture was not kept.
    missing = [name for name in _pictures(site_dir) if not (docs / name).exists()] if pictures else []
    for name in missing:
        _write(docs / name, (site_dir / name).read_bytes())
    if new != old or not path.exists():
        _write(path, new.text().encode())
    return Recorded(old, new, len(missing))


def lost(ledger: Ledger, site_dir: Path) -> list[str]:
    """What a built site no longer has of what was published: a sentence for each loss; none if all is there."""
    return [words for address, entry in sorted(ledger.addresses.items()) for words in _lost(address, entry, site_dir)]


def gone(ledger: Ledger, plan: Plan) -> list[Label]:
    """Classes that had a page once and that the plan no longer has, in the order of their indices."""
    planned = {plate.label for plate in plan.plates}
    pages = {address for address, entry in ledger.addresses.items() if entry.to is None}
    return [label for label in labels.classes() if label not in planned and f"gallery/{label.slug}/" in pages]


def old_aliases(ledger: Ledger, plan: Plan) -> dict[str, str]:
    """Addresses that led to a class's page once and that nothing produces now, with the page they led to.

    Neither the plan's own aliases are among them, nor index and WNID of a class that left.
    """
    left = gone(ledger, plan)
    pages = {plate.url for plate in plan.plates} | {f"gallery/{label.slug}/" for label in left}
    produced = pages | {alias for plate in plan.plates for alias in plate.aliases}
    produced |= {f"gallery/{name}/" for label in left for name in (label.index, label.wnid)}
    produced |= {f"gallery/{name}/" for name in RESERVED}
    return {
        address: entry.to
        for address, entry in sorted(ledger.addresses.items())
        if entry.to in pages and address not in produced and re.fullmatch(r"gallery/[a-z0-9-]+/", address)
    }


def gone_anchors(ledger: Ledger, plate: Plate) -> list[str]:
    """Anchors of drawings that a class's page had once and has no longer: a method or seed that left."""
    shown = {variant.anchor for variant in plate.variants}
    drawings = (anchor for anchor in ledger.anchors(plate.url) if re.fullmatch(r"[a-z0-9-]+-seed-[0-9]+", anchor))
    return [anchor for anchor in drawings if anchor not in shown]


def _pictures(site_dir: Path) -> list[str]:
    """Addresses of the pictures that citations point to."""
    return sorted(path.relative_to(site_dir).as_posix() for path in (site_dir / DRAWINGS).rglob("*.png"))


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from None


class _Page(HTMLParser):
    """What links can find on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        """What is promised: ids of headings and equations, and of what has the class ``anchor``, inside the article."""
        self.ids: set[str] = set()
        """Everything that a link would find."""
        self.refresh: str | None = None
        """The URL that the page leads to at once, if it is a redirect."""
        self._articles = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._articles += tag == "article"
        values = dict(attrs)
        if tag == "meta" and (values.get("http-equiv") or "").lower() == "refresh":
            match = re.match(
                r"\s*0\s*[;,]\s*url\s*=\s*['\"]?(.*?)['\"]?\s*$", values.get("content") or "", re.IGNORECASE
            )
            self.refresh = match[1] if match else self.refresh
        name = values.get("id")
        if not name:
            return
        self.ids.add(name)
        wanted = tag in HEADINGS or not CLASSES.isdisjoint((values.get("class") or "").split())
        if self._articles and wanted and not name.startswith(("__", "fn:", "fnref:")):
            self.anchors.add(name)

    def handle_endtag(self, tag: str) -> None:
        self._articles -= tag == "article" and self._articles > 0


_REFRESH = re.compile(r"http-equiv=[\"']?refresh", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ID = re.compile(r"<[^<>]*?\sid=\"([^\"&<>]*)\"")


def _standing(address: str, text: str) -> Address:
    """What a page of the built site is."""
    page = _Page(_narrowed(text))
    if page.refresh is not None:
        return Address(to=_target(address, page.refresh))
    return Address(anchors=tuple(sorted(page.anchors)))


def _narrowed(text: str) -> str:
    """The part of a page that has what is promised: the theme's menus are most of it, and parsing is slow."""
    text = _COMMENT.sub("", text)  # where an article may begin as well
    start = text.find("<article")
    if start < 0 or _REFRESH.search(text):
        return text
    return text[start : text.rfind("</article>")]


def _joined(old: Address | None, new: Address) -> Address:
    if old is None:
        return new
    if old.to is not None or new.to is not None:
        return old
    return Address(anchors=tuple(sorted({*(old.anchors or ()), *(new.anchors or ())})))


def _lost(address: str, entry: Address, site_dir: Path) -> Iterator[str]:
    if not _file(site_dir, address).is_file():
        if address.startswith(f"{DRAWINGS}/"):
            yield f"The picture /{address} was published and is gone: put it back into docs/{DRAWINGS}/."
        else:
            yield f"The page /{address} was published and is gone: bring it back, or let a redirect stand there."
    elif entry.to is not None:
        yield from _lost_redirect(address, entry.to, site_dir)
    elif entry.anchors is not None:
        yield from _lost_anchors(address, entry.anchors, site_dir)


def _lost_redirect(address: str, to: str, site_dir: Path) -> Iterator[str]:
    refresh = _Page(_text(_file(site_dir, address))).refresh
    now = None if refresh is None else _target(address, refresh)
    if now != to:
        became = "is a page of its own now" if now is None else f"leads to {_shown(now)} now"
        yield f"/{address} was published as a redirect to {_shown(to)} and {became}: let it lead there again."


def _lost_anchors(address: str, anchors: tuple[str, ...], site_dir: Path) -> Iterator[str]:
    text = _text(_file(site_dir, address))
    if not _REFRESH.search(text) and set(_ID.findall(_COMMENT.sub("", text))).issuperset(anchors):
        return  # a quick look is enough for a thousand good pages; only a doubtful one is parsed
    page = _Page(text)
    if page.refresh is None:
        for anchor in anchors:
            if anchor not in page.ids:
                yield (
                    f"The anchor /{address}#{anchor} was published and is gone: give the heading its id again, "
                    f"`{{ #{anchor} }}`."
                )
        return
    to = _target(address, page.refresh)
    if not _elsewhere(to) and not _file(site_dir, to.partition("#")[0]).is_file():
        yield f"The page /{address} was published and leads to {_shown(to)} now, which does not exist."
    elif anchors:
        yield (
            f"The page /{address} was published and leads to {_shown(to)} now, but a redirect drops the anchor: "
            f"links to {', '.join(f'#{anchor}' for anchor in anchors)} are lost."
        )


def _address(path: str) -> str:
    """The address of a file of the site, as links are written: without the index.html of a folder."""
    return re.sub(r"(^|/)index\.html$", r"\1", path)


def _file(site_dir: Path, address: str) -> Path:
    return site_dir / (f"{address}index.html" if address == "" or address.endswith("/") else address)


def _target(address: str, url: str) -> str:
    """The address that a redirect leads to; the whole URL where it leaves the site."""
    if _elsewhere(url):
        return url
    path, hash_sign, anchor = urljoin(f"/{quote(address)}", url).partition("#")
    return _address(unquote(path).lstrip("/")) + hash_sign + anchor


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.scheme or parts.netloc)


def _shown(to: str) -> str:
    return to if _elsewhere(to) else f"/{to}"


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")
