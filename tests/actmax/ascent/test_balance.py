"""Slopes that come back to one picture are made as steep as was asked for, image by image."""

from __future__ import annotations

import pytest
import torch

from actmax.ascent.composition import balance


def test_the_objectives_slope_is_of_mean_size_one_and_a_penaltys_of_its_weight() -> None:
    x = torch.rand(3, 2, 4, 5, requires_grad=True)
    factors = torch.tensor([1.0, 1e-6, 1e6])[:, None, None, None]
    up, down = torch.randn(2, 3, 2, 4, 5)
    seen, restrained = balance(x, [0.3])
    assert torch.equal(seen, x)
    assert torch.equal(restrained, x)
    (slope,) = torch.autograd.grad(
        ((factors * up * seen).flatten(1).sum(1) - (down * restrained).flatten(1).sum(1)).sum(), x
    )
    for image in range(3):
        expected = up[image] / up[image].abs().mean() - 0.3 * down[image] / down[image].abs().mean()
        assert torch.allclose(slope[image], expected, atol=1e-6)


@pytest.mark.parametrize("weights", [[], [0.5], [0.5, 0.1]])
def test_a_slope_of_zero_stays_zero(weights: list[float]) -> None:
    x = torch.rand(1, 3, 4, 4, requires_grad=True)
    seen, *copies = balance(x, weights)
    (slope,) = torch.autograd.grad((0 * seen).sum() + sum((0 * copy).sum() for copy in copies), x)
    assert torch.equal(slope, torch.zeros_like(x))
