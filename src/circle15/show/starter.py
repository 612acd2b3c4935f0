"""What ``init`` writes: a commented study file and an empty template for each input."""

from __future__ import annotations

from importlib import resources

from circle15.core.schema import Table
from circle15.core.tables import Candidates, Facilities, Residential

_TEMPLATES: dict[str, type[Table]] = {
    "data/raw/homes.csv": Residential,
    "data/raw/facilities.csv": Facilities,
    "data/raw/hosts.csv": Candidates,
}
# Filled in by readers of data, never by people.
_NOT_ASKED = ("geometry", "footprint", "edge_m", "estimated", "assumed")
_EMPTY_COLLECTION = b'{"type": "FeatureCollection", "features": []}\n'


def starter(pack: str) -> dict[str, bytes]:
    """The files of a new study by path: study.toml, empty tables with their headings, an empty street layer."""
    text = resources.files("circle15.show").joinpath("starter.toml").read_text(encoding="utf-8")
    files = {"study.toml": text.replace("{pack}", pack).encode(), "data/raw/streets.geojson": _EMPTY_COLLECTION}
    for name, table in _TEMPLATES.items():
        headings = [each.name for each in table.columns if each.name not in _NOT_ASKED]
        files[name] = (",".join([*headings, "lon", "lat"]) + "\n").encode("utf-8-sig")
    return files
