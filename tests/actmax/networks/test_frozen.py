"""Frozen layers compute what the ones that they replace do, and so do their gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from actmax.networks.cards import card
from actmax.networks.frozen import InputConv, arranged, freeze
from actmax.networks.network import IMAGENET, Network


@pytest.mark.parametrize("size", [(64, 64), (63, 70), (35, 41)])
@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(11, 4, 2), (7, 2, 0), (3, 2, 1), (5, 3, 4), ((3, 5), (2, 4), (1, 0)), (2, 4, 0)],
)
def test_the_gradient_of_the_input_convolution_is_autograds(
    kernel: int, stride: int, padding: int, images: int, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 8, kernel, stride, padding).double().requires_grad_(False))
    frozen = nn.Sequential(nn.Conv2d(3, 8, kernel, stride, padding).double().requires_grad_(False))
    frozen.load_state_dict(plain.state_dict())
    freeze(frozen)
    assert isinstance(frozen[0], InputConv)
    x = torch.rand(images, 3, *size, dtype=torch.double)
    outputs, grads = [], []
    for network in (plain, frozen):
        leaf = x.clone().requires_grad_()
        outputs.append(network(leaf))
        grads.append(
            torch.autograd.grad(
                (outputs[-1] * torch.linspace(-1, 1, outputs[-1].numel()).view_as(outputs[-1])).sum(), leaf
            )[0]
        )
    torch.testing.assert_close(outputs[1], outputs[0])
    torch.testing.assert_close(grads[1], grads[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("stride", [(4, 4), (2, 2), (3, 3), (2, 4), (4, 1)])
def test_pixels_are_arranged_as_by_a_permutation(stride: tuple[int, int], dtype: torch.dtype) -> None:
    down, right = stride
    cells = torch.randn(2, 3 * down * right, 5, 7, generator=torch.Generator().manual_seed(0)).to(dtype)
    plain = cells.view(2, 3, down, right, 5, 7).permute(0, 1, 4, 2, 5, 3).reshape(2, 3, 5 * down, 7 * right)
    assert torch.equal(arranged(cells.to(memory_format=torch.channels_last), 3, down, right), plain)
    assert torch.equal(arranged(cells, 3, down, right), plain)


def test_layers_that_are_no_input_convolution_keep_their_class() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, stride=2), nn.Conv2d(3, 6, 3, stride=2, groups=3))
    freeze(module)
    assert not any(isinstance(layer, InputConv) for layer in module)
    assert all(isinstance(layer, nn.Conv2d) for layer in module)


def test_a_network_that_reads_its_layers_attributes_is_copied_as_it_is() -> None:
    class Same(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            pad = self[0].kernel_size[0] - self[0].stride[0]
            total = torch.zeros(len(x), 4)
            for layer in self:
                x = layer(functional.pad(x, (0, pad, 0, pad)))
                if type(layer) is nn.Conv2d:
                    total = total + x.mean((2, 3))
            return total

    torch.manual_seed(0)
    network = Network(Same(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU()), card("resnet18"), "", IMAGENET, (32, 32))
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(network.submodel(["logits"], (32, 32))(x)["logits"], network.logits(x))
