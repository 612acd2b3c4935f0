"""The keys of ``[inputs]`` in a study, and the files, datums and CRSs that they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from circle15.core.crs import DATUMS
from circle15.core.errors import InputError
from circle15.core.tables import LAYERS
from circle15.core.text import Text
from circle15.read.spec import OSM_EXTENSIONS, TABLE_EXTENSIONS, InputSpec, is_database, without_login
from circle15.read.strict import Key, check, unknown_name
from circle15.read.transform import parse_transform, transform_problems

_LAYER_KEYS = tuple(Key(layer, "table") for layer in LAYERS)
_INPUT_KEYS = (
    Key("path", "text", required=True),
    Key("datum", "text", choices=DATUMS),
    Key("crs", "text"),
    Key("transform", "table"),
    Key("encoding", "text"),
    Key("where", "text"),
    Key("columns", "table of texts"),
    Key("types", "table of texts"),
    Key("type", "text"),
    Key("layer", "text"),
    Key("sql", "text"),
)


def input_shape_problems(inputs: Mapping[str, Any], where: str) -> list[Text]:
    """Layers nobody reads, and keys of the others that are unknown or of another kind."""
    problems = check(inputs, _LAYER_KEYS, "[inputs]")
    if not inputs:
        problems.append(
            Text(f"{where}：[inputs] 为空。请至少给出一个输入。", f"{where}: [inputs] is empty: give an input.")
        )
    for layer, entry in inputs.items():
        if isinstance(entry, dict) and layer in LAYERS:
            problems += check(entry, _INPUT_KEYS, f"[inputs.{layer}]")
    return problems


def input_problems(inputs: Mapping[str, Any], folder: Path, types: Sequence[str]) -> list[Text]:
    """What inputs name and is not there, and what they do not say: files, datums, facility types of the pack."""
    return [problem for layer, entry in inputs.items() for problem in _problems(layer, entry, folder, types)]


def _problems(layer: str, entry: Mapping[str, Any], folder: Path, types: Sequence[str]) -> list[Text]:
    where = f"[inputs.{layer}]"
    problems = _database_problems(entry, where)
    if not is_database(entry["path"]) and not (folder / entry["path"]).exists():
        problems.append(
            Text(
                f"{where}：找不到文件 {entry['path']}。路径相对于研究文件所在文件夹。",
                f"{where}: there is no file {entry['path']}. Paths are relative to the study file.",
            )
        )
    is_osm = entry["path"].lower().endswith((*OSM_EXTENSIONS, ".graphml"))
    if "datum" in entry and "crs" in entry:
        problems.append(Text(f"{where}：datum 与 crs 只写一项。", f"{where}: give datum or crs, not both."))
    problems += _transform_problems(entry, where)
    in_table = layer in ("facilities", "parcels") and _is_table(entry["path"])
    may_lack_places = layer == "zone_table" or in_table
    if not may_lack_places and not is_osm and "datum" not in entry and "crs" not in entry:
        problems.append(
            Text(
                f"{where}：没有写明坐标基准。请写 datum（WGS84、CGCS2000、GCJ02 或 BD09）或 crs；程序不猜测。"
                f"GCJ-02 误当 WGS 84 会错位 350—560 米。",
                f"{where}: the datum is missing. Give datum (WGS84, CGCS2000, GCJ02 or BD09) or crs; it is never "
                f"guessed: GCJ-02 taken for WGS 84 is 350–560 m off.",
            )
        )
    if layer == "constraints":
        return problems
    kinds = [*entry.get("types", {}).values(), *([entry["type"]] if "type" in entry else [])]
    return problems + [unknown_name(each, types, f"{where}.types") for each in kinds if each not in types]


def _transform_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    if "transform" not in entry:
        return []
    problems = transform_problems(entry["transform"], f"{where}.transform")
    if "crs" not in entry:
        problems.append(
            Text(
                f"{where}：transform 须与 crs（数据原来的坐标系）同时写明。",
                f"{where}: transform goes with crs, the CRS that the data is in.",
            )
        )
    return problems


def _is_table(path: str) -> bool:
    return is_database(path) or path.lower().endswith(TABLE_EXTENSIONS)


def _database_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    if "sql" not in entry or (is_database(entry["path"]) and "layer" not in entry):
        return []
    return [
        Text(
            f'{where}：sql 只用于数据库（path = "postgresql://…"），且与 layer 只写一项。',
            f'{where}: sql is for databases (path = "postgresql://…") and stands in the place of layer.',
        )
    ]


def input_spec(layer: str, entry: Mapping[str, Any], folder: Path) -> InputSpec:
    """One checked table of ``[inputs]``, its path resolved. Raises InputError and CrsError."""
    address = entry["path"] if is_database(entry["path"]) else None
    return InputSpec(
        layer=layer,
        path=folder if address else folder / entry["path"],
        shown=without_login(address) if address else entry["path"],
        datum=entry.get("datum"),
        crs=crs_text(entry["crs"], folder) if "crs" in entry else None,
        transform=parse_transform(entry["transform"], f"[inputs.{layer}].transform") if "transform" in entry else None,
        encoding=entry.get("encoding"),
        where=entry.get("where"),
        columns=dict(entry.get("columns", {})),
        types=dict(entry.get("types", {})),
        type=entry.get("type"),
        source_layer=entry.get("layer"),
        database=address,
        sql=entry.get("sql"),
    )


def crs_text(text: str, folder: Path) -> str:
    """A CRS as it is written, or the content of the .prj file that it names. Raises InputError."""
    if not text.lower().endswith(".prj"):
        return text
    try:
        return (folder / text).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Text(
                f"无法读取坐标系文件 {text}。请检查路径（相对于研究文件），并确认是文本格式的 .prj。",
                f"cannot read the CRS file {text}. Check the path, relative to the study file, and that it is text.",
            )
        ) from error
