"""Sites chosen by hand: what they change, and how near they come to the best that candidates offer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from circle15 import judge, siting
from circle15.core.results import Evaluation, Measured
from circle15.core.tables import Checks, Facilities
from circle15.core.terms import Terms
from circle15.core.text import Text
from circle15.core.wishes import Wishes
from circle15.pipeline.assess import judged
from circle15.pipeline.ground import Ground, lay
from circle15.pipeline.plans import covered, problem_of
from circle15.pipeline.progress import Progress, silent
from circle15.read.sites import read_sites
from circle15.study import SiteSpec, Study


def evaluated(study: Study, sites: Path, progress: Progress = silent) -> Evaluation:
    """The audit without and with the sites, and each ``[[site]]`` of their types against the best plan as large.

    Raises the errors of ``read``; SchemaError where a site bears the id of a facility.
    """
    added = read_sites(sites, study.study_id, study.crs, study.pack.types)
    today = lay(study, progress)
    then = lay(study, progress, added=added)
    kinds = added.frame["type"].tolist()
    measured = []
    for number, spec in enumerate(study.sites):
        count = kinds.count(spec.facility_type)
        if count and today.hosts is not None:
            progress(Text(f"选址 {spec.plan_id}", f"siting {spec.plan_id}"), number, len(study.sites))
            measured.append(_measured(today, then, spec, count))
    return Evaluation(added, _checks(today, added), judged(today, progress), judged(then, progress), tuple(measured))


def _checks(ground: Ground, sites: Facilities) -> Checks:
    """How the sites that have a place keep to the constraint layers. None is refused for it."""
    located = sites.frame[sites.frame.geometry.notna()]
    ids, points = located["facility_id"].to_numpy(dtype=object), located.geometry.to_numpy()
    return judge.check_places(ids, points, ground.tables.get("constraints"))


def _measured(today: Ground, then: Ground, spec: SiteSpec, count: int) -> Measured:
    """The sites of one type against the best as many candidates where sites may stand, which no term binds."""
    free = replace(
        spec,
        problem="max_coverage",
        share=None,
        cap_mm=None,
        backup=False,
        stages={min(spec.stages): count},
        mandatory=(),
        terms=Terms(),
        wishes=Wishes(),
    )
    request, demand, problem = problem_of(today, free)
    best = siting.answer(request, demand, problem, siting.Effort(gap=spec.gap, seed=spec.seed))
    gain = covered(then, spec) - covered(today, spec)
    return Measured(best, count, gain)
