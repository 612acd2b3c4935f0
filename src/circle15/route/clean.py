"""Cleaning of centre lines, on request: every repair is at most the tolerance long, and listed."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from circle15.core.cleaning import Cleaning
from circle15.core.findings import Finding
from circle15.core.tables import REPAIRS, Repairs, Streets
from circle15.core.text import Text
from circle15.core.units import MM_PER_M
from circle15.route.crossings import join_crossings
from circle15.route.draft import Draft, Ints, draft_of, streets_of, tells_levels
from circle15.route.ends import cut_overshoots, join_gaps, join_undershoots


def clean(streets: Streets, how: Cleaning) -> tuple[Streets, Repairs]:
    """The streets repaired, and what was done.

    In this order: lines that lie on another one within the tolerance are left out; streets of one level that cross
    or touch are joined; loose ends are joined to loose ends, cut off where they run past a crossing, joined to the
    street before them, each within the tolerance; lines without length and short islands are left out. Bridges and
    tunnels (``layer``, ``bridge``, ``tunnel``) are joined to what is beneath or above them at their ends alone.
    """
    draft = _without_duplicates(draft_of(streets), how.tolerance_mm)
    draft = join_crossings(draft, how.tolerance_mm) if how.crossings else draft
    draft = join_gaps(draft, how.tolerance_mm)
    draft = cut_overshoots(draft, how.tolerance_mm)
    draft = join_undershoots(draft, how.tolerance_mm)
    draft = _without_zero_lengths(draft)
    draft = _without_islands(draft, how.island_mm)
    return streets_of(draft, streets), _table(draft, streets)


def _without_duplicates(draft: Draft, tolerance_mm: int) -> Draft:
    """Of lines of one level that lie on each other from end to end, the one that is joined to more stays."""
    lines = shapely.linestrings(draft.xy / MM_PER_M, indices=draft.line)
    one, other = _twins(draft, lines, tolerance_mm / MM_PER_M)
    joined = np.bincount(draft.line[draft.shared], minlength=len(draft.level))
    rank = np.empty(len(lines), dtype=np.int64)
    rank[np.lexsort((*draft.xy[np.searchsorted(draft.line, np.arange(len(lines)))].T, -joined))] = np.arange(len(lines))
    length, gone = draft.lengths(), np.zeros(len(lines), dtype=bool)
    for row in np.lexsort((rank[other], rank[one])).tolist():
        kept, lost = sorted((int(one[row]), int(other[row])), key=lambda line: (rank[line], line))
        if not gone[kept] and not gone[lost]:
            gone[lost] = True
            draft.note("duplicate", lost, kept, length[lost], draft.xy[np.searchsorted(draft.line, lost)])
    return draft.keep(~gone[draft.line])


def _twins(draft: Draft, lines: Any, tolerance_m: float) -> tuple[Ints, Ints]:
    """Pairs of lines nowhere farther apart than the tolerance, longer than twice that, their ends together."""
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    tree = shapely.STRtree(lines)
    one, other = tree.query(middle, predicate="dwithin", distance=tolerance_m)
    long_enough = shapely.length(lines) > 2 * tolerance_m
    some = (one < other) & long_enough[one] & long_enough[other] & (draft.level[one] == draft.level[other])
    one, other = one[some], other[some]
    some = _ends_together(lines[one], lines[other], tolerance_m)
    one, other = one[some], other[some]
    near = shapely.hausdorff_distance(lines[one], lines[other], densify=0.1) <= tolerance_m
    return one[near], other[near]


def _ends_together(one: Any, other: Any, tolerance_m: float) -> Any:
    first, last = ([shapely.get_point(each, at) for each in (one, other)] for at in (0, -1))
    straight = [shapely.distance(*pair) <= tolerance_m for pair in (first, last)]
    turned = [shapely.distance(first[0], last[1]) <= tolerance_m, shapely.distance(last[0], first[1]) <= tolerance_m]
    return (straight[0] & straight[1]) | (turned[0] & turned[1])


def _without_zero_lengths(draft: Draft) -> Draft:
    """Without the lines all of whose vertices are in one place."""
    length = draft.lengths()
    lost = np.unique(draft.line[length[draft.line] == 0])
    for line in lost.tolist():
        draft.note("zero_length", line, -1, 0, draft.xy[np.searchsorted(draft.line, line)])
    return draft.keep(length[draft.line] > 0)


def _without_islands(draft: Draft, island_mm: int) -> Draft:
    """Without the parts that nothing joins to the others, shorter than that in all."""
    if island_mm == 0:
        return draft
    _, joint = np.unique(draft.joint, return_inverse=True)
    count = len(draft.level)
    size = count + int(joint.max(initial=-1)) + 1
    links = coo_matrix((np.ones(len(joint), dtype=np.int8), (draft.line, joint + count)), shape=(size, size))
    part = connected_components(links, directed=False)[1][:count]
    length = draft.lengths()
    total = np.bincount(part, weights=length)[part]
    gone = (total < island_mm) & np.isin(np.arange(count), draft.line)
    for line in np.flatnonzero(gone).tolist():
        draft.note("island", line, -1, length[line], draft.xy[np.searchsorted(draft.line, line)])
    return draft.keep(~gone[draft.line])


def _table(draft: Draft, streets: Streets) -> Repairs:
    ids = streets.frame["street_id"].to_numpy(dtype=object)
    order = list(REPAIRS)
    rows = sorted(draft.repairs, key=lambda each: (order.index(each.kind), each.at, each.line, each.other))
    frame = {
        "kind": [each.kind for each in rows],
        "street_id": [ids[each.line] for each in rows],
        "other_id": [ids[each.other] if each.other >= 0 else None for each in rows],
        "moved_mm": np.array([each.mm for each in rows], dtype=np.int64),
    }
    places = shapely.points(np.array([each.at for each in rows], dtype=np.float64).reshape(-1, 2) / MM_PER_M)
    return Repairs.build(gpd.GeoDataFrame(frame, geometry=places, crs=streets.frame.crs))


def clean_findings(streets: Streets, how: Cleaning, repairs: Repairs) -> list[Finding]:
    """What was repaired, by kind; and that crossings were joined although no column tells bridges."""
    found = [*_counted(repairs)]
    if how.crossings and not tells_levels(streets.frame):
        found.append(_no_levels(repairs))
    return found


def _counted(repairs: Repairs) -> list[Finding]:
    if not len(repairs):
        return []
    counts = repairs.frame["kind"].value_counts()
    told = [(REPAIRS[kind], int(counts[kind])) for kind in REPAIRS if kind in counts]
    zh, en = "，".join(f"{word.zh} {count}" for word, count in told), ", ".join(f"{word.en} {n}" for word, n in told)
    return [
        Finding.of(
            "streets_repaired",
            "info",
            "streets",
            repairs.frame["street_id"],
            Text(f"按要求修复道路 {len(repairs)} 处：{zh}。", f"{len(repairs)} repairs of streets: {en}."),
            Text("逐条见 repairs.csv，建议在源数据中改正。", "repairs.csv lists them: better mend the source."),
        )
    ]


def _no_levels(repairs: Repairs) -> Finding:
    crossed = repairs.frame[repairs.frame["kind"] == "crossing"]
    return Finding.of(
        "bridges_unknown",
        "warning",
        "streets",
        crossed["street_id"],
        Text(
            "道路没有 layer、bridge、tunnel 列，无法区分立交，所有交叉均按平交处理。",
            "the streets have no layer, bridge or tunnel: all crossings were joined, flyovers too.",
        ),
        Text("补充这些列，或写 crossings = false。", "Add these columns, or say crossings = false."),
    )
