"""Every rule kind has cases in tests/cases. Those of ``within`` are judged here, through the command line.

The other kinds have theirs rule by rule in the folder of a pack, judged by test_cases_packs.py.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from circle15.core.rule import RULE_KINDS
from circle15.judge import KINDS
from circle15.read.pack import load_pack
from tests.conftest import ROOT
from tests.towns import OWN_PACK, PACK, call, write_town

FOLDER = ROOT / "tests" / "cases"
FILES = sorted(FOLDER.glob("*.toml"))
CASES = {
    f"{path.stem}: {case['name']}": case
    for path in FILES
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
}

RULE: Mapping[str, Any] = {
    "id": "T-01",
    "kind": "within",
    "targets": ["day_care"],
    "metric": "network",
    "metric_source": "clause",
    "limit": {"op": "<", "value": 700, "unit": "m"},
    "force": "binding",
    "verified": True,
    "clause": "虚构条文",
}


def test_every_kind_of_rule_is_judged_and_has_cases() -> None:
    assert tuple(KINDS) == RULE_KINDS
    assert {kind for kind in KINDS if kinds_with_cases()[kind] == 0} == set()


def kinds_with_cases() -> Counter[str]:
    """How many rules of each kind have cases; a file of the folder itself stands for its kind."""
    found = Counter(path.stem for path in FILES)
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        pack, _ = load_pack([folder.name], folder)
        expected = {
            rule_id
            for path in folder.glob("*.toml")
            for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
            for rule_id in case.get("expected", {})
        }
        found.update(rule.kind for rule in pack.rules if rule.rule_id in expected)
    return found


def test_every_file_is_of_the_kind_it_is_named_after() -> None:
    assert [tomllib.loads(path.read_text(encoding="utf-8"))["kind"] for path in FILES] == [path.stem for path in FILES]


def write_case(folder: Path, case: Mapping[str, Any]) -> Path:
    """The town of a case: one street along the places, bent where the case is crooked."""
    bend = case.get("crooked_m", 0) / 2
    streets = [[(-200.0, 0.0), (3000.0, 0.0)]]
    if bend:
        streets = [[(0, 0), (0, bend), (case["home_m"], bend), (case["home_m"], 0)]]
    if case.get("island"):
        streets.append([(0, case["home_north_m"]), (900, case["home_north_m"])])
    facilities = {
        f"F-{number}": {"at": (east, case.get("facility_north_m", 0)), "type": "day_care", **case.get("facility", {})}
        for number, east in enumerate(case["facilities_m"])
    }
    home = {"at": (case["home_m"], case.get("home_north_m", 0)), **case.get("columns", {})}
    neighbour = {"at": streets[0][0], **case.get("columns", {})}
    head = PACK[: PACK.index("[[rule]]")]
    rule = {**RULE, **case.get("rule", {})}
    return write_town(
        folder,
        streets=streets,
        # A neighbour on the street, so that a home near no street is not alone.
        homes={"H-1": home, "H-2": neighbour},
        facilities=facilities,
        study=OWN_PACK.replace("fictional", f"{case.get('study', '')}\nfictional"),
        pack=head + "[[rule]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in rule.items()),
    )


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_case(tmp_path: Path, case: Mapping[str, Any]) -> None:
    study = write_case(tmp_path, case)
    result = call("audit", study, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    text = (tmp_path / "data/processed/invented/verdicts.csv").read_text(encoding="utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["subject_id"] == "H-1"]
    found = {
        row["metric"]: {
            "outcome": row["outcome"],
            "because": row["because"],
            **({"value": float(row["value"])} if row["value"] else {}),
        }
        for row in rows
    }
    assert found == case["expect"]
    for row in rows:
        if row["value"]:
            assert float(row["margin"]) == pytest.approx(float(row["limit"]) - float(row["value"]), abs=1e-6)
        else:
            assert row["margin"] == ""
