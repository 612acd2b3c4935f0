"""The corridor: read → route → judge → site → show. The only part that knows the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circle15.core.results import Audit
from circle15.pipeline.assess import audit, judged
from circle15.pipeline.collection import gather
from circle15.pipeline.delivery import deliver, export_findings, results_folder
from circle15.pipeline.evaluation import evaluated
from circle15.pipeline.ground import Ground, lay
from circle15.pipeline.history import compared
from circle15.pipeline.plans import certificates, planned
from circle15.pipeline.progress import Progress, silent
from circle15.pipeline.reach import reach
from circle15.study import Study

__all__ = [
    "Ground",
    "Progress",
    "audit",
    "certificates",
    "deliver",
    "evaluated",
    "gather",
    "judged",
    "lay",
    "planned",
    "reach",
    "results_folder",
    "silent",
    "whole",
]


def whole(study: Study, progress: Progress = silent, outputs: Sequence[str] | None = None) -> Audit:
    """All that outputs need, those of the study unless others are named.

    Drawn areas, plans where it asks for any, changes since an earlier run, and what exports will lack.
    """
    found = planned(study, progress, draw=True) if study.sites else audit(study, progress, draw=True)
    found = compared(study, found)
    lacking = export_findings(found, study.outputs if outputs is None else outputs)
    return replace(found, findings=(*found.findings, *lacking))
