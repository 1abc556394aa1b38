"""Networks that a function of the user's returns: found, run as they are, and known by their code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import own_networks
import pytest
import timm
import torch
from torch import nn

from actmax.errors import ActmaxError, RecipeError, UnknownNameError, WeightsError
from actmax.networks.cards import card
from actmax.networks.description import Description
from actmax.networks.load import load
from actmax.networks.weights import resolve_weights

DIGITS = tuple(map(str, range(10)))
CODE = f"""{own_networks.DIGITS}

def broken():
    return Digits(3)


def nothing():
    return None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with code and weights of its own; its modules are forgotten afterwards."""
    before = set(sys.modules)
    (tmp_path / "digits_net.py").write_text(CODE)
    torch.manual_seed(0)
    module = nn.Module()
    module.conv, module.fc = nn.Conv2d(1, 4, 5, 3), nn.Linear(256, 10)
    torch.save({"model": module.state_dict(), "epoch": 1}, tmp_path / "net.pth")
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith(("digits_net", "parts")):
            del sys.modules[name]


def described(folder: Path, **values: object) -> Description:
    return replace(Description(DIGITS, channels=1, size=28, folder=folder), **values)  # type: ignore[arg-type]


def test_a_function_of_the_users_is_a_network(folder: Path) -> None:
    source = resolve_weights("digits_net:digits", folder / "net.pth", described(folder))
    assert "digits_net" not in sys.modules, "nothing runs before the network is needed"
    network = load(source)
    assert (network.labels, network.channels, network.size) == (DIGITS, 1, (28, 28))
    assert network.card.title == "digits_net:digits, weights net.pth"
    assert (network.card.name, network.weights) == (source.network, source.digest)
    assert network.logits(torch.rand(2, 1, 28, 28)).shape == (2, 10)
    assert str(folder.absolute()) not in sys.path


def test_a_package_may_lie_in_folders_and_import_its_own_modules(folder: Path) -> None:
    (folder / "parts" / "deep").mkdir(parents=True)
    (folder / "parts" / "deep" / "__init__.py").write_text("")
    (folder / "parts" / "deep" / "net.py").write_text("from digits_net import digits as made\n")
    source = resolve_weights("parts.deep.net:made", folder / "net.pth", described(folder))
    assert load(source).labels == DIGITS


def test_what_changes_a_drawing_is_part_of_the_identity(folder: Path) -> None:
    def digest(**values: object) -> str:
        return resolve_weights("digits_net:digits", folder / "net.pth", described(folder, **values)).digest

    first = digest()
    assert digest(labels=tuple("abcdefghij")) == first, "a name changes no pixel"
    assert digest(mean=(0.0,), std=(1.0,)) == first, "what is the default"
    assert digest(mean=0.1, std=0.3) != first
    (folder / "digits_net.py").write_bytes(CODE.replace("\n", "\r\n").encode())
    assert digest() == first
    (folder / "digits_net.py").write_text(CODE.replace("relu", "tanh"))
    assert digest() != first


def test_code_that_was_edited_runs_as_it_is_now(folder: Path) -> None:
    x = torch.rand(1, 1, 28, 28)

    def logits() -> torch.Tensor:
        return load(resolve_weights("digits_net:digits", folder / "net.pth", described(folder))).logits(x)

    first = logits()
    torch.testing.assert_close(logits(), first)
    (folder / "digits_net.py").write_text(CODE.replace("torch.relu", "torch.tanh") + "# as long as it takes\n")
    assert not torch.allclose(logits(), first)


FAULTS = {
    "absent:digits": (UnknownNameError, r"there is no module 'absent' in .*, and none is installed"),
    "digits_net:other": (UnknownNameError, r"digits_net\.py has no function 'other'"),
    "digits_net:broken": (ActmaxError, r"digits_net:broken in .*digits_net\.py fails: line 22: TypeError: "),
    "digits_net:nothing": (WeightsError, r"must return a torch\.nn\.Module, and returns None"),
    "digits_bad:net": (ActmaxError, r"digits_bad\.py cannot be imported: line 1: "),
}


@pytest.mark.parametrize("name", FAULTS)
def test_code_that_fails_is_named_with_its_line(name: str, folder: Path) -> None:
    (folder / "digits_bad.py").write_text("def net(:\n")
    kind, words = FAULTS[name]
    with pytest.raises(kind, match=words):
        load(resolve_weights(name, folder / "net.pth", described(folder)))


@pytest.mark.parametrize("name", ["a b:c", "os:path.join", ":f", "m:", "m:f:g", "../m:f", "m/x:f", "m:" + "f" * 300])
def test_what_is_no_function_is_no_network(name: str) -> None:
    with pytest.raises(UnknownNameError, match="module:function"):
        card(name)


def test_the_number_of_labels_is_that_of_the_logits(folder: Path) -> None:
    with pytest.raises(RecipeError, match="returns 10 logits and has 9 labels"):
        load(resolve_weights("digits_net:digits", folder / "net.pth", described(folder, labels=DIGITS[:9])))
    words = r"returns 10 logits, and by default .* ImageNet-1k's 1000: name its own by `labels` \(in the shell --labels"
    with pytest.raises(RecipeError, match=words):
        load(resolve_weights("digits_net:digits", folder / "net.pth", described(folder, labels=())))


def test_a_torchvision_network_of_ten_classes(tmp_path: Path) -> None:
    from torchvision import models

    file = tmp_path / "r10.pth"
    torch.save(models.get_model("squeezenet1_1", weights=None, num_classes=10).state_dict(), file)
    network = load(resolve_weights("squeezenet1_1", file, Description(labels=DIGITS)))
    assert (network.labels, network.card.title) == (DIGITS, "squeezenet1_1, weights r10.pth")
    with pytest.raises(WeightsError, match=r"Name their classes by `labels` \(--labels FILE\), if they are of 10\."):
        load(resolve_weights("squeezenet1_1", file))
    with pytest.raises(RecipeError, match=r"takes images of 3 channels: name a function of yours"):
        resolve_weights("squeezenet1_1", file, Description(labels=DIGITS, channels=1))


def test_a_timm_network_of_gray_images_of_ten_classes(tmp_path: Path) -> None:
    file = tmp_path / "t10.pth"
    module = timm.create_model("resnet10t", num_classes=10, in_chans=1)
    torch.save(module.state_dict(), file)
    network = load(resolve_weights("timm/resnet10t", file, Description(labels=DIGITS, channels=1, size=32)))
    assert (network.labels, network.channels, network.size) == (DIGITS, 1, (32, 32))
    assert network.normalize.mean == (pytest.approx(0.449),)
    x = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network.logits(x), module.eval()(x), rtol=1e-3, atol=1e-4)


def test_a_gray_network_gets_the_luma_of_colors(folder: Path) -> None:
    network = load(resolve_weights("digits_net:digits", folder / "net.pth", described(folder, mean=0.5, std=0.5)))
    gray = torch.rand(1, 1, 28, 28)
    torch.testing.assert_close(network.normalize(gray.expand(1, 3, 28, 28)), network.normalize(gray))


def test_packaged_weights_are_what_they_are() -> None:
    with pytest.raises(WeightsError, match="describe weights of yours: compact has its own"):
        resolve_weights("compact", None, Description(labels=DIGITS))
