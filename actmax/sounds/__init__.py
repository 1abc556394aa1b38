"""Sounds: synthesized, classified by their spectrograms, drawn by gradient ascent, and reconstructed."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "sounds.safetensors"
"""Of the network in the package, trained by `actmax train sounds`."""
