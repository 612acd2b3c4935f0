"""How candidates and sites keep to constraint layers, and why candidates were dropped: notes, rows, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from circle15.core.constraints import check_status, check_text, constraint_label
from circle15.core.results import Audit, Dropped, Plan, Screening
from circle15.core.tables import Checks
from circle15.core.text import Text
from circle15.show.numbers import whole
from circle15.show.sentences import joined

_COLUMNS = [
    "site_plan",
    "candidate_id",
    "host",
    "generated",
    "state",
    "stage",
    "because",
    "reason",
    "constraint_status",
    "constraint_notes",
]
# Of a place nobody checked.
UNCHECKED = ("not_checked", Text("未核查", "not checked"))
# What a console and a report name; candidates.csv has all.
_MOST_NAMED = 10


def check_notes(checks: Checks | None) -> dict[str, tuple[str, Text]]:
    """What the checks of each place come to, and each of them in words."""
    if checks is None:
        return {}
    found: dict[str, list[tuple[str, str, Any]]] = {}
    columns = ["place_id", "constraint", "effect", "outcome"]
    for place_id, *cells in checks.frame[columns].itertuples(index=False, name=None):
        found.setdefault(place_id, []).append((cells[0], cells[1], cells[2]))
    return {
        place_id: (check_status(each[2] for each in rows), joined(check_text(*each) for each in rows))
        for place_id, rows in found.items()
    }


def candidates_frame(audit: Audit) -> Any:
    """candidates.csv: every candidate of every plan, whether it was chosen, was there, or was dropped and why."""
    language, notes = audit.facts.language, check_notes(audit.checks)
    hosts = {} if audit.candidates is None else _hosts(audit.candidates.frame)
    made = audit.candidates is not None and audit.candidates.has("generated")
    rows = []
    for plan in audit.plans:
        stages = {site.candidate_id: site.stage for site in plan.sites}
        dropped = dropped_by_id(plan.screening)
        for name, host in hosts.items():
            reasons = dropped.get(name, [])
            state = "dropped" if reasons else "chosen" if name in stages else "available"
            status, note = notes.get(name, UNCHECKED)
            because = "; ".join(each.because for each in reasons)
            told = joined(each.reason for each in reasons).say(language)
            row = (plan.plan_id, name, host, made, state, stages.get(name), because, told, status, note.say(language))
            rows.append(row)
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.assign(stage=frame["stage"].astype("Int64"))


def _hosts(frame: Any) -> dict[str, Any]:
    hosts = frame["host"] if "host" in frame else [None] * len(frame)
    return dict(zip(frame["candidate_id"], hosts, strict=True))


def dropped_by_id(screening: Screening | None) -> dict[str, list[Dropped]]:
    """The reasons of each dropped candidate."""
    found: dict[str, list[Dropped]] = {}
    for each in screening.dropped if screening else ():
        found.setdefault(each.candidate_id, []).append(each)
    return found


def screening_notes(plan: Plan) -> list[Text]:
    """Which layers the candidates of a plan were checked against, and which candidates were dropped and why."""
    screening = plan.screening
    if screening is None:
        return []
    return [*_generated(screening), _layers(screening), *_dropped(screening), *_unknown(screening)]


def _generated(screening: Screening) -> list[Text]:
    """Candidates that the program made are no offer of anybody's."""
    if not screening.generated:
        return []
    count = whole(screening.generated)
    return [
        Text(
            f"备选点 {count} 处为程序生成，未经现场核实，方案只说明大致方位",
            f"{count} candidates were made by the program and seen by nobody: the plan tells whereabouts only",
        )
    ]


def _unknown(screening: Screening) -> list[Text]:
    """Standards that some of the candidates that remain may not meet, for nobody knows."""
    counts = {rule_id: count for rule_id, count in screening.standards.items() if count}
    if not counts:
        return []
    zh = "、".join(f"{rule_id}（{whole(count)} 处）" for rule_id, count in counts.items())
    en = ", ".join(f"{rule_id} ({whole(count)})" for rule_id, count in counts.items())
    return [
        Text(
            f"规模未填或为推算、能否达到下列标准尚不清楚而保留的备选点：{zh}",
            f"candidates kept although their size is not known, or estimated, for: {en}",
        )
    ]


def _layers(screening: Screening) -> Text:
    parts = []
    if screening.checked:
        parts.append(_named(screening.checked, "已核查 {0}", "checked against {0}"))
    if screening.not_checked:
        parts.append(
            _named(screening.not_checked, "未核查 {0}（未提供图层）", "not checked against {0} (no such layer)")
        )
    said = joined(parts)
    return Text(f"管控核查：{said.zh}", f"constraints: {said.en}")


def _named(names: Sequence[str], zh: str, en: str) -> Text:
    labels = [constraint_label(name) for name in names]
    return Text(zh.format("、".join(each.zh for each in labels)), en.format(", ".join(each.en for each in labels)))


def _dropped(screening: Screening) -> list[Text]:
    found = dropped_by_id(screening)
    if not found:
        return []
    named = list(found.items())[:_MOST_NAMED]
    zh = "、".join(f"{name}（{'；'.join(each.reason.zh for each in reasons)}）" for name, reasons in named)
    en = ", ".join(f"{name} ({'; '.join(each.reason.en for each in reasons)})" for name, reasons in named)
    more = ("……", " …") if len(found) > _MOST_NAMED else ("", "")
    offered, lost = whole(screening.offered), whole(screening.lost)
    return [
        Text(
            f"备选点 {offered} 处，其中剔除 {lost} 处：{zh}{more[0]}",
            f"{offered} candidates, of which {lost} were dropped: {en}{more[1]}",
        )
    ]
