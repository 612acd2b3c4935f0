"""The assessment in the order a bureau files it, built from an audit."""

from __future__ import annotations

from circle15.core.results import Audit
from circle15.core.rule import LEGAL_WORDS
from circle15.core.text import Text
from circle15.show.names import layer_text
from circle15.show.numbers import whole
from circle15.show.office.chapters import goals, plans, problems, status_quo
from circle15.show.office.document import (
    NOTHING,
    Block,
    Document,
    Heading,
    Number,
    Paragraph,
    Table,
    clean,
    finished,
    heads,
    shortened,
)
from circle15.show.office.placetables import unlocated_table
from circle15.show.office.projects import projects_table
from circle15.show.office.results import results
from circle15.show.office.ruletables import counting_table, findings_table, not_assessed_table, thresholds_table
from circle15.show.sentences import STATE_WORDS, speed_text, stamps

MAKERS = ("编制单位", "制图单位")


def assessment(audit: Audit) -> Document:
    """总则，现状评估，问题，目标差距，布局与近期建设，口径说明，附表."""
    found = results(audit)
    blocks = (
        *_general(audit),
        *status_quo(audit, found),
        *problems(audit, found),
        *goals(audit, found),
        *plans(audit),
        *method(audit),
        *_appendices(audit),
    )
    name = audit.facts.name
    return document(audit, Text(f"{name}覆盖评估报告", f"{name}: coverage assessment"), blocks)


def document(audit: Audit, title: Text, blocks: tuple[Block, ...]) -> Document:
    """A document with the maker and the stamps of an audit; its texts are cleaned of what no file may hold."""
    facts = audit.facts
    makers = (facts.title_block.get(key, "") for key in MAKERS)
    return Document(
        title=clean(title.say(facts.language)),
        maker=clean(next((each for each in makers if each), "")),
        stamps=tuple(clean(each.say(facts.language)) for each in stamps(audit)),
        language=facts.language,
        blocks=finished(blocks),
    )


def _general(audit: Audit) -> list[Block]:
    language = audit.facts.language
    return [
        Heading(1, Text("一、总则", "1 General").say(language)),
        Heading(2, Text("依据", "Plans").say(language)),
        documents_table(audit),
        Heading(2, Text("范围与数据", "Scope and data").say(language)),
        Paragraph(scope(audit).say(language)),
        *_sources(audit),
        Heading(2, Text("口径", "Bases").say(language)),
        Paragraph(_bases().say(language)),
    ]


def documents_table(audit: Audit) -> Table:
    """The plans that the rules come from, with their legal status."""
    language = audit.facts.language
    columns = heads(language, ("文件", "plan", 20), ("文号", "number", 14), ("状态", "status", 6))
    rows = tuple(
        (each.title, each.source, LEGAL_WORDS[each.legal_status].say(language)) for each in audit.facts.pack.documents
    )
    return Table(columns, rows)


def scope(audit: Audit) -> Text:
    """What was assessed, as of when, in which coordinates."""
    facts = audit.facts
    located = int(audit.facilities.frame.geometry.notna().sum())
    lost = len(audit.facilities) - located
    units = 0 if audit.units is None else len(audit.units)
    given = [(key, value) for key, value in facts.title_block.items() if value]
    zh, en = ("".join(said.format(*each) for each in given) for said in ("{}：{}。", " {}: {}."))
    as_of = facts.as_of or "未设定，以设施状态为准"
    return Text(
        f"评估范围：{facts.name}。居住小区 {whole(len(audit.residential))} 处，设施 "
        f"{whole(len(audit.facilities))} 处（其中未定位 {whole(lost)} 处），区划单元 {whole(units)} 个。"
        f"数据时点：{as_of}。坐标系：{facts.crs or '无（仅用统计表）'}。{zh}",
        f"Scope: {facts.name}. {whole(len(audit.residential))} residential areas, {whole(len(audit.facilities))} "
        f"facilities ({whole(lost)} without a place), {whole(units)} zones. As of: "
        f"{facts.as_of or 'not set, the status of facilities decides'}. CRS: {facts.crs or 'none, tables only'}."
        f"{en}",
    )


