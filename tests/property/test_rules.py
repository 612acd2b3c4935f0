"""What holds of every rule kind, in studies that are drawn by lot.

Three communities in two towns lie along one street. Cells may be empty; columns are always there, because a row that
brings a new column says something of all the others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from circle15 import pipeline
from circle15.core.results import Audit
from circle15.show.console import audit_lines
from circle15.show.summary import audit_object, verdict_counts
from circle15.study import load_study
from tests.studies import write

PACK = str(Path(__file__).with_name("kinds.toml"))
STREET = [[[0, 0], [2500, 0]]]
ZONES = [
    *({"id": town, "name": town, "level": "town"} for town in ("T1", "T2")),
    *(
        {"id": code, "name": code, "level": "community", "parent_id": town}
        for code, town in (("C1", "T1"), ("C2", "T1"), ("C3", "T2"))
    ),
]
CODES = [row["id"] for row in ZONES if row["level"] == "community"]
BASES = ("households", "population", "pop60")
KINDS = ("pass", "fail", "unknown")

# A town follows from a seed and takes a third of a second, so there are few; each is assessed once for all laws.
few = pytest.mark.parametrize("seed", range(12))

Rows = list[dict[str, Any]]


def town(seed: int) -> tuple[Rows, Rows, Random]:
    """Residential areas, the first on the street, and facilities; and the random numbers for what comes after."""
    random = Random(seed)
    homes = [home(random, number) for number in range(random.randint(1, 6))]
    homes[0]["y"] = 0
    return homes, [facility(random, f"F{number}") for number in range(random.randint(1, 6))], random


def home(random: Random, number: int) -> dict[str, Any]:
    """A residential area whose weights are even, so that it can be halved."""
    return {
        "id": f"A{number}",
        "x": random.randrange(0, 1500, 50),
        "y": random.choice((0, 30, 200)),
        "community_code": random.choice((*CODES, "C1", "C1", None)),
        "built": random.choice(("new", "existing", "existing", None)),
        **{basis: mostly(random, (1000, 500, 50, 2, 0)) for basis in BASES},
    }


def facility(random: Random, facility_id: str) -> dict[str, Any]:
    place = {"x": random.randrange(0, 1500, 50), "y": random.choice((0, 40, 200))}
    return {
        "id": facility_id,
        "type": random.choice(("day_care", "day_care", "nursery", "canteen")),
        "status": mostly(random, ("operating", "operating", "operating", "operating", "planned", "closed")),
        "floor_area_m2": mostly(random, (400, 300, 200, 100, 50)),
        "beds": mostly(random, (50, 20, 5, 0)),
        "community_code": random.choice((*CODES, "C1", "C1")),
        **(place if random.random() < 0.8 else {"x": None, "y": None}),
    }


def mostly(random: Random, values: Sequence[Any]) -> Any:
    """One of the values, and now and then an empty cell."""
    return random.choice(values) if random.random() < 0.95 else None


def audit_of(residential: Rows, sites: Rows) -> Audit:
    with TemporaryDirectory() as folder:
        tables = {"residential": residential, "facilities": sites, "zone_table": ZONES}
        return pipeline.audit(load_study(write(Path(folder), PACK, tables, streets=STREET)))


@cache
def audit_of_town(seed: int) -> Audit:
    """The audit of a town as it is drawn."""
    residential, sites, _ = town(seed)
    return audit_of(residential, sites)


def passing(audit: Audit) -> set[tuple[str, str, str]]:
    rows = audit.verdicts.frame
    return set(
        rows.loc[rows["outcome"] == "pass", ["rule_id", "metric", "subject_id"]].itertuples(index=False, name=None)
    )


@few
def test_a_facility_more_lowers_nothing(seed):
    residential, sites, random = town(seed)
    before, after = audit_of_town(seed), audit_of(residential, [*sites, facility(random, "new")])
    assert passing(before) - passing(after) == set()
    amounts = before.ratios.frame.merge(
        after.ratios.frame, on=["rule_id", "zone_id", "metric"], suffixes=("", "_after")
    )
    assert not (amounts["numerator_after"] < amounts["numerator"]).any()


@few
def test_an_area_in_two_halves_changes_no_weighted_share(seed):
    residential, sites, random = town(seed)
    whole = random.choice(residential)
    half = {name: value // 2 if name in BASES and value else value for name, value in whole.items()}
    halves = [{**half, "id": "H1"}, {**half, "id": "H2"}]
    before = audit_of_town(seed)
    after = audit_of([row for row in residential if row is not whole] + halves, sites)
    keys = ["rule_id", "metric", "basis", "level", "zone_id"]
    columns = ["covered", "total", "unknown", "share", "target", "outcome"]
    weighted = [
        audit.coverage.frame[audit.coverage.frame["basis"].isin((*BASES, "zones"))].set_index(keys)[columns]
        for audit in (before, after)
    ]
    assert weighted[0].sort_index().equals(weighted[1].sort_index())


@few
def test_verdict_rows_add_up_to_every_printed_count(seed):
    residential, sites, _ = town(seed)
    audit = audit_of_town(seed)
    rows = audit.verdicts.frame.to_dict(orient="records")
    for rule in audit.rules:
        mine = Counter(row["outcome"] for row in rows if (row["rule_id"], row["metric"]) == (rule.rule_id, rule.metric))
        counts = verdict_counts(audit)[rule.rule_id]
        assert counts == {outcome: mine[outcome] for outcome in counts}
        assert audit_object(audit)["verdict_counts"][rule.rule_id] == counts
    for share in audit.coverage.frame.to_dict(orient="records"):
        assert_adds_up(share, rows, audit)
    for row in rows:
        assert row["outcome"] in ("pass", "fail") or (row["value"] != row["value"] and row["margin"] != row["margin"])
    text = "\n".join(line.zh for line in audit_lines(audit))
    assert f"居住小区 {len(residential)} 处，设施 {len(sites)} 处" in text


@pytest.mark.long
@pytest.mark.parametrize(
    "law",
    [
        test_a_facility_more_lowers_nothing,
        test_an_area_in_two_halves_changes_no_weighted_share,
        test_verdict_rows_add_up_to_every_printed_count,
    ],
    ids=lambda law: law.__name__,
)
def test_it_holds_in_many_towns(law):
    for seed in range(300):
        law(seed)


def assert_adds_up(share: dict[str, Any], rows: Rows, audit: Audit) -> None:
    """One coverage row is the sum over the verdict rows of its zone."""
    weight = weights(audit, share["basis"])
    inside = members(audit, share["level"], share["zone_id"])
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        of_rule = (row["rule_id"], row["metric"]) == (share["rule_id"], share["metric"])
        if of_rule and row["subject_id"] in inside:
            sums[row["outcome"]] += weight.get(row["subject_id"], 1.0)
    total = sum(sums[kind] for kind in KINDS)
    assert (share["covered"], share["total"], share["unknown"]) == (sums["pass"], total, sums["unknown"])
    if total:
        assert share["share"] == pytest.approx(sums["pass"] / total, abs=1e-12)
    else:
        assert share["share"] != share["share"]


def weights(audit: Audit, basis: str) -> dict[str, float]:
    if basis in ("areas", "zones"):
        return {}
    frame = audit.residential.frame
    return dict(zip(frame["area_id"], frame[basis].fillna(0.0), strict=True))


def members(audit: Audit, level: str, zone_id: str) -> set[str]:
    """The residential areas, and the zones below, of a zone or of the study."""
    if level == "study":
        return {*audit.residential.frame["area_id"], *(row["id"] for row in ZONES)}
    assert audit.membership is not None
    rows = audit.membership.frame
    below = {row["id"] for row in ZONES if row.get("parent_id") == zone_id}
    return below | set(rows.loc[(rows["level"] == level) & (rows["zone_id"] == zone_id), "area_id"])
