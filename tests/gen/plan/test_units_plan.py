"""The plan of channels: a page for each, with addresses that never break and recipes that `prune` keeps."""

from __future__ import annotations

from typing import Any

import pytest

from actmax.networks.weights import resolve_weights
from actmax.recipe import Recipe, parse
from gen.ledger.file import is_address
from gen.plan import ChannelPage, Plan, addresses, plan
from gen.settings import read
from gen.settings.units import numbered

CHANNELS = {"conv4": 256, "conv5": 256, "features.2": 64}


def planned(units: Any, **settings: Any) -> Plan:
    """For the compact network, small and of two steps."""
    values = {"size": 64, "methods": {"robust": {"steps": 2}}, "groups": {"animals": ["zebra"]}, **settings}
    wanted = read({**values, "units": units})
    channels = numbered(wanted.units.layers, CHANNELS, "a network") if wanted.units else {}
    return plan(wanted, resolve_weights("compact"), units=channels)


def plates(made: Plan) -> list[ChannelPage]:
    return [plate for plates in made.units.values() for plate in plates]


def of_units(made: Plan) -> list[Recipe]:
    return [recipe for recipe in made.recipes() if parse(recipe.target).layer not in made.card.outputs]


def test_each_channel_that_is_asked_for_has_a_page() -> None:
    made = planned({"layers": {"conv5": 7, "conv4": ["0-1", 117]}})
    assert {layer: [plate.channel for plate in plates] for layer, plates in made.units.items()} == {
        "conv4": [0, 1, 117],
        "conv5": [7],
    }
    plate = made.unit("conv4", 117)
    assert plate is not None
    assert (plate.url, plate.name) == ("network/conv4/117/", "conv4:117")
    assert made.unit("conv4", 2) is None
    assert made.unit("conv3", 0) is None


def test_a_channel_is_drawn_by_its_own_target_and_what_silences_it_by_the_negative() -> None:
    made = planned({"layers": {"conv4": 117}, "negative": True})
    (plate,) = plates(made)
    (main,), (negative,) = plate.variants, plate.negatives
    assert (main.recipe.target, main.anchor) == ("conv4:117", "robust-seed-0")
    assert (negative.recipe.target, negative.anchor) == ("-conv4:117", "negative-seed-0")
    assert parse(negative.recipe.target).channels == ((117, -1.0),)
    assert negative.preset == main.preset  # by which it can be drawn again
    assert negative.recipe.model_copy(update={"target": "conv4:117"}) == main.recipe


def test_without_negative_nothing_silences_it() -> None:
    (plate,) = plates(planned({"layers": {"conv4": 117}}))
    assert plate.negatives == ()


@pytest.mark.parametrize(
    ("units", "settings", "seeds"),
    [
        ("all", {"seeds": [5, 6]}, [5]),
        ({"layers": "all"}, {"seeds": [5, 6]}, [5]),
        ({"layers": "all", "seeds": [3, 0, 3]}, {}, [3, 0]),
    ],
)
def test_each_seed_is_one_drawing(units: Any, settings: dict[str, Any], seeds: list[int]) -> None:
    plate = plates(planned(units, **settings))[0]
    assert [variant.recipe.seed for variant in plate.variants] == seeds
    assert [variant.anchor for variant in plate.variants] == [f"robust-seed-{seed}" for seed in seeds]


def test_the_method_that_is_named_draws_them_as_the_settings_say() -> None:
    methods = {"robust": {"steps": 2}, "mine": {"preset": "plain", "steps": 3}}
    settings = {"methods": methods, "size": 96, "precision": "fp32"}
    (plate,) = plates(planned({"layers": {"conv5": 1}, "method": "mine"}, **settings))
    (variant,) = plate.variants
    recipe = variant.recipe
    assert (variant.anchor, variant.preset) == ("mine-seed-0", "plain")
    assert (recipe.optimizer, recipe.steps, recipe.size, recipe.precision) == ("ascent", 3, 96, "fp32")
    assert (recipe.network, recipe.weights) == ("compact", resolve_weights("compact").digest)


def test_what_is_to_be_drawn_are_the_classes_and_then_the_channels() -> None:
    made = planned({"layers": {"conv5": "0-1", "conv4": 7}, "seeds": [0, 1], "negative": True})
    assert [(recipe.target, recipe.seed) for recipe in made.recipes()] == [
        ("fc8:340", 0),
        *((f"{sign}conv4:7", seed) for sign in ("", "-") for seed in (0, 1)),
        *((f"{sign}conv5:{channel}", seed) for channel in (0, 1) for sign in ("", "-") for seed in (0, 1)),
    ]


def test_every_page_and_file_of_all_channels_has_an_address_of_its_own() -> None:
    made = planned({"layers": "all", "negative": True})
    anchors = [variant.anchor for plate in plates(made)[:1] for variant in (*plate.variants, *plate.negatives)]
    found = [addresses.NETWORK, addresses.UNITS]
    for layer, of_layer in made.units.items():
        found += [addresses.of_layer(layer), addresses.units(layer), addresses.strip(layer)]
        found += [addresses.sheet(layer, number) for number in range(2)]
        for plate in of_layer:
            found += [plate.url, addresses.small(plate.url)]
            found += [addresses.picture(plate.url, anchor) for anchor in anchors]
            found.append(addresses.frames(plate.url, anchors[0]))
    assert len(plates(made)) == 2 * 256 + 64
    assert [address for address in found if not is_address(address)] == []
    files = [addresses.source(address) if address.endswith("/") else address for address in found]
    assert len(set(files)) == len(found)
    pages = [address for address in found if address.endswith("/")]
    assert [addresses.of_source(addresses.source(page)) for page in pages] == pages
    assert all(page.startswith(addresses.NETWORK) for page in pages)


def test_a_layer_that_goes_by_its_place_has_an_address_without_dots() -> None:
    (plate,) = plates(planned({"layers": {"features.2": 0}}))
    assert (plate.url, plate.name, plate.variants[0].recipe.target) == ("network/features-2/0/", *["features.2:0"] * 2)
    assert addresses.units("features.2") == "network/features-2/units.json"


def test_channels_change_nothing_of_the_classes() -> None:
    with_units, without = planned({"layers": {"conv4": "all"}}), planned(None)
    assert without.units == {}
    assert with_units.class_pages == without.class_pages
    assert len(of_units(with_units)) == 256
    assert with_units.recipes()[:1] == without.recipes()
