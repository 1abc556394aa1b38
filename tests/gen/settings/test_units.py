"""The channels that settings name: what each form means, and the error for each invalid one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actmax.networks.weights import resolve_weights
from actmax.store import Store
from gen.settings import Settings, SettingsError, read
from gen.settings.units import Layers, Span, numbered
from gen.study.units import channels

CHANNELS = {"conv1": 3, "conv4": 256, "conv5": 128}
"""Of a made-up network."""
COMPACT = {"conv1": 64, "conv2": 192, "conv3": 384, "conv4": 256, "conv5": 256}
"""Channels of AlexNet's convolutions (Krizhevsky 2014), which the compact network shares."""


def gallery(units: object, **values: Any) -> Settings:
    return read(
        {"groups": {"animals": ["zebra"]}, "methods": {"robust": None, "plain": None}, "units": units, **values}
    )


def layers_of(units: object) -> Layers | None:
    settings = gallery(units)
    assert settings.units
    return settings.units.layers


def numbers(layers: object) -> dict[str, list[int]]:
    return numbered(layers_of({"layers": layers}), CHANNELS, "a network")


# Valid forms.


def test_without_units_there_are_no_channels() -> None:
    for values in ({}, {"units": None}):
        assert read({"groups": {"animals": ["zebra"]}, **values}).units is None


@pytest.mark.parametrize("units", ["all", {"layers": "all"}])
def test_all_means_all_channels_of_all_layers(units: object) -> None:
    assert layers_of(units) is None
    assert numbered(None, CHANNELS, "a network") == {layer: list(range(count)) for layer, count in CHANNELS.items()}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("all", list(range(256))),
        (117, [117]),
        ("117", [117]),
        ("0-3", [0, 1, 2, 3]),
        (" 2 - 4 ", [2, 3, 4]),
        ("7-7", [7]),
        ([117, "0-2", 5], [0, 1, 2, 5, 117]),
        (["0-2", "1-3", 2, "2"], [0, 1, 2, 3]),
        ([255], [255]),
    ],
)
def test_the_channels_of_a_layer_are_all_one_a_range_or_a_list(given: object, expected: list[int]) -> None:
    assert numbers({"conv4": given}) == {"conv4": expected}


def test_layers_come_in_the_networks_order_whatever_the_authors() -> None:
    found = numbers({"conv5": 1, "conv1": "all"})
    assert list(found.items()) == [("conv1", [0, 1, 2]), ("conv5", [1])]


def test_ranges_are_kept_as_ranges_until_a_network_is_known() -> None:
    layers = layers_of({"layers": {"conv4": ["0-999999999", 3]}})
    assert layers == {"conv4": (Span(0, 999_999_999), Span(3, 3))}


@pytest.mark.parametrize(("given", "method"), [({}, "robust"), ({"method": "plain"}, "plain")])
def test_the_first_method_draws_them_unless_another_is_named(given: dict[str, str], method: str) -> None:
    assert gallery({"layers": "all", **given}).units_method.name == method


def test_a_folder_of_nobody_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"extra\.gallery\.photos in mkdocs\.yml is '~nobody-of-that-name/a'"):
        gallery("all", photos="~nobody-of-that-name/a")


# Invalid forms, and what the message contains: the key, the value, and the nearest or the allowed choice.

