"""Instances in which candidates hold no more than so many, and the best plan of each by trying every one.

What sites hold together is told without giving anyone a place: whichever of the open sites are full, the others serve
all within their reach, so that the least over all sets of full sites is what they can hold (max-flow min-cut).
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

import numpy as np

from circle15.siting.problem import Problem
from tests.exhaustive import Instance, invent
from tests.unit.siting.problems import as_problem

KINDS = ("plain", "years", "quota", "budget", "separation", "prescribed", "dated", "target", "fewest", "mixed")


@dataclass
class Seated(Instance):
    """``capacity`` of each candidate."""

    capacity: list[int] = field(default_factory=list)

    def value(self, when: dict[int, int]) -> int:
        """People with a place at the end of each year, summed over the years."""
        return sum(
            self.hold([candidate for candidate, start in when.items() if start <= year])
            for year in range(len(self.places))
        )

    def hold(self, opened: list[int]) -> int:
        """People with a place at these candidates."""
        return min(
            sum(self.capacity[each] for each in full) + self._within(set(opened) - set(full))
            for count in range(len(opened) + 1)
            for full in itertools.combinations(opened, count)
        )

    def _within(self, opened: set[int]) -> int:
        return sum(
            weight
            for demand, weight in enumerate(self.weight)
            if self.depth[demand] and any(demand in self.covers[each] for each in opened)
        )


def invent_seated(seed: int, kind: str) -> Seated:
    """A small instance of one kind, the same for equal seeds. Some capacities never bind, some are 0."""
    plain, dice = invent(seed, kind), random.Random(f"seats-{kind}-{seed}")
    capacity = [dice.choice([0, 10, 25, 40, 60, 1000]) for _ in plain.covers]
    values = {name: getattr(plain, name) for name in Instance.__dataclass_fields__}
    values["depth"] = [min(each, 1) for each in plain.depth]
    return Seated(**values, capacity=capacity)


def as_seated_problem(instance: Seated) -> Problem:
    """The same in the words of the program."""
    plain = as_problem(instance)
    values = {name: getattr(plain, name) for name in Problem.__dataclass_fields__}
    return Problem(**{**values, "capacity": np.array(instance.capacity, dtype=np.int64)})
