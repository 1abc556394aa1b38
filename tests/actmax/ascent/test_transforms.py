"""Random transforms: bounded, seeded, and each what it is called."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Generator, Tensor
from torchvision.transforms import v2

from actmax.ascent.params import Canvas
from actmax.ascent.transforms import (
    Transform,
    affine,
    affine_grid,
    apply_affine,
    jitter,
    make_views,
    noise,
    pad,
    random_affine,
    random_crop,
    rotate,
    scale,
    view_size,
)
from actmax.errors import RecipeError
from actmax.networks.network import IMAGENET

CANVAS = Canvas(3, 64, 64, IMAGENET, IMAGENET.inverse)


def maps(seed: int = 0, steps: int = 400, jitter: int = 0, scale: float = 0.0, rotate: float = 0.0) -> Tensor:
    return random_affine(torch.Generator().manual_seed(seed), steps, (64, 64), jitter, scale, rotate)


def picture() -> Tensor:
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(5))


def views(transform: Transform, seeds: Sequence[int] = (1,), count: int = 6) -> list[Tensor]:
    """The images in [0, 1] of so many views of one picture."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    image = IMAGENET(picture().expand(len(seeds), -1, -1, -1))
    return [IMAGENET.inverse(view(image)) for view in make_views([transform], generators, count, CANVAS)]


@pytest.mark.parametrize("size", [(64, 64), (50, 71)])
def test_the_grid_of_positions_is_torchs(size: tuple[int, int]) -> None:
    drawn = maps(steps=4, jitter=5, scale=0.2, rotate=90.0)
    expected = torch.nn.functional.affine_grid(drawn, [4, 3, *size], align_corners=False)
    torch.testing.assert_close(affine_grid(drawn, size), expected, rtol=0, atol=1e-6)


def test_no_change_is_the_identity() -> None:
    torch.testing.assert_close(apply_affine(maps(steps=1), picture()), picture(), rtol=0, atol=1e-5)


def test_jitter_shifts_by_whole_pixels_and_reaches_its_bound() -> None:
    shifts = maps(jitter=5)[:, :, 2] * 64 / 2
    torch.testing.assert_close(shifts, shifts.round(), rtol=0, atol=1e-5)
    assert shifts.abs().max().round() == 5


def test_a_shift_moves_the_image() -> None:
    shift = maps(steps=1)
    shift[:, 0, 2] = 3 * 2 / 64
    moved = apply_affine(shift, picture())
    torch.testing.assert_close(moved[..., :-3], picture()[..., 3:], rtol=0, atol=1e-5)


def test_scale_and_rotation_stay_within_their_bounds() -> None:
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
    both_maps = torch.cat([maps(0, steps=1, rotate=90.0), maps(1, steps=1, rotate=90.0)])
    both = apply_affine(both_maps, picture().expand(2, -1, -1, -1))
    torch.testing.assert_close(both[:1], apply_affine(both_maps[:1], picture()))
    assert not torch.allclose(both[0], both[1])


def test_a_rotation_keeps_shapes_where_the_image_is_not_square() -> None:
    """A quarter turn of a 40 × 80 image about its center, against torch's own rotation of the square around it."""
    wide = torch.rand(1, 3, 40, 80, generator=torch.Generator().manual_seed(5))
    aspect = 40 / 80
    quarter = torch.tensor([[[0.0, -aspect, 0.0], [1 / aspect, 0.0, 0.0]]])
    turned = apply_affine(quarter, wide)
    square = torch.rot90(wide[..., 20:60], 1, (2, 3))
    torch.testing.assert_close(turned[..., 20:60], square, rtol=0, atol=1e-5)
    drawn = random_affine(torch.Generator().manual_seed(0), 400, (40, 80), 0, 0.0, 30.0)
    assert torch.allclose(drawn[:, 0, 1] / drawn[:, 1, 0], torch.tensor(-(aspect**2)), atol=1e-5)


def grayed(images: Tensor) -> Tensor:
    return images * 0.5 + torch.rand(()) / 2


