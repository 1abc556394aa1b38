"""The optimization loop with every part in turn: the score rises in a few steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from actmax import constraints, gradients, objectives, optimizers, params, penalties, transforms
from actmax.ascent.optimize import Method, optimize
from actmax.ascent.params import Canvas
from actmax.errors import RecipeError

torch.manual_seed(0)
NET = nn.Sequential(nn.Conv2d(3, 8, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 10))
NET.requires_grad_(False)
VECTOR = torch.randn(8, generator=torch.Generator().manual_seed(1))


def forward(x: Tensor) -> Mapping[str, Tensor]:
    maps = NET[0](x)
    return {"conv": maps, "logits": NET[1:](maps)}


def scores(objective: Any, images: int = 2, start: Tensor | None = None, **parts: Any) -> Tensor:
    """The score of each image before each step, (B, steps)."""
    method = Method(**{"steps": 12, **parts})
    canvas = Canvas(3, 32, 32, lambda x: 4 * x - 2, lambda x: (x + 2) / 4)
    steps = optimize(method, forward, objective, canvas, range(images), start)
    return torch.stack([step.activations for step in steps], 1)


LOGIT = objectives.logit(3)


def assert_rises(objective: Any = LOGIT, **parts: Any) -> None:
    found = scores(objective, **parts)
    assert (found[:, -4:].amax(1) > found[:, 0]).all()


@pytest.mark.parametrize(
    "objective",
    [
        objectives.channel("conv", 3),
        objectives.unit("conv", 3),
        objectives.unit("conv", 3, (0, 1)),
        objectives.logit(3),
        objectives.layer("conv"),
        objectives.direction("conv", VECTOR),
        objectives.direction("conv", VECTOR, cosine_power=1),
        objectives.cosine("conv", VECTOR),
        objectives.diversity("conv"),
        objectives.alignment("conv"),
        objectives.sorted_activations(
            forward(torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(2)).round() * 4 - 2)
        ),
        objectives.logit(3) - 0.5 * objectives.logit(4) + objectives.channel("conv", 1),
        lambda outputs: outputs["logits"][:, 3],
    ],
)
def test_objectives(objective: Any) -> None:
    assert_rises(objective, params=params.fourier(sd=0.1))


@pytest.mark.parametrize(
    ("param", "rate"),
    [
        (params.pixels(), 0.05),
        (params.fourier(), 0.05),
        (params.phase(), 0.15),
        (params.pyramid(), 0.05),
        (params.cppn(), 0.005),
        (params.generator(), 0.01),
        (params.learned(lambda codes: codes.sigmoid().view(-1, 3, 4, 4), 48), 0.1),
    ],
)
def test_params(param: Any, rate: float) -> None:
    assert_rises(params=param, optimizer=optimizers.adam(rate))


@pytest.mark.parametrize(
    "transform",
    [
        transforms.jitter(2),
        transforms.rotate(5.0),
        transforms.scale(0.1),
        transforms.affine(2, 0.1, 5.0),
        transforms.random_crop(0.9),
        transforms.random_crop(0.7, 0.9),
        transforms.pad(2),
        transforms.noise(0.02),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(0.1, 0.1),
        v2.RandomAffine(5, (0.05, 0.05)),
        v2.RandomPerspective(0.1),
        v2.RandomResizedCrop(32, (0.8, 1.0)),
        lambda images: images.flip(3),
    ],
)
def test_transforms(transform: Any) -> None:
    assert_rises(transforms=[transform], steps=24)
    assert_rises(transforms=[transform], views=3)


@pytest.mark.parametrize("penalty", [penalties.total_variation, lambda images: images.flatten(1).mean(1)])
def test_penalties(penalty: Any) -> None:
    assert_rises(penalties=[(0.01, penalty)])
    assert_rises(relative_penalties=[(0.1, penalty)], penalties=[(0.01, penalties.l2_penalty)])


@pytest.mark.parametrize(
    "constraint",
    [
        constraints.norm(1.0),
        constraints.l2_decay(0.01),
        constraints.blur(0.3, every=4),
        constraints.blur(0.5, until=12),
        constraints.clip(),
        constraints.clip_norm(0.1),
        constraints.clip_contribution(0.1),
        constraints.bound_color(3.0),
    ],
)
def test_constraints(constraint: Any) -> None:
    assert_rises(params=params.pixels(0.5), constraints=[constraint])


@pytest.mark.parametrize(
    "modifiers",
    [
        [gradients.normalize],
        [gradients.blur(1.0)],
        [gradients.frequency_decay(0.2)],
        [gradients.window(0.5)],
        [gradients.window(0.5), torch.sign],
    ],
)
def test_gradients(modifiers: Any) -> None:
    assert_rises(gradients=modifiers)


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.adam(0.05, anneal=0.5),
        optimizers.gradient_ascent(5.0),
        optimizers.gradient_ascent(5.0, 1.0),
        torch.optim.RMSprop,
        # Without a line search it diverges from here.
        lambda params: torch.optim.LBFGS(params, line_search_fn="strong_wolfe"),
    ],
)
def test_optimizers(optimizer: Any) -> None:
    assert_rises(optimizer=optimizer)


def test_a_constraint_is_given_the_gradient_of_the_objective_alone() -> None:
    """Of a linear score of the normalized image: its weights, whatever the penalty, and however it is normalized."""
    weights = torch.linspace(-1, 1, 3 * 8 * 8).view(1, 3, 8, 8)
    given = []

    def record(x: Tensor, step: int, _canvas: Canvas, gradient: Tensor) -> Tensor:
        given.append((step, gradient))
        return x

    method = Method(
        params=params.pixels(),
        optimizer=optimizers.gradient_ascent(0.1),
        steps=2,
        penalties=[(3.0, penalties.l2_penalty)],
        gradients=[gradients.normalize],
        constraints=[record],
    )
    canvas = Canvas(3, 8, 8, lambda x: 4 * x - 2, lambda x: (x + 2) / 4)
    score = lambda x: {"score": (x * weights).flatten(1).sum(1)}  # noqa: E731
    list(optimize(method, score, lambda outputs: outputs["score"], canvas, [0, 1]))
    assert [step for step, _ in given] == [1, 2]
    for _, gradient in given:
        torch.testing.assert_close(gradient, weights.expand(2, -1, -1, -1))


def test_a_step_size_falls_over_the_last_part_of_the_steps() -> None:
    h = lambda x: x.sum(1)  # noqa: E731
    for anneal, expected in ((0.0, [1.0, 2.0, 3.0, 4.0]), (1.0, [1.0, 1.75, 2.25, 2.5])):
        path = optimizers.gradient_ascent(1.0, anneal)([h] * 4, torch.zeros(1, 1))
        assert [x.item() for x, _ in path] == expected


def test_a_start_replaces_the_noise() -> None:
    start = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).clamp(0.1, 0.9)
    found = scores(objectives.logit(3), start=start, steps=1)
    torch.testing.assert_close(found[:, 0], NET(4 * start - 2)[:, 3], rtol=1e-3, atol=1e-3)


def test_an_image_depends_on_its_own_seed() -> None:
    alone = scores(objectives.logit(3), 1, transforms=[transforms.jitter(4), v2.ColorJitter(0.2)])
    together = scores(objectives.logit(3), 3, transforms=[transforms.jitter(4), v2.ColorJitter(0.2)])
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-4)


def test_a_score_for_each_image_is_required() -> None:
    with pytest.raises(RecipeError, match="An objective must return a number for each image"):
        scores(lambda outputs: outputs["logits"].mean())
