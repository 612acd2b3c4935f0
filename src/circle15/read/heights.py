"""Heights of the vertices of streets: from Z, or from how much each street rises."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Heights = NDArray[np.float64]


def heights(frame: Any, z: Heights) -> Heights | None:
    """The height of every vertex in metres, NaN where unknown; None where nothing tells any.

    ``z``: the third coordinate of every vertex, NaN without one. Where a street has none, ``rise_m`` (its last vertex
    above its first) is spread evenly along it: such heights tell slopes, not levels. Z that is 0 everywhere was filled
    in by a program and tells nothing.
    """
    lines, line = frame.geometry.to_numpy(), np.repeat(np.arange(len(frame)), _counts(frame))
    found = z.copy() if np.nan_to_num(z).any() else np.full(len(z), np.nan)
    if "rise_m" in frame:
        rise = frame["rise_m"].to_numpy(dtype=float, na_value=np.nan)
        # Parts of one row share its label, and no part is known to rise by what the whole does.
        rise = np.where(frame.index.duplicated(keep=False), np.nan, rise)
        without = np.isnan(np.bincount(line, weights=found, minlength=len(frame)))[line]
        found[without] = (rise[line] * _along(lines, line))[without]
    return found if np.isfinite(found).any() else None


def _counts(frame: Any) -> Any:
    return shapely.get_num_coordinates(frame.geometry.to_numpy())


def _along(lines: Any, line: Any) -> Heights:
    """How far along its line each vertex is, 0 at the first and 1 at the last."""
    xy = shapely.get_coordinates(lines)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[np.concatenate([[True], np.diff(line) != 0])[: len(line)]] = 0
    total = np.bincount(line, weights=step, minlength=len(lines))
    reached = np.cumsum(step)
    before = np.concatenate([[0], np.cumsum(total)])[:-1]
    result: Heights = (reached - before[line]) / np.where(total > 0, total, 1)[line]
    return result
