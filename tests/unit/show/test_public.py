"""What is public names no single home, in no file: the invented town as a study for everybody, every output looked at.

Its homes are called XQ-001 … and 示范001号院; nothing else is.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import circle15
from circle15.core.tables import Membership
from circle15.pipeline.health import single_home_findings
from tests.conftest import ROOT
from tests.studies import run
from tests.towns import call

TOWN = ROOT / "examples" / "shifan-zhen"
HOMES = re.compile(b"|".join([b"XQ-0", *("号院".encode(each) for each in ("utf-8", "gb18030"))]))
OUTPUTS = '["tables", "geojson:rfc7946", "gpkg:cgcs2000", "shp:cgcs2000", "markdown", "xlsx", "bulletin"]'


def public(folder: Path, audience: str = "public") -> Path:
    """A copy of the town for everybody."""
    shutil.copytree(TOWN, folder, ignore=shutil.ignore_patterns("processed", "maps", "README.md"))
    study = folder / "study.toml"
    text = study.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^outputs = .*$", f"outputs = {OUTPUTS}", text)
    text = text.replace('"审图号" = ""', '"审图号" = "虚审〔2024〕1号"')
    study.write_text(text.replace("fictional = true", f'fictional = true\naudience = "{audience}"'), encoding="utf-8")
    return study


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and every part of an archive."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                yield from ((f"{path.name}/{name}", parts.read(name)) for name in parts.namelist())
        elif path.is_file():
            yield path.name, path.read_bytes()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return public(tmp_path_factory.mktemp("public") / "town")


@pytest.fixture(scope="module")
def out(study: Path) -> Path:
    result = call("run", study, "-q", "--out", study.parent / "out")
    assert result.exit_code == 1, result.stderr
    return study.parent / "out"


def test_no_file_of_a_run_names_a_home(out: Path) -> None:
    named = [name for name, data in contents(out) if HOMES.search(data)]
    assert named == []
    names = {path.name for path in out.rglob("*")}
    assert {"verdicts.csv", "coverage.csv", "facilities.csv", "report.xlsx", "plan.json"} <= names
    assert not {"access.csv", "pace_changes.csv", "residential.geojson", "gaps.geojson"} & names


def test_the_same_search_finds_them_in_what_stays_inside(tmp_path: Path) -> None:
    study = public(tmp_path / "town", "internal")
    assert call("run", study, "-q", "--out", tmp_path / "out").exit_code == 1
    named = {name.partition("/")[0] for name, data in contents(tmp_path / "out") if HOMES.search(data)}
    assert named >= {"access.csv", "verdicts.csv", "findings.csv", "plan.json", "report.md", "report.xlsx"}


def test_tables_keep_what_is_added_up(out: Path) -> None:
    folder = out / "data" / "processed" / "shifan-zhen"

    def rows(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8-sig"))))

    assert {row["subject_kind"] for row in rows("verdicts.csv")} == {"facility", "zone", "study"}
    assert {row["level"] for row in rows("scores.csv")} == {"study", "community", "village", "town"}
    assert "area" not in {row["level"] for row in rows("ratios.csv")}
    total = next(row for row in rows("coverage.csv") if row["rule_id"] == "JJ-01" and row["basis"] == "pop60")
    assert (total["covered"], total["total"], total["unknown"]) == ("390", "5260", "10")
    assert "cost" not in rows("plan.csv")[0]
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))[0]
    assert "uncoverable" not in plan
    assert plan["uncoverable_count"] == {
        "no_candidate_within_limit": 27,
        "only_dropped_candidates": 5,
        "unknown_today": 1,
    }


def test_what_is_printed_for_programs_names_none(study: Path) -> None:
    for arguments in (("audit", study, "--format", "json"), ("audit", study, "--pace", "0.8,1.2")):
        result = call(*arguments, "-q", "--out", study.parent / "other")
        assert not HOMES.search(result.stdout.encode()), arguments


def test_the_files_of_a_check_name_none_and_its_words_do(study: Path, tmp_path: Path) -> None:
    result = call("check", study, "-q", "--out", tmp_path / "found")
    assert "XQ-051" in result.stdout
    assert [name for name, data in contents(tmp_path / "found") if HOMES.search(data)] == []


def test_zones_of_a_single_home_are_said(out: Path) -> None:
    folder = out / "data" / "processed" / "shifan-zhen"
    with (folder / "findings.csv").open(encoding="utf-8-sig", newline="") as opened:
        found = {row["code"]: row for row in csv.DictReader(opened)}
    assert found["zone_of_one_home"]["count"] == "9"
    rows = [("a", "community", "C-1"), ("b", "community", "C-1"), ("c", "community", "C-2"), ("c", "town", "T-1")]
    frame = pd.DataFrame(rows, columns=["area_id", "level", "zone_id"]).assign(by="code")
    (finding,) = single_home_findings("public", Membership.build(frame))
    assert (finding.ids, finding.severity) == (("C-2", "T-1"), "warning")
    assert single_home_findings("public", Membership.build(frame[:2])) == []
    assert single_home_findings("internal", Membership.build(frame)) == []


def test_from_python_too_the_public_gets_no_homes(study: Path) -> None:
    tables = circle15.audit(study)
    assert not {"residential", "access", "pace_changes"} & set(tables)
    assert not any(HOMES.search(frame.to_csv().encode()) for frame in tables.values())


def test_without_its_number_nothing_is_written_also_where_a_database_is_asked_for(tmp_path: Path) -> None:
    show = 'show = { outputs = ["tables", "postgis:postgresql://nobody@127.0.0.1:1/none"] }'
    homes = [{"id": "H", "x": 0}]
    found = run(
        tmp_path,
        "jinjiang-2022",
        {"residential": homes, "facilities": [{"id": "F", "type": "day_care", "x": 1}]},
        settings=f'audience = "public"\n{show}',
        command=("run", "-q"),
    )
    assert found.exit_code == 2
    assert "没有审图号" in found.stderr
    assert not (tmp_path / "data").exists()


def test_neither_reach_nor_a_story_in_a_file_is_of_a_single_home(study: Path, tmp_path: Path) -> None:
    for verb, *more in (("reach", study, "--at", "XQ-001"), ("explain", study, "XQ-001")):
        done = call(verb, *more, "-q", "--out", tmp_path)
        assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
        assert "XQ-001" in done.stderr
    assert call("explain", study, "XQ-001", "-q").exit_code == 0


def test_areas_of_reach_are_geometry_that_needs_a_number(study: Path, tmp_path: Path) -> None:
    unnumbered = study.with_name("unnumbered.toml")
    unnumbered.write_text(study.read_text(encoding="utf-8").replace("虚审〔2024〕1号", ""), encoding="utf-8")
    done = call("reach", unnumbered, "-q", "--out", tmp_path)
    assert (done.exit_code, list(tmp_path.iterdir()), "审图号" in done.stderr) == (2, [], True)
