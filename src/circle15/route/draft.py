"""Streets while they are being repaired: vertices that can be added, joined and dropped."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from circle15.core.tables import Streets
from circle15.core.units import MM_PER_M, round_half_up

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# What is no bridge and no tunnel: OpenStreetMap writes no, Geofabrik F, others leave the cell empty.
_NO = ("", "no", "f", "false", "0", "否", "无")


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done where: ``line`` and ``other`` are rows of streets (−1: none), ``mm`` how much it moved."""

    kind: str
    line: int
    other: int
    mm: int
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """Vertices in the order of their lines: place (mm), line, joint and height (m, NaN where none is known).

    ``level`` of each line: 0 on the ground, above it on bridges, below it in tunnels.
    """

    xy: Ints
    line: Ints
    joint: Ints
    height: Floats
    level: Ints
    repairs: list[Repair] = field(default_factory=list)

    @property
    def pieces(self) -> Ints:
        """The first vertex of each piece."""
        found: Ints = np.flatnonzero(self.line[1:] == self.line[:-1])
        return found

    @property
    def ends(self) -> Ints:
        """The first and the last vertex of each line, ascending."""
        changes = self.line[1:] != self.line[:-1]
        found: Ints = np.flatnonzero(np.concatenate([[True], changes]) | np.concatenate([changes, [True]]))
        return found

    @property
    def loose(self) -> Ints:
        """The ends at which nothing else joins."""
        _, number, count = np.unique(self.joint, return_inverse=True, return_counts=True)
        ends = self.ends
        found: Ints = ends[count[number[ends]] == 1]
        return found

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which vertices are joined with another one."""
        _, number, count = np.unique(self.joint, return_inverse=True, return_counts=True)
        result: NDArray[np.bool_] = count[number] > 1
        return result

    def lines_of(self, pieces: Ints) -> Any:
        """Pieces as lines, metres."""
        return shapely.linestrings(np.stack([self.xy[pieces], self.xy[pieces + 1]], axis=1) / MM_PER_M)

    def new_joints(self, count: int) -> Ints:
        """Joints that no vertex has."""
        return np.arange(count) + int(self.joint.max(initial=-1)) + 1

    def add(self, place: Floats, line: Ints, xy: Ints, joint: Ints, height: Floats) -> Draft:
        """With further vertices; ``place`` is where in the order of vertices: 7.5 lies between the 7th and the 8th."""
        lines = np.concatenate([self.line, line])
        order = np.lexsort((np.concatenate([np.arange(len(self.line)), place]), lines))
        return replace(
            self,
            xy=np.concatenate([self.xy, xy])[order],
            line=lines[order],
            joint=np.concatenate([self.joint, joint])[order],
            height=np.concatenate([self.height, height])[order],
        )

    def join(self, one: Ints, other: Ints) -> Draft:
        """With the joints of these vertices made one, pair by pair."""
        _, number = np.unique(self.joint, return_inverse=True)
        size = int(number.max(initial=-1)) + 1
        links = coo_matrix((np.ones(len(one), dtype=np.int8), (number[one], number[other])), shape=(size, size))
        return replace(self, joint=connected_components(links, directed=False)[1][number].astype(np.int64))

    def keep(self, rows: NDArray[np.bool_]) -> Draft:
        """With these vertices only."""
        return replace(self, xy=self.xy[rows], line=self.line[rows], joint=self.joint[rows], height=self.height[rows])

    def note(self, kind: str, line: int, other: int, mm: float, at: Any) -> None:
        """Put a repair on the list; ``mm`` is rounded half up."""
        self.repairs.append(Repair(kind, int(line), int(other), math.floor(mm + 0.5), (int(at[0]), int(at[1]))))

    def lengths(self) -> Ints:
        """The length of each line, mm."""
        pieces = self.pieces
        step = (self.xy[pieces + 1] - self.xy[pieces]).astype(np.float64)
        length = np.zeros(len(self.level), dtype=np.int64)
        np.add.at(length, self.line[pieces], round_half_up(np.hypot(step[:, 0], step[:, 1])))
        return length


def draft_of(streets: Streets) -> Draft:
    """The vertices of a table of streets."""
    lines = streets.frame.geometry.to_numpy()
    xy, line = shapely.get_coordinates(lines, return_index=True)
    height = np.full(len(xy), np.nan) if streets.vertex_height is None else streets.vertex_height
    return Draft(round_half_up(xy * MM_PER_M), line, streets.vertex_node, height, levels(streets.frame))


def levels(frame: Any) -> Ints:
    """The level of each street: its ``layer``; without one, 1 for a bridge, −1 for a tunnel, else 0."""
    level = np.zeros(len(frame))
    for column, here in (("bridge", 1), ("tunnel", -1)):
        if column in frame:
            said = frame[column].fillna("").str.lower()
            level[~said.isin(_NO).to_numpy()] = here
    numbered = _layers(frame)
    return np.where(np.isnan(numbered), level, numbered).astype(np.int64)


def tells_levels(frame: Any) -> bool:
    """Whether anything in a table of streets tells bridges from what they cross."""
    return "bridge" in frame or "tunnel" in frame or not np.isnan(_layers(frame)).all()


def _layers(frame: Any) -> Any:
    """The ``layer`` of each street where it is a whole number, else NaN."""
    if "layer" not in frame:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame["layer"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(numbers == np.floor(numbers), numbers, np.nan)


def streets_of(draft: Draft, streets: Streets) -> Streets:
    """The table again, with the lines that are left."""
    left = np.unique(draft.line)
    place = np.searchsorted(left, draft.line)
    lines = shapely.linestrings(draft.xy / MM_PER_M, indices=place)
    frame = streets.frame.iloc[left].set_geometry(lines)
    height = None if streets.vertex_height is None else draft.height
    return Streets.join(frame, draft.joint, vertex_height=height)
