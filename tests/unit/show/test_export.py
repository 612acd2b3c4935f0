"""Files for the bureau: read back by GDAL and geopandas with the same ids, the same values, and within a millimetre."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from circle15.core.formats import FORMATS, PROFILES
from circle15.pipeline import whole
from circle15.read.datum import wgs84_from_gcj02
from circle15.read.mapping import sample_mapping
from circle15.show.layers import layer_frames, layers_of
from circle15.study import load_study
from tests.rfc7946 import problems
from tests.towns import CANDIDATES, CRS, ORIGIN, SITE, STUDY, ZONES, boxes, call, features, moved, tree, write_town

SAMPLE = sample_mapping().decode()
MAPPED = STUDY.replace("homes.geojson", "plots.geojson") + CANDIDATES + ZONES + SITE
SHOW = '\n[show]\nmapping = "mapping.toml"\n'
RESULTS = Path("data/processed/invented")

# Two plots, one of two parts; a village without a plot, known by a point; names of every kind.
PLOTS = [
    ("H-1", "一号院", 40, [(60, -20, 140, 20)]),
    ("H-2", "=1+1 <b>二号院</b>", 60, [(1460, -20, 1540, 20), (1560, -20, 1600, 20)]),
    ("H-3", None, None, None),
]
COMMUNITIES = {
    "350582001001": {"box": (-1000, -500, 700, 500), "name": "东社区", "level": "community"},
    "350582001002": {"box": (700, -500, 2000, 500), "name": "西社区", "level": "community"},
}
CARE = {
    "facilities.csv": "facility_id,type,name,beds,opened,counted_by,x,y,community_code\n"
    f"F-1,day_care,颐康中心,12,2020-03-01,,{ORIGIN[0]},{ORIGIN[1]},\n"
    "F-2,day_care,未定位中心,,,,,,350582001001\n"
}
CSV_CARE = ('path = "facilities.geojson"\ncrs  = "EPSG:4549"', 'path = "facilities.csv"\ncrs = "EPSG:4549"')


def plots() -> str:
    rows = []
    for area_id, name, households, parts in PLOTS:
        rings = [[moved(at) for at in _ring(box)] for box in parts or []]
        shape = (
            {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
            if rings
            else {"type": "Point", "coordinates": moved((800, 3))}
        )
        rows.append(
            {"area_id": area_id, "name": name, "households": households, "pop60": households, "geometry": shape}
        )
    return features(rows)


def _ring(box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    west, south, east, north = box
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def write(folder: Path, study: str = MAPPED + SHOW, mapping: str = SAMPLE, **files: str) -> Path:
    """The town of these tests, its mapping file beside it."""
    path = write_town(folder, study=study.replace(*CSV_CARE))
    texts = {
        "plots.geojson": plots(),
        "zones.geojson": boxes("zone_id", COMMUNITIES),
        "mapping.toml": mapping,
        **CARE,
        **files,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return path


def exported(folder: Path, *options: str, **parts: Any) -> dict[str, bytes]:
    """The files of ``circle15 export`` under the results of the town."""
    done = call("export", write(folder, **parts), "-q", *options)
    assert done.exit_code == 0, done.stderr
    return tree(folder / RESULTS)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every format under every profile of the town, by one run."""
    folder = tmp_path_factory.mktemp("everything")
    names = [f"{form}:{profile}" for form in FORMATS for profile in PROFILES]
    outputs = f"outputs = {json.dumps(['tables', *names])}\n"
    # The town fails its rule, which is the run's answer, not an error.
    assert call("run", write(folder, study=MAPPED + SHOW + outputs), "-q").exit_code == 1
    return folder / RESULTS


SUFFIX = {"gcj02": "_GCJ02"}


def layer(results: Path, form: str, profile: str, name: str) -> Any:
    """A layer read back by geopandas."""
    folder, name = results / "export" / profile, name + SUFFIX.get(profile, "")
    if form == "geojson":
        return gpd.read_file(folder / f"{name}.geojson")
    if form == "shp":
        return gpd.read_file(folder / "shp" / f"{name}.shp")
    return gpd.read_file(folder / f"invented{SUFFIX.get(profile, '')}.{form}", layer=name)


EVERY = [(form, profile) for form in FORMATS for profile in PROFILES]


# ---- read back -----------------------------------------------------------------------------------------------


