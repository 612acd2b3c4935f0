"""The published optima of the p-median instances of the OR-Library: value ≥ optimum ≥ bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.siting import Effort
from circle15.siting.median import as_covering, solve_median
from tests.pmed import OPTIMA, load

# How far anyone is looked for; a way beyond counts as that, which a bound of the least cost survives.
WITHIN = {1: 150, 2: 150, 3: 150, 5: 100, 6: 130, 10: 60, 15: 40, 25: 30, 35: 40}
QUICK = (1, 2, 5, 10, 15)


def compare(shared: Path, number: int, effort: Effort) -> None:
    path, optimum = shared / "pmed" / f"pmed{number}.txt", OPTIMA[number]
    median, nodes, sites = load(path, WITHIN[number])
    problem = as_covering(median, tuple(f"{node:04}" for node in range(nodes)), (sites,))
    found = solve_median(median, problem, effort)
    cost = load(path)[0].cost(found.chosen)
    assert median.total - found.bound <= optimum <= cost
    assert cost == optimum if nodes <= 200 else cost <= 1.007 * optimum
    assert median.total - found.bound >= 0.98 * optimum


@pytest.mark.parametrize("number", QUICK)
def test_published_optima_are_met_and_never_undercut(shared: Path, number: int) -> None:
    compare(shared, number, Effort(cases=0, nodes=0))


@pytest.mark.long
@pytest.mark.parametrize("number", OPTIMA)
def test_published_optima_of_all(shared: Path, number: int) -> None:
    compare(shared, number, Effort(cases=0))
