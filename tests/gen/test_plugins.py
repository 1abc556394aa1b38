"""Other plugins and options of MkDocs: each builds the same gallery, or is refused before anything is drawn."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import fakes
import projects
import pytest
import yaml
from PIL import ImageFont

from gen import configuration, other_plugins, site

GALLERY: dict[str, Any] = {
    "network": "compact",
    "second_opinion": False,
    "size": 64,
    "store": "store",
    "seeds": [0, 1],
    "methods": {"robust": {"steps": 2}, "plain": {"steps": 2}},
    "groups": {"animals": ["zebra", {"my cat": "tiger"}], "things": ["jack-o'-lantern"]},
    "units": {"layers": {"conv4": "0-2"}},
}
MEASURED = """---
title: Measured
measured: true
---
# Measured

{{ front() }}

{{ figure.versus("animals", "animals", "Two animals.") }}

{{ caption("my cat", "robust") }} A page may speak of `{% raw %}{{ drawing("zebra") }}{% endraw %}`.

{{ cite() }}
"""
PAGES = {
    "index.md": "# Start\n\nSee the [gallery](gallery/index.md) and a [class](gallery/zebra/index.md).\n",
    "notes/index.md": '# Notes\n\nOf the author.\n\n{{ drawing("tiger") }}\n',
    "notes/more.md": "---\ntags: [mine]\n---\n# More\n\nWords.\n",
    "measured/index.md": MEASURED,
}
NAV = [
    {"Start": "index.md"},
    {"Gallery": "gallery/index.md"},
    {"Notes": ["notes/index.md", "notes/more.md"]},
    {"Measured": "measured/index.md"},
    {"The network": "network/index.md"},
]
GUEST = {
    "site_name": "Field notes",
    "site_url": projects.SITE_URL,
    "theme": {"name": "material", "font": False},
    "plugins": ["search", "actmax"],
    "nav": NAV,
    "markdown_extensions": [
        "abbr",
        "admonition",
        "attr_list",
        "footnotes",
        "md_in_html",
        "pymdownx.superfences",
        "tables",
    ],
    "extra": {"gallery": GALLERY},
}
DOORS = ("hook", "plugin")
"""The project's own site, by gen/hook.py and gen/gallery.py, and somebody else's, by the plugin actmax."""

Config = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A plugin or an option beside the gallery."""

    package: str = ""
    """The distributions that have to be installed."""
    plugin: str = ""
    """Its name in mkdocs.yml, if it is not the case's."""
    options: str = ""
    """Of the plugin, in YAML."""
    config: str = ""
    """What mkdocs.yml has besides or instead, in YAML."""
    first: bool = False
    """Whether the plugin stands before the gallery's."""
    prepare: Callable[[Path, Config], None] | None = None
    """Adds what is read to the project."""
    ignore: str = ""
    """Elements that may be added to the pages."""
    own: tuple[str, ...] = ("notes/index.html", "measured")
    """The author's pages that stay as they are."""
    alone: str = ""
    """A pattern of warnings that a site without a gallery has too."""
    refused: str = ""
    """What the message holds, if the gallery refuses."""
    doors: tuple[str, ...] = DOORS


def awesome(folder: Path, config: Config) -> None:
    del config["nav"]
    (folder / "docs/.nav.yml").write_text("nav:\n  - index.md\n  - Gallery: gallery/index.md\n  - '*'\n", "utf-8")


def summary(folder: Path, config: Config) -> None:
    del config["nav"]
    lines = (
        "[Start](index.md)",
        "[Gallery](gallery/index.md)",
        "[Notes](notes/index.md)",
        "[Measured](measured/index.md)",
    )
    (folder / "docs/SUMMARY.md").write_text("".join(f"* {line}\n" for line in lines), "utf-8")


