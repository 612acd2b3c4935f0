"""What stands round the map of a sheet: legend with counts, key figures with their clauses, title block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from circle15.core.results import Audit
from circle15.core.rule import LEGAL_WORDS, Rule
from circle15.core.text import Text
from circle15.show.numbers import whole
from circle15.show.sentences import force_text, pace_text, rule_text
from circle15.show.sheets.pen import BLACK, GREY, Pen
from circle15.show.sheets.subject import Subject
from circle15.show.titles import DATE, MAKER, REVIEW, TITLE, crs_text

_HEAD = "#0b4f8a"
_NOT_GIVEN = Text("未填写", "not given")
# Room for the mark of a legend entry, in mm.
INDENT = 6.5


@dataclass(frozen=True, slots=True)
class Mark:
    """How an entry of the legend looks: a filled patch, a line, or the marker of a place."""

    kind: Literal["patch", "line", "place"]
    fill: str
    outline: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the legend; ``count`` is None where counting says nothing."""

    mark: Mark
    label: Text
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a column, as wide as its column."""

    text: str
    colour: str = BLACK
    mark: Mark | None = None
    indent: float = 0.0


def columns(
    audit: Audit,
    subject: Subject,
    entries: Sequence[Entry],
    scale: str,
    pen: Pen,
    layout: tuple[Sequence[float], float],
) -> list[list[Line]]:
    """Three columns; ``layout`` is their widths in mm and the size of the print in points."""
    widths, points = layout
    return [
        _legend(audit, entries, pen, widths[0], points),
        _figures(audit, subject, pen, widths[1], points),
        _title_block(audit, subject, scale, pen, widths[2], points),
    ]


def _legend(audit: Audit, entries: Sequence[Entry], pen: Pen, width: float, points: float) -> list[Line]:
    language = audit.facts.language
    of = Text("图例", "Legend")
    found = [Line(of.say(language), _HEAD)]
    for entry in entries:
        count = "" if entry.count is None else f"  {whole(entry.count)}"
        first, *rest = pen.lines(entry.label.say(language) + count, width - INDENT, points)
        found += [Line(first, mark=entry.mark, indent=INDENT), *(Line(each, indent=INDENT) for each in rest)]
    return found


def _figures(audit: Audit, subject: Subject, pen: Pen, width: float, points: float) -> list[Line]:
    language = audit.facts.language
    found = [Line(Text("关键指标", "Key figures").say(language), _HEAD)]
    for figure in subject.figures:
        found += [Line(each) for each in pen.lines(figure.say(language), width, points)]
    if subject.rules:
        found.append(Line(Text("规则与条款", "Rules and clauses").say(language), _HEAD))
    for rule in subject.rules:
        found += [Line(each) for each in pen.lines(rule_text(rule).say(language), width, points)]
    note = Text("范围线仅供示意，结论由距离得出。", "Drawn areas are for looking at: verdicts come from distances.")
    return [*found, *(Line(each, GREY) for each in pen.lines(note.say(language), width, points))]


def _title_block(audit: Audit, subject: Subject, scale: str, pen: Pen, width: float, points: float) -> list[Line]:
    language = audit.facts.language
    found = [Line(Text("图签", "Title block").say(language), _HEAD)]
    for name, value in _block(audit, subject, scale):
        text = f"{name.say(language)}：{value}" if language == "zh" else f"{name.en}: {value}"
        found += [Line(each) for each in pen.lines(text, width, points)]
    return found


def _block(audit: Audit, subject: Subject, scale: str) -> list[tuple[Text, str]]:
    facts, given = audit.facts, audit.facts.title_block
    nothing = _NOT_GIVEN.say(facts.language)
    comma = "、" if facts.language == "zh" else ", "
    own = {key: value for key, value in given.items() if key not in (TITLE, MAKER, DATE, REVIEW) and value}
    return [
        (Text("图名", "Title"), subject.title.say(facts.language)),
        (Text("制图单位", "Made by"), given.get(MAKER) or nothing),
        (Text("日期", "Date"), given.get(DATE) or nothing),
        (Text("数据时点", "As of"), facts.as_of or nothing),
        (Text("坐标系", "CRS"), crs_text(audit).say(facts.language)),
        (Text("比例尺", "Scale"), scale),
        (Text("法律状态", "Legal status"), comma.join(_documents(audit, subject.rules)) or nothing),
        (Text("步速", "Pace"), comma.join(_paces(audit, subject.rules)) or "—"),
        (Text("数据来源", "Sources"), comma.join(_sources(audit)) or nothing),
        (Text("审图号", "Map approval no."), given.get(REVIEW) or nothing),
        *((Text(key, key), value) for key, value in own.items()),
    ]


def _documents(audit: Audit, rules: Sequence[Rule]) -> list[str]:
    """The status of the documents that the rules come from, and their force."""
    language = audit.facts.language
    return list(
        dict.fromkeys(
            f"{rule.source} {LEGAL_WORDS[rule.legal_status].say(language)}，{force_text(rule).say(language)}"
            if language == "zh"
            else f"{rule.source} {LEGAL_WORDS[rule.legal_status].en}, {force_text(rule).en}"
            for rule in rules
        )
    )


def _paces(audit: Audit, rules: Sequence[Rule]) -> list[str]:
    return [f"{rule.rule_id} {pace_text(rule).say(audit.facts.language)}" for rule in rules if rule.pace]


def _sources(audit: Audit) -> list[str]:
    """Each file once, with the date of its data and what its licence asks for."""
    return list(
        dict.fromkeys(
            " ".join(each for each in (source.path, source.datum, source.data_date, source.attribution) if each)
            for source in audit.facts.sources
        )
    )
