"""A target's score is the number that it says, whatever way the network keeps its channels."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from actmax.ascent.objectives import channels_first, logsumexp, score
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
"""Two images, two channels, two rows, three columns: the centre is row 1, column 1."""


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
def test_the_score_is_the_number_that_the_target_says(
    texts: list[str], activations: Tensor, scores: list[float]
) -> None:
    found = score([parse(text) for text in texts], activations)
    assert found.tolist() == pytest.approx(scores)


def test_the_centre_of_an_even_map_lies_below_and_right_of_its_middle() -> None:
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
        ("logits:0@0,0", LOGITS, "logits has no space: 'logits:0@0,0' names a place in it"),
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
def test_a_map_is_told_from_its_channels_by_the_images_proportions(
    shape: tuple[int, ...], size: tuple[int, int], kept: bool
) -> None:
    output = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = channels_first("layer", output, size)
    assert torch.equal(found, output if kept else output.movedim(-1, 1))


@pytest.mark.parametrize("shape", [(2, 197, 768), (2, 3, 4, 5, 6)])
def test_what_is_no_map_is_refused_and_the_way_out_is_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(RecipeError, match=r"encoder returns .* numbers for an image.*as a function"):
        channels_first("encoder", torch.zeros(shape), (224, 224))


def test_rivals_change_the_slope_and_not_the_score() -> None:
    """The slope is autograd's of h - part · log Σ exp."""
    logits = LOGITS.clone().requires_grad_()

    def second(outputs: Mapping[str, Tensor]) -> Tensor:
        return outputs["logits"][:, 1]

    found = logsumexp(second, "logits", 0.5)({"logits": logits})
    assert found.tolist() == LOGITS[:, 1].tolist()
    (grad,) = torch.autograd.grad(found.sum(), logits)
    (expected,) = torch.autograd.grad((logits[:, 1] - 0.5 * logits.logsumexp(1)).sum(), logits)
    torch.testing.assert_close(grad, expected)