def repository(folder: Path, config: Config) -> None:
    """All of the project's own files in one commit; what the build generates is in none."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "docs"], [*who, "commit", "-qm", "Docs"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def font(folder: Path, config: Config) -> None:
    """A font where the plugin keeps those that it has downloaded."""
    kept = folder / ".cache/plugin/social/fonts/Matrix/Regular.ttf"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(ImageFont.load_default(10).font_bytes)  # type: ignore[union-attr]


def topics(folder: Path, config: Config) -> None:
    (folder / "docs/notes/.meta.yml").write_text("tags: [mine]\n", "utf-8")


def posts(folder: Path, config: Config) -> None:
    (folder / "docs/blog/posts").mkdir(parents=True)
    (folder / "docs/blog/index.md").write_text("# Blog\n", "utf-8")
    text = "---\ndate: 2026-01-01\n---\n# A post\n\nAbout [zebra](../../gallery/zebra/index.md).\n"
    (folder / "docs/blog/posts/post.md").write_text(text, "utf-8")
    config["nav"].append({"Blog": ["blog/index.md"]})


def table(folder: Path, config: Config) -> None:
    (folder / "docs/notes/table.csv").write_text("a,b\n1,2\n", "utf-8")
    with (folder / "docs/notes/more.md").open("a", encoding="utf-8") as page:
        page.write("\n{{ read_csv('notes/table.csv') }}\n")


def included(folder: Path, config: Config) -> None:
    with (folder / "docs/notes/more.md").open("a", encoding="utf-8") as page:
        page.write('\n{% include-markdown "../measured/index.md" start="# " end="{{" %}\n')


def drafts(folder: Path, config: Config) -> None:
    """A page that would fail, if it were read."""
    (folder / "docs/drafts").mkdir()
    (folder / "docs/drafts/broken.md").write_text('---\nmeasured: true\n---\n{{ caption("?") }}\n', "utf-8")


def renamed(folder: Path, config: Config) -> None:
    (folder / "docs").rename(folder / "content")
    config["docs_dir"] = "content"


def published(folder: Path, config: Config) -> None:
    config["site_dir"] = "public"


def overrides(folder: Path, config: Config) -> None:
    (folder / "overrides").mkdir()
    text = '{% extends "base.html" %}{% block announce %}News{% endblock %}'
    (folder / "overrides/main.html").write_text(text, "utf-8")


def glossary(folder: Path, config: Config) -> None:
    (folder / "words.md").write_text("*[zebra]: A horse.\n*[Class]: One of many.\n*[robust]: Sturdy.\n", "utf-8")
    snippets = {"auto_append": ["words.md"], "base_path": [str(folder)], "check_paths": True}
    config["markdown_extensions"] += [{"pymdownx.snippets": snippets}]


def together(folder: Path, config: Config) -> None:
    """Plugins that many sites have, at once."""
    names = ("macros", "table-reader", "minify", "redirects", "section-index")
    options = {PLUGINS[name].plugin or name: yaml.safe_load(PLUGINS[name].options or "{}") for name in names}
    config["plugins"] = [
        *("glightbox", "tags", "meta", "autorefs", "include-markdown", "awesome-pages"),
        *config["plugins"],
        *({name: values} for name, values in options.items()),
    ]


def no_search(folder: Path, config: Config) -> None:
    config["plugins"].remove("search")


def many_extensions(folder: Path, config: Config) -> None:
    named = [next(iter(each)) if isinstance(each, dict) else each for each in config["markdown_extensions"]]
    config["markdown_extensions"] += [name for name in EXTENSIONS if name not in named]


def no_extensions(folder: Path, config: Config) -> None:
    config["markdown_extensions"] = []


EXTENSIONS = [
    *("abbr", "def_list", "md_in_html", "footnotes", "nl2br", "sane_lists", "meta", "pymdownx.betterem"),
    *("pymdownx.caret", "pymdownx.details", "pymdownx.emoji", "pymdownx.inlinehilite", "pymdownx.keys"),
    *("pymdownx.magiclink", "pymdownx.mark", "pymdownx.smartsymbols", "pymdownx.tabbed", "pymdownx.tasklist"),
]
MINIFIED = "{minify_html: true, minify_js: true, minify_css: true, htmlmin_opts: {remove_comments: true}}"
STRICT = "{on_error_fail: true, on_undefined: strict}"
LANGUAGES = "languages: [{locale: en, default: true, name: English}, {locale: fr, name: Français}]"
SECTIONS = "{full_output: llms-full.txt, sections: {Gallery: [gallery/index.md, gallery/zebra/index.md]}}"
PLUGINS = {
    "minify": Case("mkdocs-minify-plugin", options=MINIFIED),
    "print-site": Case("mkdocs-print-site-plugin"),
    "macros": Case("mkdocs-macros-plugin", options=STRICT),
    "macros-first": Case("mkdocs-macros-plugin", "macros", STRICT, first=True),
    "glightbox": Case("mkdocs-glightbox"),
    "i18n": Case("mkdocs-static-i18n", options=f"{{docs_structure: suffix, {LANGUAGES}}}", refused="plugin i18n"),
    "tags": Case("mkdocs-material"),
    "tags-allowed": Case("mkdocs-material", "tags", "{tags_allowed: [mine]}"),
    "redirects": Case("mkdocs-redirects", options="{redirect_maps: {old.md: gallery/zebra/index.md}}"),
    "social": Case("CairoSVG", options="{cards_layout_options: {font_family: Matrix}}", prepare=font),
    "rss": Case("mkdocs-rss-plugin", options="{match_path: '(?!gallery/|network/).*'}", prepare=repository),
    "rss-of-all": Case("mkdocs-rss-plugin", "rss", doors=("hook",), prepare=repository),
    "rss-of-all-refused": Case("mkdocs-rss-plugin", "rss", refused="match_path: ", doors=("plugin",)),
    "awesome-nav": Case("mkdocs-awesome-nav", prepare=awesome),
    "awesome-pages": Case("mkdocs-awesome-pages-plugin"),
    "section-index": Case("mkdocs-section-index"),
    "git-revision-date": Case(
        "mkdocs-git-revision-date-plugin", prepare=repository, refused="use git-revision-date-localized instead"
    ),
    "git-revision-date-localized": Case(
        "mkdocs-git-revision-date-localized-plugin", options="{enable_creation_date: true}", prepare=repository
    ),
    "encryptcontent": Case("mkdocs-encryptcontent-plugin"),
    "privacy": Case("mkdocs-material", alone=r"https://unpkg\.com/mermaid@"),
    "offline": Case("mkdocs-material", refused="plugin offline"),
    "literate-nav": Case("mkdocs-literate-nav", prepare=summary),
    "include-markdown": Case("mkdocs-include-markdown-plugin", prepare=included),
    "autorefs": Case("mkdocs-autorefs"),
    "table-reader": Case("mkdocs_table_reader_plugin", prepare=table),
    "meta-descriptions": Case("mkdocs-meta-descriptions-plugin"),
    "mermaid2": Case("mkdocs-mermaid2-plugin", alone="MERMAID2"),
    "git-authors": Case(
        "mkdocs-git-authors-plugin", options="{exclude: ['gallery/*', 'network/*']}", prepare=repository
    ),
    "llmstxt": Case("mkdocs-llmstxt", options=SECTIONS),
    "meta": Case("mkdocs-material", prepare=topics),
    "blog": Case("mkdocs-material", prepare=posts),
}
TOGETHER = (
    "mkdocs-autorefs mkdocs-awesome-pages-plugin mkdocs-include-markdown-plugin mkdocs-macros-plugin "
    "mkdocs-minify-plugin mkdocs-redirects mkdocs-section-index mkdocs_table_reader_plugin"
)
OPTIONS = {
    "together": Case(
        TOGETHER,
        config="theme: {features: [navigation.instant, navigation.instant.prefetch]}",
        prepare=together,
    ),
    "instant": Case(
        config="theme: {features: [navigation.instant, navigation.instant.prefetch, navigation.instant.progress]}"
    ),
    "features": Case(
        config="theme: {features: [navigation.prune, navigation.indexes, navigation.sections, navigation.tracking, "
        "navigation.path, toc.integrate, toc.follow, content.lazy, content.tooltips, content.code.annotate, "
        "announce.dismiss, header.autohide, search.suggest, search.share]}"
    ),
    "use_directory_urls": Case(config="use_directory_urls: false", refused="`use_directory_urls` must not be false"),
    "docs_dir": Case(prepare=renamed),
    "site_dir": Case(prepare=published),
    "custom_dir": Case(config="theme: {custom_dir: overrides}", prepare=overrides, doors=("plugin",)),
    "exclude_docs": Case(config="exclude_docs: drafts/", prepare=drafts),
    "draft_docs": Case(config="draft_docs: drafts/", prepare=drafts),
    "not_in_nav": Case(config="not_in_nav: /notes/", doors=("plugin",)),
    "validation": Case(
        config="validation: {nav: {omitted_files: warn, not_found: warn, absolute_links: warn}, "
        "links: {not_found: warn, anchors: warn, absolute_links: warn, unrecognized_links: warn}}"
    ),
    "no nav": Case(config="nav: null"),
    "extra": Case(config="{extra_css: [mine.css], extra_javascript: [mine.js], copyright: A}", doors=("plugin",)),
    "edit": Case(
        config="{repo_url: https://example.org/a/b, edit_uri: edit/main/docs/, "
        "theme: {features: [content.action.edit, content.action.view]}}",
        own=(),  # these have a link to their file, and generated pages have none
    ),
    "no search": Case(prepare=no_search),
    "auto_append": Case(prepare=glossary, ignore="abbr"),
    "smarty": Case(config="markdown_extensions: [smarty]"),
    "toc": Case(config="markdown_extensions: [{toc: {permalink: '#', baselevel: 1, toc_depth: 3}}]", doors=("plugin",)),
    "extensions": Case(prepare=many_extensions),
    "no extensions": Case(prepare=no_extensions, own=("notes/index.html",), doors=("plugin",)),
}
CASES = PLUGINS | OPTIONS


def merged(old: Any, new: Any) -> Any:
    """Return old values with new ones: mappings are merged, and lists joined."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merged(old.get(key), value) for key, value in new.items()}
    return [*old, *new] if isinstance(old, list) and isinstance(new, list) else new


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with three classes, three channels and a measured page, and a store of fakes."""
    folder = tmp_path_factory.mktemp("plugins") / "project"
    folder.mkdir()
    (folder / "gen").symlink_to(projects.ROOT / "gen")
    projects.installation(folder / "packages")
    for name, text in PAGES.items():
        (folder / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "docs" / name).write_text(text, "utf-8")
    prepared = site.plan_site(site.Project(GALLERY, folder / "mkdocs.yml"))
    for recipe in prepared.plan.recipes():
        prepared.store.put(fakes.files(recipe), fakes.record(recipe))
    return folder


def config_of(door: str) -> Config:
    if door == "plugin":
        return deepcopy(GUEST)
    own = configuration.read(projects.ROOT / "mkdocs.yml")
    return own | {"site_url": projects.SITE_URL, "nav": deepcopy(NAV), "extra": {**own["extra"], "gallery": GALLERY}}


def build(project: Path, folder: Path, door: str, name: str = "", case: Case | None = None) -> Any:
    """Build a copy of the project."""
    shutil.copytree(project, folder, symlinks=True)
    case, config = case or Case(), config_of(door)
    config = merged(config, yaml.safe_load(case.config or "{}"))
    if name in PLUGINS:
        line = {case.plugin or name: yaml.safe_load(case.options or "{}")}
        config["plugins"] = [line, *config["plugins"]] if case.first else [*config["plugins"], line]
    if case.prepare:
        case.prepare(folder, config)
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    return subprocess.run(
        [sys.executable, "-P", "-m", "mkdocs", "build", *([] if case.alone else ["--strict"])],
        cwd=folder,
        env=projects.environment() | {"PYTHONPATH": str(folder / "packages")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="session")
def usual(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """By door, the site without another plugin."""
    made = {}
    for door in DOORS:
        folder = tmp_path_factory.mktemp("usual") / door
        done = build(project, folder, door)
        assert done.returncode == 0, done.stderr
        assert "drew 0," in done.stderr
        made[door] = folder / "site"
    return made


class Article(HTMLParser):
    """What a page's article holds: elements with their attributes, and text, without the theme's parts around it."""

    VOID = frozenset({"img", "input", "br", "hr", "source", "meta", "link", "wbr"})
    THEME = ("md-source-file", "md-path", "headerlink")
    QUOTES = str.maketrans("‘’“”", "''\"\"")

    def __init__(self, page: str, ignore: str = "") -> None:
        super().__init__()
        self.parts: list[Any] = []
        self.properties: list[str] = []
        self._ignored = frozenset(ignore.split())
        self._depth = 0
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: " ".join((value or "").split()) for key, value in attrs}
        if tag == "meta" and "property" in values:
            self.properties.append(values["property"])
        if tag == "article":
            self._depth = 1
            return
        if not self._depth or tag in self._ignored:
            return
        void = tag in self.VOID
        if self._skipped or any(name in values.get("class", "").split() for name in self.THEME):
            self._skipped += not void
            return
        if not void:
            self._depth += 1
        self.parts.append((tag, tuple(sorted(values.items()))))

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._depth = 0
        elif self._depth and tag not in self.VOID and tag not in self._ignored:
            if self._skipped:
                self._skipped -= 1
            else:
                self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        words = data.translate(self.QUOTES).split()
        if self._depth and not self._skipped and words:
            if self.parts and isinstance(self.parts[-1], list):
                self.parts[-1] += words
            else:
                self.parts.append(words)


def ours(folder: Path, *parts: str) -> Iterator[Path]:
    """The gallery's files, relative to the site's folder."""
    theirs = tuple(folder / "assets" / name for name in ("images/social", "external", "javascripts", "stylesheets"))
    for part in parts:
        for path in (folder / part, *sorted((folder / part).rglob("*"))):
            if path.is_file() and not any(path.is_relative_to(other) for other in theirs):
                yield path.relative_to(folder)


def found(folder: Path) -> dict[str, tuple[str, set[str]]]:
    """By address, title and words by which the search finds the gallery's pages."""
    path = folder / "search/search_index.json"
    index = json.loads(path.read_text("utf-8")) if path.is_file() else {"docs": ()}
    own = (doc for doc in index["docs"] if doc["location"].startswith(("gallery/", "network/")))
    return {doc["location"]: (doc["title"].translate(Article.QUOTES), set(doc.get("tags", ()))) for doc in own}


