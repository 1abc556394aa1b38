"""Pictures that drawings start from: read once, known by their content, and named where they cannot be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gen.plan import Plan
from gen.settings import SettingsError, read
from gen.settings.starts import Starts, read_starts

Plans = Callable[..., Plan]
GROUPS = {"animals": ["zebra"]}


def read_from(root: Path, **settings: Any) -> Starts:
    return read_starts(read({"groups": GROUPS, **settings}), root)


def started(named: str) -> dict[str, Any]:
    return {"methods": {"mine": {"preset": "smooth", "start": named}}}


def photographed(named: str) -> dict[str, Any]:
    return {"photo": {"picture": named, "class": "tiger"}}


def save(path: Path, color: str) -> str:
    """A picture; what recipes call it."""
    Image.new("RGB", (90, 60), color).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_no_picture_is_read_where_none_is_named(tmp_path: Path) -> None:
    assert read_from(tmp_path) == Starts({}, {})


def test_pictures_are_relative_to_mkdocs_yml_and_named_by_their_content(tmp_path: Path) -> None:
    cat, dog = save(tmp_path / "cat.png", "red"), save(tmp_path / "dog.png", "blue")
    found = read_from(tmp_path, **started("cat.png"), **photographed("dog.png"))
    assert found.names == {"cat.png": cat, "dog.png": dog}
    assert {name: picture.getpixel((0, 0)) for name, picture in found.pictures.items()} == {
        cat: (255, 0, 0),
        dog: (0, 0, 255),
    }


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("absent.png", "absent or no regular file"),
        ("words.png", "none of the formats"),
        ("folder", "it is a folder"),
        ("~nobody-at-all/cat.png", "no such user's folder"),
    ],
)
@pytest.mark.parametrize(("settings_of", "key"), [(started, "methods.mine.start"), (photographed, "photo.picture")])
def test_a_picture_that_cannot_be_read_is_named_with_its_key_in_a_sentence(
    tmp_path: Path, settings_of: Callable[[str], dict[str, Any]], key: str, named: str, why: str
) -> None:
    (tmp_path / "words.png").write_text("not a picture at all", "utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match=why) as caught:
        read_from(tmp_path, **settings_of(named))
    message = str(caught.value)
    assert message.startswith(f"extra.gallery.{key} in mkdocs.yml is {named!r}: ")
    assert message.endswith(".")
    assert "\n" not in message


def test_the_recipes_of_a_method_name_its_start_picture(planned: Plans, tmp_path: Path) -> None:
    name = save(tmp_path / "cat.png", "red")
    (recipe,) = planned(GROUPS, **started("cat.png")).recipes()
    assert (recipe.start, recipe.start_sd, recipe.feature_weight, recipe.feature_layer) == (name, 0.0, 0.5, "conv3")


def test_a_start_picture_is_identified_by_its_content(planned: Plans, tmp_path: Path) -> None:
    save(tmp_path / "cat.png", "red")
    (tmp_path / "copy.png").write_bytes((tmp_path / "cat.png").read_bytes())
    cat, copy = (planned(GROUPS, **started(named)).recipes() for named in ("cat.png", "copy.png"))
    assert cat == copy
    save(tmp_path / "cat.png", "blue")
    assert planned(GROUPS, **started("cat.png")).recipes() != cat
