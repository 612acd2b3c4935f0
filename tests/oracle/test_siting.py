"""The known values of generated covering instances of real size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from circle15.siting import Effort, Problem, solve

# Instance, sites, the optimum that is known.
KNOWN = [("s2k", 10, 25_154), ("s20k", 10, 93_155), ("s100kr", 10, 85_198)]


def load(path: Path, places: tuple[int, ...]) -> Problem:
    """What is not served yet, over the years."""
    held = np.load(path)
    shape = (len(held["candidate_ptr"]) - 1, len(held["weight"]))
    ones = np.ones(len(held["demand_idx"]), dtype=np.int64)
    return Problem(
        candidate_ids=tuple(f"C-{row:05}" for row in range(shape[0])),
        covers=csr_matrix((ones, held["demand_idx"], held["candidate_ptr"]), shape=shape),
        weight=held["weight"].astype(np.int64),
        depth=(~held["covered"]).astype(np.int64),
        places=places,
    )


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
