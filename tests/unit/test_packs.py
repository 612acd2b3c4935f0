"""The shipped rule packs: they load, quote their documents word for word, and hold every rule that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from circle15.core.rule import Pack, Ratio, Rule, Standard
from circle15.core.tables import Facilities, Residential, Units
from circle15.read.pack import load_pack, missing_clauses, read_document, shipped_ids


class Plan(NamedTuple):
    """A pack of a plan: the prefix of its ids and the file that holds the plan's text."""

    prefix: str
    document: str


PLANS = {
    "wuzhong-2025": Plan("WZ", "000_45fdde4aaf1a6ae4.txt"),
    "xianyang-2025": Plan("XY", "001_8f667207ed166b6e.txt"),
    "zhoukou-2025": Plan("ZK", "002_d5c30fac932276ae.txt"),
    "changan-2025": Plan("CA", "003_3e622fd8b3c27c7b.txt"),
    "jinjiang-2022": Plan("JJ", "004_d86cf96da0096eb3.txt"),
}
SHIPPED = shipped_ids()
SHIPPED_PLANS = [each for each in PLANS if each in SHIPPED]

# Rows of Zhoukou's table 1 that are not about places. Other quantities that are not have no id of their own in the
# specification: they are told by what their clause speaks of.
ZHOUKOU_ROWS = {f"ZK-T{row:02}" for row in (4, 5, 6, 9, 10, 17, 18)}
NOT_ABOUT_PLACES = re.compile("养老服务集团|连锁服务机构|健康管理率|系统管理率|医养康养相结合")


@cache
def pack(pack_id: str) -> Pack:
    return load_pack([pack_id], Path())[0]


def base_id(rule_id: str) -> str:
    """The id a part belongs to: ``JJ-11`` of ``JJ-11.a``."""
    return rule_id.split(".", maxsplit=1)[0]


# ---- every pack loads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack_id", SHIPPED)
def test_a_shipped_pack_loads(pack_id):
    assert pack(pack_id).rules
    assert [each.pack_id for each in pack(pack_id).documents] == [pack_id]


def test_rule_ids_are_unique_over_all_shipped_packs():
    ids = [each.rule_id for name in SHIPPED for each in pack(name).rules]
    ids += [each.rule_id for name in SHIPPED for each in pack(name).not_assessed]
    assert sorted(ids) == sorted(set(ids))


def test_the_packs_of_the_plans_make_one_pack_together():
    together, _ = load_pack(SHIPPED_PLANS, Path())
    assert len(together.rules) == sum(len(pack(each).rules) for each in SHIPPED_PLANS)


COLUMNS_OF = {
    "facilities": {column.name for column in Facilities.columns},
    "people": {column.name for column in (*Residential.columns, *Units.columns)},
    "zones": {column.name for column in Units.columns},
}


def columns_named(rule: Rule) -> Iterator[tuple[str, str]]:
    """The table and name of each column that a rule reads outside its conditions, which the loader checks."""
    yield from (("people", column) for column in rule.scope)
    if isinstance(rule.test, Ratio):
        for amount in (*rule.test.numerator, *rule.test.denominator):
            yield (amount.of, amount.column)
    if isinstance(rule.test, Standard):
        yield from (("facilities", column) for column in (rule.test.column, rule.test.over))


@pytest.mark.parametrize("pack_id", SHIPPED)
def test_a_rule_reads_only_columns_that_tables_have(pack_id):
    unknown = [
        (rule.rule_id, column)
        for rule in pack(pack_id).rules
        for table, column in columns_named(rule)
        if column and column not in COLUMNS_OF[table]
    ]
    assert unknown == []


# ---- every clause stands in its document ---------------------------------------------------------------------------


@pytest.mark.parametrize("pack_id", SHIPPED_PLANS)
def test_each_clause_stands_word_for_word_in_its_document(pack_id, policy):
    assert missing_clauses(pack(pack_id), read_document(policy / PLANS[pack_id].document)) == []


def test_a_clause_with_one_word_changed_is_missing(policy):
    jinjiang = pack("jinjiang-2022")
    changed = replace(jinjiang.rule("JJ-01"), clause="社区养老服务设施服务半径应小于800米")
    rules = tuple(changed if each.rule_id == "JJ-01" else each for each in jinjiang.rules)
    document = read_document(policy / PLANS["jinjiang-2022"].document)
    assert missing_clauses(replace(jinjiang, rules=rules), document) == ["JJ-01"]


# ---- every id that was asked for -----------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What the specification wants: ids to be judged and ids to be kept unjudged."""

    judged: set[str]
    kept: set[str]


@pytest.fixture(scope="module")
def asked(policy) -> Asked:
    specification = policy.parent / "rules.md"
    if not specification.is_file():
        pytest.skip("no rules.md beside the policies")
    lines = specification.read_text(encoding="utf-8").splitlines()
    judged: set[str] = set()
    kept: set[str] = set()
    for line in lines:
        if row := re.match(r"\| ([A-Z]{2}-\d[^|]*) \|", line):
            (kept if "not_assessed" in line else judged).update(written_out(row[1]))
    (paragraph,) = (line for line in lines if line.startswith("Also quantitative"))
    unjudged, same_stage = paragraph.split("四同步", 1)
    kept |= set(re.findall(r"[A-Z]{2}-\d{2}", unjudged)) | ZHOUKOU_ROWS
    judged |= set(re.findall(r"[A-Z]{2}-\d{2}", same_stage))
    return Asked(judged, kept)


