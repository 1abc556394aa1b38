"""Drawings that pages of the author's ask for by `drawing("tiger")`: any class, channel or other target. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.networks.labels import Label, url_name
from actmax.recipe import METHODS, parse
from actmax.recipe.named import begins_with_layer
from gen.plan.drawings import PlannedDrawing
from gen.settings import Method

if TYPE_CHECKING:
    from gen.plan.plan import Plan


@dataclass(frozen=True)
class Shown:
    """The arguments of ``drawing("conv4:117", method="robust", seed=2)``."""

    word: str
    """A class, by any of its names or a word of the settings, or a target with a layer, such as ``conv4:117``."""
    method: str = ""
    """One of the settings' methods, or a preset; by default the one that draws the class first."""
    seed: int | None = None
    """By default the first of the settings."""

    @property
    def anchor(self) -> str:
        """Its name in links: ``drawing-conv4-117-robust-seed-2``."""
        parts = ["drawing", self.word, self.method, "" if self.seed is None else f"seed-{self.seed}"]
        return "-".join(filter(None, map(url_name, parts)))


def planned(plan: Plan, shown: Shown, page: str) -> PlannedDrawing:
    """Return the drawing: one of the gallery's if there is such a one, otherwise one for this page.

    Args:
        plan: with the gallery.
        shown: what the page asks for.
        page: address of the author's page.

    Raises:
        UnknownNameError: there is no such class or method.
        RecipeError: the target is none.
    """
    composer = plan.composer
    seed = composer.settings.seeds[0] if shown.seed is None else shown.seed
    is_target = ":" in shown.word or begins_with_layer(shown.word, plan.card.layers)
    if is_target and not plan.classes.has_name(shown.word):
        target = parse(shown.word).canonical(composer.source.network)
        method = _method(plan, shown.method, None)
        return composer.of_target(page, shown.anchor, str(target), method, seed)
    label = _label(plan, shown.word)
    method = _method(plan, shown.method, label)
    drawing = composer.of_class(page, label, method, seed)
    pages = (each for each in plan.class_pages if each.label == label)
    variants = (variant for each in pages for variant in each.variants)
    return next((variant for variant in variants if variant.recipe == drawing.recipe), drawing)


def _label(plan: Plan, word: str) -> Label:
    found = next((member.label for member in plan.members if member.word == word), None)
    return found or plan.classes.resolve(word)


def _method(plan: Plan, name: str, label: Label | None) -> Method:
    methods = plan.settings.methods
    if name in methods:
        return methods[name]
    if name in METHODS:
        return Method(name=name, preset=name)
    if name:
        raise UnknownNameError(f"there is no method {quoted(name)}. {did_you_mean(name, {**methods, **METHODS})}")
    of_class = next((page.methods for page in plan.class_pages if page.label == label), ())
    return next(iter(of_class), plan.settings.any_target_method)
