"""The command line as users script it: exit codes, formats, streams, files."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import circle15
from circle15.read.pack import load_pack
from circle15.study import load_study
from tests.towns import (
    CANDIDATES,
    FACILITIES,
    HOMES,
    OWN_PACK,
    PACK,
    SITE,
    STUDY,
    ZONES,
    boxes,
    call,
    points,
    tree,
    write_town,
)

RESULTS = "data/processed/invented"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SERVED = {"H-1": HOMES["H-1"]}
NOT_SNAPPED = {**SERVED, "H-9": {"at": (100, 5000), "households": 5, "population": 9, "pop60": 3}}

COLUMNS = {
    "access.csv": "area_id rule_id facility_id distance_m walk_min home_leg_m facility_leg_m access_leg_m straight_m "
    "straight_facility_id state entrance_id reason",
    "facilities.csv": "facility_id name type status opened counted",
    "verdicts.csv": "rule_id subject_kind subject_id metric value unit op limit margin outcome because",
    "coverage.csv": "rule_id level zone_id basis metric covered total unknown share target_op target outcome",
    "ratios.csv": "rule_id level zone_id metric numerator denominator value op limit limit_by task_share outcome",
    "equity.csv": "rule_id metric capacity basis facilities capacity_unknown supply supply_reached supply_unreached "
    "people served unserved unknown mean worst_decile gini",
    "straight_vs_network.csv": "rule_id level zone_id basis straight_only network_only both neither unknown",
    "pace.csv": "rule_id pace m_s basis covered total unknown share",
    "pace_changes.csv": "rule_id area_id distance_m fails_at_m_s passes_at_m_s",
    "outlook.csv": "rule_id date level zone_id basis metric covered total unknown share value op limit due distance "
    "outcome opened facilities",
    "scores.csv": "level zone_id points possible share rules_unknown rank",
    "findings.csv": "code severity layer count ids message fix",
    "plan.csv": "site_plan stage rank candidate_id facility_type site_types lon lat host zone_ids gain covered_after "
    "share_after floor_area_m2 seats beds cost constraint_status constraint_notes reason",
    "projects.csv": "project_id name facility_type town community address lon lat host build_mode floor_area_m2 seats "
    "beds year cost responsible note",
    "plan_shares.csv": "site_plan basis rank stage candidate_id covered_after total share_after",
    "allocation.csv": "site_plan area_id candidate_id stage distance_m weight",
    "candidates.csv": "site_plan candidate_id host generated state stage because reason "
    "constraint_status constraint_notes",
}
PLANS = [
    "plan.csv",
    "projects.csv",
    "candidates.csv",
    "plan_shares.csv",
    "allocation.csv",
    "curve.csv",
    "plan.json",
    "proof.json",
]
TABLES = sorted(["manifest.json", *(name for name in COLUMNS if name not in PLANS)])
GEOJSON = [
    "catchments.geojson",
    "covered_area.geojson",
    "facilities.geojson",
    "gaps.geojson",
    "proposed_sites.geojson",
    "residential.geojson",
    "service_areas.geojson",
    "spokes.geojson",
]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path)


@pytest.fixture(scope="module")
def run_of_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of one whole run."""
    study = write_town(tmp_path_factory.mktemp("town"))
    assert call("run", study, "-q").exit_code == 1
    return study.parent / RESULTS


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / RESULTS).iterdir())


# ---- exit codes ----------------------------------------------------------------------------------------------

WEAKER = {
    "binding": ("", 1),
    "expected": ('force = "expected"', 0),
    "aspired": ('force = "aspired"', 0),
    "advised": ('force = "advised"', 0),
    "unverified": ("verified = false", 0),
    "draft": ('legal_status = "draft"', 0),
    "target reached": ('target = { op = ">=", value = 0.5, basis = "areas" }', 0),
    "target missed": ('target = { op = ">=", value = 0.51, basis = "areas" }', 1),
    "target by another basis missed": ('target = { op = ">=", value = 0.5, basis = "pop60" }', 1),
}


def edited(pack: str, line: str) -> str:
    """The pack with one of its lines replaced by key, or the line added to its rule."""
    key = line.partition(" ")[0]
    found, count = re.subn(rf"(?m)^{key} = .*$", line, pack) if line else (pack, 1)
    return found if count else pack + line + "\n"


@pytest.mark.parametrize(("line", "code"), WEAKER.values(), ids=WEAKER)
def test_only_a_binding_verified_rule_in_force_fails_a_run(tmp_path: Path, line: str, code: int) -> None:
    study = write_town(tmp_path, study=OWN_PACK, pack=edited(PACK, line))
    result = call("audit", study, "-q", "--format", "json")
    assert json.loads(result.stdout)["verdict_counts"]["T-01"]["fail"] == 1
    assert result.exit_code == code
    assert call("run", study, "-q").exit_code == code


