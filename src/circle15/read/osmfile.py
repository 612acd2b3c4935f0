"""OpenStreetMap files opened: header facts, ways, points and areas, and one clear error for a broken file.

Reads ``.osm``, ``.osm.gz`` and ``.osm.pbf`` through osmium. Coordinates are lon/lat on WGS 84, which is what
OpenStreetMap is by definition. Everything is handed on in the order node, way, relation, each by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import osmium
import shapely
from osmium.replication import newest_change_from_file

from circle15.core.errors import InputError
from circle15.core.findings import Finding
from circle15.core.text import Text
from circle15.read.osmlines import Ways
from circle15.read.osmpbf import Unusual, read_ways
from circle15.read.spec import RawLayer

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
KINDS = ("node", "way", "relation")

_AREA_RELATIONS = ("multipolygon", "boundary")
_REPLICATION_DATE = "osmosis_replication_timestamp"
_NO_DATE = "1970-01-01"
_PBF = ".pbf"


@dataclass(frozen=True, slots=True)
class Feature:
    """A node, a way or a relation with its tags.

    ``geometry`` is a Point for a node and a Polygon or MultiPolygon for an area, lon/lat; None where an area could
    not be put together, because the extract holds only a part of it or its rings do not close.
    ``outlines`` are the numbers of the ways that bound a relation from outside.
    """

    kind: str
    number: int
    tags: Mapping[str, str]
    geometry: Any
    outlines: tuple[int, ...] = ()

    @property
    def feature_id(self) -> str:
        """The id that OpenStreetMap shows, such as ``way/123``."""
        return f"{self.kind}/{self.number}"

    @property
    def order(self) -> tuple[int, int]:
        """Where it stands in every table: node before way before relation, then by number."""
        return KINDS.index(self.kind), self.number

    @property
    def name(self) -> str | None:
        """Its name, or None."""
        return self.tags.get("name", "").strip() or None


@contextmanager
def reading(shown: str) -> Iterator[None]:
    """Turn what osmium raises for a file that it cannot read into an InputError that names the file."""
    try:
        yield
    except InputError:
        raise
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError(
            Text(
                zh=f"{shown}：OSM 文件已损坏、不完整或格式不符（{error}）。请重新下载或导出该文件，"
                f"并核对文件大小和校验值；"
                f"可读的格式为 .osm、.osm.gz 和 .osm.pbf，对象须已排序（osmium sort）。",
                en=f"{shown}: the OSM file is damaged, truncated or in another format ({error}). Download or export it "
                f"again and compare its size and checksum; .osm, .osm.gz and .osm.pbf can be read, if sorted "
                f"(osmium sort).",
            )
        ) from error


def ways(path: Path, shown: str, key: str, asked: Sequence[str]) -> Ways:
    """The ways that carry ``key``, by number, with the values of the keys that are ``asked``. Raises InputError."""
    with reading(shown):
        if path.name.endswith(_PBF):
            with suppress(Unusual):
                return read_ways(path, key, asked)
        found = _ways(path, key, asked)
    if found.missing.any():
        refuse_unsorted(path, shown)
    return found


def _ways(path: Path, key: str, asked: Sequence[str]) -> Ways:
    """The same by osmium, which reads everything, a way at a time."""
    number, counts, node, xy = [], [], [], []
    tags: dict[str, list[str | None]] = {each: [] for each in asked}
    tagged = osmium.filter.KeyFilter(key)
    for way in osmium.FileProcessor(path).with_locations().with_filter(tagged):
        if way.is_way():
            number.append(way.id)
            counts.append(len(way.nodes))
            node += [each.ref for each in way.nodes]
            xy += [_place(each.location) for each in way.nodes]
            for each, values in tags.items():
                values.append(way.tags.get(each))
    found = Ways(
        np.array(number, dtype=np.int64),
        np.cumsum([0, *counts]),
        np.array(node, dtype=np.int64),
        np.array(xy, dtype=float).reshape(-1, 2),
        {each: np.array(values, dtype=object) for each, values in tags.items()},
    )
    return found.take(np.argsort(found.number, kind="stable"))


def _place(at: Any) -> tuple[float, float]:
    return (at.lon, at.lat) if at.valid() else (np.nan, np.nan)


def features(path: Path, shown: str, keys: Iterable[str]) -> list[Feature]:
    """Every node, way and area relation that carries one of ``keys``, in order. Raises InputError.

    A way stands for the area it encloses: an open one has no geometry.
    """
    tagged = osmium.filter.KeyFilter(*sorted(set(keys)))
    met: list[Feature] = []
    shapes: dict[tuple[str, int], Any] = {}
    with reading(shown):
        for each in osmium.FileProcessor(path).with_areas(tagged).with_filter(tagged):
            if each.is_area():
                shapes["way" if each.from_way() else "relation", each.orig_id()] = _shape(each)
            elif not each.is_relation() or each.tags.get("type") in _AREA_RELATIONS:
                met.append(_feature(each))
    # An area may be handed out before or after the object it stands for.
    shaped = [replace(each, geometry=shapes.get((each.kind, each.number), each.geometry)) for each in met]
    if any(each.geometry is None for each in shaped):
        refuse_unsorted(path, shown)
    return sorted(shaped, key=lambda feature: feature.order)


def refuse_unsorted(path: Path, shown: str) -> None:
    """Raise InputError if the file lists a node after a way.

    Ways take their locations from the nodes before them. In a file that is not sorted they would look cut off,
    as at the edge of an extract; so whoever finds locations missing asks here why.
    """
    met_way = False
    with reading(shown):
        for each in osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY):
            if each.is_way():
                met_way = True
            elif met_way:
                raise InputError(
                    Text(
                        zh=f"{shown}：OSM 文件未排序（node/{each.id} 出现在路径之后），读取会丢失坐标。"
                        f"请先用 osmium sort 排序（先节点、后路径、再关系，各按编号）。",
                        en=f"{shown}: the OSM file is not sorted (node/{each.id} comes after a way), so locations "
                        f"would be lost. Sort it with osmium sort: nodes, ways, relations, each by id.",
                    )
                )


def layer(path: Path, shown: str, columns: Mapping[str, Sequence[Any]], **facts: Any) -> RawLayer:
    """The rows of ``columns`` (one of them ``geometry``) with what the file's header says of them.

    ``facts`` are further fields of RawLayer: findings, joints, dropped. Raises InputError.
    """
    with reading(shown):
        box, data_date = _header(path)
    frame = geopandas.GeoDataFrame(dict(columns), geometry="geometry")
    return RawLayer(frame, "WGS84", None, box=box, attribution=ATTRIBUTION, data_date=data_date, **facts)


def incomplete_areas(layer_name: str, lost: Sequence[Feature]) -> list[Finding]:
    """The finding about areas that could not be put together; none if ``lost`` is empty."""
    if not lost:
        return []
    return [
        Finding.of(
            "osm_incomplete_areas",
            "warning",
            layer_name,
            [each.feature_id for each in lost],
            Text(
                f"{len(lost)} 个面对象的边界不闭合或在裁剪范围外缺失，无法成面，未计入。",
                f"{len(lost)} areas have rings that do not close or lie partly outside the extract: left out.",
            ),
            Text(
                "请用更大的范围重新导出（保留完整的关系和路径）。",
                "Export a larger extract that keeps ways and relations complete.",
            ),
        )
    ]


def _feature(each: Any) -> Feature:
    tags = {tag.k: tag.v for tag in each.tags}
    if each.is_node():
        point = shapely.Point(each.location.lon, each.location.lat) if each.location.valid() else None
        return Feature("node", each.id, tags, point)
    if each.is_way():
        return Feature("way", each.id, tags, None)
    outlines = tuple(member.ref for member in each.members if member.type == "w" and member.role in ("outer", ""))
    return Feature("relation", each.id, tags, None, outlines)


def _shape(area: Any) -> Any:
    outer, _ = area.num_rings()
    if not outer:  # its ways are all there and do not close
        return None
    shape = shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(area))
    return shape.geoms[0] if len(shape.geoms) == 1 else shape


def _header(path: Path) -> tuple[tuple[float, float, float, float] | None, str]:
    """The extent of the extract, None where the header has none, and the date of its data, "" where unknown."""
    with osmium.io.Reader(str(path), osmium.osm.osm_entity_bits.NOTHING) as reader:
        header = reader.header()
        box = header.box()
        stated = header.get(_REPLICATION_DATE)
    extent = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat) if box.valid() else None
    date = (stated or newest_change_from_file(str(path)).isoformat())[: len(_NO_DATE)]
    return extent, "" if date == _NO_DATE else date
