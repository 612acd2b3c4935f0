"""One big study: the large composite with half a million residential areas and five thousand facilities."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from circle15 import pipeline
from circle15.core.units import round_half_up
from circle15.pipeline.streets import pave
from circle15.study import load_study
from tests.bench.networks import COMPOSITE_EPSG, composite_lines
from tests.bench.registry import SEED, Case, Figure, Goal, Input, Side, peak_mb

_HOMES, _FACILITIES = 500_000, 5_000
# How far a home may stand from the end of a street, east and north.
_ASIDE_M = 30.0
_STUDY = f"""\
schema = 1
id     = "big"
name   = "虚构大区"
pack   = "jinjiang-2022"
crs    = "EPSG:{COMPOSITE_EPSG}"
fictional = true
inputs.streets = {{ path = "streets.gpkg", crs = "EPSG:{COMPOSITE_EPSG}" }}
inputs.residential = {{ path = "homes.gpkg", crs = "EPSG:{COMPOSITE_EPSG}" }}
inputs.facilities = {{ path = "facilities.gpkg", crs = "EPSG:{COMPOSITE_EPSG}" }}
[route]
cache = "cache"
"""


def _make(folder: Path, smoke: bool) -> None:
    """Streets, homes beside their ends, facilities at ends, all drawn by lot; and the network in the cache."""
    random, crs = np.random.default_rng(SEED), f"EPSG:{COMPOSITE_EPSG}"
    lines = composite_lines(smoke=smoke)
    ids = np.arange(len(lines)).astype(str)
    gpd.GeoDataFrame({"street_id": ids}, geometry=shapely.linestrings(lines), crs=crs).to_file(folder / "streets.gpkg")
    ends = np.unique(lines.reshape(-1, 2), axis=0)
    count, sites = (30, 5) if smoke else (_HOMES, _FACILITIES)
    at = ends[random.integers(0, len(ends), count)] + random.uniform(-_ASIDE_M, _ASIDE_M, (count, 2))
    homes = {
        "area_id": [f"R{number}" for number in range(count)],
        "households": random.integers(50, 900, count),
        "population": random.integers(100, 2_500, count),
        "pop60": random.integers(5, 400, count),
    }
    places = shapely.points(round_half_up(at * 1000) / 1000)
    gpd.GeoDataFrame(homes, geometry=places, crs=crs).to_file(folder / "homes.gpkg")
    facilities = {"facility_id": [f"F{number}" for number in range(sites)], "type": "day_care", "status": "运营"}
    spots = shapely.points(ends[random.permutation(len(ends))[:sites]])
    gpd.GeoDataFrame(facilities, geometry=spots, crs=crs).to_file(folder / "facilities.gpkg")
    (folder / "study.toml").write_text(_STUDY, encoding="utf-8")
    study = load_study(folder / "study.toml")
    pave(study, study.inputs["streets"], pipeline.silent)


def _run(folder: Path, smoke: bool, outputs: tuple[str, ...]) -> Figure:
    """The seconds that pass from the study file to the last file written."""
    del smoke
    began = time.perf_counter()
    study = load_study(folder / "study.toml")
    with tempfile.TemporaryDirectory() as out:
        found = pipeline.audit(study, draw=outputs != ("tables",))
        pipeline.deliver(found, outputs, Path(out), {})
        passed = time.perf_counter() - began
        written = sum(path.stat().st_size for path in Path(out).rglob("*") if path.is_file()) / 1e6
    homes, sites = len(found.residential), len(found.facilities)
    return Figure(passed, f"{homes:,} areas, {sites:,} facilities, {written:,.0f} MB of files", peak_mb=peak_mb())


def _case(name: str, what: str, outputs: tuple[str, ...], seconds: float, gigabytes: int) -> Case:
    return Case(
        name=name,
        what=(
            f"The large composite with {_HOMES:,} residential areas and {_FACILITIES:,} facilities, network cached, "
            f"{what}."
        ),
        input=Input("big", "the large composite with homes and facilities", _make),
        sides=(Side("circle15", partial(_run, outputs=outputs), goal=Goal("<=", seconds), processes=1),),
        unit="s elapsed",
        remark=f"Its memory is to stay below {gigabytes * 1024:,} MB. The kernels were compiled on the machine before.",
        packages=("geopandas", "numba", "numpy", "pandas", "shapely"),
    )


CASES = (
    _case("big-tables", "from files to tables", ("tables",), 60, 4),
    _case(
        "big-all",
        "from files to tables, GeoJSON, report and map",
        ("tables", "geojson:rfc7946", "html_map", "markdown"),
        240,
        6,
    ),
)
