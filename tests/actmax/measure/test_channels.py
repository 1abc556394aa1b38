"""Measurements of channels, against sums done by hand and against the network itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from actmax.measure import kinds
from actmax.measure.channels import (
    ablation,
    attribution,
    channel_counts,
    connections,
    flow,
    mean_activation,
    mean_response,
)
from actmax.measure.layers import filters, layers
from actmax.measure.measure import measure
from actmax.measure.models import Ablation, Connections
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap

BETWEEN = [[1.0, -2.0], [0.5, 3.0], [-4.0, 0.25]]
"""A row for each of three upper channels: its weight for each of two lower ones."""
POSITIONS = [[[1, 2, 3, 4], [0, 0, 0, -1], [5, -5, 0, 0.5]], [[0.25] * 4, [2] * 4, [-3, -3, -3, 0]]]
"""For each of two outputs, the weights of the positions of three 2 × 2 maps."""


class Tiny(nn.Module):
    """Two convolutions, and a linear layer above a map of 2 × 2."""

    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Conv2d(3, 2, 1)
        self.relu = nn.ReLU()
        self.high = nn.Conv2d(2, 3, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.rows = nn.Flatten(2)
        self.out = nn.Linear(12, 2)
        self.unused = nn.Linear(1, 1)
        with torch.no_grad():
            self.low.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 2, -1]])[:, :, None, None])
            self.low.bias.copy_(torch.tensor([0.25, 0.5]))  # type: ignore[union-attr]
            self.high.weight.zero_()
            sums = torch.tensor(BETWEEN)
            self.high.weight[:, :, 0, 0] = sums - 1  # more than the center of the kernel
            self.high.weight[:, :, 1, 2] = 1
            self.out.weight.copy_(torch.tensor(POSITIONS).flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.out(self.rows(self.pool(self.high(self.relu(self.low(x))))).flatten(1))
        return logits


class Last(nn.Module):
    """Returns its map with the channels last."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


@pytest.fixture(scope="module")
def tiny() -> Network:
    return wrap(Tiny(), size=16)


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


@pytest.fixture(scope="module")
def picture() -> Tensor:
    return torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(3))


# Counts.


def test_channels_of_maps_and_vectors_are_counted(tiny: Network) -> None:
    layers = ["high", "low", "pool", "rows", "out", "unused", "no such layer"]
    assert channel_counts(tiny, layers, 16) == {"high": 3, "low": 2, "pool": 3, "out": 2}


def test_channels_last_maps_are_counted_by_their_channels() -> None:
    module = nn.Sequential(nn.Conv2d(3, 5, 1), Last(), nn.Flatten(), nn.Linear(5 * 32 * 32, 2))
    assert channel_counts(wrap(module, size=32), ["0", "1"], 32) == {"0": 5, "1": 5}


def test_compact_network_has_alexnets_layers(compact: Network) -> None:
    found = channel_counts(compact, compact.card.hidden, 64)
    assert found == {"conv1": 64, "conv2": 192, "conv3": 384, "conv4": 256, "conv5": 256, "fc6": 512}


# Connections.


def test_weight_between_two_convolutions_is_the_kernel_sum(tiny: Network) -> None:
    assert connections(tiny, "low", "high", 2) == Connections(
        inputs=(((0, 1.0), (1, -2.0)), ((1, 3.0), (0, 0.5)), ((1, 0.25), (0, -4.0))),
        outputs=(((0, 1.0), (1, 0.5), (2, -4.0)), ((1, 3.0), (2, 0.25), (0, -2.0))),
    )


def test_weight_between_a_map_and_a_linear_layer_is_the_sum_over_positions(tiny: Network) -> None:
    assert connections(tiny, "high", "out", 9) == Connections(
        inputs=(((0, 10.0), (2, 0.5), (1, -1.0)), ((1, 8.0), (0, 1.0), (2, -9.0))),
        outputs=(((0, 10.0), (1, 1.0)), ((1, 8.0), (0, -1.0)), ((0, 0.5), (1, -9.0))),
    )


def test_weight_is_the_contribution_of_a_constant_map(tiny: Network) -> None:
    found = connections(tiny, "high", "out", 3)
    (to_first, _), through = found.inputs, found.outputs
    layer = tiny._module.get_submodule("out")
    for channel, weight in to_first:
        maps = torch.zeros(1, 3, 2, 2)
        maps[0, channel] = 1
        added = (layer(maps.flatten(1)) - layer(torch.zeros(1, 12)))[0].tolist()
        assert added[0] == pytest.approx(weight)
        assert dict(through[channel]) == pytest.approx(dict(enumerate(added)))


