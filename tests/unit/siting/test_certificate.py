"""Certificates: disturbed ones fail or weaken, a lying solver is caught, and neither order nor ids decide."""

from __future__ import annotations

import builtins
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from circle15.siting.certificate import Claim, certify
from circle15.siting.effort import Effort
from circle15.siting.problem import Problem
from circle15.siting.solve import Solution, solve
from circle15.siting.solver import Answer, Model, highs
from tests.exhaustive import best, invent
from tests.unit.siting.problems import as_problem

CASES = [(kind, seed) for kind in ("plain", "years", "quota", "budget") for seed in range(12)]
QUICK = Effort(starts=1, rounds=4, steps=200)


def claim(problem: Problem, found: Solution) -> Claim:
    return Claim(
        sites=tuple(problem.candidate_ids[row] for row in found.chosen.rows),
        years=tuple(found.chosen.stages.tolist()),
        objective=found.objective,
        bound=found.bound,
        proven=found.proven,
        optimal=found.status == "optimal",
        proof=found.links,
        by_solver=found.kind == "solver",
    )


def solved() -> list[tuple[Problem, Solution]]:
    problems = [as_problem(invent(seed, kind)) for kind, seed in CASES[::3]]
    return [(problem, found) for problem in problems if (found := solve(problem, QUICK)).status == "optimal"]


SOLVED = solved()


def test_certificates_hold() -> None:
    assert len(SOLVED) > 8
    for problem, found in SOLVED:
        assert certify(problem, claim(problem, found)).holds


def test_a_disturbed_multiplier_fails_or_weakens() -> None:
    for problem, found in SOLVED[::3]:
        for number, link in enumerate(found.links):
            for name in ("demand", "places", "rows"):
                values = getattr(link, name)
                for at in np.ndindex(values.shape):
                    changed = values.copy()
                    changed[at] += 3
                    links = (*found.links[:number], replace(link, **{name: changed}), *found.links[number + 1 :])
                    again = certify(problem, replace(claim(problem, found), proof=links))
                    # Where the bound stays the same the proof is as good; that it was changed tells its digest.
                    assert not again.holds or again.proven == found.proven >= found.objective


def test_a_bound_that_is_not_proven_says_that_it_is_the_solvers() -> None:
    for problem, found in SOLVED:
        weaker = certify(problem, replace(claim(problem, found), proof=()))
        unproven = replace(claim(problem, found), proof=(), proven=weaker.proven, by_solver=False)
        if weaker.proven > found.bound:
            assert not certify(problem, unproven).holds
            assert certify(problem, replace(unproven, by_solver=True)).holds


def test_a_disturbed_weight_site_or_value_fails() -> None:
    for problem, found in SOLVED:
        said = claim(problem, found)
        open_ = (problem.depth > 0) & (problem.counts(found.chosen.rows) > 0)
        if open_.any():
            weight = problem.weight + np.where(np.arange(len(open_)) == np.flatnonzero(open_)[0], 1, 0)
            assert not certify(replace(problem, weight=weight), said).holds
        assert not certify(problem, replace(said, objective=said.objective + 1)).holds
        assert not certify(problem, replace(said, proven=said.proven - 1)).holds
        assert not certify(problem, replace(said, sites=(*said.sites[:-1], "nobody"))).holds
        assert not certify(problem, replace(said, years=tuple(9 for _ in said.years))).holds or not said.sites


def test_a_plan_that_breaks_what_is_wished_fails() -> None:
    """A dated town in another year or twice, a year with too few, a preference that is weighed otherwise."""
    broken = {"towns": 0, "fewest": 0, "favoured": 0}
    for kind in broken:
        for seed in range(30):
            problem = as_problem(invent(seed, kind))
            found = solve(problem, QUICK)
            if found.status != "optimal" or not len(found.chosen.rows):
                continue
            said = claim(problem, found)
            assert certify(problem, said).holds, f"{kind} {seed}"
            for at, (row, year) in enumerate(zip(found.chosen.rows.tolist(), said.years, strict=True)):
                if row in problem.only and len(problem.places) > 1:
                    years = (*said.years[:at], (year + 1) % len(problem.places), *said.years[at + 1 :])
                    assert said.sites[at] in certify(problem, replace(said, years=years)).objections
                    fewer = replace(said, sites=said.sites[:at] + said.sites[at + 1 :])
                    fewer = replace(fewer, years=said.years[:at] + said.years[at + 1 :])
                    assert any(each.startswith("dated") for each in certify(problem, fewer).objections)
                    broken["towns"] += 1
            if any(problem.fewest) and said.years.count(0) == problem.fewest[0] > 0:
                later = replace(said, sites=said.sites[1:], years=said.years[1:])
                assert said.years[0] != 0 or "stage 0" in certify(problem, later).objections
                broken["fewest"] += 1
            if problem.extra and found.objective:
                heavier = replace(problem, weight=problem.weight + (np.arange(len(problem.weight)) >= 1))
                again = certify(heavier, said)
                assert not again.holds or again.objective == found.objective
                broken["favoured"] += 1
    assert all(count > 3 for count in broken.values()), broken


