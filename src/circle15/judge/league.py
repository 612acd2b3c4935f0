"""Studies beside each other: the figures of one, and of many by sums. No share is ever averaged."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from circle15.core.league import AMOUNT, LEVELS, OWN_TASK, TASKS, WHOLE_BATCH, Figures, League, standing
from circle15.core.limit import OPERATORS, SYMBOLS, UPPER
from circle15.core.results import Audit
from circle15.core.rule import STUDY, Ratio, Rule, Target
from circle15.core.schema import Table
from circle15.judge.coverage import target_outcome

# Figures that agree in these are figures of the same thing.
_KEYS = ("pack", "rule_id", "standing", "threshold", "basis", "metric", "headline", "per", "op", "limit")
_SUMMED = ("covered", "total", "unknown")
_COLUMNS = tuple(column.name for column in Figures.columns)

Row = dict[str, Any]


# ---- of one study --------------------------------------------------------------------------------------------


def study_figures(audit: Audit) -> list[Row]:
    """The figures of a study as plain rows, in the order of its rules: nulls are None, ranks are not known yet."""
    coverage, ratios = audit.coverage.frame, audit.ratios.frame
    of_study = [rule.rule_id for rule in audit.rules if rule.level == STUDY and isinstance(rule.test, Ratio)]
    is_task = ratios["limit_by"] == "task"
    shares = _by_rule(coverage[coverage["level"] == STUDY])
    amounts = _by_rule(ratios[~is_task & ratios["rule_id"].isin(of_study)])
    tasks = _by_rule(ratios[is_task & ratios["limit"].notna()])
    rows = []
    for rule in audit.rules:
        rows += _shares(audit, rule, shares.get(rule.rule_id, ()))
        rows += _amounts(audit, rule, amounts.get(rule.rule_id, ()))
        rows += _tasks(audit, rule, tasks.get(rule.rule_id, ()))
    return rows


def _by_rule(frame: Any) -> dict[str, list[Any]]:
    """The rows of each rule that has any: a frame is slow to be asked for those of one rule after another."""
    found: dict[str, list[Any]] = {}
    for row in frame.itertuples():
        found.setdefault(row.rule_id, []).append(row)
    return found


def _shares(audit: Audit, rule: Rule, rows: Iterable[Any]) -> list[Row]:
    return [
        _figure(audit, rule, row.metric, row.basis)
        | {"covered": _plain(row.covered), "total": _plain(row.total), "unknown": _plain(row.unknown)}
        | {"share": _plain(row.share), "op": _text(row.target_op), "limit": _plain(row.target)}
        | {"outcome": _text(row.outcome)}
        for row in rows
    ]


def _amounts(audit: Audit, rule: Rule, rows: Iterable[Any]) -> list[Row]:
    """The ratio or stock of the study as a whole."""
    if not isinstance(rule.test, Ratio):
        return []
    return [
        _figure(audit, rule, row.metric, AMOUNT)
        | {"covered": _plain(row.numerator), "total": _plain(row.denominator), "value": _plain(row.value)}
        | {"unknown": float(row.outcome == "unknown"), "per": rule.test.per, "op": row.op}
        | {"limit": _plain(row.limit), "outcome": row.outcome}
        for row in rows
    ]


def _tasks(audit: Audit, rule: Rule, rows: Iterable[Any]) -> list[Row]:
    """What the zones have of what they were set, by each metric. Zones without a task are not in it."""
    by_metric: dict[str, list[Any]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, []).append(row)
    found = []
    for metric, zones in by_metric.items():
        silent = [zone.limit for zone in zones if _plain(zone.value) is None]
        figure = _figure(audit, rule, metric, TASKS) | {"op": rule.limit.op, "unknown": math.fsum(silent)}
        done = [zone.value for zone in zones if _plain(zone.value) is not None]
        found.append(_completed(figure | {"covered": math.fsum(done), "total": math.fsum(z.limit for z in zones)}))
    return found


def _figure(audit: Audit, rule: Rule, metric: str, basis: str) -> Row:
    facts = audit.facts
    pace = f" @ {rule.pace.m_s:g} m/s" if rule.pace else ""
    own = isinstance(rule.test, Ratio) and bool(rule.test.per_zone)
    return dict.fromkeys(_COLUMNS) | {
        "level": LEVELS[0],
        "unit_id": facts.study_id,
        "pack": "; ".join(each.pack_id for each in facts.pack.documents),
        "rule_id": rule.rule_id,
        "standing": standing(rule),
        "threshold": f"{SYMBOLS[rule.limit.op]} {OWN_TASK}" if own else f"{rule.limit}{pace}",
        "basis": basis,
        "metric": metric,
        "headline": metric == rule.metric,
        "studies": 1,
    }


def _plain(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


# ---- of many -------------------------------------------------------------------------------------------------


def figures(rows: Iterable[Row], places: Mapping[str, tuple[str, str]]) -> Figures:
    """The rows of all studies, and their sums by city, by province and over the batch, each ranked in its level.

    ``places`` maps a study id to its city and province, empty where none is named. Sums stand in the order of their
    first study.
    """
    studies = list(rows)
    found = list(studies)
    units: Mapping[str, Any] = {
        "city": lambda row: places[row["unit_id"]][0],
        "province": lambda row: places[row["unit_id"]][1],
        "batch": lambda _: WHOLE_BATCH,
    }
    for level, unit_of in units.items():
        groups: dict[tuple[Hashable, ...], list[Row]] = {}
        for row in studies:
            unit = unit_of(row)
            if unit:
                groups.setdefault((unit, *(row[key] for key in _KEYS)), []).append(row)
        found += [_sum(level, unit, members) for (unit, *_), members in groups.items()]
    frame = pd.DataFrame(found, columns=list(_COLUMNS))
    return Figures.build(_typed(_ranked(frame), Figures))


def _sum(level: str, unit: Hashable, members: Sequence[Row]) -> Row:
    """The sum of figures of the same thing; a figure that one of them lacks, the sum lacks.

    A study that an amount does not apply to adds nothing to it.
    """
    members = [each for each in members if each["outcome"] != "not_applicable"] or members[:1]
    row = {**members[0], "level": level, "unit_id": unit, "studies": len(members)}
    for name in _SUMMED:
        values = [each[name] for each in members]
        row[name] = None if None in values else math.fsum(values)
    return _completed(row | {"outcome": _worst(members)})


def _completed(row: Row) -> Row:
    """The share or value of a sum, and its outcome."""
    if row["basis"] == AMOUNT:
        return row | _amount(row)
    covered, total = row["covered"], row["total"]
    share = covered / total if covered is not None and total else None
    if row["basis"] == TASKS:
        return row | {"share": share, "outcome": _task_outcome(row)}
    if row["op"] is None or covered is None or total is None:
        return row | {"share": share}
    target = Target(row["op"], row["limit"], row["basis"])
    return row | {"share": share, "outcome": target_outcome(target, covered, row["unknown"] or 0.0, total)}


def _amount(row: Row) -> Row:
    """Numerator ÷ denominator × per; a stock has no denominator. Where a study has no value, the sum has none."""
    top, below, limit = row["covered"], row["total"], row["limit"]
    if row["outcome"] == "not_applicable":
        return {}
    if top is None or row["unknown"] or below == 0:
        return {"value": None, "outcome": "unknown"}
    scaled, divisor = top * row["per"], 1.0 if below is None else below
    if limit is None:
        return {"value": scaled / divisor, "outcome": "unknown"}
    return {
        "value": scaled / divisor,
        "outcome": "pass" if OPERATORS[row["op"]](scaled, limit * divisor) else "fail",
    }


def _task_outcome(row: Row) -> str:
    if OPERATORS[row["op"]](row["covered"], row["total"]):
        return "pass"
    return "unknown" if row["unknown"] else "fail"


def _worst(members: Sequence[Row]) -> str | None:
    """Without a target: fail if one fails, else unknown if one is, else pass; of nothing, nothing."""
    outcomes = {each["outcome"] for each in members}
    return next((each for each in ("fail", "unknown", "pass", "not_applicable") if each in outcomes), None)


def _ranked(frame: Any) -> Any:
    """Ranks within a level among figures of the same thing; equal figures share one."""
    if not len(frame):
        return frame
    measure = frame["share"].astype(float).where(frame["basis"] != AMOUNT, frame["value"].astype(float))
    upper = (frame["basis"] == AMOUNT) & frame["op"].isin(UPPER)
    keyed = frame.assign(measure=measure.where(~upper, -measure))
    groups = keyed.groupby(["level", *_KEYS], sort=False, dropna=False)
    return frame.assign(rank=groups["measure"].rank(method="min", ascending=False))


# ---- the league ----------------------------------------------------------------------------------------------


def league(rows: Sequence[Row]) -> League:
    """One row for each study, ranked. ``rows`` hold the columns of League but shares and rank; nulls are None."""
    shared = [row | {f"{side}_share": _passed(row, side) for side in ("binding", "expected")} for row in rows]
    orders = [_order(row) for row in shared]
    best = sorted((each for each in orders if each is not None), reverse=True)
    ranked = [
        row | {"rank": None if order is None else best.index(order) + 1}
        for row, order in zip(shared, orders, strict=True)
    ]
    frame = pd.DataFrame(ranked, columns=[column.name for column in League.columns])
    return League.build(_typed(frame, League))


def _passed(row: Row, side: str) -> float | None:
    """Rules passed ÷ (passed + failed + unknown); nothing to share is null."""
    counts = [row[f"{side}_{outcome}"] for outcome in ("pass", "fail", "unknown")]
    return counts[0] / sum(counts) if None not in counts and sum(counts) else None


def _order(row: Row) -> tuple[float, float] | None:
    """What ranks a study: its binding share, then its expected one; a share that it lacks comes after every other."""
    shares = [row[f"{side}_share"] for side in ("binding", "expected")]
    if shares == [None, None]:
        return None
    binding, expected = (-1.0 if share is None else share for share in shares)
    return binding, expected


def _typed(frame: Any, table: type[Table]) -> Any:
    """The frame in the kinds that its declaration asks for."""
    kinds = {"number": "float64", "integer": "Int64", "flag": "bool"}
    return frame.astype({each.name: kinds[each.kind] for each in table.columns if each.kind in kinds})
