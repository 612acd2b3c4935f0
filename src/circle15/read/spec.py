"""What a study says of one input, and what reading it yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circle15.core.crs import Datum
from circle15.core.findings import Finding
from circle15.core.text import Text
from circle15.read.transform import Transform

# Files of OpenStreetMap, which are WGS 84 by definition.
OSM_EXTENSIONS = (".osm", ".osm.gz", ".osm.pbf", ".pbf")
DATABASE = "postgresql://"
_DATABASES = ("postgresql:", "postgres:")

# Tables whose rows need not stand anywhere.
TABLE_EXTENSIONS = (".csv", ".xlsx", ".parquet")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One ``[inputs.…]`` table of a study, its path resolved and known to exist.

    Exactly one of ``datum`` and ``crs`` is set, except for OSM files, which are WGS 84 by definition.
    ``shown`` is the path as the study file writes it: messages and manifests name that. ``source_layer`` names the
    layer of a file, or the sheet of a workbook, where there are several. ``encoding`` is None where none is declared:
    text is then UTF-8. ``database`` is the address of a PostGIS database in the place of a path, with a login that no
    message may show; ``source_layer`` then names its table, or ``sql`` asks for its rows.
    """

    layer: str
    path: Path
    shown: str
    datum: Datum | None = None
    crs: str | None = None
    transform: Transform | None = None
    encoding: str | None = None
    where: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    type: str | None = None
    source_layer: str | None = None
    database: str | None = None
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class RawLayer:
    """Rows as received: a GeoDataFrame in the CRS and datum of its source, its columns already renamed.

    ``joints`` names the joint of each vertex where the source has such names (OSM node ids); otherwise None,
    and vertices join where they coincide. ``box`` is the extent of a clipped extract, lon/lat west, south,
    east, north. ``dropped`` counts left-out rows by reason. ``sha256`` is of the rows, where there is no file.
    """

    frame: Any
    datum: Datum | None
    crs: str | None
    transform: Transform | None = None
    findings: tuple[Finding, ...] = ()
    joints: Any = None
    box: tuple[float, float, float, float] | None = None
    dropped: Mapping[Text, int] = field(default_factory=dict)
    attribution: str = ""
    data_date: str = ""
    sha256: str = ""


def is_database(path: str) -> bool:
    """Whether the path of an input is the address of a database."""
    return path.lower().startswith(_DATABASES)


def without_login(address: str) -> str:
    """The host and the name of a database, as messages and manifests show it."""
    return DATABASE + address.partition(":")[2].lstrip("/").rpartition("@")[2].partition("?")[0]