def to_study(shapes: Any, profile: str) -> list[Any]:
    """Geometry of a file back in the study CRS, not by the program's own way."""
    source = {"rfc7946": 4326, "cgcs2000": 4490, "cgcs2000-gk": 4528, "gcj02": 4326}[profile]
    back = pyproj.Transformer.from_crs(4490 if source == 4326 else source, CRS, always_xy=True)

    def turn(xy: Any) -> Any:
        x, y = wgs84_from_gcj02(xy[:, 0], xy[:, 1]) if profile == "gcj02" else (xy[:, 0], xy[:, 1])
        return np.column_stack(back.transform(x, y))

    return [None if shape is None else shapely.transform(shape, turn) for shape in shapes]


@pytest.mark.parametrize(("form", "profile"), EVERY)
def test_homes_come_back_with_their_ids_values_and_places(everything, form, profile):
    found = layer(everything, form, profile, "JZXQ").set_index("XQBH")
    assert list(found.index) == ["H-1", "H-2"]
    assert list(found["BSM"]) == ["000101010000000001", "000101010000000002"]
    assert list(found["XQMC"]) == ["一号院", "=1+1 <b>二号院</b>"]
    assert list(found["HS"]) == [40, 60]
    assert found["CZRK"].isna().all(), "what the data lacks is null, never zero"
    rows = {
        row["area_id"]: row for row in read_csv((everything / "access.csv").read_bytes()) if row["rule_id"] == "JJ-01"
    }
    for area_id, row in found.iterrows():
        assert row["LJ1"] == float(rows[area_id]["distance_m"])
        assert row["ZJ1"] == float(rows[area_id]["straight_m"])
    back = to_study(found.geometry, profile)
    for shape, (_, _, _, parts) in zip(back, PLOTS, strict=False):
        there = shapely.MultiPolygon([shapely.Polygon([moved(at) for at in _ring(box)]) for box in parts or ()])
        assert shapely.hausdorff_distance(shape, there) <= 0.001
        assert shapely.get_num_geometries(shape) == len(parts or ())


@pytest.mark.parametrize(("form", "profile"), EVERY)
def test_points_of_a_mixed_layer_stand_in_one_of_their_own(everything, form, profile):
    found = layer(everything, form, profile, "JZXQ_PT")
    assert list(found["XQBH"]) == ["H-3"]
    assert found["HS"].isna().all()
    assert shapely.distance(to_study(found.geometry, profile)[0], shapely.Point(moved((800, 3)))) <= 0.001


@pytest.mark.parametrize(("form", "profile"), EVERY)
def test_facilities_come_back_with_and_without_a_place(everything, form, profile):
    found = layer(everything, form, profile, "XZSS").set_index("SSBH")
    assert list(found.index) == ["F-1", "F-2"]
    assert found.loc["F-1", "CW"] == 12
    assert found["CW"].isna().tolist() == [False, True]
    assert str(found.loc["F-1", "QYRQ"])[:10] == "2020-03-01"
    assert found.loc["F-1", "JRPG"] == "1"
    assert found.geometry.isna().tolist() == [False, True]
    assert shapely.distance(to_study(found.geometry, profile)[0], shapely.Point(ORIGIN)) <= 0.001


@pytest.mark.parametrize(("form", "profile"), EVERY)
def test_zones_carry_the_coverage(everything, form, profile):
    found = layer(everything, form, profile, "XZQFG").set_index("XZQDM")
    rows = {
        row["zone_id"]: row
        for row in read_csv((everything / "coverage.csv").read_bytes())
        if (row["rule_id"], row["basis"], row["metric"]) == ("JJ-01", "areas", "straight_line")
    }
    assert set(found.index) == set(COMMUNITIES)
    for zone_id, row in found.iterrows():
        assert (row["DB1"], row["ZL1"], row["FGL1"]) == pytest.approx(
            tuple(float(rows[zone_id][name]) for name in ("covered", "total", "share")), abs=1e-6
        )
        assert row["KJ1"] == "areas"


@pytest.mark.parametrize(("form", "profile"), EVERY)
def test_layers_say_their_coordinate_system(everything, form, profile):
    crs = layer(everything, form, profile, "XZSS").crs
    if profile == "gcj02" and form == "geojson":
        return  # GeoJSON without a crs member is read as WGS 84; its description says what it is
    expected = {"rfc7946": 4326, "cgcs2000": 4490, "cgcs2000-gk": 4528}
    if profile in expected:
        assert crs.to_epsg(min_confidence=20) == expected[profile]
    else:
        assert "GCJ-02" in crs.name.replace("_", "-")


