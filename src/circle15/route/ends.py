"""Loose ends: those that stop short of a street are joined to it, those that run past it are cut off."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from circle15.core.units import MM_PER_M, round_half_up
from circle15.route.draft import Draft, Floats, Ints

# A prolongation that meets a street this near to one of its vertices means the vertex.
_NEAR_VERTEX_MM = 20.0

# The first vertex of a piece, the share along it, and the place.
Target = tuple[int, float, Ints]


def join_gaps(draft: Draft, tolerance_mm: int) -> Draft:
    """With loose ends at most the tolerance apart joined, nearest first, those of one level before others.

    Each end finds one other. An end that runs past a crossing by less than the tolerance waits to be cut off, unless
    one that does not is near.
    """
    loose = draft.loose
    over = np.isin(loose, list(_overshoots(draft, tolerance_mm)))
    pairs = cKDTree(draft.xy[loose]).query_pairs(tolerance_mm, output_type="ndarray") if len(loose) else loose
    pairs = pairs.reshape(-1, 2)
    pairs = pairs[~over[pairs].all(axis=1) & _not_one_stub(draft, loose[pairs], tolerance_mm)]
    one, other = loose[pairs[:, 0]], loose[pairs[:, 1]]
    apart = np.hypot(*(draft.xy[one] - draft.xy[other]).astype(np.float64).T)
    level = draft.level[draft.line[one]] != draft.level[draft.line[other]]
    order = np.lexsort((*draft.xy[other].T, *draft.xy[one].T, apart, level))
    taken: set[int] = set()
    joined = []
    for row in order.tolist():
        if taken.isdisjoint((int(one[row]), int(other[row]))):
            taken |= {int(one[row]), int(other[row])}
            joined.append(row)
            draft.note("gap", draft.line[one[row]], draft.line[other[row]], apart[row], draft.xy[one[row]])
    return _prolonged(draft, one[joined], draft.xy[other[joined]], draft.joint[other[joined]])


def cut_overshoots(draft: Draft, tolerance_mm: int) -> Draft:
    """Without the loose ends that run past a crossing by at most the tolerance."""
    keep = np.ones(len(draft.line), dtype=bool)
    for end, (last, beyond) in _overshoots(draft, tolerance_mm).items():
        draft.note("overshoot", draft.line[end], -1, beyond, draft.xy[last])
        keep[min(end, last + 1) : max(end, last - 1) + 1] = False
    return draft.keep(keep)


def join_undershoots(draft: Draft, tolerance_mm: int) -> Draft:
    """With loose ends joined to the street before them, at most the tolerance away.

    Straight on if that meets a street; else at the nearest vertex of one, or end of any; else at its nearest point.
    A street is one of the same level, or, for the end of a bridge or tunnel, one nearer to the ground.
    """
    loose, pieces = draft.loose, draft.pieces
    tree = shapely.STRtree(draft.lines_of(pieces))
    dots = shapely.points(draft.xy[loose] / MM_PER_M)
    rows, near = tree.query(dots, predicate="dwithin", distance=tolerance_mm / MM_PER_M)
    found = []
    bounds = np.searchsorted(rows, np.arange(len(loose) + 1))
    for number, end in enumerate(loose.tolist()):
        target = _target(draft, end, pieces[near[bounds[number] : bounds[number + 1]]], tolerance_mm)
        if target is not None:
            found.append((end, *target))
            apart = np.hypot(*(target[2] - draft.xy[end]).astype(np.float64))
            draft.note("undershoot", draft.line[end], draft.line[target[0]], apart, draft.xy[end])
    return _attached(draft, found)


def _overshoots(draft: Draft, tolerance_mm: int) -> dict[int, tuple[int, int]]:
    """Loose ends at most the tolerance beyond a joined vertex inside their line: that vertex, and how far beyond."""
    shared, ends = draft.shared, set(draft.ends.tolist())
    found = {}
    for end in draft.loose.tolist():
        step = 1 if end + 1 < len(draft.line) and draft.line[end + 1] == draft.line[end] else -1
        vertex, beyond = end, 0
        while beyond <= tolerance_mm:
            vertex += step
            beyond += int(round_half_up(np.hypot(*(draft.xy[vertex] - draft.xy[vertex - step]).astype(np.float64))))
            if vertex in ends:
                break
            if shared[vertex]:
                if beyond <= tolerance_mm:
                    found[end] = vertex, beyond
                break
    return found


def _not_one_stub(draft: Draft, ends: Any, tolerance_mm: int) -> Any:
    """Whether two ends are not those of one line hardly longer than the gap: a ring may be closed, a stub may not."""
    short = draft.lengths() <= 2 * tolerance_mm
    one, other = draft.line[ends[:, 0]], draft.line[ends[:, 1]]
    return (one != other) | ~short[one]


def _target(draft: Draft, end: int, pieces: Ints, tolerance_mm: int) -> Target | None:
    """Where a loose end joins: the first vertex of a piece, the share along it, and the place."""
    first = end + 1 < len(draft.line) and draft.line[end + 1] == draft.line[end]
    inward = end + 1 if first else end - 1
    own = (draft.line[pieces] == draft.line[end]) & (np.abs(pieces - end) <= 2)
    pieces = pieces[~own]
    level, mine = draft.level[draft.line[pieces]], draft.level[draft.line[end]]
    open_ = (level == mine) | (np.abs(level) < abs(mine))
    vertices = np.unique(np.concatenate([pieces[open_], pieces[open_] + 1]))
    landings = np.intersect1d(np.concatenate([pieces, pieces + 1]), draft.ends)
    return (
        _ahead(draft, end, inward, pieces[open_], tolerance_mm)
        or _at_nearest(draft, end, vertices, tolerance_mm)
        or _at_nearest(draft, end, landings, tolerance_mm)
        or _beside(draft, end, pieces[open_])
    )


def _ahead(draft: Draft, end: int, inward: int, pieces: Ints, tolerance_mm: int) -> Target | None:
    """Straight on."""
    at = draft.xy[end].astype(np.float64)
    a, b = draft.xy[pieces].astype(np.float64), draft.xy[pieces + 1].astype(np.float64)
    share, apart = _straight_on(at, at - draft.xy[inward], a, b)
    if apart.min(initial=np.inf) > tolerance_mm:
        return None
    best = int(np.argmin(apart))
    return _at_vertex(draft, pieces[best], float(share[best]), _NEAR_VERTEX_MM)


def _at_nearest(draft: Draft, end: int, vertices: Ints, tolerance_mm: int) -> Target | None:
    """At the nearest vertex."""
    apart = np.hypot(*(draft.xy[vertices] - draft.xy[end]).astype(np.float64).T)
    if apart.min(initial=np.inf) > tolerance_mm:
        return None
    vertex = int(vertices[np.argmin(apart)])
    last = vertex + 1 == len(draft.line) or draft.line[vertex + 1] != draft.line[vertex]
    return vertex - last, float(last), draft.xy[vertex]


def _beside(draft: Draft, end: int, pieces: Ints) -> Target | None:
    """At the nearest point."""
    if len(pieces) == 0:
        return None
    at = draft.xy[end].astype(np.float64)
    a, step = draft.xy[pieces].astype(np.float64), (draft.xy[pieces + 1] - draft.xy[pieces]).astype(np.float64)
    share = np.clip(((at - a) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1.0), 0.0, 1.0)
    best = int(np.argmin(np.hypot(*(a + step * share[:, None] - at).T)))
    return _at_vertex(draft, pieces[best], float(share[best]), 1.0)


def _straight_on(at: Floats, heading: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Where going straight on meets each piece (share along it), and how far that is; inf where it does not."""
    step = b - a
    turn = heading[0] * step[:, 1] - heading[1] * step[:, 0]
    safe = np.where(turn == 0, 1.0, turn)
    gap = a - at
    forth = (gap[:, 0] * step[:, 1] - gap[:, 1] * step[:, 0]) / safe
    share = (gap[:, 0] * heading[1] - gap[:, 1] * heading[0]) / safe
    meets = (turn != 0) & (forth >= 0) & (share >= 0) & (share <= 1)
    return share, np.where(meets, forth * np.hypot(*heading), np.inf)


