"""Places as GeoJSON has them, many at once: byte for byte what GDAL writes, which takes one number at a time.

Five thousand service areas have tens of millions of vertices. GDAL is the oracle of this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

# Degrees have eight decimals.
_PLACES, _ONE = 8, 10**8
# Farther west or east GDAL looks whether something is to be cut at the antimeridian.
_FARTHEST = 170.0
# Vertices nearer than this are one to GDAL when it looks which way a ring runs.
_SAME = 1e-5
# No sum, in whatever order, is off by more than this for each term, as a share of all terms without their signs.
_ERRORS = 4 * np.finfo(np.float64).eps
# Twice the area, in square degrees, of a ring a few millimetres wide.
_LEAST = 1e-15
# "[ -123.12345678, -12.12345678 ], ": sign, three figures, point and decimals of a number; rows of a table at a time.
_DIGITS = 3
_NUMBER = 1 + _DIGITS + 1 + _PLACES
_ROWS = 1 << 15
_ZERO = ord("0")
_POINT, _LINE, _POLYGON, _POLYGONS = (
    int(each)
    for each in (
        shapely.GeometryType.POINT,
        shapely.GeometryType.LINESTRING,
        shapely.GeometryType.POLYGON,
        shapely.GeometryType.MULTIPOLYGON,
    )
)


def are_plain(shapes: Shapes) -> Flags:
    """Which shapes :func:`texts` writes: points, lines and polygons, none of them empty or near the antimeridian.

    Of a ring without an area to speak of only GDAL knows which way it runs.
    """
    plain: Flags = np.isin(shapely.get_type_id(shapes), (_POINT, _LINE, _POLYGON, _POLYGONS)) & ~shapely.is_empty(
        shapes
    )
    bounds = shapely.bounds(shapes)
    plain &= (bounds[:, 0] > -_FARTHEST) & (bounds[:, 2] < _FARTHEST) & np.isfinite(bounds).all(axis=1)
    rows = np.flatnonzero(plain)
    parts, of = shapely.get_parts(shapes[rows], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    plain[rows[of[part[np.isnan(_turns(rings))]]]] = False
    return plain


def texts(shapes: Shapes) -> list[bytes]:
    """Each shape as the text of a geometry object, polygons turned by the right-hand rule.

    ``shapes``: plain ones, in degrees rounded to eight decimals.
    """
    found = np.full(len(shapes), None, dtype=object)
    kinds = shapely.get_type_id(shapes)
    for kind, (name, write) in _KINDS.items():
        rows = np.flatnonzero(kinds == kind)
        for row, text in zip(rows.tolist(), write(shapes[rows]), strict=True):
            found[row] = b'{ "type": "%s", "coordinates": %s }' % (name, text)
    return found.tolist()


def _lines(shapes: Shapes) -> list[bytes]:
    return [b"[ %s ]" % text for text in _chains(shapes)]


def _polygons(shapes: Shapes) -> list[bytes]:
    rings, of = shapely.get_rings(shapes, return_index=True)
    is_outer = np.diff(of, prepend=-1) != 0
    turned = (_turns(rings) < 0) == is_outer
    rings[turned] = shapely.reverse(rings[turned])
    return _lists(_lines(rings), of, len(shapes))


def _turns(rings: Shapes) -> NDArray[np.float64]:
    """Which way rings run, negative for clockwise, NaN where it cannot be told.

    As GDAL tells it: by the turn at the lowest vertex, of several the one farthest right. Where that vertex is there
    twice, or a neighbour is all but the same, the area within decides. GDAL adds that up with less care, so that of
    such rings it may turn one of less than a square metre the wrong way.
    """
    if not len(rings):
        return np.zeros(0)
    xy, of = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(np.diff(of, prepend=-1))
    count = np.diff(np.append(start, len(xy))) - 1
    inner = np.ones(len(xy), dtype=bool)
    inner[start + count] = False
    lowest = np.minimum.reduceat(xy[:, 1], start)[of]
    low = inner & (xy[:, 1] == lowest)
    right = np.maximum.reduceat(np.where(low, xy[:, 0], -np.inf), start)[of]
    at = np.flatnonzero(low & (xy[:, 0] == right))
    first = at[np.searchsorted(at, start)]
    place = first - start
    before, after = (xy[start + (place + step) % count] - xy[first] for step in (-1, 1))
    turn = after[:, 0] * before[:, 1] - before[:, 0] * after[:, 1]
    doubtful = np.bincount(of[at], minlength=len(start)) > 1
    for step in (before, after):
        doubtful |= (np.abs(step) < _SAME).all(axis=1)
    doubtful |= turn == 0
    return np.where(doubtful, _areas(xy, start, count), turn)


def _areas(xy: NDArray[np.float64], start: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Twice the area within each ring, negative where it runs clockwise; NaN where there is none to speak of."""
    height = np.zeros(len(xy))
    height[1:-1] = xy[2:, 1] - xy[:-2, 1]
    height[start] = xy[start + 1, 1] - xy[start + count, 1]
    height[start + count] = xy[start, 1] - xy[start + count - 1, 1]
    terms = xy[:, 0] * height
    areas = np.add.reduceat(terms, start)
    error = _ERRORS * count * np.add.reduceat(np.abs(terms), start)
    return np.where(np.abs(areas) > np.maximum(error, _LEAST), areas, np.nan)


