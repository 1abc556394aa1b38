"""Jinja, twice: for the package's own templates, and, in a sandbox, for pages that an author wrote."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from actmax.networks.labels import slugify
from gen.pages import markdown
from gen.plan import addresses

TEMPLATES = Path(__file__).parent / "templates"
FILTERS: dict[str, Callable[..., str]] = {
    "md": markdown.escape,
    "html": markdown.attribute,
    "percent": markdown.percent,
    "number": markdown.number,
    "place": markdown.place,
    "setting": markdown.setting,
    "slug": slugify,
}


@cache
def own() -> Environment:
    """For the package's templates: an undefined name is an error, and blocks leave no blank lines."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown is written, not HTML: autoescape would put entities into titles
    )
    made.filters |= FILTERS | {"listing": markdown.listing}
    made.globals |= {"front_matter": markdown.front_matter, "at": addresses}
    return made


@cache
def sandbox() -> Environment:
    """For an author's pages: no templates, no names but those that a page is given, and no way to an object behind
    them."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.filters |= FILTERS
    made.globals = {"range": made.globals["range"]}
    return made


def render(template: str, **values: Any) -> str:
    """One of the package's templates, filled in."""
    return own().get_template(template).render(values)
