"""No leg crosses a barrier: the nearest point of a street that can be walked to straight."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from circle15.read.town import draw
from circle15.route import Anchors, barriers, build, index, snap
from circle15.route.sight import nearest_in_sight
from tests.towns import STUDY, boxes, call, lines, points, write_town

ORIGIN = np.array([500_000_000, 2_700_000_000])

TOWN = draw(
    """
    A---------B



    C---------D
    """,
    streets=["AB", "CD"],
    cell_m=100,
)


def metres(*places: tuple[float, float]) -> list[list[float]]:
    """Places counted in metres from A, eastwards and northwards."""
    return [[500_000 + x, 2_700_000 + y] for x, y in places]


def anchored(at: list[tuple[float, float]], *walls: object, leg_m: int = 250) -> Anchors:
    mm = np.array([[round(x * 1000), round(y * 1000)] for x, y in at]) + ORIGIN
    shapes = np.array(walls, dtype=object)
    return snap(index(build(TOWN.streets), barriers(shapes) if walls else None), mm, leg_m * 1000)


def wall(*places: tuple[float, float]) -> object:
    return shapely.LineString(metres(*places))


def at(found: Anchors, row: int = 0) -> tuple[float, float, float]:
    """Where an anchor lies, in metres from A, and its leg."""
    x, y = (found.xy_mm[row] - ORIGIN) / 1000
    return round(x, 3), round(y, 3), found.leg_mm[row] / 1000


def test_without_a_barrier_the_nearest_point_counts() -> None:
    assert at(anchored([(400, -150)])) == (400, 0, 150)


def test_across_a_river_the_street_of_the_own_bank_counts() -> None:
    assert at(anchored([(400, -150)], wall((-500, -100), (1500, -100)))) == (400, -400, 250)


def test_a_street_beyond_every_leg_leaves_the_reason() -> None:
    found = anchored([(400, -150), (3000, 0)], wall((-500, -100), (1500, -100)), leg_m=200)
    assert found.snapped.tolist() == [False, False]
    assert found.barred.tolist() == [True, False]


def test_round_the_end_of_a_wall_the_leg_grazes_it() -> None:
    # The wall ends at x = 420, half-way to the street: the first point in sight is at x = 440.
    x, y, leg = at(anchored([(400, -150)], wall((0, -75), (420, -75))))
    assert (x, y) == (440, 0)
    assert leg == pytest.approx(np.hypot(40, 150), abs=0.001)


def test_the_corner_of_a_wall_is_no_gap() -> None:
    # The leg to (400, 0) passes exactly through the vertex of an L, in one segment's prolongation of the other.
    bent = wall((300, -75), (400, -75), (500, -60))
    assert at(anchored([(400, -150)], bent))[0] not in (400.0,)


def test_two_walls_with_a_gap_let_through() -> None:
    gap = [wall((0, -75), (399, -75)), wall((401, -75), (1000, -75))]
    assert at(anchored([(400, -150)], *gap)) == (400, 0, 150)


def test_who_stands_on_a_wall_is_not_cut_off_by_it() -> None:
    assert at(anchored([(400, -75)], wall((0, -75), (400, -75), (700, -75)))) == (400, 0, 75)


def test_a_street_that_runs_on_a_barrier_can_be_reached() -> None:
    assert at(anchored([(400, -150)], wall((0, 0), (1000, 0)))) == (400, 0, 150)


def test_a_bridge_is_reached_at_its_bank() -> None:
    # A pond under the street from x = 300 to 500, y = −100 to 100; from the shore the bridge is reached at its bank.
    pond = shapely.Polygon(metres((300, -100), (500, -100), (500, 100), (300, 100)))
    assert at(anchored([(290, -50)], pond))[:2] == (290, 0)
    x, y, _ = at(anchored([(310, -110)], pond))
    assert (round(x, 3), y) == (round(310 - 10 * 110 / 10, 3), 0)


def test_cutting_a_street_changes_no_anchor() -> None:
    whole = draw("A----B", streets=["AB"], cell_m=100)
    parts = draw("A-CD-B", streets=["AC", "CD", "DB"], cell_m=100)
    random = np.random.default_rng(5)
    spots = np.column_stack([random.integers(0, 500_000, 60), random.integers(-120_000, 120_000, 60)]) + ORIGIN
    walls = [shapely.LineString((spots[row] + random.integers(-60_000, 60_000, (2, 2))) / 1000) for row in range(60)]
    one, other = (snap(index(build(town.streets), barriers(walls)), spots, 200_000) for town in (whole, parts))
    assert one.snapped.tolist() == other.snapped.tolist()
    assert one.snapped.sum() > 10
    assert np.abs(one.xy_mm - other.xy_mm)[one.snapped].max() < 0.01
    assert one.leg_mm[one.snapped].tolist() == other.leg_mm[one.snapped].tolist()
    assert (one.leg_mm > snap(build(whole.streets), spots, 200_000).leg_mm)[one.snapped].any()


def test_sight_agrees_with_walking_the_street_step_by_step() -> None:
    # Every centimetre of a street of 20 m is tried by shapely; nothing in sight is nearer than what was found.
    random = np.random.default_rng(11)
    steps = np.linspace(0, 1, 2001)
    hidden = 0
    for _ in range(150):
        a, b = np.array([[0, 0]]), np.array([[20_000, int(random.integers(-3000, 3000))]])
        point = random.integers(-8000, 28_000, 2)
        start = random.integers(-5000, 25_000, (int(random.integers(1, 7)), 2))
        end = start + random.integers(-6000, 6000, start.shape)
        _, share = nearest_in_sight(point, a, b, start, end)
        found = np.hypot(*(a + (b - a) * share[:, None] - point).T).min(initial=np.inf)
        street = a + (b - a) * steps[:, None]
        legs = shapely.linestrings(np.stack([np.broadcast_to(point, street.shape), street], axis=1))
        walls = shapely.multilinestrings(shapely.linestrings(np.stack([start, end], axis=1)))
        seen = street[~shapely.intersects(legs, walls)]
        least = np.hypot(*(seen - point).T).min(initial=np.inf)
        free, at_foot = nearest_in_sight(point, a, b, start[:0], end[:0])
        hidden += found > np.hypot(*(a + (b - a) * at_foot[:, None] - point).T).min() + 1
        assert len(free) == 1
        if np.isinf(found) or np.isinf(least):
            # A glimpse narrower than the step is found only by the exact way.
            assert np.isinf(least)
            assert np.isinf(found) or len(seen) == 0
        else:
            assert found <= least + 1e-6
            assert least - found <= 15
    assert hidden > 10


# ---- through the corridor ------------------------------------------------------------------------------------

RIVER = """
[inputs.barriers]
path = "river.geojson"
crs  = "EPSG:4549"
"""


def table(study: Path, name: str) -> list[dict[str, str]]:
    path = study.parent / "data" / "processed" / "invented" / f"{name}.csv"
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_a_home_across_the_river_is_unknown_with_the_reason(tmp_path: Path) -> None:
    homes = {"H-1": {"at": (100, 100)}, "H-2": {"at": (200, -100)}, "H-3": {"at": (300, 900)}}
    study = write_town(tmp_path, study=STUDY + RIVER, homes=homes)
    (tmp_path / "river.geojson").write_text(lines([[(-2000, 50), (3000, 50)]]), encoding="utf-8")
    call("audit", study, "-q")
    rows = {row["area_id"]: row for row in table(study, "access") if row["rule_id"] == "JJ-01"}
    assert (rows["H-1"]["state"], rows["H-1"]["reason"], rows["H-1"]["distance_m"]) == ("not_snapped", "barrier", "")
    assert (rows["H-2"]["state"], rows["H-2"]["reason"], rows["H-2"]["distance_m"]) == ("reached", "", "300.000")
    assert (rows["H-3"]["state"], rows["H-3"]["reason"]) == ("not_snapped", "no_street")
    assert rows["H-1"]["straight_m"] == "141.421"
    found = {row["code"]: row for row in table(study, "findings")}
    assert (found["behind_barrier"]["count"], found["behind_barrier"]["ids"]) == ("1", "H-1")
    assert (found["not_snapped"]["count"], found["not_snapped"]["ids"]) == ("1", "H-3")
    assert "阻隔" in call("explain", study, "H-1").stdout


def test_walls_bar_and_gates_on_them_open(tmp_path: Path) -> None:
    # A walled compound between x = 50 and 150; its wall is the barrier, its gate lies on it.
    entrances = RIVER + RIVER.replace("barriers", "entrances").replace("river", "gates")
    compound = {"H-1": {"box": (50, 20, 150, 120)}}
    study = write_town(tmp_path, study=STUDY + entrances)
    (tmp_path / "homes.geojson").write_text(boxes("area_id", compound), encoding="utf-8")
    (tmp_path / "river.geojson").write_text(boxes("barrier_id", compound), encoding="utf-8")
    gates = {"G": {"at": (100, 20), "area_id": "H-1"}, "inside": {"at": (60, 40), "area_id": "H-1"}}
    (tmp_path / "gates.geojson").write_text(points("entrance_id", gates), encoding="utf-8")
    call("audit", study, "-q")
    row = next(row for row in table(study, "access") if row["rule_id"] == "JJ-01")
    assert (row["state"], row["entrance_id"], row["distance_m"]) == ("reached", "G", "120.000")
    found = {row["code"]: row for row in table(study, "findings")}
    assert (found["behind_barrier"]["layer"], found["behind_barrier"]["ids"]) == ("entrances", "inside")


def test_barriers_of_openstreetmap_are_what_lies_on_the_ground(shared: Path) -> None:
    path = shared / "beijing-tsinghua" / "map.osm"
    table_, _, source = read_layer(InputSpec("barriers", path, path.name), pyproj.CRS("EPSG:32650"), {})
    frame = table_.frame
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert set(frame["kind"]) <= {"water", "railway", "wall"}
    assert (frame["kind"] == "water").sum() > 3
    assert source.attribution
