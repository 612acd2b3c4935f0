"""Geometry on the map of a sheet: one path for each class, whatever its number of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from circle15.show.sheets.paper import Window

# Points on paper: lines of shapes, and the marks of homes that are points.
_POINT_MARK = 14.0


def draw_shapes(axes: Any, shapes: Any, view: Window, *, order: int, **style: Any) -> None:
    """Polygons, lines and points under one style; what lies outside the window is left out.

    ``style`` is that of a patch. Rows without a place are skipped.
    """
    seen = inside(shapes, view)
    kinds = shapely.get_dimensions(seen)
    for dimension in (2, 1):
        of_kind = seen[kinds == dimension]
        if len(of_kind):
            filled = dimension == 2 and style.get("facecolor") is not None
            path = _areas(of_kind) if dimension == 2 else _lines(of_kind)
            axes.add_artist(PathPatch(path, fill=filled, zorder=order, **style))  # add_patch looks at every vertex
    points = shapely.get_coordinates(seen[kinds == 0])
    if len(points):
        face, edge = style.get("facecolor"), style.get("edgecolor")
        axes.scatter(*points.T, s=_POINT_MARK, c=face, edgecolors=edge, linewidths=style["linewidth"], zorder=order)


def inside(shapes: Any, view: Window) -> Any:
    """The shapes that touch the window."""
    found = np.asarray(shapes, dtype=object)
    there = ~(shapely.is_missing(found) | shapely.is_empty(found))
    west, south, east, north = shapely.bounds(found).T
    near = (west <= view.east) & (east >= view.west) & (south <= view.north) & (north >= view.south)
    return found[there & near]


def _areas(shapes: Any) -> Path:
    """Polygons as one path: holes turn the other way round, so that they stay open."""
    rings, _ = shapely.get_rings(shapely.orient_polygons(shapes), return_index=True)
    return _path(rings, closed=True)


def _lines(shapes: Any) -> Path:
    return _path(shapely.get_parts(shapes), closed=False)


def _path(chains: Sequence[Any], *, closed: bool) -> Path:
    xy, of = shapely.get_coordinates(chains, return_index=True)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    codes = np.full(len(xy), Path.LINETO, dtype=Path.code_type)
    codes[first] = Path.MOVETO
    if closed:
        codes[np.append(first[1:], len(xy)) - 1] = Path.CLOSEPOLY
    return Path(xy, codes)
