"""A photograph that small steps turn into another class."""

from __future__ import annotations

import io

import pytest
import torch
from PIL import Image

import actmax
from actmax.measure import adversarial as module
from actmax.measure.adversarial import adversarial
from actmax.measure.measure import decode, measure
from actmax.tensors import image_to_tensor

TARGET = "fc8:340"


@pytest.fixture(scope="module")
def network() -> actmax.Network:
    return actmax.load("compact")


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    waves = torch.linspace(0, 20, 96).sin().mul(0.2).add(0.5)
    return (waves[:, None] * waves.expand(3, 96, 96)).clamp(0, 1)[None]


def test_small_steps_make_a_network_predict_another_class(network: actmax.Network, image: torch.Tensor) -> None:
    found = adversarial(network, TARGET, image)
    assert found.before == measure(network, TARGET, image)
    assert found.before.failed
    assert found.after == measure(network, TARGET, decode(found.picture))  # the file that is published
    assert not found.after.failed
    assert (found.after.probability or 0) >= module.CONFIDENT
    assert 0 < found.change < 8
    assert found.change == pytest.approx(255 * (decode(found.picture) - image).abs().mean().item())


def test_the_steps_end(network: actmax.Network, image: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STEPS", 1)
    found = adversarial(network, TARGET, image)
    assert found.steps == 1
    assert found.after.failed


def test_the_gradient_is_gray_where_nothing_changes_the_logit(
    network: actmax.Network, image: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_STEPS", 1)
    with Image.open(io.BytesIO(adversarial(network, TARGET, image).gradient)) as shown:
        assert shown.size == (96, 96)
        levels = image_to_tensor(shown.convert("RGB")).float()
    assert abs(levels.mean().item() - 128) < 10
    assert levels.std() > 10
