"""What other plugins of MkDocs must leave alone on the gallery's pages, and those that are refused."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from mkdocs.exceptions import PluginError

from actmax.errors import ActmaxError
from gen import hook, other_plugins


def page(source: str, **meta: Any) -> Any:
    return SimpleNamespace(file=SimpleNamespace(src_uri=source), meta=meta)


def test_finished_html_is_taken_out_and_put_back_unchanged() -> None:
    one, other = "<ul>\n\n   <li>{{ a }} *b*</li>\n</ul>", '<div data-part="0"></div>'
    parts = [f"<!-- finished -->\n{part}\n<!-- /finished -->" for part in (one, other)]
    zebra, tiger = page("gallery/zebra/index.md"), page("network/conv4/117/index.md")
    read = hook.on_page_markdown(f"# Zebra\n\n{parts[0]}\n\nWords.\n\n{parts[1]}\n", page=zebra)
    assert hook.on_page_markdown("# No part", page=tiger) == "# No part"
    assert (one in read, other in read.partition("Words.")[2], "Words." in read) == (False, False, True)
    assert hook.on_page_content(read, page=tiger) == read
    assert hook.on_page_content(read, page=zebra) == f"# Zebra\n\n{one}\n\nWords.\n\n{other}\n"
    assert (zebra.meta, tiger.meta) == ({}, {})


def test_a_page_that_another_plugin_has_emptied_is_an_error() -> None:
    zebra = page("gallery/zebra/index.md")
    hook.on_page_markdown("# Zebra\n\n<!-- finished -->\n<p>A</p>\n<!-- /finished -->\n", page=zebra)
    with pytest.raises(PluginError, match=r"gallery/zebra/index\.md has lost its contents, because another plugin"):
        hook.on_page_content("<h1>Zebra</h1>", page=zebra)


def test_an_authors_page_is_left_as_it_is() -> None:
    text = "<!-- finished -->\nWords.\n<!-- /finished -->"
    mine = page("write-ups/mine.md", tags=["a topic"])
    assert hook.on_page_markdown(text, page=mine).startswith(text)
    assert mine.meta == {"tags": ["a topic"]}


def test_words_for_the_search_are_no_topics_for_the_plugin_tags() -> None:
    zebra = page("gallery/zebra/index.md", tags=["340", "n02391049"])
    read = hook.on_page_markdown("# Zebra\n\n<!-- finished -->\n<p>A</p>\n<!-- /finished -->\n", page=zebra)
    assert "tags" not in zebra.meta  # which that plugin reads now
    zebra.meta["tags"] = ["of .meta.yml"]
    hook.on_page_content(read, page=zebra)
    assert zebra.meta == {"tags": ["340", "n02391049", "of .meta.yml"]}  # which the search reads


def test_an_authors_page_in_the_gallerys_folder_keeps_its_topics() -> None:
    mine = page("gallery/mine.md", tags=["a topic"])
    hook.on_page_markdown("# Mine", page=mine)
    assert mine.meta == {"tags": ["a topic"]}


def configured(name: str, **options: Any) -> Any:
    return SimpleNamespace(plugins={name: SimpleNamespace(config=options)}, extra={"gallery": {}})


@pytest.mark.parametrize("name", other_plugins.REFUSED)
def test_a_plugin_that_spoils_the_gallery_is_refused_by_name(name: str) -> None:
    with pytest.raises(PluginError, match=rf"does not work with the plugin {name} of mkdocs\.yml, which "):
        hook.check_site(configured(f"material/{name}"))
    with pytest.raises(PluginError):
        hook.check_site(configured(f"{name} #2", enabled=True))
    hook.check_site(configured(name, enabled=False))
    hook.check_site(configured(f"another-{name}"))


def test_a_feed_of_pages_that_are_in_no_file_is_refused_with_the_lines_to_add() -> None:
    with pytest.raises(ActmaxError, match="match_path") as caught:
        other_plugins.refuse_feed(configured("rss").plugins)
    (lines,) = re.findall(r"\n\n(.*)", str(caught.value), re.DOTALL)
    (added,) = yaml.safe_load(lines)["plugins"]
    other_plugins.refuse_feed(configured("rss", **added["rss"]).plugins)
    other_plugins.refuse_feed(configured("rss", enabled=False).plugins)
    with pytest.raises(ActmaxError):
        other_plugins.refuse_feed(configured("rss #2", match_path="gallery/.*").plugins)
