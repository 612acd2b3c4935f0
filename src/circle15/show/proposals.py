"""Sentences on plans: what a plan sites under, how good it is at least, what binds it and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circle15.core.results import Audit, Plan, Point, Preferred, Walk
from circle15.core.rule import METRIC_WORDS
from circle15.core.tables import Candidates
from circle15.core.terms import KIND_WORDS, Term
from circle15.core.text import Text, first_ids
from circle15.show.numbers import grouped, percent, target_percent, whole
from circle15.show.sentences import joined, limit_text, speed_text

# So many numbers of sites of a curve are told in words.
_CURVE_POINTS = 8

# Why a plan leaves a home uncovered.
UNCOVERED_WORDS = {
    "no_candidate_within_limit": Text("限值内没有备选点", "no candidate within the limit"),
    "only_dropped_candidates": Text("限值内的备选点都已剔除", "every candidate within the limit was dropped"),
    "unknown_today": Text("现状资料不足", "unknown today"),
}

STATUS_WORDS = {
    "optimal": Text("已证明最优", "proven optimal"),
    "feasible": Text("可行（未证明最优）", "feasible"),
    "infeasible": Text("无可行方案", "infeasible"),
    "time_limit": Text("到达时间上限", "stopped by the clock"),
}


def plan_basis(audit: Audit, plan: Plan) -> Text:
    """What a plan sites under, with its metric and pace: a clause by its id, or an assumption never called one."""
    limit, metric = limit_text(plan.limit), METRIC_WORDS[plan.metric]
    pace = audit.facts.pack.paces.get(plan.pace) if plan.limit.unit == "min" else None
    if pace is not None:
        walked = speed_text(pace)
        metric = Text(f"{metric.zh}，步速 {walked.zh}", f"{metric.en}, pace {walked.en}")
    if plan.assumed:
        return Text(
            f"{plan.assumed}（{limit.zh}，{metric.zh}；条文未规定该限值）",
            f"assumption “{plan.assumed}” ({limit.en}, {metric.en}; no clause gives this limit)",
        )
    return Text(f"{plan.rule_id}（{limit.zh}，{metric.zh}）", f"{plan.rule_id} ({limit.en}, {metric.en})")


def optimality_text(plan: Plan) -> Text:
    """How good a plan is at least: what it covers, what none can pass, the gap between. Several years are summed."""
    status, gap = STATUS_WORDS[plan.status], percent(plan.gap)
    objective, bound = weighed(plan, plan.objective), weighed(plan, plan.bound)
    if plan.problem == "min_sites":
        return Text(
            f"{status.zh}：{_share_asked(plan).zh}，需新增设施 {objective} 处，任何方案不少于 {bound} 处，差距 {gap}",
            f"{status.en}: {_share_asked(plan).en}, {objective} sites, no plan has fewer than {bound}, gap {gap}",
        )
    if plan.walk is not None or plan.capacity:
        return _seated_text(plan) if plan.walk is None else _walk_text(plan, plan.walk)
    if plan.whole is not None:
        return _part_text(plan, plan.whole)
    if plan.preferences:
        sums = Text("各年度年末计入优先系数合计", "with preferences counted, summed over year ends,")
        one = Text("计入优先系数合计", "with preferences counted")
        words = one if len(plan.stages) == 1 else sums
        return Text(
            f"{status.zh}：覆盖 {whole(plan.covered)}，{words.zh} {objective}，上界 {bound}，差距 {gap}",
            f"{status.en}: covers {whole(plan.covered)}, {words.en} {objective}, bound {bound}, gap {gap}",
        )
    if plan.backup:
        return Text(
            f"{status.zh}：覆盖 {whole(plan.covered)}，连同第二处覆盖合计 {objective}，上界 {bound}，差距 {gap}",
            f"{status.en}: covers {whole(plan.covered)}, counting second cover {objective}, bound {bound}, gap {gap}",
        )
    year_ends = Text(f" {whole(plan.covered)}，各年度年末合计", f" {whole(plan.covered)}, summed over year ends")
    before = year_ends if len(plan.stages) > 1 else Text("", "")
    return Text(
        f"{status.zh}：覆盖{before.zh} {objective}，上界 {bound}，差距 {gap}",
        f"{status.en}: covers{before.en} {objective}, bound {bound}, gap {gap}",
    )


def _part_text(plan: Plan, joint: Plan) -> Text:
    """What one type of a plan of several covers, and how good all of them together are at least."""
    status, gap = STATUS_WORDS[plan.status], percent(plan.gap)
    year_ends = "各类、各年度年末合计", "all types, summed over year ends,"
    zh, en = year_ends if len(plan.stages) > 1 else ("各类合计", "all types")
    return Text(
        f"{status.zh}：本类覆盖 {whole(plan.covered)}；多类设施合并求解（{joint.plan_id}），"
        f"{zh} {whole(joint.objective)}，上界 {whole(joint.bound)}，差距 {gap}",
        f"{status.en}: covers {whole(plan.covered)}; solved together with other types ({joint.plan_id}), "
        f"{en} {whole(joint.objective)}, bound {whole(joint.bound)}, gap {gap}",
    )


def _seated_text(plan: Plan) -> Text:
    """How many have a place, and can have at most."""
    status, gap, capacity = STATUS_WORDS[plan.status], percent(plan.gap), Candidates.column(plan.capacity).meaning
    covered, objective, bound = whole(plan.covered), whole(plan.objective), whole(plan.bound)
    sums = Text("", "") if len(plan.stages) == 1 else Text(f"，各年度年末合计 {objective}", f", summed {objective}")
    return Text(
        f"{status.zh}：按{capacity.zh}可安排 {covered}{sums.zh}，上界 {bound}，差距 {gap}",
        f"{status.en}: {capacity.en} for {covered}{sums.en}, bound {bound}, gap {gap}",
    )


def weighed(plan: Plan, value: int) -> str:
    """A sum of a plan as it is printed: where preferences count in parts of weight, with their decimals."""
    return whole(value) if plan.scale == 1 else grouped(value / plan.scale)


def preference_notes(plan: Plan) -> list[Text]:
    """How a plan takes the preferences of the pack, each an assumption, and what they cost."""
    notes = [_preference(each) for each in plan.preferences]
    if plan.preference_price is not None:
        cost = whole(plan.preference_price)
        over = Text("", "") if len(plan.stages) == 1 else Text("（各年度年末合计）", " (summed over year ends)")
        notes.append(
            Text(
                f"优先系数的代价：不加权时覆盖至少可多 {cost}{over.zh}",
                f"what preferences cost: without them at least {cost} more is covered{over.en}",
            )
        )
    return notes


def _preference(each: Preferred) -> Text:
    factor = f"{each.factor:g}"
    if each.zones:
        names = first_ids(each.zones)
        return Text(
            f"优先 {each.rule_id}：所需人口占比高于全域的镇（街道）{len(each.zones)} 个（{names}），"
            f"其需求按 {factor} 倍计；"
            f"系数与界定均为研究假设，条文未规定",
            f"preference {each.rule_id}: what is served in the {len(each.zones)} towns whose share of such people is "
            f"above that of all ({names}) counts {factor} times; factor and towns are assumptions, given by no clause",
        )
    unsure = Text(f"，资料不足 {each.unknown} 处", f", {each.unknown} unknown") if each.unknown else Text("", "")
    new = Text("，均按新建计", ", all taken for new ones") if each.assumed else Text("", "")
    return Text(
        f"优先 {each.rule_id}：符合的备选点 {each.sites} 处{unsure.zh}{new.zh}，其覆盖按 {factor} 倍计；"
        f"系数为研究假设，条文未规定",
        f"preference {each.rule_id}: what its {each.sites} candidates{unsure.en}{new.en} serve counts {factor} times; "
        f"the factor is an assumption, no clause gives it",
    )


def _walk_text(plan: Plan, walk: Walk) -> Text:
    """The mean way with the plan, today, and the least that any plan can have."""
    status, gap = STATUS_WORDS[plan.status], percent(plan.gap)
    means = (walk.mean_m(each) for each in (plan.objective, walk.today, plan.bound))
    after, before, least = ("—" if each is None else whole(each) for each in means)
    cap = f"{walk.cap_mm / 1000:g}"
    return Text(
        f"{status.zh}：人均步行 {after} 米（现状 {before} 米，超过 {cap} 米按 {cap} 米计），"
        f"任何方案不短于 {least} 米，差距 {gap}",
        f"{status.en}: a mean walk of {after} m (today {before} m, above {cap} m counts as {cap} m), "
        f"no plan is below {least} m, gap {gap}",
    )


def _share_asked(plan: Plan) -> Text:
    """What a plan of the least sites is to reach; full covering means all that candidates can cover."""
    if plan.share is None or plan.share == 1:
        return Text("覆盖备选点能覆盖的全部", "to cover all that candidates can")
    share = target_percent(plan.share)
    return Text(f"覆盖率达到 {share}", f"to cover {share}")


def curve_text(plan: Plan) -> list[Text]:
    """The share that some numbers of sites reach, and can reach at most; nothing where the plan has no curve."""
    if len(plan.curve) < 2 or not plan.total_weight:
        return []
    step = -(-(len(plan.curve) - 1) // _CURVE_POINTS)
    shown = plan.curve[len(plan.curve) - 1 :: -step][::-1]
    said = [_point(plan, each) for each in shown]
    return [
        Text(
            "设施数与覆盖率：" + "、".join(each.zh for each in said),
            "share by number of sites: " + ", ".join(each.en for each in said),
        )
    ]


def _point(plan: Plan, point: Point) -> Text:
    share, most = (percent((plan.covered_before + each) / plan.total_weight) for each in (point.covered, point.bound))
    return Text(f"{point.sites} 处 {share}（至多 {most}）", f"{point.sites}: {share} (at most {most})")


def plan_notes(plan: Plan) -> list[Text]:
    """What binds a plan and what that costs; of an infeasible one, what clashes and what was given up."""
    notes = [*preference_notes(plan), *_zone_notes(plan), *_shared_notes(plan)]
    plan = plan if plan.whole is None else replace(plan.whole, one_more=plan.one_more)
    if plan.clash:
        notes.append(_listed("互相冲突、无法同时满足：", "These clash, no plan keeps them all: ", plan.clash))
    if plan.given_up:
        notes.append(_listed("放宽后的最好方案，不再要求：", "The best plan without: ", plan.given_up))
    for kind, price in plan.prices.items():
        words = KIND_WORDS[kind]
        notes.append(
            Text(
                f"取消{words.zh}的限制，至少多覆盖 {weighed(plan, price)}",
                f"without {words.en} at least {weighed(plan, price)} more",
            )
        )
    if plan.one_more is not None:
        year, more = max(plan.stages), weighed(plan, plan.one_more)
        notes.append(
            Text(f"{year} 年度再增加 1 处，至少多覆盖 {more}", f"one site more in {year} adds at least {more}")
        )
    return notes


def _zone_notes(plan: Plan) -> list[Text]:
    """The share of each zone that was asked for, and the zones of which least is covered."""
    asked = plan.zone_share
    if asked is None:
        return []
    share = float(asked.share)
    known = [(each.planned / each.total, each.zone_id) for each in plan.zones if each.total]
    least = [f"{zone_id} {percent(covered, share)}" for covered, zone_id in sorted(known)]
    said = target_percent(share)
    return [
        Text(
            f"{asked.level} 级单元 {len(plan.zones)} 个，各应覆盖 {said}：研究假设“{asked.label}”，条文未规定；"
            f"覆盖最低的：{first_ids(least)}",
            f"{said} of each of {len(plan.zones)} zones of level {asked.level} to be covered: assumption "
            f"“{asked.label}”, given by no clause; least covered: {first_ids(least)}",
        )
    ]


def _shared_notes(plan: Plan) -> list[Text]:
    """How many sites of a plan of several types this type has, and which of them hold another too."""
    if plan.whole is None or not plan.sites:
        return []
    shared = [site.candidate_id for site in plan.sites if len(site.types) > 1]
    named = f"：{first_ids(shared, 10)}" if shared else "", f": {first_ids(shared, 10)}" if shared else ""
    return [
        Text(
            f"各类设施共 {whole(sum(len(site.types) for site in plan.whole.sites))} 个，位于 "
            f"{whole(len(plan.whole.sites))} 处；本类 {whole(len(plan.sites))} 个，其中与其他类型合设 "
            f"{whole(len(shared))} 个{named[0]}",
            f"{whole(sum(len(site.types) for site in plan.whole.sites))} facilities of all types at "
            f"{whole(len(plan.whole.sites))} sites; {whole(len(plan.sites))} of this type, {whole(len(shared))} of "
            f"them shared with another{named[1]}",
        )
    ]


def _listed(zh: str, en: str, terms: Sequence[Term]) -> Text:
    said = joined(term.say() for term in terms)
    return Text(zh + said.zh, en + said.en)


def idle_texts(plan: Plan) -> list[Text]:
    """The years with places left empty, and why: within its terms, where it has any, no candidate gains anything."""
    zh, en = ("在各项条件之内", ": within the conditions") if plan.terms else ("", ",")
    return [
        Text(
            f"{year} 年度有空余名额：{zh}没有备选点还能增加覆盖",
            f"{year}: places left empty{en} no candidate gains anything",
        )
        for year in plan.idle_stages
    ]


def uncoverable_text(plan: Plan) -> Text:
    """How many areas stay out of the plan's reach, and of how many nobody can say."""
    reasons = [each.reason for each in plan.uncoverable]
    unknown, lost = reasons.count("unknown_today"), reasons.count("only_dropped_candidates")
    beyond = len(reasons) - unknown
    barred = (
        Text(f"（其中 {lost} 处只有已剔除的备选点够得到）", f" ({lost} of them in reach of dropped ones)")
        if lost
        else Text("", "")
    )
    return Text(
        f"备选点覆盖不到的居住小区 {beyond} 处{barred.zh}，资料不足的 {unknown} 处",
        f"{beyond} residential areas out of reach of every candidate{barred.en}, {unknown} unknown",
    )
