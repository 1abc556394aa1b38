"""Optimization by hand: any classifier, several layers, images and objectives, parts of one's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageChops
from torch import Tensor, nn

from actmax.ascent.constraints import clip
from actmax.ascent.gradient_ascent import gradient
from actmax.ascent.gradients import blur, normalize, relu_leak, window
from actmax.ascent.objectives import channel, cosine, diversity, logit
from actmax.ascent.optimize import Method, Step
from actmax.ascent.optimizers import adam, gradient_ascent
from actmax.ascent.params import Canvas, cppn, fourier, generator, pixels, pyramid
from actmax.ascent.penalties import l2_penalty, total_variation
from actmax.ascent.transforms import affine, jitter, random_crop, rotate
from actmax.engine.ascend import Result, _resolve, ascend, grid
from actmax.engine.methods import method
from actmax.engine.pictures import fit
from actmax.engine.render import render
from actmax.errors import ActmaxError, RecipeError, UnknownNameError
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap
from actmax.recipe import METHODS, compose

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


def rises(result: Result) -> bool:
    return bool((result.activations[:, -3:].amax(1) > result.activations[:, 0]).all())


def bytes_of(result: Result) -> Tensor:
    """The values of the first image as 8 bits, (C, H, W)."""
    return (result.values[0] * 255).round()


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [64, (48, 80)])
def test_any_classifier_is_maximized_on_images_of_its_own_channels_and_size(
    channels: int, size: int | tuple[int, int]
) -> None:
    network = wrap(Forked(channels), channels=channels, mean=0.4, std=0.2, size=size)
    picture = ascend(network, lambda a: a["logits"][:, 3], Method(steps=12))
    height, width = (64, 64) if size == 64 else (48, 80)
    assert picture.values.shape == (1, channels, height, width)
    assert picture.values.dtype == torch.float32
    assert rises(picture)
    if channels in (1, 3):
        assert picture.image.size == (width, height)
    else:
        with pytest.raises(RecipeError, match=f"has {channels} channels"):
            _ = picture.image


@pytest.mark.parametrize("params", [pixels(0.1), fourier(), generator(), pyramid()], ids=list("pfgy"))
@pytest.mark.parametrize("optimizer", [adam(0.05), adam(0.05, anneal=0.5), gradient_ascent(50.0)])
def test_every_part_goes_with_every_other(params: object, optimizer: object) -> None:
    network = wrap(Forked(3), mean=0.4, std=0.2, size=64)
    picture = ascend(
        network,
        "left:2",
        Method(
            params=params,  # type: ignore[arg-type]
            optimizer=optimizer,  # type: ignore[arg-type]
            transforms=[jitter(4), rotate(5.0)],
            penalties=[(0.1, total_variation)],
            steps=12,
        ),
    )
    assert rises(picture)


def test_several_layers_make_an_objective(compact: Network) -> None:
    def both(a: Activations) -> Tensor:
        return a["conv3"][:, 7].mean((1, 2)) + 0.1 * a["fc8"][:, 340] - 0.1 * a["features.0"].square().mean((1, 2, 3))

    picture = ascend(compact, both, Method(steps=12, precision="fp32"), size=64)
    assert rises(picture)


def test_a_target_and_a_function_of_the_same_meaning_draw_the_same(compact: Network) -> None:
    three = Method(steps=3, precision="fp32")
    named = ascend(compact, "conv5:12", three, size=64, seeds=[4])
    for other in (lambda a: a["conv5"][:, 12].mean((1, 2)), channel("conv5", 12)):
        assert torch.equal(named.values, ascend(compact, other, three, size=64, seeds=[4]).values)
    assert not torch.equal(named.values, ascend(compact, "conv5:12", three, size=64, seeds=[5]).values)


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
        Method(
            params=fourier(decay_power=1.3, sd=0.01),
            transforms=[affine(jitter=12, scale=0.1, rotate=5.0)],
            optimizer=adam(0.04, anneal=0.5),
            steps=12,
            precision="fp32",
        ),
        size=64,
        seeds=[2],
    )
    assert picture.activations[0].tolist() == pytest.approx(drawing.activations, rel=1e-3)


@pytest.mark.parametrize("name", METHODS)
def test_a_named_method_draws_what_its_recipe_draws(compact: Network, name: str) -> None:
    fields: dict[str, Any] = {"steps": 3, "precision": "fp32"}
    recipe = compose(name, fields, network="compact", weights=compact.weights, target="fc8:340", size=64, seed=2)
    (drawing,) = render([recipe], compact)
    result = ascend(compact, "fc8:340", method(name, **fields), size=64, seeds=[2])
    assert result.activations[0].tolist() == pytest.approx(drawing.activations, rel=1e-3)
    assert (
        bytes_of(result) - torch.tensor(list(drawing.image.tobytes())).view(64, 64, 3).permute(2, 0, 1)
    ).abs().mean() < 1


def test_a_penalty_is_subtracted(compact: Network) -> None:
    def variation(weight: float) -> float:
        chosen = Method(penalties=[(weight, total_variation)], steps=24, precision="fp32")
        return total_variation(ascend(compact, "fc8:340", chosen, size=64).values).item()

    assert variation(1000.0) < 0.5 * variation(0.0)
    gray = ascend(compact, "fc8:340", Method(penalties=[(1e3, l2_penalty)], steps=24), size=64)
    assert (gray.values - 0.5).abs().mean() < 0.04


def test_a_relative_penalty_has_the_same_effect_however_large_the_logits_are(compact: Network) -> None:
    def drawn(factor: float, **penalties: Any) -> torch.Tensor:
        chosen = Method(steps=12, precision="fp32", **penalties)
        return bytes_of(ascend(compact, lambda a: factor * a["fc8"][:, 340], chosen, size=64))

    relative_penalties: dict[str, Any] = {"relative_penalties": [(0.5, total_variation)]}
    plain: dict[str, Any] = {"penalties": [(100.0, total_variation)]}
    assert (drawn(1, **relative_penalties) - drawn(100, **relative_penalties)).abs().mean() < 1
    assert (drawn(1, **plain) - drawn(100, **plain)).abs().mean() > 3


def test_a_window_changes_the_center_more_than_the_margins(compact: Network) -> None:
    """Measured by how far pixels change that are equal at the start."""

    def share_of_the_center(*gradients: Any) -> float:
        chosen = Method(params=pixels(0.0), gradients=gradients, optimizer=gradient_ascent(20.0), steps=5)
        values = ascend(compact, "fc8:340", chosen, size=96).values[0]
        change = (values - values.median()).abs().mean(0)
        return (change[36:60, 36:60].mean() / change.mean()).item()

    assert share_of_the_center(window(0.3)) > 2 * share_of_the_center()


def test_a_leaking_gradient_ascends_too_and_to_another_image(compact: Network) -> None:
    true, leaking = (
        ascend(compact, "fc8:340", Method(gradients=gradients, steps=20, precision="fp32"), size=64)
        for gradients in ([], [relu_leak(0.1)])
    )
    assert leaking.activations[0, 0] == true.activations[0, 0]
    assert rises(leaking)
    assert not torch.equal(leaking.values, true.values)


def test_the_network_sees_crops_of_a_large_image_in_its_own_size() -> None:
    """Any larger image would leave more than the mean color to the linear layer."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.AvgPool2d(64), nn.Flatten(), nn.Linear(3, 10))
    linear = wrap(module, size=64, labels=[str(index) for index in range(10)])
    crops = Method(params=pixels(0.1), optimizer=adam(0.05), steps=8, views=2, transforms=[random_crop(0.4, 0.6)])
    result = ascend(linear, "3", crops, size=150)
    assert result.values.shape == (1, 3, 150, 150)
    assert result.activations[0, -1] > result.activations[0, 0]
    with pytest.raises(RecipeError):
        ascend(linear, "3", Method(steps=1), size=150)


