"""Gradient hooks: the same values forward, another gradient, at the layers that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from actmax.ascent.gradients import on_gradient
from actmax.networks import Network, wrap
from actmax.networks.hooks import GradientHooks


@dataclass(frozen=True)
class Scale:
    """The identity, whose gradient is multiplied."""

    factor: float

    def __call__(self, x: Tensor) -> Tensor:
        return on_gradient(x, lambda grad: grad * self.factor)


@dataclass(frozen=True)
class Straight:
    """A ReLU whose gradient is the identity's."""

    def __call__(self, x: Tensor, bound: float) -> Tensor:
        return x + (x.clamp(0, bound) - x).detach()


class Pair(nn.Module):
    """A layer that returns two things."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, str]:
        return self.linear(x), "second"


class Net(nn.Module):
    """Two kinds of ReLU, one of them in place, and a layer that returns a tuple."""

    def __init__(self, inplace: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)
        self.relu, self.relu6 = nn.ReLU(inplace), nn.ReLU6(inplace)
        self.pair, self.fc = Pair(), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = self.pair(self.relu(self.conv(x)).mean((2, 3)))
        return self.fc(self.relu6(4 * x))  # type: ignore[no-any-return]


def gradient(network: Network, hooks: GradientHooks, layers: Sequence[str] = ("logits",)) -> tuple[Tensor, Tensor]:
    x = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    outputs = network.submodel(layers, (16, 16), hooks=hooks)(x)
    (grad,) = torch.autograd.grad(outputs[layers[0]].square().sum(), x)
    return outputs[layers[0]].detach(), grad


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    ("hooks", "factor"),
    [
        (GradientHooks(outputs=(("logits", Scale(3.0)),)), 3.0),
        (GradientHooks(outputs=(("conv", Scale(3.0)),)), 3.0),
        (GradientHooks(outputs=(("pair", Scale(2.0)),), inputs=(("pair", Scale(0.5)), ("fc", Scale(4.0)))), 4.0),
        (GradientHooks(inputs=(("conv", Scale(0.0)),)), 0.0),
    ],
)
def test_a_hook_multiplies_the_gradient_and_leaves_the_outputs(
    hooks: GradientHooks, factor: float, inplace: bool
) -> None:
    torch.manual_seed(0)
    network = wrap(Net(inplace), size=16)
    plain, expected = gradient(network, GradientHooks())
    outputs, grad = gradient(network, hooks)
    torch.testing.assert_close(outputs, plain)
    torch.testing.assert_close(grad, factor * expected)


@pytest.mark.parametrize("inplace", [False, True])
def test_a_hook_replaces_the_gradient_of_every_relu(inplace: bool) -> None:
    torch.manual_seed(0)
    module = Net(inplace)
    network = wrap(module, size=16)
    plain, before = gradient(network, GradientHooks())
    outputs, grad = gradient(network, GradientHooks(relu=Straight()))
    torch.testing.assert_close(outputs, plain)
    module.relu = module.relu6 = nn.Identity()  # type: ignore[assignment]
    x = torch.zeros(1, 3, 16, 16, requires_grad=True)
    rows = [torch.autograd.grad(module(x)[0, unit], x)[0] for unit in range(5)]
    expected = sum(2 * plain[0, unit] * rows[unit][0] for unit in range(5))
    torch.testing.assert_close(grad[0], expected)
    assert not torch.allclose(grad, before)


def test_a_hook_acts_only_below_the_layer_that_is_read() -> None:
    torch.manual_seed(0)
    network = wrap(Net(True), size=16)
    hooks = GradientHooks(outputs=(("logits", Scale(9.0)), ("pair", Scale(2.0))))
    _, expected = gradient(network, GradientHooks(), ["pair"])
    _, grad = gradient(network, hooks, ["pair"])
    torch.testing.assert_close(grad, 2 * expected)


def test_a_relu_under_two_names_and_one_with_a_users_hook_are_replaced_and_a_kind_of_the_users_own_is_not() -> None:
    class Own(nn.ReLU):
        """A ReLU that may compute something else."""

    def gradient_through(*parts: nn.Module) -> Tensor:
        network = wrap(nn.Sequential(*parts, nn.Flatten()), size=2, channels=1)
        x = torch.full((1, 1, 2, 2), -1.0, requires_grad=True)
        logits = network.submodel(["logits"], (2, 2), hooks=GradientHooks(relu=Straight()))(x)["logits"]
        return torch.autograd.grad(logits.sum(), x)[0]

    shared, hooked = nn.ReLU(), nn.ReLU6()
    hooked.register_forward_hook(lambda _part, _given, output: 3 * output)
    assert (gradient_through(shared, nn.Identity(), shared) == 1).all()
    assert (gradient_through(shared, hooked) == 3).all()
    assert (gradient_through(Own()) == 0).all()
