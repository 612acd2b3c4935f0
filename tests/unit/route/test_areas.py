"""Reached parts of streets to the millimetre, and the areas drawn round them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from circle15.core.drawing import Drawing
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from circle15.read.town import draw as sketch
from circle15.read.town import grid as lattice
from circle15.route import (
    Anchors,
    Network,
    build,
    draw,
    draw_each,
    draw_straight,
    pairs,
    reached,
    reached_by_each,
    reached_parts,
    snap,
)
from circle15.route.grid import _stitched, area_round, lower_plainly

GRID, EXACT = Drawing(), Drawing(method="exact")
RAW = Path(__file__).resolve().parents[3] / "data" / "raw"


@pytest.fixture(scope="module")
def helsinki() -> tuple[Network, Anchors]:
    """The sample's streets, and a hundred points beside them."""
    path = RAW / "helsinki" / "helsinki.osm.pbf"
    streets, _, _ = read_layer(InputSpec("streets", path, path.name), pyproj.CRS(32635), {})
    network = build(streets)  # type: ignore[arg-type]  # the layer of streets is the table Streets
    random = np.random.default_rng(3)
    at = network.piece_a[random.integers(0, len(network.piece_a), 100)]
    return network, snap(network, at + random.integers(-20_000, 20_000, at.shape), 150_000)


TOWN = sketch(
    """
    A--B-----C
       |
       D
    """,
    streets=["AC", "BD"],
    cell_m=100,
)


def test_parts_are_cut_at_the_limit_and_do_not_overlap() -> None:
    # B is no vertex of AC, so BD stands apart. From 250 m along AC, 20 m away: 80 m each way.
    town = sketch("A--B-----C\n   |\n   D", streets=["ABC", "BD"], cell_m=100)
    network = build(town.streets)
    spot = town.points_mm("A") + np.array([350_000, 20_000])
    found = reached(network, snap(network, spot, 50_000), 100_000)
    told = {(int(e), int(low), int(high)) for e, low, high in zip(found.edge, found.low_mm, found.high_mm, strict=True)}
    lengths = dict(enumerate(network.edge_mm.tolist()))
    # Edge AB (300 m) from 270 to its end, edge BC (600 m) up to 130, edge BD (200 m) up to 30.
    by_length = {lengths[edge]: (low, high) for edge, low, high in told}
    assert by_length == {300_000: (270_000, 300_000), 600_000: (0, 130_000), 200_000: (0, 30_000)}
    parts = reached_parts(network, found)
    assert sorted(shapely.length(parts).round(6)) == [30, 30, 130]


def test_everything_reached_adds_up_to_all_streets(helsinki: tuple[Network, Anchors]) -> None:
    network, anchors = helsinki
    main = int(np.argmax(network.component_mm))
    source = anchors.take(np.flatnonzero(network.edge_component[anchors.edge] == main))
    found = reached(network, source, 10**9)
    assert (found.high_mm - found.low_mm).sum() == network.component_mm[main]
    assert len(np.unique(found.edge)) == len(found.edge)
    one = reached_by_each(network, source.take([0]), 10**9)
    assert (one.high_mm - one.low_mm).sum() == network.component_mm[main]


@pytest.mark.parametrize("most", [0, 40_000, 250_000, 700_000])
def test_parts_of_all_are_the_union_of_the_parts_of_each(helsinki: tuple[Network, Anchors], most: int) -> None:
    network, anchors = helsinki
    some = anchors.take(np.arange(12))
    each, together = reached_by_each(network, some, most), reached(network, some, most)
    spans: dict[int, list[list[int]]] = {}
    for edge, low, high in sorted(zip(each.edge.tolist(), each.low_mm.tolist(), each.high_mm.tolist(), strict=True)):
        mine = spans.setdefault(edge, [])
        if mine and low <= mine[-1][1]:
            mine[-1][1] = max(mine[-1][1], high)
        else:
            mine.append([low, high])
    expected = [(edge, low, high) for edge, mine in spans.items() for low, high in mine]
    found = zip(together.edge.tolist(), together.low_mm.tolist(), together.high_mm.tolist(), strict=True)
    assert list(found) == expected
    lines = reached_parts(network, each)
    assert shapely.length(lines).sum() == pytest.approx((each.high_mm - each.low_mm).sum() / 1000, abs=0.5)
    for stretches in (each, together):
        same = (np.diff(stretches.owner) == 0) & (np.diff(stretches.edge) == 0)
        assert (stretches.low_mm[1:][same] > stretches.high_mm[:-1][same]).all()


