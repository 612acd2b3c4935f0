"""Rule packs: TOML files, data only, read strictly."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from circle15.core.errors import ConfigError, EncodingError, InputError
from circle15.core.limit import Limit, Operator
from circle15.core.rule import (
    AREA,
    ATTRIBUTES,
    FACILITY,
    METRICS,
    RULE_KINDS,
    STUDY,
    Amount,
    Comparison,
    Condition,
    Document,
    FacilityType,
    Force,
    LegalStatus,
    Milestone,
    NotAssessed,
    Pack,
    Preference,
    Presence,
    Ratio,
    Rule,
    Schedule,
    Standard,
    Target,
    Test,
)
from circle15.core.schema import Table
from circle15.core.tables import BASES, STAGES, ZONE_LEVELS, Facilities, Residential, Units
from circle15.core.text import Text
from circle15.core.units import Pace
from circle15.read.strict import KINDS, Key, check, load, parse, unknown_name

_TYPES_FILE = "types.toml"

_PACK_KEYS = (
    Key("schema", "integer", required=True, choices=(1,)),
    Key("id", "text", required=True),
    Key("title", "text", required=True),
    Key("source", "text", required=True),
    Key("legal_status", "text", required=True, choices=get_args(LegalStatus)),
    Key("pace", "table", required=True),
    Key("facility", "table"),
    Key("rule", "tables", required=True),
    Key("not_assessed", "tables"),
)
_TYPE_KEYS = (
    Key("zh", "text", required=True),
    Key("en", "text", required=True),
    Key("osm", "texts"),
    Key("osm_assumed", "texts"),
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
        Key("per", "number"),
        Key("per_zone", "text", choices=tuple(column.name for column in Units.columns)),
        Key("passing", "texts"),
        Key("limit", "table"),
    ),
    "standard": (
        Key("column", "text"),
        Key("over", "text"),
        Key("limit", "table"),
        Key("tolerance", "number"),
        Key("require", "tables"),
        Key("same_stage", "flag"),
    ),
    "schedule": (
        Key("per_year", "table"),
        Key("at_most", "number"),
        Key("milestones", "tables"),
        Key("due", "text"),
    ),
    "preference": (
        Key("near_types", "texts"),
        Key("near_m", "number"),
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
_CONDITION_KEYS = (
    Key("column", "text", required=True),
    Key("op", "text", required=True, choices=get_args(Comparison)),
    Key("value", "anything", required=True),
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
_NOT_ASSESSED_KEYS = (
    Key("id", "text", required=True),
    Key("clause", "text", required=True),
    Key("reason", "text", required=True),
)


@dataclass(frozen=True, slots=True)
class _File:
    shown: str
    table: dict[str, Any]
    content: bytes


def shipped_ids() -> list[str]:
    """The ids of the packs that come with the program, sorted."""
    names = [each.name for each in _folder().iterdir() if each.name.endswith(".toml")]
    return sorted(name.removesuffix(".toml") for name in names if name != _TYPES_FILE)


def shared_types() -> dict[str, FacilityType]:
    """The facility types every pack may use."""
    return dict(_shared_types())


@cache
def _shared_types() -> Mapping[str, FacilityType]:
    table = parse((_folder() / _TYPES_FILE).read_bytes(), _TYPES_FILE)
    return {key: _facility_type(key, entry) for key, entry in table["facility"].items()}


def load_pack(names: Sequence[str], base: Path) -> tuple[Pack, bytes]:
    """The packs of these names (shipped ids, or paths relative to ``base``) as one, and their bytes.

    Raises ConfigError with every problem of every file: unknown keys and types, paces that differ between the
    files, rule ids that occur twice.
    """
    files = [_open(name, base) for name in names]
    problems = [problem for file in files for problem in _problems(file)]
    problems = problems or _clashes(files)
    if problems:
        raise ConfigError(problems)
    types = shared_types()
    for file in files:
        types |= {key: _facility_type(key, entry) for key, entry in file.table.get("facility", {}).items()}
    paces = {name: Pace(name, float(speed)) for file in files for name, speed in file.table["pace"].items()}
    pack = Pack(
        documents=tuple(_document(file.table) for file in files),
        paces=paces,
        types=types,
        rules=tuple(_rule(entry, file.table, paces) for file in files for entry in file.table["rule"]),
        not_assessed=tuple(
            NotAssessed(entry["id"], entry["clause"], entry["reason"])
            for file in files
            for entry in file.table.get("not_assessed", [])
        ),
    )
    return pack, b"\n".join(file.content for file in files)


def missing_clauses(pack: Pack, document: str) -> list[str]:
    """The ids of rules whose clause does not stand in the document, white space, quotation marks and | folded."""
    text = _fold(document)
    clauses = [(each.rule_id, each.clause) for each in pack.rules]
    clauses += [(each.rule_id, each.clause) for each in pack.not_assessed]
    return [rule_id for rule_id, clause in clauses if _fold(clause) not in text]


def read_document(path: Path) -> str:
    """The text a pack quotes. Raises InputError or EncodingError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(
            Text(f"{path} 不是 UTF-8 编码。请另存为 UTF-8。", f"{path} is not UTF-8: save it so.")
        ) from error
    except OSError as error:
        raise InputError(
            Text(f"无法读取 {path}：{error.strerror}。", f"cannot read {path}: {error.strerror}.")
        ) from error


