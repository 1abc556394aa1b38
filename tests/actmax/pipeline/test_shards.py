"""Shards: each drawing is in exactly one, and all cost the same."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from actmax.engine.batches import kind
from actmax.errors import ActmaxError
from actmax.pipeline.shards import Shard, shard
from actmax.recipe import Recipe, compose
from gen.tools.draw import share


def recipe(target: str = "fc8:340", method: str = "plain", **fields: int) -> Recipe:
    seed = fields.pop("seed", 0)
    return compose(
        method, {"size": 64, **fields}, network="compact", weights="0123456789abcdef", target=target, seed=seed
    )


def mixture(seed: int) -> list[Recipe]:
    """Of several kinds, in no order, some of them twice."""
    chance = random.Random(seed)
    found = [
        recipe(
            f"{chance.choice(('conv4', 'conv5', 'fc8'))}:{chance.randrange(40)}",
            chance.choice(("plain", "robust")),
            steps=chance.choice((2, 3)),
            seed=chance.randrange(2),
        )
        for _ in range(chance.randrange(1, 80))
    ]
    found += chance.choices(found, k=5)
    chance.shuffle(found)
    return found


def shares(recipes: list[Recipe], count: int) -> list[list[Recipe]]:
    return [shard(recipes, Shard(number, count)) for number in range(1, count + 1)]


def spread(numbers: list[int]) -> int:
    return max(numbers) - min(numbers)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_each_drawing_is_in_exactly_one_share(seed: int, count: int) -> None:
    recipes = mixture(seed)
    dealt = [one.digest() for some in shares(recipes, count) for one in some]
    assert sorted(dealt) == sorted({one.digest() for one in recipes})


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [2, 3, 7])
def test_shares_differ_by_one_drawing_at_most_and_by_one_of_each_kind(seed: int, count: int) -> None:
    recipes = mixture(seed)
    dealt = shares(recipes, count)
    assert spread([len(some) for some in dealt]) <= 1
    kinds = [Counter(map(kind, some)) for some in dealt]
    for one in {kind(one) for one in recipes}:
        assert spread([found[one] for found in kinds]) <= 1


def test_shards_do_not_depend_on_the_order_of_the_list() -> None:
    recipes = mixture(9)
    other = recipes[::-1]
    random.Random(1).shuffle(other)
    assert other != recipes
    assert shares(other, 3) == shares(recipes, 3)


def test_expensive_drawings_are_dealt_among_all_shards() -> None:
    cheap = [recipe(f"fc8:{unit}", steps=1) for unit in range(8)]
    expensive = [recipe(f"fc8:{unit}", steps=500) for unit in range(4)]
    steps = [sum(one.steps for one in some) for some in shares([*cheap, *expensive], 4)]
    assert steps == [502] * 4


def test_the_only_shard_is_the_whole_list() -> None:
    recipes = [recipe(f"fc8:{unit}") for unit in range(5)]
    assert Shard() == Shard(1, 1)
    assert sorted(shard(recipes, Shard()), key=recipes.index) == recipes
    assert shard([], Shard(2, 3)) == []


# How a share is written.


@pytest.mark.parametrize(("text", "expected"), [("1/1", Shard()), ("2/4", Shard(2, 4)), ("10/10", Shard(10, 10))])
def test_a_shard_is_parsed(text: str, expected: Shard) -> None:
    assert Shard.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    ["", "/", "2", "2/", "/4", "0/4", "5/4", "0/0", "-1/4", "1/-4", "1.5/4", "a/b", "1/2/3", "²/4", "1/" + "9" * 5000],
    ids=lambda text: text[:9],
)
def test_an_invalid_shard_is_an_error(text: str) -> None:
    with pytest.raises(ActmaxError, match=r"^A shard is written like 2/4, the second of four, and counted from 1: not"):
        Shard.parse(text)


def task(number: object, last: object = None, first: object = None, **others: object) -> dict[str, str]:
    """The environment of a task of a SLURM array."""
    values = {"ID": number, "MAX": last, "MIN": first, **others}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Shard()),
        (task(0, 3, 0), Shard(1, 4)),
        (task(3, 3, 0), Shard(4, 4)),
        (task(5, 8, 5), Shard(1, 4)),
        (task(6, 8, 5), Shard(2, 4)),
        (task(8, 8, 5), Shard(4, 4)),
        (task(7, 7, 7), Shard(1, 1)),
        (task(2, 3), Shard(3, 4)),
        (task(8, 12, 0, STEP=4, COUNT=4), Shard(3, 4)),
    ],
)
def test_a_task_of_a_slurm_array_takes_its_share(environment: dict[str, str], expected: Shard) -> None:
    assert share(None, environment) == expected


def test_the_tasks_of_an_array_draw_all_and_nothing_twice() -> None:
    recipes = mixture(3)
    for first, last, step in ((0, 3, 1), (5, 9, 1), (1, 10, 3)):
        tasks = range(first, last + 1, step)
        wanted_shards = [share(None, task(number, tasks[-1], first, STEP=step, COUNT=len(tasks))) for number in tasks]
        dealt = [one.digest() for wanted in wanted_shards for one in shard(recipes, wanted)]
        assert sorted(dealt) == sorted({one.digest() for one in recipes})


def test_an_explicit_shard_overrides_slurm() -> None:
    assert share("1/2", task(3, 3, 0)) == Shard(1, 2)


@pytest.mark.parametrize(
    "environment",
    [task(2), task(2, first=0), task(2, "many", 0), task("two", 3, 0), task(2, 3, ""), task(3, 7, 1, STEP=1, COUNT=3)],
    ids=str,
)
def test_an_array_of_unknown_size_is_an_error(environment: dict[str, str]) -> None:
    with pytest.raises(ActmaxError, match=r"SLURM_ARRAY_TASK_ID is set.* such as --shard 2/4"):
        share(None, environment)