@pytest.mark.parametrize("profile", PROFILES)
def test_geojson_of_every_profile(everything, profile):
    files = sorted((everything / "export" / profile).glob("*.geojson"))
    # Nine layers, two of them of plots and of a point.
    assert len(files) == 11
    for path in files:
        root = json.loads(path.read_bytes())
        code = {"cgcs2000": 4490, "cgcs2000-gk": 4528}.get(profile)
        if code:
            assert root["crs"]["properties"]["name"] == f"urn:ogc:def:crs:EPSG::{code}"
        else:
            assert "crs" not in root
        if profile == "rfc7946":
            assert problems(path.read_bytes()) == []


def test_the_easting_carries_the_zone_number(everything):
    west, south, east, north = layer(everything, "gdb", "cgcs2000-gk", "JZXQ").total_bounds
    assert 40_353_000 < west < east < 40_356_000
    assert 2_741_000 < south < north < 2_742_000


def test_longitude_comes_first(everything):
    west, south, east, north = layer(everything, "shp", "cgcs2000", "JZXQ").total_bounds
    assert 118 < west < east < 119
    assert 24 < south < north < 25


@pytest.fixture(scope="module")
def ogrinfo() -> str:
    found = shutil.which("ogrinfo")
    if found is None:
        pytest.skip("no ogrinfo: install gdal-bin to read the files with another GDAL")
    return found


@pytest.mark.parametrize("name", ["invented.gdb", "invented.gpkg", "shp/JZXQ.shp", "JZXQ.geojson"])
def test_another_gdal_reads_the_same(everything, ogrinfo, name):
    path = everything / "export" / "cgcs2000" / name
    done = subprocess.run([ogrinfo, "-al", "-ro", path, "JZXQ"], capture_output=True, check=False)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert done.stderr == b""
    assert "Feature Count: 2" in text or text.count("OGRFeature") == 2
    assert "BSM (String) = 000101010000000002" in text
    assert "XQMC (String) = =1+1 <b>二号院</b>" in text


# ---- each format ---------------------------------------------------------------------------------------------


def test_a_geodatabase_has_chinese_aliases_and_widths(everything):
    path = everything / "export" / "cgcs2000" / "invented.gdb"
    stream = pyogrio.raw.open_arrow(path, layer="JZXQ", use_pyarrow=False)
    import nanoarrow as na

    with stream as (_, reader):
        schema = na.c_array_stream(reader).get_schema()
        said = {child.name: dict(child.metadata.items()) for child in map(schema.child, range(schema.n_children))}
    assert said["BSM"][b"GDAL:OGR:alternative_name"].decode() == "标识码"
    assert said["BSM"][b"GDAL:OGR:width"] == b"18"
    assert pyogrio.read_info(path, layer="JZXQ")["layer_metadata"]["ALIAS_NAME"] == "居住小区"


def open_gpkg(everything: Path) -> sqlite3.Connection:
    return sqlite3.connect(everything / "export" / "cgcs2000" / "invented.gpkg")


def test_a_geopackage_has_styles_where_qgis_looks(everything):
    columns = "f_table_name, f_geometry_column, useAsDefault, styleQML, styleSLD"
    with open_gpkg(everything) as base:
        rows = base.execute(f"SELECT {columns} FROM layer_styles WHERE f_table_schema = ''").fetchall()
        layers = base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall()
    assert sorted(row[:2] for row in rows) == sorted(layers)
    for name, _, default, qml, sld in rows:
        assert default == 1
        rules = ET.fromstring(qml).findall("renderer-v2/rules/rule")
        assert len(rules) == (3 if name.startswith("JZXQ") else 1)
        symbols = {each.get("name") for each in ET.fromstring(qml).findall("renderer-v2/symbols/symbol")}
        assert {rule.get("symbol") for rule in rules} == symbols
        assert ET.fromstring(sld).tag.endswith("StyledLayerDescriptor")
        assert len(list(ET.fromstring(sld).iter("{http://www.opengis.net/sld}Rule"))) == len(rules)


def test_style_classes_split_the_homes(everything):
    """The filters of the classes, put to the table itself, take each home exactly once."""
    with open_gpkg(everything) as base:
        (qml,) = base.execute("SELECT styleQML FROM layer_styles WHERE f_table_name = 'JZXQ'").fetchone()
        filters = [rule.attrib["filter"] for rule in ET.fromstring(qml).findall("renderer-v2/rules/rule")]
        counts = [base.execute(f"SELECT count(*) FROM JZXQ WHERE {each}").fetchone()[0] for each in filters]
    assert counts == [1, 1, 0]


