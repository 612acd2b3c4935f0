"""Candidates where a study lists none: existing facilities, middles of compounds, points along streets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.generation import GENERATED_WORDS, Generation, Origin
from circle15.core.tables import OPERATING, Candidates
from circle15.core.text import Language, Text
from circle15.core.units import MM_PER_M, round_half_up


def generate(
    wanted: Generation,
    tables: Mapping[str, Any],
    labels: Mapping[str, Text],
    points: Any,
    language: Language,
) -> Candidates | None:
    """Candidates of the kinds asked for, marked as generated; None where there is nothing to make them of.

    ``tables``: those of a study, in one CRS in metres; ``labels``: of facility types; ``points``: the demand points of
    the residential areas. Of each kind at most one stands in each square of ``spacing_m``: the one nearest to its
    middle, ties to the smallest x, then y, so that the order of rows does not decide. With zones none stands outside
    all of them. Ids begin with G-.
    """
    makers = {
        "facilities": lambda: _facilities(tables["facilities"].frame, labels, language),
        "compounds": lambda: _compounds(tables["residential"].frame, points),
        "streets": lambda: _streets(tables["streets"].frame, wanted.spacing_m),
    }
    parts = [_of_kind(kind, makers[kind](), wanted.spacing_m, language) for kind in wanted.origins]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[_within(rows["geometry"].to_numpy(), tables.get("zones"))]
    if not len(rows):
        return None
    frame = geopandas.GeoDataFrame(rows, geometry="geometry", crs=tables["streets"].frame.crs)
    return Candidates.build(frame.assign(generated=True))


def _of_kind(kind: Origin, rows: Any, spacing_m: float, language: Language) -> Any:
    """The rows of a kind, thinned, with ids and what they are."""
    kept = rows.iloc[_thin(shapely.get_coordinates(rows["geometry"].to_numpy()), spacing_m)]
    words = GENERATED_WORDS[kind].say(language)
    host = [f"{each} · {words}" if each else words for each in kept["host"]]
    return kept.assign(candidate_id=[f"G-{each}" for each in kept["candidate_id"]], host=host)


def _thin(places: NDArray[np.float64], spacing_m: float) -> NDArray[np.int64]:
    """Rows of the place of each square that is nearest to the middle of it."""
    square = np.floor(places / spacing_m)
    off = np.hypot(*(places - (square + 0.5) * spacing_m).T)
    order = np.lexsort((places[:, 1], places[:, 0], off.round(3)))
    _, first = np.unique(square[order], axis=0, return_index=True)
    chosen: NDArray[np.int64] = np.sort(order[first])
    return chosen


def _rows(ids: Iterable[str], names: Any, hosts: Any, geometry: Any) -> Any:
    columns = {"candidate_id": list(ids), "name": names, "host": hosts, "geometry": list(geometry)}
    return pd.DataFrame(columns, dtype=object)


def _facilities(frame: Any, labels: Mapping[str, Text], language: Language) -> Any:
    """Facilities that operate and have a place: what may host another."""
    there = ~shapely.is_missing(frame.geometry.to_numpy())
    if "status" in frame:
        there &= (frame["status"] == OPERATING).fillna(value=False).to_numpy(dtype=bool)
    kept = frame[there]
    hosts = [labels[key].say(language) for key in kept["type"]]
    names = kept["name"].to_numpy(dtype=object) if "name" in kept else None
    return _rows((f"F-{each}" for each in kept["facility_id"]), names, hosts, kept.geometry)


def _compounds(frame: Any, points: Any) -> Any:
    names = frame["name"].to_numpy(dtype=object) if "name" in frame else None
    return _rows((f"H-{each}" for each in frame["area_id"]), names, "", points)


def _streets(frame: Any, spacing_m: float) -> Any:
    """Points along each street, half a spacing apart, its ends included."""
    lines = frame.geometry.to_numpy()
    lengths = shapely.length(lines)
    counts = np.floor(lengths / (spacing_m / 2)).astype(int) + 1
    row = np.repeat(np.arange(len(lines)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    spots = shapely.line_interpolate_point(lines[row], step * spacing_m / 2)
    mm = np.unique(round_half_up(shapely.get_coordinates(spots) * MM_PER_M), axis=0)
    return _rows((f"S-{x}-{y}" for x, y in mm // MM_PER_M), None, "", shapely.points(mm / MM_PER_M))


def _within(geometry: Any, zones: Any) -> NDArray[np.bool_]:
    inside = np.ones(len(geometry), dtype=bool)
    if zones is not None and len(zones):
        inside[:] = False
        inside[shapely.STRtree(geometry).query(zones.frame.geometry.to_numpy(), predicate="intersects")[1]] = True
    return inside
