"""Files for the bureau: the layers of an audit under its names, in its coordinates, with all that explains them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from circle15.core.errors import ConfigError, InternalError
from circle15.core.formats import Format, Profile
from circle15.core.mapping import ExportMapping
from circle15.core.results import Audit
from circle15.core.text import Text, first_ids
from circle15.show.export import gdal
from circle15.show.export.dictionary import alias_frame, dictionary_frame, domain_frame
from circle15.show.export.metadata import metadata, metadata_json, metadata_md
from circle15.show.export.profile import Placement, placement
from circle15.show.export.sheet import Sheet, sheets
from circle15.show.export.styles import qml, style_table
from circle15.show.export.topology import topology_frame
from circle15.show.geometry import Shift
from circle15.show.layers import layer_frames, layers_of
from circle15.show.tables import csv_bytes

__all__ = ["absent_layers", "export_files", "is_mapped"]

FOLDER = "export"


def is_mapped(form: Format, profile: Profile, mapping: ExportMapping | None) -> bool:
    """Whether an output is made by the mapping file.

    GeoJSON by RFC 7946 has the program's own names; the bureau's beside it only where the study brings a mapping.
    """
    return (form, profile) != ("geojson", "rfc7946") or (mapping is not None and not mapping.shipped)


def absent_layers(audit: Audit) -> list[str]:
    """The layers that the mapping names and the audit has nothing for, or its audience may not have, in its order."""
    mapping = audit.facts.mapping
    return [] if mapping is None else [each.key for each in mapping.layers if each.key not in layers_of(audit)]


def export_files(audit: Audit, wanted: Sequence[tuple[Format, Profile]], to_gcj02: Shift) -> dict[str, bytes]:
    """Every file of the exports wanted, by its path under the results of the study: ``export/<profile>/…``.

    With each profile come its metadata, data dictionary and topology report. ``to_gcj02`` turns WGS 84 degrees into
    GCJ-02 ones. Raises ConfigError with every value that does not fit the mapping.
    """
    mapping = audit.facts.mapping
    if mapping is None:
        raise InternalError(Text("导出缺少字段对照表", "an export without a mapping"))
    frames = layer_frames(audit)
    found: dict[str, bytes] = {}
    for profile in dict.fromkeys(each for _, each in wanted):
        place = placement(audit, profile, to_gcj02)
        made = sheets(audit, frames, mapping, place)
        files = _beside(audit, mapping, made, place)
        for form in dict.fromkeys(form for form, each in wanted if each == profile):
            files |= _MAKE[form](audit.facts.study_id + place.suffix, made, place, mapping)
        found |= {f"{FOLDER}/{profile}/{name}": content for name, content in files.items()}
    return found


def _beside(audit: Audit, mapping: ExportMapping, made: list[Sheet], place: Placement) -> dict[str, bytes]:
    """Metadata, data dictionary, domains and topology report: the same for every format."""
    said, language = metadata(audit, mapping, made, place), audit.facts.language
    topology = topology_frame(made, language)
    files = {
        "metadata.json": metadata_json(said),
        "metadata.md": metadata_md(said, topology),
        "dictionary.csv": csv_bytes(dictionary_frame(made, language)),
        "domains.csv": csv_bytes(domain_frame(mapping, made)),
        "topology.csv": csv_bytes(topology),
    }
    return {_labelled(name, place): content for name, content in files.items()}


def _labelled(name: str, place: Placement) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}{place.suffix}.{ending}"


def _geojson(_: str, made: list[Sheet], place: Placement, __: ExportMapping) -> dict[str, bytes]:
    return gdal.geojson(made, place)


def _gpkg(name: str, made: list[Sheet], place: Placement, _: ExportMapping) -> dict[str, bytes]:
    return gdal.gpkg(name, made, place, style_table(made))


def _gdb(name: str, made: list[Sheet], place: Placement, _: ExportMapping) -> dict[str, bytes]:
    return gdal.gdb(name, made, place)


def _shp(_: str, made: list[Sheet], place: Placement, mapping: ExportMapping) -> dict[str, bytes]:
    _refuse_bytes(made, mapping)
    parts = gdal.shp(made, place, mapping.encoding)
    looks = {f"{sheet.name}.qml": qml(sheet).encode() for sheet in made}
    aliases = {_labelled("aliases.csv", place): csv_bytes(alias_frame(made))}
    return {f"shp/{name}": content for name, content in {**parts, **looks, **aliases}.items()}


def _refuse_bytes(made: list[Sheet], mapping: ExportMapping) -> None:
    """A Shapefile counts bytes, and writes what its encoding has. Raises ConfigError for texts it would cut."""
    problems = [
        Text(
            f"Shapefile {sheet.name} 字段 {each.field.name}：{len(wrong)} 个值按 {mapping.encoding} 编码超出 "
            f"{each.field.length} 字节或含该编码没有的字（{first_ids(wrong)}）。请加大 length、改 encoding，"
            f"或改用 gdb、gpkg。",
            f"Shapefile {sheet.name}, field {each.field.name}: {len(wrong)} values are longer than "
            f"{each.field.length} bytes in {mapping.encoding} or hold characters it lacks ({first_ids(wrong)}). "
            f"Raise length, change encoding, or use gdb or gpkg.",
        )
        for sheet in made
        for each in sheet.fields
        if each.field.kind == "text"
        for wrong in (_too_long(sheet, each.values, each.field.length, mapping.encoding),)
        if wrong
    ]
    if problems:
        raise ConfigError(problems)


def _too_long(sheet: Sheet, values: Sequence[Any], length: int, encoding: str) -> list[str]:
    return [
        name
        for name, value in zip(sheet.ids, values, strict=True)
        if value is not None and _bytes(value, encoding) > length
    ]


def _bytes(value: str, encoding: str) -> float:
    try:
        return len(value.encode(encoding))
    except UnicodeEncodeError:
        return float("inf")


_MAKE: Mapping[Format, Callable[[str, list[Sheet], Placement, ExportMapping], dict[str, bytes]]] = {
    "geojson": _geojson,
    "gpkg": _gpkg,
    "shp": _shp,
    "gdb": _gdb,
}
