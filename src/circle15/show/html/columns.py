"""The stories of many residential areas as columns: what popup.py tells of one, told of all in a few bytes each.

Codes are digits of base 36, one character a row, so that a column is one string. Distances are whole millimetres, and
the page's script makes the same values of them as the verdicts hold: metres, or minutes at the pace of the rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.tables import BASES, BASIS_WORDS, OUTCOMES, STATES
from circle15.core.units import MM_PER_M, SECONDS_PER_MIN
from circle15.show.families import Family, estimated_columns
from circle15.show.html.popup import PEOPLE, sites_by_area
from circle15.show.html.tables import shown_level
from circle15.show.html.words import pair
from circle15.show.tables import aligned

_DIGITS = np.array(list("0123456789abcdefghijklmnopqrstuvwxyz"))
_NOBODY = "z"
# The outcome of a home without a verdict.
_UNKNOWN = "unknown"


def home_columns(audit: Audit, groups: tuple[Family, ...]) -> bytes:
    """The columns as JSON, rows in the order of the residential areas."""
    frame = audit.residential.frame
    ids = frame["area_id"].to_numpy(dtype=object)
    ways: list[dict[str, Any]] = []
    columns = {
        "ids": ids.tolist(),
        "names": _texts(frame["name"]) if "name" in frame else None,
        "rules": {rule.rule_id: _rule(audit, rule, ids, ways) for family in groups for rule in family.rules},
        "ways": ways,
        "facilities": audit.facilities.frame["facility_id"].tolist(),
        "binding": _binding(audit, ids),
        "people": _people(audit),
        "weights": _weights(audit),
        "zones": _zones(audit, ids),
        "assumed": _repeated(frame["assumed"]) if "assumed" in frame else None,
        "edge": "" if audit.near_edge is None else _codes(np.where(audit.near_edge, 1, 0), (0, 1)),
        "sites": _sites(audit, ids),
        "outcomes": OUTCOMES,
        "states": STATES,
    }
    return json.dumps(columns, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _texts(values: Any) -> list[str | None]:
    """Cells as text, empty ones null."""
    texts: list[str | None] = values.astype(object).where(values.notna(), None).tolist()
    return texts


def _codes(values: Any, known: Sequence[Any]) -> str:
    """One digit a row: the place of its value among the known ones; z where there is none."""
    place = dict(zip(known, _DIGITS, strict=False))
    return "".join([place.get(value, _NOBODY) for value in np.asarray(values, dtype=object).tolist()])


def _repeated(values: Any) -> dict[str, Any]:
    """A column of few different texts: the texts, and which of them each row holds."""
    texts = _texts(values)
    known = sorted({text for text in texts if text is not None})
    row: dict[str | None, int] = {text: number for number, text in enumerate(known)}
    return {"words": known, "row": [row.get(text, -1) for text in texts]}


def _rule(audit: Audit, rule: Rule, ids: NDArray[np.object_], ways: list[dict[str, Any]]) -> dict[str, Any]:
    """What each metric came to, and where the way to the nearest facility stands among ``ways``."""
    verdicts = audit.verdicts.frame
    verdicts = verdicts[(verdicts["rule_id"] == rule.rule_id) & (verdicts["subject_kind"] == "area")]
    access = audit.access.frame
    rows = aligned(access[access["rule_id"] == rule.rule_id], "area_id", ids)
    way = _way(audit, rows if rule.pace is None else _by_time(rows))
    if way not in ways:
        ways.append(way)
    return {
        "way": ways.index(way),
        "most": rule.limit.most_mm(rule.pace),
        "per": MM_PER_M if rule.pace is None else float(rule.pace.mm_s * SECONDS_PER_MIN),
        "metrics": {
            metric: _metric(aligned(verdicts[verdicts["metric"] == metric], "subject_id", ids))
            for metric in rule.metrics
        },
    }


def _metric(rows: Any) -> dict[str, Any]:
    because = rows["because"].astype(object).where(rows["because"].notna(), None)
    words = sorted({word for word in because if word})
    return {
        "outcome": _codes(rows["outcome"].fillna(_UNKNOWN), OUTCOMES),
        "words": words,
        "because": _codes(because, words),
        "valued": _codes(rows["value"].notna(), (False, True)),
    }


def _by_time(rows: Any) -> Any:
    """The ways best in minutes, where a pace knows stairs or slope."""
    if "walk_mm" not in rows:
        return rows
    return rows.assign(distance_mm=rows["walk_mm"], facility_id=rows["walk_facility_id"])


def _way(audit: Audit, rows: Any) -> dict[str, Any]:
    row = {facility_id: number for number, facility_id in enumerate(audit.facilities.frame["facility_id"])}
    return {
        "network": _whole(rows["distance_mm"]),
        "straight_line": _whole(rows["straight_mm"]),
        "home_leg": _whole(rows["home_leg_mm"]),
        "facility_leg": _whole(rows["facility_leg_mm"]),
        "by_network": [row.get(each, -1) for each in _texts(rows["facility_id"])],
        "by_straight_line": [row.get(each, -1) for each in _texts(rows["straight_facility_id"])],
        "state": _codes(rows["state"], STATES),
    }


def _whole(values: Any) -> list[int]:
    """Whole millimetres, −1 where there is no distance."""
    return values.to_numpy(dtype=float, na_value=-1.0).astype(np.int64).tolist()  # type: ignore[no-any-return]


def _binding(audit: Audit, ids: NDArray[np.object_]) -> dict[str, Any]:
    rows = aligned(audit.binding.frame, "area_id", ids)
    return {"rule": _repeated(rows["rule_id"]), "outcome": _codes(rows["outcome"], OUTCOMES)}


def _people(audit: Audit) -> list[dict[str, Any]]:
    """Which of the weights are head counts, and which rows of them are estimates."""
    frame = audit.residential.frame
    marks = frame["estimated"].fillna("") if "estimated" in frame else pd.Series([""] * len(frame))
    named = marks.map(lambda mark: frozenset(mark.split("+")))
    found = []
    for column in PEOPLE:
        if column in frame and frame[column].notna().any():
            estimated = named.map(lambda names, column=column: column in names)
            found.append(
                {
                    "label": pair(BASIS_WORDS[column]),
                    "basis": column,
                    "estimated": _codes(estimated, (False, True)) if column in estimated_columns(audit) else "",
                }
            )
    return found


def _weights(audit: Audit) -> dict[str, list[float | None]]:
    """What each area weighs under every basis but counting, null where empty."""
    frame = audit.residential.frame
    return {basis: _plain(frame[basis]) for basis in BASES if basis in frame}


def _zones(audit: Audit, ids: NDArray[np.object_]) -> dict[str, dict[str, Any]]:
    """The zone of each area at the level that the page ranks."""
    level = shown_level(audit.coverage.frame)
    if level is None or audit.membership is None:
        return {}
    rows = audit.membership.frame
    rows = rows[rows["level"] == level]
    return {level: _repeated(aligned(rows, "area_id", ids)["zone_id"])}


def _plain(values: Any) -> list[float | None]:
    """Numbers, whole ones without a decimal point, and null for empty cells."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan).tolist()
    return [None if math.isnan(each) else int(each) if each == each // 1 else each for each in numbers]


def _sites(audit: Audit, ids: NDArray[np.object_]) -> dict[str, list[str]]:
    of_area = sites_by_area(audit)
    return {str(row): of_area[area_id] for row, area_id in enumerate(ids) if area_id in of_area}
