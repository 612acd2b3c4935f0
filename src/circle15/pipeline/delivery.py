"""From an audit to files: which output is made by what, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from circle15.core.changes import MANIFEST
from circle15.core.errors import ConfigError
from circle15.core.findings import Finding
from circle15.core.formats import EXPORTS, Format, Profile
from circle15.core.results import Audit
from circle15.core.text import Text, first_ids
from circle15.pipeline.progress import Progress, silent
from circle15.read.datum import gcj02_from_wgs84
from circle15.show import database, export, geojson, office, sheets
from circle15.show.files import Content, publish
from circle15.show.manifest import manifest
from circle15.show.tables import tables
from circle15.show.titles import refuse_unreviewed

# An export is named by its folder: export/<profile>.
_SHOWN_PARTS = 2


def results_folder(study_id: str, out: Path) -> Path:
    """Where the tables of a study lie under an output folder."""
    return out / "data" / "processed" / study_id


def deliver(
    result: Audit, outputs: Sequence[str], out: Path, times: Mapping[str, str | float], progress: Progress = silent
) -> list[Path | str]:
    """Write the outputs asked for, with their manifest, all or nothing; then into databases; says where they are.

    Raises ConfigError, before anything is written, where the study has nothing to draw or the public may not have
    it; OutputError for a place that cannot be written and for files and tables that are not this program's.
    """
    _refuse_no_places(result, outputs)
    addresses = [name.removeprefix(database.OUTPUT) for name in outputs if name.startswith(database.OUTPUT)]
    if addresses and result.facts.crs:
        refuse_unreviewed(result)
    files: dict[str, Content] = {}
    for name, make in _FILES.items():
        if name in outputs:
            progress(Text(f"生成 {name}", f"making {name}"), 0, 1)
            files |= make(result)
    files |= _exported(result, [EXPORTS[name] for name in outputs if name in EXPORTS], progress)
    page: bytes | None = None
    if "html_map" in outputs:
        progress(Text("生成地图", "making the map"), 0, 1)
        from circle15.show.html.page import page as drawn  # noqa: PLC0415  # folium is heavy, and only maps need it

        page = drawn(result).encode()
    folder = results_folder(result.facts.study_id, out)
    place = out / "maps" / f"{result.facts.study_id}.html"
    publish(folder, files, manifest(result, times), place, page)
    written = dict.fromkeys(folder.joinpath(*Path(name).parts[:_SHOWN_PARTS]) for name in (*files, MANIFEST))
    return [*written, *([place] if page else []), *_stored(result, addresses, progress)]


def export_findings(result: Audit, outputs: Sequence[str]) -> list[Finding]:
    """Layers that the mapping file of the study asks for and its exports cannot have. The sample asks for nothing."""
    mapping = result.facts.mapping
    wanted = [EXPORTS[name] for name in outputs if name in EXPORTS]
    absent = export.absent_layers(result)
    if mapping is None or mapping.shipped or not wanted or not absent:
        return []
    names = ", ".join(absent)
    return [
        Finding(
            code="layers_not_exported",
            severity="warning",
            layer="study",
            count=len(absent),
            ids=(),
            message=Text(
                f"字段对照表要求的 {len(mapping.layers)} 个图层中，{len(absent)} 个没有导出：{names}。"
                "研究没有相应的资料，或公开成果不提供。",
                f"of the {len(mapping.layers)} layers that the mapping file asks for, {len(absent)} were not exported: "
                f"{names}. The study has nothing for them, or they are not for the public.",
            ),
            fix=Text(
                "选址图层需要 [[site]]，zones 需要 [inputs.zones]；不需要的请从对照表中删去。",
                "Plans need [[site]], zones [inputs.zones]; take out of the mapping file what is not wanted.",
            ),
        )
    ]


def _stored(result: Audit, addresses: Sequence[str], progress: Progress) -> Iterator[str]:
    """What went into databases, and where."""
    for address in addresses:
        progress(Text("写入 PostGIS", "writing to PostGIS"), 0, 1)
        yield database.write_database(result, address)


def _exported(result: Audit, wanted: Sequence[tuple[Format, Profile]], progress: Progress) -> dict[str, Content]:
    """GeoJSON under the program's own names, and whatever the mapping file is for."""
    files: dict[str, Content] = {}
    if wanted:
        refuse_unreviewed(result)
    if ("geojson", "rfc7946") in wanted:
        progress(Text("生成 GeoJSON", "making GeoJSON"), 0, 1)
        files |= geojson.layers(result)
    mapped = [each for each in wanted if export.is_mapped(*each, result.facts.mapping)]
    if mapped:
        progress(Text("生成报送数据", "making the bureau's files"), 0, 1)
        files |= export.export_files(result, mapped, _to_gcj02)
    return files


def _to_gcj02(lonlat: Any) -> Any:
    return np.column_stack(gcj02_from_wgs84(lonlat[:, 0], lonlat[:, 1]))


def _refuse_no_places(result: Audit, outputs: Sequence[str]) -> None:
    """A study of tables alone has nothing to draw."""
    drawn = [name for name in outputs if name in _DRAWN]
    if drawn and not result.facts.crs:
        raise ConfigError(
            Text(
                f"研究没有几何数据，无法生成 {first_ids(drawn)}。请从 [show] outputs 中删去，或提供带位置的图层。",
                f"the study has no geometry, so {first_ids(drawn)} cannot be made: take it out of [show] outputs, "
                f"or give layers with places.",
            )
        )


_DRAWN = ("html_map", "sheets:png", "sheets:pdf", *EXPORTS)


_FILES: Mapping[str, Callable[[Audit], dict[str, bytes]]] = {
    "tables": tables,
    "markdown": office.report_md,
    "xlsx": office.report_xlsx,
    "docx": office.report_docx,
    "pdf": office.report_pdf,
    "sheets:png": sheets.sheets_png,
    "sheets:pdf": sheets.sheets_pdf,
    "bulletin": office.bulletin_md,
    "bulletin:docx": office.bulletin_docx,
}
