"""Measurements of channels: computed once, stored, and equal to the network's weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from actmax.measure.measure import decode
from actmax.networks import labels
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.store import Entry, Store
from gen.plan import Plan, plan
from gen.settings import read
from gen.settings.units import numbered
from gen.study.units import Units, units

CHANNELS = {"conv1": 64, "conv4": 256, "conv5": 256, "fc6": 512}


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


@pytest.fixture
def planned() -> Callable[..., Plan]:
    def made(layers: dict[str, Any], **values: Any) -> Plan:
        settings = {
            "size": 64,
            "methods": {"robust": {"steps": 2}},
            "groups": {"animals": ["zebra", "tiger"]},
            "units": {"layers": layers},
            **values,
        }
        wanted = read(settings)
        channels = numbered(wanted.units.layers, CHANNELS, "a network") if wanted.units else {}
        return plan(wanted, resolve_weights("compact"), units=channels)

    return made


@pytest.fixture
def known(planned: Callable[..., Plan], drawn: Callable[..., dict[str, Entry]], store: Store, tmp_path: Path):  # type: ignore[no-untyped-def]
    def made(layers: dict[str, Any], **values: Any) -> tuple[Plan, dict[str, Entry], Units]:
        wanted = planned(layers, **values)
        entries = drawn(wanted)
        found = units(wanted, entries, store)
        assert found is not None
        return wanted, entries, found

    return made


def test_inputs_are_the_largest_and_lowest_weights(known: Callable[..., Any], compact: Network) -> None:
    _, _, found = known({"conv5": [7, 9]})
    weights = compact.weights_of("conv5")
    assert weights is not None
    sums = weights.sum((2, 3))
    for channel in (7, 9):
        ranked = found.inputs["conv5", channel]
        assert [value for _, value in ranked] == pytest.approx(
            [sums[channel, one].item() for one, _ in ranked], rel=1e-3
        )
        ordered = sums[channel].sort().values.tolist()  # of equal ones any may come first
        assert [value for _, value in ranked] == pytest.approx([*ordered[:-5:-1], *ordered[:4]], rel=1e-3)
    assert found.outputs["conv5", 7]


def test_outputs_of_the_last_hidden_layer_are_classes(known: Callable[..., Any], compact: Network) -> None:
    _, _, found = known({"fc6": 300})
    weights = compact.weights_of("fc8")
    assert weights is not None
    assert found.outputs["fc6", 300][0][0] == weights[:, 300].argmax().item()


def test_contributors_are_the_largest_summands_of_the_logit(known: Callable[..., Any], compact: Network) -> None:
    wanted, entries, found = known({"fc6": "0-511"})
    zebra = labels.classes()[340]
    picture = decode(entries[wanted.class_pages[0].variants[0].recipe.digest()].read("drawing.png"))
    with torch.inference_mode():
        outputs, _ = compact.outputs_of(["fc6"], compact.normalize(picture))
        weights = compact.weights_of("fc8")
        assert weights is not None
        added = (outputs["fc6"][0].relu() * weights[340]).tolist()
    best = sorted(range(512), key=lambda channel: -added[channel])[:4]
    assert [channel for channel, _ in found.contributors[zebra]["fc6"]] == best
    assert found.contributors[zebra]["fc6"][0][1] == pytest.approx(added[best[0]], rel=1e-2)


def test_classes_and_contributors_agree(known: Callable[..., Any]) -> None:
    _, _, found = known({"conv5": "0-255"})
    for label, layers in found.contributors.items():
        for channel, value in layers["conv5"]:
            assert (label, value) in found.classes["conv5", channel]


def test_each_measurement_is_computed_once(
    known: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, store: Store, tmp_path: Path
) -> None:
    wanted, entries, first = known({"conv4": 3, "conv5": 7})

    def never(*_: object) -> None:
        raise AssertionError("the network is loaded again")

    monkeypatch.setattr("actmax.pipeline.measurements.load", never)
    assert units(wanted, entries, store) == first


def test_without_channels_nothing_is_measured(planned: Callable[..., Plan], store: Store, tmp_path: Path) -> None:
    assert units(planned({}, units=None), {}, store) is None
    assert not store.path.exists()
