"""The network's pages, of fake drawings and of what might be known of the channels."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from PIL import Image

from actmax.errors import ActmaxError
from actmax.networks import labels
from actmax.networks.weights import resolve_weights
from actmax.store import Entry
from gen.pages import Contents, files
from gen.pages.captions import caption
from gen.plan import Plan, plan
from gen.settings import read
from gen.settings.units import numbered
from gen.study.examples import Example, Examples, Photo
from gen.study.units import Units

Draws = Callable[..., dict[str, Entry]]
Files = dict[str, str | bytes]
ZEBRA = labels.classes()[340]
CHANNELS = {"conv4": 256, "conv5": 256, "fc6": 512}
KNOWN = Units(
    inputs={("conv5", 7): [(117, 0.5), (200, -0.25)]},
    outputs={("conv4", 117): [(7, 0.5), (8, -0.125)], ("fc6", 300): [(340, 2.5), (292, -1.5)]},
    classes={("conv4", 117): [(ZEBRA, 3.25)]},
    contributors={ZEBRA: {"conv4": [(117, 3.25), (3, 1.5)], "conv5": [(7, 0.75)]}},
)
"""Of which channels 200, 8 and 3 have no page."""


@pytest.fixture
def made(drawn: Draws, tmp_path: Path) -> Callable[..., Files]:
    """From layers and their channels to the site's files; the red of a fake is its channel's number."""

    def pages(
        layers: dict[str, Any],
        known: Units = KNOWN,
        examples: Mapping[tuple[str, int], Examples] = MappingProxyType({}),
        **units: Any,
    ) -> Files:
        values = {
            "size": 64,
            "methods": {"robust": {"steps": 2}},
            "groups": {"animals": ["zebra"]},
            "units": {"layers": layers, **units},
        }
        wanted = read(values)
        assert wanted.units
        channels = numbered(wanted.units.layers, CHANNELS, "the compact AlexNet")
        planned: Plan = plan(wanted, resolve_weights("compact"), units=channels)
        found = list(files(Contents(planned, drawn(planned), units=known, examples=examples)))
        assert len(found) == len({path for path, _ in found}), "a file is written twice"
        return dict(found)

    return pages


def text(files: Files, path: str) -> str:
    content = files[path]
    assert isinstance(content, str)
    return content


def picture(files: Files, path: str) -> Image.Image:
    content = files[path]
    assert isinstance(content, bytes)
    return Image.open(io.BytesIO(content)).convert("RGB")


def links(page: str) -> set[str]:
    return set(re.findall(r'href="([^"#]*)"', page))


def test_a_channel_has_a_page_and_its_pictures_and_a_layer_a_sheet_of_them(made: Callable[..., Files]) -> None:
    files = made({"conv4": [117, 118], "conv5": 7})
    assert {path for path in files if path.startswith("network/")} == {
        "network/index.md",
        "network/units.json",
        *(f"network/{layer}/{name}" for layer in ("conv4", "conv5") for name in ("index.md", "units.json")),
        *(f"network/{layer}/{name}" for layer in ("conv4", "conv5") for name in ("strip.webp", "sheet-0.webp")),
        *(
            f"network/{unit}/{name}"
            for unit in ("conv4/117", "conv4/118", "conv5/7")
            for name in ("index.md", "small.webp", "robust-seed-0.jpg", "robust-seed-0.frames.webp")
        ),
    }


def test_without_channels_there_are_no_network_pages(published: Callable[..., Files]) -> None:
    files = published({"animals": ["zebra"]})
    assert [path for path in files if path.startswith("network/")] == []
    assert "channel by channel" not in text(files, "gallery/index.md")
    assert json.loads(text(files, "gallery/index.json"))["units"] is None


def test_each_page_shows_its_own_drawing(made: Callable[..., Files]) -> None:
    files = made({"conv4": [117, 118]})
    for number in (117, 118):
        for name in ("robust-seed-0.jpg", "small.webp"):
            red, _, _ = picture(files, f"network/conv4/{number}/{name}").getpixel((5, 5))  # type: ignore[misc]
            assert abs(red - number) < 6
        assert f"What channel conv4:{number} responds to" in text(files, f"network/conv4/{number}/index.md")


def test_a_channel_links_to_connected_channels_that_have_pages(made: Callable[..., Files]) -> None:
    files = made({"conv4": 117, "conv5": 7, "fc6": 300})
    page = text(files, "network/conv5/7/index.md")
    assert "../../conv4/117/" in links(page)
    assert "../../conv4/200/" not in links(page)
    assert re.search(r"<li>conv4:200 <small>−0\.25</small>", page)
    page = text(files, "network/conv4/117/index.md")
    assert {"../../conv5/7/", "../../../gallery/zebra/"} <= links(page)
    assert "<li>conv5:8 " in page


def test_the_outputs_of_the_last_hidden_layer_are_classes(made: Callable[..., Files]) -> None:
    page = text(made({"fc6": 300}), "network/fc6/300/index.md")
    assert "Classes with the largest positive weights" in page
    assert page.index("zebra</a>") < page.index("Largest negative weights") < page.index("<li>tiger")
    assert "../../../gallery/zebra/" in links(page)
    assert not any("tiger" in link for link in links(page))  # it has no page here
    assert re.search(r"<li>tiger <small>−1\.5", page)


def test_a_class_and_its_contributing_channels_link_to_each_other(made: Callable[..., Files]) -> None:
    files = made({"conv4": 117, "conv5": 7})
    page = text(files, "gallery/zebra/index.md")
    assert "Channels with the largest attribution" in page
    assert {"../../network/conv4/117/", "../../network/conv5/7/", "../../network/"} <= links(page)
    assert "<li>conv4:3 " in page
    assert "../../../gallery/zebra/" in links(text(files, "network/conv4/117/index.md"))


def test_channels_link_to_their_neighbors_in_the_layer(made: Callable[..., Files]) -> None:
    files = made({"conv4": [3, 117], "conv5": 7})
    assert 'rel="next" href="../117/"' in text(files, "network/conv4/3/index.md")
    last = text(files, "network/conv4/117/index.md")
    assert 'rel="prev" href="../3/"' in last
    assert 'rel="next"' not in last
    assert 'rel="next" href="../conv5/"' in text(files, "network/conv4/index.md")


def test_a_sheet_holds_256_drawings_and_more_go_to_the_next(made: Callable[..., Files]) -> None:
    files = made({"fc6": "0-257"}, Units({}, {}, {}, {}))
    assert picture(files, "network/fc6/sheet-0.webp").size == (16 * 64, 16 * 64)
    assert picture(files, "network/fc6/sheet-1.webp").size == (16 * 64, 64)
    red, _, _ = picture(files, "network/fc6/sheet-0.webp").getpixel((64 * 4 + 32, 64 * 7 + 32))  # type: ignore[misc]
    assert abs(red - 116) < 6
    page = text(files, "network/fc6/index.md")
    assert page.count('<li class="sheet-0"') == 256
    assert page.count('<li class="sheet-1"') == 2
    ranks = [int(rank) for rank in re.findall(r'data-similarity-rank="(\d+)"', page)]
    assert sorted(ranks) == list(range(258))


def test_drawings_that_minimize_a_channel_are_marked(made: Callable[..., Files]) -> None:
    files = made({"conv4": 117}, negative=True, seeds=[0, 3])
    page = text(files, "network/conv4/117/index.md")
    assert re.findall(r'<figure class="(?:drawing frames|anchor)" id="([^"]+)"', page) == [
        "robust-seed-0",
        "robust-seed-3",
        "negative-seed-0",
        "negative-seed-3",
    ]
    assert page.count("minimizes the channel") == 2
    assert "network/conv4/117/negative-seed-3.jpg" in files


def test_the_data_list_every_channel_and_every_file(made: Callable[..., Files]) -> None:
    files = made({"conv4": [117, 118], "conv5": 7})
    index = json.loads(text(files, "network/units.json"))
    assert index["network"]["name"] == "compact"
    assert json.loads(text(files, "gallery/index.json"))["units"] == "network/units.json"
    assert list(index["layers"]) == ["conv4", "conv5"]
    layer = json.loads(text(files, index["layers"]["conv4"]["units"]))
    assert index["schema"] == layer["schema"] == 2
    assert [unit["channel"] for unit in layer["units"]] == [117, 118]
    unit = layer["units"][0]
    assert f"{unit['url']}index.md" in files
    assert (unit["inputs"], unit["outputs"], unit["classes"]) == ([], [[7, 0.5], [8, -0.125]], [[340, 3.25]])
    (drawing,) = unit["drawings"]
    assert drawing["jpg"] in files
    assert (drawing["size"], drawing["activation"]) == (64, 12.34)
    assert drawing["caption"] == "robust, seed 0: activation 12.34"


def test_the_authors_pictures_are_shown_small_under_the_name_of_their_content(
    made: Callable[..., Files], tmp_path: Path
) -> None:
    path = tmp_path / "mine.png"
    Image.new("RGB", (300, 200), (200, 10, 10)).save(path)
    photo = Photo("0123456789abcdef", path)
    examples = Examples([Example(photo, 1.5, (0.0, 0.0, 0.25, 0.5))], [Example(photo, -0.5)], 7)
    shown = {("conv4", 117): examples, ("conv4", 118): examples, ("logits", 340): examples}
    files = made({"conv4": [117, 118]}, Units({}, {}, {}, {}), shown)
    assert picture(files, "assets/photos/0123456789abcdef.webp").size == (256, 256)
    for name, strongest, weakest in (("network/conv4/117", "1.50", "−0.50"), ("gallery/zebra", "1.5", "−0.5")):
        page = text(files, f"{name}/index.md")
        assert str(tmp_path) not in page
        assert "mine" not in page
        assert page.index(">Strongest<") < page.index(f"<small>{strongest}<") < page.index(">Weakest<")
        assert page.index(">Weakest<") < page.index(f"<small>{weakest}<")
        assert page.count('assets/photos/0123456789abcdef.webp"') == 2
        assert page.count('<i style="left:0.0%;top:0.0%;right:75.0%;bottom:50.0%">') == 1
        assert 'alt="A photograph; the active region is in the upper left"' in page
        assert 'alt="A photograph without an active region"' in page
        assert "7 photographs were shown to the network." in page
    assert '<h2 id="photos"' not in text(made({"conv4": [117]}), "network/conv4/117/index.md")


def test_an_author_can_quote_the_measures_of_a_channel(drawn: Draws) -> None:
    wanted = read({"groups": {"a": ["zebra"]}, "units": {"layers": {"conv4": 117}}, "size": 64})
    planned = plan(wanted, resolve_weights("compact"), units={"conv4": [117]})
    contents = Contents(planned, drawn(planned), units=KNOWN)
    steps = planned.recipes()[0].steps
    assert caption(contents, "conv4:117") == (
        f"**conv4:117** after {steps} steps. The channel's mean activation for this picture is 12.34."
    )
    with pytest.raises(ActmaxError, match=r"^caption\('conv4:118'"):
        caption(contents, "conv4:118")


def test_a_channels_page_can_be_drawn_again_by_its_command(made: Callable[..., Files]) -> None:
    page = text(made({"conv4": 117}), "network/conv4/117/index.md")
    assert re.search(r"<pre><code>actmax draw conv4:117 .*--method robust", page)
