"""The grammar of targets."""

from __future__ import annotations

import re

import pytest

from actmax.errors import RecipeError
from actmax.networks.class_set import ClassSet
from actmax.networks.layers import unknown_layer
from actmax.recipe.named import begins_with_layer, read_target
from actmax.recipe.target import Target, parse


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("fc8:340", Target("fc8", ((340, 1.0),))),
        ("conv5:0", Target("conv5", ((0, 1.0),))),
        ("conv5:12@center", Target("conv5", ((12, 1.0),), "center")),
        ("conv5:12@3,7", Target("conv5", ((12, 1.0),), (3, 7))),
        ("conv5", Target("conv5")),
        ("features.12.expand3x3:5", Target("features.12.expand3x3", ((5, 1.0),))),
        ("-fc8:340", Target("fc8", ((340, -1.0),))),
        ("2*fc8:340", Target("fc8", ((340, 2.0),))),
        ("10*fc8:340", Target("fc8", ((340, 10.0),))),
        ("fc8:340 - 0.5*fc8:292", Target("fc8", ((340, 1.0), (292, -0.5)))),
        ("-0.25*conv5:1@center + conv5:2@center", Target("conv5", ((1, -0.25), (2, 1.0)), "center")),
        ("fc8:1 + 2.5*fc8:2 - fc8:3", Target("fc8", ((1, 1.0), (2, 2.5), (3, -1.0)))),
        ("0:2", Target("0", ((2, 1.0),))),
        ("0", Target("0")),
        ("-0.5*0:2 + 3*0:1", Target("0", ((2, -0.5), (1, 3.0)))),
        ("b.conv-1:2", Target("b.conv-1", ((2, 1.0),))),
        ("b.conv-1:2@center - b.conv-1:3@center", Target("b.conv-1", ((2, 1.0), (3, -1.0)), "center")),
        ("layer1.0.conv2:7", Target("layer1.0.conv2", ((7, 1.0),))),
    ],
)
def test_a_target_is_parsed_and_written(text: str, target: Target) -> None:
    assert parse(text) == target
    assert str(target) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("  fc8:340 ", "fc8:340"),
        ("+fc8:340", "fc8:340"),
        ("1.0*fc8:340", "fc8:340"),
        ("fc8:007", "fc8:7"),
        ("conv5:12@3 , 7", "conv5:12@3,7"),
        ("fc8:340-0.50*fc8:292", "fc8:340 - 0.5*fc8:292"),
        ("- 2 * fc8:1+fc8:2", "-2*fc8:1 + fc8:2"),
        ("0.1000*fc8:1", "0.1*fc8:1"),
        ("0.0000000000001*fc8:1", "0.0000000000001*fc8:1"),
        ("0.9999999999999*fc8:3", "0.9999999999999*fc8:3"),
        ("123456789012345678901234567890*fc8:1", "123456789012345680000000000000*fc8:1"),
    ],
)
def test_every_spelling_has_one_canonical_form(text: str, written: str) -> None:
    assert str(parse(text)) == written
    assert parse(written) == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        ":340",
        "fc8:",
        "fc8:zebra",
        "fc8:-1",
        "fc8:3.5",
        "conv5@center",
        "conv5:12@",
        "conv5:12@middle",
        "conv5:12@3",
        "conv5:12@3,7,1",
        "conv5:12@-1,2",
        "fc8:1 fc8:2",
        "fc8:1*2",
        "fc8:1 +",
        "--fc8:1",
        "x*fc8:1",
        "1e-3*fc8:1",
        "fc8:1234567890",
        "٣*fc8:1",
    ],
)
def test_a_text_that_is_no_target_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert str(refusal.value).startswith(f"{text!r} is not a target: write a layer and a channel such as 'fc8:340'")


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("fc8: 340", "fc8:340"),
        ("fc8 :340", "fc8:340"),
        ("conv5 3", "conv5:3"),
        ("conv5[3]", "conv5:3"),
        ("conv5(3)", "conv5:3"),
        ("conv5/3", "conv5:3"),
        ("conv5#3", "conv5:3"),
        ("-conv5[3]", "-conv5:3"),
        ("layer1.0.conv2[7]", "layer1.0.conv2:7"),
        ("layer3.0.conv1 5", "layer3.0.conv1:5"),
        ("blocks.2.1/7", "blocks.2.1:7"),
        ("0[3]", "0:3"),
        ("-0.5*conv5[3]", "-0.5*conv5:3"),
    ],
)
def test_a_target_in_another_notation_is_refused_with_the_nearest(text: str, near: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert str(refusal.value) == f"{text!r} is not a target. Did you mean {near!r}?"
    parse(near)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("conv5:0-3", "conv5:0", "conv5:3"),
        ("conv5:0 - 3", "conv5:0", "conv5:3"),
        ("conv5:0–3", "conv5:0", "conv5:3"),
        ("conv5:0..3", "conv5:0", "conv5:3"),
        ("conv5:0:3", "conv5:0", "conv5:3"),
        ("conv5:0, 1, 2", "conv5:0", "conv5:1"),
        ("conv5[0:3]", "conv5:0", "conv5:3"),
        ("conv5:[0, 3]", "conv5:0", "conv5:3"),
        ("conv5:0 to 3", "conv5:0", "conv5:3"),
    ],
)
def test_several_targets_in_one_are_refused_with_how_they_are_given(text: str, first: str, second: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert str(refusal.value).startswith(f"{text!r} is not a target: it names several ")
    assert f"Give each by itself, such as {first!r} and {second!r}, or a sum" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-conv5", "weighs a whole layer"),
        ("2*conv5", "weighs a whole layer"),
        ("conv5 + conv5:3", "weighs a whole layer"),
        ("conv4 - conv5", "weighs a whole layer"),
        ("conv4:1 + conv5:1", "all terms of a target must name the same layer"),
        ("conv5:1 + conv5:2@center", "all terms of a target must name the same position"),
        ("conv5:1@1,2 + conv5:2@2,1", "all terms of a target must name the same position"),
        ("fc8:1 + fc8:1", "names a channel twice"),
        ("fc8:1 - 0.5*fc8:01", "names a channel twice"),
        ("0*fc8:1", "a finite number other than 0"),
        ("fc8:1 + 0.0*fc8:2", "a finite number other than 0"),
    ],
)
def test_terms_that_make_no_single_score_are_refused(text: str, reason: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert str(refusal.value).startswith(repr(text))
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("fc8:340", 340),
        ("conv5:12@center", 12),
        ("conv5", None),
        ("-fc8:340", None),
        ("2*fc8:340", None),
        ("fc8:1 + fc8:2", None),
    ],
)
def test_only_a_single_channel_is_a_unit(text: str, unit: int | None) -> None:
    assert parse(text).unit == unit


