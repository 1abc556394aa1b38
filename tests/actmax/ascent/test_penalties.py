"""Penalties: values that can be worked out by hand, and gradients that agree with finite differences."""

from __future__ import annotations

import pytest
import torch

from actmax.ascent.penalties import Penalty, squared_distance_from_grey, total_variation

PENALTIES = [total_variation, squared_distance_from_grey]


def test_total_variation_is_the_mean_difference_of_neighbours() -> None:
    stripes = (torch.arange(8) % 2).float().expand(2, 3, 6, 8).clone()
    stripes[1] *= 0.5
    assert total_variation(stripes).tolist() == pytest.approx([1.0, 0.5])
    assert total_variation(stripes.mT).tolist() == pytest.approx([1.0, 0.5])
    assert total_variation(torch.full((2, 1, 5, 5), 0.3)).tolist() == [0.0, 0.0]


def test_distance_from_grey_is_squared_and_mean() -> None:
    images = torch.stack([torch.full((3, 4, 5), value) for value in (0.5, 1.0, 0.0)])
    assert squared_distance_from_grey(images).tolist() == pytest.approx([0.0, 0.25, 0.25])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_gradient_agrees_with_finite_differences(penalty: Penalty) -> None:
    images = torch.rand(2, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(penalty, images)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_an_image_is_judged_by_itself(penalty: Penalty) -> None:
    images = torch.rand(3, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(penalty(images)[1:2], penalty(images[1:2]))
