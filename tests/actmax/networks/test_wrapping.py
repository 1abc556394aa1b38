"""A user's module is drawn from as it is: the same outputs and gradients, and nothing of it changes."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune, weight_norm
from torch.utils.checkpoint import checkpoint

from actmax.ascent import Method
from actmax.engine.ascend import ascend
from actmax.errors import ActmaxError, PrecisionError, RecipeError, WeightsError
from actmax.networks.network import Network
from actmax.networks.wrapping import wrap

SIZE = 16


class Net(nn.Module):
    """A small classifier, to be varied."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.Linear(4, 5)
        self.relu, self.drop = nn.ReLU(inplace=True), nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Any:
        return self.fc(self.drop(self.relu(self.norm(self.conv(x))).mean((2, 3))))


class FlattensByView(Net):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4 * 49, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).view(len(x), -1))  # type: ignore[no-any-return]


class ReadsMemory(Net):
    """Its result depends on the memory format."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.fc(torch.as_strided(x, (len(x), 4), (x.stride(0), 1)))  # type: ignore[no-any-return]


class PadsByItsOwnAttributes(Net):
    def forward(self, x: Tensor) -> Any:
        kernel, stride, dilation = (getattr(self.conv, name)[0] for name in ("kernel_size", "stride", "dilation"))
        return super().forward(functional.pad(x, (0, dilation * (kernel - stride)) * 2))


class BranchesByClass(Net):
    """Gathers what each kind of layer returns."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.ModuleList([self.conv, nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Flatten(2)])

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros(len(x), 4, dtype=x.dtype)
        for layer in self.body:
            x = layer(x)
            if type(layer) is nn.Conv2d or isinstance(layer, nn.ReLU):
                total = total + x.mean((2, 3))
        return self.fc(total)  # type: ignore[no-any-return]


