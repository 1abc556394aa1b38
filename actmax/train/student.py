"""The student: the compact AlexNet, trained with batch normalization and exported without; its loss and predictions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from actmax.errors import WeightsError
from actmax.networks.compact import CompactAlexNet
from actmax.networks.network import IMAGENET
from actmax.train.options import DistillOptions

NORMALIZATION = IMAGENET
"""Of all views and drawings of a training."""
CLASSES = 1000


def student() -> nn.Module:
    """Return a compact AlexNet with batch normalization after every layer but the last."""
    network = CompactAlexNet()
    network.features = nn.Sequential(*_with_batch_norm(network.features))
    network.classifier = nn.Sequential(nn.Flatten(), *list(_with_batch_norm(network.classifier))[:-1])
    return network


def _with_batch_norm(layers: Any) -> Iterator[nn.Module]:
    for layer in layers:
        yield layer
        if isinstance(layer, nn.Conv2d):
            yield nn.BatchNorm2d(layer.out_channels)
        elif isinstance(layer, nn.Linear):
            yield nn.BatchNorm1d(layer.out_features)


def warm_started(path: Path) -> nn.Module:
    """Return a student with the weights of an earlier one.

    Raises:
        WeightsError: the file cannot be read, or belongs to another network.
    """
    network = student()
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{path} is no warm start for the compact AlexNet with batch norm: {error}") from None
    return network


def fold(trained: nn.Module) -> dict[str, Tensor]:
    """Return the state of a plain compact AlexNet whose outputs are those of the student in evaluation mode."""
    plain = CompactAlexNet()
    trained = copy.deepcopy(trained).cpu().eval()
    for name in ("features", "classifier"):
        layers: list[Any] = []
        for layer in trained.get_submodule(name).children():
            if isinstance(layer, nn.BatchNorm2d):
                layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
            elif isinstance(layer, nn.BatchNorm1d):
                layers[-1] = fuse_linear_bn_eval(layers[-1], layer)
            elif not isinstance(layer, nn.Flatten):
                layers.append(layer)
        setattr(plain, name, nn.Sequential(*layers))
    return {name: value.detach() for name, value in plain.state_dict().items()}


def distillation_loss(own: Tensor, teacher: Tensor, options: DistillOptions) -> Tensor:
    """Divergence of the softened distributions plus the weighted squared error of the centered logits.

    The factor T² keeps the size of the gradient independent of the temperature (Hinton et al. 2015, section 2).

    Args:
        own: the student's logits (B, 1000).
        teacher: the teacher's logits (B, 1000).
        options: of the training.
    """
    t = options.temperature
    softened, target = (functional.log_softmax(logits / t, 1) for logits in (own, teacher))
    divergence = functional.kl_div(softened, target, reduction="batchmean", log_target=True)
    centered, expected = (logits - logits.mean(1, keepdim=True) for logits in (own, teacher))
    return t * t * divergence + options.logit_weight * functional.mse_loss(centered, expected)


@torch.no_grad()
def predictions(network: Callable[[Tensor], Tensor], views: Tensor, device: torch.device, batch: int = 100) -> Tensor:
    """Return the class that a network predicts for each view.

    Args:
        network: normalized (B, 3, H, W) -> logits (B, classes).
        views: (B, 3, H, W), uint8.
        device: of the network.
        batch: number of views per forward pass.

    Returns:
        Class indices (B,), on the CPU.
    """
    parts = (NORMALIZATION(part.to(device).float() / 255) for part in torch.split(views, batch))
    return torch.cat([network(part).argmax(1).cpu() for part in parts])
