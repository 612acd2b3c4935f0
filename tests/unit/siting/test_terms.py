"""Terms as constraints: separation, budgets; what clashes, what is given up for it, and what terms cost."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from circle15.core.terms import Term, Terms
from circle15.siting.clash import clash, free, one_more, prices
from circle15.siting.effort import Effort
from circle15.siting.solve import solve
from circle15.siting.terms import Standing, rows, terms_of, without
from tests.exhaustive import Instance, best, invent
from tests.unit.siting.problems import as_problem

EFFORT = Effort(starts=1, rounds=4, steps=200)


def standing(mm: list[tuple[int, int]], costs: list[int] | None = None) -> Standing:
    zone = np.array([""] * len(mm), dtype=object)
    return Standing(np.array(mm, dtype=np.int64), zone, (), np.array(costs or [0] * len(mm), dtype=np.int64))


def kept(instance: Instance, terms: tuple[Term, ...]) -> Instance:
    """The instance with these constraints alone."""
    quotas = [
        (members, least if Term("quota_min", str(number), least) in terms else 0, most)
        if Term("quota_max", str(number), most) in terms
        else (members, least if Term("quota_min", str(number), least) in terms else 0, len(members))
        for number, (members, least, most) in enumerate(instance.quotas)
    ]
    kinds, named = {term.kind for term in terms}, {(term.kind, term.name) for term in terms}
    return replace(
        instance,
        quotas=quotas,
        budget=instance.budget if "budget" in kinds else None,
        conflicts=instance.conflicts if "separation" in kinds else [],
        mandatory=instance.mandatory if "mandatory" in kinds else set(),
        forbidden=instance.forbidden if "forbidden" in kinds else set(),
        quarters=[each for number, each in enumerate(instance.quarters) if ("zone_share", str(number)) in named],
    )


@pytest.mark.parametrize("seed", range(20))
def test_sites_nearer_than_the_separation_share_a_group_and_no_others_do(seed: int) -> None:
    dice = random.Random(seed)
    mm = [(dice.randint(0, 9) * 1000, dice.randint(0, 9) * 1000) for _ in range(30)]
    groups = [set(row.candidates.tolist()) for row in rows(Terms(min_separation_mm=2000), standing(mm))]
    for (one, a), (other, b) in itertools.combinations(enumerate(mm), 2):
        is_near = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 < 2000**2
        assert any({one, other} <= group for group in groups) == is_near
    assert all(row.most == 1 for row in rows(Terms(min_separation_mm=2000), standing(mm)))


def test_sites_exactly_as_far_apart_as_asked_may_both_open() -> None:
    assert rows(Terms(min_separation_mm=300_000), standing([(0, 0), (300_000, 0)])) == ()
    assert len(rows(Terms(min_separation_mm=300_001), standing([(0, 0), (300_000, 0)]))) == 1


def test_costs_are_counted_in_their_common_unit() -> None:
    (row,) = rows(Terms(budget=1_250_000), standing([(0, 0)] * 3, [400_000, 0, 600_000]))
    assert (row.candidates.tolist(), row.coef.tolist(), row.most) == ([0, 2], [2, 3], 6)


def infeasible() -> list[tuple[str, int]]:
    kinds = ("quota", "budget", "separation", "prescribed", "shares", "mixed")
    found = [(kind, seed) for kind in kinds for seed in range(40)]
    return [each for each in found if not invent(each[1], each[0]).target and best(invent(each[1], each[0])) is None]


def test_what_clashes_is_the_smallest_set_and_the_softest_of_it_is_given_up() -> None:
    cases = infeasible()
    assert len(cases) > 5
    for kind, seed in cases:
        instance, where = invent(seed, kind), f"{kind} {seed}"
        problem = as_problem(instance)
        clashing = clash(problem, EFFORT)
        assert best(kept(instance, clashing)) is None, where
        for size in range(len(clashing)):
            for fewer in itertools.combinations(terms_of(problem), size):
                assert best(kept(instance, fewer)) is not None, where
        given_up, found = free(problem, EFFORT, clashing)
        assert given_up[0] == min(clashing, key=lambda term: term.softness), where
        left = tuple(term for term in terms_of(problem) if term not in given_up)
        assert found.objective == best(kept(instance, left)), where


def test_a_problem_that_can_be_solved_has_no_clash() -> None:
    for seed in range(6):
        instance = invent(seed, "quota")
        assert (clash(as_problem(instance), EFFORT) == ()) == (best(instance) is not None)


@pytest.mark.parametrize("kind", ["quota", "budget", "separation", "prescribed", "shares"])
def test_terms_cost_what_exhaustive_search_says(kind: str) -> None:
    for seed in range(4):
        instance = invent(seed, kind)
        optimum = best(instance)
        if optimum is None:
            continue
        problem = as_problem(instance)
        found = solve(problem, EFFORT)
        for each, price in prices(problem, EFFORT, found).items():
            left = tuple(term for term in terms_of(problem) if term.kind != each)
            freed = best(kept(instance, left))
            assert freed is not None
            assert price == freed - optimum
        more = best(replace(instance, places=[*instance.places[:-1], instance.places[-1] + 1]))
        assert more is not None
        assert one_more(problem, EFFORT, found) == more - optimum


def test_a_problem_freed_of_its_terms_has_none() -> None:
    problem = as_problem(invent(3, "mixed"))
    assert terms_of(without(problem, terms_of(problem))) == ()
