"""What changed from one run to the next: compared as written, so that rounding never looks like a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.changes import Changes, Cover, FacilityChange, Fate, InputChange, RuleChange, Run, Setting

_SUBJECT = ["rule_id", "metric", "subject_kind", "subject_id"]
_SHARE_KEYS = ["rule_id", "level", "zone_id", "basis", "metric"]
_RATIO_KEYS = ["rule_id", "level", "zone_id", "metric"]
_TEXTS = ("outcome",)


def changes(before: Run, after: Run) -> Changes:
    """Everything that differs. Rules and metrics stand in the order of the later run, those it lacks after them."""
    first, second = before.tables, after.tables
    return Changes(
        before=_head(before),
        after=_head(after),
        settings=_settings(before.manifest, after.manifest),
        inputs=_inputs(before.manifest, after.manifest),
        facilities=_facilities(first["facilities"], second["facilities"]),
        rules=_rules(before.manifest, after.manifest),
        covers=_covers(first["verdicts"], second["verdicts"]),
        shares=_rows(first["coverage"], second["coverage"], _SHARE_KEYS, ["covered", "total", "share", "outcome"]),
        ratios=_rows(first["ratios"], second["ratios"], _RATIO_KEYS, ["value", "task_share", "outcome"]),
    )


def _head(run: Run) -> dict[str, Any]:
    study = run.manifest["study"]
    return {"folder": run.where, **{key: study[key] for key in ("id", "name", "as_of")}}


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Settings that both runs have; a rule that only one of them judged is a change of rules."""
    first, second = _flat(before), _flat(after)
    return tuple(
        Setting(name, first[name], second[name]) for name in second if second[name] != first.get(name, second[name])
    )


def _flat(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a run by name, as texts."""
    documents = "; ".join(each["id"] for each in manifest["pack"]["documents"])
    found = {f"study.{key}": manifest["study"][key] for key in ("id", "name", "as_of", "sha256")}
    found |= {"pack": documents, "pack.sha256": manifest["pack"]["sha256"], "crs": manifest.get("crs")}
    found |= {"program": manifest.get("versions", {}).get("circle15")}
    for key in ("thresholds", "headline_metric", "pace_m_s"):
        found |= {f"{key}.{rule_id}": value for rule_id, value in manifest[key].items()}
    return {name: "" if value is None else str(value) for name, value in found.items()}


def _inputs(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[InputChange, ...]:
    first, second = ({each["layer"]: each for each in run["inputs"]} for run in (before, after))
    found = []
    for layer in [*second, *(each for each in first if each not in second)]:
        old, new = first.get(layer), second.get(layer)
        digests = [each["sha256"] if each else "" for each in (old, new)]
        if digests[0] != digests[1]:
            rows = [each["rows"] if each else None for each in (old, new)]
            side = "changed" if old and new else "added" if new else "removed"
            found.append(InputChange(layer, side, *digests, *rows))  # type: ignore[arg-type]  # one of the three
    return tuple(found)


def _facilities(before: Any, after: Any) -> tuple[FacilityChange, ...]:
    """Facilities that count for other rules than before, by id."""
    both = before.merge(after, on="facility_id", how="outer", suffixes=("_before", "_after")).fillna("")
    found = []
    for row in both.sort_values("facility_id", kind="stable").itertuples():
        if row.counted_before != row.counted_after:
            fate: Fate = "changed" if row.counted_before and row.counted_after else _fate(row.counted_after)
            name, kind = row.name_after or row.name_before, row.type_after or row.type_before
            counted = row.counted_before, row.counted_after
            found.append(FacilityChange(row.facility_id, name, kind, fate, *counted))
    return tuple(found)


def _fate(counted_after: str) -> Fate:
    return "opened" if counted_after else "closed"


def _rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[RuleChange, ...]:
    first, second = before["outcomes"], after["outcomes"]
    binding = set(after["can_fail_a_run"])
    return tuple(
        RuleChange(
            rule_id,
            first.get(rule_id),
            second.get(rule_id),
            worse=rule_id in binding and second.get(rule_id) == "fail" and first.get(rule_id) != "fail",
        )
        for rule_id in [*second, *(each for each in first if each not in second)]
        if first.get(rule_id) != second.get(rule_id)
    )


def _covers(before: Any, after: Any) -> tuple[Cover, ...]:
    both = before.merge(after, on=_SUBJECT, how="outer", suffixes=("_before", "_after"), indicator=True)
    both = both[(both["outcome_before"] != both["outcome_after"]) | (both["_merge"] != "both")]
    order = {key: place for place, key in enumerate(dict.fromkeys([*_groups(after), *_groups(before)]))}
    found = [_cover(key, rows) for key, rows in both.groupby(_SUBJECT[:3], sort=False)]
    kept = [each for each in found if each.gained or each.lost or each.appeared or each.gone]
    return tuple(sorted(kept, key=lambda each: order[each.rule_id, each.metric, each.subject_kind]))


def _groups(verdicts: Any) -> list[tuple[str, ...]]:
    return list(verdicts[_SUBJECT[:3]].drop_duplicates().itertuples(index=False, name=None))


def _cover(key: Any, rows: Any) -> Cover:
    rule_id, metric, kind = key
    ids = rows["subject_id"].to_numpy(dtype=object)
    was, now = (rows[f"outcome_{side}"].isin(["fail", "unknown"]).to_numpy() for side in ("before", "after"))
    had, has = (rows[f"outcome_{side}"].eq("pass").to_numpy() for side in ("before", "after"))
    there = rows["_merge"].to_numpy(dtype=object)
    return Cover(
        rule_id=rule_id,
        metric=metric,
        subject_kind=kind,
        gained=tuple(sorted(ids[was & has])),
        lost=tuple(sorted(ids[had & now])),
        appeared=int((there == "right_only").sum()),
        gone=int((there == "left_only").sum()),
    )


def _rows(before: Any, after: Any, keys: list[str], columns: list[str]) -> Any:
    """The rows in which the two tables differ, with the columns of both; texts become numbers where they are some."""
    both = before.merge(after, on=keys, how="outer", suffixes=("_before", "_after"), sort=False).fillna("")
    differs = np.zeros(len(both), dtype=bool)
    for column in columns:
        differs |= (both[f"{column}_before"] != both[f"{column}_after"]).to_numpy(dtype=bool)
    found = both.loc[differs, [*keys, *(f"{column}_{side}" for column in columns for side in ("before", "after"))]]
    numbers = [f"{each}_{side}" for each in columns if each not in _TEXTS for side in ("before", "after")]
    return found.assign(**{name: pd.to_numeric(found[name]) for name in numbers}).reset_index(drop=True)
