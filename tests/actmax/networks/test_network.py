"""A network is frozen, its submodels end at their layers, and its weights are its own.

Some tests use photographs and a second network: ACTMAX_TEST_DATA names the folder that holds
``networks/squeezenet1_0.safetensors`` and ``photos/INDEX_WNID_name.webp``.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models
from torchvision.transforms import functional as pictures

from actmax.errors import RecipeError, UnknownNameError, WeightsError
from actmax.networks.cards import card
from actmax.networks.compact import CompactAlexNet, dequantize, quantize, save
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.weights import SCALE, Source, metadata, resolve_weights

COMPACT_FILE = resolve_weights("compact").path


def noise(size: int, images: int = 2) -> Tensor:
    """Normalised images of noise, (B, 3, size, size)."""
    return torch.randn(images, 3, size, size, generator=torch.Generator().manual_seed(0))


def layer(network: Network, name: str, x: Tensor) -> Tensor:
    """A layer's output, in float32 on the processor."""
    with torch.inference_mode():
        return submodel(network, name, x)(x)


def submodel(network: Network, name: str, x: Tensor, dtype: torch.dtype = torch.float32) -> Callable[[Tensor], Tensor]:
    """The network as far as a layer, for images like x."""
    forward = network.submodel([name], (x.shape[2], x.shape[3]), dtype=dtype)
    return lambda x: forward(x)[name]


def network_of(module: nn.Module, name: str = "squeezenet1_0") -> Network:
    return Network(module, card(name), "random", IMAGENET, (224, 224))


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


@pytest.fixture
def squeeze() -> nn.Module:
    """The smallest of torchvision's classifiers that have dropout, with random weights."""
    torch.manual_seed(0)
    module: nn.Module = models.get_model("squeezenet1_0", weights=None)
    return module


# The compact network.


def test_the_compact_network_gives_a_logit_for_each_class(compact: Network) -> None:
    with torch.inference_mode():
        logits = compact.logits(noise(160))
    assert logits.shape == (2, 1000)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()


def test_the_compact_network_knows_its_weights(compact: Network) -> None:
    assert compact.weights == resolve_weights("compact").digest


def test_the_compact_file_has_a_header_with_its_origin() -> None:
    assert metadata(COMPACT_FILE)


def test_a_file_without_metadata_has_an_empty_header(tmp_path: Path) -> None:
    (tmp_path / "net.safetensors").write_bytes(b"damaged")
    save_file({"weight": torch.zeros(1)}, tmp_path / "silent.safetensors")
    assert metadata(tmp_path / "net.safetensors") == metadata(tmp_path / "silent.safetensors") == {}
    assert metadata(tmp_path / "absent.safetensors") == {}


def test_quantization_is_exact_to_half_a_step() -> None:
    torch.manual_seed(0)
    # Rows of very different size: each has its own scale.
    weight = torch.randn(8, 5, 3, 3) * torch.logspace(-3, 2, 8)[:, None, None, None]
    stored = quantize({"weight": weight})
    assert stored["weight"].dtype == torch.int8
    steps = stored["weight" + SCALE].float()[:, None, None, None]
    # The scale itself is rounded to float16, so that the largest weight may be clipped a little more.
    clipped = weight.abs() * 2**-11
    assert ((dequantize(stored)["weight"] - weight).abs() <= torch.maximum(steps / 2, clipped) * 1.0001).all()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (torch.tensor([[127.0, -127.0, 1.0, 0.0]]), torch.tensor([[127.0, -127.0, 1.0, 0.0]])),
        (torch.zeros(2, 3), torch.zeros(2, 3)),
        (torch.tensor([0.5, -2.0]), torch.tensor([0.5, -2.0])),
    ],
    ids=["whole steps", "a dead channel", "a bias"],
)
def test_quantization_keeps(value: Tensor, found: Tensor) -> None:
    restored = dequantize(quantize({"value": value}))["value"]
    assert restored.dtype == torch.float32
    assert torch.equal(restored, found)


def test_a_quantized_network_computes_nearly_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    original = nn.Sequential(nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 8, 3), nn.Flatten(), nn.Linear(8 * 36, 10))
    restored = nn.Sequential(nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 8, 3), nn.Flatten(), nn.Linear(8 * 36, 10))
    save(original.state_dict(), tmp_path / "net.safetensors", {"origin": "a test"})
    restored.load_state_dict(dequantize(load_file(tmp_path / "net.safetensors")))
    assert metadata(tmp_path / "net.safetensors") == {"origin": "a test"}
    with torch.inference_mode():
        wanted, found = original(noise(12, 16)), restored(noise(12, 16))
    # Three layers, each exact to about 1 / 254 of its largest weight.
    assert (found - wanted).abs().max() < 0.05 * wanted.std()


# What every network promises.


