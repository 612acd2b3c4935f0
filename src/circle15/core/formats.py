"""Export formats and profiles, and how an output names them: ``gdb``, ``geojson:rfc7946``, ``shp:cgcs2000-gk``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from circle15.core.errors import ConfigError
from circle15.core.text import Text, first_ids

Format = Literal["geojson", "gpkg", "shp", "gdb"]
Profile = Literal["rfc7946", "cgcs2000", "cgcs2000-gk", "gcj02"]

FORMATS: Mapping[Format, Text] = {
    "geojson": Text("GeoJSON", "GeoJSON"),
    "gpkg": Text("GeoPackage", "GeoPackage"),
    "shp": Text("Shapefile", "Shapefile"),
    "gdb": Text("文件地理数据库", "file geodatabase"),
}
PROFILES: tuple[Profile, ...] = get_args(Profile)

# GCJ-02 stands in no default: it leaves only where it is asked for by name.
DEFAULT_PROFILE: Mapping[Format, Profile] = {
    "geojson": "rfc7946",
    "gpkg": "cgcs2000",
    "shp": "cgcs2000",
    "gdb": "cgcs2000",
}

EXPORTS: Mapping[str, tuple[Format, Profile]] = {
    **{form: (form, DEFAULT_PROFILE[form]) for form in FORMATS},
    **{f"{form}:{profile}": (form, profile) for form in FORMATS for profile in PROFILES},
}


def export_names(forms: str, profile: Profile | None) -> tuple[str, ...]:
    """The outputs of a comma-separated list of formats under one profile, or each under its own.

    Raises ConfigError for formats nobody knows.
    """
    named = [each.strip() for each in forms.split(",")]
    unknown = [each for each in named if each not in FORMATS]
    if unknown:
        raise ConfigError(
            Text(
                f"不认识导出格式 {first_ids(unknown)}。可用：{'、'.join(FORMATS)}，以逗号分隔。",
                f"unknown format {first_ids(unknown)}. Known: {', '.join(FORMATS)}, separated by commas.",
            )
        )
    return tuple(f"{each}:{profile}" if profile else each for each in named)