def _at_vertex(draft: Draft, piece: int, share: float, within_mm: float) -> Target:
    """The place on a piece; its nearer vertex if that is near."""
    a, b = draft.xy[piece], draft.xy[piece + 1]
    at = round_half_up(a + (b - a) * share)
    for vertex, whole in ((a, 0.0), (b, 1.0)):
        if np.hypot(*(vertex - at).astype(np.float64)) <= within_mm:
            return int(piece), whole, vertex
    return int(piece), share, at


def _attached(draft: Draft, found: list[tuple[int, int, float, Ints]]) -> Draft:
    """With each end prolonged to its place on a piece, and joined there."""
    if not found:
        return draft
    end, piece = np.array([each[0] for each in found]), np.array([each[1] for each in found])
    share, at = np.array([each[2] for each in found]), np.array([each[3] for each in found])
    fresh = (share > 0) & (share < 1)
    joint = np.where(fresh, draft.new_joints(len(found)), draft.joint[piece + np.round(share).astype(np.int64)])
    piece, share, spot = piece[fresh], share[fresh], at[fresh]
    height = draft.height[piece] * (1 - share) + draft.height[piece + 1] * share
    beyond, moved = _beyond(draft, end), (draft.xy[end] != at).any(axis=1)
    prolonged = draft.add(
        np.concatenate([piece + share, beyond[moved]]),
        np.concatenate([draft.line[piece], draft.line[end[moved]]]),
        np.concatenate([spot, at[moved]]),
        np.concatenate([joint[fresh], joint[moved]]),
        np.concatenate([height, draft.height[end[moved]]]),
    )
    return _same(prolonged, draft.joint[end[~moved]], joint[~moved])


def _prolonged(draft: Draft, end: Ints, at: Ints, joint: Ints) -> Draft:
    """With each end prolonged to a place and its joint; nothing is added where it stands there."""
    moved = (draft.xy[end] != at).any(axis=1)
    ends = end[moved]
    longer = draft.add(_beyond(draft, ends), draft.line[ends], at[moved], joint[moved], draft.height[ends])
    return _same(longer, draft.joint[end[~moved]], joint[~moved])


def _same(draft: Draft, one: Ints, other: Ints) -> Draft:
    """With these joints made one, pair by pair."""
    order = np.argsort(draft.joint, kind="stable")
    first = [order[np.searchsorted(draft.joint[order], each)] for each in (one, other)]
    return draft.join(*first)


def _beyond(draft: Draft, end: Ints) -> Floats:
    """The place just outside of each end."""
    first = np.searchsorted(draft.line, draft.line[end]) == end
    return np.where(first, end - 0.5, end + 0.5)
