"""The polite client of Nominatim and Overpass: OSMnx, its settings, its cache, and what is done when a server is busy.

The only module that imports osmnx. OSMnx keeps its settings, and the resolver it puts into ``socket``, for the whole
process: they are set here for one call at a time, and put back. OSMnx waits for the server's slots; on an answer
that says "busy" it would wait and ask for ever, so answers are looked at before it sees them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import osmnx
import requests

from circle15.core.errors import InputError
from circle15.core.text import Text

Tags = dict[str, bool | str | list[str]]

AGENT = f"circle15/{version('circle15')} (OSMnx {version('osmnx')}; site coverage studies)"

ATTEMPTS = 5
FIRST_WAIT_S = 5.0
MOST_WAIT_S = 300.0
TIMEOUT_S = 180
# How often OSMnx may ask, every five seconds, whether the server has done with our last question.
MOST_POLLS = 24
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_SHOWN_CHARACTERS = 200
_OCCUPIED = Text("服务器正忙于其他查询", "the server is occupied with other questions")


@dataclass(frozen=True, slots=True)
class Servers:
    """Where places are looked up and where data comes from."""

    overpass: str = osmnx.settings.overpass_url
    nominatim: str = osmnx.settings.nominatim_url


@dataclass(frozen=True, slots=True)
class Place:
    """What a name stands for: its outline in degrees, and its OpenStreetMap object."""

    name: str
    outline: Any
    osm_type: str
    osm_id: int


@dataclass(frozen=True, slots=True)
class Client:
    """One visitor of the servers. Answers are kept under ``cache`` until :meth:`forget`; ``sleep`` waits seconds."""

    servers: Servers
    cache: Path
    sleep: Callable[[float], None]

    def locate(self, name: str) -> Place:
        """The place of a name. Raises InputError if there is none, or none with an outline."""
        try:
            rows = self._patiently(lambda: osmnx.geocode_to_gdf(name), "place")
        except InputError:
            raise
        except ValueError as error:
            shutil.rmtree(self.cache / "place", ignore_errors=True)
            raise _not_found(name) from error
        except TypeError as error:
            raise _no_outline(name) from error
        except (KeyError, AttributeError) as error:
            shutil.rmtree(self.cache / "place", ignore_errors=True)
            raise _broken(self.servers.nominatim) from error
        row = rows.iloc[0]
        return Place(name, row.geometry, str(row["osm_type"]), int(row["osm_id"]))

    def ways(self, area: Any, way_filter: str) -> list[dict[str, Any]]:
        """The answers that hold the ways of an Overpass filter in an area, with their nodes."""
        return self._answers(
            lambda: osmnx.graph_from_polygon(area, custom_filter=way_filter), f"ways {way_filter} {area.wkt}"
        )

    def features(self, area: Any, tags: Tags) -> list[dict[str, Any]]:
        """The answers that hold all objects with one of the tags in an area, with what they are made of."""
        return self._answers(
            lambda: osmnx.features_from_polygon(area, tags), f"features {json.dumps(tags, sort_keys=True)} {area.wkt}"
        )

    def forget(self) -> None:
        """Remove the kept answers."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def _answers(self, ask: Callable[[], Any], question: str) -> list[dict[str, Any]]:
        """What the server answered, as it came: OSMnx only fetches, it builds nothing."""
        folder = hashlib.sha256(question.encode()).hexdigest()[:16]

        def fetch() -> None:
            try:
                ask()
            except InterruptedError:  # how OSMnx says that everything is in the cache
                return

        self._patiently(fetch, folder)
        return [json.loads(path.read_bytes()) for path in sorted((self.cache / folder).glob("*.json"))]

    def _patiently(self, ask: Callable[[], Any], folder: str) -> Any:
        """Ask again, later and later, while the server is busy or its answers are broken. Raises InputError."""
        trouble = Text("", "")
        _drop_broken(self.cache / folder)
        for attempt in range(ATTEMPTS):
            wait = min(FIRST_WAIT_S * 2**attempt, MOST_WAIT_S)
            try:
                with _settled(self.servers, self.cache / folder):
                    return ask()
            except _AgainError as error:
                trouble, wait = error.text, min(max(error.wait_s, wait), MOST_WAIT_S)
            except requests.RequestException as error:
                trouble = Text(str(error), str(error))
            if attempt < ATTEMPTS - 1:
                self.sleep(wait)
        raise InputError(
            Text(
                f"服务器没有给出可用的回答，已尝试 {ATTEMPTS} 次（{trouble.zh[:_SHOWN_CHARACTERS]}）。"
                f"请稍后再运行同一命令：已下载的部分不会重新下载。",
                f"the server gave no usable answer in {ATTEMPTS} attempts ({trouble.en[:_SHOWN_CHARACTERS]}). Run "
                f"the same command again later: what has been downloaded is not fetched twice.",
            )
        )


