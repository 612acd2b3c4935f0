"""Vector files through GDAL, and whether they are in the datum or CRS that the study declares."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from circle15.core.belts import belt_of
from circle15.core.crs import parse_crs, same_ellipsoid
from circle15.core.errors import Circle15Error, ConfigError, CrsError, EncodingError, InputError, SchemaError
from circle15.core.findings import Finding
from circle15.core.tables import LAYERS
from circle15.core.text import Text, first_ids
from circle15.read.drawing import from_drawing, prepare_drawing
from circle15.read.guard import refuse_pointers
from circle15.read.headings import name_columns
from circle15.read.points import points_of
from circle15.read.rows import PLACE_OPTIONAL, receive
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
    ".dxf": "DXF",
    ".tab": "MapInfo",
    ".mif": "MapInfo",
}

# How files of these kinds begin; GDAL goes by content, so a file of another kind would be opened as that.
_BEGINNINGS: Mapping[str, bytes] = {".gpkg": b"SQLite format 3", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb"}

# A GML file may name a schema anywhere on the network.
pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": "NO"})

# Formats of which GDAL reports WGS 84 where the file itself says nothing.
_SILENT = (".geojson", ".json", ".geojsonl")

_SAME_PLACE_M = 0.01
_SAME_PLACE_DEG = 1e-7


def read_vector(spec: InputSpec) -> RawLayer:
    """The features of a vector file, in the datum or CRS that is declared; Z is dropped.

    The layer is the one the study names; else the only one with geometry; else the one of the input's own name. Where
    the file claims a CRS, the declaration must agree with it: GCJ-02 and BD-09 may be claimed as WGS 84, as such files
    always do, but a datum needs degrees. A layer without geometry is a table of those that need no place.
    Raises InputError for a file that cannot be read, EncodingError, CrsError (a claim that contradicts), and what
    :func:`circle15.read.rows.receive` raises.
    """
    _require_kind(spec)
    is_drawing = spec.path.suffix.lower() == ".dxf"
    if is_drawing:
        prepare_drawing(spec)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        frame = _features(spec)
    findings = [*_heard(heard, spec)]
    if "geometry" not in frame.columns:
        frame.index = np.arange(1, len(frame) + 1)
        return points_of(frame, findings, spec)
    if is_drawing:
        frame, drawn = from_drawing(frame, spec)
        findings += drawn
    return features_of(frame, findings + _encoding_findings(frame, spec), spec)


def features_of(frame: Any, findings: Sequence[Finding], spec: InputSpec) -> RawLayer:
    """A frame with a geometry as the rows of an input; ``findings`` are what was found before.

    The zone table has no places: of its features the attributes alone are read. Raises CrsError where the CRS of the
    frame contradicts the declaration, and what ``receive`` raises.
    """
    if spec.layer == "zone_table":
        frame = pd.DataFrame(frame.drop(columns="geometry"))
        frame.index = np.arange(1, len(frame) + 1)
        return points_of(frame, findings, spec)
    check_claim(frame, spec)
    frame.index = np.arange(1, len(frame) + 1)
    headed = name_columns(frame.set_crs(None, allow_override=True), LAYERS[spec.layer].columns, spec)
    received = receive(headed, spec)
    found = (*findings, *received.findings)
    return RawLayer(received.frame, spec.datum, spec.crs, findings=found, dropped=received.dropped)


def _require_kind(spec: InputSpec) -> None:
    """Raise InputError where a file is of another kind than its name says, or points to other files."""
    suffix = spec.path.suffix.lower()
    if spec.path.is_dir():
        right = suffix == ".gdb"
    elif suffix == ".gdb":
        right = False
    else:
        refuse_pointers(spec.path, spec.shown)
        with spec.path.open("rb") as opened:
            right = opened.read(16).startswith(_BEGINNINGS.get(suffix, b""))
    if not right:
        raise InputError(
            Text(
                zh=f"{spec.shown}：内容不是 {EXTENSIONS[suffix]}，可能已损坏或扩展名有误。请重新导出。",
                en=f"{spec.shown}: its content is no {EXTENSIONS[suffix]}; it may be damaged or misnamed. "
                f"Export it again.",
            )
        )


def _features(spec: InputSpec) -> Any:
    try:
        layer = _layer_name(spec)
        frame = pyogrio.read_dataframe(
            _source(spec), layer=layer, encoding=_encoding(spec), force_2d=spec.layer != "streets"
        )
    except (UnicodeDecodeError, LookupError) as error:
        declared = spec.encoding or "utf-8"
        at = getattr(error, "start", 0)
        raise EncodingError(
            Text(
                zh=f"{spec.shown}：属性表不是 {declared} 编码（第 {at} 字节）。"
                f"国内的 Shapefile 常为 GB18030，请写明 encoding。",
                en=f"{spec.shown}: its attributes are not {declared} (byte {at}). "
                f"Shapefiles from China are often GB18030: declare the encoding.",
            )
        ) from error
    except Circle15Error:
        raise
    except (RuntimeError, ValueError, OverflowError, UnboundLocalError, shapely.errors.GEOSException) as error:
        # The unbound name is pyogrio's own, where the CRS of a file is no text.
        raise InputError(
            Text(
                zh=f"{spec.shown}：无法作为矢量文件读取，可能已损坏或不完整（{error}）。请重新导出。",
                en=f"{spec.shown}: cannot be read as a vector file; it may be damaged or cut short ({error}). "
                f"Export it again.",
            )
        ) from error
    if "geometry" not in frame.columns and spec.layer not in PLACE_OPTIONAL:
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：文件没有几何。请提供带几何的矢量文件，或把坐标表存为 .csv。",
                en=f"{spec.shown}: the file has no geometry. Give a vector file, or coordinates in a .csv table.",
            )
        )
    return frame


def _source(spec: InputSpec) -> Path | bytes:
    """The file to open; in memory where GDAL would leave a file of its own beside it."""
    return spec.path.read_bytes() if spec.path.suffix.lower() == ".gml" else spec.path


def _layer_name(spec: InputSpec) -> str | None:
    layers = {str(name): geometry for name, geometry in pyogrio.list_layers(_source(spec))}
    if spec.source_layer in layers:
        return spec.source_layer
    placed = [name for name, geometry in layers.items() if geometry is not None]
    names = placed or list(layers)
    if spec.source_layer is None and len(names) <= 1:
        return names[0] if names else None
    if spec.source_layer is None and spec.layer in layers:
        return spec.layer
    there, wanted = first_ids(layers, 8), spec.source_layer or spec.layer
    raise ConfigError(
        Text(
            zh=f"{spec.shown}：文件含 {len(layers)} 个图层（{there}），没有名为 {wanted} 的，不知该读哪一个。"
            f"请用 layer 写明图层名。",
            en=f"{spec.shown}: the file has {len(layers)} layers ({there}) and none is called {wanted}. "
            f"Name the one to read under layer.",
        )
    )


def _encoding(spec: InputSpec) -> str | None:
    """What attributes are decoded by, where GDAL does not know: those of a Shapefile without .cpg, and as declared."""
    if spec.path.suffix.lower() != ".shp":
        return None
    return spec.encoding or (None if _is_described(spec.path) else "utf-8")


def _is_described(path: Path) -> bool:
    return any(path.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG"))


def _encoding_findings(rows: Any, spec: InputSpec) -> list[Finding]:
    """What the text of a Shapefile that does not say was taken for, where that makes a difference."""
    if spec.path.suffix.lower() != ".shp" or spec.encoding or _is_described(spec.path):
        return []
    texts = [rows[name] for name in rows.columns if pd.api.types.is_string_dtype(rows[name])]
    count = sum(int((~text.dropna().map(str.isascii).astype(bool)).sum()) for text in texts)
    if not count:
        return []
    return [
        Finding(
            code="encoding_assumed",
            severity="info",
            layer=spec.layer,
            count=count,
            ids=(),
            message=Text(
                zh=f"{spec.shown}：没有 .cpg，{count} 处文字按 utf-8 读取。",
                en=f"{spec.shown}: has no .cpg; {count} words were read as utf-8.",
            ),
            fix=Text("如文字有误，请写明 encoding。", "If words are wrong, declare the encoding."),
        )
    ]


def check_claim(frame: Any, spec: InputSpec) -> None:
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
        silent = spec.path.suffix.lower() in _SILENT and claimed.to_2d().equals("EPSG:4326", ignore_axis_order=True)
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
    try:
        there = pyproj.Transformer.from_crs(claimed, declared, always_xy=True).transform(x, y)
    except pyproj.exceptions.ProjError:
        return False
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
