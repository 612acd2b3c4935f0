"""Who is served within the rule, who is not, and where the next site should go.

Every function takes the path of a study file, writes nothing unless ``out`` is given, prints nothing, and returns
frames by name: the tables of the same run on the command line. Geometry is in the study CRS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["__version__", "audit", "check", "graph", "reach", "run", "site"]

__version__ = "0.1.0"


def check(study: str | Path) -> Any:
    """Data health: one row for each finding, like ``findings.csv``. Raises the errors of ``circle15.core.errors``."""
    from circle15 import pipeline
    from circle15.show.tables import findings_frame
    from circle15.study import load_study

    asked = load_study(Path(study))
    return findings_frame(pipeline.audit(asked).findings, asked.language)


def reach(study: str | Path, at: list[str] | None = None, limits: str = "5min,10min,15min,700m") -> Any:
    """Isochrones and isodistances as a GeoDataFrame: one row for each place and limit."""
    from circle15 import pipeline
    from circle15.core.limit import parse_limits
    from circle15.study import load_study

    return pipeline.reach(load_study(Path(study)), at or [], parse_limits(limits))


def graph(study: str | Path) -> Any:
    """The street network as a networkx MultiDiGraph in the manner of OSMnx, in the study CRS."""
    from circle15.pipeline.streets import graph as network_graph
    from circle15.study import load_study

    return network_graph(load_study(Path(study)))


def audit(study: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """Read → route → judge: access, verdicts, coverage, scores and findings."""
    from circle15 import pipeline
    from circle15.study import load_study

    return _frames(pipeline.audit(load_study(Path(study))), ("tables",), out)


def site(study: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """The audit, and plans of new sites."""
    from circle15 import pipeline
    from circle15.study import load_study

    return _frames(pipeline.planned(load_study(Path(study))), ("tables",), out)


def run(study: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """Everything the study asks for; with ``out`` also every file under its ``[show] outputs``."""
    from circle15 import pipeline
    from circle15.study import load_study

    asked = load_study(Path(study))
    return _frames(pipeline.whole(asked), asked.outputs, out)


def _frames(result: Any, outputs: tuple[str, ...], out: str | Path | None) -> dict[str, Any]:
    from circle15 import pipeline
    from circle15.show.layers import residential_frame
    from circle15.show.tables import frames

    if out is not None:
        pipeline.deliver(result, outputs, Path(out), {})
    return {**frames(result), "residential": residential_frame(result), "areas": result.areas.frame}
