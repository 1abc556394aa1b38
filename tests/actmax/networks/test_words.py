"""Tests of actmax.networks.words: the table is small, complete, and says what WordNet does."""

from __future__ import annotations

from actmax.networks import words
from actmax.networks.labels import classes, slugify
from actmax.networks.words import TABLE, senses, singulars


def rows() -> list[tuple[list[str], str]]:
    lines = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines())
    return [(named.split(", "), rest) for named, rest in lines]


def test_the_table_is_small_and_its_license_beside_it() -> None:
    assert TABLE.stat().st_size <= 60_000
    text = TABLE.with_name("words.LICENSE.txt").read_text("utf-8")
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in text


def test_words_are_as_they_are_looked_up() -> None:
    named = {word for words, _ in rows() for word in words}
    assert {word for word in named if slugify(word).replace("-", " ") != word} == set()


def test_a_word_near_a_class_is_no_general_word_and_no_name_of_a_class() -> None:
    table = rows()
    near = [word for words, rest in table if rest.startswith("~") for word in words]
    general = {word for words, rest in table if rest[0].isdigit() for word in words}
    names = {slugify(name).replace("-", " ") for label in classes() for name in (label.name, *label.synonyms)}
    assert len(near) == len(set(near)) > 1000
    assert set(near) & (general | names) == set()


def test_every_sense_has_classes_of_imagenet() -> None:
    for named, rest in rows():
        if rest.startswith("="):
            continue
        for word in named:
            for sense in senses(word.replace(" ", "-")):
                assert sense.indices
                assert set(sense.indices) <= set(range(1000))
                assert len(sense.indices) <= (3 if sense.near else 400)


def test_plurals() -> None:
    assert singulars("dogs") == ("dog",)
    assert "bus" in singulars("buses")
    assert "pony" in singulars("ponies")
    assert singulars("timber-wolves") == ("timber-wolf",)
    assert singulars("geese") == ("goose",)
    assert "fireman" in singulars("firemen")
    assert singulars("s") == singulars("") == singulars("dog") == ()


def test_the_table_is_read_once() -> None:
    assert words._table() is words._table()
