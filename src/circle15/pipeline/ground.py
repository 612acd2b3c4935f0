"""What read and route lay out for a study, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from circle15 import judge, route, siting
from circle15.core.errors import InputError, NothingToDoError
from circle15.core.findings import Finding
from circle15.core.results import Source
from circle15.core.rule import Metric
from circle15.core.tables import (
    OPERATING,
    Candidates,
    Checks,
    Facilities,
    Membership,
    Repairs,
    Residential,
    Units,
    Zones,
)
from circle15.core.text import Text
from circle15.core.units import EVEN, MM_PER_M, Footing, round_half_up
from circle15.pipeline.health import layer_findings, single_home_findings
from circle15.pipeline.progress import Progress, silent
from circle15.pipeline.streets import pave
from circle15.read.constraints import settle
from circle15.read.entrances import gates
from circle15.read.layers import empty_table, read_layer
from circle15.read.people import estimate_households, spread
from circle15.read.shapes import demand_points
from circle15.read.zones import membership
from circle15.route import Places
from circle15.route.health import health as find_faults
from circle15.study import Study

# A site chosen by hand within this of the candidate of its id is that candidate; any other bears a mark.
_SAME_SPOT_M = 1.0
MARK = " *"
_COMPILING = Text(
    "首次使用：正在编译距离计算内核（约 10 秒，只需一次）",
    "first use: compiling the distance kernels (about 10 s, once)",
)
_SLOW = Text(
    "未安装或无法载入 numba，距离改用 scipy 计算：结果相同，但大城市会慢很多。",
    "numba is missing or does not load: scipy computes the distances, which are the same but take long in a city.",
)


@dataclass(frozen=True)
class Terrain:
    """The streets as a pace finds them: their own lengths where it is even, longer ones where it is not."""

    network: route.Network
    even: route.Network

    def places(self, places: Places) -> Places:
        """The places, anchored on the even network, on this one."""
        return replace(places, anchors=route.moved(places.anchors, self.even, self.network))


@dataclass(frozen=True)
class Ground:
    """What read and route lay out for a study: tables, the network, and every point anchored on it.

    Inputs the study does not have are empty tables; without streets there is no network and nothing is anchored.
    ``site_row`` maps rows of ``facilities`` to rows of ``sites``, which has only those with a place; −1 elsewhere.
    ``terrains`` keeps the networks of uneven paces once they are made.
    """

    study: Study
    tables: Mapping[str, Any]
    units: Units | None
    areas_in: Membership | None
    facilities_in: Membership | None
    parcels_in: Membership | None
    network: route.Network | None
    homes: Places
    sites: Places
    site_row: Any
    hosts: Places | None
    checks: Checks | None
    repairs: Repairs | None
    terrains: dict[Footing, Terrain]
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]

    @property
    def residential(self) -> Residential:
        """The residential areas, maybe none."""
        table: Residential = self.tables["residential"]
        return table

    @property
    def facilities(self) -> Facilities:
        """The facilities, maybe none."""
        table: Facilities = self.tables["facilities"]
        return table

    @property
    def area_ids(self) -> Any:
        """Ids of the residential areas, in row order."""
        return self.homes.ids

    @property
    def has_distances(self) -> bool:
        """Whether there are streets and homes to walk from."""
        return self.network is not None and len(self.homes) > 0


def lay(
    study: Study, progress: Progress = silent, *, added: Facilities | None = None, offered: Facilities | None = None
) -> Ground:
    """Read every input and anchor every point.

    ``added`` are facilities beside those of the study, ``offered`` such as stand among its candidates, if it has any.

    Raises the errors of ``read``; NetworkError; NothingToDoError if no home stands near a street.
    """
    tables: dict[str, Any] = {layer: empty_table(layer) for layer in ("streets", "residential", "facilities")}
    findings: list[Finding] = []
    sources: list[Source] = []
    paved = None
    for number, (layer, spec) in enumerate(study.inputs.items()):
        progress(Text(f"读取 {spec.shown}", f"reading {spec.shown}"), number, len(study.inputs))
        found: Sequence[Finding]
        if layer == "streets":
            paved = pave(study, spec, progress)
            tables[layer], found, source = paved.streets, paved.findings, paved.source
        else:
            tables[layer], found, source = read_layer(spec, study.crs, study.pack.types)
        findings += found
        sources.append(source)
    if "constraints" in tables:
        tables["constraints"], found = settle(tables["constraints"])
        findings += found
    if added is not None:
        tables["facilities"] = _with(tables["facilities"], added)
    network = paved.network if paved else None
    points = demand_points(tables["residential"].frame)
    findings += _generate(study, tables, points)
    if offered is not None and "candidates" in tables:
        tables["candidates"] = _beside(tables["candidates"], offered)
    places, site_row, gate_findings = _places(_snapping(network, tables, study), tables, points)
    findings += gate_findings
    if network is not None:
        _refuse_far_from_streets(places["residential"], study)
        findings += find_faults(network, tables["streets"], places, study.max_access_leg_mm)
        findings += _ready_engine(progress)
    zones, units = tables.get("zones"), _units(tables)
    areas_in, unknown_codes = membership(tables["residential"].frame, points, zones, units)
    tables["residential"], spread_findings = spread(tables["residential"], areas_in, units, study.spread)
    parcels_in, other_codes = _parcels_in(tables, zones, units)
    tables["residential"], household_findings = estimate_households(tables["residential"], _people_per_household(study))
    facility_rows = tables["facilities"].frame.rename(columns={"facility_id": "area_id"})
    facility_points = facility_rows.geometry.to_numpy()
    facilities_in, strange_codes = membership(facility_rows, facility_points, zones, units, "facilities")
    dots = {"residential": points, "facilities": facility_points, **_candidate_points(tables)}
    findings += [*layer_findings(study, tables, dots, sources), *single_home_findings(study.audience, areas_in)]
    return Ground(
        study=study,
        tables=tables,
        units=units,
        areas_in=areas_in,
        facilities_in=facilities_in,
        parcels_in=parcels_in,
        network=network,
        homes=places["residential"],
        sites=places["facilities"],
        site_row=site_row,
        hosts=places.get("candidates"),
        checks=_checks(tables),
        repairs=paved.repairs if paved else None,
        terrains={},
        findings=(*findings, *unknown_codes, *strange_codes, *other_codes, *spread_findings, *household_findings),
        sources=tuple(sources),
    )


def _generate(study: Study, tables: dict[str, Any], points: Any) -> list[Finding]:
    """Put candidates among the tables where the study asks for plans and lists none. One finding says so."""
    if study.generation is None:
        return []
    labels = {key: each.label for key, each in study.pack.types.items()}
    made = siting.generate(study.generation, tables, labels, points, study.language)
    if made is None:
        return []
    tables["candidates"] = made
    return [
        Finding.of(
            "candidates_generated",
            "warning",
            "candidates",
            made.frame["candidate_id"],
            Text(
                f"研究没有备选点图层，程序生成 {len(made)} 处，未经现场核实，能否使用不得而知。",
                f"the study lists no candidates: the program made {len(made)}, which nobody has seen or can vouch for.",
            ),
            Text("请提供 [inputs.candidates]。", "Give [inputs.candidates]."),
        )
    ]


def _with(facilities: Facilities, added: Facilities) -> Facilities:
    """The facilities and others that operate. Raises SchemaError for an id that is there twice."""
    others = added.frame.assign(status=OPERATING) if facilities.has("status") else added.frame
    return Facilities.build(pd.concat([facilities.frame, others], ignore_index=True))


def _beside(candidates: Candidates, offered: Facilities) -> Candidates:
    """The candidates and facilities as further ones, their ids marked, but for those that are candidates already."""
    shared = [column.name for column in Candidates.columns if offered.has(column.name)]
    rows = offered.frame.rename(columns={"facility_id": "candidate_id"})[["candidate_id", *shared]]
    rows = rows[rows.geometry.notna()]
    there = candidates.frame.set_index("candidate_id").geometry.reindex(rows["candidate_id"])
    apart = shapely.distance(rows.geometry.to_numpy(), there.to_numpy())
    rows = rows.assign(candidate_id=rows["candidate_id"].astype(str) + MARK)[~(apart < _SAME_SPOT_M)]
    return Candidates.build(pd.concat([candidates.frame, rows], ignore_index=True))


def _ready_engine(progress: Progress) -> list[Finding]:
    """Load what computes distances; a finding if it is the slow stand-in."""
    if route.prepare(lambda: progress(_COMPILING, 0, 1)):
        return []
    progress(_SLOW, 0, 1)
    fix = Text("安装 numba（pip install numba）。", "Install numba (pip install numba).")
    return [Finding("slow_engine", "info", "streets", 1, (), _SLOW, fix)]


def _people_per_household(study: Study) -> float:
    """The people in a household by which households are estimated; 0 where they are not."""
    return max((rule.counting.people_per_household for rule in study.pack.rules), default=0.0)


def _parcels_in(
    tables: Mapping[str, Any], zones: Zones | None, units: Units | None
) -> tuple[Membership | None, tuple[Finding, ...]]:
    """Which zones the parcels lie in, by their codes, else by a point on their surface."""
    if "parcels" not in tables:
        return None, ()
    rows = tables["parcels"].frame.rename(columns={"parcel_id": "area_id"})
    return membership(rows, demand_points(rows), zones, units, "parcels")


def _candidate_points(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {"candidates": tables["candidates"].frame.geometry.to_numpy()} if "candidates" in tables else {}


def _checks(tables: Mapping[str, Any]) -> Checks | None:
    """How the candidates keep to the constraint layers."""
    if "candidates" not in tables:
        return None
    frame = tables["candidates"].frame
    ids = frame["candidate_id"].to_numpy(dtype=object)
    return judge.check_places(ids, frame.geometry.to_numpy(), tables.get("constraints"))


def _units(tables: Mapping[str, Any]) -> Units | None:
    """The zone table; where there is none, what the zones themselves carry."""
    if "zone_table" in tables:
        table: Units = tables["zone_table"]
        return table
    return Units.build(tables["zones"].frame.drop(columns="geometry")) if "zones" in tables else None


@dataclass(frozen=True)
class _Snapping:
    """The streets that points are snapped to, if any, and how far these may be."""

    index: route.Index | None
    max_leg_mm: int

    def anchors(self, points: Any, outlines: Any = None) -> route.Anchors:
        """Where points (study CRS, metres) meet the streets; the leg of one with an outline is measured from that."""
        if self.index is None:
            return route.unanchored(len(points))
        return route.snap(self.index, _grid(points), self.max_leg_mm, outlines)


def _snapping(network: route.Network | None, tables: Mapping[str, Any], study: Study) -> _Snapping:
    if network is None:
        return _Snapping(None, study.max_access_leg_mm)
    return _Snapping(route.index(network, walls(tables)), study.max_access_leg_mm)


def walls(tables: Mapping[str, Any]) -> route.Barriers | None:
    """The barriers of a study, which no leg crosses."""
    return route.barriers(tables["barriers"].frame.geometry.to_numpy()) if "barriers" in tables else None


def _places(
    snapping: _Snapping, tables: Mapping[str, Any], points: Any
) -> tuple[dict[str, Places], Any, list[Finding]]:
    """The points of every layer on the network, where each facility is among those that have a place, and findings."""
    facilities = tables["facilities"].frame
    located = ~shapely.is_missing(facilities.geometry.to_numpy())
    site_row = np.where(located, np.cumsum(located) - 1, -1)
    homes, findings = _homes(snapping, tables, points)
    found = {"residential": homes, "facilities": _sites(snapping, facilities[located], "facility_id")}
    if "candidates" in tables:
        found["candidates"] = _sites(snapping, tables["candidates"].frame, "candidate_id")
    if "entrances" in tables:
        found["entrances"] = homes.gates
    return found, site_row, findings


def _sites(snapping: _Snapping, frame: Any, key: str) -> Places:
    points = frame.geometry.to_numpy()
    return route.plain(frame[key].to_numpy(dtype=object), _grid(points), snapping.anchors(points))


def _homes(snapping: _Snapping, tables: Mapping[str, Any], points: Any) -> tuple[Places, list[Finding]]:
    """Residential areas with their gates; one without stands at its demand point, a polygon with its boundary."""
    frame = tables["residential"].frame
    entrances, owner, findings = gates(tables.get("entrances"), tables["residential"])
    alone = np.setdiff1d(np.arange(len(frame)), owner)
    shapes = frame.geometry.to_numpy()
    outlines = np.where(shapely.get_dimensions(shapes) == 2, shapes, None)[alone]
    ways_in = np.concatenate([points[alone], entrances.geometry.to_numpy()])
    anchors = snapping.anchors(ways_in, np.concatenate([outlines, np.full(len(owner), None)]))
    names = np.concatenate([np.full(len(alone), None), entrances["entrance_id"].to_numpy(dtype=object)])
    owners = np.concatenate([alone, owner])
    order = np.argsort(owners, kind="stable")
    homes = Places(
        frame["area_id"].to_numpy(dtype=object), _grid(points), anchors.take(order), owners[order], names[order]
    )
    return homes, findings


def _grid(points: Any) -> Any:
    return round_half_up(shapely.get_coordinates(points) * MM_PER_M)


def _refuse_far_from_streets(homes: Places, study: Study) -> None:
    if homes.snapped.any():
        return
    metres = study.max_access_leg_mm / MM_PER_M
    raise NothingToDoError(
        Text(
            f"全部 {len(homes)} 处居住小区在 {metres:g} 米内都没有道路。请核对两个图层的坐标基准和范围，"
            f"或调整 [route] max_access_leg_m。",
            f"none of the {len(homes)} residential areas has a street within {metres:g} m. Check datum and extent "
            f"of both layers, or [route] max_access_leg_m.",
        )
    )


def street_network(ground: Ground) -> route.Network:
    """The network of a laid-out study. Raises InputError if it has no streets."""
    if ground.network is None:
        raise InputError(
            Text(
                "研究没有道路图层 [inputs.streets]，无法计算距离。", "the study has no [inputs.streets]: no distances."
            )
        )
    return ground.network


def counted_sites(ground: Ground, rows: Any) -> Places:
    """The places of facility rows; those without a place are left out."""
    at = ground.site_row[rows]
    return ground.sites.take(at[at >= 0])


def terrain_of(ground: Ground, footing: Footing = EVEN) -> Terrain:
    """The streets as a pace finds them; as they are for metres and even paces. Raises InputError without streets."""
    network = street_network(ground)
    if footing not in ground.terrains:
        ground.terrains[footing] = Terrain(route.walked(network, ground.tables["streets"], footing), network)
    return ground.terrains[footing]


def near_pairs(ground: Ground, places: Places, metric: Metric, most_mm: int, footing: Footing = EVEN) -> route.Pairs:
    """Every place and home at most ``most_mm`` apart, on the ground as a pace finds it.

    Of several gates of a home the nearest counts.
    """
    if metric == "network":
        # People walk from home to the place: seen from the place, against the streets that are walked one way.
        there = terrain_of(ground, footing)
        homes = there.places(ground.homes)
        return route.merge(
            route.pairs(there.network.reversed, there.places(places).anchors, homes.anchors, most_mm), homes
        )
    return route.straight_pairs(places.mm, ground.homes.mm, most_mm)
