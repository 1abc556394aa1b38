"""What MkDocs' events make of pages."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mkdocs.exceptions import PluginError
from pathspec.gitignore import GitIgnoreSpec

from gen import hook, site, source


def config_of(root: Path, gallery: dict[str, Any]) -> Any:
    """What the hook reads of MkDocs' configuration."""
    return SimpleNamespace(
        extra={"gallery": gallery},
        plugins={},
        exclude_docs=None,
        draft_docs=None,
        config_file_path=str(root / "mkdocs.yml"),
        docs_dir=str(root / "docs"),
        use_directory_urls=True,
        site_url="",
        site_name="A site",
        site_author="",
    )


def test_a_build_draws_the_site_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[object] = []

    def build(*_: object) -> site.Built:
        calls.append(_)
        gallery = {"network": "compact", "groups": {"animals": ["zebra"]}}
        made: Any = site.plan_site(site.Project(gallery, tmp_path / "mkdocs.yml"))
        return site.Built(made, made, made, (("own.md", "# Filled in"),))

    monkeypatch.setattr("gen.site.build", build)
    config = config_of(tmp_path, {})
    with caplog.at_level("INFO"):
        hook.on_pre_build(config)
    assert caplog.messages[-1] == "now writing pages"  # what follows takes seconds
    hook.drawn(config)
    assert (len(calls), list(config.extra)) == (1, ["gallery"])  # pages see nothing of it
    pages: list[Any] = [SimpleNamespace(file=SimpleNamespace(src_uri=name)) for name in ("own.md", "other.md")]
    assert [hook.on_page_read_source(page) for page in pages] == ["# Filled in", None]
    with pytest.raises(PluginError, match=r"Add to mkdocs\.yml:\n\nhooks: \[gen/hook\.py\]"):
        hook.drawn(config)  # where there is no hook


@pytest.mark.parametrize(
    ("number", "raised", "status"), [(signal.SIGINT, KeyboardInterrupt, None), (signal.SIGTERM, SystemExit, 143)]
)
def test_a_build_that_is_stopped_says_that_nothing_is_lost(
    number: signal.Signals,
    raised: type[BaseException],
    status: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("gen.site.build", lambda *_: os.kill(os.getpid(), number))
    with pytest.raises(raised) as stopped:
        hook.on_pre_build(config_of(tmp_path, {}))
    assert getattr(stopped.value, "code", None) == status
    assert caplog.messages == ["stopped: what is drawn is kept, and the next build goes on from there"]


@pytest.mark.parametrize(("command", "text"), [("build", "drafts/"), ("build", ""), ("serve", "drafts/")])
def test_drafts_are_read_while_a_site_is_served(
    command: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs/drafts").mkdir(parents=True)
    (tmp_path / "docs/old.md").write_text('{{ drawing("no such class") }}\n', "utf-8")
    (tmp_path / "docs/drafts/a.md").write_text("# A draft\n", "utf-8")
    config = config_of(tmp_path, {})
    config.exclude_docs = GitIgnoreSpec.from_lines(["old.md"])
    config.draft_docs = GitIgnoreSpec.from_lines([text]) if text else None
    monkeypatch.setattr(source, "drafts_shown", False)
    hook.on_startup(command=command, dirty=False)
    pages = source.read_pages(tmp_path / "docs", hook.excluded(config))
    assert list(pages) == ([] if (command, text) == ("build", "drafts/") else ["drafts/a.md"])


def test_a_missing_extension_is_named_with_the_lines_to_add(tmp_path: Path) -> None:
    config = config_of(tmp_path, {"sounds": True})
    config.markdown_extensions = [name for name in hook.EXTENSIONS if name != "attr_list"]
    with pytest.raises(PluginError, match=r"extra\.gallery\.sounds .*\n\nmarkdown_extensions:\n  - attr_list$"):
        hook.on_pre_build(config)
    config.markdown_extensions.append("attr_list")
    hook.check_site(config)


def on_post_page(output: str, name: str = "gallery/zebra/index.md") -> str:
    page: Any = SimpleNamespace(file=SimpleNamespace(src_uri=name))
    return hook.on_post_page(output, page)


def test_a_pages_empty_lines_and_indents_are_left_out() -> None:
    assert on_post_page("<ul>\n\n    \n  <li>\n   a b\n  </li>\n</ul>") == "<ul>\n<li>\na b\n</li>\n</ul>"


@pytest.mark.parametrize("name", ["pre", "textarea", "script", "style"])
def test_elements_that_show_line_breaks_keep_them(name: str) -> None:
    kept = f'<{name} class="a">\n\n  one\n    two\n</{name}>'
    assert on_post_page(f"<p>\n\n  x\n</p>\n\n{kept}\n\n\n<b>\n</b>{kept}") == f"<p>\nx\n</p>\n{kept}\n<b>\n</b>{kept}"


def test_what_an_author_wrote_keeps_its_lines() -> None:
    """A diagram in a div, and text that a style shows as it is."""
    article = '<article>\n<div class="mermaid">mindmap\n  root\n\n    leaf\n</div><pre>\n a</pre>\n</article>'
    page = f"<nav>\n\n  <a>\n</nav>\n  {article}\n\n<footer>\n  b</footer>"
    assert on_post_page(page, "index.md") == f"<nav>\n<a>\n</nav>\n{article}\n<footer>\nb</footer>"
    assert "root\nleaf" in on_post_page(page)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "settings": ({"size": 10}, "extra.gallery.size"),
    "weights": ({"network": "squeezenet1_0", "weights": "absent.pth"}, "absent.pth cannot be read"),
    "damaged weights": ({"network": "squeezenet1_0", "weights": "file"}, "not a weights file"),
    "labels": ({"labels": "absent.txt"}, "absent.txt cannot be read"),
    "start picture": ({"methods": {"robust": {"steps": 2, "start": "absent.png"}}}, "absent.png"),
    "store": ({"store": "file/store"}, "file/store"),
    "second network": ({"second_opinion": {"network": "squeezenet1_0", "weights": "absent.pth"}}, "second_opinion"),
    "a layer that there is not": ({"units": {"layers": {"conv9": "all"}}}, "no layer of that name"),
    "a size that the network cannot take": ({"size": 16}, "cannot be shown an image of 16 × 16 pixels"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_said_before_mkdocs_clears_the_last_site(name: str, tmp_path: Path) -> None:
    changed, words = FAULTS[name]
    (tmp_path / "docs").mkdir()
    (tmp_path / "file").write_bytes(b"a regular file")
    usual = {"network": "compact", "second_opinion": False, "size": 64, "groups": {"animals": ["zebra"]}}
    gallery = {**usual, "store": "store", "methods": {"robust": {"steps": 2}}, **changed}
    config = config_of(tmp_path, gallery)
    with pytest.raises(PluginError, match=re.escape(words)):
        hook.on_pre_build(config)


@pytest.mark.parametrize(("source", "left"), [("write-ups/methods/index.md", "a\nb"), ("own.md", "a<br />\nb")])
def test_the_extension_nl2br_breaks_lines_of_the_author_alone(source: str, left: str) -> None:
    page: Any = SimpleNamespace(file=SimpleNamespace(src_uri=source), meta={})
    assert hook.on_page_content("a<br />\nb", page) == left