@pytest.mark.parametrize(
    "text", ["conv5:0-3" + " " * 50_000, "9" * 5000 + "*fc8:1", "fc8:" + "9" * 5000, "x" * 20_000, "fc8:1 + " * 5000]
)
def test_a_very_long_text_is_refused_in_a_short_message(text: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    ("network", "texts"),
    [
        ("compact", ["fc8:3", "fc8:3@center", "logits:3", "logits:3@center"]),
        ("alexnet", ["fc8:3 - 0.5*fc8:4", "logits:3@center - 0.5*logits:4@center"]),
        ("squeezenet1_0", ["logits:3", "logits:3@center"]),
        ("timm/resnet18.a1_in1k", ["logits", "logits"]),
        ("compact", ["fc6:3", "fc6:3@center"]),
    ],
)
def test_spellings_of_one_score_are_one_target_of_a_network(network: str, texts: list[str]) -> None:
    targets = {parse(text).canonical(network) for text in texts}
    assert targets == {parse(texts[0])}
    assert {target.canonical(network) for target in targets} == targets


@pytest.mark.parametrize("text", ["conv5:3@center", "conv5:3", "fc8:3@0,0", "features.3:1@center"])
def test_positions_and_layers_that_differ_stay(text: str) -> None:
    assert parse(text).canonical("compact") == parse(text)


@pytest.mark.parametrize(
    ("network", "text", "expected"),
    [
        ("compact", "fc8:3", True),
        ("compact", "logits:3", True),
        ("squeezenet1_0", "logits:3", True),
        ("squeezenet1_0", "fc8:3", False),
        ("compact", "conv5:3", False),
        ("compact", "fc8", False),
        ("compact", "fc8:3 - fc8:4", False),
        ("my own", "logits:3", True),
    ],
)
def test_a_class_is_a_single_logit_of_the_output_layer(network: str, text: str, expected: bool) -> None:
    assert parse(text).is_class(network) == expected


# Classes and layers with names of all kinds.

LABELS = ("3", "salt - pepper", "Star Wars: A New Hope", "5*hotel", "head cabbage", "[SEP]", "and/or")
LAYERS = ("0", "1", "head", "layer3.0.conv1", "blocks.2.1")


@pytest.mark.parametrize("index", range(len(LABELS)))
def test_a_class_is_found_by_its_exact_name_whatever_signs_it_contains(index: int) -> None:
    assert str(read_target(LABELS[index], ClassSet(LABELS), "fc", LAYERS)) == f"fc:{index}"


