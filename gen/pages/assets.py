"""The scripts and styles that the package brings, and the rules that depend on the gallery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gen.pages.contents import Contents, File
from gen.plan import addresses

FOLDER = Path(__file__).parents[1] / "assets"


def assets(contents: Contents) -> Iterator[File]:
    """Each as it is in the package, but for the style, which gets a rule for each frame that a page lets choose."""
    most = max(len(drawings[0].steps) for drawings in contents.drawings.values())
    if contents.photo:
        most = max(most, 1 + len(contents.photo.drawings))
    for path in sorted(FOLDER.glob("*.*")):
        address, content = addresses.asset(path.name), path.read_bytes()
        yield address, content + _frame_rules(most).encode() if address == addresses.STYLE else content


def _frame_rules(count: int) -> str:
    """Which frame the chosen button brings into view; without a script."""
    rules = (f'.frames:has(input[value="{place}"]:checked) {{ --frame: {place}; }}\n' for place in range(count))
    return "\n/* Generated: as many as the longest filmstrip has frames. */\n" + "".join(rules)
