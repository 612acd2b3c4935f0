"""Zones: code first, else the demand point; borders, overlaps and unknown codes."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, box

from circle15.core.errors import SchemaError
from circle15.core.tables import Zones
from circle15.read.zones import membership

CRS = "EPSG:4549"
#  T1 and T2 side by side; V9 and C2 in T1, C10 and C3 in T2.
PLACES = {
    "T2": ("town", box(100, 0, 200, 100)),
    "T1": ("town", box(0, 0, 100, 100)),
    "V9": ("village", box(0, 0, 50, 100)),
    "C2": ("community", box(50, 0, 100, 100)),
    "C10": ("community", box(100, 0, 150, 100)),
    "C3": ("community", box(150, 0, 200, 100)),
}


def zones(places: dict[str, tuple[str, Any]] = PLACES) -> Zones:
    levels, shapes = zip(*places.values(), strict=True)
    return Zones.build(
        geopandas.GeoDataFrame(
            {"zone_id": list(places), "name": list(places), "level": levels}, geometry=list(shapes), crs=CRS
        )
    )


def homes(*points: tuple[float, float], **columns: Any) -> tuple[Any, Any]:
    ids = [f"R-{number}" for number in range(1, len(points) + 1)]
    return pd.DataFrame({"area_id": ids, **columns}), np.array([Point(point) for point in points])


def found(residential: Any, points: Any, places: dict[str, tuple[str, Any]] = PLACES) -> list[tuple[str, ...]]:
    table, _ = membership(residential, points, zones(places))
    return [tuple(row) for row in table.frame[["area_id", "level", "zone_id", "by"]].to_numpy()]


def test_location_decides_without_codes() -> None:
    assert found(*homes((10, 10), (120, 10), (500, 10))) == [
        ("R-2", "community", "C10", "location"),
        ("R-1", "village", "V9", "location"),
        ("R-1", "town", "T1", "location"),
        ("R-2", "town", "T2", "location"),
    ]


def test_a_known_code_decides_against_the_location() -> None:
    residential, points = homes(
        (10, 10), (10, 10), (10, 10), community_code=["C3", None, "V9"], town_code=["T2", "T1", None]
    )
    assert found(residential, points) == [
        ("R-1", "community", "C3", "code"),
        ("R-2", "village", "V9", "location"),
        ("R-3", "village", "V9", "code"),
        ("R-1", "town", "T2", "code"),
        ("R-2", "town", "T1", "code"),
        ("R-3", "town", "T1", "location"),
    ]


def test_an_area_outside_all_polygons_still_has_the_zone_of_its_code() -> None:
    residential, points = homes((900, 900), town_code=["T1"])
    assert found(residential, points) == [("R-1", "town", "T1", "code")]


def test_on_a_border_the_smallest_id_as_text() -> None:
    # C10 comes before C2 and C3 as text; T1 before T2.
    assert found(*homes((100, 50), (150, 50))) == [
        ("R-1", "community", "C10", "location"),
        ("R-2", "community", "C10", "location"),
        ("R-1", "town", "T1", "location"),
        ("R-2", "town", "T2", "location"),
    ]


def test_unknown_codes_are_a_finding_and_the_location_decides() -> None:
    residential, points = homes(
        (10, 10), (60, 10), (60, 10), community_code=["X", "T1", None], town_code=["T1", "T1", "C2"]
    )
    table, findings = membership(residential, points, zones())
    assert [(each.code, each.count, each.ids) for each in findings] == [
        ("zone_code_unknown", 2, ("R-1", "R-2")),
        ("zone_code_unknown", 1, ("R-3",)),
    ]
    assert "T1, X" in findings[0].message.zh
    assert set(table.frame["by"][table.frame["level"] != "town"]) == {"location"}


def test_codes_of_a_level_without_zones_are_no_finding() -> None:
    residential, points = homes((10, 10), community_code=["X"])
    towns = {name: place for name, place in PLACES.items() if place[0] == "town"}
    table, findings = membership(residential, points, zones(towns))
    assert findings == ()
    assert list(table.frame["zone_id"]) == ["T1"]


def test_no_area_in_any_zone_is_an_empty_table() -> None:
    assert found(*homes((900, 900))) == []


@pytest.mark.parametrize(("depth", "refused"), [(0.009, False), (0.011, True)])
def test_overlap_within_a_level_above_a_square_metre_is_refused(depth, refused) -> None:
    places = {**PLACES, "T1": ("town", box(0, 0, 100 + depth, 100))}
    if not refused:
        assert found(*homes((10, 10)), places)
        return
    with pytest.raises(SchemaError, match="T1×T2"):
        found(*homes((10, 10)), places)


def test_all_overlaps_of_all_levels_are_named_at_once() -> None:
    places = {
        **PLACES,
        "T1": ("town", box(0, 0, 110, 100)),
        "C2": ("community", box(50, 0, 160, 100)),
    }
    with pytest.raises(SchemaError) as caught:
        found(*homes((10, 10)), places)
    assert len(caught.value.problems) == 2
    assert "C10×C2, C2×C3" in caught.value.text.zh


def test_the_order_of_zones_changes_nothing() -> None:
    rng = np.random.default_rng(15)
    residential, points = homes(*[(float(x), float(y)) for x, y in rng.integers(0, 200, (60, 2))])
    backwards = dict(reversed(PLACES.items()))
    assert found(residential, points) == found(residential, points, backwards)
    assert shapely.get_coordinates(points).shape == (60, 2)
