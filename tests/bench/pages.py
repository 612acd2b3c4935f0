"""The map page of a large city in a headless browser without GPU and network, beside folium's own way."""

from __future__ import annotations

import pickle
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from tests.bench.registry import SEED, Case, Figure, Goal, Input, Side, peak_mb, timed, times

CRS = "EPSG:4549"
BLOCK_M, PER_BLOCK = 200, 10
# Blocks along a side of the city.
CITIES = {"10k": 32, "100k": 100, "300k": 173}
SMOKE_BLOCKS = 3
FACILITIES, CANDIDATES, TOWNS = 60, 300, 4
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-precise-memory-info",
    "--js-flags=--expose-gc",
    "--disable-background-networking",
]
STUDY = """\
schema = 1
id = "city"
name = "虚构大城"
pack = "jinjiang-2022"
crs = "EPSG:4549"
fictional = true
inputs.streets = { path = "streets.gpkg", crs = "EPSG:4549" }
inputs.residential = { path = "homes.gpkg", crs = "EPSG:4549" }
inputs.facilities = { path = "facilities.gpkg", crs = "EPSG:4549" }
inputs.candidates = { path = "hosts.gpkg", crs = "EPSG:4549" }
inputs.zones = { path = "zones.gpkg", crs = "EPSG:4549" }
[[site]]
facility_type = "day_care"
rule = "JJ-01"
metric = "network"
stages = [2026, 2027]
per_stage = [4, 4]
weight = "pop60"
"""
# Milliseconds of every frame while the map is moved at three zooms.
PAN = """async ([zooms, moves]) => {
  const map = L_MAP, frames = [];
  for (const zoom of zooms) {
    if (zoom) map.setZoom(zoom, { animate: false });
    for (let each = 0; each < moves; each += 1) await new Promise(requestAnimationFrame);
    let last = performance.now();
    for (let each = 0; each < moves; each += 1) {
      map.panBy([each % 30 < 15 ? 14 : -14, each % 20 < 10 ? 9 : -9], { animate: false });
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      if (each > 1) frames.push(now - last);
      last = now;
    }
  }
  return frames;
}"""
TRY = """async (places) => {
  const found = { figures: [], map: [] };
  const trial = await trials.add(L.latLng(places[0]));
  const still = async () => { do await new Promise(requestAnimationFrame); while (packed.busy); };
  await still();
  for (const place of places) {
    const began = performance.now();
    trial.marker.setLatLng(place);
    trial.marker.fire("drag");
    found.figures.push(performance.now() - began);
    await still();
    found.map.push(performance.now() - began);
  }
  return found;
}"""


# ---- the city: a grid of streets, ten footprints a block


