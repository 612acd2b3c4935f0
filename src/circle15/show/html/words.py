"""What the page says, and how it writes numbers, limits and rules."""

from __future__ import annotations

import math
from collections.abc import Callable

from circle15.core.limit import SYMBOLS, Limit
from circle15.core.rule import METRIC_WORDS, Rule
from circle15.core.tables import BASES, BASIS_WORDS
from circle15.core.text import LANGUAGES, Language, Text
from circle15.core.units import Pace, digits
from circle15.show.sentences import footing_text

UNITS = {"m": Text("米", "m"), "min": Text("分钟", "min")}
SPEED_UNIT = Text("米/秒", "m/s")

STATE_WORDS = {
    "reached": Text("可达", "reached"),
    "beyond_cutoff": Text("超出搜索范围", "beyond the search cutoff"),
    "unreachable": Text("路网不可达", "unreachable on the network"),
    "not_snapped": Text("附近没有道路", "no street near enough"),
    "not_assessed": Text("未评估", "not assessed"),
    "no_facility": Text("没有计入的设施", "no counted facility"),
    "scope_assumed": Text("适用范围为推定", "scope is assumed"),
}

PACE_WORDS = {
    "elderly": Text("老年人", "elderly"),
    "elderly_slow": Text("老年人慢行", "elderly, slow"),
    "elderly_frail": Text("体弱老年人", "elderly, frail"),
    "adult": Text("成年人", "adult"),
}

STATUS_WORDS = {
    "optimal": Text("最优解", "optimal"),
    "feasible": Text("可行解", "feasible"),
    "infeasible": Text("无可行解", "infeasible"),
    "time_limit": Text("达到时限", "time limit"),
}

LEVEL_WORDS = {
    "community": Text("社区", "community"),
    "village": Text("村", "village"),
    "town": Text("镇（街道）", "town"),
    "county": Text("县（市、区）", "county"),
}

PAGE = {
    "and_more": Text("等{0}类", " and {0} more types"),
    "after": Text("累计覆盖", "Covered after"),
    "as_of": Text("数据时点", "As of"),
    "assumed_limit": Text("{0}（条文未规定该限值）", "assumption “{0}”, given by no clause"),
    "base_none": Text("不用底图", "None"),
    "bases": Text("在线底图", "Base map, online"),
    "bases_note": Text(
        "选用后才联网；仅作参照，不参与计算。高德底图按公开公式移到本图的坐标。",
        "asked for only once chosen; to look at, nothing is computed from it. Amap is moved by the public formula.",
    ),
    "basis": Text("口径", "Basis"),
    "binding": Text("起控制作用的指标", "Binding rule"),
    "candidates_dropped": Text("备选点 · 已剔除", "Candidates dropped"),
    "checks": Text("管控核查", "Constraints"),
    "close": Text("关闭", "Close"),
    "compare": Text("现状/规划 对比", "Before and after"),
    "chosen": Text("入选方案", "Chosen by"),
    "clear": Text("清除", "Clear"),
    "clauses": Text("规则与条款", "Rules and clauses"),
    "counted_for": Text("计入指标", "Counted for"),
    "by_basis": Text("口径：{0}", "Basis: {0}"),
    "covered_area": Text("合并", "merged"),
    "coverage": Text("覆盖率（各口径）", "Coverage by basis"),
    "crs": Text("坐标系", "CRS"),
    "crs_shown": Text("显示：经纬度，Web 墨卡托", "shown in longitude and latitude, Web Mercator"),
    "data": Text("数据来源", "Sources"),
    "date": Text("日期", "Date"),
    "drawing_note": Text("范围线仅供示意，判定以距离为准", "for looking at: verdicts come from distances"),
    "drawn": Text("服务范围（示意）", "Service areas (drawn)"),
    "dropped": Text("剔除原因", "Dropped"),
    "edge": Text(
        "靠近数据边界，边界外的设施和道路未计入", "near the edge of the data: what lies beyond is not counted"
    ),
    "estimated": Text("推算", "estimated"),
    "facilities": Text("设施", "Facilities"),
    "facility_leg": Text("设施至道路距离", "Facility to street"),
    "gain": Text("新增覆盖", "Gain"),
    "gaps": Text("服务盲区（小区）", "Areas in the gap"),
    "gaps_note": Text("共 {0} 处", "of {0}"),
    "home_leg": Text("出入口至道路距离", "Door to street"),
    "id": Text("编号", "Id"),
    "name": Text("名称", "Name"),
    "class_": Text("类别", "Class"),
    "outcome": Text("结论", "outcome"),
    "plan": Text("规划", "Plan"),
    "host": Text("依托设施", "Host"),
    "infeasible": Text("没有可行方案", "no feasible plan"),
    "interpreted": Text("度量为解读，条文未写明", "the metric is an interpretation; the clause names none"),
    "key_figures": Text("关键指标", "Key figures"),
    "layers": Text("其他图层", "More layers"),
    "legal": Text("法律状态", "Legal status"),
    "legend": Text("图例：居住小区", "Legend: residential areas"),
    "maker": Text("制图单位", "Made by"),
    "nearest_network": Text("最近设施（路网）", "Nearest by street"),
    "nearest_straight": Text("最近设施（直线）", "Nearest straight"),
    "new_homes": Text("规划新增覆盖小区", "Areas newly covered by the plan"),
    "no_sites": Text("本次未编制选址方案", "no plan was asked for"),
    "not_shown": Text("未填写", "not given"),
    "north": Text("北", "N"),
    "optimality": Text("最优性说明：{0}，与上界差距 {1}", "certificate: {0}, gap to bound {1}"),
    "pace": Text("步速", "Pace"),
    "plans": Text("规划新增设施（建议）", "Proposed sites"),
    "rank": Text("名次", "Rank"),
    "reason": Text("理由", "Reason"),
    "results": Text("评估结果", "Results"),
    "review": Text("审图号", "Map approval no."),
    "services": Text("各设施", "each facility"),
    "site": Text("位置", "Place"),
    "found_none": Text("没有找到", "nothing found"),
    "language": Text("English", "中文"),
    "measure": Text("距离度量", "Measure"),
    "paper": Text("打印", "Print"),
    "png": Text("导出 PNG", "PNG"),
    "sheet": Text("导出表格", "CSV"),
    "save": Text("保存方案", "Save"),
    "scale_of": Text("比例尺 1:{0}", "Scale 1:{0}"),
    "search": Text("搜索小区、设施的名称或编号", "Search by name or id"),
    "sort": Text("点击列名排序,点击行定位", "Click a heading to sort, a row to go there"),
    "scenario": Text("情景推演", "What if"),
    "scenario_add": Text("新增点位", "Add a site"),
    "scenario_none": Text("附近没有道路", "no street near enough"),
    "scenario_note": Text(
        "新增一处{0}，拖动到任意位置，各项指标随即重算；与正式评估用同一套毫米级距离。",
        "Add a site ({0}) and drag it anywhere: every figure follows, from the same millimetres as the audit.",
    ),
    "scenario_remove": Text("移除", "Remove"),
    "scenario_site": Text("试点 {0}", "Trial {0}"),
    "stage": Text("年度", "Year"),
    "status": Text("状态", "Status"),
    "stages": Text("分年实施", "Year by year"),
    "today": Text("现状", "Today"),
    "streets": Text("道路", "Streets"),
    "subject": Text("评估对象", "Assessed"),
    "target": Text("目标 {0}", "target {0}"),
    "title": Text("图名", "Title"),
    "title_block": Text("图签", "Title block"),
    "to_be_covered": Text("规划后由此覆盖", "Covered after the plan by"),
    "type": Text("类型", "Type"),
    "unknown_aside": Text("另资料不足 {0}", "plus unknown {0}"),
    "unlocated": Text("未定位 {0}", "{0} without location"),
    "unstated": Text("状态未填，不计入", "no status, not counted"),
    "unverified": Text("条文未经核实", "clause not verified"),
    "zones": Text("行政区划", "Zones"),
    "zone_rank": Text("各{0}覆盖率", "Coverage by {0}"),
}


