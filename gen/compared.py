"""The methods of the literature on equal terms: which are compared, with how many steps, and what each is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from actmax.recipe import METHODS


@dataclass(frozen=True)
class Compared:
    """A method in the comparison."""

    name: str
    """Of the preset."""
    title: str
    """What a reader sees."""
    source: str
    """A page of the site, relative to docs/, and the words of the link: where the method is from."""
    cite: str
    overrides: Mapping[str, Any]
    """What makes its budget that of the others."""
    buys: str
    """What it buys, in a sentence."""
    costs: str
    """What it costs, in a sentence."""


BUDGET = 64
"""Steps of each: as many passes through the network, forward and back, as the default takes."""

# α of the presets that take more steps by themselves, so that the drawings come about as far: found by trial on 16
# classes (tests/benchmarks/methods.py).
_FEWER: Mapping[str, Mapping[str, Any]] = {
    "plain": {"steps": BUDGET, "step_size": 31.0},
    "robust": {"steps": BUDGET, "step_size": 0.08},
    "generator": {"steps": BUDGET, "step_size": 0.03},
}


def _compared(name: str, title: str, source: str, cite: str, buys: str, costs: str) -> Compared:
    return Compared(name, title, source, cite, MappingProxyType(dict(_FEWER.get(name, {}))), buys, costs)


_BIBLIOGRAPHY = "literature/bibliography.md"
COMPARED = (
    _compared(
        "plain",
        "Ascent alone",
        "literature/Visualizing_Higher-Layers.md",
        "Erhan et al. 2009, without the bound",
        "Nothing but the equation: whatever is seen comes from the network.",
        "Fine grain, which excites this network and means nothing to another.",
    ),
    _compared(
        "erhan",
        "Norm bound",
        "literature/Visualizing_Higher-Layers.md",
        "Erhan et al. 2009",
        "The problem has an answer: contrast alone cannot make the activation larger.",
        "Contrast goes where the slope is steepest, which is fine grain again.",
    ),
    _compared(
        "simonyan",
        "L2 penalty",
        "literature/Simonyan_2013.md",
        "Simonyan et al. 2013",
        "Values stay near grey without a hard bound.",
        "It prices how far a pixel goes, and not how it differs from its neighbour: the grain stays.",
    ),
    _compared(
        "yosinski",
        "Decay and blur",
        "literature/Yosinski_2015.md",
        "Yosinski et al. 2015",
        "A blur now and then removes what only fine grain had won, and shapes appear.",
        "Two more numbers to choose, and colours that run over.",
    ),
    _compared(
        "mahendran",
        "Total variation",
        "literature/Mahendran_2015.md",
        "Mahendran & Vedaldi 2015",
        "Calm surfaces with edges between them, within what a picture can show.",
        "On pixels the weight is a narrow path between grain and nothing.",
    ),
    _compared(
        "mei",
        "Blurred slope",
        f"{_BIBLIOGRAPHY}#walker2019",
        "Walker et al. 2019",
        "As much contrast as a photograph has, and broader strokes; made for the neurons of mice.",
        "What the blur takes from the slope is also detail that a class is told by.",
    ),
    _compared(
        "robust",
        "Waves and views",
        "literature/Olah_2017.md",
        "Olah et al. 2017",
        "Broad shapes grow as readily as grain, and a detail that works at one place only brings nothing.",
        "High frequencies are made small, not dear: they come back with the steps.",
    ),
    _compared(
        "maco",
        "Phases alone",
        "literature/Fel_2023.md",
        "Fel et al. 2023",
        "The spectrum is that of photographs, whatever the ascent does, and no weight has to be chosen.",
        "The whole spectrum has to be spent: where there is nothing to draw, it draws something.",
    ),
    _compared(
        "statistics",
        "Channels as photographs have them",
        f"{_BIBLIOGRAPHY}#yin2020",
        "Yin et al. 2020",
        "Every convolution is asked whether this looks like a photograph, not only the last one.",
        "The network is passed twice a step, and its channels have to be measured on photographs first.",
    ),
    _compared(
        "generator",
        "An untrained generator",
        "literature/Ulyanov_2018.md",
        "Ulyanov et al. 2018",
        "Smooth patches with clean edges, before anything was learnt.",
        "Slow, and in so few steps little more than patches.",
    ),
    _compared(
        "smooth",
        "What this site draws with",
        "write-ups/activation-maximization/index.md#gallery",
        "this site",
        "Waves and views, a price of roughness in the right proportion, a leak, the middle first, rivals down.",
        "Five choices, each of them a prior of ours that shows in the picture.",
    ),
)
"""In the order in which they were invented."""


def compared(name: str) -> Compared:
    """The one of that name."""
    return next(one for one in COMPARED if one.name == name)


def preset(name: str) -> Mapping[str, Any]:
    """The fields that a compared method fills in."""
    return {**METHODS[name], **compared(name).overrides}