class _AgainError(Exception):
    """An answer that may be better later; the server may say how many seconds."""

    def __init__(self, text: Text, wait_s: float = 0.0) -> None:
        super().__init__(text.en)
        self.text = text
        self.wait_s = wait_s


@contextmanager
def _settled(servers: Servers, cache: Path) -> Iterator[None]:
    """OSMnx under our settings, and under those of before afterwards."""
    ours: dict[str, Any] = {
        "overpass_url": servers.overpass,
        "nominatim_url": servers.nominatim,
        "http_user_agent": AGENT,
        "http_referer": AGENT,
        "http_accept_language": "zh,en",
        "requests_timeout": TIMEOUT_S,
        "requests_kwargs": {"hooks": {"response": _watcher()}},
        "doh_url_template": None,
        "use_cache": True,
        "cache_folder": cache,
        "cache_only_mode": True,
        "log_console": False,
        "log_file": False,
    }
    before = {name: getattr(osmnx.settings, name) for name in ours}
    resolver = socket.getaddrinfo
    try:
        for name, value in ours.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolver


def _watcher() -> Callable[..., None]:
    """What looks at each response: it stops what OSMnx would ask for again for ever, or take although it is not whole.

    It raises _AgainError, InputError for what no waiting cures, and what requests raises for an answer cut short.
    """
    polls = count(1)

    def look(response: requests.Response, *_: Any, **__: Any) -> None:
        try:
            if response.url.endswith("/status"):
                if next(polls) > MOST_POLLS:
                    raise _AgainError(_OCCUPIED)
            elif not response.is_redirect:
                _refuse(response)
        except (_AgainError, InputError, requests.RequestException):
            response.close()  # nobody else will
            raise

    return look


def _refuse(response: requests.Response) -> None:
    said = f"HTTP {response.status_code} {response.reason}"
    if response.status_code in _BUSY:
        asked = response.headers.get("Retry-After", "")
        raise _AgainError(Text(said, said), float(asked) if asked.isdigit() else 0.0)
    if not response.ok:
        raise InputError(
            Text(
                f"{response.url.split('?')[0]} 拒绝了请求：{said}。请核对服务器地址。",
                f"{response.url.split('?')[0]} refused the request: {said}. Check the address of the server.",
            )
        )
    try:
        answer = response.json()
    except ValueError as error:
        raise _AgainError(Text("回答不是 JSON，或不完整", "the answer is no JSON, or cut short")) from error
    if isinstance(answer, dict) and "remark" in answer:
        remark = answer["remark"]
        raise _AgainError(Text(f"服务器中断了查询：{remark}", f"the server broke off: {remark}"))
    if not isinstance(answer, list) and not (isinstance(answer, dict) and isinstance(answer.get("elements"), list)):
        raise _AgainError(Text("回答中没有 elements", "the answer holds no elements"))


def _drop_broken(folder: Path) -> None:
    """Remove what an interrupted run left half-written in the cache: it is asked for again."""
    for path in folder.glob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            path.unlink()


def _not_found(name: str) -> InputError:
    return InputError(
        Text(
            f"找不到地名 {name!r}。请写全称（如“晋江市, 泉州市, 福建省”），或在 openstreetmap.org 上核对。",
            f"there is no place called {name!r}. Write it in full (such as “Kotka, Finland”), or look it up on "
            f"openstreetmap.org.",
        )
    )


def _no_outline(name: str) -> InputError:
    return InputError(
        Text(
            f"地名 {name!r} 只是一个点，没有边界。请写一个有行政边界的地名，如所在的镇或区。",
            f"{name!r} is a point without an outline. Name a place with a boundary, such as its town or district.",
        )
    )


def _broken(server: str) -> InputError:
    return InputError(
        Text(
            f"{server} 的回答不是预期的内容。请核对服务器地址。",
            f"{server} answered something else than expected. Check its address.",
        )
    )
