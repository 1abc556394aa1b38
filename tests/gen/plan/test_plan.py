"""The plan: one page per class, addresses that never break, and recipes in the order that fills batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actmax.engine.batches import batches
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.weights import resolve_weights
from gen.plan import Plan, addresses, plan
from gen.settings import SettingsError, read

Plans = Callable[..., Plan]


def test_a_class_has_one_address_and_aliases_by_index_and_wnid(planned: Plans) -> None:
    (page,) = planned({"animals": ["zebra"]}).class_pages
    assert page.url == "gallery/zebra/"
    assert page.aliases == ("gallery/340/", "gallery/n02391049/")
    assert page.words == ()


def test_a_stand_in_has_the_page_of_its_class_with_the_authors_word_as_alias(planned: Plans) -> None:
    made = planned({"vehicles": [{"bicycle": "mountain bike"}, {"Crème brûlée": "trifle"}]})
    bike, dessert = made.class_pages
    assert (bike.url, bike.words) == ("gallery/mountain-bike/", ("bicycle",))
    assert bike.aliases == ("gallery/671/", "gallery/n03792782/", "gallery/bicycle/")
    assert dessert.aliases[2:] == ("gallery/creme-brulee/",)
    assert [member.stand_in for member in made.groups["vehicles"]] == [True, True]


@pytest.mark.parametrize("line", [{"Zebra": "zebra"}, {"340": "zebra"}, {"n02391049": 340}, {"cardigan": 474}])
def test_a_word_that_is_the_classes_own_name_is_no_stand_in(planned: Plans, line: dict[str, Any]) -> None:
    made = planned({"things": [line]})
    assert [member.stand_in for member in made.groups["things"]] == [False]
    (page,) = made.class_pages
    assert page.words == ()
    assert page.aliases == (f"gallery/{page.label.index}/", f"gallery/{page.label.wnid}/")


@pytest.mark.parametrize(
    ("line", "name", "stand_in"),
    [("puma", "cougar", False), ("Pumas", "cougar", False), ("penguin", "king penguin", True)],
)
def test_the_authors_own_word_is_shown_and_has_an_address(
    planned: Plans, line: str, name: str, *, stand_in: bool
) -> None:
    made = planned({"animals": [line]})
    ((member,),) = made.groups.values()
    assert (member.word, member.label.name, member.stand_in) == (line, name, stand_in)
    (page,) = made.class_pages
    assert page.url == f"gallery/{page.label.slug}/"
    assert page.aliases[2:] == (f"gallery/{line.lower()}/",)


def test_a_synonym_that_is_another_classs_address_gets_none(planned: Plans) -> None:
    grouse, partridge = planned({"birds": [{"partridge": "ruffed grouse"}, "partridge-86"]}).class_pages
    assert grouse.aliases == ("gallery/82/", "gallery/n01797886/")
    assert partridge.url == "gallery/partridge/"


def test_words_and_groups_may_be_of_any_script(planned: Plans) -> None:
    made = planned({"动物": [{"Зебра": "zebra"}, {"ゾウ": "tusker"}, {"कुत्ता": "Chihuahua"}], "植物": ["daisy"]})
    assert [page.aliases[2:] for page in made.class_pages] == [
        ("gallery/зебра/",), ("gallery/ゾウ/",), ("gallery/कुत्ता/",), ()
    ]  # fmt: skip
    assert [page.words for page in made.class_pages] == [("Зебра",), ("ゾウ",), ("कुत्ता",), ()]
    with pytest.raises(SettingsError, match="two names for one URL: 'ЗЕБРА'"):
        planned({"a": [{"зебра": "zebra"}, {"ЗЕБРА": "tiger"}]})
    for groups in ({"🙂": ["zebra"]}, {"a": [{"🙂": "zebra"}]}):
        with pytest.raises(SettingsError, match="letters or digits"):
            planned(groups)


def test_a_class_in_two_groups_is_one_page(planned: Plans) -> None:
    made = planned({"striped": ["zebra", "tiger"], "horses": ["n02391049", {"my horse": "zebra"}]})
    assert [page.label.name for page in made.class_pages] == ["zebra", "tiger"]
    zebra = made.class_page(labels.resolve_class("zebra"))
    assert zebra.groups == ("striped", "horses")
    assert zebra.words == ("my horse",)
    assert len(zebra.variants) == 1
    assert [len(members) for members in made.groups.values()] == [2, 2]


def test_names_that_differ_in_case_only_have_their_own_pages(planned: Plans) -> None:
    made = planned({"all": ["cardigan-264", 474]})
    assert [page.url for page in made.class_pages] == ["gallery/cardigan-264/", "gallery/cardigan-474/"]
    assert [page.label.index for page in made.class_pages] == [264, 474]


def test_no_two_of_all_classes_share_an_address(planned: Plans) -> None:
    made = planned({"all": list(range(1000))})
    urls = [url for page in made.class_pages for url in (page.url, *page.aliases)]
    assert len(urls) == len(set(urls)) == 3000
    assert len(made.recipes()) == len({recipe.digest() for recipe in made.recipes()}) == 1000


@pytest.mark.parametrize(
    ("lines", "word", "url", "owner"),
    [
        ([{"zebra": "tiger"}], "'zebra'", "/gallery/zebra/", "'zebra'"),
        (["zebra", {"Zebra!": "tiger"}], "'Zebra!'", "/gallery/zebra/", "'zebra'"),
        ([{"n02391049": "tiger"}], "'n02391049'", "/gallery/n02391049/", "'zebra'"),
        ([{"340": "tiger"}], "'340'", "/gallery/340/", "'zebra'"),
        ([{"golden retriever": "tabby"}], "'golden retriever'", "/gallery/golden-retriever/", "'golden retriever'"),
        ([{"compare": "tiger"}], "'compare'", "/gallery/compare/", "the gallery's own compare"),
        ([{"Index": "tiger"}], "'Index'", "/gallery/index/", "the gallery's own index"),
        ([{"cat": "tiger"}, {"cat": "tabby"}], "'cat'", "/gallery/cat/", "'tiger'"),
        ([{"my cat": "tiger"}, {"My-Cat": "tabby"}], "'My-Cat'", "/gallery/my-cat/", "'tiger'"),
    ],
)
def test_two_names_for_one_url_are_refused(planned: Plans, lines: list[Any], word: str, url: str, owner: str) -> None:
    with pytest.raises(SettingsError, match="two names for one URL") as caught:
        planned({"animals": lines})
    assert [part for part in (word, url, owner) if part not in str(caught.value)] == []


def test_a_word_may_stand_for_its_class_in_as_many_groups_as_the_author_likes(planned: Plans) -> None:
    made = planned({"one": [{"cat": "tiger"}], "two": [{"Cat": "tiger"}], "three": [{"cat": "tiger"}]})
    (page,) = made.class_pages
    assert page.words == ("cat",)


def test_methods_may_be_limited_to_groups(planned: Plans) -> None:
    made = planned(
        {"vehicles": ["ambulance"], "animals": ["zebra"], "both": ["ambulance", "tiger"]},
        methods={"robust": {"groups": ["animals", "both"]}, "plain": {"groups": ["vehicles"]}},
    )
    ways = {page.label.name: [variant.method for variant in page.variants] for page in made.class_pages}
    assert ways == {"ambulance": ["robust", "plain"], "zebra": ["robust"], "tiger": ["robust"]}
    ambulance, zebra, _ = made.class_pages
    plain = ambulance.by_method("plain")
    assert plain is not None
    assert plain.recipe.optimizer == "ascent"
    assert zebra.by_method("plain") is None


def test_each_class_is_drawn_once_for_each_method_and_seed(planned: Plans) -> None:
    methods = {"mine": {"preset": "robust", "steps": 3, "decay_power": 0.5}, "plain": {"steps": 2}}
    (page,) = planned({"animals": ["zebra"]}, seeds=[3, 0], methods=methods).class_pages
    assert [variant.anchor for variant in page.variants] == [
        "mine-seed-3",
        "mine-seed-0",
        "plain-seed-3",
        "plain-seed-0",
    ]
    recipes = [variant.recipe for variant in page.variants]
    assert [(recipe.seed, recipe.steps, recipe.decay_power) for recipe in recipes] == [
        (3, 3, 0.5),
        (0, 3, 0.5),
        (3, 2, 0.0),
        (0, 2, 0.0),
    ]


@pytest.mark.parametrize("network", ["alexnet", "compact"])
def test_a_class_recipe_has_the_logit_of_the_target_network_as_its_target(network: str) -> None:
    decided = resolve_weights(network)
    (recipe,) = plan(read({"groups": {"animals": ["zebra"]}, "precision": "fp32", "size": 96}), decided).recipes()
    assert (recipe.network, recipe.weights) == (decided.network, decided.digest)
    assert recipe.target == f"{card(network).output}:340" == "fc8:340"
    assert (recipe.precision, recipe.size) == ("fp32", 96)


def test_recipes_that_may_share_a_batch_are_next_to_each_other(planned: Plans) -> None:
    groups = {"one": ["zebra", "tiger", "ambulance"], "two": ["tiger", "goldfish"]}
    methods = {"robust": None, "plain": {"groups": ["one"]}, "brief": {"preset": "plain", "steps": 9}}
    recipes = planned(groups, seeds=[0, 1], methods=methods).recipes()
    alike = batches(recipes, size=1000)
    assert [len(batch) for batch in alike] == [2 * 4, 2 * 3, 2 * 4]
    assert [recipe for batch in alike for recipe in batch] == recipes
    assert len(set(recipes)) == len(recipes)


def test_recipes_follow_the_authors_order_of_methods_and_classes(planned: Plans) -> None:
    recipes = planned({"one": ["zebra", "ambulance"]}, methods={"plain": None, "robust": None}).recipes()
    assert [(recipe.optimizer, recipe.target) for recipe in recipes] == [
        ("ascent", "fc8:340"),
        ("ascent", "fc8:407"),
        ("adam", "fc8:340"),
        ("adam", "fc8:407"),
    ]


def test_the_walks_channels_are_a_second_stage_of_the_plan(planned: Plans) -> None:
    first = planned({"animals": ["zebra"]}, walk={"class": "zebra", "steps": 3})
    assert not first.complete
    whole = first.with_walk({"conv4": [7, 9], "fc6": [1]})
    assert whole.complete
    added = whole.drawings[len(first.drawings) :]
    assert whole.drawings[: len(first.drawings)] == first.drawings
    assert [(one.page, one.recipe.target, one.recipe.steps) for one in added] == [
        (addresses.WALK, target, 3) for target in ("conv4:7", "conv4:9", "fc6:1")
    ]
    without = planned({"animals": ["zebra"]})
    assert without.complete
    assert without.with_walk({"conv4": [7]}) is without


def test_every_drawing_has_a_name_of_its_own_on_its_page(planned: Plans) -> None:
    made = planned(
        {"animals": ["zebra", "tiger"]},
        seeds=[0, 1],
        methods={"robust": {"steps": 2}, "plain": {"steps": 2}},
        walk={"class": "zebra"},
        comparison={"classes": ["zebra", "volcano"]},
        diversity={"class": "zebra"},
    )
    names = [(drawing.page, drawing.anchor) for drawing in made.drawings]
    assert len(names) == len(set(names))
    assert {page for page, _ in names} == {
        "gallery/zebra/",
        "gallery/tiger/",
        addresses.WRITE_UP,
        addresses.METHODS,
        addresses.DIVERSITY,
    }
    digests = [recipe.digest() for recipe in made.recipes()]
    assert len(digests) == len(set(digests)) == len({drawing.recipe.digest() for drawing in made.drawings})
