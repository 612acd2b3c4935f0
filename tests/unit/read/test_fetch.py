"""Fetching a place: politely, from servers that are busy, broken, slow to agree, or do not know the place."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmnx
import pyproj
import pytest
import shapely

from circle15.read.fetch import study_crs, tags_of
from circle15.read.fetch.client import AGENT, ATTEMPTS, MOST_POLLS
from circle15.study import load_study
from tests.openstreetmap import Answer, Server, serving
from tests.towns import call, tree

# One street of two ways that share node 3, three houses along it, a day-care centre and a kindergarten.
NODES = {
    1: (24.7800, 118.5000), 2: (24.7800, 118.5020), 3: (24.7800, 118.5040), 4: (24.7800, 118.5080),
    11: (24.7802, 118.5010), 12: (24.7804, 118.5010), 13: (24.7804, 118.5012), 14: (24.7802, 118.5012),
    21: (24.7802, 118.5060), 22: (24.7804, 118.5060), 23: (24.7804, 118.5062), 24: (24.7802, 118.5062),
    31: (24.7700, 118.4900), 32: (24.7900, 118.4900), 33: (24.7900, 118.5200), 34: (24.7700, 118.5200),
    41: (24.8100, 118.5200), 42: (24.8100, 118.4900),
}  # fmt: skip


def nodes(*numbers: int) -> list[dict[str, Any]]:
    return [{"type": "node", "id": each, "lat": NODES[each][0], "lon": NODES[each][1]} for each in numbers]


def node(number: int, lat: float, lon: float, **tags: str) -> dict[str, Any]:
    return {"type": "node", "id": number, "lat": lat, "lon": lon, "tags": tags}


def way(number: int, *refs: int, **tags: str) -> dict[str, Any]:
    return {"type": "way", "id": number, "nodes": list(refs), "tags": tags}


def relation(number: int, *ways: int, **tags: str) -> dict[str, Any]:
    members = [{"type": "way", "ref": each, "role": "outer"} for each in ways]
    return {"type": "relation", "id": number, "members": members, "tags": tags}


DAY_CARE = {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "senior"}
BORDER = {"boundary": "administrative", "admin_level": "8", "type": "boundary"}
ELEMENTS = {
    '"highway"~': [*nodes(4, 3, 2, 1), way(102, 3, 4, highway="residential"), way(101, 1, 2, 3, highway="footway")],
    "['building'](": [
        *nodes(11, 12, 13, 14, 21, 22, 23, 24),
        way(201, 11, 12, 13, 14, 11, building="apartments", name='一号楼 <b>&"x"'),
        way(202, 21, 22, 23, 24, 21, building="yes"),
    ],
    "'disused:amenity'": [node(401, 24.7801, 118.5030, amenity="kindergarten", name="幼儿园")],
    "'landuse'": [],
    "'barrier'": [*nodes(31, 33, 34), way(601, 33, 34, waterway="river"), way(602, 31, 33, barrier="fence")],
    "'admin_level'": [
        *nodes(31, 32, 33, 34, 41, 42),
        way(701, 31, 32), way(702, 32, 33), way(703, 33, 34, 31), way(704, 33, 41, 42, 32),
        relation(801, 701, 702, 703, name="虚构镇", **BORDER),
        relation(802, 702, 704, name="邻镇", **BORDER),
    ],
    "'social_facility'": [node(301, 24.7801, 118.5005, name="颐康中心", **DAY_CARE)],
}  # fmt: skip
OUTLINE = shapely.box(118.49, 24.77, 118.52, 24.79)
PLACE = "虚构镇, 晋江市"


def found(outline: Any, **members: Any) -> list[dict[str, Any]]:
    west, south, east, north = (str(each) for each in outline.bounds)
    place = {
        "osm_type": "relation",
        "osm_id": 801,
        "lat": south,
        "lon": west,
        "importance": 0.5,
        "display_name": "x",
        "boundingbox": [south, north, west, east],
        "geojson": json.loads(shapely.to_geojson(outline)),
    }
    return [{**place, **members}]


def town() -> Server:
    return Server(places={PLACE: found(OUTLINE)}, elements={key: list(rows) for key, rows in ELEMENTS.items()})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(town()) as listening:
        yield listening


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the town from servers that are well."""
    folder = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch, serving(town()) as listening:
        _no_waiting(patch, [])
        assert fetch(listening, folder).exit_code == 0
    return tree(folder)


