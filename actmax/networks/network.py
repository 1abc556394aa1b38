"""A network: a frozen classifier with its normalisation, its layers' names, and cuts of it."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from actmax.errors import RecipeError, UnknownNameError, WeightsError, did_you_mean, quoted
from actmax.networks.cards import IMAGENET_MEAN, IMAGENET_STD, Card
from actmax.networks.frozen import RELU_BOUNDS, ReLULeak, freeze
from actmax.networks.hooks import GradientHooks

CPU = torch.device("cpu")

Forward = Callable[[Tensor], Mapping[str, Tensor]]
"""Normalised images (B, C, H, W) -> the output of each layer that was asked for, by the name that was used."""


@dataclass(frozen=True)
class Normalization:
    """What a network expects of its images: each channel in [0, 1], less its mean, over its deviation."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, image: Tensor) -> Tensor:
        """(B, C, H, W) in [0, 1] -> normalised."""
        return (image - self._column(self.mean, image)) / self._column(self.std, image)

    def inverse(self, x: Tensor) -> Tensor:
        """Normalised (B, C, H, W) -> in [0, 1], but not clipped."""
        return x * self._column(self.std, x) + self._column(self.mean, x)

    def _column(self, values: tuple[float, ...], like: Tensor) -> Tensor:
        return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)


IMAGENET = Normalization(IMAGENET_MEAN, IMAGENET_STD)
"""What torchvision's classifiers expect, and the compact AlexNet."""


