"""Rules that count the same facilities, and the class each residential area falls into under them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.text import Text
from circle15.show.numbers import percent

# The class of a residential area by the outcomes of the metre rule and of the time rule.
FOUR = {
    ("pass", "pass"): "both",
    ("pass", "fail"): "metre",
    ("fail", "pass"): "time",
    ("fail", "fail"): "none",
}
CLASSES_OF_TWO_RULES = ("both", "metre", "time", "none", "unknown", "not_applicable")
CLASSES_OF_ONE_RULE = ("pass", "fail", "unknown", "not_applicable")
# Every class, best first.
CLASSES = ("both", "metre", "time", "none", "pass", "fail", "unknown", "not_applicable")
GAPS = ("none", "fail")
CLASS_WORDS = {
    "both": Text("距离、时间均达标", "distance and time met"),
    "metre": Text("仅距离达标", "distance only"),
    "time": Text("仅时间达标", "time only"),
    "none": Text("均不达标（服务盲区）", "neither met (gap)"),
    "pass": Text("达标", "met"),
    "fail": Text("不达标（服务盲区）", "not met (gap)"),
    "unknown": Text("资料不足", "unknown"),
    "not_applicable": Text("不适用", "not applicable"),
}


@dataclass(frozen=True, slots=True)
class Family:
    """Rules with the same targets: a metre rule, a time rule, or both."""

    metre: Rule | None
    time: Rule | None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, the metre rule first."""
        return tuple(rule for rule in (self.metre, self.time) if rule is not None)

    @property
    def targets(self) -> tuple[str, ...]:
        """The facility types that count, in pack order."""
        return self.rules[0].targets

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes a residential area can fall into, best first."""
        return CLASSES_OF_TWO_RULES if len(self.rules) == 2 else CLASSES_OF_ONE_RULE


def families(rules: tuple[Rule, ...]) -> tuple[Family, ...]:
    """The families of the distance and time rules, in pack order.

    Where one set of targets has several metre or time rules, the first ones make the first family, and so on:
    no rule is left out.
    """
    groups: dict[frozenset[str], list[Rule]] = {}
    for rule in rules:
        if rule.kind == "within":
            groups.setdefault(frozenset(rule.targets), []).append(rule)
    return tuple(
        Family(metre, time)
        for group in groups.values()
        for metre, time in zip_longest(
            [rule for rule in group if rule.limit.unit == "m"],
            [rule for rule in group if rule.limit.unit == "min"],
        )
    )


def outcomes(audit: Audit, rule: Rule) -> list[str]:
    """The outcome of each residential area by the rule's headline metric, in row order. Without a verdict: unknown."""
    rows = audit.verdicts.frame
    rows = rows[
        (rows["rule_id"] == rule.rule_id) & (rows["subject_kind"] == "area") & (rows["metric"] == rule.metrics[0])
    ]
    ids, subjects = (each.to_numpy(dtype=object) for each in (audit.residential.frame["area_id"], rows["subject_id"]))
    found: list[str] = rows["outcome"].to_numpy(dtype=object).tolist()
    if len(ids) == len(subjects) and (ids == subjects).all():
        return found
    known = dict(zip(subjects, found, strict=True))
    return [known.get(area_id, "unknown") for area_id in ids]


def classify(audit: Audit, family: Family) -> list[str]:
    """The class of each residential area, in row order. Without a verdict it is unknown."""
    by_rule = [outcomes(audit, rule) for rule in family.rules]
    known = {found: class_of(found) for found in set(zip(*by_rule, strict=True))}
    return [known[found] for found in zip(*by_rule, strict=True)]


def class_of(found: tuple[str, ...]) -> str:
    """The class that outcomes make, one for each rule of a family: what is not known or not judged decides."""
    for outcome in ("unknown", "not_applicable"):
        if outcome in found:
            return outcome
    return found[0] if len(found) == 1 else FOUR[found[0], found[1]]


def tally(family: Family, classes: list[str]) -> Mapping[str, int]:
    """How many residential areas each class holds, in the family's order."""
    return {name: classes.count(name) for name in family.classes}


def headline_basis(audit: Audit, family: Family) -> str:
    """The basis of the key figures: the target's, else the weight of a plan for these facilities, else people."""
    wanted = [rule.target.basis for rule in family.rules if rule.target is not None]
    wanted += [plan.weight for plan in audit.plans if plan.facility_type in family.targets]
    there = set(study_coverage(audit)["basis"])
    return next((basis for basis in [*wanted, "population", "households"] if basis in there), "areas")


def counted_of(audit: Audit, rule: Rule) -> tuple[int, int]:
    """How many facilities a rule counts, and how many of the same types it does not."""
    of_types = int(audit.facilities.frame["type"].isin(rule.targets).sum())
    counted = len(audit.counted.get(rule.rule_id, ()))
    return counted, max(of_types - counted, 0)


def study_coverage(audit: Audit) -> Any:
    """The coverage rows of the whole study."""
    rows = audit.coverage.frame
    return rows[rows["zone_id"] == "*"]


def known(rows: Any) -> Any:
    """The rows of coverage of which anything is known: of the others the share is 0, which is not to be told."""
    return rows[rows["total"] > rows["unknown"]]


def known_share(row: Any) -> float:
    """The share of a row of coverage or outlook; null where all of it is unknown, which never reads as zero."""
    return math.nan if row.total == row.unknown else float(row.share)


def told_share(row: Any) -> str:
    """The share of a row of coverage as it is printed: told from its target, a dash where nothing is known."""
    return percent(known_share(row), row.target)


def estimated_columns(audit: Audit) -> frozenset[str]:
    """The columns of the residential areas that hold an estimate in at least one row."""
    if not audit.residential.has("estimated"):
        return frozenset()
    marks = audit.residential.frame["estimated"].dropna().unique()
    return frozenset(name for mark in marks for name in mark.split("+") if name)
