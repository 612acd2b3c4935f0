"""The CSV tables of a run: UTF-8 with a byte-order mark, as Excel and WPS expect."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd
import shapely

from circle15.core.errors import ConfigError
from circle15.core.exports import EXPORT_LAYERS, HOME_TABLES, TABLE_LAYERS, rows_for, told, withheld
from circle15.core.findings import Finding
from circle15.core.results import Audit, Plan
from circle15.core.tables import Access, Repairs
from circle15.core.text import Language, Text
from circle15.core.units import MM_PER_M
from circle15.show import proof
from circle15.show.checks import UNCHECKED, candidates_frame, check_notes
from circle15.show.geometry import to_wgs84
from circle15.show.joint import own_cost
from circle15.show.numbers import plain, whole
from circle15.show.projects import projects_frame

# Decimals by column ending; everything else is written with six.
_DECIMALS = {"_m": 3, "_min": 4, "lon": 8, "lat": 8}
# No spreadsheet opens more than 1,048,576 rows: beyond twice that, verdicts are for programs, and smaller as Parquet.
MOST_CSV_ROWS = 2_000_000
# A cell that begins so is a formula to a spreadsheet, unless an apostrophe stands before it.
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")
APOSTROPHE = "'"
# What may have to stand in quotes, and an empty cell that is a row alone.
_SPECIAL, _NOTHING = frozenset(',"\r\n'), '""'


def access_frame(audit: Audit) -> Any:
    """access.csv: one row for each rule and residential area, metres and minutes."""
    frame = audit.access.frame
    metres = {name: _metres(frame[f"{name}m"]) for name in ("distance_m", "home_leg_m", "facility_leg_m", "straight_m")}
    pace = {rule.rule_id: audit.facts.pack.walking_pace(rule) for rule in audit.walked}
    speed = frame["rule_id"].map({rule_id: each.m_s for rule_id, each in pace.items()}).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "area_id": frame["area_id"],
            "rule_id": frame["rule_id"],
            "facility_id": frame["facility_id"],
            "distance_m": metres["distance_m"],
            "walk_min": _metres(Access.timed_mm(frame)) / (speed * 60),
            "home_leg_m": metres["home_leg_m"],
            "facility_leg_m": metres["facility_leg_m"],
            "access_leg_m": metres["home_leg_m"] + metres["facility_leg_m"],
            "straight_m": metres["straight_m"],
            "straight_facility_id": frame["straight_facility_id"],
            "state": frame["state"],
            "entrance_id": frame["entrance_id"],
            "reason": frame["reason"],
            **({"walk_facility_id": frame["walk_facility_id"]} if "walk_facility_id" in frame else {}),
        }
    )


def aligned(rows: Any, key: str, ids: Any) -> Any:
    """The rows in the order of these ids, which they mostly have already."""
    if len(rows) == len(ids) and (rows[key].to_numpy(dtype=object) == ids).all():
        return rows
    return rows.set_index(key).reindex(ids)


def facilities_frame(audit: Audit) -> Any:
    """facilities.csv: every facility with the rules it counts for."""
    frame = audit.facilities.frame
    rules: dict[str, list[str]] = {}
    for rule_id, ids in audit.counted.items():
        for one in ids:
            rules.setdefault(one, []).append(rule_id)
    told = {name: frame.get(name) for name in ("name", "type", "status")}
    opened = pd.to_datetime(frame["opened"]).dt.strftime("%Y-%m-%d") if "opened" in frame else None
    counts = ["; ".join(rules.get(one, ())) for one in frame["facility_id"]]
    columns = {"facility_id": frame["facility_id"], **told, "opened": opened, "counted": counts}
    return pd.DataFrame(columns, index=frame.index, dtype=object)


def pace_changes_frame(audit: Audit) -> Any:
    """pace_changes.csv: the homes that change sides between the slowest and the fastest pace."""
    frame = audit.pace_changes.frame
    return pd.DataFrame(
        {
            "rule_id": frame["rule_id"],
            "area_id": frame["area_id"],
            "distance_m": _metres(frame["distance_mm"]),
            "fails_at_m_s": frame["fails_at_m_s"],
            "passes_at_m_s": frame["passes_at_m_s"],
        }
    )


def findings_frame(findings: Sequence[Finding], language: Language) -> Any:
    """findings.csv, in the reader's language."""
    rows = [
        (
            finding.code,
            finding.severity,
            finding.layer,
            finding.count,
            "; ".join(finding.shown),
            finding.message.say(language),
            finding.fix.say(language),
        )
        for finding in findings
    ]
    return pd.DataFrame(rows, columns=["code", "severity", "layer", "count", "ids", "message", "fix"])


