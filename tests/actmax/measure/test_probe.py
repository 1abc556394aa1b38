"""What is said of a network's layers, channels and silenced units, against direct computation."""

from __future__ import annotations

import base64

import pytest
import torch

from actmax.measure.measure import measure
from actmax.measure.probe import ablation, filters, layers
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.weights import resolve_weights


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(3))


def test_the_layers_are_those_of_alexnet_and_account_for_every_weight(compact: Network) -> None:
    found = layers(compact, 224)
    assert [layer["name"] for layer in found] == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc8"]
    assert found[0]["shape"] == [64, 55, 55]
    assert found[-1]["shape"] == [1000]
    assert sum(layer["parameters"] for layer in found) == compact.parameters()


def test_silencing_is_what_the_network_itself_answers_without_the_units(
    compact: Network, picture: torch.Tensor
) -> None:
    """The units are set to zero for real, and the last layer is computed again."""
    (found,) = ablation(compact, [(picture, 340)], [1, 5, 512])
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0].relu()
    weights, bias = compact.linear("fc8")

    def logit(silenced: torch.Tensor) -> float:
        left = hidden.clone()
        left[silenced] = 0
        return (weights @ left + bias)[340].item()

    nothing = torch.tensor([], dtype=torch.long)
    order = hidden.argsort(descending=True)
    alive = order[: int((hidden > 0).sum())]
    assert found["logit"] == pytest.approx(logit(nothing), abs=1e-4)
    assert found["logit"] == pytest.approx(measure(compact, "fc8:340", picture).activation, abs=1e-3)
    assert found["active"] == len(alive)
    assert found["logit"] + found["most"][1] == pytest.approx(logit(alive[:5]), abs=1e-4)
    assert found["logit"] + found["least"][1] == pytest.approx(logit(alive[-5:]), abs=1e-4)
    for way in ("most", "least", "random"):  # without any unit, the bias is left
        assert found["logit"] + found[way][2] == pytest.approx(bias[340].item(), abs=1e-3)


def test_chance_picks_among_the_units_that_are_not_zero(compact: Network, picture: torch.Tensor) -> None:
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0].relu()
    weights, _ = compact.linear("fc8")
    alive = int((hidden > 0).sum())
    (found,) = ablation(compact, [(picture, 340)], [1, alive])
    mean = (weights[340] * hidden).sum().item() / alive
    assert found["random"][1] == pytest.approx(-mean * alive, abs=1e-3)
    assert found["random"][0] == pytest.approx(-mean, abs=0.1)


def test_random_choices_depend_on_their_seed_alone(compact: Network, picture: torch.Tensor) -> None:
    one, again = (ablation(compact, [(picture, 1)], [8], seed=5) for _ in range(2))
    (other,) = ablation(compact, [(picture, 1)], [8], seed=6)
    assert one == again
    assert one[0]["random"] != other["random"]


def test_the_first_layers_filters_are_pictures_of_its_weights(compact: Network) -> None:
    found = filters(compact, "conv1")
    assert found is not None
    side, weights = found["side"], compact.weights_of("conv1")
    assert weights is not None
    assert len(found["pixels"]) == len(weights)
    for one, weight in zip(found["pixels"], weights, strict=True):
        pixels = (
            torch.frombuffer(bytearray(base64.b64decode(one)), dtype=torch.uint8).view(side, side, 3).permute(2, 0, 1)
        )
        assert (pixels.float() - 127.5).abs().max() >= 127  # as strong as can be
        assert torch.allclose(pixels / 127.5 - 1, weight / weight.abs().max(), atol=0.005)
    assert filters(compact, "conv2") is None  # it sees no colours
    assert filters(compact, "fc6") is None
