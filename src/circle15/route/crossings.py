"""Streets that cross or touch without a common vertex are joined there."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.units import round_half_up
from circle15.route.draft import Draft, Floats, Ints

# A crossing as near to a vertex as this is that vertex.
_SAME_MM = 1.5


def join_crossings(draft: Draft, tolerance_mm: int) -> Draft:
    """With a vertex in both streets at each crossing, touch, or end of a common stretch, and the two joined.

    Streets of one level; and a bridge or tunnel with what is nearer to the ground, where it ends within the tolerance.
    """
    pieces = draft.pieces
    one, other, meeting = _meetings(draft, pieces, tolerance_mm)
    if len(one) == 0:
        return draft
    marks = []
    for piece in (one, other):
        near, share = _vertex_at(draft, pieces[piece], meeting)
        marks.append((pieces[piece], near, share))
    at = _settled(draft, meeting, [near for _, near, _ in marks])
    place, line, spot = [], [], []
    for vertex, near, share in marks:
        fresh = near < 0
        place.append((vertex + share)[fresh])
        line.append(draft.line[vertex][fresh])
        spot.append(at[fresh])
    places, lines, xy = np.concatenate(place), np.concatenate(line), np.concatenate(spot)
    # Two streets may cross a third in one place: one vertex is enough.
    _, first = np.unique(np.column_stack([lines, xy, np.floor(places).astype(np.int64)]), axis=0, return_index=True)
    places, lines, xy = places[first], lines[first], xy[first]
    split = draft.add(places, lines, xy, draft.new_joints(len(places)), _heights(draft, places))
    return _joined_at(split, at, draft.line[pieces[one]], draft.line[pieces[other]])


def _meetings(draft: Draft, pieces: Ints, tolerance_mm: int) -> tuple[Ints, Ints, Floats]:
    """Pairs of pieces that may be joined and meet where they have no joint in common, and where."""
    lines = draft.lines_of(pieces)
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=_SAME_MM / 1000)
    level = np.abs(draft.level[draft.line[pieces]])
    flat = draft.level[draft.line[pieces[one]]] == draft.level[draft.line[pieces[other]]]
    some = (one < other) & (flat | (level[one] != level[other]))
    one, other, flat = one[some], other[some], flat[some]
    found = [_crossing(draft, pieces[one], pieces[other])]
    found += [_touch(draft, pieces[first], pieces[second], end) for first, second, end in _end_pairs(one, other)]
    pair = np.concatenate([np.flatnonzero(meets) for meets, _ in found])
    at = np.concatenate([spot[meets] for meets, spot in found])
    one, other = one[pair], other[pair]
    turn = level[one] < level[other]
    upper, lower = np.where(turn, other, one), np.where(turn, one, other)
    may = flat[pair] | _comes_down(draft, pieces[upper], pieces[lower], at, tolerance_mm)
    return one[may], other[may], at[may]


def _comes_down(draft: Draft, upper: Ints, lower: Ints, at: Floats, tolerance_mm: int) -> NDArray[np.bool_]:
    """Whether bridges or tunnels end where they meet what is nearer to the ground.

    At a loose end of their own; or at any end, if the other has a loose one there: it runs past the bridgehead.
    """

    def near(ends: Ints, pieces: Ints) -> NDArray[np.bool_]:
        is_end = np.isin(np.arange(len(draft.line)), ends)
        result = np.zeros(len(pieces), dtype=bool)
        for vertex in (pieces, pieces + 1):
            result |= is_end[vertex] & (np.hypot(*(draft.xy[vertex] - at).T) <= tolerance_mm)
        return result

    loose = draft.loose
    return near(loose, upper) | (near(draft.ends, upper) & near(loose, lower))


def _end_pairs(one: Ints, other: Ints) -> list[tuple[Ints, Ints, int]]:
    return [(one, other, 0), (one, other, 1), (other, one, 0), (other, one, 1)]


def _crossing(draft: Draft, one: Ints, other: Ints) -> tuple[Floats, Floats]:
    """Whether two pieces cross inside both, and where."""
    a, c = draft.xy[one].astype(np.float64), draft.xy[other].astype(np.float64)
    step, across = draft.xy[one + 1] - a, draft.xy[other + 1] - c
    turn = step[:, 0] * across[:, 1] - step[:, 1] * across[:, 0]
    safe = np.where(turn == 0, 1.0, turn)
    gap = c - a
    share = (gap[:, 0] * across[:, 1] - gap[:, 1] * across[:, 0]) / safe
    through = (gap[:, 0] * step[:, 1] - gap[:, 1] * step[:, 0]) / safe
    crosses = (turn != 0) & (share > 0) & (share < 1) & (through > 0) & (through < 1)
    return crosses, a + step * share[:, None]


def _touch(draft: Draft, ends: Ints, on: Ints, end: int) -> tuple[Floats, Floats]:
    """Whether the first (0) or second (1) vertex of a piece lies on another piece, not joined to either of its ends."""
    vertex = ends + end
    spot = draft.xy[vertex].astype(np.float64)
    a = draft.xy[on].astype(np.float64)
    step = draft.xy[on + 1] - a
    square = np.maximum((step**2).sum(axis=1), 1.0)
    share = np.clip(((spot - a) * step).sum(axis=1) / square, 0.0, 1.0)
    apart = np.hypot(*(a + step * share[:, None] - spot).T)
    joint = draft.joint[vertex]
    touches = (apart <= _SAME_MM) & (joint != draft.joint[on]) & (joint != draft.joint[on + 1])
    return touches, spot


def _vertex_at(draft: Draft, vertex: Ints, at: Floats) -> tuple[Ints, Floats]:
    """Which end of each piece stands at the place, −1 for neither; and how far along the piece it is."""
    a, b = draft.xy[vertex].astype(np.float64), draft.xy[vertex + 1].astype(np.float64)
    square = np.maximum(((b - a) ** 2).sum(axis=1), 1.0)
    share = np.clip(((at - a) * (b - a)).sum(axis=1) / square, 1e-9, 1 - 1e-9)
    to_a, to_b = np.hypot(*(at - a).T), np.hypot(*(at - b).T)
    near = np.where(to_a <= to_b, vertex, vertex + 1)
    return np.where(np.minimum(to_a, to_b) <= _SAME_MM, near, -1), share


def _settled(draft: Draft, at: Floats, near: list[Ints]) -> Ints:
    """The place of each meeting on the grid: that of a vertex that stands there, else its own."""
    spot = round_half_up(at)
    for vertex in near:
        spot[vertex >= 0] = draft.xy[vertex[vertex >= 0]]
    return spot


def _heights(draft: Draft, places: Floats) -> Floats:
    before = np.floor(places).astype(np.int64)
    share = places - before
    return draft.height[before] * (1 - share) + draft.height[before + 1] * share


def _joined_at(draft: Draft, at: Ints, line: Ints, other: Ints) -> Draft:
    """With the vertices of each two lines at their place of meeting joined; each place is one repair."""
    _, first = np.unique(at, axis=0, return_index=True)
    for row in first.tolist():
        draft.note("crossing", line[row], other[row], 0, at[row])
    wanted = np.concatenate([np.column_stack([each, at]) for each in (line, other)])
    _, number = np.unique(
        np.concatenate([wanted, np.column_stack([draft.line, draft.xy])]), axis=0, return_inverse=True
    )
    spot, here = number[: len(wanted)], number[len(wanted) :]
    vertex = np.empty(int(number.max()) + 1, dtype=np.int64)
    vertex[here[::-1]] = np.arange(len(here))[::-1]
    again = np.flatnonzero(np.isin(here, spot))
    return draft.join(
        np.concatenate([vertex[spot[: len(line)]], again]),
        np.concatenate([vertex[spot[len(line) :]], vertex[here[again]]]),
    )
