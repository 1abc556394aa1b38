"""The kinds of measurements that a store keeps. Needs no torch.

Raise a kind's revision with any change of its arithmetic: stored measurements of older revisions are computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import Field, TypeAdapter

from actmax.measure.models import (
    Ablation,
    Adversarial,
    ChannelCounts,
    ChannelValues,
    Connections,
    Filters,
    Flow,
    LayerInfo,
    Measures,
    Output,
    Regions,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind of measurement: its name in the store, the revision of its arithmetic, and the type of its value."""

    name: str
    revision: int
    type: TypeAdapter[T]


_FILTERS: TypeAdapter[Filters | None] = TypeAdapter(Filters | None)

MEASURES = Kind("measures", 1, TypeAdapter(Measures))
LAYERS = Kind("layers", 1, TypeAdapter(tuple[LayerInfo, ...]))
FILTERS = Kind("filters", 1, _FILTERS)
ABLATION = Kind("ablation", 1, TypeAdapter(Ablation))
CHANNEL_COUNTS = Kind("channel counts", 1, TypeAdapter(ChannelCounts))
CONNECTIONS = Kind("connections", 1, TypeAdapter(Connections))
ATTRIBUTION = Kind("attribution", 1, TypeAdapter(ChannelValues))
MEAN_ACTIVATION = Kind("mean activation", 1, TypeAdapter(ChannelValues))
MEAN_RESPONSE = Kind("mean response", 1, TypeAdapter(ChannelValues))
ACTIVE_REGIONS = Kind("active regions", 1, TypeAdapter(Regions))
FLOW = Kind("flow", 1, TypeAdapter(Flow))
MEAN_COSINE_DISTANCE = Kind("mean cosine distance", 1, TypeAdapter(Annotated[float, Field(ge=0, le=2)]))
ADVERSARIAL = Kind("adversarial", 1, TypeAdapter(Adversarial))
OUTPUT = Kind("output of a script", 1, TypeAdapter(Output))
