"""The league of a batch as documents: a workbook, and a 通报 of how the studies stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from circle15.core.league import (
    AMOUNT,
    LEVELS,
    OWN_TASK,
    STANDING_WORDS,
    TASKS,
    WHOLE_BATCH,
    Figures,
    League,
    Standing,
)
from circle15.core.rule import METRIC_WORDS
from circle15.core.tables import BASIS_WORDS, OUTCOME_WORDS
from circle15.core.text import Language, Text
from circle15.show.numbers import target_percent
from circle15.show.office.document import (
    Block,
    Document,
    Form,
    Heading,
    Number,
    Paragraph,
    Row,
    Sheet,
    Table,
    clean,
    finished,
    heads,
)
from circle15.show.sentences import SHARE_UNIT

TITLE = Text("批量评估通报", "Bulletin of studies")
_LEVEL_WORDS = {
    "study": Text("研究", "study"),
    "city": Text("市", "city"),
    "province": Text("省", "province"),
    "batch": Text("全部", "all"),
}
_BASIS_WORDS = {**BASIS_WORDS, AMOUNT: Text("比率或总量", "ratio or stock"), TASKS: Text("任务完成率", "tasks")}
_NONE = Text("无。", "None.")
_TASK = Text("任务", "task")


def league_document(league: League, figures: Figures, stamps: Sequence[Text], language: Language) -> Document:
    """总体情况，排名，约束性指标，预期性指标，未能运行. Binding and expected rules stand in chapters of their own."""
    names = _names(league, language)
    blocks: list[Block] = [
        *_chapter(Text("一、总体情况", "1 Overview"), [Paragraph(_overview(league).say(language))], language),
        *_chapter(Text("二、排名", "2 Ranking"), [ranking_table(league, language), _note(language)], language),
        *_tasks(figures, names, language),
        *_side("binding", Text("三、约束性指标", "3 Binding rules"), figures, names, language),
        *_side("expected", Text("四、预期性指标", "4 Expected rules"), figures, names, language),
        *_chapter(Text("五、未能运行", "5 Could not run"), _broken(league, language), language),
    ]
    said = tuple(clean(each.say(language)) for each in stamps)
    return Document(TITLE.say(language), "", said, language, finished(blocks))


def league_sheets(league: League, figures: Figures, language: Language) -> list[Sheet]:
    """A sheet for the ranking, one for each side with every study, one for the sums, one for what could not run."""
    names = _names(league, language)
    frame = figures.frame
    of_studies, of_sums = frame[frame["level"] == LEVELS[0]], frame[frame["level"] != LEVELS[0]]
    tables: dict[Text, Sequence[Block]] = {
        Text("排名", "Ranking"): [ranking_table(league, language)],
        Text("任务完成率", "Tasks"): [_figures(frame[frame["basis"] == TASKS], names, language)],
        **{
            STANDING_WORDS[side]: [_figures(of_studies[of_studies["standing"] == side], names, language)]
            for side in STANDING_WORDS
        },
        Text("合计", "Sums"): [_figures(of_sums, names, language)],
        Text("未能运行", "Could not run"): _broken(league, language),
    }
    return [Sheet(name.say(language), finished(blocks)) for name, blocks in tables.items()]


def ranking_table(league: League, language: Language) -> Table:
    """The studies that ran, best first."""
    columns = heads(
        language,
        ("名次", "rank", 4),
        ("研究编号", "study id", 9),
        ("名称", "name", 12),
        ("市", "city", 6),
        *((f"{STANDING_WORDS[side].zh}{zh}", f"{STANDING_WORDS[side].en}: {en}", 6) for side, zh, en in _COUNTS),
        ("约束性达标率", "binding share", 6),
        ("预期性达标率", "expected share", 6),
        ("说明", "note", 14),
    )
    frame = league.frame[league.frame["status"] == "done"]
    rows = frame.sort_values(["rank", "study"], na_position="last", kind="stable").to_dict("records")
    return Table(columns, tuple(_ranked(row) for row in rows))


_COUNTS: tuple[tuple[Standing, str, str], ...] = tuple(
    (side, zh, en)
    for side in ("binding", "expected")
    for zh, en in (("达标", "pass"), ("不达标", "fail"), ("资料不足", "unknown"))
)


def _ranked(row: Mapping[str, Any]) -> Row:
    return (
        _number(row["rank"], "count"),
        row["study_id"],
        row["name"],
        row["city"] or "",
        *(_number(row[f"{side}_{outcome}"], "count") for side, _, outcome in _COUNTS),
        _number(row["binding_share"], "share"),
        _number(row["expected_share"], "share"),
        row["message"] or "",
    )


def _number(value: Any, form: Any) -> Number:
    return Number(_float(value), form)


def _float(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _chapter(title: Text, blocks: Sequence[Block], language: Language) -> list[Block]:
    return [Heading(1, title.say(language)), *blocks]


def _overview(league: League) -> Text:
    frame = league.frame
    done = frame[frame["status"] == "done"]
    judged = done[done["binding_share"].notna()]
    met = int((judged["binding_share"] == 1).sum())
    failed = int((done["binding_fail"] > 0).sum())
    return Text(
        f"参加评估的研究 {len(frame)} 个，完成 {len(done)} 个，未能运行 {len(frame) - len(done)} 个。"
        f"约束性指标全部达标的 {met} 个，有不达标的 {failed} 个，"
        f"其余 {len(done) - met - failed} 个资料不足或没有约束性指标。",
        f"{len(frame)} studies: {len(done)} done, {len(frame) - len(done)} could not run. All binding rules are met in "
        f"{met}, some failed in {failed}; in {len(done) - met - failed} they are unknown or there is none.",
    )


def _note(language: Language) -> Paragraph:
    note = Text(
        "名次先按约束性指标达标率，再按预期性指标达标率；两者相同的名次并列。"
        "达标率 = 达标 ÷（达标 + 不达标 + 资料不足）。",
        "Ranked by the share of binding rules, then of expected ones; equals tie. "
        "Share = pass ÷ (pass + fail + unknown).",
    )
    return Paragraph(note.say(language), "note")


def _tasks(figures: Figures, names: Mapping[str, str], language: Language) -> list[Block]:
    """任务完成率 rule by rule, studies and sums, where zones have tasks."""
    frame = figures.frame
    rows = frame[(frame["basis"] == TASKS) & frame["headline"]]
    blocks: list[Block] = []
    for rule_id, mine in rows.groupby("rule_id", sort=False):
        title = Text(f"任务完成率（{rule_id}）", f"Share of the task ({rule_id})")
        blocks += [Heading(2, title.say(language)), _figures(mine, names, language)]
    if blocks:
        note = Text(
            "任务完成率 = 实有 ÷ 任务；缺报单元的任务计入任务和资料不足，不计为已完成。",
            "Share = in place ÷ task; the task of a zone that has not reported counts as set and as unknown.",
        )
        blocks.append(Paragraph(note.say(language), "note"))
    return blocks


def _side(side: Standing, title: Text, figures: Figures, names: Mapping[str, str], language: Language) -> list[Block]:
    """The sums of one side of the ledger, by their headline metric."""
    frame = figures.frame
    mine = frame[(frame["standing"] == side) & frame["headline"] & (frame["level"] != LEVELS[0])]
    table = _figures(mine, names, language)
    note = Text(
        "各级数字为所含研究的分子、分母之和，不是比例的平均。", "Every figure is of sums; no share is an average."
    )
    blocks: list[Block] = [table, Paragraph(note.say(language), "note")] if table.rows else [_nothing(language)]
    return _chapter(title, blocks, language)


def _figures(frame: Any, names: Mapping[str, str], language: Language) -> Table:
    """Figures rule by rule, each level best first."""
    columns = heads(
        language,
        ("指标", "rule", 6),
        ("限值", "threshold", 9),
        ("口径", "basis", 7),
        ("度量", "metric", 8),
        ("级别", "level", 5),
        ("名次", "rank", 4),
        ("单位名称", "unit", 11),
        ("达标（分子、实有）", "covered", 8),
        ("总量（分母、任务）", "total", 8),
        ("资料不足", "unknown", 6),
        ("比例", "share", 6),
        ("实测值", "value", 6),
        ("目标", "target", 6),
        ("结论", "outcome", 6),
        ("研究数", "studies", 4),
    )
    order = {key: place for place, key in enumerate(dict.fromkeys(frame["rule_id"]))}
    levels = {level: place for place, level in enumerate(LEVELS)}
    keyed = frame.assign(rule=frame["rule_id"].map(order), at=frame["level"].map(levels))
    by = ["rule", "basis", "metric", "threshold", "at", "rank", "unit_id"]
    rows = keyed.sort_values(by, na_position="last", kind="stable").to_dict("records")
    return Table(columns, tuple(_figure(row, names, language) for row in rows))


def _figure(row: Mapping[str, Any], names: Mapping[str, str], language: Language) -> Row:
    level, outcome = row["level"], row["outcome"]
    measure: Form = "share" if row["threshold"].endswith(SHARE_UNIT) else "measure"
    is_share = row["basis"] not in (AMOUNT, TASKS)
    target = row["limit"] if is_share else None
    return (
        row["rule_id"],
        _threshold(row["threshold"]).replace(OWN_TASK, _TASK.say(language)),
        _BASIS_WORDS[row["basis"]].say(language),
        METRIC_WORDS[row["metric"]].say(language),
        _LEVEL_WORDS[level].say(language),
        _number(row["rank"], "count"),
        names.get(row["unit_id"], row["unit_id"]),
        *(_number(row[key], "count") for key in ("covered", "total", "unknown")),
        # Where all of it is unknown a share says nothing.
        Number(None if row["unknown"] == row["total"] else _float(row["share"]), "share", target),
        Number(_float(row["value"]), measure, row["limit"]),
        _number(row["limit"], "share" if is_share else measure),
        OUTCOME_WORDS[outcome].say(language) if isinstance(outcome, str) else "",
        _number(row["studies"], "count"),
    )


def _threshold(threshold: str) -> str:
    """A limit as people read it: shares as percentages."""
    if not threshold.endswith(SHARE_UNIT):
        return threshold
    symbol, number, _ = threshold.split()
    return f"{symbol} {target_percent(float(number))}"


def _names(league: League, language: Language) -> dict[str, str]:
    frame = league.frame.dropna(subset=["study_id", "name"])
    named = dict(zip(frame["study_id"], frame["name"], strict=True))
    return {**named, WHOLE_BATCH: _LEVEL_WORDS["batch"].say(language)}


def _broken(league: League, language: Language) -> list[Block]:
    rows = league.frame[league.frame["status"] == "error"].to_dict("records")
    if not rows:
        return [_nothing(language)]
    columns = heads(language, ("研究文件", "study file", 14), ("原因", "why", 40))
    return [Table(columns, tuple((row["study"], row["message"]) for row in rows))]


def _nothing(language: Language) -> Paragraph:
    return Paragraph(_NONE.say(language))
