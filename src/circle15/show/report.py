"""The assessment as Markdown, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from circle15.core.results import Audit, Plan
from circle15.core.rule import FORCE_WORDS, LEGAL_WORDS, METRIC_WORDS
from circle15.core.tables import BASES, OUTCOME_WORDS
from circle15.core.text import Text
from circle15.show.numbers import percent, whole
from circle15.show.sentences import (
    STATUS_WORDS,
    basis_text,
    limit_text,
    pace_text,
    plan_basis,
    stamps,
    uncoverable_text,
)
from circle15.show.summary import verdict_counts


def report(audit: Audit) -> str:
    """report.md: basis of the figures, rules with clauses, coverage, findings, plans."""
    language = audit.facts.language
    lines = [
        *_heading(audit),
        *_rules(audit),
        *_counts(audit),
        *_coverage(audit),
        *_plan_sections(audit),
        *_findings(audit),
        *_method(audit),
    ]
    return "\n".join(line.say(language) for line in lines) + "\n"


def _heading(audit: Audit) -> list[Text]:
    facts = audit.facts
    as_of = facts.as_of or "—"
    dates = "、".join(f"{each.path} {each.data_date}" for each in facts.sources if each.data_date) or "—"
    found = [
        Text(f"# {facts.name} 覆盖评估", f"# {facts.name}: coverage assessment"),
        Text("", ""),
        *(Text(f"> **{each.zh}**", f"> **{each.en}**") for each in stamps(audit)),
        Text("", ""),
        Text(
            f"- 坐标系：{facts.crs}；数据时点：{as_of}；数据日期：{dates}",
            f"- CRS: {facts.crs}; as of: {as_of}; data of: {dates}",
        ),
    ]
    for key, value in facts.title_block.items():
        if value:
            found.append(Text(f"- {key}:{value}", f"- {key}: {value}"))
    for document in facts.pack.documents:
        legal = LEGAL_WORDS[document.legal_status]
        found.append(
            Text(
                f"- 依据：{document.title}（{document.source}，{legal.zh}）",
                f"- Plan: {document.title} ({document.source}, {legal.en})",
            )
        )
    return found


def _rules(audit: Audit) -> list[Text]:
    head = [
        Text("指标", "rule"),
        Text("限值", "limit"),
        Text("度量", "metric"),
        Text("步速", "pace"),
        Text("效力", "force"),
        Text("条文", "clause"),
        Text("计入设施", "facilities counted"),
        Text("未计入", "not counted"),
    ]
    rows = []
    for rule in audit.rules:
        of_type = int(audit.facilities.frame["type"].isin(rule.targets).sum())
        counted = len(audit.counted[rule.rule_id])
        rows.append(
            [
                _same(rule.rule_id),
                limit_text(rule.limit),
                METRIC_WORDS[rule.metric],
                pace_text(rule),
                FORCE_WORDS[rule.force],
                _same(f"{rule.clause}({rule.source})"),
                _same(str(counted)),
                _same(str(of_type - counted)),
            ]
        )
    return _section(Text("规则与条文", "Rules and clauses"), head, rows)


def _counts(audit: Audit) -> list[Text]:
    head = [Text("指标", "rule"), *OUTCOME_WORDS.values()]
    rows = [
        [_same(rule_id), *(_same(whole(counts[outcome])) for outcome in OUTCOME_WORDS)]
        for rule_id, counts in verdict_counts(audit).items()
    ]
    return _section(Text("判定结果（居住小区，按判定口径）", "Verdicts by headline metric"), head, rows)


def _coverage(audit: Audit) -> list[Text]:
    head = [
        Text("指标", "rule"),
        Text("级别", "level"),
        Text("区划", "zone"),
        Text("口径", "basis"),
        Text("度量", "metric"),
        Text("达标", "covered"),
        Text("总量", "total"),
        Text("资料不足", "unknown"),
        Text("覆盖率", "share"),
    ]
    rows = [
        [
            _same(row.rule_id),
            _same(row.level),
            _same(row.zone_id),
            basis_text(audit, row.basis),
            METRIC_WORDS[row.metric],
            _same(whole(row.covered)),
            _same(whole(row.total)),
            _same(whole(row.unknown)),
            _same(percent(row.share)),
        ]
        for row in audit.coverage.frame.itertuples()
    ]
    absent = [basis_text(audit, basis) for basis in BASES if basis not in set(audit.coverage.frame["basis"])]
    note = Text(
        "未评估的口径（数据中没有相应列或用地）：" + "、".join(each.zh for each in absent),
        "Not assessed (the data has no such column or land): " + ", ".join(each.en for each in absent),
    )
    return [*_section(Text("覆盖率", "Coverage"), head, rows), *([note, _same("")] if absent else [])]


def _plan_sections(audit: Audit) -> list[Text]:
    return [line for plan in audit.plans for line in _plan(audit, plan)]


def _plan(audit: Audit, plan: Plan) -> list[Text]:
    label, basis, weight = (
        audit.facts.pack.types[plan.facility_type].label,
        plan_basis(plan),
        basis_text(audit, plan.weight),
    )
    status = STATUS_WORDS[plan.status]
    head = [
        Text("名次", "rank"),
        Text("年度", "year"),
        Text("备选点", "candidate"),
        Text("依托设施", "host"),
        Text("新增覆盖", "gain"),
        Text("累计覆盖", "covered after"),
        Text("累计覆盖率", "share after"),
        Text("理由", "reason"),
    ]
    hosts = audit.candidates.frame.set_index("candidate_id") if audit.candidates is not None else None
    rows = []
    for site in plan.sites:
        host = hosts.loc[site.candidate_id].get("host") if hosts is not None else None
        rows.append(
            [
                _same(str(site.rank)),
                _same(str(site.stage)),
                _same(site.candidate_id),
                _same(host if isinstance(host, str) else ""),
                _same(whole(site.gain)),
                _same(whole(site.covered_after)),
                _same(percent(site.share_after)),
                site.reason,
            ]
        )
    title = Text(f"规划新增设施（建议）：{label.zh}", f"Proposed sites: {label.en}")
    return [
        *_section(title, head, rows),
        Text(f"- 选址依据：{basis.zh}；权重：{weight.zh}", f"- Under: {basis.en}; weight: {weight.en}"),
        Text(
            f"- 最优性说明：{status.zh}；方案覆盖 {whole(plan.objective)}，上界 {whole(plan.bound)}，"
            f"差距 {percent(plan.gap)}",
            f"- Certificate: {status.en}; covers {whole(plan.objective)}, bound {whole(plan.bound)}, "
            f"gap {percent(plan.gap)}",
        ),
        Text(
            f"- {uncoverable_text(plan).zh}",
            f"- {uncoverable_text(plan).en}",
        ),
        _same(""),
    ]


def _findings(audit: Audit) -> list[Text]:
    head = [
        Text("代码", "code"),
        Text("级别", "severity"),
        Text("图层", "layer"),
        Text("数量", "count"),
        Text("说明", "message"),
        Text("处理", "what to do"),
    ]
    rows = [
        [_same(each.code), _same(each.severity), _same(each.layer), _same(str(each.count)), each.message, each.fix]
        for each in audit.findings
    ]
    return _section(Text("数据质检问题", "Data health"), head, rows)


def _method(audit: Audit) -> list[Text]:
    leg = f"{audit.facts.max_access_leg_m:g}"
    return [
        Text("## 口径说明", "## Method"),
        Text("", ""),
        Text(
            f"路网距离 = 出入口至道路距离 + 道路 + 道路至设施，均以毫米整数累加；{leg} 米内没有道路的，结论为资料不足。"
            "覆盖率 = 达标 ÷（达标 + 不达标 + 资料不足）。服务范围图形仅供示意，结论由距离得出。",
            f"Network distance = access leg + streets + access leg, summed in whole millimetres; without a street "
            f"within {leg} m the outcome is unknown. Share = pass ÷ (pass + fail + unknown). Drawn areas are for "
            f"looking at; verdicts come from distances.",
        ),
    ]


def _same(text: str) -> Text:
    return Text(text, text)


def _section(title: Text, head: Sequence[Text], rows: Iterable[Sequence[Text]]) -> list[Text]:
    """A heading and a table; ``|`` and line ends inside cells are kept from breaking it."""
    found = [Text(f"## {title.zh}", f"## {title.en}"), _same(""), _line(head), _same("|" + "---|" * len(head))]
    return [*found, *(_line(row) for row in rows), _same("")]


def _line(cells: Sequence[Text]) -> Text:
    return Text(
        "| " + " | ".join(_cell(each.zh) for each in cells) + " |",
        "| " + " | ".join(_cell(each.en) for each in cells) + " |",
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
