"""Studies made of a few rows, written to a folder and run through the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from circle15.cli import app

CRS = "EPSG:4549"
# Where x and y of a row are 0, in metres of the CRS.
ORIGIN = (500_000.0, 2_700_000.0)

Row = Mapping[str, Any]
IDS = {"facilities": "facility_id", "residential": "area_id", "zone_table": "zone_id", "parcels": "parcel_id"}
# A pack of one's own, to which rules are added.
PACK_HEAD = """
schema = 1
id = "own"
title = "虚构"
source = "虚构"
legal_status = "in_force"
pace = { elderly = 1.0 }
"""
# Homes must stand somewhere, facilities and the zone table need not.
_NOWHERE: dict[str, Row] = {"residential": {"x": 0, "y": 0}}


@dataclass(frozen=True)
class Run:
    """What one call of the program left behind."""

    exit_code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def answer(self) -> dict[str, Any]:
        """The object that ``--format json`` printed."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    def table(self, name: str) -> list[dict[str, str]]:
        """The rows of a written table."""
        path = self.folder / "data" / "processed" / "case" / f"{name}.csv"
        with path.open(encoding="utf-8-sig", newline="") as opened:
            return list(csv.DictReader(opened))

    def verdicts(self, rule_id: str, metric: str | None = None) -> dict[str, dict[str, str]]:
        """The verdict rows of a rule by subject; of a rule with two metrics those of one."""
        rows = [row for row in self.table("verdicts") if row["rule_id"] == rule_id]
        return {row["subject_id"]: row for row in rows if metric in (None, row["metric"])}

    def outcome(self, rule_id: str, subject: str = "*") -> str:
        """One verdict."""
        return self.verdicts(rule_id)[subject]["outcome"]

    def shares(
        self, rule_id: str, basis: str = "zones", level: str = "study", metric: str = "attributes"
    ) -> list[dict[str, Any]]:
        """Coverage rows of a rule by one metric."""
        wanted = (rule_id, basis, level, metric)
        rows = self.answer["coverage"]
        return [row for row in rows if (row["rule_id"], row["basis"], row["level"], row["metric"]) == wanted]


def run(
    folder: Path,
    pack: str | list[str],
    tables: Mapping[str, Sequence[Row]],
    *,
    streets: Sequence[Sequence[Sequence[float]]] = (),
    settings: str = "",
    command: Sequence[str] = ("audit", "--format", "json", "-q"),
) -> Run:
    """Write a study with these tables and call the program on it.

    An id may be called ``id``; ``x`` and ``y`` are metres from the origin. A key that only some rows have leaves empty
    cells in the others. ``streets`` are lines of such places; ``settings`` are lines of TOML before the inputs.
    """
    study = write(folder, pack, tables, streets=streets, settings=settings)
    verb, *options = command
    result = CliRunner().invoke(app, [verb, str(study), *options])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Run(result.exit_code, result.stdout, result.stderr, folder)


def write(
    folder: Path,
    pack: str | list[str],
    tables: Mapping[str, Sequence[Row]],
    *,
    streets: Sequence[Sequence[Sequence[float]]] = (),
    settings: str = "",
) -> Path:
    """The study file of such a study, beside its tables."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["schema = 1", 'id = "case"', 'name = "虚构"', f"pack = {json.dumps(pack)}", settings]
    if streets or any("x" in row for rows in tables.values() for row in rows) or tables.get("residential"):
        lines.append(f'crs = "{CRS}"')
    if streets:
        (folder / "streets.geojson").write_text(json.dumps(_lines(streets)), encoding="utf-8")
        lines += _input("streets", "streets.geojson", located=True)
    for layer, rows in tables.items():
        if rows:
            frame = [_placed({**_NOWHERE.get(layer, {}), **_named(row, IDS[layer])}) for row in rows]
            _write_csv(folder / f"{layer}.csv", frame)
            lines += _input(layer, f"{layer}.csv", located=any("x" in row for row in frame))
    study = folder / "study.toml"
    study.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return study


def _input(layer: str, path: str, *, located: bool) -> list[str]:
    return [f"[inputs.{layer}]", f'path = "{path}"', *([f'crs = "{CRS}"'] if located else [])]


def _named(row: Row, key: str) -> Row:
    return {key if name == "id" else name: value for name, value in row.items()}


def _placed(row: Row) -> Row:
    """``x`` and ``y`` in the CRS; an ``x`` alone is on the line y = 0, an empty one nowhere."""
    if not isinstance(row.get("x"), int | float):
        return row
    return {**row, "x": row["x"] + ORIGIN[0], "y": row.get("y", 0) + ORIGIN[1]}


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns)
        writer.writeheader()
        writer.writerows(rows)


def _lines(streets: Iterable[Sequence[Sequence[float]]]) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"street_id": str(number)},
            "geometry": {
                "type": "LineString",
                "coordinates": [[x + ORIGIN[0], y + ORIGIN[1]] for x, y in street],
            },
        }
        for number, street in enumerate(streets)
    ]
    return {"type": "FeatureCollection", "features": features}
