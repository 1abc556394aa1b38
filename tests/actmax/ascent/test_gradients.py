"""Gradient modifiers leave values as they are and change the gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from actmax.ascent.context import Context
from actmax.ascent.gradients import (
    GradientMagnitude,
    blur,
    facet,
    gaussian_blur,
    margin,
    normalize,
    on_gradient,
    relu_leak,
    share,
    split,
    window,
)
from actmax.errors import RecipeError
from actmax.networks.hooks import GradientHooks
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.recipe.target import parse

CPU = torch.device("cpu")
WEIGHTS = torch.tensor([3.0, -1.0, 2.0, 1.0, 0.0, 0.5])


@pytest.fixture(scope="module")
def compact() -> Network:
    return load("compact")


def context(network: Network, *targets: str) -> Context:
    return Context(network, (64, 64), CPU, torch.float32, [parse(target) for target in targets])


def gradient_of(score: Tensor, x: Tensor) -> Tensor:
    (grad,) = torch.autograd.grad(score, x)
    return grad


# At the image.


def test_a_normalized_gradient_has_a_mean_absolute_value_of_one_and_zero_stays_zero() -> None:
    grads = torch.tensor([[[[1.0, -3.0]]], [[[1e-6, 3e-6]]], [[[0.0, 0.0]]]])
    torch.testing.assert_close(normalize(grads), torch.tensor([[[[0.5, -1.5]]], [[[0.5, 1.5]]], [[[0.0, 0.0]]]]))


def test_a_gradient_is_normalized_to_a_given_mean() -> None:
    assert normalize(torch.tensor([[1.0, -3.0]]), 0.25).tolist() == [[0.125, -0.375]]


def test_a_function_of_the_gradient_changes_no_value() -> None:
    x = torch.rand(2, 3, 4, 5, requires_grad=True)
    same = on_gradient(x, lambda grad: 2 * grad)
    assert torch.equal(same, x)
    assert torch.equal(gradient_of((3 * same).sum(), x), torch.full_like(x, 6.0))


def test_gradients_of_copies_are_added_up() -> None:
    x = torch.rand(2, 3, requires_grad=True)
    first, second = split(x, 2)
    assert torch.equal(first, x)
    assert torch.equal(gradient_of((3 * first).sum() - (2 * second).sum(), x), torch.ones_like(x))


def test_a_window_weighs_the_gradient_by_a_gaussian_of_the_distance_from_the_center() -> None:
    x = torch.rand(1, 2, 5, 9, requires_grad=True)
    image = on_gradient(x, window(1.0))
    grad = gradient_of(3 * image.sum(), x)
    for position, halves in {(2, 4): 0, (0, 4): 1, (2, 8): 1, (0, 0): 2, (4, 8): 2, (1, 4): 0.25}.items():
        assert grad[0, 1][position].item() == pytest.approx(3 * math.exp(-halves / 2))
    assert window(0.25)(torch.ones(1, 1, 5, 5))[0, 0, 0, 2].item() == pytest.approx(math.exp(-8))


@pytest.mark.parametrize("sd", [0.5, 1.0, 2.0])
def test_a_blur_is_a_gaussian_that_preserves_the_sum(sd: float) -> None:
    point = torch.zeros(1, 1, 21, 25)
    point[..., 10, 12] = 3.0
    blurred = blur(sd)(point)
    assert blurred.shape == point.shape
    assert blurred.sum().item() == pytest.approx(3.0, rel=1e-5)
    assert blurred.min() >= 0
    torch.testing.assert_close(blurred, blurred.flip(2))
    torch.testing.assert_close(blurred, blurred.flip(3))
    torch.testing.assert_close(blurred[0, 0, 4:17, 6:19], blurred[0, 0, 4:17, 6:19].mT)
    (middle, beside), above = blurred[0, 0, 10, 12:14].tolist(), blurred[0, 0, 9, 13].item()
    assert beside / middle == pytest.approx(math.exp(-0.5 / sd**2), rel=1e-4)
    assert above / middle == pytest.approx(math.exp(-1 / sd**2), rel=1e-4)


def test_a_blur_of_one_color_is_that_color_up_to_the_border() -> None:
    color = torch.tensor([0.2, 0.9])[None, :, None, None].expand(2, 2, 9, 8)
    torch.testing.assert_close(gaussian_blur(color, 2.0), color.contiguous())


def test_a_blur_changes_no_input_and_treats_each_image_by_itself() -> None:
    images = torch.rand(3, 2, 12, 12, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    together = gaussian_blur(images, 1.5)
    assert torch.equal(images, before)
    assert torch.equal(together[1:2], gaussian_blur(images[1:2], 1.5))


def test_the_gradient_magnitude_adds_up_over_steps_each_normalized() -> None:
    magnitude = GradientMagnitude()
    assert magnitude.total is None
    for factor, grads in ((1.0, [[[1.0, 0.0]], [[-1.0, 0.0]]]), (1e4, [[[0.0, 1.0]], [[-1.0, 4.0]]])):
        grad = factor * torch.tensor([grads])
        assert magnitude(grad) is grad
    # Means over the channels: (1, 0) and (0.5, 2.5); normalized: (2, 0) and (1/3, 5/3).
    assert magnitude.total is not None
    torch.testing.assert_close(magnitude.total, torch.tensor([[[2 + 1 / 3, 5 / 3]]]))


@pytest.mark.parametrize("make", [lambda: blur(0.0), lambda: window(-1.0), lambda: relu_leak(1.5), lambda: margin(-1)])
def test_options_out_of_range_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(RecipeError, match="must be"):
        make()


# Inside the network.


@pytest.mark.parametrize("upper", [math.inf, 6.0])
def test_a_leaking_relu_has_the_values_of_a_relu_and_a_part_of_the_gradient_where_it_is_off(
    upper: float,
) -> None:
    x = torch.tensor([-2.0, 0.0, 3.0, 6.0, 9.0], requires_grad=True)
    output = relu_leak(0.1)(x, upper)
    assert torch.equal(output, x.clamp(0, upper))
    expected = [0.1, 0.1, 1.0, 1.0, 1.0] if upper == math.inf else [0.1, 0.1, 1.0, 0.1, 0.1]
    assert gradient_of(output.sum(), x).tolist() == pytest.approx(expected)


def test_the_margin_changes_the_gradient_and_not_the_logits() -> None:
    """The gradient is autograd's of h - weight · max."""
    logits = torch.tensor([[1.0, 2.0, -4.0], [0.5, -8.0, 16.0]], requires_grad=True)
    same = margin(0.5)(logits)
    assert torch.equal(same, logits)
    expected = gradient_of((logits[:, 1] - 0.5 * logits.amax(1)).sum(), logits)
    torch.testing.assert_close(gradient_of(same[:, 1].sum(), logits), expected)