def _multipolygons(shapes: Shapes) -> list[bytes]:
    parts, of = shapely.get_parts(shapes, return_index=True)
    return _lists(_polygons(parts), of, len(shapes))


def _lists(items: Sequence[bytes], of: NDArray[np.int64], count: int) -> list[bytes]:
    """One list for each of so many owners, of the items that it has."""
    cuts = np.searchsorted(of, np.arange(count + 1)).tolist()
    return [b"[ %s ]" % b", ".join(items[start:stop]) for start, stop in pairwise(cuts)]


def _chains(shapes: Shapes) -> list[bytes]:
    """The positions of each shape, one after another."""
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    last = np.append(np.diff(of) != 0, True)[: len(of)]
    blocks = [_positions(xy[at : at + _ROWS], last[at : at + _ROWS]) for at in range(0, len(xy), _ROWS)]
    written = b"".join(text for text, _ in blocks)
    stops = np.cumsum(np.concatenate([np.zeros(0, dtype=np.int64), *(sizes for _, sizes in blocks)]))[last].tolist()
    return [written[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]


def _positions(xy: NDArray[np.float64], last: Flags) -> tuple[bytes, NDArray[np.int64]]:
    """Positions as text, with a comma behind each but the ``last`` of a shape; and how long each is."""
    layout = b"[ %s, %s ], " % (b"0" * _NUMBER, b"0" * _NUMBER)
    table = np.repeat(np.frombuffer(layout, dtype=np.uint8)[:, None], len(xy), axis=1)
    shown = np.ones(table.shape, dtype=bool)
    for column, start in enumerate((2, 2 + _NUMBER + 2)):
        rows = slice(start, start + _NUMBER)
        _fill(xy[:, column], table[rows], shown[rows])
    shown[-2:, last] = False
    return table.T[shown.T].tobytes(), shown.sum(axis=0)


def _fill(values: NDArray[np.float64], table: Bytes, shown: Flags) -> None:
    """Numbers, one a column: the sign, figures without leading zeros, the point, decimals without trailing ones."""
    negative = np.signbit(values)
    whole, decimals = np.divmod(_settled(np.rint(np.abs(values) * _ONE).astype(np.int64), negative), _ONE)
    table[0], shown[0] = ord("-"), negative
    table[1 + _DIGITS] = ord(".")
    _figures(whole, table[1 : 1 + _DIGITS])
    for place in range(_DIGITS - 1):
        shown[1 + place] = whole >= 10 ** (_DIGITS - 1 - place)
    _figures(decimals, table[2 + _DIGITS :])
    for place in range(1, _PLACES):
        shown[2 + _DIGITS + place] = decimals % 10 ** (_PLACES - place) > 0


def _figures(numbers: NDArray[np.int64], table: Bytes) -> None:
    rest = numbers.astype(np.uint32)
    for place in range(len(table) - 1, -1, -1):
        higher = rest // 10
        table[place] = rest - higher * 10 + _ZERO
        rest = higher


def _settled(whole: NDArray[np.int64], negative: Flags) -> NDArray[np.int64]:
    """Hundred-millionths as GDAL rounds them: five zeros or nines before the last figure of a long number end it."""
    long = negative | (whole >= 10 * _ONE)
    middle = whole // 10 % 100_000
    whole = np.where(long & (middle == 0), whole // 10 * 10, whole)
    return np.where(long & (middle == 99_999), (whole // 10**6 + 1) * 10**6, whole)


_KINDS = {
    _POINT: (b"Point", _chains),
    _LINE: (b"LineString", _lines),
    _POLYGON: (b"Polygon", _polygons),
    _POLYGONS: (b"MultiPolygon", _multipolygons),
}
