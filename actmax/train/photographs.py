"""Natural image statistics, measured once: the amplitude spectrum of photographs and channel statistics."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from actmax import files
from actmax.ascent.params.fourier import colors, spectrum_of
from actmax.ascent.params.phase import MEASURED_SIZE, table_position
from actmax.ascent.penalties import channel_moments
from actmax.errors import ActmaxError, RecipeError
from actmax.networks.network import Network
from actmax.train.images import framed, read_images

SIZE = MEASURED_SIZE
"""Width and height of a photograph's largest centered square, in pixels."""
FREQUENCIES, DIRECTIONS = 24, 12
"""Of the table of amplitudes, which takes a few KB so."""
BATCH = 32


def spectrum(images: Sequence[Path], path: Path) -> int:
    """Measure the mean amplitude spectrum of photographs, in decorrelated colors, and write it as a table.

    The table's axes are frequency, on a logarithmic scale, and direction; each entry is the mean over the nearby
    Fourier coefficients, weighted by a Gaussian of the table's own spacing.

    Args:
        images: folders or tar files.
        path: the safetensors file to write: ``log_strength`` (3, frequencies, directions), float16.

    Returns:
        The number of photographs.

    Raises:
        ActmaxError: there are no images.
        StoreError: the file cannot be written.
    """
    pixels, names = _photographs(images)
    total = torch.zeros(3, SIZE, SIZE // 2 + 1)
    for part in torch.split(pixels, BATCH):
        total += spectrum_of(part.float() / 255, colors()).abs().sum(0)
    octaves, angles = (coordinate.clamp_max(1).flatten() for coordinate in table_position(SIZE, SIZE))
    across = octaves[None] * (FREQUENCIES - 1) - torch.arange(FREQUENCIES)[:, None]
    half = DIRECTIONS / 2
    turns = (angles[None] * DIRECTIONS - torch.arange(DIRECTIONS)[:, None] + half) % DIRECTIONS - half
    weights = (-0.5 * (across[:, None].square() + turns[None].square())).double().exp()
    weights[:, :, 0] = 0  # the image's mean has neither frequency nor direction
    mean = torch.einsum("cw,fdw->cfd", (total / len(pixels)).flatten(1).double(), weights) / weights.sum(2)
    files.save(path, save({"log_strength": mean.log().half()}, _header(pixels, names, "spectrum")))
    return len(pixels)


def convolutional_layers(network: Network) -> list[str]:
    """Return the layers named on the network's card whose outputs are feature maps."""
    outputs = network.trace((SIZE, SIZE))
    return [layer for layer in network.card.layers if layer in outputs and outputs[layer].ndim == 4]


@torch.inference_mode()
def statistics(network: Network, layers: Sequence[str], images: Sequence[Path], path: Path) -> int:
    """Measure the activations of a network's channels on photographs, and write their statistics.

    Args:
        network: as loaded.
        layers: names of layers with feature maps.
        images: folders or tar files.
        path: the safetensors file to write: ``LAYER.mean`` and ``LAYER.deviation``, (2 C) each, float16; see
            :class:`actmax.networks.statistics.Statistics`.

    Returns:
        The number of photographs.

    Raises:
        ActmaxError: there are no images, or a single one, or the network has no such layer.
        StoreError: the file cannot be written.
    """
    if not layers:
        raise RecipeError(f"{network.card.title} has no layer with feature maps on its card: name one.")
    forward = network.submodel(layers, (SIZE, SIZE))
    pixels, names = _photographs(images)
    if len(pixels) < 2:
        raise ActmaxError(f"There is a single photograph in {names}: a standard deviation needs several.")
    measured: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for part in torch.split(pixels, BATCH):
        for layer, output in forward(network.normalize(part.float() / 255)).items():
            if output.ndim != 4:
                raise RecipeError(f"{layer} has no feature maps, whose statistics could be measured.")
            measured[layer].append(channel_moments(output))
    stored = {}
    for layer, parts in measured.items():
        values = torch.cat(parts)
        stored[f"{layer}.mean"], stored[f"{layer}.deviation"] = (
            values.mean(0).half(),
            values.std(0).clamp_min(1e-3).half(),
        )
    header = {"network": network.card.name, "weights": network.weights}
    files.save(path, save(stored, header | _header(pixels, names, "statistics")))
    return len(pixels)


def _photographs(paths: Sequence[Path]) -> tuple[Tensor, str]:
    sources = [read_images(path, SIZE) for path in paths]
    return torch.cat([framed(source, SIZE) for source in sources]), ", ".join(source.name for source in sources)


def _header(pixels: Tensor, names: str, command: str) -> dict[str, str]:
    return {"photographs": f"{len(pixels)} of {names}", "made by": f"actmax {version('actmax')}, train {command}"}
