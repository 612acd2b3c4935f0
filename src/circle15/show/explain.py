"""One record's story, told from the tables: where every figure of its verdict comes from."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from circle15.core.errors import ConfigError
from circle15.core.results import Audit, Plan
from circle15.core.rule import METRIC_WORDS, Rule
from circle15.core.tables import BASES, OUTCOME_WORDS
from circle15.core.text import Language, Text
from circle15.show.numbers import percent, plain, whole
from circle15.show.proposals import UNCOVERED_WORDS, plan_basis
from circle15.show.sentences import (
    BECAUSE_WORDS,
    SHARE_UNIT,
    STATE_WORDS,
    basis_text,
    footing_text,
    rule_limit_text,
    rule_text,
    stamps,
    unit_text,
)
from circle15.show.tables import access_frame

_NOTHING = Text("", "")
_LEAST_TOLD = 0.0005
_BARRED = Text("与附近道路之间均有阻隔", "cut off from the streets nearby by a barrier")


def explain(audit: Audit, record: str) -> str:
    """The story of a residential area or a facility. Raises ConfigError for an id nobody has."""
    if (audit.residential.frame["area_id"] == record).any():
        lines = _area(audit, record)
    elif (audit.facilities.frame["facility_id"] == record).any():
        lines = _facility(audit, record)
    else:
        raise ConfigError(_nobody(audit, record))
    language = audit.facts.language
    return "\n".join(line.say(language) for line in [*lines, *stamps(audit)])


def refuse_public_home(audit: Audit, record: str) -> None:
    """Raise ConfigError for a single home whose story would become a file of a study for the public."""
    if audit.facts.audience == "public" and (audit.residential.frame["area_id"] == record).any():
        raise ConfigError(
            Text(
                f'公开成果（audience = "public"）的文件不含单个居住小区（{record}）。去掉 --out 可在屏幕上查看。',
                f'no file of what is public (audience = "public") has a single home ({record}). Without --out it is '
                f"told on the terminal.",
            )
        )


def _nobody(audit: Audit, record: str) -> Text:
    known = [*audit.residential.frame["area_id"], *audit.facilities.frame["facility_id"]]
    near = difflib.get_close_matches(record, known, n=3)
    return Text(
        f"没有编号为 {record} 的居住小区或设施。" + (f"是否指 {'、'.join(near)}？" if near else ""),
        f"no residential area or facility is called {record}." + (f" Did you mean {', '.join(near)}?" if near else ""),
    )


def _area(audit: Audit, record: str) -> list[Text]:
    row = audit.residential.frame.set_index("area_id", drop=False).loc[record]
    lines = [Text(f"居住小区 {_title(row)}", f"Residential area {_title(row)}")]
    weights = [basis for basis in BASES if audit.residential.has(basis)]
    for basis in weights:
        words = basis_text(audit, basis)
        lines.append(Text(f"  {words.zh}：{plain(row[basis]) or '—'}", f"  {words.en}: {plain(row[basis]) or '—'}"))
    access = access_frame(audit).set_index(["rule_id", "area_id"])
    for rule in audit.walked:
        lines += _rule(audit, rule, record, access.loc[(rule.rule_id, record)])
    told, silent = _attributes(audit, "area", record)
    return [*lines, *told, *_binding(audit, record), *_plans(audit, record), *silent]


def _attributes(audit: Audit, kind: str, record: str) -> tuple[list[Text], list[Text]]:
    """Verdicts on the record that need no distance; and the line that only names the rules nobody can tell of."""
    verdicts = audit.verdicts.frame
    rows = verdicts[(verdicts["subject_kind"] == kind) & (verdicts["subject_id"] == record)]
    rows = rows[rows["outcome"] != "not_applicable"]
    told: list[Text] = []
    silent = []
    for rule in audit.rules:
        mine = rows[rows["rule_id"] == rule.rule_id]
        if rule.is_distance or mine.empty:
            continue
        if (mine["outcome"] == "unknown").all():
            silent.append(rule.rule_id)
        else:
            told += [rule_text(rule), *(_verdict(rule, row) for row in mine.itertuples())]
    return told, [_silent(silent)] if silent else []


def _silent(rule_ids: list[str]) -> Text:
    return Text(f"资料不足的指标：{'、'.join(rule_ids)}", f"Unknown for want of data: {', '.join(rule_ids)}")


def _title(row: Any) -> str:
    name = row.get("name")
    return f"{row['area_id']} {name}" if isinstance(name, str) else str(row["area_id"])


def _rule(audit: Audit, rule: Rule, record: str, access: Any) -> list[Text]:
    verdicts = audit.verdicts.frame
    rows = verdicts[(verdicts["rule_id"] == rule.rule_id) & (verdicts["subject_id"] == record)]
    judged = [_verdict(rule, verdict) for verdict in rows.itertuples()]
    return [rule_text(rule), *_walk(access), *_quickest(audit, rule, access), *_straight(access), *judged]


def _walk(access: Any) -> list[Text]:
    if access["state"] != "reached":
        state = _BARRED if access["reason"] == "barrier" else STATE_WORDS[access["state"]]
        return [Text(f"  路网：{state.zh}，无距离", f"  network: {state.en}, no distance")]
    legs = access["home_leg_m"], access["facility_leg_m"]
    streets = access["distance_m"] - legs[0] - legs[1]
    total, gate = f"{access['distance_m']:.3f}", access["entrance_id"]
    even = "walk_facility_id" not in access
    minutes = (
        Text(f"，步行 {access['walk_min']:.2f} 分钟", f", {access['walk_min']:.2f} min on foot") if even else _NOTHING
    )
    through = Text(f"（经出入口 {gate}）", f" (through gate {gate})") if isinstance(gate, str) else _NOTHING
    name = Text(f"{access['facility_id']}{through.zh}", f"{access['facility_id']}{through.en}")
    return [
        Text(
            f"  路网最近设施 {name.zh}：出入口至道路 {legs[0]:.3f} + 道路 {streets:.3f} + 道路至设施 {legs[1]:.3f} "
            f"= {total} 米{minutes.zh}",
            f"  nearest on the network {name.en}: access leg {legs[0]:.3f} + streets {streets:.3f} + access leg "
            f"{legs[1]:.3f} = {total} m{minutes.en}",
        )
    ]


def _quickest(audit: Audit, rule: Rule, access: Any) -> list[Text]:
    """The walk best in minutes, where a pace knows stairs or slope: it may be another one."""
    if "walk_facility_id" not in access or access["state"] != "reached":
        return []
    ground = footing_text(audit.facts.pack.walking_pace(rule))
    name, minutes = access["walk_facility_id"], f"{access['walk_min']:.2f}"
    return [
        Text(
            f"  用时最短的设施 {name}：步行 {minutes} 分钟{ground.zh}",
            f"  quickest to reach {name}: {minutes} min on foot{ground.en}",
        )
    ]


def _straight(access: Any) -> list[Text]:
    if not isinstance(access["straight_facility_id"], str):
        return []
    name, metres = access["straight_facility_id"], f"{access['straight_m']:.3f}"
    return [Text(f"  直线最近设施 {name}：{metres} 米", f"  nearest by straight line {name}: {metres} m")]


def _verdict(rule: Rule, verdict: Any) -> Text:
    metric, outcome = METRIC_WORDS[verdict.metric], OUTCOME_WORDS[verdict.outcome]
    limit, because = rule_limit_text(rule), BECAUSE_WORDS[verdict.because]
    headline = ("（判定口径）", " (headline)") if verdict.metric == rule.metric else ("（并列）", " (beside it)")
    value, margin = _amounts(verdict)
    zh = f"{value.zh} 对 {limit.zh}，余量 {margin.zh}" if value.zh else because.zh
    en = f"{value.en} against {limit.en}, margin {margin.en}" if value.en else because.en
    return Text(f"  {metric.zh}{headline[0]}：{outcome.zh} — {zh}", f"  {metric.en}{headline[1]}: {outcome.en} — {en}")


def _amounts(verdict: Any) -> tuple[Text, Text]:
    """The value of a verdict with its unit, and its margin, of a share in points; empty where there is none."""
    if verdict.unit == SHARE_UNIT and plain(verdict.value):
        value, points = percent(verdict.value, verdict.limit), percent(verdict.margin).removesuffix("%")
        return Text(value, value), Text(f"{points} 个百分点", f"{points} percentage points")
    # A margin of less than the last of three decimals is told with all of its own, so that no failure reads 15 ≤ 15.
    places = 6 if 0 < abs(verdict.margin) < _LEAST_TOLD else 3
    value, margin, unit = plain(verdict.value, places), plain(verdict.margin, places), unit_text(verdict.unit)
    return (Text(f"{value} {unit.zh}", f"{value} {unit.en}") if value else _NOTHING), Text(margin, margin)


def _binding(audit: Audit, record: str) -> list[Text]:
    row = audit.binding.frame.set_index("area_id").loc[record]
    if not isinstance(row["rule_id"], str):
        return []
    outcome = OUTCOME_WORDS[row["outcome"]]
    return [
        Text(f"起控制作用的指标：{row['rule_id']}（{outcome.zh}）", f"Binding rule: {row['rule_id']} ({outcome.en})")
    ]


def _plans(audit: Audit, record: str) -> list[Text]:
    lines = []
    for plan in audit.plans:
        for site in plan.sites:
            if record in site.area_ids:
                label, basis = audit.facts.pack.types[plan.facility_type].label, plan_basis(audit, plan)
                lines.append(
                    Text(
                        f"规划新增设施（建议）：{site.stage} 年度 {label.zh} {site.candidate_id} 开设后覆盖本小区，"
                        f"依据 {basis.zh}",
                        f"Proposed: {label.en} {site.candidate_id} of {site.stage} will cover it, under {basis.en}",
                    )
                )
        lines += [_uncovered(audit, plan, each.reason) for each in plan.uncoverable if each.area_id == record]
    return lines


def _uncovered(audit: Audit, plan: Plan, reason: str) -> Text:
    label, basis, why = (
        audit.facts.pack.types[plan.facility_type].label,
        plan_basis(audit, plan),
        UNCOVERED_WORDS[reason],
    )
    return Text(
        f"规划新增设施（建议）：{label.zh}未能覆盖本小区，{why.zh}；依据 {basis.zh}",
        f"Proposed: no {label.en} will cover it, {why.en}; under {basis.en}",
    )


def _facility(audit: Audit, record: str) -> list[Text]:
    row = audit.facilities.frame.set_index("facility_id", drop=False).loc[record]
    label = audit.facts.pack.types[row["type"]].label
    name = row.get("name") if isinstance(row.get("name"), str) else ""
    lines = [Text(f"设施 {record} {name}（{label.zh}）", f"Facility {record} {name} ({label.en})")]
    if isinstance(row.get("assumed"), str):
        lines.append(Text(f"  推定：{row['assumed']}", f"  assumed: {row['assumed']}"))
    access = audit.access.frame
    told, silent = _attributes(audit, "facility", record)
    lines += told
    for rule in audit.walked:
        if record in audit.counted[rule.rule_id]:
            nearest = access[(access["rule_id"] == rule.rule_id) & (access["facility_id"] == record)]
            lines.append(
                Text(
                    f"  计入 {rule.rule_id}；以其为路网最近设施的居住小区 {whole(len(nearest))} 处",
                    f"  counts for {rule.rule_id}; nearest on the network for {whole(len(nearest))} residential areas",
                )
            )
        else:
            lines.append(Text(f"  不计入 {rule.rule_id}", f"  does not count for {rule.rule_id}"))
    return lines + silent


def no_plan(plan_id: str) -> Text:
    """What is said of an infeasible plan, which has no certificate."""
    return Text(
        f"方案 {plan_id}：无可行方案，系求解器的结论，没有可重算的内容",
        f"Plan {plan_id}: infeasible by the solver's word; there is nothing to compute again",
    )


def _recomputed_of(found: Any) -> Callable[[Any], tuple[Text, ...]]:
    """What says the value and bound of a certificate."""
    if found.claim.clash:
        return _recomputed_clash
    if found.claim.ways is not None:
        return _recomputed_ways
    return _recomputed if found.claim.need is None else _recomputed_least


def _stated(found: Any, value: int) -> int:
    """A value of a certificate as the plan states it: of ways what is left of today's."""
    return value if found.claim.ways is None else int(found.claim.ways - value)


