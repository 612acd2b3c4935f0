"""The same number in every output, to the digit: JSON, CSV, Markdown, Word, PDF and workbook, read back, compared."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdf
import pytest

from circle15 import pipeline
from circle15.core.counting import SWITCHES
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
from tests.studies import write
from tests.unit.show.office_audits import draft_audit, tasks_audit


def zhoukou_audit() -> Audit:
    """The embedded sample of tables alone, through the whole corridor."""
    return pipeline.whole(load_study(sample_study("zhoukou")))


def written_audit(pack: str, settings: str) -> Audit:
    """Tables alone: seven communities of two towns, day care in four of them (one closed), a nursery that is coming."""
    towns = [{"id": f"T{n}", "name": f"虚构{n}镇", "level": "town", "parent_id": "K"} for n in (1, 2)]
    community: dict[str, Any] = {"level": "community", "urban_rural": "urban"}
    zones: list[dict[str, Any]] = [
        {"id": "K", "name": "虚构县", "level": "county", "population": 90_000},
        *towns,
        *({"id": f"C{n}", "name": f"虚构{n}社区", "parent_id": f"T{n % 2 + 1}", **community} for n in range(7)),
    ]
    sites: list[dict[str, Any]] = [
        {"id": f"D{n}", "type": "day_care", "community_code": f"C{n}", "status": "运营", "floor_area_m2": 300}
        for n in range(4)
    ]
    sites[3]["status"] = "停用"
    sites.append({"id": "N", "type": "nursery", "community_code": "C1", "status": "在建", "opened": "2025-06-30"})
    with tempfile.TemporaryDirectory() as folder:
        study = write(Path(folder), pack, {"facilities": sites, "zone_table": zones}, settings=settings)
        return pipeline.whole(load_study(study))


def dated_audit() -> Audit:
    """Before the year of its targets, with a counting rule turned."""
    return written_audit("zhoukou-2025", "as_of = 2024-12-31\n[judge.counting]\nbelow_ground = true")


def communities_audit() -> Audit:
    """Shares of communities by the town and the county they lie in."""
    return written_audit("changan-2025", "")


MAKERS: dict[str, Callable[[], Audit]] = {
    "town": small_audit,
    "draft": draft_audit,
    "tasks": tasks_audit,
    "zhoukou": zhoukou_audit,
    "dated": dated_audit,
    "communities": communities_audit,
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
    shares = [
        percent(float(row["share"]), float(row["target"] or "nan"))
        if row["share"] and row["total"] != row["unknown"]
        else NOTHING
        for row in listed
    ]
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
    return {row[0]: row for row in table if len(row) == 8 and "（" in row[1]}


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


def test_the_outlook_says_in_documents_what_the_csv_says():
    audit = audit_of("dated")
    listed = in_csv(audit, "outlook")
    sheet = in_workbook(audit)["逐年展望"][-len(listed) :]
    for row, cells in zip(listed, sheet, strict=True):
        assert cells[:2] == [row["rule_id"], row["date"]]
        if row["basis"] != "amount" and row["total"] != row["unknown"]:
            counts = [whole(float(row[key])) for key in ("covered", "total", "unknown")]
            assert cells[6:10] == [*counts, percent(float(row["share"]))]
            assert cells[12] == (percent(float(row["distance"])).removesuffix("%") if row["distance"] else NOTHING)
    (page,) = [table for table in model(audit) if table and table[0][2:3] == ["2024-12-31"]]
    told = {(row[0], row[2]): row[3:9] for row in page}
    assert told["ZK-11.a", "2024-12-31"] == ["0", "7", "0.0%", "≥ 50.0%", "-50.0 个百分点", NOTHING]
    assert told["ZK-11.a", "2025-12-31"] == ["1", "7", "14.3%", "≥ 50.0%", "-35.7 个百分点", "不达标"]
    assert ("ZK-10.a", "2024-12-31") not in told


def test_a_target_of_a_later_year_says_where_the_study_stands():
    """Day care in 3 of 7 communities, or 42.9 %, of 100 % in 2025; nothing is known of beds."""
    rows = [row for table in model(audit_of("dated")) for row in table if row[-1] == "未到目标年度"]
    told = {row[0]: row[2:7] for row in rows}
    assert told["ZK-10.a"] == ["2025", "42.9%", "行政区划（个）", "≥ 100.0%", "-57.1 个百分点"]
    assert told["ZK-15.a"] == ["2025", NOTHING, "占比", "≥ 70.0%", NOTHING]


def test_towns_have_the_shares_of_their_communities_as_in_the_csv():
    """Sites of 300 m² that operate: in C0 and C2 of the four of T1, in C1 of the three of T2; C3 has a closed one."""
    audit = audit_of("communities")
    page = [row for table in model(audit) for row in table if row[:1] == ["镇（街道）"] and row[2] == "CA-01.a"]
    assert [(row[1], *row[5:9]) for row in page] == [
        ("虚构1镇", "2", "4", "0", "50.0%"),
        ("虚构2镇", "1", "3", "0", "33.3%"),
        ("虚构1镇", "2", "4", "0", "50.0%"),
        ("虚构2镇", "2", "3", "0", "66.7%"),
    ]
    csv_rows = [row for row in in_csv(audit, "coverage") if (row["rule_id"], row["level"]) == ("CA-01.a", "town")]
    assert [percent(float(row["share"])) for row in csv_rows] == [row[8] for row in page]


def test_the_worst_difference_of_a_share_is_in_percentage_points(tmp_path):
    """A centre with 8 nursing beds of 16 is 10 points short of more than 60 %."""
    centre = {"id": "F", "type": "regional_center", "beds": 16, "nursing_beds": 8, "town_code": "T"}
    town = {"id": "T", "name": "虚构镇", "level": "town"}
    study = write(tmp_path, "jinjiang-2022", {"facilities": [centre], "zone_table": [town]})
    report = office.report_md(pipeline.whole(load_study(study)))["report.md"].decode()
    assert "限值 \\> 60.0%，差额 -10.0 个百分点（最不利）" in report


def test_a_bulletin_without_tasks_and_scores_ranks_by_shares():
    bulletin = office.bulletin_md(audit_of("communities"))["bulletin.md"].decode()
    ranking = bulletin[bulletin.index("CA-01.a 达标率") :]
    assert ranking.index("| 1 | T1 | 虚构1镇") < ranking.index("| 2 | T2 | 虚构2镇")


def test_counting_rules_are_printed_and_those_turned_stand_out():
    audit = audit_of("dated")
    rows = {row[0]: row[2:] for table in model(audit) for row in table if row[0] in SWITCHES}
    assert set(rows) == set(SWITCHES)
    assert {name for name, (default, here) in rows.items() if default != here} == {"below_ground"}
    assert rows["below_ground"] == ["false", "true"]
    assert "below_ground" in str(in_workbook(audit)["口径与方法"])
    assert "地下、半地下建筑面积计入 = true（全部指标）" in office.bulletin_md(audit)["bulletin.md"].decode()


def test_nothing_that_is_unknown_reads_as_zero():
    """Beds of no site are told, so no rule of beds has a share of 0.0 % anywhere on the page."""
    for name in ("dated", "communities", "zhoukou"):
        audit = audit_of(name)
        (page,) = [table for table in map(rules_on, model(audit)) if len(table) == len(audit.outcomes)]
        counts = audit_object(audit)["verdict_counts"]
        silent = [rule for rule in page if not counts[rule]["pass"] + counts[rule]["fail"]]
        assert silent
        assert {page[rule][4] for rule in silent} == {NOTHING}


def test_a_spreadsheet_shows_what_is_printed_where_rounding_is_delicate():
    """The tests above compare texts: here are numbers that a careless format would show otherwise."""
    for value, text in ((0.0625, "6.3%"), (0.4315, "43.2%"), (0.9999, "99.99%"), (1e-4, "0.01%"), (1.0, "100.0%")):
        assert Number(value, "share").text == text
    assert Number(-0.00004, "minutes").text == "-0.00004"
    assert Number(15.0, "minutes").text == "15.00"