def plan_frame(audit: Audit) -> Any:
    """plan.csv: every proposed site of every plan."""
    columns = [
        "site_plan",
        "stage",
        "rank",
        "candidate_id",
        "facility_type",
        "site_types",
        "lon",
        "lat",
        "host",
        "zone_ids",
        "gain",
        "covered_after",
        "share_after",
        "floor_area_m2",
        "seats",
        "beds",
        "cost",
        "constraint_status",
        "constraint_notes",
        "reason",
    ]
    if audit.candidates is None:
        return pd.DataFrame(columns=columns)
    hosts = audit.candidates.frame.set_index("candidate_id")
    degrees = shapely.get_coordinates(to_wgs84(hosts.geometry.to_numpy(), audit.facts.crs, 8))
    place = dict(zip(hosts.index, degrees, strict=True))
    notes = check_notes(audit.checks)
    rows = [
        _site_row(plan, site, hosts, place, audit)
        | _checked(notes.get(site.candidate_id, UNCHECKED), audit.facts.language)
        for plan in audit.plans
        for site in plan.sites
    ]
    return pd.DataFrame(rows, columns=columns)


def plan_shares_frame(audit: Audit) -> Any:
    """plan_shares.csv: what is covered by every basis today (rank 0) and after each site of each plan."""
    columns = ["site_plan", "basis", "rank", "stage", "candidate_id", "covered_after", "total", "share_after"]
    rows = []
    for plan in audit.plans:
        sites = {site.rank: (site.stage, site.candidate_id) for site in plan.sites}
        for each in plan.shares:
            share = each.covered / each.total if each.total else None
            opened = sites.get(each.rank, (None, None))
            rows.append((plan.plan_id, each.basis, each.rank, *opened, each.covered, each.total, share))
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(stage=frame["stage"].astype("Int64"))


def allocation_frame(audit: Audit) -> Any:
    """allocation.csv: each home a plan newly covers, with the site it is nearest to once all are open."""
    columns = ["site_plan", "area_id", "candidate_id", "stage", "distance_m", "weight"]
    rows = []
    for plan in audit.plans:
        stages = {site.candidate_id: site.stage for site in plan.sites}
        rows += [
            (
                plan.plan_id,
                each.area_id,
                each.candidate_id,
                stages[each.candidate_id],
                each.distance_mm / MM_PER_M,
                each.weight,
            )
            for each in plan.allocation
        ]
    return pd.DataFrame(rows, columns=columns)


def _site_row(plan: Plan, site: Any, hosts: Any, place: Any, audit: Audit) -> dict[str, Any]:
    host = hosts.loc[site.candidate_id]
    lon, lat = place[site.candidate_id]
    return {
        "site_plan": plan.plan_id,
        "stage": site.stage,
        "rank": site.rank,
        "candidate_id": site.candidate_id,
        "facility_type": plan.facility_type,
        "site_types": "; ".join(site.types or (plan.facility_type,)),
        "lon": lon,
        "lat": lat,
        **{name: host.get(name) for name in ("host", "floor_area_m2", "seats", "beds")},
        "cost": own_cost(plan, site, host),
        "zone_ids": "; ".join(site.zone_ids),
        "gain": site.gain,
        "covered_after": site.covered_after,
        "share_after": site.share_after,
        "reason": site.reason.say(audit.facts.language),
    }


def _checked(found: tuple[str, Text], language: Language) -> dict[str, str]:
    status, notes = found
    return {"constraint_status": status, "constraint_notes": notes.say(language)}


def curve_frame(audit: Audit) -> Any:
    """curve.csv: what each number of sites of a plan covers, and what none of that number passes."""
    columns = ["site_plan", "sites", "covered", "bound", "covered_after", "share_after", "share_bound"]
    rows = [
        (
            plan.plan_id,
            each.sites,
            each.covered,
            each.bound,
            plan.covered_before + each.covered,
            (plan.covered_before + each.covered) / plan.total_weight if plan.total_weight else None,
            (plan.covered_before + each.bound) / plan.total_weight if plan.total_weight else None,
        )
        for plan in audit.plans
        for each in plan.curve
    ]
    return pd.DataFrame(rows, columns=columns)


def csv_bytes(frame: Any) -> bytes:
    """A frame as CSV: numbers without noise, empty cells for null, days, no formulas, LF line ends."""
    names = [_quoted(str(name)) for name in frame.columns]
    cells = [_cells(frame[name]) for name in frame.columns]
    if len(cells) == 1:
        cells = [[cell or _NOTHING for cell in cells[0]]]
    lines = [",".join(names), *map(",".join, zip(*cells, strict=True)), ""]
    return "\n".join(lines).encode("utf-8-sig")


def _cells(column: Any) -> list[str]:
    """A column as it stands in CSV. Most cells are there for several rules: each text or number is written once."""
    if pd.api.types.is_float_dtype(column):
        return _numbers(column)
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    found = column.astype(object).where(column.notna(), None).tolist()
    if not all(each is None or isinstance(each, str) for each in found):
        return [_cell(each) for each in found]
    known = {each: _cell(each) for each in set(found)}
    return [known[each] for each in found]


