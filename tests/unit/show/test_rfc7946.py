"""GeoJSON leaves as RFC 7946 has it: the validator sees every breach, and finds none in what is written."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from circle15.show import geometry
from circle15.show.geojson import feature_collection, pieces
from tests.rfc7946 import problems

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def collection(geometry: Any, **members: Any) -> dict[str, Any]:
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    return {"type": "FeatureCollection", "features": [feature], **members}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    ("root", "section"),
    [
        (collection(polygon(SQUARE), crs={}), "(4)"),
        (collection(polygon(SQUARE[::-1])), "(3.1.6)"),
        (collection(polygon(SQUARE, [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.2]])), "(3.1.6)"),
        (collection(polygon(SQUARE[:-1])), "(3.1.6)"),
        (collection({"type": "LineString", "coordinates": [[179, 0], [-179, 0]]}), "(3.1.9)"),
        (collection({"type": "LineString", "coordinates": [[1, 0]]}), "(3.1.4)"),
        (collection({"type": "Point", "coordinates": [1, 91]}), "(4)"),
        (collection({"type": "Point", "coordinates": [1.123456789, 1]}), "(11.2)"),
        (collection({"type": "Point", "coordinates": [1, None]}), "(3.1.1)"),
        (collection({"type": "Circle", "coordinates": [1, 1]}), "(1.4)"),
        (collection({"type": "Point", "coordinates": [3, 3]}, bbox=[0, 0, 1, 1]), "(5)"),
        (collection({"type": "Point", "coordinates": [0, 0], "features": []}), "(7.1)"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None}]}, "(3.2)"),
        ({"type": "Feature"}, "(3.3)"),
    ],
)
def test_the_validator_names_the_section_that_is_broken(root, section):
    assert [problem for problem in problems(json.dumps(root).encode()) if section in problem]


@pytest.mark.parametrize("text", ['{"type": NaN}', '{"a": 1, "a": 2}', "\ufeff{}"])
def test_the_validator_wants_plain_json(text):
    assert problems(text.encode())


def test_the_validator_lets_good_ones_pass():
    hole = [[0.2, 0.2], [0.2, 0.4], [0.4, 0.4], [0.2, 0.2]]
    good = collection(polygon(SQUARE, hole), bbox=[0, 0, 1, 1])
    assert problems(json.dumps(good).encode()) == []
    across = collection({"type": "MultiPoint", "coordinates": [[179, 0], [-179, 0]]}, bbox=[178, -1, -178, 1])
    assert problems(json.dumps(across).encode()) == []


def written(geometry: Any, crs: str) -> dict[str, Any]:
    content = feature_collection(gpd.GeoDataFrame({"id": ["x"]}, geometry=[geometry], crs=crs), crs)
    assert problems(content) == []
    found: dict[str, Any] = json.loads(content)["features"][0]["geometry"]
    return found


def test_rings_are_turned_and_holes_the_other_way():
    clockwise = shapely.Polygon([(0, 0), (0, 9), (9, 9), (9, 0)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
    moved = shapely.transform(clockwise, lambda xy: xy + np.array([400_000, 2_700_000]))
    assert written(moved, "EPSG:4549")["type"] == "Polygon"


@pytest.mark.parametrize("kind", ["Polygon", "LineString"])
def test_what_crosses_the_antimeridian_is_cut_there(kind):
    crs = "EPSG:32601"
    back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    west, east, north = 163_000.0, 170_000.0, 200_000.0
    first, last = back.transform(west, north)[0], back.transform(east, north)[0]
    assert first > 179.9 > -179.9 > last
    box = shapely.box(west, north, east, north + 500)
    cut = written(box if kind == "Polygon" else shapely.LineString([(west, north), (east, north)]), crs)
    assert cut["type"] == f"Multi{kind}"
    parts = [part[0] if kind == "Polygon" else part for part in cut["coordinates"]]
    sides = sorted((min(lon for lon, _ in part), max(lon for lon, _ in part)) for part in parts)
    assert sides[0][0] == -180
    assert sides[1][1] == 180
    assert sides[0][1] == pytest.approx(last, abs=1e-4)
    assert sides[1][0] == pytest.approx(first, abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_collection_in_pieces_is_what_gdal_writes_at_once(count, monkeypatch):
    """Also where a piece has only empty cells, or a feature no place; what says so in the text ends nothing."""
    names = ['"features": [\n', None, None, "]\n}\n", "五", "", "g"][:count]
    frame = gpd.GeoDataFrame(
        {
            "name": pd.array(names, dtype="str"),
            "part_m": np.array([1.23456, np.nan, np.nan, 4, 5, 6, 7])[:count],
            "households": pd.array([1, None, None, 4, 5, 6, 7][:count], dtype="Int64"),
            "opened": pd.to_datetime(["2024-01-31", None, None, *["2024-02-01"] * 4][:count]),
        },
        geometry=[shapely.Point(400_000 + each, 2_700_000).buffer(each) if each else None for each in range(count)],
        crs="EPSG:4549",
    )
    whole = feature_collection(frame, "EPSG:4549", "虚构")
    assert len(list(pieces(frame, "EPSG:4549", "虚构"))) == 3
    monkeypatch.setattr(geometry, "_MOST", 1)
    parts = list(pieces(frame, "EPSG:4549", "虚构"))
    assert len(parts) == 2 * max(count, 1) + 1
    assert b"".join(parts) == whole
    assert problems(whole) == []
    assert json.loads(whole)["description"] == "虚构"
