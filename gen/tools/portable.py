"""An author's mkdocs.yml without our plugin and hook, for a tree whose pages are already written."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from actmax.errors import StoreError

GENERATES, OUR_SCRIPT, OUR_HOOK = "gen-files", "gen/gallery.py", "gen/hook.py"
"""What a written tree needs no more."""
PLUGIN = "actmax"
"""The same in somebody else's site."""
OURS = (GENERATES, PLUGIN)
# fmt: off
KNOWN = frozenset((
    "api-autonav", "autorefs", "awesome-nav", "blog", "callouts", "exclude", "gh-admonitions", "glightbox",
    "include-markdown", "literate-nav", "llmstxt", "macros", "mkdocs-nav-weight", "markdown-exec",
    "markdownextradata", "meta", "mike", "minify", "mkdocs-audio", "mkdocs-autoapi", "mkdocs-video", "mkdocstrings",
    "offline", "privacy", "redirects", "rss", "search", "social", "table-reader", "tags",
))
# fmt: on
"""The plugins that Zensical does itself (0.0.73 to 0.1.3, `zensical.config`); it silently ignores others."""


class _Dumper(yaml.Dumper):
    """Dumps paths too, which MkDocs' tags produce."""


def _placeholder(dumper: yaml.Dumper, path: Any) -> yaml.ScalarNode:
    """A path relative to the page or to docs/ is the same in the tree; any other one becomes absolute."""
    kind, suffix = type(path).__name__, getattr(path, "suffix", "")
    tag, name = {"RelativeDirPlaceholder": ("!relative", ""), "DocsDirPlaceholder": ("!relative", "$docs_dir")}.get(
        kind, ("", "")
    )
    if not tag:
        return dumper.represent_str(os.path.abspath(path))
    return dumper.represent_scalar(tag, f"{name}/{suffix}" if suffix else name)


_Dumper.add_multi_representer(os.PathLike, _placeholder)  # type: ignore[type-abstract]


def configuration(values: Mapping[str, Any], theme: str | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return an author's mkdocs.yml without what a written tree does not need.

    Args:
        values: all of mkdocs.yml.
        theme: the folder of the written templates, if there is one.
        extra: what goes under ``extra`` too.
    """
    left = {key: value for key, value in values.items() if key not in ("docs_dir", "site_dir", "watch", "hooks")}
    if not left.get("site_url"):
        left.pop("site_url", None)  # Zensical takes an empty one for the root of a host
    left["plugins"] = [{name: options} if options else name for name, options in _plugins(values) if name not in OURS]
    own = left.get("extra")
    kept = {key: value for key, value in own.items() if key != "gallery"} if isinstance(own, Mapping) else {}
    left["extra"] = kept | dict(extra)
    if isinstance(left.get("theme"), Mapping):
        own = {"custom_dir": theme} if theme else {}
        left["theme"] = {key: value for key, value in left["theme"].items() if key != "custom_dir"} | own
    return left


def is_guest(values: Mapping[str, Any]) -> bool:
    """Return whether the gallery is in somebody else's site.

    Args:
        values: all of mkdocs.yml.
    """
    return PLUGIN in dict(_plugins(values))


def left_out(values: Mapping[str, Any], shifted: Sequence[str] = ()) -> Iterator[str]:
    """Yield a sentence for each part of an author's mkdocs.yml that the tree lacks or Zensical ignores.

    Args:
        values: all of mkdocs.yml.
        shifted: pages whose links in HTML lead elsewhere under Zensical.
    """
    for script in _texts((dict(_plugins(values)).get(GENERATES) or {}).get("scripts"), OUR_SCRIPT):
        yield f"What {script} generates is not in the tree: run it by itself."
    for hook in _texts(values.get("hooks"), OUR_HOOK):
        yield f"The hook {hook} is not in the tree, and Zensical runs none."
    for name, _ in _plugins(values):
        if name not in KNOWN and name not in OURS:
            yield f"Zensical does not know the plugin {name}, and ignores it."
    if not values.get("site_url"):
        yield "Without a site_url the page for missing addresses has no style under Zensical."
    for name in shifted:
        yield (
            f"Links in the HTML of docs/{name} lead elsewhere under Zensical, which takes them to start at the page's "
            f"file: rename it docs/{name.removesuffix('.md')}/index.md, which leaves its address as it is."
        )


def text(values: Mapping[str, Any]) -> str:
    """Dump a configuration as YAML.

    Raises:
        StoreError: a value has no form in YAML.
    """
    try:
        return yaml.dump(dict(values), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise StoreError(f"mkdocs.yml has a value that cannot be written as YAML: {str(error)[:200]}.") from None


def _plugins(values: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Each plugin with its options. MkDocs takes a list or a mapping, and has `search` by default."""
    named = values.get("plugins")
    named = ["search"] if named is None else named
    lines = [named] if isinstance(named, Mapping) else named if isinstance(named, list) else []
    pairs = [pair for line in lines for pair in (line.items() if isinstance(line, Mapping) else [(line, None)])]
    return [(str(name), options if isinstance(options, Mapping) else None) for name, options in pairs]


def _texts(values: object, but: str) -> list[str]:
    """The texts in a list, without ours."""
    named = [str(value) for value in values] if isinstance(values, list) else []
    return [name for name in named if posixpath.normpath(name) != but]