def test_a_service_area_holds_every_reached_anchor(helsinki: tuple[Network, Anchors]) -> None:
    network, anchors = helsinki
    near = pairs(network, anchors.take([5]), anchors, 500_000)
    shape = draw(network, anchors.take([5]), 500_000, GRID)
    places = shapely.points(anchors.xy_mm[near.target] / 1000)
    assert len(places) >= 10
    assert shapely.covers(shape, places).all()


def test_a_larger_limit_holds_a_smaller_one_and_all_hold_each(helsinki: tuple[Network, Anchors]) -> None:
    network, anchors = helsinki
    some = anchors.take([1, 40, 77])
    areas = [draw(network, some, most, GRID) for most in (100_000, 300_000, 301_000, 600_000)]
    for smaller, larger in itertools.pairwise(areas):
        assert smaller.difference(larger.buffer(0.002)).area == 0
        assert smaller.area < larger.area
    for shape in draw_each(network, some, 300_000, GRID):
        assert shape.difference(areas[1].buffer(0.002)).area == 0


def test_contours_are_the_buffer_but_for_a_hundredth(helsinki: tuple[Network, Anchors]) -> None:
    network, anchors = helsinki
    rows = anchors.take(np.arange(0, 100, 20))
    fine = draw_each(network, rows, 1_000_000, Drawing(cell_m=5))
    drawn, buffered = (draw_each(network, rows, 1_000_000, how) for how in (GRID, EXACT))
    for coarse, fine_one, exact in zip(drawn, fine, buffered, strict=True):
        assert coarse.is_valid
        assert _alike(coarse, exact) >= 0.99
        assert _alike(fine_one, exact) >= 0.995


@pytest.mark.parametrize(("cell", "tile_cells"), [(10.0, 12), (7.3, 20), (3.3, 31)])
def test_tiles_tied_together_are_the_union_of_them(
    helsinki: tuple[Network, Anchors], monkeypatch: pytest.MonkeyPatch, cell: float, tile_cells: int
) -> None:
    """Vertex by vertex: rings across many tiles, courts within courts, and sides that are no whole number."""
    network, anchors = helsinki
    found = reached_parts(network, reached(network, anchors, 300_000))
    segments = np.concatenate([shapely.get_coordinates(found)[:-1], shapely.get_coordinates(found)[1:]], axis=1)
    same = np.repeat(np.arange(len(found)), shapely.get_num_coordinates(found))
    segments = segments[same[1:] == same[:-1]]
    seen = []

    def watched(parts: Any, side: float) -> Any:
        seen.append(parts)
        return _stitched(parts, side)

    monkeypatch.setattr("circle15.route.grid._stitched", watched)
    drawn = area_round(segments, 25.0, cell, tile_cells)
    (parts,) = seen
    assert len(parts) > len(shapely.get_parts(drawn))
    assert any(shapely.get_num_interior_rings(shapely.get_parts(drawn)) > 0)
    assert shapely.to_wkb(drawn) == shapely.to_wkb(shapely.normalize(shapely.union_all(parts)))