def test_the_headline_metric_decides(tmp_path: Path) -> None:
    """600 m as the crow flies, 800 m on foot."""
    streets = [[(0, 0), (100, 0), (100, 600), (0, 600)]]
    homes = {"H-1": {"at": (0, 600)}}
    for metric, code in (("network", 1), ("straight_line", 0)):
        pack = PACK.replace('metric = "network"', f'metric = "{metric}"')
        study = write_town(tmp_path / metric, streets=streets, homes=homes, study=OWN_PACK, pack=pack)
        assert call("audit", study, "-q").exit_code == code


def test_unknown_fails_a_run_only_where_strict(tmp_path: Path) -> None:
    study = write_town(tmp_path, homes=NOT_SNAPPED, study=OWN_PACK)
    assert call("audit", study, "-q").exit_code == 0
    assert call("audit", study, "-q", "--strict").exit_code == 1
    assert call("run", study, "-q").exit_code == 0
    assert call("run", study, "-q", "--strict").exit_code == 1


def test_strict_changes_nothing_where_all_is_known(tmp_path: Path) -> None:
    assert call("audit", write_town(tmp_path, homes=SERVED, study=OWN_PACK), "-q", "--strict").exit_code == 0


@pytest.mark.parametrize("arguments", [["check"], ["site"], ["map"], ["export"], ["reach"], ["explain", "H-2"]])
def test_verbs_that_only_show_end_in_0_though_a_binding_rule_fails(town: Path, arguments: list[str]) -> None:
    verb, *more = arguments
    assert call(verb, town, *more, "-q").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [["audit"], ["nonsense"], ["audit", "--format", "xml"], ["export", "--profile", "x"]]
)
def test_wrong_usage_ends_in_2(town: Path, arguments: list[str]) -> None:
    verb, *more = arguments
    result = call(verb, *([town, *more] if more else []))
    assert result.exit_code == 2
    assert result.stderr
    assert result.stdout == ""


# ---- formats and streams -------------------------------------------------------------------------------------


def test_json_is_one_object_with_the_keys_of_the_contract(town: Path) -> None:
    result = call("audit", town, "--format", "json")
    found = json.loads(result.stdout)
    assert list(found) == [
        "study",
        "pack",
        "crs",
        "pace_m_s",
        "assumed_limits",
        "counting",
        "coverage",
        "ratios",
        "outlook",
        "equity",
        "pace",
        "verdict_counts",
        "findings",
        "not_assessed",
    ]
    assert found["study"] == "invented"
    assert found["pace_m_s"] == {"JJ-02": 1.0}
    assert found["verdict_counts"]["JJ-01"] == {"pass": 1, "fail": 1, "unknown": 0, "not_applicable": 0}
    assert set(found["coverage"][0]) == set(COLUMNS["coverage.csv"].split())


def test_not_assessed_clauses_are_listed_with_their_reason(tmp_path: Path) -> None:
    pack = PACK + '\n[[not_assessed]]\nid = "T-09"\nclause = "虚构"\nreason = "无数据"\n'
    found = json.loads(call("audit", write_town(tmp_path, study=OWN_PACK, pack=pack), "--format", "json").stdout)
    assert found["not_assessed"] == [{"rule_id": "T-09", "reason": "无数据"}]


def test_csv_is_the_coverage_table(town: Path) -> None:
    result = call("audit", town, "--format", "csv")
    written = (town.parent / RESULTS / "coverage.csv").read_text(encoding="utf-8-sig")
    assert result.stdout_bytes.decode() == written  # without the byte-order mark, which pipes do not expect


def test_github_prints_findings_as_annotations(tmp_path: Path) -> None:
    result = call("audit", write_town(tmp_path, homes=NOT_SNAPPED), "--format", "github")
    levels = [re.fullmatch(r"::(error|warning|notice) title=\w+::.+", line) for line in result.stdout.splitlines()]
    assert len(levels) > 1
    assert all(levels)


# What is said of the town of these tests, whose tables have no built, status and beds.
CODES = ["not_checked", "status_absent", "scope_assumed", "scope_assumed", "equity_not_assessed"]


def test_check_in_every_format(town: Path) -> None:
    found = json.loads(call("check", town, "--format", "json").stdout)
    assert [each["code"] for each in found] == CODES
    rows = list(csv.DictReader(io.StringIO(call("check", town, "--format", "csv").stdout)))
    assert [row["code"] for row in rows] == CODES
    lines = call("check", town, "--format", "github").stdout.splitlines()
    assert [line.split("::")[1] for line in lines] == [
        "warning title=scope_assumed",
        "warning title=scope_assumed",
        "notice title=not_checked",
        "notice title=status_absent",
        "notice title=equity_not_assessed",
    ]


def test_site_prints_its_plans_as_json_and_csv(town: Path) -> None:
    plans = json.loads(call("site", town, "--format", "json").stdout)
    assert [(plan["site_plan"], plan["sites"]) for plan in plans] == [("1-day_care", ["C-1"])]
    written = (town.parent / RESULTS / "plan.csv").read_text(encoding="utf-8-sig")
    assert call("site", town, "--format", "csv").stdout_bytes.decode() == written


