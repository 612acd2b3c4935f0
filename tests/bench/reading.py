"""Reading and checking the layers of a metropolis."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from tests.bench.registry import SEED, Case, Figure, Input, Side, timed


def _make(folder: Path, smoke: bool) -> None:
    """Residential areas with Chinese headings and messy cells, as GeoPackage and as CSV."""
    count = 300 if smoke else 500_000
    random = np.random.default_rng(SEED)
    columns = {
        "小区编号": [f"R{number:06d}" for number in range(count)],
        "小区名称": [f"虚构花园{number}" for number in range(count)],
        "户数": [f"{number:,}户" for number in random.integers(50, 2000, count)],
        "60岁以上": random.integers(0, 400, count),
        "用地面积(亩)": random.integers(1, 90, count),
        "城乡": random.choice(["城镇", "农村"], count),
        "社区代码": [f"350582001{number % 5000:04d}" for number in range(count)],
        "住宅建成日期": "2019-06-30",
    }
    lonlat = np.column_stack([118.4 + random.random(count) / 5, 24.6 + random.random(count) / 5])
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(lonlat), crs="EPSG:4326")
    table = frame.drop(columns="geometry").assign(经度=lonlat[:, 0], 纬度=lonlat[:, 1])
    table.to_csv(folder / "homes.csv", index=False)
    frame.to_file(folder / "homes.gpkg")


def _read(folder: Path, smoke: bool, name: str) -> Figure:
    del smoke
    spec = InputSpec("residential", folder / name, name, datum="GCJ02")
    work = partial(read_layer, spec, pyproj.CRS("EPSG:4549"), {})
    return timed(work, lambda found: f"{len(found[0].frame):,} rows, {len(found[1])} findings")


CASES = (
    Case(
        name="read",
        what="500,000 residential rows with Chinese headings and messy cells, read and checked.",
        input=Input("homes", "residential areas", _make),
        sides=(
            Side("GeoPackage", partial(_read, name="homes.gpkg"), processes=1),
            Side("CSV", partial(_read, name="homes.csv"), processes=1),
        ),
        packages=("geopandas", "pandas"),
    ),
)
