"""The front door: every layer and format to its table, and each bad input to one clear message."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box

from circle15.core.errors import ConfigError, CrsError, InputError, NothingToDoError, SchemaError
from circle15.core.rule import FacilityType
from circle15.core.tables import LAYERS, Candidates, Facilities, Residential, Streets, Zones
from circle15.core.text import Text
from circle15.read.layers import READERS, file_sha256, read_layer
from circle15.read.project import place
from circle15.read.spec import InputSpec, RawLayer
from circle15.read.vector import EXTENSIONS
from circle15.read.zones import membership

CRS = pyproj.CRS("EPSG:4549")
TYPES = {key: FacilityType(key, Text(key, key)) for key in ("day_care", "canteen", "health_center")}
ORIGIN = (400_000.0, 2_700_000.0)


def at(*xy: float) -> tuple[float, float]:
    return ORIGIN[0] + xy[0], ORIGIN[1] + xy[1]


def gpkg(path: Path, geometries: list[Any], **columns: Any) -> Path:
    geopandas.GeoDataFrame(columns, geometry=geometries, crs="EPSG:4549").to_file(path)
    return path


def read(layer: str, path: Path, **fields: Any) -> Any:
    declared = {} if "datum" in fields else {"crs": "EPSG:4549"}
    return read_layer(InputSpec(**{"layer": layer, "path": path, "shown": path.name, **declared, **fields}), CRS, TYPES)


def csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_streets_join_where_their_vertices_coincide(tmp_path) -> None:
    paths = [
        MultiLineString([[at(0, 0), at(100, 0)], [at(100, 0.0004), at(200, 0)]]),
        LineString([at(300, 0), at(300.0001, 0)]),
        LineString([at(100, 0), at(100, 0), at(100, 50)]),
        LineString([at(150, -50), at(150, 50)]),
    ]
    table, findings, source = read("streets", gpkg(tmp_path / "streets.gpkg", paths))
    assert isinstance(table, Streets)
    assert list(table.frame["street_id"]) == ["1", "1", "3", "4"]
    joints = table.vertex_node.tolist()
    assert joints[1] == joints[2] == joints[4]
    assert len(set(joints)) == 6
    assert [(each.code, each.count) for each in findings] == [("street_too_short", 1)]
    assert (source.rows, source.datum, source.path) == (4, "EPSG:4549", "streets.gpkg")


def test_residential_points_and_polygons(tmp_path) -> None:
    path = gpkg(
        tmp_path / "homes.gpkg",
        [Point(at(0, 0)), box(*at(10, 10), *at(30, 30)), None],
        area_id=[1.0, 2.0, 3.0],
        households=[5, 6, 7],
        other=["x", "y", "z"],
    )
    table, findings, _ = read("residential", path)
    assert isinstance(table, Residential)
    assert list(table.frame.columns) == ["area_id", "households", "geometry"]
    assert list(table.frame["area_id"]) == ["1", "2"]
    assert table.frame.crs == CRS
    assert [each.code for each in findings] == ["code_from_number", "geometry_missing"]


def test_gcj02_is_converted_and_said_to_be_approximate(tmp_path) -> None:
    path = csv(tmp_path / "homes.csv", "area_id,lon,lat\na,118.57,24.8\n")
    table, findings, source = read("residential", path, datum="GCJ02")
    as_wgs84, silent, _ = read("residential", path, datum="WGS84")
    assert 300 < table.frame.distance(as_wgs84.frame).iloc[0] < 700
    assert [(each.code, each.severity) for each in findings] == [("datum_approximate", "info")]
    assert silent == []
    assert source.datum == "GCJ02"
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_facilities_of_unknown_types_are_left_out_and_reported(tmp_path) -> None:
    rows = [
        "facility_id,type,status,lon,lat",
        "1,日间照料中心,在用,118.5,24.8",
        "2,cantene,规划,118.5,24.8",
        "3,shop,,118.5,24.8",
    ]
    path = csv(tmp_path / "care.csv", "\n".join(rows))
    table, findings, _ = read("facilities", path, datum="WGS84", types={"日间照料中心": "day_care"})
    assert isinstance(table, Facilities)
    assert table.frame[["facility_id", "type", "status"]].to_numpy().tolist() == [["1", "day_care", "operating"]]
    (finding,) = findings
    assert (finding.code, finding.severity, finding.count, finding.ids) == ("unknown_type", "warning", 2, ("2", "3"))
    assert "cantene × 1 (nearest: canteen)" in finding.message.en


def test_candidates_and_zones(tmp_path) -> None:
    hosts = gpkg(tmp_path / "hosts.gpkg", [box(*at(0, 0), *at(9, 9))], candidate_id=["C-1"], host=["school"], cost=[5])
    table, findings, _ = read("candidates", hosts)
    assert isinstance(table, Candidates)
    assert [each.code for each in findings] == ["polygon_as_point"]
    areas = gpkg(tmp_path / "zones.gpkg", [box(*at(0, 0), *at(9, 9))], 代码=[350582], name=["某镇"], level=["镇(街道)"])
    zones, _, _ = read("zones", areas, columns={"zone_id": "代码"})
    assert isinstance(zones, Zones)
    assert zones.frame[["zone_id", "level"]].to_numpy().tolist() == [["350582", "town"]]


def test_every_number_of_a_geometry_is_on_the_grid(tmp_path) -> None:
    ring = [at(x + 1 / 3, y + 1 / 7) for x, y in [(0, 0), (10, 1), (9, 11)]]
    table, _, _ = read("residential", gpkg(tmp_path / "homes.gpkg", [Polygon(ring)], area_id=["a"]))
    mm = shapely.get_coordinates(table.frame.geometry.to_numpy()) * 1000
    assert np.abs(mm - mm.round()).max() < 1e-5


OSM = """<osm version="0.6"><bounds minlat="24.79" minlon="118.56" maxlat="24.81" maxlon="118.58"/>
<node id="1" lat="24.80" lon="118.570" version="1"/><node id="2" lat="24.80" lon="118.571" version="1"/>
<node id="3" lat="24.801" lon="118.571" version="1"/><node id="4" lat="24.801" lon="118.570" version="1"/>
<way id="5" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="6" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way>
<way id="7" version="1"><nd ref="3"/><nd ref="4"/><tag k="highway" v="motorway"/></way>
<way id="8" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="building" v="apartments"/></way></osm>"""


def test_osm_streets_keep_their_joints_through_the_filter(tmp_path) -> None:
    path = csv(tmp_path / "town.osm", OSM)
    table, _, source = read("streets", path, datum="WGS84")
    assert table.vertex_node.tolist() == [1, 2, 2, 3]
    assert source.attribution
    footways, _, _ = read("streets", path, datum="WGS84", where="highway == 'footway'")
    assert footways.vertex_node.tolist() == [2, 3]


def test_osm_homes_know_how_far_the_edge_of_the_extract_is(tmp_path) -> None:
    table, _, _ = read("residential", csv(tmp_path / "town.osm", OSM), datum="WGS84")
    # The nearest side is the eastern one, 0.0095 degrees away on a parallel where a degree is 101.11 km.
    assert table.frame["edge_m"].iloc[0] == pytest.approx(0.0095 * 101_110, rel=1e-3)


WGS84 = {"datum": "WGS84"}
BAD: list[tuple[str, str, str, dict[str, Any], type[Exception], list[str]]] = [
    (
        "residential",
        "homes.csv",
        "area_id,lon,lat\n",
        WGS84,
        NothingToDoError,
        ["没有可用的行", "读入 0 行", "文件中没有可用的要素"],
    ),
    (
        "residential",
        "homes.csv",
        "area_id,lon,lat,status\na,118,24,x\nb,118,24,x\n",
        {**WGS84, "where": "status == 'y'"},
        NothingToDoError,
        ["读入 2 行", "不符合 where 条件 2"],
    ),
    ("residential", "homes.csv", "id,lon,lat\n1,118,24\n", WGS84, SchemaError, ["area_id"]),
    ("residential", "homes.csv", "area_id,lon,lat\n1,118,24\n1,118,24\n", WGS84, SchemaError, ["编号重复", "1"]),
    ("facilities", "care.csv", "facility_id,lon,lat\n1,118,24\n", WGS84, SchemaError, ["type"]),
    ("facilities", "care.csv", "facility_id,type,lon,lat\n7,,118,24\n", WGS84, SchemaError, ["type", "为空", "7"]),
    (
        "facilities",
        "care.csv",
        "facility_id,type,lon,lat\n1,daycare,118,24\n2,shop,118,24\n3,shop,118,24\n",
        WGS84,
        NothingToDoError,
        ["3 个设施", "daycare × 1（最接近：day_care）", "shop × 2", "canteen"],
    ),
    (
        "facilities",
        "care.csv",
        "facility_id,type,lon,lat,status\n1,canteen,118,24,half\n",
        WGS84,
        SchemaError,
        ["status"],
    ),
    ("residential", "homes.docx", "", WGS84, ConfigError, ["不支持这种文件格式", ".gpkg"]),
    ("trams", "trams.csv", "", WGS84, ConfigError, ["暂不支持输入 trams"]),
    ("zone_table", "town.osm", OSM, WGS84, ConfigError, ["zone_table 不能从 OSM"]),
    ("streets", "town.osm", OSM, {"datum": "GCJ02"}, CrsError, ["GCJ02", "WGS84"]),
    ("streets", "town.osm", "<osm", WGS84, InputError, ["town.osm"]),
    ("residential", "homes.csv", "area_id,lon,lat\na,118,24\n", {**WGS84, "where": "b = 1"}, ConfigError, ["where"]),
]


@pytest.mark.parametrize(("layer", "name", "text", "fields", "kind", "said"), BAD)
def test_bad_inputs_are_one_clear_message(tmp_path, layer, name, text, fields, kind, said) -> None:
    with pytest.raises(kind) as caught:
        read(layer, csv(tmp_path / name, text), **fields)
    assert isinstance(caught.value, InputError)
    assert name in caught.value.text.zh
    assert name in caught.value.text.en
    for fragment in said:
        assert fragment in caught.value.text.zh


def test_a_street_layer_without_lines_names_what_it_holds(tmp_path) -> None:
    path = gpkg(tmp_path / "streets.gpkg", [box(*at(0, 0), *at(9, 9))])
    with pytest.raises(SchemaError, match="Polygon × 1"):
        read("streets", path)


def test_a_missing_or_forbidden_file_is_an_input_error(tmp_path) -> None:
    for name in ("homes.csv", "homes.gpkg", "town.osm"):
        with pytest.raises(InputError, match=name):
            read("residential", tmp_path / name, datum="WGS84")
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(InputError, match=r"folder\.csv"):
        read("residential", folder, datum="WGS84")


def test_the_hash_of_a_shapefile_is_that_of_its_parts_by_name(tmp_path) -> None:
    path = tmp_path / "homes.shp"
    geopandas.GeoDataFrame({"area_id": ["a"]}, geometry=[Point(at(0, 0))], crs="EPSG:4549").to_file(path)
    parts = b"".join(path.with_suffix(suffix).read_bytes() for suffix in (".dbf", ".prj", ".shp", ".shx"))
    assert file_sha256(path) == hashlib.sha256(parts).hexdigest()
    assert read("residential", path)[2].sha256 == file_sha256(path)


def test_row_order_changes_nothing_but_order(tmp_path) -> None:
    features = [
        {"type": "Feature", "properties": {"street_id": name}, "geometry": {"type": "LineString", "coordinates": path}}
        for name, path in [("a", [at(0, 0), at(9, 0)]), ("b", [at(9, 0), at(9, 9)]), ("c", [at(0, 0), at(9, 9)])]
    ]
    joints = []
    for order in (features, features[::-1]):
        path = csv(tmp_path / "streets.geojson", json.dumps({"type": "FeatureCollection", "features": order}))
        table, _, _ = read("streets", path)
        pairs = table.vertex_node.reshape(-1, 2).tolist()
        joints.append(dict(zip(table.frame["street_id"], pairs, strict=True)))
    assert joints[0] == joints[1]


def test_the_registries_name_what_they_can_read() -> None:
    assert set(EXTENSIONS) < set(READERS)
    assert set(LAYERS) == {
        "streets",
        "residential",
        "facilities",
        "candidates",
        "constraints",
        "entrances",
        "barriers",
        "parcels",
        "zones",
        "zone_table",
    }


def test_porto_alegre_people_and_health_care(shared) -> None:
    path = shared / "porto-alegre" / "poa_hexgrid.csv"
    crs = pyproj.CRS("EPSG:32722")
    homes = InputSpec("residential", path, path.name, datum="WGS84", columns={"area_id": "id"})
    table, findings, source = read_layer(homes, crs, TYPES)
    assert (len(table), source.rows, findings) == (1227, 1227, [])
    assert table.frame["population"].sum() == 812_935
    care = InputSpec(
        "facilities",
        path,
        path.name,
        datum="WGS84",
        columns={"facility_id": "id"},
        where="healthcare > 0",
        type="health_center",
    )
    table, _, _ = read_layer(care, crs, TYPES)
    served = [line for line in path.read_text().splitlines()[1:] if line.rsplit(",", 1)[1] not in ("", "0")]
    assert len(table) == len(served) == 117
    assert set(table.frame["type"]) == {"health_center"}


def test_real_counties_hold_the_towns_they_should(shared) -> None:
    path = shared / "county_boundaries_gcj02.geojson"
    spec = InputSpec(
        "zones",
        path,
        path.name,
        datum="GCJ02",
        columns={"zone_id": "adcode", "name": "district"},
        where="district != None and city == '泉州市'",
    )
    counties, _, _ = read_layer(spec, CRS, TYPES)
    assert isinstance(counties, Zones)
    assert set(counties.frame["level"]) == {"county"}
    # The seats of Jinjiang and Shishi, WGS 84.
    seats = {"jinjiang": Point(118.552, 24.782), "shishi": Point(118.648, 24.732)}
    homes = pd.DataFrame({"area_id": list(seats)})
    points = place(RawLayer(geopandas.GeoDataFrame(homes, geometry=list(seats.values())), "WGS84", None), CRS)
    table, _ = membership(homes, points.geometry.to_numpy(), counties)
    assert dict(zip(table.frame["area_id"], table.frame["zone_id"], strict=True)) == {
        "jinjiang": "350582",
        "shishi": "350581",
    }