@pytest.mark.parametrize("form", ["json", "csv", "github"])
def test_where_stdout_is_for_machines_the_rest_is_on_stderr(town: Path, form: str) -> None:
    result = call("audit", town, "--format", form)
    assert "已写入" not in result.stdout
    assert "已写入" in result.stderr


def test_progress_is_on_stderr_and_quiet_silences_it(town: Path) -> None:
    loud, quiet = call("audit", town), call("audit", town, "-q")
    assert "构建路网" in loud.stderr
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout


def test_verbose_adds_the_findings(town: Path) -> None:
    assert "status_absent" in call("audit", town, "-v").stdout
    assert "status_absent" not in call("audit", town).stdout


def english(text: str) -> str:
    """The text without what stays Chinese: clauses, their sources, units of clauses, and names of the study."""
    pack, _ = load_pack(["jinjiang-2022"], Path())
    for rule in pack.rules:
        text = text.replace(f"“{rule.clause}”", "").replace(rule.source, "")
        text = re.sub(rf"(?<=\d ){re.escape(rule.limit.unit)}(?!\w)", "", text)
    return text.replace("虚构镇", "").replace("学校", "")


@pytest.mark.parametrize(
    "arguments", [["site", "-v"], ["check"], ["explain", "H-2"], ["explain", "F-1"], ["explain", "plan"]]
)
def test_english_prints_no_chinese(town: Path, arguments: list[str]) -> None:
    assert call("site", town, "-q").exit_code == 0
    verb, *more = arguments
    result = call(verb, town, *more, "--lang", "en")
    assert CHINESE.findall(english(result.stdout + result.stderr)) == []
    assert not re.search("[，。；：、（）]", english(result.stdout + result.stderr))


def test_english_errors(tmp_path: Path) -> None:
    result = call("audit", tmp_path / "study.toml", "--lang", "en")
    assert result.stderr.startswith("error: cannot read study.toml: there is no such file")


def test_a_folder_in_the_place_of_its_study_is_told_what_to_name(tmp_path: Path) -> None:
    result = call("audit", tmp_path)
    assert (result.exit_code, f"请写明其中的文件，如 {tmp_path.name}/study.toml" in result.stderr) == (2, True)


# ---- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_have_the_columns_of_the_contract(run_of_town: Path, name: str) -> None:
    content = (run_of_town / name).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.decode("utf-8-sig").splitlines()[0].split(",") == COLUMNS[name].split()


def test_run_writes_everything_under_outputs(run_of_town: Path) -> None:
    assert results(run_of_town.parents[2]) == sorted([*TABLES, *PLANS, *GEOJSON, "report.md"])
    assert (run_of_town.parents[2] / "maps" / "invented.html").is_file()


WRITES: dict[str, tuple[list[str], bool]] = {
    "audit": (TABLES, False),
    "site": (sorted([*TABLES, *PLANS]), False),
    "map": (["manifest.json"], True),
    "export": (sorted([*GEOJSON, "manifest.json"]), False),
}


@pytest.mark.parametrize(("verb", "files", "page"), [(verb, *what) for verb, what in WRITES.items()], ids=WRITES)
def test_verbs_write_what_they_say_where_out_says(
    town: Path, tmp_path: Path, verb: str, files: list[str], page: bool
) -> None:
    before = tree(tmp_path)
    result = call(verb, town, "--out", tmp_path / "there", "-q")
    assert results(tmp_path / "there") == files
    assert (tmp_path / "there" / "maps" / "invented.html").exists() == page
    written = {f"已写入 {path}" for path in (tmp_path / "there").rglob("*") if path.is_file()}
    assert written <= set(result.stdout.splitlines())
    assert {name: content for name, content in tree(tmp_path).items() if not name.startswith("there")} == before


def test_run_writes_only_the_outputs_that_are_asked_for(tmp_path: Path) -> None:
    study = write_town(tmp_path, study=STUDY + '[show]\noutputs = ["markdown"]\n')
    call("run", study, "-q")
    assert results(tmp_path) == ["manifest.json", "report.md"]
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize("arguments", [["check"], ["reach"], ["explain", "H-1"]])
def test_check_reach_and_explain_write_only_with_out(town: Path, tmp_path: Path, arguments: list[str]) -> None:
    verb, *more = arguments
    before = tree(tmp_path)
    assert call(verb, town, *more, "-q").exit_code == 0
    assert tree(tmp_path) == before
    assert call(verb, town, *more, "-q", "--out", tmp_path / "there").exit_code == 0
    assert len(list((tmp_path / "there").iterdir())) == (4 if verb == "check" else 1)


