"""Street networks that cases are measured on, and the same streets as peers take them: every vertex a node."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from circle15.core.tables import Streets
from circle15.core.units import round_half_up
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from circle15.route import Anchors, Network, build
from tests.bench.registry import SEED, Input

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("CIRCLE15_SHARED") or ROOT.parent / "shared") / "data"
HOMES, FACILITIES = 10_000, 500
# Where the corner of the composite is put, in EPSG:32633.
COMPOSITE_EPSG, _COMPOSITE_ORIGIN = 32633, (400_000.0, 5_000_000.0)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Vertices:
    """Every vertex of the streets: where it is, in mm; where on the network; and the pieces between them."""

    mm: Ints
    edge: Ints
    offset: Ints
    tail: Ints
    head: Ints
    length: Ints

    def __len__(self) -> int:
        return len(self.edge)

    def anchors(self, rows: Any) -> Anchors:
        """These vertices as points on the network."""
        edge, none = self.edge[rows], np.zeros(len(rows), dtype=np.int64)
        no = np.zeros(len(rows), dtype=bool)
        return Anchors(edge, self.offset[rows], none, np.zeros((len(rows), 2)), ~no, no)


def vertices(network: Network) -> Vertices:
    """The vertices of a network: its nodes first, then those within edges."""
    inner = _inner(network)
    nodes, every = network.node_count, np.arange(network.edge_count)
    edge, offset = np.empty((2, nodes), dtype=np.int64)
    edge[network.edge_v], offset[network.edge_v] = every, network.edge_mm
    edge[network.edge_u], offset[network.edge_u] = every, 0
    tail = network.edge_u[network.piece_edge]
    tail[inner] = nodes + np.arange(len(inner))
    head = np.empty_like(tail)
    head[:-1] = tail[1:]
    head[network.edge_pieces[1:] - 1] = network.edge_v
    mm = np.empty((nodes + len(inner), 2), dtype=np.int64)
    mm[tail], mm[head] = network.piece_a, network.piece_b
    return Vertices(
        mm,
        np.concatenate([edge, network.piece_edge[inner]]),
        np.concatenate([offset, network.piece_start_mm[inner]]),
        tail,
        head,
        network.piece_mm,
    )


def _inner(network: Network) -> Ints:
    """The pieces that begin within their edge."""
    first = np.zeros(len(network.piece_mm), dtype=bool)
    first[network.edge_pieces[:-1]] = True
    return np.flatnonzero(~first)


def load(folder: Path) -> Network:
    """The network of an input."""
    with np.load(folder / "network.npz") as arrays:
        return Network(**{name: arrays[name] if arrays[name].ndim else arrays[name].item() for name in arrays})


def ready(folder: Path) -> Network:
    """The same with its graph built, which our side does not measure as peers' building is not measured."""
    network = load(folder)
    _ = network.graph
    return network


