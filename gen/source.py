"""The author's pages: those below docs/ that MkDocs reads, and no others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pathspec.gitignore import GitIgnoreSpec

from actmax.errors import ActmaxError, StoreError, reason
from actmax.files import explained
from gen.pages.calls import calls
from gen.pages.markdown import split_front_matter

SUFFIXES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
"""Of pages, as MkDocs has them."""
LEFT_OUT = (".*", "/templates/")
"""What MkDocs leaves out besides `exclude_docs`."""
drafts_shown = False
"""Whether MkDocs shows drafts. Kept here by gen/hook.py, which MkDocs loads anew for each build of a served site."""


@explained()
def read_pages(docs: Path, exclude: object = None) -> dict[str, str]:
    """Read the author's pages.

    Args:
        docs: their folder.
        exclude: `exclude_docs` of mkdocs.yml, as text or as MkDocs has parsed it.

    Returns:
        By path below docs/, sorted, their Markdown; without links that lead out of docs/.

    Raises:
        ActmaxError: a page or folder cannot be read, or a link out of docs/ leads to a page with drawings or
            measurements, which would be published without them.
    """
    inside, left_out = docs.resolve(), _left_out(exclude)
    found: dict[str, str] = {}
    for path in sorted(_files(docs)):
        name = path.relative_to(docs).as_posix()
        if path.suffix not in SUFFIXES or left_out(name) or not path.is_file():
            continue
        text = _text(path, name)
        if path.resolve().is_relative_to(inside):
            found[name] = text
        elif split_front_matter(text)[0].get("measured") is True or any(calls(text)):
            raise ActmaxError(
                f"docs/{name} leads out of docs/, where no page gets its drawings or measurements: put the file itself "
                "there."
            )
    return found


def _left_out(exclude: object) -> Callable[[str], bool]:
    lines = [*LEFT_OUT, *(exclude.splitlines() if isinstance(exclude, str) else ())]
    own = exclude if isinstance(exclude, GitIgnoreSpec) else GitIgnoreSpec([])
    spec = GitIgnoreSpec.from_lines(lines) + own
    return lambda name: bool(spec.match_file(name))


def _files(docs: Path) -> Iterator[Path]:
    """Yield all files; links are followed as MkDocs follows them, but each folder once."""

    def stop(error: OSError) -> None:
        if os.path.isdir(error.filename or docs):
            raise StoreError(f"{error.filename} cannot be read: {reason(error)}.") from None

    entered: set[str] = set()
    for folder, folders, names in os.walk(docs, followlinks=True, onerror=stop):
        entered.add(os.path.realpath(folder))
        folders[:] = [name for name in folders if os.path.realpath(os.path.join(folder, name)) not in entered]
        yield from (Path(folder, name) for name in names)


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ActmaxError(f"docs/{name} is not UTF-8: save it as such.") from None
    except OSError as error:
        raise ActmaxError(f"docs/{name} cannot be read: {reason(error)}.") from None
