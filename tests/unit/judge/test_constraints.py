"""Places against constraint layers: the boundary belongs to the area, to the millimetre, whatever the area asks for."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.constraints import CONTROLS, EFFECTS, check_status
from circle15.core.tables import Constraints
from circle15.judge import check_places

IDS = np.array(["P"], dtype=object)


def layer(*rows: tuple[str, str, Any]) -> Constraints:
    names, effects, shapes = zip(*rows, strict=True)
    ids = [str(number) for number in range(len(rows))]
    frame = {"constraint_id": ids, "name": list(names), "effect": list(effects)}
    return Constraints.build(geopandas.GeoDataFrame(frame, geometry=list(shapes)))


def outcome(point: Any, constraints: Constraints, name: str) -> str:
    found = check_places(IDS, np.array([point]), constraints).frame
    (row,) = found[found["constraint"] == name].to_dict("records")
    return str(row["outcome"])


@pytest.mark.parametrize(("x", "inside"), [(0.999, False), (1.0, True), (1.001, True), (9.0, True), (9.001, False)])
@pytest.mark.parametrize("effect", EFFECTS)
def test_the_boundary_belongs_to_the_area(x: float, inside: bool, effect: str) -> None:
    square = shapely.box(1, 1, 9, 9)
    expected = {
        "forbid": "fail" if inside else "pass",
        "require": "pass" if inside else "fail",
        "warn": "warn" if inside else "pass",
    }
    assert outcome(shapely.Point(x, 5), layer(("某范围", effect, square)), "某范围") == expected[effect]


def test_a_hole_is_not_inside_and_its_edge_is() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 9, 9).exterior, [shapely.box(3, 3, 6, 6).exterior.coords])
    field = layer(("永久基本农田", "forbid", ring))
    for x, expected in ((4.5, "pass"), (3.0, "fail"), (2.0, "fail")):
        assert outcome(shapely.Point(x, 4.5), field, "永久基本农田") == expected


def test_control_lines_come_first_and_those_not_given_are_not_checked() -> None:
    away = shapely.box(50, 50, 60, 60)
    found = check_places(IDS, shapely.points([[0, 0]]), layer(("乙", "warn", away), ("城镇开发边界", "require", away)))
    rows = list(found.frame[["constraint", "outcome"]].itertuples(index=False, name=None))
    assert rows == [
        ("永久基本农田", "not_checked"),
        ("生态保护红线", "not_checked"),
        ("城镇开发边界", "fail"),
        ("乙", "pass"),
    ]


coordinates = st.integers(0, 12)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=6), st.sampled_from(EFFECTS))
def test_places_are_checked_as_shapely_checks_each_alone(spots: list[tuple[int, int]], effect: str) -> None:
    areas = [shapely.box(2, 2, 5, 9), shapely.Polygon([(7, 1), (11, 1), (9, 8)])]
    ids = np.array([f"P-{number}" for number in range(len(spots))], dtype=object)
    points = shapely.points(spots)
    found = check_places(ids, points, layer(*(("某范围", effect, each) for each in areas))).frame
    for place_id, point in zip(ids, points, strict=True):
        (row,) = found[(found["place_id"] == place_id) & (found["constraint"] == "某范围")].to_dict("records")
        inside = any(area.distance(point) == 0 for area in areas)
        assert (row["outcome"] == "pass") == ((effect == "require") == inside)
    assert len(found) == len(spots) * (len(CONTROLS) + 1)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (("pass", "pass", "pass"), "clear"),
        (("pass", "pass", "pass", "warn"), "warned"),
        (("pass", "not_checked", "pass"), "partly_checked"),
        (("not_checked", "not_checked", "not_checked"), "not_checked"),
        (("warn", "not_checked", "fail"), "forbidden"),
    ],
)
def test_the_worst_check_decides_and_what_was_not_checked_is_never_clear(outcomes: Any, status: str) -> None:
    assert check_status(outcomes) == status
