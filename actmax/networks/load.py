"""Load networks by name: the architecture from its family, the weights from a file, of which only tensors are read."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from actmax.errors import UnknownNameError, WeightsError, printable, quoted, reason
from actmax.networks import functions, pickles
from actmax.networks.cards import Card
from actmax.networks.compact import CompactAlexNet, dequantize
from actmax.networks.families import check_architecture
from actmax.networks.mobilenet import MobileNetV2
from actmax.networks.network import Network, Normalization
from actmax.networks.weights import Progress, Source, fetch, resolve_weights
from actmax.networks.wrapping import check_finite, check_logits, unwrapped

_OWN: Mapping[str, Callable[[], nn.Module]] = {"compact_alexnet": CompactAlexNet, "mobilenet_v2": MobileNetV2}
"""The package's architectures."""
_AVERAGES = ("state_dict_ema", "model_ema", "ema_state_dict", "ema")
"""Keys under which trainers save the moving average of the weights, which is what they evaluate (as timm does)."""
_WRAPPERS = (*_AVERAGES, "state_dict", "model_state_dict", "model", "net")
"""Keys under which trainers save a state dict."""
_AVERAGED = frozenset({"ema", "ema_model", "model_ema"})
_PREFIXES = frozenset({"module", "_orig_mod", "model", "net", "network"}) | _AVERAGED
"""What data parallelism, torch.compile, Lightning's modules and averages put before the name of each tensor."""
MAX_WRAPPERS = 3
"""How many of them may stand within each other."""
_REMEDY = "Save a plain state dict, by torch.save(model.state_dict(), …) or as safetensors."


def load(network: str | Source, file: Path | str | None = None, progress: Progress | None = None) -> Network:
    """Load a network with its weights, downloaded first if need be.

    Args:
        network: its name (:func:`actmax.networks.cards.card`), or resolved weights. The code of a ``module:function``
            runs.
        file: with a name: its weights, which all but AlexNet and the networks in packages need.
        progress: called during a download.

    Raises:
        UnknownNameError: there is no such classifier.
        WeightsError: the weights cannot be had, cannot be read, or belong to another network.
    """
    if isinstance(network, nn.Module):
        raise UnknownNameError("A module is there already: wrap it, actmax.wrap(module, size=…).")
    source = network if isinstance(network, Source) else resolve_weights(network, file)
    about = source.card
    build = _builder(about, source.folder)
    path = fetch(source, progress)
    state = _read(path)
    if about.quantized:
        state = dequantize(state)
    # timm computes tensors that no file holds, and a function of the user's runs as it is.
    module = build() if about.family in ("timm", "function") else _built(build)
    state = _of_module(state, module, path)
    if about.in_order:
        state = _renamed(state, module)
    _fill(module, state, about, path)
    check_finite(module, f"{about.name} in {printable(path)}")
    # torchvision builds heads of 1000 classes, so that other weights do not fit; timm's differ.
    if (classes := getattr(module, "num_classes", about.classes)) != about.classes and about.family == "timm":
        raise WeightsError(
            f"{about.title} has {classes} classes, and not ImageNet-1k's {about.classes}: its logits mean something "
            "else. Name its classes by `labels` (in the shell --labels FILE)."
        )
    normalization, size = _expected(about)
    names = [label.name for label in about.class_set.labels]
    loaded = Network(module, about, source.digest, normalization, size, names, owned=about.family != "function")
    if about.family == "function":
        check_logits(loaded)
    return loaded


def _builder(about: Card, folder: Path) -> Callable[[], nn.Module]:
    """Return the function that builds a network without weights.

    Args:
        about: the network.
        folder: where a function of the user's lies.

    Raises:
        UnknownNameError: its family has no such classifier.
    """
    if about.family == "actmax":
        return _OWN[about.architecture]
    check_architecture(about, folder)
    if about.family == "torchvision":
        from torchvision import models

        return lambda: models.get_model(about.architecture, weights=None, num_classes=about.classes)
    if about.family == "function":
        return partial(_module_of, about.architecture, folder)
    import timm

    own: dict[str, Any] = {"num_classes": about.classes} if about.names else {}
    own |= {"in_chans": about.channels} if about.channels == 1 else {}
    return lambda: timm.create_model(about.architecture, pretrained=False, **own)


