"""Map sheets of a large study."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from circle15.core.tables import Residential
from tests.bench.registry import SEED, Case, Figure, Side, timed
from tests.fakes import CRS, small_audit

_FOOTPRINTS = 100_000


def _draw(folder: Path, smoke: bool, make: Callable[..., bytes]) -> Figure:
    del folder
    from circle15.show import sheets

    count = 300 if smoke else _FOOTPRINTS
    random = np.random.default_rng(SEED)
    xy = random.random((count, 2)) * 20_000 + [690_000.0, 3_000_000.0]
    shapes = shapely.box(*xy.T, *(xy + random.uniform(8, 40, (count, 2))).T)
    ids = [f"R{number:06d}" for number in range(count)]
    homes = Residential.build(gpd.GeoDataFrame({"area_id": ids}, geometry=shapes, crs=CRS))
    audit = dataclasses.replace(small_audit(plans=()), residential=homes)
    subject = sheets.subjects(audit)[0]
    classes = np.array_split(random.permutation(count), 4)
    shades = [dataclasses.replace(each, rows=tuple(rows)) for each, rows in zip(subject.shades, classes, strict=False)]
    subject = dataclasses.replace(subject, shades=tuple(shades))
    sheets.picture(small_audit(), sheets.subjects(small_audit())[1])  # what is loaded once
    return timed(partial(make, audit, subject), lambda made: f"{len(made) / 1e6:.1f} MB")


def _png(audit: Any, subject: Any) -> bytes:
    from circle15.show import sheets

    return sheets.picture(audit, subject, sheets.PAPERS["A3"])


def _pdf(audit: Any, subject: Any) -> bytes:
    from circle15.show import sheets
    from circle15.show.sheets import drawing

    return drawing.pdf(audit, [subject], sheets.PAPERS["A3"])


CASES = (
    Case(
        name="sheet",
        what="One A3 sheet with 100,000 footprints.",
        sides=(
            Side("PNG at 300 dpi", partial(_draw, make=_png), processes=1),
            Side("PDF", partial(_draw, make=_pdf), processes=1),
        ),
        packages=("matplotlib", "shapely"),
        same_answer=False,
    ),
)
