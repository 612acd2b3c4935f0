"""Which facilities count for a rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.findings import Finding
from circle15.core.rule import Rule
from circle15.core.tables import OPERATING, Facilities
from circle15.core.text import Text, first_ids
from circle15.judge.evidence import meets
from circle15.judge.subjects import PASS

_STANDING = (OPERATING, "closed", "not_handed_over")


def built(facilities: Facilities, as_of: dt.date | None) -> NDArray[np.bool_]:
    """Which facilities stand at ``as_of``, whether they operate or not: neither planned nor under construction."""
    frame = facilities.frame
    stands = np.ones(len(frame), dtype=bool)
    if facilities.has("status"):
        stands = stands & frame["status"].isin(_STANDING).to_numpy()
    return stands & _open(facilities, as_of)


def operating(facilities: Facilities, as_of: dt.date | None) -> NDArray[np.bool_]:
    """Which facilities operate, and were open by ``as_of``.

    Without a ``status`` column every row counts as operating; without an opening date a row counts as open.
    """
    operates = np.ones(len(facilities), dtype=bool)
    if facilities.has("status"):
        operates = operates & (facilities.frame["status"] == OPERATING).to_numpy()
    return operates & _open(facilities, as_of)


def _open(facilities: Facilities, as_of: dt.date | None) -> NDArray[np.bool_]:
    if as_of is None or not facilities.has("opened"):
        return np.ones(len(facilities), dtype=bool)
    opened = pd.to_datetime(facilities.frame["opened"])
    return np.asarray((opened.isna() | (opened <= pd.Timestamp(as_of))).to_numpy(), dtype=bool)


def counted(rule: Rule, facilities: Facilities, as_of: dt.date | None) -> Any:
    """Rows of the facilities that count for a distance rule: of a target type, operating, meeting its tests.

    Those built instead of those that operate where the rule is counted so.
    """
    of_type = facilities.frame["type"].isin(rule.targets).to_numpy()
    fits = meets(rule.where, facilities.frame) == PASS
    stand = built if rule.counting.stands == "built" else operating
    return np.flatnonzero(of_type & fits & stand(facilities, as_of))


def lacks_status(rule: Rule, facilities: Facilities) -> bool:
    """Whether nobody can say which facilities operate: without a status column, if the rule is counted so."""
    return rule.counting.status_absent == "unknown" and len(facilities) > 0 and not facilities.has("status")


def status_findings(facilities: Facilities) -> list[Finding]:
    """Whether it is assumed that facilities operate, or not told of some."""
    if facilities.has("status"):
        return _status_empty(facilities)
    if len(facilities) == 0:
        return []
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
        Finding.of(
            "status_empty",
            "warning",
            "facilities",
            empty,
            Text(
                f"{len(empty)} 处设施的 status（状态）为空（{first_ids(empty)}），未计入。",
                f"{len(empty)} facilities have an empty status ({first_ids(empty)}) and are not counted.",
            ),
            Text("补填 status（运营、在建、规划、关闭）。", "Fill in their status."),
        )
    ]