def _fold(text: str) -> str:
    return re.sub(r"[\s|\"'“”‘’]", "", text)


def _folder() -> Any:
    return resources.files("circle15.packs")


def _open(name: str, base: Path) -> _File:
    shipped = _folder() / f"{name}.toml"
    if name in shipped_ids():
        content = shipped.read_bytes()
        return _File(f"{name}.toml", parse(content, name), content)
    path = base / name
    if path.suffix != ".toml" or not path.exists():
        raise ConfigError(unknown_name(name, shipped_ids(), "pack"))
    table, content = load(path, name)
    return _File(name, table, content)


def _problems(file: _File) -> list[Text]:
    table, where = file.table, file.shown
    problems = check(table, _PACK_KEYS, where)
    if problems:
        return problems
    for name, speed in table["pace"].items():
        if not KINDS["positive number"](speed):
            problems.append(
                Text(f"{where}：pace.{name} 须为正数（米/秒）。", f"{where}: pace.{name} must be a positive m/s.")
            )
    for key, entry in table.get("facility", {}).items():
        problems += check(entry, _TYPE_KEYS, f"{where}: facility.{key}")
    for number, entry in enumerate(table["rule"], start=1):
        problems += _rule_problems(entry, table, f"{where}: rule {entry.get('id', number)}")
    for number, entry in enumerate(table.get("not_assessed", []), start=1):
        problems += check(entry, _NOT_ASSESSED_KEYS, f"{where}: not_assessed {entry.get('id', number)}")
    return problems


def _rule_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    kind_keys = _KIND_KEYS.get(str(entry.get("kind")), ())
    problems = check(entry, (*_RULE_KEYS, *kind_keys), where)
    if problems:
        return problems
    problems += _type_problems(entry, table, where)
    problems += _condition_problems(entry.get("where", []), Facilities, f"{where}.where")
    problems += _column_problems(list(entry.get("scope", {})), (Residential, Units), f"{where}.scope")
    if "target" in entry:
        problems += _share_problems(entry["target"], f"{where}.target")
    return problems or _KIND_PROBLEMS[entry["kind"]](entry, table, where)


def _share_problems(target: Mapping[str, Any], where: str) -> list[Text]:
    problems = check(target, _TARGET_KEYS, where)
    if not problems and target["value"] > 1:
        value = target["value"]
        problems.append(
            Text(
                f"{where}.value：{value:g} 大于 1,80% 应写 0.8。",
                f"{where}.value: {value:g} is above 1: write 80 % as 0.8.",
            )
        )
    return problems


