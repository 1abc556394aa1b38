"""Start the optimization loop for a network: bind the method, make the submodel, choose the arithmetic."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from actmax.ascent.context import Context
from actmax.ascent.objectives import ObjectiveFunction, Outputs
from actmax.ascent.optimize import Method, Step, optimize
from actmax.ascent.params.canvas import Canvas
from actmax.ascent.transforms import view_size
from actmax.engine.device import choose_dtype
from actmax.errors import PrecisionError
from actmax.networks.network import Network
from actmax.recipe.target import Target

_log = logging.getLogger("actmax")


def run(
    network: Network,
    method: Method,
    layers: Sequence[str],
    objective: ObjectiveFunction,
    seeds: Sequence[int],
    size: tuple[int, int],
    device: torch.device,
    targets: Sequence[Target] = (),
    start: Tensor | None = None,
) -> tuple[Iterator[Step], torch.dtype]:
    """Return the steps of an optimization, and the arithmetic inside the network.

    Args:
        network: whose layers the objective needs.
        method: not yet bound.
        layers: by name.
        objective: their outputs -> (B,).
        seeds: one for each of B images.
        size: height and width of the images.
        device: where to compute.
        targets: one for each image, where the objective is that of targets.
        start: images (B, C, H, W) in [0, 1] to start from.

    Raises:
        RecipeError: the parts do not fit together, or do not fit the network.
        UnknownNameError: the network has no such layer.
    """
    context = Context(network, size, device, choose_dtype(method.precision, device), targets, start)
    view = view_size(method.transforms, size, network.size)
    try:
        bound, hooks = method.bind(context)
        forward = network.submodel(layers, view, device, context.dtype, hooks)
    except PrecisionError as error:
        if method.precision != "auto" or context.dtype == torch.float32:
            raise
        _log.warning("float32 is used: %s", error)
        context = replace(context, dtype=torch.float32)
        bound, hooks = method.bind(context)
        forward = network.submodel(layers, view, device, torch.float32, hooks)
    canvas = Canvas(network.channels, *size, network.normalize, network.normalize.inverse, device)
    steps = optimize(
        bound, lambda x: Outputs(forward(x), view, axis=network.channel_axis), objective, canvas, seeds, start, view
    )
    return steps, context.dtype