def test_plan_json_holds_the_certificate(run_of_town: Path) -> None:
    plan = json.loads((run_of_town / "plan.json").read_text(encoding="utf-8"))[0]
    assert {"status", "objective", "bound", "gap", "bound_kind", "weight", "limit", "stages", "uncoverable"} <= set(
        plan
    )
    assert (plan["objective"], plan["bound"], plan["status"]) == (30, 30, "optimal")


def test_manifest_names_inputs_and_outputs_with_their_hashes(run_of_town: Path) -> None:
    from hashlib import sha256

    manifest = json.loads((run_of_town / "manifest.json").read_text(encoding="utf-8"))
    assert [each["layer"] for each in manifest["inputs"]] == ["streets", "residential", "facilities", "candidates"]
    for each in manifest["inputs"]:
        assert each["sha256"] == sha256((run_of_town.parents[2] / each["path"]).read_bytes()).hexdigest()
    outputs = {path.name for path in run_of_town.iterdir()} - {"manifest.json"}
    assert set(manifest["outputs"]) == outputs
    for name, digest in manifest["outputs"].items():
        assert digest == sha256((run_of_town / name).read_bytes()).hexdigest()
    assert {"crs", "scale_factor", "pace_m_s", "thresholds", "counts", "versions", "times"} <= set(manifest)
    assert 0.9996 < manifest["scale_factor"] < 1.0004


@pytest.mark.parametrize("name", GEOJSON)
def test_geojson_is_wgs84_without_a_crs_member(run_of_town: Path, name: str) -> None:
    found = json.loads((run_of_town / name).read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection"
    assert "crs" not in found
    for lon, lat in coordinates(found["features"]):
        assert 118.4 < lon < 118.7
        assert 24.7 < lat < 24.9


def coordinates(value: Any) -> list[tuple[float, float]]:
    if isinstance(value, dict):
        return coordinates([value.get("geometry"), value.get("coordinates")])
    if isinstance(value, list) and value and isinstance(value[0], float):
        return [(value[0], value[1])]
    return [pair for each in value for pair in coordinates(each)] if isinstance(value, list) else []


def test_same_ids_in_every_file(run_of_town: Path) -> None:
    homes = json.loads((run_of_town / "residential.geojson").read_text(encoding="utf-8"))["features"]
    assert [each["properties"]["area_id"] for each in homes] == ["H-1", "H-2"]
    gaps = json.loads((run_of_town / "gaps.geojson").read_text(encoding="utf-8"))["features"]
    assert [each["properties"]["area_id"] for each in gaps] == ["H-2"]
    sites = json.loads((run_of_town / "proposed_sites.geojson").read_text(encoding="utf-8"))["features"]
    assert [each["properties"]["candidate_id"] for each in sites] == ["C-1"]


def test_service_areas_are_one_for_each_facility_rule_and_metric(run_of_town: Path) -> None:
    found = json.loads((run_of_town / "service_areas.geojson").read_text(encoding="utf-8"))["features"]
    rows = [
        (each["properties"]["facility_id"], each["properties"]["rule_id"], each["properties"]["metric"])
        for each in found
    ]
    assert rows == [("F-1", "JJ-01", "straight_line"), ("F-1", "JJ-01", "network"), ("F-1", "JJ-02", "network")]
    assert {each["properties"]["holes"] for each in found} == {"kept"}


# ---- nothing of others is overwritten ------------------------------------------------------------------------


@pytest.mark.parametrize("name", [f"{RESULTS}/access.csv", f"{RESULTS}/manifest.json", "maps/invented.html"])
def test_a_foreign_file_stays_and_nothing_is_written(town: Path, tmp_path: Path, name: str) -> None:
    foreign = tmp_path / name
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine", encoding="utf-8")
    before = tree(tmp_path)
    result = call("run", town, "-q")
    assert result.exit_code == 2
    assert foreign.name in result.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(["check"], "findings.csv"), (["reach"], "reach.geojson"), (["explain", "H-1"], "explain-H-1.txt")],
)
def test_a_foreign_file_at_the_one_place_of_a_verb_stays(
    town: Path, tmp_path: Path, arguments: list[str], name: str
) -> None:
    verb, *more = arguments
    there = tmp_path / "there"
    for _ in range(2):
        assert call(verb, town, *more, "-q", "--out", there).exit_code == 0
    (there / name).write_text("mine", encoding="utf-8")
    before = tree(there)
    assert call(verb, town, *more, "-q", "--out", there).exit_code == 2
    assert tree(there) == before


