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
from actmax.networks.compact import CompactAlexNet, dequantize
from actmax.networks.network import IMAGENET
from actmax.train.options import DistillOptions

NORMALIZATION = IMAGENET
"""Of all views and drawings of a training."""
CLASSES = 1000
VIEWS_PER_PASS = 100
"""Views of which the predictions are computed at a time."""


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


def warm_started(path: Path, photographs: Tensor) -> nn.Module:
    """Return a student with the weights of an earlier one, trained or exported.

    An exported file has no batch normalization left. Each is then given the statistics of its own input, and such a
    scale and shift that it changes nothing: the student starts as the same function.

    Args:
        path: of the file.
        photographs: normalized, (B, 3, H, W).

    Raises:
        WeightsError: the file cannot be read, or belongs to another network.
    """
    network = student()
    try:
        state = load_file(path)
        if any(name.endswith("running_mean") for name in state):
            network.load_state_dict(state)
        else:
            plain = CompactAlexNet()
            plain.load_state_dict(dequantize(state))
            _unfold(network, plain, photographs)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no warm start for the compact AlexNet: {error}") from None
    except RuntimeError:  # torch's message has a line for each tensor
        raise WeightsError(f"{path} is no warm start for the compact AlexNet: its tensors are others.") from None
    return network


@torch.no_grad()
def _unfold(network: nn.Module, plain: CompactAlexNet, x: Tensor) -> None:
    """Make a student of a plain network, with the statistics of images x (B, 3, H, W): the inverse of :func:`fold`."""
    for name, between in (("features", nn.Identity()), ("classifier", plain.avgpool)):
        layers = plain.get_submodule(name).children()
        x = between(x)
        for layer in network.get_submodule(name).children():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                channels = x.transpose(0, 1).flatten(1)
                layer.running_mean, layer.running_var = channels.mean(1), channels.var(1)
                layer.bias.copy_(layer.running_mean)
                layer.weight.copy_((layer.running_var + layer.eps).sqrt())
            elif isinstance(layer, nn.Flatten):
                x = layer(x)
            else:
                layer.load_state_dict(next(layers).state_dict())
                x = layer(x)


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


def centered(logits: Tensor) -> Tensor:
    """Subtract from logits (B, classes) their mean over the classes."""
    return logits - logits.mean(1, keepdim=True)


def distillation_loss(own: Tensor, target: Tensor, options: DistillOptions) -> Tensor:
    """Divergence of the softened distributions plus the weighted squared error of the centered logits.

    The factor T² keeps the size of the gradient independent of the temperature (Hinton et al. 2015, section 2).

    Args:
        own: the student's logits (B, 1000).
        target: the teachers' logits (B, 1000).
        options: of the training.
    """
    t = options.temperature
    softened, expected = (functional.log_softmax(logits / t, 1) for logits in (own, target))
    divergence = functional.kl_div(softened, expected, reduction="batchmean", log_target=True)
    return t * t * divergence + options.logit_weight * functional.mse_loss(centered(own), centered(target))


def as_input(views: Tensor) -> Tensor:
    """Return views (B, 3, H, W) of 8 bits as the student's input."""
    return NORMALIZATION(views.float() / 255)


@torch.no_grad()
def predictions(network: Callable[[Tensor], Tensor], views: Tensor, device: torch.device) -> Tensor:
    """Return the class that a network predicts for each view.

    Args:
        network: normalized (B, 3, H, W) -> logits (B, classes).
        views: (B, 3, H, W), uint8.
        device: of the network.

    Returns:
        Class indices (B,), on the CPU.
    """
    parts = (as_input(part.to(device)) for part in torch.split(views, VIEWS_PER_PASS))
    return torch.cat([network(part).argmax(1).cpu() for part in parts])