def test_views_are_averaged(compact: Network) -> None:
    single, averaged = (
        ascend(compact, "fc8:340", Method(transforms=[jitter(20)], views=views, steps=16), size=64, seeds=[3])
        for views in (1, 4)
    )
    assert averaged.activations[0].diff().abs().mean() < single.activations[0].diff().abs().mean()


def test_layers_above_those_of_the_objective_are_not_computed() -> None:
    module = Forked(3)
    module.head.weight = nn.Parameter(torch.zeros(7, 1))  # fails when it is called
    network = wrap(module, size=64)
    assert rises(ascend(network, "left:2", Method(steps=5, optimizer=gradient_ascent(50.0))))
    with pytest.raises(RecipeError, match="cannot be shown an image of 64 × 64 pixels"):
        ascend(network, "logits:2", Method(steps=5))


@pytest.mark.parametrize(
    ("objective", "error", "words"),
    [
        ("lft:2", UnknownNameError, "my net has no layer 'lft'. Did you mean 'left'"),
        (lambda a: a["lft"][:, 0], UnknownNameError, "my net has no layer 'lft'. Did you mean 'left'"),
        (lambda a: a["idle"][:, 0], RecipeError, "returns no tensor at its layer 'idle'"),
        ("idle:0", RecipeError, "idle is not used by the network"),
        (lambda a: torch.zeros(1), RecipeError, "uses no layer"),
        (lambda a: a["left"], RecipeError, r"of shape \(1,\), not a tensor of shape \(1, 6, 30, 30\)"),
        (lambda a: a["left"].mean().item(), RecipeError, r"of shape \(1,\), not float"),
        (lambda a: a["left"].mean((1, 2, 3)).detach(), RecipeError, "does not depend on the image"),
        (lambda a: a["left"].mean((1, 2, 3)) / 0, RecipeError, "left the finite numbers in step 1"),
        ("left:99", RecipeError, "left has 6 channels"),
        ("the zebra", RecipeError, "is not a target"),
        (
            "zebra",
            UnknownNameError,
            r"my net has no layer 'zebra', and no labels .*: give actmax\.wrap the argument labels",
        ),
        (
            3.5,
            RecipeError,
            r"An objective is a class, .* or a function of the layers' outputs, not 3\.5",
        ),
        (True, RecipeError, "An objective is a class, .*, not True"),
        (-3, RecipeError, "'logits:-3' is not a target"),
        ([], RecipeError, "There is nothing to optimize"),
    ],
)
def test_impossible_objectives_are_refused_in_a_sentence(objective: object, error: type[Exception], words: str) -> None:
    network = wrap(Forked(3), size=64, name="my net")
    with pytest.raises(error, match=words):
        ascend(network, objective, Method(steps=2))  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_function_of_ones_own_gets_single_precision(compact: Network, precision: str) -> None:
    """So that it may combine outputs with tensors of its own, on any processor."""
    seen: set[torch.dtype] = set()
    vector = torch.rand(256)

    def along(outputs: Mapping[str, Tensor]) -> Tensor:
        seen.add(outputs["conv5"].dtype)
        return outputs["conv5"].mean((2, 3)) @ vector

    one_step = method("plain", steps=1, precision=precision)
    ascend(compact, [along, logit(340) + along], one_step, size=64)
    assert seen == {torch.float32}


