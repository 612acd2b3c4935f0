"""The keys of ``[judge]`` and ``[route] pace`` in a study, and what they make of the rules of a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from circle15.core.rule import METRICS, Metric, Pack, Rule
from circle15.core.text import Text, first_ids
from circle15.core.units import Pace
from circle15.read.counting import COUNTING_KEYS
from circle15.read.strict import Key, check, unknown_name

_JUDGE_KEYS = (
    Key("metric", "table of texts"),
    Key("points", "table of positive numbers"),
    Key("limit", "table of positive numbers"),
    Key("counting", "table"),
)


def judge_shape_problems(table: Mapping[str, Any]) -> list[Text]:
    """Keys of ``[judge]`` that are unknown or of another kind."""
    return check(table, _JUDGE_KEYS, "[judge]") or check(table.get("counting", {}), COUNTING_KEYS, "[judge].counting")


def judge_problems(table: Mapping[str, Any], paces: Mapping[str, str], pack: Pack) -> list[Text]:
    """Rules and paces that are named and not there, and what a study may not change. ``paces``: ``[route] pace``."""
    rules = {rule.rule_id: rule for rule in pack.rules}
    points = table.get("points", {})
    problems = [unknown_name(each, list(rules), "[judge].points") for each in points if each not in rules]
    for rule_id, metric in table.get("metric", {}).items():
        problems += _metric_problems(rule_id, metric, rules)
    for rule_id in table.get("limit", {}):
        problems += _limit_problems(rule_id, rules)
    named = (each for pair in paces.items() for each in pair)
    return problems + [unknown_name(each, list(pack.paces), "[route].pace") for each in named if each not in pack.paces]


def _metric_problems(rule_id: str, metric: str, rules: Mapping[str, Rule]) -> list[Text]:
    if rule_id not in rules:
        return [unknown_name(rule_id, list(rules), "[judge].metric")]
    if metric not in METRICS:
        return [unknown_name(metric, METRICS, f"[judge].metric.{rule_id}")]
    if not rules[rule_id].is_distance:
        return [
            Text(
                f"[judge].metric：{rule_id} 按属性与数量判定，没有距离口径可选。请删去该项。",
                f"[judge].metric: {rule_id} is judged by attributes and counts, not by a distance. Remove it.",
            )
        ]
    if metric not in rules[rule_id].metrics:
        return [
            Text(
                f"[judge].metric：{rule_id} 是时间指标，只按路网计算。",
                f"[judge].metric: {rule_id} is a time rule, judged on the network only.",
            )
        ]
    return []


def _limit_problems(rule_id: str, rules: Mapping[str, Rule]) -> list[Text]:
    """A study may put a number only where the clause leaves it open."""
    if rule_id not in rules:
        return [unknown_name(rule_id, list(rules), "[judge].limit")]
    if rules[rule_id].is_open:
        return []
    open_ids = first_ids([name for name, rule in rules.items() if rule.is_open]) or "—"
    return [
        Text(
            f"[judge].limit：{rule_id} 的限值由条文给出，研究不能改。可设限值的指标：{open_ids}。请删去该项。",
            f"[judge].limit: the clause of {rule_id} gives its limit, which no study changes. "
            f"Open are: {open_ids}. Remove it.",
        )
    ]


def with_overrides(pack: Pack, table: Mapping[str, Any], paces: Mapping[str, str]) -> Pack:
    """The pack with the paces, headline metrics and assumed limits of a study put in place."""
    metrics: Mapping[str, Metric] = table.get("metric", {})
    limits: Mapping[str, float] = table.get("limit", {})
    rules = [
        replace(rule, metric=metrics.get(rule.rule_id, rule.metric), pace=_swapped(rule.pace, paces, pack.paces))
        for rule in pack.rules
    ]
    return replace(pack, rules=tuple(_assuming(rule, limits.get(rule.rule_id)) for rule in rules))


def _assuming(rule: Rule, value: float | None) -> Rule:
    """The rule with a number of the study's own, where there is one."""
    if value is None:
        return rule
    return replace(rule, limit=replace(rule.limit, value=value), limit_by="study")


def _swapped(pace: Pace | None, swaps: Mapping[str, str], paces: Mapping[str, Pace]) -> Pace | None:
    return None if pace is None else paces[swaps.get(pace.name, pace.name)]
