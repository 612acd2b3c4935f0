"""Unserved demand and candidates → a plan, with a bound that holds."""

from circle15.siting.certificate import Certificate, Claim, certify
from circle15.siting.greedy import solve
from circle15.siting.plan import Demand, Request, describe, frame_problem
from circle15.siting.problem import Problem

__all__ = ["Certificate", "Claim", "Demand", "Problem", "Request", "certify", "describe", "frame_problem", "solve"]