class Words:
    """The page's vocabulary in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.stop = "、" if language == "zh" else ", "

    def __call__(self, key: str, *values: object) -> str:
        """One of the page's own texts, its places filled with ``values``."""
        return PAGE[key].say(self.language).format(*values)

    def say(self, text: Text) -> str:
        """A Text of another part of the program, in the page's language."""
        return text.say(self.language)

    def basis(self, basis: str, estimated: bool) -> str:
        """A basis by name, marked where it rests on an estimate."""
        name = self.say(BASIS_WORDS[basis]) if basis in BASES else basis
        return f"{name} · {self('estimated')}" if estimated else name

    def limit(self, limit: Limit) -> str:
        """``< 700 米``."""
        unit = self.say(UNITS[limit.unit]) if limit.unit in UNITS else limit.unit
        return f"{SYMBOLS[limit.op]} {digits(limit.value)} {unit}"

    def pace(self, pace: Pace) -> str:
        """``老年人 1.0 米/秒``: always by name and number."""
        name = self.say(PACE_WORDS[pace.name]) if pace.name in PACE_WORDS else pace.name
        return f"{name} {self.speed(pace)}"

    def speed(self, pace: Pace) -> str:
        """``1.0 米/秒``."""
        return f"{float(pace.m_s)} {self.say(SPEED_UNIT)}{self.say(footing_text(pace))}"

    def metric(self, metric: str) -> str:
        """A metric by name."""
        return next((self.say(text) for key, text in METRIC_WORDS.items() if key == metric), metric)

    def measured(self, rule: Rule, metric: str) -> str:
        """What a figure of a rule was measured by: its metric, and its pace if it is a time."""
        parts = [self.metric(metric)]
        if rule.limit.unit == "min" and rule.pace is not None:
            parts.append(self.pace(rule.pace))
        return " · ".join(parts)


def both(say: Callable[[Words], str]) -> Text:
    """What is said in either language."""
    return Text(say(Words("zh")), say(Words("en")))


def pair(text: Text) -> dict[str, str]:
    """A text for the page's script, which says it in the language that is shown."""
    return {language: text.say(language) for language in LANGUAGES}


def percent(share: float | None) -> str:
    """A share with one decimal; less than all never prints as 100.0 %, more than nothing never as 0.0 %."""
    if share is None or math.isnan(share):
        return "—"
    tenths = math.floor(share * 1000 + 0.5)
    if 0 < share < 1:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths / 10:.1f}%"


def number(value: float | int | None) -> str:
    """A count with thousands separators, decimals only where there are any."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "—"
    rounded = math.floor(value * 10 + 0.5) / 10
    return f"{rounded:,.0f}" if rounded == math.floor(rounded) else f"{rounded:,.1f}"
