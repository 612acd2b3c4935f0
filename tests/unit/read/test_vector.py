"""Vector files: formats, ids, and a declaration that the file contradicts."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely

from circle15.core.errors import ConfigError, CrsError, EncodingError, InputError, SchemaError
from circle15.read.spec import InputSpec
from circle15.read.vector import read_vector

DEGREES = [shapely.Point(118.5, 24.8), shapely.Point(118.6, 24.9)]
METRES = [shapely.Point(400_000, 2_700_000), shapely.Point(401_000, 2_700_500)]
NUMBERED = [shapely.Point(40_400_000, 2_700_000), shapely.Point(40_401_000, 2_700_500)]


def frame(points: list[Any], crs: str | None, **columns: Any) -> Any:
    return geopandas.GeoDataFrame({"area_id": ["a", "b"], **columns}, geometry=points, crs=crs)


def spec(path: Path, **fields: Any) -> InputSpec:
    declared = {} if "crs" in fields else {"datum": "WGS84"}
    return InputSpec(**{"layer": "residential", "path": path, "shown": path.name, **declared, **fields})


def write(points: list[Any], crs: str | None, path: Path) -> Path:
    """GDAL warns of a file without a CRS, which is what some of these tests are about."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        frame(points, crs).to_file(path)
    return path


def geojson(path: Path, features: list[dict[str, Any]], **members: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}), encoding="utf-8")
    return path


