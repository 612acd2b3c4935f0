"""plan.json and proof.json: plans, and the multipliers that prove their bounds; written, and read again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from circle15.core.errors import OutputError
from circle15.core.results import Audience, Audit, Multipliers, Plan, Preferred, Walk
from circle15.core.terms import Term
from circle15.core.text import Text
from circle15.core.wishes import ZoneShare
from circle15.show.joint import joined

PLANS = "plan.json"
PROOFS = "proof.json"
# What a stored plan must say for its certificate to be checked again.
_NUMBERS = ("objective", "bound", "proven")
_CERTIFIED = {"site_plan", "sites", "site_stages", "status", "bound_kind", "curve", *_NUMBERS}
# What a plan of several types says of each type, and of itself as one only what must be there.
_OF_PARTS_ALONE = (
    "facility_type",
    "rule_id",
    "assumption",
    "metric",
    "limit",
    "pace",
    "weight",
    "weight_estimated",
    "covered_before",
    "total_weight",
    "idle_stages",
    "one_more",
    "uncoverable",
    "uncoverable_count",
    "candidates",
    "generated",
    "constraints",
    "size_unknown",
    "dropped",
    "dropped_count",
)
_OF_A_PART = ("site_plan", "stages", "sites", "site_stages", *_OF_PARTS_ALONE)
_STEP = ("scale", "scaled", "split_stage")
_LISTS = ("rows", "places", "targets")


def files(audit: Audit) -> dict[str, bytes]:
    """plan.json and proof.json; nothing where there are no plans, and no proof, which is by homes, for the public."""
    if not audit.plans:
        return {}
    audience = audit.facts.audience
    plans = json.dumps(plan_objects(audit), ensure_ascii=False, indent=2)
    if audience == "public":
        return {PLANS: (plans + "\n").encode()}
    ids = audit.residential.frame["area_id"].to_numpy(dtype=object)
    proofs = [_proof(plan, _named(plan, ids)) for plan, _ in joined(audit.plans)]
    return {
        PLANS: (plans + "\n").encode(),
        PROOFS: (json.dumps(proofs, ensure_ascii=False, separators=(",", ":")) + "\n").encode(),
    }


def _proof(plan: Plan, names: Any) -> dict[str, Any]:
    steps, curve = [_link_object(link, names) for link in plan.proof], None
    if plan.curve_proof is not None:
        made = plan.curve_proof
        links = [_link_object(link, names) for link in made.links]
        curve = {"most": made.most, "order": list(made.order), "steps": links}
    return {"site_plan": plan.plan_id, "sha256": _digest(steps, curve), "steps": steps, "curve": curve}


def _named(plan: Plan, ids: Any) -> Any:
    """What the multipliers of a plan belong to."""
    names = ids if plan.walk is None else np.array(plan.walk.names, dtype=object)
    names = names[:0] if plan.types else names
    return np.concatenate([names, np.array(plan.extra, dtype=object)])


def _walk(plan: Plan, walk: Walk) -> dict[str, Any]:
    return {
        "cap_m": walk.cap_mm / 1000,
        "people": walk.people,
        "today": walk.today,
        "mean_m_today": _rounded(walk.mean_m(walk.today)),
        "mean_m": _rounded(walk.mean_m(plan.objective)),
        "mean_m_bound": _rounded(walk.mean_m(plan.bound)),
    }


def _preference(each: Preferred) -> dict[str, Any]:
    return {
        "rule_id": each.rule_id,
        "factor": each.factor,
        "basis": "assumption",
        "candidates": each.sites,
        "unknown": each.unknown,
        "zones": list(each.zones),
        "taken_for_new": each.assumed,
    }


def _zone_share(plan: Plan, asked: ZoneShare) -> dict[str, Any]:
    return {
        "level": asked.level,
        "urban_rural": asked.urban_rural or None,
        "covered": float(asked.share),
        "basis": "assumption",
        "label": asked.label,
        "zones": [
            {"zone_id": each.zone_id, "total": each.total, "covered_before": each.today, "covered_after": each.planned}
            for each in plan.zones
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def plan_objects(audit: Audit) -> list[dict[str, Any]]:
    """The plans of plan.json: one of several types with what is told of each of its ``parts``."""
    audience = audit.facts.audience
    return [
        _whole_object(plan, parts, audience) if parts else plan_object(plan, audience)
        for plan, parts in joined(audit.plans)
    ]


def _whole_object(plan: Plan, parts: Sequence[Plan], audience: Audience) -> dict[str, Any]:
    """A plan of several types. What differs from type to type, and who is out of reach, stands in its parts."""
    found = {name: value for name, value in plan_object(plan, audience).items() if name not in _OF_PARTS_ALONE}
    relaxed = [part.relaxed for part in parts if part.relaxed is not None]
    return {
        **found,
        "facility_types": list(plan.types),
        "site_types": [list(site.types) for site in plan.sites],
        "relaxed": _whole_object(plan.relaxed, relaxed, audience) if plan.relaxed else None,
        "parts": [_part_object(part, audience) for part in parts],
    }


def _part_object(part: Plan, audience: Audience) -> dict[str, Any]:
    found = plan_object(part, audience)
    told = {name: value for name, value in found.items() if name in _OF_A_PART}
    return {**told, "covered": part.covered, "gains": [site.gain for site in part.sites]}


def plan_object(plan: Plan, audience: Audience) -> dict[str, Any]:
    """One plan of plan.json: its certificate can be checked again from this, its proof and the raw coverage.

    The public is told how many areas no candidate covers for which reason, not which.
    """
    return {
        "site_plan": plan.plan_id,
        "problem": plan.problem,
        "share": plan.share,
        "need": plan.need,
        "backup": plan.backup,
        "capacity": plan.capacity or None,
        "walk": None if plan.walk is None else _walk(plan, plan.walk),
        "facility_type": plan.facility_type,
        "rule_id": plan.rule_id or None,
        "assumption": plan.assumed or None,
        "metric": plan.metric,
        "limit": {"op": plan.limit.op, "value": plan.limit.value, "unit": plan.limit.unit},
        "pace": plan.pace or None,
        "weight": plan.weight,
        "weight_estimated": plan.weight_estimated,
        "stages": {str(year): places for year, places in plan.stages.items()},
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": round(plan.gap, 9),
        "bound_kind": plan.bound_kind,
        "proven": plan.proven,
        "sites": [site.candidate_id for site in plan.sites],
        "site_stages": [site.stage for site in plan.sites],
        "covered_before": plan.covered_before,
        "total_weight": plan.total_weight,
        "idle_stages": list(plan.idle_stages),
        "scale": plan.scale,
        "preferences": [_preference(each) for each in plan.preferences],
        "preference_price": plan.preference_price,
        "zone_share": None if plan.zone_share is None else _zone_share(plan, plan.zone_share),
        "terms": term_objects(plan.terms),
        "prices": dict(plan.prices),
        "one_more": plan.one_more,
        "curve": [{"sites": each.sites, "covered": each.covered, "bound": each.bound} for each in plan.curve],
        "alternatives": {
            site.candidate_id: {each.candidate_id: each.loss for each in site.alternatives} for site in plan.sites
        },
        "clash": term_objects(plan.clash),
        "given_up": term_objects(plan.given_up),
        "relaxed": plan_object(plan.relaxed, audience) if plan.relaxed else None,
        **_uncoverable(plan, audience),
        **_screened(plan, audience),
    }


def _screened(plan: Plan, audience: Audience) -> dict[str, Any]:
    """What the candidates were checked against, and which were dropped; the public is told how many for what."""
    found = plan.screening
    if found is None:
        return {}
    layers = {"checked": list(found.checked), "not_checked": list(found.not_checked)}
    told = {
        "candidates": found.offered,
        "generated": found.generated,
        "constraints": layers,
        "size_unknown": dict(found.standards),
    }
    if audience == "public":
        counts = Counter(each.because for each in found.dropped)
        return {**told, "dropped_count": dict(sorted(counts.items()))}
    dropped = [{"candidate_id": each.candidate_id, "because": each.because, "by": each.by} for each in found.dropped]
    return {**told, "dropped": dropped}


def _uncoverable(plan: Plan, audience: Audience) -> dict[str, Any]:
    if audience == "public":
        return {"uncoverable_count": dict(sorted(Counter(each.reason for each in plan.uncoverable).items()))}
    return {"uncoverable": [{"area_id": each.area_id, "reason": each.reason} for each in plan.uncoverable]}


def term_objects(terms: Sequence[Term]) -> list[dict[str, Any]]:
    """Constraints as they stand in files."""
    return [{"kind": each.kind, "zone_id": each.name or None, "number": each.number} for each in terms]


def _link_object(link: Multipliers, ids: Any) -> dict[str, Any]:
    return {
        "scale": link.scale,
        "scaled": link.scaled,
        "split": link.split or None,
        "split_stage": link.split_stage,
        **{name: getattr(link, name).tolist() for name in _LISTS},
        "demand": dict(zip(ids[link.areas].tolist(), link.demand.tolist(), strict=True)),
    }


def read_plans(folder: Path) -> list[dict[str, Any]]:
    """The stored plans of a run, each with its ``proof``. Raises OutputError if there are none to be read."""
    try:
        plans, proofs = (json.loads((folder / name).read_text(encoding="utf-8")) for name in (PLANS, PROOFS))
    except (OSError, ValueError) as error:
        raise _unreadable(folder) from error
    if not _are(plans, _is_plan) or not _are(proofs, _is_proof):
        raise _unreadable(folder)
    by_plan = {each["site_plan"]: each for each in proofs}
    if not by_plan.keys() >= {plan["site_plan"] for plan in plans}:
        raise _unreadable(folder)
    return [_joined(plan, by_plan[plan["site_plan"]]) for plan in plans]


def _joined(plan: dict[str, Any], proof: dict[str, Any]) -> dict[str, Any]:
    """A stored plan with its proof, and whether that is as it was written."""
    intact = proof["sha256"] == _digest(proof["steps"], proof["curve"])
    return {**plan, "proof": proof["steps"], "curve_proof": proof["curve"], "intact": intact}


def _digest(steps: list[dict[str, Any]], curve: dict[str, Any] | None) -> str:
    """Of the multipliers of a proof: one that was changed is found even where the bound stays the same."""
    return hashlib.sha256(json.dumps([steps, curve], separators=(",", ":")).encode()).hexdigest()


def _are(found: Any, kind: Callable[[Any], bool]) -> bool:
    return isinstance(found, list) and all(map(kind, found))


def _is_proof(proof: Any) -> bool:
    return (
        isinstance(proof, dict)
        and proof.keys() >= {"site_plan", "steps", "sha256", "curve"}
        and isinstance(proof["site_plan"], str)
        and _are(proof["steps"], _is_link)
        and (proof["curve"] is None or _is_curve(proof["curve"]))
    )


def _is_curve(curve: Any) -> bool:
    return (
        isinstance(curve, dict)
        and curve.keys() >= {"most", "order", "steps"}
        and _is_whole(curve["most"])
        and curve["most"] >= 0
        and _are(curve["order"], lambda each: isinstance(each, str))
        and _are(curve["steps"], lambda each: _is_link(each) and len(each["places"]) == 1)
    )


def _is_point(point: Any) -> bool:
    names = ("sites", "covered", "bound")
    return isinstance(point, dict) and point.keys() >= {*names} and all(_is_whole(point[name]) for name in names)


def _is_plan(plan: Any) -> bool:
    return (
        isinstance(plan, dict)
        and plan.keys() >= _CERTIFIED
        and isinstance(plan["site_plan"], str)
        and isinstance(plan["sites"], list)
        and all(isinstance(each, str) for each in plan["sites"])
        and _are_whole(plan["site_stages"])
        and ("site_types" not in plan or _are_types(plan))
        and all(_is_whole(plan[name]) for name in _NUMBERS)
        and _are(plan["curve"], _is_point)
    )


def _are_types(plan: dict[str, Any]) -> bool:
    """Whether each site says what it holds."""
    found = plan["site_types"]
    return _are(found, lambda each: _are(each, lambda kind: isinstance(kind, str))) and len(found) == len(
        plan["sites"]
    ) == len(plan["site_stages"])


def _is_link(link: Any) -> bool:
    return (
        isinstance(link, dict)
        and link.keys() >= {*_STEP, "split", "demand", *_LISTS}
        and (link["split"] is None or isinstance(link["split"], str))
        and all(_is_whole(link[name]) for name in _STEP)
        and all(_are_whole(link[name]) for name in _LISTS)
        and isinstance(link["demand"], dict)
        and all(_are_whole(each) and len(each) == len(link["places"]) for each in link["demand"].values())
    )


def _are_whole(values: Any) -> bool:
    return isinstance(values, list) and all(map(_is_whole, values))


def _is_whole(value: Any) -> bool:
    """A whole number that 64 bits hold."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _unreadable(folder: Path) -> OutputError:
    return OutputError(
        Text(
            f"{folder / PLANS} 或 {PROOFS} 不存在或无法读取。请先运行 circle15 site；"
            f'公开成果不含 {PROOFS}，核对时用 audience = "internal"。',
            f"{folder / PLANS} or {PROOFS} is missing or unreadable: run circle15 site first. "
            f'What is public has no {PROOFS}: check with audience = "internal".',
        )
    )