def _sources(audit: Audit) -> list[Block]:
    language, sources = audit.facts.language, audit.facts.sources
    columns = heads(
        language,
        ("图层", "layer", 7),
        ("文件", "file", 14),
        ("记录数", "rows", 5),
        ("坐标基准", "datum", 6),
        ("数据日期", "data of", 7),
        ("来源", "attribution", 12),
    )
    rows = tuple(
        (
            layer_text(each.layer).say(language),
            each.path,
            Number(each.rows, "count"),
            each.datum or NOTHING,
            each.data_date or NOTHING,
            each.attribution or NOTHING,
        )
        for each in sources
    )
    return [Table(columns, rows)] if rows else []


def _bases() -> Text:
    return Text(
        "覆盖率按四种口径分列：有设施的单元占比、配建指标（每百户或每千人）、达到距离或时间要求的户数与人口占比、"
        "居住用地占比。半径类指标以直线距离为判定口径的，路网距离并列给出；时间类指标一律按路网计算。"
        "资料不足不计为达标，也不计为不达标，单独列出。",
        "Coverage has four meanings, side by side: units with a facility, provision per household or person, "
        "households and people within the distance or time, and residential land. A radius judged by the straight "
        "line has the street network beside it; times are always on the network. Unknown is neither pass nor fail.",
    )


def method(audit: Audit) -> list[Block]:
    """口径说明: how distances, shares and margins are made, states, and the limit and pace of every rule."""
    language = audit.facts.language
    return [
        Heading(1, Text("六、口径说明", "6 Method").say(language)),
        *(Paragraph(each.say(language), "item") for each in _method(audit)),
        Heading(2, Text("限值、度量与步速", "Limits, metrics and paces").say(language)),
        thresholds_table(audit),
        Heading(2, Text("计数口径", "Counting rules").say(language)),
        counting_table(audit),
    ]


def _method(audit: Audit) -> list[Text]:
    facts = audit.facts
    paces = [speed_text(each) for each in facts.pack.paces.values()]
    found = [
        Text(
            "覆盖率 = 达标 ÷（达标 + 不达标 + 资料不足）；没有对象的不计算。差额：限值为上限时取限值 − 实测值，"
            "为下限时取实测值 − 限值，负值即未达到。",
            "Share = pass ÷ (pass + fail + unknown); of nothing there is none. Difference: limit − value of an upper "
            "limit, value − limit of a lower one; negative is not met.",
        )
    ]
    if not audit.walked:
        return found
    states = list(STATE_WORDS.values())
    return [
        *found,
        Text(
            f"路网距离 = 出入口至道路距离 + 道路 + 设施至道路距离，均以毫米整数累加；"
            f"{facts.max_access_leg_m:g} 米内没有道路的，结论为资料不足。"
            f"最近设施不设搜索上限，除非另有说明。服务范围图形仅供示意，结论由距离得出。",
            f"Network distance = access leg + streets + access leg, summed in whole millimetres; without a street "
            f"within {facts.max_access_leg_m:g} m the outcome is unknown. Drawn areas are for looking at; verdicts "
            f"come from distances.",
        ),
        Text(
            "步速：" + "、".join(each.zh for each in paces) + "。条文未规定步速，为评估假设。",
            "Paces: " + ", ".join(each.en for each in paces) + ". No plan states one: assumed.",
        ),
        Text(
            "可达状态："
            + "、".join(each.zh for each in states)
            + "。不可达、超出搜索范围为不达标，其余未到达的为资料不足。",
            "States: "
            + ", ".join(each.en for each in states)
            + ". Unreachable and beyond the cutoff fail; else unknown.",
        ),
    ]


def _appendices(audit: Audit) -> list[Block]:
    language = audit.facts.language
    tables = (
        (Text("附表1 数据质检问题", "Annex 1 Findings"), findings_table(audit)),
        (Text("附表2 未定位设施", "Annex 2 Facilities without a place"), unlocated_table(audit)),
        (Text("附表3 未评估的条文", "Annex 3 Clauses not assessed"), not_assessed_table(audit)),
        (Text("附表4 规划项目表", "Annex 4 Projects"), projects_table(audit)),
    )
    blocks: list[Block] = [Heading(1, Text("附表", "Annexes").say(language))]
    for title, table in tables:
        body = shortened(table, language) if table.rows else (Paragraph(Text("无。", "None.").say(language)),)
        blocks += [Heading(2, title.say(language)), *body]
    return blocks
