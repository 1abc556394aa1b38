"""Sites whose network is the author's own: ten classes, gray 28 × 28, a vision transformer's tokens."""

from __future__ import annotations

import html
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import own_networks
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from actmax import cli
from actmax.errors import ActmaxError
from gen import site
from gen.pages import SiteInfo

CODE = f"""{own_networks.DIGITS}

def transformer():
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(img_size=32, patch_size=8, embed_dim=8, depth=2, num_heads=2, num_classes=3)
"""
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
DIGITS: dict[str, Any] = {
    "network": "own_net:digits",
    "weights": "digits.pth",
    "labels": "digits.txt",
    "channels": 1,
    "mean": 0.1307,
    "std": 0.3081,
    "size": 28,
    "store": "store",
    "seeds": [0],
    "methods": {"smooth": {"steps": 2, "jitter": 2}},
    "groups": {"even": ["zero", "Two", 4], "odd": ["seven", {"a third": "three"}]},
}
TRANSFORMER: dict[str, Any] = {
    "network": "own_net:transformer",
    "weights": "transformer.pth",
    "labels": "colors.json",
    "size": 32,
    "store": "store",
    "methods": {"smooth": {"steps": 2, "jitter": 2}},
    "units": {"layers": {"blocks.0": [0, 7]}},
    "groups": {"colors": "all"},
}
Builds = Callable[[dict[str, Any]], dict[str, str]]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder with code, weights and labels; the module is forgotten afterwards."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "own_net.py").write_text(CODE)
    (tmp_path / "digits.txt").write_text("\n".join(NAMES))
    (tmp_path / "colors.json").write_text(json.dumps({"red": 0, "blue": 2, "green": 1}))
    torch.manual_seed(0)
    made: dict[str, Any] = {}
    exec(CODE, made)
    for name in ("digits", "transformer"):
        module: nn.Module = made[name]()
        torch.save({"state_dict": module.state_dict(), "epoch": 1}, tmp_path / f"{name}.pth")
    yield tmp_path
    sys.modules.pop("own_net", None)


@pytest.fixture
def build(root: Path) -> Builds:
    """Draws a site, and returns its generated text files by path."""

    def built(settings: dict[str, Any]) -> dict[str, str]:
        project = site.Project(settings, root / "mkdocs.yml")
        made = site.build(project, lambda _: None, SiteInfo("https://example.com/", "A site"))
        files = dict(site.files(made.site, made.contents))
        return {name: content for name, content in files.items() if isinstance(content, str)}

    return built


def test_ten_classes_of_gray_digits_have_their_pages(build: Builds, root: Path) -> None:
    (root / "docs" / "index.md").write_text("---\nmeasured: true\n---\n# Digits\n\n{{ caption('seven', 'smooth') }}\n")
    files = build(DIGITS)
    assert {name for name in files if re.fullmatch(r"gallery/\w+/index\.md", name)} >= {
        f"gallery/{name}/index.md" for name in ("zero", "two", "four", "seven", "three", "compare")
    }
    page = files["gallery/seven/index.md"]
    assert "Class 7 of the 10 of own_net:digits, weights digits.pth, counted from 0." in page
    assert "28 × 28 pixels, shown up to 16 times as large" in page
    assert "The network has no class a third" in files["gallery/three/index.md"]
    assert "seven" in files["index.md"]
    assert "../seven/" in files["gallery/7/index.html"], "the index leads to the class"
    for name, content in files.items():
        if name.startswith("gallery/") and name.endswith((".md", ".json")):
            assert "ImageNet" not in content, f"{name} claims what is not known"
    classes = json.loads(files["gallery/index.json"])
    assert classes["network"]["title"] == "own_net:digits, weights digits.pth"
    assert classes["evaluation_network"] is None
    assert {each["name"]: each["index"] for each in classes["classes"]}["four"] == 4
    assert not any(name.startswith("assets/live/") for name in files), "the engine draws ImageNet's classes"
    words = json.loads(files["assets/words.json"])
    assert [name for name, *_ in words["classes"]] == NAMES
    assert words["rows"] == ""


