"""The methods of the literature with the same budget: which are compared, in how many steps, and what each is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """Where the method is from: a page of the site, relative to docs/."""
    cite: str
    """Text of the link to it."""
    advantage: str
    """In a sentence."""
    drawback: str
    """In a sentence."""
    differs: str = ""
    """How it differs from its source, in a sentence; empty for our own method. What all methods that optimize pixels
    have in common is said once."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Recipe fields that bring its budget to that of the others."""


BUDGET = 64
"""Steps of each method: as many forward and backward passes as the default method takes."""
BIBLIOGRAPHY = "literature/bibliography.md"

# Step sizes of the presets that take more steps by themselves, so that the drawings get about as far in BUDGET steps:
# by trial on 16 classes (tests/benchmarks/methods.py).
COMPARED = (
    Compared(
        "plain",
        "Gradient ascent alone",
        "literature/Visualizing_Higher-Layers.md",
        "Erhan et al. 2009, without the norm constraint",
        "Nothing but the equation: whatever is in the image comes from the network.",
        "Fine grain that excites this network and means nothing to another.",
        "the norm of the image is not fixed, and its network classifies photographs.",
        {"steps": BUDGET, "step_size": 31.0},
    ),
    Compared(
        "erhan",
        "Norm constraint",
        "literature/Visualizing_Higher-Layers.md",
        "Erhan et al. 2009",
        "The problem is well posed: more contrast alone cannot raise the activation.",
        "The contrast goes wherever the gradient is largest, which is fine grain again.",
        "the norm is that of a photograph's contrast.",
    ),
    Compared(
        "simonyan",
        "L2 penalty",
        "literature/Simonyan_2013.md",
        "Simonyan et al. 2013",
        "Pixels stay near gray without a hard constraint.",
        "It penalizes how far a pixel is from gray, not how it differs from its neighbors: the grain stays.",
        "the weight λ, which the paper does not give, is one with which a pixel whose gradient has the mean size comes "
        "to rest at black or white; the distance is from middle gray and not from the mean photograph.",
    ),
    Compared(
        "yosinski",
        "Decay and blur",
        "literature/Yosinski_2015.md",
        "Yosinski et al. 2015",
        "An occasional blur removes what only fine grain had gained, and shapes appear.",
        "Two more hyperparameters, and colors that bleed.",
        "these are the operators of the third of its four settings (the others clip pixels of small norm or "
        "contribution, which recipes can, too: `clip_norm` and `clip_contribution`).",
    ),
    Compared(
        "mahendran",
        "Total variation",
        "literature/Mahendran_2015.md",
        "Mahendran & Vedaldi 2016",
        "Smooth surfaces with edges between them, within the range of valid pixels.",
        "On pixels, only a narrow range of weights lies between grain and a blank image.",
        "the weight is relative to the gradient, the steps are plain and not those of AdaGrad with momentum, and of "
        "its two bounds on a pixel's color it has the hard one.",
    ),
    Compared(
        "mei",
        "Falling blur",
        f"{BIBLIOGRAPHY}#walker2019",
        "Walker et al. 2019",
        "Broad strokes come first and detail later; it was made for the neurons of mice.",
        "The detail that comes last is grain again.",
        "in color, at 224 pixels, and without the mask that the authors cut out afterwards around a receptive field.",
    ),
    Compared(
        "robust",
        "Fourier and random transforms",
        "literature/Olah_2017.md",
        "Olah et al. 2017",
        "Broad shapes grow as fast as grain, and a detail that works at only one position gains nothing.",
        "High frequencies start small but are not penalized: more steps bring them back.",
        "low frequencies start larger (a decay power of 1.3 for 1), the four transforms are one affine map without "
        "padding, and the step size falls over the second half.",
        {"steps": BUDGET, "step_size": 0.08},
    ),
    Compared(
        "maco",
        "Phase only",
        "literature/Fel_2023.md",
        "Fel et al. 2023",
        "The spectrum stays that of photographs throughout, with no weight to choose.",
        "The whole spectrum must be used: where there is nothing to draw, it draws something.",
        "a single crop a step, of 80 to 95&#8239;% of the image (six of 25 to 30&#8239;% of 1280 pixels in the "
        "authors' Horama), Adam and not NAdam, and the magnitudes are those of the pixels' logits.",
    ),
    Compared(
        "statistics",
        "Channel statistics of photographs",
        f"{BIBLIOGRAPHY}#yin2020",
        "Yin et al. 2020",
        "Every convolution constrains the image to look like a photograph, not only the last layer.",
        "Two passes through the network per step, and the statistics must first be measured on photographs.",
        "the statistics are those of an image and not of a batch, compared as z-scores, and it optimizes a logit's "
        "Fourier coefficients and not a cross-entropy's pixels.",
    ),
    Compared(
        "generator",
        "Untrained generator",
        "literature/Ulyanov_2018.md",
        "Ulyanov et al. 2018",
        "Smooth patches with clean edges, before anything is learned.",
        "Slow, and in so few steps little more than patches.",
        "a decoder and not an hourglass with skip connections, random transforms and no noise on its input, and far "
        "fewer steps than 3100 (by default it takes 512, and gets much further than here).",
        {"steps": BUDGET, "step_size": 0.03},
    ),
    Compared(
        "smooth",
        "The gallery's method",
        "write-ups/activation-maximization/index.md#gallery",
        "this site",
        "Fourier coefficients, random transforms, a ReLU leak, a window around the center, the leading class pushed "
        "down, and limits on grain and contrast, which are those of photographs.",
        "Choices of ours, each of which shows in the image.",
    ),
)
"""In the order in which they were published."""


def compared(name: str) -> Compared:
    """The compared method of that name."""
    return next(method for method in COMPARED if method.name == name)


def preset(name: str) -> Mapping[str, Any]:
    """The recipe fields that a compared method sets."""
    return {**METHODS[name], **compared(name).overrides}
