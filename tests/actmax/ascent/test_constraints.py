"""Constraints: projections of the parameters, with values that can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from actmax.ascent.constraints import (
    blur,
    bound_color,
    bounded,
    clip,
    clip_contribution,
    clip_norm,
    l2_decay,
    norm,
    takes_gradient,
)
from actmax.ascent.gradients import gaussian_blur
from actmax.ascent.params import Canvas
from actmax.errors import RecipeError
from actmax.networks.network import IMAGENET

CANVAS = Canvas(3, 8, 8, IMAGENET, IMAGENET.inverse)


def test_norm_scales_each_image_to_a_root_mean_square_and_leaves_zero_as_it_is() -> None:
    x = torch.tensor([[[[3.0, 4.0]]], [[[0.0, -0.2]]], [[[0.0, 0.0]]]])
    found = norm(2.0)(x, 1, CANVAS).flatten(1)
    root = math.sqrt(12.5)
    torch.testing.assert_close(found[0], torch.tensor([6 / root, 8 / root]))
    torch.testing.assert_close(found[1], torch.tensor([0.0, -2 * math.sqrt(2)]))
    assert found[2].tolist() == [0.0, 0.0]


def test_norm_is_that_of_any_parameters() -> None:
    codes = torch.tensor([[3.0, 4.0], [1.0, 1.0]])
    assert norm(1.0)(codes, 1, CANVAS).square().mean(1).tolist() == pytest.approx([1.0, 1.0])


def test_decay_shrinks_each_parameter_by_a_part() -> None:
    x = torch.tensor([[[[8.0, -4.0]]]])
    assert l2_decay(0.25)(x, 5, CANVAS).flatten().tolist() == [6.0, -3.0]


def test_a_blur_comes_after_every_so_many_steps() -> None:
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    constrain = blur(1.0, every=4)
    for steps in range(1, 9):
        expected = gaussian_blur(x, 1.0) if steps in (4, 8) else x
        assert torch.equal(constrain(x, steps, CANVAS), expected), steps
    assert torch.equal(blur(1.0)(x, 1, CANVAS), gaussian_blur(x, 1.0))


def test_a_blur_falls_to_nothing() -> None:
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    constrain = blur(2.0, until=4)
    assert torch.equal(constrain(x, 1, CANVAS), gaussian_blur(x, 1.5))
    assert torch.equal(constrain(x, 3, CANVAS), gaussian_blur(x, 0.5))
    assert torch.equal(constrain(x, 4, CANVAS), x)


def test_the_pixels_of_the_smallest_norm_become_zero_in_each_image() -> None:
    rising = torch.arange(1.0, 11.0).view(1, 1, 2, 5)
    x = torch.cat([torch.cat([rising, -rising], 1), torch.cat([rising.flip(3), 0 * rising], 1)])
    found = clip_norm(0.5)(x, 1, CANVAS)
    assert found[0].flatten(1).tolist() == [
        [0.0] * 5 + [6.0, 7.0, 8.0, 9.0, 10.0],
        [0.0] * 5 + [-6.0, -7.0, -8.0, -9.0, -10.0],
    ]
    assert found[1, 0].flatten().tolist() == [0.0] * 5 + [10.0, 9.0, 8.0, 7.0, 6.0]
    assert torch.equal(clip_norm(0.0)(x, 1, CANVAS), x)


def test_the_pixels_of_the_smallest_contribution_become_zero() -> None:
    """Contributions over the colors: 3 - 3 = 0, 0.5 + 0.1 = 0.6, -4 + 0 = -4."""
    x = torch.tensor([[[[3.0, 0.5, 2.0]], [[1.0, 0.1, 9.0]]]])
    gradient = torch.tensor([[[[1.0, 1.0, -2.0]], [[-3.0, 1.0, 0.0]]]])
    for part, expected in ((0.2, [0.0, 0.5, 2.0]), (0.6, [0.0, 0.0, 2.0])):
        assert clip_contribution(part)(x, 1, CANVAS, gradient)[0, 0, 0].tolist() == expected
    with pytest.raises(RecipeError, match="clip_contribution belongs to pixels"):
        clip_contribution(0.5)(torch.ones(1, 7), 1, CANVAS, gradient)


def test_only_a_constraint_with_a_fourth_parameter_is_given_the_gradient() -> None:
    assert takes_gradient(clip_contribution(0.5))
    assert takes_gradient(lambda x, step, canvas, gradient: x)
    for constrain in (clip_norm(0.5), blur(1.0), clip(), lambda x, step, canvas: x):
        assert not takes_gradient(constrain)


def test_a_color_is_scaled_down_to_its_bound() -> None:
    x = torch.tensor([[[[3.0, 0.3]], [[0.0, 0.0]], [[4.0, -0.4]]]])
    found = bound_color(2.0)(x, 1, CANVAS)
    torch.testing.assert_close(found, torch.tensor([[[[1.2, 0.3]], [[0.0, 0.0]], [[1.6, -0.4]]]]))


def test_clip_keeps_each_channel_in_the_range_of_an_image() -> None:
    rgb = torch.tensor([-9.0, 0.0, 0.3, 1.0, 9.0]).view(1, 1, 1, 5).expand(2, 3, 1, 5)
    found = IMAGENET.inverse(clip()(IMAGENET(rgb), 1, CANVAS))
    expected = torch.tensor([0.0, 0.0, 0.3, 1.0, 1.0]).view(1, 1, 1, 5).expand(2, 3, 1, 5)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_a_code_stays_between_zero_and_the_largest() -> None:
    assert bounded(3.0)(torch.tensor([[-1.0, 0.5, 3.5]]), 1, CANVAS).tolist() == [[0.0, 0.5, 3.0]]