def _type_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    """Facility types that nobody declared, wherever a rule names them."""
    known = [*shared_types(), *table.get("facility", {})]
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


def _condition_problems(conditions: Sequence[Mapping[str, Any]], table: type[Table], where: str) -> list[Text]:
    problems = [problem for each in conditions for problem in check(each, _CONDITION_KEYS, where)]
    columns = [column.name for column in table.columns]
    return problems or [
        unknown_name(each["column"], columns, where) for each in conditions if each["column"] not in columns
    ]


def _column_problems(names: Sequence[Any], tables: Sequence[type[Table]], where: str) -> list[Text]:
    """Columns that none of the tables declares."""
    known = [column.name for table in tables for column in table.columns]
    return [unknown_name(name, known, f"{where}.column") for name in names if name and name not in known]


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


def _ratio_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    # A clause may ask for a ratio without saying how much: its limit has no value, and nobody can say who meets it.
    problems = _limit_problems(entry, where, needed="per_zone" not in entry, valued=False)
    for side in ("numerator", "denominator"):
        for amount in entry.get(side, []):
            problems += check(amount, _AMOUNT_KEYS, f"{where}.{side}")
            problems += _condition_problems(amount.get("where", []), Facilities, f"{where}.{side}.where")
            problems += _column_problems(
                [amount.get("column")], _AMOUNT_TABLES.get(amount.get("of"), ()), f"{where}.{side}"
            )
    if ("numerator" in entry) == ("passing" in entry):
        problems.append(
            Text(
                f"{where}：numerator 与 passing 须且只须写一项。", f"{where}: give numerator or passing, and only one."
            )
        )
    rules = [each["id"] for each in table["rule"] if "id" in each]
    problems += [
        unknown_name(each, rules, f"{where}.passing") for each in entry.get("passing", []) if each not in rules
    ]
    return problems


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
    problems = _condition_problems(entry.get("require", []), Facilities, f"{where}.require")
    problems += _column_problems([entry.get("column"), entry.get("over")], (Facilities,), where)
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
    return problems


def _no_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
    del entry, table, where
    return []


_KIND_PROBLEMS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], list[Text]]] = {
    "within": _within_problems,
    "presence": _no_problems,
    "ratio": _ratio_problems,
    "standard": _standard_problems,
    "schedule": _schedule_problems,
    "preference": _no_problems,
}


def _clashes(files: Sequence[_File]) -> list[Text]:
    problems = []
    seen: dict[str, str] = {}
    paces: dict[str, float] = {}
    for file in files:
        for entry in (*file.table["rule"], *file.table.get("not_assessed", [])):
            if entry["id"] in seen:
                problems.append(
                    Text(
                        f"{file.shown}：指标编号 {entry['id']} 在 {seen[entry['id']]} 中已有。",
                        f"{file.shown}: the rule id {entry['id']} stands in {seen[entry['id']]} already.",
                    )
                )
            seen[entry["id"]] = file.shown
        for name, speed in file.table["pace"].items():
            if paces.setdefault(name, speed) != speed:
                problems.append(
                    Text(
                        f"{file.shown}：步速 {name} 与其他规则包不一致（{speed} 与 {paces[name]}）。",
                        f"{file.shown}: the pace {name} differs between packs ({speed} and {paces[name]}).",
                    )
                )
    return problems


def _document(table: Mapping[str, Any]) -> Document:
    return Document(table["id"], table["title"], table["source"], table["legal_status"])


def _facility_type(key: str, entry: Mapping[str, Any]) -> FacilityType:
    label = Text(entry["zh"], entry["en"])
    return FacilityType(key, label, tuple(entry.get("osm", ())), tuple(entry.get("osm_assumed", ())))


