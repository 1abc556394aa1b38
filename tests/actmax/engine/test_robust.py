"""A real ImageNet network predicts the drawn classes, also after JPEG compression and a shift.

``tests/benchmarks/search.py NETWORK robust --classes 0`` measures all of the site's.
"""

from __future__ import annotations

import io
from pathlib import Path

import projects
import pytest
import torch
from installed import needs

from actmax.engine.render import render
from actmax.measure.measure import decode, measure
from actmax.networks.load import load
from actmax.networks.weights import resolve_weights
from actmax.pipeline import encode
from actmax.recipe import compose


@pytest.mark.nightly
def test_squeezenet_predicts_every_second_default_class(checking_data: Path) -> None:
    wanted = resolve_weights("squeezenet1_0", checking_data / "networks/squeezenet1_0.safetensors")
    network = load(wanted)
    indices = [label.index for label in projects.default_classes()][:16:2]
    recipes = [
        compose("robust", network=wanted.network, weights=wanted.digest, target=f"logits:{index}") for index in indices
    ]
    weak: dict[tuple[int, str], float | None] = {}
    for drawing in render(recipes, network):
        index = int(drawing.recipe.target.rpartition(":")[2])
        rgb = decode(encode.png(drawing.image, drawing.recipe))
        buffer = io.BytesIO()
        drawing.image.save(buffer, "JPEG", quality=75)
        variants = {"published": rgb, "JPEG 75": decode(buffer.getvalue()), "shifted": torch.roll(rgb, (4, 4), (2, 3))}
        for name, picture in variants.items():
            measures = measure(network, drawing.recipe.target, picture)
            if measures.failed or measures.probability is None or measures.probability < 0.9:
                weak[index, name] = measures.probability
    assert weak == {}


@needs("efficientnet-lite0")
def test_the_target_network_predicts_the_class_and_a_network_of_another_family_mostly() -> None:
    network, judge = load(resolve_weights("compact")), load(resolve_weights("efficientnet-lite0"))
    targets = [f"fc8:{index}" for index in (1, 207, 407, 817, 980)]
    recipes = [compose(network="compact", weights=network.weights, target=target) for target in targets]
    ranks = []
    for drawing in render(recipes, network):
        rgb = decode(encode.png(drawing.image, drawing.recipe))
        target = drawing.recipe.target
        assert not measure(network, target, rgb).failed, target
        ranks.append(measure(judge, target.replace("fc8", "logits"), rgb).rank or 1000)
    assert sum(rank <= 5 for rank in ranks) >= 4, ranks


def test_noise_is_not_predicted_as_a_zebra() -> None:
    network = load(resolve_weights("compact"))
    noise = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    assert measure(network, "fc8:340", noise).failed
