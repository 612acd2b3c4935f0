"""Map sheets: a true scale, the classes in their colours, what a public one leaves out, the same bytes everywhere."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import matplotlib as mpl
import numpy as np
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from circle15.core.errors import ConfigError
from circle15.core.tables import Coverage
from circle15.show import office, sheets
from circle15.show.families import classify, families, tally
from circle15.show.html import page as map_page
from circle15.show.html.layers import map_layers
from circle15.show.letters import MISSING
from circle15.show.palette import AMBER, LIGHT_GREY, RED, STREETS
from circle15.show.sheets.paper import FIGURE, PAPERS, bar_metres, window
from tests.fakes import HOMES, small_audit
from tests.unit.show.office_audits import draft_audit, tasks_audit

REVIEWED = {"制图单位": "虚构测绘室", "审图号": "虚构S(2024)1号"}
# The size of a home of the small audit, in metres.
HOME_M = 44


def public_audit(**changes: Any) -> Any:
    """The small audit for everybody."""
    return small_audit(audience="public", title_block=REVIEWED, **changes)


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3)


def count(data: bytes, colour: str) -> int:
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((pixels(data) == wanted).all(axis=1).sum())


@pytest.fixture(scope="module")
def internal() -> bytes:
    audit = small_audit()
    return sheets.picture(audit, sheets.subjects(audit)[0])


@pytest.fixture(scope="module")
def public() -> bytes:
    audit = public_audit()
    return sheets.picture(audit, sheets.subjects(audit)[0])


# ---- scales --------------------------------------------------------------------------------------------------

SIDES = st.floats(0, 200_000, allow_nan=False)


@given(SIDES, SIDES, st.floats(60, 400), st.floats(60, 300))
def test_a_window_holds_its_bounds_at_a_round_scale_and_no_larger_one_would(east, north, width, height):
    view = window((0.0, 0.0, east, north), width, height)
    assert view.west <= 0
    assert view.south <= 0
    assert view.east >= east
    assert view.north >= north
    assert (view.east - view.west) / width * 1000 == pytest.approx(view.scale)
    assert (view.north - view.south) / height * 1000 == pytest.approx(view.scale)
    needed = max(east / width, north / height) * 1.12 * 1000
    assert view.scale == 1000 or view.scale <= needed * 1.6


@pytest.mark.parametrize(
    ("scale", "most", "metres"), [(15_000, 40, 500), (1_000, 40, 20), (2_500, 40, 100), (100_000, 40, 2_000)]
)
def test_scale_bars_have_round_lengths(scale, most, metres):
    assert bar_metres(scale, most) == metres


# ---- what is shown -------------------------------------------------------------------------------------------


def test_each_family_and_each_plan_has_a_sheet_and_the_legend_counts_every_home():
    audit = small_audit()
    found = sheets.subjects(audit)
    assert [each.key for each in found] == ["T-01-T-02", "N-01", "plan-day_care"]
    for family, subject in zip(families(audit.walked), found, strict=False):
        counts = {name: number for name, number in tally(family, classify(audit, family)).items() if number}
        assert [len(shade.rows) for shade in subject.shades if shade.rows] == list(counts.values())
    for subject in found:
        assert sorted(row for shade in subject.shades for row in shade.rows) == list(range(len(HOMES)))


def test_a_study_of_tables_has_no_sheet():
    assert sheets.subjects(tasks_audit()) == ()


def test_a_figure_is_as_large_as_it_says_at_300_dots_an_inch(internal):
    picture = Image.open(io.BytesIO(internal))
    assert picture.size == pytest.approx((FIGURE.width_mm / 25.4 * 300, FIGURE.height_mm / 25.4 * 300), abs=1)
    assert picture.info["dpi"] == pytest.approx((300, 300), rel=1e-3)


def test_a_home_is_drawn_in_its_colour_and_in_true_size(internal):
    """The one amber home: its frame of 44 m at 1 : 15,000 is 34.6 dots wide, its outline a little of it."""
    picture = np.asarray(Image.open(io.BytesIO(internal)).convert("RGB")).astype(int)
    amber = (picture == [int(AMBER[at : at + 2], 16) for at in (1, 3, 5)]).all(axis=2)
    rows = amber[: int(picture.shape[0] * 0.7)]  # above the legend
    across = np.flatnonzero(rows.any(axis=0))
    assert across[-1] - across[0] + 1 == pytest.approx(HOME_M / 15_000 * 1000 / 25.4 * 300, abs=3)


def test_an_internal_sheet_shows_streets_and_homes_and_a_public_one_neither(internal, public):
    assert count(internal, RED) > 1000
    assert count(internal, STREETS["color"]) > 100
    assert count(public, RED) == 0
    assert count(public, AMBER) == 0
    assert count(public, STREETS["color"]) == 0


def drawn(audit: Any) -> bytes:
    """What the first page of the PDF draws, also where something else covers it."""
    reader = pypdf.PdfReader(io.BytesIO(sheets.sheets_pdf(audit)["sheets.pdf"]))
    return bytes(reader.pages[0].get_contents().get_data())


def test_no_street_hides_under_the_zones_of_a_public_sheet():
    red, green = (f"{int(STREETS['color'][at : at + 2], 16) / 255:.9f}"[:7] for at in (1, 3))
    colour = re.compile(rf"{red}\d* {green}\d* ".encode())
    assert colour.search(drawn(small_audit(plans=())))
    assert not colour.search(drawn(public_audit(plans=())))


def test_a_public_sheet_shows_zones_by_their_share():
    audit = public_audit()
    (subject, *_) = sheets.subjects(audit)
    assert sorted(subject.ground["zone_id"]) == ["Z-E", "Z-W"]
    frame = audit.coverage.frame
    rows = frame[(frame["rule_id"] == "T-01") & (frame["level"] == "town") & (frame["basis"] == "pop60")]
    shares = rows[rows["metric"] == "straight_line"].set_index("zone_id")["share"]
    for shade in subject.shades:
        for row in shade.rows:
            share = shares[subject.ground["zone_id"].iloc[row]]
            assert {"60%（含）至 90%": 0.6 <= share < 0.9, "30%（含）至 60%": 0.3 <= share < 0.6}[shade.label.zh]
    assert sum(len(shade.rows) for shade in subject.shades) == 2


def west_unknown() -> Any:
    """An audit in which nothing is known of the homes of Z-W."""
    audit = public_audit()
    frame = audit.coverage.frame.copy()
    west = frame["zone_id"] == "Z-W"
    frame.loc[west, "unknown"] = frame.loc[west, "total"]
    frame.loc[west, ["covered", "share"]] = 0.0
    return replace(audit, coverage=Coverage.build(frame))


def test_a_zone_of_which_nothing_is_known_has_no_share_on_maps():
    audit = west_unknown()
    (subject, *_) = sheets.subjects(audit)
    zones = subject.ground["zone_id"].tolist()
    shades = {zones[row]: shade.label.zh for shade in subject.shades for row in shade.rows}
    assert (shades["Z-W"], shades["Z-E"]) == ("资料不足", "30%（含）至 60%")
    groups = families(audit.walked)
    made = map_layers(audit, groups, [classify(audit, each) for each in groups])
    layer = next(each for each in made if each.kind == "share")
    stories = {each["properties"]["id"]: each["properties"] for each in layer.features}
    assert stories["Z-W"]["fill"] == LIGHT_GREY != stories["Z-E"]["fill"]
    assert {shown for _, shown in stories["Z-W"]["shares"]} == {"—"}


def test_such_a_zone_stands_last_on_the_page_and_keeps_its_dash():
    tables = re.findall(r"<tr data-zone=.*?</tr>", map_page.page(west_unknown()))
    known, unknown = (each for each in tables[:2])
    assert 'data-zone="Z-E"' in known
    assert 'data-zone="Z-W"' in unknown
    assert "data-figure" in known
    assert re.findall(r"<td[^>]*>([^<]*)</td>", unknown) == ["—"] * known.count("data-figure")


def test_a_public_sheet_needs_a_review_number_and_zones():
    for make in (sheets.sheets_png, sheets.sheets_pdf, office.report_docx, office.report_pdf):
        with pytest.raises(ConfigError, match="审图号"):
            make(small_audit(audience="public"))
    with pytest.raises(ConfigError, match="边界"):
        sheets.sheets_pdf(public_audit(zones=None))
    assert "不绘制单个居住小区" in office.report_md(public_audit(zones=None))["report.md"].decode()


@pytest.fixture(scope="module")
def pages() -> list[str]:
    data = sheets.sheets_pdf(draft_audit())["sheets.pdf"]
    reader = pypdf.PdfReader(io.BytesIO(data))
    box = reader.pages[0].mediabox
    paper = PAPERS["A3"]
    assert (float(box.width), float(box.height)) == pytest.approx(
        (paper.width_mm / 25.4 * 72, paper.height_mm / 25.4 * 72)
    )
    return ["".join(page.extract_text().split()) for page in reader.pages]


def test_a_sheet_states_title_maker_crs_scale_clauses_sources_and_stamps(pages):
    assert len(pages) == 3
    for page in pages:
        for text in ("图名", "虚构测绘室", "2024-09-30", "EPSG:4549", "比例尺：1:", "审图号：未填写", "内部资料", "北"):
            assert text in page
        for text in ("虚构示例", "征求意见稿", "含推算数据", "©OpenStreetMapcontributors,ODbL"):
            assert text in page
    assert "虚构条文T-01" in pages[0]
    assert "老年人慢行0.8米/秒" in pages[0]
    assert "均不达标（服务盲区）4" in pages[0]
    assert "53.2%" in pages[0]
    assert "规划新增设施（建议，数字为序号）2" in pages[2]


# ---- hostile names, missing glyphs, missing libraries --------------------------------------------------------


def test_names_are_no_markup_and_what_the_font_lacks_is_marked_and_logged(caplog):
    audit = small_audit()
    assert audit.zones is not None
    zones = audit.zones.frame.assign(name=["$\\frac{1}{", "𠮷野"])
    audit = replace(audit, zones=type(audit.zones).build(zones), plans=())
    with caplog.at_level(logging.WARNING):
        data = sheets.sheets_pdf(audit)["sheets.pdf"]
    text = "".join(pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text().split())
    assert "$\\frac{1}{" in text
    assert f"{MISSING}野" in text
    assert "U+20BB7" in text
    assert [each.message for each in caplog.records if "U+20BB7" in each.message]


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "circle15.show.sheets.drawing", raising=False)
    monkeypatch.delattr(sheets, "drawing", raising=False)
    with pytest.raises(ConfigError) as failure:
        office.report_docx(small_audit())
    for language in ("zh", "en"):
        assert "pip install circle15[office]" in failure.value.say(language)
        assert "matplotlib" in failure.value.say(language)


ROOT = Path(__file__).resolve().parents[3]


def run(program: str, seed: str = "0") -> str:
    env = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout.strip()


def test_nothing_but_a_sheet_loads_matplotlib():
    program = (
        "import sys; from tests.fakes import small_audit; from circle15 import pipeline; from circle15.show import "
        "office, tables, geojson\n"
        "from circle15.show.html.page import page\n"
        "audit = small_audit()\n"
        "made = office.report_md(audit), office.report_xlsx(audit), office.bulletin_docx(audit), page(audit)\n"
        "made += tables.tables(audit), [b''.join(each()) for each in geojson.layers(audit).values()]\n"
        "print('matplotlib' in sys.modules)"
    )
    assert run(program) == "False"


DIGESTS = """
import hashlib
from tests.fakes import small_audit
from circle15.show import sheets
audit = small_audit()
made = {"figure": sheets.picture(audit, sheets.subjects(audit)[0]), **sheets.sheets_pdf(audit)}
print(*(hashlib.sha256(each).hexdigest() for each in made.values()))
"""


def test_the_same_audit_gives_the_same_bytes_whatever_the_settings_and_the_hash_seed(internal):
    audit = small_audit()
    with mpl.rc_context({"font.size": 30, "pdf.fonttype": 3, "savefig.bbox": "tight"}):
        made = sheets.picture(audit, sheets.subjects(audit)[0]), sheets.sheets_pdf(audit)["sheets.pdf"]
        assert mpl.rcParams["font.size"] == 30
    assert made[0] == internal
    assert run(DIGESTS, seed="7").split() == [hashlib.sha256(each).hexdigest() for each in made]


# ---- in documents --------------------------------------------------------------------------------------------


def test_word_and_pdf_hold_every_map_with_its_caption():
    audit = small_audit()
    subjects = sheets.subjects(audit)
    file = docx.Document(io.BytesIO(office.report_docx(audit)["report.docx"]))
    assert [round(shape.width.mm) for shape in file.inline_shapes] == [round(FIGURE.width_mm)] * len(subjects)
    captions = [each.text for each in file.paragraphs if each.text.startswith("图 ")]
    assert captions == [f"图 {number}\u3000{each.title.zh}" for number, each in enumerate(subjects, start=1)]
    reader = pypdf.PdfReader(io.BytesIO(office.report_pdf(audit)["report.pdf"]))
    assert sum(len(page.images) for page in reader.pages) == len(subjects)