def _city(folder: Path, blocks: int) -> None:
    random = np.random.default_rng(SEED)
    corner, side = np.array([600_000.0, 3_000_000.0]), blocks * BLOCK_M
    ends = [((0, y), (side, y)) for y in range(0, side + 1, BLOCK_M)]
    ends += [(one[::-1], other[::-1]) for one, other in ends]
    along = np.linspace(0, 1, blocks + 1)[:, None]
    streets = [shapely.LineString(corner + (1 - along) * one + along * other) for one, other in np.array(ends, float)]
    _write(folder / "streets.gpkg", streets, street_id=[f"S{each}" for each in range(len(streets))])
    origins = corner + BLOCK_M * np.stack(np.meshgrid(range(blocks), range(blocks)), -1).reshape(-1, 1, 2)
    places = np.array([(25 + column * 80, 15 + row * 34) for column in range(2) for row in range(5)])
    low = (origins + places).reshape(-1, 2) + random.uniform(0, 8, (blocks**2 * PER_BLOCK, 2))
    high = low + np.column_stack([random.uniform(35, 60, len(low)), random.uniform(9, 16, len(low))])
    ids = [f"B{each:06d}" for each in range(len(low))]
    people = random.integers(10, 200, len(low))
    homes = {"area_id": ids, "name": [f"示范{each % 977}号楼" for each in range(len(low))], "population": people}
    _write(folder / "homes.gpkg", shapely.box(*low.T, *high.T), **homes, pop60=people // 4, footprint=True)
    at = shapely.points(corner + random.uniform(0, side, (FACILITIES, 2)))
    _write(folder / "facilities.gpkg", at, facility_id=[f"F{each}" for each in range(len(at))], type="day_care")
    at = shapely.points(corner + random.uniform(0, side, (CANDIDATES, 2)))
    _write(folder / "hosts.gpkg", at, candidate_id=[f"C{each}" for each in range(len(at))], host="社区")
    step = side / TOWNS
    west, south = (corner + step * np.stack(np.meshgrid(range(TOWNS), range(TOWNS)), -1).reshape(-1, 2)).T
    names = [f"虚构{each}镇" for each in range(TOWNS**2)]
    _write(
        folder / "zones.gpkg",
        shapely.box(west, south, west + step, south + step),
        zone_id=names,
        name=names,
        level="town",
    )
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")


def _write(path: Path, shapes: Any, **columns: Any) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_file(path)


def _make(folder: Path, smoke: bool) -> None:
    """The audit, our page and folium's, for every size."""
    from circle15 import pipeline
    from circle15.show.html.page import page
    from circle15.study import load_study

    for name, blocks in CITIES.items():
        city = folder / name
        if smoke and name != "10k":
            shutil.copytree(folder / "10k", city)
            continue
        city.mkdir()
        _city(city, SMOKE_BLOCKS if smoke else blocks)
        audit = pipeline.whole(load_study(city / "study.toml"))
        (city / "audit.pickle").write_bytes(pickle.dumps(audit))
        (city / "circle15.html").write_text(page(audit), encoding="utf-8")
        if name != "300k":
            (city / "folium.html").write_text(_folium_page(audit), encoding="utf-8")


def _folium_page(audit: Any) -> str:
    """What a Python user writes: one GeoJson on canvas, coloured by class, with a popup of what our story tells."""
    import folium

    from circle15.show.families import classify, families
    from circle15.show.html.figure import LEAFLET, vendored
    from circle15.show.palette import CLASS_STYLES

    groups = families(audit.walked)
    frame = audit.residential.frame[["area_id", "name", "population", "pop60", "geometry"]].copy()
    frame["class"] = classify(audit, groups[0])
    walks = audit.access.frame
    walks = walks[walks["rule_id"] == groups[0].rules[0].rule_id].set_index("area_id").reindex(frame["area_id"])
    for column in (
        "distance_mm",
        "straight_mm",
        "home_leg_mm",
        "facility_leg_mm",
        "facility_id",
        "straight_facility_id",
    ):
        frame[column] = walks[column].to_numpy(dtype=object)
    frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=audit.facts.crs).to_crs(4326)
    frame.geometry = shapely.set_precision(frame.geometry.to_numpy(), 1e-7)
    drawn = folium.Map(tiles=None, prefer_canvas=True)
    popup = folium.GeoJsonPopup([column for column in frame.columns if column != "geometry"])
    folium.GeoJson(
        frame, style_function=lambda feature: CLASS_STYLES[feature["properties"]["class"]], popup=popup
    ).add_to(drawn)
    west, south, east, north = frame.total_bounds.tolist()
    drawn.fit_bounds([[south, west], [north, east]])
    text = re.sub(r"<script src=.*?</script>|<link .*?/?>", "", drawn.get_root().render())
    own = (vendored(f"{LEAFLET}/leaflet.{kind}").decode() for kind in ("js", "css"))
    return text.replace("<head>", "<head><script>{}</script><style>{}</style>".format(*own), 1)


INPUT = Input("cities", "invented cities of 10,240, 100,000 and 299,290 footprints", _make)


# ---- in a browser


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise FileNotFoundError(f"no browser: none of {', '.join(NAMES)}")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True).new_page()
        chromium.close()


def _open(view: Any, file: Path) -> float:
    """Seconds until the page is drawn and answers."""
    view.set_default_timeout(600_000)
    began = time.perf_counter()
    view.goto(file.as_uri())
    if file.stem == "circle15":
        view.locator("html[data-ready]").wait_for(state="attached")
    view.evaluate("async () => { for (let n = 0; n < 2; n += 1) await new Promise(requestAnimationFrame); }")
    return time.perf_counter() - began


def _ready(folder: Path, smoke: bool, city: str, page: str) -> Figure:
    del smoke
    with _browser() as view:
        return Figure(_open(view, folder / city / f"{page}.html"), "drawn")


def _frames(folder: Path, smoke: bool, city: str, page: str, tell: Callable[[list[float]], float]) -> Figure:
    with _browser() as view:
        _open(view, folder / city / f"{page}.html")
        name = "circle15.map" if page == "circle15" else "Object.values(window).find((each) => each instanceof L.Map)"
        frames = view.evaluate(PAN.replace("L_MAP", name), [[0], 4] if smoke else [[0, 14, 16], 90])
        return Figure(tell(frames), f"{len(frames)} frames")


def _fps(frames: list[float]) -> float:
    return 1000 * len(frames) / sum(frames)


def _heap(folder: Path, smoke: bool, city: str, page: str) -> Figure:
    del smoke
    with _browser() as view:
        _open(view, folder / city / f"{page}.html")
        return Figure(view.evaluate("(gc(), gc(), performance.memory.usedJSHeapSize / 1e6)"), "after collection")


