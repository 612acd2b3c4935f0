"""``circle15 check``: what it writes, where the places are, and what it says it could not do."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyproj
import pytest

from circle15.show import health
from tests.studies import run
from tests.towns import CANDIDATES, FACILITIES, HOMES, SITE, STUDY, ZONES, boxes, call, moved, tree, write_town

FILES = ["findings.csv", "findings.geojson", "findings.json", "findings.xlsx"]
BAD_HOMES = {
    **HOMES,
    "H-3": {"at": (300, 0), "households": 0, "population": 90, "pop60": 95},
    "H-4": {"at": (300, 0), "households": 3, "population": 9, "pop60": 2},
    "H-5": {"at": (100, 900), "households": 3, "population": 9, "pop60": 2},
}
# A side street that ends 40 cm short of the long one.
GAP = [((-1000, 0), (2000, 0)), ((500, 0.4), (500, 700))]


def bad_town(folder: Path) -> Path:
    strange = {**FACILITIES, "F-2": {"at": (40, 0), "type": "茶馆"}}
    study = write_town(
        folder, streets=GAP, homes=BAD_HOMES, facilities=strange, study=STUDY + CANDIDATES + ZONES + SITE
    )
    zone = {"Z-1": {"box": (-2000, -500, 1400, 500), "name": "虚构镇", "level": "town"}}
    (folder / "zones.geojson").write_text(boxes("zone_id", zone), encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    result = call("check", bad_town(folder), "-q", "--out", folder / "out")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.rstrip().endswith("findings.geojson")
    return folder / "out"


def rows_of(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    text = (folder / "findings.csv").read_text(encoding="utf-8-sig")
    return {(row["code"], row["layer"]): row for row in csv.DictReader(io.StringIO(text))}


def test_every_finding_is_where_it_belongs(written) -> None:
    rows = rows_of(written)
    expected = {
        ("attributes_contradict", "residential"): "H-3",
        ("suspicious_zero", "residential"): "H-3",
        ("duplicate_place", "residential"): "H-3; H-4",
        ("outside_study", "residential"): "H-2; H-5",
        ("not_snapped", "residential"): "H-5",
        ("unknown_type", "facilities"): "F-2",
        ("streets_not_connected", "streets"): "2",
        ("street_gap", "streets"): "2",
        ("not_checked", "study"): "data_old",
    }
    assert {key: rows[key]["ids"] for key in expected} == expected
    assert all(row["severity"] in ("error", "warning", "info") and row["fix"] for row in rows.values())


def test_the_files_say_the_same(written) -> None:
    assert sorted(tree(written)) == FILES
    rows = [*csv.DictReader(io.StringIO((written / "findings.csv").read_text(encoding="utf-8-sig")))]
    objects = json.loads((written / "findings.json").read_text(encoding="utf-8"))
    assert [{key: str(value) for key, value in each.items()} for each in objects] == rows
    sheet = openpyxl.load_workbook(written / "findings.xlsx").active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    codes = [row[0] for row in cells if row[0] in {each["code"] for each in rows}]
    assert codes == [each["code"] for each in rows]


def features_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "findings.geojson").read_text(encoding="utf-8"))["features"]
    return found


def test_the_places_are_those_of_the_rows(written) -> None:
    to_degrees = pyproj.Transformer.from_crs("EPSG:4549", "EPSG:4490", always_xy=True)
    at = {
        (each["properties"]["code"], each["properties"]["id"]): each["geometry"]["coordinates"]
        for each in features_of(written)
    }
    wanted = {
        ("not_snapped", "H-5"): (100, 900),
        ("outside_study", "H-2"): (1500, 0),
        ("unknown_type", "F-2"): (40, 0),  # left out, and yet on the map
        ("street_gap", "2"): (500, 0.4),  # the loose end, not the street
    }
    for key, place in wanted.items():
        east, north = moved(place)
        assert at[key] == pytest.approx(to_degrees.transform(east, north), abs=1.5e-8)
    assert len(at[("streets_not_connected", "2")]) == 2
    assert {each["properties"]["severity"] for each in features_of(written)} == {"warning"}


def test_a_clean_town_has_an_empty_map(tmp_path) -> None:
    assert call("check", write_town(tmp_path), "-q", "--out", tmp_path / "out").exit_code == 0
    assert features_of(tmp_path / "out") == []


def test_a_study_of_tables_has_no_map_and_says_what_it_lacks(tmp_path) -> None:
    (tmp_path / "units.csv").write_text("zone_id,name,level\na,甲,town\n", encoding="utf-8")
    study = tmp_path / "study.toml"
    study.write_text(
        'schema = 1\nid = "t"\nname = "t"\npack = "zhoukou-2025"\n[inputs.zone_table]\npath = "units.csv"\n',
        encoding="utf-8",
    )
    assert call("check", study, "-q", "--out", tmp_path / "out").exit_code == 0
    assert "findings.geojson" not in tree(tmp_path / "out")
    said = rows_of(tmp_path / "out")[("not_checked", "study")]["message"]
    assert all(each in said for each in ("not_snapped", "datum_suspect", "outside_study", "data_old"))


def test_without_the_extra_there_is_no_sheet(tmp_path, monkeypatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(health, "find_spec", lambda name: None if name == "xlsxwriter" else real(name))
    assert call("check", write_town(tmp_path), "-q", "--out", tmp_path / "out").exit_code == 0
    assert sorted(tree(tmp_path / "out")) == [name for name in FILES if not name.endswith("xlsx")]


@pytest.mark.parametrize("name", FILES)
def test_nothing_foreign_is_overwritten(tmp_path, name) -> None:
    study = write_town(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine", encoding="utf-8")
    result = call("check", study, "-q", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert name in result.stderr
    assert tree(tmp_path / "out") == {name: b"mine"}


def test_the_same_data_gives_the_same_bytes(tmp_path, written) -> None:
    call("check", bad_town(tmp_path), "-q", "--out", tmp_path / "out")
    assert tree(tmp_path / "out") == tree(written)


def test_the_date_beside_a_file_is_compared_with_the_study(tmp_path) -> None:
    study = write_town(tmp_path, study=STUDY.replace("fictional", "as_of = 2024-01-01\nfictional") + CANDIDATES + SITE)
    (tmp_path / "homes.geojson.source.toml").write_text("data_date = 2019-03-02\n", encoding="utf-8")
    (tmp_path / "streets.geojson.source.toml").write_text('data_date = "2020年春"\n', encoding="utf-8")
    rows = {each["code"]: each for each in json.loads(call("check", study, "-q", "--format", "json").stdout)}
    assert (rows["data_old"]["layer"], rows["data_old"]["severity"]) == ("residential", "warning")
    assert "streets, facilities, candidates" in rows["not_checked"]["message"]
    assert "streets.geojson “2020年春”" in rows["data_date_unread"]["message"]


def test_every_place_that_a_warning_concerns_is_on_the_map_of_findings(tmp_path):
    """The message names three of five sites that are overdue; findings.geojson shows all."""
    sites = [{"id": f"F{n}", "type": "day_care", "x": n, "status": "在建", "opened": "2023-01-01"} for n in range(5)]
    run(
        tmp_path,
        "jinjiang-2022",
        {"residential": [{"id": "H", "x": 0}], "facilities": sites},
        settings="as_of = 2024-01-01",
        command=("check", "-q", "--out", str(tmp_path / "found")),
    )
    places = json.loads((tmp_path / "found" / "findings.geojson").read_text(encoding="utf-8"))["features"]
    overdue = [each["properties"]["id"] for each in places if each["properties"]["code"] == "opening_overdue"]
    assert overdue == [each["id"] for each in sites]


def test_facilities_that_serve_unknown_homes_are_named(tmp_path):
    """Those that serve no other go by their code; beside known ones they share what those have. Empty names none."""
    homes = [{"id": name, "x": x, "community_code": "C1", "households": 100} for x, name in enumerate(("H-1", "H-2"))]
    serves = {"F-1": "H-9；H-8", "F-2": "H-1;H-9", "F-3": "", "F-4": "H-7", "F-5": "H-1、H-2"}
    sites = [
        {"id": name, "type": "day_care", "x": 5 * n, "community_code": "C1", "serves": homes_named}
        for n, (name, homes_named) in enumerate(serves.items())
    ]
    done = run(
        tmp_path,
        "jinjiang-2022",
        {"residential": homes, "facilities": sites},
        command=("check", "-q", "--format", "json"),
    )
    only, some = (each for each in json.loads(done.stdout) if each["code"] == "serves_unknown")
    assert (only["severity"], only["layer"], only["count"]) == ("warning", "facilities", 2)
    assert "F-1, F-4" in only["message"]
    assert "H-9, H-8, H-7" in only["message"]
    assert (some["severity"], some["count"]) == ("warning", 1)
    assert "1 处设施（F-2）的 serves 中有不存在的居住小区（H-9）" in some["message"]