def test_areas_drawn_a_few_at_a_time_are_those_drawn_one_by_one(
    helsinki: tuple[Network, Anchors], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, anchors = helsinki
    some = anchors.take(np.arange(11))
    monkeypatch.setattr("circle15.route.areas._AT_ONCE", 4)
    drawn = draw_each(network, some, 300_000, GRID)
    alone = [draw_each(network, some.take([row]), 300_000, GRID)[0] for row in range(len(some))]
    assert shapely.to_wkb(drawn).tolist() == shapely.to_wkb(alone).tolist()


def _alike(one: shapely.Geometry, other: shapely.Geometry) -> float:
    return float(one.intersection(other).area / one.union(other).area)


def test_tiles_leave_no_seam() -> None:
    random = np.random.default_rng(3)
    start = random.uniform(0, 3000, (80, 2))
    segments = np.concatenate([start, start + random.uniform(-300, 300, (80, 2))], axis=1)
    whole = area_round(segments, 25.0, 10.0)
    for cells in (8, 33, 100):
        tiled = area_round(segments, 25.0, 10.0, tile_cells=cells)
        assert tiled.is_valid
        assert tiled.symmetric_difference(whole).area == pytest.approx(0, abs=1e-6)
        assert sum(len(part.interiors) for part in tiled.geoms) == sum(len(part.interiors) for part in whole.geoms)


def test_the_compiled_loop_and_the_plain_one_agree() -> None:
    field = pytest.importorskip("circle15.route.field")
    random = np.random.default_rng(9)
    start = random.uniform(-500, 500, (50, 2))
    segments = np.concatenate([start, start + random.uniform(-60, 60, (50, 2))], axis=1)
    segments[7, 2:] = segments[7, :2]
    compiled, plain = np.full((90, 110), 1225.0), np.full((90, 110), 1225.0)
    field.lower(segments, -50, -40, 10.0, 35.0, compiled)
    lower_plainly(segments, -50, -40, 10.0, 35.0, plain)
    np.testing.assert_allclose(compiled, plain, rtol=1e-12)
    nodes = shapely.points(*np.meshgrid((np.arange(110) - 50) * 10.0, (np.arange(90) - 40) * 10.0))
    lines = shapely.multilinestrings(shapely.linestrings(segments.reshape(-1, 2, 2)))
    np.testing.assert_allclose(np.sqrt(plain), np.minimum(shapely.distance(nodes, lines), 35), atol=1e-9)


def test_streets_on_either_side_of_the_earth_need_no_field_between() -> None:
    # A field over both would have 10¹² nodes.
    segments = np.array([[0.0, 0.0, 100.0, 0.0], [1e7, 1e7, 1e7 + 100, 1e7]])
    shape = area_round(segments, 25.0, 10.0)
    assert len(shape.geoms) == 2
    assert shape.area == pytest.approx(2 * (100 * 50 + np.pi * 25**2), rel=0.01)


def test_lines_on_the_lattice_make_valid_areas() -> None:
    # Nodes exactly 25 m away everywhere: the contour runs beside them, through none.
    segments = np.array([[0, 25, 1000, 25], [0, 75, 1000, 75], [500, -300, 500, 300], [525, 0, 525, 300.0]])
    for cell in (5.0, 10.0, 12.5):
        shape = area_round(segments, 25.0, cell)
        assert shape.is_valid
        exact = shapely.union_all(shapely.buffer(shapely.linestrings(segments.reshape(-1, 2, 2)), 25, quad_segs=32))
        assert _alike(shape, exact) > 0.985


def test_holes_are_kept_or_filled_by_either_method() -> None:
    town = lattice(2, 2, 400)
    network = build(town.streets)
    anchors = snap(network, town.points_mm(["0,0"]), 1000)
    for method, rel in (("grid", 0.01), ("exact", 0.001)):
        kept = draw(network, anchors, 10_000_000, Drawing(method=method))  # type: ignore[arg-type]  # a Method
        filled = draw(network, anchors, 10_000_000, Drawing(method=method, holes="filled"))  # type: ignore[arg-type]
        assert filled.area - kept.area == pytest.approx(350**2, rel=rel)
    ring = np.array([[0, 0], [800_000, 0], [0, 800_000], [800_000, 800_000]])
    open_, shut = (draw_straight(ring, 450_000, Drawing(holes=how)) for how in ("kept", "filled"))
    assert open_.area < shut.area


def test_nothing_reached_is_an_empty_area() -> None:
    network = build(TOWN.streets)
    far = snap(network, TOWN.points_mm("A") + np.array([0, 900_000]), 100_000)
    for drawing in (GRID, EXACT, Drawing(holes="filled")):
        assert draw(network, far, 700_000, drawing).is_empty
        (shape,) = draw_each(network, far, 700_000, drawing)
        assert shape.is_empty
        assert draw_each(network, far.take([]), 700_000, drawing) == []


def test_a_reach_of_no_length_is_a_spot() -> None:
    # The leg is the whole limit: one point of the street is reached.
    network = build(TOWN.streets)
    found = snap(network, TOWN.points_mm("A") + np.array([350_000, 20_000]), 50_000)
    stretches = reached(network, found, 20_000)
    assert (stretches.high_mm - stretches.low_mm).tolist() == [0]
    assert len(reached_parts(network, stretches)) == 0
    assert draw(network, found, 20_000, GRID).area == pytest.approx(np.pi * 25**2, rel=0.04)
    assert draw(network, found, 19_999, GRID).is_empty