def test_a_geopackage_has_aliases_and_a_fixed_date(everything):
    with open_gpkg(everything) as base:
        aliases = dict(
            base.execute("SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'JZXQ'").fetchall()
        )
        dates = {row[0] for row in base.execute("SELECT last_change FROM gpkg_contents")}
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert base.execute("PRAGMA user_version").fetchone() == (10200,)
    assert aliases["XQMC"] == "小区名称"
    assert dates == {"1980-01-01T00:00:00Z"}


def test_a_shapefile_has_ascii_names_and_its_encoding(everything):
    folder = everything / "export" / "cgcs2000" / "shp"
    for path in folder.glob("*.dbf"):
        head = path.read_bytes()
        assert head[29] == 0x4D, "the code page of GBK"
        fields = [head[at : at + 32] for at in range(32, int.from_bytes(head[8:10], "little") - 1, 32)]
        names = [field[:11].rstrip(b"\0").decode("ascii") for field in fields]
        assert all(len(name) <= 10 for name in names)
        assert path.with_suffix(".cpg").read_bytes() == b"936"
    assert "一号院".encode("gbk") in (folder / "JZXQ.dbf").read_bytes()
    aliases = {(row["layer"], row["name"]): row["alias"] for row in read_csv((folder / "aliases.csv").read_bytes())}
    assert aliases["JZXQ", "XQMC"] == "小区名称"


def test_numbers_of_a_shapefile_have_the_declared_length(everything):
    head = (everything / "export" / "cgcs2000" / "shp" / "JZXQ.dbf").read_bytes()
    fields = [head[at : at + 32] for at in range(32, int.from_bytes(head[8:10], "little") - 1, 32)]
    sizes = {field[:11].rstrip(b"\0"): (chr(field[11]), field[16], field[17]) for field in fields}
    assert sizes[b"LJ1"] == ("N", 12, 3)
    assert sizes[b"BSM"] == ("C", 18, 0)


# ---- beside them ---------------------------------------------------------------------------------------------


def test_metadata_say_what_a_bureau_asks(everything):
    said = json.loads((everything / "export" / "cgcs2000-gk" / "metadata.json").read_bytes())
    assert said["规划状态"] == "草案"
    assert said["坐标系"].endswith("EPSG:4528")
    assert "第40带" in said["坐标系"]
    assert said["坐标系的选定"] == "研究坐标系（CGCS2000 / 3-degree Gauss-Kruger CM 120E）即第40带"
    assert said["对照表为样例"] is True
    assert said["使用范围"] == "内部资料"
    assert any(each.startswith("居住小区：plots.geojson") for each in said["数据来源"])
    assert {"批准文号", "批准日期", "数据生产单位", "说明"} <= said.keys()
    page = (everything / "export" / "cgcs2000-gk" / "metadata.md").read_text(encoding="utf-8")
    assert "虚构数据" in page
    assert "| 对照表为样例 | 是 |" in page


def test_the_dictionary_lists_every_field_of_every_layer(everything):
    folder = everything / "export" / "cgcs2000"
    rows = read_csv((folder / "dictionary.csv").read_bytes())
    for name in {row["layer"] for row in rows}:
        fields = pyogrio.read_info(folder / "invented.gpkg", layer=name)["fields"]
        assert [row["name"] for row in rows if row["layer"] == name] == list(fields)
    empty = {(row["layer"], row["name"]): row["empty"] for row in rows}
    assert (empty["JZXQ", "XQMC"], empty["JZXQ", "CZRK"], empty["JZXQ_PT", "HS"]) == ("0", "2", "1")
    codes = {(row["domain"], row["code"]): row["label"] for row in read_csv((folder / "domains.csv").read_bytes())}
    assert codes["outcome", "2"] == "不达标"


def test_no_cell_of_the_tables_runs_as_a_formula(tmp_path):
    rows = plots().replace("H-2", "=1+1").replace("H-1", "-7")
    mapping = SAMPLE.replace('alias = "小区名称"', 'alias = "@SUM(A1)"').replace('["1", "运营"]', '["+1+1", "-x"]')
    files = exported(tmp_path, "--format", "shp", mapping=mapping, **{"plots.geojson": rows})
    topology = read_csv(files["export/cgcs2000/topology.csv"])
    assert next(row["ids"] for row in topology if row["check"] == "multipart" and row["layer"] == "JZXQ") == "'=1+1"
    for name in ("dictionary", "domains", "topology", "shp/aliases"):
        cells = {cell for row in read_csv(files[f"export/cgcs2000/{name}.csv"]) for cell in row.values()}
        assert [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))] == []
    assert "'@SUM(A1)" in {row["alias"] for row in read_csv(files["export/cgcs2000/shp/aliases.csv"])}
    values = layer(tmp_path / RESULTS, "shp", "cgcs2000", "JZXQ")["XQBH"].tolist()
    assert values == ["-7", "=1+1"], "in data a value stays what it is"


