"""Broken, hostile and odd inputs, made by code: each ends in one clear error, in a finding, or is read right.

Never in a traceback, a hang, a wrong place, or a file that was not there before. `docs/fuzzing.md` says how to look
for more of them.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import re
import signal
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pyproj
import pytest
import shapely
from shapely import LineString, Point, Polygon

from circle15.core.errors import (
    ConfigError,
    CrsError,
    EncodingError,
    InputError,
    NothingToDoError,
    SchemaError,
)
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from tests.conftest import ROOT
from tests.towns import STUDY, call, tree, write_town

CRS = pyproj.CRS("EPSG:4549")
SAMPLE = ROOT / "data" / "raw" / "karhula" / "karhula.osm.pbf"
HOME = "area_id,lon,lat\na,118.5,24.75\n"
# What a person reads of an error.
MOST_SAID = 600
WGS84: dict[str, Any] = {"datum": "WGS84"}

Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """One input: its file name, what makes it, what the study says of it, and how it ends.

    ``ends`` is a kind of error, the code of a finding, or the number of rows that are read without either.
    """

    name: str
    make: Make | bytes | str
    ends: type[InputError] | str | int
    layer: str = "residential"
    fields: dict[str, Any] = field(default_factory=lambda: dict(WGS84))


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """A net, not a measurement: what hangs ends the test and not the suite."""

    def stop(*_: object) -> None:
        raise AssertionError("hangs")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(90)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def geojson(*geometries: Any, **columns: Any) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"area_id": f"H-{number}", "zone_id": f"Z-{number}", **columns},
            "geometry": each,
        }
        for number, each in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def point(*xy: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(xy)}


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(each) for each in ring]]}


def mif(system: str) -> Make:
    """Two points of MapInfo in a system of coordinates."""

    def make(path: Path) -> None:
        path.with_suffix(".mid").write_text('"a"\n"b"\n')
        path.write_text(
            f'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys {system}\nColumns 1\n  area_id Char(9)\n'
            "Data\n\nPoint 118.5 24.75\nPoint 118.51 24.76\n"
        )

    return make


def book(rows: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


UNKNOWN = b'<?xml version="1.0" encoding="UTF-1"?>'
GOOD_BOOK = book([["area_id", "lon", "lat"], ["a", 118.5, 24.75]])


def rezipped(change: Callable[[str, bytes], bytes]) -> bytes:
    """The good workbook, every part through ``change``."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD_BOOK)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return out.getvalue()


def in_sheet(old: bytes, new: bytes) -> bytes:
    return rezipped(lambda name, data: data.replace(old, new) if name.endswith("sheet1.xml") else data)


