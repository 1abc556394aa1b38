"""Layers that never change: made so that an image is answered alike in every batch, and its slope found sooner."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS = 16
"""A product's rows are rounded by how many there are, and by the processor's own rules (AVX2: alike from 4 on, AVX-512:
from 16 on, AMX: never for certain). So each is of as many (tests/actmax/engine/test_company.py)."""
SMALL = 20480
"""Numbers in a map up to which torch computes a single image by another algorithm, which rounds otherwise
(aten/src/ATen/native/Convolution.cpp, use_mkldnn): such a map is shown twice."""
FEW = 4
"""Channels of an image, as opposed to those of a map."""
RELU_BOUNDS: Mapping[type[nn.Module], float] = {nn.ReLU: math.inf, nn.ReLU6: 6.0}
"""Above which each kind of ReLU is constant again."""


def freeze(module: nn.Module, relu_leak: float = 0.0) -> None:
    """Puts frozen layers in the place of linear and convolutional ones, but for those that have a user's hooks.

    With a leak, ReLUs as well: see :class:`LeakingReLU`. Those that a forward pass calls as functions stay as they are.
    """
    for name, child in list(module.named_modules()):
        if not name or _watched(child):
            continue
        if type(child) is nn.Linear:
            module.set_submodule(name, FrozenLinear(child))
        elif type(child) is nn.Conv2d and _takes_images(child):
            module.set_submodule(name, InputConv(child))
        elif isinstance(child, nn.Conv2d):
            # Also of a class that pads in its own way.
            child.__class__ = type(f"Frozen{type(child).__name__}", (_SmallMaps, type(child)), {})
    if relu_leak:
        _let_leak(module, relu_leak)


def _let_leak(module: nn.Module, relu_leak: float) -> None:
    """Puts leaking ReLUs in the place of ReLUs, under every name that one has."""
    for name, child in list(module.named_modules(remove_duplicate=False)):
        if name and type(child) in RELU_BOUNDS and not _watched(child):
            module.set_submodule(name, LeakingReLU(relu_leak, RELU_BOUNDS[type(child)]))


def _watched(module: nn.Module) -> bool:
    """Whether a user's hooks look at it."""
    return bool(module._forward_hooks or module._forward_pre_hooks)


