"""Which axis of a layer's output holds the channels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from actmax import ascend, grid, method
from actmax.measure.channels import channel_counts, mean_activation
from actmax.measure.measure import measure
from actmax.networks.axes import channel_axis
from actmax.networks.wrapping import wrap


class Norm2d(nn.LayerNorm):
    """Normalizes over the channels of (B, C, H, W)."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)


class Branches(nn.Sequential):
    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return self[0](input)


@pytest.mark.parametrize(
    ("module", "path", "axis"),
    [
        *((made, "", 1) for made in (nn.Conv1d(1, 1, 1), nn.ConvTranspose2d(1, 1, 1), nn.BatchNorm1d(1))),
        *((made, "", 1) for made in (nn.InstanceNorm2d(1), nn.GroupNorm(1, 1), nn.AdaptiveAvgPool2d(1))),
        *((made, "", 1) for made in (nn.AvgPool2d(1), nn.MaxPool1d(1), nn.LPPool2d(2, 1))),
        *((made, "", -1) for made in (nn.Linear(1, 1), nn.LayerNorm(4), nn.RMSNorm(4))),
        *((made, "", None) for made in (nn.LayerNorm((4, 2)), Norm2d(4), nn.ReLU(), nn.Flatten(), nn.Sequential())),
        (nn.Sequential(nn.Linear(1, 1), nn.GELU(), nn.Dropout()), "", -1),
        (nn.Sequential(nn.Linear(1, 1), nn.GELU(), nn.Dropout()), "2", -1),
        (nn.Sequential(nn.ReLU(), nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())), "1.1", 1),
        (nn.Sequential(nn.ReLU(), nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())), "1", 1),
        (nn.Sequential(nn.ReLU(), nn.Conv2d(1, 1, 1)), "0", None),
        (nn.ModuleList([nn.Conv2d(1, 1, 1), nn.ReLU()]), "1", None),
        (Branches(nn.Linear(1, 1), nn.Conv2d(1, 1, 1)), "", None),
        (Branches(nn.Linear(1, 1), nn.ReLU()), "1", None),
    ],
)
def test_the_kind_of_module_tells_the_axis(module: nn.Module, path: str, axis: int | None) -> None:
    assert channel_axis(module, path) == axis


class Ambiguous(nn.Module):
    """Layers whose axis no shape tells, for images of 16 × 16."""

    def __init__(self) -> None:
        super().__init__()
        self.signal = nn.Conv1d(3, 12, 1)
        self.norm = nn.LayerNorm(8)
        self.pool = nn.AdaptiveAvgPool2d((16, 1))
        self.patches, self.wide, self.out = nn.Conv2d(3, 8, 4, 4), nn.Conv2d(3, 16, 1), nn.Linear(36, 2)

    def forward(self, x: Tensor) -> Tensor:
        parts = (
            self.signal(x.flatten(2)),
            self.norm(self.patches(x).movedim(1, -1)).movedim(-1, 1),
            self.pool(self.wide(x)),
        )
        logits: Tensor = self.out(torch.cat([part.flatten(2).mean(2) for part in parts], 1))
        return logits


@pytest.mark.parametrize(("layer", "channels", "axes"), [("signal", 12, 2), ("norm", 8, (1, 2)), ("pool", 16, (2, 3))])
def test_a_channel_is_read_along_the_axis_of_the_layer(layer: str, channels: int, axes: int | tuple[int, ...]) -> None:
    torch.manual_seed(0)
    network, image = wrap(Ambiguous(), size=16), torch.rand(1, 3, 16, 16)
    means = network.submodel([layer], (16, 16))(network.normalize(image))[layer].detach().mean(axes)[0]
    assert len(means) == channels
    torch.testing.assert_close(
        torch.tensor(mean_activation(network, image, [layer])[layer]), means, rtol=1e-3, atol=1e-4
    )
    assert measure(network, f"{layer}:7", image).activation == pytest.approx(means[7].item(), abs=1e-6)
    plain = method("plain", steps=1)
    drawn = ascend(network, [f"{layer}:7", f"{layer}:{channels - 1}"], plain, start=image[0])
    assert [values[0] for values in drawn.activations] == pytest.approx([means[7].item(), means[-1].item()], abs=1e-3)
    one = ascend(network, f"{layer}:7", plain, start=image[0])
    assert one.activations[0][0] == pytest.approx(means[7].item(), abs=1e-3)
    assert grid(network, image[0], layer, plain, cells=1, size=16).size == (16, 16)
    assert layer == "signal" or channel_counts(network, [layer], 16) == {layer: channels}