def _no_waiting(patch: pytest.MonkeyPatch, slept: list[float]) -> None:
    """OSMnx and the command line sleep by the same function; OSMnx looks up the UTM zone seven times."""
    patch.setattr("time.sleep", slept.append)
    patch.setattr("geopandas.GeoSeries.estimate_utm_crs", lambda *_, **__: pyproj.CRS("EPSG:32650"))


def same(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether a folder holds these files, but for the ports of the servers that came by."""
    port = re.compile(rb"127\.0\.0\.1:\d+")
    return {name: port.sub(b"", data) for name, data in tree(folder).items()} == {
        name: port.sub(b"", data) for name, data in files.items()
    }


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody sleeps: what would have been slept, in seconds."""
    slept: list[float] = []
    _no_waiting(monkeypatch, slept)
    return slept


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    names = [name for name in vars(osmnx.settings) if not name.startswith("_")]
    before = {name: getattr(osmnx.settings, name) for name in names}, socket.getaddrinfo
    yield
    assert ({name: getattr(osmnx.settings, name) for name in names}, socket.getaddrinfo) == before


def fetch(server: Server, folder: Path, place: str = PLACE) -> Any:
    return call("fetch", place, "--out", folder, "-q", *server.options)


RAW = ("barriers", "boundaries", "buildings", "facilities", "hosts", "landuse", "streets")


def test_a_place_becomes_a_study_ready_to_check(server, tmp_path):
    done = fetch(server, tmp_path)
    assert done.exit_code == 0, done.stderr
    files = [f"data/raw/{name}.osm{ending}" for name in RAW for ending in ("", ".source.toml")]
    assert sorted(tree(tmp_path)) == [*files, "study.toml"]
    checked = call("check", tmp_path / "study.toml", "--format", "json", "-q")
    assert checked.exit_code == 0, checked.stderr
    assert {"osm_estimated_people", "osm_assumed_homes"} <= {each["code"] for each in json.loads(checked.stdout)}
    audited = call("audit", tmp_path / "study.toml", "--format", "json", "-q")
    coverage = json.loads(audited.stdout)["coverage"]
    (row,) = [
        row
        for row in coverage
        if (row["rule_id"], row["basis"], row["level"], row["metric"]) == ("JJ-01", "areas", "study", "network")
    ]
    assert (row["covered"], row["total"]) == (2, 2), "both houses walk to the day-care centre"
    assert {row["zone_id"] for row in coverage} == {"*", "relation/801"}


def test_the_study_names_what_was_found(server, tmp_path):
    fetch(server, tmp_path)
    study = tomllib.loads((tmp_path / "study.toml").read_text(encoding="utf-8"))
    assert (study["id"], study["name"], study["crs"]) == ("osm-relation-801", PLACE, "EPSG:4549")
    assert set(study["inputs"]) == {"streets", "residential", "facilities", "candidates", "barriers", "zones"}
    assert study["inputs"]["barriers"]["where"] == "kind != 'wall'"
    assert load_study(tmp_path / "study.toml").crs_text == "EPSG:4549"


def test_a_source_stands_beside_each_file(server, tmp_path):
    fetch(server, tmp_path)
    for name in RAW:
        content = (tmp_path / f"data/raw/{name}.osm").read_bytes()
        source = tomllib.loads((tmp_path / f"data/raw/{name}.osm.source.toml").read_text(encoding="utf-8"))
        assert source["sha256"] == hashlib.sha256(content).hexdigest()
        assert source["licence"] == "ODbL-1.0"
        assert source["attribution"] == "© OpenStreetMap contributors"
        assert source["data_date"] == "2026-01-02"
        assert source["box"] == pytest.approx([118.475, 24.7565, 118.535, 24.8035], abs=2e-3)


def test_the_servers_are_asked_once_for_each_thing_by_one_name(server, tmp_path, waits):
    fetch(server, tmp_path)
    assert server.searches == [PLACE]
    assert len(server.queries) == len(set(server.queries)) == len(RAW)
    assert server.agents == {AGENT}
    assert "circle15" in AGENT
    assert sum(waits) == 1, "a second before the search, as Nominatim asks; slots of Overpass were free"


def test_homes_are_of_the_place_and_streets_reach_beyond(server, tmp_path):
    fetch(server, tmp_path)
    streets, buildings = (
        next(each for each in server.queries if key in each) for key in ('"highway"~', "['building'](")
    )
    lons = [
        [float(each) for each in query.split("poly:'")[1].split("'")[0].split()][1::2] for query in (streets, buildings)
    ]
    assert max(lons[0]) > 118.53
    assert max(lons[1]) == pytest.approx(118.52, abs=1e-5)


def test_the_same_answers_give_the_same_bytes(server, tmp_path, calm):
    for rows in server.elements.values():
        rows.reverse()
    fetch(server, tmp_path)
    assert same(tmp_path, calm)


def test_names_of_the_data_are_text_in_the_file(server, tmp_path):
    fetch(server, tmp_path)
    text = (tmp_path / "data/raw/buildings.osm").read_text(encoding="utf-8")
    assert "&lt;b&gt;&amp;" in text
    assert "<b>" not in text


# ---- busy and broken -----------------------------------------------------------------------------------------

WHOLE = json.dumps({"elements": []}).encode()
TROUBLE = {
    "too many requests": Answer(429, headers={"Retry-After": "17"}),
    "gateway timeout": Answer(504),
    "unavailable": Answer(503),
    "cut short": Answer(body=WHOLE[:-5]),
    "connection closed early": Answer(body=WHOLE, cut=True),
    "a page instead": Answer(body=b"<html>please wait</html>"),
    "a remark": Answer(body=b'{"elements": [], "remark": "runtime error: Query timed out"}'),
    "no elements": Answer(body=b'{"version": 0.6}'),
    "empty": Answer(),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_passes(server, tmp_path, calm, waits, name):
    server.trouble.extend([Answer(body=json.dumps(server.places[PLACE]).encode()), TROUBLE[name], TROUBLE[name]])
    done = fetch(server, tmp_path)
    assert done.exit_code == 0, done.stderr
    assert same(tmp_path, calm)
    assert len(server.queries) == len(RAW) + 2
    first = 17 if name == "too many requests" else 5
    assert [each for each in waits if each > 1] == [first, max(first, 10)]


@pytest.mark.parametrize("name", ["too many requests", "cut short", "a remark"])
def test_trouble_that_stays_ends_in_2_and_is_taken_up_again(server, tmp_path, calm, name):
    first = json.dumps(server.places[PLACE]).encode()
    streets = server.answer('"highway"~')
    server.trouble.extend([Answer(body=first), Answer(body=streets), *[TROUBLE[name]] * ATTEMPTS])
    done = fetch(server, tmp_path)
    assert done.exit_code == 2
    assert f"已尝试 {ATTEMPTS} 次" in done.stderr
    assert "Traceback" not in done.stderr
    assert all(path.startswith(".circle15-fetch/") for path in tree(tmp_path)), "nothing half-written"
    searched, queried = len(server.searches), len(server.queries)
    again = fetch(server, tmp_path)
    assert again.exit_code == 0, again.stderr
    assert same(tmp_path, calm)
    assert len(server.searches) == searched, "the place is known already"
    assert len(server.queries) - queried == len(RAW) - 1, "the streets are there already"


def test_an_answer_half_written_to_the_cache_is_asked_for_again(server, tmp_path):
    server.trouble.extend([Answer(body=json.dumps(server.places[PLACE]).encode()), *[Answer(504)] * ATTEMPTS])
    fetch(server, tmp_path)
    (kept,) = (tmp_path / ".circle15-fetch/place").iterdir()
    kept.write_bytes(kept.read_bytes()[:50])
    assert fetch(server, tmp_path).exit_code == 0
    assert server.searches == [PLACE, PLACE]


def test_a_refusal_is_not_repeated(server, tmp_path, waits):
    server.trouble.extend([Answer(403)])
    done = fetch(server, tmp_path)
    assert done.exit_code == 2
    assert "403" in done.stderr
    assert waits == [1]


def test_a_server_that_is_not_there(tmp_path):
    with serving(Server()) as gone:
        pass
    done = fetch(gone, tmp_path)
    assert done.exit_code == 2
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("status", ["Slot available after: 2026-01-01T00:00:30Z, in 30 seconds.", "gibberish"])
def test_the_slots_of_the_server_are_waited_for(server, tmp_path, waits, status):
    server.status = status
    assert fetch(server, tmp_path).exit_code == 0
    assert len([each for each in waits if each >= 1]) == 1 + len(RAW)


def test_a_server_that_is_never_free_ends_in_2(server, tmp_path, waits):
    server.status = "Currently running queries (pid, space limit, time limit, start time):"
    done = fetch(server, tmp_path)
    assert done.exit_code == 2
    assert "服务器正忙于其他查询" in done.stderr
    assert server.queries == []
    assert waits.count(5) >= ATTEMPTS * MOST_POLLS


# ---- places that are none ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([], "找不到地名"),
        (found(shapely.Point(118.5, 24.78)), "没有边界"),
        (found(shapely.box(110, 20, 115, 25)), "平方千米"),
        ([{"nonsense": 1}], "不是预期的内容"),
    ],
)
def test_a_place_that_is_none_ends_in_2(server, tmp_path, answer, says):
    server.places["某地"] = answer
    done = fetch(server, tmp_path / "town", "某地")
    assert done.exit_code == 2
    assert says in done.stderr
    assert server.queries == []
    assert [path for path in tree(tmp_path) if not path.startswith("town/.circle15-fetch/")] == []