def test_the_topology_report_counts(everything):
    rows = read_csv((everything / "export" / "cgcs2000" / "topology.csv").read_bytes())
    counts = {(row["layer"], row["check"]): (row["count"], row["ids"]) for row in rows}
    assert counts["JZXQ", "multipart"] == ("1", "H-2")
    assert counts["XZSS", "no_geometry"] == ("1", "F-2")
    assert all(count == "0" for (_, check), (count, _) in counts.items() if check in ("duplicate_key", "invalid"))


def test_an_offset_datum_is_named_in_every_file(everything):
    folder = everything / "export" / "gcj02"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert all("GCJ02" in path.relative_to(folder).as_posix() for path in files)
    assert "不是大地坐标系" in json.loads((folder / "JZXQ_GCJ02.geojson").read_bytes())["description"]
    assert "GCJ-02" in (folder / "shp" / "JZXQ_GCJ02.prj").read_text()
    here, there = (layer(everything, "gpkg", profile, "XZSS").geometry[0] for profile in ("cgcs2000", "gcj02"))
    assert 0.003 < shapely.distance(here, there) < 0.007, "degrees: some 350 to 700 m"


# ---- the same bytes ------------------------------------------------------------------------------------------

FOUR = ("--format", "geojson,gpkg,shp,gdb", "--profile", "cgcs2000-gk")


def test_the_same_inputs_give_the_same_bytes_in_another_process(tmp_path):
    here = exported(tmp_path / "here", *FOUR)
    study = write(tmp_path / "there")
    code = "import sys; from circle15.cli import main; sys.argv[0] = 'circle15'; main()"
    subprocess.run([sys.executable, "-c", code, "export", study, "-q", *FOUR], check=True, capture_output=True)
    there = tree(tmp_path / "there" / RESULTS)
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == ["manifest.json"]


def test_the_order_of_rows_numbers_nothing_anew(tmp_path):
    reverse = json.loads(plots())
    reverse["features"].reverse()
    files = exported(tmp_path, "--format", "geojson", "--profile", "cgcs2000", **{"plots.geojson": json.dumps(reverse)})
    rows = json.loads(files["export/cgcs2000/JZXQ.geojson"])["features"]
    numbers = {row["properties"]["XQBH"]: row["properties"]["BSM"] for row in rows}
    assert numbers == {"H-1": "000101010000000001", "H-2": "000101010000000002"}


# ---- profiles ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ((), ["residential.geojson"]),
        (("--format", "gdb"), ["export/cgcs2000/invented.gdb/gdb"]),
        (("--format", "gpkg", "--profile", "rfc7946"), ["export/rfc7946/invented.gpkg"]),
        (("--format", "shp,gpkg"), ["export/cgcs2000/invented.gpkg", "export/cgcs2000/shp/JZXQ.shp"]),
    ],
)
def test_what_is_asked_for_is_written_and_nothing_else(tmp_path, arguments, written):
    files = exported(tmp_path, *arguments, study=MAPPED)
    assert set(written) <= files.keys()
    folders = {name.split("/")[1] for name in files if name.startswith("export/")}
    assert folders == {name.split("/")[1] for name in written if name.startswith("export/")}
    assert not any("GCJ02" in name for name in files), "GCJ-02 leaves only when asked for by name"


def test_a_mapping_of_ones_own_also_renames_plain_geojson(tmp_path):
    files = exported(tmp_path)
    assert {"residential.geojson", "export/rfc7946/JZXQ.geojson"} <= files.keys()
    assert problems(files["export/rfc7946/JZXQ.geojson"]) == []


def at_longitude(folder: Path, lon: float, crs: str) -> dict[str, bytes]:
    """The exports of a town in another study CRS, around a longitude."""
    to_crs = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    east, north = to_crs.transform(lon, 24.8)

    def shifted(text: str) -> str:
        root = json.loads(text)
        for each in root["features"]:
            shape = shapely.from_geojson(json.dumps(each["geometry"]))
            at = shapely.transform(shape, lambda xy: xy - np.array(ORIGIN) + np.array([east, north]))
            each["geometry"] = json.loads(shapely.to_geojson(at))
        return json.dumps(root)

    study = write_town(folder, study=(STUDY + CANDIDATES + SITE).replace(CRS, crs))
    for path in folder.glob("*.geojson"):
        path.write_text(shifted(path.read_text(encoding="utf-8")), encoding="utf-8")
    done = call("export", study, "-q", "--profile", "cgcs2000-gk")
    return {"stderr": done.stderr.encode(), **(tree(folder / RESULTS) if done.exit_code == 0 else {})}