def test_count_limits_the_connections_of_each_channel(compact: Network) -> None:
    found = connections(compact, "conv5", "fc6", 6)
    assert (len(found.inputs), len(found.outputs)) == (512, 256)
    assert {len(ranked) for way in (found.inputs, found.outputs) for ranked in way} == {12}
    sums = compact.linear("fc6")[0].view(512, 256, 36).sum(2)
    channel, weight = found.inputs[7][0]
    assert weight == pytest.approx(sums[7, channel].item(), rel=1e-3)
    assert weight == pytest.approx(sums[7].max().item(), rel=1e-3)
    assert found.inputs[7][6][1] == pytest.approx(sums[7].min().item(), rel=1e-3)


@pytest.mark.parametrize(("below", "layer"), [("relu", "high"), ("low", "relu"), ("high", "high"), ("low", "low")])
def test_layers_that_are_not_adjacent_have_no_connections(tiny: Network, below: str, layer: str) -> None:
    assert connections(tiny, below, layer, 3) == Connections()


# Attribution.


def test_attribution_is_activation_times_gradient(tiny: Network) -> None:
    """For an image of one color the lower maps are constant, and the upper ones are constant except at the borders."""
    image = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None].expand(1, 3, 16, 16).clone()
    found = attribution(tiny, image, 0, ["low", "high", "out"])
    outputs = tiny.submodel(["high"], (16, 16))(image)["high"][0]
    quarters = outputs.view(3, 2, 8, 2, 8).mean((2, 4)).flatten(1)
    assert found["high"] == pytest.approx((torch.tensor(POSITIONS[0]) * quarters).sum(1).tolist(), rel=1e-3)
    logit, bias = tiny.logits(image)[0, 0].item(), tiny.linear("out")[1][0].item()
    assert found["out"] == pytest.approx([logit, 0], rel=1e-3)
    assert sum(found["high"]) == pytest.approx(logit - bias, rel=1e-3)


@pytest.mark.parametrize("unit", [340, 7])
def test_attribution_of_the_last_hidden_layer_sums_to_the_logit_minus_its_bias(
    compact: Network, picture: Tensor, unit: int
) -> None:
    found = attribution(compact, picture, unit, ["conv5", "fc6"])
    weights, bias = compact.linear("fc8")
    logit = compact.logits(IMAGENET(picture))[0, unit].item()
    assert sum(found["fc6"]) == pytest.approx(logit - bias[unit].item(), abs=2e-3)
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0].relu()
    assert found["fc6"] == pytest.approx((weights[unit] * hidden).tolist(), rel=1e-3, abs=1e-6)
    assert len(found["conv5"]) == 256


def test_inactive_channels_have_no_attribution(compact: Network, picture: Tensor) -> None:
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0]
    added = attribution(compact, picture, 340, ["fc6"])["fc6"]
    inactive = (hidden <= 0).nonzero().flatten().tolist()
    assert 0 < len(inactive) < 512
    assert {added[channel] for channel in inactive} == {0.0}


def test_attribution_leaves_the_network_unchanged(compact: Network, picture: Tensor) -> None:
    before = compact.logits(IMAGENET(picture))
    attribution(compact, picture, 340, ["conv5", "fc6"])
    assert torch.equal(compact.logits(IMAGENET(picture)), before)
    hooks = [hook for part in compact._module.modules() for hook in part._forward_hooks]
    assert hooks == []


# Responses.


@pytest.mark.parametrize("target", ["conv1:3", "conv4:117", "conv5:12", "fc6:3"])
def test_mean_activation_is_the_activation_of_the_channels_target(
    compact: Network, picture: Tensor, target: str
) -> None:
    layer, _, channel = target.partition(":")
    found = mean_activation(compact, picture, ["conv1", "conv4", "conv5", "fc6"])[layer][int(channel)]
    assert found == pytest.approx(measure(compact, target, picture).activation, rel=1e-3)


def test_mean_activation_for_one_color_equals_the_sum_by_hand(tiny: Network) -> None:
    image = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None].expand(1, 3, 8, 12)
    assert mean_activation(tiny, image, ["low"]) == {"low": (0.5 + 0.25, 2 * 0.25 - 0.125 + 0.5)}


def test_mean_response_is_the_mean_after_the_relu(compact: Network, picture: Tensor) -> None:
    outputs = compact.submodel(["conv3", "fc6"], (96, 96))(IMAGENET(picture))
    found = mean_response(compact, picture, ["conv3", "fc6"])
    assert found["conv3"] == pytest.approx(outputs["conv3"][0].relu().mean((1, 2)).tolist(), rel=1e-3)
    assert found["fc6"] == pytest.approx(outputs["fc6"][0].relu().tolist(), rel=1e-3)


# Flow.


