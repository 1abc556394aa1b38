"""What the write-up shows of the network: computed once, stored, and kept by `prune`."""

from __future__ import annotations

import ast
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fakes
import pytest
import torch
from PIL import Image

from actmax.errors import WeightsError
from actmax.measure import channels
from actmax.measure.channels import attribution, flow, mean_response
from actmax.measure.measure import decode
from actmax.networks.cards import card
from actmax.pipeline import Outcome, forecast
from actmax.pipeline.measurements import _checksum as checksum
from actmax.pipeline.progress import Log, no_log
from actmax.pipeline.publish import load
from actmax.recipe import METHODS
from gen import site as build
from gen.pages import Contents, SiteInfo, files, filled_in
from gen.plan import addresses
from gen.plan.drawings import DRAWING, PENALTIES, STEP_SIZES
from gen.settings import SettingsError
from gen.study import Evaluation, Study
from gen.study.ablation import COUNTS, mean_change

COUNT = r"drawn (\d+) of (\d+)"
GROUPS = {"animals": ["zebra", "tiger"]}


def settings(**walk: Any) -> dict[str, Any]:
    return {
        "network": "compact",
        "precision": "fp32",
        "size": 64,
        "methods": {"robust": {"steps": 2}},
        "groups": GROUPS,
        "walk": {"class": "zebra", "channels": 2, "steps": 2, **walk},
    }


def generated(gallery: dict[str, Any], root: Path, log: Log = no_log) -> tuple[Contents, Outcome]:
    """Draws what is missing; there are no pages of the author's."""
    project = build.Project(gallery, root / "mkdocs.yml", root / "docs")
    return build.generate(build.prepare(project), log, SiteInfo())


@dataclass(frozen=True)
class Made:
    root: Path
    contents: Contents
    outcome: Outcome
    study: Study
    lines: list[str]
    """Of the log, which has one as often as can be."""


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Two steps for the presets, too: what is drawn does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        quick = {name: {**method, "steps": 2} for name, method in METHODS.items()}
        patch.setattr("actmax.recipe.methods.METHODS", quick)
        patch.setattr("gen.plan.drawings.STEPS", 2)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("site")
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecast, "LOG_INTERVAL", 0.001)
        contents, outcome = generated(settings(), root, lines.append)
    assert contents.study is not None
    return Made(root, contents, outcome, contents.study, lines)


def test_two_classes_seven_variations_and_the_channels_of_six_layers_are_drawn(made: Made) -> None:
    """The eighth variation, the class by `smooth`, is the gallery's own drawing where that draws so."""
    plan = made.contents.plan
    of_the_gallery = plan.variations[DRAWING].recipe in {
        one.recipe for page in plan.class_pages for one in page.variants
    }
    channels = sum(len(stage.numbers) for stage in made.study.walk.stages.values())
    assert 2 * 6 <= channels <= 4 * 6
    assert made.outcome.drawn == 2 + 7 + (not of_the_gallery) + channels
    assert set(made.study.variations) == {"pixels", "fourier", "generator", *PENALTIES, *STEP_SIZES}


def test_the_log_counts_every_drawing_from_the_beginning(made: Made) -> None:
    """Before the walk's channels are known, their number is guessed: from 2 to 4 in each of 6 layers."""
    counts = [tuple(map(int, found.groups())) for line in made.lines if (found := re.match(COUNT, line))]
    total = made.outcome.drawn
    assert counts == sorted(counts, key=lambda count: count[0])
    assert counts[0][1] == pytest.approx(total, abs=6)
    assert counts[-1] == (total, total)
    assert made.lines[-1].startswith(f"drawn {total} of {total}, now measurements")


def test_the_log_is_not_silent_while_weights_are_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    def prepare(*_: object) -> None:
        until = time.monotonic() + 60
        while not lines and time.monotonic() < until:
            time.sleep(0.01)
        raise WeightsError("no weights")

    monkeypatch.setattr(forecast, "LOG_INTERVAL", 0.01)
    monkeypatch.setattr(build, "prepare", prepare)
    with pytest.raises(WeightsError):
        build.build(build.Project({}, tmp_path / "mkdocs.yml"), lines.append, SiteInfo())
    assert lines[0] == "now settings and weights"


