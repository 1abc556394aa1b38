"""Keys that stand twice in one mapping of mkdocs.yml: YAML's readers drop the first in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from actmax.errors import quoted
from gen.settings.schema import KEY, SettingsError


def refuse(file: Path) -> None:
    """Looks through the settings of the gallery in a mkdocs.yml and in the files that it inherits from.

    What is not YAML, or cannot be read, is left for MkDocs to judge.

    Raises:
        SettingsError: a key stands twice; the message names both lines.
    """
    seen: set[Path] = set()
    while file.is_file() and file not in seen:
        seen.add(file)
        try:
            with file.open("rb") as opened:
                root = yaml.compose(opened, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (OSError, ValueError, yaml.YAMLError, RecursionError):
            return
        gallery = _child(_child(root, "extra"), "gallery")
        for key, first, again in _repeated(gallery, KEY, 0):
            raise SettingsError(
                f"{key} stands twice in {file.name}, in line {first} and in line {again}: YAML would drop the first. "
                "Join the two, or rename one."
            )
        parent = _child(root, "INHERIT")
        if not isinstance(parent, yaml.ScalarNode):
            return
        file = file.parent / parent.value


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                return value  # type: ignore[no-any-return]
    return None


def _repeated(node: yaml.Node | None, path: str, level: int) -> Iterator[tuple[str, int, int]]:
    if level > 4:  # nothing in the settings lies deeper, and an anchor may lead anywhere
        return
    if isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield from _repeated(value, f"{path}[{place}]", level + 1)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            name = f"{path}.{quoted(key.value)[1:-1]}"
            if key.value in lines and key.value != "<<":
                yield name, lines[key.value], line
            lines[key.value] = line
            yield from _repeated(value, name, level + 1)
