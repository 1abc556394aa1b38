"""Tests of actmax.networks.wordnet: the table is made of WordNet's files, of a small one here."""

from __future__ import annotations

from pathlib import Path

import pytest

from actmax.errors import ActmaxError
from actmax.networks import wordnet
from actmax.networks.labels import Label
from actmax.networks.labels import classes as imagenet
from actmax.networks.words import TABLE

INSTALLED = Path("/usr/share/wordnet")
NOUNS = """\
  1 This software and database is being provided to you, the LICENSEE
00000001 03 n 01 entity 0 000 | all there is
00000002 05 n 02 animal 0 fauna 0 001 @ 00000001 n 0000 | a living thing that moves
00000003 05 n 02 hoofed_mammal 0 Ungulata 0 001 @ 00000002 n 0000 | a mammal with hooves
00000004 05 n 01 zebra 0 001 @ 00000003 n 0000 | a striped grazer of savannahs
00000005 05 n 01 ox 0 001 @ 00000003 n 0000 | a draft beast
00000006 05 n 01 giraffe 0 001 @ 00000003 n 0000 | a tall grazer of savannahs; "the giraffe eats leaves"
00000007 06 n 01 lorry 0 001 @ 00000001 n 0000 | a truck
00000008 05 n 01 goose 0 001 @ 00000002 n 0000 | a bird
"""
INDEX = """\
  1 This software
animal n 1 1 @ 1 0 00000002
entity n 1 1 @ 1 0 00000001
fauna n 1 1 @ 1 0 00000002
giraffe n 1 1 @ 1 0 00000006
goose n 1 1 @ 1 0 00000008
hoofed_mammal n 1 1 @ 1 0 00000003
lorry n 1 1 @ 1 0 00000007
ox n 1 1 @ 1 0 00000005
ungulata n 1 1 @ 1 0 00000003
zebra n 1 1 @ 1 0 00000004
"""
LABELS = [
    Label(index, f"n{offset:08}", name, (name,), "", name)
    for index, (offset, name) in enumerate([(4, "zebra"), (5, "ox"), (8, "goose")])
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    texts = {"data.noun": NOUNS, "index.noun": INDEX, "noun.exc": "geese goose\noxen ox\nchildren child\n"}
    others = ("data.verb", "data.adj", "data.adv", "index.adj", "index.adv", "cntlist.rev")
    for name in (*texts, *others):
        (tmp_path / name).write_text(texts.get(name, ""), "latin-1")
    return tmp_path


def test_rows(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordnet, "COMMON", 1.0)  # in a WordNet of eight synsets every word is common
    assert wordnet.Table(wordnet.read(files), LABELS).rows() == [
        "entity\t0-2",
        "animal\t0-2",
        "hoofed mammal\t0-1",
        "geese\t=goose",
        "oxen\t=ox",
        "giraffe\t~0,1",
    ]


def test_no_more_than_fits(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordnet, "MAX_BYTES", 60)
    assert not any("~" in row for row in wordnet.Table(wordnet.read(files), LABELS).rows())


def test_other_files_than_wordnets_are_refused(files: Path, tmp_path: Path) -> None:
    with pytest.raises(ActmaxError, match=r"not the files of WordNet 3\.0"):
        wordnet.Table(wordnet.read(files), imagenet())
    with pytest.raises(ActmaxError, match="wordnet-base"):
        wordnet.read(tmp_path / "absent")


@pytest.mark.skipif(not INSTALLED.is_dir(), reason="wordnet-base is not installed")
def test_the_table_in_the_package_is_what_wordnet_gives() -> None:
    rows = wordnet.Table(wordnet.read(INSTALLED), imagenet()).rows()
    assert TABLE.read_text("utf-8") == "".join(f"{row}\n" for row in rows)
