"""What photographs are like, measured once: the strengths of their waves, and how a network's channels answer them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from actmax import files
from actmax.ascent.params.fourier import colors, spectrum_of
from actmax.ascent.params.phase import places
from actmax.ascent.penalties import described
from actmax.errors import ActmaxError, RecipeError
from actmax.networks.network import Network
from actmax.train.images import framed, read_images

SIZE = 224
"""Width and height at which photographs are looked at, in pixels; each one's centre, whole on its shorter side."""
FREQUENCIES, DIRECTIONS = 24, 12
"""Of the table of waves, which is a few KB so."""
AT_A_TIME = 32


def spectrum(images: Sequence[Path], path: Path) -> int:
    """Measures the mean strength of each wave of photographs, in decorrelated colours, and writes it as a table.

    The table is over frequency, on a logarithmic scale, and direction; each place in it is the mean over the waves near
    by, weighed by a Gaussian of the table's own spacing.

    Args:
        images: folders or tar files.
        path: the safetensors file to write: ``log_strength`` (3, frequencies, directions), float16.

    Returns:
        How many photographs it was.

    Raises:
        ActmaxError: there are no images.
        StoreError: the file cannot be written.
    """
    pixels, names = _photographs(images)
    total = torch.zeros(3, SIZE, SIZE // 2 + 1)
    for some in torch.split(pixels, AT_A_TIME):
        total += spectrum_of(some.float() / 255, colors()).abs().sum(0)
    octaves, angles = (place.flatten() for place in places(SIZE, SIZE))
    across = octaves[None] * (FREQUENCIES - 1) - torch.arange(FREQUENCIES)[:, None]
    half = DIRECTIONS / 2
    turns = (angles[None] * DIRECTIONS - torch.arange(DIRECTIONS)[:, None] + half) % DIRECTIONS - half
    near = (-0.5 * (across[:, None].square() + turns[None].square())).double().exp()
    near[:, :, 0] = 0  # the image's mean is no wave
    mean = torch.einsum("cw,fdw->cfd", (total / len(pixels)).flatten(1).double(), near) / near.sum(2)
    about = {"photographs": f"{len(pixels)} of {names}", "made by": f"actmax {version('actmax')}, train spectrum"}
    files.save(path, save({"log_strength": mean.log().half()}, about))
    return len(pixels)


def maps(network: Network) -> list[str]:
    """The layers that have a name on the network's card, and a map."""
    outputs = network.trace((SIZE, SIZE))
    return [layer for layer in network.card.layers if layer in outputs and outputs[layer].ndim == 4]


@torch.inference_mode()
def statistics(network: Network, layers: Sequence[str], images: Sequence[Path], path: Path) -> int:
    """Measures how a network's channels answer photographs, and writes it.

    Args:
        network: as loaded.
        layers: those with a map, by name.
        images: folders or tar files.
        path: the safetensors file to write: ``LAYER.mean`` and ``LAYER.deviation``, (2 C) each, float16; see
            :class:`actmax.networks.statistics.Statistics`.

    Returns:
        How many photographs it was.

    Raises:
        ActmaxError: there are no images, or a single one, or the network has no such layer.
        StoreError: the file cannot be written.
    """
    if not layers:
        raise RecipeError(f"{network.card.title} has no layer with a map that is known by name: name one.")
    forward = network.submodel(layers, (SIZE, SIZE))
    pixels, names = _photographs(images)
    if len(pixels) < 2:
        raise ActmaxError(f"There is a single photograph in {names}: how much channels vary is seen in several.")
    seen: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for some in torch.split(pixels, AT_A_TIME):
        for layer, output in forward(network.normalize(some.float() / 255)).items():
            if output.ndim != 4:
                raise RecipeError(f"{layer} has no map: statistics are those of channels over an image.")
            seen[layer].append(described(output))
    stored = {}
    for layer, answers in seen.items():
        both = torch.cat(answers)
        stored[f"{layer}.mean"], stored[f"{layer}.deviation"] = both.mean(0).half(), both.std(0).clamp_min(1e-3).half()
    about = {
        "network": network.card.name,
        "weights": network.weights,
        "photographs": f"{len(pixels)} of {names}",
        "made by": f"actmax {version('actmax')}, train statistics",
    }
    files.save(path, save(stored, about))
    return len(pixels)


def _photographs(paths: Sequence[Path]) -> tuple[Tensor, str]:
    sources = [read_images(path, SIZE) for path in paths]
    return torch.cat([framed(source, SIZE) for source in sources]), ", ".join(source.name for source in sources)
