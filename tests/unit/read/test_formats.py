"""The same places through every format, which layer is read, and what is said of files nobody reads."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from shapely import LineString, Point

from circle15.core.errors import ConfigError, CrsError, EncodingError, InputError
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec

CRS = pyproj.CRS("EPSG:4549")
PLACES = [Point(118.5, 24.75), Point(118.52, 24.76)]
HOMES = geopandas.GeoDataFrame(
    {"编号": ["甲1", "乙2"], "户数": np.array([120, 80], dtype=np.int32)}, geometry=PLACES, crs="EPSG:4490"
)
KEYS = {"x": "node", "y": "node", "crs": "graph", "highway": "edge", "name": "edge", "geometry": "edge", "foot": "edge"}
GRAPHML = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    + "".join(f'<key id="{key[0]}" for="{of}" attr.name="{key}" attr.type="string"/>' for key, of in KEYS.items())
    + '<graph edgedefault="directed"><data key="c">{crs}</data>{body}</graph></graphml>'
)


def write(folder: Path, suffix: str, frame: Any = HOMES) -> Path:
    path = folder / f"homes{suffix}"
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    elif suffix == ".plain.parquet":
        pytest.importorskip("pyarrow")
        columns = frame.assign(lon=frame.geometry.x, lat=frame.geometry.y)
        columns.drop(columns="geometry").to_parquet(path)
    elif suffix == ".csv":
        frame.assign(lon=frame.geometry.x, lat=frame.geometry.y).drop(columns="geometry").to_csv(path, index=False)
    else:
        driver = {".gdb": "OpenFileGDB", ".kml": "LIBKML", ".fgb": "FlatGeobuf", ".gpkg": "GPKG"}.get(suffix)
        projected = frame.to_crs("EPSG:4326") if suffix in (".kml", ".geojson") else frame
        projected.to_file(path, driver=driver, **({"encoding": "utf-8"} if suffix == ".shp" else {}))
    return path


def read(path: Path, layer: str = "residential", **fields: Any) -> Any:
    place: dict[str, Any] = {} if {"crs", "datum"} & set(fields) else {"datum": "CGCS2000"}
    return read_layer(InputSpec(layer, path, path.name, **place, **fields), CRS, {})


@pytest.mark.parametrize(
    "suffix",
    [".geojson", ".gpkg", ".shp", ".gdb", ".fgb", ".kml", ".gml", ".parquet", ".plain.parquet", ".csv"],
)
def test_one_town_reads_the_same_from_every_format(tmp_path, suffix) -> None:
    table, findings, source = read(write(tmp_path, suffix))
    frame = table.frame.sort_values("households", ascending=False)  # FlatGeobuf stores rows by place
    assert frame["area_id"].tolist() == ["甲1", "乙2"]
    assert frame["households"].tolist() == [120.0, 80.0]
    expected = pyproj.Transformer.from_crs("EPSG:4490", CRS, always_xy=True).transform([118.5, 118.52], [24.75, 24.76])
    assert np.abs(shapely.get_coordinates(frame.geometry) - np.column_stack(expected)).max() <= 0.0006
    assert [each.code for each in findings if each.severity != "info"] == []
    assert "headings_matched" in [each.code for each in findings]
    assert len(source.sha256) == 64


def test_a_layer_is_chosen_by_name(tmp_path) -> None:
    path = tmp_path / "all.gpkg"
    HOMES.to_file(path, layer="小区2023")
    HOMES[:1].to_file(path, layer="小区2024")
    assert len(read(path, source_layer="小区2024")[0]) == 1
    for layer in (None, "小区", "x'; DROP TABLE gpkg_contents; --"):
        with pytest.raises(ConfigError, match="2 个图层（小区2023, 小区2024）"):
            read(path, source_layer=layer)
    assert pyogrio.list_layers(path).shape == (2, 2)
    HOMES[:1].to_file(path, layer="residential")
    assert len(read(path)[0]) == 1


def test_a_layer_of_a_file_without_layers_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match="layer 不适用"):
        read(write(tmp_path, ".csv"), source_layer="x")


def test_a_table_of_a_geopackage_may_be_a_zone_table(tmp_path) -> None:
    path = tmp_path / "units.gpkg"
    units = geopandas.GeoDataFrame({"zone_id": ["350"], "name": ["虚构县"], "level": ["县"]}, geometry=[None])
    pyogrio.write_dataframe(units.drop(columns="geometry"), path, layer="units")
    table, _, _ = read_layer(InputSpec("zone_table", path, path.name), None, {})
    assert table.frame["level"].tolist() == ["county"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("line.dwg", "存为 DXF"),
        ("homes.xls", "另存为 .xlsx"),
        ("homes.et", "另存为 .xlsx"),
        ("homes.zip", "解压"),
        ("homes.mdb", "文件地理数据库"),
        ("homes.kmz", ".kml"),
        ("homes.docx", "可读取的扩展名"),
    ],
)
def test_what_to_do_with_files_that_are_not_read(tmp_path, name, hint) -> None:
    path = tmp_path / name
    path.write_bytes(b"AC1032")
    with pytest.raises(ConfigError, match=hint):
        read(path)


# ---- CAD drawings ----------------------------------------------------------------------------------------------------


def drawing(path: Path, shapes: list[Any], layers: list[str], unit: int = 6, codepage: str = "utf-8") -> Path:
    geopandas.GeoDataFrame({"Layer": ["0"] * len(shapes)}, geometry=shapes, crs="EPSG:4549").to_file(path, driver="DXF")
    text = re.sub(r"(\$INSUNITS\s+70\s+)\d+", rf"\g<1>{unit}", path.read_text(encoding="utf-8"))
    head = "AcDbEntity\n  8\n0\n100\nAcDbPolyline"
    first, *parts = text.split(head)
    named = [head.replace("\n0\n", f"\n{layer}\n") + part for layer, part in zip(layers, parts, strict=True)]
    path.write_bytes((first + "".join(named)).encode(codepage))
    return path


LINE = LineString([(500_000, 2_740_000), (500_100, 2_740_000)])
RING = LineString([(500_000, 2_740_000), (500_100, 2_740_000), (500_100, 2_740_100), (500_000, 2_740_000)])


def test_layers_of_a_drawing_are_picked_by_where(tmp_path) -> None:
    path = drawing(tmp_path / "town.dxf", [LINE, RING], ["道路中线", "围墙"])
    fields = {"crs": "EPSG:4549", "encoding": "utf-8", "where": "Layer == '道路中线'"}
    table, _, _ = read(path, "streets", **fields)
    assert table.frame.length.tolist() == [100.0]


@pytest.mark.parametrize(
    "columns", [{"layer": "主干道"}, {"layer": 1, "bridge": "T", "tunnel": "F"}, {"bridge": "viaduct", "layer": 0.5}]
)
def test_streets_say_their_levels_in_any_words(tmp_path, columns) -> None:
    """Merged layers bear the name of their source, Geofabrik writes T and F: no reason to refuse a file."""
    frame = geopandas.GeoDataFrame([columns], geometry=[LINE], crs="EPSG:4549")
    frame.to_file(tmp_path / "streets.gpkg")
    table, _, _ = read(tmp_path / "streets.gpkg", "streets", crs="EPSG:4549")
    assert table.frame.iloc[0][list(columns)].tolist() == [str(each) for each in columns.values()]


def test_text_of_a_drawing_in_another_encoding_than_it_says_is_refused(tmp_path) -> None:
    path = drawing(tmp_path / "town.dxf", [LINE, RING], ["道路中线", "围墙"])
    with pytest.raises(EncodingError, match='encoding = "utf-8"'):
        read(path, "streets", crs="EPSG:4549")
    path = drawing(tmp_path / "gbk.dxf", [LINE, RING], ["道路中线", "围墙"], codepage="gb18030")
    with pytest.raises(EncodingError, match="GB18030"):
        read(path, "streets", crs="EPSG:4549")
    assert len(read(path, "streets", crs="EPSG:4549", encoding="GB18030", where="Layer == '围墙'")[0]) == 1


def test_closed_lines_of_a_drawing_are_areas_but_for_streets(tmp_path) -> None:
    path = drawing(tmp_path / "town.dxf", [RING, RING], ["a", "b"])
    columns = {"area_id": "Layer"}
    table, findings, _ = read(path, crs="EPSG:4549", columns=columns)
    assert table.frame.area.tolist() == [5000.0, 5000.0]
    assert next(each for each in findings if each.code == "closed_lines_as_polygons").count == 2
    assert len(read(path, "streets", crs="EPSG:4549")[0]) == 2


def test_a_drawing_in_millimetres_is_refused(tmp_path) -> None:
    grown = shapely.transform(LINE, lambda xy: xy * 1000)
    with pytest.raises(CrsError, match="毫米"):
        read(drawing(tmp_path / "town.dxf", [grown], ["0"], unit=4), "streets", crs="EPSG:4549")
    # A drawing whose unit is set wrong but whose numbers are metres is taken as it is.
    assert len(read(drawing(tmp_path / "metres.dxf", [LINE], ["0"], unit=4), "streets", crs="EPSG:4549")[0]) == 1


# ---- Shapefiles ------------------------------------------------------------------------------------------------------


def shapefile(folder: Path, written: str, cpg: str | None) -> Path:
    path = folder / "homes.shp"
    frame = geopandas.GeoDataFrame(
        {"area_id": ["a", "b"], "name": ["晋江花园小区", "安海人家"]}, geometry=PLACES, crs="EPSG:4490"
    )
    frame.to_file(path, encoding=written)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    dbf = path.with_suffix(".dbf")
    content = bytearray(dbf.read_bytes())
    content[29] = 0  # the code page mark of the header says nothing
    dbf.write_bytes(content)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    return path


@pytest.mark.parametrize(
    ("written", "cpg", "declared", "assumed"),
    [
        ("utf-8", "UTF-8", None, False),
        ("utf-8", None, None, True),
        ("utf-8", None, "utf-8", False),
        ("gb18030", "GB18030", None, False),
        ("gb18030", None, "GB18030", False),
        ("gb18030", "UTF-8", "GB18030", False),
    ],
)
def test_text_of_shapefiles(tmp_path, written, cpg, declared, assumed) -> None:
    table, findings, _ = read(shapefile(tmp_path, written, cpg), encoding=declared)
    assert table.frame["name"].tolist() == ["晋江花园小区", "安海人家"]
    assert ("encoding_assumed" in [each.code for each in findings]) == assumed


@pytest.mark.parametrize(
    ("written", "cpg", "declared"),
    [("gb18030", None, None), ("gb18030", "UTF-8", None), ("gb18030", "ISO-8859-1", None), ("utf-8", None, "GB18030")],
)
def test_garbled_shapefiles_are_refused(tmp_path, written, cpg, declared) -> None:
    with pytest.raises(EncodingError):
        read(shapefile(tmp_path, written, cpg), encoding=declared)


# ---- OSMnx graphs ----------------------------------------------------------------------------------------------------


def graph(folder: Path, body: str, crs: str = "epsg:4326") -> Path:
    path = folder / "town.graphml"
    path.write_text(GRAPHML.format(crs=crs, body=body), encoding="utf-8")
    return path


def node(name: str, x: float, y: float) -> str:
    return f'<node id="{name}"><data key="x">{x}</data><data key="y">{y}</data></node>'


def edge(source: str, target: str, key: int = 0, **data: str) -> str:
    cells = "".join(f'<data key="{name}">{value}</data>' for name, value in data.items())
    return f'<edge source="{source}" target="{target}" id="{key}">{cells}</edge>'


NODES = node("1", 118.5, 24.75) + node("2", 118.501, 24.75) + node("3", 118.501, 24.751)


def test_edges_both_ways_are_one_street_and_meet_at_nodes_alone(tmp_path) -> None:
    bend = "LINESTRING (118.501 24.75, 118.502 24.7505, 118.501 24.751)"
    path = graph(
        tmp_path,
        NODES
        + edge("1", "2", h="residential", n="一街")
        + edge("2", "1", h="residential", n="一街")
        + edge("2", "3", h="['footway', 'steps']", g=bend)
        + edge("1", "3", h="motorway")
        + edge("1", "3", 1, h="residential", f="no"),
    )
    table, findings, source = read(path, "streets", datum="WGS84")
    assert table.frame["street_id"].tolist() == ["1-2-0", "2-3-0"]
    assert table.frame["highway"].tolist() == ["residential", "footway"]
    first, second = table.vertex_node[:2], table.vertex_node[2:]
    assert len(second) == 3
    assert set(first) & set(second) == {first[1]} == {second[0]}
    assert source.attribution.startswith("© OpenStreetMap")
    assert findings == []


@pytest.mark.parametrize(
    ("body", "crs", "kind"),
    [
        (NODES + edge("1", "2", h="residential"), "epsg:32650", CrsError),
        (NODES + edge("1", "2", h="residential"), "nonsense", CrsError),
        ('<node id="1"/>' + edge("1", "1", h="residential"), "epsg:4326", InputError),
        (NODES + "<edge", "epsg:4326", InputError),
    ],
)
def test_graphs_that_are_no_streets_in_degrees_are_refused(tmp_path, body, crs, kind) -> None:
    with pytest.raises(kind):
        read(graph(tmp_path, body, crs), "streets", datum="WGS84")


def test_nodes_without_a_place_are_counted_and_named_in_both_languages(tmp_path) -> None:
    body = '<node id="a"/><node id="b"/>' + NODES + edge("1", "2", h="residential")
    with pytest.raises(InputError) as refused:
        read(graph(tmp_path, body), "streets", datum="WGS84")
    assert "（2 个节点没有 x、y：a, b）" in refused.value.text.zh
    assert "(2 nodes without x, y: a, b)" in refused.value.text.en


def test_the_streets_of_futian(shared) -> None:
    import osmnx

    path = shared / "shenzhen-futian" / "futian.graphml"
    table, findings, source = read_layer(InputSpec("streets", path, path.name), pyproj.CRS("EPSG:4547"), {})
    # Independently: what OSMnx itself makes of the graph without directions, closed edges left out.
    graph = osmnx.load_graphml(path)
    closed = [
        (*ends, key)
        for *ends, key, data in graph.edges(keys=True, data=True)
        if data.get("access") in ("no", "private") or "motorway" in str(data["highway"])
    ]
    graph.remove_edges_from(closed)
    pieces = osmnx.convert.to_undirected(graph).edges(data=True)
    assert abs(len(table) - len(pieces)) <= 2  # it keeps two ways of one course apart
    assert table.frame.length.sum() == pytest.approx(sum(each[2]["length"] for each in pieces), rel=0.002)
    assert findings == []
    assert source.data_date == "2023-05-25"


def test_more_rows_than_are_read_are_not_called_damage(tmp_path, monkeypatch) -> None:
    path = write(tmp_path, ".parquet")
    monkeypatch.setattr("circle15.read.parquet._MOST_ROWS", 1)
    with pytest.raises(InputError, match=r"有 2 行，超过 1 行，不予读取"):
        read(path)


def test_parquet_without_its_extra_says_so(tmp_path, monkeypatch) -> None:
    path = tmp_path / "homes.parquet"
    path.write_bytes(b"PAR1")
    if importlib.util.find_spec("pyarrow"):
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"circle15\[parquet\]"):
        read(path)
