"""One forward pass through any module, which reads the outputs of some layers and leaves the module as it was."""

from __future__ import annotations

import copy
import math
import threading
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.func import functional_call

from actmax.errors import PrecisionError, RecipeError
from actmax.networks.hooks import GradientHooks

RELU_BOUNDS: Mapping[type[nn.Module], float] = {nn.ReLU: math.inf, nn.ReLU6: 6.0}
"""The upper bound of each kind of ReLU."""
_CONTAINERS = (dict, OrderedDict, defaultdict, list, set, deque)
_CHECKPOINTING = ("grad_checkpointing", "gradient_checkpointing", "use_checkpoint")
"""Switches of timm, transformers and Swin that compute parts again in the backward pass, when the module is no longer
in the state of the forward pass."""
_OWN_ATTRIBUTES = frozenset(vars(nn.Module()))
_LOCKS: WeakKeyDictionary[nn.Module, threading.RLock] = WeakKeyDictionary()


def run(
    module: nn.Module,
    call: Callable[[Tensor], Any],
    paths: Mapping[str, str],
    x: Tensor,
    hooks: GradientHooks = GradientHooks(),  # noqa: B008 - immutable
) -> dict[str, Tensor]:
    """Run a forward pass, which ends as soon as every layer has returned something.

    Args:
        module: the root of the layers' paths.
        call: the forward pass through it.
        paths: name of a layer -> its path in the module, empty for the logits.
        x: normalized images (B, C, H, W).
        hooks: changes to the gradient, with paths in place of names.

    Returns:
        The first output of each layer, in one graph with the others, whatever the network writes into it afterwards.

    Raises:
        RecipeError: a layer is not reached, or returns no tensor.
    """
    inner = {path for path in paths.values() if path}
    for path in inner:
        if not is_readable(module, path):
            raise RecipeError(f"The layer {path} cannot be read: it is inside TorchScript. The logits can.")
    whole = "" in paths.values()
    outputs: dict[str, Any] = {}

    def read(path: str, output: Any) -> Any:
        if path in outputs:
            return output
        outputs[path] = first_tensor(output)
        if isinstance(outputs[path], Tensor) and is_functorch_wrapped_tensor(outputs[path]):
            raise RecipeError(
                f"The layer {path} cannot be read: the network calls it within torch.func.vmap or the like."
            )
        if not whole and outputs.keys() == inner:
            raise _Complete
        return with_first_tensor(output, Tensor.clone)

    with unchanged(module), torch.autocast(x.device.type, enabled=False), ExitStack() as stack:
        if not whole:
            _remove_backward_hooks(module, inner)
        _apply(hooks, module, stack)
        for path in inner:
            _read_output(module.get_submodule(path), path, read, stack)
        try:
            logits = logits_of(call(x))
            for path, function in hooks.outputs:
                logits = logits if path else function(logits)
            outputs[""] = logits
        except _Complete:
            pass
    return {name: _tensor(name, path, outputs) for name, path in paths.items()}


class _Complete(BaseException):
    """Ends a forward pass when all outputs are there; no module catches it."""


@contextmanager
def unchanged(module: nn.Module) -> Iterator[None]:
    """Put a module in evaluation mode; restore every attribute of it and its parts afterwards.

    So nothing remains of activations that they remember, of caches that they fill, or of weights that weight norm and
    pruning compute anew.
    """
    parts = [(vars(part), dict(vars(part))) for part in module.modules()]
    containers = [
        (value, copy.copy(value))
        for _, attributes in parts
        for name, value in attributes.items()
        if type(value) in _CONTAINERS and name not in _OWN_ATTRIBUTES
    ]
    scripted = [(part, part.training) for part in module.modules() if _is_script(part) and hasattr(part, "training")]
    try:
        for attributes, before in parts:
            attributes["training"] = False
            attributes.update(dict.fromkeys(before.keys() & _CHECKPOINTING, False))
        for part, _ in scripted:
            part.training = False
        yield
    finally:
        for attributes, before in parts:  # without a moment in which another thread finds none
            attributes.update(before)
            for name in attributes.keys() - before.keys():
                del attributes[name]
        for value, content in containers:
            value.clear()
            value.update(content) if isinstance(value, dict | set) else value.extend(content)
        for part, training in scripted:
            part.training = training