def differences(usual: Path, other: Path, case: Case) -> Iterator[str]:
    """What is not the same in another build of the gallery."""
    parts = ("gallery", "network", "assets", *case.own)
    missing = set(ours(usual, *parts)) - set(ours(other, *parts))
    if missing:
        yield f"missing: {sorted(map(str, missing))[:8]}"
    for path in sorted(set(ours(usual, *parts)) - missing):
        one, two = (usual / path).read_bytes(), (other / path).read_bytes()
        if path.suffix != ".html":
            if one != two:
                yield f"{path} has other bytes"
            continue
        a, b = Article(one.decode(), case.ignore), Article(two.decode(), case.ignore)
        if a.parts != b.parts:
            both = enumerate(zip(a.parts, b.parts, strict=False))
            at = next((i for i, (x, y) in both if x != y), min(len(a.parts), len(b.parts)))
            yield f"{path}: {a.parts[at - 1 : at + 3]} became {b.parts[at - 1 : at + 3]}"
        if len(b.properties) != len(set(b.properties)):
            yield f"{path}: a property of the head stands twice: {b.properties}"
    if case.prepare is not no_search and found(usual) != found(other):
        yield f"the search finds {found(other)}, and not {found(usual)}"


def missing(packages: str) -> str:
    """Return the first of these distributions that cannot be used; empty if there is none."""
    for package in packages.split():
        try:
            importlib.metadata.version(package)
            if package == "CairoSVG":
                importlib.import_module("cairosvg")  # which needs the system's libcairo
        except (importlib.metadata.PackageNotFoundError, OSError):
            return package
    return ""


