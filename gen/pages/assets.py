"""The scripts and styles that the package brings, and the rules that depend on the gallery."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from gen.pages.contents import Contents, File
from gen.plan import addresses
from gen.plan.drawings import DRAWING

FOLDER = Path(__file__).parents[1] / "assets"
LIGHTBOX = files("mkdocs_glightbox") / "glightbox"
"""GLightbox, with its licence, as the plugin for MkDocs brings it. Not by the plugin, which loads it on every page, and
whose links Zensical would have the reader fetch a GLightbox for from another host."""


def assets(contents: Contents) -> Iterator[File]:
    """Each as it is in the package, but for the style, which gets a rule for each frame that a page lets choose."""
    most = max(2, *(len(drawings[0].steps) for drawings in contents.drawings.values()))
    if contents.photo:
        most = max(most, 1 + len(contents.photo.drawings))
    if contents.study:
        most = max(most, len(contents.study.variations[DRAWING].record.frames))
    for name, file in (
        ("glightbox.min.js", "glightbox.min.js"),
        ("glightbox.min.css", "glightbox.min.css"),
        ("glightbox.txt", "LICENSE.md"),
    ):
        yield addresses.asset(name), (LIGHTBOX / file).read_bytes()
    for path in sorted(FOLDER.glob("*.*")):
        address, content = addresses.asset(path.name), path.read_bytes()
        yield address, content + _frame_rules(most).encode() if address == addresses.STYLE else content


def _frame_rules(count: int) -> str:
    """Which frame the chosen button brings into view; without a script."""
    rules = (f'.frames:has(input[value="{place}"]:checked) {{ --frame: {place}; }}\n' for place in range(count))
    return "\n/* Generated: as many as the longest filmstrip has frames. */\n" + "".join(rules)