def bomb() -> bytes:
    """A workbook with a part of 300 MB of blanks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        with target.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * (1 << 20))
        target.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


def lying_bomb() -> bytes:
    """The same, but its directory says that the part has ten bytes."""
    packed = bytearray(bomb())
    size = struct.pack("<I", 300 << 20)
    at = packed.rindex(size)
    packed[at : at + 4] = struct.pack("<I", 10)
    return bytes(packed)


def vector(change: Callable[[bytes], bytes] = lambda data: data) -> Make:
    def make(path: Path) -> None:
        frame = geopandas.GeoDataFrame({"area_id": ["a", "b"]}, geometry=[Point(118.5, 24.75)] * 2, crs="EPSG:4326")
        frame.to_file(path)
        path.write_bytes(change(path.read_bytes()))

    return make


def without(*suffixes: str) -> Make:
    """A Shapefile without some of its parts."""

    def make(path: Path) -> None:
        vector()(path)
        for suffix in suffixes:
            path.with_suffix(suffix).unlink()

    return make


def with_crs(old: bytes, new: bytes) -> Make:
    """A Shapefile with a change in its .prj."""

    def make(path: Path) -> None:
        vector()(path)
        path.with_suffix(".prj").write_bytes(path.with_suffix(".prj").read_bytes().replace(old, new))

    return make


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def parquet(change: Callable[[bytes], bytes] = lambda data: data, area_id: str = "a") -> Make:
    def make(path: Path) -> None:
        pytest.importorskip("pyarrow")
        frame = geopandas.GeoDataFrame({"area_id": [area_id]}, geometry=[Point(118.5, 24.75)], crs="EPSG:4326")
        frame.to_parquet(path)
        path.write_bytes(change(path.read_bytes()))

    return make


def in_schema(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """A change of the schema that Arrow keeps beside that of Parquet, in base64."""

    def changed(kept: re.Match[bytes]) -> bytes:
        schema = base64.b64decode(kept[0])
        assert old in schema
        return base64.b64encode(schema.replace(old, new))

    return lambda data: re.sub(rb"[A-Za-z0-9+/=]{400,}", changed, data)


def gz_bomb(path: Path) -> None:
    with gzip.open(path, "wb") as opened:
        opened.write(b'<osm version="0.6">')
        for _ in range(300):
            opened.write(b" " * (1 << 20))
        opened.write(b"</osm>")


def linked(path: Path) -> None:
    outside = path.parent.parent / f"outside-{path.parent.name}.csv"
    outside.write_text(HOME)
    path.symlink_to(outside)


def osm(body: str) -> str:
    return f'<?xml version="1.0"?><osm version="0.6">{body}</osm>'


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 50}">' for n in range(10))
ENTITIES = f'<?xml version="1.0"?><!DOCTYPE osm [{LAUGHS}]><osm version="0.6"><node id="1" note="&l9;"/></osm>'
NODES = "".join(f'<node id="{n}" lat="24.75" lon="{118.5 + n / 1000}" version="1"/>' for n in (1, 2))
WAY = '<way id="9" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'
VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>"
)
GRAPH = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
SQUARE = ((118.5, 24.7), (118.51, 24.7), (118.51, 24.71), (118.5, 24.71), (118.5, 24.7))
BOW = ((118.5, 24.7), (118.51, 24.71), (118.51, 24.7), (118.5, 24.71), (118.5, 24.7))
STREETS: dict[str, Any] = {"layer": "streets"}
DEEP = '{"type":"GeometryCollection","geometries":[' * 2000 + "]}" * 2000

TEXT_TABLES: dict[str, Any] = {
    "an empty csv": Case("a.csv", "", NothingToDoError),
    "blank lines only": Case("a.csv", "\n\n , \n", SchemaError),
    "headings only": Case("a.csv", "area_id,lon,lat\n", NothingToDoError),
    "no headings": Case("a.csv", "a,118.5,24.75\n", SchemaError),
    "binary csv": Case("a.csv", bytes(range(256)) * 40, EncodingError),
    "zero bytes in a csv": Case("a.csv", "area_id,lon,lat\na\0b,118.5,24.75\n", 1),
    "a csv cut within a character": Case("a.csv", "area_id,name,lon,lat\na,晋".encode()[:-1], EncodingError),
    "a csv in GB18030": Case("a.csv", "小区编号,经度,纬度\n甲,118.5,24.75\n".encode("gb18030"), EncodingError),
    "an encoding nobody knows": Case("a.csv", HOME, ConfigError, fields={**WGS84, "encoding": "klingon"}),
    "an encoding that is no text": Case("a.csv", HOME, ConfigError, fields={**WGS84, "encoding": "zlib"}),
    "an open quote": Case("a.csv", 'area_id,lon,lat\n"a,118.5,24.75\nb,118.5,24.75\n', SchemaError),
    "a cell of a megabyte": Case("a.csv", f"area_id,name,lon,lat\na,{'x' * (1 << 20)},118.5,24.75\n", 1),
    "ten thousand columns": Case("a.csv", (",".join(f"c{n}" for n in range(10_000)) + "\n") * 2, SchemaError),
    "headings that stand twice": Case("a.csv", "area_id,lon,lat,lon\na,118.5,24.75,3\n", SchemaError),
    "rows of another width": Case("a.csv", HOME + "b,118.5\n", SchemaError),
    "ids that stand twice": Case("a.csv", HOME + "a,118.5,24.75\n", SchemaError),
    "coordinates that are no numbers": Case("a.csv", HOME + "b,east,north\n", SchemaError),
    "nan as a coordinate": Case("a.csv", HOME + "b,nan,24.75\n", SchemaError),
    "infinity as a coordinate": Case("a.csv", HOME + "b,inf,24.75\n", SchemaError),
    "a coordinate beyond floats": Case("a.csv", HOME + "b,1e999,24.75\n", SchemaError),
    "empty coordinates": Case("a.csv", HOME + "b,,\n", SchemaError),
    "degrees beyond the globe": Case("a.csv", HOME + "b,1185,24.75\n", CrsError),
    "latitude before longitude": Case("a.csv", "area_id,lon,lat\na,24.75,118.5\n", CrsError),
    "the other side of the date line": Case("a.csv", HOME + "b,-179.99,24.75\n", CrsError),
    "broken wkt": Case("a.csv", 'area_id,wkt\na,"POLYGON ((118 24"\n', SchemaError),
    "wkt of nan": Case("a.csv", 'area_id,wkt\na,"POINT (nan 24)"\n', InputError),
    "wkt in a table of zones": Case("a.csv", 'zone_id,name,level,wkt\n1,甲,镇,"POINT (1 2)"\n', 1, "zone_table"),
    "formulas in cells": Case("a.csv", 'area_id,name,lon,lat\n=1+1,"=HYPERLINK(0)",118.5,24.75\n', 1),
    "a path as an id": Case("a.csv", "area_id,lon,lat\n../../../etc/passwd,118.5,24.75\n", 1),
    "a filter that calls": Case("a.csv", HOME, ConfigError, fields={**WGS84, "where": "__import__('os').system('x')"}),
    "a deep filter": Case("a.csv", HOME, ConfigError, fields={**WGS84, "where": "(" * 500 + "1" + ")" * 500}),
    "a device": Case("a.csv", lambda path: path.symlink_to("/dev/zero"), InputError),
    "a pipe": Case("a.csv", os.mkfifo if hasattr(os, "mkfifo") else b"", InputError),
    "a folder": Case("a.csv", Path.mkdir, InputError),
    "a link out of the folder": Case("a.csv", linked, "input_linked_away"),
}
WORKBOOKS: dict[str, Any] = {
    "an empty xlsx": Case("a.xlsx", b"", InputError),
    "half an xlsx": Case("a.xlsx", half(GOOD_BOOK), InputError),
    "a csv called xlsx": Case("a.xlsx", HOME, InputError),
    "an old xls called xlsx": Case("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, InputError),
    "a zip that is no workbook": Case("a.xlsx", rezipped(lambda *_: b""), InputError),
    "a sheet that is no xml": Case("a.xlsx", in_sheet(b"<row", b"<<row"), InputError),
    "a sheet cut short": Case("a.xlsx", in_sheet(b"</sheetData>", b""), InputError),
    "an empty sheet": Case("a.xlsx", book([]), NothingToDoError),
    "a zip bomb": Case("a.xlsx", bomb(), InputError),
    "a zip bomb that lies": Case("a.xlsx", lying_bomb(), InputError),
    "a cell in the last corner": Case("a.xlsx", in_sheet(b'r="C2"', b'r="XFD1048576"'), InputError),
    "a million merged cells": Case(
        "a.xlsx",
        in_sheet(
            b"</sheetData>",
            b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:XFD1048576"/>' * 20_000 + b"</mergeCells>",
        ),
        1,
    ),
    "errors in cells": Case(
        "a.xlsx", book([["area_id", "lon", "lat", "pop60"], ["a", 118.5, 24.75, "=1/0"]]), "formula_without_result"
    ),
    "a long code as a number": Case("a.xlsx", book([["area_id", "lon", "lat"], [10**17, 118.5, 24.75]]), SchemaError),
    "a sound workbook": Case("a.xlsx", GOOD_BOOK, 1),
    "external entities in a sheet": Case(
        "a.xlsx",
        in_sheet(b"<worksheet", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet'),
        InputError,
    ),
    "a hidden cell in the last corner": Case("a.xlsx", in_sheet(b'r="C2"', b"r='&#88;FD1048576'"), InputError),
    "a sheet in another encoding": Case(
        "a.xlsx",
        rezipped(lambda name, data: data.decode().encode("utf-16") if name.endswith("sheet1.xml") else data),
        InputError,
    ),
    "a directory that points before the file": Case(
        "a.xlsx", GOOD_BOOK.replace(b"PK\1\2", b"PK\1\2", 1)[:-6] + b"\xff\xff\xff\x7f\0\0", InputError
    ),
    "a sheet in an encoding that nobody knows": Case(
        "a.xlsx", rezipped(lambda name, data: UNKNOWN + data if name.startswith("xl/worksheets") else data), InputError
    ),
    "two sheets": Case("a.xlsx", b"", ConfigError),
}
VECTORS: dict[str, Any] = {
    "an empty geojson": Case("a.geojson", "", InputError),
    "half a geojson": Case("a.geojson", half(geojson(point(118.5, 24.75)).encode()), InputError),
    "json of something else": Case("a.geojson", '{"a": [1, 2]}', InputError),
    "no features": Case("a.geojson", geojson(), NothingToDoError),
    "null and empty geometries": Case(
        "a.geojson", geojson(None, {"type": "Polygon", "coordinates": []}, point(118.5, 24.75)), "geometry_missing"
    ),
    "only null geometries": Case("a.geojson", geojson(None), NothingToDoError),
    "nan in geojson": Case("a.geojson", geojson(point(float("nan"), 24.75)), InputError),
    "infinity in geojson": Case("a.geojson", geojson(point(float("inf"), 24.75)), InputError),
    "a coordinate that is text": Case("a.geojson", geojson({"type": "Point", "coordinates": ["x", "y"]}), InputError),
    "a point with one number": Case("a.geojson", geojson({"type": "Point", "coordinates": [118.5]}), InputError),
    "a very deep geometry": Case("a.geojson", f'{{"type":"Feature","properties":{{}},"geometry":{DEEP}}}', InputError),
    "a polygon round the date line": Case(
        "a.geojson", geojson(polygon((179.9, 24), (-179.9, 24), (-179.9, 25), (179.9, 25), (179.9, 24))), CrsError
    ),
    "three dimensions": Case("a.geojson", geojson(point(118.5, 24.75, 33.0)), 1),
    "lines for homes": Case(
        "a.geojson", geojson({"type": "LineString", "coordinates": [[118, 24], [119, 25]]}), SchemaError
    ),
    "polygons for streets": Case("a.geojson", geojson(polygon(*SQUARE)), SchemaError, **STREETS),
    "points for zones": Case("a.geojson", geojson(point(118.5, 24.75), name="z", level="town"), SchemaError, "zones"),
    "many points in one": Case(
        "a.geojson", geojson({"type": "MultiPoint", "coordinates": [[118, 24], [118.1, 24]]}), SchemaError
    ),
    "a mixed collection": Case(
        "a.geojson",
        geojson({"type": "GeometryCollection", "geometries": [point(118, 24), polygon(*SQUARE)]}),
        SchemaError,
    ),
    "lists for the words of a column not asked for": Case(
        "a.geojson", geojson(point(118, 24), point(118.1, 24), level=[1, 2]), 2
    ),
    "a bow-tie": Case("a.geojson", geojson(polygon(*BOW)), SchemaError),
    "a spike": Case("a.geojson", geojson(polygon(*SQUARE[:3], (118.52, 24.71), *SQUARE[2:])), "geometry_repaired"),
    "a ring of two points": Case("a.geojson", geojson(polygon(SQUARE[0], SQUARE[1], SQUARE[0])), InputError),
    "an open ring": Case("a.geojson", geojson(polygon(*SQUARE[:4])), InputError),
    "a street of one place": Case(
        "a.geojson", geojson({"type": "LineString", "coordinates": [[118, 24], [118, 24]]}), NothingToDoError, **STREETS
    ),
    "another CRS than declared": Case("a.gpkg", vector(), CrsError, fields={"crs": "EPSG:4549"}),
    "half a geopackage": Case("a.gpkg", vector(half), InputError),
    "text called geopackage": Case("a.gpkg", HOME, InputError),
    "SQL in a layer's name": Case(
        "a.gpkg", vector(), ConfigError, fields={**WGS84, "source_layer": 'a"; DROP TABLE gpkg_contents; --'}
    ),
    "half a flatgeobuf": Case("a.fgb", vector(half), InputError),
    "a flatgeobuf of noise": Case("a.fgb", b"fgb\3fgb\0" + bytes(range(256)) * 8, InputError),
    "half a shapefile": Case("a.shp", vector(lambda data: data[:110]), InputError),
    "a shapefile without its index": Case("a.shp", without(".shx"), InputError),
    "a shapefile without attributes": Case("a.shp", without(".dbf"), SchemaError),
    "a shapefile whose CRS is no text": Case("a.shp", with_crs(b"GCS_", b"G\xc3S_"), InputError),
    "a geodatabase that is a file": Case("a.gdb", b"x", InputError),
    "an empty geodatabase": Case("a.gdb", Path.mkdir, InputError),
    "a mif whose CRS leads nowhere": Case(
        "a.mif", mif("Earth Projection , 104"), CrsError, fields={"crs": "EPSG:4549"}
    ),
    "kml cut short": Case("a.kml", "<kml><Document><Placemark><Point><coordinates>118", InputError),
    "gml, of which GDAL would leave a note beside": Case("a.gml", vector(), 2),
    "polygons for a table of zones": Case(
        "a.geojson", geojson(polygon(*SQUARE), name="甲", level="镇"), 1, "zone_table"
    ),
    "dxf cut short": Case("a.dxf", "  0\nSECTION\n  2\nENTITIES\n  0\nLINE\n 10\n1", InputError, **STREETS),
    "a description of other files": Case("a.geojson", VRT, InputError),
    "a description behind a comment": Case("a.kml", f"<!-- <kml> -->{VRT}", InputError),
    "a pipeline": Case("a.json", '{"type": "gdal_streamed_alg", "command_line": "gdal vector"}', InputError),
    "half a parquet": Case("a.parquet", parquet(half), InputError),
    "words of a parquet that are no UTF-8": Case(
        "a.parquet", parquet(lambda data: data.replace(b"a home", b"a \xff\xfe\xfd\xfc"), "a home"), InputError
    ),
    "a parquet whose CRS lacks its name": Case(
        "a.parquet", parquet(in_schema(b'{"name": "Geodetic longitude"', b'{"n]me": "Geodetic longitude"')), InputError
    ),
    "text called parquet": Case(
        "a.parquet", lambda path: (pytest.importorskip("pyarrow"), path.write_text(HOME)), InputError
    ),
    "a parquet with a broken mark": Case(
        "a.parquet", parquet(lambda data: data.replace(b"primary", b"primate")), InputError
    ),
}
MAPS: dict[str, Any] = {
    "an empty osm": Case("a.osm", "", InputError, **STREETS),
    "half an osm": Case("a.osm", half(osm(NODES + WAY).encode()), InputError, **STREETS),
    "an id that is no number in osm": Case(
        "a.osm", osm('<node id=";" lat="24" lon="118"/>' + WAY), InputError, **STREETS
    ),
    "osm without a street": Case("a.osm", osm(NODES), NothingToDoError, **STREETS),
    "a way before its nodes": Case("a.osm", osm(WAY + NODES), InputError, **STREETS),
    "a node off the globe": Case("a.osm", osm(NODES.replace("24.75", "2475") + WAY), InputError, **STREETS),
    "a billion laughs": Case("a.osm", ENTITIES, InputError, **STREETS),
    "a gzip bomb": Case("a.osm.gz", gz_bomb, InputError, **STREETS),
    "half a gzip": Case("a.osm.gz", half(gzip.compress(osm(NODES + WAY).encode())), InputError, **STREETS),
    "half a pbf": Case("a.osm.pbf", half(SAMPLE.read_bytes()), InputError, **STREETS),
    "a pbf of noise": Case("a.osm.pbf", zlib.compress(bytes(range(256)) * 9), InputError, **STREETS),
    "an empty graph": Case(
        "a.graphml", f"{GRAPH}<graph edgedefault='directed'/></graphml>", NothingToDoError, **STREETS
    ),
    "a graph in an encoding that nobody knows": Case("a.graphml", UNKNOWN + b"<graphml/>", InputError, **STREETS),
    "a graph cut short": Case("a.graphml", f"{GRAPH}<graph><node id='1'>", InputError, **STREETS),
    "a graph of no places": Case(
        "a.graphml", f"{GRAPH}<graph edgedefault='directed'><node id='1'/></graph></graphml>", InputError, **STREETS
    ),
    "homes from a graph": Case("a.graphml", f"{GRAPH}</graphml>", ConfigError),
}
CORPUS: dict[str, Any] = {**TEXT_TABLES, **WORKBOOKS, **VECTORS, **MAPS}


def two_sheets() -> bytes:
    made = openpyxl.load_workbook(io.BytesIO(GOOD_BOOK))
    made.copy_worksheet(made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def lay_out(folder: Path, case: Case) -> InputSpec:
    path = folder / case.name
    content = two_sheets() if case is WORKBOOKS["two sheets"] else case.make
    if callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return InputSpec(case.layer, path, case.name, **case.fields)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS)
def test_every_input_ends_in_an_error_a_finding_or_the_right_rows(tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    spec = lay_out(folder, case)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    if isinstance(case.ends, type):
        with pytest.raises(case.ends) as caught:
            read_layer(spec, CRS, {})
        assert case.name in caught.value.text.zh
        assert case.name in caught.value.text.en
        assert "root:" not in caught.value.text.en  # nothing of other files
        # What a study says is repeated as it stands there.
        assert case.ends is ConfigError or len(caught.value.text.en) < MOST_SAID
    else:
        table, findings, _ = read_layer(spec, CRS, {})
        shapes = table.frame["geometry"].to_numpy() if "geometry" in table.frame else []
        assert np.isfinite(shapely.get_coordinates(shapes)).all()
        assert not shapely.has_z(shapes).any()
        if isinstance(case.ends, int):
            assert len(table) == case.ends
        else:
            assert case.ends in [each.code for each in findings]
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_there_are_at_least_sixty() -> None:
    assert len(CORPUS) >= 60


THROUGH_THE_PROGRAM = (
    "a zip bomb",
    "a pipe",
    "a bow-tie",
    "half a geopackage",
    "a description of other files",
    "binary csv",
)


@pytest.mark.parametrize("name", THROUGH_THE_PROGRAM)
def test_the_program_ends_in_two_and_writes_nothing(tmp_path: Path, name: str) -> None:
    case = CORPUS[name]
    study = write_town(
        tmp_path,
        study=STUDY.replace('path = "homes.geojson"\ncrs  = "EPSG:4549"', f'path = "{case.name}"\ndatum = "WGS84"'),
    )
    lay_out(tmp_path, case)
    names = {path.name for path in tmp_path.rglob("*")}
    result = call("audit", study, "-q", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert case.name in result.stderr
    assert result.stdout == ""
    assert {path.name for path in tmp_path.rglob("*")} == names


def test_a_column_beyond_all_others_is_seen_before_its_cells_are_made(tmp_path: Path) -> None:
    """Else a sheet of one wrong letter takes gigabytes: it is refused by its extent, not by its many columns."""
    spec = lay_out(tmp_path, Case("a.xlsx", in_sheet(b'r="C2"', b'r="nullC9"'), InputError))
    with pytest.raises(InputError) as caught:
        read_layer(spec, CRS, {})
    assert "使用范围" in caught.value.text.zh


def test_a_ring_of_geoparquet_that_is_not_closed_is_one_message(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path, first = tmp_path / "a.parquet", struct.pack("<dd", *SQUARE[0])
    frame = geopandas.GeoDataFrame({"area_id": ["a"]}, geometry=[shapely.Polygon(SQUARE)], crs="EPSG:4326")
    frame.to_parquet(path, compression=None)
    content = path.read_bytes()
    ring_end = content.index(first, content.index(first) + 1)
    path.write_bytes(content[:ring_end] + struct.pack("<dd", 118.9, 24.9) + content[ring_end + 16 :])
    with pytest.raises(InputError) as caught:
        read_layer(InputSpec("residential", path, "a.parquet", **WGS84), CRS, {})
    assert "a.parquet" in caught.value.text.zh


@pytest.mark.parametrize("record", ["../../../x", "/etc/passwd", "..", "H-1\n"])
def test_names_of_records_make_no_paths(tmp_path: Path, record: str) -> None:
    study = write_town(tmp_path / "town", homes={"H-1": {"at": (100, 0)}, record: {"at": (0, 0)}})
    result = call("explain", study, record, "-q", "--out", tmp_path / "out")
    assert result.exit_code in (0, 2)
    outside = [path for path in tree(tmp_path) if not path.startswith(("town/", "out/"))]
    assert outside == []


@pytest.mark.long
def test_a_million_points_on_one_spot_are_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    with path.open("w") as opened:
        opened.write("area_id,lon,lat\n")
        opened.writelines(f"{number},118.5,24.75\n" for number in range(1_000_000))
    table, _, _ = read_layer(InputSpec("residential", path, path.name, datum="WGS84"), CRS, {})
    assert len(table) == 1_000_000
    assert len(np.unique(shapely.get_coordinates(table.frame.geometry), axis=0)) == 1


@pytest.mark.long
def test_a_million_vertices_on_one_spot_are_no_street(tmp_path: Path) -> None:
    path = tmp_path / "streets.gpkg"
    line = LineString(np.tile([[118.5, 24.75]], (1_000_000, 1)))
    geopandas.GeoDataFrame({"street_id": ["a"]}, geometry=[line], crs="EPSG:4326").to_file(path)
    with pytest.raises(NothingToDoError):
        read_layer(InputSpec("streets", path, path.name, datum="WGS84"), CRS, {})


def test_a_polygon_with_a_hole_outside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "homes.gpkg"
    shape = Polygon(SQUARE, [[(x + 1, y) for x, y in SQUARE]])
    geopandas.GeoDataFrame({"area_id": ["a"]}, geometry=[shape], crs="EPSG:4326").to_file(path)
    with pytest.raises(SchemaError):
        read_layer(InputSpec("residential", path, path.name, datum="WGS84"), CRS, {})
