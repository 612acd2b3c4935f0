"""Sites chosen by hand: the scenario that the map page saves, or a table with the same columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyproj

from circle15.core.errors import EncodingError, InputError, SchemaError
from circle15.core.tables import Facilities
from circle15.core.text import Text, first_ids
from circle15.read.layers import Types, as_table, read_layer
from circle15.read.points import points_of
from circle15.read.spec import InputSpec

_KEYS = ("site_id", "facility_type", "lon", "lat")
_HEADINGS = {"facility_id": "site_id", "type": "facility_type"}


def read_sites(path: Path, study_id: str, crs: pyproj.CRS | None, types: Types) -> Facilities:
    """The sites as facilities in the study CRS. Places are WGS 84 degrees, as the map page writes them.

    Raises InputError, EncodingError, or SchemaError with all problems; NothingToDoError for none.
    """
    spec = InputSpec("facilities", path, path.name, datum="WGS84", columns=_HEADINGS)
    if path.suffix.lower() != ".json":
        return cast("Facilities", read_layer(spec, crs, types)[0])
    table, _ = as_table(points_of(_rows(_scenario(path), path.name, study_id), (), spec), spec, crs, types)
    return cast("Facilities", table)


def _scenario(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise EncodingError(_not_utf8(path)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            Text(
                f"{path.name} 不是有效的 JSON：{error}。请重新保存。",
                f"{path.name} is no JSON: {error}. Save it again.",
            )
        ) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(Text(f"无法读取 {path}：{reason}。请检查路径。", f"cannot read {path}: {reason}."))


def _not_utf8(path: Path) -> Text:
    return Text(f"{path.name} 不是 UTF-8 文本。请另存为 UTF-8。", f"{path.name} is not UTF-8: save it as UTF-8.")


def _rows(found: Any, shown: str, study_id: str) -> Any:
    """The sites of a scenario as cells. Raises SchemaError with all that is wrong."""
    problems = []
    if not isinstance(found, dict) or found.get("circle15") != "scenario" or not isinstance(found.get("sites"), list):
        raise SchemaError(
            Text(
                f"{shown} 不是地图页面保存的方案（缺少 circle15: scenario 或 sites）。",
                f"{shown} is no scenario that a map page saved (no circle15: scenario, or no sites).",
            )
        )
    if found.get("study") != study_id:
        problems.append(
            Text(
                f"{shown} 是研究 {found.get('study')!r} 的方案，不是 {study_id!r} 的。",
                f"{shown} belongs to the study {found.get('study')!r}, not to {study_id!r}.",
            )
        )
    wrong = [number for number, site in enumerate(found["sites"], start=1) if not _is_site(site)]
    if wrong:
        which, keys = first_ids(map(str, wrong)), ", ".join(_KEYS)
        problems.append(
            Text(
                f"{shown}：{len(wrong)} 个点位缺少 {keys} 或其值不对：第 {which} 个。",
                f"{shown}: {len(wrong)} sites lack {keys} or hold wrong values: {which}.",
            )
        )
    if problems:
        raise SchemaError(problems)
    rows = [{key: str(site[key]) for key in _KEYS} for site in found["sites"]]
    return pd.DataFrame(rows, columns=list(_KEYS), index=range(1, len(rows) + 1), dtype=object)


def _is_site(site: Any) -> bool:
    return (
        isinstance(site, dict)
        and all(isinstance(site.get(key), str) and site[key] for key in _KEYS[:2])
        and all(isinstance(site.get(key), (int, float)) and not isinstance(site[key], bool) for key in _KEYS[2:])
    )
