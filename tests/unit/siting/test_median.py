"""The p-median problem against exhaustive search that knows nothing of covering."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

import numpy as np
import pytest

from circle15.siting.effort import Effort
from circle15.siting.median import Median, as_covering, solve_median
from circle15.siting.problem import Problem, choice
from circle15.siting.proof import check

# The search alone, the bound alone, the solver alone, and all together.
STAGES = {
    "search": Effort(starts=1, rounds=4, steps=0, nodes=0),
    "bound": Effort(starts=0, steps=200, nodes=0),
    "solver": Effort(starts=0, steps=0, cases=0),
    "all": Effort(starts=1, rounds=4, steps=200),
}


@dataclass
class Ways:
    """Of each candidate the way to each home, or None where there is none; what counts today, people, sites."""

    ways: list[list[int | None]]
    today: list[int]
    people: list[int]
    sites: int

    def cost(self, opened: tuple[int, ...]) -> int:
        """People's ways to the nearest of the sites, or to what they have today."""
        total = 0
        for home, people in enumerate(self.people):
            found = [way for each in opened if (way := self.ways[each][home]) is not None]
            total += people * min([self.today[home], *found])
        return total

    def best(self) -> int:
        """The least cost of all choices of sites."""
        chosen = itertools.combinations(range(len(self.ways)), min(self.sites, len(self.ways)))
        return min(self.cost(each) for each in chosen)


def invent(seed: int) -> Ways:
    dice = random.Random(f"median-{seed}")
    candidates, homes = dice.randint(2, 10), dice.randint(1, 14)
    longest = dice.choice([4, 30, 1000])  # few distinct ways make ties
    ways = [[dice.choice([None, *[dice.randint(0, longest)] * 3]) for _ in range(homes)] for _ in range(candidates)]
    today = [dice.randint(0, 2 * longest) for _ in range(homes)]
    return Ways(ways, today, [dice.randint(0, 40) for _ in range(homes)], dice.randint(1, 4))


def framed(found: Ways) -> tuple[Median, Problem]:
    pairs = [
        (row, home, way) for row, of_one in enumerate(found.ways) for home, way in enumerate(of_one) if way is not None
    ]
    candidate, home, mm = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    median = Median(candidate, home, mm, np.array(found.today), np.array(found.people))
    ids = tuple(f"C-{row:02}" for row in range(len(found.ways)))
    return median, as_covering(median, ids, (found.sites,))


@pytest.mark.parametrize("part", range(5))
def test_no_choice_costs_less_than_the_bound(part: int) -> None:
    """240 instances, each with all stages together and with one alone."""
    alone = list(STAGES)[:3]
    for seed in range(48 * part, 48 * part + 48):
        found = invent(seed)
        median, problem = framed(found)
        optimum = found.best()
        for name in ("all", alone[seed % 3]):
            where = f"{seed} {name}"
            solved = solve_median(median, problem, STAGES[name])
            cost = found.cost(tuple(solved.chosen.rows.tolist()))
            assert cost == median.cost(solved.chosen) == median.total - solved.objective, where
            assert median.total - solved.bound <= optimum <= cost, where
            assert optimum >= median.total - check(problem, solved.objective, solved.links).bound, where
            if STAGES[name].nodes:
                assert (solved.status, cost) == ("optimal", optimum), where


def test_the_covering_problem_saves_what_the_ways_save() -> None:
    for seed in range(40):
        found = invent(seed)
        median, problem = framed(found)
        dice = random.Random(seed)
        opened = tuple(dice.sample(range(len(found.ways)), min(3, len(found.ways))))
        chosen = choice(opened, [0] * len(opened))
        assert problem.covered(chosen.rows) == median.total - found.cost(opened)


def test_three_homes_by_hand() -> None:
    # One site: in the middle everyone walks 10, 0, 10; at an end 0, 10, 20.
    ways: list[list[int | None]] = [[0, 10, 20], [10, 0, 10], [20, 10, 0]]
    median, problem = framed(Ways(ways, [100, 100, 100], [1, 1, 1], 1))
    solved = solve_median(median, problem, Effort())
    assert (solved.status, solved.chosen.rows.tolist(), median.cost(solved.chosen)) == ("optimal", [1], 20)