def test_the_guide_lists_the_plugins_that_are_tried(root: Path) -> None:
    rows = re.findall(r"(?m)^\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) \| (works|refused)\b", guide(root))
    listed = [(name, result == "refused") for names, result in rows for name in re.findall(r"`([^`]+)`", names)]
    tried: dict[str, bool] = {}
    for name, case in PLUGINS.items():
        tried[case.plugin or name] = tried.get(case.plugin or name, True) and bool(case.refused)
    assert sorted(listed) == sorted(tried.items())
    assert {name for name, refused in tried.items() if refused} == set(other_plugins.REFUSED)


def guide(root: Path) -> str:
    """What the authors' guide says of other plugins."""
    return (root / "docs/authors.md").read_text("utf-8").partition("## Other plugins")[2].partition("\n## ")[0]


def test_the_extra_installs_the_plugins_that_are_tried(root: Path) -> None:
    extras = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {normalized(re.split("[<>=]", line)[0]) for line in [*extras["plugins"], *extras["site"]]}
    assert {normalized(case.package) for case in PLUGINS.values()} - named == set()
    assert all(re.fullmatch(r"[\w.-]+>=[\d.]+,<[\d.]+", line) for line in extras["plugins"])


def normalized(package: str) -> str:
    return package.lower().replace("_", "-")


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "door"), [(name, door) for name, case in CASES.items() for door in case.doors])
def test_the_gallery_is_the_same_or_refused(
    name: str, door: str, project: Path, usual: Mapping[str, Path], tmp_path: Path
) -> None:
    case, folder = CASES[name], tmp_path / "project"
    if lacking := missing(case.package):
        pytest.skip(f"{lacking} is not installed: pip install -e '.[plugins]'")
    done = build(project, folder, door, name, case)
    if case.refused:
        assert done.returncode != 0
        assert case.refused in done.stderr
        assert "Traceback" not in done.stderr
        assert not (folder / "site").exists()
        return
    assert done.returncode == 0, done.stdout + done.stderr
    warnings = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert [line for line in warnings if not (case.alone and re.search(case.alone, line))] == []
    changed = list(differences(usual[door], folder / ("public" if name == "site_dir" else "site"), case))
    assert not changed, "\n".join(changed)
