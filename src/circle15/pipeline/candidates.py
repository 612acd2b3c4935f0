"""Which candidates a plan may use, and why it may not use the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from circle15 import judge
from circle15.core.constraints import constraint_label
from circle15.core.errors import ConfigError
from circle15.core.limit import SYMBOLS
from circle15.core.results import Dropped, Plan, Screening
from circle15.core.tables import Candidates, Checks
from circle15.core.text import Text, first_ids
from circle15.core.units import digits
from circle15.pipeline.ground import Ground, near_pairs
from circle15.route import Places
from circle15.study import SiteSpec


@dataclass(frozen=True)
class Offer:
    """The candidates that remain and those that do not, in row order, and what all of them were put to."""

    hosts: Places
    lost: Places
    screening: Screening

    def still_there(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """The ids that name no dropped candidate."""
        gone = {each.candidate_id for each in self.screening.dropped}
        return tuple(name for name in ids if name not in gone)


def offer(ground: Ground, spec: SiteSpec, spared: frozenset[str] = frozenset()) -> Offer:
    """The candidates of a ``[[site]]``; those ``spared`` are never dropped.

    Raises ConfigError without any, and for a mandatory one that is dropped.
    """
    if ground.hosts is None or ground.checks is None:
        raise ConfigError(
            Text(
                "没有备选点，也没有可据以生成备选点的道路、小区或设施。请补充 [inputs.candidates]。",
                "there are no candidates, and no streets, homes or facilities to make them of: "
                "add [inputs.candidates].",
            )
        )
    standards = judge.holdings(ground.study.pack.rules, spec.facility_type, ground.tables["candidates"])
    dropped = (
        *_barred(ground.checks),
        *(each for standard in standards for each in _too_small(standard, ground.hosts)),
    )
    dropped = tuple(each for each in dropped if each.candidate_id not in spared)
    _refuse_mandatory(spec, dropped)
    gone = {each.candidate_id for each in dropped}
    kept = np.array([name not in gone for name in ground.hosts.ids], dtype=bool)
    layers = ground.checks.frame.groupby("constraint", sort=False)["outcome"].first()
    open_ = layers == "not_checked"
    screening = Screening(
        offered=len(kept),
        dropped=dropped,
        checked=tuple(layers.index[~open_]),
        not_checked=tuple(layers.index[open_]),
        generated=_generated(ground.tables["candidates"]),
        standards={each.rule.rule_id: int((each.unknown & kept).sum()) for each in standards},
    )
    hosts, lost = (ground.hosts.take(np.flatnonzero(rows)) for rows in (kept, ~kept))
    return Offer(hosts, lost, screening)


def with_screening(plan: Plan, ground: Ground, spec: SiteSpec, offered: Offer) -> Plan:
    """The plan with what its candidates were put to; areas that only dropped ones could cover say so."""
    near = near_pairs(ground, offered.lost, spec.metric, plan.limit_mm, spec.rule.footing)
    reached = set(ground.area_ids[near.target])
    uncoverable = tuple(
        replace(each, reason="only_dropped_candidates")
        if each.reason == "no_candidate_within_limit" and each.area_id in reached
        else each
        for each in plan.uncoverable
    )
    return replace(plan, screening=offered.screening, uncoverable=uncoverable)


def _generated(candidates: Candidates) -> int:
    return int(candidates.frame["generated"].sum()) if candidates.has("generated") else 0


def _barred(checks: Checks) -> tuple[Dropped, ...]:
    """Where no site may stand by a constraint layer."""
    failed = checks.frame[checks.frame["outcome"] == "fail"]
    return tuple(
        _by_layer(*cells) for cells in failed[["place_id", "constraint", "effect"]].itertuples(index=False, name=None)
    )


def _too_small(standard: judge.Holding, hosts: Places) -> Iterator[Dropped]:
    """Candidates known to be too small for what the pack asks of a new facility."""
    meaning, symbol = Candidates.column(standard.column).meaning, SYMBOLS[standard.limit.op]
    rule_id, least, unit = standard.rule.rule_id, f"{symbol} {digits(standard.limit.value)}", standard.limit.unit
    for row in np.flatnonzero(standard.short):
        has = digits(standard.value[row])
        reason = Text(
            f"{meaning.zh} {has}，{rule_id} 要求 {least} {unit}", f"{meaning.en} {has}, {rule_id} asks for {least}"
        )
        yield Dropped(str(hosts.ids[row]), "below_standard", rule_id, reason)


def _by_layer(candidate_id: str, name: str, effect: str) -> Dropped:
    label = constraint_label(name)
    if effect == "require":
        return Dropped(candidate_id, "outside_required", name, Text(f"在{label.zh}之外", f"outside the {label.en}"))
    return Dropped(candidate_id, "inside_forbidden", name, Text(f"在{label.zh}内", f"inside {label.en}"))


def _refuse_mandatory(spec: SiteSpec, dropped: tuple[Dropped, ...]) -> None:
    clashing = [each for each in dropped if each.candidate_id in spec.mandatory]
    if not clashing:
        return
    zh = first_ids([f"{each.candidate_id}（{each.reason.zh}）" for each in clashing])
    en = first_ids([f"{each.candidate_id} ({each.reason.en})" for each in clashing])
    raise ConfigError(
        Text(
            f"[[site]].mandatory 指定的备选点已被剔除：{zh}。请删去，或核对管控范围和备选点。",
            f"[[site]].mandatory names candidates that are dropped: {en}. Remove them, or check the constraint layers "
            f"and the candidates.",
        )
    )
