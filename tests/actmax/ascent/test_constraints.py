"""Constraints: projections of the parameters, with values that can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from actmax.ascent.constraints import blur, bounded, clip, l2_decay, norm
from actmax.ascent.gradients import gaussian_blur
from actmax.ascent.params import Canvas
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


def test_clip_keeps_each_channel_in_the_range_of_an_image() -> None:
    rgb = torch.tensor([-9.0, 0.0, 0.3, 1.0, 9.0]).view(1, 1, 1, 5).expand(2, 3, 1, 5)
    found = IMAGENET.inverse(clip()(IMAGENET(rgb), 1, CANVAS))
    expected = torch.tensor([0.0, 0.0, 0.3, 1.0, 1.0]).view(1, 1, 1, 5).expand(2, 3, 1, 5)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_a_code_stays_between_zero_and_the_largest() -> None:
    assert bounded(3.0)(torch.tensor([[-1.0, 0.5, 3.5]]), 1, CANVAS).tolist() == [[0.0, 0.5, 3.0]]