# ---- solvers that lie ------------------------------------------------------------------------------------------


def lie(outcome: Any, bound: float, values: Any = None) -> Any:
    def answer(model: Model, effort: Any, stop: Any) -> Answer:
        del effort, stop
        size = model.matrix.shape[1]
        return Answer(outcome, {"none": None, "zero": np.zeros(size), "ones": np.ones(size)}[values or "none"], bound)

    return answer


LIES = {
    "no solution, when there is one": lie("infeasible", math.inf),
    "Not Set, with bound 0": lie("unknown", 0.0),
    "optimal, with bound 0": lie("optimal", 0.0),
    "optimal, with bound 0 and nothing open": lie("optimal", 0.0, "zero"),
    "optimal, with everything open": lie("optimal", 10.0, "ones"),
    "time limit, without a bound": lie("stopped", math.inf),
    "time limit, with bound 0": lie("stopped", 0.0),
    "NaN": lie("optimal", math.nan),
    "unbounded": lie("unknown", math.inf, "ones"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lying_solver_is_caught(name: str) -> None:
    for kind, seed in CASES[::2]:
        instance = invent(seed, kind)
        optimum = best(instance)
        if optimum is None:
            continue
        found = solve(as_problem(instance), Effort(starts=1, rounds=2, steps=20, cases=0, solver=LIES[name]))
        if found.status == "infeasible":  # nothing was found that shows the lie
            assert name == "no solution, when there is one"
            continue
        assert found.objective <= optimum <= found.bound, f"{kind} {seed}"


def test_without_the_library_plans_carry_the_lagrangian_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *more: Any, **named: Any) -> Any:
        if name == "highspy":
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    for kind, seed in CASES[::4]:
        optimum = best(invent(seed, kind))
        found = solve(as_problem(invent(seed, kind)), QUICK)
        assert found.kind == "lagrangian"
        assert found.status != "infeasible"
        assert optimum is None or found.objective <= optimum <= found.bound


def test_a_true_solver_is_believed() -> None:
    problem = as_problem(invent(2, "budget"))
    found = solve(problem, Effort(starts=0, steps=0, cases=0, solver=highs))
    assert (found.status, found.objective) == ("optimal", best(invent(2, "budget")))


# ---- what does not decide --------------------------------------------------------------------------------------


def test_equal_seeds_give_equal_plans_compiled_or_not() -> None:
    for kind, seed in CASES[::6]:
        problem = as_problem(invent(seed, kind))
        plans = [solve(problem, replace(QUICK, fast=fast)) for fast in (False, False, True)]
        assert len({each.chosen.key for each in plans}) == 1
        assert len({(each.objective, each.bound, each.proven) for each in plans}) == 1


def test_renumbering_changes_nothing_but_ids() -> None:
    for problem, found in SOLVED:
        other = replace(problem, candidate_ids=tuple(f"X{name}" for name in reversed(problem.candidate_ids)))
        again = solve(other, QUICK)
        assert again.chosen.key == found.chosen.key
        assert (again.objective, again.bound) == (found.objective, found.bound)


def test_another_candidate_or_one_term_less_never_worsens_an_optimum() -> None:
    for kind, seed in CASES[24::3]:
        problem = as_problem(invent(seed, kind))
        found = solve(problem, QUICK)
        if found.status == "optimal":
            freed = solve(replace(problem, rows=problem.rows[1:]), QUICK, found.chosen)
            assert freed.objective >= found.objective


def test_weights_as_large_as_ways_in_millimetres_are_bounded_too() -> None:
    """A million people's ways: multipliers in coarser units rather than none, and the bound holds."""
    rng = np.random.default_rng(3)
    weight = rng.integers(10**11, 10**12, 60)
    problem = Problem(
        candidate_ids=tuple(f"C-{row:02}" for row in range(60)),
        covers=csr_matrix(np.eye(60, dtype=np.int64)),
        weight=weight,
        depth=np.ones(60, dtype=np.int64),
        places=(5,),
    )
    found = solve(problem, Effort(starts=1, rounds=2, steps=60, nodes=0))
    assert (found.status, found.objective) == ("optimal", int(np.sort(weight)[-5:].sum()))
    assert certify(problem, claim(problem, found)).holds


def test_multipliers_that_64_bits_cannot_add_up_are_refused() -> None:
    problem, found = SOLVED[0]
    for link in found.links[:1]:
        huge = replace(link, places=np.full_like(link.places, 2**60))
        again = certify(problem, replace(claim(problem, found), proof=(huge,)))
        assert "multipliers" in again.objections
        assert not again.holds
