"""The sheets of the workbook, built from an audit."""

from __future__ import annotations

from collections import Counter

from circle15.core.exports import rows_for
from circle15.core.results import Audit
from circle15.core.rule import FORCE_WORDS
from circle15.core.tables import OUTCOME_WORDS, OUTCOMES, Coverage, Ratios
from circle15.core.text import Text
from circle15.show.numbers import whole
from circle15.show.office.assessment import documents_table, method, scope
from circle15.show.office.beside import beside
from circle15.show.office.chapters import outcome_summary
from circle15.show.office.declared import declared_table
from circle15.show.office.document import Block, Heading, Number, Paragraph, Row, Sheet, Table, finished, heads
from circle15.show.office.outlook import outlook_table
from circle15.show.office.placetables import (
    MOST_ROWS,
    facilities_table,
    failing_homes,
    ranked_levels,
    ranking_table,
    standards_table,
    unlocated_table,
)
from circle15.show.office.projects import projects_table
from circle15.show.office.results import Result, results
from circle15.show.office.ruletables import findings_table, rules_table
from circle15.show.office.tasks import task_rules, task_table, task_title


def sheets(audit: Audit) -> tuple[Sheet, ...]:
    """总览，逐条达标表，镇（街道）社区排名，不达标小区，设施达标，数据质检，口径与方法; then the tables behind them."""
    language, found = audit.facts.language, results(audit)
    content: tuple[tuple[Text, list[Block]], ...] = (
        (Text("总览", "Overview"), _overview(audit, found)),
        (Text("逐条达标表", "Rules"), [rules_table(audit, found)]),
        (Text("镇（街道）社区排名", "Ranking"), _ranking(audit)),
        (Text("不达标小区", "Failing homes"), _homes(audit)),
        (Text("设施达标", "Facilities"), [standards_table(audit)]),
        (Text("数据质检", "Findings"), _health(audit)),
        (Text("口径与方法", "Method"), method(audit)),
        (Text("覆盖率", "Coverage"), [declared_table(audit, Coverage, audit.coverage.frame)]),
        (
            Text("配建与总量", "Provision"),
            [declared_table(audit, Ratios, rows_for("ratios", audit.ratios.frame, audit.facts.audience))],
        ),
        (Text("逐年展望", "Outlook"), [outlook_table(audit)]),
        (Text("规划项目表", "Projects"), [projects_table(audit)]),
        (Text("供需对照与步速", "Capacity and paces"), _beside(audit)),
    )
    return tuple(Sheet(name.say(language), finished(_filled(audit, blocks))) for name, blocks in content)


def _filled(audit: Audit, blocks: list[Block]) -> list[Block]:
    """The blocks with a word in the place of a table without rows."""
    nothing = Paragraph(Text("无。", "None.").say(audit.facts.language))
    return [nothing if isinstance(block, Table) and not block.rows else block for block in blocks]


def _overview(audit: Audit, found: tuple[Result, ...]) -> list[Block]:
    language = audit.facts.language
    return [
        Heading(1, audit.facts.name),
        Paragraph(scope(audit).say(language)),
        Paragraph(outcome_summary(found).say(language)),
        documents_table(audit),
        Heading(2, Text("指标结论", "Outcomes of rules").say(language)),
        _tally(audit, found),
        Heading(2, Text("设施", "Facilities").say(language)),
        facilities_table(audit),
    ]


def _tally(audit: Audit, found: tuple[Result, ...]) -> Table:
    """Rules by force and outcome."""
    language = audit.facts.language
    columns = heads(
        language,
        ("效力", "force", 20),
        *((OUTCOME_WORDS[key].zh, OUTCOME_WORDS[key].en, 14 if at == 0 else 6) for at, key in enumerate(OUTCOMES)),
    )
    tally = Counter((each.rule.force, each.outcome or "not_applicable") for each in found)
    rows: list[Row] = [
        (words.say(language), *(Number(tally[force, outcome], "count") for outcome in OUTCOMES))
        for force, words in FORCE_WORDS.items()
    ]
    return Table(columns, tuple(rows))


def _ranking(audit: Audit) -> list[Block]:
    blocks: list[Block] = []
    for rule in task_rules(audit):
        blocks += [Heading(2, task_title(rule).say(audit.facts.language)), task_table(audit, rule)]
    levels = ranked_levels(audit)
    return [*blocks, ranking_table(audit, levels)] if levels or not blocks else blocks


_ADDED_UP = Text(
    "公开成果不列单个居住小区，只列合计。", "What is public names no single homes: their sums are in the other sheets."
)


def _homes(audit: Audit) -> list[Block]:
    if audit.facts.audience == "public":
        return [Paragraph(_ADDED_UP.say(audit.facts.language), "note")]
    table, total = failing_homes(audit)
    if total <= MOST_ROWS:
        return [table]
    note = Text(
        f"共 {whole(total)} 行，此处列出前 {whole(MOST_ROWS)} 行，全部见 verdicts.csv。",
        f"The first {whole(MOST_ROWS)} of {whole(total)} rows; all are in verdicts.csv.",
    )
    return [Paragraph(note.say(audit.facts.language), "note"), table]


def _beside(audit: Audit) -> list[Block]:
    nothing = Paragraph(Text("资料不足，未评估。", "Not assessed: the data does not say.").say(audit.facts.language))
    return beside(audit, paged=False) or [nothing]


def _health(audit: Audit) -> list[Block]:
    language, lost = audit.facts.language, unlocated_table(audit)
    blocks: list[Block] = [findings_table(audit)]
    if lost.rows:
        blocks += [Heading(2, Text("未定位设施", "Facilities without a place").say(language)), lost]
    return blocks
