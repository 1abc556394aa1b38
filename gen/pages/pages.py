"""Plates + drawings -> the files of the site, as (path, content). Nothing is drawn or asked here, and nothing written
but what the store keeps of derived pictures."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from actmax.errors import ActmaxError
from actmax.networks import labels
from actmax.networks.cards import Card, card
from actmax.networks.labels import Label
from actmax.recipe.recipe import METHODS, OVERRIDABLE, Recipe
from actmax.store.store import Entry
from gen.figures import figures
from gen.ledger import ledger
from gen.ledger.ledger import Ledger
from gen.pages import data, markdown, pictures
from gen.pages.shown import Shown
from gen.plan.plan import Plan, Plate
from gen.settings.schema import Settings
from gen.study.study import COUNTS, STEP_SIZES, STEPS, Study

STUDY = "assets/study"
"""Where the pictures of the study lie: the walk's picture, channels as ``{layer}-{channel}.png``, variations."""

File = tuple[str, str | bytes]
"""A path below docs/, with forward slashes, and what stands there."""

ASSETS = Path(__file__).parents[1] / "assets"
"""The scripts and styles that the package brings."""

NEIGHBOURS = 8
"""How many classes of the same group a page shows, at most."""


@dataclass(frozen=True)
class Opinions:
    """What a second network says of the drawings."""

    network: Card
    said: Mapping[str, Mapping[str, Any]]
    """By digest of the drawing."""


@dataclass(frozen=True)
class Place:
    """Where the site will stand, and what it is called."""

    url: str = ""
    """With a slash at its end; empty where it is unknown."""
    name: str = ""


class Pages:
    """The site's generated files.

    Args:
        plan: what is published.
        entries: the drawing of each of the plan's recipes, by digest.
        about: what the write-up shows of the network, if it is asked for.
        place: where the site will stand, for what needs whole addresses.
        opinions: a second network's, where one is at hand.
        published: what must not be lost.
    """

    def __init__(
        self,
        plan: Plan,
        entries: Mapping[str, Entry],
        about: Study | None = None,
        place: Place = Place(),
        opinions: Opinions | None = None,
        published: Ledger | None = None,
    ) -> None:
        self.plan = plan
        self.entries = entries
        self.study = about
        self.place = place
        self.second = opinions.network if opinions else None
        self.published = published or Ledger(addresses={})
        said = opinions.said if opinions else {}
        self.shown = {
            plate.label: [
                Shown(variant, entries[variant.recipe.digest()], said.get(variant.recipe.digest()))
                for variant in plate.variants
            ]
            for plate in plan.plates
        }
        self._jinja: Environment = markdown.environment()
        self._jinja.globals.update(
            network=self.network,
            second=self.second,
            place=place,
            shown=self.shown,
            thumbnails=pictures.thumbnails,
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
        for path in sorted(ASSETS.glob("*.*")):
            yield f"assets/{path.name}", path.read_bytes()
        yield "gallery/index.md", self._keeping("gallery/", self._render("index.md.jinja"))
        yield "gallery/compare/index.md", self._render("compare.md.jinja")
        yield "gallery/index.json", data.index(self.plan, self.network, self.second, self.shown, self.place.url)
        masters = {one.master: one.entry for every in self.shown.values() for one in every}
        for path, entry in masters.items():
            yield path, entry.read("drawing.png")
        for place, plate in enumerate(self.plan.plates):
            yield from self._plate(plate, place)
        for label in ledger.gone(self.published, self.plan):
            yield from self._gone(label)
        for alias, target in ledger.old_aliases(self.published, self.plan).items():
            yield f"{alias}index.html", self._redirect(target, target)
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

    def _plate(self, plate: Plate, place: int) -> Iterator[File]:
        folder, shown = plate.url, self.shown[plate.label]
        plates = self.plan.plates
        page = self._render(
            "class.md.jinja",
            plate=plate,
            drawings=shown,
            before=plates[place - 1] if place else None,
            after=plates[place + 1] if place + 1 < len(plates) else None,
            gone_anchors=ledger.gone_anchors(self.published, plate),
            neighbours={group: self._neighbours(plate, group) for group in plate.groups},
        )
        yield f"{folder}index.md", self._keeping(folder, page)
        for one in shown:
            yield folder + one.file, pictures.lossless(one.entry)
            yield folder + one.frames, one.entry.read("frames.webp")
            yield folder + one.data, data.drawing(plate, one, self.second)
        for width, name in pictures.thumbnails(shown[0].size).items():
            yield folder + name, pictures.thumbnail(shown[0].entry, width)
        for alias in plate.aliases:
            yield f"{alias}index.html", self._redirect(plate.url, plate.label.name)

    def _gone(self, label: Label) -> Iterator[File]:
        """What stays of a class that was published and is not drawn any more."""
        folder = f"gallery/{label.slug}/"
        yield f"{folder}index.md", self._keeping(folder, self._render("gone.md.jinja", label=label))
        for alias in (str(label.index), label.wnid):
            yield f"gallery/{alias}/index.html", self._redirect(folder, label.name)

    def _keeping(self, address: str, page: str) -> str:
        """A page with all the anchors that it ever had: what led into it still does."""
        lost = [
            anchor
            for anchor in self.published.anchors(address)
            if not re.search(rf'(\sid="|\{{ #){re.escape(anchor)}["\s}}]', page)
        ]
        return page + "".join(f'\n<span id="{anchor}"></span>' for anchor in lost)

    def _neighbours(self, plate: Plate, group: str) -> list[Plate]:
        """The classes that stand around a class in a group, without itself."""
        members = list(dict.fromkeys(member.label for member in self.plan.groups[group]))
        place = members.index(plate.label)
        members.remove(plate.label)
        start = max(0, min(place - NEIGHBOURS // 2, len(members) - NEIGHBOURS))
        return [self.plan.plate(label) for label in members[start : start + NEIGHBOURS]]

    def _figures(self) -> Iterator[File]:
        for path, recipe in self.plan.figures.items():
            yield path, self.entries[recipe.digest()].read("drawing.jpg")

    def _study(self, about: Study) -> Iterator[File]:
        """The page of the walk, and all pictures of the study."""
        yield (
            "write-ups/from-picture-to-prediction.md",
            self._keeping(
                "write-ups/from-picture-to-prediction/",
                self._render("walk.md.jinja", silenced_chart=self._silenced_chart(about) if about.silenced else ""),
            ),
        )
        yield f"{STUDY}/picture.png", about.picture
        for layer, found in about.channels.items():
            for channel, _, entry in found:
                yield f"{STUDY}/{labels.slugify(layer)}-{channel}.png", entry.read("drawing.png")
        for name, entry in about.variations.items():
            yield f"{STUDY}/{labels.slugify(name)}.png", entry.read("drawing.png")
        yield f"{STUDY}/over-the-steps.webp", about.variations["fourier"].read("frames.webp")

    def _redirect(self, target: str, name: str) -> str:
        """A page at another address below gallery/ that leads to a class's own."""
        here = f"../{target.split('/')[1]}/"
        canonical = markdown.attribute(self.place.url + target if self.place.url else here)
        title = markdown.attribute(name)
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
