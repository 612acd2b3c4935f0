"""What the command line prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from circle15.core.findings import Finding
from circle15.core.league import League
from circle15.core.results import Audit, Plan
from circle15.core.rule import METRIC_WORDS, STUDY, Pack, Rule
from circle15.core.tables import OUTCOME_WORDS
from circle15.core.text import Text
from circle15.show.checks import screening_notes
from circle15.show.families import told_share
from circle15.show.joint import others_at
from circle15.show.numbers import percent, whole
from circle15.show.outlook import outlook_lines
from circle15.show.projects import union_text
from circle15.show.proposals import (
    curve_text,
    idle_texts,
    optimality_text,
    plan_basis,
    plan_notes,
    uncoverable_text,
)
from circle15.show.sentences import (
    WAY_WORDS,
    basis_text,
    counting_texts,
    force_text,
    measured_text,
    rule_limit_text,
    rule_text,
    stamps,
    unused_bases,
)
from circle15.show.summary import verdict_counts

_GITHUB_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def audit_lines(audit: Audit) -> list[Text]:
    """Rules, verdict counts, coverage of the study by every basis and metric, binding rules."""
    facts = audit.facts
    lines = [
        Text(f"{facts.name}  坐标系 {facts.crs or '—'}", f"{facts.name}  CRS {facts.crs or '—'}"),
        *(Text(f"【{each.zh}】", f"[{each.en}]") for each in stamps(audit)),
        *counting_texts(audit),
        Text(
            f"居住小区 {whole(len(audit.residential))} 处，设施 {whole(len(audit.facilities))} 处，"
            f"数据质检问题 {len(audit.findings)} 项",
            f"{whole(len(audit.residential))} residential areas, {whole(len(audit.facilities))} facilities, "
            f"{len(audit.findings)} findings",
        ),
    ]
    for rule in audit.walked:
        lines += [Text("", ""), rule_text(rule), *_rule_lines(audit, rule.rule_id)]
    lines += _attribute_lines(audit)
    return [*lines, *outlook_lines(audit), *_unused_bases(audit), *_binding_lines(audit)]


def _rule_lines(audit: Audit, rule_id: str) -> list[Text]:
    counts = verdict_counts(audit)[rule_id]
    counted = len(audit.counted[rule_id])
    zh = "  ".join(f"{OUTCOME_WORDS[key].zh} {whole(value)}" for key, value in counts.items())
    en = "  ".join(f"{OUTCOME_WORDS[key].en} {whole(value)}" for key, value in counts.items())
    lines = [Text(f"  计入设施 {counted} 处；{zh}", f"  {counted} facilities counted; {en}")]
    frame = audit.coverage.frame
    for row in frame[(frame["rule_id"] == rule_id) & (frame["level"] == "study")].itertuples():
        basis, metric = basis_text(audit, row.basis), METRIC_WORDS[row.metric]
        figures = f"{whole(row.covered)} / {whole(row.total)} = {told_share(row)}"
        lines.append(
            Text(
                f"  {metric.zh} · {basis.zh}：{figures}（资料不足 {whole(row.unknown)}）",
                f"  {metric.en} · {basis.en}: {figures} (unknown {whole(row.unknown)})",
            )
        )
    return lines


def _attribute_lines(audit: Audit) -> list[Text]:
    """Rules that need no distance, one line each; those of which the data says nothing are only named."""
    counts = verdict_counts(audit)
    rules = [rule for rule in audit.rules if not rule.is_distance]
    told = [rule for rule in rules if counts[rule.rule_id]["pass"] or counts[rule.rule_id]["fail"]]
    lines = [Text("", "")] if rules else []
    for rule in told:
        limit, force, outcome = rule_limit_text(rule), force_text(rule), audit.outcomes[rule.rule_id]
        word = OUTCOME_WORDS[outcome or "not_applicable"]
        zh = "  ".join(
            f"{OUTCOME_WORDS[key].zh} {whole(value)}" for key, value in counts[rule.rule_id].items() if value
        )
        en = "  ".join(
            f"{OUTCOME_WORDS[key].en} {whole(value)}" for key, value in counts[rule.rule_id].items() if value
        )
        share = _figure(audit, rule)
        lines.append(
            Text(
                f"{rule.rule_id} {limit.zh}（{force.zh}）：{word.zh}（{zh}；{share.zh}）「{rule.clause}」",
                f"{rule.rule_id} {limit.en} ({force.en}): {word.en} ({en}; {share.en}) “{rule.clause}”",
            )
        )
    silent = [rule.rule_id for rule in rules if rule not in told]
    if silent:
        lines.append(
            Text(f"资料不足或不适用的指标：{'、'.join(silent)}", f"Unknown or not applicable: {', '.join(silent)}")
        )
    return lines


def _figure(audit: Audit, rule: Rule) -> Text:
    """The value of a rule on the study as a whole, else the share of its subjects that pass, by every metric."""
    rows = audit.verdicts.frame
    rows = rows[rows["rule_id"] == rule.rule_id]
    metrics = dict(tuple(rows.groupby("metric", sort=False, observed=True)))
    if rule.level == STUDY and all(len(mine) == 1 for mine in metrics.values()):
        word = Text("实测值", "value")
        figures = {metric: measured_text(mine["value"].iloc[0], rule) for metric, mine in metrics.items()}
    else:
        word = Text("达标率", "share")
        figures = {metric: percent(_share(mine["outcome"].value_counts())) for metric, mine in metrics.items()}
    if len(figures) == 1:
        (figure,) = figures.values()
        return Text(f"{word.zh} {figure}", f"{word.en} {figure}")
    return Text(
        f"{word.zh} " + "、".join(f"{WAY_WORDS[metric].zh} {figure}" for metric, figure in figures.items()),
        f"{word.en} " + ", ".join(f"{WAY_WORDS[metric].en} {figure}" for metric, figure in figures.items()),
    )


def _share(counts: Any) -> float | None:
    """Pass ÷ (pass + fail + unknown); null where nothing is known."""
    known = counts.get("pass", 0) + counts.get("fail", 0)
    return counts.get("pass", 0) / (known + counts.get("unknown", 0)) if known else None


def _unused_bases(audit: Audit) -> list[Text]:
    unused = unused_bases(audit)
    return [] if unused is None else [Text("", ""), unused]


def _binding_lines(audit: Audit) -> list[Text]:
    frame = audit.binding.frame.dropna(subset=["rule_id"])
    counts = frame.groupby(["rule_id", "outcome"], sort=True).size()
    lines = [Text("起控制作用的指标：", "Binding rules:")] if len(counts) else []
    for (rule_id, outcome), count in counts.items():
        word = OUTCOME_WORDS[outcome]
        lines.append(
            Text(
                f"  {rule_id}（{word.zh}）：{whole(count)} 处居住小区",
                f"  {rule_id} ({word.en}): {whole(count)} residential areas",
            )
        )
    return lines


def plan_lines(audit: Audit) -> list[Text]:
    """Every plan: its basis, its sites with their gains, and its certificate."""
    lines = [line for plan in audit.plans for line in _plan(audit, plan)]
    return [*lines, Text("", ""), union_text(audit)] if len(audit.plans) > 1 else lines


def _plan(audit: Audit, plan: Plan) -> list[Text]:
    label, basis = audit.facts.pack.types[plan.facility_type].label, plan_basis(audit, plan)
    weight = basis_text(audit, plan.weight)
    hosts = audit.candidates.frame.set_index("candidate_id") if audit.candidates is not None else None
    lines = [
        Text("", ""),
        Text(
            f"规划新增设施（建议）：{label.zh}，依据 {basis.zh}，权重 {weight.zh}",
            f"Proposed sites: {label.en}, under {basis.en}, weight {weight.en}",
        ),
    ]
    for site in plan.sites:
        host = hosts.loc[site.candidate_id].get("host") if hosts is not None else None
        place = f" {host}" if isinstance(host, str) else ""
        share, others = percent(site.share_after), others_at(audit, plan, site)
        with_zh = f"（合设：{'、'.join(each.zh for each in others)}）" if others else ""
        with_en = f" (with: {', '.join(each.en for each in others)})" if others else ""
        lines.append(
            Text(
                f"  {site.stage} 年度 第 {site.rank} 处 {site.candidate_id}{place}{with_zh}：新增 {whole(site.gain)}，"
                f"累计 {whole(site.covered_after)}（{share}）",
                f"  {site.stage} no. {site.rank} {site.candidate_id}{place}{with_en}: gains {whole(site.gain)}, "
                f"in all {whole(site.covered_after)} ({share})",
            )
        )
    curve = curve_text(plan) if plan.problem == "min_sites" else []
    lines += [Text(f"  {each.zh}", f"  {each.en}") for each in idle_texts(plan)]
    told = (*screening_notes(plan), *plan_notes(plan), *curve)
    notes = [Text(f"  {each.zh}", f"  {each.en}") for each in told]
    return [
        *lines,
        Text(
            f"  {optimality_text(plan).zh}；{uncoverable_text(plan).zh}",
            f"  {optimality_text(plan).en}; {uncoverable_text(plan).en}",
        ),
        *notes,
        *(_plan(audit, plan.relaxed) if plan.relaxed else ()),
    ]


def finding_lines(findings: Sequence[Finding], *, github: bool) -> list[Text]:
    """Findings, worst first; for GitHub as workflow annotations."""
    order = list(_GITHUB_LEVELS)
    lines = []
    for each in sorted(findings, key=lambda finding: order.index(finding.severity)):
        head = f"::{_GITHUB_LEVELS[each.severity]} title={each.code}::" if github else f"[{each.severity}] {each.code} "
        lines.append(Text(f"{head}{each.message.zh}{each.fix.zh}", f"{head}{each.message.en} {each.fix.en}"))
    if not lines and not github:
        return [Text("没有数据质检问题。", "No findings.")]
    return lines


def pack_lines(pack: Pack, *, osm: bool) -> list[Text]:
    """A pack for reading."""
    lines = [Text(f"{each.title}（{each.source}）", f"{each.title} ({each.source})") for each in pack.documents]
    for rule in pack.rules:
        targets = [pack.types[key].label for key in rule.targets]
        lines += [
            Text("", ""),
            rule_text(rule),
            Text(
                "  对象：" + "、".join(each.zh for each in targets),
                "  targets: " + ", ".join(each.en for each in targets),
            ),
        ]
        lines += [Text(f"  说明：{rule.note}", f"  note: {rule.note}")] if rule.note else []
    lines += [
        Text(f"{each.rule_id} 未评估：{each.reason}", f"{each.rule_id} not assessed: {each.reason}")
        for each in pack.not_assessed
    ]
    return lines + (_tag_lines(pack) if osm else [])


def _tag_lines(pack: Pack) -> list[Text]:
    lines = [Text("", ""), Text("设施类型与 OpenStreetMap 标签：", "Facility types and OpenStreetMap tags:")]
    for key, each in pack.types.items():
        zh = " | ".join([*each.osm, *(f"{tag}（推定）" for tag in each.osm_assumed)])
        en = " | ".join([*each.osm, *(f"{tag} (assumed)" for tag in each.osm_assumed)])
        lines.append(Text(f"  {key} {each.label.zh}：{zh or '—'}", f"  {key} {each.label.en}: {en or '—'}"))
    return lines


def league_lines(league: League, *, github: bool) -> list[Text]:
    """The studies of a batch, best first, those that could not run last; for GitHub only these, as annotations."""
    rows = league.frame.sort_values(["rank", "study"], na_position="last", kind="stable").to_dict("records")
    broken = [row for row in rows if row["status"] == "error"]
    if github:
        heads = [f"::error title={row['study']}::{row['message']}" for row in broken]
        return [Text(head, head) for head in heads]
    lines = [_league_line(row) for row in rows if row["status"] == "done"]
    lines += [
        Text(f"未能运行 {row['study']}：{row['message']}", f"could not run {row['study']}: {row['message']}")
        for row in broken
    ]
    done = len(rows) - len(broken)
    failed = sum(row["exit_code"] == 1 for row in rows)
    return [
        *lines,
        Text(
            f"研究 {len(rows)} 个：完成 {done} 个（其中约束性指标不达标或质检有错误 {failed} 个），"
            f"未能运行 {len(broken)} 个",
            f"{len(rows)} studies: {done} done ({failed} with a binding rule failed or an error found), "
            f"{len(broken)} could not run",
        ),
    ]


def _league_line(row: dict[str, Any]) -> Text:
    rank = "—" if pd.isna(row["rank"]) else str(row["rank"])
    shares = percent(row["binding_share"]), percent(row["expected_share"])
    note = (f"；{row['message']}", f"; {row['message']}") if row["message"] else ("", "")
    return Text(
        f"{rank}. {row['name']}（{row['study_id']}）：约束性达标 {shares[0]}，预期性达标 {shares[1]}{note[0]}",
        f"{rank}. {row['name']} ({row['study_id']}): binding {shares[0]}, expected {shares[1]}{note[1]}",
    )
