"""PostGIS: a real server, read in a transaction that cannot write, and written to as one piece."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyproj
import pytest

from circle15.core.errors import ConfigError, CrsError, InputError
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec, without_login
from tests.postgis import PASSWORD, USER, Server, execute
from tests.towns import STUDY, call, write_town

CRS = pyproj.CRS("EPSG:4549")
# A name that is a table, and that would be a disaster if it were pasted.
EVIL = 'homes"; DROP TABLE homes; --'


@pytest.fixture(scope="module")
def server(postgis_server: Server) -> Server:
    execute(
        postgis_server,
        'CREATE TABLE homes ("小区编号" text, "户数" int, opened date, share numeric, geom geometry(PointZ, 4490))',
        "INSERT INTO homes VALUES ('乙', 4, '2024-09-30', 0.5, ST_SetSRID(ST_MakePoint(118.52, 24.76, 9), 4490))",
        "INSERT INTO homes VALUES ('甲', 3, NULL, 1.5, ST_SetSRID(ST_MakePoint(118.5, 24.75, 9), 4490))",
        f"CREATE TABLE {quoted(EVIL)} AS SELECT * FROM homes LIMIT 1",
        "CREATE TABLE mixed (area_id text, geom geometry)",
        "INSERT INTO mixed VALUES ('a', ST_SetSRID(ST_Point(1, 2), 4326)), ('b', ST_SetSRID(ST_Point(1, 2), 4490))",
        "CREATE TABLE two (area_id text, door geometry(Point, 4490), land geometry(Polygon, 4490))",
        "INSERT INTO two SELECT 'a', ST_SetSRID(ST_Point(118.5, 24.75), 4490), NULL",
        'CREATE SCHEMA "规划"',
        "CREATE VIEW \"规划\".units AS SELECT '350582' AS zone_id, '虚构市' AS name, '县' AS level",
    )
    return postgis_server


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read(server: Server, layer: str = "residential", address: str | None = None, **fields: Any) -> Any:
    address = address or server.address
    spec = {"datum": "CGCS2000", **fields}
    return read_layer(InputSpec(layer, Path(), without_login(address), database=address, **spec), CRS, {})


def test_a_table_and_a_query_give_the_same_rows_in_the_same_order(server) -> None:
    found, findings, source = read(server, source_layer="homes")
    assert found.frame["area_id"].tolist() == ["乙", "甲"]
    assert found.frame["households"].tolist() == [4.0, 3.0]
    assert not found.frame.geometry.has_z.any()
    assert [each.code for each in findings] == ["headings_matched"]
    assert source.path == f"postgresql://127.0.0.1:{server.port}/town"
    again = read(server, sql='SELECT * FROM homes ORDER BY "小区编号" DESC -- all')
    assert again[2].sha256 == source.sha256
    assert again[0].frame.equals(found.frame)


def test_names_are_quoted_and_never_pasted(server) -> None:
    assert len(read(server, source_layer=EVIL)[0]) == 1
    with pytest.raises(ConfigError, match="最接近的是"):
        read(server, source_layer='homes"; DROP TABLE homes; -- x')
    assert execute(server, "SELECT count(*) FROM homes") == [(2,)]


def test_other_schemas_and_views_without_geometry(server) -> None:
    found, _, _ = read(server, "zone_table", source_layer="规划.units", datum=None)
    assert found.frame["level"].tolist() == ["county"]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM homes RETURNING *",
        "WITH gone AS (DELETE FROM homes RETURNING *) SELECT * FROM gone",
        "SELECT * FROM homes) AS x; DROP TABLE homes; --",
        "SELECT * FROM homes; DROP TABLE homes",
        "SELECT set_config('transaction_read_only', 'off', false), homes.* FROM homes",
        "SELECT 1) AS x; COMMIT; DROP TABLE homes; SELECT (1",
        "SELECT nextval('s') FROM homes",
        "SELEC",
        "",
        "SELECT * FROM homes WHERE ((",
    ],
)
def test_no_query_can_write(server, query) -> None:
    with pytest.raises(InputError):
        read(server, sql=query)
    assert execute(server, "SELECT count(*) FROM homes") == [(2,)]


def test_what_the_database_says_of_its_places_must_agree(server) -> None:
    with pytest.raises(CrsError, match="EPSG:4490"):
        read(server, source_layer="homes", datum=None, crs="EPSG:4549")
    with pytest.raises(CrsError, match="2 个 SRID"):
        read(server, source_layer="mixed")
    with pytest.raises(ConfigError, match="door, land"):
        read(server, source_layer="two")
    assert len(read(server, source_layer="two", columns={"geometry": "door"})[0]) == 1
    with pytest.raises(ConfigError, match="没有名为 'residential'"):
        read(server)


def test_no_login_in_any_message(server) -> None:
    addresses = [
        server.as_user("wrong-secret"),
        server.as_user(PASSWORD, "nowhere"),
        f"postgresql://{USER}:wrong-secret@127.0.0.1:1/town",
        f"postgresql://{USER}:wrong-secret@no.such.host.invalid/town",
        f"postgres:{USER}:wrong-secret@127.0.0.1/town",
    ]
    for address in addresses:
        with pytest.raises(InputError) as caught:
            read(server, address=address)
        for text in (caught.value.text.zh, caught.value.text.en):
            assert USER not in text
            assert "wrong-secret" not in text
            assert "p%40ss" not in text


def town(server: Server, folder: Path, outputs: str = "") -> Path:
    study = STUDY.replace(
        'path = "homes.geojson"\ncrs  = "EPSG:4549"',
        f'path = "{server.address}"\nlayer = "town_homes"\ncrs = "EPSG:4549"',
    )
    path = write_town(folder, study=study + outputs)
    values = ", ".join(
        f"('{each['properties']['area_id']}', ST_SetSRID(ST_Point({each['geometry']['coordinates'][0]}, "
        f"{each['geometry']['coordinates'][1]}), 4549))"
        for each in json.loads((folder / "homes.geojson").read_text(encoding="utf-8"))["features"]
    )
    execute(
        server,
        "DROP TABLE IF EXISTS town_homes",
        "CREATE TABLE town_homes (area_id text, geom geometry(Point, 4549))",
        f"INSERT INTO town_homes VALUES {values}",
    )
    return path


def test_a_study_from_and_into_the_database(server, tmp_path) -> None:
    outputs = f'\n[show]\noutputs = ["tables", "postgis:{server.address}"]\n'
    study = town(server, tmp_path, outputs)
    for _ in range(2):  # a second run replaces the first
        result = call("run", study, "-q", "--out", tmp_path / "out")
        assert result.exit_code in (0, 1), result.stderr
        assert f"postgresql://127.0.0.1:{server.port}/town circle15_invented" in result.stdout
    written = table(tmp_path / "out" / "data" / "processed" / "invented" / "verdicts.csv")
    rows = execute(server, 'SELECT rule_id, subject_id, metric, outcome FROM "circle15_invented".verdicts')
    keys = ("rule_id", "subject_id", "metric", "outcome")
    assert sorted(rows) == sorted(tuple(each[key] for key in keys) for each in written)
    places = execute(
        server,
        "SELECT h.area_id, ST_SRID(r.geometry), "
        "ST_Distance(h.geom, ST_Transform(ST_SetSRID(r.geometry, 4490), 4549)) < 0.001 "
        'FROM "circle15_invented".residential r JOIN town_homes h USING (area_id) ORDER BY 1',
    )
    assert places == [("H-1", 4326, True), ("H-2", 4326, True)]
    everything = (
        result.stdout
        + result.stderr
        + "".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in (tmp_path / "out").rglob("*")
            if path.is_file()
        )
    )
    for secret in (USER, PASSWORD, "p%40ss"):
        assert secret not in everything
    again, _, _ = read(server, crs="EPSG:4326", datum=None, source_layer="circle15_invented.residential")
    assert len(again) == 2


def test_what_others_made_stays(server, tmp_path) -> None:
    outputs = f'\n[show]\noutputs = ["tables", "postgis:{server.address}"]\n'
    study = town(server, tmp_path, outputs)
    execute(server, 'DROP SCHEMA IF EXISTS "circle15_invented" CASCADE', 'CREATE SCHEMA "circle15_invented"')
    result = call("run", study, "-q", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "不是本程序建的模式 circle15_invented" in result.stderr
    execute(server, 'DROP SCHEMA "circle15_invented"')
    call("run", study, "-q", "--out", tmp_path / "out")
    execute(
        server,
        'CREATE TABLE "circle15_invented".mine (x int)',
        'DROP TABLE "circle15_invented".coverage',
        'CREATE TABLE "circle15_invented".coverage (x int)',
    )
    result = call("run", study, "-q", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "不是本程序建的表 coverage" in result.stderr
    assert execute(server, 'SELECT count(*) FROM "circle15_invented".residential') == [(2,)]  # nothing half-written
    assert execute(server, 'SELECT count(*) FROM "circle15_invented".mine') == [(0,)]


@pytest.mark.parametrize(
    "line",
    [
        'path = ["postgresql://geheim:p@h/x"]',
        'path = "postgresql://geheim:p@h/x"\nlayer = "a"\nsql = "SELECT 1"',
        'path = "homes.geojson"\nsql = "SELECT 1"',
    ],
)
def test_keys_that_do_not_go_together(tmp_path, line) -> None:
    study = write_town(tmp_path, study=STUDY.replace('path = "homes.geojson"', line))
    result = call("check", study, "-q")
    assert result.exit_code == 2
    assert "[inputs.residential]" in result.stderr
    assert "geheim" not in result.stderr


def test_an_output_that_is_no_database_is_unknown_and_shows_no_login(tmp_path) -> None:
    study = write_town(tmp_path, study=STUDY + '\n[show]\noutputs = ["postgi:postgresql://geheim:p@h/x"]\n')
    result = call("check", study, "-q")
    assert result.exit_code == 2
    assert "geheim" not in result.stderr
