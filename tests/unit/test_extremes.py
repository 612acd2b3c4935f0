"""The smallest studies there are, and a whole city in one place."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.towns import FACILITIES, OWN_PACK, call, write_town

EVERYTHING = '\n[show]\noutputs = ["tables", "html_map", "geojson:rfc7946", "markdown"]\n'


def results(out: Path) -> Path:
    return out / "data" / "processed" / "invented"


def table(out: Path, name: str) -> list[dict[str, str]]:
    with (results(out) / f"{name}.csv").open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def coverage(out: Path, basis: str) -> dict[str, str]:
    found = [each for each in table(out, "coverage") if (each["zone_id"], each["basis"]) == ("*", basis)]
    (row,) = [each for each in found if each["metric"] == "network"]
    return {name: row[name] for name in ("covered", "total", "unknown", "share")}


@pytest.mark.parametrize(
    ("east", "metres", "outcome", "share", "code"), [(100, "100.000", "pass", "1", 0), (700, "700.000", "fail", "0", 1)]
)
def test_a_study_of_one_home(tmp_path, east, metres, outcome, share, code):
    """In the street, 100 m and 700 m from the only facility, where less than 700 m are asked for."""
    home = {"H-1": {"at": (east, 0), "households": 4, "population": 10, "pop60": 2}}
    study = write_town(tmp_path / "town", study=OWN_PACK + EVERYTHING, homes=home)
    done = call("run", study, "-q", "--out", tmp_path)
    assert done.exit_code == code, done.stderr
    (row,) = table(tmp_path, "access")
    assert (row["distance_m"], row["state"]) == (metres, "reached")
    verdicts = {each["metric"]: each["outcome"] for each in table(tmp_path, "verdicts") if each["subject_id"] == "H-1"}
    assert verdicts["network"] == outcome
    assert coverage(tmp_path, "areas") == {"covered": share, "total": "1", "unknown": "0", "share": share}
    assert (tmp_path / "maps" / "invented.html").stat().st_size > 0


def test_a_study_of_no_facility_that_counts(tmp_path):
    """Nobody is served, and the reason is not the distance."""
    canteen = {"F-9": {"at": (0, 0), "type": "canteen"}}
    study = write_town(tmp_path / "town", study=OWN_PACK + EVERYTHING, facilities=canteen)
    done = call("run", study, "-q", "--out", tmp_path)
    assert done.exit_code == 1, done.stderr
    assert {(row["state"], row["distance_m"]) for row in table(tmp_path, "access")} == {("unreachable", "")}
    verdicts = [row for row in table(tmp_path, "verdicts") if row["subject_kind"] == "area"]
    assert {(row["outcome"], row["because"], row["value"]) for row in verdicts} == {("fail", "no_facility", "")}
    assert coverage(tmp_path, "pop60") == {"covered": "0", "total": "50", "unknown": "0", "share": "0"}
    assert (tmp_path / "maps" / "invented.html").stat().st_size > 0


def test_a_study_without_a_table_of_facilities(tmp_path):
    """That nobody said which there are is no verdict."""
    layer = '\n[inputs.facilities]\npath = "facilities.geojson"\ncrs  = "EPSG:4549"\n'
    assert layer in OWN_PACK
    study = write_town(tmp_path / "town", study=OWN_PACK.replace(layer, "") + EVERYTHING)
    done = call("run", study, "-q", "--out", tmp_path, "--format", "json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert [each["rule_id"] for each in said["not_assessed"]] == ["T-01"]
    assert (said["coverage"], table(tmp_path, "verdicts")) == ([], [])
    assert (tmp_path / "maps" / "invented.html").stat().st_size > 0


@pytest.mark.parametrize("count", [1_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_city_in_one_place(tmp_path, count):
    """All homes on one spot of the street have one distance, one verdict and one sum."""
    study = write_town(tmp_path / "town", study=OWN_PACK + '\n[show]\noutputs = ["tables", "html_map"]\n')
    east, north = json.loads((tmp_path / "town" / "homes.geojson").read_text())["features"][0]["geometry"][
        "coordinates"
    ]
    with (tmp_path / "town" / "homes.csv").open("w", encoding="utf-8") as opened:
        opened.write("area_id,x,y,households,population,pop60\n")
        opened.writelines(f"{number},{east},{north},2,5,1\n" for number in range(count))
    study.write_text(study.read_text(encoding="utf-8").replace("homes.geojson", "homes.csv"), encoding="utf-8")
    done = call("run", study, "-q", "--out", tmp_path)
    assert done.exit_code == 0, done.stderr
    access = table(tmp_path, "access")
    assert len(access) == count
    assert {(row["facility_id"], row["distance_m"], row["state"]) for row in access} == {("F-1", "100.000", "reached")}
    assert list(FACILITIES) == ["F-1"]
    whole = {"covered": str(count), "total": str(count), "unknown": "0", "share": "1"}
    assert (coverage(tmp_path, "areas"), coverage(tmp_path, "pop60")) == (whole, whole)
    assert "duplicate_place" in {row["code"] for row in table(tmp_path, "findings")}