def feature(geometry: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    point = geometry or {"type": "Point", "coordinates": [118.5, 24.8, 7.0]}
    return {"type": "Feature", "properties": properties, "geometry": point}


@pytest.mark.parametrize("extension", [".geojson", ".json", ".gpkg", ".shp", ".fgb"])
def test_formats_give_the_same_rows(tmp_path, extension) -> None:
    path = tmp_path / f"homes{extension}"
    driver = {"driver": "GeoJSON"} if extension == ".json" else {}
    frame(DEGREES, "EPSG:4326", 名称=["甲", "乙"], beds=[3, 4]).to_file(path, encoding="utf-8", **driver)
    raw = read_vector(spec(path, columns={"name": "名称"}))
    ordered = raw.frame.sort_values("area_id")
    assert list(ordered["area_id"]) == ["a", "b"]
    assert list(ordered["name"]) == ["甲", "乙"]
    assert list(ordered.geometry) == DEGREES
    assert raw.frame.crs is None


def test_numeric_ids_become_text_and_z_is_dropped(tmp_path) -> None:
    features = [feature(area_id=17, community_code=350582001001.0), feature(area_id=18, community_code=None)]
    raw = read_vector(spec(geojson(tmp_path / "homes.geojson", features)))
    assert list(raw.frame["area_id"]) == ["17", "18"]
    assert raw.frame["community_code"].iloc[0] == "350582001001"
    assert raw.frame["community_code"].isna().tolist() == [False, True]
    assert not raw.frame.geometry.iloc[0].has_z


def test_a_long_code_that_lost_its_digits_is_refused(tmp_path) -> None:
    path = geojson(tmp_path / "homes.geojson", [feature(area_id=123456789012345678.5), feature(area_id=1.0)])
    with pytest.raises(SchemaError, match="长编号被存成小数"):
        read_vector(spec(path))


def test_where_behaves_as_for_a_table(tmp_path) -> None:
    path = tmp_path / "homes.gpkg"
    frame(DEGREES, "EPSG:4490", status=["demolished", None], floors=[3, 9]).to_file(path)
    raw = read_vector(spec(path, where="status != 'demolished' and floors > 3"))
    assert list(raw.frame["area_id"]) == ["b"]


def test_types_are_mapped_and_the_rest_stays(tmp_path) -> None:
    features = [feature(facility_id="1", kind="日间照料中心"), feature(facility_id="2", kind="商店")]
    path = geojson(tmp_path / "care.geojson", features)
    declared = spec(path, layer="facilities", columns={"type": "kind"}, types={"日间照料中心": "day_care"})
    assert list(read_vector(declared).frame["type"]) == ["day_care", "商店"]


@pytest.mark.parametrize(
    ("points", "claim", "declared"),
    [
        (DEGREES, "EPSG:4326", {"datum": "GCJ02"}),
        (DEGREES, "EPSG:4490", {"datum": "WGS84"}),
        (DEGREES, "EPSG:4490", {"datum": "BD09"}),
        (DEGREES, "EPSG:4490", {"crs": "EPSG:4490"}),
        (METRES, "EPSG:4549", {"crs": "EPSG:4549"}),
        (METRES, "EPSG:4549", {"crs": "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=m"}),
        (METRES, None, {"crs": "EPSG:4549"}),
        (NUMBERED, "EPSG:4528", {"datum": "CGCS2000"}),
        (METRES, "EPSG:2437", {"crs": "EPSG:2437"}),
        (METRES, 'LOCAL_CS["地方坐标系",UNIT["metre",1]]', {"crs": 'LOCAL_CS["虚构坐标系",UNIT["metre",1]]'}),
    ],
)
def test_declarations_that_agree_with_the_file(tmp_path, points, claim, declared) -> None:
    path = write(points, claim, tmp_path / "homes.gpkg")
    assert list(read_vector(spec(path, **declared)).frame.geometry) == points


def test_a_shapefile_names_its_crs_in_another_dialect(tmp_path) -> None:
    path = tmp_path / "homes.shp"
    frame(METRES, "EPSG:4549").to_file(path)
    assert "CGCS2000_3_Degree_GK" in path.with_suffix(".prj").read_text() or path.with_suffix(".prj").exists()
    assert len(read_vector(spec(path, crs="EPSG:4549")).frame) == 2


@pytest.mark.parametrize(
    ("points", "claim", "declared", "said"),
    [
        (METRES, "EPSG:4549", {"datum": "WGS84"}, ["datum = WGS84", "EPSG:4549"]),
        (DEGREES, "EPSG:4214", {"datum": "CGCS2000"}, ["datum = CGCS2000", "EPSG:4214"]),
        (DEGREES, "EPSG:4610", {"crs": "EPSG:4490"}, ["crs = EPSG:4490", "EPSG:4610"]),
        (METRES, "EPSG:4548", {"crs": "EPSG:4549"}, ["crs = EPSG:4549", "EPSG:4548"]),
        (METRES, "EPSG:2389", {"crs": "EPSG:4549"}, ["crs = EPSG:4549", "EPSG:2389"]),
        (DEGREES, "EPSG:4326", {"crs": "EPSG:4549"}, ["crs = EPSG:4549", "EPSG:4326"]),
        (NUMBERED, "EPSG:4528", {"datum": "WGS84"}, ["datum = WGS84", "EPSG:4528"]),
    ],
)
def test_declarations_that_contradict_the_file_name_both(tmp_path, points, claim, declared, said) -> None:
    path = write(points, claim, tmp_path / "homes.gpkg")
    with pytest.raises(CrsError) as caught:
        read_vector(spec(path, **declared))
    assert caught.value.kind == "datum"
    for fragment in said:
        assert fragment in caught.value.text.en


def test_a_geojson_without_crs_claims_nothing(tmp_path) -> None:
    point = {"type": "Point", "coordinates": [400_000, 2_700_000]}
    path = geojson(tmp_path / "homes.geojson", [feature(point, area_id="a")])
    assert read_vector(spec(path, crs="EPSG:4549")).frame.geometry.iloc[0] == METRES[0]


def test_a_chinese_shapefile_without_cpg_needs_its_encoding(tmp_path) -> None:
    path = tmp_path / "homes.shp"
    frame(DEGREES, "EPSG:4326", name=["晋江甲", "晋江乙"]).to_file(path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    assert list(read_vector(spec(path, encoding="GB18030")).frame["name"]) == ["晋江甲", "晋江乙"]
    with pytest.raises(EncodingError, match="GB18030"):
        read_vector(spec(path))


def test_a_file_with_several_layers_needs_one_of_the_inputs_name(tmp_path) -> None:
    path = tmp_path / "all.gpkg"
    frame(DEGREES, "EPSG:4326").to_file(path, layer="houses")
    frame(DEGREES[::-1], "EPSG:4326").to_file(path, layer="other")
    with pytest.raises(ConfigError, match="houses, other"):
        read_vector(spec(path))
    frame(DEGREES, "EPSG:4326").to_file(path, layer="residential")
    assert list(read_vector(spec(path)).frame.geometry) == DEGREES


@pytest.mark.parametrize("content", [b"", b"{", b'{"type": "FeatureCollection", "features": [{"type": "Fea'])
def test_a_damaged_file_is_one_clear_message(tmp_path, content) -> None:
    path = tmp_path / "homes.geojson"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"homes\.geojson："):
        read_vector(spec(path))


def test_all_headings_that_are_missing_are_named(tmp_path) -> None:
    path = geojson(tmp_path / "homes.geojson", [feature(area_id="a", households=3)])
    with pytest.raises(ConfigError) as caught:
        read_vector(spec(path, columns={"households": "houshold", "name": "title"}))
    assert len(caught.value.problems) == 2
    assert "the nearest is 'households'" in caught.value.problems[0].en
