"""A network: a frozen classifier with its normalization, its layers' names, and submodels of it."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import torch
from torch import Tensor, nn
from torch._C._functorch import is_functorch_wrapped_tensor

from actmax.errors import PrecisionError, RecipeError
from actmax.networks.axes import channel_axis
from actmax.networks.cards import IMAGENET_MEAN, IMAGENET_STD, LOGITS, Card
from actmax.networks.frozen import freeze
from actmax.networks.hooks import GradientHooks
from actmax.networks.layers import unknown_layer
from actmax.networks.passes import Call, is_readable, run, runs_forwards_only, tensors_of

CPU = torch.device("cpu")

MAX_SUBMODELS = 4
"""How many submodels a network keeps: those of a batch and of its penalties. Each may be a copy of its weights."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a gray image (ITU-R BT.601, as Pillow converts)."""

Forward = Callable[[Tensor], Mapping[str, Tensor]]
"""Normalized images (B, C, H, W) -> the output of each layer, by the name that was given."""
_Submodel = Callable[[Tensor, GradientHooks], Mapping[str, Tensor]]


@dataclass(frozen=True)
class Normalization:
    """What a network expects of its images: each channel in [0, 1], minus its mean, divided by its deviation."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, image: Tensor) -> Tensor:
        """Normalize images (B, C, H, W) in [0, 1]. A network of gray images gets the luma of colors."""
        if len(self.mean) == 1 and image.shape[1] == 3:
            image = (image * torch.tensor(LUMA, dtype=image.dtype, device=image.device).view(1, -1, 1, 1)).sum(1, True)
        return (image - self._column(self.mean, image)) / self._column(self.std, image)

    def inverse(self, x: Tensor) -> Tensor:
        """Undo the normalization of images (B, C, H, W); the result is not clipped to [0, 1]."""
        return x * self._column(self.std, x) + self._column(self.mean, x)

    def _column(self, values: tuple[float, ...], like: Tensor) -> Tensor:
        return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)


IMAGENET = Normalization(IMAGENET_MEAN, IMAGENET_STD)
"""What torchvision's classifiers expect, and the compact AlexNet."""