def test_a_label_comes_before_a_layer_and_a_layer_before_other_names_of_a_class() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4))
    network = wrap(module, size=16, labels=["2", "One", "tree", "Tree"])

    def target(text: str | int) -> str:
        return str(_resolve(network, [text], 1, (16, 16))[2][0])

    assert [target(text) for text in ("2", "0", "one", "One", 3, "0:2")] == [
        "logits:0", "0", "logits:1", "logits:1", "logits:3", "0:2"
    ]  # fmt: skip
    with pytest.raises(UnknownNameError, match=r"'tree' is the name of 2 classes: write 'tree-2' or 'tree-3'"):
        target("tree")
    with pytest.raises(UnknownNameError, match=r"None of the 4 labels is 'onne'\. Did you mean 'One'\?"):
        target("onne")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 1.5}, "size must be a whole number, not 1.5"),
        ({"size": (64, 64, 64)}, "size must be a whole number of pixels, or two of them"),
        ({"seeds": []}, "There is nothing to optimize"),
        ({"start": 7}, "A start is an image, a file or a tensor, not 7"),
        ({"start": torch.zeros(3, 9, 9)}, r"A start must have the shape \(3, 64, 64\), not \(3, 9, 9\)"),
        ({"start": torch.full((3, 64, 64), 1.5)}, r"must be in 0…1, or of uint8 in 0…255, not in 1.5…1.5 \(float32\)"),
        ({"start": torch.full((3, 64, 64), 10)}, r"must be in 0…1, .*, not in 10…10 \(int64\)\. Scale or clamp them"),
        ({"start": torch.full((3, 64, 64), float("nan"))}, "must be in 0…1, .*, not in nan…nan"),
        ({"start": torch.linspace(-1, 1, 3 * 64 * 64).view(3, 64, 64)}, "must be in 0…1, .*, not in -1…1"),
        ({"start": [torch.zeros(3, 64, 64)] * 2}, "There are 2 images to start from for 1 to be optimized"),
        ({"size": 2}, "cannot be shown an image of 2 × 2 pixels"),
        ({"method": Method(precision="fp16")}, "precision is 'fp16'. Did you mean 'bf16'"),
    ],
)
def test_impossible_arguments_are_refused_in_a_sentence(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        ascend(wrap(Forked(3), size=64), "left:2", **{"method": Method(steps=2), **arguments})


@pytest.mark.parametrize("name", ["steps", "views"])
def test_a_method_without_steps_or_views_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=f"{name} must be at least 1, not 0"):
        Method(**{name: 0})  # type: ignore[arg-type]


