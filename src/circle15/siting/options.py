"""Candidate and year in one: an option opens a candidate in a year and covers demand from then on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from circle15.siting.core import Core
from circle15.siting.kernels import State, World
from circle15.siting.problem import Choice, Flags, Ints, choice


@dataclass(frozen=True, slots=True)
class Options:
    """Option o = year · candidates + candidate; demand is repeated for every year, and weighs the same in each."""

    core: Core
    owner: Ints
    stage: Ints
    covers: csr_matrix
    weight: Ints
    depth: Ints
    allowed: Flags

    def choose(self, options: Ints) -> Choice:
        """Options as a choice of core candidates."""
        return choice(self.owner[options], self.stage[options])

    def options(self, chosen: Choice) -> Ints:
        """A choice of core candidates as options."""
        return chosen.stages * len(self.core.row) + chosen.rows


def unfold(core: Core) -> Options:
    """The options of a core, those of shut years not allowed."""
    years, candidates = len(core.places), len(core.row)
    owner = np.tile(np.arange(candidates), years)
    stage = np.repeat(np.arange(years), candidates)
    return Options(
        core=core,
        owner=owner,
        stage=stage,
        covers=_repeated(core, years),
        weight=np.tile(core.weight, years),
        depth=np.tile(core.depth, years),
        allowed=~core.shut[owner, stage],
    )


def _repeated(core: Core, years: int) -> csr_matrix:
    """Options × (year, demand): an option covers its demand in its year and in all that follow."""
    candidates, demand = core.size
    size = np.diff(core.ptr)
    rows = np.repeat(np.arange(candidates), size)
    at = [(start, year) for start in range(years) for year in range(start, years)]
    row = np.concatenate([start * candidates + rows for start, _ in at])
    column = np.concatenate([year * demand + core.idx for _, year in at])
    shape = (years * candidates, years * demand)
    return csr_matrix((np.ones(len(row), dtype=np.int64), (row, column)), shape=shape)


def world(options: Options, bonus: Ints) -> World:
    """What the search moves in.

    What a plan must have (quotas, mandatory sites) is demand too, of a weight that comes before all other: the
    search fills it first, and whether it did is checked on the finished plan.
    ``bonus``: of each target, what its demand weighs beside all other for every one that it counts there.
    """
    core = options.core
    weight, some = options.weight.copy(), np.flatnonzero(core.target >= 0)
    weight[len(weight) - len(core.weight) + some] += bonus[core.target[some]] * core.amount[some]
    first = int((weight * options.depth).sum()) + 1
    asked, depth = _asked(options)
    covers = hstack([options.covers, asked]).tocsr()
    turned = covers.tocsc()
    covers.sort_indices()
    turned.sort_indices()
    rows, cap = _counted(options)
    members = rows.tocsc()
    costly = [row for row in range(len(core.most)) if core.limits[row].data.max(initial=0) > 1]
    return World(
        ptr=covers.indptr.astype(np.int64),
        idx=covers.indices.astype(np.int64),
        tptr=turned.indptr.astype(np.int64),
        tidx=turned.indices.astype(np.int64),
        weight=np.r_[weight, np.full(len(depth), first, dtype=np.int64)],
        depth=np.r_[options.depth, depth],
        rptr=members.indptr.astype(np.int64),
        ridx=members.indices.astype(np.int64),
        mptr=rows.indptr.astype(np.int64),
        midx=rows.indices.astype(np.int64),
        cap=cap,
        cost=np.ascontiguousarray(core.limits[costly].toarray()[:, options.owner].astype(np.int64)),
        budget=core.most[costly],
    )


def _asked(options: Options) -> tuple[csr_matrix, Ints]:
    """Options × what must be there, with how many of each: mandatory sites, least numbers of quotas and years."""
    core = options.core
    must = np.flatnonzero(core.must)
    least = [row for row in range(len(core.most)) if core.limits[row].data.min(initial=0) < 0]
    of_owner = _choosing(core, must)
    quota = -core.limits[least]
    years = [year for year, fewest in enumerate(core.fewest) if fewest]
    of_year = csr_matrix((options.stage == np.array(years, dtype=np.int64)[:, None]).astype(np.int64))
    needs = vstack([vstack([of_owner, quota]).tocsr()[:, options.owner], of_year]).T
    fewest = np.array([core.fewest[year] for year in years], dtype=np.int64)
    return csr_matrix(needs), np.r_[np.ones(len(must), dtype=np.int64), -core.most[least], fewest]


def _choosing(core: Core, rows: Ints) -> csr_matrix:
    return csr_matrix(
        (np.ones(len(rows), dtype=np.int64), (np.arange(len(rows)), rows)), shape=(len(rows), len(core.row))
    )


def _counted(options: Options) -> tuple[csr_matrix, Ints]:
    """Rows that limit how many options are open: places of a year, one year for each candidate, counted constraints."""
    core, years, count = options.core, len(options.core.places), len(options.owner)
    ones = np.ones(count, dtype=np.int64)
    of_year = csr_matrix((ones, (options.stage, np.arange(count))), shape=(years, count))
    unit = [row for row in range(len(core.most)) if (core.limits[row].data == 1).all()]
    blocks = [of_year, core.limits[unit][:, options.owner]]
    caps = [np.array(core.places, dtype=np.int64), core.most[unit]]
    if years > 1:
        blocks.append(csr_matrix((ones, (options.owner, np.arange(count))), shape=(len(core.row), count)))
        caps.append(np.ones(len(core.row), dtype=np.int64))
    rows = vstack(blocks).tocsr()
    rows.sort_indices()
    return rows, np.concatenate(caps)


def empty(options: Options, into: World) -> State:
    """No option open."""
    count = len(options.owner)
    weight = into.weight * (into.depth > 0)
    total = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(weight[into.idx])])
    barred = (~options.allowed).astype(np.int64)
    full = np.flatnonzero(into.cap <= 0)
    for row in full:
        barred[into.midx[into.mptr[row] : into.mptr[row + 1]]] += 1
    return State(
        hits=np.zeros(len(into.weight), dtype=np.int64),
        gain=total[into.ptr[1:]] - total[into.ptr[:-1]],
        barred=barred,
        used=np.zeros(len(into.cap), dtype=np.int64),
        spent=np.zeros(len(into.budget), dtype=np.int64),
        chosen=np.zeros(options.core.site_count + 1, dtype=np.int64),
        at=np.full(count, -1, dtype=np.int64),
        total=np.zeros(2, dtype=np.int64),
    )
