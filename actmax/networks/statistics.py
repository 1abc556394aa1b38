"""Statistics of a network's channels on photographs: of the mean and deviation of each over an image.

Needs no torch before they are read.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from safetensors import SafetensorError, safe_open

from actmax.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from actmax.networks.network import Network

SHIPPED = Path(__file__).parent / "shipped" / "statistics.safetensors"
"""Those of the compact network, measured by `actmax train statistics`."""


class Statistics(NamedTuple):
    """Of one layer over many photographs, (2 C,) each: of the channels' means, then of their log deviations."""

    mean: Tensor
    deviation: Tensor


def measured(weights: str) -> bool:
    """Whether they were measured for a network with these weights."""
    with safe_open(SHIPPED, framework="np") as file:
        known: str = file.metadata()["weights"]
    return weights == known


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, dict[str, Statistics]]:
    with safe_open(SHIPPED, framework="pt") as file:
        about = file.metadata()
        layers = sorted({name.partition(".")[0] for name in file.keys()})  # noqa: SIM118 - no mapping
        found = {
            layer: Statistics(file.get_tensor(f"{layer}.mean").float(), file.get_tensor(f"{layer}.deviation").float())
            for layer in layers
        }
    return about["weights"], found


def statistics_of(network: Network) -> dict[str, Statistics]:
    """Return the statistics by layer.

    Raises:
        RecipeError: they were not measured for this network and its weights.
    """
    try:
        weights, found = _shipped()
    except (OSError, SafetensorError) as error:
        raise RecipeError(f"{SHIPPED} cannot be read: {error}.") from None
    if network.weights != weights:
        raise RecipeError(
            f"statistics: the statistics of {network.card.title}'s channels have not been measured. Those of the "
            "compact AlexNet in the package have."
        )
    return found
