"""The known values of generated covering instances of real size."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.siting import Effort, solve
from tests.instances import load

# Instance, sites, the optimum that is known.
KNOWN = [("s2k", 10, 25_154), ("s20k", 10, 93_155), ("s100kr", 10, 85_198)]


@pytest.mark.parametrize(("name", "sites", "optimum"), KNOWN)
def test_optima_that_are_known_are_reached_and_proven(shared: Path, name: str, sites: int, optimum: int) -> None:
    found = solve(load(shared / "siting" / f"{name}.npz", (sites,)), Effort(cases=0))
    assert (found.status, found.objective, found.bound) == ("optimal", optimum, optimum)
    assert found.proven >= optimum


@pytest.mark.long
def test_a_known_optimum_is_proven_by_cases_without_a_solver(shared: Path) -> None:
    found = solve(load(shared / "siting" / "s2k.npz", (10,)), Effort())
    assert found.objective == found.bound == found.proven == 25_154


def test_three_years_are_within_what_was_asked(shared: Path) -> None:
    found = solve(load(shared / "siting" / "s20k.npz", (4, 3, 3)), Effort())
    assert found.objective <= found.bound <= 1.004 * found.objective
    assert found.objective >= 93_155  # the last year alone reaches almost that
