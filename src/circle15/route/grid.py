"""Areas within a distance of lines, as contours of a distance field (marching squares).

The field holds the exact distance of every node to the nearest line, and between nodes the contour is linear. Nodes
stand at multiples of the cell in the study CRS, whatever is drawn: so the area of more lines holds that of fewer, and
tiles fit together. Memory follows the lines: only tiles that a line comes near are made, one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.route import rings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TILE_CELLS = 256
# Nodes as near to the contour as this lie inside it, so that it runs through none; its vertices are then rounded to
# less, so that tiles meet in the same ones, and no two fall together.
_NUDGE_M = 0.005
_GRAINS = 1024


def area_round(segments: Floats, width: float, cell: float, tile_cells: int = TILE_CELLS) -> Any:
    """The (multi)polygon within ``width`` of the segments (ax, ay, bx, by; metres), holes open; maybe empty."""
    if len(segments) == 0:
        return shapely.MultiPolygon()
    reach = width + cell
    low = np.minimum(segments[:, :2], segments[:, 2:]).min(axis=0)
    high = np.maximum(segments[:, :2], segments[:, 2:]).max(axis=0)
    first = np.floor((low - reach) / cell).astype(np.int64)
    last = np.ceil((high + reach) / cell).astype(np.int64)
    if (last - first <= 2 * tile_cells).all():
        return _joined(_contours(segments, (first, last), width, cell))
    parts = []
    for tile, rows in _tiles(segments, reach, tile_cells * cell):
        start = tile * tile_cells
        parts.append(_contours(segments[rows], (start, start + tile_cells), width, cell))
    return _stitched(np.concatenate(parts), tile_cells * cell)


def _stitched(parts: Any, side: float) -> Any:
    """The union of polygons of tiles, which share nothing but edges along the sides of their tiles.

    These edges are left out, and what is left of the rings is tied together: no line is sought where two cross, as a
    union does. Rings begin and follow each other as their coordinates say, however the tiles lie.
    """
    lines = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_chains(parts, side))))
    xy, line = shapely.get_coordinates(lines, return_index=True)
    rings = shapely.linearrings(xy, indices=line)
    faces = shapely.get_parts(shapely.polygonize(rings))
    outer = set(_forms(rings[shapely.is_ccw(rings)]))
    inside = [form in outer for form in _forms(shapely.get_exterior_ring(faces))]
    return shapely.normalize(_joined(faces[inside]))


def _chains(parts: Any, side: float) -> Any:
    """The rings of polygons without their edges along the sides of tiles, as lines that have the inside to the left."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.orient_polygons(parts)), return_index=True)
    on_side = xy == np.round(np.round(xy / side) * side * _GRAINS) / _GRAINS
    along = (on_side[1:] & (xy[1:] == xy[:-1])).any(axis=1)
    edges = np.flatnonzero((ring[1:] == ring[:-1]) & ~along)
    fresh = np.concatenate([[True], np.diff(edges) != 1])[: len(edges)]
    last = np.flatnonzero(np.concatenate([fresh[1:], [True]])[: len(edges)])
    line = np.cumsum(fresh) - 1
    vertices = np.insert(edges, last + 1, edges[last] + 1)
    return shapely.linestrings(xy[vertices], indices=np.insert(line, last + 1, line[last]))


def _forms(rings: Any) -> list[bytes]:
    """What is the same of rings that are, wherever they begin and whatever way they run."""
    return list(shapely.to_wkb(shapely.normalize(shapely.polygons(rings))))


def _tiles(segments: Floats, reach: float, side: float) -> list[tuple[Ints, Ints]]:
    """The tiles that some segment comes near, each with the rows of these segments."""
    low = np.floor((np.minimum(segments[:, :2], segments[:, 2:]) - reach) / side).astype(np.int64)
    high = np.floor((np.maximum(segments[:, :2], segments[:, 2:]) + reach) / side).astype(np.int64)
    spans = high - low + 1
    counts = spans[:, 0] * spans[:, 1]
    row = np.repeat(np.arange(len(segments)), counts)
    at = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    tile = np.column_stack([low[row, 0] + at % spans[row, 0], low[row, 1] + at // spans[row, 0]])
    order = np.lexsort((row, tile[:, 1], tile[:, 0]))
    tile, row = tile[order], row[order]
    fresh = np.flatnonzero(np.concatenate([[True], (np.diff(tile, axis=0) != 0).any(axis=1)]))
    return [(tile[start], row[start:end]) for start, end in zip(fresh, [*fresh[1:], len(row)], strict=True)]


def _contours(segments: Floats, nodes: tuple[Ints, Ints], width: float, cell: float) -> Any:
    """The polygons inside the contour between the first and last nodes of a window."""
    first, last = nodes[0] - 1, nodes[1] + 1
    distance = _distances(segments, (first, last), width + cell, cell)
    distance[np.abs(distance - width) < _NUDGE_M] = width - _NUDGE_M
    # Around the window nothing is near, so that what goes on there ends in its outermost nodes.
    distance[[0, -1]] = distance[:, [0, -1]] = math.inf
    points, ends, outer = _loops().trace(distance, width)
    # Each outer ring with its holes after it.
    order = np.argsort(outer, kind="stable")
    lengths = np.diff(ends)[order]
    stops = np.cumsum(np.concatenate([[0], lengths]))
    place = np.repeat(ends[order] - stops[:-1], lengths) + np.arange(stops[-1])
    xy = np.round((points[place, ::-1] + first) * (cell * _GRAINS)) / _GRAINS
    polygons = np.flatnonzero(np.diff(outer[order], prepend=-1, append=len(outer)))
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (stops, polygons))


def _distances(segments: Floats, nodes: tuple[Ints, Ints], most: float, cell: float) -> Floats:
    """The distance of each node to the nearest segment, at most ``most``."""
    (west, south), (east, north) = nodes
    squares = np.full((north - south + 1, east - west + 1), most * most)
    _loops().lower(np.ascontiguousarray(segments), west, south, cell, most, squares)
    return np.sqrt(squares, out=squares)


class _Loops(NamedTuple):
    """See :func:`circle15.route.field.lower` and :func:`circle15.route.rings.trace`."""

    lower: Callable[..., None]
    trace: Callable[..., tuple[Any, Any, Any]]


def _loops() -> _Loops:
    """The compiled loops of the field and of its rings; without a compiler the same in plain numpy and Python."""
    try:
        field = import_module("circle15.route.field")
    except ImportError:
        return _Loops(lower_plainly, rings.trace)
    return _Loops(field.lower, field.trace)


def lower_plainly(segments: Floats, west: int, south: int, cell: float, reach: float, squares: Floats) -> None:
    """See :func:`circle15.route.field.lower`."""
    rows, columns = squares.shape
    for ax, ay, bx, by in segments:
        first = max(0, math.ceil((min(ax, bx) - reach) / cell) - west)
        last = min(columns - 1, math.floor((max(ax, bx) + reach) / cell) - west)
        low = max(0, math.ceil((min(ay, by) - reach) / cell) - south)
        high = min(rows - 1, math.floor((max(ay, by) + reach) / cell) - south)
        if first > last or low > high:
            continue
        px = ((west + np.arange(first, last + 1)) * cell - ax)[None, :]
        py = ((south + np.arange(low, high + 1)) * cell - ay)[:, None]
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        share = np.clip((px * dx + py * dy) / square if square > 0 else 0.0, 0.0, 1.0)
        here = (px - share * dx) ** 2 + (py - share * dy) ** 2
        window = squares[low : high + 1, first : last + 1]
        np.minimum(window, here, out=window)


def _joined(polygons: Any) -> Any:
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
