"""Which datum a layer is likely in, told by the streets. It advises and never decides, and is silent where unsure.

Streets do not run through buildings. Of footprints in their true place few are crossed by a street (0 to 4 % in the
towns measured); moved by some hundred metres, as many as chance will have. So each other reading of the layer is
tried, and named only if chance explains neither that it fits so well nor that the declared one fits so badly:

- among the shapes that are near a street both ways, significantly fewer are crossed, by the sign test, and at most a
  third as many;
- the same shapes moved as far in other directions are crossed at least three times as often, so that the reading is
  better than any shift would be; and the declared reading fits no better than such a shift;
- it brings the layer no farther from the streets;
- every other reading, but those that put the layer in the same place, fits significantly worse.

Points become discs of :data:`RADIUS_M`. Homes put on their street by an address search are crossed more often than
chance, and no shift makes chance look like a fit: they give no advice. Median distances do not tell datums apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.stats import binom

from circle15.core.crs import DATUM_WORDS, Datum
from circle15.core.findings import Finding
from circle15.core.text import Text

Flags = NDArray[np.bool_]

RADIUS_M = 5.0
NEAR_M = 100.0
# Readings that put a layer in one place, and those that do not move it at all.
SAME_M = 20.0

LEAST_SHAPES = 30
_MOST_SHAPES = 2000
_MOST_CHANCE = {"polygons": 1e-4, "points": 1e-6}
_MOST_CHANCE_OF_OTHERS = 1e-2
_LEAST_CONTRAST = 3.0
_LEAST_OF_CHANCE = 0.5
_LEAST_NEAR = 0.8
_TURNS_DEG = (60, 120, 180, 240, 300)


Reading = tuple[str, Datum]


@dataclass(frozen=True, slots=True)
class Advice:
    """The readings, all of one place, under which a layer fits the streets, and the evidence.

    A reading is a layer and the datum it would be in, if not in the declared one: the layer itself, or the streets.

    ``declared`` and ``likely`` are the shares crossed by a street of the ``shapes`` that are near one both ways,
    ``chance`` the share after shifts as long in other directions.
    """

    readings: tuple[Reading, ...]
    kind: str
    shapes: int
    declared: float
    likely: float
    chance: float


def advise(lines: Any, declared: Any, readings: Mapping[Reading, Any]) -> Advice | None:
    """The reading under which ``declared`` fits the streets, or None where nothing is certain.

    ``lines`` are streets, ``declared`` points or polygons where the declaration puts them, and ``readings`` the same
    shapes, row by row, where other declarations would put them; all in one CRS in metres.
    """
    chosen, kind = _sample(declared)
    if len(chosen) < LEAST_SHAPES or not len(lines):
        return None
    moved = {name: shapes[chosen] for name, shapes in readings.items()}
    moved = {name: shapes for name, shapes in moved.items() if _step(declared[chosen], shapes) > SAME_M}
    if not moved:
        return None
    streets = shapely.STRtree(lines)
    here = _Fit.of(_areal(declared[chosen]), streets)
    fits = {name: _Fit.of(_areal(shapes), streets) for name, shapes in moved.items()}
    least_near = max(LEAST_SHAPES, _LEAST_NEAR * here.near.sum())
    eligible = [name for name, fit in fits.items() if fit.near.sum() >= least_near]
    if not eligible:
        return None
    best = min(eligible, key=lambda name: (fits[name].share, name))
    group = tuple(name for name in fits if _step(moved[name], moved[best]) <= SAME_M)
    others = [fit for name, fit in fits.items() if name not in group]
    found = _Contrast.of(here, fits[best])
    chance = _chance(declared[chosen], moved[best], streets)
    if found.convinces(kind) and found.stands_out_of(chance) and _beats(fits[best], others):
        return Advice(group, kind, found.shapes, found.worse_share, found.better_share, chance)
    return None


def datum_finding(layer: str, declared: str, advice: Advice) -> Finding:
    """The advice as a finding: it names the likely datum and the evidence, and changes nothing."""
    zh = "，或".join(f"{layer_} 实为 {DATUM_WORDS[datum].zh}" for layer_, datum in advice.readings)
    en = ", or ".join(f"{layer_} is {DATUM_WORDS[datum].en}" for layer_, datum in advice.readings)
    what = _KINDS[advice.kind]
    return Finding(
        code="datum_suspect",
        severity="warning",
        layer=layer,
        count=advice.shapes,
        ids=(),
        message=Text(
            f"{layer} 的坐标基准可疑：按声明（{declared}），道路附近的 {advice.shapes} 个{what.zh}中有 "
            f"{advice.declared:.0%} 压在道路上，与随意平移同样距离（{advice.chance:.0%}）无异；若{zh}，则只有 "
            f"{advice.likely:.0%}。程序只提示，不作更改。",
            f"the datum of {layer} is doubtful: as declared ({declared}), streets run through {advice.declared:.0%} of "
            f"{advice.shapes} {what.en} near them, no better than after any shift as long ({advice.chance:.0%}); if "
            f"{en}, through {advice.likely:.0%}. This advises and changes nothing.",
        ),
        fix=Text(
            "向数据提供方查明坐标基准；确认后再改 datum。", "Ask whoever made the data; change datum once that is sure."
        ),
    )


_KINDS = {"polygons": Text("建筑或小区轮廓", "outlines"), "points": Text("点位", "points")}


@dataclass(frozen=True, slots=True)
class _Fit:
    """Of shapes in one place: which are near a street, and which are crossed by one."""

    near: Flags
    crossed: Flags

    @classmethod
    def of(cls, shapes: Any, streets: shapely.STRtree) -> _Fit:
        near, crossed = np.zeros(len(shapes), dtype=bool), np.zeros(len(shapes), dtype=bool)
        near[streets.query_nearest(shapes, max_distance=NEAR_M, all_matches=False)[0]] = True
        crossed[streets.query(shapes, predicate="intersects")[0]] = True
        return cls(near, crossed)

    @property
    def share(self) -> float:
        """The share crossed of those near a street."""
        return float(self.crossed.sum() / max(int(self.near.sum()), 1))


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Two places of the same shapes, over those that are near a street in both."""

    shapes: int
    worse_share: float
    better_share: float
    chance_of_it: float

    @classmethod
    def of(cls, worse: _Fit, better: _Fit) -> _Contrast:
        both = worse.near & better.near
        count = max(int(both.sum()), 1)
        only_worse = int((both & worse.crossed & ~better.crossed).sum())
        only_better = int((both & better.crossed & ~worse.crossed).sum())
        return cls(
            int(both.sum()),
            float((both & worse.crossed).sum() / count),
            float((both & better.crossed).sum() / count),
            float(binom.cdf(only_better, only_worse + only_better, 0.5)),
        )

    def convinces(self, kind: str) -> bool:
        """Whether the better place is better by more than chance."""
        return (
            self.shapes >= LEAST_SHAPES
            and self.chance_of_it <= _MOST_CHANCE[kind]
            and self.better_share * _LEAST_CONTRAST <= self.worse_share
        )

    def stands_out_of(self, chance: float) -> bool:
        """Whether shifts elsewhere fit worse than the better place, and no better than the worse one."""
        return self.better_share * _LEAST_CONTRAST <= chance and self.worse_share >= _LEAST_OF_CHANCE * chance


