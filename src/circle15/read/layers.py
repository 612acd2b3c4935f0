"""The front door of reading: one input of a study as a checked table in the study CRS.

To read another format, write a reader and add its extensions to :data:`READERS`.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import pyproj
import shapely

from circle15.core.crs import APPROXIMATE
from circle15.core.errors import ConfigError, CrsError, InputError, NothingToDoError
from circle15.core.findings import Finding
from circle15.core.results import Source
from circle15.core.rule import FacilityType
from circle15.core.schema import Table
from circle15.core.tables import LAYERS, Streets
from circle15.core.text import Text, first_ids
from circle15.read import osm
from circle15.read.database import read_database
from circle15.read.graphml import read_graphml
from circle15.read.guard import link_findings, refuse_bomb, require_file
from circle15.read.headings import name_columns
from circle15.read.heights import heights
from circle15.read.joints import collapse, joints_by_coordinate, joints_of_rows
from circle15.read.parquet import read_parquet
from circle15.read.points import GRIDS, read_points
from circle15.read.project import box_ring, place
from circle15.read.rows import receive, row_names, with_ids
from circle15.read.shapes import demand_points, shape
from circle15.read.spec import DATABASE, OSM_EXTENSIONS, InputSpec, RawLayer
from circle15.read.strict import load
from circle15.read.vector import EXTENSIONS, read_vector

Types = Mapping[str, FacilityType]
Reader = Callable[[InputSpec, Types], RawLayer]

_OSM_LAYERS: Mapping[str, Callable[[Path, str, Types], RawLayer]] = {
    "streets": lambda path, shown, _types: osm.streets(path, shown),
    "residential": lambda path, shown, _types: osm.residential(path, shown),
    "facilities": osm.facilities,
    "candidates": lambda path, shown, _types: osm.candidates(path, shown),
    "zones": lambda path, shown, _types: osm.zones(path, shown),
    "barriers": lambda path, shown, _types: osm.barriers(path, shown),
}

TOO_SHORT = Text("不足1毫米的线", "lines shorter than a millimetre")
UNKNOWN_TYPE = Text("规则包中没有的设施类型", "of a type the pack does not know")

# The parts of a Shapefile that say where its features are and what they are called.
_SHAPEFILE_PARTS = (".dbf", ".prj", ".shp", ".shx")


def read_layer(spec: InputSpec, crs: pyproj.CRS | None, types: Types) -> tuple[Table, list[Finding], Source]:
    """The rows of one input as its table in the study CRS, what was found on the way, and where it came from.

    ``types`` are the facility types of the pack; facilities of other types are left out and reported.
    Geometry is on the millimetre grid; streets are single lines with their joints; residential areas get
    ``edge_m``, the metres from their demand point to the edge of the extract, where the file states its extent.
    Raises InputError for files that cannot be read, ConfigError, SchemaError (all problems of the file),
    CrsError, EncodingError, and NothingToDoError with counts by reason where no row is left.
    """
    reader = _reader(spec)
    try:
        linked = []
        if spec.database is None:
            require_file(spec)
            linked = link_findings(spec)
        raw = replace(reader(spec, types), transform=spec.transform)
        digest = raw.sha256 or file_sha256(spec.path)
    except OSError as error:
        raise InputError(
            Text(
                zh=f"{spec.shown}：文件无法打开（{error.strerror or error}）。请检查路径和权限。",
                en=f"{spec.shown}: the file cannot be opened ({error.strerror or error}). Check path and permissions.",
            )
        ) from error
    table, findings = as_table(raw, spec, crs, types)
    source = Source(
        layer=spec.layer,
        path=spec.shown,
        sha256=digest,
        rows=len(table),
        datum=raw.datum or raw.crs or "",
        attribution=raw.attribution,
        data_date=raw.data_date or _stated_date(spec),
        transform="" if spec.transform is None else spec.transform.kind,
    )
    return table, [*linked, *findings], source


def as_table(raw: RawLayer, spec: InputSpec, crs: pyproj.CRS | None, types: Types) -> tuple[Table, list[Finding]]:
    """Rows as received, as their table in the study CRS, and what was found. Raises what :func:`read_layer` raises."""
    if not len(raw.frame) and not _is_answer(spec):
        raise _nothing_left(raw, raw.dropped, spec)
    raw = _of_known_types(raw, spec, types, crs) if spec.layer == "facilities" else raw
    table, findings, dropped = _table(raw, spec, crs)
    if not len(table):
        if not _is_answer(spec):
            raise _nothing_left(raw, dropped, spec)
        findings.append(_no_facility(spec))
    return table, [*raw.findings, *_datum_findings(raw, spec), *findings]


def _stated_date(spec: InputSpec) -> str:
    """The date that the source file beside an input states, or nothing. Raises ConfigError where it is no TOML."""
    if spec.path.name == "":
        return ""
    beside = spec.path.with_name(f"{spec.path.name}.source.toml")
    if not beside.is_file():
        return ""
    table, _ = load(beside, f"{spec.shown}.source.toml")
    return str(table.get("data_date", ""))


def empty_table(layer: str) -> Any:
    """The table of an input that a study does not have: its required columns, no row."""
    table = LAYERS[layer]
    names = [column.name for column in table.columns if column.required and column.name != "geometry"]
    return table(geopandas.GeoDataFrame({name: [] for name in names}, geometry=[]))


def file_sha256(path: Path) -> str:
    """The hash of a file; of the parts of a Shapefile, or the files of a folder, one after the other by name."""
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts = sorted(each for each in path.parent.glob(f"{path.stem}.*") if each.suffix.lower() in _SHAPEFILE_PARTS)
    elif path.is_dir():
        parts = sorted(each for each in path.iterdir() if each.is_file())
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _read_osm(spec: InputSpec, types: Types) -> RawLayer:
    """An OSM file, with the study's filter and headings applied like to any other."""
    read = _OSM_LAYERS.get(spec.layer)
    if read is None:
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：{spec.layer} 不能从 OSM 文件读取。请提供矢量文件。",
                en=f"{spec.shown}: {spec.layer} cannot be read from an OSM file. Give a vector file.",
            )
        )
    if spec.crs is not None or spec.datum not in (None, "WGS84", "CGCS2000"):
        raise CrsError(
            Text(
                zh=f"{spec.shown}：声明为 {spec.crs or spec.datum}，但 OSM 文件规定为 WGS84。请改为 datum = WGS84。",
                en=f"{spec.shown}: declared as {spec.crs or spec.datum}, but OSM files are WGS 84 by definition. "
                f"Write datum = WGS84.",
            ),
            "datum",
        )
    if spec.path.name.lower().endswith(".gz"):
        refuse_bomb(spec.path, spec.shown)
    raw = read(spec.path, spec.shown, types)
    raw.frame.index += 1
    return _received(raw, spec)


