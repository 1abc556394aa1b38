"""What other stores hold comes into this one whole, once, and changes nothing that was here."""

from __future__ import annotations

from pathlib import Path

import fakes
import pytest
from recipes import of_class

from actmax.errors import StoreError
from actmax.pipeline.shards import Shard, shard
from actmax.store import Store
from actmax.store import store as module

FILES = {"drawing.png": b"a picture" * 500, "frames.webp": b"a filmstrip"}


def filled(path: Path, *channels: int, picture: bytes = FILES["drawing.png"]) -> Store:
    store = Store(path)
    for channel in channels:
        store.put({**FILES, "drawing.png": picture}, fakes.record(of_class(channel)))
    return store


def content(store: Store) -> dict[str, bytes]:
    """Every file but the lock, by its path."""
    found = {path.relative_to(store.path).as_posix(): path for path in store.path.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not path.name.startswith(".")}


def test_merge_adds_missing_drawings_and_keeps_the_others(tmp_path: Path) -> None:
    ours = filled(tmp_path / "ours", 1, 2)
    theirs = filled(tmp_path / "theirs", 2, 3, 4, picture=b"by another processor")
    before = content(theirs)
    merged = ours.merge(theirs)
    assert (merged.added, merged.present, merged.damaged, merged.measurements) == (2, 1, 0, 0)
    assert str(merged) == "2 drawings and 0 measurements added, 1 present"
    pictures = [ours.get(of_class(channel)).read("drawing.png") for channel in (1, 2, 3, 4)]  # type: ignore[union-attr]
    assert pictures == [FILES["drawing.png"]] * 2 + [b"by another processor"] * 2
    assert content(theirs) == before


def test_merging_again_changes_nothing(tmp_path: Path) -> None:
    ours, theirs = filled(tmp_path / "ours", 1), filled(tmp_path / "theirs", 2)
    ours.merge(theirs)
    before = content(ours)
    again = ours.merge(theirs)
    assert (again.added, again.present) == (0, 1)
    assert content(ours) == before


def test_merging_a_store_with_itself_changes_nothing(tmp_path: Path) -> None:
    ours = filled(tmp_path / "ours", 1, 2)
    before = content(ours)
    assert ours.merge(Store(tmp_path / "ours")).present == 2
    assert content(ours) == before


@pytest.mark.parametrize("damage", ["half", "other", "gone", "record"])
def test_damaged_drawings_are_skipped_and_counted(tmp_path: Path, damage: str) -> None:
    ours, theirs = Store(tmp_path / "ours"), filled(tmp_path / "theirs", 1, 2)
    folder = theirs.path / "drawings" / of_class(1).digest()
    if damage == "half":
        (folder / "drawing.png").write_bytes(FILES["drawing.png"][:100])
    elif damage == "other":
        (folder / "frames.webp").write_bytes(b"another one")
    elif damage == "gone":
        (folder / "frames.webp").unlink()
    else:
        text = (folder / "record.json").read_text()
        (folder / "record.json").write_text(text.replace('"seed": 0', '"seed": 1'))
    merged = ours.merge(theirs)
    assert (merged.added, merged.damaged) == (1, 1)
    assert str(merged).endswith(", 1 damaged ones skipped")
    assert [entry.recipe for entry in ours.entries()] == [of_class(2)]


def test_missing_measurements_are_added_and_present_ones_kept(tmp_path: Path) -> None:
    ours, theirs = Store(tmp_path / "ours"), filled(tmp_path / "theirs", 1)
    ours.set_note("measurements/one", {"value": "ours"})
    theirs.set_note("measurements/one", {"value": "theirs"})
    theirs.set_note("measurements/two", {"value": 2})
    (theirs.path / "measurements" / "half.json").write_text('{"value":')
    assert ours.merge(theirs).measurements == 1
    assert (ours.note("measurements/one"), ours.note("measurements/two")) == ({"value": "ours"}, {"value": 2})
    assert not (ours.path / "measurements" / "half.json").exists()


def test_merging_an_empty_folder_adds_nothing(tmp_path: Path) -> None:
    ours = filled(tmp_path / "ours", 1)
    (tmp_path / "empty" / "drawings" / "holiday pictures").mkdir(parents=True)
    merged = ours.merge(Store(tmp_path / "empty"))
    assert (merged.added, merged.present, merged.damaged) == (0, 0, 0)


def test_a_full_disk_leaves_only_whole_drawings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Store(tmp_path / "ours"), filled(tmp_path / "theirs", *range(5))
    written = 0

    def full(path: Path, data: bytes | str) -> None:
        nonlocal written
        written += 1
        if written == 8:  # in the middle of the third of three files each
            path.write_bytes(b"ha")
            raise OSError(28, "No space left on device")
        real(path, data)

    real = module.write_synced
    monkeypatch.setattr(module, "write_synced", full)
    with pytest.raises(StoreError, match=r"ours"):
        ours.merge(theirs)
    assert len(list(ours.entries())) == len(ours.stored()) == 2
    assert [path.name for path in (ours.path / "drawings").glob(".*")] == []
    monkeypatch.setattr(module, "write_synced", real)
    assert (ours.merge(theirs).added, content(ours)) == (3, content(theirs))


def test_merged_shards_equal_the_store_drawn_at_once(tmp_path: Path) -> None:
    recipes = [of_class(channel) for channel in range(23)]
    whole, merged = filled(tmp_path / "whole", *range(23)), Store(tmp_path / "merged")
    for number in (3, 1, 4, 2):
        share = Store(tmp_path / f"share-{number}")
        for one in shard(recipes, Shard(number, 4)):
            share.put(FILES, fakes.record(one))
        merged.merge(share)
    assert content(merged) == content(whole)