def test_the_next_build_draws_nothing_logs_nothing_and_writes_the_same(made: Made) -> None:
    lines: list[str] = []
    contents, outcome = generated(settings(), made.root, lines.append)
    assert outcome.drawn == 0
    assert lines == []
    assert contents.study is not None
    assert contents.study.walk.stages == made.study.walk.stages
    assert contents.study.walk.flow == made.study.walk.flow
    assert dict(files(contents)) == dict(files(made.contents))


def test_channels_are_those_that_respond_and_contribute_most_each_with_a_drawing(made: Made) -> None:
    network = load(made.contents.plan.source)
    hidden, picture = network.card.hidden, decode(made.study.walk.picture)
    responses, contributions = mean_response(network, picture, hidden), attribution(network, picture, 340, hidden)
    (tiger,) = (drawings[0].entry for label, drawings in made.contents.drawings.items() if label.name == "tiger")
    others = [mean_response(network, decode(tiger.read("drawing.png")), hidden)]
    assert made.study.walk.baseline == len(others)
    assert list(made.study.walk.stages) == list(hidden)
    for layer, stage in made.study.walk.stages.items():
        baseline = torch.tensor([responses[layer] for responses in others]).mean(0)
        above = torch.tensor(responses[layer]) - baseline
        expected = above.argsort(descending=True, stable=True)[:2].tolist()
        assert [channel.number for channel in stage.responding] == expected
        assert [channel.baseline for channel in stage.responding] == pytest.approx(
            baseline[expected].tolist(), abs=1e-5
        )
        assert [channel.response for channel in stage.responding] == [responses[layer][number] for number in expected]
        most = torch.tensor(contributions[layer]).argsort(descending=True, stable=True)[:2].tolist()
        assert [channel.number for channel in stage.contributing] == most
        assert [channel.attribution for channel in stage.contributing] == [
            contributions[layer][index] for index in most
        ]
        assert stage.attribution == pytest.approx(sum(contributions[layer]))
        assert stage.common == len({*expected} & {*most})
        for number in stage.numbers:
            assert made.study.channels[layer, number].recipe.target == f"{layer}:{number}"


def test_channels_are_drawn_by_the_authors_first_method_that_can(made: Made) -> None:
    first = settings() | {"methods": {"shares": {"preset": "robust", "steps": 2, "facets": 2}, "plain": {"steps": 3}}}
    root = made.root / "shares"
    root.mkdir()
    contents, _ = generated(first, root)
    assert contents.study is not None
    drawn = [entry.recipe for entry in contents.study.channels.values()]
    assert {recipe.parameterization for recipe in drawn} == {"pixels"}
    assert {recipe.steps for recipe in drawn} == {2}  # the walk's own


def test_a_gallery_of_one_class_has_no_baseline(tmp_path: Path) -> None:
    contents, _ = generated(settings() | {"groups": {"animals": ["zebra"]}}, tmp_path)
    study = contents.study
    assert study is not None
    assert study.walk.baseline == 0
    for stage in study.walk.stages.values():
        responses = [channel.response for channel in stage.responding]
        assert responses == sorted(responses, reverse=True)
        assert {channel.baseline for channel in stage.responding} == {0.0}
    page = str(dict(files(contents))["write-ups/from-picture-to-prediction/index.md"])
    assert "usually" not in page


def test_flow_is_between_the_contributing_channels(made: Made) -> None:
    network = load(made.contents.plan.source)
    shown = {layer: [one.number for one in stage.contributing] for layer, stage in made.study.walk.stages.items()}
    assert made.study.walk.flow == flow(network, decode(made.study.walk.picture), shown)


def test_every_class_of_the_gallery_has_an_ablation(made: Made) -> None:
    assert [label.name for label in made.study.ablations] == ["zebra", "tiger"]
    zebra, tiger = made.study.ablations.values()
    halves = [(a + b) / 2 for a, b in zip(zebra.most, tiger.most, strict=True)]
    assert mean_change(made.study.ablations, "most") == pytest.approx(halves)
    assert len(halves) == len(COUNTS)


