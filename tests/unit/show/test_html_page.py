"""What the map page says of an audit."""

import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import shapely

from circle15.core.errors import ConfigError
from circle15.core.limit import Limit
from circle15.core.tables import OUTCOMES, Areas, Facilities, Residential, Verdicts
from circle15.show.families import CLASSES, FOUR, class_of, families
from circle15.show.html.page import page
from circle15.show.html.words import PAGE, Words, number
from circle15.show.numbers import percent
from tests.fakes import HOMES, RULES, renamed, screened_audit, small_audit

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}\u2028"


class Reader(HTMLParser):
    """Collects the text of every element by its class attribute, and the switches of the legend."""

    VOID = ("meta", "input", "br")

    def __init__(self, text):
        super().__init__()
        self.stack, self.texts, self.switches, self.tags = [], {}, {}, []
        # The other language waits in a template, with the same markup.
        self.feed(re.sub(r"<template.*?</template>", "", text, flags=re.DOTALL))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "data-layer" in attributes and tag == "input":
            self.switches[attributes["data-layer"]] = ""
            self.current = attributes["data-layer"]
        if tag not in self.VOID:
            self.stack.append((tag, attributes.get("class", "")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):  # noqa: ARG002  # the page closes what it opens
        self.stack.pop()

    def handle_data(self, data):
        for tag, class_ in self.stack:
            self.texts[class_ or tag] = self.texts.get(class_ or tag, "") + data
        if any(class_ == "switch" for _, class_ in self.stack) and self.stack[-1][0] == "small":
            self.switches[self.current] = data


def data_of(html):
    return json.loads(re.findall(r'id="circle15-data">(.*?)</script>', html, re.DOTALL)[0])


def columns_of(html):
    return json.loads(gzip.decompress(base64.b64decode(data_of(html)["homes"]["columns"])))


def with_estimates(audit):
    frame = audit.residential.frame.assign(estimated="households+pop60")
    return replace(audit, residential=Residential.build(frame))


def draft(audit):
    (document,) = audit.facts.pack.documents
    pack = replace(audit.facts.pack, documents=(replace(document, legal_status="draft"),))
    return replace(audit, facts=replace(audit.facts, pack=pack))


def test_same_audit_same_bytes():
    assert page(small_audit()) == page(small_audit())


def test_legend_counts_are_verdict_rows():
    audit = small_audit()
    rows = audit.verdicts.frame
    outcome = {
        rule_id: rows[(rows.rule_id == rule_id) & (rows.metric == metric)].set_index("subject_id").outcome
        for rule_id, metric in (("T-01", "straight_line"), ("T-02", "network"), ("N-01", "network"))
    }
    pairs = list(zip(outcome["T-01"], outcome["T-02"], strict=True))
    expected = {
        "homes:0:both": pairs.count(("pass", "pass")),
        "homes:0:metre": pairs.count(("pass", "fail")),
        "homes:0:time": pairs.count(("fail", "pass")),
        "homes:0:none": pairs.count(("fail", "fail")),
        "homes:0:unknown": sum("unknown" in pair for pair in pairs),
        "homes:1:pass": list(outcome["N-01"]).count("pass"),
        "homes:1:fail": list(outcome["N-01"]).count("fail"),
        "homes:1:unknown": list(outcome["N-01"]).count("unknown"),
    }
    assert all(expected.values()), "every class of the fake audit has a home"
    switches = Reader(page(audit)).switches
    assert {key: int(switches[key].split(" · ")[0]) for key in expected} == expected


def test_a_changed_verdict_changes_the_legend():
    audit = small_audit()
    frame = audit.verdicts.frame.copy()
    frame.loc[(frame.rule_id == "T-02") & (frame.subject_id == "R-001"), "outcome"] = "fail"
    before, after = (Reader(page(each)).switches for each in (audit, replace(audit, verdicts=Verdicts.build(frame))))
    assert int(after["homes:0:metre"].split(" · ")[0]) == int(before["homes:0:metre"].split(" · ")[0]) + 1


def test_columns_hold_the_homes_that_the_legend_counts():
    html = page(small_audit())
    switches, columns = Reader(html).switches, columns_of(html)
    for place, family in enumerate(families(small_audit().walked)):
        codes = [columns["rules"][rule.rule_id]["metrics"][rule.metrics[0]]["outcome"] for rule in family.rules]
        classes = [class_of(tuple(OUTCOMES[int(code)] for code in found)) for found in zip(*codes, strict=True)]
        for name in CLASSES:
            shown = switches.get(f"homes:{place}:{name}", "0").split(" · ")[0]
            assert classes.count(name) == int(shown)
        assert len(classes) == len(small_audit().residential)


def test_title_block_states_everything():
    text = Reader(page(small_audit())).texts["titleblock"]
    for wanted in (
        "图名",
        "海上虚构镇",
        "虚构测绘室",
        "2024-09-30",
        "EPSG:4549",
        "现行有效",
        "0.8 米/秒",
        "1.2 米/秒",
        "streets.osm.pbf",
        "© OpenStreetMap contributors, ODbL",
        "审图号",
    ):
        assert wanted in text


def test_title_is_the_one_of_the_title_block():
    texts = Reader(page(small_audit(title_block={"图名": "虚构图", "比例尺": "1:5000"}))).texts
    assert texts["h1"] == "虚构图"
    assert "1:5000" in texts["titleblock"]


def test_clauses_state_operator_metric_and_pace():
    text = Reader(page(small_audit())).texts["clause"]
    assert "T-01 < 700 米 · 直线距离 · 约束性" in text
    assert "T-02 ≤ 15 分钟 · 路网距离 · 老年人慢行 0.8 米/秒 · 力争" in text
    assert "虚构条文 T-01" in text


def test_key_figures_name_basis_and_metric():
    texts = Reader(page(small_audit())).texts
    assert "53.2%T-01 < 700 米直线距离" in texts["cards"]
    assert "37.9%T-01 < 700 米路网距离" in texts["cards"]
    assert "60岁及以上人口" in texts["note"]


def test_sites_are_listed_by_year():
    table = Reader(page(small_audit())).texts["sites"]
    assert re.search(r"2023.*虚构备选C-2.*\+190.*2024.*虚构备选C-1.*\+150", table, re.DOTALL)


def test_assumed_limit_is_never_called_a_clause():
    audit = small_audit()
    (plan,) = audit.plans
    assumed = replace(plan, rule_id="", assumed="规划研究假设", limit=Limit("<", 650, "m"))
    text = Reader(page(replace(audit, plans=(assumed,)))).texts["note"]
    assert "< 650 米 · 直线距离 · 规划研究假设（条文未规定该限值）" in text


@pytest.mark.parametrize(
    ("stamp", "bears", "does_not"),
    [
        ("虚构示例", lambda: small_audit(fictional=True), small_audit),
        ("内部资料", small_audit, lambda: small_audit(audience="public", title_block={"审图号": "虚审2024-1"})),
        ("征求意见稿", lambda: draft(small_audit()), small_audit),
        ("含推算数据", lambda: with_estimates(small_audit()), small_audit),
    ],
)
def test_stamps(stamp, bears, does_not):
    assert stamp in Reader(page(bears())).texts["stamps"]
    assert stamp not in Reader(page(does_not())).texts.get("stamps", "")


def test_estimates_are_marked_wherever_they_are_shown():
    audit = with_estimates(small_audit())
    (plan,) = audit.plans
    html = page(replace(audit, plans=(replace(plan, weight_estimated=True),)))
    texts = Reader(html).texts
    assert "口径：60岁及以上人口（人） · 推算" in texts["note"]
    assert "户数（户） · 推算" in texts["shares"]
    assert "常住人口（人） · 推算" not in texts["shares"]
    marks = {people["label"]["zh"]: set(people["estimated"]) for people in columns_of(html)["people"]}
    assert marks == {"户数（户）": {"1"}, "常住人口（人）": set(), "60岁及以上人口（人）": {"1"}}
    gains = [layer["features"][0]["properties"]["gain"] for layer in data_of(html)["layers"] if layer["kind"] == "site"]
    assert all(gain["zh"].endswith("推算") for gain in gains)


def test_public_without_approval_number_is_refused():
    for given in ({}, {"审图号": ""}):
        with pytest.raises(ConfigError, match="审图号"):
            page(small_audit(audience="public", title_block=given))


def test_public_carries_no_streets_and_no_heads_of_single_homes():
    html = page(small_audit(audience="public", title_block={"审图号": "虚审2024-1"}))
    assert "streets" not in {layer["key"] for layer in data_of(html)["layers"]}
    assert "streets" in {layer["key"] for layer in data_of(page(small_audit()))["layers"]}
    assert data_of(html)["homes"] is None
    assert data_of(html)["walks"] is None
    assert not [area_id for area_id in HOMES if area_id in html]
    assert "虚审2024-1" in Reader(html).texts["titleblock"]


def test_values_of_the_data_never_become_markup():
    plain, hostile = (
        small_audit(),
        renamed(small_audit(name=HOSTILE, title_block={"制图单位": HOSTILE, HOSTILE: HOSTILE}), HOSTILE),
    )
    html = page(hostile)
    tags = [tag for tag, _ in Reader(html).tags]
    # one row more: the key that this title block has more
    assert sorted(tags) == sorted([tag for tag, _ in Reader(page(plain)).tags] + ["tr", "th", "td"])
    assert columns_of(html)["names"][0] == HOSTILE
    assert HOSTILE.replace("\u2028", "") in Reader(html).texts["sites"].replace("\u2028", "")


def test_english_page_speaks_english():
    audit = small_audit(language="en", name="Sea Town", title_block={"制图单位": "Invented"}, fictional=True)
    html = page(audit)
    texts = Reader(html).texts
    assert '<html lang="en">' in html
    assert "Sea Town facility coverage" in texts["h1"]
    assert "Fictional" in texts["stamps"]
    assert "neither met (gap)" in texts["switch"]
    assert "T-01 < 700 m · straight line · binding" in texts["clause"]


def test_constraints_and_what_they_forbid_have_switches_of_their_own():
    html = page(screened_audit())
    layers = {each["key"]: each for each in data_of(html)["layers"]}
    assert layers["constraints:0"]["packed"]
    assert [each["properties"]["id"] for each in layers["candidates"]["features"]] == ["C-1", "C-2"]
    (lost,) = [each["properties"] for each in layers["candidates:dropped"]["features"]]
    assert lost["id"] == "C-3"
    assert lost["dropped"] == [{"zh": "day_care：在永久基本农田内", "en": "day_care: inside permanent basic farmland"}]
    assert lost["checks"]["zh"].startswith("永久基本农田：在其内，不得设点；生态保护红线：未核查")
    (pin, *_) = [each for key, each in layers.items() if key.startswith("sites:")]
    assert pin["features"][0]["properties"]["checks"]["zh"].startswith("永久基本农田：不在其内；")
    said = Reader(html).texts["switch"]
    assert "永久基本农田 · 禁止" in said
    assert "备选点 · 已剔除" in said
    english = Reader(page(replace(screened_audit(), facts=small_audit(language="en").facts))).texts["switch"]
    assert "permanent basic farmland · forbids" in english


def test_a_public_page_shows_no_constraints_and_no_candidates():
    facts = small_audit(audience="public", title_block={"审图号": "虚构"}).facts
    keys = [each["key"] for each in data_of(page(replace(screened_audit(), facts=facts)))["layers"]]
    assert not [key for key in keys if key.startswith(("constraints", "candidates"))]


def test_page_without_plans_zones_candidates_or_areas():
    bare = small_audit()
    bare = replace(
        bare,
        plans=(),
        zones=None,
        membership=None,
        candidates=None,
        areas=type(bare.areas).build(bare.areas.frame.iloc[:0]),
        streets=type(bare.streets).build(bare.streets.frame.iloc[:0]),
        facilities=Facilities.build(bare.facilities.frame.iloc[:0]),
    )
    html = page(bare)
    assert {layer["kind"] for layer in data_of(html)["layers"]} == {"home"}
    assert "本次未编制选址方案" in html


def test_types_that_the_pack_does_not_know_are_named_by_their_key():
    audit = small_audit()
    frame = audit.facilities.frame.assign(type=["day_care", "unheard_of"])
    assert "unheard_of" in Reader(page(replace(audit, facilities=Facilities.build(frame)))).texts["switch"]


def test_columns_hold_both_metrics_and_the_way():
    columns = columns_of(page(small_audit()))
    row, lost = columns["ids"].index("R-004"), columns["ids"].index("R-012")
    rule, way = columns["rules"]["T-01"], columns["ways"][columns["rules"]["T-01"]["way"]]
    assert (way["straight_line"][row], way["network"][row]) == (636_396, 912_400)
    assert columns["outcomes"][int(rule["metrics"]["network"]["outcome"][row])] == "fail"
    assert (way["home_leg"][row], way["facility_leg"][row]) == (12_400, 0)
    assert columns["facilities"][way["by_network"][row]] == "F-01"
    timed = columns["rules"]["T-02"]["metrics"]["network"]
    assert columns["outcomes"][int(timed["outcome"][lost])] == "unknown"
    assert timed["words"][int(timed["because"][lost])] == "not_snapped"
    assert timed["valued"][lost] == "0"
    assert (way["network"][lost], way["by_network"][lost]) == (-1, -1)
    assert columns["states"][int(way["state"][lost])] == "not_snapped"
    assert columns["sites"][str(columns["ids"].index("R-008"))] == ["2023 · 1 · C-2"]


def test_home_near_the_edge_of_the_data_says_so():
    edge = [area_id == "R-008" for area_id in small_audit().residential.frame["area_id"]]
    columns = columns_of(page(small_audit(near_edge=edge)))
    assert [area_id for area_id, near in zip(columns["ids"], columns["edge"], strict=True) if near == "1"] == ["R-008"]
    assert columns_of(page(small_audit()))["edge"] == ""


def test_empty_covered_area_has_no_switch():
    audit = small_audit()
    frame = audit.areas.frame
    empty = frame.set_geometry(
        [
            shapely.Polygon() if rule_id == "T-01" else shape
            for rule_id, shape in zip(frame.rule_id, frame.geometry, strict=True)
        ]
    )
    keys = Reader(page(replace(audit, areas=Areas.build(empty)))).switches
    assert [key for key in keys if key.startswith("drawn")] == [
        "drawn:0:min:network:covered_area",
        "drawn:0:min:network:services",
    ]


def test_classes_of_outcomes():
    assert {pair: class_of(pair) for pair in FOUR} == FOUR
    assert class_of(("pass", "unknown")) == "unknown"
    assert class_of(("not_applicable", "pass")) == "not_applicable"
    assert class_of(("fail",)) == "fail"


def test_families_share_targets_and_lose_no_rule():
    assert [[rule.rule_id for rule in family.rules] for family in families(RULES)] == [["T-01", "T-02"], ["N-01"]]
    third = replace(RULES[1], rule_id="T-03", targets=tuple(reversed(RULES[1].targets)))
    grouped = families((*RULES, third))
    assert [[rule.rule_id for rule in family.rules] for family in grouped] == [["T-01", "T-02"], ["T-03"], ["N-01"]]
    other_kind = replace(RULES[0], rule_id="T-09", kind="presence")
    assert families((other_kind,)) == ()


def test_home_without_a_verdict_is_unknown():
    audit = small_audit()
    frame = audit.verdicts.frame
    audit = replace(audit, verdicts=Verdicts.build(frame[frame.subject_id != "R-001"]))
    columns = columns_of(page(audit))
    metrics = [each for rule in columns["rules"].values() for each in rule["metrics"].values()]
    assert {OUTCOMES[int(each["outcome"][0])] for each in metrics} == {"unknown"}


def test_numbers_are_written_honestly():
    assert [percent(each) for each in (None, float("nan"), 0.0, 0.0001, 0.53249, 0.99999, 1.0)] == [
        "—",
        "—",
        "0.0%",
        "0.01%",
        "53.2%",
        "99.999%",
        "100.0%",
    ]
    assert [number(each) for each in (None, 0, 1234, 1234.56, float("nan"))] == [
        "—",
        "0",
        "1,234",
        "1,234.6",
        "—",
    ]
    assert Words("zh").limit(Limit("<=", 15, "min")) == "≤ 15 分钟"


def test_inputs_and_counted_facilities_are_told_in_the_language_of_the_page():
    zh, en = (Reader(page(small_audit(language=language))).texts for language in ("zh", "en"))
    assert "道路 · streets.osm.pbf" in zh["titleblock"]
    assert "streets · streets.osm.pbf" in en["titleblock"]
    assert "（EPSG:4549）" in zh["titleblock"]
    assert "(EPSG:4549)" in en["titleblock"]
    assert "计入设施 1 处，同类未计入 0 处" in zh["clause"]
    assert "1 facilities counted, 0 of the same types not" in en["clause"]


def test_chinese_words_of_the_page_have_chinese_marks():
    assert not [
        key for key, text in PAGE.items() if re.search(r"[\u4e00-\u9fff][,;:()]|[,;()][\u4e00-\u9fff]", text.zh)
    ]
