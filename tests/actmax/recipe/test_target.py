"""What a target's text means, and how it is written."""

from __future__ import annotations

import pytest

from actmax.errors import RecipeError
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
    ],
)
def test_a_target_is_read_and_written(text: str, target: Target) -> None:
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
def test_every_spelling_is_written_alike(text: str, written: str) -> None:
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
        "fc8: 340",
        "fc8:-1",
        "fc8:3.5",
        "8fc:1",
        "conv5@center",
        "conv5:12@",
        "conv5:12@middle",
        "conv5:12@3",
        "conv5:12@3,7,1",
        "conv5:12@-1,2",
        "fc8:1 fc8:2",
        "fc8:1 +",
        "--fc8:1",
        "x*fc8:1",
        "fc8:1*2",
        "1e-3*fc8:1",
        "fc8:1234567890",
        "٣*fc8:1",
    ],
)
def test_what_is_no_target_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert str(refusal.value).startswith(f"{text!r} is not a target")
    assert "'fc8:340'" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-conv5", "weighs a whole layer"),
        ("2*conv5", "weighs a whole layer"),
        ("conv5 + conv5:3", "weighs a whole layer"),
        ("conv4 - conv5", "weighs a whole layer"),
        ("conv4:1 + conv5:1", "all terms of a target must name the same layer"),
        ("conv5:1 + conv5:2@center", "all terms of a target must name the same place"),
        ("conv5:1@1,2 + conv5:2@2,1", "all terms of a target must name the same place"),
        ("fc8:1 + fc8:1", "names a channel twice"),
        ("fc8:1 - 0.5*fc8:01", "names a channel twice"),
        ("0*fc8:1", "a finite number other than 0"),
        ("fc8:1 + 0.0*fc8:2", "a finite number other than 0"),
    ],
)
def test_what_no_single_score_can_be_is_refused(text: str, reason: str) -> None:
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
def test_only_one_channel_alone_is_a_unit(text: str, unit: int | None) -> None:
    assert parse(text).unit == unit


@pytest.mark.parametrize("text", ["9" * 5000 + "*fc8:1", "fc8:" + "9" * 5000, "x" * 20_000, "fc8:1 + " * 5000])
def test_a_book_is_refused_in_a_few_words(text: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 500
