"""The datum advisor: it names the true datum of moved towns, and is silent wherever it cannot be sure."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from circle15.core.crs import Datum
from circle15.core.tables import Residential
from circle15.pipeline.health import datum_findings
from circle15.read.datum import bd09_from_wgs84, from_wgs84, gcj02_from_wgs84
from circle15.read.layers import empty_table, read_layer
from circle15.read.pack import shared_types
from circle15.read.project import reread
from circle15.read.spec import InputSpec
from circle15.route import Advice, advise

CRS = pyproj.CRS("EPSG:4548")
FORWARD: dict[Datum, Any] = {"GCJ02": gcj02_from_wgs84, "BD09": bd09_from_wgs84}
ORIGIN = np.array([495_000.0, 3_135_000.0])
TOWNS = {
    "tsinghua": "beijing-tsinghua/map.osm",
    "guixi": "guixi/guixi.osm",
    "shanghai": "shanghai-center/shanghai_center.osm",
}


def town(seed: int = 0, size: float = 2400.0) -> tuple[Any, Any]:
    """Streets of a jittered lattice, and buildings that keep clear of them."""
    random = np.random.default_rng(seed)
    at = np.cumsum(random.uniform(60, 140, 40))
    at = at[at < size]
    streets = [shapely.LineString([(each, 0), (each, size)]) for each in at]
    streets += [shapely.LineString([(0, each), (size, each)]) for each in at]
    lines = shapely.transform(np.array(streets, dtype=object), lambda xy: xy + ORIGIN)
    corners = random.uniform(0, size - 30, (3000, 2)) + ORIGIN
    houses = shapely.box(*corners.T, *(corners + random.uniform(15, 30, (3000, 2))).T)
    clear = np.ones(len(houses), dtype=bool)
    clear[shapely.STRtree(lines).query(houses, predicate="dwithin", distance=5)[0]] = False
    return lines, houses[clear][:500]


def readings(shapes: Any) -> dict[tuple[str, Any], Any]:
    """Of a layer and streets declared as WGS 84."""
    found: dict[tuple[str, Any], Any] = {}
    for datum in FORWARD:
        found["residential", datum] = reread(shapes, CRS, "WGS84", datum)
        found["streets", datum] = reread(shapes, CRS, datum, "WGS84")
    return found


def moved(shapes: Any, datum: Any) -> Any:
    """Placed as if their degrees in ``datum`` were WGS 84."""
    return reread(shapes, CRS, datum, "WGS84")


def names(advice: Advice | None) -> tuple[tuple[str, str], ...] | None:
    return None if advice is None else advice.readings


# ---- an invented town ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("datum", FORWARD)
def test_buildings_in_another_datum_are_told(datum) -> None:
    lines, houses = town()
    filed = moved(houses, datum)
    found = advise(lines, filed, readings(filed))
    assert found is not None
    assert found.readings == (("residential", datum),)
    assert found.likely == 0
    assert found.declared > 0.2


@pytest.mark.parametrize("datum", FORWARD)
def test_streets_in_another_datum_are_told(datum) -> None:
    lines, houses = town()
    assert names(advise(moved(lines, datum), houses, readings(houses))) == (("streets", datum),)


def test_many_points_are_told_and_few_are_not() -> None:
    lines, houses = town()
    filed = moved(shapely.centroid(houses), "GCJ02")
    found = advise(lines, filed, readings(filed))
    assert found is not None
    assert (found.readings, found.kind) == ((("residential", "GCJ02"),), "points")
    few = filed[:60]
    assert advise(lines, few, readings(few)) is None


def test_true_places_are_left_alone() -> None:
    lines, houses = town()
    for shapes in (houses, shapely.centroid(houses)):
        assert advise(lines, shapes, readings(shapes)) is None


def test_an_offset_of_another_kind_is_not_given_a_name() -> None:
    """Beijing 54 taken for CGCS2000, or a local grid: wrong, but neither GCJ-02 nor BD-09."""
    lines, houses = town()
    for by in ((60.0, -90.0), (-400.0, 300.0), (0.0, 1200.0)):
        filed = shapely.transform(houses, lambda xy, by=by: xy + np.array(by))
        assert advise(lines, filed, readings(filed)) is None


def test_homes_put_on_their_street_by_an_address_search_are_left_alone() -> None:
    """Under every other datum fewer are on a street, as chance has it: that is no evidence."""
    lines, _ = town()
    random = np.random.default_rng(5)
    for spread in (0.5, 4.0, 15.0):
        dots = shapely.line_interpolate_point(random.choice(lines, 800), random.uniform(0, 1, 800), normalized=True)
        places = shapely.points(shapely.get_coordinates(dots) + random.normal(0, spread, (800, 2)))
        assert advise(lines, places, readings(places)) is None


def test_parcels_that_streets_run_through_anyway_give_no_advice() -> None:
    lines, houses = town()
    parcels = moved(shapely.buffer(shapely.centroid(houses), 150), "GCJ02")
    assert advise(lines, parcels, readings(parcels)) is None


def test_a_layer_without_streets_or_offset_gives_no_advice() -> None:
    lines, houses = town()
    assert advise(lines[:0], houses, readings(houses)) is None
    assert advise(lines, houses, {("residential", "GCJ02"): houses}) is None


# ---- declarations of the layers ------------------------------------------------------------------------------


def findings(lines: Any, shapes: Any, **declared: Any) -> list[Any]:
    """What is found of homes and streets as a study would declare them."""
    homes = geopandas.GeoDataFrame({"area_id": [str(n) for n in range(len(shapes))]}, geometry=shapes, crs=CRS)
    streets = geopandas.GeoDataFrame({"street_id": [str(n) for n in range(len(lines))]}, geometry=lines, crs=CRS)
    tables = {
        "streets": SimpleNamespace(frame=streets),
        "residential": Residential.build(homes),
        "facilities": empty_table("facilities"),
    }
    inputs = {
        "streets": InputSpec("streets", Path("roads.shp"), "roads.shp", datum=declared.get("streets", "WGS84")),
        "residential": InputSpec("residential", Path("h.shp"), "h.shp", datum=declared.get("homes", "WGS84")),
    }
    study: Any = SimpleNamespace(inputs=inputs, crs=CRS)
    return datum_findings(study, tables)


def test_the_finding_names_datum_and_evidence_and_decides_nothing() -> None:
    lines, houses = town()
    (found,) = findings(lines, moved(houses, "GCJ02"))
    assert (found.code, found.severity, found.layer) == ("datum_suspect", "warning", "residential")
    assert "residential 实为 GCJ-02" in found.message.zh
    assert "只有 0%" in found.message.zh
    assert "不作更改" in found.message.zh


def test_a_layer_wrongly_declared_as_gcj02_is_told_with_both_explanations() -> None:
    """True places read as GCJ-02: either they are WGS 84, or the streets are GCJ-02 too."""
    lines, houses = town()
    wrong = reread(houses, CRS, "WGS84", "GCJ02")
    (found,) = findings(lines, wrong, homes="GCJ02")
    assert "residential is WGS 84, or streets is GCJ-02" in found.message.en


def test_what_osm_files_are_in_is_beyond_doubt() -> None:
    lines, houses = town()
    study: Any = SimpleNamespace(
        inputs={
            "streets": InputSpec("streets", Path("a.osm.pbf"), "a.osm.pbf"),
            "residential": InputSpec("residential", Path("a.osm.pbf"), "a.osm.pbf"),
        },
        crs=CRS,
    )
    homes = geopandas.GeoDataFrame(
        {"area_id": [str(n) for n in range(len(houses))]}, geometry=moved(houses, "GCJ02"), crs=CRS
    )
    tables = {
        "streets": SimpleNamespace(frame=geopandas.GeoDataFrame(geometry=lines, crs=CRS)),
        "residential": Residential.build(homes),
        "facilities": empty_table("facilities"),
    }
    assert datum_findings(study, tables) == []


# ---- real towns ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared: Path) -> dict[str, tuple[Any, Any]]:
    """Streets, and outlines of homes where there are any."""
    found = {}
    for name, file in TOWNS.items():
        path = shared / file
        streets, _, _ = read_layer(InputSpec("streets", path, path.name), CRS, {})
        homes: Any = np.array([], dtype=object)
        if name != "shanghai":
            table, _, _ = read_layer(InputSpec("residential", path, path.name), CRS, shared_types())
            homes = table.frame.geometry.to_numpy()
        found[name] = (streets.frame.geometry.to_numpy(), homes)
    return found


@pytest.mark.parametrize("name", ["tsinghua", "guixi"])
@pytest.mark.parametrize("datum", FORWARD)
def test_the_true_datum_of_real_outlines_is_named(real, name, datum) -> None:
    lines, homes = real[name]
    own = CRS.geodetic_crs

    def filed(xy: Any) -> Any:
        """Degrees moved by the forward formula, placed as the WGS 84 degrees that they are declared to be."""
        lon, lat = pyproj.Transformer.from_crs(CRS, own, always_xy=True).transform(*xy.T)
        there = pyproj.Transformer.from_crs(own, CRS, always_xy=True).transform(*from_wgs84(lon, lat, datum))
        return np.column_stack(there)

    (found,) = findings(lines, shapely.transform(homes, filed))
    assert f"residential is {'GCJ-02' if datum == 'GCJ02' else 'BD-09'}" in found.message.en
    assert "streets is" not in found.message.en


@pytest.mark.parametrize("name", TOWNS)
def test_real_towns_in_their_place_are_left_alone(real, name) -> None:
    lines, homes = real[name]
    (west, south), (east, north) = shapely.total_bounds(lines).reshape(2, 2)
    for seed in range(3):
        random = np.random.default_rng(seed)
        for count in (20, 400):
            dots = shapely.points(random.uniform((west, south), (east, north), (count, 2)))
            assert findings(lines, dots) == []
        on = shapely.line_interpolate_point(random.choice(lines, 400), random.uniform(0, 1, 400), normalized=True)
        assert findings(lines, on) == []
        if len(homes):
            assert findings(lines, random.choice(shapely.centroid(homes), 20, replace=False)) == []
    if len(homes):
        assert findings(lines, homes) == []
        assert findings(lines, shapely.centroid(homes)) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_no_shift_of_an_invented_town_is_given_a_wrong_name(seed) -> None:
    random = np.random.default_rng(seed)
    lines, houses = town(seed)
    chosen = random.choice(houses, int(random.integers(20, len(houses))), replace=False)
    for shapes in (chosen, shapely.centroid(chosen)):
        assert advise(lines, shapes, readings(shapes)) is None
        by = random.uniform(-1300, 1300, 2)
        stray = shapely.transform(shapes, lambda xy, by=by: xy + by)
        assert advise(lines, stray, readings(stray)) is None
        for datum in FORWARD:
            filed = moved(shapes, datum)
            assert names(advise(lines, filed, readings(filed))) in (None, (("residential", datum),))
