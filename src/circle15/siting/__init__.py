"""Unserved demand and candidates → a plan, with a bound that holds."""

from circle15.siting.aims import Aim, Dated, Quarter
from circle15.siting.certificate import Certificate, Claim, certify, certify_curve
from circle15.siting.effort import Effort
from circle15.siting.favour import Favour, scale_of
from circle15.siting.generation import generate
from circle15.siting.joint import Held, Joint, Part, answer_joint, join
from circle15.siting.plan import (
    Demand,
    Request,
    Sites,
    Walks,
    answer,
    completed,
    describe,
    frame_problem,
    median_of,
    needed,
    rows_of,
)
from circle15.siting.problem import Problem, choice, objective
from circle15.siting.solve import Solution, solve
from circle15.siting.terms import broken_by, terms_of

__all__ = [
    "Aim",
    "Certificate",
    "Claim",
    "Dated",
    "Demand",
    "Effort",
    "Favour",
    "Held",
    "Joint",
    "Part",
    "Problem",
    "Quarter",
    "Request",
    "Sites",
    "Solution",
    "Walks",
    "answer",
    "answer_joint",
    "broken_by",
    "certify",
    "certify_curve",
    "choice",
    "completed",
    "describe",
    "frame_problem",
    "generate",
    "join",
    "median_of",
    "needed",
    "objective",
    "rows_of",
    "scale_of",
    "solve",
    "terms_of",
]