class FrozenLinear(nn.Linear):
    """A linear layer that keeps its weights transposed as well, and rounds alike in every batch.

    For the few images of a batch the product is bound by reading the weights; the backward product
    reads the transpose row by row, which takes half the time.
    """

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)  # not Linear's, which would draw weights of its own
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        self.transpose = nn.Parameter(linear.weight.t().contiguous(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) -> (…, out)."""
        result: Tensor = _Product.apply(x, self.weight, self.transpose, self.bias)
        return result


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, transpose: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(transpose)
        return _filled_up(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (transpose,) = ctx.saved_tensors
        return _filled_up(grad, transpose, None), None, None, None


def _filled_up(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The product of each row, whatever rows stand beside it: in pieces of one shape."""
    if x.ndim != 2:
        return functional.linear(x, weight, bias)
    filled = functional.pad(x, (0, 0, 0, -len(x) % ROWS))
    pieces = [functional.linear(piece, weight, bias) for piece in torch.split(filled, ROWS)]
    return torch.cat(pieces)[: len(x)].clone()


class _SmallMaps:
    """Beside a class of convolutions: such a layer answers a small map alone as it does in company."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        return _alike(super().forward, x)  # type: ignore[misc]


def _alike(convolve: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A convolution of maps, with small ones of a single image computed as in company."""
    if x.ndim == 4 and len(x) == 1 and x.numel() <= SMALL:
        return convolve(_Doubled.apply(x))[:1].clone()
    return convolve(x)


class _Doubled(torch.autograd.Function):
    """A single image twice, whose slope lies in memory as one in company does, or the layer below rounds otherwise."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return x.repeat(2, 1, 1, 1).to(memory_format=torch.channels_last)

    @staticmethod
    def backward(_: Any, grad: Tensor) -> Tensor:
        return grad.sum(0, keepdim=True).contiguous(memory_format=torch.channels_last)


class LeakingReLU(nn.Module):
    """A ReLU that answers as ever, and lets a part of the slope pass back where it answers with a constant.

    A unit that is off has no slope, so that a gradient says nothing about what would switch it on, and what it does
    say depends on the units that happen to be on in this one network. Attacks meant to deceive other networks too let
    the slope pass for the same reason (Guo, Li & Chen 2020, "Backpropagating Linearly Improves Transferability of
    Adversarial Examples"); Lucid lets it pass while all is off ("redirected ReLU").

    Args:
        leak: the part of it, from 0 (a ReLU's own slope) to 1 (as if there were no ReLU).
        most: above which the answer is constant again: 6 for a ReLU6.
    """

    def __init__(self, relu_leak: float, most: float = math.inf) -> None:
        super().__init__()
        self.relu_leak, self.most = relu_leak, most

    def forward(self, x: Tensor) -> Tensor:
        """Of any shape."""
        result: Tensor = _Leaking.apply(x, self.relu_leak, self.most)
        return result


@dataclass(frozen=True)
class ReLULeak:
    """The same as a hook of :class:`actmax.networks.hooks.GradientHooks`."""

    leak: float

    def __call__(self, x: Tensor, bound: float) -> Tensor:
        """The ReLU of any tensor."""
        result: Tensor = _Leaking.apply(x, self.leak, bound)
        return result


class _Leaking(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, relu_leak: float, most: float) -> Tensor:
        answer = x.clamp(0.0, most)
        ctx.save_for_backward(answer)
        ctx.relu_leak, ctx.most = relu_leak, most
        return answer

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (answer,) = ctx.saved_tensors
        if ctx.most == math.inf:  # one pass over memory instead of four
            return torch.ops.aten.leaky_relu_backward(grad, answer, ctx.relu_leak, False), None, None
        moves = (answer > 0) & (answer < ctx.most)
        return torch.where(moves, grad, grad * ctx.relu_leak), None, None


def _takes_images(convolution: nn.Conv2d) -> bool:
    """Whether it is a strided one over the channels of an image."""
    return (
        convolution.in_channels <= FEW
        and min(convolution.stride) > 1
        and convolution.groups == 1
        and convolution.dilation == (1, 1)
        and convolution.padding_mode == "zeros"
        and not isinstance(convolution.padding, str)
    )


class InputConv(nn.Module):
    """A network's first convolution, whose slope is found by a dense convolution.

    The slope at the image is a convolution of the maps' slope with gaps between its values, as wide as the stride s,
    and the way back into three channels fills few of a processor's registers. Taken apart by the place of a pixel
    within its cell of s × s, it is one without gaps into 3 s² channels, put together again as cells (the sub-pixel
    convolution of Shi et al. 2016, section 3.2).
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias
        self.stride = (convolution.stride[0], convolution.stride[1])
        self.padding = (int(convolution.padding[0]), int(convolution.padding[1]))
        self.back = nn.Parameter(_back(self.weight, self.stride), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        result: Tensor = _First.apply(x, self.weight, self.bias, self.back, self.stride, self.padding)
        return result


def _back(weight: Tensor, stride: tuple[int, int]) -> Tensor:
    """The kernel of the way back: (C', C, h, w) -> (C s s, C', ⌈h/s⌉, ⌈w/s⌉)."""
    features, channels, height, width = weight.shape
    (down, right), (rows, columns) = stride, (-(-height // stride[0]), -(-width // stride[1]))
    whole = functional.pad(weight, (0, columns * right - width, 0, rows * down - height))
    cells = whole.view(features, channels, rows, down, columns, right).flip(2, 4)
    kernel = cells.permute(1, 3, 5, 0, 2, 4).reshape(channels * down * right, features, rows, columns)
    return kernel.contiguous(memory_format=torch.channels_last)


class _First(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        back: Tensor,
        stride: tuple[int, int],
        padding: tuple[int, int],
    ) -> Tensor:
        ctx.save_for_backward(back)
        ctx.shape, ctx.stride, ctx.padding = x.shape, stride, padding
        return _alike(partial(functional.conv2d, weight=weight, bias=bias, stride=stride, padding=padding), x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        (back,) = ctx.saved_tensors
        _, channels, height, width = ctx.shape
        (down, right), (top, left) = ctx.stride, ctx.padding
        rows, columns = back.shape[2:]
        grad = grad.contiguous(memory_format=torch.channels_last)
        cells = _alike(partial(functional.conv2d, weight=back, padding=(rows - 1, columns - 1)), grad)
        _, _, high, wide = cells.shape
        cells = cells.view(len(grad), channels, down, right, high, wide)
        padded = cells.permute(0, 1, 4, 2, 5, 3).reshape(len(grad), channels, high * down, wide * right)
        short = (max(left + width - wide * right, 0), max(top + height - high * down, 0))
        if any(short):  # what no window reached
            padded = functional.pad(padded, (0, short[0], 0, short[1]))
        return padded[:, :, top : top + height, left : left + width], None, None, None, None, None
