"""The student: the compact AlexNet, trained with batch norm and exported without. How far it is from its teacher."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from actmax.networks.compact import CompactAlexNet
from actmax.networks.network import IMAGENET
from actmax.train.options import Options

NORMALIZATION = IMAGENET
"""Of all views and pictures of a training."""
CLASSES = 1000


def trainee() -> nn.Module:
    """The compact AlexNet with batch norm after every layer but the last, as it is trained."""
    network = CompactAlexNet()
    network.features = nn.Sequential(*_normed(network.features))
    network.classifier = nn.Sequential(nn.Flatten(), *list(_normed(network.classifier))[:-1])
    return network


def _normed(layers: Any) -> Iterator[nn.Module]:
    for layer in layers:
        yield layer
        if isinstance(layer, nn.Conv2d):
            yield nn.BatchNorm2d(layer.out_channels)
        elif isinstance(layer, nn.Linear):
            yield nn.BatchNorm1d(layer.out_features)


def fold(student: nn.Module) -> dict[str, Tensor]:
    """The state of a plain compact AlexNet that answers like the student does in evaluation."""
    plain = CompactAlexNet()
    student = copy.deepcopy(student).cpu().eval()
    for name in ("features", "classifier"):
        layers: list[Any] = []
        for layer in student.get_submodule(name).children():
            if isinstance(layer, nn.BatchNorm2d):
                layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
            elif isinstance(layer, nn.BatchNorm1d):
                layers[-1] = fuse_linear_bn_eval(layers[-1], layer)
            elif not isinstance(layer, nn.Flatten):
                layers.append(layer)
        setattr(plain, name, nn.Sequential(*layers))
    return {name: value.detach() for name, value in plain.state_dict().items()}


def loss(student: Tensor, teacher: Tensor, options: Options) -> Tensor:
    """Of two sets of logits (B, 1000): divergence when softened, and squared error when centred.

    The factor T² keeps the gradient's size whatever the temperature (Hinton et al. 2015, section 2).
    """
    t = options.temperature
    softened, target = (functional.log_softmax(logits / t, 1) for logits in (student, teacher))
    divergence = functional.kl_div(softened, target, reduction="batchmean", log_target=True)
    own, others = (logits - logits.mean(1, keepdim=True) for logits in (student, teacher))
    return t * t * divergence + options.logit_weight * functional.mse_loss(own, others)
