"""Weights files as people save them: wrapped, with prefixes, under any ending, in any protocol."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from actmax.errors import WeightsError
from actmax.networks.load import load

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


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_protocol_is_read_or_named(protocol: int, zipped: bool, module: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save(module.state_dict(), path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    if protocol < 4:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, that it may not be able to
            assert load(NAME, path).labels
    else:
        with pytest.raises(
            WeightsError, match=rf"it has pickle protocol {protocol}, .* Save a plain state dict, by torch\.save"
        ):
            load(NAME, path)


def test_a_checkpoint_with_other_objects_is_refused_by_their_name(module: nn.Module, tmp_path: Path) -> None:
    torch.save({"state_dict": module.state_dict(), "args": argparse.Namespace(lr=0.1)}, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="more than tensors, and looks up 'argparse Namespace'"):
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
