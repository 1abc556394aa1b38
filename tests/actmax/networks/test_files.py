"""Weights files as people save them: wrapped, with prefixes, under any ending, in any protocol."""

from __future__ import annotations

import argparse
import enum
import importlib
import operator
import os
import random
import subprocess
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from actmax.errors import WeightsError
from actmax.networks.load import _read, load

NAME = "squeezenet1_0"


@pytest.fixture(scope="module")
def module() -> nn.Module:
    torch.manual_seed(0)
    return models.get_model(NAME, weights=None).eval()  # type: ignore[no-any-return]


def prefixed(prefix: str) -> Callable[[Mapping[str, Tensor]], dict[str, Any]]:
    return lambda state: {prefix + key: value for key, value in state.items()}


def doubled(state: Mapping[str, Tensor]) -> dict[str, Any]:
    return {key: 2 * value for key, value in state.items()}


CHECKPOINTS: dict[str, Callable[[Mapping[str, Tensor]], dict[str, Any]]] = {
    "data parallel": prefixed("module."),
    "compiled": prefixed("_orig_mod."),
    "compiled and data parallel": prefixed("module._orig_mod."),
    "Lightning": lambda state: {
        "epoch": 3,
        "pytorch-lightning_version": "2.0",
        "state_dict": prefixed("model.")(state),
        "optimizer_states": [{"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1}]}],
    },
    "torchvision's reference training": lambda state: {"model": dict(state), "epoch": 3},
    "a tutorial's": lambda state: {"model_state_dict": dict(state), "loss": 0.5},
    "Lightning's, with the weights of a loss": lambda state: {
        "state_dict": {"criterion.weight": torch.ones(3), **prefixed("net.")(state)}
    },
    "compiled by Lightning": lambda state: {"state_dict": prefixed("model._orig_mod.")(state)},
    "timm's, with an average": lambda state: {"state_dict": doubled(state), "state_dict_ema": dict(state)},
    "torchvision's, with an average": lambda state: {
        "model": doubled(state),
        "model_ema": {"n_averaged": torch.tensor(3), **prefixed("module.")(state)},
    },
    "an average beside the weights": lambda state: prefixed("model.")(doubled(state)) | prefixed("ema_model.")(state),
    "within each other": lambda state: {"model": {"state_dict": prefixed("module.model.")(state)}},
    "under a name of its own": lambda state: {"my_net": dict(state), "optimizer": {"state": {}, "param_groups": [{}]}},
    "an average that is a list": lambda state: {"ema": {"shadow_params": list(state.values())}, "model": dict(state)},
}


@pytest.mark.parametrize("make", CHECKPOINTS.values(), ids=CHECKPOINTS.keys())
def test_the_state_dict_of_a_checkpoint_is_found(
    make: Callable[[Mapping[str, Tensor]], dict[str, Any]], module: nn.Module, tmp_path: Path
) -> None:
    torch.save(make(module.state_dict()), tmp_path / "net.pth")
    network = load(NAME, str(tmp_path / "net.pth"))
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network.logits(x), module(x))


@pytest.mark.parametrize("name", ["net.safetensors", "net.pth", "net"])
@pytest.mark.parametrize("safe", [True, False])
def test_the_kind_of_a_file_is_recognized_by_its_content(
    name: str, safe: bool, module: nn.Module, tmp_path: Path
) -> None:
    (save_file if safe else torch.save)(module.state_dict(), tmp_path / name)  # type: ignore[operator]
    assert load(NAME, tmp_path / name).parameters() == sum(value.numel() for value in module.parameters())


class Settings(dict[str, Any]):
    """A dict with attributes, as libraries of settings have them."""

    def __init__(self, **entries: Any) -> None:
        super().__init__(entries)
        self.__dict__ |= entries


class Shade(enum.Enum):
    DARK = 1


@dataclass
class Options:
    lr: float = 0.1


def trained(module: nn.Module) -> dict[str, Any]:
    """What training scripts save beside the weights."""
    parameters = list(module.parameters())[:3]
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    optimizer = torch.optim.AdamW(parameters)
    optimizer.step()
    return {
        "args": argparse.Namespace(lr=0.1, out=Path("runs/1"), device=torch.device("cpu"), dtype=torch.float16),
        "epoch": 3,
        "best_acc": np.float64(76.1),
        "numbers": [np.float32(1), np.int64(2), np.bool_(True), np.arange(5.0), np.array(["a", None]), np.dtype("i4")],
        "optimizer": optimizer.state_dict(),
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 3).state_dict(),
        "collections": [OrderedDict(a=1), defaultdict(int, a=1), Counter("abc"), deque([1, 2], 3), {1, (2, 3)}],
        "random": [random.getstate(), np.random.get_state(), np.random.default_rng(0), torch.get_rng_state()],
        "settings": [Settings(lr=0.1), Options(), SimpleNamespace(a=1), Shade.DARK, partial(nn.LayerNorm, eps=1e-6)],
        "others": [torch.Size([1, 2]), datetime(2024, 1, 1), timedelta(3), b"\xff", 1j, 10**30, nn.ReLU, nn.ReLU()],
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_a_training_saves_beside_the_weights_is_passed_over(
    protocol: int, zipped: bool, module: nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "net.pth"
    checkpoint = {"model": module.state_dict(), **trained(module)}
    torch.save(checkpoint, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    loaded = dict(load(NAME, path)._module.named_parameters())
    assert all(torch.equal(loaded[name], value) for name, value in module.named_parameters())


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
def test_numbers_of_any_numpy_are_passed_over(core: str, module: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({"model": module.state_dict(), "acc": np.float64(1)}, path, _use_new_zipfile_serialization=False)
    name = np.float64(1).__reduce__()[0].__module__
    assert name.encode() in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(name.encode(), f"{core}.multiarray".encode()))
    assert load(NAME, path).labels


@pytest.mark.parametrize("function", [os.system, eval, subprocess.Popen, importlib.import_module, operator.attrgetter])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_calls_functions_is_refused_by_their_name(
    function: Callable[..., Any], zipped: bool, module: nn.Module, tmp_path: Path
) -> None:
    class Call:
        def __reduce__(self) -> Any:
            return function, (f"touch {tmp_path / 'canary'}",)

    checkpoint = {"model": module.state_dict(), "optimizer": [Call()]}
    torch.save(checkpoint, tmp_path / "net.pth", _use_new_zipfile_serialization=zipped)
    named = f"{function.__module__}.{function.__name__}".replace("_operator", "operator")
    with pytest.raises(WeightsError, match=rf"calls '{named}', which no tensor needs\. Save a plain state dict"):
        load(NAME, tmp_path / "net.pth")
    assert not (tmp_path / "canary").exists()


def test_a_whole_module_is_refused_by_its_class(module: nn.Module, tmp_path: Path) -> None:
    torch.save(module, tmp_path / "net.pth")
    with pytest.raises(
        WeightsError, match=r"an object of the class 'torchvision\.models\.squeezenet\.SqueezeNet'\. Save"
    ):
        load(NAME, tmp_path / "net.pth")


def test_a_compiled_archive_is_refused(module: nn.Module, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.rand(1, 2)), tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="a TorchScript archive, which holds code"):
        load(NAME, tmp_path / "net.pth")


def test_only_the_tensors_of_the_state_dict_are_read(module: nn.Module, tmp_path: Path) -> None:
    """Numbers of every type, views, and tensors that share their numbers."""
    base = torch.arange(24.0).reshape(4, 6)
    state = {
        "base": base,
        "view": base[1:3, ::2].T,
        "expanded": torch.ones(1).expand(3),
        "scalar": torch.tensor(3),
        "empty": torch.empty(0, 4),
        "parameter": nn.Parameter(torch.rand(3)),
        **{str(kind): torch.ones(2, dtype=kind) for kind in KINDS},
    }
    for zipped in (True, False):
        torch.save({"model": state}, tmp_path / "net.pth", _use_new_zipfile_serialization=zipped)
        read = _read(tmp_path / "net.pth")
        assert read.keys() == state.keys()
        for name, value in state.items():
            assert (read[name].dtype, read[name].stride()) == (value.dtype, value.stride()), name
            assert torch.equal(read[name], value), name
        assert read["view"].untyped_storage().data_ptr() == read["base"].untyped_storage().data_ptr()


KINDS = (
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.uint8,
    torch.bool,
    torch.complex64,
)
KINDS += (torch.float8_e5m2, torch.uint16)


def test_checksums_may_be_left_out(module: nn.Module, tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(module.state_dict(), tmp_path / "net.pth")
    finally:
        torch.serialization.set_crc32_options(True)
    assert load(NAME, tmp_path / "net.pth").labels


def test_two_networks_under_names_of_their_own_are_refused(module: nn.Module, tmp_path: Path) -> None:
    torch.save({"generator": module.state_dict(), "critic": module.state_dict()}, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="the weights of several networks, 'generator' and 'critic'"):
        load(NAME, tmp_path / "net.pth")


def test_a_checkpoint_that_holds_itself_is_refused(tmp_path: Path) -> None:
    checkpoint: dict[str, Any] = {}
    checkpoint["model"] = checkpoint
    torch.save(checkpoint, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="holds no state dict"):
        load(NAME, tmp_path / "net.pth")


def test_a_checkpoint_of_two_networks_is_refused(module: nn.Module, tmp_path: Path) -> None:
    state = module.state_dict()
    torch.save(prefixed("model.")(state) | prefixed("net.")(doubled(state)), tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=r"holds the weights of several networks, 'model\.' and 'net\.'"):
        load(NAME, tmp_path / "net.pth")


@pytest.mark.parametrize("prefix", ["encoder.", "model.encoder."])
def test_another_prefix_is_not_removed(prefix: str, module: nn.Module, tmp_path: Path) -> None:
    torch.save(prefixed(prefix)(module.state_dict()), tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="are not those of squeezenet1_0"):
        load(NAME, tmp_path / "net.pth")
