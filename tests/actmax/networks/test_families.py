"""Networks of many families, with random weights, are wrapped and drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

from actmax.ascent import Method
from actmax.engine.ascend import ascend
from actmax.networks.wrapping import wrap

SIDE = 64

OF_ANY_SIZE = (
    *("convnext_atto", "repvgg_a0", "xcit_nano_12_p16_224", "mobilevit_xxs", "poolformer_s12", "ghostnet_050"),
    *("tf_mobilenetv3_small_minimal_100", "edgenext_xx_small", "nf_regnet_b0", "densenet121", "fastvit_t8"),
    *("hrnet_w18_small", "mambaout_femto", "davit_tiny"),
)
BUILT_FOR_A_SIZE = ("coatnet_pico_rw_224", "cait_xxs24_224", "maxvit_pico_rw_256", "deit_tiny_distilled_patch16_224")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On a processor without bfloat16, some layers take seconds with several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def drawn(module: nn.Module, size: int, precision: str) -> None:
    """Check that a network computes what its module does, and is drawn from."""
    network = wrap(module, mean=0.5, std=0.5, size=size, labels=[f"class {index}" for index in range(4)])
    x = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    if precision == "fp32":
        expected: Any = module.eval()(x)
        logits: Tensor = getattr(expected, "logits", expected)
        found = network.submodel(["logits"], (size, size))(x)["logits"]
        torch.testing.assert_close(found, logits, rtol=1e-4, atol=1e-5)
    else:
        network.submodel(["logits"], (size, size), dtype=torch.bfloat16)
    assert len(ascend(network, "class 2", Method(steps=2, precision=precision)).activations[0]) == 2


@pytest.mark.nightly
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", OF_ANY_SIZE + BUILT_FOR_A_SIZE)
def test_a_family_of_timm(name: str, precision: str) -> None:
    torch.manual_seed(0)
    size = {"img_size": SIDE} if name in BUILT_FOR_A_SIZE else {}
    drawn(timm.create_model(name, pretrained=False, num_classes=4, **size), SIDE, precision)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["levit_128s", "efficientformer_l1", "mixer_s32_224", "eva02_tiny_patch14_224"])
def test_a_family_of_timm_with_a_size_of_its_own(name: str) -> None:
    torch.manual_seed(0)
    drawn(timm.create_model(name, pretrained=False, num_classes=4), 224, "fp32")


TRANSFORMERS: dict[str, dict[str, Any]] = {
    "ViT": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8},
    "Beit": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8},
    "Dinov2": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8},
    "Swin": {"embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "image_size": 32, "window_size": 4},
    "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "RegNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "groups_width": 4},
    "ConvNext": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]},
    "MobileNetV1": {"depth_multiplier": 0.25},
    "MobileNetV2": {"depth_multiplier": 0.25},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_family_of_transformers(name: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    configuration = getattr(transformers, f"{name}Config")(**TRANSFORMERS[name], num_labels=4)
    module = getattr(transformers, f"{name}ForImageClassification")(configuration)
    drawn(module, 64 if name == "ConvNext" else 32, precision)
    labels = wrap(module, size=32, labels=configuration.id2label).labels
    assert labels == ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3")
