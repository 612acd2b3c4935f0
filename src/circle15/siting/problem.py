"""A covering problem: which candidates, over the years, cover most of what is not yet covered, within constraints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from circle15.core.terms import Term
from circle15.siting.seats import Seated, seat

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """Σ coef · chosen ≤ most over some candidates. All coefficients are positive, or all are −1 (at least)."""

    term: Term
    candidates: Ints
    coef: Ints
    most: int


@dataclass(frozen=True, slots=True)
class Target:
    """At the end these demand columns must be covered to the ``amount`` of ``least`` in all, each counting its own."""

    term: Term
    columns: Ints
    amount: Ints
    least: int

    def missing(self, counts: Ints) -> int:
        """How much is lacking where demand is covered so many times; 0 or less where the target is reached."""
        return self.least - int(self.amount[counts[self.columns] > 0].sum())


@dataclass(frozen=True, slots=True)
class Problem:
    """Candidates (rows) cover demand (columns), after Church & ReVelle (1974).

    ``covers``: raw coverage, a candidate's row holding 1 for each demand it serves within the limit; rows in an
    order that ids do not decide. ``weight``: whole numbers. ``depth``: how many times demand still counts when
    covered: 0 where an existing facility serves it, 1 for covering, 2 for backup covering. ``places``: sites of
    each year, ``fewest`` how many of them must be used, none where empty. ``rows`` and ``targets`` are constraints;
    target columns have weight 0. ``mandatory``, ``forbidden`` and ``dated`` (year by row) are candidate rows; a dated
    candidate is mandatory, one of ``only`` (year by row) opens in no other year. ``extra`` names the columns of demand
    behind those of the areas.
    ``capacity``: how much
    weight each candidate serves at most, None where it serves all within reach; then ``depth`` is 0 or 1.
    """

    candidate_ids: tuple[str, ...]
    covers: csr_matrix
    weight: Ints
    depth: Ints
    places: tuple[int, ...]
    rows: tuple[Row, ...] = ()
    targets: tuple[Target, ...] = ()
    mandatory: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    dated: Mapping[int, int] = field(default_factory=dict)
    only: Mapping[int, int] = field(default_factory=dict)
    fewest: tuple[int, ...] = ()
    extra: tuple[str, ...] = ()
    capacity: Ints | None = None

    @property
    def site_count(self) -> int:
        """How many sites the plan may have in all."""
        return sum(self.places)

    @property
    def allowed(self) -> Ints:
        """Rows of the candidates that are not forbidden."""
        return np.setdiff1d(np.arange(len(self.candidate_ids)), np.asarray(self.forbidden, dtype=np.int64))

    @property
    def required(self) -> Ints:
        """Rows that every plan must have."""
        return np.array(sorted({*self.mandatory, *self.dated}), dtype=np.int64)

    def counts(self, rows: Ints) -> Ints:
        """How many of these candidates cover each demand."""
        return np.bincount(_members(self.covers, rows), minlength=self.covers.shape[1])

    def covered(self, rows: Ints) -> int:
        """The weight these candidates cover together; within their capacities, if they have any."""
        if self.capacity is not None:
            return self.seated(rows, self.capacity[rows]).total
        return int((self.weight * np.minimum(self.counts(rows), self.depth)).sum())

    def seated(self, rows: Ints, capacity: Ints) -> Seated:
        """Who gets a place at these candidates, each with that capacity."""
        return seat(self.covers[rows], np.where(self.depth > 0, self.weight, 0), capacity)

    def coverable(self) -> Flags:
        """Demand that counts and that some allowed candidate covers."""
        return (self.counts(self.allowed) > 0) & (self.depth > 0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Candidate rows with the year (index of ``places``) in which each opens."""

    rows: Ints
    stages: Ints

    def opened(self, stage: int) -> Ints:
        """The rows open at the end of a year."""
        return self.rows[self.stages <= stage]

    @property
    def key(self) -> tuple[tuple[int, int], ...]:
        """The choice as a value that can be compared."""
        return tuple(sorted(zip(self.stages.tolist(), self.rows.tolist(), strict=True)))


def choice(rows: object, stages: object) -> Choice:
    """A choice of these rows and years."""
    return Choice(np.asarray(rows, dtype=np.int64), np.asarray(stages, dtype=np.int64))


def objective(problem: Problem, chosen: Choice) -> int:
    """The weight covered at the end of each year, summed over the years, from raw coverage."""
    return sum(problem.covered(chosen.opened(stage)) for stage in range(len(problem.places)))


def objections(problem: Problem, chosen: Choice) -> tuple[str, ...]:
    """Names of what a choice breaks: constraints, or the ids of sites no plan may have. Empty if it is allowed."""
    ids = problem.candidate_ids
    rows = chosen.rows.tolist()
    strange = set(rows) & set(problem.forbidden) | {row for row in rows if rows.count(row) > 1}
    broken = [ids[row] for row in sorted(strange)]
    broken += [ids[row] for row in problem.required.tolist() if row not in rows]
    when = dict(zip(rows, chosen.stages.tolist(), strict=True))
    fixed = (*problem.dated.items(), *problem.only.items())
    broken += [ids[row] for row, stage in fixed if when.get(row, stage) != stage]
    opened = np.bincount(chosen.stages, minlength=len(problem.places))
    broken += [f"stage {stage}" for stage, places in enumerate(problem.places) if opened[stage] > places]
    broken += [f"stage {stage}" for stage, fewest in enumerate(problem.fewest) if opened[stage] < fewest]
    broken += ["stage"] if len(opened) > len(problem.places) else []
    broken += _broken_rows(problem, chosen.rows)
    counts = problem.counts(chosen.rows)
    broken += [_called(each.term) for each in problem.targets if each.missing(counts) > 0]
    return tuple(dict.fromkeys(broken))


def _broken_rows(problem: Problem, rows: Ints) -> list[str]:
    """The terms whose rows these candidates break."""
    if not problem.rows:
        return []
    is_open = np.zeros(len(problem.candidate_ids), dtype=np.int64)
    is_open[rows] = 1
    size = np.array([len(row.candidates) for row in problem.rows])
    coef = np.concatenate([row.coef for row in problem.rows])
    taken = coef * is_open[np.concatenate([row.candidates for row in problem.rows])]
    sums = np.bincount(np.repeat(np.arange(len(size)), size), weights=taken, minlength=len(size))
    most = np.array([row.most for row in problem.rows])
    return [_called(problem.rows[number].term) for number in np.flatnonzero(sums > most)]


def _called(term: Term) -> str:
    return f"{term.kind} {term.name}".strip()


def _members(matrix: csr_matrix, rows: Ints) -> Ints:
    """The columns of these rows, one after the other."""
    if len(rows) == 0:
        return np.empty(0, dtype=np.int64)
    return np.concatenate([matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]] for row in rows])
