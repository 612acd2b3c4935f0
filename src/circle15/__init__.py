"""Who is served within the rule, who is not, and where the next site should go.

Every function takes the path of a study file, prints nothing, and writes nothing unless ``out`` is given. What comes
back are pandas frames, the tables of the same run on the command line with the columns that ``docs/data.md`` lists:
metres, minutes, square metres and shares by the endings ``_m``, ``_min``, ``_m2`` and ``share``, null where there is
nothing to say. Geometry is in the study CRS, metres, easting first. The same files give the same frames.

A mistake of the user is a ``circle15.core.errors.InputError``, which is a ``ValueError`` and says all that is wrong:
``ConfigError`` for the study file, its packs and the arguments, ``CrsError``, ``SchemaError``, ``EncodingError`` and
``NothingToDoError`` for its data. Streets that cannot carry a search raise ``NetworkError``, files that cannot be
written, or are not this program's, ``OutputError``; nothing is half-written then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["__version__", "audit", "check", "graph", "reach", "run", "site"]

__version__ = "0.1.0"


def check(study: str | Path) -> Any:
    """Data health: one row for each finding, like ``findings.csv``; none where all is well.

    Columns: code, severity (error, warning or info), layer, count, ids (the first three), message and fix, in the
    language of the study. Codes stay from version to version.

    >>> findings = check("examples/xianyang/study.toml")
    >>> findings.loc[findings["severity"] == "warning", ["code", "layer", "count"]].values.tolist()
    [['unlocated', 'facilities', 11]]
    """
    from circle15 import pipeline
    from circle15.show.tables import findings_frame
    from circle15.study import load_study

    asked = load_study(Path(study))
    return findings_frame(pipeline.audit(asked).findings, asked.language)


def reach(study: str | Path, at: str | list[str] | None = None, limits: str = "5min,10min,15min,700m") -> Any:
    """Isochrones and isodistances as a GeoDataFrame: one row for each place and limit, places first.

    ``at``: the id or ids of facilities, residential areas or candidates; None means every facility. ``limits``:
    metres or minutes, each met by a walk of at most that much. Minutes are walked at the pace of the first time rule
    that counts the type of the facility, else at the first pace of the pack; ``limit_m`` is what they come to. The
    areas are drawn 25 m round the streets that are reached: for looking at, verdicts come from distances. Raises
    ConfigError also for ids nobody has and limits that are none, InputError for a study without streets.

    >>> areas = reach("examples/xianyang/study.toml", at="F1", limits="700m,15min")
    >>> areas[["id", "limit", "unit", "limit_m"]].values.tolist()
    [['F1', 700.0, 'm', 700.0], ['F1', 15.0, 'min', 900.0]]
    >>> areas.crs.to_epsg()
    4550
    """
    from circle15 import pipeline
    from circle15.core.limit import parse_limits
    from circle15.study import load_study

    places = [at] if isinstance(at, str) else at or []
    return pipeline.reach(load_study(Path(study)), places, parse_limits(limits))


def graph(study: str | Path) -> Any:
    """The street network as a networkx MultiDiGraph in the manner of OSMnx, in the study CRS.

    Nodes have ``x`` and ``y`` in metres. Each edge is there both ways, with ``street_id``, ``length`` in metres, ``mm``
    in whole millimetres, ``geometry`` and ``reversed``; streets join exactly where they share a node. Raises InputError
    for a study without streets.

    >>> streets = graph("examples/xianyang/study.toml")
    >>> streets.number_of_nodes(), sum(mm for *_, mm in streets.edges(data="mm")) // 2
    (4, 4000000)
    """
    from circle15.pipeline.streets import graph as network_graph
    from circle15.study import load_study

    return network_graph(load_study(Path(study)))


def audit(study: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """Read → route → judge: the frames of an audit by name.

    They are ``access``, ``facilities``, ``verdicts``, ``coverage``, ``ratios``, ``outlook``, ``scores``, ``equity``,
    ``straight_vs_network``, ``pace``, ``pace_changes`` and ``findings``, with ``repairs`` where streets were cleaned;
    and two GeoDataFrames, ``residential`` and ``areas`` (what was drawn, for land shares alone). Each table is there,
    if without rows; a public study has none of single homes. Every figure of coverage is a sum over verdicts. With
    ``out`` the tables are written too, as ``circle15 audit`` does.

    >>> tables = audit("examples/xianyang/study.toml")
    >>> tables["ratios"][["rule_id", "numerator", "denominator", "value", "op", "limit", "outcome"]].values.tolist()
    [['XY-03.a', 4.0, 5.0, 0.8, '>=', 0.8, 'pass'], ['XY-03.b', 1.0, 2.0, 0.5, '>=', 0.6, 'fail']]
    """
    from circle15 import pipeline
    from circle15.study import load_study

    return _frames(pipeline.audit(load_study(Path(study))), ("tables",), out)


def site(study: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """The frames of :func:`audit`, and those of the plans that the ``[[site]]`` of the study ask for.

    The further frames are ``plan`` (one row for each site, in the order of opening), ``projects``, ``plan_shares``,
    ``candidates``, ``allocation`` and ``curve``. A plan that cannot be is an answer and has no rows. Equal inputs give
    equal plans, unless a plan is stopped by its ``time_limit_s``. Raises ConfigError for a study that asks for no
    plan. With ``out`` the tables are written too, with the certificate that ``circle15 explain STUDY plan`` checks.

    >>> plans = site("examples/shifan-zhen/study.toml")["plan"]
    >>> plans.loc[plans["site_plan"] == "1-day_care", ["stage", "candidate_id", "gain"]].values.tolist()
    [[2024, 'C-01', 240], [2024, 'C-02', 240], [2025, 'C-04', 240]]
    """
    from circle15 import pipeline
    from circle15.study import load_study

    return _frames(pipeline.planned(load_study(Path(study))), ("tables",), out)


def run(study: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """Everything the study asks for: the frames of :func:`site`, and in ``areas`` the service area of each facility.

    With ``out`` also every file under its ``[show] outputs``, as ``circle15 run`` does: tables under
    ``data/processed/<study id>``, the map under ``maps``.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     tables = run("examples/wuzhong/study.toml", out=folder)
    ...     print(sorted(path.name for path in Path(folder).glob("*/*")))
    ['example-wz.html', 'processed']
    >>> tables["areas"].groupby("rule_id")["facility_id"].nunique().to_dict()
    {'WZ-04.b': 1}
    """
    from circle15 import pipeline
    from circle15.study import load_study

    asked = load_study(Path(study))
    return _frames(pipeline.whole(asked), asked.outputs, out)


def _frames(result: Any, outputs: tuple[str, ...], out: str | Path | None) -> dict[str, Any]:
    """The tables of a run, with its homes and areas, as its audience may have them; written too with ``out``."""
    from circle15 import pipeline
    from circle15.core.exports import EXPORT_LAYERS, may_leave
    from circle15.show.layers import residential_frame
    from circle15.show.tables import frames

    if out is not None:
        pipeline.deliver(result, outputs, Path(out), {})
    homes = may_leave(EXPORT_LAYERS["residential"], result.facts.audience)
    found = {**frames(result), **({"residential": residential_frame(result)} if homes else {})}
    return {**found, "areas": result.areas.frame}
