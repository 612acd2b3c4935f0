"""The facilities of coming dates: what opens by then, and what schedules promise and no table lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.findings import Finding
from circle15.core.rule import Milestone, Rule, Schedule
from circle15.core.tables import OPERATING, Facilities, Membership
from circle15.core.text import Text, first_ids
from circle15.judge.assignment import assign
from circle15.judge.counting import built, operating
from circle15.judge.schedule import zones_named
from circle15.judge.subjects import Subjects
from circle15.judge.units import zones_above

_UNDER_WAY = ("construction", "planned")


def coming_dates(rules: Sequence[Rule], facilities: Facilities, as_of: dt.date) -> list[dt.date]:
    """The last days of the coming years in which something opens, or a target or a milestone falls due."""
    years = {rule.year for rule in rules if rule.year}
    for rule in rules:
        if isinstance(rule.test, Schedule):
            years |= {each.year for each in rule.test.milestones} | set(rule.test.per_year)
    if facilities.has("opened"):
        opening = facilities.frame.loc[_opening(facilities, as_of), "opened"]
        years |= {int(year) for year in pd.to_datetime(opening).dt.year}
    ends = (dt.date(year, 12, 31) for year in sorted(years))
    return [end for end in ends if end > as_of]


def _opening(facilities: Facilities, as_of: dt.date) -> NDArray[np.bool_]:
    """Which facilities open after a date: with an opening date later than it, and not closed."""
    frame = facilities.frame
    if "opened" not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    later = pd.to_datetime(frame["opened"]) > pd.Timestamp(as_of)
    if "status" in frame.columns:
        later &= frame["status"].notna() & (frame["status"] != "closed").fillna(value=False)
    return np.asarray(later.to_numpy(dtype=bool))


def overdue_findings(facilities: Facilities, as_of: dt.date | None) -> list[Finding]:
    """Facilities that should be open by their date and are still planned or under construction."""
    if as_of is None or not (facilities.has("opened") and facilities.has("status")):
        return []
    frame = facilities.frame
    past = pd.to_datetime(frame["opened"]) <= pd.Timestamp(as_of)
    ids = frame.loc[past & frame["status"].isin(_UNDER_WAY), "facility_id"].tolist()
    if not ids:
        return []
    return [
        Finding.of(
            "opening_overdue",
            "warning",
            "facilities",
            ids,
            Text(
                f"{len(ids)} 处设施的启用日期已过，状态仍为在建或规划（{first_ids(ids)}），现状和展望均未计入。",
                f"{len(ids)} facilities are past their opening date and still planned or under construction "
                f"({first_ids(ids)}): they count neither today nor later.",
            ),
            Text("请更正状态，或填写新的启用日期。", "Correct the status, or give the new date."),
        )
    ]


@dataclass(frozen=True, slots=True)
class Promise:
    """A facility that a schedule dates and no table lists as open by then."""

    rule_id: str
    milestone: Milestone
    zone_id: str

    @property
    def facility_id(self) -> str:
        """What stands for it: the rule, the zone and the year."""
        return f"{self.rule_id} {self.milestone.zone} {self.milestone.year}"


def opened_by(subjects: Subjects, date: dt.date, as_of: dt.date) -> Subjects:
    """What is judged as it will stand on a coming date: those that open after ``as_of`` and by then operate."""
    facilities = subjects.facilities
    opens = _opening(facilities, as_of) & ~_opening(facilities, date)
    return _standing(subjects, facilities, opens, date)


def _standing(subjects: Subjects, facilities: Facilities, opens: NDArray[np.bool_], date: dt.date) -> Subjects:
    """The subjects with these rows operating, and of those dates."""
    frame = facilities.frame
    if "status" in frame.columns and opens.any():
        status = frame["status"].astype("object").mask(opens, OPERATING)
        facilities = Facilities.build(frame.assign(status=status))
    return replace(
        subjects,
        facilities=facilities,
        operating=operating(facilities, date),
        built=built(facilities, date),
        as_of=date,
    )


def promised(rules: Sequence[Rule], subjects: Subjects, as_of: dt.date) -> list[Promise]:
    """The milestones between ``as_of`` and the date of the subjects that no facility standing then meets."""
    date = subjects.as_of
    if date is None or subjects.facilities_in is None or not subjects.has_facilities:
        return []
    found = []
    for rule in rules:
        for each in rule.test.milestones if isinstance(rule.test, Schedule) else ():
            coming = each.stage == "in_use" and as_of < dt.date(each.year, 12, 31) <= date
            zones = zones_named(each.zone, subjects) if coming else []
            if zones and not (_of_type_in(each.facility_type, zones, subjects) & subjects.built).any():
                found.append(Promise(rule.rule_id, each, zones[0]))
    return found


def _of_type_in(facility_type: str, zones: Sequence[str], subjects: Subjects) -> NDArray[np.bool_]:
    members = subjects.facilities_in.frame if subjects.facilities_in is not None else Membership.empty().frame
    inside = members.loc[members["zone_id"].isin(zones), "area_id"]
    frame = subjects.facilities.frame
    return np.asarray(((frame["type"] == facility_type) & frame["facility_id"].isin(inside)).to_numpy(dtype=bool))


def with_promises(subjects: Subjects, promises: Sequence[Promise], date: dt.date) -> Subjects:
    """The subjects with what schedules promise: a site under way there that has no date, else one more by its zone.

    Of that nothing is known but its type and zone: it stands in no place, serves no area by name, has no beds.
    """
    frame = subjects.facilities.frame
    opens = np.zeros(len(frame), dtype=bool)
    missing = []
    for each in promises:
        here = _undated(subjects) & _of_type_in(each.milestone.facility_type, [each.zone_id], subjects) & ~opens
        rows = np.flatnonzero(here)
        if len(rows):
            opens[min(rows, key=lambda row: str(frame["facility_id"].iloc[row]))] = True
        else:
            missing.append(each)
    subjects = _standing(subjects, subjects.facilities, opens, date)
    return _with_new(subjects, missing, date) if missing else subjects


def _undated(subjects: Subjects) -> NDArray[np.bool_]:
    """Which sites are under way and have no opening date."""
    frame = subjects.facilities.frame
    if "status" not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    under_way = frame["status"].isin(_UNDER_WAY)
    return np.asarray((under_way & frame["opened"].isna() if "opened" in frame.columns else under_way).to_numpy())


def _with_new(subjects: Subjects, missing: Sequence[Promise], date: dt.date) -> Subjects:
    frame = subjects.facilities.frame
    types = [each.milestone.facility_type for each in missing]
    new: dict[str, Any] = {"facility_id": [each.facility_id for each in missing], "type": types}
    if "status" in frame.columns:
        new["status"] = [OPERATING] * len(missing)
    rows = pd.DataFrame(new).reindex(columns=frame.columns)
    whole = pd.concat([frame.astype("object"), rows.astype("object")], ignore_index=True).infer_objects()
    facilities = Facilities.build(gpd.GeoDataFrame(whole, geometry="geometry", crs=frame.crs))
    nowhere = np.zeros((len(missing), 2), dtype=np.int64)
    return replace(
        _standing(subjects, facilities, np.zeros(len(whole), dtype=bool), date),
        facilities_in=_in_zones(subjects, missing),
        assignments={by: assign(subjects.residential, facilities, by) for by in subjects.assignments},
        facility_mm=np.concatenate([subjects.facility_mm, nowhere]),
        located=np.concatenate([subjects.located, np.zeros(len(missing), dtype=bool)]),
    )


def _in_zones(subjects: Subjects, missing: Sequence[Promise]) -> Membership:
    """Where facilities lie, with the zones of the new ones and all that those lie in."""
    if subjects.units is None or subjects.facilities_in is None:
        raise ValueError("a promise without zones")
    level_of = dict(zip(subjects.units.frame["zone_id"], subjects.units.frame["level"], strict=True))
    ids = np.array([each.zone_id for each in missing], dtype=object)
    above = zones_above(subjects.units, ids)
    rows = [(each.facility_id, level_of[each.zone_id], each.zone_id) for each in missing]
    rows += [
        (missing[row].facility_id, level, zone)
        for level, zones in above.items()
        for row, zone in enumerate(zones)
        if zone is not None
    ]
    more = pd.DataFrame(rows, columns=["area_id", "level", "zone_id"]).assign(by="code")
    return Membership.build(pd.concat([subjects.facilities_in.frame, more], ignore_index=True))
