"""Sounds: made from a few numbers, seen as spectrograms, told apart by a small network, and heard again."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "sounds.safetensors"
"""Of the network in the package, trained by `actmax train sounds`."""
