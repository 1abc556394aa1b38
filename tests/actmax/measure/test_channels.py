"""What is said of a network's channels, against sums that can be done by hand and against the network itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from actmax.measure.channels import attribution, connections, counts, flow, mean_activation, mean_response
from actmax.measure.measure import measure
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap

BETWEEN = [[1.0, -2.0], [0.5, 3.0], [-4.0, 0.25]]
"""Row by row what each of three upper channels has for each of two lower ones."""
PLACES = [[[1, 2, 3, 4], [0, 0, 0, -1], [5, -5, 0, 0.5]], [[0.25] * 4, [2] * 4, [-3, -3, -3, 0]]]
"""Of two outputs the weights for each place of the 2 × 2 maps of three channels."""


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
            self.high.weight[:, :, 0, 0] = sums - 1  # a kernel is more than its centre
            self.high.weight[:, :, 1, 2] = 1
            self.out.weight.copy_(torch.tensor(PLACES).flatten(1))

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


# How many there are.


def test_maps_and_vectors_have_channels_and_nothing_else_has(tiny: Network) -> None:
    layers = ["high", "low", "pool", "rows", "out", "unused", "no such layer"]
    assert counts(tiny, layers, 16) == {"high": 3, "low": 2, "pool": 3, "out": 2}


def test_channels_that_are_kept_last_are_counted_as_channels() -> None:
    module = nn.Sequential(nn.Conv2d(3, 5, 1), Last(), nn.Flatten(), nn.Linear(5 * 32 * 32, 2))
    assert counts(wrap(module, size=32), ["0", "1"], 32) == {"0": 5, "1": 5}


def test_the_layers_of_the_compact_network_are_those_of_alexnet(compact: Network) -> None:
    found = counts(compact, compact.card.hidden, 64)
    assert found == {"conv1": 64, "conv2": 192, "conv3": 384, "conv4": 256, "conv5": 256, "fc6": 512}


# What they are connected to.


def test_two_convolutions_are_connected_by_the_sums_of_their_kernels(tiny: Network) -> None:
    assert connections(tiny, "low", "high", 2) == {
        "inputs": [[(0, 1.0), (1, -2.0)], [(1, 3.0), (0, 0.5)], [(1, 0.25), (0, -4.0)]],
        "outputs": [[(0, 1.0), (1, 0.5), (2, -4.0)], [(1, 3.0), (2, 0.25), (0, -2.0)]],
    }


def test_a_linear_layer_is_connected_to_a_map_by_the_sum_over_its_places(tiny: Network) -> None:
    assert connections(tiny, "high", "out", 9) == {
        "inputs": [[(0, 10.0), (2, 0.5), (1, -1.0)], [(1, 8.0), (0, 1.0), (2, -9.0)]],
        "outputs": [[(0, 10.0), (1, 1.0)], [(1, 8.0), (0, -1.0)], [(0, 0.5), (1, -9.0)]],
    }


def test_a_connection_is_what_a_map_of_equal_values_adds(tiny: Network) -> None:
    (to_first, _), through = (connections(tiny, "high", "out", 3)[way] for way in ("inputs", "outputs"))
    layer = tiny._module.get_submodule("out")
    for channel, weight in to_first:
        maps = torch.zeros(1, 3, 2, 2)
        maps[0, channel] = 1
        added = (layer(maps.flatten(1)) - layer(torch.zeros(1, 12)))[0].tolist()
        assert added[0] == pytest.approx(weight)
        assert dict(through[channel]) == pytest.approx(dict(enumerate(added)))


def test_as_many_are_named_as_are_asked_for(compact: Network) -> None:
    found = connections(compact, "conv5", "fc6", 6)
    assert (len(found["inputs"]), len(found["outputs"])) == (512, 256)
    assert {len(strongest) for way in found.values() for strongest in way} == {12}
    sums = compact.linear("fc6")[0].view(512, 256, 36).sum(2)
    channel, weight = found["inputs"][7][0]
    assert weight == pytest.approx(sums[7, channel].item(), rel=1e-3)
    assert weight == pytest.approx(sums[7].max().item(), rel=1e-3)
    assert found["inputs"][7][6][1] == pytest.approx(sums[7].min().item(), rel=1e-3)


@pytest.mark.parametrize(("below", "layer"), [("relu", "high"), ("low", "relu"), ("high", "high"), ("low", "low")])
def test_layers_that_do_not_fit_upon_each_other_are_not_connected(tiny: Network, below: str, layer: str) -> None:
    assert connections(tiny, below, layer, 3) == {"inputs": [], "outputs": []}


# What they matter to.


def test_what_a_channel_adds_is_its_activation_times_the_slope(tiny: Network) -> None:
    """Of a picture of one colour: the lower maps are even, and the upper ones even but for their borders."""
    image = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None].expand(1, 3, 16, 16).clone()
    found = attribution(tiny, image, 0, ["low", "high", "out"])
    outputs = tiny.submodel(["high"], (16, 16))(image)["high"][0]
    quarters = outputs.view(3, 2, 8, 2, 8).mean((2, 4)).flatten(1)
    assert found["high"] == pytest.approx((torch.tensor(PLACES[0]) * quarters).sum(1).tolist(), rel=1e-3)
    logit, bias = tiny.logits(image)[0, 0].item(), tiny.linear("out")[1][0].item()
    assert found["out"] == pytest.approx([logit, 0], rel=1e-3)
    assert sum(found["high"]) == pytest.approx(logit - bias, rel=1e-3)


@pytest.mark.parametrize("unit", [340, 7])
def test_the_last_hidden_layer_adds_up_to_the_logit_less_its_bias(compact: Network, picture: Tensor, unit: int) -> None:
    found = attribution(compact, picture, unit, ["conv5", "fc6"])
    weights, bias = compact.linear("fc8")
    logit = compact.logits(IMAGENET(picture))[0, unit].item()
    assert sum(found["fc6"]) == pytest.approx(logit - bias[unit].item(), abs=2e-3)
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0].relu()
    assert found["fc6"] == pytest.approx((weights[unit] * hidden).tolist(), rel=1e-3, abs=1e-6)
    assert len(found["conv5"]) == 256


def test_a_channel_that_is_silent_adds_nothing(compact: Network, picture: Tensor) -> None:
    hidden = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0]
    added = attribution(compact, picture, 340, ["fc6"])["fc6"]
    silent = (hidden <= 0).nonzero().flatten().tolist()
    assert 0 < len(silent) < 512
    assert {added[channel] for channel in silent} == {0.0}


def test_asking_leaves_the_network_as_it_was(compact: Network, picture: Tensor) -> None:
    before = compact.logits(IMAGENET(picture))
    attribution(compact, picture, 340, ["conv5", "fc6"])
    assert torch.equal(compact.logits(IMAGENET(picture)), before)
    hooks = [hook for part in compact._module.modules() for hook in part._forward_hooks]
    assert hooks == []


# What excites them.


@pytest.mark.parametrize("target", ["conv1:3", "conv4:117", "conv5:12", "fc6:3"])
def test_a_picture_excites_a_channel_as_much_as_a_drawing_of_it_scores(
    compact: Network, picture: Tensor, target: str
) -> None:
    layer, _, channel = target.partition(":")
    found = mean_activation(compact, picture, ["conv1", "conv4", "conv5", "fc6"])[layer][int(channel)]
    assert found == pytest.approx(measure(compact, target, picture).activation, rel=1e-3)


def test_how_much_a_picture_of_one_colour_excites_can_be_worked_out_by_hand(tiny: Network) -> None:
    image = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None].expand(1, 3, 8, 12)
    assert mean_activation(tiny, image, ["low"]) == {"low": [0.5 + 0.25, 2 * 0.25 - 0.125 + 0.5]}


def test_what_a_channel_answers_is_the_mean_of_what_it_hands_on(compact: Network, picture: Tensor) -> None:
    outputs = compact.submodel(["conv3", "fc6"], (96, 96))(IMAGENET(picture))
    found = mean_response(compact, picture, ["conv3", "fc6"])
    assert found["conv3"] == pytest.approx(outputs["conv3"][0].relu().mean((1, 2)).tolist(), rel=1e-3)
    assert found["fc6"] == pytest.approx(outputs["fc6"][0].relu().tolist(), rel=1e-3)


# What they hand on.


def test_what_a_channel_hands_on_is_a_part_of_the_next_ones_answer(tiny: Network) -> None:
    """Of a picture of one colour, away from the borders: the weights' sums times what the lower channels hand on."""
    image = torch.tensor([0.5, 0.25, 0.125])[None, :, None, None].expand(1, 3, 64, 64).clone()
    (row,) = flow(tiny, image, {"low": [1, 0], "high": [1]})["high"]
    added = torch.tensor(BETWEEN[1]) * torch.tensor([0.75, 0.875])
    whole = added.sum() + tiny._module.get_submodule("high").bias[1]  # type: ignore[index]
    assert row == pytest.approx([(added[1] / whole).item(), (added[0] / whole).item()], rel=0.1)


def test_all_channels_of_a_layer_hand_on_what_the_next_answers_less_its_bias(compact: Network, picture: Tensor) -> None:
    outputs = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0]
    unit = int(outputs.argmax())
    (parts,) = flow(compact, picture, {"conv5": range(256), "fc6": [unit]})["fc6"]
    _, bias = compact.linear("fc6")
    assert sum(parts) == pytest.approx(((outputs[unit] - bias[unit]) / outputs[unit]).item(), abs=0.01)


def test_nothing_is_handed_on_to_a_channel_that_is_silent(compact: Network, picture: Tensor) -> None:
    outputs = compact.submodel(["fc6"], (96, 96))(IMAGENET(picture))["fc6"][0]
    assert flow(compact, picture, {"conv5": [3, 5], "fc6": [int(outputs.argmin())]})["fc6"] == [[0.0, 0.0]]


def test_numbers_have_four_digits(compact: Network, picture: Tensor) -> None:
    numbers = mean_activation(compact, picture, ["conv4"])["conv4"]
    assert [number for number in numbers if float(f"{number:.4g}") != number] == []