BAD: list[tuple[object, tuple[str, ...]]] = [
    ("conv4", (".units in", "is 'conv4'", "write `all`")),
    (["conv4"], (".units in", "is ['conv4']", "write `all`")),
    (True, (".units in", "is True", "write `all`")),
    (False, (".units in", "is False", "write `all`")),
    ({}, (".units.layers in", "missing")),
    ({"seeds": [1]}, (".units.layers in", "missing")),
    ({"layers": "conv4"}, (".units.layers in", "is 'conv4'", "`all`, or layers")),
    ({"layers": ["conv4"]}, (".units.layers in", "is ['conv4']", "`all`, or layers")),
    ({"layers": None}, (".units.layers in", "is None", "`all`, or layers")),
    ({"layers": {4: "all"}}, (".units.layers in", "is {4: 'all'}", "`all`, or layers")),
    ({"layers": {"conv4": "some"}}, (".units.layers.conv4 in", "is 'some'", "write all, a channel")),
    ({"layers": {"conv4": "31-0"}}, (".units.layers.conv4 in", "is '31-0'", "a range such as 0-31")),
    ({"layers": {"conv4": "0-"}}, (".units.layers.conv4 in", "is '0-'", "a range such as 0-31")),
    ({"layers": {"conv4": "0-1-2"}}, (".units.layers.conv4 in", "is '0-1-2'")),
    ({"layers": {"conv4": "٣"}}, (".units.layers.conv4 in", "is '٣'")),
    ({"layers": {"conv4": "1" * 10}}, (".units.layers.conv4 in", "is '1111111111'")),
    ({"layers": {"conv4": ""}}, (".units.layers.conv4 in", "is ''")),
    ({"layers": {"conv4": -1}}, (".units.layers.conv4 in", "is -1")),
    ({"layers": {"conv4": 1.5}}, (".units.layers.conv4 in", "is 1.5")),
    ({"layers": {"conv4": True}}, (".units.layers.conv4 in", "is True")),
    ({"layers": {"conv4": None}}, (".units.layers.conv4 in", "is None")),
    ({"layers": {"conv4": []}}, (".units.layers.conv4 in", "is []", "a list of those")),
    ({"layers": {"conv4": [1, "all"]}}, (".units.layers.conv4 in", "is 'all'")),
    ({"layers": {"conv4": [[1]]}}, (".units.layers.conv4 in", "is [1]")),
    ({"layers": {"conv3": 1, "conv4": {"a": 1}}}, (".units.layers.conv4 in", "is {'a': 1}")),
    ({"layers": "all", "method": "smooth"}, (".units.method in", "is 'smooth'", "none of `methods`", "plain, robust")),
    ({"layers": "all", "method": "robst"}, (".units.method in", "is 'robst'", "Did you mean 'robust'?")),
    ({"layers": "all", "seed": 1}, (".units in", "unknown key 'seed'", "Did you mean 'seeds'?")),
    ({"layers": "all", "seeds": []}, (".units.seeds in", "at least 1", "not []")),
    ({"layers": "all", "seeds": [-1]}, (".units.seeds[0] in", "not -1")),
    ({"layers": "all", "seeds": 1}, (".units.seeds in", "list", "not 1")),
    ({"layers": "all", "negative": "yes"}, (".units.negative in", "boolean", "not 'yes'")),
]


@pytest.mark.parametrize(("units", "words"), BAD, ids=[str(units)[:60] for units, _ in BAD])
def test_an_error_names_key_value_and_choices(units: object, words: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        gallery(units)
    message = str(caught.value)
    assert [word for word in ("extra.gallery.units", *words) if word not in message] == []
    assert "UnitsSettings" not in message  # the words of the settings, not those of the code
    assert "\n" not in message


def test_a_layer_that_does_not_exist_is_refused_and_the_nearest_named() -> None:
    with pytest.raises(SettingsError, match=r"units\.layers .* 'cnov4', and a network has no layer .* mean 'conv4'"):
        numbers({"conv1": 0, "cnov4": 0})


@pytest.mark.parametrize(("given", "channel"), [(256, 256), ("250-256", 256), ([1, "3-4711"], 4711)])
def test_a_channel_that_the_layer_does_not_have_is_refused(given: object, channel: int) -> None:
    with pytest.raises(
        SettingsError, match=rf"units\.layers\.conv4 .* channel {channel}: conv4 has 256, counted from 0"
    ):
        numbers({"conv4": given})


# With a network.


def of_compact(units: object, store: Store) -> dict[str, list[int]]:
    return channels(gallery(units, size=64), resolve_weights("compact"), store)


def test_all_channels_of_a_network_are_those_of_its_hidden_layers(store: Store) -> None:
    found = of_compact("all", store)
    assert list(found) == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6"]
    assert {layer: len(found[layer]) for layer in COMPACT} == COMPACT


def test_a_layer_can_be_named_by_its_module_path(store: Store) -> None:
    assert of_compact({"layers": {"features.2": "0-1", "conv1": 63}}, store) == {"conv1": [63], "features.2": [0, 1]}


@pytest.mark.parametrize("layer", ["conv6", "fc8", "logits", "features.99"])
def test_a_name_of_no_hidden_layer_is_refused(layer: str, store: Store) -> None:
    with pytest.raises(SettingsError, match=rf"names '{layer}', and the compact AlexNet has no layer of that name"):
        of_compact({"layers": {layer: 0}}, store)


def test_without_units_nothing_is_measured(store: Store) -> None:
    assert of_compact(None, store) == {}
    assert not store.path.exists()


def test_all_channels_of_a_network_without_named_layers_are_refused_in_a_sentence(store: Store, tmp_path: Path) -> None:
    import torch
    from torchvision.models import squeezenet1_0

    path = tmp_path / "squeezenet.pth"
    torch.save(squeezenet1_0(weights=None).state_dict(), path)
    drawn_by = resolve_weights("squeezenet1_0", path)
    with pytest.raises(SettingsError) as caught:
        channels(gallery("all", size=64), drawn_by, store)
    message = str(caught.value)
    assert message.startswith("extra.gallery.units in mkdocs.yml is 'all', and the layers of squeezenet1_0")
    assert "`{layers: {features.3: all}}`" in message
    assert "\n" not in message
    by_place = channels(gallery({"layers": {"features.3.squeeze": "all"}}, size=64), drawn_by, store)
    assert by_place == {"features.3.squeeze": list(range(16))}
