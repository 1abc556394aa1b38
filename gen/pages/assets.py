"""Scripts and styles of the package, and CSS rules that depend on the gallery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from gen.pages.contents import Contents, File
from gen.plan import addresses
from gen.plan.drawings import DRAWING

FOLDER = Path(__file__).parents[1] / "assets"
STYLES = (
    *("tokens", "frame", "page", "type", "prose", "figures", "large", "predictions"),
    *("article", "front", "compare", "live", "bench", "words", "print"),
)
"""The style sheets in ``assets/styles``, in the order in which they become one file, which each page loads. Those
beside that folder are for pages that name one as `style` in their front matter."""
GUEST_STYLES = ("guest", *(name for name in STYLES if name not in ("tokens", "frame", "type", "front", "print")))
"""Those of generated pages in somebody else's site, which has fonts, colors and a frame of its own."""
LIGHTBOX = files("mkdocs_glightbox") / "glightbox"
"""GLightbox, with its license, from the plugin for MkDocs. The plugin itself is not used: it loads GLightbox on every
page, and under Zensical from another host."""
OWN_FONTS = ("serif", "serif-italic", "sans")
LIGHTBOX_FILES = {
    "glightbox.min.js": "glightbox.min.js",
    "glightbox.min.css": "glightbox.min.css",
    "glightbox.txt": "LICENSE.md",
}
"""Published name -> file of the plugin."""

_PLAYER = re.compile(rb"https://cdn\.plyr\.io/[^\"]*")
"""Where GLightbox would fetch a player for videos, of which there are none. The plugin privacy would download it."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SCRIPT_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/[ \t]*)\n", re.DOTALL | re.MULTILINE)
_INDENT = re.compile(r"\s*\n\s*")


def asset_names() -> list[str]:
    """Return the addresses of the scripts and styles."""
    return [*map(addresses.asset, LIGHTBOX_FILES), *(addresses.asset(path.name) for path in FOLDER.glob("*.*"))]


def assets(contents: Contents) -> Iterator[File]:
    """Yield the package's files, the style sheets as one."""
    counts = [2, *(len(drawings[0].steps) for drawings in contents.drawings.values())]
    if contents.photo:
        counts.append(1 + len(contents.photo.drawings))
    if contents.study:
        counts.append(len(contents.study.variations[DRAWING].record.frames))
    for name, file in LIGHTBOX_FILES.items():
        yield addresses.asset(name), _PLAYER.sub(b"", (LIGHTBOX / file).read_bytes())
    for path in sorted(FOLDER.glob("*.*")):
        if not contents.site.guest or path.stem not in OWN_FONTS:
            yield addresses.asset(path.name), published(path)
    address, names = (addresses.GUEST_STYLE, GUEST_STYLES) if contents.site.guest else (addresses.STYLE, STYLES)
    yield address, _style(names) + _frame_rules(max(counts))


def published(path: Path) -> bytes:
    """Return a file as readers fetch it: a script without the lines that hold only a comment."""
    content = path.read_bytes()
    return _SCRIPT_COMMENT.sub("", content.decode()).encode() if path.suffix == ".js" else content


def _style(names: Iterable[str]) -> str:
    """Return style sheets in one, without comments and indents, so that a page fetches one small file."""
    sheets = "\n".join((FOLDER / "styles" / f"{name}.css").read_text("utf-8") for name in names)
    return _INDENT.sub("\n", _COMMENT.sub("", sheets))


def _frame_rules(count: int) -> str:
    """Return CSS by which the checked radio button selects the visible frame, without a script."""
    rules = (f'.frames:has(input[value="{frame}"]:checked) {{ --frame: {frame}; }}\n' for frame in range(count))
    return "\n/* Generated: a rule for each frame of the longest filmstrip. */\n" + "".join(rules)