def test_every_stored_drawing_is_planned(made: Made) -> None:
    site = build.prepare(build.Project(settings(), made.root / "mkdocs.yml"))
    assert site.plan.complete
    planned = {recipe.digest() for recipe in site.plan.recipes()}
    assert planned == {one.digest for one in site.store.stored()}


def test_the_walks_page_links_its_channels(made: Made) -> None:
    page = dict(files(made.contents))["write-ups/from-picture-to-prediction/index.md"]
    assert isinstance(page, str)
    for layer, number in made.study.channels:
        assert f'href="../../assets/study/{layer}-{number}.png"' in page
        assert f'src="../../assets/study/{layer}-{number}-small.webp"' in page
    assert "<svg" in page


def test_the_walks_page_names_a_layers_first_channels_and_shows_their_pictures(
    made: Made, rendered: Callable[[str], str], visible: Callable[[str], str]
) -> None:
    page = rendered(str(dict(files(made.contents))["write-ups/from-picture-to-prediction/index.md"]))
    words = " ".join(visible(page).split())
    for layer, stage in made.study.walk.stages.items():
        kind = "Unit" if layer == "fc6" else "Channel"
        assert f"{kind} {stage.responding[0].number} responds most compared with other drawings" in words
        (rows,) = re.findall(rf'<h3 id="{layer}">(.*?)<summary>The numbers of {layer}</summary>', page, re.DOTALL)
        assert rows.count('alt="What ') == 2 * len(stage.responding)


def test_the_walks_page_shows_the_evaluation_of_the_gallery(
    made: Made, rendered: Callable[[str], str], visible: Callable[[str], str]
) -> None:
    zebra, tiger = (plate.variants[0].recipe.digest() for plate in made.contents.plan.class_pages)
    measures = {zebra: fakes.measures(340), tiger: fakes.measures(292, rank=4)}
    evaluated = replace(made.contents, evaluation=Evaluation(card("mobilenet-v2"), measures))
    alone = replace(made.contents, evaluation=None)
    page, silent = (
        visible(rendered(str(dict(files(contents))["write-ups/from-picture-to-prediction/index.md"])))
        for contents in (evaluated, alone)
    )
    assert (
        "MobileNet V2, an evaluation network of another family that played no part in the drawing, recognizes "
        "1 of 2 (95 % interval 9–91 %) of the gallery's drawings (top-1)"
    ) in " ".join(page.split())
    assert "evaluation network" not in silent


def test_a_page_can_quote_what_the_evaluation_network_makes_of_the_walks_drawings(made: Made) -> None:
    ranks = dict(zip(PENALTIES, (1, 7, 146), strict=True))
    measures = {made.study.variations[name].digest: fakes.measures(340, rank=rank) for name, rank in ranks.items()}
    text = "---\nmeasured: true\n---\n{{ study.judged }}"
    filled = filled_in(replace(made.contents, evaluation=Evaluation(card("mobilenet-v2"), measures)), "page.md", text)
    assert filled is not None
    judged = ast.literal_eval(filled.rpartition("---\n")[2])
    assert judged == {"network": "MobileNet V2", "rank": ranks}
    assert str(filled_in(replace(made.contents, evaluation=None), "page.md", text)).endswith("None")


def test_the_authors_picture_is_used(made: Made) -> None:
    Image.new("RGB", (100, 80), (200, 30, 30)).save(made.root / "mine.jpg")
    contents, _ = generated(settings(picture="mine.jpg"), made.root)
    assert contents.study is not None
    assert contents.study.walk.own_picture
    assert decode(contents.study.walk.picture).shape == (1, 3, 64, 64)
    page = dict(files(contents))["write-ups/from-picture-to-prediction/index.md"]
    assert isinstance(page, str)
    assert "The network was told" not in page


