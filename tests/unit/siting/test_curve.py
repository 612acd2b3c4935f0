"""The curve of coverage by number of sites against exhaustive search."""

from __future__ import annotations

from dataclasses import replace

import pytest

from circle15.siting.curve import curve
from circle15.siting.effort import Effort
from circle15.siting.solve import solve
from tests.exhaustive import best
from tests.unit.siting.test_least import EFFORT, KINDS, invented


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_of_sites_covers_more_than_its_bound(kind: str) -> None:
    tight = 0
    for seed in range(8):
        instance, problem, _, _ = invented(seed, kind)
        found = solve(replace(problem, places=(3,)), EFFORT)
        for point in curve(problem, EFFORT, found.chosen, 6):
            optimum = best(replace(instance, places=[point.sites]))
            assert optimum is not None
            assert point.covered <= optimum <= point.bound, f"{kind} {seed} {point}"
            tight += point.covered == point.bound
    assert tight > 4


def test_the_curve_rises_and_holds_the_plan() -> None:
    _, problem, _, _ = invented(3, "plain")
    found = solve(replace(problem, places=(2,)), Effort(cases=0))
    points = curve(problem, EFFORT, found.chosen, 5)
    assert [point.sites for point in points] == sorted({point.sites for point in points})
    assert [point.covered for point in points] == sorted(point.covered for point in points)
    assert next(point for point in points if point.sites == len(found.chosen.rows)).covered == found.objective
