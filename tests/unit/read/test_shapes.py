"""Geometry hygiene: what a layer may hold, what is repaired, and what is refused by name."""

from __future__ import annotations

from typing import Any

import geopandas
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box

from circle15.core.errors import SchemaError
from circle15.read.shapes import (
    EMPTY_GEOMETRY,
    NULL_GEOMETRY,
    demand_point_findings,
    demand_points,
    repaired,
    shape,
)

BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
LOPSIDED_BOW_TIE = Polygon([(0, 0), (20, 10), (20, 0), (0, 4)])
SPIKE = Polygon([(0, 0), (10, 0), (10, 10), (10, 30), (10, 10), (0, 10)])
TOUCHING = Polygon([(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)])
SHARED_SIDE = MultiPolygon([box(0, 0, 10, 10), box(10, 0, 20, 10)])
OVERLAPPING = MultiPolygon([box(0, 0, 10, 10), box(5, 0, 20, 10)])
HOLE_OUTSIDE = Polygon(box(0, 0, 10, 10).exterior, [box(20, 20, 22, 22).exterior])
FLAT = Polygon([(0, 0), (10, 0), (20, 0), (0, 0)])
ONE_PLACE = Polygon([(1, 1), (1, 1), (1, 1), (1, 1)])
TINY_CROSSING = Polygon([(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0.003), (0.003, 0)])


def frame(*geometries: Any) -> Any:
    ids = [f"R-{number}" for number in range(1, len(geometries) + 1)]
    return geopandas.GeoDataFrame(
        {"area_id": ids, "facility_id": ids, "candidate_id": ids, "zone_id": ids}, geometry=list(geometries)
    )


@pytest.mark.parametrize("sound", [SPIKE, TOUCHING, SHARED_SIDE, TINY_CROSSING])
def test_repairs_that_keep_the_place(sound) -> None:
    mended = repaired(sound)
    assert mended.is_valid
    assert mended.geom_type in ("Polygon", "MultiPolygon")
    assert mended.area == pytest.approx(sound.area, rel=1e-6)


@pytest.mark.parametrize("broken", [BOW_TIE, LOPSIDED_BOW_TIE, OVERLAPPING, HOLE_OUTSIDE, FLAT, ONE_PLACE])
def test_repairs_that_would_change_the_place_are_none(broken) -> None:
    assert not broken.is_valid
    assert repaired(broken) is None


def test_a_lossless_repair_is_a_finding_and_stays_on_the_grid() -> None:
    shaped = shape(frame(box(0, 0, 1, 1), SPIKE, TOUCHING), "residential", "homes.shp")
    assert shaped.frame.geometry.is_valid.all()
    (finding,) = shaped.findings
    assert (finding.code, finding.count, finding.ids) == ("geometry_repaired", 2, ("R-2", "R-3"))
    mm = shapely.get_coordinates(shaped.frame.geometry.to_numpy()) * 1000
    assert (mm == mm.round()).all()


def test_hopeless_polygons_are_all_named() -> None:
    with pytest.raises(SchemaError) as caught:
        shape(frame(BOW_TIE, box(0, 0, 1, 1), SPIKE, LOPSIDED_BOW_TIE), "residential", "homes.shp")
    assert "2 个面" in caught.value.text.zh
    assert "R-1, R-4" in caught.value.text.zh
    assert "Self-intersection" in caught.value.text.en


def test_null_and_empty_geometries_are_left_out_and_counted() -> None:
    shaped = shape(frame(Point(0, 0), None, Point(), Polygon(), None), "residential", "homes.shp")
    assert list(shaped.frame["area_id"]) == ["R-1"]
    assert shaped.dropped == {NULL_GEOMETRY: 2, EMPTY_GEOMETRY: 2}
    (finding,) = shaped.findings
    assert (finding.code, finding.count, finding.ids) == ("geometry_missing", 4, ("R-2", "R-3", "R-4", "R-5"))


def test_streets_become_single_lines() -> None:
    many = MultiLineString([[(0, 0), (1, 0)], [(2, 0), (3, 0), (4, 0)]])
    shaped = shape(frame(many, LineString([(5, 5), (6, 6)])), "streets", "streets.shp")
    assert list(shaped.frame["area_id"]) == ["R-1", "R-1", "R-2"]
    assert [line.wkt for line in shaped.frame.geometry][1] == "LINESTRING (2 0, 3 0, 4 0)"


@pytest.mark.parametrize(
    ("layer", "geometries", "said"),
    [
        ("streets", [box(0, 0, 1, 1), BOW_TIE, Point(0, 0)], ["Point × 1, Polygon × 2", "must be lines"]),
        ("streets", [LineString([(0, 0), (1, 1)]), box(0, 0, 1, 1)], ["1 features", "; 1)"]),
        ("residential", [LineString([(0, 0), (1, 1)])], ["LineString × 1", "points or polygons"]),
        ("facilities", [MultiPoint([(0, 0), (1, 1)])], ["MultiPoint × 1"]),
        ("candidates", [shapely.GeometryCollection([Point(0, 0)])], ["GeometryCollection × 1"]),
        ("zones", [Point(0, 0)], ["Point × 1", "must be polygons"]),
    ],
)
def test_other_geometry_types_are_counted_and_refused(layer, geometries, said) -> None:
    with pytest.raises(SchemaError) as caught:
        shape(frame(*geometries), layer, "some.shp")
    for fragment in said:
        assert fragment in caught.value.text.en


def test_a_collection_of_one_point_is_that_point() -> None:
    shaped = shape(frame(MultiPoint([(3, 4)])), "residential", "homes.shp")
    assert shaped.frame.geometry.iloc[0] == Point(3, 4)


@pytest.mark.parametrize("layer", ["facilities", "candidates"])
def test_polygons_of_point_layers_become_a_point_on_their_surface(layer) -> None:
    hollow = box(0, 0, 90, 90).difference(box(10, 10, 80, 80))
    shaped = shape(frame(Point(1, 1), hollow), layer, "care.shp")
    assert shaped.frame.geometry.iloc[0] == Point(1, 1)
    assert shaped.frame.geometry.iloc[1].within(hollow)
    (finding,) = shaped.findings
    assert (finding.code, finding.count, finding.ids[-1]) == ("polygon_as_point", 1, "R-2")


def test_demand_points_lie_in_their_polygons_on_the_grid() -> None:
    hollow = box(0.001, 0, 90.777, 90).difference(box(10, 10, 80, 80))
    homes = frame(hollow, Point(7, 7))
    points = demand_points(homes)
    assert points[0].within(hollow)
    assert points[1] == Point(7, 7)
    mm = shapely.get_coordinates(points) * 1000
    assert abs(mm - mm.round()).max() < 1e-9
    assert homes.geometry.iloc[0] == hollow
    (finding,) = demand_point_findings(homes)
    assert (finding.code, finding.severity, finding.count) == ("polygon_demand_point", "info", 1)
    assert demand_point_findings(homes[1:]) == ()
