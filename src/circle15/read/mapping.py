"""The mapping file: a bureau's layers, fields, domains and metadata, read as strictly as a study."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from circle15.core.errors import ConfigError
from circle15.core.exports import EXPORT_LAYERS, RULE
from circle15.core.mapping import (
    APPROVED,
    DATE,
    ENCODINGS,
    FIELD_TYPES,
    MOST_DIGITS,
    MOST_NAME_BYTES,
    MOST_TEXT_BYTES,
    NUMBER,
    ORIGIN,
    PLAN_STATUSES,
    POINT_AND_SIGN,
    STATUS,
    Code,
    ExportField,
    ExportMapping,
    LayerMapping,
    Serial,
)
from circle15.core.rule import Rule
from circle15.core.schema import Column
from circle15.core.text import Text, first_ids
from circle15.read.strict import Key, check, load, parse, unknown_name

SAMPLE = "mapping.toml"
NUMBERED = "<n>"
PRODUCER = "数据生产单位"

_FILE_KEYS = (
    Key("schema", "integer", required=True, choices=(1,)),
    Key("title", "text", required=True),
    Key("sample", "flag"),
    Key("encoding", "text", choices=ENCODINGS),
    Key("metadata", "table", required=True),
    Key("plan", "table"),
    Key("domain", "table"),
    Key("layer", "table", required=True),
)
_PLAN_KEYS = (
    Key(STATUS, "text", required=True, choices=PLAN_STATUSES),
    Key(NUMBER, "text"),
    Key(DATE, "date"),
)
_METADATA_KEYS = (*_PLAN_KEYS, Key(ORIGIN, "text"), Key(PRODUCER, "text"))
_LAYER_KEYS = (
    Key("name", "text", required=True),
    Key("alias", "text", required=True),
    Key("code", "text"),
    Key("fields", "tables", required=True),
)
_FIELD_KEYS = (
    Key("order", "integer", required=True),
    Key("name", "text", required=True),
    Key("alias", "text", required=True),
    Key("type", "text", required=True, choices=FIELD_TYPES),
    Key("length", "integer"),
    Key("decimals", "integer"),
    Key("from", "text"),
    Key("value", "text"),
    Key("serial", "table"),
    Key("domain", "text"),
    Key("unique", "flag"),
    Key("required", "flag"),
)
_SERIAL_KEYS = (Key("prefix", "text", required=True), Key("digits", "integer", required=True))

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# What else would be a device or a column of the formats' own.
_TAKEN = {"AUX", "COM1", "CON", "FID", "GEOM", "GEOMETRY", "LPT1", "NUL", "OBJECTID", "OGC_FID", "PRN", "SHAPE"}
_FILLED_FROM = {
    "text": ("text", "integer", "number", "flag", "date"),
    "integer": ("integer", "number", "flag"),
    "number": ("integer", "number"),
    "date": ("date",),
}


def load_mapping(path: Path | None, shown: str, rules: Sequence[Rule]) -> ExportMapping:
    """The mapping file at ``path``, or the shipped sample; ``rules`` are those whose columns fields may name.

    Raises ConfigError with every problem found, InputError or EncodingError for an unreadable file.
    """
    if path is None:
        content = sample_mapping()
        table = parse(content, SAMPLE)
    else:
        table, content = load(path, shown)
    problems = _problems(table, shown or SAMPLE, rules)
    if problems:
        raise ConfigError(problems)
    return ExportMapping(
        title=table["title"],
        sample=table.get("sample", False),
        shipped=path is None,
        encoding=table.get("encoding", ENCODINGS[0]),
        metadata=_texts(table["metadata"]),
        plans={plan_id: _texts(entry) for plan_id, entry in table.get("plan", {}).items()},
        domains={
            name: {word: Code(*pair) for word, pair in entry.items()} for name, entry in table.get("domain", {}).items()
        },
        layers=tuple(_layer(key, entry, rules) for key, entry in table["layer"].items()),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def sample_mapping() -> bytes:
    """The sample that comes with the program, for a bureau to edit."""
    return resources.files("circle15.read").joinpath(SAMPLE).read_bytes()


def _texts(entry: Mapping[str, Any]) -> dict[str, str]:
    return {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in entry.items()}


def _layer(key: str, entry: Mapping[str, Any], rules: Sequence[Rule]) -> LayerMapping:
    fields = [field for each in entry["fields"] for field in _spelled(each, key, rules)]
    ordered = sorted(fields, key=lambda field: field.order)
    return LayerMapping(key, entry["name"], entry["alias"], entry.get("code", ""), tuple(ordered))


def _spelled(entry: Mapping[str, Any], key: str, rules: Sequence[Rule]) -> list[ExportField]:
    """A field; one of each rule is as many as there are rules that have the column, numbered from 1."""
    source = entry.get("from", "")
    if RULE not in source:
        return [_field(entry, source, entry["name"], entry["alias"])]
    return [
        _field(
            entry,
            source.replace(RULE, rule.rule_id),
            entry["name"].replace(NUMBERED, str(number)),
            entry["alias"].replace(RULE, rule.rule_id),
        )
        for number, rule in enumerate(rules, start=1)
        if source.replace(RULE, rule.rule_id) in _columns(key, rules)
    ]


def _field(entry: Mapping[str, Any], source: str, name: str, alias: str) -> ExportField:
    serial = entry.get("serial")
    return ExportField(
        order=entry["order"],
        name=name,
        alias=alias,
        kind=entry["type"],
        length=entry.get("length", 0),
        decimals=entry.get("decimals", 0),
        source=source,
        value=entry.get("value", ""),
        serial=Serial(serial["prefix"], serial["digits"]) if serial else None,
        domain=entry.get("domain", ""),
        unique=entry.get("unique", False),
        required=entry.get("required", False),
    )


def _columns(key: str, rules: Sequence[Rule]) -> dict[str, Column]:
    return {column.name: column for column in EXPORT_LAYERS[key].columns_for(rules)}


# ---- problems ------------------------------------------------------------------------------------------------


def _problems(table: Mapping[str, Any], where: str, rules: Sequence[Rule]) -> list[Text]:
    found = check(table, _FILE_KEYS, where)
    if found:
        return found
    found += _metadata_problems(table["metadata"], _METADATA_KEYS, f"{where} [metadata]")
    for plan_id, entry in table.get("plan", {}).items():
        found += _table_problems(entry, f"{where} [plan.{plan_id}]", _PLAN_KEYS)
    domains = table.get("domain", {})
    for name, entry in domains.items():
        found += _domain_problems(entry, f"{where} [domain.{name}]")
    for key, entry in table["layer"].items():
        place = f"{where} [layer.{key}]"
        if key not in EXPORT_LAYERS:
            found.append(unknown_name(key, list(EXPORT_LAYERS), f"{where} [layer]"))
        elif not isinstance(entry, dict):
            found.append(_not_a_table(place))
        else:
            found += check(entry, _LAYER_KEYS, place) or _layer_problems(key, entry, rules, domains, place)
    return found or _between_layers(table["layer"], where)


def _table_problems(entry: Any, where: str, keys: Sequence[Key]) -> list[Text]:
    return _metadata_problems(entry, keys, where) if isinstance(entry, dict) else [_not_a_table(where)]


def _not_a_table(where: str) -> Text:
    return Text(f"{where} 应为表。", f"{where} is not a table.")


def _metadata_problems(entry: Mapping[str, Any], keys: Sequence[Key], where: str) -> list[Text]:
    """Keys and kinds; an approved plan must say by which document and when."""
    found = check(entry, keys, where)
    missing = [key for key in (NUMBER, DATE) if not entry.get(key)]
    if not found and entry[STATUS] == APPROVED and missing:
        found.append(
            Text(
                f"{where}：{STATUS}为{APPROVED}，但缺少{'、'.join(missing)}。请补充，或改写{STATUS}。",
                f"{where}: {STATUS} is {APPROVED}, but {', '.join(missing)} is missing: add it or change {STATUS}.",
            )
        )
    return found


def _domain_problems(entry: Any, where: str) -> list[Text]:
    if not isinstance(entry, dict):
        return [_not_a_table(where)]
    wrong = [
        word
        for word, pair in entry.items()
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) and each for each in pair))
    ]
    if not wrong:
        return []
    return [
        Text(
            f'{where}：{first_ids(wrong)} 应写作 值 = ["代码", "含义"]（共 {len(wrong)} 项）。',
            f'{where}: write {first_ids(wrong)} as word = ["code", "meaning"] ({len(wrong)} in all).',
        )
    ]


def _layer_problems(
    key: str, entry: Mapping[str, Any], rules: Sequence[Rule], domains: Mapping[str, Any], where: str
) -> list[Text]:
    found = _name_problems(entry["name"], f"{where}.name", most=30)
    for number, field in enumerate(entry["fields"], start=1):
        place = f"{where}.fields {number}"
        found += check(field, _FIELD_KEYS, place) or _field_problems(field, key, rules, domains, place)
    if found:
        return found
    fields = [spelled for field in entry["fields"] for spelled in _spelled(field, key, rules)]
    found += _repeated((field.name.upper() for field in fields), f"{where}.fields", Text("字段名", "the field name"))
    return found + _repeated(
        (str(field["order"]) for field in entry["fields"]), f"{where}.fields", Text("次序 order", "order")
    )


def _repeated(values: Iterable[str], where: str, what: Text) -> list[Text]:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if not twice:
        return []
    return [
        Text(
            f"{where}：{what.zh} {first_ids(twice)} 重复（共 {len(twice)} 个）。请改为各不相同。",
            f"{where}: {what.en} {first_ids(twice)} occurs more than once ({len(twice)} in all). Make them differ.",
        )
    ]


def _name_problems(name: str, where: str, most: int) -> list[Text]:
    """Names of files, tables and fields: ASCII, so that they mean the same everywhere and lead nowhere else."""
    if _NAME.fullmatch(name) and len(name) <= most and name.upper() not in _TAKEN:
        return []
    return [
        Text(
            f"{where}：{name!r} 须以字母开头，只含英文字母、数字和下划线，不超过 {most} 个字符，"
            f"且不与系统名（如 FID、SHAPE、CON）相同；中文写在 alias。",
            f"{where}: {name!r} must begin with a letter, hold letters, digits and underscores only, at most {most}, "
            f"and be no reserved name (such as FID, SHAPE, CON). Chinese goes into alias.",
        )
    ]


def _field_problems(
    field: Mapping[str, Any], key: str, rules: Sequence[Rule], domains: Mapping[str, Any], where: str
) -> list[Text]:
    """What is wrong with one field whose keys are right."""
    where = f"{where} {field['name']}"
    most = MOST_NAME_BYTES
    shown = field["name"].replace(NUMBERED, str(len(rules) or 1))
    found = _name_problems(shown, where, most) + _length_problems(field, where)
    filled = [each for each in ("from", "value", "serial") if each in field]
    if len(filled) != 1:
        found.append(
            Text(
                f"{where}：from、value、serial 须且只须写一项。",
                f"{where}: give exactly one of from, value and serial.",
            )
        )
        return found
    if "from" in field:
        found += _source_problems(field, key, rules, domains, where)
    elif "serial" in field:
        found += check(field["serial"], _SERIAL_KEYS, f"{where}.serial") or _serial_problems(field, where)
    elif field["type"] != "text" or len(field["value"]) > field.get("length", 0):
        found.append(
            Text(f"{where}：value 只用于 text，且不超过 length。", f"{where}: value is for text, within its length.")
        )
    return found


def _length_problems(field: Mapping[str, Any], where: str) -> list[Text]:
    """A text needs a length; a number may have one, with fewer decimals."""
    kind, length, decimals = field["type"], field.get("length", 0), field.get("decimals", 0)
    most = MOST_TEXT_BYTES if kind == "text" else MOST_DIGITS
    fits = {
        "text": 1 <= length <= most and not decimals,
        "integer": 0 <= length <= most and not decimals,
        "number": POINT_AND_SIGN < length <= most and 0 <= decimals < length - POINT_AND_SIGN,
        "date": not length and not decimals,
    }[kind]
    if fits:
        return []
    return [
        Text(
            f"{where}：length = {length}、decimals = {decimals} 不适合 {kind}。text 须 1—{MOST_TEXT_BYTES}；"
            f"integer 至多 {MOST_DIGITS} 位；number 须 3—{MOST_DIGITS} 位（含小数点和符号）且 decimals ≤ length − 3；"
            f"date 不写。",
            f"{where}: length = {length}, decimals = {decimals} do not fit {kind}: text 1–{MOST_TEXT_BYTES}; integer "
            f"at most {MOST_DIGITS}; number 3–{MOST_DIGITS} with point and sign, decimals ≤ length − 3; date neither.",
        )
    ]


def _serial_problems(field: Mapping[str, Any], where: str) -> list[Text]:
    prefix, digits = field["serial"]["prefix"], field["serial"]["digits"]
    if (
        field["type"] == "text"
        and prefix.isascii()
        and prefix.isalnum()
        and 1 <= digits == field["length"] - len(prefix)
    ):
        return []
    return [
        Text(
            f"{where}：serial 只用于 text；prefix 为字母和数字，其长度加 digits 须等于 length。",
            f"{where}: serial is for text; prefix holds letters and digits, its length plus digits is length.",
        )
    ]


def _source_problems(
    field: Mapping[str, Any], key: str, rules: Sequence[Rule], domains: Mapping[str, Any], where: str
) -> list[Text]:
    """A column the layer does not have, of a kind the field cannot hold, or a domain that does not fit it."""
    layer, source = EXPORT_LAYERS[key], field["from"]
    known = {column.name: column for column in (*layer.columns, *layer.per_rule)} | _columns(key, rules)
    if source not in known:
        return [unknown_name(source, list(known), f"{where}.from")]
    if (RULE in source) != (NUMBERED in field["name"]):
        return [
            Text(
                f"{where}：from 含 {RULE} 时 name 须含 {NUMBERED}，反之亦然。",
                f"{where}: {RULE} in from needs {NUMBERED} in name, and the other way round.",
            )
        ]
    column = known[source]
    if "domain" in field:
        return _coded_problems(column, field["domain"], domains, where)
    if column.kind not in _FILLED_FROM[field["type"]]:
        return [
            Text(
                f"{where}：{source} 是 {column.kind}，不能写入 {field['type']} 字段。",
                f"{where}: {source} is {column.kind}: a {field['type']} field cannot hold it.",
            )
        ]
    return []


def _coded_problems(column: Column, domain: str, domains: Mapping[str, Any], where: str) -> list[Text]:
    """Every value that the column may have needs its code."""
    if domain not in domains:
        return [unknown_name(domain, list(domains), f"{where}.domain")]
    words = column.choices or (("true", "false") if column.kind == "flag" else ())
    if not words or not isinstance(domains[domain], dict):
        return []
    unknown = [
        unknown_name(word, list(words), f"{where}.domain {domain}") for word in domains[domain] if word not in words
    ]
    missing = [word for word in words if word not in domains[domain]]
    if missing:
        unknown.append(
            Text(
                f"{where}：值域 {domain} 缺少 {first_ids(missing)}（共 {len(missing)} 个）。请补充其代码。",
                f"{where}: the domain {domain} lacks {first_ids(missing)} ({len(missing)} in all). Add their codes.",
            )
        )
    return unknown


def _between_layers(layers: Mapping[str, Any], where: str) -> list[Text]:
    """Names of layers and prefixes of serial numbers must differ: BSM is unique over the whole database."""
    names = (entry["name"].upper() for entry in layers.values())
    prefixes = (
        f"{field['serial']['prefix']}+{field['serial']['digits']}"
        for entry in layers.values()
        for field in entry["fields"]
        if "serial" in field
    )
    return [
        *_repeated(names, f"{where} [layer]", Text("图层名", "the layer name")),
        *_repeated(prefixes, f"{where} [layer]", Text("serial 前缀", "the serial prefix")),
    ]