def written_out(cell: str) -> Iterator[str]:
    """``CA-05 / 06 / 07`` → CA-05, CA-06, CA-07."""
    prefix, numbers = cell.split("-", 1)
    return (f"{prefix}-{number.strip()}" for number in numbers.split("/"))


def test_ids_written_short_are_written_out():
    assert list(written_out("CA-05 / 06 / 07")) == ["CA-05", "CA-06", "CA-07"]
    assert list(written_out("JJ-01")) == ["JJ-01"]


def test_the_specification_is_read_whole(asked):
    assert len(asked.judged) == 74
    assert {"JJ-23", "ZK-02", "ZK-04", "CA-06", "CA-07", "WZ-11", "XY-10", "CA-18"} <= asked.judged
    assert asked.kept - ZHOUKOU_ROWS == {
        "JJ-22", "JJ-24", "JJ-25", "CA-14", "CA-17", "WZ-09", "XY-06", "XY-07", "XY-08",
    }  # fmt: skip


@pytest.mark.parametrize("pack_id", SHIPPED_PLANS)
def test_each_id_that_was_asked_for_is_judged(pack_id, asked):
    wanted = {each for each in asked.judged if each.startswith(PLANS[pack_id].prefix)}
    assert {base_id(each.rule_id) for each in pack(pack_id).rules} == wanted


@pytest.mark.parametrize("pack_id", SHIPPED_PLANS)
def test_nothing_is_kept_unjudged_but_what_was_named(pack_id, asked):
    kept = {each.rule_id for each in pack(pack_id).not_assessed if not NOT_ABOUT_PLACES.search(each.clause)}
    named = {each for each in asked.kept if each.startswith(PLANS[pack_id].prefix)}
    also_by_topic = {each.rule_id for each in pack(pack_id).not_assessed} - kept
    assert kept <= named
    assert named <= kept | also_by_topic


# ---- what the clauses say ------------------------------------------------------------------------------------------

# id, force, operator, value, year: written down from the documents by hand.
LIMITS = (
    ("JJ-01", "binding", "<", 700, None),
    ("JJ-02", "aspired", "<=", 15, None),
    ("JJ-03", "binding", ">=", 40, None),
    ("JJ-04", "binding", ">=", 400, None),
    ("JJ-05", "binding", ">=", 30, None),
    ("JJ-07", "expected", ">", 0.60, 2024),
    ("JJ-08", "expected", ">=", 12, 2024),
    ("JJ-11.a", "advised", ">=", 2500, None),
    ("JJ-11.b", "expected", ">=", 80, None),
    ("JJ-11.c", "binding", ">", 0.60, None),
    ("JJ-12.a", "expected", ">", 0.70, 2024),
    ("JJ-12.b", "expected", ">=", 0.60, 2024),
    ("JJ-14.a", "binding", ">=", 100, None),
    ("JJ-14.b", "binding", ">=", 50, None),
    ("JJ-16.a", "binding", ">=", 200, None),
    ("JJ-16.b", "binding", ">=", 10, None),
    ("JJ-17.a", "binding", ">=", 4, None),
    ("JJ-17.b", "binding", ">=", 5, None),
    ("ZK-01", "expected", ">=", 30, None),
    ("ZK-02", "expected", ">=", 20, None),
    ("ZK-03", "binding", ">=", 10, None),
    ("ZK-04", "binding", ">=", 8, None),
    ("ZK-05", "expected", ">=", 0.1, None),
    ("ZK-06.a", "expected", ">=", 1.0, 2025),
    ("ZK-06.c", "binding", ">=", 1.0, 2025),
    ("ZK-06.d", "aspired", "<=", 15, 2025),
    ("ZK-06.e", "aspired", "<=", 15, 2025),
    ("ZK-07", "binding", ">=", 0.55, 2025),
    ("ZK-08.a", "expected", ">=", 67_000, 2025),
    ("ZK-09.a", "expected", ">=", 37_000, 2025),
    ("ZK-09.b", "binding", ">=", 4.1, 2025),
    ("ZK-13", "expected", ">=", 10, 2025),
    ("ZK-16", "binding", ">=", 1, 2025),
    ("ZK-17", "expected", ">=", 30, 2025),
    ("XY-01", "aspired", "<=", 15, 2025),
    ("XY-03.a", "expected", ">=", 0.80, 2024),
    ("XY-03.b", "expected", ">=", 0.60, 2024),
    ("XY-03.c", "expected", ">=", 1.0, 2025),
    ("XY-04.b", "expected", ">=", 0.60, 2025),
    ("XY-05.a", "expected", ">=", 60, 2025),
    ("CA-02.a", "expected", ">=", 20, None),
    ("CA-02.b", "advised", ">=", 20, None),
    ("CA-13.a", "aspired", "<=", 15, None),
    ("CA-13.b", "aspired", "<=", 15, None),
    ("WZ-01", "expected", ">=", 20, None),
    ("WZ-04.b", "aspired", "<=", 15, 2025),
)
# id, force, level, share of the units, year.
SHARES_OF_UNITS = (
    ("JJ-09", "aspired", "town", 1.0, 2024),
    ("ZK-10.a", "expected", "community", 1.0, 2025),
    ("ZK-10.b", "expected", "community", 1.0, 2025),
    ("ZK-11.a", "expected", "community", 0.5, 2025),
    ("ZK-11.b", "expected", "community", 0.9, 2025),
    ("ZK-12.a", "expected", "town", 0.6, 2025),
    ("ZK-12.b", "expected", "town", 0.6, 2025),
    ("ZK-14.a", "expected", "county", 1.0, 2025),
    ("ZK-16", "binding", "county", 1.0, 2025),
    ("XY-09", "expected", "county", 1.0, 2025),
    ("CA-05", "expected", "community", 0.9, 2025),
    ("CA-06", "expected", "town", 0.7, 2025),
    ("CA-07", "expected", "village", 0.8, 2025),
    ("WZ-05", "expected", "town", 0.6, 2025),
)
# Every id with a part that can fail a run: nothing else may.
CAN_FAIL = {
    "jinjiang-2022": {"JJ-01", "JJ-03", "JJ-04", "JJ-05", "JJ-06", "JJ-11", "JJ-14", "JJ-16", "JJ-17"},
    "zhoukou-2025": {"ZK-03", "ZK-04", "ZK-06", "ZK-07", "ZK-09", "ZK-16"},
    "xianyang-2025": {"XY-10"},
    "changan-2025": set(),
    "wuzhong-2025": set(),
}


