"""The axis of the channels in what a layer returns, as far as the kind of its module tells."""

from __future__ import annotations

from torch import nn
from torch.nn.modules import activation, batchnorm, conv, dropout, normalization, pooling

_FIRST = (
    conv._ConvNd,
    batchnorm._NormBase,  # of batches and of instances
    nn.GroupNorm,
    nn.LocalResponseNorm,
    pooling._MaxPoolNd,
    pooling._AvgPoolNd,
    pooling._LPPoolNd,
    pooling._AdaptiveMaxPoolNd,
    pooling._AdaptiveAvgPoolNd,
)
_ELEMENTWISE = (activation.__name__, dropout.__name__)


def channel_axis(module: nn.Module, path: str) -> int | None:
    """Return the axis of the channels in the output of a part: 1, -1, or None if its kind does not tell.

    A sequence has the axis of its last part; an activation function or dropout in it that of the part before.

    Args:
        module: the root of the path.
        path: of the part.

    >>> net = nn.Sequential(nn.Conv1d(3, 8, 1), nn.ReLU(), nn.Linear(9, 9))
    >>> channel_axis(net, "1"), channel_axis(net, ""), channel_axis(nn.ReLU(), "")
    (1, -1, None)
    """
    part = module.get_submodule(path) if path else module  # TorchScript has no such method
    if isinstance(part, _FIRST):
        return 1
    if isinstance(part, nn.Linear):
        return -1
    if isinstance(part, nn.LayerNorm | nn.RMSNorm):  # many derived classes move the channels last, and back again
        return -1 if type(part).__module__ == normalization.__name__ and len(part.normalized_shape) == 1 else None
    if _calls_in_turn(part):
        return channel_axis(part, next(reversed(part._modules)))
    parent, _, name = path.rpartition(".")
    if path and (type(part).__module__ in _ELEMENTWISE or type(part) is nn.Identity):
        sequence = module.get_submodule(parent)
        names = list(sequence._modules)
        if _calls_in_turn(sequence) and names.index(name):
            return channel_axis(sequence, names[names.index(name) - 1])
    return None


def _calls_in_turn(part: nn.Module) -> bool:
    return isinstance(part, nn.Sequential) and type(part).forward is nn.Sequential.forward and bool(part._modules)
