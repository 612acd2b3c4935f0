"""Audits for the tests of office files: tasks of counties, hostile names, and what only some studies have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from circle15.core.findings import Finding
from circle15.core.limit import Limit
from circle15.core.results import Audit
from circle15.core.rule import Amount, Document, Pack, Ratio, Rule
from circle15.core.tables import Coverage, Facilities, Ratios, Scores, Units, Verdicts
from circle15.core.text import Text
from tests.fakes import small_audit

# What spreadsheets would run, what markup would take for its own, what no file may hold, and what the font lacks.
HOSTILE = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://a.example","x")',
    "<b>粗</b> & </para>",
    "a|b`c`\\d",
    "换\n行\t和\x00\x07控制",
    "\u202eoverride",
    "\ud800lone\uffff",
    "https://a.example/x",
    "12345",
    "𠮷野",
    "长" * 400,
)
TASK = Rule(
    rule_id="B-01",
    kind="ratio",
    targets=("day_care",),
    limit=Limit(">=", float("nan"), "张"),
    force="expected",
    verified=True,
    clause="虚构任务分配表",
    source="虚构〔2024〕1号",
    legal_status="in_force",
    metric="reported",
    metric_source="clause",
    year=2025,
    level="county",
    test=Ratio((Amount("zones", "beds"),), per_zone="beds_task"),
)
# zone: beds, task. The second and the third tie, the fourth has not reported.
TASKS: dict[str, tuple[float | None, float]] = {
    "甲县": (1_204.0, 1_000.0),
    "乙县": (431.0, 1_000.0),
    "丙县": (862.0, 2_000.0),
    "丁县": (None, 3_000.0),
}
ID = {name: f"41{number:02d}" for number, name in enumerate(TASKS, start=1)}


def tasks_audit(**changes: Any) -> Audit:
    """A study of tables alone: four counties with tasks of their own, and nothing else."""
    audit = small_audit(**changes)
    document = audit.facts.pack.documents[0]
    pack = Pack((document,), {}, audit.facts.pack.types, (TASK,))
    units = [{"zone_id": ID[name], "name": name, "level": "county"} for name in TASKS]
    return replace(
        audit,
        facts=replace(audit.facts, pack=pack, crs=""),
        residential=type(audit.residential)(audit.residential.frame.iloc[:0]),
        facilities=Facilities(audit.facilities.frame.iloc[:0]),
        access=type(audit.access).empty(),
        binding=type(audit.binding).empty(),
        membership=None,
        zones=None,
        counted={"B-01": ()},
        units=Units.build(pd.DataFrame(units)),
        verdicts=Verdicts.build(pd.DataFrame([_verdict(name) for name in TASKS])),
        ratios=Ratios.build(pd.DataFrame([_ratio(name) for name in TASKS])),
        coverage=Coverage.empty(),
        scores=Scores.empty(),
        outcomes={"B-01": "fail"},
        plans=(),
    )


def _outcome(name: str) -> str:
    value, task = TASKS[name]
    return "unknown" if value is None else "pass" if value >= task else "fail"


def _ratio(name: str) -> dict[str, Any]:
    value, task = TASKS[name]
    return {
        "rule_id": "B-01",
        "level": "county",
        "zone_id": ID[name],
        "metric": "reported",
        "numerator": value or 0.0,
        "denominator": None,
        "value": value,
        "op": ">=",
        "limit": task,
        "limit_by": "task",
        "task_share": None if value is None else value / task,
        "outcome": _outcome(name),
    }


def _verdict(name: str) -> dict[str, Any]:
    value, task = TASKS[name]
    return {
        "rule_id": "B-01",
        "subject_kind": "zone",
        "subject_id": ID[name],
        "metric": "reported",
        "value": value,
        "unit": "张",
        "op": ">=",
        "limit": task,
        "margin": None if value is None else value - task,
        "outcome": _outcome(name),
        "because": "cell_empty" if value is None else "counted",
    }


def hostile_audit() -> Audit:
    """The small audit whose homes, study and findings carry hostile names."""
    audit = small_audit(name="=恶意<研究>&名", title_block={"编制单位": "=单位|<i>"})
    names = [HOSTILE[number % len(HOSTILE)] for number in range(len(audit.residential))]
    homes = audit.residential.frame.assign(name=pd.Series(names, dtype=object))  # one holds half a surrogate pair
    findings = tuple(
        Finding("reader_warning", "warning", "residential", 1, (text,), Text(text, text), Text(text, text))
        for text in HOSTILE
    )
    return replace(audit, residential=type(audit.residential)(homes), findings=findings)


def draft_audit() -> Audit:
    """The small audit of an invented town under a draft, its people estimated."""
    audit = small_audit(fictional=True)
    draft = Document("draft", "虚构征求意见稿", "虚构〔2025〕2号", "draft")
    homes = audit.residential.frame.assign(estimated="pop60")
    return replace(
        audit,
        facts=replace(audit.facts, pack=replace(audit.facts.pack, documents=(draft,))),
        residential=type(audit.residential)(homes),
    )