def rule_named(rule_id: str) -> Rule:
    name = next(name for name, plan in PLANS.items() if rule_id.startswith(plan.prefix))
    if name not in SHIPPED:
        pytest.skip(f"no pack {name}")
    return pack(name).rule(rule_id)


@pytest.mark.parametrize(("rule_id", "force", "op", "value", "year"), LIMITS)
def test_a_limit_is_the_one_of_the_clause(rule_id, force, op, value, year):
    rule = rule_named(rule_id)
    assert (rule.force, rule.limit.op, rule.limit.value, rule.year) == (force, op, value, year)


@pytest.mark.parametrize(("rule_id", "force", "level", "share", "year"), SHARES_OF_UNITS)
def test_a_share_of_units_is_the_one_of_the_clause(rule_id, force, level, share, year):
    rule = rule_named(rule_id)
    assert (rule.kind, rule.level, rule.force, rule.year) == ("presence", level, force, year)
    assert rule.target is not None
    assert (rule.target.op, rule.target.value, rule.target.basis) == (">=", share, "zones")


@pytest.mark.parametrize("pack_id", SHIPPED_PLANS)
def test_only_binding_rules_of_a_plan_in_force_can_fail_a_run(pack_id):
    draft = pack_id == "changan-2025"
    assert {each.legal_status for each in pack(pack_id).rules} == {"draft" if draft else "in_force"}
    assert {base_id(each.rule_id) for each in pack(pack_id).rules if each.can_fail_a_run} == CAN_FAIL[pack_id]


@pytest.mark.parametrize("pack_id", SHIPPED_PLANS)
def test_no_plan_names_a_metric_or_a_pace(pack_id):
    walks = [each for each in pack(pack_id).rules if each.kind == "within"]
    assert [each.rule_id for each in walks if each.metric_source != "interpretation"] == []
    assert [each.rule_id for each in walks if each.pace and each.pace.name not in each.note] == []


@pytest.mark.parametrize("pack_id", SHIPPED_PLANS)
def test_new_areas_are_divided_by_planned_dwellings_and_existing_ones_by_households(pack_id):
    divided_by = {"planned_dwellings": "new", "households": "existing"}
    wrong = [
        rule.rule_id
        for rule in pack(pack_id).rules
        if isinstance(rule.test, Ratio)
        for amount in rule.test.denominator
        if amount.column in divided_by and rule.scope.get("built") != divided_by[amount.column]
    ]
    assert wrong == []


def test_operating_rates_are_of_all_that_was_built():
    rates = [each for each in pack("xianyang-2025").rules if base_id(each.rule_id) == "XY-03"]
    assert len(rates) == 4
    for rate in rates:
        assert isinstance(rate.test, Ratio)
        assert [each.all_built for each in rate.test.denominator] == [True]
        assert [each.all_built for each in rate.test.numerator] == [False]


def test_each_unit_of_zhoukou_has_its_own_task():
    tasks = {"ZK-08.b": "beds_task", "ZK-09.c": "nursery_places_task"}
    for rule_id, column in tasks.items():
        test = pack("zhoukou-2025").rule(rule_id).test
        assert isinstance(test, Ratio)
        assert test.per_zone == column
