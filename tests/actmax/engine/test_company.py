"""A drawing depends neither on its batch, nor on the number of threads: to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from nightly import pairs, smoke
from PIL import Image
from torch import nn

from actmax.ascent.gradients import relu_leak as leak
from actmax.engine.batches import batches
from actmax.engine.render import render
from actmax.engine.workers import side_by_side
from actmax.networks.cards import card
from actmax.networks.hooks import GradientHooks
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap
from actmax.recipe import METHODS, Recipe, accentuation, compose


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def alexnet() -> Network:
    """ImageNet's architecture, wide linear layers and all; its weights are random."""
    from torchvision.models import AlexNet

    torch.manual_seed(0)
    return Network(AlexNet(), card("alexnet"), "random", IMAGENET, (224, 224))


@pytest.fixture(scope="module")
def mobilenet() -> Network:
    """Convolutions of one pixel, and of one channel each."""
    return load("mobilenet-v2")


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("size", smoke([64, 160, 224]))
@pytest.mark.parametrize(("name", "relu_leak"), [("compact", 0.1), ("alexnet", 0.0), ("mobilenet", 0.1)])
def test_a_network_computes_the_same_for_an_image_in_a_batch_of_any_size(
    name: str, size: int, precision: str, relu_leak: float, request: pytest.FixtureRequest
) -> None:
    """Logits and gradient. 64 px make small maps, which torch computes by other algorithms for a single image."""
    if precision == "bf16" and (size > 64 or name == "mobilenet") and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("this processor has no bfloat16, and emulates it slowly and in other ways")
    network: Network = request.getfixturevalue(name)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    images = torch.rand(11, 3, size, size, generator=torch.Generator().manual_seed(0))

    def computed(part: torch.Tensor, _: object) -> tuple[torch.Tensor, torch.Tensor]:
        x = part.clone().requires_grad_()
        hooks = GradientHooks(relu=leak(relu_leak))
        logits = network.submodel(["logits"], (size, size), dtype=dtype, hooks=hooks)(x)["logits"]
        (grad,) = torch.autograd.grad(logits[:, 340].float().sum(), x)
        return logits.detach(), grad

    counts = [11, 1, 2, 3, 5, 8]
    whole, *parts = side_by_side(computed, [images[-count:] for count in counts], 1)
    for count, (logits, grad) in zip(counts[1:], parts, strict=True):
        assert torch.equal(logits, whole[0][-count:]), count
        assert torch.equal(grad, whole[1][-count:]), count


@pytest.mark.parametrize(("method", "threads"), pairs(METHODS, [1, 2, 3]), indirect=["threads"])
def test_a_recipe_draws_the_same_bytes_in_any_batch(compact: Network, method: str, threads: int) -> None:
    def recipe(index: int, seed: int = 0) -> Recipe:
        fields = {"size": 64, "steps": 5}
        return compose(method, fields, network="compact", weights=compact.weights, target=f"fc8:{index}", seed=seed)

    wanted = recipe(340, seed=3)
    (alone,) = render([wanted], compact)
    for position in (0, 3, 8):
        batch = [recipe(index * 7, index) for index in range(9)]
        batch[position] = wanted
        found = {drawing.recipe: drawing for drawing in render(batch, compact)}
        assert len(found) == 9
        assert np.array_equal(np.asarray(found[wanted].image), np.asarray(alone.image))
        assert found[wanted].activations == alone.activations
        assert found[wanted].gradient_magnitude == alone.gradient_magnitude


PER_IMAGE: dict[str, Callable[[int], dict[str, Any]]] = {
    "start images": lambda index: accentuation(STARTS[index % 2]),
    "facets": lambda index: {"facets": 3, "facet": index % 3},
}
STARTS = ("0123456789abcdef", "fedcba9876543210")


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (80, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize("own", PER_IMAGE.values(), ids=PER_IMAGE.keys())
def test_start_images_and_facets_affect_no_other_image(
    compact: Network, own: Callable[[int], dict[str, Any]], threads: int
) -> None:
    def recipe(index: int, target: int) -> Recipe:
        fields = {"size": 64, "steps": 5, **own(index)}
        return compose("smooth", fields, network="compact", weights=compact.weights, target=f"fc8:{target}", seed=index)

    starts = {name: picture(seed) for seed, name in enumerate(STARTS)}
    wanted = recipe(1, 340)
    (alone,) = render([wanted], compact, starts=starts)
    for position in (0, 3, 8):
        batch = [recipe(index, index * 7) for index in range(9)]
        batch[position] = wanted
        assert len(batches(batch, 16)) == 1
        found = {drawing.recipe: drawing for drawing in render(batch, compact, starts=starts)}
        assert np.array_equal(np.asarray(found[wanted].image), np.asarray(alone.image))
        assert found[wanted].activations == alone.activations
        assert found[wanted].gradient_magnitude == alone.gradient_magnitude


def test_only_the_requested_image_steps_are_computed(compact: Network) -> None:
    """Counted at the network's input."""
    counted: list[int] = []
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = wrap(module)
    submodel = network.submodel

    def counting(*arguments: object) -> object:
        forward = submodel(*arguments)  # type: ignore[arg-type]

        def counts(x: torch.Tensor) -> object:
            counted.append(len(x))
            return forward(x)

        return counts

    network.submodel = counting  # type: ignore[method-assign, assignment]
    recipes = [
        compose("robust", {"size": 64, "steps": 4}, network=network.card.name, weights="", target="logits:1", seed=seed)
        for seed in range(11)
    ]
    assert len(list(render(recipes, network))) == 11
    assert sum(counted) == 44


def test_similar_recipes_are_dealt_evenly_among_workers() -> None:
    recipes = [compose(network="n", weights="w", target=f"fc8:{index}") for index in range(17)]
    assert [len(batch) for batch in batches(recipes, 8, workers=2)] == [4, 4, 4, 5]
    assert [recipe for batch in batches(recipes, 8, workers=2) for recipe in batch] == recipes
    assert [len(batch) for batch in batches(recipes[:1], 8, workers=4)] == [1]
    assert [len(batch) for batch in batches(recipes[:8], 8)] == [8]


def test_an_error_of_a_task_ends_the_others_and_is_raised() -> None:
    def work(task: int, check_stopped: object) -> int:
        if task == 1:
            raise ValueError("failed")
        while True:  # until `check_stopped` raises
            check_stopped()  # type: ignore[operator]

    with pytest.raises(ValueError, match="failed"):
        list(side_by_side(work, [0, 1, 2, 3], 2))


def test_a_caller_who_stops_ends_the_work() -> None:
    begun: list[int] = []

    def work(task: int, check_stopped: object) -> int:
        begun.append(task)
        while task > 0:  # until `check_stopped` raises
            check_stopped()  # type: ignore[operator]
        return task

    results = side_by_side(work, range(100), 2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= 3
