"""Compositions by hand: any classifier, any channels and shape, several layers, parts and objectives of one's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from PIL import Image, ImageChops
from torch import Tensor, nn

from actmax.ascent import (
    Canvas,
    adam,
    affine,
    fourier,
    generator,
    gradient,
    gradient_ascent,
    jitter,
    l2_penalty,
    logsumexp,
    pixels,
    rotate,
    total_variation,
)
from actmax.ascent.constraints import clip
from actmax.engine.ascend import Picture, ascend
from actmax.engine.render import render
from actmax.errors import RecipeError, UnknownNameError
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap
from actmax.recipe import compose

Activations = Mapping[str, Tensor]


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


class Forked(nn.Module):
    """Two branches, of which one has a layer that nothing calls, on images of any number of channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.left = nn.Conv2d(channels, 6, 5, stride=2)
        self.right = nn.Sequential(nn.Conv2d(channels, 6, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.idle = nn.Linear(3, 3)
        self.head = nn.Linear(12, 7)

    def forward(self, x: Tensor) -> Tensor:
        if x.mean() > 1e9:  # cannot be traced
            return x
        both = torch.cat([self.left(x).mean((2, 3)), self.right(x).mean((2, 3))], 1)
        result: Tensor = self.head(both)
        return result


def rises(picture: Picture) -> bool:
    return max(picture.activations[-3:]) > picture.activations[0]


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [64, (48, 80)])
def test_any_classifier_is_climbed_on_images_of_its_own_kind(channels: int, size: int | tuple[int, int]) -> None:
    network = wrap(Forked(channels), channels=channels, mean=0.4, std=0.2, size=size)
    picture = ascend(network, lambda a: a["logits"][:, 3], steps=12)
    height, width = (64, 64) if size == 64 else (48, 80)
    assert picture.values.shape == (channels, height, width)
    assert picture.values.dtype == torch.uint8
    assert rises(picture)
    if channels in (1, 3):
        assert picture.image.size == (width, height)
    else:
        with pytest.raises(RecipeError, match=f"shows {channels} channels"):
            _ = picture.image


@pytest.mark.parametrize("params", [pixels(0.1), fourier(), generator()], ids=["pixels", "fourier", "generator"])
@pytest.mark.parametrize("optimizer", [adam(0.05), adam(0.05, anneal=0.5), gradient_ascent(50.0)])
def test_every_part_goes_with_every_other(params: object, optimizer: object) -> None:
    network = wrap(Forked(3), mean=0.4, std=0.2, size=64)
    picture = ascend(
        network,
        "left:2",
        params=params,  # type: ignore[arg-type]
        optimizer=optimizer,  # type: ignore[arg-type]
        transforms=[jitter(4), rotate(5.0)],
        penalties=[(0.1, total_variation)],
        steps=12,
    )
    assert rises(picture)


def test_several_layers_make_an_objective(compact: Network) -> None:
    def both(a: Activations) -> Tensor:
        return a["conv3"][:, 7].mean((1, 2)) + 0.1 * a["fc8"][:, 340] - 0.1 * a["features.0"].square().mean((1, 2, 3))

    picture = ascend(compact, both, steps=12, size=64, precision="fp32")
    assert rises(picture)


def test_a_target_and_a_function_of_the_same_meaning_draw_the_same(compact: Network) -> None:
    named = ascend(compact, "conv5:12", steps=3, size=64, precision="fp32", seed=4)
    written = ascend(compact, lambda a: a["conv5"][:, 12].mean((1, 2)), steps=3, size=64, precision="fp32", seed=4)
    assert torch.equal(named.values, written.values)
    other = ascend(compact, "conv5:12", steps=3, size=64, precision="fp32", seed=5)
    assert not torch.equal(named.values, other.values)


def test_the_parts_of_a_named_method_draw_what_the_method_draws(compact: Network) -> None:
    """In a batch of its own: up to rounding, which differs with the batch's shape."""
    recipe = compose(
        "robust",
        {"steps": 12, "precision": "fp32"},
        network=compact.card.name,
        weights=compact.weights,
        target="fc8:340",
        size=64,
        seed=2,
    )
    (drawing,) = render([recipe], compact)
    picture = ascend(
        compact,
        "fc8:340",
        params=fourier(decay_power=1.3, sd=0.01),
        transforms=[affine(jitter=12, scale=0.1, rotate=5.0)],
        optimizer=adam(0.04, anneal=0.5),
        steps=12,
        size=64,
        seed=2,
        precision="fp32",
    )
    assert picture.activations == pytest.approx(drawing.activations, rel=1e-3)


def test_a_penalty_is_subtracted_and_does_its_work(compact: Network) -> None:
    def variation(weight: float) -> float:
        picture = ascend(compact, "fc8:340", penalties=[(weight, total_variation)], steps=24, size=64, precision="fp32")
        return total_variation(picture.values[None] / 255).item()

    assert variation(1000.0) < 0.5 * variation(0.0)
    grey = ascend(compact, "fc8:340", penalties=[(1e6, l2_penalty)], steps=24, size=64)
    assert (grey.values.float() - 127.5).abs().mean() < 10


def test_a_balanced_penalty_weighs_the_same_however_large_the_logits_are(compact: Network) -> None:
    def drawn(factor: float, **penalties: Any) -> torch.Tensor:
        return ascend(
            compact, lambda a: factor * a["fc8"][:, 340], steps=12, size=64, precision="fp32", **penalties
        ).values.float()

    relative_penalties: dict[str, Any] = {"relative_penalties": [(0.5, total_variation)]}
    plain: dict[str, Any] = {"penalties": [(100.0, total_variation)]}
    assert (drawn(1, **relative_penalties) - drawn(100, **relative_penalties)).abs().mean() < 1
    assert (drawn(1, **plain) - drawn(100, **plain)).abs().mean() > 3


def test_the_middle_counts_before_the_margins(compact: Network) -> None:
    """Measured by how far the pixels move that start alike."""

    def moved(gradient_window: float) -> float:
        picture = ascend(
            compact,
            "fc8:340",
            params=pixels(0.0),
            gradient_window=gradient_window,
            optimizer=gradient_ascent(20.0),
            steps=5,
            size=96,
        )
        change = (picture.values.float() - picture.values.float().median()).abs().mean(0)
        return (change[36:60, 36:60].mean() / change.mean()).item()

    assert moved(0.3) > 2 * moved(0.0)


def test_a_slope_that_leaks_climbs_too_and_elsewhere(compact: Network) -> None:
    settings: dict[str, Any] = {"steps": 20, "size": 64, "precision": "fp32"}
    true, leaking = (ascend(compact, "fc8:340", relu_leak=relu_leak, **settings) for relu_leak in (0.0, 0.1))
    assert leaking.activations[0] == true.activations[0]
    assert rises(leaking)
    assert not torch.equal(leaking.values, true.values)


def test_rivals_ask_for_no_other_layer(compact: Network) -> None:
    seen: list[int] = []

    def zebra(outputs: Activations) -> Tensor:
        seen.append(len(outputs))
        return outputs["fc8"][:, 340]

    assert rises(ascend(compact, logsumexp(zebra, "fc8", 0.5), steps=12, size=64))
    assert seen[0] > 1
    assert set(seen[1:]) == {1}


@pytest.mark.parametrize(
    "settings", [{"relu_leak": -0.1}, {"relu_leak": 1.5}, {"gradient_window": -1.0}, {"gradient_blur": -1.0}]
)
def test_a_slope_cannot_be_bent_so(compact: Network, settings: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match=f"{next(iter(settings))} must be"):
        ascend(compact, "fc8:340", steps=1, size=64, **settings)  # type: ignore[arg-type]


def test_nothing_above_the_layers_that_are_asked_for_is_computed_or_copied() -> None:
    module = Forked(3)
    module.head.weight = nn.Parameter(torch.zeros(7, 1))  # fails when it is called
    network = wrap(module, size=64)
    assert rises(ascend(network, "left:2", steps=5, optimizer=gradient_ascent(50.0)))
    with pytest.raises(RecipeError, match="cannot be shown an image of 64 × 64 pixels"):
        ascend(network, "logits:2", steps=5)


@pytest.mark.parametrize(
    ("objective", "error", "words"),
    [
        ("lft:2", UnknownNameError, "my net has no layer 'lft'. Did you mean 'left'"),
        (lambda a: a["lft"][:, 0], UnknownNameError, "my net has no layer 'lft'. Did you mean 'left'"),
        (lambda a: a["idle"][:, 0], RecipeError, "returns no tensor at its layer 'idle'"),
        ("idle:0", RecipeError, "idle is not used"),
        (lambda a: torch.zeros(1), RecipeError, "looks at no layer"),
        (lambda a: a["left"], RecipeError, r"of shape \(1,\), not a tensor of shape \(1, 6, 30, 30\)"),
        (lambda a: a["left"].mean().item(), RecipeError, r"of shape \(1,\), not float"),
        (lambda a: a["left"].mean((1, 2, 3)).detach(), RecipeError, "does not depend on the picture"),
        (lambda a: a["left"].mean((1, 2, 3)) / 0, RecipeError, "left the finite numbers in step 1"),
        ("left:99", RecipeError, "left has 6 channels"),
        ("the zebra", RecipeError, "is not a target"),
    ],
)
def test_what_cannot_be_climbed_is_said_in_a_sentence(objective: object, error: type[Exception], words: str) -> None:
    network = wrap(Forked(3), size=64, name="my net")
    with pytest.raises(error, match=words):
        ascend(network, objective, steps=2)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"size": 2}, "cannot be shown an image of 2 × 2 pixels"),
        ({"size": (64, 0)}, "cannot be shown an image of 64 × 0 pixels"),
        ({"precision": "fp16"}, "precision is 'fp16'. Did you mean 'bf16'"),
    ],
)
def test_impossible_arguments_are_refused_in_a_sentence(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        ascend(wrap(Forked(3), size=64), "left:2", **{"steps": 2, **arguments})


def test_wrapping_leaves_the_users_module_as_it_was() -> None:
    module = Forked(3).train()
    network = wrap(module, size=64)
    ascend(network, "right:1", steps=2)
    assert module.training
    assert all(value.requires_grad for value in module.parameters())
    assert module.right[1].inplace
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mean": (0.5, 0.5)}, "3 numbers each|2 numbers each"),
        ({"std": 0.0}, "std above 0"),
        ({"mean": (0.5, 0.5, 0.5), "std": (1.0, 1.0)}, "3 numbers each"),
    ],
)
def test_a_normalisation_that_does_not_fit_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        wrap(Forked(3), **arguments, channels=3)  # type: ignore[arg-type]


