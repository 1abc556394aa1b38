"""A second network's opinion: which network is asked, that it is asked once, and what pages say of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fakes
import numpy as np
import pytest
from safetensors.numpy import save_file

from actmax.measure.measure import decode, measure
from actmax.networks.cards import card
from actmax.networks.weights import Source, source
from actmax.pipeline.publish import load
from actmax.store import Entry, Measures, Store
from gen.pages import Contents
from gen.pages import files as pages
from gen.plan import Plan
from gen.settings import SettingsError, read
from gen.study import Opinions
from gen.study.opinion import opinions, second

Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
COMPACT = source("compact")
OTHER = Source("alexnet", "0123456789abcdef", Path("nowhere"))


def asked(given: Any, drawn_by: Source, root: Path = Path()) -> Source | None:
    return second(read({"groups": {"animals": ["zebra"]}, "second_opinion": given}).settings, drawn_by, root)


def test_the_witness_is_asked_unless_it_draws_or_the_author_wants_another_or_none() -> None:
    witness = source("efficientnet-lite0")
    assert asked(None, OTHER) == asked(None, COMPACT) == witness
    assert asked(None, witness) == COMPACT
    assert asked(False, OTHER) is None
    assert asked({"network": "compact"}, OTHER) == COMPACT


def test_a_file_of_weights_lies_beside_mkdocs_yml(tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(b"weights")
    found = asked({"network": "squeezenet1_0", "weights": "mine.pth"}, COMPACT, tmp_path)
    assert found == source("squeezenet1_0", tmp_path / "mine.pth")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"network": "compact"}, "names the network that draws"),
        ({"network": "compact", "weights": "mine.pth"}, "brings its own weights"),
        ({"network": "squeezenet1_0"}, "needs a weights file"),
        ({"network": "squeezenet1_0", "weights": "absent.pth"}, "cannot be read"),
        ({"network": "squeeze net"}, "not the name of a network"),
        ({"network": "auto"}, "stands for the network that draws"),
    ],
)
def test_a_network_that_cannot_be_asked_is_named_with_the_key(given: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        asked(given, COMPACT)
    assert "extra.gallery.second_opinion" in str(caught.value)


def test_each_drawing_is_shown_once_and_what_was_said_is_stored(
    planned: Plans, drawn: Draws, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = planned({"animals": ["zebra", "tiger"], "both": ["zebra"]}, seeds=[0, 1])
    entries = drawn(made)
    calls: list[str] = []

    def look(entry: Entry, target: str) -> Callable[[object], dict[str, Any]]:
        def answer(_: object) -> dict[str, Any]:
            calls.append(f"{entry.digest} {target}")
            return fakes.measures(340, rank=len(calls)).model_dump()

        return answer

    monkeypatch.setattr("actmax.pipeline.answers.load", lambda _: None)
    first = opinions(made, entries, OTHER, store, look)
    assert sorted(calls) == sorted(f"{recipe.digest()} {recipe.target}" for recipe in made.recipes())
    assert opinions(made, entries, OTHER, store, look) == first
    assert len(calls) == 4
    opinions(made, entries, Source("alexnet", "another file", Path()), store, look)
    assert len(calls) == 8


def test_an_opinion_is_what_the_network_says_of_the_master(planned: Plans, drawn: Draws, store: Store) -> None:
    made = planned({"animals": ["zebra"]})
    entries = drawn(made)
    ((digest, found),) = opinions(made, entries, COMPACT, store).measures.items()
    expected = measure(load(COMPACT), "fc8:340", decode(entries[digest].read("drawing.png")))
    assert found == expected


def test_weights_of_another_network_are_named_with_the_key(
    planned: Plans, drawn: Draws, store: Store, tmp_path: Path
) -> None:
    save_file({"conv.weight": np.zeros((2, 2), np.float32)}, tmp_path / "foreign.safetensors")
    made = planned({"animals": ["zebra"]})
    with pytest.raises(SettingsError, match=r"second_opinion in mkdocs\.yml: .*foreign"):
        opinions(made, drawn(made), source("alexnet", tmp_path / "foreign.safetensors"), store)


# The pages.


def shown(planned: Plans, collected: Callable[..., Contents], answer: dict[str, Any] | None) -> str:
    made = planned({"animals": ["zebra"]})
    given = Opinions(card("squeezenet1_0"), {made.recipes()[0].digest(): Measures(**answer)}) if answer else None
    page = dict(pages(collected(made, opinions=given)))["gallery/zebra/index.md"]
    assert isinstance(page, str)
    return page


def test_a_page_shows_who_else_was_asked_and_what_it_said(
    planned: Plans,
    collected: Callable[..., Contents],
    rendered: Callable[[str], str],
    visible: Callable[[str], str],
) -> None:
    disagrees = {"activation": -3.25, "probability": 0.031, "rank": 4, "margin": -2.75, "top": ((7, 0.4), (340, 0.031))}
    page = shown(planned, collected, disagrees)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</th><td>(.*?)</td><td>(.*?)</td></tr>", page)
    assert [tuple(value.removesuffix("\N{NO-BREAK SPACE}%") for value in row) for row in rows] == [
        ("90.0", "3.1"),
        ("1", "4"),
        ("12.3", "\N{MINUS SIGN}3.25"),
        ("4.5", "\N{MINUS SIGN}2.75"),
    ]
    words = visible(rendered(page))
    assert "A second network, squeezenet1_0 (torchvision, ImageNet-1k), which had no part in it, says cock (4" in words
    assert "(40.0 %); zebra comes in place 4 of 1000." in words
    assert "convinces its own network alone" not in words
    far = {**disagrees, "rank": 6}
    assert "This drawing convinces its own network alone" in visible(rendered(shown(planned, collected, far)))
    assert "Seen by squeezenet1_0 (torchvision, ImageNet-1k)" in words
    agrees = {**disagrees, "rank": 1, "top": ((340, 0.7), (7, 0.1)), "probability": 0.7}
    assert "says zebra first as well (70.0 %)" in visible(rendered(shown(planned, collected, agrees)))


def test_a_page_without_a_second_network_has_no_place_for_it(
    planned: Plans, collected: Callable[..., Contents]
) -> None:
    page = shown(planned, collected, None)
    assert "had no part in it" not in page
    assert page.count("<table>") == 4  # measures, the five classes, the recipe, the provenance
    assert re.search(r"<(td|th|p)[^>]*>\s*</\1>", page) is None
    head = re.search("<thead>(.*?)</thead>", page)
    assert head is not None
    assert head[1].count("<th ") == 2
