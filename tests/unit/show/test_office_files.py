"""Office files, read back by other libraries: the same numbers, whole, stamped, deterministic, harmless."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docx
import openpyxl
import pandas as pd
import pypdf
import pytest
from PIL import Image

from circle15.core.errors import ConfigError
from circle15.core.findings import Finding
from circle15.core.tables import Coverage, Scores
from circle15.core.text import Text
from circle15.show import office
from circle15.show.letters import MISSING
from circle15.show.numbers import percent, plain, whole
from circle15.show.office.assessment import assessment
from circle15.show.office.document import Document, Figure, Number, Table, clean
from circle15.show.office.pdf import pdf
from tests.fakes import small_audit
from tests.unit.show.office_audits import HOSTILE, TASKS, draft_audit, hostile_audit, tasks_audit

MAKERS = [
    office.report_md,
    office.report_docx,
    office.report_pdf,
    office.report_xlsx,
    office.bulletin_md,
    office.bulletin_docx,
]
AUDITS = {"town": small_audit, "tables": tasks_audit, "draft": draft_audit, "hostile": hostile_audit}


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch):
    """Maps are looked at in test_sheets; here a dot stands for each."""
    dot = io.BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "PNG")
    monkeypatch.setattr("circle15.show.office.figures.picture", lambda *_: dot.getvalue())


def book(audit: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(office.report_xlsx(audit)["report.xlsx"]))


def records(sheet: Any, first_head: str) -> list[dict[str, Any]]:
    """The rows of the last table of a sheet whose first heading is this."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = max(number for number, row in enumerate(rows) if row[0] == first_head)
    heads = [each for each in rows[at] if each is not None]
    return [dict(zip(heads, row, strict=False)) for row in rows[at + 1 :] if row[0] is not None]


def word_texts(data: bytes) -> Iterator[str]:
    file = docx.Document(io.BytesIO(data))
    yield from (paragraph.text for paragraph in file.paragraphs)
    for table in file.tables:
        yield from (cell.text for row in table.rows for cell in row.cells)


def pdf_pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def squeezed(text: str) -> str:
    """Without spaces and line ends, which wrapping adds."""
    return "".join(text.split())


def shown_texts(document: Document) -> list[str]:
    texts = []
    for block in document.blocks:
        if isinstance(block, Table):
            texts += [head.text for head in block.heads]
            texts += [cell.text if isinstance(cell, Number) else cell for row in block.rows for cell in row]
        else:
            texts.append(block.caption if isinstance(block, Figure) else block.text)
    return texts


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_the_same_audit_gives_the_same_bytes(make, audit):
    assert make(audit()) == make(audit())


@pytest.mark.parametrize("audit", [small_audit, tasks_audit, draft_audit], ids=["town", "tables", "draft"])
def test_word_and_pdf_hold_every_text_and_number_of_the_model(audit):
    expected = [squeezed(text) for text in shown_texts(assessment(audit()))]
    word = {squeezed(text) for text in word_texts(office.report_docx(audit())["report.docx"])}
    assert [text for text in expected if text not in word] == []
    pages = squeezed("".join(pdf_pages(office.report_pdf(audit())["report.pdf"])))
    assert [text for text in expected if len(text) < 9 and text not in pages] == []


def test_coverage_is_the_same_to_the_digit_in_table_workbook_word_and_markdown():
    audit = small_audit()
    rows = list(audit.coverage.frame.itertuples())
    sheet = records(book(audit)["覆盖率"], "指标编号")
    assert [(each["达标"], each["总量"]) for each in sheet] == [(row.covered, row.total) for row in rows]
    assert [each["覆盖率"] for each in sheet] == pytest.approx([row.share for row in rows], rel=1e-15)
    shares = {percent(row.share) for row in rows if row.level == "study"}
    assert shares <= set(word_texts(office.report_docx(audit)["report.docx"]))
    text = office.report_md(audit)["report.md"].decode()
    assert all(f"| {share} |" in text for share in shares)


def test_rows_with_and_without_a_target_stand_in_one_sheet():
    audit = small_audit()
    frame = audit.coverage.frame.assign(target_op=None)
    aimed = (frame["rule_id"] == "T-02") & (frame["level"] == "study")
    frame.loc[aimed, ["target_op", "target", "outcome"]] = [">=", 0.6, "fail"]
    sheet = records(book(replace(audit, coverage=Coverage.build(frame)))["覆盖率"], "指标编号")
    told = [(each["目标比较"], each["目标"]) for each in sheet]
    assert told == [("≥", 0.6) if each else ("—", "—") for each in aimed]


def test_shares_in_the_workbook_are_numbers_shown_as_percentages():
    sheet = book(small_audit())["覆盖率"]
    (column,) = [cell.column for row in sheet.iter_rows() for cell in row if cell.value == "覆盖率"]
    formats = {row[column - 1].number_format for row in sheet.iter_rows() if isinstance(row[column - 1].value, float)}
    assert formats == {"0.0%"}


