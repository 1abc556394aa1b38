"""Networks of every family by name, and layers of every kind: right, or refused in a sentence."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import timm
import torch
from installed import needs
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from torchvision import models

from actmax.ascent.optimize import Method
from actmax.engine.ascend import ascend
from actmax.errors import UnknownNameError, WeightsError
from actmax.measure.channels import mean_activation
from actmax.measure.layers import layers
from actmax.networks.cards import CARDS, card
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap


def saved(module: nn.Module, path: Path) -> Path:
    save_file({name: value.contiguous() for name, value in module.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module")
def timms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, nn.Module]:
    """The smallest of timm's residual networks, loaded by its name, and as timm builds it."""
    torch.manual_seed(0)
    module = timm.create_model("test_resnet.r160_in1k", pretrained=False).eval()
    path = saved(module, tmp_path_factory.mktemp("timm") / "net.safetensors")
    return load("timm/test_resnet.r160_in1k", path), module


def test_a_timm_classifier_computes_what_timms_does(timms: tuple[Network, nn.Module]) -> None:
    network, module = timms
    known = timm.get_pretrained_cfg("test_resnet.r160_in1k")
    assert network.size == known.input_size[1:]
    image = torch.rand(1, 3, *network.size, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (known.mean, known.std))
    with torch.inference_mode():
        wanted = module((image - mean) / std)
        torch.testing.assert_close(network.logits(network.normalize(image)), wanted, rtol=1e-4, atol=1e-5)


def test_a_timm_classifier_is_drawn_by_class_and_by_layer(timms: tuple[Network, nn.Module]) -> None:
    network, _ = timms
    for target in ("logits:340", "layer2:2"):
        picture = ascend(network, target, Method(steps=8, precision="fp32"), size=64)
        assert picture.activations[0, -3:].max() > picture.activations[0, 0]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("timm/resnet19", "timm/resnet18"),
        ("timm/test_resnet.r160_in2k", "timm/test_resnet.r160_in1k"),
        ("resnet19", "resnet18"),
    ],
)
def test_a_classifier_that_does_not_exist_is_refused_and_the_nearest_is_named(
    name: str, nearest: str, tmp_path: Path
) -> None:
    with pytest.raises(UnknownNameError, match=f"Did you mean .*{nearest}"):
        load(name, saved(nn.Linear(1, 1), tmp_path / "net.safetensors"))


