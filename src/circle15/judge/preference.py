"""Rule kind ``preference``: sites that stand where a plan would rather have them. Never a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from circle15.core.rule import FACILITY, Preference, Rule
from circle15.core.units import MM_PER_M
from circle15.judge.evidence import condition_columns, meets, open_reason
from circle15.judge.subjects import CODE, FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block, Subjects


def judge(rule: Rule, subjects: Subjects) -> list[Block]:
    """One block over the facilities of the targets that operate: pass, not applicable, or unknown."""
    test = rule.test if isinstance(rule.test, Preference) else Preference()
    frame = subjects.facilities.frame
    rows = np.flatnonzero(frame["type"].isin(rule.targets).to_numpy() & subjects.standing(rule))
    applies = meets(rule.where, frame)[rows]
    near, near_known = _near(test, subjects, subjects.facility_mm[rows], subjects.located[rows], rows)
    hosted, host_known = _hosted(test, frame.iloc[rows])
    satisfied = near | hosted
    unknown = ~satisfied & ~(near_known & host_known)
    reason = "unlocated" if test.near_types else open_reason(("host",), frame)
    outcome = np.where(satisfied, PASS, np.where(unknown, UNKNOWN, NOT_APPLICABLE))
    because = np.where(satisfied, CODE["counted"], np.where(unknown, CODE[reason], CODE["not_preferred"]))
    open_where = CODE[open_reason(condition_columns(*rule.where), frame)]
    outcome = np.where(applies == PASS, outcome, np.where(applies == FAIL, NOT_APPLICABLE, UNKNOWN))
    because = np.where(applies == PASS, because, np.where(applies == FAIL, CODE["out_of_scope"], open_where))
    value = np.where(outcome == UNKNOWN, np.nan, (outcome == PASS).astype(float))
    ids = frame["facility_id"].to_numpy(dtype=object)[rows]
    return [Block(rule, rule.metric, outcome, value, rule.limit.margin(value), because, FACILITY, ids)]


Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Favoured:
    """Which candidates, in row order, a preference would rather have, and of which nobody can say.

    ``assumed``: the candidates carry nothing by which to tell new sites from others, and all were taken for new.
    """

    sites: Flags
    unknown: Flags
    assumed: bool


def favoured(rule: Rule, frame: Any, mm: NDArray[np.int64], subjects: Subjects) -> Favoured:
    """A preference on candidates: rows of their table and places in mm, as it would be judged once they are sites."""
    test = rule.test if isinstance(rule.test, Preference) else Preference()
    conditions = [each for each in rule.where if each.column in frame.columns]
    applies = meets(conditions, frame)
    nobody = np.full(len(frame), -1)
    near, near_known = _near(test, subjects, mm, np.full(len(frame), subjects.has_facilities), nobody)
    hosted, host_known = _hosted(test, frame)
    satisfied = near | hosted
    sites = satisfied & (applies == PASS)
    return Favoured(
        sites=sites,
        unknown=~sites & (applies != FAIL) & (satisfied | ~(near_known & host_known)),
        assumed=len(conditions) < len(rule.where),
    )


def is_of_zones(rule: Rule) -> bool:
    """Whether a preference says no place: it is of the zones whose people need the facility more than others."""
    return isinstance(rule.test, Preference) and not rule.test.near_types and not rule.test.hosts


def leaning(subjects: Subjects, basis: str, level: str) -> Mapping[str, Flags] | None:
    """The zones of a level where more of the people are of a group than in all of them, each with its areas (rows).

    None where the areas do not carry the group, the population or such zones. Areas with an empty cell say nothing.
    """
    frame, members = subjects.residential.frame, subjects.areas_in
    if members is None or basis not in frame or "population" not in frame:
        return None
    zone_of = members.frame[members.frame["level"] == level].set_index("area_id")["zone_id"]
    zone = frame["area_id"].map(zone_of)
    group, people = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (basis, "population"))
    told = zone.notna().to_numpy() & ~np.isnan(group) & ~np.isnan(people)
    if not told.any():
        return None
    rows = {str(name): (zone == name).to_numpy() for name in sorted(zone.dropna().unique())}
    all_group, all_people = group[told].sum(), people[told].sum()
    return {
        name: mine
        for name, mine in rows.items()
        if group[mine & told].sum() * all_people > all_group * people[mine & told].sum()
    }


def _near(
    test: Preference, subjects: Subjects, mm: NDArray[np.int64], known: Flags, own: NDArray[np.int64]
) -> tuple[Flags, Flags]:
    """Which places have a facility of the wanted types within the straight-line distance, and which could be told.

    ``own``: the row of the facility that each place is, −1 for none: it is not near to itself.
    """
    size = len(mm)
    if not test.near_types:
        return np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    wanted = subjects.facilities.frame["type"].isin(test.near_types).to_numpy()
    wanted = wanted & subjects.located & subjects.operating
    near = np.zeros(size, dtype=bool)
    if wanted.any() and known.any():
        distance, _ = cKDTree(subjects.facility_mm[wanted]).query(mm[known], k=[1, 2])
        # Of those at no distance one is the facility itself, where it is of the wanted types.
        itself = (own[known] >= 0) & wanted[own[known]]
        near[known] = np.where(itself, distance[:, 1], distance[:, 0]) <= test.near_m * MM_PER_M
    return near, known


def _hosted(test: Preference, frame: Any) -> tuple[Flags, Flags]:
    size = len(frame)
    if not test.hosts:
        return np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    if "host" not in frame.columns:
        return np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    hosts = frame["host"]
    return hosts.isin(test.hosts).to_numpy(), hosts.notna().to_numpy()