def test_the_workbook_lists_every_failing_home_by_metric_with_its_distances():
    audit = small_audit()
    verdicts = audit.verdicts.frame
    failed = verdicts[verdicts["outcome"] == "fail"]
    listed = records(book(audit)["不达标小区"], "小区编号")
    words = {"network": "路网距离", "straight_line": "直线距离"}
    values = {(row.subject_id, row.rule_id, words[row.metric]): row.value for row in failed.itertuples()}
    assert {(each["小区编号"], each["指标"], each["度量"]) for each in listed} == set(values)
    access = audit.access.frame.set_index(["rule_id", "area_id"])
    for each in listed:
        near = access.loc[(each["指标"], each["小区编号"])]
        assert each["直线距离\uff08米\uff09"] == near["straight_mm"] / 1000
        value = values[each["小区编号"], each["指标"], each["度量"]]
        assert each["实测值"] == float(plain(value, 2 if each["单位"] == "分钟" else 3))


def test_every_rule_stands_in_the_workbook_with_clause_outcome_and_counts():
    audit = small_audit()
    listed = {each["编号"]: each for each in records(book(audit)["逐条达标表"], "编号")}
    assert set(listed) == {rule.rule_id for rule in audit.rules}
    for rule in audit.rules:
        assert listed[rule.rule_id]["条文"] == rule.clause
        assert listed[rule.rule_id]["结论"] == "不达标"
        assert sum(listed[rule.rule_id][key] for key in ("达标", "不达标", "资料不足")) == len(audit.residential)


def test_not_assessed_rules_are_listed_with_the_reason_and_no_number():
    audit = replace(small_audit(), not_assessed={"N-01": Text("没有道路", "no streets")})
    listed = {each["编号"]: each for each in records(book(audit)["逐条达标表"], "编号")}
    assert (listed["N-01"]["结论"], listed["N-01"]["说明"]) == ("未评估", "没有道路")
    assert listed["N-01"]["实测值"] == "—"


def test_parts_of_the_word_file_stand_in_the_order_of_its_schema():
    """Word repairs what is out of order: the shading of a cell comes before its alignment."""
    file = docx.Document(io.BytesIO(office.report_docx(small_audit())["report.docx"]))
    order = ["tcW", "shd", "vAlign"]
    for table in file.tables:
        for cell in table.rows[0].cells:
            assert [each.tag.rpartition("}")[2] for each in cell._tc.tcPr] == order
    (field,) = file.sections[0].footer.paragraphs[0]._p.xpath("./w:fldSimple")
    assert [each.tag.rpartition("}")[2] for each in field] == ["r"]


def test_sheets_are_frozen_filtered_and_headed():
    sheets = book(small_audit())
    assert sheets["不达标小区"].freeze_panes is not None
    assert sheets["不达标小区"].auto_filter.ref is not None
    assert sheets["逐条达标表"].print_title_rows is not None
    assert [name for name in sheets.sheetnames if len(name) > 31] == []


def test_no_name_becomes_a_formula_or_a_link():
    for sheet in book(hostile_audit()).worksheets:
        for row in sheet.iter_rows():
            assert [cell.value for cell in row if cell.data_type == "f" or cell.hyperlink] == []
    names = {each["名称"] for each in records(book(hostile_audit())["不达标小区"], "小区编号")}
    assert names & set(HOSTILE[:5])
    assert all(isinstance(name, str) for name in names if name)


def test_hostile_names_reach_word_and_pdf_as_text():
    audit = hostile_audit()
    word = set(word_texts(office.report_docx(audit)["report.docx"]))
    assert {clean(text).strip() for text in HOSTILE} <= {text.strip() for text in word}
    pages = squeezed("".join(pdf_pages(office.report_pdf(audit)["report.pdf"])))
    assert squeezed(HOSTILE[5]) in pages


def test_a_character_the_font_lacks_is_marked_noted_and_logged(caplog):
    with caplog.at_level(logging.WARNING):
        data = office.report_pdf(hostile_audit())["report.pdf"]
    pages = "".join(pdf_pages(data))
    assert f"{MISSING}野" in pages
    assert "U+20BB7" in pages
    assert ["U+20BB7" in each.message for each in caplog.records] == [True]


def test_nothing_is_logged_where_the_font_has_every_character(caplog):
    office.report_pdf(small_audit())
    assert caplog.records == []


def test_a_cell_longer_than_a_page_still_makes_a_pdf():
    table = Table(assessment(small_audit()).blocks[2].heads, (("字" * 20_000, "b", "c"),))  # type: ignore[union-attr]  # a table
    pages = pdf_pages(pdf(Document("长表", "", (), "zh", (table,))))
    assert len(pages) > 1
    assert "".join(pages).count("字") == 20_000


