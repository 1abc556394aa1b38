"""The evaluation network: its selection, its stored measures, and the pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fakes
import numpy as np
import pytest
import torch
from installed import needs
from safetensors.numpy import save_file
from torch import Tensor

from actmax.measure.measure import decode, measure, resized
from actmax.measure.models import Measures
from actmax.networks.cards import card
from actmax.networks.weights import Source, resolve_weights
from actmax.pipeline.publish import load
from actmax.store import Entry, Store
from gen.pages import Contents, filled_in
from gen.pages import files as pages
from gen.plan import Plan
from gen.settings import SettingsError, read
from gen.settings.evaluation import evaluation_network
from gen.study import Evaluation
from gen.study.evaluation import evaluate

Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
COMPACT = resolve_weights("compact")
OTHER = Source("alexnet", "0123456789abcdef", Path("nowhere"))


def selected(given: Any, drawn_by: Source, root: Path = Path()) -> Source | None:
    return evaluation_network(read({"groups": {"animals": ["zebra"]}, "second_opinion": given}), drawn_by, root)


def test_the_default_is_mobilenet_unless_it_is_the_target_network() -> None:
    default = resolve_weights("mobilenet-v2")
    assert selected(None, OTHER) == selected(None, COMPACT) == default
    assert selected(None, default) == COMPACT
    assert selected(False, OTHER) is None
    assert selected({"network": "compact"}, OTHER) == COMPACT


@needs("efficientnet-lite0")
def test_a_network_in_a_package_of_its_own_can_be_named() -> None:
    assert selected({"network": "efficientnet-lite0"}, COMPACT) == resolve_weights("efficientnet-lite0")


def test_a_weights_file_is_relative_to_mkdocs_yml(tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(b"weights")
    found = selected({"network": "squeezenet1_0", "weights": "mine.pth"}, COMPACT, tmp_path)
    assert found == resolve_weights("squeezenet1_0", tmp_path / "mine.pth")


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
def test_an_invalid_evaluation_network_is_an_error_with_the_key(given: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        selected(given, COMPACT)
    assert "extra.gallery.second_opinion" in str(caught.value)


def test_each_drawing_is_measured_once_and_stored(
    planned: Plans, drawn: Draws, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = planned({"animals": ["zebra", "tiger"], "both": ["zebra"]}, seeds=[0, 1])
    entries = drawn(made)
    calls: list[str] = []

    def measure(_: object, target: str, image: Tensor) -> Measures:
        calls.append(f"{target} {image.shape[2:]}")
        return fakes.measures(340, rank=len(calls))

    monkeypatch.setattr("actmax.pipeline.measurements.load", lambda _: SimpleNamespace(size=(40, 40)))
    monkeypatch.setattr("actmax.measure.measure.measure", measure)
    first = evaluate(made, entries, OTHER, store)
    assert sorted(calls) == sorted(f"{recipe.target} {torch.Size([40, 40])}" for recipe in made.recipes())
    assert evaluate(made, entries, OTHER, store) == first
    assert len(calls) == 4
    evaluate(made, entries, Source("alexnet", "another file", Path()), store)
    assert len(calls) == 8


def test_the_master_is_measured_at_the_evaluation_networks_size(planned: Plans, drawn: Draws, store: Store) -> None:
    made = planned({"animals": ["zebra"]})
    entries = drawn(made)
    ((digest, found),) = evaluate(made, entries, COMPACT, store).measures.items()
    network = load(COMPACT)
    image = decode(entries[digest].read("drawing.png"))
    assert image.shape[2:] != network.size
    assert found == measure(network, "fc8:340", resized(image, network.size))


def test_weights_of_another_network_are_an_error_with_the_key(
    planned: Plans, drawn: Draws, store: Store, tmp_path: Path
) -> None:
    save_file({"conv.weight": np.zeros((2, 2), np.float32)}, tmp_path / "foreign.safetensors")
    made = planned({"animals": ["zebra"]})
    with pytest.raises(SettingsError, match=r"second_opinion in mkdocs\.yml: .*foreign"):
        evaluate(made, drawn(made), resolve_weights("alexnet", tmp_path / "foreign.safetensors"), store)


# The pages.


def shown(
    planned: Plans, collected: Callable[..., Contents], values: dict[str, Any] | None, failed: bool = False
) -> str:
    made = planned({"animals": ["zebra"]})
    given = Evaluation(card("squeezenet1_0"), {made.recipes()[0].digest(): Measures(**values)}) if values else None
    page = dict(pages(collected(made, failed={340} if failed else (), evaluation=given)))["gallery/zebra/index.md"]
    assert isinstance(page, str)
    return page


def test_a_page_shows_the_measures_by_the_evaluation_network(
    planned: Plans,
    collected: Callable[..., Contents],
    rendered: Callable[[str], str],
    visible: Callable[[str], str],
) -> None:
    disagrees = {"activation": -3.25, "probability": 0.031, "rank": 4, "margin": -2.75, "top": ((7, 0.4), (340, 0.031))}
    page = shown(planned, collected, disagrees)
    words = " ".join(visible(rendered(page)).split())
    assert "Target network a small AlexNet" in words or "Target network the compact AlexNet" in words
    assert "Evaluation network squeezenet1_0 (torchvision, ImageNet-1k) cock 40.0 % zebra 3.1 %" in words
    assert "probability 3.1 %, rank 4 of 1000, logit \N{MINUS SIGN}3.2, 2.8 below the best other class" in words
    assert "For the evaluation network, zebra has rank 4 of 1000. The evaluation network played no part" in words
    agrees = {**disagrees, "rank": 1, "top": ((340, 0.7), (7, 0.1)), "probability": 0.7}
    assert "Both networks recognize it." in visible(rendered(shown(planned, collected, agrees)))


@pytest.mark.parametrize(
    ("rank", "failed", "only_by_target"), [(1, False, False), (5, False, False), (6, False, True), (6, True, False)]
)
def test_a_drawing_recognized_only_by_its_target_network_is_marked(
    planned: Plans,
    collected: Callable[..., Contents],
    rendered: Callable[[str], str],
    visible: Callable[[str], str],
    rank: int,
    failed: bool,
    only_by_target: bool,
) -> None:
    page = visible(rendered(shown(planned, collected, fakes.measures(340, rank).model_dump(), failed)))
    sentence = "Only its target network recognizes it: what excites that network need not look like zebra."
    assert (sentence in page) == only_by_target


@pytest.fixture
def evaluated(planned: Plans, collected: Callable[..., Contents]) -> Contents:
    """Three classes with ranks 1, 4 and 60 by the evaluation network."""
    made = planned({"animals": ["zebra", "tiger"], "vehicles": ["ambulance"]}, seeds=[0, 1])
    ranks = {340: 1, 292: 4, 407: 60}
    measures = {
        variant.recipe.digest(): fakes.measures(plate.label.index, ranks[plate.label.index] + variant.recipe.seed)
        for plate in made.class_pages
        for variant in plate.variants
    }
    return collected(made, evaluation=Evaluation(card("mobilenet-v2"), measures))


def test_the_index_shows_the_ranks_by_the_evaluation_network(
    evaluated: Contents, rendered: Callable[[str], str], visible: Callable[[str], str]
) -> None:
    page = str(dict(pages(evaluated))["gallery/index.md"])
    assert re.findall(r'data-rank="(\d+)" data-second-probability="([\d.]+)"', page) == [
        ("1", "0.9"),
        ("4", "0.015"),
        ("60", "0.015"),
    ]
    assert '<option value="rank">rank by MobileNet V2</option>' in page
    dots = re.findall(r'role="img" aria-label="([^"]+)"', page)
    assert dots == ["recognized by MobileNet V2", "rank 4 for MobileNet V2", "not recognized by MobileNet V2: rank 60"]
    words = visible(rendered(page))
    assert (
        "MobileNet V2, an evaluation network that played no part in the drawing, recognizes 1 of 3 (95 % interval "
        "6–79 %), and has the class in its top 5 for 2 of 3 (95 % interval 21–94 %)."
    ) in " ".join(words.split())


def test_without_an_evaluation_network_the_index_mentions_none(
    planned: Plans, collected: Callable[..., Contents]
) -> None:
    page = str(dict(pages(collected(planned({"animals": ["zebra"]}))))["gallery/index.md"])
    assert [word for word in ("second", "evaluation", "data-rank", "rank by") if word in page] == []


def test_an_authors_page_can_quote_the_evaluation_network(evaluated: Contents) -> None:
    head = "---\nmeasured: true\n---\n"
    counts = (
        "{{ recognition.network }}: {{ recognition.top1 }} and {{ recognition.top5 }} of {{ recognition.drawings }}"
    )
    page = f"{head}{{% if recognition %}}{counts}{{% else %}}Nobody{{% endif %}}.\n"
    assert written(evaluated, page) == "MobileNet V2: 1 and 2 of 3.\n"
    assert written(replace(evaluated, evaluation=None), page) == "Nobody.\n"


def test_an_authors_page_can_quote_the_drawing_that_only_its_target_network_recognizes(evaluated: Contents) -> None:
    page = "---\nmeasured: true\n---\n{{ recognition.worst }}"
    last = evaluated.best[-1]
    assert ast.literal_eval(written(evaluated, page)) == {
        "name": last.label.name,
        "link": f"{last.url}index.md",
        "rank": 60,
        "prediction": evaluated.drawings[last.label][0].second_top[0][0].name,
    }


def written(contents: Contents, page: str) -> str:
    """Return the text of a page that is filled in, without its front matter."""
    return str(filled_in(contents, "page.md", page)).partition("\n---\n")[2]


def test_a_page_without_an_evaluation_network_has_no_empty_cells_for_it(
    planned: Plans, collected: Callable[..., Contents]
) -> None:
    page = shown(planned, collected, None)
    assert "evaluation network" not in page
    assert "<table" not in page
    assert re.search(r"<(td|th|p|dd)[^>]*>\s*</\1>", page) is None
    assert page.count("<p>Target network") == 1
