"""Invented towns as study folders on disk, small enough to work out every answer by hand.

Places are metres east and north of an origin in EPSG:4549, so that distances in the files are exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from circle15.cli import app

CRS = "EPSG:4549"
ORIGIN = (353_500.0, 2_741_800.0)

Place = tuple[float, float]

STUDY = """\
schema = 1
id     = "invented"
name   = "虚构镇"
pack   = "jinjiang-2022"
crs    = "EPSG:4549"
fictional = true

[inputs.streets]
path = "streets.geojson"
crs  = "EPSG:4549"

[inputs.residential]
path = "homes.geojson"
crs  = "EPSG:4549"

[inputs.facilities]
path = "facilities.geojson"
crs  = "EPSG:4549"
"""

CANDIDATES = """
[inputs.candidates]
path = "candidates.geojson"
crs  = "EPSG:4549"
"""

ZONES = """
[inputs.zones]
path = "zones.geojson"
crs  = "EPSG:4549"
"""

OWN_PACK = STUDY.replace('"jinjiang-2022"', '"pack.toml"')

SITE = """
[[site]]
facility_type = "day_care"
rule      = "JJ-01"
metric    = "network"
stages    = [2023]
per_stage = [1]
weight    = "pop60"
"""

PACK = """\
schema = 1
id = "invented"
title = "虚构县养老服务设施布局方案"
source = "虚构〔2024〕1号"
legal_status = "in_force"

[pace]
elderly = 1.0
slow = 0.8

[[rule]]
id = "T-01"
kind = "within"
targets = ["day_care"]
metric = "network"
metric_source = "clause"
limit = { op = "<", value = 700, unit = "m" }
force = "binding"
verified = true
clause = "虚构条文"
"""

# One street of 3 km. One home is near the day-care centre, one is not, and a candidate stands there.
STREET: Sequence[Place] = ((-1000, 0), (2000, 0))
HOMES: Mapping[str, Mapping[str, Any]] = {
    "H-1": {"at": (100, 0), "households": 40, "population": 100, "pop60": 20},
    "H-2": {"at": (1500, 0), "households": 60, "population": 150, "pop60": 30},
}
FACILITIES: Mapping[str, Mapping[str, Any]] = {"F-1": {"at": (0, 0), "type": "day_care"}}
HOSTS: Mapping[str, Mapping[str, Any]] = {"C-1": {"at": (1400, 0), "host": "学校"}}


def features(rows: Iterable[Mapping[str, Any]]) -> str:
    """GeoJSON text of rows that hold ``geometry`` and properties."""
    found = [
        {
            "type": "Feature",
            "properties": {key: value for key, value in row.items() if key != "geometry"},
            "geometry": row["geometry"],
        }
        for row in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False, indent=1)


def moved(at: Place) -> list[float]:
    """A place of the town in the study CRS, to the millimetre."""
    return [round(ORIGIN[0] + at[0], 3), round(ORIGIN[1] + at[1], 3)]


def points(key: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """GeoJSON points of ``{id: {"at": (east, north), column: value …}}``."""
    return features(
        {key: name, **{column: value for column, value in row.items() if column != "at"}, "geometry": _point(row["at"])}
        for name, row in rows.items()
    )


def lines(streets: Iterable[Sequence[Place]]) -> str:
    """GeoJSON lines, which join where their vertices coincide."""
    return features(
        {"geometry": {"type": "LineString", "coordinates": [moved(at) for at in street]}} for street in streets
    )


def boxes(key: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """GeoJSON rectangles of ``{id: {"box": (west, south, east, north), column: value …}}``."""
    return features(
        {key: name, **{column: value for column, value in row.items() if column != "box"}, "geometry": _box(row["box"])}
        for name, row in rows.items()
    )


def write_town(
    folder: Path,
    *,
    streets: Iterable[Sequence[Place]] = (STREET,),
    homes: Mapping[str, Mapping[str, Any]] = HOMES,
    facilities: Mapping[str, Mapping[str, Any]] = FACILITIES,
    candidates: Mapping[str, Mapping[str, Any]] = HOSTS,
    study: str = STUDY + CANDIDATES + SITE,
    pack: str = PACK,
) -> Path:
    """Write a study, its layers and an invented pack into ``folder``; the path of the study file.

    A study uses the pack of the town where it says ``pack = "pack.toml"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "streets.geojson": lines(streets),
        "homes.geojson": points("area_id", homes),
        "facilities.geojson": points("facility_id", facilities),
        "candidates.geojson": points("candidate_id", candidates),
        "pack.toml": pack,
        "study.toml": study,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "study.toml"


def call(*arguments: object) -> Any:
    """The outcome of ``circle15 ARGUMENTS``: exit_code, stdout, stderr. A traceback is a failed test."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _point(at: Place) -> dict[str, Any]:
    return {"type": "Point", "coordinates": moved(at)}


def _box(box: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = box
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [[moved(at) for at in ring]]}