def _module_of(function: str, folder: Path) -> nn.Module:
    """Return the module that a function of the user's returns.

    Raises:
        UnknownNameError: there is no such function.
        ActmaxError: it raises an error, or returns something else.
    """
    module = functions.call(function, folder)
    if not isinstance(module, nn.Module):
        raise WeightsError(f"{function} must return a torch.nn.Module, and returns {quoted(module)}.")
    return unwrapped(module, function)


def _expected(about: Card) -> tuple[Normalization, tuple[int, int]]:
    """Return what a network expects of its images: from its card or, if that leaves it to the builder, from timm."""
    if about.mean and about.std and about.size:
        return Normalization(about.mean, about.std), about.size
    from timm.models import get_pretrained_cfg

    known = get_pretrained_cfg(about.architecture)
    if known is None:
        raise UnknownNameError(f"timm has no normalization for {about.architecture!r}.")
    _, height, width = known.input_size
    mean, std = about.mean or tuple(known.mean), about.std or tuple(known.std)
    if about.channels == 1 and len(mean) == 3:  # as timm does
        mean, std = ((sum(values) / 3,) for values in (mean, std))
    return Normalization(mean, std), about.size or (height, width)


def _built(build: Callable[[], nn.Module]) -> nn.Module:
    """Build the architecture; its weights are placeholders."""
    try:
        # On the meta device no random weights are drawn that would be overwritten.
        with torch.device("meta"):
            module = build()
    except (NotImplementedError, RuntimeError):  # some read their widths from tensors while they are built
        return build()
    saved = module.state_dict().keys()
    return module if all(name in saved for name, _ in module.named_buffers()) else build()


def _read(path: Path) -> dict[str, Tensor]:
    """Read a state dict from safetensors or from a checkpoint; nothing in the file runs."""
    try:
        state = load_file(path) if _is_safetensors(path) else _of_checkpoint(path)
    except pickles.RefusedError as error:
        raise WeightsError(f"{printable(path)} is not a weights file that can be trusted: {error}. {_REMEDY}") from None
    except WeightsError:
        raise
    except Exception as error:  # noqa: BLE001 - damage raises many kinds
        # Where a zip is incomplete, its reader seeks to before its beginning: an invalid argument.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise WeightsError(
                f"The weights file {printable(path)} cannot be read: {reason(error)}. {_REMEDY}"
            ) from None
        raise WeightsError(
            f"{printable(path)} is not a weights file that can be trusted: it is damaged, or neither a file of "
            f"torch.save nor safetensors. {_REMEDY}"
        ) from None
    if not state:
        raise WeightsError(f"{printable(path)} holds no tensors. {_REMEDY}")
    return state


def _of_checkpoint(path: Path) -> dict[str, Tensor]:
    """Read the state dict of a file of ``torch.save``, and no other tensors of it.

    Raises:
        WeightsError: it holds none, or several.
    """
    checkpoint = pickles.read(path)
    state = _state_dict(checkpoint.value, path)
    if state is None:
        value = checkpoint.value
        what = "a dict that is empty or holds other things" if isinstance(value, dict) else _kind_of(value)
        raise WeightsError(f"{printable(path)} holds no state dict, which maps names to tensors, but {what}. {_REMEDY}")
    storages: dict[tuple[str, str], Tensor] = {}
    with path.open("rb") as file:
        for stored in state.values():
            dtype = getattr(torch, stored.dtype)
            start, length = checkpoint.places[stored.key]
            if (stored.key, stored.dtype) not in storages:
                file.seek(start)
                data = bytearray(length)
                file.readinto(data)
                storages[stored.key, stored.dtype] = (
                    torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
                )
    return {
        key: storages[stored.key, stored.dtype].as_strided(stored.shape, stored.strides, stored.offset)
        for key, stored in state.items()
    }


def _state_dict(value: object, path: Path, depth: int = MAX_WRAPPERS) -> dict[str, pickles.Stored] | None:
    """Return the state dict in a checkpoint: under one of the usual keys, or the only one.

    Raises:
        WeightsError: there are several.
    """
    if not isinstance(value, dict):
        return None
    if value and all(isinstance(key, str) and isinstance(inner, pickles.Stored) for key, inner in value.items()):
        return value
    if not depth:
        return None
    for key in _WRAPPERS:
        if found := _state_dict(value.get(key), path, depth - 1):
            return found
    others = {key: found for key, inner in value.items() if (found := _state_dict(inner, path, 0))}
    if len(others) > 1:
        raise _several(path, others)
    return next(iter(others.values()), None)