def _rule(entry: Mapping[str, Any], table: Mapping[str, Any], paces: Mapping[str, Pace]) -> Rule:
    target = entry.get("target")
    limit, level, test = _KIND_BUILDERS[entry["kind"]](entry)
    return Rule(
        rule_id=entry["id"],
        kind=entry["kind"],
        targets=tuple(entry["targets"]),
        limit=limit,
        force=entry["force"],
        verified=entry["verified"],
        clause=entry["clause"],
        source=table["source"],
        legal_status=table["legal_status"],
        metric=entry.get("metric", ATTRIBUTES),
        metric_source=entry.get("metric_source", "clause"),
        pace=paces[entry["pace"]] if "pace" in entry else None,
        year=entry.get("year"),
        scope=dict(entry.get("scope", {})),
        target=Target(target["op"], float(target["value"]), target["basis"]) if target else None,
        note=entry.get("note", ""),
        level=level,
        where=_conditions(entry.get("where", ())),
        test=test,
    )


_Built = tuple[Limit, str, Test | None]


def _within(entry: Mapping[str, Any]) -> _Built:
    return _limit(entry["limit"]), AREA, None


def _presence(entry: Mapping[str, Any]) -> _Built:
    spokes = tuple(entry.get("spokes", ()))
    return Limit(">=", entry["at_least"], "处"), entry["level"], Presence(spokes)


def _ratio(entry: Mapping[str, Any]) -> _Built:
    limit = entry.get("limit", {"op": ">=", "unit": ""})
    test = Ratio(
        numerator=_amounts(entry.get("numerator", ())),
        denominator=_amounts(entry.get("denominator", ())),
        per=float(entry.get("per", 1)),
        per_zone=entry.get("per_zone", ""),
        passing=tuple(entry.get("passing", ())),
    )
    return _limit(limit), entry["level"], test


def _standard(entry: Mapping[str, Any]) -> _Built:
    require = _conditions(entry.get("require", ()))
    steps = len(STAGES) if entry.get("same_stage") else len(require)
    limit = _limit(entry["limit"]) if "limit" in entry else Limit(">=", steps, "项")
    test = Standard(
        column=entry.get("column", ""),
        over=entry.get("over", ""),
        tolerance=float(entry.get("tolerance", 0)),
        require=require,
        same_stage=entry.get("same_stage", False),
    )
    return limit, FACILITY, test


def _schedule(entry: Mapping[str, Any]) -> _Built:
    test = Schedule(
        per_year={int(year): float(count) for year, count in entry.get("per_year", {}).items()},
        at_most=entry.get("at_most"),
        milestones=tuple(
            Milestone(each["zone"], each["type"], each["year"], each["stage"]) for each in entry.get("milestones", ())
        ),
        due=entry.get("due", ""),
    )
    return Limit(">=", 1, "处"), STUDY, test


def _preference(entry: Mapping[str, Any]) -> _Built:
    test = Preference(tuple(entry.get("near_types", ())), float(entry.get("near_m", 0)), tuple(entry.get("hosts", ())))
    return Limit(">=", 1, "项"), FACILITY, test


_KIND_BUILDERS: Mapping[str, Callable[[Mapping[str, Any]], _Built]] = {
    "within": _within,
    "presence": _presence,
    "ratio": _ratio,
    "standard": _standard,
    "schedule": _schedule,
    "preference": _preference,
}


def _limit(entry: Mapping[str, Any]) -> Limit:
    return Limit(entry["op"], entry.get("value", math.nan), entry["unit"])


def _conditions(entries: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(each["column"], each["op"], each["value"]) for each in entries)


def _amounts(entries: Sequence[Mapping[str, Any]]) -> tuple[Amount, ...]:
    return tuple(
        Amount(
            of=each["of"],
            column=each.get("column", ""),
            types=tuple(each.get("types", ())),
            where=_conditions(each.get("where", ())),
            all_built=each.get("all_built", False),
        )
        for each in entries
    )