OURS = [
    jitter(5),
    rotate(20.0),
    scale(0.2),
    affine(5, 0.2, 20.0),
    noise(0.1),
    random_crop(0.8),
    random_crop(0.5, 0.8),
]
THEIRS = [v2.RandomAffine(20, (0.1, 0.1)), v2.RandomResizedCrop(64), v2.ColorJitter(0.5, 0.5), grayed]


@pytest.mark.parametrize("transform", [*OURS, *THEIRS], ids=lambda one: getattr(one, "__name__", str(one)))
def test_views_are_those_of_their_seed_and_step_and_of_no_other_image(transform: Transform) -> None:
    state = torch.get_rng_state()
    first, again, beside = views(transform), views(transform), views(transform, seeds=(7, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert len(first) == 6
    for view, same, other in zip(first, again, beside, strict=True):
        assert view.shape == (1, 3, 64, 64)
        assert torch.equal(view, same)
        torch.testing.assert_close(other[1:], view)
        assert not torch.allclose(other[0], other[1])
    assert any(not torch.allclose(first[0], other) for other in first[1:])


@pytest.mark.parametrize("transform", OURS, ids=str)
def test_our_transforms_are_plain_functions_of_images(transform: Transform) -> None:
    torch.manual_seed(0)
    first = transform(picture())
    assert first.shape == picture().shape
    assert not torch.equal(first, transform(picture()))
    torch.manual_seed(0)
    assert torch.equal(first, transform(picture()))


def test_transforms_see_images_in_0_to_1_and_any_size_is_resized() -> None:
    (view,) = views(pad(16, value=0.25), count=1)
    assert view.shape == (1, 3, 64, 64)
    assert view[0, :, 0, 0].tolist() == pytest.approx([0.25] * 3)
    assert view[0, :, 32, 32].sub(picture()[0, :, 32, 32]).abs().max() < 1
    assert pad(2, value=None)(picture())[0, 0, 2, 0] == picture()[0, 0, 0, 2]


def test_transforms_act_one_after_another() -> None:
    (view,) = make_views([lambda x: x / 2, lambda x: x + 0.25], [Generator()], 1, Canvas(3, 8, 8))
    assert view(torch.ones(1, 3, 8, 8)).unique().tolist() == [0.75]


def test_noise_has_its_standard_deviation_and_a_crop_its_size() -> None:
    assert (noise(0.1)(picture()) - picture()).std().item() == pytest.approx(0.1, rel=0.05)
    steps = torch.arange(64.0).view(1, 1, 1, 64).expand(1, 3, 64, 64)
    crop = random_crop(0.5)(steps)
    assert (crop.max() - crop.min()).item() == 31


def test_crops_are_of_random_sizes_between_two() -> None:
    steps = torch.arange(64.0).view(1, 1, 1, 64).expand(1, 3, 64, 64)
    widths = [(view.max() - view.min()).item() + 1 for view in (random_crop(0.25, 0.5)(steps) for _ in range(60))]
    assert 16 <= min(widths) < 20
    assert 28 < max(widths) <= 32


@pytest.mark.parametrize("sizes", [(0.0, None), (1.5, None), (0.5, 0.25), (0.5, 1.5), (-0.5, 0.5)])
def test_a_crop_is_a_part_of_the_image(sizes: tuple[float, float | None]) -> None:
    with pytest.raises(RecipeError, match="A crop's size is a part of the image's, above 0 and up to 1, not"):
        random_crop(*sizes)


def test_crops_of_a_large_image_have_the_size_of_the_networks_input() -> None:
    crops, others = [jitter(4), random_crop(0.3)], [jitter(4), pad(2)]
    assert view_size(crops, (512, 512), (64, 64)) == (64, 64)
    assert view_size(crops, (256, 512), (64, 64)) == (32, 64)
    assert view_size(crops, (48, 48), (64, 64)) == (48, 48)
    assert view_size(others, (512, 512), (64, 64)) == (512, 512)
    generators = [torch.Generator().manual_seed(1)]
    for size in (None, (24, 24)):
        (view,) = make_views([random_crop(0.5), noise(0.1)], generators, 1, CANVAS, size)
        assert view(IMAGENET(picture())).shape[2:] == (size or (64, 64))


def test_a_transform_that_returns_no_images_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"must return images \(B, C, H, W\), not \(64, 64\)"):
        views(lambda images: images[0, 0])