@pytest.mark.parametrize(("layer", "says"), [('"highway"~', "没有步行道路数据"), ("['building'](", "没有建筑数据")])
def test_a_place_without_streets_or_homes_ends_in_2(server, tmp_path, layer, says):
    server.elements[layer] = []
    done = fetch(server, tmp_path)
    assert done.exit_code == 2
    assert says in done.stderr
    assert not (tmp_path / "study.toml").exists()


def test_what_the_place_lacks_is_left_out_of_the_study(server, tmp_path):
    server.elements |= {"'disused:amenity'": [], "'admin_level'": [], "'social_facility'": []}
    server.elements["'barrier'"] = [*nodes(31, 33), way(602, 31, 33, barrier="fence")]
    assert fetch(server, tmp_path).exit_code == 0
    study = tomllib.loads((tmp_path / "study.toml").read_text(encoding="utf-8"))
    assert set(study["inputs"]) == {"streets", "residential", "facilities"}
    assert call("check", tmp_path / "study.toml", "-q").exit_code == 0


@pytest.mark.parametrize(
    "element",
    [
        {"type": "node", "id": 1},
        {"type": "node", "id": 1, "lat": 91, "lon": 0},
        {"type": "area", "id": 1},
        {"type": "way", "id": 1, "nodes": ["x"]},
        {"type": "relation", "id": 1, "members": [{}]},
        {"type": "node", "id": "../../x", "lat": 1, "lon": 1},
        {"type": "node", "id": 1, "lat": 1, "lon": 1, "tags": {"name": 1}},
        "nonsense",
    ],
)
def test_answers_that_are_no_map_data_end_in_2(server, tmp_path, element):
    server.elements['"highway"~'] = [element]
    done = fetch(server, tmp_path)
    assert done.exit_code == 2
    assert "不是 OpenStreetMap 数据" in done.stderr


