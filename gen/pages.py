"""Plates + drawings -> the files of the site, as (path, content). Pure: nothing is drawn, asked or written here."""

from __future__ import annotations

import json
import shlex
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment

from actmax import labels
from actmax.errors import ActmaxError
from actmax.labels import Label
from actmax.recipe import METHODS, OVERRIDABLE, Recipe
from actmax.registry import Card, card
from actmax.store import Entry
from actmax.weights import source
from gen import figures, markdown
from gen.pictures import THUMBNAIL, thumbnail
from gen.plan import Plan, Plate, Variant
from gen.settings import Settings
from gen.study import COUNTS, STEP_SIZES, STEPS, Study

STUDY = "assets/study"
"""Where the pictures of the study lie: the walk's picture, channels as ``{layer}-{channel}.png``, variations."""

File = tuple[str, str | bytes]
"""A path below docs/, with forward slashes, and what stands there."""


@dataclass(frozen=True)
class Shown:
    """One drawing as a page shows it."""

    variant: Variant
    entry: Entry

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
        return [(labels.classes()[index], part) for index, part in self.measures["top"]]

    @property
    def file(self) -> str:
        """The master's name, beside the page."""
        return f"{self.variant.anchor}.png"

    @property
    def frames(self) -> str:
        """The filmstrip's name, beside the page."""
        return f"{self.variant.anchor}.frames.webp"

    @property
    def steps(self) -> str:
        """The steps of the filmstrip's frames, in words: ``1, 2, 5 and 10``."""
        *most, last = map(str, self.entry.record["frames"])
        return f"{', '.join(most)} and {last}" if most else last

    @property
    def command(self) -> str:
        """The line that draws this picture again in the shell."""
        return command(self.variant, self.entry)


