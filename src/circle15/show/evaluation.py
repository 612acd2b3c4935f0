"""What sites chosen by hand change: lines on the console, rows, one JSON object."""

from __future__ import annotations

from typing import Any

from circle15.core.results import Evaluation, Kept, Measured
from circle15.core.rule import METRIC_WORDS
from circle15.core.text import Text
from circle15.show.checks import check_notes
from circle15.show.numbers import grouped, percent, whole
from circle15.show.proof import term_objects
from circle15.show.proposals import plan_basis
from circle15.show.sentences import basis_text
from circle15.show.summary import records

_NOWHERE = Text("没有位置，未核查", "no place, not checked")
# What of a [[site]] cannot be asked of sites that are only places.
_UNTOLD = {
    "budget": Text("  投资上限未核：手选点位没有投资", "  the budget is not checked: sites by hand have no cost"),
    "capacity": Text(
        "  餐位、床位未计：手选点位没有容量，以上均按距离计",
        "  seats and beds are not counted: sites by hand have none, and all of this goes by distance",
    ),
}
_KEYS = ["rule_id", "level", "zone_id", "basis", "metric"]


def evaluation_frame(found: Evaluation) -> Any:
    """Every coverage row without and with the sites."""
    before, after = (each.coverage.frame.set_index(_KEYS) for each in (found.before, found.after))
    frame = before[["total", "covered", "share"]].rename(columns={"covered": "before", "share": "share_before"})
    frame = frame.assign(after=after["covered"], share_after=after["share"])
    frame["gain"] = frame["after"] - frame["before"]
    return frame.reset_index()[[*_KEYS, "total", "before", "after", "gain", "share_before", "share_after"]]


def evaluation_lines(found: Evaluation) -> list[Text]:
    """The shares of the whole study that move, and each type against the best plan as large."""
    frame = evaluation_frame(found)
    frame = frame[frame["level"] == "study"]
    count = len(found.sites)
    lines = [Text(f"手选点位 {count} 处，全部启用后：", f"with all {count} sites:")]
    for row in frame[frame["gain"] != 0].itertuples():
        metric, basis = METRIC_WORDS[row.metric], basis_text(found.before, row.basis)
        sums = f"{whole(row.before)} → {whole(row.after)} / {whole(row.total)}"
        shares = f"{percent(row.share_before)} → {percent(row.share_after)}"
        lines.append(
            Text(
                f"  {row.rule_id} {metric.zh} · {basis.zh}：{sums}（{shares}）",
                f"  {row.rule_id} {metric.en} · {basis.en}: {sums} ({shares})",
            )
        )
    if len(lines) == 1:
        lines.append(Text("  各项覆盖率不变", "  no share moves"))
    against = [line for each in found.measured for line in (_against(found, each), *_kept(each.kept), *_apart(each))]
    return [*lines, *_checked(found), *against]


def _kept(kept: Kept | None) -> list[Text]:
    """What the sites break of what the plan is asked, and the best that breaks nothing."""
    if kept is None:
        return []
    said = [each.say() for each in kept.broken]
    words = Text("；".join(each.zh for each in said) or "无", "; ".join(each.en for each in said) or "nothing")
    value, best, bound = (
        None if each is None else _weighed(kept, each) for each in (kept.value, kept.best, kept.bound)
    )
    most = (
        Text("同数量备选点没有满足全部条件的方案", "no plan of as many candidates keeps all")
        if best is None
        else Text(
            f"满足全部条件的同数量备选点最多 {best}（上界 {bound}）",
            f"as many candidates that keep all reach {best} (bound {bound})",
        )
    )
    counted = Text("（计入优先系数）", ", preferences counted,") if kept.preferences else Text("", "")
    lines = [
        Text(
            f"  方案条件 {len(kept.terms)} 项，手选点位不满足：{words.zh}；手选新增{counted.zh} {value}，{most.zh}",
            f"  of {len(kept.terms)} conditions the sites break: {words.en}; by hand{counted.en} {value}, {most.en}",
        )
    ]
    return [*lines, *(_UNTOLD[each] for each in kept.untold)]


def _apart(each: Measured) -> list[Text]:
    if not each.of_several:
        return []
    return [
        Text(
            "  多类设施合并方案：逐类对照，合并方案的条件（名额、投资、间距等）未核对",
            "  one type of a plan of several, measured alone: the conditions of that plan were not checked",
        )
    ]


def _weighed(kept: Kept, value: int) -> str:
    return grouped(value / kept.scale)


def _checked(found: Evaluation) -> list[Text]:
    """How each site keeps to the constraint layers. Sites chosen by hand are warned of, never refused."""
    notes = check_notes(found.checks)
    lines = [
        Text("管控核查（手选点位只提示，不剔除）：", "constraints (sites chosen by hand are warned of, not dropped):")
    ]
    for name in found.sites.frame["facility_id"]:
        words = notes[name][1] if name in notes else _NOWHERE
        lines.append(Text(f"  {name}：{words.zh}", f"  {name}: {words.en}"))
    return lines


def _against(found: Evaluation, each: Measured) -> Text:
    best = each.best
    known = found.before.facts.pack.types.get(best.facility_type)
    label = known.label if known else Text(best.facility_type, best.facility_type)
    basis, weight = plan_basis(found.before, best), basis_text(found.before, best.weight)
    return Text(
        f"与最优方案对照：{label.zh}，依据 {basis.zh}，权重 {weight.zh}：手选 {each.count} 处新增 {whole(each.gain)}；"
        f"同数量备选点最多新增 {whole(best.objective)}（上界 {whole(best.bound)}）",
        f"against the best: {label.en}, under {basis.en}, weighed by {weight.en}: {each.count} by hand gain "
        f"{whole(each.gain)}; as many candidates gain {whole(best.objective)} (bound {whole(best.bound)})",
    )


def _sites(found: Evaluation) -> list[dict[str, Any]]:
    language, notes = found.before.facts.language, check_notes(found.checks)
    nowhere = "not_checked", _NOWHERE
    checks = {name: notes.get(name, nowhere) for name in found.sites.frame["facility_id"]}
    return [
        {
            **row,
            "constraint_status": checks[row["facility_id"]][0],
            "constraint_notes": checks[row["facility_id"]][1].say(language),
        }
        for row in records(found.sites.frame[["facility_id", "type"]])
    ]


def _kept_object(kept: Kept) -> dict[str, Any]:
    return {
        "terms": term_objects(kept.terms),
        "broken": term_objects(kept.broken),
        "not_checked": list(kept.untold),
        "scale": kept.scale,
        "value": kept.value,
        "best": kept.best,
        "bound": kept.bound,
        "best_sites": list(kept.best_sites),
    }


def evaluation_object(found: Evaluation) -> dict[str, Any]:
    """What ``evaluate --format json`` prints."""
    return {
        "study": found.before.facts.study_id,
        "sites": _sites(found),
        "coverage": records(evaluation_frame(found)),
        "plans": [
            {
                "site_plan": each.best.plan_id,
                "sites": each.count,
                "gain": each.gain,
                "best": each.best.objective,
                "bound": each.best.bound,
                "best_sites": [site.candidate_id for site in each.best.sites],
                "of_several": each.of_several,
                "kept": None if each.kept is None else _kept_object(each.kept),
            }
            for each in found.measured
        ],
    }
