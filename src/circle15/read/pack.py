"""Rule packs: TOML files, data only, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from circle15.core.errors import ConfigError, EncodingError, InputError
from circle15.core.rule import Document, FacilityType, NotAssessed, Pack
from circle15.core.text import Text
from circle15.core.units import Pace
from circle15.read.counting import counted_as, counting_of
from circle15.read.lint import problems_of
from circle15.read.rules import build_rule
from circle15.read.strict import load, parse, unknown_name

_TYPES_FILE = "types.toml"


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


def load_pack(
    names: Sequence[str], base: Path, counting: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Pack, bytes]:
    """The packs of these names (shipped ids, or paths relative to ``base``) as one, and their bytes.

    ``counting`` are switches of the study, which go before those of the packs.

    Raises ConfigError with every problem of every file: unknown keys and types, paces and types that differ
    between the files, rule ids that occur twice.
    """
    files = [_open(name, base) for name in names]
    problems = [problem for file in files for problem in problems_of(file.table, file.shown, list(shared_types()))]
    problems = problems or _clashes(files)
    if problems:
        raise ConfigError(problems)
    types = shared_types()
    for file in files:
        types |= {key: _facility_type(key, entry) for key, entry in file.table.get("facility", {}).items()}
    paces = {name: _pace(name, speed) for file in files for name, speed in file.table["pace"].items()}
    switches = [counting_of({**file.table.get("counting", {}), **counting}) for file in files]
    pack = Pack(
        documents=tuple(_document(file.table) for file in files),
        paces=paces,
        types=types,
        rules=tuple(
            counted_as(build_rule(entry, file.table, paces), how, types)
            for file, how in zip(files, switches, strict=True)
            for entry in file.table["rule"]
        ),
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


def _pace(name: str, speed: Any) -> Pace:
    if not isinstance(speed, dict):
        return Pace(name, float(speed))
    return Pace(name, float(speed["m_s"]), speed.get("stairs"), speed.get("slope", ""))


def _clashes(files: Sequence[_File]) -> list[Text]:
    problems = []
    seen: dict[str, str] = {}
    paces: dict[str, Any] = {}
    types: dict[str, Any] = {}
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
        for key, entry in file.table.get("facility", {}).items():
            if types.setdefault(key, entry) != entry:
                problems.append(
                    Text(
                        f"{file.shown}：设施类型 {key} 与其他规则包不一致。请统一，或改用别的键。",
                        f"{file.shown}: the facility type {key} differs between packs. Make them one, or rename it.",
                    )
                )
    return problems


def _document(table: Mapping[str, Any]) -> Document:
    return Document(table["id"], table["title"], table["source"], table["legal_status"])


def _facility_type(key: str, entry: Mapping[str, Any]) -> FacilityType:
    label = Text(entry["zh"], entry["en"])
    return FacilityType(
        key,
        label,
        tuple(entry.get("osm", ())),
        tuple(entry.get("osm_assumed", ())),
        entry.get("institution", False),
    )