def rows(folder: Path, name: str, count: int | None = None) -> Ints:
    """The vertices where the homes or the facilities of an input stand; of the homes some, evenly over all."""
    found: Ints = np.load(folder / f"{name}.npy")
    return found if count is None else found[:: max(len(found) // count, 1)][:count]


# ---- inputs --------------------------------------------------------------------------------------------------


def _make(folder: Path, smoke: bool, path: Path, epsg: int) -> None:
    """The network of an OSM file, with homes and facilities at vertices drawn by lot."""
    if smoke:
        path, epsg = ROOT / "data/raw/karhula/karhula.osm.pbf", 32635
    network = build(read_streets(path, epsg))
    every = np.random.default_rng(SEED).permutation(len(vertices(network)))
    _keep(folder, network, *((every[:30], every[:5]) if smoke else (every[:HOMES], every[:FACILITIES])))


def _make_composite(folder: Path, smoke: bool) -> None:
    """Four cities side by side as a GeoPackage of streets, homes and facilities, and the network of its streets."""
    import geopandas as gpd
    import shapely

    lines = composite_lines(smoke=smoke)
    path, crs = folder / "composite.gpkg", f"EPSG:{COMPOSITE_EPSG}"
    streets = gpd.GeoDataFrame(
        {"street_id": np.arange(len(lines)).astype(str)}, geometry=shapely.linestrings(lines), crs=crs
    )
    streets.to_file(path, layer="streets")
    used = np.unique(lines.reshape(-1, 2), axis=0)
    every = np.random.default_rng(SEED).permutation(len(used))
    places = {"homes": used[every[: 30 if smoke else HOMES]], "facilities": used[every[: 5 if smoke else FACILITIES]]}
    for name, at in places.items():
        gpd.GeoDataFrame(geometry=shapely.points(at), crs=crs).to_file(path, layer=name)
    network = build(read_streets(path, COMPOSITE_EPSG))
    every_mm = vertices(network).mm
    _keep(folder, network, *(_match(every_mm, gpd.read_file(path, layer=name)) for name in places))


def composite_lines(*, smoke: bool) -> Any:
    """Its streets, each from one end to the other: an array of (streets, 2, 2) in metres. Raises FileNotFoundError."""
    xy, ends = _lattice() if smoke else _four_cities()
    xy = round_half_up((xy.astype(np.float64) + _COMPOSITE_ORIGIN) * 1000) / 1000
    lines = xy[ends]
    # Lengths are those of the geometry: some of the lengths given are not positive.
    return lines[(lines[:, 0] != lines[:, 1]).any(axis=1)]


def _four_cities() -> tuple[Any, Any]:
    with np.load(SHARED / "large/large_4cities.npz") as arrays:
        return arrays["xy"], arrays["uv"]


def _lattice() -> tuple[Any, Any]:
    """A lattice of 12 by 12 junctions, 90 m apart, and a street without length."""
    number = np.arange(144).reshape(12, 12)
    across, along = (np.stack([one.ravel(), other.ravel()], axis=1)
                     for one, other in ((number[:, :-1], number[:, 1:]), (number[:-1], number[1:])))  # fmt: skip
    xy = np.stack(np.divmod(np.arange(144), 12), axis=1) * 90.0
    return xy, np.concatenate([across, along, [[5, 5]]])


def _match(mm: Ints, points: Any) -> Ints:
    """The row of ``mm`` where each point is."""
    asked = round_half_up(np.stack([points.geometry.x, points.geometry.y], axis=1) * 1000)
    _, code = np.unique(np.concatenate([mm, asked]), axis=0, return_inverse=True)
    row_of = np.empty(code.max() + 1, dtype=np.int64)
    row_of[code[: len(mm)]] = np.arange(len(mm))
    return row_of[code[len(mm) :]]


def read_streets(path: Path, epsg: int) -> Streets:
    """The streets of a file as a study reads them. Raises FileNotFoundError."""
    if not path.is_file():
        raise FileNotFoundError(path.name)
    declared: dict[str, Any] = {} if ".osm" in path.name else {"crs": f"EPSG:{epsg}", "source_layer": "streets"}
    streets, _, _ = read_layer(InputSpec("streets", path, path.name, **declared), pyproj.CRS.from_epsg(epsg), {})
    assert isinstance(streets, Streets)
    return streets


def _keep(folder: Path, network: Network, homes: Ints, facilities: Ints) -> None:
    kept = {each.name: getattr(network, each.name) for each in fields(network)}
    np.savez(folder / "network.npz", **{name: value for name, value in kept.items() if value is not None})
    np.save(folder / "homes.npy", homes)
    np.save(folder / "facilities.npy", facilities)


def _osm(name: str, what: str, path: Path, epsg: int) -> Input:
    return Input(name, what, partial(_make, path=path, epsg=epsg))


PORTO = _osm("porto", "Porto", SHARED / "porto/porto.osm.pbf", 32629)
HELSINKI = _osm("helsinki", "the dense centre of Helsinki", ROOT / "data/raw/helsinki/helsinki.osm.pbf", 32635)
COMPOSITE = Input("composite", "the large composite", _make_composite)
