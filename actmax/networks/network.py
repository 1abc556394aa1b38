"""A network: a frozen classifier with its normalisation, its layers' names and its weights' digest."""

from __future__ import annotations

import copy
import errno
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from actmax.errors import RecipeError, UnknownNameError, WeightsError, did_you_mean
from actmax.networks.cards import card
from actmax.networks.compact import compact_alexnet, dequantize
from actmax.networks.weights import Progress, Source, fetch

# Mean and standard deviation of ImageNet's RGB in [0, 1], as torchvision's classifiers were trained
# with (torchvision.transforms._presets.ImageClassification).
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

Activations = Callable[[Tensor], Tensor]
"""Normalised images (B, 3, H, W) -> a layer's output (B, C) or (B, C, H, W)."""


def normalize(rgb: Tensor) -> Tensor:
    """RGB (B, 3, H, W) in [0, 1] -> what the network was trained on, about [-2.1, 2.6]."""
    return (rgb - _column(MEAN, rgb)) / _column(STD, rgb)


def denormalize(x: Tensor) -> Tensor:
    """The inverse of :func:`normalize`; not clipped."""
    return x * _column(STD, x) + _column(MEAN, x)


def _column(values: tuple[float, ...], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, 3, 1, 1)


class Network:
    """A frozen classifier of ImageNet-1k.

    Nothing of it can change: parameters need no gradient, dropout and batch norm are off, and ReLUs
    write a new tensor, so that a layer's output is what it was before the ReLU.
    """

    def __init__(self, name: str, weights: str, module: nn.Module) -> None:
        self.card = card(name)
        self.weights = weights
        for part in module.modules():
            if hasattr(part, "inplace"):
                setattr(part, "inplace", False)  # noqa: B010 - unknown to the type of a module
        self.up_to = lru_cache(maxsize=2)(self._up_to)  # batches of one layer share its copy of the weights
        self._module = module.float().eval().requires_grad_(False).to(memory_format=torch.channels_last)

    def parameters(self, layer: str | None = None) -> int:
        """How many weights and biases the network has, or one of the layers that its card names."""
        part = self._module.get_submodule(self.card.layers[layer]) if layer else self._module
        return sum(value.numel() for value in part.parameters())

    def linear(self, layer: str) -> tuple[Tensor, Tensor]:
        """Weights (out, in) and biases (out) of a linear layer that the card names."""
        part = self._module.get_submodule(self.card.layers[layer])
        assert isinstance(part, nn.Linear)  # noqa: S101 - the card says which layers are
        return part.weight, part.bias

    def logits(self, x: Tensor) -> Tensor:
        """Normalised images (B, 3, H, W) -> (B, 1000), float32."""
        result: Tensor = self._module(x)
        return result

    def _up_to(self, layer: str, device: torch.device, dtype: torch.dtype) -> Activations:
        """The network cut off above a layer: nothing higher is computed, forward or backward.

        Args:
            layer: a name from the network's card (``conv5``, before its ReLU), ``logits``, or any
                node of torchvision's feature extraction (``features.12.expand3x3``).

        Raises:
            UnknownNameError: the network has no such layer; the nearest are named.
        """
        node = self.card.layers.get(layer, layer)
        part: nn.Module
        if layer in ("logits", self.card.output):
            part = self._module
        else:
            _, nodes = get_graph_node_names(self._module)
            if node not in nodes:
                names = [*self.card.layers, "logits", *nodes]
                raise UnknownNameError(f"{self.card.name} has no layer {layer!r}. {did_you_mean(layer, names)}")
            part = create_feature_extractor(self._module, {node: "layer"})
        # A copy: the network itself stays in float32 for measuring.
        part = copy.deepcopy(part).to(device, dtype).to(memory_format=torch.channels_last)
        for name, child in list(part.named_modules()):
            if isinstance(child, nn.Linear):
                part.set_submodule(name, FrozenLinear(child))

        def activations(x: Tensor) -> Tensor:
            try:
                output = part(x.to(dtype, memory_format=torch.channels_last))
            except (AssertionError, RuntimeError) as error:
                if isinstance(error, torch.OutOfMemoryError):
                    raise
                size = " × ".join(map(str, x.shape[2:]))
                raise RecipeError(
                    f"{self.card.title} cannot be shown an image of {size} pixels: {str(error).splitlines()[0]}"
                ) from None
            result: Tensor = output["layer"] if isinstance(output, dict) else output
            return result

        return activations


