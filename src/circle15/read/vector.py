"""Vector files through GDAL, and whether they are in the datum or CRS that the study declares."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from circle15.core.belts import belt_of
from circle15.core.crs import parse_crs, same_ellipsoid
from circle15.core.errors import ConfigError, CrsError, EncodingError, InputError, SchemaError
from circle15.core.results import Finding
from circle15.core.text import Text, first_ids
from circle15.read.headings import name_columns
from circle15.read.rows import LAYERS, receive
from circle15.read.spec import InputSpec, RawLayer

EXTENSIONS: Mapping[str, str] = {
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".geojsonl": "GeoJSON lines",
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".fgb": "FlatGeobuf",
    ".gdb": "file geodatabase",
    ".gml": "GML",
    ".kml": "KML",
    ".tab": "MapInfo",
    ".mif": "MapInfo",
}

# Formats of which GDAL reports WGS 84 where the file itself says nothing.
_SILENT = (".geojson", ".json", ".geojsonl")

_SAME_PLACE_M = 0.01
_SAME_PLACE_DEG = 1e-7


def read_vector(spec: InputSpec) -> RawLayer:
    """The features of a vector file, in the datum or CRS that is declared; Z is dropped.

    A file with several layers must have one of the input's own name. Where the file claims a CRS, the declaration
    must agree with it: GCJ-02 and BD-09 may be claimed as WGS 84, as such files always do, but a datum needs degrees.
    Raises InputError for a file that cannot be read, EncodingError, CrsError (a claim that contradicts), and what
    :func:`circle15.read.rows.receive` raises.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        frame = _features(spec)
    _check_claim(frame, spec)
    frame.index = np.arange(1, len(frame) + 1)
    headed = name_columns(frame.set_crs(None, allow_override=True), LAYERS[spec.layer].columns, spec)
    received = receive(headed, spec)
    findings = (*_heard(heard, spec), *received.findings)
    return RawLayer(received.frame, spec.datum, spec.crs, findings=findings, dropped=received.dropped)


def _features(spec: InputSpec) -> Any:
    try:
        frame = pyogrio.read_dataframe(spec.path, layer=_layer_name(spec), encoding=_encoding(spec), force_2d=True)
    except UnicodeDecodeError as error:
        raise EncodingError(
            Text(
                zh=f"{spec.shown}：属性表不是 {spec.encoding} 编码（第 {error.start} 字节）。"
                f"国内的 Shapefile 常为 GB18030，请写明 encoding。",
                en=f"{spec.shown}: its attributes are not {spec.encoding} (byte {error.start}). "
                f"Shapefiles from China are often GB18030: declare the encoding.",
            )
        ) from error
    except (DataSourceError, DataLayerError, shapely.errors.GEOSException) as error:
        raise InputError(
            Text(
                zh=f"{spec.shown}：无法作为矢量文件读取，可能已损坏或不完整（{error}）。请重新导出。",
                en=f"{spec.shown}: cannot be read as a vector file; it may be damaged or cut short ({error}). "
                f"Export it again.",
            )
        ) from error
    if "geometry" not in frame.columns:
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：文件没有几何。请提供带几何的矢量文件，或把坐标表存为 .csv。",
                en=f"{spec.shown}: the file has no geometry. Give a vector file, or coordinates in a .csv table.",
            )
        )
    return frame


def _layer_name(spec: InputSpec) -> str | None:
    names = [str(name) for name, geometry in pyogrio.list_layers(spec.path) if geometry is not None]
    if len(names) <= 1:
        return names[0] if names else None
    if spec.layer in names:
        return spec.layer
    there = first_ids(names, 8)
    raise ConfigError(
        Text(
            zh=f"{spec.shown}：文件含 {len(names)} 个图层（{there}），不知该读哪一个。"
            f"请把要读的图层命名为 {spec.layer}，或单独导出。",
            en=f"{spec.shown}: the file has {len(names)} layers ({there}) and none is called {spec.layer}. "
            f"Name the layer so, or export it alone.",
        )
    )


def _encoding(spec: InputSpec) -> str | None:
    """Only a Shapefile needs one: its .cpg says which, unless the study declares another than the default."""
    if spec.path.suffix.lower() != ".shp":
        return None
    described = any(spec.path.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG"))
    return None if described and spec.encoding.lower() == "utf-8" else spec.encoding


def _check_claim(frame: Any, spec: InputSpec) -> None:
    """Refuse a declaration that the file contradicts: one of the two is wrong, and only the user knows which."""
    if frame.crs is None:
        return
    claimed = pyproj.CRS(frame.crs)
    if spec.datum is not None:
        belt = belt_of(claimed) if spec.datum == "CGCS2000" else None
        carries_place = claimed.is_geographic or (belt is not None and belt.numbered)
        agrees = carries_place and same_ellipsoid(claimed, pyproj.CRS("EPSG:4490"))
        declared = f"datum = {spec.datum}"
    else:
        crs = parse_crs(spec.crs or "", spec.shown)
        silent = spec.path.suffix.lower() in _SILENT and claimed.equals("EPSG:4326", ignore_axis_order=True)
        local = claimed.geodetic_crs is None and crs.geodetic_crs is None
        same = same_ellipsoid(claimed, crs) and _same_places(claimed, crs, frame.total_bounds)
        agrees = silent or local or same
        declared = f"crs = {spec.crs}"
    if agrees:
        return
    name = _name(claimed)
    raise CrsError(
        Text(
            zh=f"{spec.shown}：研究声明 {declared}，文件自带的坐标系却是 {name}。"
            f"请查明哪个正确，改正声明或重新导出文件。",
            en=f"{spec.shown}: the study declares {declared}, but the file says {name}. "
            f"Find out which is right, and correct the declaration or export the file again.",
        ),
        "datum",
    )


def _name(crs: pyproj.CRS) -> str:
    authority = crs.to_authority()
    return f"{':'.join(authority)} {crs.name}" if authority else str(crs.name)


def _same_places(claimed: pyproj.CRS, declared: pyproj.CRS, bounds: Any) -> bool:
    """Whether the corners of the layer have the same coordinates in both: names of one CRS differ by software."""
    if not np.isfinite(bounds).all():
        return True
    if claimed.is_geographic != declared.is_geographic:
        return False
    west, south, east, north = bounds
    x, y = np.array([west, east, west, east]), np.array([south, south, north, north])
    there = pyproj.Transformer.from_crs(claimed, declared, always_xy=True).transform(x, y)
    tolerance = _SAME_PLACE_DEG if declared.is_geographic else _SAME_PLACE_M
    return bool(np.hypot(there[0] - x, there[1] - y).max() <= tolerance)


def _heard(heard: list[warnings.WarningMessage], spec: InputSpec) -> tuple[Finding, ...]:
    said = sorted({str(each.message) for each in heard if not issubclass(each.category, DeprecationWarning)})
    if not said:
        return ()
    return (
        Finding(
            code="reader_warning",
            severity="warning",
            layer=spec.layer,
            count=len(said),
            ids=(),
            message=Text(
                zh=f"{spec.shown}：读取时 GDAL 提示：{said[0]}", en=f"{spec.shown}: GDAL said while reading: {said[0]}"
            ),
            fix=Text("请核对文件，必要时重新导出。", "Check the file; export it again if need be."),
        ),
    )
