"""The model of a document: numbers as text, clean text, Chinese marks, short tables, chapters in order."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.tables import Coverage, Scores
from circle15.show.numbers import percent, whole
from circle15.show.office.assessment import assessment
from circle15.show.office.document import Head, Heading, Number, Paragraph, Table, clean, shortened
from circle15.show.office.markdown import markdown
from circle15.show.office.placetables import ranking_table
from circle15.show.office.results import results
from tests.fakes import small_audit
from tests.unit.show.office_audits import draft_audit, hostile_audit, tasks_audit


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0625, "6.3%"), (0.4315, "43.2%"), (156 / 362, "43.1%"), (0.5995, "60.0%"), (0.0, "0.0%"), (1.0, "100.0%")],
)
def test_shares_round_half_up_as_spreadsheets_show_them(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(("count", "text"), [(67_478.0, "67,478"), (1_234.25, "1,234.3"), (0.0, "0")])
def test_counts_have_thousands_and_a_decimal_only_where_they_have_one(count, text):
    assert whole(count) == text


@pytest.mark.parametrize("value", [None, float("nan")])
def test_null_is_a_dash_in_every_form(value):
    assert {Number(value, form).text for form in ("count", "share", "points", "measure", "metres")} == {"—"}


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_clean_text_is_one_line_that_xml_may_hold(text):
    cleaned = clean(text)
    assert all(each >= " " and not 0xD800 <= ord(each) < 0xE000 and ord(each) & 0xFFFE != 0xFFFE for each in cleaned)
    assert clean(cleaned) == cleaned


def test_a_long_table_is_cut_and_says_by_how_much():
    table = Table((Head("n"),), tuple((str(number),) for number in range(150)))
    first, note = shortened(table, "en", most=100)
    assert isinstance(first, Table)
    assert isinstance(note, Paragraph)
    assert len(first.rows) == 100
    assert "50 more" in note.text
    assert shortened(table, "en", most=150) == (table,)


def test_chapters_stand_in_the_order_a_bureau_files():
    chapters = [each.text for each in assessment(small_audit()).blocks if isinstance(each, Heading) and each.level == 1]
    words = ("总则", "现状评估", "问题", "目标差距", "布局与近期建设", "口径说明", "附表")
    assert len(chapters) == len(words)
    assert all(word in chapter for word, chapter in zip(words, chapters, strict=True))


def test_every_row_has_a_cell_for_every_head():
    for audit in (small_audit(), tasks_audit(), draft_audit(), hostile_audit()):
        for block in assessment(audit).blocks:
            if isinstance(block, Table):
                assert {len(row) for row in block.rows} <= {len(block.heads)}


def test_a_rule_of_many_homes_shows_the_share_that_passes_and_the_worst_difference():
    audit = small_audit()
    (result,) = [each for each in results(audit) if each.rule.rule_id == "T-01"]
    rows = audit.verdicts.frame
    rows = rows[(rows["rule_id"] == "T-01") & (rows["metric"] == "straight_line")]
    assert result.value.value == pytest.approx((rows["outcome"] == "pass").mean(), rel=0, abs=1e-12)
    assert result.difference.text == f"{rows['margin'].min():.3f}"
    assert sum(result.counts.values()) == len(rows)


def test_reading_in_english_has_no_chinese_sentence():
    text = markdown(assessment(small_audit(language="en")))
    assert "Coverage by every basis" in text
    assert "现状评估" not in text


def test_markdown_tables_keep_their_columns_whatever_the_names():
    text = markdown(assessment(hostile_audit()))
    tables = [line for line in text.splitlines() if line.startswith("|")]
    bare = [line.replace("\\\\", "").replace("\\|", "") for line in tables]
    heads = {index for index, line in enumerate(tables) if line.startswith("|---")}
    for index in heads:
        assert bare[index].count("|") == bare[index - 1].count("|")
        row = index + 1
        while row < len(tables) and row + 1 not in heads:
            assert bare[row].count("|") == bare[index].count("|")
            row += 1
    assert "<b>" not in text.replace("\\<b\\>", "")


def test_a_zone_of_which_nothing_is_known_has_a_dash_beside_its_score_and_the_share_names_its_basis():
    audit = small_audit()
    frame = audit.coverage.frame.copy()
    silent = (frame["zone_id"] == "Z-W") & (frame["rule_id"] == "T-01")
    frame.loc[silent, ["covered", "share"]] = 0.0
    frame.loc[silent, "unknown"] = frame.loc[silent, "total"]
    scores = [
        {"level": "town", "zone_id": zone, "points": 0.0, "possible": 1.0, "share": 0.0, "rules_unknown": 1, "rank": 1}
        for zone in ("Z-W", "Z-E")
    ]
    audit = replace(audit, coverage=Coverage.build(frame), scores=Scores.build(pd.DataFrame(scores)))
    table = ranking_table(audit, ["town"])
    column = [head.text for head in table.heads].index("T-01 覆盖率·户数（户）")
    cells = {row[2]: row[column] for row in table.rows}
    assert isinstance(cells["Z-W"], Number)
    assert cells["Z-W"].text == "—"
    assert isinstance(cells["Z-E"], Number)
    assert cells["Z-E"].text.endswith("%")


def test_remarks_and_reasons_have_chinese_marks():
    """Brackets and semicolons of the program's own; clauses are quoted as they stand."""
    text = markdown(assessment(tasks_audit()))
    for rule in tasks_audit().facts.pack.rules:
        text = text.replace(rule.clause, "")
    assert not re.findall(r"[\u4e00-\u9fff][;(]|[;)][\u4e00-\u9fff]", text)