def _received(raw: RawLayer, spec: InputSpec) -> RawLayer:
    """Rows that carry their joints, with the study's headings and filter."""
    received = receive(name_columns(raw.frame, LAYERS[spec.layer].columns, spec), spec)
    rows = received.frame
    kept = raw.frame.index.isin(rows.index)
    joints = None if raw.joints is None else joints_of_rows(raw.joints, raw.frame.geometry.to_numpy(), kept)
    findings = (*raw.findings, *received.findings)
    return replace(raw, frame=rows, joints=joints, findings=findings, dropped={**raw.dropped, **received.dropped})


def _read_graph(spec: InputSpec, _types: Types) -> RawLayer:
    return _received(read_graphml(spec), spec)


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(OSM_EXTENSIONS, _read_osm),
    **dict.fromkeys(EXTENSIONS, lambda spec, _types: read_vector(spec)),
    ".graphml": _read_graph,
    ".parquet": lambda spec, _types: read_parquet(spec),
    DATABASE: lambda spec, _types: read_database(spec),
    **dict.fromkeys(GRIDS, lambda spec, _types: read_points(spec)),
}


def _extension(spec: InputSpec) -> str:
    if spec.database is not None:
        return DATABASE
    name = spec.path.name.lower()
    return next((each for each in READERS if name.endswith(each)), "")


# Files that people have and nobody reads here, and what to make of them.
_SAVE_AS: Mapping[str, Text] = {
    ".dwg": Text(
        "请在 CAD 中用“另存为”（SAVEAS）存为 DXF（如 AutoCAD 2018 DXF）", "save it as DXF from CAD (SAVEAS, DXF)"
    ),
    ".xls": Text("请用 Excel 另存为 .xlsx", "save it as .xlsx"),
    ".et": Text("请用 WPS 另存为 .xlsx", "save it as .xlsx"),
    ".mdb": Text("请导出为文件地理数据库（.gdb）或 GeoPackage", "export it as a file geodatabase or GeoPackage"),
    ".kmz": Text("请解压，读取其中的 .kml", "unpack it and read the .kml inside"),
    **dict.fromkeys((".zip", ".rar", ".7z"), Text("请解压后写明其中的文件", "unpack it and name the file inside")),
}