def test_the_margin_acts_on_classes_and_functions_only(compact: Network) -> None:
    for targets in (["fc8:340", "fc8:1"], []):
        assert margin(0.5).hooks(context(compact, *targets)) == GradientHooks(outputs=(("fc8", margin(0.5)),))
    for other in ("conv5:3", "fc8", "fc8:340 - 0.5*fc8:1"):
        assert margin(0.5).hooks(context(compact, other)) == GradientHooks()


def test_hooks_are_equal_for_equal_modifiers(compact: Network) -> None:
    """Submodels are cached by them."""
    for modifier in (relu_leak(0.1), margin(0.5), facet(3, 1)):
        hooks = [modifier.hooks(context(compact, "fc8:340")) for _ in range(2)]
        assert hooks[0] == hooks[1]
        assert hash(hooks[0]) == hash(hooks[1])
    assert facet(3, 1).hooks(context(compact, "fc8:340")) != facet(3, 2).hooks(context(compact, "fc8:340"))


# Facets.


def test_units_with_a_positive_weight_are_dealt_by_rank_and_the_others_are_in_every_share() -> None:
    assert share(WEIGHTS, 2, 0).tolist() == [1, 1, 0, 1, 1, 0]
    assert share(WEIGHTS, 2, 1).tolist() == [0, 1, 1, 0, 1, 1]
    assert share(WEIGHTS, 1, 0).tolist() == [1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("facets", [2, 3, 7])
def test_shares_add_up_to_the_whole_and_are_about_as_strong(facets: int) -> None:
    weights = torch.randn(512, generator=torch.Generator().manual_seed(0))
    shares = torch.stack([share(weights, facets, index) for index in range(facets)])
    positive = weights > 0
    assert (shares[:, positive].sum(0) == 1).all()
    assert (shares[:, ~positive] == 1).all()
    strengths = (shares * weights.clamp_min(0)).sum(1)
    assert strengths.max() < 1.2 * strengths.min()


def test_a_facet_keeps_the_logits_and_passes_the_gradient_of_each_images_share(compact: Network) -> None:
    x = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    units, indices = (340, 340, 292), (0, 2, 1)
    hooks = facet(3, indices).hooks(context(compact, *(f"fc8:{unit}" for unit in units)))
    logits = compact.submodel(["fc8"], (64, 64), CPU, torch.float32, hooks)(x)["fc8"]
    torch.testing.assert_close(logits, compact.logits(x), rtol=1e-4, atol=1e-4)
    found = gradient_of(logits[0, 340] + logits[1, 340] + logits[2, 292], x)

    weights, _ = compact.linear("fc8")
    responses = compact.submodel(["fc6"], (64, 64))(x)["fc6"].relu()
    shared = [share(weights[unit], 3, index) * weights[unit] for unit, index in zip(units, indices, strict=True)]
    expected = gradient_of((responses * torch.stack(shared)).sum(), x)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_a_single_facet_is_the_gradient_itself(compact: Network) -> None:
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    leaking = relu_leak(0.1).hooks(context(compact))
    whole = replace(facet(1, 0).hooks(context(compact, "fc8:340")), relu=leaking.relu)
    grads = [
        gradient_of(compact.submodel(["fc8"], (64, 64), CPU, torch.float32, hooks)(x)["fc8"][0, 340], x)
        for hooks in (whole, leaking)
    ]
    torch.testing.assert_close(*grads, rtol=1e-3, atol=1e-5)


def test_facets_are_refused_where_there_is_no_class(compact: Network) -> None:
    with pytest.raises(RecipeError, match="facets: the target is no class"):
        facet(3).hooks(context(compact, "conv5:3"))