def test_other_files_in_the_results_folder_do_not_matter(town: Path, tmp_path: Path) -> None:
    note = tmp_path / RESULTS / "note.txt"
    note.parent.mkdir(parents=True)
    note.write_text("mine", encoding="utf-8")
    assert call("run", town, "-q").exit_code == 1
    assert note.read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_written_ends_in_2(town: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    result = call("audit", town, "-q", "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert result.stderr.startswith("错误：无法写入")


def test_stale_files_of_other_inputs_go_and_those_of_the_same_stay(town: Path, tmp_path: Path) -> None:
    call("run", town, "-q")
    call("audit", town, "-q")
    assert "plan.csv" in results(tmp_path)
    manifest = json.loads((tmp_path / RESULTS / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["outputs"]) == set(results(tmp_path)) - {"manifest.json"}
    assert manifest["map"]["name"] == "invented.html"
    (tmp_path / "homes.geojson").write_text(points("area_id", SERVED), encoding="utf-8")
    call("audit", town, "-q")
    assert results(tmp_path) == TABLES


# ---- the same inputs, the same bytes -------------------------------------------------------------------------


def without_times(files: dict[str, bytes]) -> dict[str, bytes]:
    name = f"{RESULTS}/manifest.json"
    manifest = json.loads(files[name])
    assert set(manifest.pop("times")) == {"began", "seconds"}
    return {**files, name: json.dumps(manifest).encode()}


def run_apart(study: Path, out: Path, seed: str) -> None:
    """A run in a process of its own, in which sets and hashes come in another order."""
    program = "from circle15.cli import main; main()"
    command = [sys.executable, "-c", program, "run", str(study), "-q", "--out", str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (result.returncode, result.stderr) == (1, b"")


def test_python_runs_it_as_a_module(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "circle15", "check", tmp_path / "absent.toml"], capture_output=True, check=False
    )
    assert result.returncode == 2
    assert "absent.toml" in result.stderr.decode()


def test_a_defect_of_ours_is_no_verdict() -> None:
    """Python ends in 1 of itself, which a script would read as a binding rule that is failed."""
    broken = "import circle15.cli as cli; cli.app = lambda: 1 / 0; cli.main()"
    result = subprocess.run([sys.executable, "-c", broken], capture_output=True, check=False)
    said = result.stderr.decode()
    assert (result.returncode, result.stdout) == (2, b"")
    assert "ZeroDivisionError" in said
    assert "不是数据的问题" in said
    assert "no verdict on any rule" in said


def test_the_same_inputs_give_the_same_bytes(town: Path, tmp_path: Path) -> None:
    """Here, over what is there already, and in a process whose sets are ordered otherwise."""
    call("run", town, "-q", "--out", tmp_path / "here")
    here = without_times(tree(tmp_path / "here"))
    call("run", town, "-q", "--out", tmp_path / "here")
    assert without_times(tree(tmp_path / "here")) == here
    run_apart(town, tmp_path / "apart", "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1")
    assert without_times(tree(tmp_path / "apart")) == here


def test_the_folder_of_a_study_changes_no_byte(town: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in town.parent.glob("*.*"):
        shutil.copy(path, elsewhere)
    call("run", town, "-q", "--out", tmp_path / "one")
    call("run", elsewhere / "study.toml", "-q", "--out", tmp_path / "two")
    assert without_times(tree(tmp_path / "one")) == without_times(tree(tmp_path / "two"))


def test_row_order_changes_nothing_but_order(tmp_path: Path) -> None:
    streets = [[(0, 0), (500, 0)], [(500, 0), (500, 800)], [(0, 0), (0, 800)], [(0, 800), (500, 800)]]
    homes = {f"H-{row}": {"at": (37 * row, 10), "households": row, "pop60": row} for row in range(1, 9)}
    facilities = {
        "F-3": {"at": (0, 800), "type": "day_care"},
        "F-1": {"at": (500, 800), "type": "day_care"},
        "F-2": {"at": (0, 800), "type": "day_care"},
    }
    hosts = {"C-2": {"at": (250, 0)}, "C-1": {"at": (250, 800)}, "C-3": {"at": (250, 0)}}
    ways: dict[str, Any] = {}
    for name, step in (("forward", 1), ("backward", -1)):
        study = write_town(
            tmp_path / name,
            streets=streets[::step],
            homes=dict(list(homes.items())[::step]),
            facilities=dict(list(facilities.items())[::step]),
            candidates=dict(list(hosts.items())[::step]),
            study=STUDY + CANDIDATES + SITE,
        )
        call("site", study, "-q")
        ways[name] = study.parent / RESULTS
    for name in ("access.csv", "verdicts.csv", "coverage.csv", "scores.csv", "plan.csv"):
        forward, backward = (sorted(map(str, table(folder / name))) for folder in ways.values())
        assert forward == backward, name
    assert (ways["forward"] / "plan.json").read_bytes() == (ways["backward"] / "plan.json").read_bytes()


# ---- init ----------------------------------------------------------------------------------------------------


def test_init_writes_a_study_that_loads(tmp_path: Path) -> None:
    result = call("init", tmp_path / "new", "--pack", "zhoukou-2025")
    assert result.exit_code == 0
    names = ["facilities.csv", "homes.csv", "hosts.csv", "streets.geojson"]
    written = [*(f"data/raw/{name}" for name in names), "mapping.toml", "study.toml", "填报模板.xlsx"]
    assert sorted(tree(tmp_path / "new")) == written
    study = load_study(tmp_path / "new" / "study.toml")
    assert [each.pack_id for each in study.pack.documents] == ["zhoukou-2025"]
    assert set(study.inputs) == {"streets", "residential", "facilities", "candidates"}


def test_everything_init_suggests_in_comments_loads_too(tmp_path: Path) -> None:
    call("init", tmp_path)
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "data" / "raw" / "zones.gpkg").write_bytes(b"")
    suggested = re.sub(r"(?m)^# (?=\[|[\w]+ *= )", "", text)
    assert set(tomllib.loads(suggested)) >= {"as_of", "judge", "site"}
    (tmp_path / "study.toml").write_text(suggested, encoding="utf-8")
    study = load_study(tmp_path / "study.toml")
    assert [site.facility_type for site in study.sites] == ["day_care"]
    assert set(study.inputs) >= {"zones"}


def test_check_of_an_empty_study_says_which_layer_is_empty(tmp_path: Path) -> None:
    call("init", tmp_path)
    result = call("check", tmp_path / "study.toml", "-q")
    assert result.exit_code == 2
    assert "data/raw/streets.geojson：streets 没有可用的行" in result.stderr


def test_filled_templates_run(tmp_path: Path) -> None:
    call("init", tmp_path)
    raw = tmp_path / "data" / "raw"
    degrees = {"homes.csv": (118.5550, 24.7740), "facilities.csv": (118.5551, 24.7740), "hosts.csv": (118.5552, 24.774)}
    given = {"area_id": "H-1", "facility_id": "F-1", "candidate_id": "C-1", "type": "day_care", "status": "运营"}
    for name, (lon, lat) in degrees.items():
        head = (raw / name).read_text(encoding="utf-8-sig").strip().split(",")
        cells = [{**given, "lon": str(lon), "lat": str(lat)}.get(column, "") for column in head]
        with (raw / name).open("a", encoding="utf-8") as file:
            file.write(",".join(cells) + "\n")
    # Homes are in GCJ-02, which is some 500 m off here, so the street is long.
    line = {"type": "LineString", "coordinates": [[118.54, 24.7768], [118.56, 24.7768]]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (raw / "streets.geojson").write_text(json.dumps(collection), encoding="utf-8")
    study = tmp_path / "study.toml"
    study.write_text(study.read_text(encoding="utf-8").replace("= 150", "= 1500"), encoding="utf-8")
    result = call("run", study, "-q")
    assert result.exit_code == 0
    bases = {row["basis"] for row in table(tmp_path / "data/processed/my-study/coverage.csv")}
    assert bases == {"areas"}  # columns of the templates that nobody filled in are not assessed


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("mine", encoding="utf-8")
    result = call("init", tmp_path)
    assert result.exit_code == 2
    assert "study.toml" in result.stderr
    assert tree(tmp_path) == {"study.toml": b"mine"}


def test_init_refuses_an_unknown_pack(tmp_path: Path) -> None:
    result = call("init", tmp_path / "new", "--pack", "jinjang-2022")
    assert result.exit_code == 2
    assert "jinjiang-2022" in result.stderr
    assert not (tmp_path / "new").exists()


# ---- packs ---------------------------------------------------------------------------------------------------


def test_packs_list_names_every_shipped_pack() -> None:
    result = call("packs", "list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "anhui",
        "changan-2025",
        "gb50180-2018",
        "guizhou",
        "jinjiang-2022",
        "tdt1063-2021",
        "wuzhong-2025",
        "xianyang-2025",
        "zhoukou-2025",
    ]


def test_packs_show_prints_clauses_and_with_osm_the_tags() -> None:
    plain = call("packs", "show", "jinjiang-2022")
    assert "社区养老服务设施服务半径应小于700米" in plain.stdout
    assert "amenity=" not in plain.stdout
    assert "social_facility:for=senior" in call("packs", "show", "jinjiang-2022", "--osm").stdout
    assert call("packs", "show", "jinjiang").exit_code == 2


def test_packs_show_says_in_english_what_is_assumed() -> None:
    tags = call("packs", "show", "zhoukou-2025", "--osm", "--lang", "en").stdout.partition("OpenStreetMap tags:")[2]
    assert "(assumed)" in tags
    assert CHINESE.findall(re.sub(r"name=\S+", "", tags)) == []  # values of tags stay as they are


def test_lint_of_a_sound_pack_ends_in_0(tmp_path: Path) -> None:
    write_town(tmp_path)
    assert call("packs", "lint", tmp_path / "pack.toml").exit_code == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('forse = "binding"', "'force'"),
        ('kind = "withn"', "'within'"),
        ('targets = ["daycare"]', "'day_care'"),
        ('limit = { op = "<", value = 15, unit = "min" }', "pace"),
        ('limit = { op = "<", value = -700, unit = "m" }', "-700"),
        ('force = "mandatory"', "force"),
    ],
)
def test_lint_ends_in_1_where_it_finds_something(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "pack.toml").write_text(edited(PACK, line), encoding="utf-8")
    result = call("packs", "lint", tmp_path / "pack.toml")
    assert result.exit_code == 1
    assert says in result.stdout


def test_lint_finds_clauses_that_do_not_stand_in_the_document(tmp_path: Path) -> None:
    write_town(tmp_path)
    document = tmp_path / "plan.txt"
    document.write_text("第一条 虚构\n条文。", encoding="utf-8")
    assert call("packs", "lint", tmp_path / "pack.toml", "--document", document).exit_code == 0
    document.write_text("第一条 别的条文。", encoding="utf-8")
    result = call("packs", "lint", tmp_path / "pack.toml", "--document", document)
    assert result.exit_code == 1
    assert "T-01" in result.stdout


@pytest.mark.parametrize("arguments", [["{}/none.toml"], ["{}/pack.toml", "--document", "{}/none.txt"]])
def test_lint_of_a_missing_file_ends_in_2(tmp_path: Path, arguments: list[str]) -> None:
    write_town(tmp_path)
    result = call("packs", "lint", *(each.format(tmp_path) for each in arguments))
    assert result.exit_code == 2
    assert "none" in result.stderr


# ---- reach ---------------------------------------------------------------------------------------------------


def test_reach_draws_each_limit_at_each_place(town: Path) -> None:
    arguments = ("--at", "F-1", "--at", "H-2", "--limits", "5min, 700m", "-q")
    found = json.loads(call("reach", town, *arguments).stdout)["features"]
    rows = [(each["properties"]["id"], each["properties"]["kind"], each["properties"]["limit_m"]) for each in found]
    assert rows == [("F-1", "facility", 300), ("F-1", "facility", 700), ("H-2", "area", 300), ("H-2", "area", 700)]
    assert [each["properties"]["pace"] for each in found] == ["elderly", None, "elderly", None]
    assert {each["geometry"]["type"] for each in found} == {"Polygon"}


def test_reach_without_a_place_draws_every_facility(town: Path) -> None:
    found = json.loads(call("reach", town, "-q").stdout)["features"]
    assert [(each["properties"]["limit"], each["properties"]["unit"]) for each in found] == [
        (5, "min"),
        (10, "min"),
        (15, "min"),
        (700, "m"),
    ]


@pytest.mark.parametrize("limits", ["", "5", "5 min", "-5min", "0m", "5min,,700m", "700km", "5min;700m", "nan m"])
def test_reach_refuses_malformed_limits(town: Path, limits: str) -> None:
    result = call("reach", town, "--limits", limits, "-q")
    assert result.exit_code == 2
    assert "15min" in result.stderr


def test_reach_refuses_an_unknown_place(town: Path) -> None:
    result = call("reach", town, "--at", "F-99", "--at", "F-1", "--at", "H-0", "-q")
    assert result.exit_code == 2
    assert "没有编号为 F-99, H-0 的" in result.stderr


# ---- explain -------------------------------------------------------------------------------------------------


def test_explain_tells_of_an_area_and_of_a_facility(town: Path) -> None:
    area = call("explain", town, "H-2", "-q").stdout
    assert "1500.000 米" in area
    assert "社区养老服务设施服务半径应小于700米" in area
    assert "起控制作用的指标：JJ-01（不达标）" in area
    assert area.splitlines()[-2] == "资料不足的指标：JJ-03、JJ-05"  # named once, after all that can be told
    assert area.count("JJ-03") == 1
    facility = call("explain", town, "F-1", "-q").stdout
    assert "计入 JJ-01" in facility
    assert "2 处" in facility


def test_explain_tells_a_millimetre_too_much(tmp_path: Path) -> None:
    # 900.001 m at 1 m/s are 15.000017 minutes, and the rule says at most 15.
    study = write_town(tmp_path, homes={"H-1": {**HOMES["H-1"], "at": (900.001, 0)}})
    told = call("explain", study, "H-1", "-q").stdout
    assert "15.000017 分钟 对 ≤ 15 分钟，余量 -0.000017" in told


def test_explain_names_the_nearest_id(town: Path) -> None:
    result = call("explain", town, "H-22", "-q")
    assert result.exit_code == 2
    assert "H-2" in result.stderr.split("是否指")[1]


def test_explain_writes_the_story_under_a_safe_name(tmp_path: Path) -> None:
    study = write_town(tmp_path, homes={"../a b": HOMES["H-1"]})
    assert call("explain", study, "../a b", "-q", "--out", tmp_path / "there").exit_code == 0
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["explain-.._a_b.txt"]


def test_explain_plan_checks_the_certificate(town: Path) -> None:
    assert call("explain", town, "plan", "-q").exit_code == 2  # no plan yet
    call("site", town, "-q")
    result = call("explain", town, "plan", "-q")
    assert result.exit_code == 0
    assert "最优性说明成立" in result.stdout


@pytest.mark.parametrize(
    "change", [{"objective": 31}, {"objective": 31, "bound": 31}, {"bound": 29}, {"sites": ["C-7"]}, {"sites": []}]
)
def test_explain_plan_ends_in_1_where_the_certificate_does_not_hold(town: Path, change: dict[str, Any]) -> None:
    call("site", town, "-q")
    path = town.parent / RESULTS / "plan.json"
    plan = json.loads(path.read_text(encoding="utf-8"))[0]
    path.write_text(json.dumps([{**plan, **change}]), encoding="utf-8")
    result = call("explain", town, "plan", "-q")
    assert result.exit_code == 1
    assert "不成立" in result.stdout


@pytest.mark.parametrize("content", ["", "[", "{}", "[1]", '[{"site_plan": "1-day_care"}]'])
def test_explain_plan_of_a_damaged_file_ends_in_2(town: Path, content: str) -> None:
    call("site", town, "-q")
    (town.parent / RESULTS / "plan.json").write_text(content, encoding="utf-8")
    result = call("explain", town, "plan", "-q")
    assert result.exit_code == 2
    assert "plan.json" in result.stderr


# ---- facilities that do not count --------------------------------------------------------------------------


def test_an_empty_status_does_not_count_and_is_reported(tmp_path: Path) -> None:
    facilities = {
        "F-1": {**FACILITIES["F-1"], "status": None},
        "F-2": {"at": (90, 0), "type": "day_care", "status": "运营"},
    }
    study = write_town(tmp_path, facilities=facilities, homes=SERVED, study=OWN_PACK)
    result = call("audit", study, "-q", "--format", "json")
    assert [(each["code"], each["ids"]) for each in json.loads(result.stdout)["findings"]] == [
        ("not_checked", ["outside_study", "zone_code_unknown", "data_old"]),
        ("status_empty", ["F-1"]),
        ("equity_not_assessed", []),
    ]
    assert table(tmp_path / RESULTS / "access.csv")[0]["facility_id"] == "F-2"


# ---- zones ---------------------------------------------------------------------------------------------------


def test_zones_get_their_own_coverage_and_scores(tmp_path: Path) -> None:
    zones = {
        "Z-1": {"box": (-500, -500, 500, 500), "name": "虚构一镇", "level": "town"},
        "Z-2": {"box": (500, -500, 2500, 500), "name": "虚构二镇", "level": "town"},
    }
    study = write_town(tmp_path, study=STUDY + ZONES)
    (tmp_path / "zones.geojson").write_text(boxes("zone_id", zones), encoding="utf-8")
    call("audit", study, "-q")
    rows = table(tmp_path / RESULTS / "coverage.csv")
    found = {
        row["zone_id"]: (row["covered"], row["total"], row["outcome"])
        for row in rows
        if (row["rule_id"], row["basis"], row["metric"]) == ("JJ-01", "pop60", "network")
    }
    assert found == {"*": ("20", "50", "fail"), "Z-1": ("20", "20", "pass"), "Z-2": ("0", "30", "fail")}


# ---- from Python ---------------------------------------------------------------------------------------------


def test_from_python_frames_come_back_and_nothing_is_written_or_printed(
    town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(tmp_path)
    tables = circle15.audit(town)
    assert {"access", "verdicts", "coverage", "scores", "findings", "residential"} <= set(tables)
    assert tables["access"].loc[0, "distance_m"] == 100.0
    assert list(circle15.site(str(town))["plan"]["candidate_id"]) == ["C-1"]
    assert len(circle15.run(town)["areas"]) > 0
    assert list(circle15.check(town)["code"]) == CODES
    assert list(circle15.reach(town, at=["F-1"], limits="700m")["limit_m"]) == [700.0]
    assert tree(tmp_path) == before
    assert capsys.readouterr() == ("", "")


def test_from_python_out_writes_the_same_bytes_as_the_command_line(town: Path, tmp_path: Path) -> None:
    circle15.site(town, out=tmp_path / "python")
    call("site", town, "-q", "--out", tmp_path / "shell")
    python, shell = tree(tmp_path / "python"), tree(tmp_path / "shell")
    assert set(python) == set(shell)
    for name in set(python) - {f"{RESULTS}/manifest.json"}:
        assert python[name] == shell[name], name


def test_from_python_errors_are_of_the_tree(tmp_path: Path) -> None:
    from circle15.core.errors import InputError

    with pytest.raises(InputError, match=r"study\.toml"):
        circle15.audit(tmp_path / "study.toml")


# ---- the program itself --------------------------------------------------------------------------------------


def test_the_program_speaks_utf8_whatever_the_console(town: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-c", "from circle15.cli import main; main()", "audit", str(town), "-q"]
    result = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert result.returncode == 1
    assert "虚构镇" in result.stdout.decode("utf-8")


def test_version() -> None:
    assert call("--version").stdout == f"circle15 {circle15.__version__}\n"