class Network:
    """A classifier of images, frozen: no parameter has a gradient, dropout and batch norm are in evaluation mode.

    Args:
        module: (B, C, H, W) normalized -> logits (B, classes).
        card: what is known of it.
        weights: the digest of its weights; empty where they come from no file.
        normalization: of its images; the number of their channels is the length of its mean.
        size: height and width of the images that it was trained on.
        labels: the names of its classes; empty if unknown.
        owned: whether the network may change the module, and submodels may copy it. If not, the module is called as it
            is, by one thread at a time.
    """

    def __init__(
        self,
        module: nn.Module,
        card: Card,
        weights: str,
        normalization: Normalization,
        size: tuple[int, int],
        labels: Sequence[str] = (),
        owned: bool = True,
    ) -> None:
        self.card = card
        self.weights = weights
        self.normalize = normalization
        self.channels = len(normalization.mean)
        self.size = size
        self.labels = tuple(labels)
        self._owned = owned
        self._module = _frozen(module) if owned else module
        self._paths = {name: name for name, _ in module.named_modules() if name} | dict(card.layers)
        self._cast = lru_cache(2)(Call)  # each may hold a copy of the weights
        self._frozen_on = lru_cache(2)(self._freeze)
        self._run: Callable[..., dict[str, Tensor]] = (
            partial(run, module, module) if owned else self._cast(module, self.device, torch.float32).run
        )
        self._submodel = lru_cache(MAX_SUBMODELS)(self._owned_submodel if owned else self._borrowed_submodel)
        self._lock = threading.Lock()

    @property
    def device(self) -> torch.device:
        """Where the weights of the network are."""
        return next(tensors_of(self._module), torch.empty(0, device=CPU)).device

    def layers(self) -> tuple[str, ...]:
        """Return the names of all layers: the card's, ``logits``, and every module's dotted name."""
        return tuple(dict.fromkeys((*self.card.layers, *self.card.outputs, *self._paths)))

    def parameters(self, layer: str | None = None) -> int:
        """Count the weights and biases of the network, or of one of its layers."""
        part = self._part(layer) if layer else self._module
        return sum(value.numel() for value in part.parameters())

    def linear_weights(self) -> int:
        """Count the weights of all linear layers."""
        return sum(part.weight.numel() for part in self._module.modules() if isinstance(part, nn.Linear))

    def linear(self, layer: str) -> tuple[Tensor, Tensor]:
        """Return weights (out, in) and biases (out) of a linear layer.

        Raises:
            RecipeError: the layer is of another kind.
        """
        part = self._part(layer)
        if not isinstance(part, nn.Linear):
            raise RecipeError(f"{layer} of {self.card.title} is not a linear layer, but {type(part).__name__}.")
        bias = part.bias if part.bias is not None else part.weight.new_zeros(part.out_features)
        return _on_cpu(part.weight), _on_cpu(bias)

    def weights_of(self, layer: str) -> Tensor | None:
        """Return the weights of a convolution (out, in, h, w) or a linear layer (out, in); None for any other layer."""
        part = self._part(layer)
        return _on_cpu(part.weight) if isinstance(part, nn.Linear | nn.Conv2d) else None

    def channel_axis(self, layer: str) -> int | None:
        """Return the axis of the channels in a layer's output: 1, -1, or None if the kind of module does not tell."""
        return channel_axis(self._module, self._path(layer))

    def outputs_of(self, layers: Sequence[str], x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the outputs of some layers and the logits, in one graph.

        The gradient of one with respect to another can be taken. No other thread may use the network meanwhile.

        Args:
            layers: names out of :meth:`layers`, inside the module.
            x: normalized images (B, C, H, W) that require a gradient.
        """
        paths = {name: self.card.layers.get(name) or self._path(name) for name in layers}
        outputs = self._run({**paths, "": ""}, x)
        return {name: outputs[name].to(x.device) for name in layers}, outputs[""].to(x.device)

    def logits(self, x: Tensor) -> Tensor:
        """Return the logits (B, classes), float32, of normalized images (B, C, H, W)."""
        return self._run({LOGITS: ""}, x)[LOGITS].to(x.device)

    def features(self, x: Tensor) -> Tensor:
        """Return the input of the last layer with weights (B, features), the mean over positions if it is a map."""
        *_, last = (name for name, part in self._module.named_modules() if isinstance(part, nn.Linear | nn.Conv2d))
        read: list[Tensor] = []

        def keep(given: Tensor) -> Tensor:
            read.append(given.detach().to(x.device))
            return given

        self._run({LOGITS: ""}, x, GradientHooks(inputs=((last, keep),)))
        return read[-1] if read[-1].ndim == 2 else read[-1].flatten(2).mean(2)

    def submodel(
        self,
        layers: Sequence[str],
        size: tuple[int, int],
        device: torch.device = CPU,
        dtype: torch.dtype = torch.float32,
        hooks: GradientHooks = GradientHooks(),  # noqa: B008 - immutable
    ) -> Forward:
        """Return the network up to some layers: nothing above them is computed, forwards or backwards.

        Several threads may call it at once.

        Args:
            layers: names out of :meth:`layers`.
            size: height and width of the images that it gets.
            device: where it runs.
            dtype: the precision of its weights and activations.
            hooks: changes to the gradient inside the network.

        Raises:
            UnknownNameError: the network has no such layer; the nearest are named.
            RecipeError: it fails on images of that size, or a layer is not reached or returns no tensor.
            PrecisionError: it runs on such images, but not on this device or in this precision.
        """
        paths = {name: self._path(name) for name in dict.fromkeys(layers)}
        by_path = replace(
            hooks,
            inputs=tuple((self._path(name), function) for name, function in hooks.inputs),
            outputs=tuple((self._path(name), function) for name, function in hooks.outputs),
        )
        with self._lock, torch.inference_mode(mode=False):  # so that a gradient may be taken later
            submodel = self._submodel(tuple(paths.items()), size, device, dtype)
        return lambda x: submodel(x, by_path)

    def trace(self, size: tuple[int, int]) -> dict[str, Tensor]:
        """Return what each layer returns for one image, by the names of :meth:`layers`.

        Where the network fails, the outputs of the layers before are returned.
        """
        outputs: dict[str, Tensor] = {}

        def keep(path: str, output: Tensor) -> Tensor:
            if not is_functorch_wrapped_tensor(output):
                outputs.setdefault(path, output.detach().clone().to(CPU))
            return output

        names = (name for name, _ in self._module.named_modules())
        every = tuple((name, partial(keep, name)) for name in names if is_readable(self._module, name))
        # Whatever a user's module raises, :meth:`submodel` reports.
        with torch.inference_mode(), suppress(Exception):
            self._run({"": ""}, self._example(size), GradientHooks(outputs=every))
        named = dict.fromkeys(self.card.outputs, "") | self._paths
        return {name: outputs[path] for name, path in named.items() if path in outputs}

    def middle_convolution(self, size: int) -> str:
        """Return the name of the convolution that is halfway through the network; empty if it has none.

        Args:
            size: height and width of an image, to leave out those that do not run.
        """
        run = [name for name in self.trace((size, size)) if isinstance(self._part(name), nn.Conv2d)]
        return run[len(run) // 2] if run else ""

    def _owned_submodel(
        self, layers: tuple[tuple[str, str], ...], size: tuple[int, int], device: torch.device, dtype: torch.dtype
    ) -> _Submodel:
        """Copy the module without what lies above the layers; the original stays in float32 for measurements."""
        paths, example = dict(layers), self._example(size)
        part = self._copy(paths, example, device, dtype)
        own = threading.local()

        def submodel(x: Tensor, hooks: GradientHooks) -> Mapping[str, Tensor]:
            if not hasattr(own, "part"):  # a pass changes its modules while it lasts
                own.part = _twin(part)
            # Both at once would take twice the time where the precision changes.
            x = x.to(device, dtype).to(memory_format=torch.channels_last)
            return run(own.part, own.part, paths, x, hooks)

        if (device, dtype) != (self.device, torch.float32):
            self._check_gradient(submodel, example, device, dtype)
        return submodel

    def _borrowed_submodel(
        self, layers: tuple[tuple[str, str], ...], size: tuple[int, int], device: torch.device, dtype: torch.dtype
    ) -> _Submodel:
        """Call the module as it is."""
        paths, example = dict(layers), self._example(size)
        self._tried(paths, example)
        call = self._cast(self._module, device, dtype)

        def submodel(x: Tensor, hooks: GradientHooks) -> Mapping[str, Tensor]:
            return call.run(paths, x, hooks)

        self._check_gradient(submodel, example, device, dtype)
        return submodel

    def _tried(
        self,
        paths: Mapping[str, str],
        example: Tensor,
        hooks: GradientHooks = GradientHooks(),  # noqa: B008
    ) -> dict[str, Tensor]:
        """Run the module as it is.

        Raises:
            RecipeError: it fails, or is not a classifier, or not one of as many classes as it has labels.
        """
        height, width = example.shape[2:]
        try:
            with torch.set_grad_enabled(not self._owned):  # a user's module runs as it will
                outputs = self._run(paths, example.clone().requires_grad_(not self._owned), hooks)
        except (RecipeError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            raise RecipeError(
                f"{self.card.title} cannot be shown an image of {height} × {width} pixels "
                f"({self.channels} channels): {_first_line(error)}."
            ) from error
        for name in (name for name, path in paths.items() if not path):
            if outputs[name].ndim != 2:
                raise RecipeError(
                    f"{self.card.title} is no classifier: it returns a tensor of shape {tuple(outputs[name].shape)} "
                    "for one image, and not (1, classes)."
                )
            self.check_labels(outputs[name].shape[1])
        return outputs

    def check_labels(self, classes: int) -> None:
        """Compare the number of logits with that of the labels.

        Raises:
            RecipeError: they differ.
        """
        if self.labels and classes != len(self.labels):
            raise RecipeError(
                f"{self.card.title} returns {classes} logits and has {len(self.labels)} labels: give one for each, in "
                "the order of the logits."
            )

    def _freeze(self, device: torch.device, dtype: torch.dtype) -> nn.Module:
        """Copy the modules, with faster layers; all submodels share these tensors."""
        twin = _twin(self._module, device, dtype)
        freeze(twin)
        return twin

    def _copy(self, paths: Mapping[str, str], example: Tensor, device: torch.device, dtype: torch.dtype) -> nn.Module:
        """Copy what the layers need of the modules, with faster layers where they compute the same."""
        entered: set[str] = set()
        completed: set[str] = set()
        names = [name for name, _ in self._module.named_modules()]
        expected = self._tried(
            paths,
            example,
            GradientHooks(
                inputs=tuple((name, partial(_noted, entered, name)) for name in names),
                outputs=tuple((name, partial(_noted, completed, name)) for name in names),
            ),
        )
        checked = _twin(self._module)
        freeze(checked)
        for unused in (_never_entered(self._module, entered, completed), []):
            if _computes(_twin(checked, without=unused), paths, example, expected):
                return _twin(self._frozen_on(device, dtype), without=unused)
        return _twin(self._module, device, dtype)

    def _check_gradient(self, submodel: _Submodel, example: Tensor, device: torch.device, dtype: torch.dtype) -> None:
        """Compute a gradient, where the module can be expected to have one.

        Raises:
            PrecisionError: the submodel does not run on the device or in the precision.
            RecipeError: its gradient cannot be computed.
        """
        title = self.card.title
        try:
            with torch.enable_grad():
                x = example.to(device).requires_grad_()
                outputs = [output for output in submodel(x, GradientHooks()).values() if output.requires_grad]
                with runs_forwards_only(self._module):
                    torch.autograd.backward([output.real.float().sum() for output in outputs], inputs=[x])
        except (RecipeError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            if (device, dtype) == (self.device, torch.float32):
                raise RecipeError(f"{title} has no gradient for an image: {_first_line(error)}.") from error
            raise PrecisionError(
                f"{title} does not run in {str(dtype).removeprefix('torch.')} on {device}: {_first_line(error)}. A "
                "tensor that is neither a parameter nor a buffer keeps its precision and device. Use "
                "precision='fp32', or the device of the module."
            ) from error

    def _path(self, layer: str) -> str:
        """Return the path of a layer in the module; empty for the logits."""
        if layer in self.card.outputs:
            return ""
        if layer not in self._paths:
            raise unknown_layer(self.card.title, str(layer), self.layers(), self.card.output, self.labels)
        path: str = self._paths[layer]
        return path

    def _part(self, layer: str) -> nn.Module:
        return self._module.get_submodule(self.card.layers.get(layer) or self._path(layer))

    def _example(self, size: tuple[int, int]) -> Tensor:
        """Return a normalized image of noise."""
        image = torch.rand(1, self.channels, *size, generator=torch.Generator().manual_seed(0))
        return self.normalize(image).to(memory_format=torch.channels_last if self._owned else torch.contiguous_format)


def _frozen(module: nn.Module) -> nn.Module:
    """Change a module: no gradient, evaluation mode, and ReLUs that write a new tensor."""
    for part in module.modules():
        if hasattr(part, "inplace"):
            setattr(part, "inplace", False)  # noqa: B010 - unknown to the type of a module
    return module.float().eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _twin(
    module: nn.Module,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    without: Sequence[str] = (),
) -> nn.Module:
    """Copy the modules, and share their tensors, or copies of them on a device and in a precision.

    Args:
        module: what it knows is taken as it is.
        device: by default that of each tensor.
        dtype: of numbers that are not whole.
        without: names of parts that are left out.
    """
    known: dict[int, object] = {id(module.get_submodule(name)): nn.Identity() for name in without}
    for value in tensors_of(module):
        own = value.clone() if value.is_inference() else value  # a tensor of inference mode has no gradient
        cast = own.to(device, dtype if value.is_floating_point() else value.dtype)
        is_parameter = isinstance(value, nn.Parameter)
        known[id(value)] = nn.Parameter(cast, requires_grad=False) if is_parameter and cast is not value else cast
    return copy.deepcopy(module, known)


def _noted(into: set[str], name: str, value: Tensor) -> Tensor:
    into.add(name)
    return value


def _never_entered(module: nn.Module, entered: set[str], completed: set[str]) -> list[str]:
    """Return the names of parts that a pass which ended early did not come to.

    Of a module that ran to its end all parts are needed, also those that it never called.
    """
    holders = {name[:index] for name in entered for index, sign in enumerate(name) if sign == "."}
    interrupted = entered - completed
    return [
        name
        for name, _ in module.named_modules()
        if name and name not in entered | holders and name.rpartition(".")[0] in interrupted | holders - entered
    ]


def _computes(part: nn.Module, paths: Mapping[str, str], example: Tensor, expected: Mapping[str, Tensor]) -> bool:
    """Whether a copy returns what the original does."""
    try:
        with torch.no_grad():
            outputs = run(part, part, paths, example)
    except torch.OutOfMemoryError:
        raise
    except Exception:  # noqa: BLE001 - a forward may use parts or attributes that the copy lacks
        return False
    return all(
        torch.allclose(outputs[name], value, rtol=1e-3, atol=1e-3 * value.abs().max().item(), equal_nan=True)
        for name, value in expected.items()
    )


def _on_cpu(value: Tensor) -> Tensor:
    return value.detach().to(CPU, torch.float32)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
