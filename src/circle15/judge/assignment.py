"""配建: which residential areas a facility belongs to. Never the nearest, never a catchment: those are analyses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from circle15.core.findings import Finding
from circle15.core.tables import Facilities, Residential
from circle15.core.text import Text, first_ids
from circle15.judge.cells import parts

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rows of the areas that each facility row serves: ``area[start[row]] … area[start[row + 1] − 1]``."""

    start: Ints
    area: Ints

    def of(self, row: int) -> Ints:
        """The areas of one facility."""
        return self.area[self.start[row] : self.start[row + 1]]

    @property
    def counts(self) -> Ints:
        """How many areas each facility serves."""
        return np.diff(self.start)

    def first_of(self, rows: Ints) -> Ints:
        """One area of each of these facilities, all of which serve some."""
        return self.area[self.start[rows]]


def assign(residential: Residential, facilities: Facilities, by: str) -> Assignment:
    """Which areas each facility serves: those that ``serves`` names, else those of the same community code.

    ``by`` is serves_or_code, or one of serves and code alone.
    """
    homes, frame = residential.frame, facilities.frame
    row_of = {area_id: row for row, area_id in enumerate(homes["area_id"])}
    by_code: dict[object, Ints] = {}
    if "community_code" in homes.columns and by != "serves":
        by_code = {code: np.asarray(rows) for code, rows in homes.groupby("community_code").indices.items()}
    serves = frame["serves"] if "serves" in frame.columns and by != "code" else [None] * len(frame)
    codes = frame["community_code"] if "community_code" in frame.columns else [None] * len(frame)
    nobody = np.empty(0, dtype=np.int64)
    members = []
    for named, code in zip(serves, codes, strict=True):
        known = [row_of[each] for each in parts(named) if each in row_of]
        members.append(np.array(known, dtype=np.int64) if known else by_code.get(code, nobody))
    start = np.concatenate([[0], np.cumsum([len(each) for each in members])]).astype(np.int64)
    return Assignment(start, np.concatenate([nobody, *members]))


def serving_findings(residential: Residential, facilities: Facilities) -> list[Finding]:
    """Facilities whose ``serves`` names residential areas that the study does not have: no other, or some beside."""
    if not facilities.has("serves") or len(residential) == 0:
        return []
    known = set(residential.frame["area_id"])
    named = facilities.frame["serves"].map(parts)
    unknown = named.map(lambda ids: [each for each in ids if each not in known])
    some = unknown.map(len).to_numpy() > 0
    only = some & (unknown.map(len) == named.map(len)).to_numpy()
    ids = facilities.frame["facility_id"]
    found = [(rows, words) for rows, words in ((only, _SERVE_ONLY), (some & ~only, _SERVE_SOME)) if rows.any()]
    return [_serving(ids[rows], unknown[rows], words) for rows, words in found]


_SERVE_ONLY = Text(
    "{0} 处设施（{1}）的 serves 只列出不存在的居住小区（{2}），改按社区代码归属；没有社区代码的不属于任何小区。",
    "{0} facilities ({1}) serve only residential areas that the study does not have ({2}): their community code "
    "decides, and without one they belong to none.",
)
_SERVE_SOME = Text(
    "{0} 处设施（{1}）的 serves 中有不存在的居住小区（{2}），配建面积只由其余小区分摊，每百户面积可能偏大。",
    "{0} facilities ({1}) also serve residential areas that the study does not have ({2}): the others alone share what "
    "they have, and may seem to have more than they do.",
)


def _serving(ids: Any, areas: Any, words: Text) -> Finding:
    told = len(ids), first_ids(ids), first_ids(dict.fromkeys(area for each in areas for area in each))
    return Finding.of(
        "serves_unknown",
        "warning",
        "facilities",
        ids,
        Text(words.zh.format(*told), words.en.format(*told)),
        Text("核对 serves 中的小区编号。", "Check the ids under serves."),
    )


def is_assigned(residential: Residential, facilities: Facilities, by: str) -> bool:
    """Whether the data can say at all which areas a facility belongs to."""
    by_code = residential.has("community_code") and facilities.has("community_code")
    return (facilities.has("serves") and by != "code") or (by_code and by != "serves")


def without_code(residential: Residential, facilities: Facilities, by: str) -> NDArray[np.bool_]:
    """Which areas no facility can name, because they have no community code and facilities name no areas."""
    if (facilities.has("serves") and by != "code") or not residential.has("community_code"):
        return np.zeros(len(residential), dtype=bool)
    return np.asarray(residential.frame["community_code"].isna().to_numpy(), dtype=bool)


def groups(assignment: Assignment, counts: NDArray[np.bool_], room: Ints | None, area_count: int) -> Ints:
    """The group of each area: areas that share a facility are one group, and its ratio is that of each member.

    ``counts``: the facilities that matter; others join no areas. ``room``: where rooms are shared, a number for the
    room of each facility; areas whose facilities share one are one group too.
    """
    rows = np.flatnonzero(counts & (assignment.counts > 0))
    hosts = rows
    if room is not None:
        _, first_row, of_room = np.unique(room[rows], return_index=True, return_inverse=True)
        hosts = rows[first_row][of_room]
    first = np.repeat(assignment.first_of(hosts), assignment.counts[rows])
    member = np.concatenate([np.empty(0, dtype=np.int64), *(assignment.of(int(row)) for row in rows)])
    links = np.ones(len(member), dtype=np.int8)
    graph = coo_matrix((links, (first, member)), shape=(area_count, area_count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