def _size(folder: Path, smoke: bool, city: str, page: str) -> Figure:
    del smoke
    return Figure((folder / city / f"{page}.html").stat().st_size / 1e6, "one file")


def _build(folder: Path, smoke: bool, city: str) -> Figure:
    del smoke
    from circle15.show.html.page import page

    audit = pickle.loads((folder / city / "audit.pickle").read_bytes())
    return timed(partial(page, audit), lambda made: f"{len(made.encode()) / 1e6:.1f} MB")


def _try(folder: Path, smoke: bool, city: str, what: str, tell: Callable[[list[float]], float]) -> Figure:
    random = np.random.default_rng(SEED)
    with _browser() as view:
        _open(view, folder / city / "circle15.html")
        west, south, east, north = view.evaluate(
            "circle15.map.getBounds().pad(-0.1).toBBoxString().split(',').map(Number)"
        )
        places = random.uniform((south, west), (north, east), (3 if smoke else 60, 2)).tolist()
        spent = view.evaluate(TRY, places)[what]
        return Figure(tell(spent), f"{len(spent)} places", peak_mb=peak_mb())


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


def _sides(measure: Callable[..., Figure], *given: tuple[str, str, Goal | None], **more: Any) -> tuple[Side, ...]:
    """A side for each city and page, with what is asked of it."""
    return tuple(
        Side(
            f"{page}, {city} footprints",
            partial(measure, city=city, page=page, **more),
            None if page == "circle15" else "folium",
            goal,
            processes=1 if page == "folium" and city == "100k" else 3,
        )
        for page, city, goal in given
    )


def _most(number: float) -> Goal:
    return Goal("<=", number)


def _case(name: str, what: str, unit: str, sides: tuple[Side, ...], remark: str = "") -> Case:
    return Case(name, what, sides, INPUT, unit, remark, ("folium",), same_answer=False)


CASES = (
    _case(
        "map-build",
        "Making the page of an audit: processor seconds, and the peak memory of the process.",
        "s",
        (
            Side("circle15, 100k footprints", partial(_build, city="100k"), goal=_most(10)),
            Side("circle15, 300k footprints", partial(_build, city="300k"), processes=1),
        ),
    ),
    _case(
        "map-file",
        "The file that is mailed: streets, stories, what-if and all. The peer is folium.GeoJson on canvas with a popup "
        "of the same fields, without streets or what-if.",
        "MB",
        _sides(
            _size,
            ("circle15", "100k", _most(5)),
            ("circle15", "300k", _most(16)),
            ("folium", "100k", times(10)),
        ),
    ),
    _case(
        "map-ready",
        "Seconds from opening the file to a map that is drawn and answers.",
        "s",
        _sides(
            _ready,
            ("circle15", "100k", _most(2)),
            ("circle15", "300k", _most(4)),
            ("folium", "100k", times(30)),
        ),
    ),
    _case(
        "map-ready-10k",
        "The same for a town.",
        "s",
        _sides(_ready, ("circle15", "10k", None), ("folium", "10k", times(1))),
    ),
    _case(
        "map-pan",
        "Frames a second while the map is moved, at the zoom of the whole city, at 14 and at 16.",
        "fps",
        _sides(
            _frames,
            ("circle15", "100k", Goal(">=", 50)),
            ("circle15", "300k", Goal(">=", 45)),
            ("folium", "100k", None),
            tell=_fps,
        ),
        "A frame lasts at least 16.7 ms. Ratios below one are the peer's disadvantage here.",
    ),
    _case(
        "map-frame",
        "The longest of those frames.",
        "ms",
        _sides(
            _frames,
            ("circle15", "100k", _most(60)),
            ("circle15", "300k", None),
            ("folium", "100k", None),
            tell=max,
        ),
    ),
    _case(
        "map-heap",
        "The heap of the page's script after collection.",
        "MB",
        _sides(_heap, ("circle15", "100k", _most(40)), ("circle15", "300k", None), ("folium", "100k", None)),
    ),
    _case(
        "map-whatif",
        "A site dragged to 60 places over 100,000 footprints: until the figures have changed, and until the map has.",
        "ms",
        tuple(
            Side(f"{what}, {name}", partial(_try, city="100k", what=what, tell=tell), goal=goal)
            for what, name, tell, goal in (
                ("figures", "median", median, _most(30)),
                ("map", "median", median, _most(120)),
                ("figures", "95 of 100", _p95, None),
                ("map", "95 of 100", _p95, _most(300)),
            )
        ),
    ),
)
