"""The author's photos that excite a channel or a class most and least, and where it is active in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from actmax.networks.weights import resolve_weights
from actmax.store import Store
from gen.plan import Plan, plan
from gen.settings import SettingsError, read
from gen.study import examples as study
from gen.study.examples import examples, shown_photos

SIZE = 96


@pytest.fixture
def planned() -> Callable[..., Plan]:
    def made(units: dict[str, list[int]] | None = None, **values: Any) -> Plan:
        settings: dict[str, Any] = {
            "size": 64,
            "methods": {"robust": {"steps": 2}},
            "groups": {"animals": ["zebra"]},
            "photos": "mine",
            **values,
        }
        if units:
            settings["units"] = {"layers": units}
        return plan(read(settings), resolve_weights("compact"), units=units or {})

    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures: gray, each with a patch of noise of another contrast in the lower right."""
    made = tmp_path / "mine"
    made.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (SIZE // 4, SIZE // 4, 3)) - 128
    for index in range(12):
        pixels = np.full((SIZE, SIZE, 3), 128)
        pixels[-SIZE // 4 :, -SIZE // 4 :] += noise * index // 12
        (made / f"sub{index % 2}").mkdir(exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(made / f"sub{index % 2}" / f"{index}.png")
    (made / "notes.txt").write_text("no picture")
    return tmp_path


def test_the_strongest_and_the_weakest_photos_are_shown_once_each(
    planned: Callable[..., Plan], folder: Path, store: Store
) -> None:
    found = examples(planned({"conv1": [0, 1, 2, 3], "fc6": [7]}), store, folder)
    assert set(found) == {*(("conv1", channel) for channel in range(4)), ("fc6", 7), ("logits", 340)}
    for chosen in found.values():
        assert chosen.photos == 12
        high, low = ([example.activation for example in some] for some in (chosen.strongest, chosen.weakest))
        assert (len(high), len(low)) == (6, 3)
        assert high == sorted(high, reverse=True)
        assert low == sorted(low)
        assert max(low) <= min(high)
        assert len({example.photo.name for example in (*chosen.strongest, *chosen.weakest)}) == 9
    assert {photo.path.suffix for photo in shown_photos(found)} == {".png"}


def test_the_region_is_where_the_patch_is(planned: Callable[..., Plan], folder: Path, store: Store) -> None:
    found = examples(planned({"conv2": list(range(24))}), store, folder)
    regions = [chosen.strongest[0].region for (layer, _), chosen in found.items() if layer == "conv2"]
    inside = [region[0] > 0.5 and region[1] > 0.5 for region in regions if region]
    assert sum(inside) > 4  # the others respond to plain gray


@pytest.mark.parametrize(("count", "strongest", "weakest"), [(1, 1, 0), (2, 1, 1), (5, 3, 2)])
def test_few_photos_are_shared_out(
    planned: Callable[..., Plan], folder: Path, store: Store, count: int, strongest: int, weakest: int
) -> None:
    for path in sorted(folder.rglob("*.png"))[count:]:
        path.unlink()
    (chosen,) = examples(planned(), store, folder).values()
    assert (len(chosen.strongest), len(chosen.weakest), chosen.photos) == (strongest, weakest, count)


def test_each_photo_is_measured_once(
    planned: Callable[..., Plan], folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = examples(planned({"conv5": [7]}), store, folder)

    def never(*_: object) -> None:
        raise AssertionError("the network is loaded again")

    monkeypatch.setattr("actmax.pipeline.measurements.load", never)
    assert examples(planned({"conv5": [7]}), store, folder) == first
    assert examples(planned(photos=None), store, folder) == {}


@pytest.mark.parametrize("content", [None, {}, {"notes.txt": b"no picture"}])
def test_a_folder_without_photos_is_an_error_with_its_key(
    planned: Callable[..., Plan], store: Store, tmp_path: Path, content: dict[str, bytes] | None
) -> None:
    if content is not None:
        (tmp_path / "mine").mkdir()
        for name, data in content.items():
            (tmp_path / "mine" / name).write_bytes(data)
    with pytest.raises(SettingsError, match=r"^extra\.gallery\.photos in mkdocs\.yml is 'mine': no pictures"):
        study.examples(planned(), store, tmp_path)


def test_an_unreadable_photo_is_an_error_with_key_and_name(
    planned: Callable[..., Plan], store: Store, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    with pytest.raises(SettingsError, match=r"^extra\.gallery\.photos in mkdocs\.yml: .*broken\.png"):
        study.examples(planned(), store, tmp_path)
