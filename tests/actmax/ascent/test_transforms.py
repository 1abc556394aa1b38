"""Random maps: bounded, seeded, and what they are said to be when applied to a picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from actmax.ascent.params import Canvas
from actmax.ascent.transforms import affine, apply_affine, jitter, random_affine, rotate, scale


def maps(seed: int = 0, steps: int = 400, jitter: int = 0, scale: float = 0.0, rotate: float = 0.0) -> Tensor:
    return random_affine(torch.Generator().manual_seed(seed), steps, (64, 64), jitter, scale, rotate)


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
    scale = torch.linalg.det(linear).sqrt()
    assert 1 / 1.1 - 1e-6 <= scale.min() < 0.93
    assert 1.07 < scale.max() <= 1 / 0.9 + 1e-6
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


def test_a_turn_keeps_shapes_where_the_picture_is_not_square() -> None:
    """A quarter turn of a 40 × 80 picture about its middle, against torch's own rotation of the square around it."""
    wide = torch.rand(1, 3, 40, 80, generator=torch.Generator().manual_seed(5))
    aspect = 40 / 80
    quarter = torch.tensor([[[0.0, -aspect, 0.0], [1 / aspect, 0.0, 0.0]]])
    turned = apply_affine(quarter, wide)
    square = torch.rot90(wide[..., 20:60], 1, (2, 3))
    torch.testing.assert_close(turned[..., 20:60], square, rtol=0, atol=1e-5)
    drawn = random_affine(torch.Generator().manual_seed(0), 400, (40, 80), 0, 0.0, 30.0)
    assert torch.allclose(drawn[:, 0, 1] / drawn[:, 1, 0], torch.tensor(-(aspect**2)), atol=1e-5)


def test_views_of_parts_are_those_of_their_seed_and_step() -> None:
    canvas = Canvas(3, 64, 64, lambda x: x, lambda x: x)
    for transform in (jitter(5), rotate(20.0), scale(0.2), affine(5, 0.2, 20.0)):
        first, again = (transform([torch.Generator().manual_seed(1)], 6, canvas) for _ in range(2))
        assert len(first) == 6
        seen = [view(picture()) for view in first]
        assert torch.equal(seen[1], again[1](picture()))
        assert any(not torch.allclose(seen[0], other) for other in seen[1:])
