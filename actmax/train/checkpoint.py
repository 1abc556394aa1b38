"""What a training needs to go on from: written whole, and read back only into the run that it belongs to."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch

from actmax.errors import StoreError


class Resumable(Protocol):
    """A training under way."""

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up what a checkpoint holds."""


def saved(state: Mapping[str, Any]) -> bytes:
    """A checkpoint's file."""
    file = io.BytesIO()
    torch.save(dict(state), file)
    return file.getvalue()


def resume(run: Resumable, path: Path, identity: Mapping[str, str]) -> None:
    """Takes a run up where a checkpoint left it.

    Args:
        run: at its beginning.
        path: of the checkpoint.
        identity: what tells this run from others, as the checkpoint has it under ``run``.

    Raises:
        StoreError: the checkpoint is damaged, or of another run.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        other = [name for name, value in identity.items() if state["run"].get(name) != value]
        if not other:
            run.restore(state)
    except Exception:  # noqa: BLE001 - torch's unpickler raises whatever it stumbles over
        raise StoreError(f"The checkpoint {path} is damaged: remove it to begin anew.") from None
    if other:
        raise StoreError(
            f"{path} belongs to a run with {other[0]} {state['run'].get(other[0])}, not {identity[other[0]]}: "
            "give another folder, or the options of that run."
        )
