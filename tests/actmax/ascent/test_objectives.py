"""Objectives: the score of a target, whatever the layout of the network's channels, and arithmetic with scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from actmax.ascent.objectives import (
    Objective,
    Outputs,
    alignment,
    channel,
    channels_first,
    cosine,
    direction,
    diversity,
    layer,
    logit,
    score,
    unit,
)
from actmax.errors import RecipeError
from actmax.recipe.target import parse

LOGITS = torch.tensor([[1.0, 2.0, -4.0], [0.5, -8.0, 16.0]])
"""Two images, three classes."""

MAPS = torch.tensor(
    [
        [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[-1.0, 0.0, 0.0], [0.0, -7.0, 2.0]]],
        [[[0.0, 0.0, 0.0], [0.0, 0.0, 12.0]], [[6.0, 6.0, 6.0], [6.0, 6.0, 6.0]]],
    ]
)
"""Two images, two channels, two rows, three columns: the center is row 1, column 1."""


@pytest.mark.parametrize(
    ("texts", "activations", "scores"),
    [
        (["logits:1", "logits:1"], LOGITS, [2.0, -8.0]),
        (["logits:2", "logits:0"], LOGITS, [-4.0, 0.5]),
        (["logits:0@center", "logits:2@center"], LOGITS, [1.0, 16.0]),
        (["logits:0 - 0.5*logits:2", "logits:1"], LOGITS, [1 + 0.5 * 4, -8.0]),
        (["-logits:0", "3*logits:2 + logits:1"], LOGITS, [-1.0, 3 * 16 - 8]),
        (["logits", "logits"], LOGITS, [(1 + 4 + 16) / 3, (0.25 + 64 + 256) / 3]),
        (["conv:0", "conv:1"], MAPS, [21 / 6, 6.0]),
        (["conv:1", "conv:0"], MAPS, [-6 / 6, 12 / 6]),
        (["conv:0@center", "conv:1@center"], MAPS, [5.0, 6.0]),
        (["conv:1@center", "conv:0@center"], MAPS, [-7.0, 0.0]),
        (["conv:0@0,2", "conv:1@0,2"], MAPS, [3.0, 6.0]),
        (["conv:0@1,2", "conv:0@1,2"], MAPS, [6.0, 12.0]),
        (["conv:0 - 2*conv:1", "conv:0 + conv:1"], MAPS, [3.5 + 2, 2.0 + 6]),
        (["conv:0@center + conv:1@center"] * 2, MAPS, [-2.0, 6.0]),
        (["conv", "conv"], MAPS, [(91 + 1 + 49 + 4) / 12, (144 + 6 * 36) / 12]),
    ],
)
def test_the_score_is_that_of_the_target(texts: list[str], activations: Tensor, scores: list[float]) -> None:
    found = score([parse(text) for text in texts], activations)
    assert found.tolist() == pytest.approx(scores)


def test_the_center_of_an_even_map_is_below_and_right_of_its_middle() -> None:
    maps = torch.arange(24.0).view(1, 1, 4, 6)
    assert score([parse("conv:0@center")], maps).item() == maps[0, 0, 2, 3]


def test_scores_are_float32_in_any_arithmetic() -> None:
    found = score([parse("logits:1"), parse("logits:2")], LOGITS.bfloat16())
    assert found.dtype == torch.float32
    assert found.tolist() == [2.0, 16.0]


@pytest.mark.parametrize("text", ["conv:1", "conv:1@center", "conv:1@0,2", "conv:0 - 0.5*conv:1", "conv"])
def test_a_score_depends_on_its_own_image_only(text: str) -> None:
    maps = torch.randn(3, 2, 4, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (grad,) = torch.autograd.grad(score([parse(text)] * 3, maps)[1], maps)
    assert grad[1].abs().sum() > 0
    assert grad[0].abs().sum() == grad[2].abs().sum() == 0


@pytest.mark.parametrize("text", ["conv:1", "conv:1@center", "conv"])
def test_a_score_is_finite_beside_an_image_that_is_not(text: str) -> None:
    maps = MAPS.clone()
    maps[0] = torch.inf
    assert score([parse(text)] * 2, maps)[1] == score([parse(text)] * 2, MAPS)[1]


def test_the_gradient_of_a_channel_is_spread_evenly_over_space() -> None:
    maps = MAPS.clone().requires_grad_()
    (grad,) = torch.autograd.grad(score([parse("conv:1"), parse("conv:0")], maps).sum(), maps)
    sixth = torch.full((2, 3), 1 / 6)
    assert torch.allclose(grad[0], torch.stack([torch.zeros(2, 3), sixth]))
    assert torch.allclose(grad[1], torch.stack([sixth, torch.zeros(2, 3)]))


@pytest.mark.parametrize(
    ("text", "activations", "words"),
    [
        ("logits:3", LOGITS, "logits has 3 channels: 3 is not one of 0…2"),
        ("conv:12", MAPS, "conv has 2 channels: 12 is not one of 0…1"),
        ("conv:0@1,1 + conv:2@1,1", MAPS, "conv has 2 channels: 2 is not one of 0…1"),
        ("conv:0@2,0", MAPS, "conv is 2 × 3 here: 'conv:0@2,0' lies outside it"),
        ("conv:0@0,3", MAPS, "conv is 2 × 3 here: 'conv:0@0,3' lies outside it"),
        ("logits:0@0,0", LOGITS, "logits has no space: 'logits:0@0,0' names a position in it"),
    ],
)
def test_what_the_layer_does_not_have_is_refused(text: str, activations: Tensor, words: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        score([parse(text)] * 2, activations)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("shape", "size", "kept"),
    [
        ((2, 10), (224, 224), True),
        ((2, 64, 55, 55), (224, 224), True),
        ((2, 256, 1, 1), (32, 32), True),
        ((2, 64, 27, 55), (112, 224), True),
        ((2, 16, 24, 52), (28, 56), True),
        ((2, 2, 4, 4), (28, 56), True),
        ((2, 256, 6, 6), (224, 448), True),
        ((2, 7, 7, 7), (224, 224), True),
        ((2, 56, 56, 96), (224, 224), False),
        ((2, 28, 56, 96), (112, 224), False),
        ((2, 1, 1, 768), (32, 32), False),
    ],
)
def test_channels_last_are_recognized_by_the_images_proportions(
    shape: tuple[int, ...], size: tuple[int, int], kept: bool
) -> None:
    output = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = channels_first("layer", output, size)
    assert torch.equal(found, output if kept else output.movedim(-1, 1))


def test_more_axes_are_refused_with_a_way_out() -> None:
    with pytest.raises(RecipeError, match=r"encoder returns .* numbers for an image.*as a function"):
        channels_first("encoder", torch.zeros(2, 3, 4, 5, 6), (224, 224))


@pytest.mark.parametrize(
    ("tokens", "size", "prefix", "shape"),
    [
        (197, (224, 224), 1, (14, 14)),
        (196, (224, 224), 0, (14, 14)),
        (198, (224, 224), 2, (14, 14)),
        (261, (224, 224), 5, (16, 16)),
        (99, (112, 224), 1, (7, 14)),
        (50, (64, 64), 1, (7, 7)),
    ],
)
def test_tokens_become_a_map_without_class_and_register_tokens(
    tokens: int, size: tuple[int, int], prefix: int, shape: tuple[int, int]
) -> None:
    output = torch.randn(2, tokens, 8, generator=torch.Generator().manual_seed(0))
    maps = channels_first("blocks.3", output, size)
    assert maps.shape == (2, 8, *shape)
    assert torch.equal(maps[1, 3, 0, :2], output[1, prefix : prefix + 2, 3])
    assert torch.equal(maps[1, :, -1, -1], output[1, -1])


def test_tokens_that_form_no_map_are_one_column() -> None:
    output = torch.randn(2, 23, 8)
    assert torch.equal(channels_first("blocks.3", output, (224, 224)), output.mT[..., None])
    assert torch.equal(channel("x", 3)({"x": output}), output[..., 3].mean(1))


# By name.

OUTPUTS = {"logits": LOGITS, "conv": MAPS}


@pytest.mark.parametrize(
    ("objective", "target"),
    [
        (channel("conv", 1), "conv:1"),
        (unit("conv", 1), "conv:1@center"),
        (unit("conv", 0, (0, 2)), "conv:0@0,2"),
        (logit(2), "logits:2"),
        (layer("conv"), "conv"),
        (channel("conv", 0) - 0.5 * channel("conv", 1), "conv:0 - 0.5*conv:1"),
        (sum([channel("conv", 0), channel("conv", 1)]), "conv:0 + conv:1"),
        (-logit(1), "-logits:1"),
        (2 * logit(0) + logit(1) / 4, "2*logits:0 + 0.25*logits:1"),
    ],
)
def test_objectives_have_the_scores_of_their_targets(objective: Objective, target: str) -> None:
    parsed = parse(target)
    expected = score([parsed] * 2, OUTPUTS[parsed.layer])
    assert objective(OUTPUTS).tolist() == pytest.approx(expected.tolist())


def test_objectives_go_with_functions_and_numbers() -> None:
    def square(outputs: Mapping[str, Tensor]) -> Tensor:
        return outputs["logits"][:, 0].square()

    for objective, expected in {
        logit(0) + square: [2.0, 0.75],
        logit(0) - square: [0.0, 0.25],
        square + logit(0): [2.0, 0.75],  # type: ignore[operator]
        square - logit(0): [0.0, -0.25],  # type: ignore[operator]
        1 - logit(0): [0.0, 0.5],
        logit(0) + 1: [2.0, 1.5],
    }.items():
        assert objective(OUTPUTS).tolist() == expected


def test_a_direction_is_a_dot_product_at_each_position_or_over_the_map() -> None:
    vector = torch.tensor([2.0, 1.0])
    at_positions = (MAPS * vector.view(1, 2, 1, 1)).sum(1).mean((1, 2))
    torch.testing.assert_close(direction("conv", vector)(OUTPUTS), at_positions)
    torch.testing.assert_close(direction("conv", MAPS[0])(OUTPUTS)[0], MAPS[0].square().sum() / 6)
    torch.testing.assert_close(direction("logits", LOGITS[0])(OUTPUTS), LOGITS @ LOGITS[0])
    cosines = (LOGITS @ LOGITS[0]) / LOGITS.norm(dim=1) / LOGITS[0].norm()
    expected = LOGITS @ LOGITS[0] * cosines.clamp_min(0.1) ** 2
    torch.testing.assert_close(direction("logits", LOGITS[0], cosine_power=2)(OUTPUTS), expected)


def test_a_cosine_is_that_of_positions_or_of_the_map() -> None:
    assert cosine("conv", MAPS[0])(OUTPUTS)[0].item() == pytest.approx(1)
    assert cosine("logits", LOGITS[1])(OUTPUTS)[1].item() == pytest.approx(1)
    ones = torch.ones(1, 2, 2, 2)
    assert cosine("ones", torch.tensor([1.0, 0.0]))({"ones": ones}).item() == pytest.approx(0.5**0.5)
    with torch.inference_mode():
        made_in_inference = torch.ones(2)
    with pytest.raises(RecipeError, match=r"shape \(3,\) is no direction"):
        cosine("ones", torch.ones(3))({"ones": ones})
    values = ones.requires_grad_()
    assert torch.autograd.grad(direction("ones", made_in_inference)({"ones": values}).sum(), values)


def test_diversity_is_zero_for_images_that_share_nothing_and_less_for_equal_ones() -> None:
    different = torch.eye(2).view(2, 2, 1, 1)
    assert diversity("conv")({"conv": different}).tolist() == [0.0, 0.0]
    assert diversity("conv")({"conv": torch.ones(3, 2, 4, 4)}).tolist() == pytest.approx([-1.0] * 3)
    assert diversity("conv")({"conv": torch.ones(1, 2, 4, 4)}).tolist() == [0.0]


def test_alignment_is_larger_the_nearer_neighbors_are() -> None:
    values = torch.tensor([[0.0], [1.0], [3.0]])
    assert alignment("x")({"x": values}).tolist() == [-(1 + 9 / 2), -(1 + 4), -(4 + 9 / 2)]


def test_a_part_of_the_batch_keeps_the_images_size() -> None:
    outputs = Outputs({"conv": torch.arange(2 * 8 * 8 * 64.0).view(2, 8, 8, 64)}, (64, 64), slice(1, 2))
    assert outputs["conv"].shape == (1, 8, 8, 64)
    assert channel("conv", 3)(outputs).item() == outputs["conv"][..., 3].mean().item()


@pytest.mark.parametrize("vector", [[1.0, 2.0], (1, 2), np.array([2.0, 1.0])[::-1], torch.tensor([1, 2])])
def test_a_vector_may_be_any_sequence_of_numbers(vector: Any) -> None:
    wanted = torch.tensor([1.0, 2.0])
    for objective in (direction, cosine):
        assert objective("conv", vector)({"conv": MAPS}).tolist() == objective("conv", wanted)({"conv": MAPS}).tolist()


def test_diversity_compares_vectors_too() -> None:
    opposite = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert diversity("fc")({"fc": opposite}).tolist() == [0.0, -0.5, -0.5]
