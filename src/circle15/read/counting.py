"""The switches of the counting rules: as keys of packs and studies, and put to work in a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from circle15.core.counting import SWITCHES, Counting
from circle15.core.rule import (
    AREA,
    ATTRIBUTES,
    ATTRIBUTES_BUILT,
    Amount,
    FacilityType,
    Ratio,
    Rule,
)
from circle15.read.strict import Key

_KINDS: Mapping[type, str] = {bool: "flag", float: "number from 0", str: "text", tuple: "texts"}
COUNTING_KEYS = tuple(Key(each.name, _KINDS[type(each.default)], choices=each.choices) for each in SWITCHES.values())

# What counts as a nursery besides nurseries, where a place reads the clause so.
_NURSERY, _CLASS = "nursery", "kindergarten_nursery_class"


def counting_of(table: Mapping[str, Any]) -> Counting:
    """Checked keys as a Counting."""
    return Counting(**{name: type(SWITCHES[name].default)(value) for name, value in table.items()})


def counted_as(rule: Rule, counting: Counting, types: Mapping[str, FacilityType]) -> Rule:
    """The rule with its counting, and with what that changes in its own terms: targets, headline and amounts."""
    rule = replace(rule, counting=counting)
    for change in (_with_classes, _with_institutions, _of_people, _of_land):
        rule = change(rule, types)
    return _by_built(rule)


def _with_classes(rule: Rule, types: Mapping[str, FacilityType]) -> Rule:
    del types
    if not rule.counting.kindergarten_class or _NURSERY not in rule.targets or _CLASS in rule.targets:
        return rule
    return replace(rule, targets=(*rule.targets, _CLASS))


def _with_institutions(rule: Rule, types: Mapping[str, FacilityType]) -> Rule:
    """Institutions among the targets of a ratio of floor area to households."""
    if not rule.counting.institutions or rule.level != AREA or not isinstance(rule.test, Ratio):
        return rule
    if not any(each.column == "floor_area_m2" for each in rule.test.numerator):
        return rule
    more = (key for key, each in types.items() if each.institution and key not in rule.targets)
    return replace(rule, targets=(*rule.targets, *more))


def _of_people(rule: Rule, types: Mapping[str, FacilityType]) -> Rule:
    del types
    column = rule.counting.residents
    return _amounts(rule, lambda each: replace(each, column=column) if each.column == "population" else each)


def _of_land(rule: Rule, types: Mapping[str, FacilityType]) -> Rule:
    """Land for care as the sum over facilities, where a place counts it so."""
    del types
    if rule.counting.care_land != "facilities":
        return rule
    land = Amount("facilities", "land_area_m2")
    return _amounts(rule, lambda each: land if each.column == "care_land_m2" else each)


def _amounts(rule: Rule, change: Callable[[Amount], Amount]) -> Rule:
    """The rule with every amount of its ratio changed, and the headline that follows."""
    if not isinstance(rule.test, Ratio):
        return rule
    numerator, denominator = (tuple(map(change, side)) for side in (rule.test.numerator, rule.test.denominator))
    test = replace(rule.test, numerator=numerator, denominator=denominator)
    return rule if test == rule.test else replace(rule, test=test, metric=test.headline)


def _by_built(rule: Rule) -> Rule:
    """The sites built as the headline of a rule that can be judged by both."""
    both = ATTRIBUTES_BUILT in rule.metrics and rule.metric == ATTRIBUTES
    return replace(rule, metric=ATTRIBUTES_BUILT) if rule.counting.stands == "built" and both else rule