def _numbers(column: Any) -> list[str]:
    """Numbers with as many decimals as the name of their column asks for; they are told apart by their bits."""
    name = str(column.name)
    places, keep_zeros = decimals(name), name.endswith("_m")
    code, known = pd.factorize(column.to_numpy(dtype=float, na_value=np.nan).view(np.int64))
    texts = [plain(value, places, keep_zeros=keep_zeros) for value in known.view(float).tolist()]
    return np.array(texts, dtype=object)[code].tolist()  # type: ignore[no-any-return]


def decimals(name: str) -> int:
    """How many decimals the numbers of a column are written with, by how its name ends."""
    return next((places for ending, places in _DECIMALS.items() if name.endswith(ending)), 6)


def _cell(value: Any) -> str:
    """A text that no spreadsheet runs; anything else as Python says it."""
    if value is None:
        return ""
    harmless = APOSTROPHE + value if isinstance(value, str) and value.startswith(FORMULA_MARKS) else str(value)
    return _quoted(harmless)


def _quoted(text: str) -> str:
    """In quotes where it must be."""
    if _SPECIAL.isdisjoint(text):
        return text
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow([text, ""])
    return out.getvalue().removesuffix(",\n")


def _metres(column: Any) -> Any:
    return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan) / MM_PER_M


def frames(audit: Audit) -> dict[str, Any]:
    """Every table of a run by name: what the study's audience may have of it.

    What plans make only where there are any, ``repairs`` where streets were cleaned.
    """
    found = _all_frames(audit)
    if audit.facts.audience == "internal":
        return found
    return {name: _public(name, frame) for name, frame in found.items() if name not in HOME_TABLES}


def _public(name: str, frame: Any) -> Any:
    """The rows that are of no single home, without the columns that stay inside."""
    layer = TABLE_LAYERS.get(name)
    private = withheld(EXPORT_LAYERS[layer], "public") if layer else frozenset()
    return rows_for(name, frame, "public").drop(columns=[each for each in frame.columns if each in private])


def _all_frames(audit: Audit) -> dict[str, Any]:
    found = {
        "access": access_frame(audit),
        "facilities": facilities_frame(audit),
        "verdicts": audit.verdicts.frame,
        "coverage": audit.coverage.frame,
        "ratios": audit.ratios.frame,
        "outlook": audit.outlook.frame,
        "scores": audit.scores.frame,
        "equity": audit.equity.frame,
        "straight_vs_network": audit.straight_vs_network.frame,
        "pace": audit.pace_shares.frame,
        "pace_changes": pace_changes_frame(audit),
        "findings": findings_frame(told(audit.findings, audit.facts.audience), audit.facts.language),
    }
    if audit.repairs is not None:
        found["repairs"] = _repairs_frame(audit, audit.repairs)
    if not audit.plans:
        return found
    return {
        **found,
        "plan": plan_frame(audit),
        "projects": projects_frame(audit),
        "candidates": candidates_frame(audit),
        "curve": curve_frame(audit),
        "allocation": allocation_frame(audit),
        "plan_shares": plan_shares_frame(audit),
    }


def _repairs_frame(audit: Audit, repairs: Repairs) -> Any:
    """repairs.csv: what cleaning changed of the streets."""
    degrees = shapely.get_coordinates(to_wgs84(repairs.frame.geometry.to_numpy(), audit.facts.crs, 8))
    return pd.DataFrame(
        {
            "kind": repairs.frame["kind"],
            "street_id": repairs.frame["street_id"],
            "other_id": repairs.frame["other_id"],
            "moved_m": _metres(repairs.frame["moved_mm"]),
            "lon": degrees[:, 0],
            "lat": degrees[:, 1],
        }
    )


def tables(audit: Audit, most: int = MOST_CSV_ROWS) -> dict[str, bytes]:
    """Every table of a run by file name: CSV, plan.json and proof.json where there are plans.

    More verdicts than ``most`` are written as verdicts.parquet. Raises ConfigError where that needs pyarrow in vain.
    """
    found = frames(audit)
    large = {"verdicts.parquet": parquet_bytes(found.pop("verdicts"))} if len(found["verdicts"]) > most else {}
    files = {f"{name}.csv": csv_bytes(frame) for name, frame in found.items()}
    return {**files, **large, **proof.files(audit)}


def parquet_bytes(frame: Any) -> bytes:
    """A frame as Parquet. Raises ConfigError where pyarrow is missing."""
    out = BytesIO()
    try:
        frame.to_parquet(out, engine="pyarrow", index=False)
    except ImportError as error:
        raise ConfigError(
            Text(
                f"判定结果有 {whole(len(frame))} 行，须写为 Parquet，需要 pyarrow。请运行 "
                f"pip install circle15[parquet]，或分区评估。",
                f"there are {whole(len(frame))} verdicts, which are written as Parquet: that needs pyarrow. "
                f"pip install circle15[parquet], or assess the place in parts.",
            )
        ) from error
    return out.getvalue()