class Remembers(Net):
    """Keeps maps in an attribute, a list, a dictionary, and a buffer that counts its calls."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.maps: list[Tensor] = []
        self.by_name: dict[str, Tensor] = {}
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Any:
        self.map = self.conv(x)
        self.maps.append(self.map)
        self.by_name[f"call {len(self.by_name)}"] = self.map
        self.calls += 1
        return super().forward(x) + 0.0 * len(self.maps)


class CallsThroughAClosure(Net):
    def __init__(self) -> None:
        super().__init__()
        self.stem = lambda x: self.drop(self.norm(self.conv(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.stem(x).relu().mean((2, 3)))  # type: ignore[no-any-return]


class FiveAxes(Net):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(1, 4, 3)  # type: ignore[assignment]

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x[:, None]).mean((2, 3, 4)))  # type: ignore[no-any-return]


class ReadsRows(Net):
    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.LSTM(3 * SIZE, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.rows(x.permute(0, 2, 1, 3).flatten(2))[0][:, -1])  # type: ignore[no-any-return]


class MapsOverImages(Net):
    def forward(self, x: Tensor) -> Tensor:
        return torch.func.vmap(lambda image: self.fc(functional.relu(self.conv(image)).mean((1, 2))))(x)  # type: ignore[no-any-return]


class CastsItself(Net):
    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            logits: Tensor = super().forward(x)
        return logits.float()


class Checkpoints(Net):
    def __init__(self) -> None:
        super().__init__()
        self.grad_checkpointing = True

    def forward(self, x: Tensor) -> Any:
        if self.grad_checkpointing:
            return checkpoint(super().forward, x, use_reentrant=False)
        return super().forward(x)


class IgnoresWhatItsReLUReturns(Net):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        self.relu(x)
        return self.fc(x.mean((2, 3)))  # type: ignore[no-any-return]


class ReturnsADict(Net):
    def forward(self, x: Tensor) -> Any:
        return {"loss": None, "features": x, "logits": super().forward(x)}


class ReturnsAnObject(Net):
    def forward(self, x: Tensor) -> Any:
        return SimpleNamespace(logits=super().forward(x))


class ReturnsATuple(Net):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x), x


def changed(change: Callable[[nn.Module], object]) -> Callable[[], nn.Module]:
    """Make a network after a training step with something done to its layers."""

    def make() -> nn.Module:
        module = Net()
        change(module)
        module(torch.rand(2, 3, SIZE, SIZE)).sum().backward()
        return module

    return make


def with_a_hook_that_knows_the_module() -> nn.Module:
    module = Net()
    module.conv.register_forward_hook(lambda _part, _given, output: output + module.norm.running_var.mean())
    return module


def with_backward_hooks() -> nn.Module:
    module = Net()
    for part in (module.conv, module.fc):
        part.register_full_backward_hook(lambda _part, given, _grad: tuple(value * 0.5 for value in given))
    return module


def channels_last() -> nn.Module:
    return Net().to(memory_format=torch.channels_last)


MODULES: dict[str, Callable[[], nn.Module]] = {
    kind.__name__: kind
    for kind in (
        *(Net, FlattensByView, ReadsMemory, PadsByItsOwnAttributes, BranchesByClass, Remembers, CallsThroughAClosure),
        *(FiveAxes, ReadsRows, MapsOverImages, CastsItself, IgnoresWhatItsReLUReturns, Checkpoints),
        *(with_a_hook_that_knows_the_module, with_backward_hooks, channels_last),
    )
} | {
    "weight norm": changed(lambda module: weight_norm(module.fc)),
    "weight norm by parametrization": changed(lambda module: parametrizations.weight_norm(module.conv)),
    "spectral norm": changed(lambda module: parametrizations.spectral_norm(module.fc)),
    "pruning": changed(lambda module: prune.l1_unstructured(module.conv, "weight", 0.5)),
    "data parallel": lambda: nn.DataParallel(Net()),
}


def images(count: int = 2) -> Tensor:
    return torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).requires_grad_()


def state(module: nn.Module) -> list[Any]:
    """Everything that a call could leave in a module."""
    found: list[Any] = []
    for name, part in module.named_modules():
        attributes = {key: value for key, value in vars(part).items() if not isinstance(value, dict | list)}
        sizes = {key: len(value) for key, value in vars(part).items() if isinstance(value, dict | list)}
        found.append((name, {key: id(value) for key, value in attributes.items()}, sizes, part.training))
    found.append([(key, id(value), value.requires_grad) for key, value in module.named_parameters()])
    found.append(
        [(key, value.clone().tolist()) for key, value in (*module.named_parameters(), *module.named_buffers())]
    )
    return found


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("make", MODULES.values(), ids=MODULES.keys())
def test_outputs_and_gradients_are_the_modules_own_and_nothing_of_it_changes(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    module = make()
    twin = module.module if isinstance(module, nn.DataParallel) else module
    twin.eval()
    x = images()
    expected = twin(x)
    (grad,) = torch.autograd.grad(expected[:, 1].sum(), x)
    twin.train()
    twin.zero_grad()
    before = state(twin)
    network = wrap(module, size=SIZE)
    for layers in [["logits"], ["fc", "logits"], ["fc"]][: 1 if make is MapsOverImages else None]:
        logits = network.submodel(layers, (SIZE, SIZE))(x)[layers[-1]].float()
        torch.testing.assert_close(logits, expected, msg=lambda text: f"{layers}: {text}")  # noqa: B023
        torch.testing.assert_close(torch.autograd.grad(logits[:, 1].sum(), x)[0], grad)
    torch.testing.assert_close(network.logits(images()), expected)
    assert len(ascend(network, "logits:1", Method(steps=2, precision="fp32")).activations[0]) == 2
    assert state(twin) == before
    assert not any(value.grad is not None for value in twin.parameters() if not value.is_inference())


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_a_module_that_was_made_without_gradients_has_those_of_any_other(mode: Any) -> None:
    torch.manual_seed(0)
    expected = Net()
    torch.manual_seed(0)
    with mode():
        module = Net()
        network = wrap(module, size=SIZE, labels=list("abcde"))
        forward = network.submodel(["logits"], (SIZE, SIZE))
    x = images()
    logits = forward(x)["logits"]
    torch.testing.assert_close(logits, expected.eval()(x))
    assert torch.autograd.grad(logits[:, 1].sum(), x)[0].abs().sum() > 0


class SharesWeights(Net):
    """A part under two names, and a tensor in two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.again = nn.Linear(4, 4), nn.Linear(4, 4), self.conv
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.second(self.first(self.again(x).mean((2, 3)))))  # type: ignore[no-any-return]


