"""Parts of an export by themselves: the topology report on shapes drawn for it, and values on their way."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.core.errors import InternalError
from circle15.core.mapping import ExportField
from circle15.core.text import Text
from circle15.show.export import gdal
from circle15.show.export.profile import Placement
from circle15.show.export.sheet import Filled, Sheet
from circle15.show.export.topology import topology_frame

PLACE = Placement("cgcs2000-gk", "EPSG:4528", Text("", ""), Text("", ""), 4, lambda shapes: shapes)


def sheet(shapes: list[Any], *fields: Filled, key: str = "residential") -> Sheet:
    drawn = np.array([*shapes, None], dtype=object)[:-1]
    shape = "Point" if all(each is None or each.geom_type == "Point" for each in shapes) else "Polygon"
    ids = tuple(f"A-{number}" for number in range(len(shapes)))
    return Sheet(key, "XQ", "小区", "", ids, fields, drawn, drawn, shape)  # type: ignore[arg-type]  # one of the two


def text_field(values: list[Any], *, source: str = "", unique: bool = False) -> Filled:
    return Filled(ExportField(1, "T", "文字", "text", length=100, source=source, unique=unique), None, tuple(values))


def found(made: Sheet) -> dict[str, list[str]]:
    rows = topology_frame([made], "zh")
    return {row.check: row.ids.split("; ") for row in rows.itertuples() if row.count}


SQUARE = shapely.box(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("shapes", "check", "ids"),
    [
        ([SQUARE, shapely.box(9, 9, 19, 19)], None, []),  # 1 m² is not more than 1 m²
        ([SQUARE, shapely.box(8, 9, 18, 19)], "overlap", ["A-0", "A-1"]),
        ([SQUARE, shapely.box(10, 0, 20, 10)], None, []),
        ([shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])], "invalid", ["A-0"]),
        ([shapely.MultiPolygon([SQUARE, shapely.box(20, 0, 30, 10)])], "multipart", ["A-0"]),
        ([shapely.box(0, 0, 100, 0.4)], "sliver", ["A-0"]),
        ([shapely.box(0, 0, 100, 0.6)], None, []),
        ([shapely.MultiPolygon([SQUARE, shapely.box(20, 0, 120, 0.1)])], "sliver", ["A-0"]),
        ([None, SQUARE], "no_geometry", ["A-0"]),
        ([shapely.Point(1, 1), shapely.Point(1, 1), shapely.Point(1, 2)], "same_place", ["A-0", "A-1"]),
    ],
)
def test_each_check_finds_what_it_is_for(shapes, check, ids):
    report = found(sheet(shapes))
    if check is None:
        assert report == {}
    else:
        assert report[check] == ids


def test_a_polygon_of_many_rings_is_written_without_a_word(capfd):
    """GDAL says that more than a hundred rings take long; raised where it calls back, that was printed and lost."""
    holes = [
        shapely.box(8 * x + 2, 8 * y + 2, 8 * x + 5, 8 * y + 5).exterior.coords for x in range(11) for y in range(11)
    ]
    lace = shapely.Polygon(shapely.box(0, 0, 100, 100).exterior.coords, holes)
    files = gdal.gdb("x", [sheet([lace])], PLACE)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_bytes(content)
        back = pyogrio.read_dataframe(Path(folder) / "x.gdb").geometry.iloc[0]
    assert back.equals_exact(shapely.MultiPolygon([lace]), 1e-3, normalize=True)
    assert capfd.readouterr() == ("", "")


def test_whatever_else_gdal_warns_of_is_an_error(monkeypatch):
    monkeypatch.setattr(pyogrio.raw, "write_arrow", lambda *_, **__: warnings.warn("cut off", RuntimeWarning, 2))
    with pytest.raises(InternalError, match="cut off"):
        gdal.gpkg("x", [sheet([SQUARE])], PLACE, {})


def test_turned_rings_are_the_same_place():
    assert found(sheet([SQUARE, shapely.reverse(SQUARE)]))["same_place"] == ["A-0", "A-1"]


def test_a_repeated_key_is_reported():
    assert found(sheet([None, None, None], text_field(["a", "b", "a"], unique=True)))["duplicate_key"] == ["A-0", "A-2"]


def test_zones_may_overlap_those_of_another_level():
    levels = text_field(["town", "community", "community"], source="level")
    shapes = [shapely.box(0, 0, 20, 10), SQUARE, shapely.box(5, 0, 20, 10)]
    assert found(sheet(shapes, levels, key="zones"))["overlap"] == ["A-1", "A-2"]


def test_service_areas_may_overlap():
    assert found(sheet([SQUARE, shapely.box(5, 5, 15, 15)], key="service_areas")) == {}


def test_an_empty_layer_is_written_with_its_fields(tmp_path):
    for content in (
        gdal.gdb("x", [sheet([], text_field([]))], PLACE),
        gdal.shp([sheet([], text_field([]))], PLACE, "GBK"),
    ):
        for name, data in content.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    for path in (tmp_path / "x.gdb", tmp_path / "XQ.shp"):
        info = pyogrio.read_info(path, force_feature_count=True)
        assert (list(info["fields"]), info["features"]) == (["T"], 0)


# ---- values through the formats ------------------------------------------------------------------------------

# What GBK has, without the control characters and the blanks at the end that a DBF gives up.
GBK = st.text(st.characters(codec="gbk", exclude_categories=("Cc", "Cs", "Zs")), min_size=1, max_size=20)
ANY = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs")), min_size=1, max_size=20)


def written(content: dict[str, bytes], name: str) -> Any:
    """The rows that GDAL reads back, as arrays by field."""
    with tempfile.TemporaryDirectory() as folder:
        for each, data in content.items():
            path = Path(folder) / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        meta, _, shapes, values = pyogrio.raw.read(Path(folder) / name)
    return dict(zip(meta["fields"], values, strict=True)), shapely.from_wkb(shapes)


@settings(max_examples=15)
@given(st.lists(st.one_of(st.none(), GBK), min_size=1, max_size=5))
def test_every_text_of_gbk_comes_back_from_a_shapefile(texts):
    made = sheet([shapely.Point(1, 1)] * len(texts), text_field(texts))
    values, _ = written(gdal.shp([made], PLACE, "GBK"), "XQ.shp")
    assert values["T"].tolist() == texts


@settings(max_examples=15)
@given(st.lists(st.one_of(st.none(), ANY), min_size=1, max_size=5))
def test_every_text_comes_back_from_a_geodatabase_and_a_geopackage(texts):
    made = sheet([shapely.Point(1, 1)] * len(texts), text_field(texts))
    for content, name in ((gdal.gdb("x", [made], PLACE), "x.gdb"), (gdal.gpkg("x", [made], PLACE, {}), "x.gpkg")):
        values, _ = written(content, name)
        assert values["T"].tolist() == texts


@settings(max_examples=15)
@given(
    st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9)), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 6 * 10**9)), min_size=5, max_size=5),
)
def test_numbers_and_places_come_back(thousandths, places):
    numbers = [None if value is None else value / 1000 for value in thousandths]
    field = ExportField(1, "N", "数", "number", length=14, decimals=3)
    shapes = [shapely.Point(40_000_000 + east / 1000, north / 1000) for east, north in places[: len(numbers)]]
    made = sheet(shapes, Filled(field, None, tuple(numbers)))
    contents = (
        (gdal.shp([made], PLACE, "UTF-8"), "XQ.shp"),
        (gdal.gdb("x", [made], PLACE), "x.gdb"),
        (gdal.gpkg("x", [made], PLACE, {}), "x.gpkg"),
    )
    for content, name in contents:
        values, back = written(content, name)
        read = [None if np.isnan(value) else float(value) for value in values["N"]]
        assert read == numbers, name
        assert (shapely.distance(back, np.array(shapes, dtype=object)) <= 0.001).all(), name