def test_flow_is_the_share_of_the_next_channels_response(tiny: Network) -> None:
    """For an image of one color, away from the borders: kernel sums times the lower channels' responses."""
    image = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None].expand(1, 3, 64, 64).clone()
    (row,) = flow(tiny, image, {"low": [1, 0], "high": [1]})["high"]
    added = torch.tensor(BETWEEN[1]) * torch.tensor([0.75, 0.875])
    whole = added.sum() + tiny._module.get_submodule("high").bias[1]  # type: ignore[index]
    assert row == pytest.approx([(added[1] / whole).item(), (added[0] / whole).item()], rel=0.1)


def test_flow_of_all_channels_sums_to_the_response_minus_its_bias(compact: Network, picture: Tensor) -> None:
    outputs = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0]
    unit = int(outputs.argmax())
    (parts,) = flow(compact, picture, {"conv5": range(256), "fc6": [unit]})["fc6"]
    _, bias = compact.linear("fc6")
    assert sum(parts) == pytest.approx(((outputs[unit] - bias[unit]) / outputs[unit]).item(), abs=0.01)


def test_flow_into_an_inactive_channel_is_zero(compact: Network, picture: Tensor) -> None:
    outputs = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0]
    assert flow(compact, picture, {"conv5": [3, 5], "fc6": [int(outputs.argmin())]})["fc6"] == ((0.0, 0.0),)


def test_values_have_four_significant_digits(compact: Network, picture: Tensor) -> None:
    values = mean_activation(compact, picture, ["conv4"])["conv4"]
    assert [value for value in values if float(f"{value:.4g}") != value] == []


# Ablation.


def test_ablation_is_the_logit_of_the_network_with_units_set_to_zero(compact: Network, picture: Tensor) -> None:
    """The units are set to zero, and the last layer is computed again."""
    found = ablation(compact, picture, 340, [1, 5, 512])
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0].relu()
    weights, bias = compact.linear("fc8")

    def logit(removed: Tensor) -> float:
        left = hidden.clone()
        left[removed] = 0
        return (weights @ left + bias)[340].item()

    nothing = torch.tensor([], dtype=torch.long)
    active = hidden.argsort(descending=True)[: int((hidden > 0).sum())]
    assert (found.layer, found.units, found.active, found.counts) == ("fc6", 512, len(active), (1, 5, 512))
    assert found.logit == pytest.approx(logit(nothing), abs=1e-4)
    assert found.logit == pytest.approx(measure(compact, "fc8:340", picture).activation, abs=1e-3)
    assert found.logit + found.most[1] == pytest.approx(logit(active[:5]), abs=1e-4)
    assert found.logit + found.least[1] == pytest.approx(logit(active[-5:]), abs=1e-4)
    for changes in (found.most, found.least, found.random):  # without any unit, the bias is left
        assert found.logit + changes[2] == pytest.approx(bias[340].item(), abs=1e-3)


def test_random_ablation_selects_active_units(compact: Network, picture: Tensor) -> None:
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0].relu()
    weights, _ = compact.linear("fc8")
    active = int((hidden > 0).sum())
    found = ablation(compact, picture, 340, [1, active])
    mean = (weights[340] * hidden).sum().item() / active
    assert found.random[1] == pytest.approx(-mean * active, abs=1e-3)
    assert found.random[0] == pytest.approx(-mean, abs=0.1)


def test_random_ablation_depends_on_its_seed_alone(compact: Network, picture: Tensor) -> None:
    first, second = (ablation(compact, picture, 1, [8], seed=5) for _ in range(2))
    assert first == second
    assert first.random != ablation(compact, picture, 1, [8], seed=6).random


# The models.


def test_models_are_frozen_and_refuse_nan(compact: Network, picture: Tensor) -> None:
    found = ablation(compact, picture, 340, [1])
    with pytest.raises(ValidationError, match="frozen"):
        found.logit = 0.0  # type: ignore[misc]
    with pytest.raises(ValidationError, match="finite"):
        Ablation.model_validate({**found.model_dump(), "logit": float("nan")})


@pytest.mark.parametrize("model", ["layers", "filters", "connections", "ablation"])
def test_models_survive_json(compact: Network, picture: Tensor, model: str) -> None:
    kind, value = {
        "layers": (kinds.LAYERS, lambda: layers(compact, 64)),
        "filters": (kinds.FILTERS, lambda: filters(compact, "conv1")),
        "connections": (kinds.CONNECTIONS, lambda: connections(compact, "conv1", "conv2", 2)),
        "ablation": (kinds.ABLATION, lambda: ablation(compact, picture, 340, [1])),
    }[model]
    measurement: Any = value()
    adapter: Any = kind.type  # type: ignore[attr-defined]
    assert adapter.validate_json(adapter.dump_json(measurement)) == measurement
