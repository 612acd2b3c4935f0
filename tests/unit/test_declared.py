"""One town, its homes handed in under every declaration: the same answers, and said where they are approximate."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest

from circle15.read.datum import bd09_from_wgs84, gcj02_from_wgs84
from circle15.read.project import project
from circle15.read.spec import RawLayer
from circle15.read.transform import parse_transform
from tests.towns import CANDIDATES, HOMES, SITE, STUDY, call, moved, write_town

STUDY_CRS = pyproj.CRS("EPSG:4549")
HELMERT = (
    'kind = "helmert7", convention = "coordinate_frame", dx_m = 12.3, dy_m = -113.2, dz_m = -42.8, '
    "rx_arcsec = 0.51, ry_arcsec = -1.23, rz_arcsec = 2.07, scale_ppm = -1.9"
)
PLANE = 'kind = "plane4", sense = "clockwise", de_m = 353000.0, dn_m = 2741000.0, rotation_arcsec = 900.0, '
PLANE += 'scale_ppm = 5.0, to = "EPSG:4549"'
LOCAL = 'LOCAL_CS["虚构坐标系",UNIT["metre",1]]'
ESRI = STUDY_CRS.to_wkt("WKT1_ESRI")


def places() -> Any:
    return np.array([moved(home["at"]) for home in HOMES.values()])


def numbered() -> Any:
    return places() + np.array([40e6, 0.0])


def degrees() -> tuple[Any, Any]:
    return pyproj.Transformer.from_crs(STUDY_CRS, "EPSG:4490", always_xy=True).transform(*places().T)


def before(crs: str, transform: str) -> Any:
    """Where the homes were before the parameters: the fixed point of taking the difference back."""
    table = tomllib.loads(f"x = {{ {transform} }}")["x"]
    raw = RawLayer(None, None, crs, parse_transform(table, ""))
    near = places() - (np.array([353_000.0, 2_741_000.0]) if table["kind"] == "plane4" else 0.0)
    for _ in range(8):
        near = near + places() - project(near, raw, STUDY_CRS)
    return near


def write(folder: Path, xy: Any, columns: tuple[str, str], declaration: str) -> Path:
    homes = '[inputs.residential]\npath = "homes.geojson"\ncrs  = "EPSG:4549"\n'
    assert homes in STUDY
    study = STUDY.replace(homes, f'[inputs.residential]\npath = "homes.csv"\n{declaration}\n') + CANDIDATES + SITE
    path = write_town(folder, study=study)
    rows = ["area_id,households,population,pop60," + ",".join(columns)]
    for (name, home), (x, y) in zip(HOMES.items(), xy, strict=True):
        rows.append(f"{name},{home['households']},{home['population']},{home['pop60']},{float(x)!r},{float(y)!r}")
    (folder / "homes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def access(folder: Path) -> dict[str, tuple[str, ...]]:
    with (folder / "data/processed/invented/access.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    return {row["area_id"] + row["rule_id"]: (row["distance_m"], row["straight_m"]) for row in rows}


LONLAT, XY = ("lon", "lat"), ("x", "y")
DECLARED: dict[str, tuple[Callable[[], Any], tuple[str, str], str]] = {
    "WGS84": (lambda: np.column_stack(degrees()), LONLAT, 'datum = "WGS84"'),
    "CGCS2000": (lambda: np.column_stack(degrees()), LONLAT, 'datum = "CGCS2000"'),
    "GCJ02": (lambda: np.column_stack(gcj02_from_wgs84(*degrees())), LONLAT, 'datum = "GCJ02"'),
    "BD09": (lambda: np.column_stack(bd09_from_wgs84(*degrees())), LONLAT, 'datum = "BD09"'),
    "degrees of a code": (lambda: np.column_stack(degrees()), XY, 'crs = "EPSG:4490"'),
    "the belt without number": (places, XY, 'crs = "EPSG:4549"'),
    "the belt with number": (numbered, XY, 'crs = "EPSG:4528"'),
    "digits alone": (numbered, XY, 'datum = "CGCS2000"'),
    "WKT": (places, XY, f"crs = '{ESRI}'"),
    "PROJ": (places, XY, 'crs = "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +units=m"'),
    "a .prj file": (places, XY, 'crs = "local.prj"'),
    "Beijing 54": (lambda: before("EPSG:2437", HELMERT), XY, f'crs = "EPSG:2437"\ntransform = {{ {HELMERT} }}'),
    "a local grid": (lambda: before(LOCAL, PLANE), XY, f"crs = '{LOCAL}'\ntransform = {{ {PLANE} }}"),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("expected")
    assert call("audit", write_town(folder), "-q").exit_code == 1
    return access(folder)


@pytest.mark.parametrize("name", DECLARED)
def test_every_declaration_gives_the_same_distances(tmp_path, name, expected) -> None:
    xy, columns, declaration = DECLARED[name]
    study = write(tmp_path, xy(), columns, declaration)
    (tmp_path / "local.prj").write_text(ESRI, encoding="utf-8")
    result = call("audit", study, "-q")
    assert result.exit_code == 1, result.stderr
    found = access(tmp_path)
    assert found.keys() == expected.keys()
    for key, metres in found.items():
        assert [float(each) for each in metres] == pytest.approx([float(each) for each in expected[key]], abs=2.1e-3)


def test_approximate_places_are_called_so_in_every_document(tmp_path) -> None:
    xy, columns, declaration = DECLARED["GCJ02"]
    study = write(tmp_path, xy(), columns, declaration)
    assert call("run", study, "-q").exit_code == 1
    results = tmp_path / "data/processed/invented"
    said = "不能代替官方转换"
    assert said in (results / "report.md").read_text(encoding="utf-8")
    assert said in (results / "findings.csv").read_text(encoding="utf-8-sig")
    assert said in (tmp_path / "maps/invented.html").read_text(encoding="utf-8")
    assert said in call("audit", study, "-q").stdout
    inputs = {each["layer"]: each for each in json.loads((results / "manifest.json").read_text("utf-8"))["inputs"]}
    assert {layer: each["approximate"] for layer, each in inputs.items()} == {
        "streets": False,
        "residential": True,
        "facilities": False,
        "candidates": False,
    }


def test_what_is_not_approximate_is_not_called_so(tmp_path) -> None:
    xy, columns, declaration = DECLARED["CGCS2000"]
    assert "近似" not in call("audit", write(tmp_path, xy(), columns, declaration), "-q").stdout


def test_parameters_are_a_finding_and_stand_in_no_file(tmp_path) -> None:
    """In China they may be classified."""
    xy, columns, declaration = DECLARED["Beijing 54"]
    study = write(tmp_path, xy(), columns, declaration)
    assert call("run", study, "-q").exit_code == 1
    written = [path for path in (tmp_path / "data/processed/invented").iterdir() if path.is_file()]
    assert "datum_transformed" in (tmp_path / "data/processed/invented/findings.csv").read_text("utf-8-sig")
    manifest = json.loads((tmp_path / "data/processed/invented/manifest.json").read_text("utf-8"))
    assert {each["layer"]: each["transform"] for each in manifest["inputs"]}["residential"] == "helmert7"
    for path in [*written, tmp_path / "maps/invented.html"]:
        text = path.read_text(encoding="utf-8-sig")
        assert "113.2" not in text
        assert "2.07" not in text
