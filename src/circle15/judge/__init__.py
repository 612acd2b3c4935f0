"""Distances, attributes and a pack → verdicts, coverage, scores. Every count is a sum over verdict rows."""

from circle15.judge.assignment import assign, serving_findings
from circle15.judge.binding import binding
from circle15.judge.border import border_findings
from circle15.judge.changes import changes
from circle15.judge.coming import coming_dates, opened_by, overdue_findings, promised, with_promises
from circle15.judge.compasses import straight_vs_network
from circle15.judge.constraints import check_places
from circle15.judge.counting import built, counted, lacks_status, operating, status_findings
from circle15.judge.coverage import Groups, coverage, group, study_outcome
from circle15.judge.equity import Catchment, basis_of, capacities, equity, equity_findings
from circle15.judge.health import health, near_edge
from circle15.judge.holding import Holding, holdings
from circle15.judge.kinds import KINDS, judge
from circle15.judge.land import are_parcels, land_intersection
from circle15.judge.league import figures, league, study_figures
from circle15.judge.outlook import Stand, looks_ahead, outlook
from circle15.judge.pace import Walks, pace_changes, pace_shares, parse_paces
from circle15.judge.preference import Favoured, favoured, is_of_zones, leaning
from circle15.judge.presence import may_count
from circle15.judge.ratio import ratios
from circle15.judge.schedule import zones_named
from circle15.judge.scores import score_basis, scores
from circle15.judge.subjects import Block, Subjects, verdicts

__all__ = [
    "KINDS",
    "Block",
    "Catchment",
    "Favoured",
    "Groups",
    "Holding",
    "Stand",
    "Subjects",
    "Walks",
    "are_parcels",
    "assign",
    "basis_of",
    "binding",
    "border_findings",
    "built",
    "capacities",
    "changes",
    "check_places",
    "coming_dates",
    "counted",
    "coverage",
    "equity",
    "equity_findings",
    "favoured",
    "figures",
    "group",
    "health",
    "holdings",
    "is_of_zones",
    "judge",
    "lacks_status",
    "land_intersection",
    "league",
    "leaning",
    "looks_ahead",
    "may_count",
    "near_edge",
    "opened_by",
    "operating",
    "outlook",
    "overdue_findings",
    "pace_changes",
    "pace_shares",
    "parse_paces",
    "promised",
    "ratios",
    "score_basis",
    "scores",
    "serving_findings",
    "status_findings",
    "straight_vs_network",
    "study_figures",
    "study_outcome",
    "verdicts",
    "with_promises",
    "zones_named",
]