def test_weights_that_are_shared_stay_shared() -> None:
    torch.manual_seed(0)
    module = SharesWeights()
    expected = module.eval()(images())
    network = wrap(module.double(), size=SIZE)
    for _ in range(2):
        torch.testing.assert_close(network.logits(images()), expected)
    assert module.second.weight is module.first.weight
    assert module.again.weight.dtype == torch.float64


@pytest.mark.parametrize("kind", [ReturnsADict, ReturnsAnObject, ReturnsATuple])
def test_the_logits_of_several_outputs_are_read(kind: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    network = wrap(kind(), size=SIZE, labels=list("abcde"))
    assert network.logits(images()).shape == (2, 5)
    assert len(ascend(network, "c", Method(steps=2)).activations[0]) == 2


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_a_module_in_another_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = Net().eval()
    expected = module(images())
    network = wrap(module.to(dtype), size=SIZE)
    assert network.logits(images()).dtype == torch.float32
    torch.testing.assert_close(network.logits(images()), expected, rtol=0.02, atol=0.02)
    assert {value.dtype for value in module.parameters()} == {dtype}


@pytest.mark.parametrize("kind", [Net, FlattensByView, BranchesByClass, Remembers, ReadsRows, FiveAxes])
def test_a_module_runs_in_bfloat16(kind: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    module = kind()
    forward = wrap(module, size=SIZE).submodel(["logits"], (SIZE, SIZE), dtype=torch.bfloat16)
    logits = forward(images())["logits"]
    assert logits.dtype == torch.bfloat16
    torch.testing.assert_close(logits.float(), module.eval()(images()), rtol=0.05, atol=0.05)


class HoldsAPlainTensor(Net):
    def __init__(self) -> None:
        super().__init__()
        self.gray = torch.full((1, 3, 1, 1), 0.5)

    def forward(self, x: Tensor) -> Any:
        return super().forward(x - self.gray)


class MakesAConstant(Net):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x + torch.linspace(0, 1, SIZE))


class Transforms(Net):
    def forward(self, x: Tensor) -> Any:
        return super().forward(torch.fft.irfft2(torch.fft.rfft2(x)))


@pytest.mark.parametrize("kind", [HoldsAPlainTensor, MakesAConstant, Transforms])
def test_a_module_that_needs_float32_is_refused_in_bfloat16_by_an_error_of_its_own(kind: Callable[[], Any]) -> None:
    network = wrap(kind(), size=SIZE)
    with pytest.raises(PrecisionError, match=r"network does not run in bfloat16 on cpu: .*precision='fp32'"):
        network.submodel(["logits"], (SIZE, SIZE), dtype=torch.bfloat16)
    network.submodel(["logits"], (SIZE, SIZE))
    with pytest.raises(RecipeError, match="cannot be shown"):  # the fault is not the precision
        network.submodel(["logits"], (1, 1), dtype=torch.bfloat16)


def test_a_module_is_read_by_later_weights_than_those_that_it_was_wrapped_with() -> None:
    module = Net().double()
    network = wrap(module, size=SIZE)
    first = network.logits(images())
    with torch.no_grad():
        module.fc.bias += 1.0
    torch.testing.assert_close(network.logits(images()), first + 1.0)


def test_a_layer_with_a_backward_hook_is_read_after_it() -> None:
    module = Net()
    for part in (module, module.conv, module.fc):
        part.register_full_backward_hook(lambda _part, given, _grad: tuple(0 * value for value in given))
    network, x = wrap(module, size=SIZE), images()
    for layer in ("conv", "norm", "fc"):
        output = network.submodel([layer], (SIZE, SIZE))(x)[layer]
        assert torch.autograd.grad(output.sum(), x)[0].abs().sum() == 0


def test_hooks_of_the_user_see_every_pass_and_may_change_it() -> None:
    module, seen = Net(), []
    module.relu.register_forward_hook(lambda _part, _given, output: seen.append(output.shape) or 2 * output)
    network = wrap(module, size=SIZE)
    torch.testing.assert_close(network.submodel(["logits"], (SIZE, SIZE))(images())["logits"], module.eval()(images()))
    assert seen


def test_several_threads_use_a_wrapped_module_one_after_another() -> None:
    torch.manual_seed(0)
    network = wrap(Remembers(), size=SIZE)
    expected = network.logits(images()).detach()
    results: list[Tensor] = []
    threads = [
        threading.Thread(
            target=lambda: results.extend(
                network.submodel(["logits"], (SIZE, SIZE))(images())["logits"].detach() for _ in range(20)
            )
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert all(torch.equal(result, expected) for result in results)


def test_a_network_keeps_several_submodels_and_forgets_the_oldest() -> None:
    network = Network(Net(), wrap(Net()).card, "", wrap(Net()).normalize, (SIZE, SIZE))
    built: list[object] = []
    copied = network._copy
    network._copy = lambda *arguments: built.append(arguments) or copied(*arguments)  # type: ignore[method-assign, func-returns-value]
    for _ in range(2):
        for layers in (["logits"], ["conv"], ["conv", "logits"]):
            network.submodel(layers, (SIZE, SIZE))
    assert len(built) == 3
    for size in range(SIZE, SIZE + 9):
        network.submodel(["logits"], (size, size))
    network.submodel(["conv"], (SIZE, SIZE))
    assert len(built) == 3 + 8 + 1


# Modules that cannot be drawn from.


def scripted() -> nn.Module:
    module: nn.Module = torch.jit.script(
        nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), flat=nn.Flatten(), fc=nn.Linear(784, 5)))
    )
    return module


