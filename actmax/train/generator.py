"""Trains a generator that reconstructs images from a network's hidden layer, on folders of images.

The network computes the activations of an image, and the generator reconstructs the image from those of one layer. The
loss is the distance of the pixels *and* of the network's activations for both images (Dosovitskiy & Brox 2016,
"Generating Images with Perceptual Similarity Metrics based on Deep Networks", without the adversary).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.errors import RecipeError
from actmax.networks import compact
from actmax.networks.decoder import LAYER, SIZE, Decoder
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.train.images import data_names, framed, hold_out, read_sources
from actmax.train.options import GeneratorOptions
from actmax.train.training import Report, Training, run_folder

REVISION = 2
"""Revision of the training's arithmetic, for the exported file's header. Raise it with every change of that."""
EXPORT = "generator.safetensors"


class GeneratorTraining(Training):
    """Training of the generator.

    Args:
        options: of the training.
        network: whose activations are inverted.
        images: to train on, (N, 3, SIZE, SIZE), uint8.
        held: images to evaluate on, of the same shape and type.

    Raises:
        UnknownNameError: the network has no such layers.
    """

    export_name = EXPORT
    options: GeneratorOptions
    model: Decoder
    average: Decoder

    def __init__(self, options: GeneratorOptions, network: Network, images: Tensor, held: Tensor) -> None:
        super().__init__(options, lambda: Decoder(len(network.linear(LAYER)[1])), betas=(0.9, 0.99))
        self.images, self.held, self.normalize = images, held, network.normalize
        layers = tuple(dict.fromkeys((*options.feature_weights, LAYER)))
        self.forward = network.submodel(layers, (options.size, options.size), self.device, self.dtype)
        for decoder in (self.model, self.average):
            decoder.deviation.copy_(self._deviation())

    def loss(self) -> Tensor:
        picked = torch.randint(len(self.images), (self.options.batch,), generator=self.generator)
        mirrored = torch.rand(len(picked), generator=self.generator) < 0.5
        images = self.images[picked]
        return self.distance(self.model, torch.where(mirrored[:, None, None, None], images.flip(3), images))

    def distance(self, decoder: Decoder, images: Tensor) -> Tensor:
        """Return the distance between images (B, 3, SIZE, SIZE), uint8, and their reconstructions.

        Each term is a mean squared error relative to that of the batch's mean: 1 means that nothing was learned.
        """
        rgb = images.to(self.device).float() / 255
        with torch.no_grad():
            expected = {layer: output.float() for layer, output in self._activations(rgb).items()}
        reconstructed = self.reconstruct(decoder, expected[LAYER].relu() / decoder.deviation)
        activations = self._activations(reconstructed)
        total = self.options.pixel_weight * relative_error(reconstructed, rgb)
        for layer, weight in self.options.feature_weights.items():
            total = total + weight * relative_error(activations[layer].float(), expected[layer])
        return total

    def reconstruct(self, decoder: Decoder, code: Tensor) -> Tensor:
        """Return the images (B, 3, SIZE, SIZE), in [0, 1], of codes (B, C)."""
        return self.predict(decoder, code)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        # Parts of equal size: one image alone has no distance from the mean to compare with.
        parts = torch.tensor_split(self.held, -(-len(self.held) // 64))
        return {"held out": sum(self.distance(self.average, part).item() for part in parts) / len(parts)}

    def export(self, path: Path, header: dict[str, str]) -> None:
        compact.save({name: value.detach().cpu() for name, value in self.average.state_dict().items()}, path, header)

    def _activations(self, rgb: Tensor) -> dict[str, Tensor]:
        size = (self.options.size, self.options.size)
        return dict(self.forward(self.normalize(functional.interpolate(rgb, size, mode="bilinear"))))

    @torch.no_grad()
    def _deviation(self) -> Tensor:
        """Return the standard deviation of each activation of the code, (C,), over at most 2048 images."""
        order = torch.randperm(len(self.images), generator=Generator().manual_seed(0))[:2048]
        parts = torch.split(self.images[order], 64)
        codes = [self._activations(part.to(self.device).float() / 255)[LAYER] for part in parts]
        return torch.cat(codes).float().relu().std(0).clamp_min(1e-3)


def relative_error(output: Tensor, target: Tensor) -> Tensor:
    """Mean squared error, relative to that of the target's mean over the batch."""
    mean = target.mean(0, keepdim=True).expand_as(target)
    return functional.mse_loss(output, target) / functional.mse_loss(target, mean)


def train_generator(
    source: Source,
    images: Sequence[Path],
    folder: Path,
    options: GeneratorOptions,
    report: Report = lambda _: None,
) -> Path:
    """Train a generator, or resume a training, and return the exported file.

    Args:
        source: the network whose activations are inverted: AlexNet, or the compact one.
        images: folders or tar files.
        folder: of the run; it is made if it does not exist.
        options: if the folder holds a checkpoint, those of that run; only its length may differ.
        report: receives messages on the images and on resuming.

    Raises:
        ActmaxError: there are no images, or too few.
        WeightsError, RecipeError: the network cannot be loaded, or has no such layer.
        StoreError: the folder cannot be written, is in use, or holds another run.
    """
    network = load(source)
    if LAYER not in network.card.layers:
        raise RecipeError(
            f"{network.card.title} has no layer {LAYER}: a generator is trained on AlexNet's, or the compact one's."
        )
    with run_folder(folder):
        sources = read_sources(images, SIZE, report)
        header = {
            "architecture": f"decoder of {LAYER}, {SIZE} px",
            "format": "int8 per output channel, float16 scales",
            "network": f"{source.network} (weights {source.digest})",
            "data": data_names(sources),
            "options": options.identity(),
            "made by": f"actmax {version('actmax')}, generator.py revision {REVISION}",
        }
        (held,), rest = hold_out(sources, options.holdout)
        pixels = torch.cat([framed(source, SIZE) for source in rest])
        return GeneratorTraining(options, network, pixels, framed(held, SIZE)).run(folder, header, report)
