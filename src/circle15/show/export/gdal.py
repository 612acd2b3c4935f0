"""GDAL writes the files: what its settings are, and how folders of files become bytes. The same sheets, same bytes."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from circle15.core.errors import InternalError
from circle15.core.formats import Format
from circle15.core.mapping import Encoding
from circle15.core.text import Text
from circle15.show.export.arrow import GEOMETRY, stream, texts
from circle15.show.export.profile import Placement
from circle15.show.export.sheet import Sheet

# Dates of files are fixed, and the ids a geodatabase gives its tables are counted instead of drawn.
FIXED_DATE = "1980-01-01"
_SETTINGS = {
    "OGR_CURRENT_DATE": f"{FIXED_DATE}T00:00:00Z",
    "OPENFILEGDB_REPRODUCIBLE_UUID": "YES",
    "OPENFILEGDB_CREATOR": "circle15",
}
_DRIVERS: Mapping[Format, str] = {
    "geojson": "GeoJSON",
    "gpkg": "GPKG",
    "shp": "ESRI Shapefile",
    "gdb": "OpenFileGDB",
}
# The version that every GIS since 2018 reads without complaint.
_GPKG_VERSION = "1.2"
_GDAL_ERRORS = (DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError)
# That a polygon of more than a hundred rings takes long is no loss.
_SLOW = "organizePolygons() received a polygon with more than 100 parts"

# In the header of a DBF, and in its .cpg as a number, which ArcGIS and GDAL both read.
_DBF_ENCODING: Mapping[Encoding, str] = {"GBK": "LDID/77", "UTF-8": "UTF-8"}
_CPG: Mapping[Encoding, bytes] = {"GBK": b"936", "UTF-8": b"UTF-8"}

_GEOMETRY_TYPES: Mapping[str, str] = {"Point": "Point", "LineString": "LineString", "Polygon": "MultiPolygon"}


def geojson(sheets: Sequence[Sheet], place: Placement) -> dict[str, bytes]:
    """A GeoJSON file for each sheet: RFC 7946, or with a crs member where the CRS is another one with a code."""
    options = {
        "RFC7946": "YES" if place.profile == "rfc7946" else "NO",
        "COORDINATE_PRECISION": str(place.decimals),
    }
    found: dict[str, bytes] = {}
    for sheet in sheets:
        described = {**options, "DESCRIPTION": f"{sheet.alias}；{place.system.zh}"}
        found |= _written(f"{sheet.name}.geojson", [sheet], place, "geojson", described)
    return found


def gpkg(name: str, sheets: Sequence[Sheet], place: Placement, styles: Mapping[str, Sequence[Any]]) -> dict[str, bytes]:
    """One GeoPackage with every sheet, and the styles in the table where QGIS looks for them; none without sheets."""
    return _written(f"{name}.gpkg", sheets, place, "gpkg", {}, styles if sheets else None)


def gdb(name: str, sheets: Sequence[Sheet], place: Placement) -> dict[str, bytes]:
    """The files of a file geodatabase, by path: ``name.gdb/a00000001.gdbtable`` and so on."""
    return _written(f"{name}.gdb", sheets, place, "gdb", {})


def shp(sheets: Sequence[Sheet], place: Placement, encoding: Encoding) -> dict[str, bytes]:
    """The parts of a Shapefile for each sheet, with the ``.cpg`` that names its encoding."""
    found: dict[str, bytes] = {}
    options = {"DBF_DATE_LAST_UPDATE": FIXED_DATE}
    for sheet in sheets:
        found |= _written(f"{sheet.name}.shp", [sheet], place, "shp", options, encoding=_DBF_ENCODING[encoding])
        found[f"{sheet.name}.cpg"] = _CPG[encoding]
    return found


def _written(
    name: str,
    sheets: Sequence[Sheet],
    place: Placement,
    form: Format,
    options: Mapping[str, str],
    styles: Mapping[str, Sequence[Any]] | None = None,
    encoding: str | None = None,
) -> dict[str, bytes]:
    """Sheets written into one data source in a folder of its own, and all its files read back as bytes."""
    with tempfile.TemporaryDirectory() as folder, _settled():
        path = Path(folder) / name
        for sheet in sheets:
            alias = {"LAYER_ALIAS": sheet.alias} if form == "gdb" else {}
            pyogrio.raw.write_arrow(
                stream(sheet, form),
                path,
                layer=sheet.name,
                driver=_DRIVERS[form],
                geometry_name=GEOMETRY,
                geometry_type="Unknown" if form == "geojson" else _GEOMETRY_TYPES[sheet.shape],
                crs=place.crs,
                encoding=encoding,
                dataset_options={"VERSION": _GPKG_VERSION} if form == "gpkg" else {},
                layer_options={**options, **alias},
            )
        if styles:
            _write_styles(path, styles)
        files = sorted(each for each in Path(folder).rglob("*") if each.is_file())
        return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}


def _write_styles(path: Path, styles: Mapping[str, Sequence[Any]]) -> None:
    pyogrio.raw.write_arrow(
        texts(styles),
        path,
        layer="layer_styles",
        driver="GPKG",
        geometry_name=None,
        geometry_type=None,
        layer_options={"FID": "id"},
    )


@contextmanager
def _settled() -> Iterator[None]:
    """GDAL under our settings, and under those of before afterwards. What it warns of is an error: nothing is lost.

    Warnings are kept and looked at afterwards: one that is raised where GDAL calls back is printed and lost.
    """
    before = {key: pyogrio.get_gdal_config_option(key) for key in _SETTINGS}
    pyogrio.set_gdal_config_options(_SETTINGS)
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", RuntimeWarning)
            yield
    except _GDAL_ERRORS as error:
        raise _unwritten(error) from error
    finally:
        pyogrio.set_gdal_config_options(before)
    for each in heard:
        if issubclass(each.category, RuntimeWarning) and not str(each.message).startswith(_SLOW):
            raise _unwritten(each.message)


def _unwritten(error: Exception | str) -> InternalError:
    return InternalError(Text(f"GDAL 无法写出：{error}", f"GDAL cannot write: {error}"))
