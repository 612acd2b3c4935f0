"""Rule packs: TOML files, data only, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from circle15.core.errors import ConfigError, EncodingError, InputError
from circle15.core.limit import Limit, Operator
from circle15.core.rule import (
    METRICS,
    RULE_KINDS,
    Document,
    FacilityType,
    Force,
    LegalStatus,
    NotAssessed,
    Pack,
    Rule,
    Target,
)
from circle15.core.tables import BASES
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
    Key("metric", "text", required=True, choices=METRICS),
    Key("metric_source", "text", required=True, choices=("clause", "interpretation")),
    Key("limit", "table", required=True),
    Key("pace", "text"),
    Key("force", "text", required=True, choices=get_args(Force)),
    Key("verified", "flag", required=True),
    Key("clause", "text", required=True),
    Key("year", "integer"),
    Key("scope", "table of texts"),
    Key("target", "table"),
    Key("note", "text"),
)
_LIMIT_KEYS = (
    Key("op", "text", required=True, choices=("<", "<=")),
    Key("value", "positive number", required=True),
    Key("unit", "text", required=True, choices=("m", "min")),
)
_TARGET_KEYS = (
    Key("op", "text", required=True, choices=get_args(Operator)),
    Key("value", "number", required=True),
    Key("basis", "text", required=True, choices=BASES),
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
    problems = check(entry, _RULE_KEYS, where)
    if problems:
        return problems
    types = [*shared_types(), *table.get("facility", {})]
    problems += [unknown_name(each, types, f"{where}.targets") for each in entry["targets"] if each not in types]
    problems += check(entry["limit"], _LIMIT_KEYS, f"{where}.limit")
    if "target" in entry:
        problems += _share_problems(entry["target"], f"{where}.target")
    return problems or _pace_problems(entry, table, where)


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


def _pace_problems(entry: Mapping[str, Any], table: Mapping[str, Any], where: str) -> list[Text]:
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
    problems = []
    if entry["pace"] not in table["pace"]:
        problems.append(unknown_name(entry["pace"], list(table["pace"]), f"{where}.pace"))
    if entry["metric"] != "network":
        problems.append(Text(f"{where}：时间指标只能按路网计算。", f"{where}: a time is judged on the network only."))
    return problems


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
    limit = entry["limit"]
    return Rule(
        rule_id=entry["id"],
        kind=entry["kind"],
        targets=tuple(entry["targets"]),
        limit=Limit(limit["op"], limit["value"], limit["unit"]),
        force=entry["force"],
        verified=entry["verified"],
        clause=entry["clause"],
        source=table["source"],
        legal_status=table["legal_status"],
        metric=entry["metric"],
        metric_source=entry["metric_source"],
        pace=paces[entry["pace"]] if "pace" in entry else None,
        year=entry.get("year"),
        scope=dict(entry.get("scope", {})),
        target=Target(target["op"], float(target["value"]), target["basis"]) if target else None,
        note=entry.get("note", ""),
    )
