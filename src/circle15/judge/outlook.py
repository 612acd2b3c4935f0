"""What dated facilities will change: shares and amounts on the date of the study and at the end of coming years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.limit import UPPER
from circle15.core.rule import REPORTED, STUDY, WHOLE_STUDY, Preference, Presence, Ratio, Rule, Schedule, Standard
from circle15.core.tables import Membership, Outlook, Residential, Units
from circle15.judge.coverage import Groups, coverage
from circle15.judge.evidence import meets
from circle15.judge.ratio import ratios
from circle15.judge.subjects import FAIL, PASS, UNKNOWN, Block, Subjects

_KEYS = ["rule_id", "level", "zone_id", "basis", "metric"]


def looks_ahead(rule: Rule) -> bool:
    """Whether a rule has shares or amounts that facilities can change: not where each facility is judged."""
    if isinstance(rule.test, Presence):
        return not rule.test.spokes
    return not isinstance(rule.test, (Standard, Preference)) and not (isinstance(rule.test, Schedule) and rule.test.due)


@dataclass(frozen=True, slots=True)
class Stand:
    """All that the outlook says of one date: what is judged then, and the verdicts.

    ``listed`` are the facilities without those that schedules promise, by which schedules themselves are judged.
    """

    date: dt.date
    subjects: Subjects
    listed: Subjects
    blocks: Sequence[Block]


def outlook(
    stands: Sequence[Stand], residential: Residential, groups: Sequence[Groups], units: Units | None
) -> Outlook:
    """The rows of all dates, in order: the study at each of them, zones where something changes."""
    columns = [column.name for column in Outlook.columns]
    frames = []
    before: Any = None
    earlier: Stand | None = None
    for stand in stands:
        rows = _rows(stand, residential, groups, units)
        news = _news(stand, earlier)
        told = rows[(rows["level"] == STUDY) | _changed(rows, before)]
        frames.append(_with_news(told, news, stand.subjects))
        before, earlier = rows, stand
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return Outlook.build(found.reindex(columns=columns))


def _rows(stand: Stand, residential: Residential, groups: Sequence[Groups], units: Units | None) -> pd.DataFrame:
    """Shares, amounts and schedules of one date."""
    rules = {block.rule.rule_id: block.rule for block in stand.blocks}
    shares = coverage(stand.blocks, residential, groups, units, {}).frame
    shares = shares.rename(columns={"target_op": "op", "target": "limit"})
    parts = [shares, _amounts(stand.blocks, residential, units), _items(stand.blocks)]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True) if any(map(len, parts)) else shares
    rows = rows.reindex(columns=[*_KEYS, "covered", "total", "unknown", "share", "value", "op", "limit", "outcome"])
    due = rows["rule_id"].map({rule_id: rule.year for rule_id, rule in rules.items()}).astype("Int64")
    value = rows["share"].where(rows["basis"] != "amount", rows["value"]).astype(float)
    inside = np.where(rows["op"].isin(UPPER), rows["limit"].astype(float) - value, value - rows["limit"].astype(float))
    early = (due > stand.date.year).fillna(value=False).to_numpy(dtype=bool)
    outcome = rows["outcome"].astype("object").mask(early, None)
    return rows.assign(due=due, distance=inside, outcome=outcome, date=stand.date.isoformat())


def _amounts(blocks: Sequence[Block], residential: Residential, units: Units | None) -> pd.DataFrame:
    """Ratios and stocks of zones and of the study; those of areas are shares already."""
    of_zones = [block for block in blocks if not block.of_areas and isinstance(block.rule.test, Ratio)]
    frame = ratios(of_zones, residential.frame["area_id"].to_numpy(dtype=object), units).frame
    frame = frame.rename(columns={"numerator": "covered", "denominator": "total"})
    return frame.assign(basis="amount", unknown=np.nan, share=np.nan)


def _items(blocks: Sequence[Block]) -> pd.DataFrame:
    """How many of what schedules ask for is done, of those that are due."""
    rows = []
    for block in blocks:
        if not isinstance(block.rule.test, Schedule):
            continue
        passed, failed, unknown = (float((block.outcome == code).sum()) for code in (PASS, FAIL, UNKNOWN))
        total = passed + failed + unknown
        outcome = None if not total else "fail" if failed else "unknown" if unknown else "pass"
        rows.append(
            {
                "rule_id": block.rule.rule_id,
                "level": STUDY,
                "zone_id": WHOLE_STUDY,
                "basis": "items",
                "metric": block.metric,
                "covered": passed,
                "total": total,
                "unknown": unknown,
                "share": passed / total if total else np.nan,
                "outcome": outcome,
            }
        )
    return pd.DataFrame(rows)


def _changed(rows: pd.DataFrame, before: pd.DataFrame | None) -> Any:
    """Which rows are not what they were on the date before."""
    if before is None:
        return np.zeros(len(rows), dtype=bool)
    figures = ["covered", "total", "unknown", "value"]
    both = rows[_KEYS].merge(before[[*_KEYS, *figures]], on=_KEYS, how="left")
    now, then = (frame[figures].astype(float).to_numpy() for frame in (rows, both))
    same = (now == then) | (np.isnan(now) & np.isnan(then))
    return ~same.all(axis=1)


def _news(stand: Stand, earlier: Stand | None) -> dict[str, list[str]]:
    """For each rule the facilities that it counts and did not on the date before."""
    if earlier is None:
        return {}
    rules = {block.rule.rule_id: block.rule for block in stand.blocks if block.rule.metric != REPORTED}
    return {rule_id: _more(rule, _spoken_of(rule, stand), _spoken_of(rule, earlier)) for rule_id, rule in rules.items()}


def _spoken_of(rule: Rule, stand: Stand) -> Subjects:
    return stand.listed if isinstance(rule.test, Schedule) else stand.subjects


def _more(rule: Rule, now: Subjects, then: Subjects) -> list[str]:
    frame, old = now.facilities.frame, then.facilities.frame["facility_id"][then.operating]
    of_type = frame["type"].isin(_types(rule)).to_numpy(dtype=bool) & (meets(rule.where, frame) != FAIL)
    fresh = now.operating & ~frame["facility_id"].isin(set(old)).to_numpy(dtype=bool)
    return sorted(frame.loc[of_type & fresh, "facility_id"].tolist())


def _types(rule: Rule) -> Iterable[str]:
    """The types of facilities that can change a rule."""
    types = set(() if isinstance(rule.test, Schedule) and rule.test.milestones else rule.targets)
    if isinstance(rule.test, Ratio):
        types |= {each for amount in (*rule.test.numerator, *rule.test.denominator) for each in amount.types}
    if isinstance(rule.test, Schedule):
        types |= {each.facility_type for each in rule.test.milestones if each.stage == "in_use"}
    return types


def _with_news(rows: pd.DataFrame, news: Mapping[str, list[str]], subjects: Subjects) -> pd.DataFrame:
    """The facilities that are new, those of the zone where the row is of one."""
    members = subjects.facilities_in.frame if subjects.facilities_in is not None else Membership.empty().frame
    inside = {zone: set(ids) for zone, ids in members.groupby("zone_id")["area_id"]}
    found = [
        [each for each in news.get(rule_id, []) if zone == WHOLE_STUDY or each in inside.get(zone, ())]
        for rule_id, zone in zip(rows["rule_id"], rows["zone_id"], strict=True)
    ]
    ids = ["; ".join(each) or None for each in found]
    return rows.assign(opened=[len(each) for each in found], facilities=ids)
