"""Layers with constant weights: an image's output is the same in every batch, and its gradient is computed faster."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

PRODUCT_ROWS = 16
"""Every matrix product has this many rows: rounding depends on their number and on the processor (with AVX2 it is the
same from 4 rows on, with AVX-512 from 16, with AMX never for certain; tests/actmax/engine/test_company.py)."""
MAX_SINGLE_IMAGE_MAP = 20480
"""Numbers in a map up to which torch computes a single image by another algorithm, with other rounding
(aten/src/ATen/native/Convolution.cpp, use_mkldnn): such a map is computed twice."""
MAX_IMAGE_CHANNELS = 4
"""Above, the input of a convolution is a map, not an image."""
_WORDS = {4: torch.int32, 8: torch.int64, 16: torch.complex128}
"""A type of so many bytes: pixels that stay side by side are copied as one number, in a quarter of the time."""


def freeze(module: nn.Module) -> None:
    """Replace the linear layers and convolutions of a module, which must not have hooks; it keeps its tensors."""
    for name, child in list(module.named_modules()):
        if name and type(child) is nn.Linear:
            module.set_submodule(name, FrozenLinear(child))
        elif name and type(child) is nn.Conv2d and _takes_images(child):
            module.set_submodule(name, InputConv(child))
        elif name and isinstance(child, nn.Conv2d):
            # Also of a class that pads in its own way.
            child.__class__ = type(f"Frozen{type(child).__name__}", (_SingleImages, type(child)), {})


class FrozenLinear(nn.Linear):
    """A linear layer that rounds the same in every batch.

    With the few images of a batch, the time of a product is that of reading the weights. In bfloat16 the backward
    product reads a transposed copy row by row, in half the time; in float32 it is as fast without.
    """

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)  # not Linear's, which would draw weights of its own
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight, self.bias = linear.weight, linear.bias
        transpose = linear.weight.t() if linear.weight.dtype == torch.float32 else linear.weight.t().contiguous()
        self.transpose = nn.Parameter(transpose, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) -> (…, out)."""
        result: Tensor = _Product.apply(x, self.weight, self.transpose, self.bias)
        return result


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, transpose: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(transpose)
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        (transpose,) = ctx.saved_tensors
        return _product(grad, transpose, None), None, None, None


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Multiply in pieces of one shape, so that a row's result does not depend on the others."""
    if x.ndim != 2:
        return functional.linear(x, weight, bias)
    padded = functional.pad(x, (0, 0, 0, -len(x) % PRODUCT_ROWS))
    pieces = [functional.linear(piece, weight, bias) for piece in torch.split(padded, PRODUCT_ROWS)]
    return torch.cat(pieces)[: len(x)].clone()


class _SingleImages:
    """Mixed into a class of convolutions: a small map of a single image is computed as in a batch."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        return _as_in_a_batch(super().forward, x)  # type: ignore[misc]


def _as_in_a_batch(convolve: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    if x.ndim == 4 and len(x) == 1 and x.numel() <= MAX_SINGLE_IMAGE_MAP:
        return convolve(_Doubled.apply(x))[:1].clone()
    return convolve(x)


class _Doubled(torch.autograd.Function):
    """Repeat a single image; its gradient gets the memory format of a batch's, by which the layer below rounds."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return x.repeat(2, 1, 1, 1).to(memory_format=torch.channels_last)

    @staticmethod
    def backward(_: Any, grad: Tensor) -> Tensor:
        return grad.sum(0, keepdim=True).contiguous(memory_format=torch.channels_last)


def _takes_images(convolution: nn.Conv2d) -> bool:
    """Whether it is a strided convolution over the channels of an image."""
    return (
        convolution.in_channels <= MAX_IMAGE_CHANNELS
        and min(convolution.stride) > 1
        and convolution.groups == 1
        and convolution.dilation == (1, 1)
        and convolution.padding_mode == "zeros"
        and not isinstance(convolution.padding, str)
    )


class InputConv(nn.Module):
    """A network's first convolution, with its gradient as a dense convolution.

    The gradient at the image is a convolution of the maps' gradient with gaps between its values, as wide as the stride
    s, into three channels, which fill few of a processor's registers. Split by the position of a pixel within its cell
    of s × s, it is a convolution without gaps into 3 s² channels, which are then arranged as cells (the sub-pixel
    convolution of Shi et al. 2016, section 3.2).
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias
        self.stride = (convolution.stride[0], convolution.stride[1])
        self.padding = (int(convolution.padding[0]), int(convolution.padding[1]))
        self.back = nn.Parameter(_backward_kernel(self.weight, self.stride), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        result: Tensor = _InputConvolution.apply(x, self.weight, self.bias, self.back, self.stride, self.padding)
        return result


def _backward_kernel(weight: Tensor, stride: tuple[int, int]) -> Tensor:
    """(C', C, h, w) -> (C s s, C', ⌈h/s⌉, ⌈w/s⌉)."""
    features, channels, height, width = weight.shape
    (down, right), (rows, columns) = stride, (-(-height // stride[0]), -(-width // stride[1]))
    whole = functional.pad(weight, (0, columns * right - width, 0, rows * down - height))
    cells = whole.view(features, channels, rows, down, columns, right).flip(2, 4)
    kernel = cells.permute(1, 3, 5, 0, 2, 4).reshape(channels * down * right, features, rows, columns)
    return kernel.contiguous(memory_format=torch.channels_last)


class _InputConvolution(torch.autograd.Function):
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
        return _as_in_a_batch(partial(functional.conv2d, weight=weight, bias=bias, stride=stride, padding=padding), x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None, None]:
        (back,) = ctx.saved_tensors
        _, channels, height, width = ctx.shape
        (down, right), (top, left) = ctx.stride, ctx.padding
        rows, columns = back.shape[2:]
        grad = grad.contiguous(memory_format=torch.channels_last)
        cells = _as_in_a_batch(partial(functional.conv2d, weight=back, padding=(rows - 1, columns - 1)), grad)
        padded = arranged(cells, channels, down, right)
        short = (max(left + width - padded.shape[3], 0), max(top + height - padded.shape[2], 0))
        if any(short):  # the image has pixels that no window covers
            padded = functional.pad(padded, (0, short[0], 0, short[1]))
        return padded[:, :, top : top + height, left : left + width], None, None, None, None, None


def arranged(cells: Tensor, channels: int, down: int, right: int) -> Tensor:
    """Arrange the pixels of cells as an image: (B, C down right, H, W) -> (B, C, H down, W right)."""
    rows = cells.permute(0, 2, 3, 1).contiguous()
    if cells.device.type == "cpu":
        rows = rows.view(_WORDS.get(right * cells.element_size(), cells.dtype))
    images, high, wide, _ = rows.shape
    image = rows.view(images, high, wide, channels, down, -1).permute(0, 3, 1, 4, 2, 5).contiguous()
    return image.view(cells.dtype).view(images, channels, high * down, wide * right)
