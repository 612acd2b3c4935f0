"""The keys of a ``[[site]]`` that say what its plan should prefer, which zones need a site, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from circle15.core.limit import Limit
from circle15.core.rule import ATTRIBUTES, Pack, Preference, Presence, Rule, Schedule, Target
from circle15.core.tables import ZONE_LEVELS
from circle15.core.text import Text, first_ids
from circle15.core.wishes import Wishes, ZoneShare
from circle15.read.strict import Key, check, unknown_name

WISH_KEYS = (
    Key("prefer", "table of positive numbers"),
    Key("target", "table"),
    Key("dated", "table of integers"),
    Key("schedule", "text"),
    Key("per_stage_min", "integers"),
)
_TARGET_KEYS = (
    Key("rule", "text"),
    Key("share", "positive number"),
    Key("covered", "positive number"),
    Key("level", "text", choices=ZONE_LEVELS),
    Key("urban_rural", "text", choices=("urban", "rural")),
    Key("label", "text"),
)
# What goes with covering most, in stated years, alone.
_COVERING_ALONE = ("prefer", "dated", "schedule", "per_stage_min")
# Factors are given in hundredths, so that weights stay small whole numbers.
_HUNDREDTHS = 100
_MOST_FACTOR = 100


def wish_shape_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """What can be told of the keys without the pack."""
    problem = entry.get("problem", "max_coverage")
    alone = [name for name in _COVERING_ALONE if name in entry]
    problems = []
    if alone and problem != "max_coverage":
        problems.append(
            Text(
                f"{where}：{first_ids(alone)} 只用于 max_coverage。请删去，或改写 problem。",
                f"{where}: {first_ids(alone)} goes with max_coverage. Remove it, or change the problem.",
            )
        )
    if "target" in entry:
        problems += _target_shape(entry, where, problem)
    return [*problems, *_date_problems(entry, where), *_fewest_problems(entry, where), *_factor_problems(entry, where)]


def _target_shape(entry: Mapping[str, Any], where: str, problem: str) -> list[Text]:
    target = entry["target"]
    problems = check(target, _TARGET_KEYS, f"{where}.target")
    by_rule = "rule" in target and not {"level", "urban_rural", "label", "covered"} & set(target)
    assumed = (
        "rule" not in target and {"level", "label"} <= set(target) and ("share" in target) != ("covered" in target)
    )
    if not problems and not (by_rule or assumed):
        problems.append(
            Text(
                f"{where}.target：写 rule（条文给出的指标；条文没有比例的，另写 share），或写 level、label 和 share"
                f"（有设施的单元比例）或 covered（各单元被覆盖的权重比例），后两种为研究假设。",
                f"{where}.target: give rule, with share where its clause has none; or level, label and either share, "
                f"of the zones with a site, or covered, of the weight in each zone: assumptions.",
            )
        )
    for name in ("share", "covered"):
        if not problems and not 0 < target.get(name, 1) <= 1:
            problems.append(
                Text(f"{where}.target.{name} 须大于 0，至多 1。", f"{where}.target.{name}: above 0 and at most 1.")
            )
    if "covered" in target and "capacity" in entry:
        problems.append(
            Text(
                f"{where}：target.covered 不与 capacity 同用。请删去其一。",
                f"{where}: no target.covered with capacity. Remove one of them.",
            )
        )
    if problem == "p_median":
        problems.append(
            Text(f"{where}：target 不用于 p_median。请删去。", f"{where}: no target with p_median. Remove it.")
        )
    return problems


def _date_problems(entry: Mapping[str, Any], where: str) -> Iterator[Text]:
    if "dated" in entry and "schedule" in entry:
        yield Text(f"{where}：dated 与 schedule 只写一项。", f"{where}: give dated or schedule, not both.")
    strange = [name for name, year in entry.get("dated", {}).items() if year not in entry["stages"]]
    if strange:
        yield Text(
            f"{where}.dated：{first_ids(strange)} 的年度不在 stages 中（{len(strange)} 个）。请改年度或 stages。",
            f"{where}.dated: the year of {first_ids(strange)} is not in stages ({len(strange)} in all): change it, "
            f"or add to stages.",
        )


def _fewest_problems(entry: Mapping[str, Any], where: str) -> Iterator[Text]:
    if "per_stage_min" not in entry:
        return
    fewest, most = entry["per_stage_min"], entry.get("per_stage", [])
    if len(fewest) != len(most) or any(not 0 <= low <= high for low, high in zip(fewest, most, strict=False)):
        yield Text(
            f"{where}.per_stage_min 须与 per_stage 逐一对应，不为负，也不大于它。",
            f"{where}.per_stage_min: one number for each of per_stage, not negative and not above it.",
        )


def _factor_problems(entry: Mapping[str, Any], where: str) -> Iterator[Text]:
    for name, value in entry.get("prefer", {}).items():
        factor = Fraction(str(value))
        if not 1 <= factor <= _MOST_FACTOR or _HUNDREDTHS % factor.denominator:
            yield Text(
                f"{where}.prefer：{name} 的系数 {value} 须在 1 至 {_MOST_FACTOR} 之间，至多两位小数；1 为不加权。",
                f"{where}.prefer: the factor {value} of {name} must lie between 1 and {_MOST_FACTOR}, in hundredths; "
                f"1 changes nothing.",
            )


def wish_problems(entry: Mapping[str, Any], pack: Pack, where: str) -> list[Text]:
    """Rules that the keys name and the pack does not have, or that are of another kind."""
    rules = {rule.rule_id: rule for rule in pack.rules}
    kind = entry["facility_type"]
    problems = []
    for name in entry.get("prefer", {}):
        problems += _named(name, rules, kind, Preference, f"{where}.prefer")
    if "schedule" in entry:
        problems += _named(entry["schedule"], rules, "", Schedule, f"{where}.schedule")
    target = entry.get("target", {})
    if "rule" in target:
        problems += _named(target["rule"], rules, kind, Presence, f"{where}.target")
        problems += [] if problems else _aim_problems(rules[target["rule"]], target, f"{where}.target")
    return problems


_KIND_WORDS: Mapping[type, Text] = {
    Preference: Text("选址引导（preference）", "a preference"),
    Schedule: Text("时序安排（schedule）", "a schedule"),
    Presence: Text("设施有无（presence）", "a presence rule"),
}


def _named(rule_id: str, rules: Mapping[str, Rule], kind: str, test: type, where: str) -> list[Text]:
    if rule_id not in rules:
        return [unknown_name(rule_id, [name for name, rule in rules.items() if isinstance(rule.test, test)], where)]
    rule, words = rules[rule_id], _KIND_WORDS[test]
    if not isinstance(rule.test, test):
        return [
            Text(
                f"{where}：{rule_id} 不是{words.zh}指标。请换用其他指标。",
                f"{where}: {rule_id} is not {words.en}. Use another rule.",
            )
        ]
    if kind and kind not in rule.targets:
        return [
            Text(
                f"{where}：{rule_id} 不以 {kind} 为对象（对象：{first_ids(rule.targets, 9)}）。请换用其他指标。",
                f"{where}: {rule_id} does not target {kind} (it targets {first_ids(rule.targets, 9)}). "
                f"Use another rule.",
            )
        ]
    return []


def _aim_problems(rule: Rule, target: Mapping[str, Any], where: str) -> list[Text]:
    """A plan gives a zone one site, so that a rule that asks for more is none to plan by."""
    problems = []
    one = rule.limit.holds(1) and not rule.limit.holds(0)
    if not one or (isinstance(rule.test, Presence) and rule.test.spokes):
        problems.append(
            Text(
                f"{where}：{rule.rule_id} 不是“每个单元至少一处”，不能作为目标。请换用其他指标。",
                f"{where}: {rule.rule_id} does not ask for one site in each zone. Use another rule.",
            )
        )
    if (rule.target is None) != ("share" in target):
        problems.append(
            Text(
                f"{where}：share 只在 {rule.rule_id} 的条文没有给出比例时写，此时必须写。",
                f"{where}: share is for rules whose clause gives none; {rule.rule_id} "
                f"{'gives none: add it' if rule.target is None else 'gives one: remove it'}.",
            )
        )
    return problems


def wishes(entry: Mapping[str, Any], pack: Pack) -> Wishes:
    """What a checked ``[[site]]`` asks."""
    dates, schedule = dict(entry.get("dated", {})), entry.get("schedule", "")
    if schedule:
        dates = _dates(pack.rule(schedule), entry)
    factors = {name: Fraction(str(value)) for name, value in entry.get("prefer", {}).items()}
    return Wishes(
        prefer={name: factor for name, factor in factors.items() if factor > 1},
        aim=_aim(entry, pack),
        aim_label=entry.get("target", {}).get("label", ""),
        zone_share=_zone_share(entry),
        dates=dates,
        schedule=schedule,
        fewest=tuple(entry.get("per_stage_min", ())),
    )


def _dates(rule: Rule, entry: Mapping[str, Any]) -> dict[str, int]:
    """The zones in which a facility of the type comes into use in a year of the plan."""
    test = rule.test if isinstance(rule.test, Schedule) else Schedule()
    return {
        each.zone: each.year
        for each in test.milestones
        if each.stage == "in_use" and each.facility_type == entry["facility_type"] and each.year in entry["stages"]
    }


def _zone_share(entry: Mapping[str, Any]) -> ZoneShare | None:
    target = entry.get("target", {})
    if "covered" not in target:
        return None
    share = Fraction(str(target["covered"]))
    return ZoneShare(target["level"], share, target.get("urban_rural", ""), target["label"])


def _aim(entry: Mapping[str, Any], pack: Pack) -> Rule | None:
    target = entry.get("target")
    if target is None or "covered" in target:
        return None
    if "rule" in target:
        rule = pack.rule(target["rule"])
        return rule if rule.target else replace(rule, target=Target(">=", target["share"], "zones"))
    return Rule(
        rule_id="",
        kind="presence",
        targets=(entry["facility_type"],),
        limit=Limit(">=", 1, "处"),
        force="advised",
        verified=False,
        clause="",
        source="",
        legal_status="in_force",
        metric=ATTRIBUTES,
        metric_source="interpretation",
        scope={"urban_rural": target["urban_rural"]} if "urban_rural" in target else {},
        target=Target(">=", target["share"], "zones"),
        level=target["level"],
        test=Presence(),
    )
