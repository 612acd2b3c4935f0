"""Which facilities count for a rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.results import Finding
from circle15.core.rule import Rule
from circle15.core.tables import Facilities
from circle15.core.text import Text, first_ids

OPERATING = "operating"


def counted(rule: Rule, facilities: Facilities, as_of: dt.date | None) -> Any:
    """Rows of the facilities that count: of a target type, operating, and opened by ``as_of``.

    Without a ``status`` column every row counts as operating; without an opening date a row counts as open.
    """
    frame = facilities.frame
    counts = frame["type"].isin(rule.targets).to_numpy()
    if facilities.has("status"):
        counts = counts & (frame["status"] == OPERATING).to_numpy()
    if as_of is not None and facilities.has("opened"):
        opened = pd.to_datetime(frame["opened"])
        counts = counts & (opened.isna() | (opened <= pd.Timestamp(as_of))).to_numpy()
    return np.flatnonzero(counts)


def status_findings(facilities: Facilities) -> list[Finding]:
    """Whether it is assumed that facilities operate, or not told of some."""
    if facilities.has("status"):
        return _status_empty(facilities)
    return [
        Finding(
            code="status_absent",
            severity="info",
            layer="facilities",
            count=len(facilities),
            ids=(),
            message=Text(
                f"设施表没有 status（状态）列，{len(facilities)} 处设施均按运营计。",
                f"the facilities have no status column: all {len(facilities)} count as operating.",
            ),
            fix=Text("补充 status 列（运营、在建、规划、关闭）。", "Add a status column."),
        )
    ]


def _status_empty(facilities: Facilities) -> list[Finding]:
    empty = facilities.frame.loc[facilities.frame["status"].isna(), "facility_id"]
    if empty.empty:
        return []
    return [
        Finding(
            code="status_empty",
            severity="warning",
            layer="facilities",
            count=len(empty),
            ids=tuple(empty[:3]),
            message=Text(
                f"{len(empty)} 处设施的 status（状态）为空（{first_ids(empty)}），未计入。",
                f"{len(empty)} facilities have an empty status ({first_ids(empty)}) and are not counted.",
            ),
            fix=Text("补填 status（运营、在建、规划、关闭）。", "Fill in their status."),
        )
    ]
