"""Every rule of the five plans on a few rows of data, through the command line. The cases are data: tests/cases.

A case file holds ``[[case]]`` tables. ``facilities``, ``residential`` and ``zones`` are rows (see tests/studies.py for
their short forms), to which the rows under ``[every]`` lend what they lack; ``streets`` are lines. ``expected`` maps a
rule to its subjects and their outcomes: ``"fail"``, ``"unknown no_column"`` with the reason, ``"pass at limit"`` for
a value that lies exactly on the limit. ``shares`` maps a rule to the share of its units that pass and its outcome for
the whole study; ``not_assessed`` lists ids that the run must name as such, ``findings`` codes it must find. The cases
of a counting rule stand in ``counting-<switch>.toml``.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from circle15.core.rule import Pack, Preference, Ratio, Rule, Schedule
from circle15.read.pack import load_pack
from tests.studies import run

CASES = Path(__file__).resolve().parents[1] / "cases"
PLANS = ("jinjiang-2022", "zhoukou-2025", "changan-2025", "wuzhong-2025", "xianyang-2025")
LAYERS = {"facilities": "facilities", "residential": "residential", "zones": "zone_table", "parcels": "parcels"}
AT_LIMIT = "at limit"
KEYS = {*LAYERS, "name", "streets", "settings", "expected", "shares", "not_assessed", "findings", "exit_code"}


class Case(NamedTuple):
    """One case of a file."""

    pack: str
    file: str
    entry: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.entry['name']}"


def read_cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*/*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in table["case"]:
            yield Case(path.parent.name, path.stem, with_every(entry, table.get("every", {})))


def with_every(entry: dict[str, Any], every: dict[str, Any]) -> dict[str, Any]:
    """The case with what all rows of the file share, and with rows repeated as often as they say."""
    rows = {
        layer: [each for row in entry[layer] for each in repeated({**every.get(layer, {}), **row})]
        for layer in LAYERS
        if layer in entry
    }
    return {**entry, **rows}


def repeated(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The row ``times`` times, its number in the place of ``#``."""
    times = row.pop("times", 1)
    for number in range(1, times + 1):
        yield {key: value.replace("#", str(number)) if isinstance(value, str) else value for key, value in row.items()}


ALL = list(read_cases())


@cache
def pack(pack_id: str) -> Pack:
    return load_pack([pack_id], Path())[0]


# ---- the cases -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_rule_judges_as_its_case_says(case, tmp_path):
    entry = case.entry
    assert set(entry) <= KEYS
    tables = {table: entry.get(layer, []) for layer, table in LAYERS.items()}
    tables["zone_table"] = [{"name": row["id"], **row} for row in tables["zone_table"]]
    found = run(tmp_path, case.pack, tables, streets=entry.get("streets", ()), settings=entry.get("settings", ""))

    assert found.exit_code in {0, 1}, found.stderr
    assert found.exit_code == entry.get("exit_code", found.exit_code)
    assert [row for row in found.table("verdicts") if reads_as_measured(row)] == []
    for key, subjects in entry.get("expected", {}).items():
        rule_id, _, metric = key.partition(" ")
        rows = found.verdicts(rule_id, metric or pack(case.pack).rule(rule_id).metric)
        assert {subject: said(row, subjects.get(subject, "")) for subject, row in rows.items()} == subjects
    for rule_id, (share, outcome) in entry.get("shares", {}).items():
        (row,) = found.shares(rule_id)
        assert (row["share"], row["outcome"]) == (share, outcome)
    reasons = {each["rule_id"]: each["reason"] for each in found.answer["not_assessed"]}
    assert all(reasons.get(rule_id) for rule_id in entry.get("not_assessed", []))
    assert set(entry.get("findings", [])) <= {each["code"] for each in found.answer["findings"]}


def reads_as_measured(row: dict[str, str]) -> bool:
    """Whether a verdict that measured nothing has a value all the same."""
    idle = row["outcome"] == "unknown" or (row["outcome"] == "not_applicable" and row["because"] != "not_due")
    return idle and bool(row["value"] or row["margin"])


def said(row: dict[str, str], asked: str) -> str:
    """A verdict in the words of the case, as precise as those."""
    _, _, more = asked.partition(" ")
    if more == AT_LIMIT:
        more = AT_LIMIT if row["margin"] and float(row["margin"]) == 0 else f"by {row['margin']}"
    elif more:
        more = row["because"]
    return f"{row['outcome']} {more}".strip()


# ---- nothing is left out -------------------------------------------------------------------------------------------


@cache
def judged_cases() -> dict[str, set[str]]:
    """What the cases of each rule show: outcomes, and the words behind them."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in ALL:
        for key, subjects in case.entry.get("expected", {}).items():
            for words in subjects.values():
                outcome, _, more = words.partition(" ")
                found[key.split()[0]] |= {outcome, AT_LIMIT if more == AT_LIMIT else words}
        for rule_id, (_, outcome) in case.entry.get("shares", {}).items():
            found[rule_id].add(f"share {outcome}")
    return found


def needed(rule: Rule) -> set[str]:
    """What the cases of a rule must show: all that can come of it, and a value on the limit."""
    if rule.kind == "preference":
        return {"pass", "not_applicable", "unknown"} if decides(rule) else {"not_applicable"}
    if not decides(rule):
        return {"unknown"}
    shares = {"share pass", "share fail"} if rule.target else set()
    return {"pass", "fail", "unknown", AT_LIMIT} | shares


def decides(rule: Rule) -> bool:
    """Whether tables can answer a rule: not where its limit has no number, a document is due or ground is broken."""
    test = rule.test
    if isinstance(test, Schedule):
        return bool(test.per_year) or any(each.stage == "in_use" for each in test.milestones)
    if isinstance(test, Ratio):
        return bool(test.per_zone or test.passing) or not math.isnan(rule.limit.value)
    if isinstance(test, Preference):
        return bool(test.near_types or test.hosts)
    return True


RULES = [rule for pack_id in PLANS for rule in pack(pack_id).rules]


@pytest.mark.parametrize("rule", RULES, ids=[rule.rule_id for rule in RULES])
def test_every_rule_has_its_cases(rule):
    assert needed(rule) - judged_cases()[rule.rule_id] == set()


@pytest.mark.parametrize("pack_id", PLANS)
def test_every_clause_that_is_not_assessed_is_named_by_a_case(pack_id):
    named = {rule_id for case in ALL if case.pack == pack_id for rule_id in case.entry.get("not_assessed", [])}
    assert {each.rule_id for each in pack(pack_id).not_assessed} <= named


def test_every_id_that_was_asked_for_has_a_case(policy):
    specification = policy.parent / "rules.md"
    if not specification.is_file():
        pytest.skip("no rules.md beside the policies")
    text = re.sub(r"([A-Z]{2}-)(\d{2}) / (\d{2})", r"\1\2, \1\3", specification.read_text(encoding="utf-8"))
    asked = set(re.findall(r"\b(?:JJ|ZK|CA|WZ|XY)-\d{2}\b", text))
    shown = {rule_id.split(".")[0] for rule_id in judged_cases()}
    shown |= {rule_id for case in ALL for rule_id in case.entry.get("not_assessed", [])}
    assert asked - shown == set()