def _beats(best: _Fit, others: Sequence[_Fit]) -> bool:
    """Whether the others fit significantly worse, or put most of the layer where there are no streets."""
    compared = [other for other in others if other.near.sum() > _LEAST_OF_CHANCE * best.near.sum()]
    return all(_Contrast.of(other, best).chance_of_it <= _MOST_CHANCE_OF_OTHERS for other in compared)


def _chance(declared: Any, moved: Any, streets: shapely.STRtree) -> float:
    """The median share crossed after shifts as long as that from ``declared`` to ``moved``, in other directions."""
    step = _centre(moved) - _centre(declared)
    shares = []
    for turn in np.radians(_TURNS_DEG):
        by = np.array([step @ (np.cos(turn), -np.sin(turn)), step @ (np.sin(turn), np.cos(turn))])
        fit = _Fit.of(_areal(shapely.transform(declared, lambda xy, by=by: xy + by)), streets)
        if fit.near.sum() >= LEAST_SHAPES:
            shares.append(fit.share)
    return float(np.median(shares)) if shares else 0.0


def _sample(shapes: Any) -> tuple[NDArray[np.int64], str]:
    """At most :data:`_MOST_SHAPES` rows evenly over the layer: its polygons where they are enough, else its points."""
    areal = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    kind = "polygons" if len(areal) >= LEAST_SHAPES else "points"
    rows = areal if kind == "polygons" else np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    step = max(-(-len(rows) // _MOST_SHAPES), 1)
    return rows[::step], kind


def _areal(shapes: Any) -> Any:
    return shapely.buffer(shapes, RADIUS_M) if (shapely.get_dimensions(shapes) == 0).any() else shapes


def _centre(shapes: Any) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)).mean(axis=0))


def _step(one: Any, other: Any) -> float:
    return float(np.hypot(*(_centre(one) - _centre(other))))