def test_normalization_is_torchvisions() -> None:
    preset = models.AlexNet_Weights.IMAGENET1K_V1.transforms()
    rgb = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(IMAGENET(rgb), pictures.normalize(rgb, preset.mean, preset.std), atol=1e-6)


def test_denormalizing_undoes_normalizing() -> None:
    rgb = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(IMAGENET.inverse(IMAGENET(rgb)), rgb, atol=1e-6)


def test_a_network_is_frozen(squeeze: nn.Module) -> None:
    squeeze.train()
    network = network_of(squeeze)
    x = noise(64).requires_grad_()
    first = network.logits(x)
    (grad,) = torch.autograd.grad(first.sum(), x)
    assert grad.abs().sum() > 0
    assert not any(value.requires_grad for value in squeeze.parameters())
    assert torch.equal(network.logits(x), first)  # no dropout


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("conv1", (2, 64, 39, 39)),
        ("conv2", (2, 192, 19, 19)),
        ("conv3", (2, 384, 9, 9)),
        ("conv4", (2, 256, 9, 9)),
        ("conv5", (2, 256, 9, 9)),
        ("fc6", (2, 512)),
        ("fc8", (2, 1000)),
        ("logits", (2, 1000)),
        ("features.4", (2, 192, 19, 19)),
    ],
)
def test_a_layer_has_its_shape(name: str, shape: tuple[int, ...], compact: Network) -> None:
    assert layer(compact, name, noise(160)).shape == shape


@pytest.mark.parametrize("name", ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc8"])
def test_a_layer_is_read_before_its_relu(name: str, compact: Network) -> None:
    assert layer(compact, name, noise(160)).min() < 0


def test_a_relu_does_not_write_into_the_output_that_a_hook_keeps() -> None:
    module = CompactAlexNet()
    kept: list[Tensor] = []
    module.get_submodule("features.0").register_forward_hook(lambda _part, _given, output: kept.append(output))
    with torch.inference_mode():
        network_of(module, "compact").logits(noise(64))
    assert kept[0].min() < 0


def test_every_layer_on_the_card_exists(compact: Network) -> None:
    for name in compact.card.layers:
        submodel(compact, name, noise(64))


def test_conv1_is_the_first_convolution_alone(compact: Network) -> None:
    state, x = dequantize(load_file(COMPACT_FILE)), noise(160)
    wanted = functional.conv2d(x, state["features.0.weight"], state["features.0.bias"], stride=4, padding=2)
    assert torch.allclose(layer(compact, "conv1", x), wanted, atol=1e-4)


@pytest.mark.parametrize("name", ["fc8", "logits"])
def test_the_top_layer_is_the_logits(name: str, compact: Network) -> None:
    with torch.inference_mode():
        assert torch.allclose(layer(compact, name, noise(160)), compact.logits(noise(160)), atol=1e-4)


@pytest.mark.parametrize("name", ["fc8", "fc6"])
def test_the_gradient_of_a_submodel_is_that_of_the_whole(name: str, compact: Network) -> None:
    # The whole network's fc6 is what a hook sees of it.
    kept: list[Tensor] = []
    module = CompactAlexNet()
    module.load_state_dict(dequantize(load_file(COMPACT_FILE)))
    module.get_submodule(compact.card.layers[name]).register_forward_hook(lambda _part, _given, out: kept.append(out))
    x = noise(96).requires_grad_()
    module(x)
    (wanted,) = torch.autograd.grad(kept[0][:, 340].sum(), x)
    (found,) = torch.autograd.grad(submodel(compact, name, x)(x)[:, 340].sum(), x)
    assert torch.allclose(found, wanted, rtol=1e-3, atol=1e-4 * wanted.abs().max().item())


def test_a_layer_in_the_middle_of_torchvisions_graph_can_be_named(squeeze: nn.Module) -> None:
    network = network_of(squeeze)
    assert layer(network, "features.12.expand3x3", noise(64)).shape == (2, 256, 3, 3)


def test_nothing_above_the_layer_is_computed() -> None:
    module = CompactAlexNet()
    # A head that fails when it is computed: its shape does not fit what lies below.
    module.get_submodule("classifier.0").weight = nn.Parameter(torch.zeros(512, 1))
    network = network_of(module, "compact")
    assert layer(network, "conv5", noise(64)).shape == (2, 256, 3, 3)
    with pytest.raises(RecipeError, match="cannot be shown an image of 64 × 64 pixels"):
        layer(network, "fc6", noise(64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_submodels_share_their_tensors(dtype: torch.dtype, compact: Network) -> None:
    """A copy of AlexNet's for each would fill the memory."""
    first, second = (
        dict(compact._copy({layer: path}, compact._example((64, 64)), torch.device("cpu"), dtype).named_parameters())
        for layer, path in (("fc6", "classifier.0"), ("fc8", ""))
    )
    assert {"features.0.weight", "classifier.0.weight", "classifier.0.transpose"} <= first.keys() < second.keys()
    assert all(value.dtype == dtype for value in second.values())
    assert all(second[name].data_ptr() == value.data_ptr() for name, value in first.items() if ".back" not in name)
    if dtype == torch.float32:
        whole = compact._module.get_parameter("classifier.0.weight")
        assert first["classifier.0.weight"].data_ptr() == whole.data_ptr()


def test_a_submodel_of_a_network_made_in_inference_mode_has_a_gradient() -> None:
    with torch.inference_mode():
        network = network_of(CompactAlexNet(), "compact")
    x = noise(64).requires_grad_()
    submodel(network, "fc8", x)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


def test_a_submodel_in_another_precision_leaves_the_network_as_it_was(compact: Network) -> None:
    with torch.inference_mode():
        before = compact.logits(noise(64))
        rough = submodel(compact, "conv5", noise(64), torch.bfloat16)(noise(64))
        assert torch.equal(compact.logits(noise(64)), before)
    assert rough.dtype == torch.bfloat16
    exact = layer(compact, "conv5", noise(64))
    assert (rough.float() - exact).abs().max() < 0.05 * exact.abs().max()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        *(("conv6", "conv5"), ("Conv1", "conv1"), ("fc7", "fc6"), ("logit", "logits"), ("features.40", "features.4")),
        *(
            ("conv5.3", "conv5:3"),
            ("conv5_3", "conv5:3"),
            ("conv5-3", "conv5:3"),
            ("zebra", "fc8:340"),
            ("340", "fc8:340"),
        ),
    ],
)
def test_an_unknown_layer_is_refused_and_the_nearest_is_named(name: str, nearest: str, compact: Network) -> None:
    with pytest.raises(UnknownNameError) as failure:
        submodel(compact, name, noise(64))
    assert f"the compact AlexNet has no layer {name!r}" in str(failure.value)
    assert repr(nearest) in str(failure.value)


# Loading.


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("alexnt", "alexnet"), ("compakt", "compact"), ("resnet19", "resnet18"), ("AlexNet", "alexnet")],
)
def test_an_unknown_network_is_refused_and_the_nearest_is_named(name: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError) as failure:
        load(Source(name, "0" * 16, COMPACT_FILE))
    assert f"torchvision has no classifier {name!r}" in str(failure.value)
    assert repr(nearest) in str(failure.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".old.pth"])
