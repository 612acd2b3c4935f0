"""Chinese extracts that are not part of the repository, every building, against the oracle to the millimetre."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.extract import (
    Extract,
    assert_every_distance_is_the_oracles,
    assert_every_pair_is_the_oracles,
    read_extract,
    spread,
)

EXTRACTS = {"beijing-tsinghua/map.osm": 32650, "guixi/guixi.osm": 32650}


@pytest.fixture(scope="module", params=EXTRACTS)
def extract(request: pytest.FixtureRequest, shared: Path) -> Extract:
    return read_extract(shared / request.param, EXTRACTS[request.param])


def test_all_buildings_to_some_of_them(extract: Extract) -> None:
    answers = assert_every_distance_is_the_oracles(extract, extract.homes, spread(extract.homes, 20))
    assert any(answer.state == "reached" and answer.mm for answer in answers)


def test_all_buildings_with_the_leg_measured_from_their_walls(extract: Extract) -> None:
    facilities = spread(extract.homes, 3)
    assert_every_distance_is_the_oracles(extract, extract.homes, facilities, extract.outlines)


def test_all_pairs_within_700_m(extract: Extract) -> None:
    assert assert_every_pair_is_the_oracles(extract, spread(extract.homes, 20), 700_000) > 100
