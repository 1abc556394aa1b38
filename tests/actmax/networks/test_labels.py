"""Tests of actmax.networks.labels: a spelling finds the one class that it names, or the error lists similar names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from actmax.errors import ActmaxError, UnknownNameError
from actmax.networks import labels
from actmax.networks.labels import classes, find_classes, meanings, resolve_class, search, slugify, unique_name


def test_there_are_a_thousand_classes_in_index_order() -> None:
    assert [label.index for label in classes()] == list(range(1000))


def test_every_class_can_be_described() -> None:
    for label in classes():
        assert re.fullmatch(r"n\d{8}", label.wnid)
        assert label.name
        assert label.definition
        assert all(label.synonyms)


@pytest.mark.parametrize("attribute", ["slug", "wnid"])
def test_a_url_belongs_to_one_class(attribute: str) -> None:
    assert len({getattr(label, attribute) for label in classes()}) == 1000


def test_slugs_are_safe_in_urls_and_are_no_index() -> None:
    # A slug that is a number would take the page of the class with that index.
    for label in classes():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", label.slug)
        assert not label.slug.isdecimal()


@pytest.mark.parametrize(
    ("index", "name", "slug"),
    [
        (340, "zebra", "zebra"),
        (264, "Cardigan", "cardigan-264"),
        (474, "cardigan", "cardigan-474"),
        (517, "crane", "crane"),
        (134, "crane bird", "crane-bird"),
        (607, "jack-o'-lantern", "jack-o-lantern"),
        (477, "carpenter's kit", "carpenters-kit"),
        (444, "bicycle-built-for-two", "bicycle-built-for-two"),
    ],
)
def test_names_and_slugs(index: int, name: str, slug: str) -> None:
    assert (classes()[index].name, classes()[index].slug) == (name, slug)


def test_only_names_that_collide_carry_their_index() -> None:
    assert [label.index for label in classes() if label.slug != slugify(label.name)] == [264, 474]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Zebra", "zebra"),
        ("jack-o'-lantern", "jack-o-lantern"),
        ("carpenter's kit", "carpenters-kit"),
        ("Café  crème!", "cafe-creme"),
        ("conv5:12@center", "conv5-12-center"),
        ("--", ""),
    ],
)
def test_slugify(text: str, slug: str) -> None:
    assert slugify(text) == slug


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("zebra", 340),
        (340, 340),
        ("340", 340),
        (" 340 ", 340),
        (0, 0),
        ("0", 0),
        (999, 999),
        ("n02391049", 340),
        ("Zebra", 340),
        ("ZEBRA", 340),
        (" zebra ", 340),
        ("mountain bike", 671),
        ("mountain-bike", 671),
        ("Mountain_Bike", 671),
        ("all-terrain bike", 671),
        ("off roader", 671),
        ("bicycle built for two", 444),
        ("tandem bicycle", 444),
        ("jack-o'-lantern", 607),
        ("Jack O Lantern", 607),
        ("carpenter's kit", 477),
        ("carpenters kit", 477),
        ("tool kit", 477),
        ("crane-517", 517),
        ("Crane (517)", 517),
        ("crane bird", 134),
        ("crane-bird", 134),
        ("cardigan-264", 264),
        ("cardigan-474", 474),
        ("Cardigan Welsh corgi", 264),
        ("n02113186", 264),
    ],
)
def test_a_class_is_found_by(name: str | int, index: int) -> None:
    assert resolve_class(name).index == index


def test_every_class_is_found_by_its_unique_name_index_and_wnid() -> None:
    for label in classes():
        assert (
            resolve_class(unique_name(label))
            == resolve_class(slugify(unique_name(label)))
            == resolve_class(label.wnid)
            == resolve_class(label.index)
            == label
        )


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("CARDIGAN", (264, 474)),
        ("Cardigan", (264, 474)),
        ("crane", (517, 134)),
        ("harp", (594, 593)),
        ("panther", (286, 290)),
        ("panda", (387, 388)),
    ],
)
def test_an_ambiguous_name_is_refused_and_both_choices_are_named(name: str, choices: tuple[int, int]) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(name)
    message = str(refusal.value)
    assert repr(name) in message
    for index in choices:
        assert f"{unique_name(classes()[index])!r} ({classes()[index].definition[:20]}" in message


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("zebre", "zebra"),
        ("bicycle", "bicycle-built-for-two"),
        ("golden retreiver", "golden retriever"),
        ("bus", "school bus"),
        ("mountian bike", "mountain bike"),
    ],
)
def test_an_unknown_name_is_refused_and_the_nearest_is_named(name: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(name)
    assert repr(name) in str(refusal.value)
    assert repr(nearest) in str(refusal.value)
    assert "`actmax classes" in str(refusal.value)


@pytest.mark.parametrize("name", ["", "  ", "?", "qqqqqqqq", "woman", "quokka"])
def test_a_name_like_no_other_is_refused_without_a_guess(name: str) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(name)
    assert str(refusal.value) == f"ImageNet-1k has no class {name!r}. `actmax classes` lists all 1000."


@pytest.mark.parametrize("name", ["鶴", "キリン", "жираф", "기린", "ζέβρα"])
def test_a_name_in_other_letters_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(name)
    reason = "cannot be looked up: ImageNet's names are English, in Latin letters. `actmax classes` lists all 1000."
    assert str(refusal.value) == f"{name!r} {reason}"


# Everyday words.


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("puma", "cougar"),
        ("PUMA", "cougar"),
        ("pumas", "cougar"),
        ("penguin", "king penguin"),
        ("Penguins", "king penguin"),
        ("pénguin", "king penguin"),
        ("horse", "sorrel"),
        ("soccer ball", "soccer ball"),
        ("soccer balls", "soccer ball"),
        ("hot dog", "hotdog"),
        ("Hot-Dogs", "hotdog"),
        ("zebras", "zebra"),
        ("mice", "mouse"),
        ("timber wolves", "timber wolf"),
        ("volcanoes", "volcano"),
    ],
)
def test_an_everyday_word_for_one_class_alone_finds_it(word: str, name: str) -> None:
    assert resolve_class(word).name == name


@pytest.mark.parametrize(
    ("word", "count", "among"),
    [
        ("dog", 118, "golden retriever"),
        ("dogs", 118, "Chihuahua"),
        ("bird", 59, "king penguin"),
        ("vehicle", 67, "mountain bike"),
        ("phone", 3, "cellular telephone"),
        ("truck", 8, "fire engine"),
        ("animal", 398, "zebra"),
    ],
)
def test_a_general_word_is_refused_with_the_classes_under_it(word: str, count: int, among: str) -> None:
    (meaning,) = meanings(word)
    assert (len(meaning.classes), meaning.near) == (count, False)
    assert among in [label.name for label in meaning.classes]
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(word)
    first = repr(unique_name(meaning.classes[0]))
    assert str(refusal.value).startswith(f"{word!r} is not one ImageNet class but {count}: {first}, ")
    assert str(refusal.value).endswith(f"`actmax classes {word}` lists them.")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("bike", ["2 meanings", "bicycle ('bicycle-built-for-two', 'mountain bike')", "motorcycle ('moped')"]),
        ("cat", ["2 meanings", "true cat ('tabby', ", "big cat ('leopard', "]),
        ("car", ["2 meanings", "auto ('ambulance', ", "railway car ('freight car', 'passenger car')"]),
        ("plane", ["'plane-726' (a carpenter's hand tool", "'airliner' (a commercial airplane"]),
        ("wagon", ["'beach wagon'", "'police van'"]),
    ],
)
def test_a_word_of_several_meanings_is_refused_and_each_is_named(word: str, parts: list[str]) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(word)
    assert [part for part in parts if part not in str(refusal.value)] == []


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("giraffe", "hartebeest"), ("Giraffes", "impala"), ("cow", "ox"), ("helicopter", "warplane"), ("pencil", "quill")],
)
def test_a_word_for_no_class_is_refused_with_the_nearest_in_meaning(word: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"ImageNet has no {word}; nearest: .*'{nearest}'.*`actmax classes`"):
        resolve_class(word)


def test_a_unique_name_has_an_index_only_where_another_class_has_the_name() -> None:
    unique = [label.index for label in classes() if unique_name(label) != label.name]
    assert {134, 264, 474, 517, 726} & set(unique) == {264, 474, 517, 726}
    assert len(unique) < 15


@pytest.mark.parametrize("index", [-1, 1000, "1000"])
def test_an_index_outside_is_refused_and_the_bounds_are_named(index: int | str) -> None:
    with pytest.raises(UnknownNameError, match=f"no ImageNet class {index}: indices run from 0 to 999"):
        resolve_class(index)


@pytest.mark.parametrize("value", [True, None, 340.0, ["zebra"]])
def test_what_is_no_name_is_refused(value: object) -> None:
    with pytest.raises(UnknownNameError, match=re.escape(repr(value))):
        resolve_class(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("zebra", [340]),
        ("340", [340]),
        ("n02391049", [340]),
        ("zebre", [340]),
        ("cran", [134, 517]),
        ("cardigan", [264, 474]),
        ("tandem", [444]),
        ("retriever", [205, 206, 207, 208, 209]),
    ],
)
def test_a_search_puts_the_nearest_first(text: str, first: list[int]) -> None:
    assert [label.index for label in search(text)][: len(first)] == first


def test_a_search_finds_words_inside_names_before_names_that_are_spelt_alike() -> None:
    found = [label.name for label in search("bicycle", most=3)]
    assert found[0] == "bicycle-built-for-two"
    assert set(found[1:]) == {"tricycle", "unicycle"}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("bike", "'bike' has 2 meanings: bicycle ('bicycle-built-for-two', 'mountain bike') or motorcycle ("),
        ("vessel", "'vessel' has 2 meanings: that of 'barrel', "),  # both have no other word
        ("part", "'part' has 2 meanings: that of "),  # both are portions
        ("machine", "'machine' has 3 meanings: that of "),
    ],
)
def test_no_two_meanings_have_the_same_word_in_a_message(word: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(word)
    assert str(refusal.value).startswith(message)
    assert not any(f"{before}{word} (" in str(refusal.value) for before in (": ", "or "))


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_search_finds_no_more_than_asked(most: int) -> None:
    assert len(search("terrier", most)) == most


@pytest.mark.parametrize("text", ["", " ", "qqqqqqqq"])
def test_a_search_for_nothing_finds_nothing(text: str) -> None:
    assert search(text) == []


def test_looking_up_a_class_does_not_import_torch() -> None:
    code = (
        "import sys, actmax; assert actmax.resolve_class('zebra').index == 340;"
        "print([name for name in ('torch', 'torchvision', 'timm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# For good.

SLUGS = Path(__file__).with_name("slugs.tsv")
"""Index, WNID and slug of every class. A slug is an address that people link to: none may ever change. Names come from
a list inside torchvision that is not documented; this file holds the slugs that must stay."""


def test_no_slug_ever_changes() -> None:
    pinned = [line.split("\t") for line in SLUGS.read_text("utf-8").splitlines()]
    assert [[str(label.index), label.wnid, label.slug] for label in classes()] == pinned
    assert len({slug for *_, slug in pinned}) == 1000


TABLES = {
    "imagenet_synsets.txt": "{wnid}\n",
    "imagenet_synset_to_lemma.txt": "{wnid}\t{name}\n",
    "imagenet_synset_to_definition.txt": "{wnid}\t{name}\n",
}


@pytest.mark.parametrize(
    ("moved", "why"),
    [
        ({"_meta.py": "OTHER = []"}, "keeps ImageNet's class names elsewhere than in .*_IMAGENET_CATEGORIES"),
        ({"_meta.py": "import absent_package"}, "keeps ImageNet's class names elsewhere than in .*absent_package"),
        ({"_meta.py": None}, "keeps ImageNet's class names elsewhere"),
        ({"_meta.py": "_IMAGENET_CATEGORIES = ['zebra']"}, "do not fit together"),
        ({"imagenet_synsets.txt": None}, "cannot be read from timm"),
        ({"imagenet_synset_to_lemma.txt": "n0"}, "cannot be read from timm"),
        ({"imagenet_synset_to_definition.txt": "n0\tnothing\n"}, "do not fit together"),
        ({"imagenet_synsets.txt": "n0\n" * 1000}, "do not fit together"),
    ],
)
def test_names_that_moved_are_missed_at_once(
    moved: dict[str, str | None], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"_meta.py": f"_IMAGENET_CATEGORIES = {[label.name for label in classes()]}"}
    files |= {
        name: "".join(line.format(wnid=label.wnid, name=label.name) for label in classes())
        for name, line in TABLES.items()
    }
    monkeypatch.setattr(labels, "_package_file", lambda package, path: tmp_path / Path(path).name.replace("_info", ""))

    def write(changed: dict[str, str | None]) -> None:
        for name, text in changed.items():
            (tmp_path / name).unlink(missing_ok=True)
            if text is not None:
                (tmp_path / name).write_text(text, "utf-8")

    write(dict(files))
    assert [label.slug for label in classes.__wrapped__()] == [label.slug for label in classes()]
    write(moved)
    with pytest.raises(ActmaxError, match=why):
        classes.__wrapped__()


# Names that are no names.


@pytest.mark.parametrize(
    "name", ["9" * 5000, 10**5000, "x" * 20_000, "zebra " * 4000, "-" * 20_000, "\ud800", "\0"], ids=range(7)
)
def test_a_name_of_any_length_is_refused_in_a_few_words(name: str | int) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        resolve_class(name)
    assert len(str(refusal.value)) < 500


def test_what_no_class_goes_by_means_nothing() -> None:
    assert meanings("a word that nobody uses") == ()
    assert find_classes("a word that nobody uses") == ()
    assert len(find_classes("CARDIGAN")) == 2
