"""Slopes on their way back to the picture: weighed image by image, blurred, centred, and remembered."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from actmax.ascent.gradients import GradientMagnitude, balance, blurred, centred, smoothed, unit


def slope_of(score: Tensor, x: Tensor) -> Tensor:
    (grad,) = torch.autograd.grad(score, x)
    return grad


def test_a_slope_of_mean_size_one_keeps_its_direction_and_zero_stays_zero() -> None:
    grads = torch.tensor([[[[1.0, -3.0]]], [[[1e-6, 3e-6]]], [[[0.0, 0.0]]]])
    torch.testing.assert_close(unit(grads), torch.tensor([[[[0.5, -1.5]]], [[[0.5, 1.5]]], [[[0.0, 0.0]]]]))


def test_the_objectives_slope_is_of_mean_size_one_and_a_penaltys_of_its_weight() -> None:
    x = torch.rand(3, 2, 4, 5, requires_grad=True)
    factors = torch.tensor([1.0, 1e-6, 1e6])[:, None, None, None]
    up, down = torch.randn(2, 3, 2, 4, 5)
    seen, restrained = balance(x, [0.3])
    assert torch.equal(seen, x)
    assert torch.equal(restrained, x)
    grad = slope_of(((factors * up * seen).flatten(1).sum(1) - (down * restrained).flatten(1).sum(1)).sum(), x)
    for image in range(3):
        expected = up[image] / up[image].abs().mean() - 0.3 * down[image] / down[image].abs().mean()
        assert torch.allclose(grad[image], expected, atol=1e-6)


def test_a_pulls_slope_is_taken_as_it_is() -> None:
    x = torch.rand(2, 3, 4, 5, requires_grad=True)
    up, down, back = torch.randn(3, 2, 3, 4, 5)
    seen, restrained, pulled = balance(x, [0.3], [7.0])
    assert torch.equal(pulled, x)
    grad = slope_of((1e3 * up * seen - 1e3 * down * restrained - back * pulled).sum(), x)
    torch.testing.assert_close(grad, unit(up) - 0.3 * unit(down) - 7 * back, rtol=1e-4, atol=1e-4)
    pulled_alone = balance(x, [], [7.0])
    assert len(pulled_alone) == 2
    torch.testing.assert_close(slope_of((back * pulled_alone[1]).sum() + 0 * pulled_alone[0].sum(), x), 7 * back)


@pytest.mark.parametrize("weights", [[], [0.5], [0.5, 0.1]])
def test_a_slope_of_zero_stays_zero(weights: list[float]) -> None:
    x = torch.rand(1, 3, 4, 4, requires_grad=True)
    seen, *copies = balance(x, weights)
    grad = slope_of((0 * seen).sum() + sum((0 * copy).sum() for copy in copies), x)
    assert torch.equal(grad, torch.zeros_like(x))


# Towards the middle.


def test_a_slope_counts_by_a_gaussian_of_the_distance_from_the_middle() -> None:
    x = torch.rand(1, 2, 5, 9, requires_grad=True)
    image = centred(x, 1.0)
    assert torch.equal(image, x)
    grad = slope_of(3 * image.sum(), x)
    for place, halves in {(2, 4): 0, (0, 4): 1, (2, 8): 1, (0, 0): 2, (4, 8): 2, (1, 4): 0.25}.items():
        assert grad[0, 1][place].item() == pytest.approx(3 * math.exp(-halves / 2))


def test_a_narrow_middle_leaves_little_at_the_margins() -> None:
    x = torch.rand(1, 1, 5, 5, requires_grad=True)
    assert slope_of(centred(x, 0.25).sum(), x)[0, 0, 0, 2].item() == pytest.approx(math.exp(-8))


# Blurred.


@pytest.mark.parametrize("deviation", [0.5, 1.0, 2.0])
def test_a_blur_spreads_a_point_evenly_and_loses_nothing(deviation: float) -> None:
    point = torch.zeros(1, 1, 21, 25)
    point[..., 10, 12] = 3.0
    spread = blurred(point, deviation)
    assert spread.shape == point.shape
    assert spread.sum().item() == pytest.approx(3.0, rel=1e-5)
    assert spread.min() >= 0
    torch.testing.assert_close(spread, spread.flip(2))
    torch.testing.assert_close(spread, spread.flip(3))
    torch.testing.assert_close(spread[0, 0, 4:17, 6:19], spread[0, 0, 4:17, 6:19].mT)
    (middle, beside), above = spread[0, 0, 10, 12:14].tolist(), spread[0, 0, 9, 13].item()
    assert beside / middle == pytest.approx(math.exp(-0.5 / deviation**2), rel=1e-4)
    assert above / middle == pytest.approx(math.exp(-1 / deviation**2), rel=1e-4)


def test_a_blur_of_one_colour_is_that_colour_up_to_the_border() -> None:
    colour = torch.tensor([0.2, 0.9])[None, :, None, None].expand(2, 2, 9, 8)
    torch.testing.assert_close(blurred(colour, 2.0), colour.contiguous())


def test_a_blur_leaves_its_images_as_they_were_and_treats_each_by_itself() -> None:
    images = torch.rand(3, 2, 12, 12, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    together = blurred(images, 1.5)
    assert torch.equal(images, before)
    assert torch.equal(together[1:2], blurred(images[1:2], 1.5))


def test_a_smoothed_picture_is_the_same_and_its_slope_is_blurred() -> None:
    x = torch.rand(1, 2, 15, 15, requires_grad=True)
    up = torch.randn(1, 2, 15, 15, generator=torch.Generator().manual_seed(0))
    picture = smoothed(x, 1.5)
    assert torch.equal(picture, x)
    torch.testing.assert_close(slope_of((up * picture).sum(), x), blurred(up, 1.5))


# Where it has been.


def test_what_was_touched_is_the_sum_of_the_slopes_sizes_each_step_counting_alike() -> None:
    gradient_magnitude = GradientMagnitude()
    assert gradient_magnitude.total is None
    x = torch.rand(1, 2, 1, 2, requires_grad=True)
    for factor, grads in ((1.0, [[[1.0, 0.0]], [[-1.0, 0.0]]]), (1e4, [[[0.0, 1.0]], [[-1.0, 4.0]]])):
        image = gradient_magnitude(x)
        assert torch.equal(image, x)
        grad = factor * torch.tensor([grads])
        assert torch.equal(slope_of((grad * image).sum(), x), grad)
    # Mean sizes over the channels: (1, 0) and (0.5, 2.5); with 1 for their own mean: (2, 0) and (1/3, 5/3).
    assert gradient_magnitude.total is not None
    torch.testing.assert_close(gradient_magnitude.total, torch.tensor([[[2 + 1 / 3, 5 / 3]]]))
