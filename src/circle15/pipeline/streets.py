"""The streets of a study: read, repaired where it asks for that, joined into a network; or from its cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15 import __version__, route
from circle15.core.errors import InputError
from circle15.core.findings import Finding
from circle15.core.results import Source
from circle15.core.tables import Repairs, Streets
from circle15.core.text import Text
from circle15.pipeline.progress import Progress, silent
from circle15.read import cache
from circle15.read.guard import link_findings
from circle15.read.layers import file_sha256, read_layer
from circle15.read.packed import pack, unpack
from circle15.read.spec import InputSpec
from circle15.route.clean import clean, clean_findings
from circle15.study import Study

Arrays = Mapping[str, NDArray[Any]]

# Raise this when the same input would make another entry.
_FORMAT = 2


@dataclass(frozen=True)
class Paved:
    """The streets of a study, their network, what was repaired and found, and where they came from."""

    streets: Streets
    network: route.Network
    repairs: Repairs | None
    findings: tuple[Finding, ...]
    source: Source


@dataclass(frozen=True)
class _Entry:
    """What the cache keeps of streets beside arrays."""

    source: dict[str, Any]
    findings: list[dict[str, Any]] = field(default_factory=list)


def pave(study: Study, spec: InputSpec, progress: Progress) -> Paved:
    """The streets of ``spec``, from the cache of the study if it keeps one and they are there.

    An entry is found by the content of the file and everything that decides what is made of it, so a change of either
    makes another one. Rows of a database are not kept. A cache that cannot be written is said to be so, and the run
    goes on without it. Raises the errors of ``read``, and NetworkError.
    """
    key = _key(study, spec)
    if study.cache is None or key is None:
        return _made(study, spec, progress)
    kept = cache.load(study.cache, key)
    if kept is not None:
        return _kept(kept, study)
    made = _made(study, spec, progress)
    if not cache.store(study.cache, key, _arrays(made)):
        progress(
            Text(
                f"缓存目录 {study.cache} 无法写入，本次不缓存路网",
                f"{study.cache} cannot be written: nothing is cached",
            ),
            1,
            1,
        )
    return made


def graph(study: Study, progress: Progress = silent) -> Any:
    """The network of a study as a MultiDiGraph: see :func:`circle15.route.interchange.graph_of`.

    Raises the errors of ``read``, NetworkError, and InputError for a study without streets.
    """
    from circle15.route.interchange import graph_of  # noqa: PLC0415  # networkx is heavy, and only this needs it

    if "streets" not in study.inputs:
        raise InputError(
            Text("研究没有道路图层 [inputs.streets]。请补充。", "the study has no [inputs.streets]. Add it.")
        )
    paved = pave(study, study.inputs["streets"], progress)
    return graph_of(paved.network, paved.streets)


def _made(study: Study, spec: InputSpec, progress: Progress) -> Paved:
    table, findings, source = read_layer(spec, study.crs, study.pack.types)
    streets: Streets = table  # type: ignore[assignment]  # the layer of streets
    repairs = None
    if study.clean is not None:
        progress(Text("修复道路", "repairing streets"), 0, 1)
        raw = streets
        streets, repairs = clean(raw, study.clean)
        findings += clean_findings(raw, study.clean, repairs)
    progress(Text("构建路网", "building the network"), 0, 1)
    return Paved(streets, route.build(streets), repairs, tuple(findings), source)


def _key(study: Study, spec: InputSpec) -> str | None:
    """The name of the entry: a hash of what decides its content. None where nobody can tell: of a database."""
    if study.cache is None or spec.database is not None or not spec.path.exists():
        return None
    told = {
        "format": _FORMAT,
        "versions": (__version__, pyproj.proj_version_str, shapely.geos_version_string, route.NETWORK_FIELDS),
        "content": {each.name: file_sha256(each) for each in (spec.path, *_beside(spec.path)) if each.exists()},
        "links": [each.message.zh for each in link_findings(spec)],
        "input": {key: value for key, value in asdict(spec).items() if key != "path"},
        "crs": study.crs.to_wkt() if study.crs else "",
        "clean": asdict(study.clean) if study.clean else None,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _beside(path: Path) -> tuple[Path, ...]:
    """The files by a file that say of its encoding and its date."""
    return path.with_suffix(".cpg"), path.with_name(f"{path.name}.source.toml")


def _arrays(made: Paved) -> dict[str, NDArray[Any]]:
    entry = json.dumps(asdict(_Entry(asdict(made.source), [_told(each) for each in made.findings])))
    found: dict[str, NDArray[Any]] = {
        "entry": np.frombuffer(entry.encode(), dtype=np.uint8),
        "joint": made.streets.vertex_node,
    }
    if made.streets.vertex_height is not None:
        found["height"] = made.streets.vertex_height
    parts = {"network": route.network_arrays(made.network), "streets": pack(made.streets)}
    if made.repairs is not None:
        parts["repairs"] = pack(made.repairs)
    return found | {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}


def _kept(arrays: Arrays, study: Study) -> Paved:
    entry = _Entry(**json.loads(arrays["entry"].tobytes()))
    # What was checked before it was stored is not checked again.
    frame = unpack(Streets, _part(arrays, "streets"), study.crs)
    repairs = _part(arrays, "repairs")
    return Paved(
        streets=Streets(frame, arrays["joint"], arrays.get("height")),
        network=route.network_from(_part(arrays, "network")),
        repairs=Repairs(unpack(Repairs, repairs, study.crs)) if repairs else None,
        findings=tuple(_finding(each) for each in entry.findings),
        source=Source(**entry.source),
    )


def _told(finding: Finding) -> dict[str, Any]:
    """A finding as JSON holds it."""
    at = None if finding.at is None else shapely.to_wkb(finding.at, hex=True).tolist()
    return {**asdict(replace(finding, at=None)), "at": at}


def _finding(told: Mapping[str, Any]) -> Finding:
    texts = {name: Text(**told[name]) for name in ("message", "fix")}
    at = None if told["at"] is None else shapely.from_wkb(told["at"])
    return Finding(**{**told, "ids": tuple(told["ids"]), "at": at, **texts})


def _part(arrays: Arrays, part: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(f"{part}."): array for name, array in arrays.items() if name.startswith(f"{part}.")}