@pytest.mark.parametrize(("lon", "zone"), [(118.45, 39), (118.52, 40), (116.3, 39)])
def test_without_a_zone_of_its_own_the_nearest_meridian_decides(tmp_path, lon, zone):
    files = at_longitude(tmp_path, lon, "EPSG:32650")
    said = json.loads(files["export/cgcs2000-gk/metadata.json"])
    assert f"第{zone}带" in said["坐标系"]
    assert said["坐标系的选定"].startswith("数据中部经度")
    assert str(said["范围"][0]).startswith(str(zone))


def test_outside_the_zones_there_is_no_zone(tmp_path):
    files = at_longitude(tmp_path, 27.0, "EPSG:32635")
    assert "不在3度带第 25—45 带内" in files["stderr"].decode()
    assert len(files) == 1


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        (4549, 40),
        (4528, 40),
        (4534, 25),
        (4554, 45),
        (4509, 39),
        (4498, None),
        (32650, None),
        (4490, None),
        (2437, None),
    ],
)
def test_zones_are_known_by_their_numbers(code, zone):
    from circle15.show.export.profile import zone_of_crs

    assert zone_of_crs(pyproj.CRS(f"EPSG:{code}")) == zone


def test_a_zone_written_as_proj_is_known_too():
    from circle15.show.export.profile import zone_of_crs

    text = "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0={0} +y_0=0 +a=6378137 +rf=298.257222101 +units=m"
    assert zone_of_crs(pyproj.CRS(text.format(39500000))) is None, "an ellipsoid without a name is no datum"
    wkt = pyproj.CRS("EPSG:4548").to_wkt()
    assert zone_of_crs(pyproj.CRS(wkt)) == 39


# ---- approved plans ------------------------------------------------------------------------------------------

APPROVAL = '\n[plan."1-day_care"]\n"规划状态" = "已批准"\n"批准文号" = "虚构〔2024〕1号"\n"批准日期" = 2024-05-01\n'


@pytest.mark.parametrize(("mapping", "sites"), [(SAMPLE, 0), (SAMPLE + APPROVAL, 1)])
def test_only_approved_plans_leave_when_asked(tmp_path, mapping, sites):
    study = MAPPED + SHOW + 'plans = "approved"\n'
    files = exported(tmp_path, "--format", "geojson", "--profile", "cgcs2000", study=study, mapping=mapping)
    rows = json.loads(files["export/cgcs2000/GHSS.geojson"])["features"]
    assert [row["properties"]["GHZT"] for row in rows] == ["已批准"] * sites
    (plan,) = json.loads(files["export/cgcs2000/metadata.json"])["选址方案"]
    assert plan["导出"] is bool(sites)
    assert plan["批准日期"] == ("2024-05-01" if sites else "")


def test_all_plans_leave_with_their_status(tmp_path):
    files = exported(tmp_path, "--profile", "cgcs2000")
    (site,) = json.loads(files["export/cgcs2000/GHSS.geojson"])["features"]
    assert site["properties"]["GHZT"] == "草案"


@pytest.mark.parametrize("form", FORMATS)
def test_a_mapping_of_layers_that_the_study_lacks_makes_no_file_of_layers(tmp_path, form):
    head, sites = SAMPLE.index("[layer.residential]"), SAMPLE.index("[layer.proposed_sites]")
    mapping = SAMPLE[:head] + SAMPLE[sites : SAMPLE.index("[layer.spokes]")]
    study = MAPPED.replace(SITE, "") + SHOW
    files = exported(tmp_path, "--format", form, "--profile", "cgcs2000", study=study, mapping=mapping)
    assert json.loads(files["export/cgcs2000/metadata.json"])["图层"] == []
    assert not any("GHSS" in name or name.endswith(".gpkg") for name in files)


def test_layers_that_the_mapping_asks_for_and_the_study_lacks_are_told(tmp_path):
    """On stderr by export, however quiet, and among the findings by run; the sample, which nobody wrote, asks not."""
    outputs = SHOW + 'outputs = ["tables", "geojson:cgcs2000"]\n'
    study = write(tmp_path, study=MAPPED.replace(SITE, "") + outputs)
    done = call("export", study, "-q", "--profile", "cgcs2000")
    assert done.exit_code == 0
    assert "layers_not_exported" in done.stderr
    assert "proposed_sites, spokes, catchments" in done.stderr
    call("run", study, "-q")
    rows = {row["code"]: row for row in read_csv((tmp_path / RESULTS / "findings.csv").read_bytes())}
    assert (rows["layers_not_exported"]["severity"], rows["layers_not_exported"]["count"]) == ("warning", "3")
    study.write_text(study.read_text(encoding="utf-8").replace('mapping = "mapping.toml"\n', ""), encoding="utf-8")
    assert call("export", study, "-q", "--profile", "cgcs2000").stderr == ""


