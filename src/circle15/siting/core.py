"""What is left of a problem to decide: exact reductions, each only where it cannot change the best plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from circle15.siting.problem import Choice, Flags, Ints, Problem

# Looking for dominated candidates costs Σ |coverers of a demand|²; above this it is not worth it.
_MOST_OVERLAPS = 150_000_000


@dataclass(frozen=True, slots=True)
class Core:
    """Candidates (``row``: of the problem) and groups of demand with one covering set, both ways round.

    ``ptr``/``idx``: the groups of each candidate; ``tptr``/``tidx``: the candidates of each group. ``group``: the
    group of each raw demand, −1 if it decides nothing. ``limits`` (``most``): the problem's rows on these
    candidates. ``must``: candidates every plan has; ``shut``: the years (columns) a candidate may not open in.
    ``target`` names the target each group belongs to, or −1, and ``amount`` what it counts there. ``fewest``: how many
    must open in each year, or nothing.
    ``capacity`` of the candidates, if they have any: then each group is one raw demand.
    """

    row: Ints
    ptr: Ints
    idx: Ints
    tptr: Ints
    tidx: Ints
    weight: Ints
    depth: Ints
    group: Ints
    places: tuple[int, ...]
    limits: csr_matrix
    most: Ints
    must: Flags
    shut: Flags
    target: Ints
    amount: Ints
    least: Ints
    fewest: tuple[int, ...] = ()
    capacity: Ints | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Candidates and groups of demand."""
        return len(self.row), len(self.weight)

    @property
    def site_count(self) -> int:
        """How many sites a plan may have in all."""
        return sum(self.places)

    @property
    def covers(self) -> csr_matrix:
        """Candidates × groups, as floating point ones for fast products."""
        return csr_matrix((np.ones(len(self.idx)), self.idx, self.ptr), shape=self.size)

    def holds(self, chosen: Choice) -> bool:
        """Whether a choice of the problem is one of the core too."""
        inside = self.from_problem(chosen)
        missing = np.setdiff1d(np.flatnonzero(self.must), inside.rows)
        return (
            len(inside.rows) == len(chosen.rows)
            and not len(missing)
            and not self.shut[inside.rows, inside.stages].any()
        )

    def to_problem(self, chosen: Choice) -> Choice:
        """A choice of core candidates as one of the problem."""
        return Choice(self.row[chosen.rows], chosen.stages)

    def from_problem(self, chosen: Choice) -> Choice:
        """A choice of the problem as one of the core, without what the core left out."""
        place = {row: number for number, row in enumerate(self.row.tolist())}
        kept = [(place[row], stage) for row, stage in zip(chosen.rows, chosen.stages, strict=True) if row in place]
        return Choice(*(np.array([each[side] for each in kept], dtype=np.int64) for side in (0, 1)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is proven of every plan better than the best one met.

    ``shut``: candidates it does not open in a year, as candidate row × years + year; ``in_``: candidates it has.
    """

    shut: Ints
    in_: Ints


NOTHING = Fixed(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def reduce(problem: Problem, fixed: Fixed = NOTHING, *, dominated: bool = True, merged: bool = True) -> Core:
    """The core of a problem with some candidates fixed.

    Demand already covered, without weight, or out of every candidate's reach goes; demand with one covering set
    is ``merged``; a candidate that covers nothing another does not is dropped (``dominated``) where nothing but
    the number of sites is limited.
    """
    merged = merged and problem.capacity is None
    rows, must, shut = left(problem, fixed)
    target, amount = asked(problem)
    covers, open_ = _open(problem, rows, target)
    every = np.arange(len(open_))
    found, first = _merge(csc_matrix(covers), problem.depth[open_], target[open_]) if merged else (every, every)
    group = np.full(len(problem.weight), -1, dtype=np.int64)
    group[open_] = found
    weight = _added(found, problem.weight[open_], len(first))
    distinct = _columns(covers, first) if merged else covers
    if dominated and _may_drop(problem) and not shut.any():
        keep = np.flatnonzero(must | ~_dominated(distinct))
        rows, must, shut, distinct = rows[keep], must[keep], shut[keep], distinct[keep]
    amount = _added(found, amount[open_], len(first))
    demand = weight, problem.depth[open_][first], target[open_][first], amount
    return _core(problem, (rows, must, shut), distinct, demand, group)


def asked(problem: Problem) -> tuple[Ints, Ints]:
    """The target that each raw demand belongs to, or −1, and what it counts there."""
    target, amount = np.full(len(problem.weight), -1, dtype=np.int64), np.zeros(len(problem.weight), dtype=np.int64)
    for number, each in enumerate(problem.targets):
        target[each.columns], amount[each.columns] = number, each.amount
    return target, amount


def left(problem: Problem, fixed: Fixed) -> tuple[Ints, Flags, Flags]:
    """The candidates that may still open, which of them must, and the years in which each may not."""
    shut = _shut(problem, fixed)
    rows = np.flatnonzero(~shut.all(axis=1))
    must = np.zeros(len(shut), dtype=bool)
    must[problem.required] = True
    must[fixed.in_] = True
    return rows, must[rows], shut[rows]


def _added(group: Ints, values: Ints, count: int) -> Ints:
    """Whole numbers added up group by group, in integers: floating point holds no sums above 2⁵³."""
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, group, values)
    return found


def _open(problem: Problem, rows: Ints, target: Ints) -> tuple[csr_matrix, Ints]:
    """What these candidates cover of the demand that decides anything, and which demand that is."""
    covers = problem.covers
    size = np.diff(covers.indptr)[rows].astype(np.int64)
    steps = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    columns = covers.indices[np.repeat(covers.indptr[rows].astype(np.int64), size) + steps]
    counts = np.bincount(columns, minlength=len(problem.weight))
    open_ = np.flatnonzero((problem.depth > 0) & ((problem.weight > 0) | (target >= 0)) & (counts > 0))
    of_rows = csr_matrix((np.ones(len(columns)), columns, np.append(0, np.cumsum(size))), (len(rows), len(counts)))
    return _columns(of_rows, open_), open_


def _columns(covers: csr_matrix, wanted: Ints) -> csr_matrix:
    """These columns, in this order."""
    place = np.full(covers.shape[1], -1, dtype=np.int64)
    place[wanted] = np.arange(len(wanted))
    at = place[covers.indices]
    inside = at >= 0
    kept = np.append(0, np.cumsum(inside))[covers.indptr]
    found = csr_matrix((np.ones(int(kept[-1])), at[inside], kept), (covers.shape[0], len(wanted)))
    found.sort_indices()
    return found


def _core(
    problem: Problem,
    sites: tuple[Ints, Flags, Flags],
    covers: csr_matrix,
    demand: tuple[Ints, Ints, Ints, Ints],
    group: Ints,
) -> Core:
    rows, must, shut = sites
    turned = csc_matrix(covers)
    place = np.full(len(problem.candidate_ids), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    limits = _limits(problem, place, len(rows))
    weight, depth, target, amount = demand
    return Core(
        row=rows,
        ptr=covers.indptr.astype(np.int64),
        idx=covers.indices.astype(np.int64),
        tptr=turned.indptr.astype(np.int64),
        tidx=turned.indices.astype(np.int64),
        weight=weight,
        depth=depth,
        group=group,
        places=problem.places,
        limits=limits,
        most=np.array([row.most for row in problem.rows], dtype=np.int64),
        must=must,
        shut=shut,
        target=target,
        amount=amount,
        least=np.array([each.least for each in problem.targets], dtype=np.int64),
        fewest=problem.fewest,
        capacity=None if problem.capacity is None else problem.capacity[rows],
    )


def _shut(problem: Problem, fixed: Fixed) -> Flags:
    """Candidates × years in which they may not open."""
    years = len(problem.places)
    shut = np.zeros((len(problem.candidate_ids), years), dtype=bool)
    shut.reshape(-1)[fixed.shut] = True
    shut[list(problem.forbidden)] = True
    for row, year in (*problem.dated.items(), *problem.only.items()):
        shut[row] |= np.arange(years) != year
    return shut


def _limits(problem: Problem, place: Ints, count: int) -> csr_matrix:
    parts = [(number, place[row.candidates], row.coef) for number, row in enumerate(problem.rows)]
    which = [np.full((at >= 0).sum(), number) for number, at, _ in parts]
    at = [at[at >= 0] for _, at, _ in parts]
    coef = [coef[at >= 0] for _, at, coef in parts]
    if not parts:
        return csr_matrix((0, count), dtype=np.int64)
    return csr_matrix(
        (np.concatenate(coef), (np.concatenate(which), np.concatenate(at))), shape=(len(parts), count), dtype=np.int64
    )


def _merge(covers: csc_matrix, depth: Ints, target: Ints) -> tuple[Ints, Ints]:
    """The group of each column, and the first column of each group: equal coverers, depth and target.

    Columns are told apart by two 64-bit sums over their coverers; should two different ones ever share both,
    they are kept apart all the same, because every column is compared with the first of its group.
    """
    count = np.diff(covers.indptr)
    sums = [_column_sums(_mixed(np.arange(covers.shape[0]), seed)[covers.indices], covers.indptr) for seed in (1, 2)]
    order = np.lexsort((np.arange(len(count)), target, depth, sums[1], sums[0], count))
    keys = [each[order] for each in (count, *sums, depth, target)]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.any([each[1:] != each[:-1] for each in keys], axis=0)
    first_of = order[np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))]
    fresh |= ~_same_columns(covers, order, first_of)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.cumsum(fresh) - 1
    return found, order[fresh]


def _same_columns(covers: csc_matrix, left: Ints, right: Ints) -> Flags:
    """Whether columns of equal length hold the same rows."""
    count = np.diff(covers.indptr)[left]
    steps = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    a, b = (covers.indices[np.repeat(covers.indptr[each], count) + steps] for each in (left, right))
    differs = np.bincount(np.repeat(np.arange(len(left)), count), weights=a != b, minlength=len(left))
    result: Flags = differs == 0
    return result


def _column_sums(values: Ints, ptr: Ints) -> Ints:
    total = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(values, dtype=np.uint64)])
    result: Ints = total[ptr[1:]] - total[ptr[:-1]]
    return result


def _mixed(numbers: Ints, seed: int) -> Ints:
    """Well-spread 64-bit numbers (splitmix64, Steele et al. 2014)."""
    value = numbers.astype(np.uint64) * np.uint64(2) + np.uint64(seed)
    value = value * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _may_drop(problem: Problem) -> bool:
    """A dominated candidate may only go where nothing but the number of sites is limited."""
    limited = problem.rows or problem.targets or problem.dated or problem.only or any(problem.fewest)
    return not limited and problem.capacity is None and bool((problem.depth <= 1).all())


def _dominated(covers: csr_matrix) -> Flags:
    """Candidates whose demand another covers whole; of equals the first is kept."""
    per_demand = np.bincount(covers.indices, minlength=covers.shape[1]).astype(np.int64)
    size = np.diff(covers.indptr)
    gone: Flags = size == 0
    if int((per_demand**2).sum()) > _MOST_OVERLAPS:
        return gone
    ones = csr_matrix((np.ones(len(covers.indices), dtype=np.int32), covers.indices, covers.indptr), covers.shape)
    shared = (ones @ ones.T).tocoo()
    whole = (shared.data == size[shared.row]) & (shared.row != shared.col)
    small, large = shared.row[whole], shared.col[whole]
    beaten = (size[large] > size[small]) | (large < small)
    gone[small[beaten]] = True
    return gone
