from .batches import batches
from .compose import Picture, ascend
from .local import Drawing, render

__all__ = [
    "Drawing",
    "Picture",
    "ascend",
    "batches",
    "render",
]
