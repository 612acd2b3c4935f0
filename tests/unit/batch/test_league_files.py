"""The league as people get it: the same figures in every file, text as text, nothing loaded from anywhere."""

from __future__ import annotations

import contextlib
import csv
import html
import re
from io import BytesIO

import docx
import openpyxl
import pytest

from circle15 import judge
from circle15.core.league import Figures, League
from circle15.show.html.index import index_page
from tests.batches import batch, write_study

pytestmark = pytest.mark.usefixtures("office")

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def league(tmp_path_factory):
    """Two studies of one city, one of another, and one that cannot run."""
    folder = tmp_path_factory.mktemp("league")
    write_study(folder, "a", (1000, 5, 4), (1000, 3, 4))
    write_study(folder, "b", (2000, 4, 5))
    study = write_study(folder, "c", (500, None, 4), (500, 4, 4))
    study.write_text(study.read_text(encoding="utf-8").replace("虚构", HOSTILE), encoding="utf-8")
    (folder / "d.toml").write_text('schema = 1\nid = "d"\n', encoding="utf-8")
    rows = "a/study.toml,甲市,省\nb/study.toml,甲市,省\nc/study.toml,乙市,省\nd.toml,乙市,省\n"
    (folder / "list.csv").write_text("study,city,province\n" + rows, encoding="utf-8")
    with contextlib.chdir(folder):
        batch(["list.csv"], folder / "out")
    return folder / "out" / "batch"


def text_of_docx(data: bytes) -> str:
    document = docx.Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_the_share_of_a_city_is_the_same_in_every_file(league):
    """12 of 13 beds in 甲市, by hand; 16 of 21 in all, of which 4 are not reported."""
    page = (league / "index.html").read_text(encoding="utf-8")
    bulletin = (league / "bulletin.md").read_text(encoding="utf-8")
    word = text_of_docx((league / "bulletin.docx").read_bytes())
    for text in (page, bulletin, word):
        assert [part for part in ("92.3%", "76.2%", "不是比例的平均", "内部资料") if part not in text] == []
    with (league / "batch_figures.csv").open(encoding="utf-8-sig", newline="") as opened:
        (row,) = [
            row
            for row in csv.DictReader(opened)
            if (row["level"], row["unit_id"], row["basis"]) == ("city", "甲市", "tasks")
        ]
    assert (row["covered"], row["total"], row["share"], row["rank"]) == ("12", "13", "0.923077", "1")
    sheet = openpyxl.load_workbook(league / "batch.xlsx")["合计"]
    assert 12 / 13 in [cell for values in sheet.iter_rows(values_only=True) for cell in values]


def test_binding_and_expected_rules_stand_apart(league):
    bulletin = (league / "bulletin.md").read_text(encoding="utf-8")
    binding = bulletin.partition("## 三、约束性指标")[2].partition("## 四、预期性指标")[0]
    expected = bulletin.partition("## 四、预期性指标")[2].partition("## 五、未能运行")[0]
    assert ("| T-2 |" in binding, "| T-1 |" in binding) == (True, False)
    assert ("| T-2 |" in expected, "| T-1 |" in expected) == (False, True)
    book = openpyxl.load_workbook(league / "batch.xlsx")
    assert book.sheetnames == ["排名", "任务完成率", "约束性", "预期性", "其他", "合计", "未能运行"]


def test_what_could_not_run_is_named_with_its_reason(league):
    for text in ((league / name).read_text(encoding="utf-8") for name in ("index.html", "bulletin.md")):
        assert "d.toml" in text
        assert "缺少 name" in text


def test_the_page_runs_nothing_and_loads_nothing(league):
    page = (league / "index.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert re.findall(r"(?:src|href)=\"(?!\.\./maps/)", page) == []
    assert "default-src 'none'; style-src" in html.unescape(page)


def test_a_study_with_a_map_is_a_link_to_it():
    """Beside it one whose file says no id, as a study that cannot be parsed: nothing else is a link."""
    blank = dict.fromkeys(column.name for column in League.columns) | {"city": "", "province": ""}
    row = {"study": "s", "study_id": "a b", "name": "n", "status": "done", "exit_code": 0, "map": "maps/a b.html"}
    broken = {"study": "t", "study_id": "", "status": "error", "exit_code": 2, "message": "m"}
    rows = [blank | row | {"message": ""}, blank | broken]
    page = index_page(judge.league(rows), judge.figures([], {}), {}, (), "zh")
    assert page.count("<a ") == 1
    assert '<a href="../maps/a%20b.html">a b</a>' in page


def test_shares_read_as_shares_and_where_all_is_unknown_as_none():
    """As in the report of each study: > 60%, 56.3%, and a dash for what nobody knows."""
    known = {
        "studies": 1,
        "pack": "p",
        "standing": "expected",
        "headline": True,
        "per": 1.0,
        "op": ">",
        "outcome": "fail",
    }
    stock = known | {
        "rule_id": "T-7",
        "threshold": "> 0.6 占比",
        "basis": "amount",
        "limit": 0.6,
        "metric": "attributes",
    }
    share = known | {
        "rule_id": "T-9",
        "threshold": "< 700 m",
        "basis": "areas",
        "op": None,
        "limit": None,
        "metric": "network",
    }
    blank = dict.fromkeys(column.name for column in Figures.columns)
    rows = [
        blank
        | stock
        | {"level": "study", "unit_id": "s", "covered": 9.0, "total": 16.0, "value": 0.5625, "unknown": 0.0},
        blank
        | share
        | {"level": "study", "unit_id": "s", "covered": 0.0, "total": 40.0, "unknown": 40.0, "share": 0.0},
    ]
    row = dict.fromkeys(column.name for column in League.columns)
    row |= {"study": "s", "study_id": "s", "name": "n", "city": "", "province": "", "status": "done", "exit_code": 0}
    page = index_page(
        judge.league([row | {"map": "", "message": ""}]), judge.figures(rows, {"s": ("", "")}), {}, (), "zh"
    )
    assert "&gt; 60.0%" in page
    assert "56.3%" in page
    assert "占比" not in page
    assert ">0.0%<" not in page


def test_english_has_no_chinese_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path, "a", (1000, 5, 4))
    study.write_text(study.read_text(encoding="utf-8").replace("虚构", "Town"), encoding="utf-8")
    batch([study], tmp_path / "out", language="en")
    text = (tmp_path / "out" / "batch" / "bulletin.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\u4e00-\u9fff]+", text))
    assert words <= {"张", "千人"}