def test_a_long_table_repeats_its_head_on_every_page():
    findings = [
        Finding("data_old", "info", "streets", number, (), Text(f"第{number}项", ""), Text("无", "none"))
        for number in range(90)
    ]
    audit = small_audit()
    pages = pdf_pages(office.report_pdf(replace(audit, findings=tuple(findings)))["report.pdf"])
    inside = [page for page in pages if page.count("data_old") > 3]
    assert len(inside) > 1
    assert all("处理" in page for page in inside)
    assert sum(page.count("data_old") for page in pages) == 90


STAMPS = ("虚构数据", "征求意见稿", "推算")


def test_every_page_and_sheet_of_a_draft_an_invention_and_an_estimate_says_so():
    audit = draft_audit()
    for page in pdf_pages(office.report_pdf(audit)["report.pdf"]):
        assert all(stamp in page for stamp in STAMPS)
    for name in ("report.docx", "bulletin.docx"):
        data = {**office.report_docx(audit), **office.bulletin_docx(audit)}[name]
        head = docx.Document(io.BytesIO(data)).sections[0].header.paragraphs[0].text
        assert all(stamp in head for stamp in STAMPS)
    for sheet in book(audit).worksheets:
        top = " ".join(str(row[0].value) for row in sheet.iter_rows(max_row=5))
        assert all(stamp in top for stamp in STAMPS)
    for text in (office.report_md(audit)["report.md"], office.bulletin_md(audit)["bulletin.md"]):
        assert all(stamp in text.decode() for stamp in STAMPS)


def test_a_real_study_in_force_carries_no_such_stamp():
    text = office.report_md(small_audit())["report.md"].decode()
    assert [stamp for stamp in STAMPS if f"> **{stamp}" in text] == []


def test_the_bulletin_ranks_by_share_of_the_task_and_names_who_has_not_reported():
    text = office.bulletin_md(tasks_audit())["bulletin.md"].decode()
    assert "| 1 | 4101 | 甲县 | 1,204 | 1,000 | 204 | 120.4% | 达标 |" in text
    assert "| 2 | 4102 | 乙县 | 431 | 1,000 | -569 | 43.1% | 不达标 |" in text
    assert "| 2 | 4103 | 丙县 | 862 | 2,000 | -1,138 | 43.1% | 不达标 |" in text
    assert "| — | 4104 | 丁县 | 缺报 | 3,000 | — | — | 资料不足 |" in text
    assert "乙县\uff1a补足养老床位 569 张" in text
    assert "丁县\uff1a补报养老床位" in text
    assert "- 甲县" not in text


def test_the_bulletin_of_a_study_without_tasks_scores_and_shares_ranks_nothing():
    audit = small_audit()
    of_study = audit.coverage.frame.query("level == 'study'").reset_index(drop=True)
    text = office.bulletin_md(replace(audit, coverage=Coverage(of_study)))["bulletin.md"].decode()
    assert "无法排名" in text


def test_zones_are_ranked_where_there_are_several():
    """One county is first among itself: the bulletin ranks its towns."""
    audit = small_audit()
    (study,) = audit.scores.frame.to_dict("records")
    places = (("county", "K", 1), ("town", "Z-W", 2), ("town", "Z-E", 1))
    scores = [{**study, "level": level, "zone_id": zone_id, "rank": rank} for level, zone_id, rank in places]
    text = office.bulletin_md(replace(audit, scores=Scores.build(pd.DataFrame(scores))))["bulletin.md"].decode()
    ranking = text[text.index("## 二、") : text.index("## 三、")]
    assert [zone_id for zone_id in ("K", "Z-E", "Z-W") if f"| {zone_id} |" in ranking] == ["Z-E", "Z-W"]


def test_tasks_stand_in_report_and_workbook_with_the_same_shares():
    audit = tasks_audit()
    text = office.report_md(audit)["report.md"].decode()
    sheet = records(book(audit)["镇（街道）社区排名"], "名次")
    shares = {each["名称"]: each["任务完成率"] for each in sheet}
    for name, (value, task) in TASKS.items():
        if value is not None:
            assert shares[name] == pytest.approx(value / task, rel=1e-15)
            assert f"{whole(value)} | {whole(task)} | {whole(value - task)} | {percent(value / task)}" in text


@pytest.mark.parametrize(
    ("make", "module", "package"),
    [
        (office.report_docx, "docx", "docx"),
        (office.report_pdf, "reportlab.pdfbase.pdfmetrics", "reportlab"),
        (office.report_xlsx, "xlsxwriter", "xlsxwriter"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch, make, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as failure:
        make(small_audit())
    for language in ("zh", "en"):
        assert "pip install circle15[office]" in failure.value.say(language)
        assert package in failure.value.say(language)


def test_markdown_needs_no_extra(monkeypatch):
    for module in ("docx", "reportlab", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, module, None)
    assert office.report_md(small_audit())["report.md"]
