"""Streets from the GraphML files that OSMnx writes."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from typing import Any

import geopandas
import networkx
import numpy as np
import pyproj
import shapely

from circle15.core.errors import ConfigError, CrsError, InputError
from circle15.core.findings import Finding
from circle15.core.text import Text, first_ids
from circle15.read.osmfile import ATTRIBUTION
from circle15.read.osmways import why_not_walked
from circle15.read.spec import InputSpec, RawLayer

REVERSED = Text("同一路段的反向", "the same piece in the other direction")
NOT_LINES = Text("几何不是线", "with a geometry that is no line")

# A simplified edge stands for several ways, and then holds a list of their values; one that people walk is enough.
_LISTED = "["


def read_graphml(spec: InputSpec) -> RawLayer:
    """The edges of an OSMnx graph that people walk, in lon/lat, each once whatever its directions.

    Columns: street_id (``source-target-key``), highway, name, geometry. Streets join at the nodes of the graph and
    nowhere else. Ways are kept by the filter for OpenStreetMap; edges without a geometry are straight. Raises
    InputError for a file that is no graph of places, CrsError for a projected one, ConfigError for other layers.
    """
    _require_streets(spec)
    graph = _graph(spec)
    _require_degrees(graph, spec)
    places = _places(graph, spec)
    rows: list[tuple[Any, ...]] = []
    joints: list[int] = []
    dropped: Counter[Text] = Counter()
    seen: set[bytes] = set()
    spare = len(places)
    numbers = {node: number for number, node in enumerate(places)}
    for source, target, key, data in sorted(_edges(graph), key=lambda edge: tuple(map(str, edge[:3]))):
        line = _line(data, places[source], places[target])
        why = NOT_LINES if line is None else _why_not(data)
        mark = b"" if line is None else shapely.to_wkb(shapely.normalize(line))
        why = why or (REVERSED if mark in seen else None)
        if why is not None or line is None:
            dropped[why or NOT_LINES] += 1
            continue
        seen.add(mark)
        rows.append((f"{source}-{target}-{key}", _first(data, "highway"), _first(data, "name"), line))
        between = shapely.get_num_coordinates(line) - 2
        joints += [numbers[source], *range(spare, spare + between), numbers[target]]
        spare += between
    ids, highways, names, lines = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = {"street_id": list(ids), "highway": list(highways), "name": list(names), "geometry": list(lines)}
    frame = geopandas.GeoDataFrame(columns, geometry="geometry")
    frame.index += 1
    return RawLayer(
        frame,
        "WGS84",
        None,
        findings=_roads_only(frame, spec),
        joints=np.array(joints, dtype=np.int64),
        dropped={reason: count for reason, count in dropped.items() if reason is not REVERSED},
        attribution=ATTRIBUTION,
        data_date=str(graph.graph.get("created_date", ""))[:10],
    )


def _require_streets(spec: InputSpec) -> None:
    if spec.layer != "streets":
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：GraphML 只含道路，{spec.layer} 不能从中读取。请提供矢量文件。",
                en=f"{spec.shown}: a GraphML file holds streets: {spec.layer} cannot be read from it.",
            )
        )
    if spec.crs is not None or spec.datum not in (None, "WGS84", "CGCS2000"):
        raise CrsError(
            Text(
                zh=f"{spec.shown}：声明为 {spec.crs or spec.datum}，但 OSMnx 的路网是 WGS84。请改为 datum = WGS84。",
                en=f"{spec.shown}: declared as {spec.crs or spec.datum}, but graphs of OSMnx are WGS 84. "
                f"Write datum = WGS84.",
            ),
            "datum",
        )


def _graph(spec: InputSpec) -> Any:
    try:
        return networkx.read_graphml(spec.path, force_multigraph=True)
    except (ET.ParseError, networkx.NetworkXError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise _unreadable(spec, Text(str(error), str(error))) from error


def _unreadable(spec: InputSpec, why: Text) -> InputError:
    return InputError(
        Text(
            zh=f"{spec.shown}：不是 OSMnx 的 GraphML 路网，或已损坏、不完整（{why.zh}）。"
            f"请用 osmnx.save_graphml 重新保存。",
            en=f"{spec.shown}: no GraphML street network of OSMnx, or damaged or cut short ({why.en}). "
            f"Save it again with osmnx.save_graphml.",
        )
    )


def _require_degrees(graph: Any, spec: InputSpec) -> None:
    stated = str(graph.graph.get("crs", "epsg:4326"))
    try:
        fits = pyproj.CRS.from_user_input(stated).is_geographic
    except pyproj.exceptions.CRSError:
        fits = False
    if not fits:
        raise CrsError(
            Text(
                zh=f"{spec.shown}：路网的坐标系是 {stated[:60]}，应为 WGS84 经纬度。请保存未投影的路网。",
                en=f"{spec.shown}: the graph is in {stated[:60]}, not in WGS 84 degrees. Save it unprojected.",
            ),
            "datum",
        )


def _places(graph: Any, spec: InputSpec) -> dict[Any, tuple[float, float]]:
    places, lost = {}, []
    for node, data in graph.nodes(data=True):
        try:
            places[node] = float(data["x"]), float(data["y"])
        except (KeyError, TypeError, ValueError):
            lost.append(node)
    if lost:
        count, ids = len(lost), first_ids(lost)
        raise _unreadable(spec, Text(f"{count} 个节点没有 x、y：{ids}", f"{count} nodes without x, y: {ids}"))
    return places


def _edges(graph: Any) -> Any:
    return graph.edges(keys=True, data=True)


def _line(data: Mapping[str, Any], start: tuple[float, float], end: tuple[float, float]) -> Any:
    """The line of an edge, its ends on its nodes; None where it states a geometry that is no line."""
    if "geometry" not in data:
        return shapely.LineString([start, end])
    line = shapely.from_wkt(str(data["geometry"]), on_invalid="ignore")
    if line is None or line.geom_type != "LineString" or line.is_empty:
        return None
    coordinates = shapely.get_coordinates(line)
    coordinates[0], coordinates[-1] = start, end
    return shapely.LineString(coordinates)


def _values(data: Mapping[str, Any], key: str) -> list[str]:
    text = str(data.get(key, "") or "")
    if not text.startswith(_LISTED):
        return [text] if text else []
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [text]
    return [str(each) for each in found] if isinstance(found, list) else [text]


def _first(data: Mapping[str, Any], key: str) -> str | None:
    return next(iter(_values(data, key)), None)


def _why_not(data: Mapping[str, Any]) -> Text | None:
    """Why nobody walks an edge; one of several kinds is walked where any of them is."""
    tags = {key: _first(data, key) or "" for key in ("access", "foot", "motorroad", "area")}
    tags = {key: value for key, value in tags.items() if value}
    reasons = [why_not_walked({**tags, "highway": kind}) for kind in _values(data, "highway") or [""]]
    return None if None in reasons else reasons[0]


def _roads_only(frame: Any, spec: InputSpec) -> tuple[Finding, ...]:
    """A graph that was fetched for driving has no footpaths: walks come out too long."""
    walks = frame["highway"].isin(["footway", "path", "pedestrian", "steps"])
    if not len(frame) or walks.any():
        return ()
    return (
        Finding(
            code="streets_without_footpaths",
            severity="warning",
            layer="streets",
            count=len(frame),
            ids=(),
            message=Text(
                zh=f"{spec.shown}：路网中没有步行道，可能是按机动车下载的，步行距离会偏大。",
                en=f"{spec.shown}: the graph has no footpaths; it may have been made for driving: walks come out long.",
            ),
            fix=Text('请用 network_type="walk" 重新下载。', 'Fetch it again with network_type="walk".'),
        ),
    )
