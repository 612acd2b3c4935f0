"""What ``init`` writes: a commented study file, an empty template for each input, and a workbook to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.util import find_spec

from circle15.core.rule import FacilityType
from circle15.core.schema import Table
from circle15.core.tables import Candidates, Facilities, Residential
from circle15.show.office.template import TEMPLATE, columns, template

_TEMPLATES: dict[str, type[Table]] = {
    "data/raw/homes.csv": Residential,
    "data/raw/facilities.csv": Facilities,
    "data/raw/hosts.csv": Candidates,
}
_EMPTY_COLLECTION = b'{"type": "FeatureCollection", "features": []}\n'


def starter(pack: str, types: Mapping[str, FacilityType]) -> dict[str, bytes]:
    """The files of a new study by path: study.toml, empty tables with their headings, an empty street layer.

    The workbook, with drop-downs for the facility types of the pack, is there where the extra ``office`` is.
    """
    text = resources.files("circle15.show").joinpath("starter.toml").read_text(encoding="utf-8")
    files = {"study.toml": text.replace("{pack}", pack).encode(), "data/raw/streets.geojson": _EMPTY_COLLECTION}
    for name, table in _TEMPLATES.items():
        headings = [each.name for each in columns(table)]
        files[name] = (",".join(headings) + "\n").encode("utf-8-sig")
    if find_spec("xlsxwriter"):
        files[TEMPLATE] = template(types)
    return files
