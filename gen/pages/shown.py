"""One drawing as the site shows it: its files, its measures in words' reach, and how to draw or cite it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.networks.weights import source
from actmax.recipe.recipe import METHODS
from actmax.store.store import Entry
from gen.ledger.ledger import DRAWINGS
from gen.plan.plan import Variant


@dataclass(frozen=True)
class Shown:
    """One drawing as a page shows it."""

    variant: Variant
    entry: Entry
    opinion: Mapping[str, Any] | None = None
    """The same measures by the second network, where there is one."""

    @property
    def measures(self) -> Mapping[str, Any]:
        """Of the PNG master: ``activation``, ``probability`` in [0, 1], ``rank``, ``margin``, ``top``."""
        return self.entry.measures()

    @property
    def failed(self) -> bool:
        """Whether the network, shown the file, says another class first."""
        return bool(self.measures["rank"] != 1)

    @property
    def top(self) -> list[tuple[Label, float]]:
        """The five most probable classes."""
        return _named(self.measures["top"])

    @property
    def second_top(self) -> list[tuple[Label, float]]:
        """The same as the second network sees it; empty where there is none."""
        return _named(self.opinion["top"]) if self.opinion else []

    @property
    def size(self) -> int:
        """Width and height of the master in pixels."""
        return self.variant.recipe.size

    @property
    def file(self) -> str:
        """The picture's name, beside the page; a lossless WebP, every pixel the master's."""
        return f"{self.variant.anchor}.webp"

    @property
    def master(self) -> str:
        """The PNG's path below docs/, under the name of its content, which no later drawing can take."""
        return f"{DRAWINGS}/{self.entry.picture}.png"

    @property
    def frames(self) -> str:
        """The filmstrip's name, beside the page."""
        return f"{self.variant.anchor}.frames.webp"

    @property
    def data(self) -> str:
        """The name of the drawing's JSON, beside the page."""
        return f"{self.variant.anchor}.json"

    @property
    def steps(self) -> list[int]:
        """After how many steps each frame of the filmstrip was kept."""
        return list(self.entry.record["frames"])

    @property
    def first_win(self) -> int | None:
        """After how many steps the network first said the class first, in the view that the ascent saw."""
        wins = self.entry.record["wins"]
        return wins["first"] if wins else None

    @property
    def year(self) -> int:
        """In which it was drawn."""
        return datetime.fromisoformat(self.entry.record["provenance"]["drawn"]).year

    @property
    def command(self) -> str:
        """The line that draws this picture again in the shell."""
        return command(self.variant, self.entry)

    @property
    def python(self) -> str:
        """Three lines of Python that do the same."""
        recipe = self.entry.recipe
        changes = {name: getattr(recipe, name) for name in _changes(self.variant, self.entry)}
        fixed = {name: getattr(recipe, name) for name in ("network", "weights", "target", "seed", "size", "precision")}
        words = [repr(self.variant.preset), *([repr(changes)] if changes else [])]
        words += [f"{name}={value!r}" for name, value in fixed.items()]
        given = repr(recipe.network) + (', Path("FILE")' if _needs_file(self.entry) else "")
        return (
            "from pathlib import Path; from actmax import compose, published, source\n"
            f"recipe = compose({', '.join(words)})\n"
            f'Path("{self.variant.anchor}.png").write_bytes('
            f'next(published([recipe], source({given})))[1]["drawing.png"])'
        )

    def bibtex(self, label: Label, network: str, site_name: str, site_url: str) -> str:
        """A reference to this very picture, under the address that no other drawing can take."""
        fields = {
            # Braced once more: styles change the case of titles, and take the words of a name apart.
            "title": f"{{{_tex(f'{label.name}, as {network} draws it')}}}",
            "author": f"{{{_tex(site_name)}}}",
            "year": str(self.year),
            "url": f"{site_url}{self.master}",
            "note": f"Activation maximization, method {self.variant.method}, seed {self.variant.seed}, "
            f"recipe {self.entry.digest}",
        }
        if not site_url:
            del fields["url"]  # where the site will stand is not known
        inside = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        return f"@misc{{actmax-{label.slug}-{self.entry.picture},\n{inside}}}"


def _tex(text: str) -> str:
    """Text that TeX sets as it is."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(sign, f"\\{sign}" if sign in "&%$#_{}" else sign) for sign in text)


def command(variant: Variant, entry: Entry) -> str:
    """The shell line that draws a picture again, from the recipe that it was drawn by."""
    recipe = entry.recipe
    target = recipe.target.partition(":")[2]
    words = ["actmax", "draw", labels.classes()[int(target)].slug, "--network", recipe.network]
    if _needs_file(entry):
        words += ["--weights", "FILE"]
    words += ["--method", variant.preset, "--seed", str(recipe.seed), "--size", str(recipe.size)]
    if recipe.precision != "auto":
        words += ["--precision", recipe.precision]
    for name in _changes(variant, entry):
        words += ["--set", f"{name}={json.dumps(getattr(recipe, name))}"]
    return shlex.join(words)


def _changes(variant: Variant, entry: Entry) -> list[str]:
    """The fields of a recipe that its preset does not explain."""
    fields = type(entry.recipe).model_fields.items()
    usual = {name: field.default for name, field in fields if not field.is_required()} | METHODS[variant.preset]
    return [
        name
        for name, value in usual.items()
        if name not in ("seed", "size", "precision") and getattr(entry.recipe, name) != value
    ]


def _needs_file(entry: Entry) -> bool:
    """Whether the weights are neither in the package nor torchvision's own."""
    return entry.recipe.network != "compact" and entry.recipe.weights != source("alexnet").digest


def _named(top: Any) -> list[tuple[Label, float]]:
    return [(labels.classes()[index], part) for index, part in top]
