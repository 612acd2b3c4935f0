"""Sites chosen by hand: what they change, and how near they come to the best that candidates offer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from circle15 import judge, siting
from circle15.core.results import Evaluation, Kept, Measured
from circle15.core.tables import Checks, Facilities
from circle15.core.terms import Terms
from circle15.core.text import Text
from circle15.core.wishes import Wishes
from circle15.pipeline.assess import judged
from circle15.pipeline.candidates import offer
from circle15.pipeline.framing import covered, problem_of
from circle15.pipeline.ground import MARK, Ground, lay
from circle15.pipeline.progress import Progress, silent
from circle15.read.sites import read_sites
from circle15.study import SiteSpec, Study


def evaluated(study: Study, sites: Path, progress: Progress = silent) -> Evaluation:
    """The audit without and with the sites, and each ``[[site]]`` of their types against the best plan as large.

    Raises the errors of ``read``; SchemaError where a site bears the id of a facility.
    """
    added = read_sites(sites, study.study_id, study.crs, study.pack.types)
    today = lay(study, progress, offered=added)
    then = lay(study, progress, added=added)
    kinds = added.frame["type"]
    measured = []
    asked = [(each, bool(spec.also)) for spec in study.sites for each in spec.types]
    for number, (spec, of_several) in enumerate(asked):
        mine = tuple(added.frame.loc[kinds == spec.facility_type, "facility_id"].astype(str))
        if mine and today.hosts is not None:
            progress(Text(f"选址 {spec.plan_id}", f"siting {spec.plan_id}"), number, len(asked))
            hand = _Hand.of(today, added, mine)
            kept = None if of_several else _kept(today, spec, hand)
            measured.append(replace(_measured(today, then, spec, hand), kept=kept, of_several=of_several))
    return Evaluation(added, _checks(today, added), judged(today, progress), judged(then, progress), tuple(measured))


@dataclass(frozen=True, slots=True)
class _Hand:
    """Sites of one type chosen by hand: how many, those with a place among the candidates, and what was added there."""

    count: int
    ids: tuple[str, ...]
    added: frozenset[str]

    @classmethod
    def of(cls, today: Ground, added: Facilities, mine: tuple[str, ...]) -> _Hand:
        every = set(today.tables["candidates"].frame["candidate_id"].astype(str))
        located = set(added.frame.loc[added.frame.geometry.notna(), "facility_id"].astype(str))
        named = {name: name + MARK if name + MARK in every else name for name in located}
        added_ids = frozenset(name + MARK for name in located) & every
        return cls(len(mine), tuple(named[name] for name in mine if name in named), added_ids)


def _checks(ground: Ground, sites: Facilities) -> Checks:
    """How the sites that have a place keep to the constraint layers. None is refused for it."""
    located = sites.frame[sites.frame.geometry.notna()]
    ids, points = located["facility_id"].to_numpy(dtype=object), located.geometry.to_numpy()
    return judge.check_places(ids, points, ground.tables.get("constraints"))


def _covering(spec: SiteSpec, count: int) -> SiteSpec:
    """The same with the most demand covered by so many sites of one year: what places alone can be measured by."""
    return replace(
        spec,
        problem="max_coverage",
        share=None,
        cap_mm=None,
        backup=False,
        capacity="",
        stages={min(spec.stages): count},
    )


def _measured(today: Ground, then: Ground, spec: SiteSpec, hand: _Hand) -> Measured:
    """The sites of one type against the best as many candidates where sites may stand, which no term binds."""
    free = replace(
        _covering(spec, hand.count),
        mandatory=(),
        forbidden=(*spec.forbidden, *sorted(hand.added)),
        terms=Terms(),
        wishes=Wishes(),
    )
    request, demand, problem = problem_of(today, free)
    best = siting.answer(request, demand, problem, siting.Effort(gap=spec.gap, seed=spec.seed))
    gain = covered(then, spec) - covered(today, spec)
    return Measured(best, hand.count, gain)


def _kept(today: Ground, spec: SiteSpec, hand: _Hand) -> Kept | None:
    """How sites keep to all that a ``[[site]]`` asks, and the best as many candidates that do. Years are not looked at.

    The sites stand among the candidates, those that were dropped too, so that value and terms are told by the same
    numbers as those of any plan; the best has none of what was added or dropped.
    """
    year = min(spec.stages)
    asked = replace(
        _covering(spec, hand.count),
        terms=replace(spec.terms, budget=None),
        wishes=replace(spec.wishes, dates=dict.fromkeys(spec.wishes.dates, year), fewest=()),
    )
    mine = hand.added | frozenset(hand.ids)
    request, demand, problem = problem_of(today, asked, mine)
    full = siting.completed(request, demand, problem)
    terms = siting.terms_of(full)
    if not terms and not request.favours and not spec.capacity:
        return None
    rows = [full.candidate_ids.index(name) for name in hand.ids]
    chosen = siting.choice(rows, [0] * len(rows))
    barred = {each.candidate_id for each in offer(today, replace(asked, mandatory=())).screening.dropped}
    ours = [full.candidate_ids.index(name) for name in sorted(mine & (hand.added | barred))]
    rest = replace(full, forbidden=tuple(sorted({*full.forbidden, *ours})))
    best = siting.solve(rest, siting.Effort(gap=spec.gap, seed=spec.seed))
    found = best.status != "infeasible" and len(best.chosen.rows) > 0
    return Kept(
        terms=terms,
        broken=siting.broken_by(full, chosen),
        untold=(*(["budget"] if spec.terms.budget is not None else []), *(["capacity"] if spec.capacity else [])),
        preferences=request.preferences,
        scale=siting.scale_of(request.favours),
        value=siting.objective(full, chosen),
        best=best.objective if found else None,
        bound=best.bound if found else None,
        best_sites=tuple(full.candidate_ids[row] for row in best.chosen.rows),
    )
