"""Instances of the exhaustive search as problems of the program."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from circle15.core.terms import Term
from circle15.siting.aims import Dated, Quarter, dating, sharing
from circle15.siting.favour import Favour, preferring, scale_of
from circle15.siting.problem import Problem, Row, Target
from tests.exhaustive import Instance


def as_problem(instance: Instance) -> Problem:
    """The same problem in the words of the program, in units of 1 ÷ ``scale(instance)``."""
    found = _as_problem(instance)
    towns = [Dated(str(number), _ids(members), year) for number, (members, year) in enumerate(instance.towns)]
    found = dating(found, towns, range(len(instance.places)))
    quarters = [
        Quarter(str(number), np.array(sorted(areas), dtype=np.int64), least, number)
        for number, (areas, least) in enumerate(instance.quarters)
        if least > 0
    ]
    demand = found.covers.shape[1]
    found = sharing(found, quarters, [str(number) for number in range(demand)])
    demand = found.covers.shape[1]
    names = [f"R-{number}" for number in range(demand)]
    return preferring(found, favours(instance, demand), names) if instance.favours else found


def favours(instance: Instance, demand: int) -> list[Favour]:
    """The preferences of an instance, of so many columns."""
    return [
        Favour(str(number), extra, _ids(sites), np.isin(np.arange(demand), sorted(areas)))
        for number, (sites, areas, extra) in enumerate(instance.favours)
    ]


def scale(instance: Instance) -> int:
    """What the weights of the problem are multiplied by."""
    return scale_of(favours(instance, len(instance.weight)))


def _ids(rows: set[int]) -> frozenset[str]:
    return frozenset(f"C-{row:02}" for row in rows)


def _as_problem(instance: Instance) -> Problem:
    count, demand = len(instance.covers), len(instance.weight)
    communities, least = instance.target or ([], 0)
    covers = np.zeros((count, demand + len(communities)), dtype=np.int8)
    for row, covered in enumerate(instance.covers):
        covers[row, sorted(covered)] = 1
    for number, members in enumerate(communities):
        covers[sorted(members), demand + number] = 1
    columns, ones = np.arange(demand, demand + len(communities)), np.ones(len(communities), dtype=np.int64)
    targets = (Target(Term("target", "target", least), columns, ones, least),) if instance.target else ()
    return Problem(
        candidate_ids=tuple(f"C-{row:02}" for row in range(count)),
        covers=csr_matrix(covers),
        weight=np.array([*instance.weight, *([0] * len(communities))], dtype=np.int64),
        depth=np.array([*instance.depth, *([1] * len(communities))], dtype=np.int64),
        places=tuple(instance.places),
        rows=rows(instance),
        targets=targets,
        mandatory=tuple(sorted(instance.mandatory)),
        forbidden=tuple(sorted(instance.forbidden)),
        dated=instance.dated,
        fewest=tuple(instance.fewest),
    )


def rows(instance: Instance) -> tuple[Row, ...]:
    """The linear constraints of an instance."""
    found = []
    for number, (members, least, most) in enumerate(instance.quotas):
        at = np.array(sorted(members), dtype=np.int64)
        found.append(Row(Term("quota_max", str(number), most), at, np.ones(len(at), dtype=np.int64), most))
        if least:
            found.append(Row(Term("quota_min", str(number), least), at, -np.ones(len(at), dtype=np.int64), -least))
    if instance.budget is not None:
        costs = np.array(instance.costs, dtype=np.int64)
        found.append(Row(Term("budget", "", instance.budget), np.arange(len(costs)), costs, instance.budget))
    for a, b in instance.conflicts:
        found.append(Row(Term("separation", "", 1), np.array([a, b]), np.ones(2, dtype=np.int64), 1))
    return tuple(found)
