"""An author's mkdocs.yml without the plugin and the hook of ours, for a tree whose pages are written already."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from actmax.errors import StoreError

GENERATES, OUR_SCRIPT, OUR_HOOK = "gen-files", "gen/gallery.py", "gen/hook.py"
"""What a written tree does without."""
# fmt: off
KNOWN = frozenset((
    "api-autonav", "autorefs", "awesome-nav", "blog", "callouts", "exclude", "gh-admonitions", "glightbox",
    "include-markdown", "literate-nav", "llmstxt", "macros", "mkdocs-nav-weight", "markdown-exec",
    "markdownextradata", "meta", "mike", "minify", "mkdocs-audio", "mkdocs-autoapi", "mkdocs-video", "mkdocstrings",
    "offline", "privacy", "redirects", "rss", "search", "social", "table-reader", "tags",
))
# fmt: on
"""The plugins that Zensical does itself (0.0.73 to 0.1.3, `zensical.config`); it leaves out others without a word."""


class _Dumper(yaml.Dumper):
    """Also paths, which tags of MkDocs make of a text."""


def _placeholder(dumper: yaml.Dumper, path: Any) -> yaml.ScalarNode:
    """A path that starts at the page or at docs/ is the same in the tree; another one is where it was."""
    kind, suffix = type(path).__name__, getattr(path, "suffix", "")
    tag, name = {"RelativeDirPlaceholder": ("!relative", ""), "DocsDirPlaceholder": ("!relative", "$docs_dir")}.get(
        kind, ("", "")
    )
    if not tag:
        return dumper.represent_str(os.path.abspath(path))
    return dumper.represent_scalar(tag, f"{name}/{suffix}" if suffix else name)


_Dumper.add_multi_representer(os.PathLike, _placeholder)  # type: ignore[type-abstract]


def configuration(values: Mapping[str, Any], theme: str | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """An author's mkdocs.yml as it is of use where the pages are written already.

    Args:
        values: all that stands in it.
        theme: the folder of the written templates, if there is one.
        extra: what pages are told besides.
    """
    left = {key: value for key, value in values.items() if key not in ("docs_dir", "site_dir", "watch", "hooks")}
    if not left.get("site_url"):
        left.pop("site_url", None)  # Zensical takes an empty one for the root of a host
    left["plugins"] = [{name: options} if options else name for name, options in _plugins(values) if name != GENERATES]
    own = left.get("extra")
    kept = {key: value for key, value in own.items() if key != "gallery"} if isinstance(own, Mapping) else {}
    left["extra"] = kept | dict(extra)
    if isinstance(left.get("theme"), Mapping):
        own = {"custom_dir": theme} if theme else {}
        left["theme"] = {key: value for key, value in left["theme"].items() if key != "custom_dir"} | own
    return left


def left_out(values: Mapping[str, Any], shifted: Sequence[str] = ()) -> Iterator[str]:
    """What of an author's mkdocs.yml the tree lacks, and what Zensical does besides not do with it; a sentence each.

    Args:
        values: all of mkdocs.yml.
        shifted: pages whose links in HTML Zensical shifts.
    """
    for script in _texts((dict(_plugins(values)).get(GENERATES) or {}).get("scripts"), OUR_SCRIPT):
        yield f"What {script} generates is not in the tree: run it by itself."
    for hook in _texts(values.get("hooks"), OUR_HOOK):
        yield f"The hook {hook} is not in the tree, and Zensical runs none."
    for name, _ in _plugins(values):
        if name not in KNOWN and name != GENERATES:
            yield f"Zensical does not know the plugin {name}, and leaves it out without a word."
    if not values.get("site_url"):
        yield "Without a site_url the page for what is not there has no style under Zensical."
    for name in shifted:
        yield (
            f"Links in the HTML of docs/{name} lead elsewhere under Zensical, which takes them to start at the page's "
            f"file: rename it docs/{name.removesuffix('.md')}/index.md, which leaves its address as it is."
        )


def text(values: Mapping[str, Any]) -> str:
    """The YAML of it.

    Raises:
        ActmaxError: something in it has no YAML.
    """
    try:
        return yaml.dump(dict(values), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise StoreError(f"mkdocs.yml holds what cannot be written down again: {str(error)[:200]}.") from None


def _plugins(values: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Each plugin with its options; MkDocs takes a list or a mapping, and searches where nothing is said."""
    named = values.get("plugins")
    named = ["search"] if named is None else named
    lines = [named] if isinstance(named, Mapping) else named if isinstance(named, list) else []
    pairs = [pair for line in lines for pair in (line.items() if isinstance(line, Mapping) else [(line, None)])]
    return [(str(name), options if isinstance(options, Mapping) else None) for name, options in pairs]


def _texts(values: object, but: str) -> list[str]:
    """The texts in a list, without the one that is ours."""
    named = [str(value) for value in values] if isinstance(values, list) else []
    return [name for name in named if posixpath.normpath(name) != but]
