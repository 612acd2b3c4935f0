"""The engine at its edges: nothing to search from or for, bounds beyond the network, very many targets, no numba."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import numpy as np
import pytest

from circle15 import route
from circle15.core.errors import ConfigError, NetworkError
from circle15.route import Anchors, Engine, compiled, distances, nearest, pairs
from tests import nets
from tests.towns import write_town

ENGINES = [Engine("numba"), Engine("scipy")]
# A street of 300 m from node 0 to 1, one of 500 m on to 2, and one of 40 m that nothing joins.
STREETS = [(0, 1, 300_000, 0), (1, 2, 500_000, 0), (3, 4, 40_000, 0)]
NET = nets.network(STREETS)
# 100 m along the first with a leg of 5 m; 450 m along the second; on the island; near no street.
HOME, SHOP, HERMIT, LOST = (0, 100_000, 5_000), (1, 450_000, 0), (2, 10_000, 0), None

each_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.kernel)


@each_engine
def test_a_bound_beyond_the_network_finds_all_there_is_a_way_to(engine: Engine) -> None:
    spots = nets.anchors([HOME, SHOP, HERMIT, LOST])
    for most_mm in (10**9, 2**62, 2**63 - 1):
        found = pairs(NET, spots, spots, most_mm, engine)
        assert found.start.tolist() == [0, 2, 4, 5, 5]
        assert list(zip(found.target.tolist(), found.mm.tolist(), strict=True)) == [
            (0, 10_000), (1, 655_000), (0, 655_000), (1, 0), (2, 0),
        ]  # fmt: skip


@each_engine
def test_a_bound_is_met_to_the_millimetre(engine: Engine) -> None:
    home, shop = nets.anchors([HOME]), nets.anchors([SHOP])
    assert pairs(NET, home, shop, 655_000, engine).mm.tolist() == [655_000]
    assert pairs(NET, home, shop, 654_999, engine).mm.tolist() == []


@each_engine
@pytest.mark.parametrize("spots", [[], [LOST], [LOST, LOST]], ids=["none", "one lost", "all lost"])
def test_nothing_to_search_from_or_for(engine: Engine, spots: list[None]) -> None:
    some, none = nets.anchors([HOME, SHOP]), nets.anchors(spots)
    assert pairs(NET, none, some, 10**9, engine).start.tolist() == [0] * (len(spots) + 1)
    assert pairs(NET, some, none, 10**9, engine).start.tolist() == [0, 0, 0]
    assert not nearest(NET, some, none, np.arange(len(spots)), engine).reached.any()
    assert nearest(NET, none, some, np.arange(2), engine).reached.tolist() == [False] * len(spots)
    assert np.isinf(distances(NET, none, engine)).all()


@each_engine
def test_from_a_source_without_streets_nothing_is_reached_but_what_stands_with_it(engine: Engine) -> None:
    hermit = nets.anchors([HERMIT])
    assert pairs(NET, hermit, nets.anchors([HOME, SHOP, HERMIT]), 10**9, engine).target.tolist() == [2]
    assert distances(NET, hermit, engine).tolist() == [np.inf, np.inf, np.inf, 10_000, 30_000]


@each_engine
def test_a_million_targets(engine: Engine) -> None:
    count = 10**6
    random = np.random.default_rng(7)
    edge = random.integers(0, 2, count)
    offset = np.floor(random.random(count) * (NET.edge_mm[edge] + 1)).astype(np.int64)
    no = np.zeros(count, dtype=bool)
    targets = Anchors(edge, offset, random.integers(0, 9_000, count), np.zeros((count, 2)), ~no, no)
    truth = np.where(edge == 0, np.abs(offset - 100_000), 200_000 + offset) + 5_000 + targets.leg_mm
    found = pairs(NET, nets.anchors([HOME]), targets, 400_000, engine)
    assert np.array_equal(found.target, np.flatnonzero(truth <= 400_000))
    assert np.array_equal(found.mm, truth[found.target])
    back = pairs(NET, targets, nets.anchors([HOME]), 400_000, engine)
    assert np.array_equal(back.source, found.target)


@each_engine
def test_targets_placed_for_one_call_serve_no_other_targets(engine: Engine) -> None:
    here, shops = nets.anchors([HOME]), [nets.anchors([SHOP, None]), nets.anchors([None, SHOP]), nets.anchors([SHOP])]
    found = [pairs(NET, here, each, 10**9, engine).target.tolist() for each in (*shops, *reversed(shops))]
    assert found == [[0], [1], [0], [0], [1], [0]]


def test_more_finds_than_there_is_room_for_at_first() -> None:
    spots = nets.anchors([(0, mm, 0) for mm in range(0, 300_000, 375)])
    found = pairs(NET, spots, spots, 10**9, Engine("numba", chunk=800))
    assert len(found.mm) == 800 * 800 > compiled._ROOM_FOR_FINDS
    assert found.mm.reshape(800, 800)[17].tolist() == [abs(17 - other) * 375 for other in range(800)]


@pytest.mark.parametrize("chunk", [0, 1000])
def test_sources_of_several_blocks_keep_their_order(chunk: int) -> None:
    # Some find both, some one and some none, so that blocks and chunks have unequal shares. The search starts from
    # the fewer side, so all others that are sought stand on the island.
    count = 2 * compiled._BLOCK + 5
    mm = np.random.default_rng(11).permutation(300_000)[:count]
    sources = nets.anchors([(0, int(each), 0) for each in mm])
    targets = nets.anchors([(0, 50_000, 0), (0, 120_000, 0), *[HERMIT] * count])
    found = pairs(NET, sources, targets, 100_000, Engine("numba", 2, chunk))
    truth = np.abs(mm[:, None] - [50_000, 120_000])
    row, column = np.nonzero(truth <= 100_000)
    assert found.source.tolist() == row.tolist()
    assert found.target.tolist() == column.tolist()
    assert found.mm.tolist() == truth[row, column].tolist()


def _ladder(rungs: int) -> list[nets.Edge]:
    """Node n is reached first by one long step, then better and better by way of every node before it."""
    return [(low, high, 2 ** (rungs - low) * (high - low) - low, 0) for high in range(1, rungs) for low in range(high)]


def test_labels_that_improve_again_and_again_fill_no_queue() -> None:
    # Far more better labels than there are nodes: each node waits once at most, whatever comes in.
    edges = [(u, v, max(mm, 1), way) for u, v, mm, way in _ladder(24)]
    net, spots = nets.network(edges), [(row, 0, 0) for row in range(23)]
    truth = nets.all_ways(edges, spots, spots)
    found = pairs(net, nets.anchors(spots), nets.anchors(spots), 10**12, Engine("numba"))
    assert np.array_equal(nets.table(found, len(spots)), truth)


@each_engine
def test_a_network_too_large_for_exact_sums_is_refused(engine: Engine) -> None:
    vast = nets.network([(0, 1, 2**61, 0), (1, 2, 2**61, 0)])
    spots = nets.anchors([(0, 0, 0), (1, 5, 0)])
    with pytest.raises(NetworkError):
        nearest(vast, spots, spots, np.arange(2), engine)
    with pytest.raises(NetworkError):
        distances(vast, spots, engine)


def test_a_network_with_distances_too_large_for_scipy_is_refused_by_it() -> None:
    vast = nets.network([(0, 1, 2**53, 0)])
    with pytest.raises(NetworkError):
        pairs(vast, nets.anchors([(0, 0, 0)]), nets.anchors([(0, 7, 0)]), 10, Engine("scipy"))


# ---- where numba is missing ----------------------------------------------------------------------------------

_WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from circle15.route import Engine, pairs, prepare
from tests import nets
net = nets.network([(0, 1, 300_000, 0)])
spots = nets.anchors([(0, 100_000, 0), (0, 250_000, 0)])
assert prepare(lambda: None) is False
assert pairs(net, spots, spots, 10**9).mm.tolist() == [0, 150_000, 150_000, 0]
Engine("numba").load()
"""


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, where numba can be hidden before anything has loaded it."""
    root = Path(__file__).resolve().parents[3]
    paths = {"PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=root, env={**os.environ, **paths})


def test_scipy_stands_in_for_numba_unless_numba_is_asked_for_by_name() -> None:
    done = _python(_WITHOUT_NUMBA)
    assert ConfigError.__name__ in done.stderr.splitlines()[-1], done.stderr
    assert "assert" not in done.stderr


_STUDY_WITHOUT_NUMBA = """
import sys
from pathlib import Path
if sys.argv[2] == "without":
    sys.modules["numba"] = None
from tests.towns import call
print(call("audit", Path(sys.argv[1]), "--format", "json").stdout)
"""


def test_a_study_without_numba_gets_the_same_distances_and_is_told_so(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    found = {}
    for numba in ("with", "without"):
        done = _python(_STUDY_WITHOUT_NUMBA, str(study), numba)
        assert done.returncode == 0, done.stderr
        found[numba] = json.loads(done.stdout)
    told = {numba: {each["code"] for each in audit.pop("findings")} for numba, audit in found.items()}
    assert told["without"] - told["with"] == {"slow_engine"}
    assert found["with"] == found["without"]


def test_no_module_that_is_loaded_later_takes_the_place_of_a_function() -> None:
    for module in iter_modules(route.__path__):
        import_module(f"circle15.route.{module.name}")
    assert [name for name in route.__all__ if isinstance(getattr(route, name), ModuleType)] == []
