"""What measurements return: frozen models, read and written as JSON. Needs no torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator


class Frozen(BaseModel):
    """A record that cannot be changed, without infinities or NaN; bytes are base64 in JSON."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, ser_json_bytes="base64", val_json_bytes="base64"
    )


Channel = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]

ChannelCounts = dict[str, Annotated[int, Field(ge=1, le=1_000_000)]]
"""By layer, how many channels it has. The bound is far above any layer's: each channel may get a page."""
ChannelValues = dict[str, tuple[FiniteFloat, ...]]
"""By layer, a value for each channel."""
Box = tuple[Probability, Probability, Probability, Probability]
"""Left, top, right and bottom of a part of an image, as parts of its width and height."""
Regions = dict[str, tuple[Box | None, ...]]
"""By layer, for each of its selected channels, the region in which it is active, if it is active anywhere."""
Flow = dict[str, tuple[tuple[FiniteFloat, ...], ...]]
"""By layer, for each of its selected channels, the contribution of each selected channel of the layer before."""
RankedChannels = tuple[tuple[Channel, FiniteFloat], ...]
"""Channels with a value each: the positive ones, largest first, then the negative ones, lowest first."""


class Measures(Frozen):
    """A network's response to one image file, without random transforms, in float32."""

    activation: float
    """The target's activation: its objective without penalties."""
    top: tuple[tuple[Annotated[int, Field(ge=0)], float], ...]
    """The five most probable classes: (index, probability in [0, 1]), best first."""
    probability: Probability | None = None
    """Of the target class; this and the next two are None unless the target is a class."""
    rank: Annotated[int, Field(ge=1)] | None = None
    """Of the target among the classes; 1 is the most probable."""
    margin: float | None = None
    """The target's logit minus the largest other logit."""

    @property
    def failed(self) -> bool:
        """Whether the target is a class and not the top-1 prediction."""
        return self.rank is not None and self.rank != 1


class LayerInfo(Frozen):
    """A named layer of a network."""

    name: str
    shape: tuple[Annotated[int, Field(ge=1)], ...]
    """Of its output for one image: (C, H, W) or (C)."""
    parameters: Count


class Filters(Frozen):
    """The weights of a layer that sees the image itself, each filter as an RGB image."""

    side: Annotated[int, Field(ge=2, le=32)]
    """Width and height of each, in pixels."""
    pixels: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=4096)]
    """Of each filter: 8-bit RGB, row by row. 0 is middle gray, and each filter has full contrast."""

    @model_validator(mode="after")
    def _whole(self) -> Filters:
        if any(len(pixels) != 3 * self.side**2 for pixels in self.pixels):
            raise ValueError(f"a filter is not {self.side} x {self.side} RGB pixels")
        return self


class Ablation(Frozen):
    """How a class's logit changes when units of the last hidden layer are set to zero."""

    layer: str
    logit: float
    """Without ablation."""
    units: Annotated[int, Field(ge=1)]
    """Of the layer."""
    active: Count
    """Units whose activation after the ReLU is not zero."""
    counts: tuple[Count, ...]
    """How many units are set to zero."""
    most: tuple[float, ...]
    """Change of the logit, for each of `counts`: without the most active units,"""
    least: tuple[float, ...]
    """the least active units that are not zero,"""
    random: tuple[float, ...]
    """or as many random active units; a mean over 100 draws."""

    @model_validator(mode="after")
    def _complete(self) -> Ablation:
        if not len(self.counts) == len(self.most) == len(self.least) == len(self.random):
            raise ValueError("an ablation has a change of the logit for each count")
        return self


class Connections(Frozen):
    """The strongest weights between a layer and the layer right below it."""

    inputs: tuple[RankedChannels, ...] = ()
    """For each channel of the layer, channels below."""
    outputs: tuple[RankedChannels, ...] = ()
    """For each channel below, channels of the layer."""


class Adversarial(Frozen):
    """A photograph, and the same after a few small steps along the gradient of another class's logit."""

    before: Measures
    """Of the photograph, with the other class as the target."""
    gradient: bytes
    """A WebP: the gradient at the photograph. Gray is 0; a channel is brighter where the logit rises with it."""
    picture: bytes
    """A lossless WebP: the photograph after the steps."""
    after: Measures
    """Of that picture."""
    steps: Annotated[int, Field(ge=1)]
    change: Annotated[float, Field(ge=0, le=255)]
    """Mean absolute change of a channel of a pixel, of 255."""


class Output(Frozen):
    """A picture that a script saved."""

    picture: bytes
    """A PNG."""
    measures: Measures
