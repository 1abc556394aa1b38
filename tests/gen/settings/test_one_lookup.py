"""One look-up for mkdocs.yml, the shell and Python: a word is the same class in all of them, or is refused in the same
words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

import actmax
from actmax import cli
from actmax.engine.ascend import _resolve
from actmax.errors import ActmaxError
from actmax.networks.network import Network
from gen.settings import read

WORDS: dict[str | int, int | str] = {
    "Model T": 661,
    "puma": 286,
    "seat belt": 785,
    "Zebra ": 340,
    "zebras": 340,
    "n02391049": 340,
    "340": 340,
    340: 340,
    "crane-517": 517,
    "tench, Tinca tinca": 0,
    "penguin": 145,
    "crane": "'crane' may mean 2 ImageNet classes: write 'crane-517' (",
    "dog": "'dog' is not one ImageNet class but 118: 'Chihuahua', ",
    "giraffe": "ImageNet has no giraffe; nearest: 'hartebeest', ",
    "зебра": "'зебра' cannot be looked up: ImageNet's names are English, in Latin letters.",
    "zebre": "ImageNet-1k has no class 'zebre'. Nearest: 'zebra'.",
    "zebra, striped horse": "ImageNet-1k has no class 'zebra, striped horse'. Nearest: 'zebra'.",
    "n99999999": "ImageNet-1k has no class 'n99999999'.",
    "1000": "There is no ImageNet class 1000: indices run from 0 to 999.",
    "": "ImageNet-1k has no class ''.",
}


@pytest.fixture(scope="module")
def compact() -> Network:
    return actmax.load("compact")


def in_groups(word: str | int, _: Network) -> int:
    ((member,),) = read({"groups": {"a": [word]}}).members.values()
    return member.label.index


def in_python(word: str | int, network: Network) -> int:
    target = _resolve(network, [word], 1, (64, 64))[2][0]
    assert (target.layer, target.unit is not None) == ("logits", True)
    return target.unit or 0


def in_the_shell(word: str | int, _: Network) -> int:
    with pytest.MonkeyPatch.context() as patch:
        drawn: list[str] = []
        patch.setattr(
            "actmax.pipeline.publish.render_files", lambda recipes, *_, **__: drawn.append(recipes[0].target) or []
        )
        result = CliRunner().invoke(cli.app, ["draw", "--network", "compact", "--out", "a.png", "--", str(word)])
    if result.exit_code:
        raise ActmaxError(result.stderr)
    return int(drawn[0].removeprefix("fc8:"))


PLACES: dict[str, Callable[[str | int, Network], int]] = {
    "resolve_class": lambda word, _: actmax.resolve_class(word).index,
    "groups": in_groups,
    "another setting": lambda word, _: (
        read({"groups": {"a": ["zebra"]}, "diversity": {"class": word}}).diversity.label.index
    ),  # type: ignore[union-attr]
    "ascend": in_python,
    "shell": in_the_shell,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_the_same_class_everywhere(place: str, word: str | int, compact: Network) -> None:
    expected = WORDS[word]
    if isinstance(expected, int):
        assert PLACES[place](word, compact) == expected
    else:
        with pytest.raises(ActmaxError) as refusal:
            PLACES[place](word, compact)
        assert expected in str(refusal.value)


def test_sums_may_name_classes_in_python_too(compact: Network) -> None:
    texts = ["zebra + 0.5*tiger", "-zebra", "conv5:12", "conv5", "fc8:340 - 0.5*fc8:292", "logits"]
    targets = _resolve(compact, texts, 1, (64, 64))[2]
    assert [str(target) for target in targets] == [
        "logits:340 + 0.5*logits:292", "-logits:340", *texts[2:]
    ]  # fmt: skip
