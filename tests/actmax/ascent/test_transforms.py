"""Random maps: bounded, seeded, and what they are said to be when applied to a picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from actmax.ascent.transforms import apply_affine, random_affine


def maps(seed: int = 0, steps: int = 400, jitter: int = 0, scale: float = 0.0, rotate: float = 0.0) -> Tensor:
    return random_affine(torch.Generator().manual_seed(seed), steps, 64, jitter, scale, rotate)


def picture() -> Tensor:
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(5))


def test_no_change_is_the_identity() -> None:
    one = maps(steps=1)
    torch.testing.assert_close(apply_affine(one, picture()), picture(), rtol=0, atol=1e-5)


def test_jitter_shifts_by_whole_pixels_and_reaches_its_bound() -> None:
    shifts = maps(jitter=5)[:, :, 2] * 64 / 2
    torch.testing.assert_close(shifts, shifts.round(), rtol=0, atol=1e-5)
    assert shifts.abs().max().round() == 5


def test_a_shift_moves_the_picture() -> None:
    one = maps(steps=1)
    one[:, 0, 2] = 3 * 2 / 64
    moved = apply_affine(one, picture())
    torch.testing.assert_close(moved[..., :-3], picture()[..., 3:], rtol=0, atol=1e-5)


def test_scale_and_turn_stay_within_their_bounds() -> None:
    linear = maps(scale=0.1, rotate=5.0)[:, :, :2]
    zoom = torch.linalg.det(linear).sqrt()
    assert 1 / 1.1 - 1e-6 <= zoom.min() < 0.93
    assert 1.07 < zoom.max() <= 1 / 0.9 + 1e-6
    angle = torch.atan2(linear[:, 1, 0], linear[:, 0, 0]).abs().max()
    assert math.radians(4.5) < angle <= math.radians(5.0) + 1e-6


def test_a_map_depends_on_its_generator_alone() -> None:
    assert torch.equal(maps(1, jitter=4), maps(1, jitter=4))
    assert not torch.equal(maps(1, jitter=4), maps(2, jitter=4))


def test_each_image_has_its_own_map() -> None:
    two = torch.cat([maps(0, steps=1, rotate=90.0), maps(1, steps=1, rotate=90.0)])
    both = apply_affine(two, picture().expand(2, -1, -1, -1))
    torch.testing.assert_close(both[:1], apply_affine(two[:1], picture()))
    assert not torch.allclose(both[0], both[1])
