"""Shapes as a packed table: a few bytes a vertex, decoded by the page's script into typed arrays.

Coordinates are whole pixels of Web Mercator at zoom 20 (0.13 m at 30° north), for drawing only. The table is five
streams of variable-length integers, least significant seven bits first: the kind of every feature, its number of
parts, the number of vertices of every part, and the zig-zag steps from vertex to vertex, east and then south, which
run on from part to part and from feature to feature. Outer rings run one way and holes the other, so that one path
filled by the non-zero rule draws many features with their holes.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]

ZOOM = 20
_WORLD = 256 << ZOOM
_SEVEN_BITS = 7
NOWHERE, POINT, LINE, AREA = 3, 0, 1, 2
# Kinds, parts, vertices, steps east, steps south.
_STREAMS = 5


def pack_shapes(portions: Iterable[Any]) -> str:
    """Points, lines and polygons in degrees (longitude, latitude), multi ones too, as base64 of the gzipped table.

    They come in ``portions``, of which one at a time is looked at. A missing or empty geometry keeps its place as a
    feature without parts.
    """
    return compressed(_table(np.asarray(shapes, dtype=object) for shapes in portions))


def compressed(content: bytes) -> str:
    """Base64 of the gzipped bytes, the same for the same content."""
    return base64.b64encode(gzip.compress(content, compresslevel=9, mtime=0)).decode("ascii")


def _table(portions: Iterable[NDArray[np.object_]]) -> bytes:
    """The table; the steps of each portion run on from the last vertex of the one before."""
    at, counts = np.zeros((1, 2), dtype=np.int64), np.zeros(3, dtype=np.int64)
    bodies: list[list[bytes]] = [[] for _ in range(_STREAMS)]
    for shapes in portions:
        (kinds, parts, vertices), pixels = _features(shapes)
        steps = np.diff(pixels, axis=0, prepend=at)
        at = pixels[-1:] if len(pixels) else at
        counts += len(kinds), len(vertices), len(pixels)
        for body, stream in zip(bodies, (kinds, parts, vertices, *zigzag(steps).T), strict=True):
            body.append(varints(stream))
    whole = [b"".join(body) for body in bodies]
    return b"".join([varints(np.array([*counts, *map(len, whole)], dtype=np.int64)), *whole])


def _features(shapes: NDArray[np.object_]) -> tuple[tuple[Ints, Ints, Ints], Ints]:
    """The kind and the number of parts of every feature, the number of vertices of every part; and the vertices."""
    shapes = shapely.orient_polygons(np.where(shapely.is_missing(shapes), shapely.Point(), shapes))
    parts, feature_of_part = _parts(shapes)
    xy, part_of_vertex = shapely.get_coordinates(parts, return_index=True)
    keep = _without_closing(parts, part_of_vertex)
    counts = (
        _kinds(shapes),
        np.bincount(feature_of_part, minlength=len(shapes)),
        np.bincount(part_of_vertex[keep], minlength=len(parts)),
    )
    return counts, _pixels(xy[keep])


def _kinds(shapes: NDArray[np.object_]) -> Ints:
    return np.where(shapely.is_empty(shapes), NOWHERE, shapely.get_dimensions(shapes)).astype(np.int64)


def _parts(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints]:
    """Points, lines and rings of every shape, and which shape each belongs to."""
    singles, feature = shapely.get_parts(shapes, return_index=True)
    there = ~shapely.is_empty(singles)
    singles, feature = singles[there], feature[there]
    is_area = shapely.get_dimensions(singles) == AREA
    rings, area_of_ring = shapely.get_rings(singles[is_area], return_index=True)
    where = np.concatenate([np.flatnonzero(~is_area), np.flatnonzero(is_area)[area_of_ring]])
    order = np.argsort(where, kind="stable")
    parts = np.concatenate([singles[~is_area], rings])[order]
    return parts, feature[where[order]].astype(np.int64)


def _without_closing(parts: NDArray[np.object_], part_of_vertex: Ints) -> NDArray[np.bool_]:
    """A ring's last vertex repeats its first."""
    keep = np.ones(len(part_of_vertex), dtype=bool)
    is_ring = shapely.get_type_id(parts) == shapely.GeometryType.LINEARRING
    last = np.searchsorted(part_of_vertex, np.arange(len(parts)), side="right") - 1
    keep[last[is_ring]] = False
    return keep


def _pixels(lonlat: NDArray[np.float64]) -> Ints:
    """Web Mercator pixels of degrees at the zoom of the table."""
    east = (lonlat[:, 0] + 180.0) / 360.0
    sine = np.sin(np.radians(lonlat[:, 1]))
    south = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)
    return np.floor(np.column_stack([east, south]) * _WORLD + 0.5).astype(np.int64)


def zigzag(values: Ints) -> Ints:
    """Whole numbers as ones that are not negative: 0, −1, 1, −2 become 0, 1, 2, 3, and so on."""
    return (values << 1) ^ (values >> 63)


def varints(values: Ints) -> bytes:
    """Seven bits a byte, the eighth set where more follow. The values must not be negative."""
    size = np.ones(len(values), dtype=np.int64)
    for bits in range(_SEVEN_BITS, 63, _SEVEN_BITS):
        size += values >> bits > 0
    start = np.concatenate([[0], np.cumsum(size)])
    found = np.zeros(start[-1], dtype=np.uint8)
    for place in range(int(size.max(initial=0))):
        rows = np.flatnonzero(size > place)
        more = (size[rows] > place + 1).astype(np.int64) << _SEVEN_BITS
        found[start[rows] + place] = ((values[rows] >> (_SEVEN_BITS * place)) & 0x7F) | more
    return found.tobytes()
