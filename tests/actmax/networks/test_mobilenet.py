"""MobileNet V2 in the package: it computes what timm's does, and predicts what the published network does."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.transforms import functional as transforms

from actmax.ascent.gradients import relu_leak
from actmax.ascent.optimize import Method
from actmax.engine.ascend import ascend
from actmax.networks.cards import EVALUATION, card
from actmax.networks.compact import dequantize
from actmax.networks.load import load
from actmax.networks.mobilenet import MobileNetV2
from actmax.networks.network import Network
from actmax.networks.weights import metadata

FILE = card("mobilenet-v2").file or Path()
MAX_BYTES = 3_700_000


@pytest.fixture(scope="module")
def mobilenet() -> Network:
    return load("mobilenet-v2")


def timms(state: dict[str, Tensor]) -> nn.Module:
    """timm's network: each batch norm adds the bias that was folded, and does nothing else."""
    module = timm.create_model("mobilenetv2_100", pretrained=False, pad_type="same")
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_var.fill_(1 - part.eps)
    assert not module.load_state_dict(state, strict=False).unexpected_keys
    return module.eval()


def timms_names() -> list[str]:
    """Of weights and biases from the image on, as timm calls them: a bias is the batch norm's."""
    kinds = {nn.Conv2d: ("weight",), nn.BatchNorm2d: ("bias",), nn.Linear: ("weight", "bias")}
    return [
        f"{name}.{which}"
        for name, part in timm.create_model("mobilenetv2_100", pretrained=False).named_modules()
        for kind, own in kinds.items()
        if isinstance(part, kind)
        for which in own
    ]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Tensor]:
    """The weights in the package, with timm's names."""
    state = dequantize(load_file(FILE))
    return {name: state[own] for name, own in zip(timms_names(), MobileNetV2().state_dict(), strict=True)}


@pytest.fixture(scope="module")
def published(checking_data: Path) -> dict[str, Tensor]:
    """The weights that they were made from."""
    return {
        name: value.float() for name, value in load_file(checking_data / "networks/mobilenet_v2.safetensors").items()
    }


def photograph(file: Path | io.BytesIO) -> Tensor:
    """(1, 3, 224, 224) in [0, 1]: the center of a photograph."""
    with Image.open(file) as image:
        return transforms.to_tensor(transforms.center_crop(transforms.resize(image.convert("RGB"), 256), 224))[None]


def test_it_is_the_default_evaluation_network_and_its_file_names_its_license() -> None:
    assert EVALUATION == "mobilenet-v2"
    assert FILE.stat().st_size <= MAX_BYTES
    assert metadata(FILE)["license"] == f"Apache-2.0: see {FILE.stem}.NOTICE.txt"
    notice = FILE.with_suffix(".NOTICE.txt").read_text("utf-8")
    assert notice.startswith(FILE.name)
    assert metadata(FILE)["origin"].rpartition(" ")[2].strip("()") in notice
    assert "END OF TERMS AND CONDITIONS" in notice


@pytest.mark.parametrize("size", [(224, 224), (161, 96), (64, 63)])
def test_it_computes_what_timms_does(size: tuple[int, int], mobilenet: Network, shipped: dict[str, Tensor]) -> None:
    """Even and odd lengths are padded in different ways."""
    x = 2 * torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)) - 1
    with torch.inference_mode():
        torch.testing.assert_close(mobilenet.logits(x), timms(shipped)(x), rtol=1e-4, atol=1e-4)


def test_it_needs_neither_timm_nor_another_package_of_weights() -> None:
    code = "import sys; from actmax.networks.load import load; load('mobilenet-v2'); print('timm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_int8_keeps_the_published_weights(shipped: dict[str, Tensor], published: dict[str, Tensor]) -> None:
    assert shipped.keys() == published.keys()
    errors = {name: ((shipped[name] - value).norm() / value.norm()).item() for name, value in published.items()}
    assert max(errors.values()) < 0.005, max(errors, key=lambda name: errors[name])


def agreement(network: Network, reference: nn.Module, photographs: list[Tensor]) -> int:
    with torch.inference_mode():
        return sum(
            int((network.logits(network.normalize(part)).argmax(1) == reference(2 * part - 1).argmax(1)).sum())
            for part in torch.cat(photographs).split(8)
        )


def test_int8_predicts_what_the_published_network_does(
    mobilenet: Network, published: dict[str, Tensor], checking_data: Path
) -> None:
    photographs = [photograph(path) for path in sorted((checking_data / "photos").glob("*.webp"))]
    assert agreement(mobilenet, timms(published), photographs) == len(photographs) >= 20


@pytest.mark.nightly
def test_int8_predicts_what_the_published_network_does_on_many_photographs(
    mobilenet: Network, published: dict[str, Tensor], checking_data: Path
) -> None:
    with tarfile.open(checking_data / "distill/photos.tar") as archive:
        files = [archive.extractfile(member) for member in archive.getmembers() if member.name.endswith(".webp")]
        photographs = [photograph(io.BytesIO(file.read())) for file in files if file]
    assert len(photographs) == 1000
    assert agreement(mobilenet, timms(published), photographs) >= 985


@pytest.mark.parametrize("layer", ["stem.conv", "blocks.0.depthwise", "blocks.1.expand", "blocks.16.project"])
def test_a_layer_is_read_before_its_relu(layer: str, mobilenet: Network) -> None:
    x = mobilenet.normalize(torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    with torch.inference_mode():
        assert mobilenet.submodel([layer], (64, 64))(x)[layer].min() < 0


@pytest.mark.parametrize("target", ["logits:340", "zebra", "blocks.3.expand:7"])
def test_it_draws(target: str, mobilenet: Network) -> None:
    result = ascend(mobilenet, target, Method(steps=4, gradients=[relu_leak(0.1)]), size=64)
    assert result.activations[0][-1] > result.activations[0][0]
