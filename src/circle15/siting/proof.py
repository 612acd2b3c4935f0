"""The proof of a bound: a chain of multipliers on raw demand, each believing only what those before it proved."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from circle15.core.results import Multipliers
from circle15.siting.bound import MOST_SCALE, MOST_SUM, Bound, Floats, evaluate, magnitude
from circle15.siting.core import NOTHING, Core, Fixed, asked, reduce
from circle15.siting.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows about plans of a problem: none is worth more than ``bound``.

    ``links``: the steps that were needed, with the bound of each, without multipliers of demand that decides
    nothing. ``fixed``: of the part looked at last, what no plan worth more than the one in hand has, and what every
    such plan has.
    """

    bound: int
    links: tuple[Multipliers, ...]
    fixed: Fixed


def check(problem: Problem, value: int, links: tuple[Multipliers, ...]) -> Proven:
    """Recompute the bound of a proof (multipliers of raw demand × year) from raw coverage, in integers.

    ``value`` is the worth of a plan in hand. Each step bounds those plans that are left to the part it belongs to:
    a candidate whose opening, or whose absence, leaves no room above ``value`` is fixed for what follows; a step
    that leaves no room at all closes its part. Raises ValueError for multipliers that are not sound.
    """
    open_, used, last = [(everything(problem), NOTHING)], [], NOTHING
    for link in links:
        if not open_:
            break
        above, before = open_.pop()
        core, held = laid(problem, link, before)
        found = evaluate(core, held)
        some = core.group[link.areas] >= 0
        used.append(replace(link, areas=link.areas[some], demand=link.demand[some], scaled=found.scaled))
        if found.value <= value:
            continue
        bound, last = min(above, found.value), fix(core, found, value, before)
        open_ += [(bound, part) for part in parts(problem, last, link)]
    return Proven(max([value, *(bound for bound, _ in open_)]), tuple(used), last)


def laid(problem: Problem, link: Multipliers, fixed: Fixed = NOTHING) -> tuple[Core, Multipliers]:
    """Multipliers on the raw demand that a problem leaves. Raises ValueError for those that are not sound."""
    _refuse_unsound(problem, link)
    core = reduce(problem, fixed, dominated=False, merged=False)
    held = _on(core, link)
    if magnitude(core, held) > MOST_SUM:
        raise ValueError("multipliers too large to add up")
    return core, held


def same(some: tuple[Multipliers, ...], others: tuple[Multipliers, ...]) -> bool:
    """Whether two proofs are the same, number by number."""
    return len(some) == len(others) and all(
        np.array_equal(getattr(a, each.name), getattr(b, each.name))
        for a, b in zip(some, others, strict=True)
        for each in fields(Multipliers)
    )


def parts(problem: Problem, fixed: Fixed, link: Multipliers) -> tuple[Fixed, ...]:
    """The plans that do not open a candidate by a year, and those that do: the last is looked at first.

    Undivided where the step names no candidate.
    """
    if not link.split:
        return (fixed,)
    row, years = problem.candidate_ids.index(link.split), len(problem.places)
    codes = row * years + np.arange(years)
    until, after = codes[: link.split_stage + 1], codes[link.split_stage + 1 :]
    return (
        replace(fixed, shut=np.union1d(fixed.shut, until)),
        Fixed(np.union1d(fixed.shut, after), np.union1d(fixed.in_, [row])),
    )


def _refuse_unsound(problem: Problem, link: Multipliers) -> None:
    """Only sound multipliers make a bound: whole numbers ≥ 0 that 64 bits hold, of this problem."""
    numbers = link.demand, link.rows, link.places, link.targets
    shape = (len(link.areas), len(problem.places)), (len(problem.rows),), (len(problem.places),)
    if tuple(each.shape for each in numbers) != (*shape, (len(problem.targets),)) or not 0 < link.scale <= MOST_SCALE:
        raise ValueError("multipliers of another shape")
    if any(each.min(initial=0) < 0 or each.max(initial=0) > MOST_SUM for each in numbers):
        raise ValueError("negative or huge multipliers")
    seen = np.zeros(len(problem.weight), dtype=bool)
    seen[link.areas] = True
    if int(seen.sum()) < len(link.areas):
        raise ValueError("two multipliers of one demand")
    if link.split and (link.split not in problem.candidate_ids or not 0 <= link.split_stage < len(problem.places)):
        raise ValueError("a split by what is no candidate or year")


def everything(problem: Problem) -> int:
    """What no plan passes anyway: all candidates open, in every year."""
    return problem.covered(problem.allowed) * len(problem.places)


def fix(core: Core, bound: Bound, value: int, before: Fixed = NOTHING) -> Fixed:
    """Reduced-cost fixing: openings with which, or candidates without which, the bound falls to ``value`` or below."""
    years = len(core.places)
    counted = np.where(core.must, bound.best, np.maximum(bound.best, 0))
    opened = (bound.scaled - counted[:, None] + bound.worth) // bound.scale
    row, year = np.nonzero((opened <= value) & ~core.shut)
    without_it = (bound.scaled - counted) // bound.scale
    in_ = core.row[(without_it <= value) & ~core.must]
    return Fixed(np.union1d(before.shut, core.row[row] * years + year), np.union1d(before.in_, in_))


def spread(problem: Problem, core: Core, held: Multipliers) -> Multipliers:
    """Multipliers of groups shared out over the raw demand of each, up to its weight: the same bound."""
    inside = np.flatnonzero(core.group >= 0)
    order = inside[np.argsort(core.group[inside], kind="stable")]
    groups = core.group[order]
    first = np.ones(len(groups), dtype=bool)
    first[1:] = groups[1:] != groups[:-1]
    begin = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    demand = np.zeros((len(order), len(core.places)), dtype=np.int64)
    target, amount = (each[order] for each in asked(problem))
    for year in range(len(core.places)):
        most = problem.weight[order] * held.scale
        if year == len(core.places) - 1 and len(held.targets):
            most = most + np.where(target >= 0, held.targets[target] * amount, 0)
        before = np.cumsum(most) - most
        demand[:, year] = np.clip(held.demand[groups, year] - (before - before[begin]), 0, most)
    some = demand.any(axis=1)
    return replace(held, areas=order[some], demand=demand[some])


def carry(before: Core, after: Core, demand: Floats) -> Floats:
    """Multipliers of one core summed over the groups of a later one, whose groups are unions of those before."""
    raw = np.flatnonzero((before.group >= 0) & (after.group >= 0))
    _, at = np.unique(before.group[raw], return_index=True)
    old, new = before.group[raw[at]], after.group[raw[at]]
    found = np.zeros((len(after.weight), demand.shape[1]))
    for year in range(demand.shape[1]):
        found[:, year] = np.bincount(new, weights=demand[old, year], minlength=len(after.weight))
    return np.minimum(found, _caps(after, demand.shape[1])) if len(after.least) == 0 else found


def _caps(core: Core, years: int) -> Ints:
    return np.repeat(core.weight[:, None], years, axis=1)


def _on(core: Core, link: Multipliers) -> Multipliers:
    """Raw multipliers on the groups of an unmerged core."""
    demand = np.zeros((len(core.weight), len(core.places)), dtype=np.int64)
    some = core.group[link.areas] >= 0
    demand[core.group[link.areas[some]]] = link.demand[some]
    return replace(link, areas=np.arange(len(core.weight)), demand=demand)