def test_a_folder_in_use_stays_and_nothing_is_asked(server, tmp_path):
    (tmp_path / "study.toml").write_text("mine", encoding="utf-8")
    done = fetch(server, tmp_path)
    assert done.exit_code == 2
    assert tree(tmp_path) == {"study.toml": b"mine"}
    assert server.searches == []


@pytest.mark.parametrize("name", ["../../x", "a\nb", "'; out meta;", '"]; x = "', "\x7f", "🏠" * 300])
def test_a_hostile_name_is_only_a_name(server, tmp_path, name):
    server.places[name] = found(OUTLINE)
    done = fetch(server, tmp_path / "town", name)
    assert done.exit_code == 0, done.stderr
    assert {path.split("/")[0] for path in tree(tmp_path)} == {"town"}
    assert load_study(tmp_path / "town/study.toml").name == name


# ---- parts ---------------------------------------------------------------------------------------------------


def test_tags_ask_for_the_most_telling_term():
    asked = tags_of(["amenity=school + !access", "amenity=kindergarten|childcare", "building + disused=yes", "office"])
    assert asked == {"amenity": ["childcare", "kindergarten", "school"], "disused": ["yes"], "office": True}


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(118.49, 24.8, 4548), (118.51, 24.8, 4549), (116.4, 39.9, 4548), (26.9, 60.5, 32635), (-51.2, -30.0, 32722)],
)
def test_the_proposed_crs_is_the_nearest_zone(lon, lat, code):
    assert study_crs(lon, lat)[0] == f"EPSG:{code}"
