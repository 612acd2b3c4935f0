"""Sites that hold no more than so many, against exhaustive search."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from circle15.siting import holding
from circle15.siting.ascent import descend, start
from circle15.siting.certificate import Claim, certify
from circle15.siting.core import reduce
from circle15.siting.effort import Effort
from circle15.siting.problem import Problem, objections
from circle15.siting.seats import knapsacks, seat
from circle15.siting.solve import solve
from tests.exhaustive import best
from tests.seated import KINDS, as_seated_problem, invent_seated
from tests.unit.siting.stages import compare_stages

# Each stage alone, and all together.
ALONE = {
    "greedy": Effort(starts=0, steps=0, nodes=0),
    "search": Effort(starts=2, rounds=4, steps=0, nodes=0),
    "bound": Effort(starts=0, steps=100, nodes=0),
    "solver": Effort(starts=0, steps=0),
}
TOGETHER = {"all": Effort(starts=1, rounds=1, steps=60)}


def compare(seed: int, kind: str, stages: Mapping[str, Effort]) -> None:
    instance = invent_seated(seed, kind)
    compare_stages(instance, as_seated_problem(instance), stages, f"{kind} {seed}")


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_seats_more_than_the_bound(kind: str) -> None:
    for seed in range(23):
        alone = list(ALONE)[seed % len(ALONE)]
        compare(seed, kind, TOGETHER | {alone: ALONE[alone]})


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_seats_more_than_the_bound_of_two_hundred_more(kind: str) -> None:
    for seed in range(224):
        compare(seed, kind, ALONE | {"all": Effort(rounds=4)})


def test_the_search_knows_the_least_numbers_of_years() -> None:
    """Greedy alone meets them even where the sites that are missing would hold nobody more."""
    kept, possible = 0, 0
    for seed in range(30):
        instance = invent_seated(seed, "fewest")
        problem = as_seated_problem(instance)
        possible += best(instance) is not None
        kept += not objections(problem, solve(problem, ALONE["greedy"]).chosen)
    assert kept >= possible - 2


def test_people_of_one_home_go_to_two_sites() -> None:
    """Home 0 of 50 people within reach of both sites of 30 and 40, home 1 of 10 of the first alone."""
    seated = seat(csr_matrix([[1, 1], [1, 0]]), np.array([50, 10]), np.array([30, 40]))
    assert seated.total == 60
    assert seated.of_demand(2).tolist() == [50, 10]
    assert (seated.of_sites(2) <= [30, 40]).all()


def test_a_knapsack_is_never_rounded_down() -> None:
    """Of 7 for 3 people and 5 for 2 people three places hold 5 and a third of 7: 7 ⅓."""
    covers, values, weight = csr_matrix([[1, 1]]), np.array([7, 5]), np.array([3, 2])
    assert 8 <= knapsacks(covers, values, weight, np.array([3]))[0] <= 9
    assert knapsacks(covers, values, weight, np.array([5]))[0] == 12
    assert knapsacks(covers, values, weight, np.array([0]))[0] <= 2


def test_candidates_are_filled_alike_by_loop_and_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "compiled", lambda: holding._fill_loop)
    for seed in range(20):
        core = reduce(as_seated_problem(invent_seated(seed, "mixed")), dominated=False)
        begin = start(core, np.zeros((len(core.weight), len(core.places)), dtype=np.int64))
        plain, looped = (descend(core, begin, 1, 40, lambda: False, fast=fast) for fast in (False, True))
        assert np.array_equal(plain.demand, looped.demand), seed
        assert plain.bound.scaled == looped.bound.scaled, seed


def test_a_certificate_knows_the_capacities() -> None:
    """What proves a bound for some capacities proves no false one for larger ones."""
    more = 0
    for seed in range(12):
        problem = as_seated_problem(invent_seated(seed, "plain"))
        found = solve(problem, Effort(rounds=4, steps=100))
        ids = tuple(problem.candidate_ids[row] for row in found.chosen.rows)
        numbers = (found.objective, found.bound, found.proven, found.status == "optimal", found.links)
        claim = Claim(ids, (0,) * len(ids), *numbers)
        assert certify(problem, claim).holds
        assert problem.capacity is not None
        roomier = replace(problem, capacity=problem.capacity + 30)
        optimum = solve(roomier, Effort(rounds=4, steps=100)).objective
        checked = certify(roomier, claim)
        assert checked.proven >= optimum
        if optimum > found.objective:
            assert not checked.holds
            more += 1
    assert more


def test_room_for_all_is_covering_without_capacities() -> None:
    for seed in range(20):
        problem = as_seated_problem(invent_seated(seed, "plain"))
        roomy = replace(problem, capacity=np.full(len(problem.candidate_ids), 10_000))
        assert solve(roomy, Effort()).objective == solve(replace(problem, capacity=None), Effort()).objective


def test_more_people_than_a_flow_can_count_are_refused() -> None:
    problem = Problem(("A",), csr_matrix([[1]]), np.array([2**31]), np.array([1]), (1,), capacity=np.array([2**40]))
    with pytest.raises(ValueError, match="more people"):
        problem.covered(np.array([0]))


def held_exactly(values: list[int], weight: list[int], capacity: int) -> Fraction:
    """The most that can be held of values that may be taken in part, in fractions."""
    total, left = Fraction(0), capacity
    for value, heavy in sorted(zip(values, weight, strict=True), key=lambda each: -Fraction(each[0], each[1])):
        part = min(left, heavy)
        total += Fraction(value * part, heavy)
        left -= part
    return total


@pytest.mark.parametrize("bits", [8, 30, 50])
def test_no_site_holds_more_than_its_knapsack_says_however_large_the_numbers(bits: int) -> None:
    dice = random.Random(bits)
    for _ in range(200):
        count = dice.randint(1, 6)
        weight = [dice.randint(1, min(2 ** (bits // 2), 2**30 // count)) for _ in range(count)]
        # Nearly equal densities, which floating point may take in another order.
        values = [heavy * 2 ** (bits // 2) + dice.randint(0, 2) for heavy in weight]
        capacity = dice.randint(0, sum(weight))
        site = csr_matrix(np.ones((1, count), dtype=np.int64))
        found = int(knapsacks(site, *(np.array(each) for each in (values, weight, [capacity])))[0])
        exact = held_exactly(values, weight, capacity)
        assert exact <= found <= exact + 3 + exact / 2**49