@pytest.mark.parametrize("study", [MAPPED + SHOW, MAPPED.replace(SITE, "") + SHOW])
@pytest.mark.parametrize("audience", ["internal", "public"])
def test_what_is_said_to_be_there_is_there(tmp_path, study, audience):
    """Layers are told before they are made."""
    path = write(tmp_path, study=study.replace("fictional = true", f'fictional = true\naudience = "{audience}"'))
    found = whole(load_study(path))
    assert layers_of(found) == set(layer_frames(found))


def test_layers_that_the_public_may_not_have_are_told(tmp_path):
    done = call("export", write(tmp_path, study=REVIEWED), "-q", "--profile", "cgcs2000")
    assert "residential, gaps, spokes, catchments" in done.stderr


# ---- for the public ------------------------------------------------------------------------------------------

PUBLIC = MAPPED.replace("fictional = true", 'fictional = true\naudience = "public"') + SHOW
REVIEWED = PUBLIC + 'title_block = { "审图号" = "虚构S(2024)001号" }\n'


def test_a_public_export_has_no_homes(tmp_path):
    serving = CARE["facilities.csv"].replace("counted_by", "serves").replace("2020-03-01,", "2020-03-01,H-1")
    files = exported(
        tmp_path,
        "--format",
        "geojson,gpkg,shp,gdb",
        "--profile",
        "rfc7946",
        study=REVIEWED,
        **{"facilities.csv": serving},
    )
    names = {name.split("/")[-1].split(".")[0] for name in files}
    assert not names & {"residential", "gaps", "JZXQ", "FWMQ"}
    assert {"facilities", "zones", "XZSS", "XZQFG"} <= names
    said = json.loads(files["export/rfc7946/metadata.json"])
    assert (said["使用范围"], said["审图号"]) == ("公开", "虚构S(2024)001号")
    assert "serves" not in json.loads(files["facilities.geojson"])["features"][0]["properties"]
    for name, content in files.items():
        if name.startswith("export/") and not name.endswith("metadata.json"):
            assert b"H-1" not in content, name


def test_a_public_export_needs_its_approval_number(tmp_path):
    done = call("export", write(tmp_path, study=PUBLIC), "-q", "--format", "gdb")
    assert done.exit_code == 2
    assert "审图号" in done.stderr
    assert not (tmp_path / "data").exists()


# ---- values that do not fit ----------------------------------------------------------------------------------


def refused(folder: Path, *options: str, **parts: Any) -> str:
    """What an export says that writes nothing."""
    done = call("export", write(folder, **parts), "-q", *options)
    assert done.exit_code == 2
    assert not (folder / "data").exists()
    message: str = done.stderr
    return message


def named(name: str) -> dict[str, str]:
    return {"plots.geojson": plots().replace("一号院", name)}


@pytest.mark.parametrize(
    ("name", "form", "mapping", "says"),
    [
        ("院" * 61, "shp", SAMPLE, "JZXQ 字段 XQMC：1 个值按 GBK 编码超出 120 字节"),
        ("院" * 60, "shp", SAMPLE, None),
        ("院" * 41, "shp", SAMPLE.replace('"GBK" ', '"UTF-8" '), "按 UTF-8 编码超出 120 字节"),
        ("Päivä 🏠", "shp", SAMPLE, "含该编码没有的字（H-1）"),
        ("Päivä 🏠", "shp", SAMPLE.replace('"GBK" ', '"UTF-8" '), None),
        ("Päivä 🏠", "gdb", SAMPLE, None),
        ("院" * 120, "gdb", SAMPLE, None),
        ("院" * 121, "gdb", SAMPLE, "图层 JZXQ 字段 XQMC：1 个值写不进 text(120)（H-1）"),
    ],
)
def test_a_text_is_never_cut(tmp_path, name, form, mapping, says):
    if says is None:
        exported(tmp_path, "--format", form, mapping=mapping, **named(name))
        found = layer(tmp_path / RESULTS, form, "cgcs2000", "JZXQ")
        assert found["XQMC"][0] == name
    else:
        assert says in refused(tmp_path, "--format", form, mapping=mapping, **named(name))


