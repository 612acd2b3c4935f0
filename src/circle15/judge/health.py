"""Findings that only verdicts and attributes can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from circle15.core.findings import Finding
from circle15.core.tables import BASES, BASIS_WORDS, Residential
from circle15.core.text import Text
from circle15.judge.subjects import CODE, FAIL, Block


def health(blocks: Sequence[Block], residential: Residential, most_mm: int) -> list[Finding]:
    """Scopes assumed, bases with empty cells, and failures that the edge of the extract leaves open.

    ``most_mm`` is the longest walk any rule allows: a facility beyond the edge could be that near.
    """
    ids = residential.frame["area_id"].to_numpy()
    found = [_scope(block, residential) for block in blocks if block.is_headline and block.of_areas]
    found += [_unit_scope(block) for block in blocks if block.is_headline and not block.of_areas]
    found += [_empty_basis(residential, basis, ids) for basis in BASES]
    found.append(_near_edge(blocks, residential, ids, most_mm))
    return [finding for finding in found if finding is not None]


def _scope(block: Block, residential: Residential) -> Finding | None:
    rule, guessed = block.rule, np.isin(block.because, (CODE["scope_assumed"], CODE["scope_unknown"])).any()
    # What the homes do not say, their communities may.
    absent = [column for column in rule.scope if not residential.has(column) and (guessed or column != "urban_rural")]
    if not absent:
        return None
    names = ", ".join(absent)
    return Finding(
        code="scope_assumed",
        severity="warning",
        layer="residential",
        count=len(residential),
        ids=(),
        message=Text(
            zh=f"{rule.rule_id} 的适用范围取决于列 {names}，数据中没有该列。",
            en=f"{rule.rule_id} applies by the column {names}, which the data lacks.",
        ),
        fix=Text("补充该列，以便区分适用对象。", "Add the column so that the scope can be told."),
    )


def _unit_scope(block: Block) -> Finding | None:
    """Zones that are taken to be in scope because the zone table does not say."""
    count = int((block.because == CODE["scope_assumed"]).sum())
    if not count:
        return None
    names = ", ".join(block.rule.scope)
    return Finding(
        code="scope_assumed",
        severity="warning",
        layer="zone_table",
        count=count,
        ids=(),
        message=Text(
            zh=f"{block.rule.rule_id} 的适用范围取决于列 {names}，统计单元表中没有该列，{count} 个单元均按适用计。",
            en=f"{block.rule.rule_id} applies by the column {names}, which the zone table lacks: all {count} zones "
            f"are taken to be in scope.",
        ),
        fix=Text("补充该列，以便区分适用对象。", "Add the column so that the scope can be told."),
    )


def _empty_basis(residential: Residential, basis: str, ids: Any) -> Finding | None:
    if not residential.has(basis):
        return None
    empty = ids[residential.frame[basis].isna().to_numpy()]
    if len(empty) == 0:
        return None
    return Finding.of(
        "basis_incomplete",
        "warning",
        "residential",
        empty,
        Text(
            zh=f"{len(empty)} 处居住小区没有{BASIS_WORDS[basis].zh}，未计入该口径。",
            en=f"{len(empty)} residential areas have no {BASIS_WORDS[basis].en}; they weigh nothing there.",
        ),
        Text(f"补填 {basis}。", f"Fill in {basis}."),
    )


def _near_edge(blocks: Sequence[Block], residential: Residential, ids: Any, most_mm: int) -> Finding | None:
    near = near_edge(residential, most_mm)
    if near is None:
        return None
    failed = np.zeros(len(ids), dtype=bool)
    for block in blocks:
        if block.rule.is_distance:
            failed |= block.outcome == FAIL
    open_ids = ids[near & failed]
    if len(open_ids) == 0:
        return None
    return Finding.of(
        "near_edge",
        "warning",
        "residential",
        open_ids,
        Text(
            zh=f"{len(open_ids)} 处不达标的居住小区距数据边界不足 {most_mm / 1000:g} 米，边界外可能另有设施。",
            en=f"{len(open_ids)} failing residential areas are within {most_mm / 1000:g} m of the edge of the data: "
            f"a facility beyond it may serve them.",
        ),
        Text("扩大数据范围后再下结论。", "Extend the data before drawing conclusions."),
    )


def near_edge(residential: Residential, most_mm: int) -> Any:
    """Which areas lie nearer to the edge of the extract than the longest allowed walk; None without an edge."""
    if not residential.has("edge_m"):
        return None
    return residential.frame["edge_m"].to_numpy(dtype=float) * 1000 < most_mm