@pytest.mark.parametrize("text", ["layer3.0.conv1:5", "blocks.2.1", "1", "0:1 - 0:2", "head:3@center"])
def test_a_target_is_read_whatever_its_layer_is_called(text: str) -> None:
    assert str(read_target(text, ClassSet(LABELS), "fc", LAYERS)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0:1 - 1:2", "'0:1 - 1:2': all terms of a target must name the same layer."),
        ("0:1 + 0:1", "'0:1 + 0:1' names a channel twice: add its weights up."),
        ("layer3.0.conv1[5]", "'layer3.0.conv1[5]' is not a target. Did you mean 'layer3.0.conv1:5'?"),
        ("head:and/or", "'head:and/or' is not a target. Did you mean 'and/or'?"),
        ("head 1", "'head 1' is not a target. Did you mean 'head:1'?"),
    ],
)
def test_layers_that_are_numbers_or_have_dots_are_not_misread(text: str, message: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        read_target(text, ClassSet(LABELS), "fc", LAYERS)
    assert str(refusal.value) == message


def test_the_first_word_of_a_class_is_no_layer() -> None:
    assert not any(
        begins_with_layer(text, ("head", "salt")) for text in ("head", "head cabbage", "head-cabbage", "header")
    )
    assert all(begins_with_layer(text, ("head",)) for text in ("head:", "head[3]", "head 3", "head : 3", "head:zebra"))


def test_no_class_is_offered_for_a_number_where_layers_are_numbers() -> None:
    assert str(unknown_layer("It", "7", LAYERS, "fc", ["a"] * 10)).startswith("It has no layer '7'. Allowed: ")
    assert (
        str(unknown_layer("It", "7", ("conv",), "fc", [*"abcdefghij"])) == "It has no layer '7'. Did you mean 'fc:7'?"
    )


SIGNED = ("seven", "eight", "c++", "-")


@pytest.mark.parametrize(
    "text",
    ["seven +", "seven -", "+ seven -", "seven *", "2*-seven", "- -seven", "seven + + eight", "seven:", "seven@"],
)
def test_a_sign_too_many_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match=f"^{re.escape(repr(text))} is not a target"):
        read_target(text, ClassSet(SIGNED), "fc")


@pytest.mark.parametrize(
    ("text", "target"),
    [("+seven", "fc:0"), ("C++", "fc:2"), ("c++ - seven", "fc:2 - fc:0"), ("seven + -", "fc:0 + fc:3"), ("-", "fc:3")],
)
def test_a_sign_may_be_part_of_a_name(text: str, target: str) -> None:
    assert str(read_target(text, ClassSet(SIGNED), "fc")) == target


ODD = ("conv", "my layer", "größe", "a-b+c@2", "conv:1", "2*x", "-neg")
"""Names of layers that PyTorch allows; only the first can stand in a target."""


@pytest.mark.parametrize("layers", [(), ODD], ids=["unknown", "known"])
@pytest.mark.parametrize("text", ["my layer:1", "größe:1", "a-b+c@2:1", "conv:1:1", "größe"])
def test_a_layer_whose_name_no_target_can_hold_is_said_to_be_one(text: str, layers: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError) as refusal:
        read_target(text, ClassSet(LABELS), "fc", layers) if layers else parse(text)
    layer = repr(text.removesuffix(":1")) if layers else "name"
    assert str(refusal.value).startswith(f"{text!r} is not a target")
    assert "In a target a layer's name has only ASCII letters" in str(refusal.value)
    assert f"actmax.objectives.channel({layer}, index) takes any name." in str(refusal.value)


@pytest.mark.parametrize(("text", "layer"), [("conv:1:1", "conv:1"), ("2*x:3", "2*x"), ("-neg:1", "-neg")])
def test_what_is_read_of_a_layers_name_is_not_answered_with_the_same(text: str, layer: str) -> None:
    with pytest.raises(RecipeError) as refusal:  # noqa: PT012 - either of the two refuses it
        target = read_target(text, ClassSet(LABELS), "fc", ODD)
        raise RecipeError(str(unknown_layer("It", target.layer, ODD[1:], "fc", LABELS)))
    assert f"actmax.objectives.channel({layer!r}, index)" in str(refusal.value)
    assert "Did you mean" not in str(refusal.value)


def test_the_part_of_a_name_before_a_colon_is_no_layer() -> None:
    assert str(unknown_layer("It", "conv", ODD[1:], "fc", LABELS)).startswith(
        "It has no layer 'conv'. Its layer 'conv:1' is no target. In a target"
    )
