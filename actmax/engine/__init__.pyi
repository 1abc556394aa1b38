from .ascend import Picture, ascend
from .batches import batches
from .render import Drawing, render

__all__ = [
    "Drawing",
    "Picture",
    "ascend",
    "batches",
    "render",
]
