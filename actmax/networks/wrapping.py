"""Wrap any torch classifier of images as a network; check the arguments that describe it."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from actmax.errors import RecipeError, WeightsError, quoted
from actmax.networks.cards import LOGITS, Card
from actmax.networks.description import Labels, label_names, normalization
from actmax.networks.network import Network, Normalization
from actmax.networks.passes import tensors_of


def wrap(
    module: nn.Module,
    *,
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    size: int | tuple[int, int] = 224,
    channels: int | None = None,
    labels: Labels = (),
    name: str = "network",
) -> Network:
    """Make a :class:`Network` of any torch classifier of images.

    The module is neither copied nor changed: it is called as it is, in evaluation mode, with the weights that it has
    at the time. Its hooks, its device and its mode stay.

    Args:
        module: (B, C, H, W) -> logits (B, classes), or several outputs of which ``logits``, or the first, are those.
        mean: of each channel in [0, 1], or a number for all; the module expects (image - mean) / std.
        std: the same.
        size: height and width of its images, or a number for both.
        channels: of its images; by default as many as ``mean`` has, or 3.
        labels: the names of its classes in the order of its logits, or a mapping between names and indices (a data
            set's ``class_to_idx``, a transformer's ``id2label``). An objective may name them.
        name: used in messages.

    Raises:
        RecipeError: the module cannot be drawn from, or the arguments do not fit it or each other.
        WeightsError: the module holds numbers that are not finite.

    Example:
        >>> from torch import nn
        >>> module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
        >>> wrap(module, size=32, labels=["cat", "dog"]).labels
        ('cat', 'dog')
    """
    module = unwrapped(module, name)
    means, stds = normalization(mean, std, channels)
    sides = [size, size] if isinstance(size, Integral) else list(size) if isinstance(size, tuple | list) else []
    if len(sides) != 2 or not all(isinstance(side, Integral) and side > 0 for side in sides):
        raise RecipeError(f"size must be a whole number of pixels, or two of them (height, width), not {quoted(size)}.")
    height, width = map(int, sides)
    names = label_names(labels)
    card = Card(
        name, name, "wrapped", type(module).__name__, labels="", mean=means, std=stds, size=(height, width),
        classes=len(names),
    )  # fmt: skip
    check_finite(module, name)
    network = Network(module, card, "", Normalization(means, stds), (height, width), names, owned=False)
    if names:
        check_logits(network)
    return network


def check_logits(network: Network) -> None:
    """Compare the number of logits with that of the labels.

    Raises:
        RecipeError: they differ.
    """
    logits = network.trace(network.size).get(LOGITS)
    if logits is None or logits.ndim != 2:
        return
    count = logits.shape[1]
    if network.card.labels and count != len(network.labels):
        raise RecipeError(
            f"{network.card.title} returns {count} logits, and by default its classes are ImageNet-1k's "
            f"{len(network.labels)}: name its own by `labels` (in the shell --labels FILE)."
        )
    network.check_labels(count)


def unwrapped(module: nn.Module, name: str) -> nn.Module:
    """Return the module inside ``torch.compile`` and data parallelism.

    Raises:
        RecipeError: it is none, or one that has no gradient or no weights.
    """
    if not isinstance(module, nn.Module):
        raise RecipeError(f"{name} must be a torch.nn.Module, not {quoted(module)}.")
    while (inner := _inner(module)) is not None:
        module = inner
    for path, part in module.named_modules():
        if ".quantized" in type(part).__module__:
            raise RecipeError(
                f"{name} is quantized: its layer {path!r} ({type(part).__name__}) has no gradient. Wrap the "
                "network as it was before it was quantized."
            )
    if any(map(is_lazy, tensors_of(module))):
        raise RecipeError(
            f"{name} has lazy layers, whose weights do not exist yet: call it once with an image, and wrap it then."
        )
    if any(value.is_meta for value in tensors_of(module)):
        raise RecipeError(f"{name} is on the meta device, where weights have no values: load them, and wrap it then.")
    return module


def _inner(module: nn.Module) -> nn.Module | None:
    parallel = isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel)
    inner: object = getattr(module, "module" if parallel else "_orig_mod", None)  # the latter of torch.compile
    return inner if isinstance(inner, nn.Module) else None


def check_finite(module: nn.Module, name: str) -> None:
    """Refuse weights that would draw nothing but themselves; a buffer may hold infinite numbers, as masks do.

    Raises:
        WeightsError: some are infinite or not a number.
    """
    buffers = {key for key, _ in module.named_buffers()}
    for key, value in (*module.named_parameters(), *module.named_buffers()):
        if not value.is_floating_point() or value.layout != torch.strided:
            continue
        single = value.detach().float()  # of half precision not every kind can be tested
        if not (single.isfinite() | (single == -torch.inf) & (key in buffers)).all():
            raise WeightsError(
                f"The weights of {name} are damaged: {key} holds numbers that are infinite or no numbers. Use those "
                "that were saved before it came to that."
            )
