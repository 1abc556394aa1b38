"""The choice of the evaluation network, which did not take part in any drawing."""

from __future__ import annotations

from pathlib import Path

from actmax.errors import ActmaxError
from actmax.networks import weights
from actmax.networks.cards import EVALUATION, FALLBACK
from actmax.networks.description import Description
from actmax.networks.weights import Source
from gen.settings import KEY, Settings, SettingsError

WHERE = f"{KEY}.second_opinion in mkdocs.yml"


def evaluation_network(settings: Settings, target: Source, root: Path) -> Source | None:
    """Select the evaluation network, or None where the settings want none.

    By default it is :data:`EVALUATION`, of another family than the usual target networks; where that is the target
    network itself, :data:`FALLBACK`. A network with labels of its own has one only if the settings name it, of the same
    labels.

    Args:
        settings: of the gallery.
        target: the network that draws.
        root: the folder of mkdocs.yml.

    Raises:
        SettingsError: its weights are not available, or it is the target network.
    """
    wanted = settings.second_opinion
    if wanted is None or (target.card.names and not wanted.network):  # it would classify other classes
        return None
    name = wanted.network or (FALLBACK if target.network == EVALUATION else EVALUATION)
    if name == "auto":
        raise SettingsError(
            f"{KEY}.second_opinion.network in mkdocs.yml is 'auto', which stands for the network that draws: say "
            "alexnet, compact or another classifier."
        )
    try:
        about = settings.description(root) if target.card.names else Description()
        source = weights.resolve_weights(name, root / wanted.weights if wanted.weights else None, about)
    except ActmaxError as error:
        raise SettingsError(f"{WHERE}: {error}") from None
    # The digest of torchvision's own files has eight digits, that of a file from the settings sixteen.
    if source.digest.startswith(target.digest) or target.digest.startswith(source.digest):
        raise SettingsError(f"{WHERE} names the network that draws: name another one.")
    return source
