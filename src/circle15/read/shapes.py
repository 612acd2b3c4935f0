"""Geometry hygiene: what a layer may hold, what is left out, and what is repaired without changing the place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from numpy.typing import NDArray

from circle15.core.errors import SchemaError
from circle15.core.findings import Finding
from circle15.core.text import Text, first_ids
from circle15.read.project import to_grid
from circle15.read.rows import PLACE_OPTIONAL, row_names

_LINES = ("LineString", "LinearRing", "MultiLineString")
_POLYGONS = ("Polygon", "MultiPolygon")

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "streets": _LINES,
    "residential": ("Point", *_POLYGONS),
    "facilities": ("Point", *_POLYGONS),
    "candidates": ("Point", *_POLYGONS),
    "entrances": ("Point",),
    "barriers": (*_LINES, *_POLYGONS),
    "constraints": _POLYGONS,
    "zones": _POLYGONS,
    "parcels": ("Point", *_POLYGONS),
}
_KINDS: Mapping[str, Text] = {
    "streets": Text("线", "lines"),
    "residential": Text("点或面", "points or polygons"),
    "facilities": Text("点或面", "points or polygons"),
    "candidates": Text("点或面", "points or polygons"),
    "entrances": Text("点", "points"),
    "barriers": Text("线或面", "lines or polygons"),
    "constraints": Text("面", "polygons"),
    "zones": Text("面", "polygons"),
    "parcels": Text("点或面", "points or polygons"),
}
_POINTS_ONLY = ("facilities", "candidates")

NULL_GEOMETRY = Text("没有几何", "without geometry")
EMPTY_GEOMETRY = Text("几何为空", "with an empty geometry")

# A repair that changes the area by more than this share changes the place.
_LOSSLESS_SHARE = 1e-6
_GRID_M = 0.001


@dataclass(frozen=True, slots=True)
class Shaped:
    """Rows whose geometries fit their layer, with what was found and what was left out."""

    frame: Any
    findings: tuple[Finding, ...] = ()
    dropped: Mapping[Text, int] = field(default_factory=dict)


def shape(frame: Any, layer: str, shown: str) -> Shaped:
    """The rows of ``frame`` (in the study CRS, on the grid) with geometries that the layer may hold.

    Null and empty geometries are left out and counted. Streets come out as single lines, in the order of their
    vertices. Polygons of facilities and candidates become their point on surface. Invalid polygons are repaired where
    that is lossless (see :func:`repaired`). Raises SchemaError for other geometry types, with the counts, and for
    polygons that cannot be repaired, with their ids.
    """
    placeless = shapely.is_missing(frame.geometry.to_numpy())
    if layer in PLACE_OPTIONAL and placeless.any():
        located = shape(frame[~placeless], layer, shown) if not placeless.all() else Shaped(frame[~placeless])
        rows = pandas.concat([located.frame, frame[placeless]]).loc[
            frame.index.intersection(located.frame.index.union(frame.index[placeless]), sort=False)
        ]
        return Shaped(rows, (*located.findings, *_unlocated(frame[placeless], layer, shown)), located.dropped)
    filled, findings, dropped = _without_empty(frame, layer, shown)
    plain = filled.set_geometry(_unwrapped(filled.geometry.to_numpy()))
    _require_types(plain, layer, shown)
    if layer == "streets":
        return Shaped(_exploded(plain), findings, dropped)
    sound, repairs = _repair(plain, layer, shown)
    pointed, points = _as_points(sound, layer, shown) if layer in _POINTS_ONLY else (sound, ())
    return Shaped(pointed, (*findings, *repairs, *points), dropped)


def _unlocated(frame: Any, layer: str, shown: str) -> tuple[Finding, ...]:
    if layer != "facilities":
        return ()
    return (
        Finding.of(
            "unlocated",
            "warning",
            layer,
            row_names(frame, layer),
            Text(
                zh=f"{shown}：{len(frame)} 处设施未定位，按代码计数，不参与距离指标。",
                en=f"{shown}: {len(frame)} facilities have no place: they count by their codes, not for distances.",
            ),
            Text("补充坐标。", "Give them coordinates."),
        ),
    )


def demand_points(frame: Any) -> Any:
    """The demand point of each row, on the grid: a point itself, the point on surface of a polygon."""
    geometries = frame.geometry.to_numpy()
    points = geometries.copy()
    areal = _areal(geometries)
    points[areal] = shapely.transform(shapely.point_on_surface(geometries[areal]), to_grid)
    return points


def demand_point_findings(frame: Any) -> tuple[Finding, ...]:
    """For how many residential areas, of those given, the demand point is a point on surface."""
    areal = _areal(frame.geometry.to_numpy())
    if not areal.any():
        return ()
    return (
        Finding.of(
            "polygon_demand_point",
            "info",
            "residential",
            row_names(frame[areal], "residential"),
            Text(
                zh=f"{areal.sum()} 个小区为面且没有出入口，以面内一点代表小区出入口计算距离。",
                en=f"{areal.sum()} residential areas are polygons without gates; a point on their surface stands "
                f"for them.",
            ),
            Text(
                "请为大型封闭小区补充出入口图层 [inputs.entrances]。",
                "Give the gates of large walled areas: [inputs.entrances].",
            ),
        ),
    )


def repaired(polygon: Any) -> Any:
    """A valid polygon on the grid that covers the same place, or None if there is none.

    Lossless is: the polygonal part of ``shapely.make_valid`` has the area that the rings of ``polygon`` enclose by
    their signed areas, to a millionth. That holds for spikes, rings that touch themselves and parts that share a side;
    it does not for a bow-tie, whose lobes cancel, overlapping parts, or holes outside their shell.
    """
    mended = _polygonal(shapely.make_valid(polygon))
    if mended.is_empty or abs(mended.area - polygon.area) > _LOSSLESS_SHARE * mended.area:
        return None
    on_grid = _polygonal(shapely.set_precision(mended, _GRID_M))
    return on_grid if on_grid.is_valid and not on_grid.is_empty else None


def _polygonal(geometry: Any) -> Any:
    parts = [part for part in shapely.get_parts(shapely.get_parts(geometry)) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _areal(geometries: Any) -> NDArray[np.bool_]:
    return np.asarray(shapely.get_dimensions(geometries) == 2)


def _without_empty(frame: Any, layer: str, shown: str) -> tuple[Any, tuple[Finding, ...], dict[Text, int]]:
    geometries = frame.geometry.to_numpy()
    null = shapely.is_missing(geometries)
    empty = ~null & shapely.is_empty(geometries)
    gone = null | empty
    if not gone.any():
        return frame, (), {}
    dropped = {NULL_GEOMETRY: int(null.sum()), EMPTY_GEOMETRY: int(empty.sum())}
    finding = Finding.of(
        "geometry_missing",
        "warning",
        layer,
        row_names(frame, layer)[gone],
        Text(
            zh=f"{shown}：{gone.sum()} 行没有几何或几何为空，未采用。",
            en=f"{shown}: {gone.sum()} rows without geometry or with an empty one are left out.",
        ),
        Text("请补充位置。", "Give them a location."),
    )
    return frame[~gone], (finding,), {reason: count for reason, count in dropped.items() if count}


def _unwrapped(geometries: Any) -> Any:
    """Collections of one point, line or polygon as that part."""
    plain = geometries.copy()
    single = (shapely.get_type_id(plain) == _MULTI_POINT) & (shapely.get_num_geometries(plain) == 1)
    plain[single] = shapely.get_geometry(plain[single], 0)
    return plain


_MULTI_POINT, _LINE = int(shapely.GeometryType.MULTIPOINT), int(shapely.GeometryType.LINESTRING)


def _require_types(frame: Any, layer: str, shown: str) -> None:
    kinds = frame.geometry.geom_type
    wrong = ~kinds.isin(ALLOWED[layer]).to_numpy()
    if not wrong.any():
        return
    counts = ", ".join(f"{kind} × {count}" for kind, count in sorted(Counter(kinds[wrong]).items()))
    ids = first_ids(row_names(frame, layer)[wrong])
    wanted = _KINDS[layer]
    raise SchemaError(
        Text(
            zh=f"{shown}：{layer} 图层应为{wanted.zh}，却有 {wrong.sum()} 个其他几何（{counts}；{ids}）。"
            f"请提供{wanted.zh}图层，或用 where 排除这些要素。",
            en=f"{shown}: {layer} must be {wanted.en}, but {wrong.sum()} features are not ({counts}; {ids}). "
            f"Give {wanted.en}, or leave these features out by where.",
        )
    )


def _exploded(frame: Any) -> Any:
    if (shapely.get_type_id(frame.geometry.to_numpy()) == _LINE).all():
        return frame
    lines, owner = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    rows = frame.drop(columns=frame.geometry.name).iloc[owner]
    return geopandas.GeoDataFrame(rows, geometry=geopandas.GeoSeries(lines, index=rows.index), crs=frame.crs)


def _repair(frame: Any, layer: str, shown: str) -> tuple[Any, tuple[Finding, ...]]:
    geometries = frame.geometry.to_numpy()
    broken = np.flatnonzero(~shapely.is_valid(geometries))
    if not len(broken):
        return frame, ()
    mended = {int(row): repaired(geometries[row]) for row in broken}
    names = row_names(frame, layer)
    hopeless = [row for row, polygon in mended.items() if polygon is None]
    if hopeless:
        raise _cannot_repair(names[hopeless], shapely.is_valid_reason(geometries[hopeless[0]]), shown)
    sound = geometries.copy()
    sound[broken] = list(mended.values())
    finding = Finding.of(
        "geometry_repaired",
        "warning",
        layer,
        names[broken],
        Text(
            zh=f"{shown}：{len(broken)} 个面的几何无效，已修复，面积不变。",
            en=f"{shown}: {len(broken)} invalid polygons were repaired; their areas are unchanged.",
        ),
        Text("建议在源数据中修复。", "Better repair them at the source."),
    )
    return frame.set_geometry(sound), (finding,)


def _cannot_repair(names: Any, reason: str, shown: str) -> SchemaError:
    ids = first_ids(names)
    return SchemaError(
        Text(
            zh=f"{shown}：{len(names)} 个面的几何无效，修复会改变范围（{ids}；{reason}）。"
            f"请在源数据中修正，如消除自相交。",
            en=f"{shown}: {len(names)} polygons are invalid and a repair would change them ({ids}; {reason}). "
            f"Correct them at the source, e.g. remove self-intersections.",
        )
    )


def _as_points(frame: Any, layer: str, shown: str) -> tuple[Any, tuple[Finding, ...]]:
    areal = _areal(frame.geometry.to_numpy())
    if not areal.any():
        return frame, ()
    finding = Finding.of(
        "polygon_as_point",
        "info",
        layer,
        row_names(frame, layer)[areal],
        Text(
            zh=f"{shown}：{areal.sum()} 个面以面内一点代表。",
            en=f"{shown}: {areal.sum()} polygons are represented by a point on their surface.",
        ),
        Text("如有主要出入口，请以点提供。", "If the main entrance is known, give it as a point."),
    )
    return frame.set_geometry(demand_points(frame)), (finding,)