@pytest.mark.parametrize("name", ["timm/", "timm/../etc", "alex net", "", "timm/a b", "/etc/passwd", "http://x"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="is not the name of a network"):
        card(name)


# Weights that go by other names.

LITE = [pytest.param(name, marks=needs(name)) for name in ("efficientnet-lite0", "efficientnet-lite2")]
ROOT = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
EXPANDING = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
"""What timm calls the parts of such a network, and of its blocks: of those that first widen, and of others."""


def by_name(state: dict[str, torch.Tensor], module: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of efficientnet_lite_pytorch under timm's names, each found by what it is called."""
    blocks = [
        (f"blocks.{stage}.{index}", EXPANDING if hasattr(block, "conv_pwl") else PLAIN)
        for stage, row in module.blocks.named_children()  # type: ignore[union-attr]
        for index, block in row.named_children()
    ]
    found = {}
    for name, value in state.items():
        owner, _, tensor = name.rpartition(".")
        if owner.startswith("_blocks."):
            _, number, part = owner.split(".")
            block, parts = blocks[int(number)]
            found[f"{block}.{parts[part]}.{tensor}"] = value
        else:
            found[f"{ROOT[owner]}.{tensor}"] = value
    return found


def scenery(size: tuple[int, int]) -> torch.Tensor:
    """Broad shapes with some grain, (1, 3, H, W) in [0, 1]: more like a photograph than noise is."""
    drawn = torch.Generator().manual_seed(0)
    shapes = functional.interpolate(torch.rand(1, 3, 6, 6, generator=drawn), size, mode="bicubic")
    return (shapes + 0.1 * torch.randn(1, 3, *size, generator=drawn)).clamp(0, 1)


@pytest.mark.parametrize("name", LITE)
def test_weights_under_other_names_are_put_in_order_without_a_connection(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    network = load(name)
    module = timm.create_model(card(name).architecture, pretrained=False).eval()
    module.load_state_dict(by_name(torch.load(resolve_weights(name).path, weights_only=True), module))
    image = scenery(network.size)
    with torch.inference_mode():
        wanted = module((image - 0.5) / 0.5)
        torch.testing.assert_close(network.logits(network.normalize(image)), wanted, rtol=1e-4, atol=1e-4)
    assert wanted.std() > 0.5  # the logits are not all alike


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite2"])
def test_a_card_has_timms_normalization_and_size(name: str) -> None:
    about, known = card(name), timm.get_pretrained_cfg(card(name).architecture)
    assert (about.mean, about.std, about.size) == (known.mean, known.std, known.input_size[1:])


@needs("efficientnet-lite0")
def test_weights_in_another_order_are_recognized_by_their_shapes(tmp_path: Path) -> None:
    state = torch.load(resolve_weights("efficientnet-lite0").path, weights_only=True)
    torch.save(dict(reversed(state.items())), tmp_path / "reversed.pth")
    with pytest.raises(WeightsError, match=r"reversed\.pth are not those of efficientnet-lite0"):
        load("efficientnet-lite0", tmp_path / "reversed.pth")


@needs("efficientnet-lite0")
def test_a_file_with_timms_names_is_taken_as_it_is(tmp_path: Path) -> None:
    module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    state = by_name(torch.load(resolve_weights("efficientnet-lite0").path, weights_only=True), module)
    save_file({key: value.contiguous() for key, value in state.items()}, tmp_path / "net.safetensors")
    found, known = (load("efficientnet-lite0", file) for file in (tmp_path / "net.safetensors", None))
    image = scenery(known.size)
    with torch.inference_mode():
        logits = (network.logits(network.normalize(image)) for network in (found, known))
        torch.testing.assert_close(*logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", CARDS)
def test_cards_fit_the_networks_that_they_describe(name: str) -> None:
    about = card(name)
    assert not about.layers or about.output in about.layers
    assert about.output not in about.hidden
    assert about.title
    assert [bool(about.file), bool(about.url), bool(about.wheel)].count(True) == 1


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    module = models.get_model("squeezenet1_0", weights=None)
    with torch.no_grad():
        module.features[0].weight[3, 1, 2, 2] = torch.nan
    with pytest.raises(WeightsError, match=r"squeezenet1_0 in .*net\.safetensors are damaged: features\.0\.weight"):
        load("squeezenet1_0", saved(module, tmp_path / "net.safetensors"))


def test_weights_of_whole_numbers_are_refused(tmp_path: Path) -> None:
    state = {name: value.int() for name, value in models.get_model("squeezenet1_0", weights=None).state_dict().items()}
    save_file(state, tmp_path / "net.safetensors")
    with pytest.raises(WeightsError, match="of whole numbers in the file"):
        load("squeezenet1_0", tmp_path / "net.safetensors")


# Layers whose channels stand elsewhere.


@pytest.fixture(scope="module")
def swin() -> Network:
    """Keeps its channels last."""
    torch.manual_seed(0)
    return wrap(models.get_model("swin_t", weights=None), mean=0.5, std=0.25, size=64, name="Swin")


def test_a_channel_of_a_network_with_channels_last_is_the_one_that_is_named(swin: Network) -> None:
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = mean_activation(swin, image, ["features.1"])["features.1"]
    with torch.inference_mode():
        maps = swin.submodel(["features.1"], (64, 64))(swin.normalize(image))["features.1"]
    assert maps.shape == (1, 16, 16, 96)
    assert found[17] == pytest.approx(maps[0, :, :, 17].mean().item(), rel=1e-3)
    four = Method(steps=4, precision="fp32")
    by_name = ascend(swin, "features.1:17", four)
    by_hand = ascend(swin, lambda a: a["features.1"][..., 17].mean((1, 2)), four)
    torch.testing.assert_close(by_name.values, by_hand.values, rtol=0, atol=0.005)


def test_a_channel_of_tokens_is_their_mean_and_the_class_token_goes_by_hand() -> None:
    torch.manual_seed(0)
    network = wrap(models.get_model("vit_b_16", weights=None, image_size=32), size=32, name="ViT")
    two = Method(steps=2, precision="fp32")
    by_hand = ascend(network, lambda a: a["encoder"][:, 1:, 3].mean(1), two)
    torch.testing.assert_close(ascend(network, "encoder:3", two).values, by_hand.values)
    for other in ("encoder", lambda a: a["encoder"][:, 0, 3]):
        assert len(ascend(network, other, two).activations[0]) == 2


def test_a_network_whose_layers_have_no_names_has_none_to_show(swin: Network) -> None:
    assert not layers(swin, 64)


# Modules of which a submodel is awkward.


class Awkward(nn.Module):
    """Iterates over a list of blocks, reads parts that it does not call, and writes into the output of a layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.ModuleList([nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)])
        self.fc = nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x.to(self.fc.weight.dtype))
        for block in self.blocks:
            x = block(x)
            x += 1.0
        result: torch.Tensor = self.fc(x.mean((2, 3)).view(-1, self.fc.in_features))
        return result


@pytest.mark.parametrize("layer", ["stem", "blocks.0", "blocks.1", "logits"])
def test_a_submodel_of_an_awkward_module_ends_at_its_layer(layer: str) -> None:
    module = Awkward()
    network = wrap(module, size=32, labels=["a", "b", "c", "d", "e"])
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    alone = network.submodel([layer], (32, 32))(image)[layer]
    beside = network.submodel([layer, "blocks.2", "logits"], (32, 32))(image)[layer]
    torch.testing.assert_close(alone, beside)
    kept: list[torch.Tensor] = []
    if layer != "logits":
        module.get_submodule(layer).register_forward_hook(lambda _part, _given, output: kept.append(output.clone()))
    logits = module(image)
    torch.testing.assert_close(alone, kept[0] if kept else logits)
    assert len(ascend(network, f"{layer}:1", Method(steps=2)).activations[0]) == 2


def test_a_layer_of_a_residual_network_is_the_same_alone_and_with_others() -> None:
    """It adds to the output of its last batch norm in place."""
    torch.manual_seed(0)
    network = wrap(models.get_model("resnet18", weights=None), size=64)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    names = ["layer1.0.bn2", "logits"]
    alone, beside = (network.submodel(names[:count], (64, 64))(image)["layer1.0.bn2"] for count in (1, 2))
    torch.testing.assert_close(alone, beside)


def test_a_users_hook_on_a_linear_layer_acts_in_a_submodel_too() -> None:
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    module[2].register_forward_hook(lambda _part, _given, output: output + 100)
    network = wrap(module, size=8)
    image = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(network.submodel(["logits"], (8, 8))(image)["logits"], network.logits(image))


def test_a_label_stands_for_its_logit() -> None:
    network = wrap(Awkward(), size=32, labels=["a", "b", "c", "d", "e"])
    two = Method(steps=2)
    assert torch.equal(ascend(network, "c", two).values, ascend(network, "logits:2", two).values)


def test_a_classifier_of_other_classes_is_refused(tmp_path: Path) -> None:
    module = timm.create_model("mobilenetv3_large_100.miil_in21k", pretrained=False)
    with pytest.raises(WeightsError, match="has 11221 classes, and not ImageNet-1k's 1000"):
        load("timm/mobilenetv3_large_100.miil_in21k", saved(module, tmp_path / "net.safetensors"))
