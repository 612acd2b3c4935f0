"""What each sheet shows: homes by class under the rules of one family, or what a plan changes; zones on public ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from circle15.core.results import Audit, Plan
from circle15.core.rule import METRIC_WORDS, Metric, Rule
from circle15.core.text import Text
from circle15.show.families import CLASS_WORDS, Family, classify, families, headline_basis, known, told_share
from circle15.show.numbers import percent, whole
from circle15.show.palette import BLUE, CLASS_STYLES, GAINS, GREY, LIGHT_GREY, RED
from circle15.show.proposals import optimality_text, plan_basis
from circle15.show.sentences import basis_text, pace_text, rule_limit_text
from circle15.show.titles import map_title

# Zones by what share of them is covered: least share, label, fill. Lighter is less.
_STEPS = (
    (1.0, Text("100%", "100%"), "#08306b"),
    (0.9, Text("90%（含）至 100%", "90% to less than 100%"), "#2171b5"),
    (0.6, Text("60%（含）至 90%", "60% to less than 90%"), "#6baed6"),
    (0.3, Text("30%（含）至 60%", "30% to less than 60%"), "#bdd7e7"),
    (-math.inf, Text("不足 30%", "less than 30%"), "#eff3ff"),
)
_UNKNOWN_ZONE = Text("资料不足", "unknown")
_ZONE_LINE = "#4b5563"
_FINEST = (("community", "village"), ("town",), ("county",))


@dataclass(frozen=True, slots=True)
class Shade:
    """The rows that are drawn alike, of the homes or of the zones, and what they are called."""

    label: Text
    fill: str
    outline: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One sheet: ``key`` names its file, ``figures`` are its key figures, ``ground`` is what the shades are rows of.

    ``rules`` are those it is judged by; of a plan under an assumed limit there are none.
    """

    key: str
    title: Text
    ground: Any
    shades: tuple[Shade, ...]
    rules: tuple[Rule, ...]
    figures: tuple[Text, ...]
    plan: Plan | None = None


def subjects(audit: Audit) -> tuple[Subject, ...]:
    """The sheets of an audit: one for each family of rules, then one for each plan; none without geometry.

    A public sheet has no single homes: it shows the zones of the finest level by their coverage.
    """
    if not audit.facts.crs or not len(audit.residential):
        return ()
    public = audit.facts.audience == "public"
    ground = _zones(audit) if public else audit.residential.frame
    if public and not len(ground):
        return ()
    shaded = _zone_shades if public else _home_shades
    found = [_of_family(audit, family, ground, shaded) for family in families(audit.walked)]
    return (*found, *(_of_plan(audit, plan, ground) for plan in audit.plans))


_Shaded = Callable[[Audit, Family], tuple[Shade, ...]]


def _of_family(audit: Audit, family: Family, ground: Any, shaded: _Shaded) -> Subject:
    names, about = [rule.rule_id for rule in family.rules], _about(audit, family.targets)
    return Subject(
        key="-".join(names),
        title=Text(
            f"{map_title(audit, 'zh')}：{about.zh}（{'、'.join(names)}）",
            f"{map_title(audit, 'en')}: {about.en} ({', '.join(names)})",
        ),
        ground=ground,
        shades=shaded(audit, family),
        rules=family.rules,
        figures=tuple(_share(audit, rule, metric, family) for rule in family.rules for metric in rule.metrics),
    )


def _about(audit: Audit, targets: Sequence[str]) -> Text:
    types = audit.facts.pack.types
    label = types[targets[0]].label if targets[0] in types else Text(targets[0], targets[0])
    rest = len(targets)
    return Text(f"{label.zh}等 {rest} 类", f"{label.en} and {rest - 1} more types") if rest > 1 else label


def _share(audit: Audit, rule: Rule, metric: Metric, family: Family) -> Text:
    """The share of the study by the basis of the family's key figures."""
    basis, frame = headline_basis(audit, family), audit.coverage.frame
    rows = frame[
        (frame["rule_id"] == rule.rule_id)
        & (frame["metric"] == metric)
        & (frame["level"] == "study")
        & (frame["basis"] == basis)
    ]
    limit, words, of, pace = rule_limit_text(rule), METRIC_WORDS[metric], basis_text(audit, basis), pace_text(rule)
    head = Text(
        "，".join(each for each in (f"{rule.rule_id} {limit.zh}", words.zh, pace.zh) if each),
        ", ".join(each for each in (f"{rule.rule_id} {limit.en}", words.en, pace.en) if each),
    )
    row = next(rows.itertuples(), None)
    if row is None:
        return Text(f"{head.zh}：未评估", f"{head.en}: not assessed")
    share = told_share(row)
    covered, total, unknown = (whole(each) for each in (row.covered, row.total, row.unknown))
    return Text(
        f"{head.zh}：{of.zh} {share}（{covered} ÷ {total}，资料不足 {unknown}）",
        f"{head.en}: {of.en} {share} ({covered} ÷ {total}, {unknown} unknown)",
    )