def _kind_of(value: object) -> str:
    if isinstance(value, pickles.Other):
        return f"an object of the class {quoted(value.name)}"
    return "a tensor" if isinstance(value, pickles.Stored) else f"a value of the type {type(value).__name__}"


def _several(path: Path, names: Iterable[object]) -> WeightsError:
    listed = " and ".join(quoted(name) for name in list(names)[:4])
    return WeightsError(
        f"{printable(path)} holds the weights of several networks, {listed}: save the state dict of one."
    )


def _is_safetensors(path: Path) -> bool:
    """Whether a file begins with the length of a header in JSON."""
    with path.open("rb") as file:
        start = file.read(9)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size


def _of_module(state: dict[str, Tensor], module: nn.Module, path: Path) -> dict[str, Tensor]:
    """Return the part of a state dict that is the module's, without the prefix that data parallelism, torch.compile or
    a trainer put before every name. What a trainer keeps beside it, such as the weights of a loss, is left out.

    Raises:
        WeightsError: the file holds several such parts.
    """
    wanted = {key for key in module.state_dict() if not key.endswith("num_batches_tracked")}
    if not wanted or wanted <= state.keys():
        return state
    last = next(iter(wanted))
    prefixes = [key.removesuffix(last) for key in state if key.endswith(f".{last}")]
    whole = [
        prefix
        for prefix in prefixes
        if _PREFIXES.issuperset(prefix[:-1].split(".")) and all(f"{prefix}{key}" in state for key in wanted)
    ]
    averages = [prefix for prefix in whole if not _AVERAGED.isdisjoint(prefix.split("."))]
    if len(whole) > 1 and len(averages) != 1:
        raise _several(path, whole)
    for prefix in averages or whole:
        return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    return state


def _renamed(state: dict[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """Rename the tensors of a state dict in the order of the module's, if all shapes agree."""
    wanted = module.state_dict()
    if [value.shape for value in state.values()] != [value.shape for value in wanted.values()]:
        return state
    return dict(zip(wanted, state.values(), strict=True))


def _fill(module: nn.Module, state: dict[str, Tensor], about: Card, path: Path) -> None:
    wanted = {key: (tuple(value.shape), _kind(value)) for key, value in module.state_dict().items()}
    given = {key: (tuple(value.shape), _kind(value)) for key, value in state.items()}
    # Old files lack batch norm's step counter, which a frozen network does not use.
    absent = [key for key in wanted if key not in given and not key.endswith("num_batches_tracked")]
    unknown = [key for key in given if key not in wanted]
    other = [key for key in wanted if key in given and wanted[key] != given[key]]
    if absent or unknown or other:
        key = (other or absent or unknown)[0]
        stored = f"{_described(given[key])} in the file" if key in given else "absent from the file"
        expected = f"{_described(wanted[key])} in the network" if key in wanted else "unknown to the network"
        remedy = "Name the network that they belong to, or other weights."
        classes = given[key][0][:1] if key in given else ()
        if not absent and not unknown and key in wanted and classes != wanted[key][0][:1] == (about.classes,):
            remedy = f"Name their classes by `labels` (--labels FILE), if they are of {classes[0] if classes else 1}."
        raise WeightsError(
            f"The weights in {printable(path)} are not those of {about.name}: {len(absent)} missing, {len(unknown)} "
            f"foreign, {len(other)} of another shape; {printable(key)} is {stored} and {expected}. {remedy}"
        )
    for key in wanted.keys() - given.keys():
        state[key] = torch.tensor(0)
    module.load_state_dict(state, assign=True)


def _kind(value: Tensor) -> str:
    return "complex" if value.is_complex() else "real" if value.is_floating_point() else "whole"


def _described(about: tuple[tuple[int, ...], str]) -> str:
    shape, kind = about
    return quoted(shape) if kind == "real" else f"{quoted(shape)} of {kind} numbers"
