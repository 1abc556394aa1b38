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


def channel_pages(made: Plan) -> list[ChannelPage]:
    return [page for pages in made.units.values() for page in pages]


def of_units(made: Plan) -> list[Recipe]:
    return [recipe for recipe in made.recipes() if parse(recipe.target).layer not in made.card.outputs]


def test_each_channel_in_the_settings_has_a_page() -> None:
    made = planned({"layers": {"conv5": 7, "conv4": ["0-1", 117]}})
    assert {layer: [page.channel for page in pages] for layer, pages in made.units.items()} == {
        "conv4": [0, 1, 117],
        "conv5": [7],
    }
    page = made.unit("conv4", 117)
    assert page is not None
    assert (page.url, page.name) == ("network/conv4/117/", "conv4:117")
    assert made.unit("conv4", 2) is None
    assert made.unit("conv3", 0) is None


def test_a_channel_is_maximized_by_its_target_and_minimized_by_the_negative_one() -> None:
    made = planned({"layers": {"conv4": 117}, "negative": True})
    (page,) = channel_pages(made)
    (main,), (negative,) = page.variants, page.negatives
    assert (main.recipe.target, main.anchor) == ("conv4:117", "robust-seed-0")
    assert (negative.recipe.target, negative.anchor) == ("-conv4:117", "negative-seed-0")
    assert parse(negative.recipe.target).channels == ((117, -1.0),)
    assert negative.preset == main.preset  # by which it can be drawn again
    assert negative.recipe.model_copy(update={"target": "conv4:117"}) == main.recipe


def test_without_negative_no_channel_is_minimized() -> None:
    (page,) = channel_pages(planned({"layers": {"conv4": 117}}))
    assert page.negatives == ()


@pytest.mark.parametrize(
    ("units", "settings", "seeds"),
    [
        ("all", {"seeds": [5, 6]}, [5]),
        ({"layers": "all"}, {"seeds": [5, 6]}, [5]),
        ({"layers": "all", "seeds": [3, 0]}, {}, [3, 0]),
    ],
)
def test_each_seed_is_one_drawing(units: Any, settings: dict[str, Any], seeds: list[int]) -> None:
    page = channel_pages(planned(units, **settings))[0]
    assert [variant.recipe.seed for variant in page.variants] == seeds
    assert [variant.anchor for variant in page.variants] == [f"robust-seed-{seed}" for seed in seeds]


def test_the_named_method_draws_channels_at_the_size_and_precision_of_the_settings() -> None:
    methods = {"robust": {"steps": 2}, "mine": {"preset": "plain", "steps": 3}}
    settings = {"methods": methods, "size": 96, "precision": "fp32"}
    (page,) = channel_pages(planned({"layers": {"conv5": 1}, "method": "mine"}, **settings))
    (variant,) = page.variants
    recipe = variant.recipe
    assert (variant.anchor, variant.preset) == ("mine-seed-0", "plain")
    assert (recipe.optimizer, recipe.steps, recipe.size, recipe.precision) == ("ascent", 3, 96, "fp32")
    assert (recipe.network, recipe.weights) == ("compact", resolve_weights("compact").digest)


def test_classes_are_drawn_before_channels() -> None:
    made = planned({"layers": {"conv5": "0-1", "conv4": 7}, "seeds": [0, 1], "negative": True})
    assert [(recipe.target, recipe.seed) for recipe in made.recipes()] == [
        ("fc8:340", 0),
        *((f"{sign}conv4:7", seed) for sign in ("", "-") for seed in (0, 1)),
        *((f"{sign}conv5:{channel}", seed) for channel in (0, 1) for sign in ("", "-") for seed in (0, 1)),
    ]


def test_every_page_and_file_of_all_channels_has_an_address_of_its_own() -> None:
    made = planned({"layers": "all", "negative": True})
    anchors = [variant.anchor for page in channel_pages(made)[:1] for variant in (*page.variants, *page.negatives)]
    found = [addresses.NETWORK, addresses.UNITS]
    for layer, of_layer in made.units.items():
        found += [addresses.of_layer(layer), addresses.units(layer), addresses.strip(layer)]
        found += [addresses.sheet(layer, number) for number in range(2)]
        for page in of_layer:
            found += [page.url, addresses.small(page.url)]
            found += [addresses.picture(page.url, anchor) for anchor in anchors]
            found.append(addresses.frames(page.url, anchors[0]))
    assert len(channel_pages(made)) == 2 * 256 + 64
    assert [address for address in found if not is_address(address)] == []
    files = [addresses.source(address) if address.endswith("/") else address for address in found]
    assert len(set(files)) == len(found)
    pages = [address for address in found if address.endswith("/")]
    assert [addresses.of_source(addresses.source(page)) for page in pages] == pages
    assert all(page.startswith(addresses.NETWORK) for page in pages)


def test_a_layer_named_by_its_module_path_has_an_address_without_dots() -> None:
    (page,) = channel_pages(planned({"layers": {"features.2": 0}}))
    assert (page.url, page.name, page.variants[0].recipe.target) == ("network/features-2/0/", *["features.2:0"] * 2)
    assert addresses.units("features.2") == "network/features-2/units.json"


def test_channel_pages_leave_class_pages_unchanged() -> None:
    with_units, without = planned({"layers": {"conv4": "all"}}), planned(None)
    assert without.units == {}
    assert with_units.class_pages == without.class_pages
    assert len(of_units(with_units)) == 256
    assert with_units.recipes()[:1] == without.recipes()
