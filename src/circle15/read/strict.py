"""Strict TOML: every key is declared, every problem is reported at once."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circle15.core.address import redact
from circle15.core.errors import ConfigError, EncodingError, InputError
from circle15.core.text import Text

KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str) and value != "",
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value),
    "positive number": lambda value: KINDS["number"](value) and value > 0,
    "number from 0": lambda value: KINDS["number"](value) and value >= 0,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "flag": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, dt.date) and not isinstance(value, dt.datetime),
    "table": lambda value: isinstance(value, dict),
    "tables": lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value),
    "texts": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "integers": lambda value: isinstance(value, list) and all(type(each) is int for each in value),
    "text or texts": lambda value: KINDS["text"](value) or (KINDS["texts"](value) and len(value) > 0),
    "table of integers": lambda value: isinstance(value, dict) and all(type(each) is int for each in value.values()),
    "anything": lambda value: value is not None,
    "table of positive numbers": lambda value: (
        isinstance(value, dict) and all(map(KINDS["positive number"], value.values()))
    ),
    "table of texts": lambda value: isinstance(value, dict) and all(isinstance(each, str) for each in value.values()),
}


_KIND_WORDS = {
    "text": "非空文字",
    "number": "数",
    "positive number": "正数",
    "number from 0": "不小于 0 的数",
    "integer": "整数",
    "flag": " true 或 false",
    "date": "日期（如 2024-09-30）",
    "table": "表",
    "tables": "表的数组",
    "texts": "文字数组",
    "integers": "整数数组",
    "text or texts": "文字或文字数组",
    "table of positive numbers": "各值为正数的表",
    "table of integers": "各值为整数的表",
    "anything": "值",
    "table of texts": "各值为文字的表",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One declared key. ``later``: the contract has it, this version does not read it yet and says so."""

    name: str
    kind: str
    required: bool = False
    choices: tuple[Any, ...] = ()
    later: bool = False


def load(path: Path, shown: str) -> tuple[dict[str, Any], bytes]:
    """The table and the bytes of a TOML file. Raises InputError, EncodingError or ConfigError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(_unreadable(path, shown, error)) from error
    return parse(content, shown), content


def _unreadable(path: Path, shown: str, error: OSError) -> Text:
    """Why a file cannot be read, and what to name in its place: people give the folder of a study for the study."""
    if path.is_dir():
        return Text(
            f"无法读取 {shown}：这是文件夹。请写明其中的文件，如 {shown}/study.toml。",
            f"cannot read {shown}: it is a folder. Name the file in it, such as {shown}/study.toml.",
        )
    if not path.exists():
        return Text(
            f"无法读取 {shown}：没有这个文件。请检查路径。",
            f"cannot read {shown}: there is no such file. Check the path.",
        )
    return Text(
        f"无法读取 {shown}：{error.strerror}。请检查权限。",
        f"cannot read {shown}: {error.strerror}. Check permissions.",
    )


def parse(content: bytes, shown: str) -> dict[str, Any]:
    """The table of a TOML text. Raises EncodingError or ConfigError."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise EncodingError(
            Text(
                f"{shown} 不是 UTF-8 编码（第 {error.start} 字节）。请另存为 UTF-8。",
                f"{shown} is not UTF-8 (byte {error.start}): save it as UTF-8.",
            )
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            Text(
                f'{shown} 不是有效的 TOML：{error}。请改正此处：引号须为半角（"，不是 “ ”），路径用 / 而不用 \\。',
                f'{shown} is not valid TOML: {error}. Mend it there: quotes are straight (", not “ ”), and paths have '
                f"/ in the place of \\.",
            )
        ) from error


def check(table: Mapping[str, Any], keys: Sequence[Key], where: str) -> list[Text]:
    """All problems of one table: unknown keys (with the nearest known one), wrong kinds, missing keys."""
    known = {key.name: key for key in keys}
    problems = [unknown_name(name, list(known), where) for name in table if name not in known]
    for key in keys:
        if key.name in table:
            problems += _value_problems(table[key.name], key, where)
        elif key.required:
            problems.append(Text(f"{where}：缺少 {key.name}。请补充。", f"{where}: {key.name} is missing. Add it."))
    return problems


def unknown_name(name: str, known: Sequence[str], where: str) -> Text:
    """The sentence for a name nobody knows, with the nearest known one."""
    name = redact(name)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = near[0] if near else None
    return Text(
        f"{where}：不认识 {name!r}。" + (f"是否指 {hint!r}？" if hint else f"可用：{'、'.join(known)}。"),
        f"{where}: unknown {name!r}. " + (f"Did you mean {hint!r}?" if hint else f"Known: {', '.join(known)}."),
    )


def _value_problems(value: Any, key: Key, where: str) -> list[Text]:
    place = f"{where}.{key.name}"
    if key.later:
        return [
            Text(
                f"{place}：本版本尚不支持该项。请先删去，以免误以为已生效。",
                f"{place}: not supported by this version yet. Remove it, lest it seem to have taken effect.",
            )
        ]
    if not KINDS[key.kind](value):
        shown = redact(repr(value))
        return [Text(f"{place}：{shown} 应为{_KIND_WORDS[key.kind]}。", f"{place}: {shown} is not a {key.kind}.")]
    if key.choices and value not in key.choices:
        allowed = [str(choice) for choice in key.choices]
        return [unknown_name(str(value), allowed, place)]
    return []
