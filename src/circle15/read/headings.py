"""Which heading of a file is which declared column: by the study, by name, by the table of aliases, or not at all."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from circle15.core.errors import ConfigError
from circle15.core.findings import Finding
from circle15.core.headings import ALIASES, COUNTED, DATUM_REMARKS, REMARKS, SQUARE_METRES, TENS
from circle15.core.schema import Column
from circle15.core.text import Text, first_ids
from circle15.read.spec import InputSpec

_REMARK = re.compile(r"^(.+?)[(\[]([^()\[\]]*)[)\]]$")
BRACKETS = "()[]（）［］【】"

# Every word that is a unit of some column.
_UNITS = frozenset({*SQUARE_METRES, *(word for words in COUNTED.values() for word in words)})


@dataclass(frozen=True, slots=True)
class Headed:
    """A frame under our names. ``source`` is as received, ``factors`` what a heading's unit multiplies its cells by."""

    frame: Any
    source: Any
    factors: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def plain(text: Any) -> str:
    """A heading as it is compared: half width, without blanks, marks of what must be filled in, and capitals."""
    return re.sub(r"[\s*]+", "", unicodedata.normalize("NFKC", str(text))).lower()


def known_headings(columns: Iterable[Column], spec: InputSpec) -> frozenset[str]:
    """Every heading, as compared, that means something for this input."""
    words = {plain(name) for name in spec.columns.values()}
    for column in columns:
        words |= _words(column)
    return frozenset(words)


def is_known(heading: Any, known: frozenset[str]) -> bool:
    """Whether a cell is one of the known headings, with or without a remark in brackets."""
    compared = plain(heading)
    remark = _REMARK.match(compared)
    return compared in known or (remark is not None and remark[1] in known)


def is_unit(cell: str) -> bool:
    """Whether a cell of a heading is a unit and nothing else, in brackets or without."""
    word = plain(cell).strip(BRACKETS)
    return word in _UNITS or (word[:1] in TENS and word[1:] in _UNITS)


def name_columns(frame: Any, columns: Sequence[Column], spec: InputSpec) -> Headed:
    """``frame`` under our names: first those that ``spec.columns`` gives, then equal names, then aliases.

    A heading matches an alias alone, or with a unit or a remark in brackets behind it; one that names a datum matches
    only where the study declares that datum. A unit counts also in a heading that ``spec.columns`` gives. Raises
    ConfigError with every heading of ``spec.columns`` that is not there, each with the nearest that is, and with every
    column that two headings may mean.
    """
    named = rename(frame, spec.columns, spec.shown)
    given = [name for name in named.columns if name != "geometry" and name not in spec.columns]
    ours = {column.name for column in columns}
    free = {name: plain(name) for name in given if name not in ours}
    matched: dict[str, str] = {}
    factors = _stated(columns, spec)
    problems = []
    for column in columns:
        if column.name in named.columns:
            continue
        words = _words(column)
        factor_of = {name: _factor(compared, words, column, spec) for name, compared in free.items()}
        found = {name: factor for name, factor in factor_of.items() if factor is not None}
        if len(found) > 1:
            problems.append(_ambiguous(column, list(found), spec))
        for name, factor in found.items():
            matched[name], factors[column.name] = column.name, factor
    if problems:
        raise ConfigError(problems)
    findings = (_matched(matched, spec),) if matched else ()
    return Headed(named.rename(columns=matched), frame, factors, findings)


def _stated(columns: Sequence[Column], spec: InputSpec) -> dict[str, float]:
    """What the units in the headings that ``spec.columns`` names multiply their cells by."""
    remarks = {ours: _REMARK.match(plain(theirs)) for ours, theirs in spec.columns.items()}
    units = {ours: remark[2] for ours, remark in remarks.items() if remark}
    factors = {each.name: unit_factor(units[each.name], each) for each in columns if each.name in units}
    return {name: factor for name, factor in factors.items() if factor is not None}


def rename(frame: Any, columns: Mapping[str, str], shown: str) -> Any:
    """``frame`` with our names for its headings; ``columns`` maps our name to theirs.

    Raises ConfigError with every heading that is not there, each with the nearest that is.
    """
    present = [str(each) for each in frame.columns if each != "geometry"]
    missing = [(ours, theirs) for ours, theirs in columns.items() if theirs not in present]
    if missing:
        raise ConfigError([_no_heading(ours, theirs, present, shown) for ours, theirs in missing])
    replaced = [name for name in present if name in columns or name in columns.values()]
    return frame.drop(columns=replaced).assign(**{ours: frame[theirs] for ours, theirs in columns.items()})


def unit_factor(word: str, column: Column) -> float | None:
    """What a word behind a number of a column multiplies it by, or None where the word is no unit of it."""
    if column.unit == "m2":
        return SQUARE_METRES.get(word)
    counted = COUNTED.get(column.name, ())
    if word in counted:
        return 1.0
    if counted and column.kind in ("number", "integer") and word[:1] in TENS and (not word[1:] or word[1:] in counted):
        return TENS[word[:1]]
    return None


def _words(column: Column) -> set[str]:
    """What the column may be called; a single letter in another case is nothing: surveyors call the north X."""
    words = {plain(each) for each in (column.name, column.meaning.zh, *ALIASES.get(column.name, ()))}
    return {word for word in words if len(word) > 1}


def _factor(compared: str, words: set[str], column: Column, spec: InputSpec) -> float | None:
    """What the cells under a heading are multiplied by to be the column's; None where it is not that column."""
    if compared in words:
        return 1.0
    remark = _REMARK.match(compared)
    if remark is None or remark[1] not in words:
        return None
    if remark[2] in REMARKS or DATUM_REMARKS.get(remark[2], "-") == spec.datum:
        return 1.0
    return unit_factor(remark[2], column)


def _ambiguous(column: Column, found: list[str], spec: InputSpec) -> Text:
    names = first_ids(found)
    return Text(
        zh=f"{spec.shown}：{names} 都可能是 {column.name}（{column.meaning.zh}）。"
        f"请在 columns 中写明用哪一列，如 {column.name} = {found[0]!r}。",
        en=f"{spec.shown}: {names} may each be {column.name} ({column.meaning.en}). "
        f"Say which under columns, such as {column.name} = {found[0]!r}.",
    )


def _matched(matched: Mapping[str, str], spec: InputSpec) -> Finding:
    pairs = first_ids((f"{theirs} → {ours}" for theirs, ours in matched.items()), 40)
    return Finding(
        code="headings_matched",
        severity="info",
        layer=spec.layer,
        count=len(matched),
        ids=tuple(list(matched)[:3]),
        message=Text(
            zh=f"{spec.shown}：{len(matched)} 个列名按别名表对应：{pairs}。",
            en=f"{spec.shown}: {len(matched)} headings were matched by the table of aliases: {pairs}.",
        ),
        fix=Text("请核对；不对的请在 columns 中写明。", "Check them; state what is wrong under columns."),
    )


def _no_heading(ours: str, theirs: str, present: list[str], shown: str) -> Text:
    near = (difflib.get_close_matches(theirs, present, 1, 0.0) or ["-"])[0]
    there = first_ids(present, 8)
    return Text(
        zh=f"{shown}：columns 中 {ours} = {theirs!r}，但文件没有这一列，"
        f"最接近的是 {near!r}（现有列：{there}）。请更正列名。",
        en=f"{shown}: columns says {ours} = {theirs!r}, but the file has no such heading; the nearest is {near!r} "
        f"(present: {there}). Correct the heading.",
    )
