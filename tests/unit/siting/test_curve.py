"""The curve of coverage by number of sites against exhaustive search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circle15.siting.curve import curve, trace
from circle15.siting.effort import Effort
from circle15.siting.problem import Problem
from circle15.siting.solve import solve
from tests.exhaustive import best
from tests.unit.siting.test_least import EFFORT, KINDS, invented


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_of_sites_covers_more_than_its_bound(kind: str) -> None:
    tight = 0
    for seed in range(8):
        instance, problem, _, _ = invented(seed, kind)
        found = solve(replace(problem, places=(3,)), EFFORT)
        for point in curve(problem, EFFORT, found.chosen, 6).points:
            optimum = best(replace(instance, places=[point.sites]))
            assert optimum is not None
            assert point.covered <= optimum <= point.bound, f"{kind} {seed} {point}"
            tight += point.covered == point.bound
    assert tight > 4


def test_the_curve_rises_and_holds_the_plan() -> None:
    _, problem, _, _ = invented(3, "plain")
    found = solve(replace(problem, places=(2,)), Effort(cases=0))
    points = curve(problem, EFFORT, found.chosen, 5).points
    assert [point.sites for point in points] == sorted({point.sites for point in points})
    assert [point.covered for point in points] == sorted(point.covered for point in points)
    assert next(point for point in points if point.sites == len(found.chosen.rows)).covered == found.objective


def test_a_disturbed_curve_fails_or_its_bounds_weaken() -> None:
    changed = 0
    for seed in range(4):
        _, problem, _, _ = invented(seed, "quota")
        found = solve(replace(problem, places=(2,)), EFFORT)
        made = curve(problem, EFFORT, found.chosen, 5)
        optimum = [_optimum(problem, point.sites) for point in made.points]
        assert trace(problem, found.chosen, made.proof) == made.points
        for number, link in enumerate(made.proof.links):
            for name in ("demand", "rows"):
                for at in np.ndindex(getattr(link, name).shape):
                    values = getattr(link, name).copy()
                    values[at] += 5 * link.scale
                    links = (
                        *made.proof.links[:number],
                        replace(link, **{name: values}),
                        *made.proof.links[number + 1 :],
                    )
                    again = trace(problem, found.chosen, replace(made.proof, links=links))
                    assert [point.covered for point in again] == [point.covered for point in made.points]
                    assert all(most <= point.bound for most, point in zip(optimum, again, strict=True))
                    changed += again != made.points
        for order in (("nobody",), (*made.proof.order, *made.proof.order)):
            with pytest.raises(ValueError, match="order"):
                trace(problem, found.chosen, replace(made.proof, order=order))
    assert changed > 10


def _optimum(problem: Problem, count: int) -> int:
    """What so many sites cover at least at best."""
    return solve(replace(problem, places=(count,)), Effort(starts=0, steps=0)).objective