def _recomputed_ways(found: Any) -> tuple[Text, ...]:
    """People's ways added up, and the bound on them."""
    numbers = (found.claim.objective, found.objective, found.claim.proven, found.proven)
    said, value, stated, proven = (whole(_stated(found, each)) for each in numbers)
    return (
        Text(
            f"  步行距离合计（人·毫米）：方案所载 {said}，重算 {value}",
            f"  ways added up (mm × people): stated {said}, recomputed {value}",
        ),
        Text(
            f"  下界：方案所载 {stated}，重算 {proven}；任何满足同样条件的方案都不会更短",
            f"  bound: stated {stated}, recomputed {proven}; no plan under the same conditions has less",
        ),
    )


def _recomputed(found: Any) -> tuple[Text, ...]:
    """Value and bound of a plan that covers as much as it can."""
    return (
        Text(
            f"  覆盖量：方案所载 {whole(found.claim.objective)}，按原始覆盖重算 {whole(found.objective)}",
            f"  covered: stated {whole(found.claim.objective)}, recomputed from raw coverage {whole(found.objective)}",
        ),
        Text(
            f"  上界：方案所载 {whole(found.claim.proven)}，重算 {whole(found.proven)}；"
            f"任何满足同样条件的方案都不会超过它",
            f"  bound: stated {whole(found.claim.proven)}, recomputed {whole(found.proven)}; "
            f"no plan under the same conditions passes it",
        ),
    )


