"""The classes that a file of labels names: read, looked up, and given addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actmax.errors import RecipeError, UnknownNameError
from actmax.networks import labels
from actmax.networks.class_set import ClassSet
from actmax.networks.description import MAX_LABELS_BYTES, read_labels

FILES = {
    "lines": "cat\nDog \n\tred fox\n",
    "a byte order mark and Windows' line ends": "\ufeffcat\r\nDog\r\nred fox",
    "a list": json.dumps(["cat", "Dog", "red fox"]),
    "class_to_idx": json.dumps({"red fox": 2, "cat": 0, "Dog": 1}),
    "id2label": json.dumps({"1": "Dog", "0": "cat", "2": "red fox"}),
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_labels_are_read_as_people_save_them(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels").write_bytes(text.encode())
    assert read_labels(tmp_path / "labels") == ("cat", "Dog", "red fox")


BAD = {
    "empty": (b"", "has 0 labels"),
    "one": (b"cat", "has 1 labels"),
    "an empty line": (b"cat\n\ndog", "label 1 is ''"),
    "a control character": (b"cat\nd\x07og", "label 1 is"),
    "a long line": (b"cat\n" + b"d" * 201, "label 1 is"),
    "too much": (b"\n" * (MAX_LABELS_BYTES + 1), "have more than"),
    "no UTF-8": (b"\xff\xfe", "are not UTF-8"),
    "no JSON": (b"{cat", "it is no JSON"),
    "deep JSON": (b"[" * 100_000, "it is no JSON"),
    "a gap": (b'{"cat": 0, "dog": 2}', "indices of labels must be 0, 1"),
    "numbers": (b"[1, 2]", "labels must be names"),
    "nested": (b'[["cat"], ["dog"]]', "labels must be names"),
    "of nothing": (b'{"cat": null, "dog": null}', "labels must map"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_of_something_else_is_refused(name: str, tmp_path: Path) -> None:
    content, words = BAD[name]
    (tmp_path / "labels").write_bytes(content)
    with pytest.raises(RecipeError, match=words):
        read_labels(tmp_path / "labels")


@pytest.mark.parametrize("name", ["absent", "", "a/b"])
def test_a_file_that_cannot_be_read_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(RecipeError, match="cannot be read"):
        read_labels(tmp_path / name)


def test_a_class_is_found_by_name_index_and_address() -> None:
    animals = ClassSet(("cat", "Red Fox", "crane", "Crane", "собака"))
    assert [label.slug for label in animals.labels] == ["cat", "red-fox", "crane-2", "crane-3", "class-4"]
    for word, index in (("CAT", 0), ("red fox", 1), ("red-fox", 1), (1, 1), ("1", 1), ("собака", 4), ("crane-3", 3)):
        assert animals.resolve(word).index == index
    with pytest.raises(UnknownNameError, match="is the name of 2 classes: write 'crane-2' or 'crane-3'"):
        animals.resolve("crane")
    with pytest.raises(UnknownNameError, match=r"None of the 5 labels is 'zebra'\. Allowed: "):
        animals.resolve("zebra")
    for other in (5, -1, True, 1.0, None):
        with pytest.raises(UnknownNameError):
            animals.resolve(other)  # type: ignore[arg-type]
    assert animals.labels[1].keys == ("1",)


def test_a_number_that_is_a_name_is_no_index() -> None:
    years = ClassSet(("1", "0", "1984"))
    assert [years.resolve(word).index for word in (0, "1", 1984)] == [1, 0, 2]
    assert {label.keys for label in years.labels} == {()}, "or /gallery/0/ would be two classes"


def test_no_two_classes_have_one_address() -> None:
    for names in (("a", "A", "a-1"), ("", "class-0"), ("ä", "a", "a-0", "a-1"), ("é!", "e", "E")):
        slugs = [label.slug for label in ClassSet(names).labels]
        assert len(set(slugs)) == len(slugs)


def test_without_names_they_are_imagenets() -> None:
    assert (len(ClassSet()), ClassSet().labels) == (1000, labels.classes())
    assert ClassSet().resolve("zebra") == labels.resolve_class("zebra")
    assert ClassSet().labels[340].keys == ("340", "n02391049")
