"""Frozen layers answer as the ones that they stand for, and so do their slopes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from actmax.networks.frozen import InputConv, LeakingReLU, freeze


@pytest.mark.parametrize("size", [(64, 64), (63, 70), (35, 41)])
@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(11, 4, 2), (7, 2, 0), (3, 2, 1), (5, 3, 4), ((3, 5), (2, 4), (1, 0)), (2, 4, 0)],
)
def test_the_slope_of_a_first_convolution_is_autograds(
    kernel: int, stride: int, padding: int, images: int, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 8, kernel, stride, padding).double().requires_grad_(False))
    frozen = nn.Sequential(nn.Conv2d(3, 8, kernel, stride, padding).double().requires_grad_(False))
    frozen.load_state_dict(plain.state_dict())
    freeze(frozen)
    assert isinstance(frozen[0], InputConv)
    x = torch.rand(images, 3, *size, dtype=torch.double)
    answers, grads = [], []
    for network in (plain, frozen):
        leaf = x.clone().requires_grad_()
        answers.append(network(leaf))
        grads.append(
            torch.autograd.grad(
                (answers[-1] * torch.linspace(-1, 1, answers[-1].numel()).view_as(answers[-1])).sum(), leaf
            )[0]
        )
    torch.testing.assert_close(answers[1], answers[0])
    torch.testing.assert_close(grads[1], grads[0])


def test_layers_that_are_no_first_convolution_keep_their_class() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, stride=2), nn.Conv2d(3, 6, 3, stride=2, groups=3))
    freeze(module)
    assert not any(isinstance(layer, InputConv) for layer in module)
    assert all(isinstance(layer, nn.Conv2d) for layer in module)


def test_a_layer_with_a_users_hook_stays_as_it_is() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.Flatten(), nn.Linear(8, 2))
    module[0].register_forward_hook(lambda *_: None)
    freeze(module)
    assert type(module[0]) is nn.Conv2d


@pytest.mark.parametrize(("relu", "most"), [(nn.ReLU(), 1e9), (nn.ReLU6(), 6.0)])
def test_a_leaking_relu_answers_as_ever_and_passes_a_part_of_the_slope(relu: nn.Module, most: float) -> None:
    module = nn.Sequential(relu)
    freeze(module, relu_leak=0.25)
    x = torch.tensor([[-3.0, 0.0, 2.0, 6.0, 9.0]], requires_grad=True)
    answer = module(x)
    assert torch.equal(answer, relu(x))
    (grad,) = torch.autograd.grad((answer * torch.arange(1, 6)).sum(), x)
    expected = [1.0 if 0 < value < most else 0.25 for value in x[0].tolist()]
    assert (grad / torch.arange(1, 6))[0].tolist() == expected


def test_without_a_leak_a_relu_keeps_its_own_slope() -> None:
    module = nn.Sequential(nn.ReLU())
    freeze(module)
    assert type(module[0]) is nn.ReLU


def test_a_relu_with_a_users_hook_stays_as_it_is() -> None:
    module = nn.Sequential(nn.ReLU())
    module[0].register_forward_hook(lambda *_: None)
    freeze(module, relu_leak=0.1)
    assert not isinstance(module[0], LeakingReLU)


def test_a_relu_under_two_names_leaks_under_both_and_one_of_a_users_own_kind_stays() -> None:
    class Own(nn.ReLU):
        """Answers in its own way."""

    shared = nn.ReLU()
    module = nn.Sequential(shared, nn.Identity(), shared, Own())
    freeze(module, relu_leak=0.1)
    assert [type(part) for part in module] == [LeakingReLU, nn.Identity, LeakingReLU, Own]