@pytest.mark.parametrize(
    ("name", "reason"), [("absent.jpg", "absent or no regular file"), ("words.jpg", "none of the formats")]
)
def test_an_unreadable_picture_is_an_error_with_its_name(made: Made, name: str, reason: str) -> None:
    (made.root / "words.jpg").write_text("not a picture at all", "utf-8")
    with pytest.raises(SettingsError, match=reason) as error:
        generated(settings(picture=name), made.root)
    assert f"walk.picture in mkdocs.yml is {name!r}" in str(error.value)


def test_a_class_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"walk\.class in mkdocs\.yml is 'zebre': .*'zebra'"):
        build.prepare(build.Project(settings() | {"walk": {"class": "zebre"}}, tmp_path / "mkdocs.yml"))


def test_without_a_walk_there_is_no_study(made: Made) -> None:
    plain = {key: value for key, value in settings().items() if key != "walk"}
    contents, outcome = generated(plain, made.root)
    assert contents.study is None
    assert outcome.drawn == 0
    assert not any("study" in path or "from-picture" in path for path, _ in files(contents))


def test_only_a_new_class_is_measured(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []
    ablation = channels.ablation

    def counted(network: Any, image: Any, unit: int, counts: Any) -> Any:
        measured.append(unit)
        return ablation(network, image, unit, counts)

    monkeypatch.setattr(channels, "ablation", counted)
    more = settings() | {"groups": {"animals": ["zebra", "tiger", "goldfish"]}}
    contents, _ = generated(more, made.root)
    assert contents.study is not None
    assert [label.index for label in contents.study.ablations] == [340, 292, 1]
    assert measured == [1]


def test_the_note_is_linked_if_the_site_has_it(made: Made) -> None:
    assert "Low_Activations" not in str(dict(files(made.contents))["write-ups/from-picture-to-prediction/index.md"])
    contents = replace(made.contents, notes=frozenset({addresses.LOW_ACTIVATIONS}))
    page = str(dict(files(contents))["write-ups/from-picture-to-prediction/index.md"])
    assert "[low activations](../../literature/Low_Activations.md)" in page


def forge(store: Path, kind: str, change: Callable[[Any], Any]) -> None:
    """Replace the stored values of a kind of measurement, with a right checksum."""
    paths = list((store / "measurements").glob("*.json"))
    forged = 0
    for path in paths:
        note = json.loads(path.read_text())
        if note["key"]["kind"] == kind:
            value = change(note["value"])
            path.write_text(json.dumps(note | {"value": value, "checksum": checksum(value)}))
            forged += 1
    assert forged


def without_first(value: Any) -> Any:
    """Remove the first part of a value."""
    return value[1:] if isinstance(value, list) else dict(list(value.items())[1:])


def without_pixels(value: dict[str, Any]) -> dict[str, Any]:
    """Remove one pixel of the first filter."""
    return value | {"pixels": [value["pixels"][0][4:], *value["pixels"][1:]]}


FORGERIES: dict[str, Callable[[Any], Any]] = {
    "layers": without_first,
    "attribution": without_first,
    "mean response": without_first,
    "flow": without_first,
    "filters": without_pixels,
    "measures": lambda _: ["<script>"],
    "ablation": lambda value: value | {"most": value["most"][1:]},
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_stored_measurement_of_another_type_or_without_a_part_is_computed_again(
    made: Made, tmp_path: Path, kind: str
) -> None:
    shutil.copytree(made.root / ".cache", tmp_path / ".cache")
    forge(tmp_path / ".cache", kind, FORGERIES[kind])
    contents, _ = generated(settings(), tmp_path)
    assert contents.study is not None
    assert replace(contents.study, variations={}, channels={}) == replace(made.study, variations={}, channels={})


def test_the_walk_of_a_network_without_layer_names_has_no_layers(tmp_path: Path) -> None:
    from torchvision.models import squeezenet1_0

    torch.save(squeezenet1_0(weights=None).state_dict(), tmp_path / "squeezenet.pth")
    gallery = settings() | {"network": "squeezenet1_0", "weights": "squeezenet.pth", "second_opinion": False}
    contents, _ = generated(gallery, tmp_path)
    page = str(dict(files(contents))["write-ups/from-picture-to-prediction/index.md"])
    assert "The layers of this network have no names here" in page
    assert "fell silent" not in page
