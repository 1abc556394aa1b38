"""Tests of actmax.cli: commands as typed into a shell, and what they print and write."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import own_networks
import pytest
import torch
import typer
from PIL import Image, ImageChops
from safetensors import safe_open
from torch import nn

from actmax.cli import app
from actmax.networks import cards, weights
from actmax.networks.cards import CARDS
from actmax.pipeline import publish
from actmax.recipe.recipe import Recipe


class Result(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Result]

SMALL = ("--network", "compact", "--set", "steps=1", "--size", "64")
"""Options of a drawing that takes a moment."""


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with no settings in the environment and an empty torch hub."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ACTMAX_NETWORK", raising=False)
    monkeypatch.setenv("ACTMAX_DEVICE", "cpu")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; an error that it does not report is raised here."""

    def command(*words: str) -> Result:
        with pytest.raises(SystemExit) as end:
            app(list(words))
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Result(end.value.code, out, err)

    return command


def files(folder: Path) -> list[str]:
    """Return the names in a folder, without hidden ones such as the store."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


# actmax classes


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["zebra"], "340  n02391049  zebra: any of several fleet black-and-white striped African equines\n"),
        (["340"], "340  n02391049  zebra: "),
        (["n02391049"], "340  n02391049  zebra: "),
        (["zebre"], "340  n02391049  zebra: "),
        (["0"], "  0  n01440764  tench, Tinca tinca: "),
        (["tandem"], "444  n02835271  bicycle-built-for-two, tandem bicycle, tandem: "),
    ],
)
def test_classes_prints_index_wnid_names_and_definition(words: list[str], first: str, run: Run) -> None:
    result = run("classes", *words)
    assert result.status == 0
    assert result.out.startswith(first)
    assert result.err == ""


def test_classes_prints_all_near_matches(run: Run) -> None:
    indices = [line.split()[0] for line in run("classes", "bicycle").out.splitlines()]
    assert {"444", "870", "880"} <= set(indices)  # built for two, tri, uni


def test_classes_lists_those_under_a_general_word(run: Run) -> None:
    found = run("classes", "dog")
    indices = [int(line.split()[0]) for line in found.out.splitlines()]
    assert indices[:118] == list(range(151, 269))
    assert found.err == ""


def test_classes_lists_each_meaning_of_a_word(run: Run) -> None:
    found = run("classes", "bike")
    assert found.err.splitlines() == ["bicycle, bike, wheel, cycle:", "motorcycle, bike:"]
    assert [line.split()[0] for line in found.out.splitlines()] == ["444", "671", "665"]


def test_classes_lists_the_nearest_in_meaning(run: Run) -> None:
    found = run("classes", "giraffe")
    assert found.err == "ImageNet has no giraffe; nearest:\n"
    assert "351  n02422106  hartebeest" in found.out


@pytest.mark.parametrize("text", ["キリン", "жираф"])
def test_classes_explains_that_names_are_english(text: str, run: Run) -> None:
    found = run("classes", text)
    assert (found.status, found.out) == (1, "")
    assert "names are English, in Latin letters" in found.err


def test_classes_without_an_argument_prints_all(run: Run) -> None:
    lines = run("classes").out.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1000))


def test_classes_fails_without_a_match(run: Run) -> None:
    result = run("classes", "qqqqqqqq")
    assert (result.status, result.out) == (1, "")
    assert result.err == "error: ImageNet-1k has no class 'qqqqqqqq'. `actmax classes` lists all 1000.\n"


def test_classes_does_not_import_torch() -> None:
    code = (
        "import sys; from actmax.cli import app\ntry: app(['classes', 'zebra'])\nfinally: print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


# actmax draw


def test_draw_says_which_class_it_draws_for_a_more_general_word(run: Run, tmp_path: Path) -> None:
    found = run("draw", "penguin", *SMALL, "--set", "steps=1")
    assert found.status == 0
    assert "penguin: drawn as king penguin, the one class of ImageNet under this word." in found.err
    assert "of fc8:145" in found.out
    assert files(tmp_path) == ["penguin.png"]
    assert "drawn as" not in run("draw", "puma", *SMALL, "--set", "steps=1").err


def test_draw_writes_a_png_that_contains_its_recipe(run: Run, tmp_path: Path) -> None:
    result = run("draw", "zebra", *SMALL, "--set", "steps=2", "--set", "jitter=3", "--seed", "7")
    assert result.status == 0
    assert files(tmp_path) == ["zebra.png"]
    with Image.open(tmp_path / "zebra.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (64, 64))
        recipe = Recipe(**json.loads(image.text["actmax:recipe"]))  # type: ignore[attr-defined]
    assert (recipe.network, recipe.target, recipe.seed) == ("compact", "fc8:340", 7)
    assert (recipe.steps, recipe.jitter) == (2, 3)
    assert recipe.weights == weights.resolve_weights("compact").digest
    assert result.out.startswith(f"zebra.png  {recipe.digest()}\nactivation ")


def test_draw_prints_the_networks_response_to_the_file(run: Run, tmp_path: Path) -> None:
    from actmax.measure.measure import decode, measure
    from actmax.networks.load import load

    out = run("draw", "zebra", *SMALL).out
    found = measure(load(weights.resolve_weights("compact")), "fc8:340", decode((tmp_path / "zebra.png").read_bytes()))
    assert f"activation {found.activation:.4g} of fc8:340" in out
    assert f"probability {found.probability:.4f}, rank {found.rank}, margin {found.margin:.4g}" in out
    # One step is not enough for a zebra.
    assert found.failed
    assert "FAILED: the network predicts another class" in out


def test_two_names_of_a_class_give_the_same_file(run: Run, tmp_path: Path) -> None:
    run("draw", "zebra", *SMALL, "--out", "one.png")
    run("draw", "340", *SMALL, "--out", "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize(
    ("target", "name", "canonical"),
    [
        ("conv5:12", "conv5-12.png", "conv5:12"),
        ("fc8:340-0.5*fc8:292", "fc8-340-0-5-fc8-292.png", "fc8:340 - 0.5*fc8:292"),
        ("Mountain Bike", "mountain-bike.png", "fc8:671"),
    ],
)
def test_draw_accepts_any_target(target: str, name: str, canonical: str, run: Run, tmp_path: Path) -> None:
    result = run("draw", target, *SMALL)
    assert result.status == 0
    assert files(tmp_path) == [name]
    assert f" of {canonical}\n" in result.out
    assert ("rank" in result.out) == (canonical == "fc8:671")


def test_draw_accepts_the_plain_method(run: Run, tmp_path: Path) -> None:
    assert run("draw", "zebra", *SMALL, "--method", "plain").status == 0
    with Image.open(tmp_path / "zebra.png") as image:
        assert json.loads(image.text["actmax:recipe"])["parameterization"] == "pixels"  # type: ignore[attr-defined]


def test_draw_accepts_several_targets_and_sums_of_classes(run: Run, tmp_path: Path) -> None:
    result = run("draw", "zebra + 0.5*tiger", "jack-o'-lantern", "conv5:12", *SMALL)
    assert result.status == 0
    assert sorted(files(tmp_path)) == ["conv5-12.png", "jack-o-lantern.png", "zebra-0-5-tiger.png"]
    for canonical in ("fc8:340 + 0.5*fc8:292", "fc8:607", "conv5:12"):
        assert f" of {canonical}\n" in result.out
    alone = tmp_path / "alone.png"
    run("draw", "conv5:12", *SMALL, "--out", str(alone))
    assert alone.read_bytes() == (tmp_path / "conv5-12.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zebra + tigre"], "no class 'tigre'. Nearest: 'tiger'"),
        (["zebra", "tiger", "--out", "one.png"], "--out names one file"),
        (["zebra", "Zebra"], "have the same file name"),
    ],
)
def test_an_error_in_one_of_several_targets_comes_before_any_is_drawn(
    words: list[str], message: str, run: Run, tmp_path: Path
) -> None:
    result = run("draw", *words, *SMALL)
    assert result.status == 1
    assert message in " ".join(result.err.split())
    assert files(tmp_path) == []


def test_draw_writes_to_the_path_of_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    run("draw", "zebra", *SMALL, "--out", "pictures/first.png")
    assert files(tmp_path) == ["pictures"]
    assert files(tmp_path / "pictures") == ["first.png"]


def test_the_environment_may_name_the_network(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTMAX_NETWORK", "compact")
    assert run("draw", "zebra", *SMALL[2:]).status == 0
    assert files(tmp_path) == ["zebra.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zebre", *SMALL], "no class 'zebre'. Nearest: 'zebra'"),
        (["", *SMALL], "no class ''"),
        (["-zebre", *SMALL], "no class 'zebre'. Nearest: 'zebra'"),
        (["-no such class", *SMALL], "no class 'no such class'"),
        (["panther", *SMALL], "'panther' may mean 2 ImageNet classes: write 'cougar' ("),
        (["dog", *SMALL], "'dog' is not one ImageNet class but 118: 'Chihuahua', "),
        (["giraffe", *SMALL], "ImageNet has no giraffe; nearest: 'hartebeest', "),
        (["crane", *SMALL], "write 'crane-517' (lifts"),
        (["キリン", *SMALL], "names are English, in Latin letters"),
        (["zebra + giraffe", *SMALL], "ImageNet has no giraffe"),
        (["1000", *SMALL], "indices run from 0 to 999"),
        (["conv5:", *SMALL], "'conv5:' is not a target: write a layer and a channel"),
        (
            ["conv5:0-3", *SMALL],
            "names several channels. Give each by itself, such as 'conv5:0' and 'conv5:3', or a sum",
        ),
        (["conv5:0 - 3", *SMALL], "'conv5:0 - 3' is not a target: it names several channels"),
        (["zebra,tiger", *SMALL], "names several classes. Give each by itself, such as 'zebra' and 'tiger', or a sum"),
        (["zebra+tiger", *SMALL], "'zebra+tiger' is not a target. Did you mean 'zebra + tiger'?"),
        (["conv5[3]", *SMALL], "'conv5[3]' is not a target. Did you mean 'conv5:3'?"),
        (["-0.5*conv5 3", *SMALL], "Did you mean '-0.5*conv5:3'?"),
        (["conv5.3", *SMALL], "has no layer 'conv5.3'. Did you mean 'conv5:3'?"),
        (["fc8:zebra", *SMALL], "'fc8:zebra' is not a target. Did you mean 'zebra'?"),
        (["conv5:12 + conv4:3", *SMALL], "all terms of a target must name the same layer"),
        (["zebra + conv4:3", *SMALL], "all terms of a target must name the same layer"),
        (["conv6:1", *SMALL], "no layer 'conv6'. Did you mean 'conv5'"),
        (["conv5:256", *SMALL], "conv5 has 256 channels: 256 is not one of 0…255"),
        (["conv5:1@99,0", *SMALL], "'conv5:1@99,0' lies outside it"),
        (["fc8:1000", *SMALL], "fc8 has 1000 channels"),
        (["zebra", *SMALL, "--method", "robst"], "no method 'robst'. Did you mean 'robust'?"),
        (["zebra", *SMALL, "--set", "stepz=3"], "--set: unknown field 'stepz'. Did you mean 'steps'"),
        (["zebra", *SMALL, "--set", "steps"], "'steps' has no '='"),
        (["zebra", *SMALL, "--set", "steps=-5"], "steps: input should be greater than or equal to 1, not -5"),
        (["zebra", *SMALL, "--set", "steps=many"], "steps: input should be a valid integer, not 'many'"),
        (["zebra", *SMALL, "--set", "step_size=NaN"], "step_size: input should be a finite number, not nan"),
        (["zebra", *SMALL, "--set", "jitter=[1,2]"], "jitter: input should be a valid integer, not [1, 2]"),
        (
            ["zebra", *SMALL, "--method", "plain", "--set", "decay_power=1"],
            "decay_power belongs to parameterization 'fourier'",
        ),
        (["zebra", *SMALL, "--seed", "-1"], "seed: input should be greater than or equal to 0, not -1"),
        (["zebra", "--network", "alexnt"], "Did you mean 'alexnet'?"),
        (["zebra", *SMALL, "--size", "0"], "size: input should be greater than or equal to 16, not 0"),
        (["zebra", *SMALL, "--set", "precision=fp8"], "not 'fp8'"),
        (
            ["zebra", *SMALL, "--set", "network=alexnet"],
            "--set: 'network' has an option of its own: --network alexnet.",
        ),
        (["zebra", *SMALL, "--set", "seed=3"], "--set: 'seed' has an option of its own: --seed 3."),
        (["zebra", *SMALL, "--set", "leak=0.1"], "--set: the field 'leak' is now called 'relu_leak'."),
        (["zebra", *SMALL, "--out", "absent/zebra.png"], "absent/zebra.png cannot be written: it is a folder"),
        (["zebra", *SMALL, "--out", "x.jpg"], "--out writes a .png file: name it x.png, not x.jpg."),
        (["zebra + ", *SMALL], "'zebra + ' is not a target. Did you mean 'zebra'?"),
        (["zebra", *SMALL, "--weights", "absent.pth"], "compact network brings its own weights; absent.pth"),
        (["zebra", "--network", "alexnet", "--weights", "absent.pth"], "absent.pth cannot be read"),
        (["zebra", "--network", "resnet18"], "'resnet18' needs a weights file"),
        (["zebra", "--network", "alex net"], "'alex net' is not the name of a network"),
    ],
)
def test_draw_prints_an_error_in_one_paragraph(words: list[str], message: str, run: Run, tmp_path: Path) -> None:
    result = run("draw", *words)
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert files(tmp_path) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_draw_that_is_stopped_keeps_what_is_drawn(
    number: signal.Signals, status: int, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = publish.render_files

    def render_files(recipes: list[Recipe], *given: Any, **named: Any) -> Iterator[Any]:
        yield from original(recipes[:1], *given, **named)
        os.kill(os.getpid(), number)

    monkeypatch.setattr(publish, "render_files", render_files)
    result = run("draw", "zebra", "tiger", *SMALL)
    assert result.status == status
    assert result.err.splitlines()[0] == "stopped: what is drawn is kept"
    assert files(tmp_path) == ["zebra.png"]


@pytest.mark.parametrize(
    ("target", "canonical"),
    [("-conv4:3", "-conv4:3"), ("-zebra", "-fc8:340"), ("-conv4:3 + conv4:5", "-conv4:3 + conv4:5")],
)
def test_draw_accepts_a_target_with_a_leading_minus(target: str, canonical: str, run: Run, tmp_path: Path) -> None:
    result = run("draw", target, *SMALL, "--out", "negative.png")
    assert (result.status, result.err) == (0, "")
    assert recipe_in(tmp_path / "negative.png").target == canonical


@pytest.mark.parametrize("words", [["--sizze", "64"], ["--sizze=64"]])
def test_draw_refuses_a_misspelled_option(words: list[str], run: Run, tmp_path: Path) -> None:
    result = run("draw", "zebra", *SMALL, *words)
    assert (result.status, result.out) == (2, "")
    assert "No such option: --sizze. Did you mean '--size'" in " ".join(result.err.replace("│", " ").split())
    assert files(tmp_path) == []


def test_a_field_that_is_written_as_an_option_is_named_as_a_setting(run: Run) -> None:
    for words, setting in ((["--step-size=0.1"], "--set step_size=0.1."), (["--steps", "64"], "--set steps=VALUE.")):
        result = run("draw", "zebra", *words)
        assert result.status == 2
        assert f"It is a field of the recipe: {setting}" in " ".join(result.err.replace("│", " ").split())


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "actmax", "classes", "zebra"]
    assert subprocess.check_output(command, text=True).startswith("340  n02391049  zebra")


# actmax draw --start


def photo(path: Path, size: tuple[int, int] = (64, 64), seed: int = 0) -> str:
    """Write an image of smooth patches of color, and return its path as text."""
    colors = np.random.default_rng(seed).integers(40, 216, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(colors).resize(size, Image.Resampling.BILINEAR).save(path)
    return str(path)


def recipe_in(path: Path) -> Recipe:
    with Image.open(path) as image:
        return Recipe(**json.loads(image.text["actmax:recipe"]))  # type: ignore[attr-defined]


def test_draw_starts_from_an_image_that_the_recipe_names_by_its_digest(run: Run, tmp_path: Path) -> None:
    start = photo(tmp_path / "start.png")
    still = ("--method", "plain", "--set", "step_size=1e-9")
    assert run("draw", "zebra", *SMALL, *still, "--start", start, "--feature-weight", "0").status == 0
    recipe = recipe_in(tmp_path / "zebra.png")
    assert recipe.start == hashlib.sha256(Path(start).read_bytes()).hexdigest()[:16]
    assert (recipe.feature_weight, recipe.feature_layer) == (0.0, "")
    with Image.open(tmp_path / "zebra.png") as drawn, Image.open(start) as wanted:
        assert ImageChops.difference(drawn, wanted).getextrema() == ((0, 0),) * 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (0.5, "conv3")),
        (["--feature-weight", "2"], (2.0, "conv3")),
        (["--feature-weight", "2", "--set", "feature_layer=conv2"], (2.0, "conv2")),
        (["--set", "feature_weight=0.25"], (0.25, "conv3")),
    ],
)
def test_feature_weight_and_layer_follow_the_options(
    words: list[str], expected: tuple[float, str], run: Run, tmp_path: Path
) -> None:
    start = photo(tmp_path / "start.png")
    assert run("draw", "zebra", *SMALL, "--start", start, *words).status == 0
    recipe = recipe_in(tmp_path / "zebra.png")
    assert (recipe.feature_weight, recipe.feature_layer) == expected
    assert recipe.step_size == 0.03


def test_the_features_of_a_network_whose_layers_have_no_names_are_those_halfway_through_it(
    run: Run, tmp_path: Path
) -> None:
    start = photo(tmp_path / "start.png")
    words = ("draw", "zebra", *SMALL, "--network", "mobilenet-v2", "--start", start)
    result = run(*words)
    assert (result.status, recipe_in(tmp_path / "zebra.png").feature_layer) == (0, "blocks.8.project")
    assert result.err.startswith("The image's features in blocks.8.project stay: --set feature_layer=NAME chooses")
    result = run(*words, "--set", "feature_layer=conv3")
    assert result.status == 1
    assert "no layer 'conv3'" in result.err
    assert "(feature_layer): name another layer, or keep no features (feature_weight=0)." in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--feature-weight", "0.5"], "--feature-weight preserves features of a start image: give one with --start."),
        (["--start", "absent.jpg"], "absent.jpg cannot be read as an image: it is absent"),
        (["--start", "folder"], "folder cannot be read as an image: it is a folder"),
        (["--start", "words.jpg"], "words.jpg cannot be read as an image: it is empty, damaged or in none of"),
        (["--start", "start.png", "--method", "generator"], "a generator cannot start from an image (start)"),
        (
            ["--start", "start.png", "--feature-weight", "-1"],
            "feature_weight: input should be greater than or equal to 0, not -1.0",
        ),
        (
            ["--start", "start.png", "--feature-weight", "nan"],
            "feature_weight: input should be a finite number, not nan",
        ),
        (["--start", "start.png", "--set", "feature_weight=0"], "feature_weight and feature_layer belong together"),
        (["--start", "start.png", "--set", "feature_layer=conv6"], "no layer 'conv6'. Did you mean 'conv5'"),
        (["--set", "start=0123456789abcdef"], "--set: 'start' has an option of its own: --start 0123456789abcdef."),
        (["--set", "start=start.png"], "--set: 'start' has an option of its own: --start start.png."),
    ],
)
def test_draw_refuses_an_unusable_start_image(words: list[str], message: str, run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "start.png")
    (tmp_path / "folder").mkdir()
    (tmp_path / "words.jpg").write_text("no picture")
    result = run("draw", "zebra", *SMALL, *words)
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert files(tmp_path) == ["folder", "start.png", "words.jpg"]


def test_a_failed_draw_keeps_the_existing_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "zebra.png").write_bytes(b"yesterday's")
    assert run("draw", "zebra", *SMALL, "--set", "steps=0").status == 1
    assert (tmp_path / "zebra.png").read_bytes() == b"yesterday's"


def test_draw_does_not_overwrite_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "zebra.png").mkdir()
    result = run("draw", "zebra", *SMALL)
    assert result.status == 1
    assert "zebra.png cannot be written: it is a folder" in result.err
    assert files(tmp_path) == ["zebra.png"]
    assert files(tmp_path / "zebra.png") == []


# actmax doctor


def test_doctor_prints_network_device_and_versions(run: Run) -> None:
    result = run("doctor", "--network", "compact")
    assert (result.status, result.err) == (0, "")
    rows = dict(line.split(":", 1) for line in result.out.splitlines())
    compact = weights.resolve_weights("compact")
    assert rows["network"].strip() == "the compact AlexNet"
    assert rows["weights"].strip() == f"{compact.path} ({compact.digest})"
    assert rows["device"].strip().startswith("cpu: ")
    assert rows["precision"].split()[0] in ("float32", "bfloat16")
    versions = rows["versions"]
    for name in ("Python", "actmax", "torch", "torchvision", "timm", "pillow"):
        assert f"{name} " in versions
    assert "absent" not in versions
    assert "fallback" not in rows


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point AlexNet's weights to an address that refuses connections."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    changed = replace(CARDS["alexnet"], url=f"http://127.0.0.1:{port}/alexnet-owt-7be5be79.pth")
    monkeypatch.setattr(cards, "CARDS", {**CARDS, "alexnet": changed})


def test_doctor_prints_why_auto_fell_back(offline: None, run: Run) -> None:
    result = run("doctor")
    assert result.status == 0
    rows = dict(line.split(":", 1) for line in result.out.splitlines())
    assert rows["network"].strip() == "the compact AlexNet"
    assert "the server cannot be reached" in rows["fallback"]


def test_doctor_fails_if_alexnet_cannot_be_downloaded(offline: None, run: Run) -> None:
    result = run("doctor", "--network", "alexnet")
    assert (result.status, result.out) == (1, "")
    assert "the server cannot be reached" in result.err
    assert result.err.count("\n") == 1


def test_draw_warns_of_the_fallback(offline: None, run: Run, tmp_path: Path) -> None:
    result = run("draw", "zebra", *SMALL[2:])
    assert result.status == 0
    assert result.err.startswith("Drawn by the compact AlexNet: ")
    assert files(tmp_path) == ["torch", "zebra.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--network", "compact", "--weights", "net.pth"], "brings its own weights; net.pth"),
        (["--network", "alexnet", "--weights", "net.pth"], "net.pth cannot be read: No such file"),
        (["--network", "resnet81"], "torchvision has no classifier 'resnet81'"),
    ],
)
def test_doctor_prints_an_error_in_one_paragraph(words: list[str], message: str, run: Run) -> None:
    result = run("doctor", *words)
    assert result.status == 1
    assert message in result.err
    assert result.err.count("\n") == 1


def test_doctor_loads_a_network_of_the_users(run: Run, tmp_path: Path) -> None:
    (tmp_path / "doctored.py").write_text(own_networks.DIGITS)
    (tmp_path / "labels.txt").write_text("\n".join("abcdefghij"))
    module = nn.Module()
    module.conv, module.fc = nn.Conv2d(1, 4, 5, 3), nn.Linear(256, 10)
    torch.save(module.state_dict(), tmp_path / "net.pth")
    words = ["doctor", "--network", "doctored:digits", "--weights", "net.pth", "--channels", "1"]
    result = run(*words, "--labels", "labels.txt", "--mean", "0.5", "--std", "0.5")
    assert (result.status, result.err) == (0, "")
    assert "doctored:digits, weights net.pth" in result.out


def test_doctor_refuses_an_unknown_device(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTMAX_DEVICE", "abacus")
    result = run("doctor", "--network", "compact")
    assert result.status == 1
    assert "ACTMAX_DEVICE is 'abacus'" in result.err


# actmax train


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A folder of six images."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for index in range(6):
        photo(folder / f"{index}.png", (64, 80), index)
    return folder


def test_train_spectrum_writes_a_table(run: Run, photographs: Path, tmp_path: Path) -> None:
    result = run("train", "spectrum", "photographs")
    assert (result.status, result.out, result.err) == (0, "spectrum.safetensors: 6 photographs\n", "")
    assert files(tmp_path) == ["photographs", "spectrum.safetensors"]
    with safe_open(tmp_path / "spectrum.safetensors", "np") as file:
        assert file.get_tensor("log_strength").shape == (3, 24, 12)


@pytest.mark.parametrize(
    ("words", "layers"), [([], ["conv1", "conv2", "conv3", "conv4", "conv5"]), (["--layer", "conv2"], ["conv2"])]
)
def test_train_statistics_measures_the_named_layers(
    words: list[str], layers: list[str], run: Run, photographs: Path, tmp_path: Path
) -> None:
    result = run("train", "statistics", "photographs", *words, "--out", "measured.safetensors")
    assert (result.status, result.out, result.err) == (0, "measured.safetensors: 6 photographs\n", "")
    with safe_open(tmp_path / "measured.safetensors", "np") as file:
        assert sorted({name.partition(".")[0] for name in file.keys()}) == layers  # noqa: SIM118 - no mapping
        assert file.metadata()["weights"] == weights.resolve_weights("compact").digest


def test_train_generator_writes_weights_into_its_folder(run: Run, photographs: Path, tmp_path: Path) -> None:
    small = ["steps=1", "size=64", "batch=2", "holdout=2", "checkpoint_minutes=0"]
    words = ["train", "generator", "photographs", "photographs", "--folder", "run"]
    result = run(*words, *(word for change in small for word in ("--set", change)))
    assert (result.status, result.out) == (0, "run/generator.safetensors\n")
    assert result.err == 2 * "photographs: 6 images, 0 files that cannot be read\n"
    assert {"checkpoint.pt", "generator.safetensors", "log.jsonl"} <= set(files(tmp_path / "run"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["spectrum", "absent"], "absent is no readable folder or tar file of images"),
        (["spectrum", "empty"], "There are no images in empty: no file ends in .webp"),
        (
            ["spectrum", "photographs", "--out", "absent/s.safetensors"],
            "absent/s.safetensors cannot be written: No such",
        ),
        (
            ["spectrum", "photographs", "--out", "s.pth"],
            "--out writes a .safetensors file: name it s.safetensors, not s.pth.",
        ),
        (["spectrum", "photographs", "--out", "empty"], "empty cannot be written: Is a directory"),
        (["statistics", "photographs", "--layer", "fc6"], "fc6 has no feature maps"),
        (["statistics", "photographs", "--layer", "conv6"], "no layer 'conv6'. Did you mean 'conv5'"),
        (
            ["statistics", "photographs", "--layer", "conv1", "--out", "empty"],
            "empty cannot be written: Is a directory",
        ),
        (["statistics", "photographs", "--network", "compakt"], "Did you mean 'compact'?"),
        (["statistics", "photographs", "--network", "resnet18"], "'resnet18' needs a weights file"),
        (["generator", "photographs", "--set", "batsh=2"], "--set: unknown field 'batsh'. Did you mean 'batch'?"),
        (["generator", "photographs", "--set", "size=7"], "size: input should be greater than or equal to 64, not 7"),
        (
            ["generator", "photographs", "--set", "holdout=1"],
            "holdout: input should be greater than or equal to 2, not 1",
        ),
        (["generator", "photographs", "--minutes", "0"], "minutes: input should be greater than 0, not 0.0"),
        (["generator", "photographs", "--network", "compakt"], "Did you mean 'compact'?"),
        (
            ["generator", "photographs", "--folder", "words/run"],
            "The run in words/run cannot be written: Not a directory",
        ),
        (["generator", "photographs"], "512 images are to be held out of photographs, which holds 6"),
    ],
)
def test_train_prints_an_error_in_one_paragraph(
    words: list[str], message: str, run: Run, photographs: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "words").write_text("a file")
    result = run("train", *words)
    assert (result.status, result.out) == (1, "")
    *_, line = result.err.splitlines()
    assert result.err.count("error: ") == 1
    assert line.startswith("error: ")
    assert message in line
    assert not [name for name in files(tmp_path) if name.endswith(".safetensors")]


# Help


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["draw"],
        ["classes"],
        ["doctor"],
        ["distill"],
        ["train"],
        ["train", "generator"],
        ["train", "spectrum"],
        ["train", "statistics"],
        ["train", "sounds"],
    ],
)
def test_every_command_has_help(words: list[str], run: Run) -> None:
    result = run(*words, "--help")
    assert result.status == 0
    assert "Usage" in result.out
    assert result.err == ""


def test_every_command_and_option_is_documented() -> None:
    commands = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert set(commands) == {"draw", "classes", "distill", "doctor", "train"}
    training = commands["train"].commands
    assert set(training) == {"generator", "sounds", "spectrum", "statistics"}
    for command in [*commands.values(), *training.values()]:
        assert command.help
        for option in command.params:
            assert getattr(option, "help", None), f"{command.name} {option.name}"


def test_the_console_script_runs_the_same_command() -> None:
    script = Path(sys.executable).with_name("actmax")
    done = subprocess.run([script, "classes", "zebra"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("340  n02391049  zebra")
