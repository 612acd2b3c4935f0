"""Constraint layers: what each area asks for, and whether the layer has anything to do with the study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from circle15.core.constraints import CONTROLS, EFFECT_WORDS, constraint_label, control_name, usual_effect
from circle15.core.findings import Finding
from circle15.core.tables import Constraints
from circle15.core.text import Text


def settle(constraints: Constraints) -> tuple[Constraints, list[Finding]]:
    """Control lines under one name, and the effect of every row; what was taken from names is a finding.

    A control line that is stated to ask for something else keeps what is stated, and a finding says so.
    """
    frame = constraints.frame.assign(name=constraints.frame["name"].map(control_name))
    usual = frame["name"].map(usual_effect)
    stated = (
        frame["effect"].where(frame["effect"].notna(), None) if constraints.has("effect") else usual.map(lambda _: None)
    )
    open_ = stated.isna().to_numpy()
    effect = stated.where(~open_, usual)
    strange = ~open_ & frame["name"].isin(list(CONTROLS)).to_numpy() & (effect != usual).to_numpy()
    settled = Constraints.build(frame.assign(effect=effect))
    findings = [_assumed(settled.frame[open_])] if open_.any() else []
    return settled, [*findings, *([_unusual(settled.frame[strange])] if strange.any() else [])]


def _assumed(rows: Any) -> Finding:
    return Finding.of(
        "constraint_effect_assumed",
        "info",
        "constraints",
        rows["constraint_id"],
        Text(
            f"{len(rows)} 个管控图斑没有写明 effect，按名称取：{_listed(rows).zh}。",
            f"{len(rows)} constraint areas state no effect, so their name decides: {_listed(rows).en}.",
        ),
        Text("写明 effect：forbid、require 或 warn。", "State effect: forbid, require or warn."),
    )


def _unusual(rows: Any) -> Finding:
    return Finding.of(
        "constraint_effect_unusual",
        "warning",
        "constraints",
        rows["constraint_id"],
        Text(
            f"{len(rows)} 个管控图斑的 effect 与其通常的管控要求不同：{_listed(rows).zh}。按所写的执行。",
            f"{len(rows)} constraint areas ask for what such control lines do not: {_listed(rows).en}. "
            f"What is stated applies.",
        ),
        Text("请核对 effect。", "Check the effect."),
    )


def _listed(rows: Any) -> Text:
    pairs = list(dict.fromkeys(zip(rows["name"], rows["effect"], strict=True)))
    words = [(constraint_label(name), EFFECT_WORDS[effect]) for name, effect in pairs]
    return Text(
        "、".join(f"{name.zh}（{effect.zh}）" for name, effect in words),
        ", ".join(f"{name.en} ({effect.en})" for name, effect in words),
    )


def far_findings(constraints: Constraints, places: Sequence[Any]) -> list[Finding]:
    """Layers no area of which meets the rectangle round the places of the study: they decide nothing, or everything.

    ``places``: arrays of shapely geometries in the CRS of the constraints; missing ones do not count.
    """
    there = np.concatenate([np.asarray(each, dtype=object) for each in places])
    there = there[~(shapely.is_missing(there) | shapely.is_empty(there))]
    if not len(there):
        return []
    near = shapely.intersects(constraints.frame.geometry.to_numpy(), shapely.box(*shapely.total_bounds(there)))
    found = []
    for name, rows in constraints.frame.groupby("name", sort=True):
        if not near[rows.index].any():
            found.append(_far(str(name), rows))
    return found


def _far(name: str, rows: Any) -> Finding:
    label = constraint_label(name)
    return Finding.of(
        "constraint_outside_study",
        "warning",
        "constraints",
        rows["constraint_id"],
        Text(
            f"管控范围“{label.zh}”的 {len(rows)} 个图斑都在研究范围之外。",
            f"all {len(rows)} areas of the constraint layer “{label.en}” lie outside the extent of the study.",
        ),
        Text("请核对坐标基准，以及图层是否属于本地。", "Check its datum, and whether the layer is of this place."),
    )