class Pages:
    """The site's generated files.

    Args:
        plan: what is published.
        entries: the drawing of each of the plan's recipes, by digest.
        about: what the write-up shows of the network, if it is asked for.
        site_url: where the site will stand, for canonical addresses; empty where that is unknown.
    """

    def __init__(
        self, plan: Plan, entries: Mapping[str, Entry], about: Study | None = None, site_url: str = ""
    ) -> None:
        self.plan = plan
        self.entries = entries
        self.study = about
        self._linked = {plate.label for plate in plan.plates}
        self.site_url = site_url.rstrip("/") + "/" if site_url else ""
        self._jinja: Environment = markdown.environment()
        self._jinja.globals.update(
            network=self.network,
            caption=self.caption,
            study=about,
            figure=figures,
            plan=plan,
            STUDY=STUDY,
            COUNTS=COUNTS,
            STEP_SIZES=STEP_SIZES,
            STEPS=STEPS,
            presets=METHODS,
            settings_fields=Settings.model_fields,
            method_fields={name: Recipe.model_fields[name] for name in OVERRIDABLE},
        )

    @property
    def network(self) -> Card:
        """The network that drew."""
        return card(self.plan.source.network)

    def files(self) -> Iterator[File]:
        """Everything that is generated but the author's own pages."""
        yield "gallery/index.md", self._render("index.md.jinja", groups=self._groups(), plates=self.plan.plates)
        for plate in self.plan.plates:
            yield from self._plate(plate)
        yield from self._figures()
        if self.study:
            yield from self._study(self.study)

    def prose(self, path: str, text: str) -> str | None:
        """An author's page whose head says ``measured: true``, with its figures filled in; None for others.

        Raises:
            ActmaxError: the page asks for what is not there; the message names page and line.
        """
        head, _ = markdown.split_front_matter(text)
        if head.get("measured") is not True:
            return None
        try:
            return self._jinja.from_string(text).render()
        except Exception as error:  # noqa: BLE001 - whatever an author's expression raises is the page's fault
            raise ActmaxError(f"docs/{path}{_line(error)}: {str(error).rstrip('.')}.") from None

    def caption(self, word: str, method: str = "plain") -> str:
        """What the write-up says beneath a figure, measured on the file that is shown."""
        for group in self.plan.groups.values():
            for member in group:
                variant = self.plan.plate(member.label).by_method(method)
                if member.word == word and variant is not None:
                    measures = self.entries[variant.recipe.digest()].measures("drawing.jpg")
                    return self._render("caption.md.jinja", member=member, variant=variant, measures=measures).strip()
        raise ActmaxError(f"caption({word!r}, {method!r}): no class of the gallery is drawn under that word so.")

    def _silenced_chart(self, about: Study) -> str:
        """What happens to a logit when units fall silent."""
        ways = {"most": "the most active", "least": "the least active that are not zero", "random": "at random"}
        series = {words: about.silenced_mean(way) for way, words in ways.items()}
        caption = "Mean change of the class's logit, by how many units of the last hidden layer are silenced."
        return figures.chart(series, COUNTS, caption)

    def _plate(self, plate: Plate) -> Iterator[File]:
        shown = [Shown(variant, self.entries[variant.recipe.digest()]) for variant in plate.variants]
        folder = plate.url
        yield (
            f"{folder}index.md",
            self._render("class.md.jinja", plate=plate, shown=shown, linked=self._linked),
        )
        for one in shown:
            yield folder + one.file, one.entry.read("drawing.png")
            yield folder + one.frames, one.entry.read("frames.webp")
        yield f"{folder}thumbnail.webp", thumbnail(shown[0].entry.read("drawing.png"))
        for alias in plate.aliases:
            yield f"{alias}index.html", self._redirect(plate)

    def _groups(self) -> dict[str, list[dict[str, Any]]]:
        """What the index shows: the members of each group in the author's order."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for group, members in self.plan.groups.items():
            groups[group] = []
            for member in dict.fromkeys(members):
                plate = self.plan.plate(member.label)
                shown = Shown(plate.variants[0], self.entries[plate.variants[0].recipe.digest()])
                width = min(shown.variant.recipe.size, THUMBNAIL)
                groups[group].append({"member": member, "plate": plate, "shown": shown, "width": width})
        return groups

    def _figures(self) -> Iterator[File]:
        for path, recipe in self.plan.figures.items():
            yield path, self.entries[recipe.digest()].read("drawing.jpg")

    def _study(self, about: Study) -> Iterator[File]:
        """The page of the walk, and all pictures of the study."""
        yield (
            "write-ups/from-picture-to-prediction.md",
            self._render("walk.md.jinja", silenced_chart=self._silenced_chart(about) if about.silenced else ""),
        )
        yield f"{STUDY}/picture.png", about.picture
        for layer, found in about.channels.items():
            for channel, _, entry in found:
                yield f"{STUDY}/{labels.slugify(layer)}-{channel}.png", entry.read("drawing.png")
        for name, entry in about.variations.items():
            yield f"{STUDY}/{labels.slugify(name)}.png", entry.read("drawing.png")
        yield f"{STUDY}/over-the-steps.webp", about.variations["fourier"].read("frames.webp")

    def _redirect(self, plate: Plate) -> str:
        """A page at another address that leads to the class's own."""
        here = f"../{plate.label.slug}/"
        canonical = markdown.attribute(self.site_url + plate.url if self.site_url else here)
        title = markdown.attribute(plate.label.name)
        return (
            f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
            f'<meta name="robots" content="noindex">\n<link rel="canonical" href="{canonical}">\n'
            f'<meta http-equiv="refresh" content="0; url={here}">\n'
            f'<p>This page is <a href="{here}">{title}</a>.</p>\n</html>\n'
        )

    def _render(self, template: str, **values: Any) -> str:
        return self._jinja.get_template(template).render(values)


def _line(error: Exception) -> str:
    """Where in an author's page an error arose, in words; empty where Jinja does not tell."""
    passed = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in passed if frame.filename == "<template>"]  # Jinja's name for a text of no file
    number = getattr(error, "lineno", None) or (lines[-1] if lines else None)
    return f", line {number}" if number else ""


def command(variant: Variant, entry: Entry) -> str:
    """The shell line that draws a picture again, from the recipe that it was drawn by."""
    recipe = entry.recipe
    target = recipe.target.partition(":")[2]
    words = ["actmax", "draw", labels.classes()[int(target)].slug, "--network", recipe.network]
    if recipe.network != "compact" and recipe.weights != source("alexnet").digest:
        words += ["--weights", "FILE"]
    words += ["--method", variant.preset, "--seed", str(recipe.seed), "--size", str(recipe.size)]
    if recipe.precision != "auto":
        words += ["--precision", recipe.precision]
    fields = type(recipe).model_fields.items()
    usual = {name: field.default for name, field in fields if not field.is_required()} | METHODS[variant.preset]
    for name, value in usual.items():
        chosen = getattr(recipe, name)
        if chosen != value and name not in ("seed", "size", "precision"):
            words += ["--set", f"{name}={json.dumps(chosen)}"]
    return shlex.join(words)
