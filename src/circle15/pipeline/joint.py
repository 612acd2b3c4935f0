"""Several facility types in one plan: which of them each site may hold together, and at what cost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from circle15 import judge, siting
from circle15.core.errors import ConfigError, InputError, InternalError
from circle15.core.tables import Candidates
from circle15.core.terms import Terms
from circle15.core.text import Text, first_ids
from circle15.core.units import round_half_up
from circle15.pipeline.candidates import Offer, offer
from circle15.pipeline.framing import problem_of, sites_of
from circle15.pipeline.ground import Ground
from circle15.read.strict import unknown_name
from circle15.route import Places
from circle15.study import SiteSpec

# The column of what a site costs that holds these types, joined by a plus; alone, a type costs ``cost`` without it.
(_COST_OF,) = (each.name for each in Candidates.families)


@dataclass(frozen=True)
class Framed:
    """A joint problem, and what is asked of each of its types alone, with the candidates that remain for it."""

    joint: siting.Joint
    specs: tuple[SiteSpec, ...]
    offers: tuple[Offer, ...]


def joint_of(ground: Ground, spec: SiteSpec) -> Framed:
    """The problem of a ``[[site]]`` with ``also``.

    Raises ConfigError or InputError for what the data cannot tell, and for mandatory sites that may hold nothing.
    """
    specs = tuple(replace(each, terms=Terms(), mandatory=(), forbidden=(), also=()) for each in spec.types)
    parts = [siting.Part(*problem_of(ground, each)) for each in specs]
    offers = tuple(offer(ground, each) for each in specs)
    able = _able(ground, specs, offers)
    free = _free(ground, spec, able)
    holds = _holds(ground, specs, able, free)
    rows = {name: row for row, name in enumerate(_ids(ground).tolist())}
    _refuse_strangers(spec, list(rows), {each.site for each in holds})
    sites = _sites(ground, spec, holds, rows)
    return Framed(siting.join(_request(spec, parts), parts, holds, sites, free), specs, offers)


def _request(spec: SiteSpec, parts: Sequence[siting.Part]) -> siting.Request:
    """What is asked of the plan as one; of its limits and weights only the parts tell."""
    first = parts[0].request
    return replace(
        first,
        plan_id=spec.whole_id,
        facility_type="+".join(each.facility_type for each in spec.types),
        stages={year: sum(part.request.stages[year] for part in parts) for year in first.stages},
        mandatory=spec.mandatory,
        forbidden=spec.forbidden,
        terms=spec.terms,
    )


def _hosts(ground: Ground) -> Places:
    """The candidates. That there are some was seen when they were offered."""
    if ground.hosts is None:
        raise InternalError(Text("没有备选点。", "there are no candidates."))
    return ground.hosts


def _ids(ground: Ground) -> Any:
    return _hosts(ground).ids.astype(str)


def _able(ground: Ground, specs: Sequence[SiteSpec], offers: Sequence[Offer]) -> dict[str, Any]:
    """Of each type which candidates, in row order, are offered for it."""
    ids = _ids(ground)
    return {
        each.facility_type: np.isin(ids, offered.hosts.ids.astype(str))
        for each, offered in zip(specs, offers, strict=True)
    }


def _free(ground: Ground, spec: SiteSpec, able: Mapping[str, Any]) -> frozenset[str]:
    """The sites at which it is the same whether types open together or one beside the other."""
    terms = spec.terms
    counts_sites = len(spec.stages) > 1 or bool(terms.quota_level) or terms.min_separation_mm is not None
    if counts_sites or (terms.budget is not None and _is_cheaper(ground, able)):
        return frozenset()
    short = np.zeros(len(_ids(ground)), dtype=bool)
    for types in _sets(list(able)):
        short |= np.logical_and.reduce([able[each] for each in types]) & _crowded(ground, types)
    return frozenset(_ids(ground)[~short].tolist())


def _is_cheaper(ground: Ground, able: Mapping[str, Any]) -> bool:
    """Whether the data say of any candidate what several of the types cost there together."""
    frame = ground.tables["candidates"].frame
    together = [column for types, column in _columns(frame, ground).items() if len(types) > 1 and types <= set(able)]
    return bool(frame[together].notna().any(axis=None)) if together else False


def _holds(
    ground: Ground, specs: Sequence[SiteSpec], able: Mapping[str, Any], free: frozenset[str]
) -> list[siting.Held]:
    """Every site in every year with every set of types that it may hold: offered for each, with room for all.

    At a free site one type at a time.
    """
    ids, found = _ids(ground), []
    for types in _sets(list(able)):
        fits = np.logical_and.reduce([able[each] for each in types]) & ~_crowded(ground, types)
        fits &= ~np.isin(ids, list(free)) | (len(types) == 1)
        found += [siting.Held(site, types, year) for year in specs[0].stages for site in ids[fits].tolist()]
    return found


def _sets(types: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(types) + 1):
        yield from itertools.combinations(types, size)


def _crowded(ground: Ground, types: Sequence[str]) -> Any:
    """Which candidates are known to be too small for all of these types: what the standards ask of each adds up."""
    candidates = ground.tables["candidates"]
    short = np.zeros(len(candidates), dtype=bool)
    asked: dict[str, list[float]] = {}
    value: dict[str, Any] = {}
    for kind in types if len(types) > 1 else ():
        least: dict[str, float] = {}
        for each in judge.holdings(ground.study.pack.rules, kind, candidates):
            least[each.column] = max(each.limit.value, least.get(each.column, 0.0))
            value[each.column] = each.value
        for column, number in least.items():
            asked.setdefault(column, []).append(number)
    for column, numbers in asked.items():
        short |= value[column] < sum(numbers)
    return short


def _sites(ground: Ground, spec: SiteSpec, holds: Sequence[siting.Held], rows: Mapping[str, int]) -> siting.Sites:
    at = np.array([rows[each.site] for each in holds], dtype=np.int64)
    bare = replace(spec, terms=replace(spec.terms, budget=None), capacity="")
    found = sites_of(ground, _hosts(ground).take(at), bare)
    cost = np.zeros(len(at), dtype=np.int64) if spec.terms.budget is None else _costs(ground, spec, holds)
    return replace(found, ids=np.array([each.name for each in holds], dtype=object), cost=cost)


def _costs(ground: Ground, spec: SiteSpec, holds: Sequence[siting.Held]) -> Any:
    """Of each of ``holds`` its cost in whole units, rounded half up. Raises InputError for sites without one."""
    frame = ground.tables["candidates"].frame.set_index("candidate_id")
    together = _columns(frame, ground)
    alone = {kind: _cells(frame, together.get(frozenset([kind]), "cost"), "cost") for kind in _types(spec)}
    costs = {
        types: _cells(frame, together.get(frozenset(types)), None).fillna(sum(alone[kind] for kind in types))
        for types in {each.types for each in holds}
    }
    found = [float(costs[each.types][each.site]) for each in holds]
    missing = sorted({each.site for each, cost in zip(holds, found, strict=True) if np.isnan(cost)})
    if missing:
        columns = "、".join(["cost", *(f"{_COST_OF}{kind}" for kind in _types(spec))])
        raise InputError(
            Text(
                f"[[site]].budget 需要备选点每类设施的投资（{columns}），缺 {len(missing)} 个：{first_ids(missing)}。"
                f"请补充；列名不同的，请在 columns 中指明。",
                f"[[site]].budget needs what each type costs at every candidate ({columns.replace('、', ', ')}); "
                f"{len(missing)} lack it: {first_ids(missing)}. Add it, or name its heading under columns.",
            )
        )
    return np.array(found).astype(np.int64)


def _types(spec: SiteSpec) -> tuple[str, ...]:
    return tuple(each.facility_type for each in spec.types)


def _columns(frame: Any, ground: Ground) -> dict[frozenset[str], str]:
    """The columns of costs by the types they speak of.

    Raises ConfigError for types that no pack knows, and for two columns of the same types.
    """
    known, found = ground.study.pack.types, Candidates.cost_columns(frame.columns)
    for types, names in found.items():
        strange = sorted(types - set(known))
        if strange:
            raise ConfigError([unknown_name(each, list(known), f"[inputs.candidates] {names[0]}") for each in strange])
        if len(names) > 1:
            raise ConfigError(
                Text(
                    f"[inputs.candidates]：{'、'.join(names)} 说的是同样的设施类型。请只留一列。",
                    f"[inputs.candidates]: {', '.join(names)} speak of the same facility types. Keep one.",
                )
            )
    return {types: names[0] for types, names in found.items()}


def _cells(frame: Any, column: str | None, otherwise: str | None) -> Any:
    """The numbers of a column in whole units; an empty cell takes that of another column, and may stay empty."""
    empty = pd.Series(np.nan, index=frame.index, dtype=float)
    first, second = (empty if name not in frame else frame[name].astype(float) for name in (column, otherwise))
    cells = first.fillna(second)
    cells[cells.notna()] = round_half_up(cells.dropna().to_numpy())
    return cells


def _refuse_strangers(spec: SiteSpec, ids: Sequence[str], open_: set[str]) -> None:
    """Prescribed sites that are no candidates, and mandatory ones that may hold none of the types."""
    for key, names in (("mandatory", spec.mandatory), ("forbidden", spec.forbidden)):
        siting.rows_of(names, ids, key)
    lost = [name for name in spec.mandatory if name not in open_]
    if lost:
        raise ConfigError(
            Text(
                f"[[site]].mandatory 指定的备选点对各类设施都已被剔除：{first_ids(lost)}（共 {len(lost)} 个）。"
                f"请删去，或核对管控范围和备选点。",
                f"[[site]].mandatory names candidates that are dropped for every type: {first_ids(lost)} "
                f"({len(lost)} in all). Remove them, or check the constraint layers and the candidates.",
            )
        )