def traced() -> nn.Module:
    module: nn.Module = torch.jit.trace(
        nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), flat=nn.Flatten(), fc=nn.Linear(784, 5))), images(1)
    )
    return module


@pytest.mark.filterwarnings("ignore:.*torch.jit")
@pytest.mark.parametrize("make", [scripted, traced, lambda: torch.jit.freeze(scripted().eval())])
def test_torchscript_is_drawn_by_its_logits_alone(make: Callable[[], nn.Module]) -> None:
    with pytest.raises(RecipeError, match="5 logits and has 4 labels"):
        wrap(make(), size=SIZE, labels=list("abcd"))
    network = wrap(make(), size=SIZE, labels=list("abcde"))
    assert len(ascend(network, "c", Method(steps=2, precision="fp32")).activations[0]) == 2
    with pytest.raises(PrecisionError, match="TorchScript"):
        network.submodel(["logits"], (SIZE, SIZE), dtype=torch.bfloat16)
    if "conv" in network.layers():
        with pytest.raises(RecipeError, match="is inside TorchScript"):
            network.submodel(["conv"], (SIZE, SIZE))


def sequential(*parts: nn.Module) -> nn.Module:
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sequential(nn.LazyConv2d(4, 3)), "lazy layers.*call it once with an image"),
        (lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(4)), "lazy layers"),
        (lambda: sequential(nn.Conv2d(3, 4, 3)).to("meta"), "meta device"),
        (
            lambda: torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Flatten(), nn.Linear(768, 5)), {nn.Linear}),
            "is quantized: its layer '1'",
        ),
        (lambda: "resnet18", "must be a torch.nn.Module, not 'resnet18'"),
        (lambda: Net().forward, "must be a torch.nn.Module"),
    ],
)
def test_a_module_without_weights_or_gradients_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        wrap(make(), size=SIZE)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_damaged_weights_are_refused_and_infinite_masks_are_not(value: float) -> None:
    module = Net()
    module.register_buffer("mask", torch.full((2, 2), -torch.inf))
    wrap(module, size=SIZE)
    with torch.no_grad():
        module.fc.weight[0, 0] = value
    with pytest.raises(WeightsError, match=r"fc\.weight holds numbers"):
        wrap(module, size=SIZE)


# Labels, normalization and size.


@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b", "c", "d", "e"],
        ("a", "b", "c", "d", "e"),
        np.array(["a", "b", "c", "d", "e"]),
        {"e": 4, "a": 0, "c": 2, "b": 1, "d": 3},
        {4: "e", 0: "a", 2: "c", 1: "b", 3: "d"},
        {"4": "e", "0": "a", "2": "c", "1": "b", "3": "d"},
        {name: np.int64(index) for index, name in reversed(list(enumerate("abcde")))},
        (name for name in "abcde"),
    ],
)
def test_labels_are_in_the_order_of_the_logits_in_whatever_form(labels: Any) -> None:
    assert wrap(Net(), size=SIZE, labels=labels).labels == ("a", "b", "c", "d", "e")


