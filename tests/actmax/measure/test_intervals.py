"""Confidence intervals of proportions."""

from __future__ import annotations

import pytest

from actmax.measure.intervals import Z, wilson


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
