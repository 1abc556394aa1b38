"""Penalties: values that can be worked out by hand, and gradients that agree with finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from actmax.ascent.penalties import (
    MIN_LENGTH,
    MIN_SD,
    Penalty,
    anisotropic_total_variation,
    channel_moments,
    channel_statistics_penalty,
    excess_variation,
    feature_distance,
    l2_penalty,
    total_variation,
)
from actmax.errors import RecipeError

PENALTIES = [
    total_variation,
    anisotropic_total_variation,
    partial(total_variation, power=2.0),
    partial(total_variation, power=1.5),
    l2_penalty,
]


def some(images: int = 2) -> Tensor:
    return torch.rand(images, 3, 5, 6, generator=torch.Generator().manual_seed(7))


def layer() -> Callable[[Tensor], Tensor]:
    """Four smooth maps of an image."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh()).requires_grad_(False)


def photographs(count: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the layer's channel moments."""
    moments = channel_moments(layer()(some(count)))
    return moments.mean(0), moments.std(0)


BY_A_NETWORK: dict[str, Callable[[], Penalty]] = {
    "feature distance": lambda: feature_distance(layer(), some()),
    "channel statistics": lambda: channel_statistics_penalty(
        lambda images: {"maps": layer()(images)}, {"maps": photographs(16)}
    ),
}


def test_total_variation_is_the_mean_length_of_the_spatial_gradient() -> None:
    stripes = (torch.arange(8) % 2).float().expand(2, 3, 6, 8).clone()
    stripes[1] *= 0.5
    assert total_variation(stripes).tolist() == pytest.approx([1.0, 0.5], abs=1e-3)
    assert total_variation(stripes.mT).tolist() == pytest.approx([1.0, 0.5], abs=1e-3)
    plane = 0.3 * torch.arange(4)[:, None] + 0.4 * torch.arange(5)
    assert total_variation(plane[None, None]).item() == pytest.approx(0.5, abs=1e-3)
    assert total_variation(torch.full((2, 1, 5, 5), 0.3)).tolist() == pytest.approx([0, 0], abs=1e-6)


def test_anisotropic_total_variation_is_the_mean_absolute_difference_of_neighbors() -> None:
    stripes = (torch.arange(8) % 2).float().expand(2, 3, 6, 8).clone()
    stripes[1] *= 0.5
    assert anisotropic_total_variation(stripes).tolist() == pytest.approx([1.0, 0.5])
    assert anisotropic_total_variation(stripes.mT).tolist() == pytest.approx([1.0, 0.5])


def test_excess_variation_acts_only_above_the_limit_and_never_raises_the_contrast() -> None:
    images = some()
    ratios = anisotropic_total_variation(images) / images.flatten(1).std(1)
    assert (excess_variation(images, limit=ratios.max().item() + 0.01) == 0).all()
    limit = ratios.min().item() / 2
    expected = (ratios - limit) * images.flatten(1).std(1)
    assert excess_variation(images, limit).tolist() == pytest.approx(expected.tolist())
    gradients = []
    for penalty in (lambda x: excess_variation(x, limit), anisotropic_total_variation):
        x = images.clone().requires_grad_()
        penalty(x).sum().backward()
        gradients.append(x.grad)
    assert torch.equal(*gradients)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_total_variation_and_its_gradient_are_those_of_the_plain_expression(power: float) -> None:
    images = torch.rand(3, 3, 17, 20, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weights = torch.tensor([1.0, -2.0, 0.5])
    corner = images[..., :-1, :-1]
    squares = (images[..., :-1, 1:] - corner).square() + (images[..., 1:, :-1] - corner).square()
    plain = ((squares + MIN_LENGTH**2).pow(power / 2) - MIN_LENGTH**power).mean((1, 2, 3))
    found = total_variation(images, power)
    torch.testing.assert_close(found, plain)
    grads = [torch.autograd.grad((weights * values).sum(), images)[0] for values in (found, plain)]
    torch.testing.assert_close(*grads, rtol=1e-5, atol=1e-8)


def test_the_l2_penalty_is_half_the_squared_distance_from_gray() -> None:
    images = torch.stack([torch.full((3, 4, 5), value) for value in (0.5, 1.0, 0.0)])
    assert l2_penalty(images).tolist() == pytest.approx([0.0, 7.5, 7.5])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_gradient_agrees_with_finite_differences(penalty: Penalty) -> None:
    images = torch.rand(2, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(penalty, images)


@pytest.mark.parametrize("made", BY_A_NETWORK.values(), ids=BY_A_NETWORK.keys())
def test_the_gradient_through_a_network_agrees_with_finite_differences(made: Callable[[], Penalty]) -> None:
    """In float32, in which those penalties are computed: along random directions, not pixel by pixel."""
    penalty, chance = made(), torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, 5, 6, generator=chance).requires_grad_()
    (grad,) = torch.autograd.grad(penalty(images).sum(), images)
    for _ in range(4):
        direction = torch.randn(images.shape, generator=chance)
        with torch.no_grad():
            rise = (penalty(images + 0.01 * direction) - penalty(images - 0.01 * direction)) / 0.02
        torch.testing.assert_close((grad * direction).flatten(1).sum(1), rise, rtol=0.02, atol=0.005)


@pytest.mark.parametrize("penalty", [*PENALTIES, BY_A_NETWORK["channel statistics"]()])
def test_a_penalty_depends_on_its_own_image_alone(penalty: Penalty) -> None:
    images = torch.rand(3, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(penalty(images)[1:2], penalty(images[1:2]))


def test_feature_distance_is_relative_to_the_features_of_each_images_own_start() -> None:
    pictures = torch.stack([torch.full((3, 4, 5), value) for value in (0.5, 0.25)])
    distance = feature_distance(lambda images: 8 * images, pictures)
    assert distance(pictures).tolist() == [0.0, 0.0]
    assert distance(pictures + 0.25).tolist() == pytest.approx([0.25, 1.0])
    assert distance(torch.zeros(2, 3, 4, 5)).tolist() == pytest.approx([1.0, 1.0])
    nothing = feature_distance(lambda images: 0 * images, pictures)
    assert nothing(pictures + 0.25).tolist() == [0.0, 0.0]


def test_channel_moments_are_the_mean_and_the_log_standard_deviation() -> None:
    maps = torch.tensor([[[[0.0, 20.0]], [[3.0, 3.0]]]])
    assert channel_moments(maps).tolist() == [pytest.approx([10.0, 3.0, math.log(10), math.log(MIN_SD)])]


def test_channel_statistics_are_a_mean_of_squared_z_scores() -> None:
    moments = torch.tensor([10.0, 3.0, math.log(10), math.log(MIN_SD)])
    distance = torch.tensor([0.0, 1.0, 2.0, 3.0])
    known = {
        "first": (moments - distance * torch.tensor([5.0, 0.1, 1.0, 2.0]), torch.tensor([5.0, 0.1, 1.0, 2.0])),
        "other": (moments, torch.ones(4)),
    }
    maps = torch.tensor([[[[0.0, 20.0]], [[3.0, 3.0]]]])
    alone = channel_statistics_penalty(lambda _: {"first": maps}, {"first": known["first"]})(torch.zeros(1, 3, 1, 2))
    assert alone.tolist() == pytest.approx([(0 + 1 + 4 + 9) / 4], rel=1e-4)
    both = channel_statistics_penalty(lambda _: {"first": maps, "other": maps}, known)(torch.zeros(1, 3, 1, 2))
    assert both.tolist() == pytest.approx([(0 + 1 + 4 + 9) / 8], rel=1e-4)


def test_the_statistics_penalty_is_one_for_a_photograph_on_average() -> None:
    penalty = channel_statistics_penalty(lambda images: {"maps": layer()(images)}, {"maps": photographs(40)})
    assert penalty(some(40)).mean().item() == pytest.approx(39 / 40, rel=1e-3)  # of a sample
    assert penalty(torch.zeros(1, 3, 5, 6)).item() > 3


@pytest.mark.parametrize(
    "penalty", [total_variation, anisotropic_total_variation, partial(excess_variation, limit=0.2)]
)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_pixels_without_neighbors_have_no_variation(penalty: Penalty, size: tuple[int, int]) -> None:
    with pytest.raises(RecipeError, match=f"images need at least 2 × 2 of them, not {size[0]} × {size[1]}"):
        penalty(torch.rand(1, 3, *size))
