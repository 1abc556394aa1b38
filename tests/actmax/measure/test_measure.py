"""Measures of a file: activation, probability, rank and margin equal the network's own logits."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from actmax.measure.measure import decode, measure
from actmax.measure.models import Measures
from actmax.networks.cards import card
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.weights import resolve_weights


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


def picture(kind: str) -> Tensor:
    """RGB (1, 3, 96, 96) in [0, 1]."""
    if kind == "gray":
        return torch.full((1, 3, 96, 96), 0.5)
    if kind == "stripes":
        return (torch.arange(96) // 6 % 2).float().expand(1, 3, 96, 96)
    return torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))


KINDS = ["gray", "stripes", "noise"]


def logits(network: Network, rgb: Tensor) -> list[float]:
    with torch.inference_mode():
        values: list[float] = network.logits(IMAGENET(rgb))[0].tolist()
    return values


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rank", [1, 2, 5, 500, 1000])
def test_measures_of_a_class_follow_from_the_logits(kind: str, rank: int, compact: Network) -> None:
    values = logits(compact, picture(kind))
    order = sorted(range(1000), key=lambda index: -values[index])
    index = order[rank - 1]
    best_other = values[order[1] if rank == 1 else order[0]]
    found = measure(compact, f"fc8:{index}", picture(kind))
    assert found.rank == rank
    assert found.failed == (rank != 1)
    assert found.activation == pytest.approx(values[index], abs=1e-4)
    assert found.margin == pytest.approx(values[index] - best_other, abs=1e-4)
    assert found.probability == pytest.approx(torch.tensor(values).softmax(0)[index].item(), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_top_holds_the_five_most_probable_classes_in_order(kind: str, compact: Network) -> None:
    values = logits(compact, picture(kind))
    order = sorted(range(1000), key=lambda index: -values[index])[:5]
    shares = torch.tensor(values).softmax(0)[order].tolist()
    found = measure(compact, "fc8:0", picture(kind))
    assert [index for index, _ in found.top] == order
    assert [share for _, share in found.top] == pytest.approx(shares, abs=1e-5)


def test_logits_is_another_name_of_the_output(compact: Network) -> None:
    assert measure(compact, "logits:340", picture("noise")) == measure(compact, "fc8:340", picture("noise"))


@pytest.mark.parametrize("index", [0, 999])
def test_margin_of_the_first_and_last_class_is_against_all_others(index: int, compact: Network) -> None:
    values = logits(compact, picture("noise"))
    best_other = max(value for other, value in enumerate(values) if other != index)
    found = measure(compact, f"fc8:{index}", picture("noise"))
    assert found.margin == pytest.approx(values[index] - best_other, abs=1e-4)


def test_a_channel_has_an_activation_and_no_probability(compact: Network) -> None:
    rgb = picture("stripes")
    with torch.inference_mode():
        maps = compact.submodel(["conv5"], (96, 96))(IMAGENET(rgb))["conv5"]
    found = measure(compact, "conv5:12", rgb)
    assert found.activation == pytest.approx(maps[0, 12].mean().item(), abs=1e-5)
    assert (found.probability, found.rank, found.margin) == (None, None, None)
    assert len(found.top) == 5
    assert not found.failed


@pytest.mark.parametrize("target", ["conv5", "conv5:12@center", "conv5:12@0,0", "fc6:3", "fc8"])
def test_targets_other_than_classes_have_no_rank_and_cannot_fail(target: str, compact: Network) -> None:
    found = measure(compact, target, picture("noise"))
    assert found.rank is None
    assert not found.failed


def test_a_weighted_sum_of_classes_has_no_rank(compact: Network) -> None:
    values = logits(compact, picture("noise"))
    found = measure(compact, "fc8:340 - 0.5*fc8:292", picture("noise"))
    assert found.activation == pytest.approx(values[340] - 0.5 * values[292], abs=1e-4)
    assert (found.probability, found.rank, found.margin) == (None, None, None)


def test_a_tie_has_rank_1() -> None:
    class Even(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.zeros(x.shape[0], 1000)

    found = measure(Network(Even(), card("compact"), "none", IMAGENET, (96, 96)), "fc8:340", picture("gray"))
    assert (found.rank, found.margin, found.failed) == (1, 0.0, False)


@pytest.mark.parametrize("target", ["fc8:340", "conv5:12"])
def test_measures_survive_json(target: str, compact: Network) -> None:
    found = measure(compact, target, picture("noise"))
    assert Measures.model_validate_json(found.model_dump_json()) == found


COLORS = [
    [(255, 0, 0), (0, 255, 0), (0, 0, 255)],
    [(0, 0, 0), (255, 255, 255), (51, 102, 153)],
]
"""Two rows, three columns: a turned, mirrored or transposed picture is another."""


def encoded(kind: str, block: int = 1, mode: str = "RGB", **options: Any) -> bytes:
    """The colours as a picture file, each a square of ``block`` pixels."""
    image = Image.new("RGB", (3, 2))
    image.putdata([color for row in COLORS for color in row])
    buffer = io.BytesIO()
    image.resize((3 * block, 2 * block), Image.Resampling.NEAREST).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_png_is_decoded_exactly(mode: str) -> None:
    wanted = torch.tensor(COLORS).permute(2, 0, 1)[None] / 255
    found = decode(encoded("PNG", mode=mode))
    assert found.dtype == torch.float32
    assert found.shape == (1, 3, 2, 3)
    assert torch.equal(found, wanted)


def test_gray_png_is_decoded_as_three_equal_channels() -> None:
    found = decode(encoded("PNG", mode="L"))
    assert found.shape == (1, 3, 2, 3)
    assert torch.equal(found[:, 0], found[:, 1])
    assert torch.equal(found[:, 0], found[:, 2])


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("JPEG", {"quality": 92, "subsampling": 0}, 0.03),
        ("WEBP", {"quality": 90}, 0.1),
        ("WEBP", {"lossless": True}, 0.0),
    ],
)
def test_every_encoding_is_decoded_upright_with_its_colors(
    kind: str, options: dict[str, Any], tolerance: float
) -> None:
    found = decode(encoded(kind, block=32, **options))
    assert found.shape == (1, 3, 64, 96)
    assert found.min() >= 0
    assert found.max() <= 1
    # Read in the middle of each square, away from where the encodings blur.
    middles = found[0, :, 16::32, 16::32].permute(1, 2, 0) * 255
    assert middles.tolist() == [[pytest.approx(color, abs=255 * tolerance + 0.01) for color in row] for row in COLORS]