def test_the_curve_is_of_the_first_look_of_each_step() -> None:
    def looks_ahead(views, x):  # type: ignore[no-untyped-def]
        for h in views:
            activation, grad = gradient(h, x)
            before.append(activation.item())
            h(x + grad)
            x = x + grad
            yield x, activation

    before: list[float] = []
    picture = ascend(wrap(Forked(3), size=64), "left:2", optimizer=looks_ahead, steps=3)
    assert picture.activations == pytest.approx(before)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"transforms": [lambda generators, steps, canvas: []]}, "a view for each of the 2 steps"),
        ({"penalties": [(1.0, lambda pictures: pictures.mean())]}, r"A penalty must return .* shape"),
        ({"optimizer": lambda views, x: iter(())}, "must look at the view of each step"),
    ],
)
def test_parts_that_are_no_parts_are_refused(part: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        ascend(wrap(Forked(3), size=64), "left:2", steps=2, **part)


# The slope and the steps, on a network that looks at a single pixel: 27 × 9 numbers, of which one has a slope.


class Spot(nn.Module):
    """The logits are the three colours of the middle."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, x.shape[2] // 2, x.shape[3] // 2] * 7


def spotted(**parts: Any) -> Picture:
    """Red in the middle is climbed from middle grey; pixels are normalised as they are."""
    chosen: dict[str, Any] = {"params": pixels(0.0), "steps": 1, "precision": "fp32", **parts}
    return ascend(wrap(Spot(), size=9), "logits:0", **chosen)


def red(picture: Picture) -> list[list[float]]:
    """How much red was added, in the middle and right of it, as a part of what was added to the middle."""
    added = picture.values[0].float() - 127.5
    return (added / added[4, 4]).tolist()


def test_a_slope_is_the_objectives_own_or_has_one_for_the_mean_size_of_its_numbers() -> None:
    own = spotted(optimizer=gradient_ascent(0.3 / 7))
    assert own.values[:, 4, 4].tolist() == [204, 128, 128]
    made_even = spotted(optimizer=gradient_ascent(0.3 / 243), normalize_gradient=True)
    assert torch.equal(made_even.values, own.values)
    assert own.values[0].sum() == 204 + 80 * 128


def test_a_blurred_slope_moves_the_neighbours_as_well_and_no_penalty() -> None:
    mean_cosine_distance = red(spotted(optimizer=gradient_ascent(3 / 7), gradient_blur=1.0))
    assert mean_cosine_distance[4][5] == mean_cosine_distance[3][4] == pytest.approx(math.exp(-0.5), abs=0.02)
    assert mean_cosine_distance[4][6] == pytest.approx(math.exp(-2), abs=0.02)

    def red_is_wanted_in_the_corner(images: Tensor) -> Tensor:
        return -images[:, 0, 0, 0]

    penalties: dict[str, Any] = {"penalties": [(3.0, red_is_wanted_in_the_corner)], "gradient_blur": 1.0}
    picture = spotted(optimizer=gradient_ascent(0.1), **penalties)
    assert picture.values[0, 0, :2].tolist() == [204, 128]


def test_a_pull_is_taken_as_it_is_against_a_slope_of_mean_size_one() -> None:
    start = Image.new("RGB", (9, 9), (255, 204, 51))
    pull = (243 / 2, l2_penalty)  # whose slope is then the distance itself
    picture = spotted(start=start, absolute_penalties=[pull], optimizer=gradient_ascent(0.5))
    assert picture.values[:, 0, 0].tolist() == [round(255 * value) for value in (0.75, 0.65, 0.35)]
    assert picture.values[0, 4, 4] == 255  # 1 + 0.5 · (243 - 0.5), clipped
    gentle = spotted(start=start, absolute_penalties=[pull], optimizer=gradient_ascent(0.1 / 243))
    assert gentle.values[0, 4, 4] == 255
    assert gentle.values[1, 4, 4] == 204


@pytest.mark.parametrize("optimizer", [gradient_ascent(0.01), adam(0.01)])
def test_constraints_act_after_each_step_in_their_order_and_the_next_goes_on_from_there(optimizer: Any) -> None:
    told: list[tuple[str, int, int]] = []

    def halved(x: Tensor, steps: int, canvas: Canvas) -> Tensor:
        told.append(("halved", steps, canvas.width))
        return x / 2

    def raised(x: Tensor, steps: int, canvas: Canvas) -> Tensor:
        told.append(("raised", steps, canvas.width))
        return x + 0.4

    picture = spotted(constraints=[halved, raised], steps=3, optimizer=optimizer)
    assert told == [(name, steps, 9) for steps in (1, 2, 3) for name in ("halved", "raised")]
    value = 0.5
    for _ in range(3):
        value = value / 2 + 0.4
    assert picture.values[2, 0, 0] == round(255 * value)
    assert picture.activations[1] > 7 * 0.65  # what the second step saw


def test_pixels_within_range_are_pixels_of_any_network() -> None:
    network = wrap(Spot(), mean=(0.1, 0.2, 0.3), std=0.2, size=9)
    seen: list[float] = []

    def remembered(x: Tensor, steps: int, canvas: Canvas) -> Tensor:
        seen.append(canvas.denormalize(x).max().item())
        return x

    ascend(
        network,
        "logits:1",
        params=pixels(0.0),
        optimizer=gradient_ascent(9.0),
        constraints=[clip(), remembered],
        steps=2,
    )
    assert seen == pytest.approx([1.0, 1.0], abs=1e-6)


# From a picture.


def photo(size: tuple[int, int] = (48, 48), kind: str = "RGB") -> Image.Image:
    colours = torch.randint(40, 216, (5, 5, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return Image.fromarray(colours.numpy()).resize(size, Image.Resampling.BILINEAR).convert(kind)


@pytest.mark.parametrize("params", [pixels(9.0), fourier(decorrelate=False, sd=9.0)], ids=["pixels", "fourier"])
@pytest.mark.parametrize(("channels", "kind"), [(1, "L"), (3, "RGB")])
def test_an_ascent_starts_from_a_picture_in_place_of_noise(params: Any, channels: int, kind: str) -> None:
    network = wrap(Forked(channels), channels=channels, mean=0.4, std=0.2, size=48)
    picture = ascend(network, "left:2", params=params, start=photo(), optimizer=adam(1e-7), steps=2)
    shown = picture.image
    assert shown.mode == kind
    distance = ImageChops.difference(shown, photo(kind=kind)).getextrema()
    assert max(high for _, high in (distance if channels == 3 else [distance])) <= 1  # type: ignore[list-item]
    assert rises(ascend(network, "left:2", params=params, start=photo(), optimizer=adam(0.02), steps=12))


def test_no_picture_is_a_start_where_none_can_be() -> None:
    with pytest.raises(RecipeError, match="cannot start from a picture: pixels, waves and phases can"):
        ascend(wrap(Forked(3), size=48), "left:2", params=generator(), start=photo(), steps=1)
    with pytest.raises(RecipeError, match="No picture has 5 channels"):
        ascend(wrap(Forked(5), channels=5, size=48), "left:2", start=photo(), steps=1)


# Where the steps have been.


def test_the_mask_shows_where_the_slope_was() -> None:
    mask = spotted(size=(9, 27), optimizer=gradient_ascent(0.01)).gradient_magnitude
    assert mask is not None
    assert (mask.mode, mask.size) == ("L", (27, 9))
    white = [(x, y) for y in range(9) for x in range(27) if mask.getpixel((x, y)) == 255]
    assert (13, 4) in white
    assert all(abs(x - 13) <= 1 and abs(y - 4) <= 1 for x, y in white)
    assert mask.getpixel((0, 0)) == 0