def _recomputed_clash(found: Any) -> tuple[Text, ...]:
    """That no plan keeps some constraints."""
    words = [each.say() for each in found.claim.clash]
    zh, en = "；".join(each.zh for each in words), "; ".join(each.en for each in words)
    return (
        Text(
            f"  没有任何方案能同时满足：{zh}（由所存乘子按整数重算）",
            f"  no plan keeps all of: {en} (recomputed in integers from the stored multipliers)",
        ),
    )


def _recomputed_least(found: Any) -> tuple[Text, ...]:
    """Number of sites and bound of a plan with as few sites as it can."""
    return (
        Text(
            f"  设施数：方案所载 {whole(found.claim.objective)}，重算 {whole(found.objective)}；"
            f"须新增覆盖 {whole(found.claim.need)}",
            f"  sites: stated {whole(found.claim.objective)}, recomputed {whole(found.objective)}; "
            f"to be newly covered: {whole(found.claim.need)}",
        ),
        Text(
            f"  下界：方案所载 {whole(found.claim.proven)}，重算 {whole(found.proven)}；"
            f"任何满足同样条件的方案都不会更少",
            f"  bound: stated {whole(found.claim.proven)}, recomputed {whole(found.proven)}; "
            f"no plan under the same conditions has fewer",
        ),
    )


def certificate(audit_language: Language, plan_id: str, found: Any) -> str:
    """What the raw coverage says of a stored plan."""
    verdict = Text("成立", "holds") if found.holds else Text("不成立", "does NOT hold")
    strange = ", ".join(found.objections)
    lines = [
        Text(f"方案 {plan_id}：最优性说明{verdict.zh}", f"Plan {plan_id}: the certificate {verdict.en}"),
        *_recomputed_of(found)(found),
    ]
    if found.points:
        lines.append(
            Text(
                f"  设施数与覆盖率：{found.points} 个点及其上界重算一致",
                f"  share by number of sites: {found.points} points and their bounds are as recomputed",
            )
        )
    if found.claim.bound != found.proven:
        proven, bound = (whole(_stated(found, each)) for each in (found.proven, found.claim.bound))
        lines.append(
            Text(
                f"  其中由 {proven} 至 {bound} 是求解器的结论，未在此重算",
                f"  from {proven} to {bound} it is the solver's word, not recomputed here",
            )
        )
    if strange:
        lines.append(
            Text(
                f"  不符合条件之处：{strange}",
                f"  what it may not have, or breaks: {strange}",
            )
        )
    return "\n".join(line.say(audit_language) for line in lines)
