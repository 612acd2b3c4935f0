"""Distances, attributes and a pack → verdicts, coverage, scores. Every count is a sum over verdict rows."""

from circle15.judge.binding import binding
from circle15.judge.counting import counted, status_findings
from circle15.judge.coverage import Groups, coverage, group
from circle15.judge.health import health, near_edge
from circle15.judge.kinds import KINDS, judge
from circle15.judge.land import are_parcels, land_intersection
from circle15.judge.scores import score_basis, scores
from circle15.judge.subjects import Block, Subjects, verdicts

__all__ = [
    "KINDS",
    "Block",
    "Groups",
    "Subjects",
    "are_parcels",
    "binding",
    "counted",
    "coverage",
    "group",
    "health",
    "judge",
    "land_intersection",
    "near_edge",
    "score_basis",
    "scores",
    "status_findings",
    "verdicts",
]
