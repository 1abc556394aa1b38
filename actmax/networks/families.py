"""Whether the library of a network has a classifier of its name. Imports that library only when asked."""

from __future__ import annotations

from pathlib import Path

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.networks import functions
from actmax.networks.cards import CARDS, Card


def check_architecture(about: Card, folder: Path) -> None:
    """Refuse a network that its library does not have.

    Args:
        about: its card, which is made of any name.
        folder: where the code of a ``module:function`` lies.

    Raises:
        UnknownNameError: there is no such classifier; the nearest are named.
    """
    if about.family == "torchvision":
        from torchvision import models

        known = models.list_models(module=models)
        if about.architecture not in known:
            raise UnknownNameError(
                f"torchvision has no classifier {quoted(about.name)}, and a network of yours is named "
                f"module:function. {did_you_mean(about.name, [*CARDS, *known])}"
            )
    elif about.family == "timm":
        import timm

        architecture, _, tag = about.architecture.partition(".")
        known = timm.list_models()
        if architecture not in known or (tag and about.architecture not in timm.list_pretrained(f"{architecture}.*")):
            near = [f"timm/{name}" for name in (timm.list_pretrained(f"{architecture}.*") if tag else known)]
            raise UnknownNameError(
                f"timm has no classifier {quoted(about.architecture)}. {did_you_mean(about.name, near)}"
            )
    elif about.family == "function":
        functions.source_file(about.architecture, folder)
