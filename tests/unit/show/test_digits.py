"""The same number in every output, to the digit: JSON, CSV, Markdown, Word, PDF and workbook, read back, compared."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import docx
import openpyxl
import pypdf
import pytest

from circle15 import pipeline
from circle15.core.results import Audit
from circle15.read.samples import sample_study
from circle15.show import office
from circle15.show.numbers import percent, whole
from circle15.show.office.assessment import assessment
from circle15.show.office.document import NOTHING, Number, Table
from circle15.show.summary import audit_object
from circle15.show.tables import tables
from circle15.study import load_study
from tests.fakes import small_audit
from tests.unit.show.office_audits import draft_audit, tasks_audit


def zhoukou_audit() -> Audit:
    """The embedded sample of tables alone, through the whole corridor."""
    return pipeline.whole(load_study(sample_study("zhoukou")))


MAKERS: dict[str, Callable[[], Audit]] = {
    "town": small_audit,
    "draft": draft_audit,
    "tasks": tasks_audit,
    "zhoukou": zhoukou_audit,
}
each_audit = pytest.mark.parametrize("name", MAKERS)


@cache
def audit_of(name: str) -> Audit:
    return MAKERS[name]()


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    """Maps have tests of their own."""
    monkeypatch.setattr("circle15.show.office.figures.subjects", lambda _audit: ())


# ---- reading back --------------------------------------------------------------------------------------------

Texts = list[list[str]]


def squeezed(text: str) -> str:
    return "".join(text.split())


def model(audit: Audit) -> list[Texts]:
    """The tables of the document, as its model says them."""
    return [
        [[cell.text if isinstance(cell, Number) else cell for cell in row] for row in block.rows]
        for block in assessment(audit).blocks
        if isinstance(block, Table)
    ]


def in_markdown(audit: Audit) -> list[Texts]:
    lines = office.report_md(audit)["report.md"].decode().splitlines()
    found: list[Texts] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|--"):
            found.append([])
        elif line.startswith("|") and not following.startswith("|--"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            found[-1].append([re.sub(r"\\(.)", r"\1", cell.strip()) for cell in cells])
    return found


def in_word(audit: Audit) -> list[Texts]:
    file = docx.Document(io.BytesIO(office.report_docx(audit)["report.docx"]))
    return [[[cell.text for cell in row.cells] for row in table.rows[1:]] for table in file.tables]


def in_pdf(audit: Audit) -> str:
    reader = pypdf.PdfReader(io.BytesIO(office.report_pdf(audit)["report.pdf"]))
    return squeezed("".join(page.extract_text() for page in reader.pages))


def shown(cell: Any) -> str:
    """What a spreadsheet shows of a cell: fifteen digits, rounded half up to the decimals of its format."""
    if not isinstance(cell.value, int | float):
        return str(cell.value)
    code = cell.number_format
    if code == "General":
        return f"{cell.value:.15g}"
    places = len(code.rstrip("%").partition(".")[2])
    value = Decimal(f"{cell.value:.15g}") * (100 if code.endswith("%") else 1)
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return (f"{rounded:,}" if code.startswith("#,") else str(rounded)) + ("%" if code.endswith("%") else "")


def in_workbook(audit: Audit) -> dict[str, Texts]:
    book = openpyxl.load_workbook(io.BytesIO(office.report_xlsx(audit)["report.xlsx"]))
    return {
        sheet.title: [[shown(cell) for cell in row if cell.value is not None] for row in sheet.iter_rows()]
        for sheet in book.worksheets
    }


def in_csv(audit: Audit, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tables(audit)[f"{name}.csv"].decode("utf-8-sig"))))


def figures(row: list[str]) -> list[str]:
    """The cells of a row that hold a number."""
    return [cell for cell in row if re.fullmatch(r"-?[\d,]+(\.\d+)?%?", cell)]


# ---- comparing -----------------------------------------------------------------------------------------------


@each_audit
def test_markdown_and_word_hold_the_tables_of_the_model_cell_by_cell(name):
    audit = audit_of(name)
    expected = [[[" ".join(cell.split()) for cell in row] for row in table] for table in model(audit)]
    assert sum(len(figures(row)) for table in expected for row in table) > 20
    assert [[[" ".join(cell.split()) for cell in row] for row in table] for table in in_markdown(audit)] == expected
    assert [[[" ".join(cell.split()) for cell in row] for row in table] for table in in_word(audit)] == expected


@each_audit
def test_the_pdf_holds_every_row_of_every_table(name):
    audit = audit_of(name)
    text = in_pdf(audit)
    lost = [row for table in model(audit) for row in table if squeezed("".join(row)) not in text]
    assert lost == []


@each_audit
def test_every_row_of_coverage_says_in_documents_what_the_csv_and_the_json_say(name):
    audit = audit_of(name)
    listed = in_csv(audit, "coverage")
    numbers = json.loads(json.dumps(audit_object(audit)["coverage"]))
    for kept, given in zip(listed, numbers, strict=True):
        for key in ("covered", "total", "unknown", "share"):
            assert (float(kept[key]) if kept[key] else None) == given[key]
    sheet = [row for row in in_workbook(audit)["覆盖率"] if row and row[0] in {each["rule_id"] for each in listed}]
    texts = [[whole(float(row["covered"])), whole(float(row["total"])), whole(float(row["unknown"]))] for row in listed]
    shares = [percent(float(row["share"])) if row["share"] else NOTHING for row in listed]
    assert len(sheet) == len(listed)
    page = [cells for table in model(audit) for cells in table]
    for row, cells, counts, share in zip(listed, sheet, texts, shares, strict=True):
        wanted = [*counts, share]
        assert any(cells[number : number + 4] == wanted for number in range(len(cells)))
        if row["level"] == "study" and float(row["total"]) > float(row["unknown"]):
            assert any(each[0] == row["rule_id"] and each[-4:] == wanted for each in page)


@each_audit
def test_every_rule_says_in_the_workbook_what_the_page_says(name):
    audit = audit_of(name)
    (page,) = [table for table in map(rules_on, model(audit)) if len(table) == len(audit.outcomes)]
    sheet = {row[0]: row for row in in_workbook(audit)["逐条达标表"] if row and row[0] in audit.outcomes}
    assert set(sheet) == set(page) == set(audit.outcomes)
    counts = audit_object(audit)["verdict_counts"]
    for rule_id, row in sheet.items():
        assert row[10:13] == [whole(counts[rule_id][outcome]) for outcome in ("pass", "fail", "unknown")]
        limit, value, difference = page[rule_id][3], page[rule_id][4], page[rule_id][6]
        assert (row[7], row[5]) == (limit, value)
        assert difference == (NOTHING if row[8] == NOTHING else f"{row[8]} {row[9]}")


def rules_on(table: Texts) -> dict[str, list[str]]:
    """The rows of 逐条达标表, which has eight columns, by rule."""
    return {row[0]: row for row in table if len(row) == 8 and "(" in row[1]}


@each_audit
def test_tasks_say_everywhere_what_the_ratios_say(name):
    audit = audit_of(name)
    ratios = [row for row in in_csv(audit, "ratios") if row["task_share"]]
    sheet = [row for rows in in_workbook(audit).values() for row in rows]
    bulletin = squeezed(office.bulletin_md(audit)["bulletin.md"].decode())
    for row in ratios:
        value, task, share = whole(float(row["value"])), whole(float(row["limit"])), percent(float(row["task_share"]))
        difference = whole(float(row["value"]) - float(row["limit"]))
        wanted = [value, task, difference, share]
        assert any(cells[number : number + 4] == wanted for cells in sheet for number in range(len(cells)))
        assert "|".join(wanted) in bulletin


def test_a_spreadsheet_shows_what_is_printed_where_rounding_is_delicate():
    """The tests above compare texts: here are numbers that a careless format would show otherwise."""
    for value, text in ((0.0625, "6.3%"), (0.4315, "43.2%"), (0.9999, "99.99%"), (1e-4, "0.01%"), (1.0, "100.0%")):
        assert Number(value, "share").text == text
    assert Number(-0.00004, "minutes").text == "-0.00004"
    assert Number(15.0, "minutes").text == "15.00"
