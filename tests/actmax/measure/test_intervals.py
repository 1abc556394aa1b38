"""Confidence intervals of proportions, and tests of their differences."""

from __future__ import annotations

import pytest

from actmax.measure.intervals import Z, holm, mcnemar, wilson


@pytest.mark.parametrize(("successes", "count"), [(38, 100), (0, 20), (20, 20), (1, 2), (999, 1000)])
def test_its_ends_are_the_proportions_from_which_the_share_differs_by_z_deviations(successes: int, count: int) -> None:
    share = successes / count
    low, high = wilson(share, count)
    assert low - 1e-9 <= share <= high + 1e-9
    for end in (low, high):
        assert (share - end) ** 2 == pytest.approx(Z * Z * end * (1 - end) / count, abs=1e-9)


def test_more_drawings_make_it_narrower() -> None:
    widths = [high - low for low, high in (wilson(0.5, count) for count in (10, 100, 1000))]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    # The binomial test with a probability of one half, by R's `binom.test`.
    [
        (0, 0, 1.0),
        (4, 4, 1.0),
        (1, 0, 1.0),
        (0, 6, 0.03125),
        (3, 12, 0.03515625),
        (12, 3, 0.03515625),
        (5, 6, 1.0),
        (3000, 3000, 1.0),
        (9000, 0, 0.0),
    ],
)
def test_mcnemar_is_the_sign_test_of_the_classes_that_differ(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p)


def test_holm_multiplies_by_the_number_of_tests_that_are_left_and_keeps_the_order() -> None:
    assert holm([0.02, 0.5, 0.01]) == pytest.approx([0.04, 0.5, 0.03])
    assert holm([0.02, 0.019, 0.9]) == pytest.approx([0.057, 0.057, 0.9])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
