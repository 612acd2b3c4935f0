"""Verdicts for a metropolis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15 import judge
from circle15.core.limit import Limit
from circle15.core.rule import Amount, Ratio, Rule
from circle15.core.tables import Access, Facilities, Residential
from circle15.core.units import Pace
from tests.bench.registry import SEED, Case, Figure, Goal, Side, timed

_AREAS, _FACILITIES, _RULES = 500_000, 5_000, 40


class _Subjects(judge.Subjects):
    """Every walking rule reads the same access rows: distances are not what is measured."""

    def access_of(self, rule_id: str) -> Any:
        del rule_id
        return self.access.frame


def _residential(random: Any, count: int) -> Residential:
    homes = {
        "area_id": np.array([f"R{number:06d}" for number in range(count)], dtype=object),
        "households": random.integers(50, 900, count),
        "planned_dwellings": random.integers(50, 900, count),
        "population": random.integers(100, 2000, count),
        "pop60": random.integers(0, 400, count),
        "built": random.choice(["new", "existing"], count),
        "community_code": [f"C{number % _FACILITIES:04d}" for number in range(count)],
    }
    return Residential(gpd.GeoDataFrame(homes, geometry=shapely.points(random.random((count, 2)) * 50_000)))


def _facilities(random: Any) -> Facilities:
    sites = {
        "facility_id": [f"F{number}" for number in range(_FACILITIES)],
        "type": random.choice(["day_care", "nursery"], _FACILITIES),
        "floor_area_m2": random.integers(50, 900, _FACILITIES).astype(float),
        "community_code": [f"C{number:04d}" for number in range(_FACILITIES)],
    }
    return Facilities(gpd.GeoDataFrame(sites, geometry=shapely.points(random.random((_FACILITIES, 2)) * 50_000)))


def _access(random: Any, ids: Any) -> Any:
    walks = pd.array(random.integers(0, 3_000_000, len(ids)), dtype="Int64")
    return pd.DataFrame(
        {
            "rule_id": "S1",
            "area_id": ids,
            "facility_id": "F1",
            "distance_mm": walks,
            "home_leg_mm": walks,
            "facility_leg_mm": walks,
            "straight_mm": walks,
            "straight_facility_id": "F1",
            "state": "reached",
        }
    )


def _rules() -> list[Rule]:
    """Half of them walking times, half ratios of each area."""
    common: dict[str, Any] = {
        "targets": ("day_care",),
        "force": "binding",
        "verified": True,
        "clause": "-",
        "source": "-",
        "legal_status": "in_force",
        "metric_source": "clause",
    }
    walked: dict[str, Any] = {"kind": "within", "metric": "network", "pace": Pace("elderly", 1.0)}
    per_hundred = Ratio((Amount("facilities", "floor_area_m2"),), (Amount("people", "households"),), 100.0)
    ratio: dict[str, Any] = {
        "kind": "ratio",
        "metric": "attributes",
        "level": "area",
        "scope": {"built": "new"},
        "test": per_hundred,
    }
    return [
        Rule(rule_id=f"S{number}", limit=Limit("<=", 5 + number, "min"), **walked, **common)
        if number % 2
        else Rule(rule_id=f"Q{number}", limit=Limit(">=", 10 + number, "m2"), **ratio, **common)
        for number in range(_RULES)
    ]


def _judge(folder: Path, smoke: bool) -> Figure:
    del folder
    random = np.random.default_rng(SEED)
    residential, facilities = _residential(random, 300 if smoke else _AREAS), _facilities(random)
    ids = residential.frame["area_id"].to_numpy(dtype=object)
    rules = _rules()
    subjects = _Subjects(
        residential=residential,
        access=Access(_access(random, ids)),
        facilities=facilities,
        units=None,
        areas_in=None,
        facilities_in=None,
        operating=np.ones(_FACILITIES, dtype=bool),
        built=np.ones(_FACILITIES, dtype=bool),
        has_facilities=True,
        assignments={"serves_or_code": judge.assign(residential, facilities, "serves_or_code")},
        as_of=None,
        facility_mm=np.zeros((_FACILITIES, 2), dtype=np.int64),
        located=np.ones(_FACILITIES, dtype=bool),
    )
    return timed(lambda: _all_verdicts(rules, subjects, residential), lambda rows: f"{rows:,} verdict rows")


def _all_verdicts(rules: list[Rule], subjects: judge.Subjects, residential: Residential) -> int:
    blocks = judge.judge(rules, subjects)
    groups = judge.group(residential, None)
    judge.coverage(blocks, residential, groups, None, {})
    judge.scores(blocks, residential, groups, {})
    ids = residential.frame["area_id"].to_numpy(dtype=object)
    judge.binding(blocks, ids)
    return len(judge.verdicts(blocks, ids))


CASES = (
    Case(
        name="judge",
        what="500,000 residential areas under 40 rules, distances given: verdicts, coverage, scores, binding rules.",
        sides=(Side("circle15", _judge, goal=Goal("<=", 20), processes=1),),
        packages=("numpy", "pandas"),
    ),
)
