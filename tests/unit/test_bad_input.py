"""Bad input ends in one clear message and exit code 2, and nothing is written.

What a message must hold: the facts by which the user finds the spot (file or key, count, ids) and what to do.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.towns import CANDIDATES, FACILITIES, HOMES, SITE, STUDY, call, features, moved, points, tree, write_town

Edit = Callable[[str], str]

SAMPLE = ROOT / "data" / "raw" / "karhula" / "karhula.osm.pbf"
GOOD = STUDY + CANDIDATES + SITE


def swap(old: str, new: str) -> Edit:
    """The study with one text in place of another, which must be there."""

    def edit(study: str) -> str:
        assert old in study
        return study.replace(old, new, 1)

    return edit


def add(lines: str) -> Edit:
    return lambda study: study + lines


def homes_input(line: str) -> Edit:
    return swap('path = "homes.geojson"\n', f'path = "homes.geojson"\n{line}\n')


def osm_streets(path: str) -> Edit:
    return swap('path = "streets.geojson"\ncrs  = "EPSG:4549"', f'path = "{path}"')


def same(study: str) -> str:
    return study


@dataclass(frozen=True)
class Case:
    """One way to be wrong: how the study is edited, which files are replaced, and what is said."""

    says: tuple[str, ...]
    study: Edit = same
    files: Mapping[str, bytes | str] = field(default_factory=dict)
    verb: str = "audit"


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[moved(at) for at in ring]]}


BOW_TIE = polygon((0, 0), (100, 100), (100, 0), (0, 100), (0, 0))
SPIKE = polygon((0, 0), (100, 0), (100, 50), (150, 50), (100, 50), (100, 100), (0, 100), (0, 0))

THE_STUDY = {
    "no such file": Case(("study.toml：没有这个文件", "无法读取"), files={"study.toml": ""}),
    "no TOML": Case(("study.toml", "不是有效的 TOML", "引号须为半角", "路径用 /"), study=add("[[")),
    "not UTF-8": Case(("study.toml 不是 UTF-8", "另存为 UTF-8"), files={"study.toml": GOOD.encode("gb18030")}),
    "no study CRS": Case(("没有写明研究坐标系", "EPSG:4549"), study=swap('crs    = "EPSG:4549"\n', "")),
    "geographic study CRS": Case(("不是以米为单位的投影坐标系", "EPSG:4549"), study=swap('"EPSG:4549"', '"EPSG:4490"')),
    "study CRS in feet": Case(("不是以米为单位的投影坐标系",), study=swap('"EPSG:4549"', '"EPSG:2263"')),
    "no CRS at all": Case(("'EPSG:999999'", "EPSG 代码"), study=swap('"EPSG:4549"', '"EPSG:999999"')),
    "study CRS on an old datum": Case(("Xian 80", "官方参数"), study=swap('"EPSG:4549"', '"EPSG:2384"')),
    "unknown key": Case(("study.toml", "'fictoinal'", "'fictional'"), study=swap("fictional", "fictoinal")),
    "unknown key of an input": Case(
        ("[inputs.residential]", "'colums'", "'columns'"), study=homes_input('colums = { area_id = "x" }')
    ),
    "unknown input": Case(("[inputs]", "'home'"), study=add('\n[inputs.home]\npath = "homes.geojson"\n')),
    "unknown key of a site": Case(("[[site]] 1", "'wieght'", "'weight'"), study=swap("weight ", "wieght ")),
    "unknown base map": Case(("[show].base_maps", "'google'"), study=add('\n[show]\nbase_maps = ["google"]\n')),
    "base map without its key": Case(("'tianditu:密钥'",), study=add('\n[show]\nbase_maps = ["tianditu"]\n')),
    "key for a base map that takes none": Case(("不用密钥",), study=add('\n[show]\nbase_maps = ["osm:k"]\n')),
    "unknown output": Case(("[show].outputs", "'html'"), study=add('\n[show]\noutputs = ["html"]\n')),
    "unknown pack": Case(("'jinjiang-2023'", "'jinjiang-2022'"), study=swap("jinjiang-2022", "jinjiang-2023")),
    "missing keys": Case(
        ("缺少 id", "缺少 name"), study=lambda study: "\n".join(study.split("\n")[:1] + study.split("\n")[3:])
    ),
    "wrong kinds of values": Case(
        ("study.toml.as_of", "study.toml.fictional"),
        study=swap("fictional = true", 'fictional = "是"\nas_of = "2024-09-30"'),
    ),
    "an id that is no folder name": Case(("'../../x'", "文件夹名"), study=swap('"invented"', '"../../x"')),
    "a rule of no pack": Case(("'JJ-011'", "'JJ-01'"), study=add('\n[judge]\nmetric = { "JJ-011" = "network" }\n')),
    "points of a rule of no pack": Case(
        ("[judge].points", "'JJ-011'", "'JJ-01'"), study=add('\n[judge]\npoints = { "JJ-011" = 2 }\n')
    ),
    "points that are no number above 0": Case(
        ("[judge].points", "JJ-01"), study=add('\n[judge]\npoints = { "JJ-01" = 0 }\n')
    ),
    "a time by straight line": Case(
        ("JJ-02", "只按路网计算"), study=add('\n[judge]\nmetric = { "JJ-02" = "straight_line" }\n')
    ),
    "a distance for a rule of counts": Case(
        ("[judge].metric", "JJ-03", "没有距离口径", "请删去该项"),
        study=add('\n[judge]\nmetric = { "JJ-03" = "network" }\n'),
    ),
    "an unknown pace": Case(
        ("[route].pace", "'elderly_slow'"), study=add('\n[route]\npace = { elderly = "elder_slow" }\n')
    ),
}
NUMBERS = {
    f"{key} = {value}": Case((f"[route].{key}",), study=add(f"\n[route]\n{key} = {value}\n"))
    for key in ("max_access_leg_m", "cutoff_m")
    for value in ("-5", "0", "inf", "nan", '"150"', "true")
}
INPUTS = {
    "no datum": Case(
        ("[inputs.residential]", "没有写明坐标基准", "GCJ02"),
        study=swap('homes.geojson"\ncrs  = "EPSG:4549"', 'homes.geojson"'),
    ),
    "two datum declarations": Case(
        ("[inputs.residential]", "datum 与 crs 只写一项"), study=homes_input('datum = "WGS84"')
    ),
    "an unknown datum": Case(
        ("'GCJ-02'", "'GCJ02'"), study=swap('homes.geojson"\ncrs  = "EPSG:4549"', 'homes.geojson"\ndatum = "GCJ-02"')
    ),
    "metres declared as degrees": Case(
        ("homes.geojson", "datum = WGS84"),
        study=swap('homes.geojson"\ncrs  = "EPSG:4549"', 'homes.geojson"\ndatum = "WGS84"'),
    ),
    "degrees declared as metres": Case(
        ("homes.geojson", "像经纬度"),
        files={
            "homes.geojson": features([{"area_id": "H", "geometry": {"type": "Point", "coordinates": [118.5, 24.7]}}])
        },
    ),
    "eastings with a belt number that the CRS has not": Case(
        ("homes.geojson", "EPSG:4549", "2 行", "H-1", "crs = EPSG:4528"),
        files={
            "homes.geojson": points("area_id", HOMES)
            .replace("[\n", "[")
            .replace(" 353", " 40353")
            .replace(" 355", " 40355")
        },
    ),
    "an old datum without parameters": Case(
        ("homes.geojson", "Beijing 54", "transform"),
        study=swap('homes.geojson"\ncrs  = "EPSG:4549"', 'homes.geojson"\ncrs = "EPSG:2437"'),
    ),
    "parameters without a CRS, half of them missing": Case(
        ("[inputs.residential]", "transform 须与 crs", "缺少 dn_m", "缺少 to"),
        study=swap(
            'homes.geojson"\ncrs  = "EPSG:4549"',
            'homes.geojson"\ndatum = "WGS84"\ntransform = { kind = "plane4", sense = "clockwise", de_m = 1.0 }',
        ),
    ),
    "a .prj file that is not there": Case(
        ("local.prj", "相对于研究文件"),
        study=swap('homes.geojson"\ncrs  = "EPSG:4549"', 'homes.geojson"\ncrs = "local.prj"'),
    ),
    "an OSM file declared as GCJ-02": Case(
        ("town.osm.pbf", "WGS84"),
        study=swap('path = "streets.geojson"\ncrs  = "EPSG:4549"', 'path = "town.osm.pbf"\ndatum = "GCJ02"'),
        files={"town.osm.pbf": SAMPLE.read_bytes()},
    ),
    "missing files": Case(
        ("[inputs.residential]", "home.geojson", "[inputs.facilities]", "care.geojson"),
        study=lambda study: study.replace("homes.geo", "home.geo").replace("facilities.geo", "care.geo"),
    ),
    "a format nobody reads": Case(
        ("homes.docx", ".geojson"), study=swap("homes.geojson", "homes.docx"), files={"homes.docx": b"x"}
    ),
    "a folder": Case(("扩展名",), study=swap("homes.geojson", ".")),
    "nothing passes the filter": Case(
        ("homes.geojson", "读入 2 行", "不符合 where 条件 2"), study=homes_input('where = "households > 1000"')
    ),
    "nothing is left for several reasons": Case(
        ("homes.geojson", "读入 3 行", "不符合 where 条件 1", "没有几何 2"),
        study=homes_input('where = "pop60 > 1"'),
        files={
            "homes.geojson": features(
                {"area_id": f"H-{row}", "pop60": pop60, "geometry": shape}
                for row, (pop60, shape) in enumerate(
                    [(9, None), (9, None), (0, {"type": "Point", "coordinates": moved((0, 0))})]
                )
            )
        },
    ),
    "a filter on a column that is not there": Case(
        ("homes.geojson", "stauts"), study=homes_input("where = \"stauts == 'x'\"")
    ),
    "a heading that is not there": Case(
        ("area_id = '编号'", "area_id"), study=homes_input('columns = { area_id = "编号" }')
    ),
    "no ids": Case(("homes.geojson", "缺少必需列 area_id", "gid"), files={"homes.geojson": points("gid", HOMES)}),
    "duplicate ids": Case(
        ("homes.geojson.area_id", "1 个值编号重复", "H-1"),
        files={"homes.geojson": points("area_id", HOMES).replace("H-2", "H-1")},
    ),
    "several problems at once": Case(
        ("编号重复（H-1）", "households：1 个值小于 0"),
        files={"homes.geojson": points("area_id", HOMES).replace("H-2", "H-1").replace('s": 60', 's": -60')},
    ),
    "words in place of numbers": Case(
        ("homes.geojson", "households", "1 个值不是数字"),
        files={"homes.geojson": points("area_id", {"H-1": {"at": (0, 0), "households": "很多"}})},
    ),
    "a street layer of points": Case(
        ("streets.geojson", "图层应为线", "Point × 2"), files={"streets.geojson": points("street_id", HOMES)}
    ),
    "a street layer without features": Case(
        ("streets.geojson", "streets 没有可用的行", "读入 0 行"), files={"streets.geojson": features([])}
    ),
    "no type the pack knows": Case(
        ("facilities.geojson", "日间照料 × 2", "types"),
        files={
            "facilities.geojson": points(
                "facility_id", {f"F-{row}": {"at": (0, 0), "type": "日间照料"} for row in range(2)}
            )
        },
    ),
    "mapped to a type the pack does not know": Case(
        ("[inputs.facilities].types", "'daycare'", "'day_care'"),
        study=swap('path = "facilities.geojson"\n', 'path = "facilities.geojson"\ntype = "daycare"\n'),
    ),
    "every home beyond the longest leg": Case(
        ("全部 2 处居住小区", "150 米", "max_access_leg_m"),
        files={"homes.geojson": points("area_id", {"H-1": {"at": (0, 151)}, "H-2": {"at": (0, -9000)}})},
    ),
    "truncated PBF": Case(
        ("town.osm.pbf", "不完整", "重新下载"),
        study=osm_streets("town.osm.pbf"),
        files={"town.osm.pbf": SAMPLE.read_bytes()[:100_000]},
    ),
    "empty PBF": Case(("town.osm.pbf", "重新下载"), study=osm_streets("town.osm.pbf"), files={"town.osm.pbf": b""}),
    "truncated GeoJSON": Case(
        ("homes.geojson", "不完整", "重新导出"), files={"homes.geojson": points("area_id", HOMES)[:200]}
    ),
    "a polygon whose repair would change it": Case(
        ("homes.geojson", "B-1", "自相交"),
        files={"homes.geojson": features([{"area_id": "B-1", "geometry": BOW_TIE}])},
    ),
}
SITES = {
    "a rule that does not target the type": Case(
        ("[[site]] 1", "JJ-01 不以 canteen 为对象", "day_care", "研究假设"), study=swap('"day_care"', '"canteen"')
    ),
    "a rule that is no distance": Case(
        ("[[site]] 1", "JJ-03 不是距离或时间指标", "研究假设"), study=swap('"JJ-01"', '"JJ-03"')
    ),
    "a rule and a limit": Case(
        ("[[site]] 1", "rule 与 limit"),
        study=add('limit = { op = "<", value = 700, unit = "m", basis = "assumption", label = "规划研究假设" }\n'),
    ),
    "neither rule nor limit": Case(("[[site]] 1", "rule 与 limit"), study=swap('rule      = "JJ-01"\n', "")),
    "a limit that nothing meets": Case(
        ("[[site]] 1.limit.value", "-700"),
        study=swap(
            'rule      = "JJ-01"', 'limit = { op = "<", value = -700, unit = "m", basis = "assumption", label = "x" }'
        ),
    ),
    "a limit that is not called an assumption": Case(
        ("[[site]] 1.limit", "缺少 label"),
        study=swap('rule      = "JJ-01"', 'limit = { op = "<", value = 700, unit = "m", basis = "assumption" }'),
    ),
    "years and places do not match": Case(("[[site]] 1", "per_stage"), study=swap("[1]", "[1, 2]")),
    "years that fall": Case(
        ("[[site]] 1", "递增"), study=lambda study: study.replace("[2023]", "[2024, 2023]").replace("[1]", "[1, 1]")
    ),
    "a site both mandatory and forbidden": Case(
        ("C-1", "mandatory", "forbidden"), study=add('mandatory = ["C-1"]\nforbidden = ["C-1"]\n')
    ),
    "more mandatory sites than places": Case(("2 个", "1 处"), study=add('mandatory = ["C-1", "C-2"]\n')),
    "a mandatory site that is no candidate": Case(
        ("mandatory", "没有 C-9"), study=add('mandatory = ["C-9"]\n'), verb="site"
    ),
    "a weight without its column": Case(("pop80", "补充"), study=swap('"pop60"', '"pop80"'), verb="site"),
    "no site to plan": Case(("没有 [[site]]",), study=lambda _: STUDY + CANDIDATES, verb="site"),
}


def spread(column: str, by: str) -> str:
    return f'\n[people]\nspread = {{ {column} = "{by}" }}\n'


ZONE_TABLE = '\n[inputs.zone_table]\npath = "zones.csv"\n'
PEOPLE = {
    "spread over a column that is there": Case(
        ("[people].spread", "pop60 列", "请删去该项"), study=add(spread("pop60", "households"))
    ),
    "spread of an unknown column": Case(
        ("[people].spread", "'pop_80'", "'pop80'"), study=add(spread("pop_80", "households"))
    ),
    "spread by an unknown column": Case(
        ("[people].spread", "'household'", "'households'"), study=add(spread("pop80", "household"))
    ),
    "spread without totals": Case(
        ("[people].spread", "区划表的 pop80 列", "households"), study=add(spread("pop80", "households"))
    ),
    "spread of totals the zone table lacks": Case(
        ("[people].spread", "区划表的 pop80 列", "households"),
        study=add(ZONE_TABLE + spread("pop80", "households")),
        files={"zones.csv": "zone_id,name,level,pop60\nZ-1,虚构镇,town,50\n"},
    ),
    "a zone table without a column": Case(
        ("zones.csv", "缺少必需列 level", "columns"),
        study=add(ZONE_TABLE),
        files={"zones.csv": "zone_id,name\nZ-1,虚构镇\n"},
    ),
    "a zone table that is not there": Case(("[inputs.zone_table]", "找不到文件 zones.csv"), study=add(ZONE_TABLE)),
}
CASES = {**THE_STUDY, **NUMBERS, **INPUTS, **SITES, **PEOPLE}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_clear_message_and_nothing_written(tmp_path: Path, case: Case) -> None:
    study = write_town(tmp_path, study=case.study(GOOD))
    for name, content in case.files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    if case.files.get("study.toml") == "":
        study.unlink()
    before = tree(tmp_path)
    result = call(case.verb, study, "-q")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("错误：")
    assert "Traceback" not in result.stderr
    for fact in case.says:
        assert fact in result.stderr
    assert str(tmp_path) not in result.stderr or case.verb != "audit"  # files are named as the study names them
    assert tree(tmp_path) == before
    in_english = call(case.verb, study, "-q", "--lang", "en")
    assert in_english.exit_code == 2
    assert in_english.stderr.startswith("error: ")


@pytest.mark.parametrize("verb", ["check", "reach", "audit", "site", "map", "export", "run"])
def test_every_verb_that_reads_a_study_ends_the_same_way(tmp_path: Path, verb: str) -> None:
    study = write_town(tmp_path)
    (tmp_path / "homes.geojson").unlink()
    before = tree(tmp_path)
    result = call(verb, study, "-q", "--out", tmp_path / "there")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "找不到文件 homes.geojson" in result.stderr
    assert tree(tmp_path) == before


def test_the_good_study_is_good(tmp_path: Path) -> None:
    assert call("site", write_town(tmp_path, study=GOOD), "-q").exit_code == 0


# ---- what is reported and goes on ----------------------------------------------------------------------------


def findings(study: Path) -> dict[str, Any]:
    return {each["code"]: each for each in json.loads(call("check", study, "-q", "--format", "json").stdout)}


def test_a_lossless_repair_is_reported(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    rows = [{"area_id": "B-1", "pop60": 4, "geometry": SPIKE}]
    (tmp_path / "homes.geojson").write_text(features(rows), encoding="utf-8")
    assert call("audit", study, "-q").exit_code == 0
    found = findings(study)["geometry_repaired"]
    assert (found["severity"], found["count"], found["ids"]) == ("warning", 1, "B-1")


def test_types_that_the_pack_does_not_know_are_reported(tmp_path: Path) -> None:
    study = write_town(tmp_path, facilities={**FACILITIES, "F-2": {"at": (0, 0), "type": "茶馆"}})
    found = findings(study)["unknown_type"]
    assert (found["count"], found["ids"]) == (1, "F-2")


def access(folder: Path, area_id: str) -> list[dict[str, str]]:
    text = (folder / "data/processed/invented/access.csv").read_text(encoding="utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text)) if row["area_id"] == area_id]


ISLAND = [(0, 3000), (500, 3000)]
LOST = {
    **HOMES,
    "H-8": {"at": (100, 3000), "pop60": 8},  # on the island
    "H-9": {"at": (100, 8000), "pop60": 9},  # 5 km from any street
}


@pytest.mark.parametrize(
    ("area_id", "state", "outcome", "code"),
    [("H-8", "unreachable", "fail", "on_island"), ("H-9", "not_snapped", "unknown", "not_snapped")],
)
def test_homes_out_of_reach_are_listed_and_are_no_number(
    tmp_path: Path, area_id: str, state: str, outcome: str, code: str
) -> None:
    study = write_town(tmp_path, streets=[[(-1000, 0), (2000, 0)], ISLAND], homes=LOST)
    call("audit", study, "-q")
    for row in access(tmp_path, area_id):
        assert row["state"] == state
        assert (row["distance_m"], row["walk_min"], row["facility_id"], row["facility_leg_m"]) == ("", "", "", "")
        assert float(row["straight_m"]) > 2999
    verdicts = (tmp_path / "data/processed/invented/verdicts.csv").read_text(encoding="utf-8-sig")
    assert f"JJ-01,area,{area_id},network,,m,<,700,,{outcome},{state}\n" in verdicts
    assert f"JJ-02,area,{area_id},network,,min,<=,15,,{outcome},{state}\n" in verdicts
    assert area_id in findings(study)[code]["ids"]
    homes = json.loads(
        call("export", study, "-q") and (tmp_path / "data/processed/invented/residential.geojson").read_text()
    )
    lost = next(each["properties"] for each in homes["features"] if each["properties"]["area_id"] == area_id)
    assert (lost["JJ-01_state"], lost["JJ-01_distance_m"]) == (state, None)


def test_beyond_a_cutoff_is_a_state_too(tmp_path: Path) -> None:
    study = write_town(tmp_path, study=STUDY + "\n[route]\ncutoff_m = 1499.999\n")
    call("audit", study, "-q")
    row = access(tmp_path, "H-2")[0]
    assert (row["state"], row["distance_m"]) == ("beyond_cutoff", "")


def test_a_cut_sample_is_no_shorter_town(tmp_path: Path) -> None:
    """A PBF cut at any point is refused: it is never read as a smaller town."""
    study = write_town(tmp_path, study=osm_streets("town.osm.pbf")(STUDY))
    whole = SAMPLE.read_bytes()
    for share in (1, 5, 50, 99):
        (tmp_path / "town.osm.pbf").write_bytes(whole[: len(whole) * share // 100])
        result = call("check", study, "-q")
        assert result.exit_code == 2
        assert "town.osm.pbf：OSM 文件已损坏" in result.stderr
    shutil.copy(SAMPLE, tmp_path / "town.osm.pbf")
    assert "OSM 文件已损坏" not in call("check", study, "-q").stderr
