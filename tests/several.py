"""Instances of several facility types in one plan, and the best plan of each by trying every one.

Sites are looked at one by one: each stays empty, or opens in a year with some of the types that it may hold.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

KINDS = ("plain", "years", "budget", "cheaper", "quota", "separation", "prescribed", "three", "mixed")

# Site → (types, year).
Opened = dict[int, tuple[tuple[str, ...], int]]


@dataclass
class Several:
    """Sites 0…n−1, and of each type its demand 0…m−1, what each site covers of it, and how many open in each year."""

    covers: dict[str, list[set[int]]]
    weight: dict[str, list[int]]
    depth: dict[str, list[int]]
    places: dict[str, list[int]]
    may_hold: list[list[tuple[str, ...]]]
    at: list[tuple[int, int]]
    zone: list[str]
    separation: int | None = None
    quota: tuple[int, int] | None = None  # least and most in each of the zones
    costs: list[dict[str, int]] = field(default_factory=list)
    together: dict[tuple[int, tuple[str, ...]], int] = field(default_factory=dict)  # what the data say of several types
    budget: int | None = None
    mandatory: set[int] = field(default_factory=set)
    forbidden: set[int] = field(default_factory=set)

    @property
    def types(self) -> list[str]:
        return list(self.covers)

    @property
    def years(self) -> int:
        return len(self.places[self.types[0]])

    def cost(self, site: int, types: tuple[str, ...]) -> int:
        return self.together.get((site, types), sum(self.costs[site][each] for each in types))

    def allows(self, opened: Opened) -> bool:
        """Whether a plan breaks nothing."""
        apart = all(
            (self.at[a][0] - self.at[b][0]) ** 2 + (self.at[a][1] - self.at[b][1]) ** 2 >= (self.separation or 0) ** 2
            for a, b in itertools.combinations(opened, 2)
        )
        counts = [sum(self.zone[site] == zone for site in opened) for zone in ("T-0", "T-1")]
        return (
            apart
            and self.mandatory <= set(opened)
            and not self.forbidden & set(opened)
            and (self.quota is None or all(self.quota[0] <= each <= self.quota[1] for each in counts))
            and (
                self.budget is None or sum(self.cost(site, types) for site, (types, _) in opened.items()) <= self.budget
            )
            and all(
                sum(kind in types and year == when for types, when in opened.values()) <= most
                for kind in self.types
                for year, most in enumerate(self.places[kind])
            )
        )

    def value(self, opened: Opened) -> int:
        """Of each type the weight covered at the end of each year, added up."""
        total = 0
        for year in range(self.years):
            for kind in self.types:
                reached = [
                    self.covers[kind][site] for site, (types, when) in opened.items() if when <= year and kind in types
                ]
                for demand, weight in enumerate(self.weight[kind]):
                    count = sum(demand in each for each in reached)
                    total += weight * min(count, self.depth[kind][demand])
        return total

    def plans(self) -> Iterator[Opened]:
        """Every way to open sites."""
        ways = [[None, *itertools.product(types, range(self.years))] for types in self.may_hold]
        for chosen in itertools.product(*ways):
            yield {site: each for site, each in enumerate(chosen) if each is not None}

    def best(self) -> int | None:
        """The value of the best allowed plan, or None if there is none."""
        return max((self.value(plan) for plan in self.plans() if self.allows(plan)), default=None)


def invent_several(seed: int, kind: str) -> Several:
    """A small instance of one kind, the same for equal seeds. Some have no allowed plan."""
    dice = random.Random(f"{kind}-{seed}")
    types = ["aa", "b", "cc"] if kind == "three" else ["b", "aa"]
    years = dice.randint(2, 3) if kind == "years" or (kind == "mixed" and dice.random() < 0.3) else 1
    sites = 3 if years > 1 or kind == "three" else dice.randint(3, 5)
    demand = {each: dice.randint(3, 9) for each in types}
    sets = [some for size in range(1, len(types) + 1) for some in itertools.combinations(types, size)]
    may_hold = [[some for some in sets if len(some) == 1 or dice.random() < 0.8] for _ in range(sites)]
    if dice.random() < 0.4:  # too small for one of the types
        lost = dice.choice(types)
        may_hold[0] = [some for some in may_hold[0] if lost not in some]
    found = Several(
        covers={
            each: [set(dice.sample(range(demand[each]), dice.randint(0, min(demand[each], 5)))) for _ in range(sites)]
            for each in types
        },
        weight={each: [dice.randint(0, 30) for _ in range(demand[each])] for each in types},
        depth={each: [dice.choice([0, 1, 1, 1]) for _ in range(demand[each])] for each in types},
        places={each: [dice.randint(0 if years > 1 else 1, 2) for _ in range(years)] for each in types},
        may_hold=may_hold,
        at=[(dice.randint(0, 5) * 1000, dice.randint(0, 5) * 1000) for _ in range(sites)],
        zone=[dice.choice(["T-0", "T-1", ""]) for _ in range(sites)],
    )
    several = ["budget", "cheaper", "quota", "separation", "prescribed"]
    _constrain(found, set(dice.sample(several, dice.randint(2, 3))) if kind == "mixed" else {kind}, dice)
    return found


def _constrain(found: Several, asked: set[str], dice: random.Random) -> None:
    sites = range(len(found.at))
    if asked & {"budget", "cheaper"}:
        found.costs = [{kind: dice.randint(1, 9) for kind in found.types} for _ in sites]
        found.budget = dice.randint(4, 8 * len(sites))
    if "cheaper" in asked:
        for site in sites:
            for types in found.may_hold[site]:
                if len(types) > 1:
                    found.together[site, types] = dice.randint(1, found.cost(site, types) + 2)
    if "separation" in asked:
        found.separation = dice.choice([1, 1000, 1001, 2000, 3000])
    if "quota" in asked:
        least = dice.choice([0, 0, 1])
        found.quota = (least, dice.randint(max(1, least), 2))
    if "prescribed" in asked:
        found.mandatory = set(dice.sample(sites, dice.randint(0, 2)))
        found.forbidden = set(dice.sample([each for each in sites if each not in found.mandatory], 1))
