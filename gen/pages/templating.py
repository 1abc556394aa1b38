"""Jinja environments: one for the package's templates, one sandbox for pages that an author wrote."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from actmax.networks.labels import url_name
from gen.pages import markdown, reproduce
from gen.plan import addresses

TEMPLATES = Path(__file__).parent / "templates"
FILTERS: dict[str, Callable[..., str]] = {
    "md": markdown.escape,
    "html": markdown.attribute,
    "percent": markdown.percent,
    "number": markdown.number,
    "tenths": markdown.tenths,
    "hundredths": markdown.hundredths,
    "rank": markdown.rank,
    "share": markdown.share,
    "p_value": markdown.p_value,
    "of": markdown.counted,
    "setting": markdown.setting,
    "slug": url_name,
}
# Without autoescape: templates write Markdown, where entities would show up in titles.
OPTIONS: dict[str, Any] = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,
}


@cache
def package_environment() -> Environment:
    """Return the environment of the package's templates, in which an undefined name is an error."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), **OPTIONS)  # noqa: S701 - see OPTIONS
    environment.filters |= FILTERS | {
        "listing": markdown.listing,
        "anywhere": markdown.anywhere,
        "where": markdown.where,
    }
    environment.globals |= {"front_matter": markdown.front_matter, "at": addresses, "reproduce": reproduce}
    return environment


@cache
def sandbox() -> Environment:
    """Return the environment of authors' pages: no templates, no names but those that a page is given, no access to the
    objects behind them."""
    environment = ImmutableSandboxedEnvironment(**OPTIONS)
    environment.filters |= FILTERS
    environment.globals = {"range": environment.globals["range"]}
    return environment


def render(template: str, **values: Any) -> str:
    """Render one of the package's templates."""
    return package_environment().get_template(template).render(values)