def test_the_commands_of_a_page_draw_the_same_picture(
    build: Builds, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = build(DIGITS)["gallery/seven/index.md"]
    command, code = re.findall(r"<pre><code>((?:actmax draw|from pathlib).*?)</code></pre>", page, re.DOTALL)
    (root / "digits.pth").rename(root / "FILE")
    (root / "digits.txt").rename(root / "LABELS")
    monkeypatch.chdir(root)
    result = CliRunner().invoke(cli.app, shlex.split(html.unescape(command))[1:])
    assert result.exit_code == 0, result.output
    assert "rank " in result.output
    exec(compile(html.unescape(code), "listing", "exec"), {})
    master = (root / "store").rglob("drawing.png")
    drawn = {path.read_bytes() for path in master}
    assert (root / "seven.png").read_bytes() in drawn
    assert (root / "smooth-seed-0.png").read_bytes() in drawn
    for told in ("FILE is the weights file", "LABELS is the file", "the code of own_net:digits lies where"):
        assert told in page


def test_a_transformers_classes_and_tokens_have_their_pages(build: Builds) -> None:
    files = build(TRANSFORMER)
    assert "Class 2 of the 3 of own_net:transformer" in files["gallery/blue/index.md"]
    assert "An image that maximizes" in files["network/blocks-0/7/index.md"]
    assert "ImageNet" not in files["network/blocks-0/7/index.md"]


def test_a_second_network_of_the_same_classes_evaluates(build: Builds) -> None:
    second = {"network": "own_net:digits", "weights": "other.pth"}
    with pytest.raises(ActmaxError, match=r"second_opinion .*other\.pth cannot be read"):
        build({**DIGITS, "second_opinion": second})


def test_a_second_network_of_other_classes_is_refused(build: Builds) -> None:
    with pytest.raises(ActmaxError, match=r"second_opinion .*labels, channels, mean and std describe weights of yours"):
        build({**DIGITS, "second_opinion": {"network": "mobilenet-v2"}})


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an absent file of labels": ({"labels": "absent.txt"}, r"extra\.gallery\.labels .*absent\.txt cannot be read"),
    "labels of another network": (
        {"labels": "colors.json", "groups": {"all": ["red"]}},
        "returns 10 logits and has 3 labels",
    ),
    "no labels": ({"labels": None, "groups": {"all": ["zebra"]}}, "returns 10 logits, .* name its own by `labels`"),
    "a class that is no label": ({"groups": {"all": ["zebra"]}}, "None of the 10 labels is 'zebra'"),
    "an index beyond the labels": ({"groups": {"all": ["0-10"]}}, "from 0 to 9 at most"),
    "one half of the normalization": ({"std": None}, "mean and std belong together"),
    "a normalization of bytes": ({"mean": 33.3, "std": 78.6}, "from 0 to 255, write mean="),
    "three means of one channel": ({"mean": [0.1, 0.2, 0.3]}, "must be 1 numbers each"),
    "words for a mean": ({"mean": "gray"}, r"extra\.gallery\.mean in mkdocs\.yml is 'gray': write a number"),
    "channels of no picture": ({"channels": 2}, r"extra\.gallery\.channels"),
    "an absent module": ({"network": "absent_net:digits"}, "no module 'absent_net'"),
    "an absent function": ({"network": "own_net:other"}, "has no function 'other'"),
    "no weights": ({"weights": None}, "describe weights of yours"),
    "a size that the network cannot take": ({"size": 32}, "cannot be shown an image of 32 × 32 pixels"),
    "a packaged network": ({"network": "compact", "weights": None}, "compact has its own"),
    "no chosen network": ({"network": None}, "are not those of alexnet|takes images of 3 channels"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_in_a_sentence(name: str, build: Builds) -> None:
    changed, words = FAULTS[name]
    with pytest.raises(ActmaxError, match=words):
        build({**DIGITS, **changed})


def test_labels_are_checked_although_everything_is_stored(build: Builds, root: Path) -> None:
    build(DIGITS)
    (root / "digits.txt").write_text("\n".join([*NAMES, "ten"]))
    with pytest.raises(ActmaxError, match="returns 10 logits, and `labels` names 11"):
        build(DIGITS)


def test_labels_that_are_numbers_are_names(build: Builds, root: Path) -> None:
    (root / "digits.txt").write_text("\n".join(map(str, range(9, -1, -1))))
    files = build({**DIGITS, "groups": {"some": [9, "0"]}})
    assert "Class 0 of the 10" in files["gallery/9/index.md"]
    assert "Class 9 of the 10" in files["gallery/0/index.md"]


def test_a_page_of_an_earlier_networks_class_stays(build: Builds, root: Path) -> None:
    addresses = {"gallery/zebra/": {"anchors": []}, "gallery/nine/": {"anchors": []}}
    (root / "docs" / "gallery").mkdir()
    (root / "docs" / "gallery" / "ledger.json").write_text(json.dumps({"schema": 1, "addresses": addresses}))
    files = build(DIGITS)
    assert "once drew class 340 of ImageNet" in files["gallery/zebra/index.md"]
    assert "once drew class 9 of its network" in files["gallery/nine/index.md"]


def test_a_page_says_whether_its_picture_is_on_record(build: Builds, root: Path) -> None:
    page = build(DIGITS)["gallery/seven/index.md"]
    assert "The picture is not on record yet" in page
    (picture,) = set(re.findall(r"drawings/\w+\.png", page))
    (root / "docs" / "gallery").mkdir()
    ledger = {"schema": 1, "addresses": {f"gallery/{picture}": {}}}
    (root / "docs" / "gallery" / "ledger.json").write_text(json.dumps(ledger))
    assert "The picture is on record: it stays here" in build(DIGITS)["gallery/seven/index.md"]
