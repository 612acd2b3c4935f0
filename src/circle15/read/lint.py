"""What a rule pack may say: its keys, and every problem of a file at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from circle15.core.errors import ConfigError
from circle15.core.limit import Operator
from circle15.core.rule import AREA, METRICS, RULE_KINDS, STUDY, Force, LegalStatus
from circle15.core.schema import Table
from circle15.core.tables import BASES, ZONE_LEVELS, Facilities, Residential, Units
from circle15.core.text import Text
from circle15.core.units import SLOPES
from circle15.read.conditions import NUMBERS, column_problems, condition_problems, scope_problems
from circle15.read.counting import COUNTING_KEYS
from circle15.read.osmtags import parse_expressions
from circle15.read.strict import KINDS, Key, check, unknown_name

_PACK_KEYS = (
    Key("schema", "integer", required=True, choices=(1,)),
    Key("id", "text", required=True),
    Key("title", "text", required=True),
    Key("source", "text", required=True),
    Key("legal_status", "text", required=True, choices=get_args(LegalStatus)),
    Key("pace", "table", required=True),
    Key("counting", "table"),
    Key("facility", "table"),
    Key("rule", "tables", required=True),
    Key("not_assessed", "tables"),
)
_PACE_KEYS = (
    Key("m_s", "positive number", required=True),
    Key("stairs", "positive number"),
    Key("slope", "text", choices=SLOPES[1:]),
)
_TYPE_KEYS = (
    Key("zh", "text", required=True),
    Key("en", "text", required=True),
    Key("osm", "texts"),
    Key("osm_assumed", "texts"),
    Key("institution", "flag"),
)
_RULE_KEYS = (
    Key("id", "text", required=True),
    Key("kind", "text", required=True, choices=RULE_KINDS),
    Key("targets", "texts", required=True),
    Key("force", "text", required=True, choices=get_args(Force)),
    Key("verified", "flag", required=True),
    Key("clause", "text", required=True),
    Key("year", "integer"),
    Key("scope", "table of texts"),
    Key("target", "table"),
    Key("where", "tables"),
    Key("note", "text"),
)
_KIND_KEYS: Mapping[str, tuple[Key, ...]] = {
    "within": (
        Key("metric", "text", required=True, choices=METRICS),
        Key("metric_source", "text", required=True, choices=("clause", "interpretation")),
        Key("limit", "table", required=True),
        Key("pace", "text"),
    ),
    "presence": (
        Key("level", "text", required=True, choices=ZONE_LEVELS),
        Key("at_least", "integer", required=True),
        Key("spokes", "texts"),
    ),
    "ratio": (
        Key("level", "text", required=True, choices=(AREA, *ZONE_LEVELS, STUDY)),
        Key("numerator", "tables"),
        Key("denominator", "tables"),
        Key("per", "positive number"),
        Key("per_zone", "text", choices=tuple(each.name for each in Units.columns if each.kind in NUMBERS)),
        Key("passing", "texts"),
        Key("limit", "table"),
        Key("at_most", "positive number"),
    ),
    "standard": (
        Key("column", "text"),
        Key("over", "text"),
        Key("limit", "table"),
        Key("tolerance", "number from 0"),
        Key("require", "tables"),
        Key("same_stage", "flag"),
    ),
    "schedule": (
        Key("per_year", "table"),
        Key("at_most", "positive number"),
        Key("milestones", "tables"),
        Key("due", "text"),
    ),
    "preference": (
        Key("near_types", "texts"),
        Key("near_m", "positive number"),
        Key("hosts", "texts"),
    ),
}
_WALK_KEYS = (
    Key("op", "text", required=True, choices=("<", "<=")),
    Key("value", "positive number", required=True),
    Key("unit", "text", required=True, choices=("m", "min")),
)
_LIMIT_KEYS = (
    Key("op", "text", required=True, choices=get_args(Operator)),
    Key("value", "number"),
    Key("unit", "text", required=True),
)
_AMOUNT_KEYS = (
    Key("of", "text", required=True, choices=("facilities", "people", "zones")),
    Key("column", "text"),
    Key("types", "texts"),
    Key("where", "tables"),
    Key("all_built", "flag"),
)
_MILESTONE_KEYS = (
    Key("zone", "text", required=True),
    Key("type", "text", required=True),
    Key("year", "integer", required=True),
    Key("stage", "text", required=True, choices=("in_use", "begin")),
)
_TARGET_KEYS = (
    Key("op", "text", required=True, choices=get_args(Operator)),
    Key("value", "number", required=True),
    Key("basis", "text", required=True, choices=(*BASES, "zones", "facilities")),
)
# What is drawn decides nothing: land_intersection is shown beside the verdicts, and no target can be on it.
_HOME_BASES = tuple(each for each in BASES if each not in ("land_intersection", "zones"))
_NOT_ASSESSED_KEYS = (
    Key("id", "text", required=True),
    Key("clause", "text", required=True),
    Key("reason", "text", required=True),
)


def problems_of(table: Mapping[str, Any], where: str, shared: Sequence[str]) -> list[Text]:
    """All that is wrong with the table of one pack file; ``shared`` are the facility types every pack may use."""
    problems = check(table, _PACK_KEYS, where)
    if problems:
        return problems
    for name, speed in table["pace"].items():
        problems += _pace_problems(speed, f"{where}: pace.{name}")
    problems += check(table.get("counting", {}), COUNTING_KEYS, f"{where}: counting")
    for key, entry in table.get("facility", {}).items():
        place = f"{where}: facility.{key}"
        problems += check(entry, _TYPE_KEYS, place) or _tag_problems(entry, place)
    for number, entry in enumerate(table["rule"], start=1):
        problems += _rule_problems(entry, table, shared, f"{where}: rule {entry.get('id', number)}")
    for number, entry in enumerate(table.get("not_assessed", []), start=1):
        problems += check(entry, _NOT_ASSESSED_KEYS, f"{where}: not_assessed {entry.get('id', number)}")
    return problems


def _pace_problems(speed: Any, where: str) -> list[Text]:
    """A speed, or a table with one and what stairs and slope make of it."""
    if isinstance(speed, dict):
        problems = check(speed, _PACE_KEYS, where)
        if not problems and speed.get("stairs", 1) > 1:
            problems.append(
                Text(
                    f"{where}.stairs：应为平路步速的份额，不大于 1。",
                    f"{where}.stairs: a share of the speed on even ground, at most 1.",
                )
            )
        return problems
    if KINDS["positive number"](speed):
        return []
    return [Text(f"{where} 须为正数（米/秒）或表。", f"{where} must be a positive m/s, or a table.")]


def _tag_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """Tag expressions that cannot be read: found here, not by whoever reads OpenStreetMap with the pack one day."""
    problems: list[Text] = []
    for key in ("osm", "osm_assumed"):
        try:
            parse_expressions(entry.get(key, ()), f"{where}.{key}")
        except ConfigError as error:
            problems += error.problems
    return problems


def _rule_problems(entry: Mapping[str, Any], table: Mapping[str, Any], shared: Sequence[str], where: str) -> list[Text]:
    kind_keys = _KIND_KEYS.get(str(entry.get("kind")), ())
    problems = check(entry, (*_RULE_KEYS, *kind_keys), where)
    if problems:
        return problems
    problems += _type_problems(entry, [*shared, *table.get("facility", {})], where)
    problems += condition_problems(entry.get("where", []), Facilities, f"{where}.where")
    problems += scope_problems(entry.get("scope", {}), (Residential, Units), f"{where}.scope")
    if "target" in entry:
        problems += _share_problems(entry["target"], f"{where}.target", _bases_of(entry))
    return problems or _KIND_PROBLEMS[entry["kind"]](entry, table, where)


def _bases_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """By what the verdicts of a rule can be summed; what is one verdict of the study as a whole has no share."""
    kind, level = entry["kind"], entry.get("level")
    if kind == "within" or level == AREA:
        return _HOME_BASES
    if kind in ("standard", "preference") or "spokes" in entry:
        return ("facilities",)
    return ("zones",) if level in ZONE_LEVELS else ()


def _share_problems(target: Mapping[str, Any], where: str, bases: Sequence[str]) -> list[Text]:
    problems = check(target, _TARGET_KEYS, where)
    if not problems and target["basis"] not in bases:
        basis = target["basis"]
        problems.append(
            Text(
                f"{where}.basis：该指标的结论不按 {basis} 汇总，目标无从判定。"
                + (f"可用：{'、'.join(bases)}。" if bases else "该指标只有研究整体的结论，请删去 target。"),
                f"{where}.basis: verdicts of this rule are not summed by {basis}, so that nobody could say whether "
                "the target is reached. "
                + (f"Use: {', '.join(bases)}." if bases else "It has verdicts of the whole study alone: no target."),
            )
        )
    if not problems and target["value"] > 1:
        value = target["value"]
        problems.append(
            Text(
                f"{where}.value：{value:g} 大于 1,80% 应写 0.8。",
                f"{where}.value: {value:g} is above 1: write 80 % as 0.8.",
            )
        )
    return problems


def _type_problems(entry: Mapping[str, Any], known: Sequence[str], where: str) -> list[Text]:
    """Facility types that nobody declared, wherever a rule names them."""
    named = [
        *entry["targets"],
        *entry.get("spokes", []),
        *entry.get("near_types", []),
        *(
            each
            for amount in (*entry.get("numerator", []), *entry.get("denominator", []))
            for each in amount.get("types", [])
        ),
        *(each.get("type", "") for each in entry.get("milestones", [])),
    ]
    return [unknown_name(each, known, f"{where}.targets") for each in named if each not in known]


_AMOUNT_TABLES: Mapping[Any, tuple[type[Table], ...]] = {
    "facilities": (Facilities,),
    "people": (Residential, Units),
    "zones": (Units,),
}


def _within_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    problems = check(entry["limit"], _WALK_KEYS, f"{where}.limit")
    if problems:
        return problems
    in_minutes = entry["limit"]["unit"] == "min"
    if in_minutes != ("pace" in entry):
        return [
            Text(
                f"{where}：时间指标须写明 pace，距离指标不得有 pace。",
                f"{where}: a time rule names its pace, a distance rule has none.",
            )
        ]
    if not in_minutes:
        return []
    if entry["pace"] not in table["pace"]:
        problems.append(unknown_name(entry["pace"], list(table["pace"]), f"{where}.pace"))
    if entry["metric"] != "network":
        problems.append(Text(f"{where}：时间指标只能按路网计算。", f"{where}: a time is judged on the network only."))
    return problems


def _presence_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    del table
    if entry["at_least"] >= 1:
        return []
    return [Text(f"{where}.at_least：须至少为 1。", f"{where}.at_least: must be 1 at least.")]


def _ratio_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    # A clause may ask for a ratio without saying how much: its limit has no value, and nobody can say who meets it.
    problems = _limit_problems(entry, where, needed="per_zone" not in entry, valued=False)
    for side in ("numerator", "denominator"):
        for amount in entry.get(side, []):
            problems += check(amount, _AMOUNT_KEYS, f"{where}.{side}") or _summed_problems(amount, f"{where}.{side}")
            problems += condition_problems(amount.get("where", []), Facilities, f"{where}.{side}.where")
            tables = _AMOUNT_TABLES.get(amount.get("of"), ())
            problems += column_problems([amount.get("column")], tables, f"{where}.{side}", NUMBERS)
    if ("numerator" in entry) == ("passing" in entry):
        problems.append(
            Text(
                f"{where}：numerator 与 passing 须且只须写一项。", f"{where}: give numerator or passing, and only one."
            )
        )
    if "per_zone" in entry and entry["level"] not in ZONE_LEVELS:
        problems.append(
            Text(
                f"{where}.per_zone：任务数只用于分单元的指标，level 须为 {'、'.join(ZONE_LEVELS)} 之一。",
                f"{where}.per_zone: tasks are those of zones: level is one of {', '.join(ZONE_LEVELS)}.",
            )
        )
    problems += _range_problems(entry, [entry.get("limit", {}).get("value")], where)
    # Shares are made when all other rules are judged: a share of shares would be one of nothing.
    rules = [each["id"] for each in table["rule"] if "id" in each and "passing" not in each]
    problems += [
        unknown_name(each, rules, f"{where}.passing") for each in entry.get("passing", []) if each not in rules
    ]
    return problems


def _summed_problems(amount: Mapping[str, Any], where: str) -> list[Text]:
    """People and zones are summed by a column of theirs; which facilities count says nothing of them."""
    if amount["of"] == "facilities":
        return []
    problems = _unread(amount, ("types", "where", "all_built"), f"{where}（of = {amount['of']}）")
    if "column" not in amount:
        problems.append(Text(f"{where}：缺少 column。请补充。", f"{where}: column is missing. Add it."))
    return problems


def _unread(entry: Mapping[str, Any], keys: Sequence[str], where: str) -> list[Text]:
    """Keys that go with something else: here they would say nothing, and seem to."""
    given = [key for key in keys if key in entry]
    if not given:
        return []
    names = ", ".join(given)
    return [Text(f"{where}：{names} 在此不起作用，请删去。", f"{where}: {names} would have no effect here. Remove it.")]


def _standard_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    del table
    given = [key for key in ("column", "require", "same_stage") if key in entry]
    if len(given) != 1:
        return [
            Text(
                f"{where}：column、require、same_stage 须且只须写一项。",
                f"{where}: give one of column, require and same_stage.",
            )
        ]
    problems = [] if "column" in entry else _unread(entry, ("over", "limit", "tolerance"), where)
    problems += condition_problems(entry.get("require", []), Facilities, f"{where}.require")
    problems += column_problems([entry.get("column"), entry.get("over")], (Facilities,), where, NUMBERS)
    return problems + (_limit_problems(entry, where, needed=True, valued=True) if "column" in entry else [])


def _limit_problems(entry: Mapping[str, Any], where: str, *, needed: bool, valued: bool) -> list[Text]:
    if "limit" not in entry:
        return [Text(f"{where}：缺少 limit。", f"{where}: limit is missing.")] if needed else []
    problems = check(entry["limit"], _LIMIT_KEYS, f"{where}.limit")
    if not problems and valued and "value" not in entry["limit"]:
        problems.append(Text(f"{where}.limit：缺少 value。", f"{where}.limit: value is missing."))
    return problems


def _schedule_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    del table
    if sum(key in entry for key in ("per_year", "milestones", "due")) != 1:
        return [
            Text(
                f"{where}：per_year、milestones、due 须且只须写一项。",
                f"{where}: give one of per_year, milestones and due.",
            )
        ]
    problems = [problem for each in entry.get("milestones", []) for problem in check(each, _MILESTONE_KEYS, where)]
    for year, count in entry.get("per_year", {}).items():
        if not str(year).isdigit() or not isinstance(count, (int, float)):
            problems.append(Text(f"{where}.per_year：应形如 2022 = 10。", f"{where}.per_year: write 2022 = 10."))
    return problems or _range_problems(entry, list(entry.get("per_year", {}).values()), where)


def _range_problems(entry: Mapping[str, Any], lower: Sequence[Any], where: str) -> list[Text]:
    """The upper end of a range needs a lower one, and lies above it."""
    most = entry.get("at_most")
    if most is None or (lower and all(KINDS["number"](each) and each <= most for each in lower)):
        return []
    return [
        Text(
            f"{where}.at_most：须写在有下限（limit.value 或 per_year）的指标中，且不小于下限。",
            f"{where}.at_most: goes with a lower end (limit.value or per_year), and is not below it.",
        )
    ]


def _preference_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    del table
    if bool(entry.get("near_types")) == ("near_m" in entry):
        return []
    return [
        Text(f"{where}：near_types 与 near_m 须同时写。", f"{where}: near_types and near_m go together."),
    ]


_KIND_PROBLEMS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], list[Text]]] = {
    "within": _within_problems,
    "presence": _presence_problems,
    "ratio": _ratio_problems,
    "standard": _standard_problems,
    "schedule": _schedule_problems,
    "preference": _preference_problems,
}
