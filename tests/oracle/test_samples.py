"""Both embedded samples, every building, against the oracle to the millimetre."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.oracle.extract import (
    Extract,
    assert_every_distance_is_the_oracles,
    assert_every_pair_is_the_oracles,
    read_extract,
    read_facilities,
    read_homes,
    spread,
)

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"
EPSG = 32635
SAMPLES = {"karhula": "nursery", "helsinki": "canteen"}


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> tuple[Path, str, Extract]:
    path = RAW / request.param / f"{request.param}.osm.pbf"
    return path, SAMPLES[request.param], read_extract(path, EPSG)


def test_homes_to_facilities(sample: tuple[Path, str, Extract]) -> None:
    path, kind, extract = sample
    facilities = read_facilities(path, EPSG, kind)
    answers = assert_every_distance_is_the_oracles(extract, read_homes(path, EPSG), facilities)
    assert Counter(answer.state for answer in answers)["reached"] > 0.9 * len(answers)


def test_all_buildings_to_some_of_them(sample: tuple[Path, str, Extract]) -> None:
    _, _, extract = sample
    assert_every_distance_is_the_oracles(extract, extract.homes, spread(extract.homes, 20))


def test_all_buildings_with_the_leg_measured_from_their_walls(sample: tuple[Path, str, Extract]) -> None:
    _, _, extract = sample
    facilities = spread(extract.homes, 3)
    assert_every_distance_is_the_oracles(extract, extract.homes, facilities, extract.outlines)


def test_all_pairs_within_700_m(sample: tuple[Path, str, Extract]) -> None:
    _, _, extract = sample
    assert assert_every_pair_is_the_oracles(extract, spread(extract.homes, 20), 700_000) > 1000
