"""Porto Alegre from the command line: real streets from a PBF, real people from a CSV, no file prepared by hand."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.towns import call

PACK = """\
schema = 1
id = "porto-alegre-test"
title = "invented limits for a real town"
source = "invented"
legal_status = "in_force"

[pace]
adult = 1.2

[[rule]]
id = "H-700"
kind = "within"
targets = ["health_center"]
metric = "straight_line"
metric_source = "interpretation"
limit = { op = "<", value = 700, unit = "m" }
force = "advised"
verified = false
clause = "700 m"

[[rule]]
id = "H-15"
kind = "within"
targets = ["health_center"]
metric = "network"
metric_source = "interpretation"
limit = { op = "<=", value = 15, unit = "min" }
pace = "adult"
force = "advised"
verified = false
clause = "15 min"
"""
STUDY = """\
schema = 1
id = "porto-alegre"
name = "Porto Alegre"
pack = "pack.toml"
crs = "EPSG:32722"

[inputs.streets]
path = "{data}/poa_osm.pbf"
[inputs.residential]
path = "{data}/poa_hexgrid.csv"
datum = "WGS84"
columns = {{ area_id = "id" }}
[inputs.facilities]
path = "{data}/poa_hexgrid.csv"
datum = "WGS84"
columns = {{ facility_id = "id" }}
where = "healthcare > 0"
type = "health_center"
"""

# People with a health centre in reach, and people near no street.
FIGURES = {
    ("H-700", "straight_line"): ("685569", "0"),
    ("H-700", "network"): ("467904", "372"),
    ("H-15", "network"): ("691868", "372"),
}


@pytest.fixture(scope="module")
def hexagons(shared: Path) -> list[dict[str, str]]:
    with (shared / "porto-alegre" / "poa_hexgrid.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def audit(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What is printed, and the results folder."""
    folder = tmp_path_factory.mktemp("porto-alegre")
    (folder / "pack.toml").write_text(PACK, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY.format(data=(shared / "porto-alegre").as_posix()), encoding="utf-8")
    result = call("audit", folder / "study.toml", "-q")
    assert result.exit_code == 0, result.stderr
    return result.stdout, folder / "data" / "processed" / "porto-alegre"


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8-sig"))))


def people(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    rows = [row for row in table(folder, "coverage.csv") if (row["level"], row["basis"]) == ("study", "population")]
    return {(row["rule_id"], row["metric"]): row for row in rows}


def test_every_hexagon_is_a_residential_area_and_those_with_healthcare_are_facilities(
    audit: tuple[str, Path], hexagons: list[dict[str, str]]
) -> None:
    counts = json.loads((audit[1] / "manifest.json").read_text(encoding="utf-8"))["counts"]
    clinics = sum(float(row["healthcare"] or 0) > 0 for row in hexagons)
    assert counts["residential"] == len(hexagons) == 1227
    assert counts["facilities"] == clinics
    assert counts["counted"] == {"H-700": clinics, "H-15": clinics}


def test_no_person_is_lost(audit: tuple[str, Path], hexagons: list[dict[str, str]]) -> None:
    everyone = sum(float(row["population"]) for row in hexagons)
    found = people(audit[1])
    assert set(found) == {("H-700", "straight_line"), ("H-700", "network"), ("H-15", "network")}
    for row in found.values():
        assert float(row["total"]) == everyone


def test_coverage_weighted_by_people_is_printed_by_both_metrics(audit: tuple[str, Path]) -> None:
    stdout, folder = audit
    for (_, metric), row in people(folder).items():
        word = {"network": "路网距离", "straight_line": "直线距离"}[metric]
        covered, total = float(row["covered"]), float(row["total"])
        assert f"  {word} · 常住人口（人）：{covered:,.0f} / {total:,.0f} = {covered / total:.1%}" in stdout


def test_people_covered_are_the_sum_over_hexagons_that_pass(
    audit: tuple[str, Path], hexagons: list[dict[str, str]]
) -> None:
    _, folder = audit
    weight = {row["id"]: float(row["population"]) for row in hexagons}
    sums: dict[tuple[str, str], float] = {}
    for row in table(folder, "verdicts.csv"):
        if row["outcome"] == "pass":
            key = row["rule_id"], row["metric"]
            sums[key] = sums.get(key, 0.0) + weight[row["subject_id"]]
    assert sums == {key: float(row["covered"]) for key, row in people(folder).items()}


def test_nobody_is_nearer_on_foot_than_as_the_crow_flies(audit: tuple[str, Path]) -> None:
    reached = [row for row in table(audit[1], "access.csv") if row["state"] == "reached"]
    assert len(reached) > 2000
    # A straight line may round up where the sum of the pieces rounds down, one millimetre at each of them.
    assert [row["area_id"] for row in reached if float(row["distance_m"]) < float(row["straight_m"]) - 0.05] == []
    found = people(audit[1])
    walked, flown = (float(found["H-700", metric]["covered"]) for metric in ("network", "straight_line"))
    assert walked < flown


def test_the_figures_stay_as_they_are(audit: tuple[str, Path]) -> None:
    """A record, not a theory: what the tests above do not explain."""
    figures = {key: (row["covered"], row["unknown"]) for key, row in people(audit[1]).items()}
    assert figures == FIGURES