class Network:
    """A frozen classifier of images.

    Nothing of it can change: parameters need no gradient, dropout and batch norm are off, and ReLUs
    write a new tensor, so that a layer's output is what it was before the ReLU.

    Args:
        module: (B, C, H, W) normalised -> logits (B, classes). It becomes the network's own.
        card: what is known of it.
        weights: the digest of its weights; empty where they come from no file.
        normalization: of its images; how many channels they have is the length of its mean.
        size: height and width of the images that it was trained on.
        labels: the names of its classes; empty where they have none.
    """

    def __init__(
        self,
        module: nn.Module,
        card: Card,
        weights: str,
        normalization: Normalization,
        size: tuple[int, int],
        labels: Sequence[str] = (),
    ) -> None:
        for part in module.modules():
            if hasattr(part, "inplace"):
                setattr(part, "inplace", False)  # noqa: B010 - unknown to the type of a module
        self.card = card
        self.weights = weights
        self.normalize = normalization
        self.channels = len(normalization.mean)
        self.size = size
        self.labels = tuple(labels)
        self._module = module.float().eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self._places = {name: name for name, _ in module.named_modules() if name} | dict(card.layers)
        self._submodels: dict[Any, Forward] = {}
        self._lock_submodels = threading.Lock()

    def layers(self) -> tuple[str, ...]:
        """The names by which a layer can be asked for: the card's, ``logits``, and every module's dotted name."""
        return tuple(dict.fromkeys((*self.card.layers, *self.card.outputs, *self._places)))

    def parameters(self, layer: str | None = None) -> int:
        """How many weights and biases the network has, or one of its layers."""
        part = self._part(layer) if layer else self._module
        return sum(value.numel() for value in part.parameters())

    def linear_weights(self) -> int:
        """How many weights its linear layers have in all."""
        return sum(part.weight.numel() for part in self._module.modules() if isinstance(part, nn.Linear))

    def linear(self, layer: str) -> tuple[Tensor, Tensor]:
        """Weights (out, in) and biases (out) of a linear layer.

        Raises:
            RecipeError: the layer is of another kind.
        """
        part = self._part(layer)
        if not isinstance(part, nn.Linear):
            raise RecipeError(f"{layer} of {self.card.title} is no linear layer, but {type(part).__name__}.")
        return part.weight, part.bias if part.bias is not None else part.weight.new_zeros(part.out_features)

    def weights_of(self, layer: str) -> Tensor | None:
        """Of a convolution (out, in, h, w) or a linear layer (out, in); None for any other layer."""
        part = self._part(layer)
        return part.weight if isinstance(part, nn.Linear | nn.Conv2d) else None

    def outputs_of(self, layers: Sequence[str], x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """What some layers return and the logits, in one graph: slopes of the ones with respect to the others can be
        taken. Nothing is copied: no other thread may look meanwhile.

        Args:
            layers: names out of :meth:`layers`, inside the module.
            x: normalised images (B, C, H, W) of which slopes are asked.
        """
        found: dict[str, Tensor] = {}

        def note(layer: str) -> Callable[..., None]:
            def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
                found[layer] = output

            return hook

        handles = [self._part(layer).register_forward_hook(note(layer)) for layer in layers]
        try:
            logits: Tensor = self._module(x)
        finally:
            for handle in handles:
                handle.remove()
        return found, logits

    def logits(self, x: Tensor) -> Tensor:
        """Normalised images (B, C, H, W) -> (B, classes), float32."""
        result: Tensor = self._module(x)
        return result

    def features(self, x: Tensor) -> Tensor:
        """What the last layer with weights is shown: normalised images (B, C, H, W) -> (B, features), a map's mean."""
        *_, last = (part for part in self._module.modules() if isinstance(part, nn.Linear | nn.Conv2d))
        seen: list[Tensor] = []
        handle = last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
        try:
            self._module(x)
        finally:
            handle.remove()
        return seen[-1] if seen[-1].ndim == 2 else seen[-1].flatten(2).mean(2)

    def submodel(
        self,
        layers: Sequence[str],
        size: tuple[int, int],
        device: torch.device = CPU,
        dtype: torch.dtype = torch.float32,
        hooks: GradientHooks | float = GradientHooks(),  # noqa: B008 - immutable
        *,
        relu_leak: float = 0.0,
    ) -> Forward:
        """The network as far as some layers need it: nothing higher is computed or copied, forward or backward.

        Several threads may look at once.

        Args:
            layers: names out of :meth:`layers`.
            size: height and width of the images that it will be shown.
            device: where it runs.
            dtype: in which arithmetic.
            hooks: changes to the gradient inside the network. A number is deprecated, as is ``relu_leak``: use a hook
                for ReLUs that lets this part of the gradient pass where they are off.

        Raises:
            UnknownNameError: the network has no such layer; the nearest are named.
            RecipeError: it cannot be shown images of that size, or a layer is not reached or returns no tensor.
        """
        asked = tuple(dict.fromkeys(layers))
        leak = relu_leak if isinstance(hooks, GradientHooks) else hooks
        applied = hooks if isinstance(hooks, GradientHooks) else GradientHooks()
        if leak:
            applied = replace(applied, relu=ReLULeak(leak))
        key = (asked, size, device, dtype, applied)
        with self._lock_submodels:
            if key not in self._submodels:
                while len(self._submodels) > 1:  # batches alike share a cut; more would fill the memory with copies
                    del self._submodels[next(iter(self._submodels))]
                with torch.inference_mode(False):  # who only looks now may climb with the same cut later
                    self._submodels[key] = self._submodel(asked, size, device, dtype, applied)
            return self._submodels[key]

    def trace(self, size: tuple[int, int]) -> dict[str, Tensor]:
        """What each layer returns for one black image, by the names of :meth:`layers`.

        A fault above some layer ends the trace there: the layers below it can be asked for all the same.
        """
        outputs: dict[str, Any] = {}
        parts = [(name, part) for name, part in self._module.named_modules() if name]
        with torch.inference_mode(), _hooked(parts, outputs, "register_forward_hook"):
            try:
                result = self._module(self._black(size))
            except Exception:  # noqa: BLE001 - whatever a user's module raises; :meth:`submodel` tells of it
                result = None
        outputs |= dict.fromkeys(self.card.outputs, result)
        outputs |= {layer: outputs[place] for layer, place in self.card.layers.items() if place in outputs}
        return {name: output for name, output in outputs.items() if isinstance(output, Tensor)}

    def _submodel(
        self,
        asked: tuple[str, ...],
        size: tuple[int, int],
        device: torch.device,
        dtype: torch.dtype,
        hooks: GradientHooks,
    ) -> Forward:
        places = {name: self._place(name) for name in asked}
        # What lies above is not copied; the network itself stays in float32 for measuring.
        above = self._above(places, size)
        part = copy.deepcopy(self._module, {id(unused): nn.Identity() for unused in above})
        if above:
            try:
                with torch.inference_mode():
                    _run(part, places, self._black(size))
            except Exception:  # noqa: BLE001 - a forward may look at modules that it does not call
                part = copy.deepcopy(self._module)
        part = part.to(device, dtype).to(memory_format=torch.channels_last)
        freeze(part)
        inputs = [(self._place(name), function) for name, function in hooks.inputs]
        outputs = [(self._place(name), function) for name, function in hooks.outputs]
        own = threading.local()

        def forward(x: Tensor) -> Mapping[str, Tensor]:
            if not hasattr(own, "part"):  # a pass leaves its hooks in the modules while it lasts
                own.part = _twin(part)
                _apply_hooks(own.part, hooks.relu, inputs, outputs)
            return _run(own.part, places, x.to(dtype, memory_format=torch.channels_last))

        return forward

    def _above(self, places: Mapping[str, str], size: tuple[int, int]) -> list[nn.Module]:
        """The modules that a pass which ends at these places does not come to; such a pass is tried, once.

        Among the parts of a module that ran to its end all are needed, also those that it never called.
        """
        entered: dict[str, Any] = {}
        completed: dict[str, Any] = {}
        parts = [(name, part) for name, part in self._module.named_modules() if name]
        height, width = size
        try:
            with (
                torch.inference_mode(),
                _hooked(parts, entered, "register_forward_pre_hook"),
                _hooked(parts, completed, "register_forward_hook"),
            ):
                outputs = _run(self._module, places, self._black(size))
        except (RecipeError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            raise RecipeError(
                f"{self.card.title} cannot be shown an image of {height} × {width} pixels: "
                f"{(str(error) or type(error).__name__).splitlines()[0]}"
            ) from error
        for name, place in places.items():
            if not place and outputs[name].ndim != 2:
                raise RecipeError(f"{self.card.title} is no classifier: it does not return one logit for each class.")
        if "" in places.values():
            return []
        interrupted = {"", *entered} - completed.keys()
        holders = {name[:place] for name in entered for place, sign in enumerate(name) if sign == "."}
        return [
            part
            for name, part in parts
            if name not in entered and name not in holders and name.rpartition(".")[0] in interrupted
        ]

    def _place(self, layer: str) -> str:
        """Where in the module a layer is; empty for the module as a whole."""
        if layer in self.card.outputs:
            return ""
        if layer not in self._places:
            raise UnknownNameError(
                f"{self.card.title} has no layer {quoted(layer)}. {did_you_mean(layer, self.layers())}"
            )
        place: str = self._places[layer]
        return place

    def _part(self, layer: str) -> nn.Module:
        place = self.card.layers.get(layer) or self._place(layer)
        return self._module.get_submodule(place)

    def _black(self, size: tuple[int, int]) -> Tensor:
        black = self.normalize(torch.zeros(1, self.channels, *size))
        return black.to(memory_format=torch.channels_last)


def _twin(module: nn.Module) -> nn.Module:
    """The same modules once more, with the same tensors."""
    shared = {id(value): value for value in (*module.parameters(), *module.buffers())}
    return copy.deepcopy(module, shared)  # what it knows is taken as it is


def _apply_hooks(
    module: nn.Module,
    relu: Callable[[Tensor, float], Tensor] | None,
    inputs: Sequence[tuple[str, Callable[[Tensor], Tensor]]],
    outputs: Sequence[tuple[str, Callable[[Tensor], Tensor]]],
) -> None:
    """Apply the functions of :class:`GradientHooks` in a private copy, by the names of its modules."""
    if relu is not None:
        for part in module.modules():
            if type(part) in RELU_BOUNDS:
                setattr(part, "forward", partial(relu_with, relu, RELU_BOUNDS[type(part)]))  # noqa: B010
    for name, function in inputs:
        module.get_submodule(name).register_forward_pre_hook(
            lambda _, arguments, function=function: (function(arguments[0]), *arguments[1:])
        )
    for name, function in outputs:
        module.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, function=function: _with_first(output, function)
        )


def relu_with(relu: Callable[[Tensor, float], Tensor], bound: float, x: Tensor) -> Tensor:
    """Call the hook with a ReLU's input and upper bound."""
    return relu(x, bound)


def _with_first(output: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to the first of a layer's outputs."""
    if isinstance(output, tuple | list):
        return type(output)([function(output[0]), *output[1:]])
    return function(output)


class _Reached(Exception):  # noqa: N818 - no error: all that was asked for is there
    """Ends a forward pass."""


@contextmanager
def _hooked(parts: Sequence[tuple[str, nn.Module]], outputs: dict[str, Any], register: str) -> Iterator[None]:
    """While it lasts, what each part is first called with, or returns first, is put into ``outputs``."""

    def note(name: str) -> Callable[..., None]:
        def hook(*arguments: Any) -> None:
            if name not in outputs:
                outputs[name] = _kept(arguments[-1])

        return hook

    handles = [getattr(part, register)(note(name)) for name, part in parts]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _run(module: nn.Module, places: Mapping[str, str], x: Tensor) -> dict[str, Tensor]:
    """One forward pass, which ends as soon as each of the places has returned something."""
    inner = {place for place in places.values() if place}
    outputs: dict[str, Any] = {}

    def note(place: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            last = len(outputs.keys() | {place}) == len(inner) and "" not in places.values()
            if place not in outputs:
                outputs[place] = output if last else _kept(output)
            if last:
                raise _Reached

        return hook

    handles = [module.get_submodule(place).register_forward_hook(note(place)) for place in inner]
    try:
        outputs[""] = module(x)
    except _Reached:
        pass
    finally:
        for handle in handles:
            handle.remove()
    return {name: _tensor(name, outputs.get(place)) for name, place in places.items()}


def _kept(output: Any) -> Any:
    """What a layer returned, safe from operations further up that write into it (``x += …``)."""
    output = _first(output)
    return output.clone() if isinstance(output, Tensor) else output


def _first(output: Any) -> Any:
    """What stands first where a layer returns several things."""
    return output[0] if isinstance(output, tuple | list) and output else output


def _tensor(layer: str, output: Any) -> Tensor:
    if output is None:
        raise RecipeError(f"The layer {layer} takes no part in the network's answer to an image.")
    output = _first(output)
    if not isinstance(output, Tensor):
        raise RecipeError(f"The layer {layer} returns no tensor, but {type(output).__name__}: ask for one inside it.")
    return output


def wrap(
    module: nn.Module,
    *,
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    size: int | tuple[int, int] = 224,
    channels: int | None = None,
    labels: Sequence[str] = (),
    name: str = "network",
) -> Network:
    """Any torch classifier of images as a :class:`Network`. The module is copied, and stays as it is.

    Args:
        module: (B, C, H, W) -> logits (B, classes).
        mean: of each channel in [0, 1], or a number for all; what it was trained on is (image - mean) / std.
        std: the same.
        size: of its images: height and width, or a number for both.
        channels: of its images; by default as many as ``mean`` has, or 3.
        labels: the names of its classes, in the order of its logits: an objective may name them.
        name: what it is called in messages.

    Raises:
        RecipeError: mean, deviation and channels do not fit together.
        WeightsError: the module holds numbers that are not finite.
    """
    count = channels or (3 if isinstance(mean, int | float) else len(mean))
    means, stds = (
        (float(values),) * count if isinstance(values, int | float) else tuple(map(float, values))
        for values in (mean, std)
    )
    if not len(means) == len(stds) == count or min(stds) <= 0:
        raise RecipeError(f"mean {mean} and std {std} must be {count} numbers each, one a channel, and std above 0.")
    shape = (size, size) if isinstance(size, int) else tuple(size) if isinstance(size, tuple | list) else ()
    if len(shape) != 2 or not all(isinstance(side, int) and side > 0 for side in shape):
        raise RecipeError(f"size must be a whole number of pixels, or two of them (height, width), not {quoted(size)}.")
    card = Card(
        name, name, "wrapped", type(module).__name__, labels="", mean=means, std=stds, size=shape, classes=len(labels)
    )
    check_finite(module, name)
    return Network(copy.deepcopy(module), card, "", Normalization(means, stds), shape, labels)


def check_finite(module: nn.Module, name: str) -> None:
    """Refuses weights that would draw nothing but themselves.

    Raises:
        WeightsError: some are infinite or no numbers.
    """
    for key, value in module.state_dict().items():
        # As single precision, in which the network computes: of half of it not every kind can be asked.
        if value.is_floating_point() and not value.float().isfinite().all():
            raise WeightsError(
                f"The weights of {name} are damaged: {key} holds numbers that are infinite or no numbers. Take those "
                "that were saved before it came to that."
            )