def _reader(spec: InputSpec) -> Reader:
    extension = _extension(spec)
    if extension not in READERS:
        known = " ".join(READERS)
        hint = _SAVE_AS.get(spec.path.suffix.lower(), Text("请导出为其中一种", "export it as one of them"))
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：不支持这种文件格式。{hint.zh}。可读取的扩展名：{known}。",
                en=f"{spec.shown}: files of this kind cannot be read: {hint.en}. Known extensions: {known}.",
            )
        )
    if spec.layer not in LAYERS:
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：暂不支持输入 {spec.layer}。支持的有：{'、'.join(LAYERS)}。",
                en=f"{spec.shown}: the input {spec.layer} cannot be read. Known inputs: {', '.join(LAYERS)}.",
            )
        )
    if spec.source_layer is not None and extension not in (*EXTENSIONS, ".xlsx", DATABASE):
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：{extension} 文件没有图层，layer 不适用。请删去该项。",
                en=f"{spec.shown}: {extension} files have no layers. Remove the key layer.",
            )
        )
    return READERS[extension]


def _table(raw: RawLayer, spec: InputSpec, crs: pyproj.CRS | None) -> tuple[Table, list[Finding], dict[Text, int]]:
    placed = _placed(raw, spec, crs)
    shaped = shape(placed, spec.layer, spec.shown)
    findings, dropped = list(shaped.findings), {**raw.dropped, **shaped.dropped}
    if spec.layer == "streets":
        joined, short = _joined(shaped.frame, raw, spec)
        return joined, [*findings, *_short_findings(short, spec)], {**dropped, **({TOO_SHORT: short} if short else {})}
    frame = shaped.frame
    if spec.layer == "residential" and raw.box is not None and crs is not None:
        edge = box_ring(raw.box, raw, crs)
        frame = frame.assign(edge_m=shapely.distance(demand_points(frame), edge))
    return LAYERS[spec.layer].build(with_ids(frame, spec.layer), spec.shown), findings, dropped


def _placed(raw: RawLayer, spec: InputSpec, crs: pyproj.CRS | None) -> Any:
    """The rows in the study CRS; rows that stand nowhere need none. Raises CrsError(kind="missing")."""
    if shapely.is_missing(raw.frame.geometry.to_numpy()).all():
        return raw.frame
    if crs is None:
        raise CrsError(
            Text(
                f"{spec.shown} 含有坐标，研究文件须写明 crs（如 EPSG:4549）。",
                f"{spec.shown} has coordinates: the study must name its crs, such as EPSG:4549.",
            ),
            "missing",
        )
    return place(raw, crs, spec.shown, row_names(raw.frame, spec.layer))


def _joined(frame: Any, raw: RawLayer, spec: InputSpec) -> tuple[Streets, int]:
    """Streets with their joints and heights, and how many lines were too short to keep."""
    lines = frame.geometry.to_numpy()
    # What the source says of vertices stays aligned: what was left out so far had none, and parts keep their order.
    joints = joints_by_coordinate(lines) if raw.joints is None else raw.joints
    z = shapely.get_coordinates(raw.frame.geometry.to_numpy(), include_z=True)[:, 2]
    lines, joints, left, kept = collapse(lines, joints)
    rows = frame[left].set_geometry(lines)
    height = heights(rows, z[kept])
    return Streets.join(with_ids(rows, "streets"), joints, spec.shown, height), int((~left).sum())


def _nearest_type(kind: str, types: Types) -> str:
    """The key whose key or Chinese label is nearest to a word, or a dash."""
    names = {**dict(zip(types, types, strict=True)), **{each.label.zh: key for key, each in types.items()}}
    found = difflib.get_close_matches(kind, names, 1, 0.4)
    return names[found[0]] if found else "-"


def _of_known_types(raw: RawLayer, spec: InputSpec, types: Types, crs: pyproj.CRS | None) -> RawLayer:
    """Facilities of the types that the pack knows; a row without a type stays, for the table to name it."""
    if "type" not in raw.frame.columns:
        return raw
    raw = replace(raw, frame=raw.frame.assign(type=raw.frame["type"].replace(_labels(types))))
    strange = raw.frame["type"].notna() & ~raw.frame["type"].isin(list(types))
    if not strange.any():
        return raw
    kinds = raw.frame.loc[strange, "type"].value_counts().sort_index()
    near = {kind: _nearest_type(kind, types) for kind in kinds.index}
    zh = first_ids((f"{kind} × {count}（最接近：{near[kind]}）" for kind, count in kinds.items()), 5)
    en = first_ids((f"{kind} × {count} (nearest: {near[kind]})" for kind, count in kinds.items()), 5)
    if strange.all():
        known = first_ids(types, 12)
        raise NothingToDoError(
            Text(
                zh=f"{spec.shown}：{strange.sum()} 个设施的类型都不在规则包中：{zh}。规则包的类型：{known}。"
                f"请在 types 中写明对应关系。",
                en=f"{spec.shown}: the pack knows none of the types of {strange.sum()} facilities: {en}. "
                f"It knows {known}. Map them under types.",
            )
        )
    left_out = replace(raw, frame=raw.frame[strange])
    finding = Finding.of(
        "unknown_type",
        "warning",
        spec.layer,
        row_names(left_out.frame, spec.layer),
        Text(
            zh=f"{spec.shown}：{strange.sum()} 个设施的类型不在规则包中，未采用：{zh}。",
            en=f"{spec.shown}: {strange.sum()} facilities are of types that the pack does not know: {en}.",
        ),
        Text("如应计入，请在 types 中写明对应的类型。", "If they should count, map them under types."),
    )
    finding = replace(finding, at=_placed(left_out, spec, crs).geometry.to_numpy())
    dropped = {**raw.dropped, UNKNOWN_TYPE: int(strange.sum())}
    return replace(raw, frame=raw.frame[~strange], findings=(*raw.findings, finding), dropped=dropped)