def swap(old: str, new: str) -> str:
    assert old in SAMPLE
    return SAMPLE.replace(old, new)


HOUSEHOLDS = 'name = "HS", alias = "户数", type = "number", length = 12, decimals = 2, from = "households" }'
NAME = 'name = "XQMC", alias = "小区名称", type = "text", length = 120, from = "name" }'
TYPE = 'name = "LXMC", alias = "设施类型名称", type = "text", length = 60, from = "type_label" }'


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (
            swap(HOUSEHOLDS, HOUSEHOLDS.replace("12, ", "5, ")),
            "图层 JZXQ 字段 HS：2 个值写不进 number(5,2)（H-1, H-2）",
        ),
        (swap(NAME, NAME.replace(" }", ", required = true }")), "1 个值为空，而字段不得为空（H-3）"),
        (swap(TYPE, TYPE.replace(" }", ", unique = true }")), "重复，而字段须唯一（F-1, F-2）"),
        (swap(TYPE, TYPE.replace('"type_label"', '"type", domain = "status"')), "值 day_care 在值域 status 中没有代码"),
    ],
)
def test_values_that_break_the_mapping_are_named(tmp_path, mapping, says):
    assert says in refused(tmp_path, "--format", "gpkg", mapping=mapping)


# ---- publishing ----------------------------------------------------------------------------------------------


def test_a_geodatabase_is_replaced_as_a_whole(tmp_path):
    exported(tmp_path, "--format", "gdb")
    folder = tmp_path / RESULTS / "export/cgcs2000/invented.gdb"
    before = tree(folder)
    done = call("export", write(tmp_path, **named("另一个院")), "-q", "--format", "gdb")
    assert done.exit_code == 0
    assert tree(folder).keys() == before.keys()
    assert tree(folder) != before
    assert sorted(each.name for each in folder.parent.iterdir() if each.name.startswith(".")) == []


@pytest.mark.parametrize("name", ["a00000099.gdbtable", "_gdb.HOST.1.2.sr.lock"])
def test_a_geodatabase_somebody_works_in_stays(tmp_path, name):
    exported(tmp_path, "--format", "gdb")
    folder = tmp_path / RESULTS / "export/cgcs2000/invented.gdb"
    (folder / name).write_bytes(b"theirs")
    before = tree(tmp_path / RESULTS)
    done = call("export", tmp_path / "study.toml", "-q", "--format", "gdb")
    assert done.exit_code == 2
    assert name in done.stderr
    assert tree(tmp_path / RESULTS) == before


def test_nothing_is_written_through_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / RESULTS).mkdir(parents=True)
    (tmp_path / RESULTS / "export").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    done = call("export", write(tmp_path), "-q", "--format", "gpkg")
    assert done.exit_code == 2
    assert "链接" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_failed_rename_leaves_the_geodatabase_of_before(tmp_path, monkeypatch):
    exported(tmp_path, "--format", "gdb")
    before = tree(tmp_path / RESULTS)
    original = Path.replace

    def failing(self: Path, target: Any) -> Any:
        if Path(target).name == "invented.gdb" and self.name.startswith(".invented.gdb"):
            raise OSError(28, "No space left on device", str(target))
        return original(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    done = call("export", tmp_path / "study.toml", "-q", "--format", "gdb")
    monkeypatch.undo()
    assert done.exit_code == 2
    assert "磁盘空间不足" in done.stderr
    after = tree(tmp_path / RESULTS)
    assert {name: after[name] for name in after if ".gdb/" in name} == {
        name: before[name] for name in before if ".gdb/" in name
    }
    assert not [name for name in after if "/." in name]


def test_exports_of_other_inputs_go_with_their_folders(tmp_path):
    exported(tmp_path, "--format", "gdb,shp", "--profile", "rfc7946")
    files = exported(tmp_path, "--format", "gpkg", **named("另一个院"))
    assert not any(name.startswith("export/rfc7946") for name in files)
    assert not (tmp_path / RESULTS / "export/rfc7946").exists()


@pytest.fixture(autouse=True)
def _settings_of_gdal_stay() -> Iterator[None]:
    """No export changes what GDAL does for others in the process."""
    names = ("OGR_CURRENT_DATE", "OPENFILEGDB_REPRODUCIBLE_UUID", "OPENFILEGDB_CREATOR")
    before = [pyogrio.get_gdal_config_option(name) for name in names]
    yield
    assert [pyogrio.get_gdal_config_option(name) for name in names] == before
