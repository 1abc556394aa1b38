"""Settings: the project's own are valid, and an error names key, value and choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actmax.networks import labels
from actmax.networks.weights import resolve_weights
from actmax.recipe import RENAMED
from gen import configuration, site
from gen.plan import class_pages, plan
from gen.settings import Settings, SettingsError, read
from gen.settings.starts import read_starts

MKDOCS = Path(__file__).parents[3] / "mkdocs.yml"
ZEBRA, TIGER = labels.resolve_class("zebra"), labels.resolve_class("tiger")


def settings(**values: Any) -> dict[str, Any]:
    """Valid ones, but for what is given."""
    return {"groups": {"animals": ["zebra", "tiger"]}, **values}


def compared(methods: list[str]) -> dict[str, Any]:
    return settings(comparison={"classes": ["zebra"], "methods": methods})


def photographed(label: str = "tiger", **values: Any) -> dict[str, Any]:
    return settings(photo={"picture": "cat.jpg", "class": label, **values})


def test_the_projects_own_settings_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTMAX_NETWORK", raising=False)
    found = read(configuration.read(MKDOCS)["extra"]["gallery"])
    assert found.network == "auto"
    assert [member.word for member in found.members["vehicles"]] == [
        "ambulance",
        "bicycle",
        "car",
        "caterpillar",
        "helicopter",
    ]
    assert [method.preset for method in found.methods.values()] == ["smooth", "plain"]
    assert found.comparison
    assert found.photo
    assert found.diversity
    assert len(found.comparison.classes) == 6
    assert [label.name for label in (found.photo.label, found.diversity.label)] == ["tiger", "tiger"]
    assert plan(found, resolve_weights("compact"), read_starts(found, MKDOCS.parent)).recipes()


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_network_means_auto(nothing: str | None) -> None:
    assert read({"groups": {"a": ["zebra"]}, "network": nothing}).network == "auto"


def test_the_network_can_be_chosen_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTMAX_NETWORK", "compact")
    assert read(configuration.read(MKDOCS)["extra"]["gallery"]).network == "compact"


def test_groups_are_all_that_an_author_has_to_give() -> None:
    found = read(settings())
    assert found == Settings.model_validate({"groups": {"animals": ["zebra", "tiger"]}})
    (method,) = found.methods.values()
    assert (method.name, method.preset, method.overrides, method.groups) == ("smooth", "smooth", {}, None)
    assert method.draws(["animals"])


def test_a_class_is_given_by_name_index_wnid_or_a_word_of_the_authors() -> None:
    lines = ["zebra", 340, "n02391049", "340", {"zebra": "zebra"}, {"my horse": "zebra"}, {"my horse": 340}]
    found = [read({"groups": {"animals": [line]}}).members["animals"] for line in lines]
    assert [len(members) for members in found] == [1] * len(lines)
    assert {member.label.index for (member,) in found} == {340}
    assert [member.stand_in for (member,) in found] == [False] * 5 + [True] * 2
    assert [member.word for (member,) in found] == ["zebra"] * 5 + ["my horse"] * 2


def test_a_class_named_twice_in_a_group_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"groups\.animals in mkdocs\.yml has 'zebra' twice, in \[0\] and in \[2\]"):
        read({"groups": {"animals": ["zebra", "tiger", 340]}})
    groups = {"animals": ["zebra", "0-397"], "striped": ["zebra", {"my horse": "zebra"}, {"your horse": "zebra"}]}
    found = read({"groups": groups}).members  # a range says nothing of each, and words may differ
    assert len(found["animals"]) == 398
    assert [member.word for member in found["striped"]] == ["zebra", "my horse", "your horse"]


def test_all_classes_or_a_range_of_them_are_one_word() -> None:
    groups = read({"groups": {"everything": "all", "animals": ["0-397", "volcano"]}}).members
    assert [member.label.index for member in groups["everything"]] == list(range(1000))
    assert [member.label.index for member in groups["animals"]] == [*range(398), 980]
    assert not any(member.stand_in for members in groups.values() for member in members)


@pytest.mark.parametrize("line", ["9-3", "0-1000"])
def test_an_invalid_range_of_classes_is_refused(line: str) -> None:
    with pytest.raises(SettingsError, match=rf"groups\.animals\[1\].* '{line}'.* 0"):
        read({"groups": {"animals": ["zebra", line]}})


def test_a_method_is_a_preset_and_what_differs_from_it() -> None:
    given = {"plain": None, "patient": {"preset": "robust", "steps": 9, "step_size": 1, "groups": ["animals"]}}
    plain, patient = read(settings(methods=given)).methods.values()
    assert (plain.preset, plain.overrides) == ("plain", {})
    assert (patient.name, patient.preset, patient.groups) == ("patient", "robust", ["animals"])
    assert patient.overrides == {"steps": 9, "step_size": 1}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (settings(), ((), None, None)),
        (settings(comparison={"classes": ["zebra", 292, 340]}), ((ZEBRA, TIGER), None, None)),
        (photographed(), ((), TIGER, None)),
        (settings(diversity={"class": 340}), ((), None, ZEBRA)),
    ],
)
def test_other_pages_have_the_classes_of_the_settings(values: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = read(values)
    classes = tuple(found.comparison.classes) if found.comparison else ()
    assert (classes, *(one and one.label for one in (found.photo, found.diversity))) == expected


def test_a_method_that_starts_from_a_picture_keeps_its_features() -> None:
    given = {
        "cat": {"preset": "robust", "start": "cat.jpg", "feature_weight": 2},
        "let-go": {"preset": "plain", "start": "cat.jpg", "feature_weight": 0},
    }
    cat, let_go = read(settings(methods=given)).methods.values()
    assert (cat.start, cat.overrides["feature_weight"], cat.overrides["feature_layer"]) == ("cat.jpg", 2, "conv3")
    assert (let_go.start, let_go.overrides["feature_weight"], let_go.overrides["feature_layer"]) == ("cat.jpg", 0, "")


def test_paths_are_relative_to_mkdocs_yml(tmp_path: Path) -> None:
    project = site.Project(settings(network="compact", store="drawings"), tmp_path / "mkdocs.yml")
    assert site.plan_site(project).store.path == tmp_path / "drawings"
    assert read(settings(store="/elsewhere")).store == "/elsewhere"
    assert read(settings(store="~/drawings")).store == str(Path.home() / "drawings")


# Invalid settings, and what the message contains: the key, the value, and the nearest or the allowed choice.
BAD: list[tuple[object, tuple[str, ...]]] = [
    # The whole of it.
    (None, ("extra.gallery", "missing", "`groups:`")),
    (["zebra"], ("extra.gallery", "list", "zebra", "`groups:`")),
    ("zebra", ("extra.gallery", "str", "zebra", "`groups:`")),
    ({}, ("extra.gallery.groups", "missing", "required")),
    # Keys.
    ({"grups": {"animals": ["zebra"]}}, ("extra.gallery", "'grups'", "Did you mean 'groups'")),
    (settings(seed=[0]), ("extra.gallery", "'seed'", "Did you mean 'seeds'")),
    (settings(color="red"), ("extra.gallery", "'color'", "Allowed: channels, comparison, diversity, groups")),
    (settings(**{"0": 1}), ("extra.gallery", "'0'", "Allowed: channels, comparison, diversity, groups")),
    ({"groups": {}, 7: 1}, ("extra.gallery", "7", "Allowed: channels, comparison, diversity, groups")),
    (settings(methods={"robust": {"stesp": 5}}), ("methods.robust", "'stesp'", "Did you mean 'steps'")),
    (settings(methods={"robust": {"group": ["animals"]}}), ("methods.robust", "'group'", "Did you mean 'groups'")),
    # Types and ranges.
    (settings(network=3), ("network", "not 3", "string")),
    (settings(weights=3), ("weights", "not 3", "string")),
    (settings(precision="fp16"), ("precision", "not 'fp16'", "'auto', 'fp32' or 'bf16'")),
    (settings(size=10), ("size", "not 10", "16")),
    (settings(size=4096), ("size", "not 4096", "2048")),
    (settings(size="big"), ("size", "not 'big'", "integer")),
    (settings(size=64.5), ("size", "not 64.5", "integer")),
    (settings(size=True), ("size", "not True", "integer")),
    (settings(seeds=0), ("seeds", "not 0", "list")),
    (settings(seeds=[]), ("seeds", "not []", "at least 1")),
    (settings(seeds=[0, -1]), ("seeds[1]", "not -1", "greater than or equal to 0")),
    (settings(seeds=["one"]), ("seeds[0]", "not 'one'", "integer")),
    # A second network.
    *(
        (settings(second_opinion=given), (f"extra.gallery.second_opinion in mkdocs.yml is {given!r}", "network:"))
        for given in (True, 0, "compact", ["compact"])
    ),
    (settings(second_opinion={}), ("second_opinion", "network", "required")),
    (settings(second_opinion={"network": 3}), ("second_opinion", "network", "not 3", "string")),
    (settings(second_opinion={"network": "x", "weights": 3}), ("second_opinion", "weights", "not 3", "string")),
    (
        settings(second_opinion={"network": "x", "wieghts": "y"}),
        ("extra.gallery.second_opinion", "'wieghts'", "Did you mean 'weights'"),
    ),
    # The other pages.
    (compared(["smoth"]), ("comparison.methods[0]", "'smoth'", "Did you mean 'smooth'")),
    (compared(["plain", "deepdream"]), ("comparison.methods[1]", "'deepdream'", "Allowed: erhan, generator, maco")),
    (compared([]), ("comparison.methods", "not []", "at least 1")),
    (settings(comparison={}), ("comparison.classes", "required")),
    (settings(comparison={"classes": []}), ("comparison.classes", "not []", "at least 1")),
    (settings(comparison={"classes": list(range(13))}), ("comparison.classes", "at most 12")),
    (settings(comparison={"classes": ["tiger", "zebre"]}), ("comparison.classes[1]", "'zebre'", "Nearest: 'zebra'")),
    (photographed(label="tigre"), ("photo.class", "'tigre'", "Nearest: 'tiger'")),
    (settings(photo={"class": "tiger"}), ("photo.picture", "required")),
    (photographed(picture=3), ("photo.picture", "not 3", "string")),
    (photographed(feature_weights=0.5), ("photo.feature_weights", "not 0.5", "list")),
    (photographed(feature_weights=[]), ("photo.feature_weights", "not []", "at least 1")),
    (photographed(feature_weights=[0.5, -0.1]), ("photo.feature_weights[1]", "not -0.1", "greater than or equal to 0")),
    (photographed(feature_weights=[101]), ("photo.feature_weights[0]", "not 101", "less than or equal to 100")),
    (photographed(feature_weights=list(range(9))), ("photo.feature_weights", "at most 8")),
    (photographed(credit="x" * 201), ("photo.credit", "longer than 200")),
    (settings(diversity={"class": "zebre"}), ("diversity.class", "'zebre'", "Nearest: 'zebra'")),
    (settings(diversity={"class": 1000}), ("diversity.class", "1000", "from 0 to 999")),
    (settings(diversity={"class": "zebra", "seeds": 1}), ("diversity.seeds", "not 1", "greater than or equal to 2")),
    (settings(diversity={"class": "zebra", "facets": 17}), ("diversity.facets", "not 17", "less than or equal to 16")),
    *(
        (settings(**{page: {"class": "zebra", "color": "red"}}), (f"{page} in", "unknown key 'color'"))
        for page in ("comparison", "photo", "diversity")
    ),
    (settings(store=None), ("store", "not None", "string")),
    (settings(store=["a"]), ("store", "not ['a']", "string")),
    (settings(seeds=[3, 0, 3]), ("seeds in", "[3, 0, 3]", "one seed twice")),
    # Keys of other sections.
    (
        settings(steps=64),
        ("gallery in", "unknown key 'steps'", "belongs to a method: `methods: {smooth: {steps: …}}`."),
    ),
    (settings(preset="maco"), ("gallery in", "unknown key 'preset'", "belongs to a method")),
    (
        settings(methods={"robust": {"size": 64}}),
        ("methods.robust", "unknown key 'size'", "It belongs beside `methods:`"),
    ),
    (
        settings(methods={"robust": {"seed": 1}}),
        ("methods.robust", "unknown key 'seed'", "Write `seeds:`, a list, beside"),
    ),
    # Methods.
    (settings(methods=["robost"]), ("methods.robost", "no `preset:`", "Did you mean 'robust'")),
    (settings(methods=[{"robust": {}}]), ("methods", "not [{'robust': {}}]", "dictionary")),
    (settings(methods={}), ("methods", "not {}", "at least 1")),
    (settings(methods={"robust": 256}), ("methods.robust", "not 256", "dictionary")),
    (settings(methods={"mine": None}), ("methods.mine", "'mine'", "no `preset:`", "plain, robust")),
    (settings(methods={"mine": {"steps": 5}}), ("methods.mine", "no `preset:`", "plain, robust")),
    (settings(methods={"mine": {"preset": "robost"}}), ("methods.mine.preset", "'robost'", "Did you mean 'robust'")),
    (settings(methods={"mine": {"preset": 3}}), ("methods.mine.preset", "not 3", "string")),
    (settings(methods={"My own": {"preset": "robust"}}), ("methods.My own", "small letters, digits and hyphens")),
    (settings(methods={"negative": {"preset": "robust"}}), ("methods.negative", "`units.negative` uses")),
    (settings(methods={"mine": {"preset": "robust", "name": "yours"}}), ("methods in", "'mine'", "unknown key 'name'")),
    # Names that keys had before.
    *(
        (settings(methods={"robust": {old: 1}}), ("methods.robust", f"unknown key {old!r}", f"It is now {new!r}."))
        for old, new in RENAMED.items()
    ),
    (photographed(keep=[0.5]), ("photo in", "unknown key 'keep'", "It is now 'feature_weights'.")),
    (settings(methods={"robust": {"groups": ["animal"]}}), ("methods.robust.groups", "'animal'", "mean 'animals'")),
    (settings(methods={"robust": {"groups": "animals"}}), ("methods.robust.groups", "not 'animals'", "list")),
    (settings(methods={"robust": {"start": 3}}), ("methods.robust.start", "not 3", "string")),
    (
        settings(methods={"generator": {"start": "cat.jpg"}}),
        ("methods.generator", "start", "pixels, fourier and phase"),
    ),
    (
        settings(methods={"robust": {"start": "cat.jpg", "feature_weight": -1}}),
        ("methods.robust", "feature_weight", "not -1"),
    ),
    (
        settings(methods={"robust": {"feature_weight": 0.5, "feature_layer": "conv3"}}),
        ("methods.robust", "feature_weight", "(start)"),
    ),
    # Groups and classes.
    (settings(groups=None), ("groups", "not None", "dictionary")),
    (settings(groups={}), ("groups", "{}", "at least 1")),
    (settings(groups=["zebra"]), ("groups", "not ['zebra']", "dictionary")),
    (settings(groups={"animals": []}), ("groups.animals", "not []", "at least 1")),
    (settings(groups={"animals": "zebra"}), ("groups.animals", "not 'zebra'", "list")),
    (settings(groups={"!?": ["zebra"]}), ("groups.!?", "letters or digits")),
    (
        settings(groups={"animals": ["tiger", "zebre"]}),
        ("groups.animals[1]", "'zebre'", "Nearest: 'zebra'", "`- word: class`"),
    ),
    (settings(groups={"animals": [{"horse": "zebre"}]}), ("groups.animals[0]", "'zebre'", "Nearest: 'zebra'")),
    (settings(groups={"animals": [1000]}), ("groups.animals[0]", "1000", "from 0 to 999")),
    (settings(groups={"animals": ["n99999999"]}), ("groups.animals[0]", "'n99999999'")),
    (settings(groups={"clothes": ["CARDIGAN"]}), ("groups.clothes[0]", "'CARDIGAN'", "264", "474")),
    (settings(groups={"animals": [3.5]}), ("groups.animals[0]", "is 3.5")),
    (settings(groups={"animals": [None]}), ("groups.animals[0]", "is None")),
    (settings(groups={"animals": [["zebra"]]}), ("groups.animals[0]", "is ['zebra']")),
    (settings(groups={"animals": [{}]}), ("groups.animals[0]", "{}", "one `word: class`")),
    (
        settings(groups={"animals": [{"horse": "zebra", "cat": "tiger"}]}),
        ("groups.animals[0]", "{'horse': 'zebra', 'cat': 'tiger'}", "one `word: class`"),
    ),
    (settings(groups={"animals": [{"!?": "zebra"}]}), ("groups.animals[0]", "'!?'", "letters or digits")),
    # What only the plan can tell.
    (settings(methods={"robust": {"steps": -5}}), ("methods.robust", "steps", "not -5", "greater than or equal to 1")),
    (settings(methods={"robust": {"steps": "many"}}), ("methods.robust", "steps", "not 'many'", "integer")),
    (settings(methods={"robust": {"optimizer": "sgd"}}), ("methods.robust", "not 'sgd'", "'ascent' or 'adam'")),
    (settings(methods={"robust": {"scale": float("nan")}}), ("methods.robust", "scale", "nan")),
    (settings(methods={"plain": {"decay_power": 1.0}}), ("methods.plain", "decay_power", "'fourier'")),
    (settings(methods={"robust": {"jitter": 64}}, size=64), ("methods.robust", "jitter 64", "size 64")),
    (settings(methods={"robust": {"groups": []}}), ("methods", "no method draws 'zebra'", "'animals'")),
    (
        {"groups": {"cats": ["tiger"], "horses": ["zebra"]}, "methods": {"robust": {"groups": ["cats"]}}},
        ("methods", "no method draws 'zebra'", "'horses'"),
    ),
]


@pytest.mark.parametrize(("values", "words"), BAD, ids=[str(values)[:60] for values, _ in BAD])
def test_an_error_names_key_value_and_choices(values: object, words: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        class_pages(read(values))
    message = str(caught.value)
    assert [word for word in ("extra.gallery", *words) if word not in message] == []
    assert "\n" not in message


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"Big cats": ["tiger"], "big-cats": ["lion"]}, "already the group 'Big cats'"),
        ({"Gallery": ["tiger"]}, "already the page's own title"),
    ],
)
def test_two_groups_cannot_have_one_anchor(groups: dict[str, list[str]], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        class_pages(read({"groups": groups}))


def test_methods_may_be_a_list_of_presets() -> None:
    listed, mapped = (read(settings(methods=methods)) for methods in (["smooth", "maco"], {"smooth": None, "maco": {}}))
    assert list(listed.methods) == ["smooth", "maco"]
    assert listed.methods == mapped.methods