def _labels(types: Types) -> dict[str, str]:
    """The key of each type by its Chinese label, where no other type has that label."""
    labels = [each.label.zh for each in types.values()]
    return {each.label.zh: key for key, each in types.items() if labels.count(each.label.zh) == 1}


def _is_answer(spec: InputSpec) -> bool:
    """That an extract of OpenStreetMap holds no facility is a fact of the place; that a list is empty is a mistake."""
    return spec.layer == "facilities" and spec.where is None and READERS[_extension(spec)] is _read_osm


def _no_facility(spec: InputSpec) -> Finding:
    return Finding(
        code="no_facility",
        severity="warning",
        layer=spec.layer,
        count=0,
        ids=(),
        message=Text(
            zh=f"{spec.shown}：OSM 数据中没有规则包所列类型的设施，各项距离指标均按没有设施判定。",
            en=f"{spec.shown}: the OSM data holds no facility of the pack's types: every distance rule has none.",
        ),
        fix=Text(
            "OSM 中设施常有遗漏，请改用主管部门的设施名录。", "OSM often lacks facilities: use the authority's list."
        ),
    )


def _datum_findings(raw: RawLayer, spec: InputSpec) -> list[Finding]:
    if raw.transform is not None:
        return [_transformed(raw, spec, raw.transform.kind)]
    if raw.datum not in APPROXIMATE:
        return []
    return [
        Finding(
            code="datum_approximate",
            severity="info",
            layer=spec.layer,
            count=len(raw.frame),
            ids=(),
            message=Text(
                zh=f"{spec.shown}：坐标由 {raw.datum} 按公开近似公式换算，误差可达米级，不能代替官方转换。",
                en=f"{spec.shown}: converted from {raw.datum} by the published formulas, a metre or so off; "
                f"no substitute for an official conversion.",
            ),
            fix=Text("正式成果请使用 CGCS2000 原始数据。", "For official results use the original CGCS2000 data."),
        )
    ]


def _transformed(raw: RawLayer, spec: InputSpec, kind: str) -> Finding:
    return Finding(
        code="datum_transformed",
        severity="info",
        layer=spec.layer,
        count=len(raw.frame),
        ids=(),
        message=Text(
            zh=f"{spec.shown}：坐标由研究文件给出的参数（{kind}）换算到 CGCS2000，精度取决于参数，程序无从核对。",
            en=f"{spec.shown}: brought to CGCS2000 by the parameters of the study ({kind}), which nothing here can "
            f"check: the places are as good as they are.",
        ),
        fix=Text("请以已知控制点核对换算结果。", "Check the result at known control points."),
    )


def _short_findings(count: int, spec: InputSpec) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(
            code="street_too_short",
            severity="info",
            layer=spec.layer,
            count=count,
            ids=(),
            message=Text(
                zh=f"{spec.shown}：{count} 条线的所有顶点落在同一毫米，未采用。",
                en=f"{spec.shown}: {count} lines lie within one millimetre and are left out.",
            ),
            fix=Text("无需处理。", "Nothing to do."),
        )
    ]


def _nothing_left(raw: RawLayer, dropped: Mapping[Text, int], spec: InputSpec) -> NothingToDoError:
    read = len(raw.frame) + sum(raw.dropped.values())
    reasons = [(reason, count) for reason, count in dropped.items() if count]
    zh = ";".join(f"{reason.zh} {count}" for reason, count in reasons) or "文件中没有可用的要素"
    en = "; ".join(f"{count} {reason.en}" for reason, count in reasons) or "nothing in the file fits"
    return NothingToDoError(
        Text(
            zh=f"{spec.shown}：{spec.layer} 没有可用的行。读入 {read} 行（{zh}）。请检查文件和 where 条件。",
            en=f"{spec.shown}: no row of {spec.layer} is left of {read} read ({en}). Check the file and the filter.",
        )
    )