def test_wrapping_leaves_the_users_module_as_it_was() -> None:
    module = Forked(3).train()
    network = wrap(module, size=64)
    ascend(network, "right:1", Method(steps=2))
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


def test_activations_are_those_of_the_first_evaluation_of_each_step() -> None:
    def evaluates_twice(views, x):  # type: ignore[no-untyped-def]
        for h in views:
            activation, grad = gradient(h, x)
            before.append(activation.item())
            h(x + grad)
            x = x + grad
            yield x, activation

    before: list[float] = []
    result = ascend(wrap(Forked(3), size=64), "left:2", Method(optimizer=evaluates_twice, steps=3))
    assert result.activations[0].tolist() == pytest.approx(before)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"transforms": [lambda images: 0]}, "A transform must return images"),
        ({"penalties": [(1.0, lambda pictures: pictures.mean())]}, r"A penalty must return .* shape"),
        ({"optimizer": lambda views, x: iter(())}, "must evaluate the view of each step"),
    ],
)
def test_parts_that_are_no_parts_are_refused(part: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        ascend(wrap(Forked(3), size=64), "left:2", Method(steps=2, **part))


# The gradient and the steps, on a network of a single pixel: of 27 × 9 values, one has a gradient.


class Spot(nn.Module):
    """The logits are the three colors of the center."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, x.shape[2] // 2, x.shape[3] // 2] * 7


def spotted(start: Any = None, size: Any = None, **parts: Any) -> Result:
    """Red in the center is maximized from middle gray; the network's input is the image itself."""
    chosen: dict[str, Any] = {"params": pixels(0.0), "steps": 1, "precision": "fp32", **parts}
    return ascend(wrap(Spot(), size=9), "logits:0", Method(**chosen), start=start, size=size)


def red(result: Result) -> list[list[float]]:
    """How much red was added to each pixel, as a part of what was added to the center."""
    added = result.values[0, 0] - 0.5
    return (added / added[4, 4]).tolist()


def test_a_gradient_is_the_objectives_own_or_normalized() -> None:
    own = spotted(optimizer=gradient_ascent(0.3 / 7))
    assert bytes_of(own)[:, 4, 4].tolist() == [204, 128, 128]
    normalized = spotted(optimizer=gradient_ascent(0.3 / 243), gradients=[normalize])
    torch.testing.assert_close(normalized.values, own.values)
    assert bytes_of(own)[0].sum() == 204 + 80 * 128


def test_modifiers_act_in_the_order_in_which_the_gradient_meets_them() -> None:
    def doubled(grads: Tensor) -> Tensor:
        return 2 * grads

    once = spotted(optimizer=gradient_ascent(0.1 / 243), gradients=[doubled, normalize])
    twice = spotted(optimizer=gradient_ascent(0.1 / 243), gradients=[normalize, doubled])
    assert bytes_of(once)[0, 4, 4] == 153
    assert bytes_of(twice)[0, 4, 4] == 178


def test_a_blurred_gradient_changes_the_neighbors_as_well_and_no_penalty() -> None:
    added = red(spotted(optimizer=gradient_ascent(3 / 7), gradients=[blur(1.0)]))
    assert added[4][5] == added[3][4] == pytest.approx(math.exp(-0.5), abs=0.02)
    assert added[4][6] == pytest.approx(math.exp(-2), abs=0.02)

    def red_is_wanted_in_the_corner(images: Tensor) -> Tensor:
        return -images[:, 0, 0, 0]

    penalties: dict[str, Any] = {"penalties": [(3.0, red_is_wanted_in_the_corner)], "gradients": [blur(1.0)]}
    picture = spotted(optimizer=gradient_ascent(0.1), **penalties)
    assert bytes_of(picture)[0, 0, :2].tolist() == [204, 128]


def test_a_plain_penalty_counts_with_its_own_gradient_against_a_normalized_one() -> None:
    start = Image.new("RGB", (9, 9), (255, 204, 51))
    parts: dict[str, Any] = {"penalties": [(1.0, l2_penalty)], "gradients": [normalize]}
    result = spotted(start=start, optimizer=gradient_ascent(0.5), **parts)
    assert bytes_of(result)[:, 0, 0].tolist() == [round(255 * value) for value in (0.75, 0.65, 0.35)]
    assert bytes_of(result)[0, 4, 4] == 255  # 1 + 0.5 · (243 - 0.5), clipped
    gentle = spotted(start=start, optimizer=gradient_ascent(0.1 / 243), **parts)
    assert bytes_of(gentle)[:2, 4, 4].tolist() == [255, 204]


@pytest.mark.parametrize("optimizer", [gradient_ascent(0.01), adam(0.01)])
def test_constraints_act_after_each_step_in_order_and_the_next_step_starts_there(optimizer: Any) -> None:
    calls: list[tuple[str, int, int]] = []

    def halved(x: Tensor, steps: int, canvas: Canvas) -> Tensor:
        calls.append(("halved", steps, canvas.width))
        return x / 2

    def raised(x: Tensor, steps: int, canvas: Canvas) -> Tensor:
        calls.append(("raised", steps, canvas.width))
        return x + 0.4

    picture = spotted(constraints=[halved, raised], steps=3, optimizer=optimizer)
    assert calls == [(name, steps, 9) for steps in (1, 2, 3) for name in ("halved", "raised")]
    value = 0.5
    for _ in range(3):
        value = value / 2 + 0.4
    assert bytes_of(picture)[2, 0, 0] == round(255 * value)
    assert picture.activations[0, 1] > 7 * 0.65  # of the second step


def test_clip_knows_the_normalization_of_the_network() -> None:
    network = wrap(Spot(), mean=(0.1, 0.2, 0.3), std=0.2, size=9)
    seen: list[float] = []

    def remembered(x: Tensor, steps: int, canvas: Canvas) -> Tensor:
        seen.append(canvas.denormalize(x).max().item())
        return x

    chosen = Method(pixels(0.0), gradient_ascent(9.0), steps=2, constraints=[clip(), remembered])
    ascend(network, "logits:1", chosen)
    assert seen == pytest.approx([1.0, 1.0], abs=1e-6)


# From an image.


def photo(size: tuple[int, int] = (48, 48), kind: str = "RGB") -> Image.Image:
    colors = torch.randint(40, 216, (5, 5, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return Image.fromarray(colors.numpy()).resize(size, Image.Resampling.BILINEAR).convert(kind)


@pytest.mark.parametrize("params", [pixels(9.0), fourier(decorrelate=False, sd=9.0)], ids=["pixels", "fourier"])
@pytest.mark.parametrize(("channels", "kind"), [(1, "L"), (3, "RGB")])
def test_an_image_at_the_start_replaces_noise(params: Any, channels: int, kind: str) -> None:
    network = wrap(Forked(channels), channels=channels, mean=0.4, std=0.2, size=48)
    picture = ascend(network, "left:2", Method(params, adam(1e-7), steps=2), start=photo())
    shown = picture.image
    assert shown.mode == kind
    distance = ImageChops.difference(shown, photo(kind=kind)).getextrema()
    assert max(high for _, high in (distance if channels == 3 else [distance])) <= 1  # type: ignore[list-item]
    assert rises(ascend(network, "left:2", Method(params, adam(0.02), steps=12), start=photo()))


def test_a_start_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(RecipeError, match="cannot start from an image: pixels, fourier, phase and pyramid can"):
        ascend(wrap(Forked(3), size=48), "left:2", Method(generator(), steps=1), start=photo())
    with pytest.raises(RecipeError, match="No image file has 5 channels"):
        ascend(wrap(Forked(5), channels=5, size=48), "left:2", start=photo())


# Where the gradient was.


def test_the_mask_is_white_where_the_gradient_was() -> None:
    (mask,) = spotted(size=(9, 27), optimizer=gradient_ascent(0.01)).masks
    assert (mask.mode, mask.size) == ("L", (27, 9))
    white = [(x, y) for y in range(9) for x in range(27) if mask.getpixel((x, y)) == 255]
    assert (13, 4) in white
    assert all(abs(x - 13) <= 1 and abs(y - 4) <= 1 for x, y in white)
    assert mask.getpixel((0, 0)) == 0


# Many images.


THREE = Method(steps=3, precision="fp32")


def test_several_objectives_and_seeds_make_an_image_each(compact: Network) -> None:
    zebra, both = "fc8:340", channel("conv5", 3) + channel("conv3", 7)
    result = ascend(compact, [zebra, both], THREE, n=2, size=64)
    assert result.values.shape == (4, 3, 64, 64)
    assert result.activations.shape == (4, 3)
    assert result.parameters.shape[0] == len(result.images) == len(result.masks) == 4
    for index, (objective, seed) in enumerate([(zebra, 0), (zebra, 1), (both, 0), (both, 1)]):
        alone = ascend(compact, objective, THREE, seeds=[seed], size=64)
        torch.testing.assert_close(result.activations[index], alone.activations[0], rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(result.values[index], alone.values[0], rtol=0, atol=0.02)


def test_diversity_separates_the_images_of_a_batch(compact: Network) -> None:
    def likeness(weight: float) -> float:
        objective = channel("conv5", 12) + weight * diversity("conv4")
        values = ascend(compact, objective, Method(steps=12), n=3, size=64).values
        return -diversity("conv4")(compact.submodel(["conv4"], (64, 64))(compact.normalize(values))).mean().item()

    assert likeness(500.0) < likeness(0.0) - 0.05


def test_each_image_may_have_a_start_of_its_own(compact: Network) -> None:
    starts = [photo((64, 64)), torch.full((3, 64, 64), 0.25), torch.full((3, 64, 64), 51, dtype=torch.uint8)]
    result = ascend(compact, "fc8:340", Method(pixels(), adam(1e-7), steps=1), n=3, start=starts, size=64)  # type: ignore[arg-type]
    assert ImageChops.difference(result.images[0], photo((64, 64))).getbbox() is None
    torch.testing.assert_close(result.values[1], starts[1], rtol=0, atol=1e-4)
    torch.testing.assert_close(result.values[2], torch.full((3, 64, 64), 0.2), rtol=0, atol=1e-4)


def test_a_start_may_be_a_file(compact: Network, tmp_path: Path) -> None:
    photo((64, 64)).save(tmp_path / "photo.png")
    for name in (tmp_path / "photo.png", str(tmp_path / "photo.png")):
        result = ascend(compact, "fc8:340", Method(pixels(), adam(1e-7), steps=1), start=name, size=64)
        assert ImageChops.difference(result.image, photo((64, 64))).getbbox() is None


def test_frames_are_kept_and_a_callback_stops(compact: Network) -> None:
    seen: list[tuple[int, tuple[int, ...]]] = []

    def stop_after_five(step: Step) -> bool:
        seen.append((step.number, tuple(step.images.shape)))
        return step.number == 5

    result = ascend(compact, "fc8:340", Method(steps=9), n=2, size=64, callback=stop_after_five, frames=[1, 5, 8])
    assert seen == [(number, (2, 3, 64, 64)) for number in range(1, 6)]
    assert result.activations.shape == (2, 5)
    assert list(result.frames) == [1, 5]
    assert [image.tobytes() for image in result.frames[5]] == [image.tobytes() for image in result.images]


def test_final_parameters_are_those_of_the_images(compact: Network) -> None:
    result = ascend(compact, "fc8:340", Method(pixels(), steps=2), size=64)
    torch.testing.assert_close(compact.normalize.inverse(result.parameters).clamp(0, 1), result.values)


def test_a_cppn_is_optimized(compact: Network) -> None:
    assert rises(ascend(compact, "fc8:340", Method(cppn(), adam(0.005), steps=12), size=64))


@pytest.mark.parametrize("optimizer", [torch.optim.NAdam, lambda p: torch.optim.AdamW(p, lr=0.05)])
def test_any_optimizer_of_torch_fits(compact: Network, optimizer: Any) -> None:
    assert rises(ascend(compact, "fc8:340", Method(optimizer=optimizer, steps=12), size=64))


def test_a_size_may_be_an_integer_of_numpy(compact: Network) -> None:
    assert ascend(compact, "fc8:340", THREE, size=np.int64(64)).image.size == (64, 64)  # type: ignore[arg-type]


def test_a_method_goes_by_its_name_and_the_default_is_smooth() -> None:
    network = wrap(Forked(3), mean=0.4, std=0.2, size=32)
    calls = [ascend(network, "left:2", name, seeds=[1]).values for name in ("smooth", method("smooth"), None)]
    assert torch.equal(calls[0], calls[1])
    assert torch.equal(calls[0], calls[2])
    with pytest.raises(UnknownNameError, match=r"There is no method 'smoth'\. Did you mean 'smooth'"):
        ascend(network, "left:2", "smoth")


# Whatever the caller has set.


@pytest.mark.parametrize(
    "around",
    [
        torch.no_grad,
        torch.inference_mode,
        lambda: torch.set_grad_enabled(False),
        lambda: torch.autocast("cpu", torch.bfloat16),
        lambda: torch.device("meta"),
    ],
    ids=["no_grad", "inference_mode", "set_grad_enabled", "autocast", "device"],
)
def test_the_callers_modes_change_no_image(compact: Network, around: Any) -> None:
    usual = ascend(compact, "fc8:340", THREE, size=64)
    before = torch.is_grad_enabled()
    with around():
        within = ascend(compact, "fc8:340", THREE, size=64)
    torch.set_grad_enabled(before)
    assert torch.equal(within.values, usual.values)


def test_devices_that_do_not_exist_are_refused(compact: Network) -> None:
    assert torch.equal(
        ascend(compact, "fc8:340", THREE, size=64, device="cpu").values,
        ascend(compact, "fc8:340", THREE, size=64, device=torch.device("cpu")).values,
    )
    for name in ("cuda:77", "meta", "gpu"):
        with pytest.raises(ActmaxError, match=f"device is '{name}', which cannot be used here"):
            ascend(compact, "fc8:340", THREE, size=64, device=name)


class Upcasting(nn.Module):
    """Computes a constant of its own in float32, as many user modules do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.table = torch.ones(4)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = nn.functional.linear(self.conv(x).mean((2, 3)), self.table.diag())
        return result


def test_auto_precision_falls_back_to_fp32_with_a_log_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("actmax.engine.device._native_bfloat16", lambda device: True)
    network = wrap(Upcasting(), size=16, name="my net")
    fallback = ascend(network, "logits:1", Method(steps=2))
    assert [record.message.partition(" on ")[0] for record in caplog.records] == [
        "float32 is used: my net does not run in bfloat16"
    ]
    assert torch.equal(fallback.values, ascend(network, "logits:1", Method(steps=2, precision="fp32")).values)
    assert len(caplog.records) == 1


@pytest.mark.parametrize("steps", [1, 2])
def test_values_that_overflow_in_any_step_are_refused(steps: int) -> None:
    with pytest.raises(RecipeError, match=f"left the finite numbers in step {steps}"):
        spotted(optimizer=gradient_ascent(1e38), steps=steps)


# Tokens, grids, caricatures.


class Tokens(nn.Module):
    """Patches as tokens behind a class token, (B, 1 + 16, 6), as in a vision transformer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 6, 8, 8)
        self.block = nn.Linear(6, 6)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.patches(x).flatten(2).mT
        tokens = self.block(torch.cat([patches.mean(1, keepdim=True), patches], 1))
        result: Tensor = self.head(tokens[:, 0])
        return result


def test_layers_of_tokens_go_by_name() -> None:
    network = wrap(Tokens(), mean=0.5, std=0.25, size=32)
    plain = Method(steps=6, precision="fp32")
    named = ascend(network, "block:2", plain)
    assert rises(named)
    by_hand = ascend(network, lambda a: a["block"][:, 1:, 2].mean(1), plain)
    torch.testing.assert_close(named.values, by_hand.values)
    position = ascend(network, "block:2@1,3", plain)
    torch.testing.assert_close(position.values, ascend(network, lambda a: a["block"][:, 1 + 4 + 3, 2], plain).values)


def test_an_activation_grid_has_an_image_for_each_position() -> None:
    network = wrap(Tokens(), mean=0.5, std=0.25, size=32)
    sheet = grid(network, photo((32, 32)), "block", Method(steps=2), cells=3, size=32)
    assert sheet.size == (96, 96)
    tiles = {sheet.crop((x, y, x + 32, y + 32)).tobytes() for x in (0, 32, 64) for y in (0, 32, 64)}
    assert len(tiles) == 9
    with pytest.raises(RecipeError, match="logits has no map"):
        grid(network, photo((32, 32)), "logits", Method(steps=2), size=32)


def test_a_caricature_exaggerates_the_features_of_its_start(compact: Network) -> None:
    start = photo((64, 64))
    features = compact.submodel(["conv4"], (64, 64))(compact.normalize(fit(start, (64, 64))[None]))["conv4"][0]
    assert rises(ascend(compact, cosine("conv4", features), Method(steps=8), size=64))