def test_no_labels_are_no_labels() -> None:
    assert wrap(Net(), size=SIZE, labels=None).labels == wrap(Net(), size=SIZE).labels == ()


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a", "b", "c", "d"], "returns 5 logits and has 4 labels"),
        (list("abcdef"), "returns 5 logits and has 6 labels"),
        ("abcde", "a list of names"),
        ([0, 1, 2, 3, 4], "must be names, not 0"),
        (5, "a list of names"),
        ({"a": 0, "b": 1, "c": 2, "d": 3, "e": 5}, "indices of labels must be 0, 1"),
        ({"a": 0, "b": 0, "c": 2, "d": 3, "e": 4}, "indices of labels must be 0, 1"),
        ({1: "a", 2: "b", 3: "c", 4: "d", 5: "e"}, "indices of labels must be 0, 1"),
        ({"a": "b"}, "map names to indices, or indices to names"),
        ({"a": None}, "map names to indices, or indices to names"),
    ],
)
def test_labels_that_do_not_fit_the_logits_are_refused(labels: Any, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        wrap(Net(), size=SIZE, labels=labels)


def test_labels_are_counted_at_the_first_image_of_a_size_that_the_network_takes() -> None:
    network = wrap(FlattensByView(), size=224, labels=["a", "b"])
    with pytest.raises(RecipeError, match="returns 5 logits and has 2 labels"):
        ascend(network, "b", Method(steps=2), size=SIZE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)},
            r"mean=\(0\.485, 0\.456, 0\.406\), std=\(0\.229, 0\.224, 0\.225\)",
        ),
        ({"mean": (104.0, 117.0, 123.0)}, r"mean=\(0\.4078, 0\.4588, 0\.4824\), std=\(0\.003922"),
        ({"mean": 127.5, "std": 127.5}, r"mean=\(0\.5, 0\.5, 0\.5\), std=\(0\.5, 0\.5, 0\.5\)"),
        ({"std": 255}, "images from 0 to 255"),
        ({"mean": ("a", "b", "c")}, "must be numbers"),
        ({"mean": None}, "must be numbers"),
        ({"std": float("nan")}, "std above 0"),
    ],
)
def test_a_normalization_that_is_not_of_images_from_0_to_1_is_refused(arguments: Any, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        wrap(Net(), size=SIZE, **arguments)


@pytest.mark.parametrize("values", [[0.5, 0.4, 0.3], np.array([0.5, 0.4, 0.3]), torch.tensor([0.5, 0.4, 0.3])])
def test_mean_and_deviation_may_be_of_any_kind_of_numbers(values: Any) -> None:
    network = wrap(Net(), size=SIZE, mean=values, std=np.float32(0.25))
    assert network.normalize.mean == pytest.approx((0.5, 0.4, 0.3))
    assert network.normalize.std == (0.25, 0.25, 0.25)
    assert wrap(Net(), mean=torch.tensor(0.5), std=[0.1, 0.2, 0.3]).normalize.mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("size", [np.int64(SIZE), (np.int32(SIZE), SIZE), [SIZE, SIZE], torch.Size([SIZE, SIZE])])
def test_a_size_may_be_of_any_kind_of_whole_numbers(size: Any) -> None:
    network = wrap(Net(), size=size)
    assert network.size == (SIZE, SIZE)
    assert all(type(side) is int for side in network.size)


@pytest.mark.parametrize("size", [0, -1, 2.5, "16", (16,), (16, 16, 16), None])
def test_other_sizes_are_refused(size: Any) -> None:
    with pytest.raises(RecipeError, match="size must be a whole number of pixels"):
        wrap(Net(), size=size)


def test_every_error_of_a_users_module_is_reported_in_one_sentence() -> None:
    class Fails(Net):
        def forward(self, x: Tensor) -> Any:
            raise KeyError("what the module raised\nand more")

    with pytest.raises(
        ActmaxError, match=r"cannot be shown an image of 16 × 16 pixels.*what the module raised"
    ) as failure:
        ascend(wrap(Fails(), size=SIZE, name="mine"), "logits:1", Method(steps=2))
    assert "\n" not in str(failure.value)


def test_a_copy_of_a_module_shares_nothing_with_its_network() -> None:
    module = Net()
    network = wrap(module, size=SIZE)
    twin = copy.deepcopy(module)
    twin(images()).sum().backward()
    assert network.logits(images()).shape == (2, 5)


def test_a_layer_inside_a_vmap_is_refused_and_the_logits_are_not() -> None:
    network = wrap(MapsOverImages(), size=SIZE)
    with pytest.raises(RecipeError, match=r"The layer fc cannot be read: .*vmap"):
        ascend(network, "fc:1", Method(steps=2))
    assert "fc" not in network.trace((SIZE, SIZE))
    assert len(ascend(network, "logits:1", Method(steps=2)).activations[0]) == 2


@pytest.mark.parametrize("owned", [True, False])
def test_autocast_around_a_pass_changes_nothing(owned: bool) -> None:
    torch.manual_seed(0)
    wrapped = wrap(Net().eval(), size=SIZE)
    network = Network(wrapped._module, wrapped.card, "", wrapped.normalize, (SIZE, SIZE)) if owned else wrapped
    forward, expected = network.submodel(["logits"], (SIZE, SIZE)), network.logits(images())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(network.logits(images()), expected)
        torch.testing.assert_close(forward(images())["logits"], expected)


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_a_module_that_runs_again_in_the_backward_pass_is_refused(use_reentrant: bool) -> None:
    class RunsAgain(Net):
        def forward(self, x: Tensor) -> Any:
            return self.fc(checkpoint(self.stem, x, use_reentrant=use_reentrant).mean((2, 3)))

        def stem(self, x: Tensor) -> Any:
            return self.norm(self.conv(x))

    module = RunsAgain()
    before = state(module)
    with pytest.raises(RecipeError, match="checkpoint"):
        ascend(wrap(module, size=SIZE), "logits:1", Method(steps=2))
    assert state(module) == before


def test_the_check_of_the_gradient_disturbs_no_other_thread() -> None:
    class RunsMeanwhile(Net):
        """Draws from itself in another thread, in each backward pass of its logits."""

        def forward(self, x: Tensor) -> Any:
            logits = super().forward(x)
            if logits.requires_grad:
                logits.register_hook(lambda _grad: draws())
            return logits

    def draws() -> None:
        thread = threading.Thread(target=lambda: results.append(forward(images())["conv"]))
        thread.start()
        thread.join()

    network, results = wrap(RunsMeanwhile(), size=SIZE), list[Tensor]()
    forward = network.submodel(["conv"], (SIZE, SIZE))
    network.submodel(["logits"], (SIZE, SIZE))
    torch.testing.assert_close(results, [forward(images())["conv"]])


def test_a_module_keeps_its_attributes_while_they_are_restored() -> None:
    class Attributes(dict[str, Any]):
        def clear(self) -> None:
            raise AssertionError("another thread would find no attribute")

    module = Remembers()
    module.__dict__ = Attributes(vars(module))
    before = state(module)
    wrap(module, size=SIZE).logits(images())
    assert state(module) == before


def test_a_modules_writing_into_its_input_stays_in_the_module() -> None:
    class Centers(Net):
        def forward(self, x: Tensor) -> Any:
            x -= 0.5
            return super().forward(x)

    network, x = wrap(Centers(), size=SIZE), images().detach()
    before = x.clone()
    assert torch.equal(network.logits(x), network.logits(x))
    assert torch.equal(x, before)
    forward, leaf = network.submodel(["logits"], (SIZE, SIZE)), images()
    assert torch.autograd.grad(forward(leaf)["logits"][:, 1].sum(), leaf)[0].abs().sum() > 0


@pytest.mark.parametrize(
    ("shape", "words"), [(lambda x: x.squeeze(), r"shape \(5,\)"), (lambda x: x[:, 0], r"shape \(1,\)")]
)
def test_a_module_that_returns_no_logit_for_each_class_is_refused(
    shape: Callable[[Tensor], Tensor], words: str
) -> None:
    class Shapes(Net):
        def forward(self, x: Tensor) -> Any:
            return shape(super().forward(x))

    with pytest.raises(RecipeError, match=f"network is no classifier: it returns a tensor of {words}"):
        ascend(wrap(Shapes(), size=SIZE), "logits:1", Method(steps=2))


@pytest.mark.parametrize(("output", "kind"), [(None, "None"), ("logits", "str"), ((), "tuple")])
def test_a_module_that_returns_no_tensor_is_refused(output: object, kind: str) -> None:
    class Returns(Net):
        def forward(self, x: Tensor) -> Any:
            super().forward(x)
            return output

    with pytest.raises(RecipeError, match=f"The network returns {kind} for an image: its `forward` must return"):
        ascend(wrap(Returns(), size=SIZE), "logits:1", Method(steps=2))