class Call:
    """Call a module as it is, with its parameters and buffers on a device and in a precision.

    The module is neither copied nor changed. Its weights are those that it has at the time of the call. One thread at a
    time uses it.
    """

    def __init__(self, module: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        self._module, self._device, self._dtype = module, device, dtype
        self._lock = _LOCKS.setdefault(module, threading.RLock())
        self._versions: list[tuple[int, int]] = []
        self._parameters: dict[str, Tensor] = {}
        self._script = any(map(_is_script, module.modules()))
        if self._script and any(self._cast(value) is not value for value in tensors_of(module)):
            raise PrecisionError(f"TorchScript runs only as it was saved, not in {dtype} on {device}.")

    def run(self, paths: Mapping[str, str], x: Tensor, hooks: GradientHooks = GradientHooks()) -> dict[str, Tensor]:  # noqa: B008
        """Run a forward pass; see :func:`run`."""
        x = x.to(self._device, self._dtype).clone()  # a module may write into its input
        with self._lock:
            return run(self._module, self._call, paths, x, hooks)

    def _call(self, x: Tensor) -> Any:
        if self._script:  # functional_call refuses it
            return self._module(x)
        with torch.inference_mode(mode=False):
            state = self._current_parameters() | self._copied_buffers()
        with _rnn_weights(self._module):
            # Ties are kept by :meth:`_by_name`; functional_call does not restore a module that has two names.
            return functional_call(self._module, state, (x,), tie_weights=False)

    def _current_parameters(self) -> dict[str, Tensor]:
        parameters = self._by_name("_parameters")
        versions = [(id(value), 0 if value.is_inference() else value._version) for value in parameters.values()]
        if versions != self._versions:
            cast = {
                # A tensor made in inference mode cannot be part of a graph, but its copy can.
                id(value): nn.Parameter(
                    self._cast(value.clone() if value.is_inference() else value.detach()), requires_grad=False
                )
                for value in parameters.values()
            }
            self._parameters = {name: cast[id(value)] for name, value in parameters.items()}
            self._versions = versions
        return self._parameters

    def _copied_buffers(self) -> dict[str, Tensor]:
        buffers = self._by_name("_buffers")
        copied = {id(value): self._cast(value.detach()).clone() for value in buffers.values()}
        return {name: copied[id(value)] for name, value in buffers.items()}

    def _by_name(self, kind: str) -> dict[str, Tensor]:
        """Return the tensors of each part, once for each part; a tensor that several parts share has several names."""
        return {
            f"{path}.{name}" if path else name: value
            for path, part in self._module.named_modules()
            for name, value in getattr(part, kind).items()
            if value is not None
        }

    def _cast(self, value: Tensor) -> Tensor:
        return value.to(self._device, self._dtype if value.is_floating_point() else value.dtype)


@contextmanager
def _rnn_weights(module: nn.Module) -> Iterator[None]:
    """Let recurrent layers use the parameters of the call instead of the list of their own that they keep."""

    def refresh(part: Any, _: Any) -> None:
        part._flat_weights = [getattr(part, name) for name in part._flat_weights_names]

    handles = [part.register_forward_pre_hook(refresh) for part in module.modules() if isinstance(part, nn.RNNBase)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def tensors_of(module: nn.Module) -> Iterator[Tensor]:
    """Yield a module's parameters and buffers."""
    yield from module.parameters()
    yield from module.buffers()


def _is_script(module: nn.Module) -> bool:
    return isinstance(module, torch.jit.ScriptModule)


def is_readable(module: nn.Module, path: str) -> bool:
    """Whether a part is called by Python, which TorchScript's parts are not."""
    for name in path.split("."):
        if path and _is_script(module):
            return False
        module = getattr(module, name) if path else module
    return True


def _apply(hooks: GradientHooks, module: nn.Module, stack: ExitStack) -> None:
    if hooks.relu is not None:
        for part in list(module.modules()):
            if type(part) in RELU_BOUNDS:
                vars(part)["forward"] = _relu_with(hooks.relu, part)
    for path, function in hooks.inputs:
        part = module.get_submodule(path)
        stack.callback(part.register_forward_pre_hook(_input_hook(function), with_kwargs=True).remove)
    for path, function in hooks.outputs:
        if path:
            part = module.get_submodule(path)
            stack.callback(part.register_forward_hook(_output_hook(function), prepend=True).remove)


def _relu_with(relu: Callable[[Tensor, float], Tensor], part: nn.Module) -> Callable[[Tensor], Tensor]:
    bound, inplace = RELU_BOUNDS[type(part)], part.inplace

    def forward(input: Tensor) -> Tensor:  # noqa: A002 - the name that a caller may use
        output = relu(input, bound)
        return input.copy_(output) if inplace else output  # a network may use what was written and not the result

    return forward


def _input_hook(function: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    def hook(_: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if arguments:
            return (function(arguments[0]), *arguments[1:]), keywords
        first = next(iter(keywords))
        return arguments, {**keywords, first: function(keywords[first])}

    return hook


def _output_hook(function: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    def apply(value: Tensor) -> Tensor:
        result = function(value)
        return result.clone() if result._is_view() else result  # torch forbids to write into the view of a function

    return lambda _module, _inputs, output: with_first_tensor(output, apply)


def _read_output(part: nn.Module, path: str, read: Callable[[str, Any], Any], stack: ExitStack) -> None:
    """Read what a layer returns, after every hook of its own."""
    if part._backward_hooks or part._backward_pre_hooks:  # they act on what is returned after the forward hooks
        call: Callable[..., Any] = part._call_impl
        vars(part)["_call_impl"] = lambda *arguments, **keywords: read(path, call(*arguments, **keywords))
    else:
        stack.callback(part.register_forward_hook(lambda _module, _inputs, output: read(path, output)).remove)


def _remove_backward_hooks(module: nn.Module, inner: set[str]) -> None:
    """Remove the backward hooks of modules that do not run to their end: their output has no gradient."""
    for path in inner:
        parents = path.split(".")[:-1]
        for depth in range(len(parents) + 1):
            attributes = vars(module.get_submodule(".".join(parents[:depth])))
            attributes.update(_backward_hooks=OrderedDict(), _backward_pre_hooks=OrderedDict())


@contextmanager
def runs_forwards_only(module: nn.Module) -> Iterator[None]:
    """Refuse a backward pass in which parts of a module run again: they are no longer in the state of the forward pass.

    Raises:
        RecipeError: one did; it has not changed the module.
    """

    def refuse(*_: object) -> None:
        if torch._C._current_graph_task_id() < 0:  # another thread runs the module forwards meanwhile
            return
        raise RecipeError(
            "The network uses gradient checkpointing, and runs again in the backward pass: switch it off, and wrap the "
            "network then."
        )

    parts = [part for part in module.modules() if not _is_script(part)]
    handles = [part.register_forward_pre_hook(refuse) for part in parts]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def logits_of(output: Any) -> Any:
    """Return the logits in what a classifier returns: a tensor, or the ``logits`` or first tensor of several."""
    logits = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    return first_tensor(output) if logits is None else logits


def first_tensor(output: Any) -> Any:
    """Return the first of several outputs; what is neither a sequence nor a mapping is returned as it is."""
    while not isinstance(output, Tensor) and isinstance(output, tuple | list | Mapping) and output:
        output = next(iter(output.values())) if isinstance(output, Mapping) else output[0]
    return output


def with_first_tensor(output: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to :func:`first_tensor` of some outputs, and return all of them."""
    if isinstance(output, Tensor):
        return function(output)
    if isinstance(output, Mapping) and output:
        changed: Any = copy.copy(output)
        key = next(iter(output))
        changed[key] = with_first_tensor(output[key], function)
        return changed
    if isinstance(output, tuple | list) and output:
        values = [with_first_tensor(output[0], function), *output[1:]]
        return output._make(values) if hasattr(output, "_make") else type(output)(values)
    return output


def _tensor(layer: str, path: str, outputs: Mapping[str, Any]) -> Tensor:
    if path not in outputs:
        raise RecipeError(f"The layer {layer} is not used by the network for an image.")
    output = outputs[path]
    if isinstance(output, Tensor):
        return output
    kind = "None" if output is None else type(output).__name__
    if not path:
        raise RecipeError(f"The network returns {kind} for an image: its `forward` must return the logits, a tensor.")
    raise RecipeError(f"The layer {layer} returns no tensor, but {kind}: name a layer inside it.")