def test_weights_are_loaded_from(suffix: str, squeeze: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / f"net{suffix}"
    state = squeeze.state_dict()
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        # Before torch 1.6 a file was no zip; torchvision's AlexNet is such a file.
        torch.save(state, path, _use_new_zipfile_serialization=suffix == ".pth")
    network = load(resolve_weights("squeezenet1_0", path))
    with torch.inference_mode():
        assert torch.allclose(network.logits(noise(64)), squeeze.eval()(noise(64)), atol=1e-5)


def test_weights_in_half_precision_are_computed_in_float32(squeeze: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file({key: value.half() for key, value in squeeze.state_dict().items()}, path)
    with torch.inference_mode():
        assert load(resolve_weights("squeezenet1_0", path)).logits(noise(64)).dtype == torch.float32


def test_old_weights_without_batch_norms_counter_are_loaded(tmp_path: Path) -> None:
    module = models.get_model("shufflenet_v2_x0_5", weights=None).eval()
    path = tmp_path / "net.pth"
    torch.save({k: v for k, v in module.state_dict().items() if not k.endswith("num_batches_tracked")}, path)
    network = load(resolve_weights("shufflenet_v2_x0_5", path))
    with torch.inference_mode():
        assert torch.allclose(network.logits(noise(32, 1)), module(noise(32, 1)), atol=1e-5)


def test_a_network_that_computes_its_own_widths_is_loaded(tmp_path: Path) -> None:
    # torchvision's RegNets calculate with tensors while they are built.
    module = models.get_model("regnet_y_400mf", weights=None).eval()
    path = tmp_path / "net.safetensors"
    save_file(module.state_dict(), path)
    network = load(resolve_weights("regnet_y_400mf", path))
    with torch.inference_mode():
        assert torch.allclose(network.logits(noise(32, 1)), module(noise(32, 1)), atol=1e-5)


def complaint(network: str, path: Path) -> str:
    """Return the message about a file without weights for a network: one paragraph that names the file."""
    with pytest.raises(WeightsError) as failure:
        load(resolve_weights(network, path))
    message = str(failure.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def state_of(module: nn.Module, change: str) -> dict[str, Tensor]:
    """A state dict with one thing wrong."""
    state = dict(module.state_dict())
    if change == "absent":
        del state["classifier.1.bias"]
    elif change == "foreign":
        state["head.weight"] = torch.zeros(2)
    else:
        state["classifier.1.bias"] = torch.zeros(10)
    return state


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("absent", "1 missing, 0 foreign, 0 of another shape; classifier.1.bias is absent"),
        ("foreign", "0 missing, 1 foreign, 0 of another shape; head.weight is (2,) in the file"),
        ("shape", "classifier.1.bias is (10,) in the file and (1000,) in the network"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change: str, words: str, squeeze: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file(state_of(squeeze, change), path)
    message = complaint("squeezenet1_0", path)
    assert "are not those of squeezenet1_0" in message
    assert words in message


@pytest.mark.parametrize("network", ["alexnet", "resnet18"])
def test_weights_of_another_network_are_refused(network: str, squeeze: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save(squeeze.state_dict(), path)
    assert f"are not those of {network}" in complaint(network, path)


def test_the_compact_networks_file_is_not_alexnets() -> None:
    assert "are not those of alexnet" in complaint("alexnet", COMPACT_FILE)


@pytest.mark.parametrize(
    "content",
    [
        {"weight": 1, "bias": 2},
        {"state_dict": {"weight": 1}},
        {},
        [torch.zeros(1)],
        torch.zeros(3),
        "weights",
        None,
        nn.Linear(2, 2),
        Path("weights"),
    ],
    ids=["integers", "a checkpoint", "nothing", "a list", "a tensor", "text", "None", "a module", "a path"],
)
@pytest.mark.parametrize("write", [torch.save, None], ids=["torch", "pickle"])
def test_a_pickle_of_something_else_is_refused(
    content: object, write: Callable[[object, Path], None] | None, tmp_path: Path
) -> None:
    path = tmp_path / "net.pth"
    if write:
        write(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    assert "state dict" in complaint("alexnet", path)


class Burglar:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_run_something_does_not(zipped: bool, tmp_path: Path) -> None:
    path, trace = tmp_path / "net.pth", tmp_path / "trace"
    torch.save({"weight": torch.zeros(1), "burglar": Burglar(trace)}, path, _use_new_zipfile_serialization=zipped)
    assert "can be trusted" in complaint("alexnet", path)
    assert not trace.exists()
    # The trap is a trap: the ordinary way to read a pickle falls into it.
    torch.load(path, weights_only=False)
    assert trace.exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".old.pth"])
@pytest.mark.parametrize("part", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(suffix: str, part: float, tmp_path: Path) -> None:
    path = tmp_path / f"net{suffix}"
    state = {f"features.{index}.weight": torch.zeros(4, index + 1) for index in range(40)}
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=suffix == ".pth")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    assert "damaged" in complaint("alexnet", path)


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors", "net"])
@pytest.mark.parametrize(
    "content", [b"\0" * 200, b"<html>Please log in</html>", b"PK\3\4", b"\x80", b"}", b"."], ids=str
)
def test_a_file_of_something_else_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert "damaged" in complaint("alexnet", path)


# With photographs.


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder of what is too large, or not ours, to lie beside the tests."""
    folder = Path(os.environ.get("ACTMAX_TEST_DATA", ""))
    if not os.environ.get("ACTMAX_TEST_DATA"):
        pytest.skip("ACTMAX_TEST_DATA is not set")
    if not (folder / "networks" / "squeezenet1_0.safetensors").is_file() or not (folder / "photos").is_dir():
        pytest.skip(f"ACTMAX_TEST_DATA is {folder}, which holds no networks/squeezenet1_0.safetensors or no photos/")
    return folder


def photo(path: Path, shorter: int, size: int) -> Tensor:
    """A photograph as in the training of classifiers: the shorter side resized, cropped to the center."""
    with Image.open(path) as image:
        middle = pictures.center_crop(pictures.resize(image.convert("RGB"), [shorter]), [size])
    return IMAGENET(pictures.to_tensor(middle)[None])


def predicted(network: Network, x: Tensor) -> int:
    with torch.inference_mode():
        return int(network.logits(x).argmax())


def test_squeezenet_sees_a_zebra(data: Path) -> None:
    network = load(resolve_weights("squeezenet1_0", data / "networks" / "squeezenet1_0.safetensors"))
    assert predicted(network, photo(data / "photos" / "340_n02391049_zebra.webp", 256, 227)) == 340


def test_the_compact_network_sees_what_is_in_photographs(data: Path, compact: Network) -> None:
    photos = sorted((data / "photos").glob("*.webp"))
    right = [int(path.name[:3]) == predicted(compact, photo(path, 183, 160)) for path in photos]
    # 18 of 24 are right; weights trained anew may be a little worse, labels in another order give none.
    assert len(right) == 24
    assert sum(right) >= 14
