"""Gradient ascent is the write-up's equation: checked against autograd, finite differences and torch's Adam."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from actmax.ascent.gradient_ascent import ascend, gradient
from actmax.ascent.optimizers import adam, from_torch, gradient_ascent, resolve_optimizer, step_sizes


@pytest.fixture
def net() -> nn.Module:
    """A small smooth network in float64, so that finite differences are sharp."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 6 * 6, 5))
    return layers.double().requires_grad_(False)


def start(images: int = 2) -> Tensor:
    return torch.randn(images, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_one_step_is_x_plus_alpha_times_the_gradient(net: nn.Module) -> None:
    x = start()
    leaf = x.clone().requires_grad_()
    net(leaf)[:, 3].sum().backward()
    ((moved, activation),) = ascend([lambda x: net(x)[:, 3]], x, alpha=0.7)
    torch.testing.assert_close(moved, x + 0.7 * leaf.grad, rtol=0, atol=0)
    torch.testing.assert_close(activation, net(x)[:, 3], rtol=0, atol=0)


def test_the_gradient_agrees_with_finite_differences(net: nn.Module) -> None:
    x, step = start(1), 1e-6
    _, grad = gradient(lambda x: net(x)[:, 2], x)
    for position in [(0, 0, 0, 0), (0, 1, 3, 4), (0, 2, 7, 7)]:
        nudge = torch.zeros_like(x)
        nudge[position] = step
        finite = (net(x + nudge)[0, 2] - net(x - nudge)[0, 2]) / (2 * step)
        assert grad[position].item() == pytest.approx(finite.item(), rel=1e-7, abs=1e-10)


def test_each_image_ascends_by_its_own_gradient(net: nn.Module) -> None:
    x = start(3)

    def h(x: Tensor) -> Tensor:
        return net(x)[:, 0]

    together = [x for x, _ in ascend([h] * 4, x, 0.5)][-1]
    for index in range(3):
        alone = [x for x, _ in ascend([h] * 4, x[index : index + 1], 0.5)][-1]
        torch.testing.assert_close(together[index : index + 1], alone, rtol=1e-12, atol=1e-12)


def test_the_activation_rises_in_every_small_step(net: nn.Module) -> None:
    heights = torch.stack([activation for _, activation in ascend([lambda x: net(x)[:, 1]] * 20, start(), 0.01)])
    assert (heights.diff(dim=0) > 0).all()


def test_the_start_is_not_changed(net: nn.Module) -> None:
    x = start()
    before = x.clone()
    list(ascend([lambda x: net(x)[:, 1]] * 2, x, 0.5))
    list(adam(0.5)([lambda x: net(x)[:, 1]] * 2, x))
    assert torch.equal(x, before)
    assert not x.requires_grad


def test_the_first_step_of_adam_changes_every_parameter_by_its_rate(net: nn.Module) -> None:
    x = start()
    _, grad = gradient(lambda x: net(x)[:, 1], x)
    ((moved, _),) = adam(0.05)([lambda x: net(x)[:, 1]], x)
    torch.testing.assert_close(moved - x, 0.05 * grad.sign(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("arranged", [lambda x: x, lambda x: x.mT.contiguous().mT], ids=["in order", "transposed"])
def test_adam_is_torchs(net: nn.Module, arranged: Any) -> None:
    def h(x: Tensor) -> Tensor:
        return net(x)[:, 1]

    ours, theirs = (
        [x.clone() for x, _ in optimizer([h] * 5, x)]
        for optimizer, x in (
            (adam(0.05), arranged(start())),
            (from_torch(lambda params: torch.optim.Adam(params, lr=0.05)), start()),
        )
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_adam_does_not_import_torchs_compiler() -> None:
    """It takes seconds and 150 MB."""
    code = (
        "import sys, torch; from actmax.ascent.optimizers import adam\n"
        "list(adam(0.1)([lambda x: x.sum(1)], torch.zeros(1, 2)))\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_adam_takes_one_step_for_each_view() -> None:
    seen: list[int] = []

    def view(number: int, x: Tensor) -> Tensor:
        seen.append(number)
        return x.sum((1, 2, 3))

    views = [lambda x, number=number: view(number, x) for number in range(5)]
    assert len(list(adam(0.1)(views, start()))) == 5
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("anneal", "sizes"),
    [(0.0, [2, 2, 2, 2]), (0.5, [2, 2, 2, 1]), (1.0, [2, 1.5, 1, 0.5])],
)
def test_step_sizes_fall_linearly_over_the_last_part(anneal: float, sizes: list[float]) -> None:
    assert step_sizes(2.0, 4, anneal) == sizes


def test_adam_takes_the_step_size_of_each_step() -> None:
    moved = [x.clone() for x, _ in adam(0.6, anneal=1.0)([lambda x: x.sum((1, 2, 3))] * 3, start())]
    lengths = [(b - a).abs().max().item() for a, b in zip([start(), *moved], moved, strict=False)]
    assert lengths == pytest.approx([0.6, 0.4, 0.2], abs=1e-6)


@pytest.mark.parametrize(
    "factory",
    [
        torch.optim.NAdam,
        torch.optim.LBFGS,
        lambda params: torch.optim.AdamW(params, lr=0.05),
        partial(torch.optim.SGD, lr=0.05, momentum=0.9),
    ],
)
def test_optimizers_of_torch_go_uphill(net: nn.Module, factory: Any) -> None:
    steps = list(resolve_optimizer(factory)([lambda x: net(x)[:, 1]] * 8, start()))
    assert len(steps) == 8
    assert (steps[-1][1] > steps[0][1]).all()


def test_an_optimizer_of_torch_takes_the_negative_gradient(net: nn.Module) -> None:
    def h(x: Tensor) -> Tensor:
        return net(x)[:, 1]

    theirs, ours = (
        [x.clone() for x, _ in optimizer([h] * 3, start())]
        for optimizer in (from_torch(lambda params: torch.optim.SGD(params, lr=0.1)), gradient_ascent(0.1))
    )
    torch.testing.assert_close(theirs, ours)


def test_our_optimizers_are_taken_as_they_are() -> None:
    for optimizer in (adam(0.1), gradient_ascent(0.1), lambda views, x: iter(())):
        assert resolve_optimizer(optimizer) is optimizer
