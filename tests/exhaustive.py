"""The best plan by trying every one: an oracle for small problems that shares no code with the program.

An instance is plain Python: for each candidate the demand it covers, weights, depths, and constraints in words of
their own. ``best`` walks through every way to open candidates in years.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

KINDS = (
    "plain",
    "years",
    "quota",
    "budget",
    "separation",
    "prescribed",
    "dated",
    "target",
    "shares",
    "backup",
    "mixed",
)
_CONSTRAINTS = ("quota", "budget", "separation", "prescribed", "dated", "target", "shares")
# What a study asks beside these.
WISHES = ("favoured", "towns", "fewest", "wishes")


@dataclass
class Instance:
    """Candidates 0…n−1 and demand 0…m−1."""

    covers: list[set[int]]
    weight: list[int]
    depth: list[int]
    places: list[int]
    quotas: list[tuple[set[int], int, int]] = field(default_factory=list)  # candidates, least, most
    costs: list[int] = field(default_factory=list)
    budget: int | None = None
    conflicts: list[tuple[int, int]] = field(default_factory=list)
    mandatory: set[int] = field(default_factory=set)
    forbidden: set[int] = field(default_factory=set)
    dated: dict[int, int] = field(default_factory=dict)
    target: tuple[list[set[int]], int] | None = None  # communities as sets of candidates, how many need one
    favours: list[tuple[set[int], set[int], Fraction]] = field(default_factory=list)  # candidates, demand, extra
    towns: list[tuple[set[int], int]] = field(default_factory=list)  # candidates, the year of the one that opens
    fewest: list[int] = field(default_factory=list)  # of each year
    quarters: list[tuple[set[int], int]] = field(default_factory=list)  # demand, what must be covered of it

    def allows(self, when: dict[int, int]) -> bool:
        """Whether these openings (candidate → year) break nothing."""
        opened = set(when)
        return (
            all(list(when.values()).count(year) <= most for year, most in enumerate(self.places))
            and self.mandatory <= opened
            and not opened & self.forbidden
            and all(when.get(candidate) == year for candidate, year in self.dated.items())
            and all(least <= len(opened & members) <= most for members, least, most in self.quotas)
            and (self.budget is None or sum(self.costs[each] for each in opened) <= self.budget)
            and not any(a in opened and b in opened for a, b in self.conflicts)
            and all([when[each] for each in members if each in when] == [year] for members, year in self.towns)
            and all(list(when.values()).count(year) >= least for year, least in enumerate(self.fewest))
            and all(self.reached(opened, areas) >= least for areas, least in self.quarters)
            and (self.target is None or sum(bool(each & opened) for each in self.target[0]) >= self.target[1])
        )

    def reached(self, opened: set[int], areas: set[int]) -> int:
        """The weight of these areas that a candidate covers, and that nothing covers today."""
        met = {demand for candidate in opened for demand in self.covers[candidate]}
        return sum(self.weight[demand] for demand in areas & met if self.depth[demand] > 0)

    def value(self, when: dict[int, int]) -> Fraction | int:
        """Weight covered at the end of each year, summed over the years, with what is preferred on top."""
        total: Fraction | int = 0
        for year in range(len(self.places)):
            opened = [candidate for candidate, start in when.items() if start <= year]
            for demand, weight in enumerate(self.weight):
                count = sum(demand in self.covers[candidate] for candidate in opened)
                total += weight * min(count, self.depth[demand])
                for sites, areas, extra in self.favours:
                    count = sum(demand in self.covers[candidate] for candidate in opened if candidate in sites)
                    total += extra * weight * min(count, self.depth[demand]) if demand in areas else 0
        return total


def plans(instance: Instance) -> Iterator[dict[int, int]]:
    """Every way to open candidates in years within the number of places."""
    years = range(len(instance.places))
    for count in range(sum(instance.places) + 1):
        for chosen in itertools.combinations(range(len(instance.covers)), count):
            for when in itertools.product(years, repeat=count):
                yield dict(zip(chosen, when, strict=True))


def best(instance: Instance) -> Fraction | int | None:
    """The value of the best allowed plan, or None if there is none."""
    values = [instance.value(plan) for plan in plans(instance) if instance.allows(plan)]
    return max(values, default=None)


def invent(seed: int, kind: str) -> Instance:
    """A small instance of one kind, the same for equal seeds. Some have no allowed plan."""
    dice = random.Random(f"{kind}-{seed}")
    several = kind in {"years", "dated", "towns"} or (kind in {"mixed", "fewest", "wishes"} and dice.random() < 0.5)
    candidates = dice.randint(3, 6) if several else dice.randint(4, 11)
    demand = dice.randint(3, 18)
    covers = [set(dice.sample(range(demand), dice.randint(0, min(demand, 6)))) for _ in range(candidates)]
    depth = [dice.choice([0, 1, 1, 1]) for _ in range(demand)]
    if kind == "backup" or (kind == "mixed" and dice.random() < 0.3):
        depth = [dice.choice([0, 1, 2, 2]) for _ in range(demand)]
    places = [dice.randint(1, 2) for _ in range(dice.randint(2, 3))] if several else [dice.randint(1, 4)]
    found = Instance(covers, [dice.randint(0, 30) for _ in range(demand)], depth, places)
    asked = set(dice.sample(_CONSTRAINTS, dice.randint(2, 4))) if kind == "mixed" else {kind}
    asked |= set(dice.sample([*WISHES[:3], *_CONSTRAINTS], dice.randint(2, 4))) if kind == "wishes" else set()
    _constrain(found, asked, dice)
    _wish(found, asked, dice)
    return found


def _wish(found: Instance, asked: set[str], dice: random.Random) -> None:
    everyone, demand = range(len(found.covers)), range(len(found.weight))
    if "favoured" in asked:
        for _ in range(dice.randint(1, 3)):
            sites = set(dice.sample(everyone, dice.randint(0, len(everyone))))
            areas = set(demand) if dice.random() < 0.7 else set(dice.sample(demand, dice.randint(0, len(demand))))
            found.favours.append((sites, areas, Fraction(dice.choice([10, 20, 25, 50, 99, 150]), 100)))
    if "towns" in asked:
        home = [dice.randrange(3) for _ in everyone]
        for town in dice.sample(range(3), dice.randint(1, 2)):
            members = {each for each in everyone if home[each] == town}
            found.towns.append((members, dice.randrange(len(found.places))))
    if "fewest" in asked:
        found.fewest = [dice.randint(0, most) for most in found.places]


def _constrain(found: Instance, asked: set[str], dice: random.Random) -> None:
    candidates, places = len(found.covers), sum(found.places)
    everyone = list(range(candidates))
    if "quota" in asked:
        towns = [dice.randrange(3) for _ in everyone]
        for town in set(towns):
            least = dice.choice([0, 0, 0, 1])
            members = {each for each in everyone if towns[each] == town}
            found.quotas.append((members, least, dice.randint(max(least, 1), 2)))
    if "budget" in asked:
        found.costs = [dice.randint(1, 9) for _ in everyone]
        found.budget = dice.randint(3, 6 * places)
    if "separation" in asked:
        pairs = list(itertools.combinations(everyone, 2))
        found.conflicts = dice.sample(pairs, min(len(pairs), dice.randint(1, candidates)))
    if "prescribed" in asked:
        found.mandatory = set(dice.sample(everyone, dice.randint(0, min(2, places))))
        found.forbidden = set(dice.sample([each for each in everyone if each not in found.mandatory], 1))
    if "dated" in asked:
        free = [each for each in everyone if each not in found.forbidden]
        found.dated = {each: dice.randrange(len(found.places)) for each in dice.sample(free, 1)}
    if "shares" in asked:
        _share(found, dice)
    if "target" in asked:
        homes = [dice.randrange(4) for _ in everyone]
        communities = [{each for each in everyone if homes[each] == number} for number in set(homes)]
        communities += [dice.choice(communities)] if dice.random() < 0.3 else []  # two with the same candidates
        found.target = (communities, dice.randint(1, min(places + 1, len(communities))))


def _share(found: Instance, dice: random.Random) -> None:
    """Of each of a few towns some of the weight that nothing covers today; now and then more than can be covered."""
    home = [dice.randrange(3) for _ in found.weight]
    for town in sorted(set(home)):
        areas = {demand for demand, each in enumerate(home) if each == town and found.depth[demand] > 0}
        most = found.reached(set(range(len(found.covers))), areas)
        least = dice.randint(0, most) * dice.choice([1, 2, 3]) // 3
        found.quarters += [(areas, most + 1 if dice.random() < 0.05 else least)] if areas else []
