"""MobileNet V2 in the package: its architecture, with each batch norm folded into its convolution."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional

BOTTLENECKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion factor, output channels, how many, and the stride of the first of them."""


class MobileNetV2(nn.Module):
    """The network (Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", table 2).

    It pads as TensorFlow does, where it was trained, and torchvision's pads in another way. Its weights are
    placeholders.
    """

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(OrderedDict(pad=SamePadding(), conv=nn.Conv2d(3, 32, 3, stride=2), relu=nn.ReLU6()))
        blocks, channels = [], 32
        for expansion, outputs, count, stride in BOTTLENECKS:
            for index in range(count):
                blocks.append(Bottleneck(channels, outputs, expansion, 1 if index else stride))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(OrderedDict(conv=nn.Conv2d(channels, 1280, 1), relu=nn.ReLU6()))
        self.classifier: nn.Module = nn.Linear(1280, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalized -> (B, 1000) logits."""
        logits: Tensor = self.classifier(self.head(self.blocks(self.stem(x))).mean((2, 3)))
        return logits


class Bottleneck(nn.Sequential):
    """An inverted residual block: (B, inputs, H, W) -> (B, outputs, ⌈H/stride⌉, ⌈W/stride⌉)."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        wide = inputs * expansion
        parts: dict[str, nn.Module] = {}
        if expansion > 1:
            parts |= {"expand": nn.Conv2d(inputs, wide, 1), "expand_relu": nn.ReLU6()}
        if stride > 1:
            parts["pad"] = SamePadding()
        parts["depthwise"] = nn.Conv2d(wide, wide, 3, stride, padding=1 if stride == 1 else 0, groups=wide)
        parts |= {"depthwise_relu": nn.ReLU6(), "project": nn.Conv2d(wide, outputs, 1)}
        super().__init__(OrderedDict(parts))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the projection, added to the input where their shapes agree."""
        projected = x
        for part in self:
            projected = part(projected)
        return x + projected if self.residual else projected


class SamePadding(nn.Module):
    """TensorFlow's padding for a kernel of 3 × 3 and stride 2: an even length gets its zeros at the end only."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H + 1 or 2, W + 1 or 2)."""
        height, width = x.shape[2:]
        return functional.pad(x, (width % 2, 1, height % 2, 1))
