"""Write the whole site as a tree of plain files, which other generators can build."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actmax.errors import StoreError, reason
from actmax.files import save
from gen.pages import File
from gen.tools import portable

CONFIG, DOCS, THEME = "mkdocs.yml", "docs", "theme"
"""What is in the folder."""
MARK = "# Written by `python -m gen write`, which writes it anew each time: edit the site's own mkdocs.yml instead.\n"
"""The first line of a written configuration, by which its folder is recognized."""

_UNFINISHED = re.compile(rf"\.{re.escape(CONFIG)}\.\w{{8}}")
"""What is left over of the first file, where the disk was too full to write it, and it could not be removed."""
_LINK = re.compile(r'<\w[^>]*\b(?:src|href)="\.')
"""In HTML, a link to somewhere within the site."""


@dataclass(frozen=True)
class Tree:
    """What was written."""

    files: int
    """How many."""
    shifted: list[str]
    """Pages whose links in HTML do not lead where they should under Zensical."""


def write(files: Iterable[File], folder: Path) -> set[Path]:
    """Write files into a folder, unless they are the same already, and return their paths.

    Raises:
        ActmaxError: the folder cannot be written, or a drawing was replaced meanwhile.
    """
    written = set()
    for name, content in files:
        path = folder / name
        data = content if isinstance(content, bytes) else content.encode()
        try:
            _make_way(path, folder)
            same = path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {reason(error)}.") from None
        if not same:
            save(path, data)
        written.add(path)
    return written


def _make_way(path: Path, folder: Path) -> None:
    """Remove what is in the way of a file and its folders: files, folders of an earlier tree, and links."""
    for above in reversed(path.relative_to(folder).parents):
        there = folder / above
        if there != folder and (there.is_symlink() or there.is_file()):
            there.unlink()
    if path.is_symlink():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def write_tree(
    files: Iterable[File],
    values: Mapping[str, Any],
    docs: Path,
    theme: Path | None,
    folder: Path,
    extra: Mapping[str, Any] | None = None,
) -> Tree:
    """Write the tree, and remove what an earlier one had and this one has not.

    Args:
        files: the generated ones, below docs/.
        values: all of mkdocs.yml.
        docs: the author's own pages.
        theme: the author's templates, if there are any.
        folder: new, empty, or written before.
        extra: what goes under ``extra`` of the configuration.

    Raises:
        ActmaxError: the folder holds something else or cannot be written, or a file cannot be read.
    """
    require_ours(folder, [docs, *([theme] if theme else [])])
    config = MARK + portable.text(portable.configuration(values, THEME if theme else None, extra or {}))
    written = write([(CONFIG, config)], folder)
    shifted: list[str] = []
    generated = write(_watched(files, shifted), folder / DOCS)
    written |= generated
    taken = {path.relative_to(folder / DOCS).as_posix() for path in generated}
    written |= write((file for file in _copied(docs) if file[0] not in taken), folder / DOCS)
    if theme:
        written |= write(_copied(theme, hidden=True), folder / THEME)
    _remove_others(folder, written)
    return Tree(len(written), shifted)


def _watched(files: Iterable[File], shifted: list[str]) -> Iterator[File]:
    """Yield the files; collect the names of pages that are no index and have links in HTML."""
    for name, content in files:
        page = name.endswith(".md") and name.rpartition("/")[2] != "index.md"
        if page and isinstance(content, str) and _LINK.search(content):
            shifted.append(name)
        yield name, content


def require_ours(folder: Path, sources: Sequence[Path] = ()) -> None:
    """Refuse a folder with anything in it that an earlier run did not write, since files in it are removed.

    Args:
        folder: to be written.
        sources: folders that are copied, neither in it nor around it.

    Raises:
        ActmaxError: that is so, or the folder cannot be read.
    """
    try:
        for source in sources:
            one, other = folder.resolve(), source.resolve()
            if one.is_relative_to(other) or other.is_relative_to(one):
                raise StoreError(f"{folder} and {source} are inside one another: name a folder outside of it.")
        if not folder.is_dir():
            return
        there = list(folder.iterdir())
        if all(_UNFINISHED.fullmatch(path.name) and path.is_file() for path in there):
            for path in there:
                path.unlink()
            return
        for name in (CONFIG, DOCS, THEME):
            if (folder / name).is_symlink():
                raise StoreError(f"{folder / name} is a link, and what it leads to might be lost: remove the link.")
        config = folder / CONFIG
        if config.is_file() and config.read_text("utf-8", "replace").startswith(MARK):
            return
    except (OSError, RuntimeError) as error:  # a loop of links is either
        why = reason(error) if isinstance(error, OSError) else "its links lead in a circle"
        raise StoreError(f"{folder} cannot be read: {why}.") from None
    raise StoreError(f"{folder} holds other files: name a new or an empty folder.")


def _copied(folder: Path, hidden: bool = False) -> Iterator[File]:
    """Yield an author's regular files; no links that lead out of the folder, and hidden files only if wanted."""
    try:
        inside = folder.resolve()
        for path in sorted(_below(folder)):
            parts = path.relative_to(folder).parts
            left = "__pycache__" in parts or (not hidden and any(part.startswith(".") for part in parts))
            if not left and path.is_file() and path.resolve().is_relative_to(inside):
                yield "/".join(parts), path.read_bytes()
    except OSError as error:
        raise StoreError(f"{error.filename or folder} cannot be read: {reason(error)}.") from None


def _remove_others(folder: Path, written: set[Path]) -> None:
    try:
        for path in sorted([*_below(folder / DOCS), *_below(folder / THEME)], reverse=True):
            if path in written:
                continue
            if not path.is_dir() or path.is_symlink():
                path.unlink()
            elif not any(path.iterdir()):  # what was in it came first
                path.rmdir()
    except OSError as error:
        raise StoreError(f"{error.filename or folder} cannot be removed: {reason(error)}.") from None


def _below(folder: Path) -> Iterator[Path]:
    """Everything in a folder, if it exists. Not by rglob, which skips what it may not read."""
    if folder.is_dir() and not folder.is_symlink():
        for path in folder.iterdir():
            yield path
            yield from _below(path)