def _home_shades(audit: Audit, family: Family) -> tuple[Shade, ...]:
    classes = classify(audit, family)
    return tuple(
        Shade(CLASS_WORDS[name], CLASS_STYLES[name]["fillColor"], CLASS_STYLES[name]["color"], rows)
        for name, rows in _rows_by(classes, family.classes).items()
        if rows or name not in ("unknown", "not_applicable")
    )


def _rows_by(marks: Iterable[str], names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {name: [] for name in names}
    for row, mark in enumerate(marks):
        found[mark].append(row)
    return {name: tuple(rows) for name, rows in found.items()}


def _zones(audit: Audit) -> Any:
    """The zones of the finest level that has coverage."""
    if audit.zones is None:
        return audit.residential.frame.iloc[:0]
    frame, levels = audit.zones.frame, set(audit.coverage.frame["level"])
    there = next((each for each in _FINEST if frame["level"].isin(each).any() and levels & set(each)), ())
    return frame[frame["level"].isin(there)]


def _zone_shades(audit: Audit, family: Family) -> tuple[Shade, ...]:
    """Zones by the share that passes the family's first rule, by its headline metric and the basis of its figures.

    A zone of which nothing is known has no share.
    """
    rule, basis, frame = family.rules[0], headline_basis(audit, family), known(audit.coverage.frame)
    rows = frame[(frame["rule_id"] == rule.rule_id) & (frame["metric"] == rule.metric) & (frame["basis"] == basis)]
    share = dict(zip(rows["zone_id"], rows["share"].astype(float), strict=True))
    shares = [share.get(zone, math.nan) for zone in _zones(audit)["zone_id"]]
    steps = [next((n for n, (least, _, _) in enumerate(_STEPS) if each >= least), -1) for each in shares]
    of = [
        (label, fill, tuple(row for row, step in enumerate(steps) if step == n))
        for n, (_, label, fill) in enumerate(_STEPS)
    ]
    unknown = tuple(row for row, step in enumerate(steps) if step < 0)
    found = [Shade(label, fill, _ZONE_LINE, members) for label, fill, members in of]
    return (*found, *([Shade(_UNKNOWN_ZONE, LIGHT_GREY, _ZONE_LINE, unknown)] if unknown else []))


_PLAN_WORDS: Mapping[str, tuple[Text, str]] = {
    "gained": (Text("规划新增覆盖", "newly covered by the plan"), GAINS["color"]),
    "served": (Text("现状已达标", "met today"), BLUE),
    "left": (Text("规划后仍不达标", "still not met"), RED),
    "unknown": (Text("资料不足", "unknown"), GREY),
    "rest": (Text("其余居住小区", "other residential areas"), LIGHT_GREY),
}


def _of_plan(audit: Audit, plan: Plan, ground: Any) -> Subject:
    label = audit.facts.pack.types[plan.facility_type].label
    public = audit.facts.audience == "public"
    return Subject(
        key=f"plan-{plan.plan_id}",
        title=Text(
            f"{audit.facts.name}规划新增设施（建议）布局图：{label.zh}",
            f"{audit.facts.name}, proposed sites: {label.en}",
        ),
        ground=ground,
        shades=() if public else _plan_shades(audit, plan),
        rules=(audit.facts.pack.rule(plan.rule_id),) if plan.rule_id else (),
        figures=_plan_figures(audit, plan),
        plan=plan,
    )


def _plan_shades(audit: Audit, plan: Plan) -> tuple[Shade, ...]:
    """Homes that the plan newly covers, and under a rule those that pass today and those left."""
    gained = {area for site in plan.sites for area in site.area_ids}
    frame = audit.verdicts.frame
    rows = frame[(frame["rule_id"] == plan.rule_id) & (frame["metric"] == plan.metric) & bool(plan.rule_id)]
    today = dict(zip(rows["subject_id"], rows["outcome"], strict=True))
    called = {"pass": "served", "fail": "left", "unknown": "unknown", "": "rest", "not_applicable": "rest"}
    marks = ["gained" if area in gained else called[today.get(area, "")] for area in audit.residential.frame["area_id"]]
    return tuple(
        Shade(*_PLAN_WORDS[name], _PLAN_WORDS[name][1], members)
        for name, members in _rows_by(marks, _PLAN_WORDS).items()
        if members
    )


def _plan_figures(audit: Audit, plan: Plan) -> tuple[Text, ...]:
    basis, weight = plan_basis(audit, plan), basis_text(audit, plan.weight)
    last = plan.sites[-1] if plan.sites else None
    after = percent(last.share_after if last else None)
    return (
        Text(f"选址依据：{basis.zh}", f"Under: {basis.en}"),
        Text(
            f"新增设施 {len(plan.sites)} 处，新增覆盖{weight.zh} {whole(plan.covered)}，累计覆盖率 {after}",
            f"{len(plan.sites)} sites, {whole(plan.covered)} {weight.en} more covered, share after: {after}",
        ),
        Text(
            f"最优性说明：{optimality_text(plan).zh}",
            f"Certificate: {optimality_text(plan).en}",
        ),
    )