class FrozenLinear(nn.Module):
    """A linear layer that never changes, and so can keep its weights transposed as well.

    For the few images of a batch the product is bound by reading the weights; the backward product
    reads the transpose row by row, which takes half the time.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self.transpose = nn.Parameter(linear.weight.t().contiguous(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in) -> (B, out)."""
        result: Tensor = _Product.apply(x, self.weight, self.transpose, self.bias)
        return result


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, transpose: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(transpose)
        return functional.linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None, None]:
        (transpose,) = ctx.saved_tensors
        return functional.linear(slope, transpose), None, None, None


def load(source: Source, progress: Progress | None = None) -> Network:
    """The network with its weights, downloaded first if need be.

    Raises:
        UnknownNameError: torchvision has no such classifier.
        WeightsError: the weights cannot be had, cannot be read, or belong to another network.
    """
    if source.network != "compact" and source.network not in models.list_models(module=models):
        known = ["compact", *models.list_models(module=models)]
        raise UnknownNameError(f"There is no network {source.network!r}. {did_you_mean(source.network, known)}")
    path = fetch(source, progress)
    state = _read(path)
    if source.network == "compact":
        state = dequantize(state)
    module = _build(source.network)
    _fill(module, state, source.network, path)
    return Network(source.network, source.digest, module)


def _build(name: str) -> nn.Module:
    """The architecture, with weights unset in meaning."""
    module: nn.Module
    try:
        # On the meta device no random weights are drawn that would be overwritten.
        with torch.device("meta"):
            module = compact_alexnet() if name == "compact" else models.get_model(name, weights=None)
    except NotImplementedError:  # a RegNet reads its widths from tensors while it is built
        module = models.get_model(name, weights=None)
    return module


def _read(path: Path) -> dict[str, Tensor]:
    """A state dict from safetensors or from a pickle; a pickle may hold tensors and nothing that runs."""
    try:
        if path.suffix == ".safetensors":
            state: Any = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - torch's unpickler raises whatever it stumbles over
        # Where a zip is cut short, torch seeks to before its beginning: an invalid argument.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise WeightsError(f"The weights file {path} cannot be read: {error.strerror or error}.") from None
        raise WeightsError(
            f"{path} is not a weights file that can be trusted: it is damaged, or a pickle of something "
            "else than a plain state dict. Save one with torch.save(model.state_dict(), …) or as safetensors."
        ) from None
    if not isinstance(state, dict) or not state or not all(isinstance(value, Tensor) for value in state.values()):
        found = "a dict that is empty or holds other things" if isinstance(state, dict) else f"a {type(state).__name__}"
        raise WeightsError(f"{path} holds no state dict, which maps names to tensors, but {found}.")
    return state


def _fill(module: nn.Module, state: dict[str, Tensor], name: str, path: Path) -> None:
    wanted = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    given = {key: tuple(value.shape) for key, value in state.items()}
    # Old files lack batch norm's step counter, which a frozen network does not use.
    absent = [key for key in wanted if key not in given and not key.endswith("num_batches_tracked")]
    unknown = [key for key in given if key not in wanted]
    other = [key for key in wanted if key in given and wanted[key] != given[key]]
    if absent or unknown or other:
        key = (other or absent or unknown)[0]
        found = f"{given[key]} in the file" if key in given else "absent from the file"
        asked = f"{wanted[key]} in the network" if key in wanted else "unknown to the network"
        raise WeightsError(
            f"The weights in {path} are not those of {name}: {len(absent)} missing, {len(unknown)} foreign, "
            f"{len(other)} of another shape; {key} is {found} and {asked}."
        )
    for key in wanted.keys() - given.keys():
        state[key] = torch.tensor(0)
    module.load_state_dict(state, assign=True)
