"""A server on the loopback that answers as Overpass and Nominatim do, also when they are busy or broken."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

STATUS = "Connected as: 1\nCurrent time: 2026-01-01T00:00:00Z\nAnnounced endpoint: none\nRate limit: 2\n{0}\n"
DATE = "2026-01-02T03:04:05Z"


@dataclass
class Answer:
    """What is sent instead of the data: once."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Server:
    """What it knows and what it was asked. ``trouble`` is answered first, one for each data request."""

    places: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    elements: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    trouble: deque[Answer] = field(default_factory=deque)
    status: str = "2 slots available now."
    queries: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    port: int = 0

    @property
    def options(self) -> tuple[str, ...]:
        """What makes ``circle15 fetch`` ask here."""
        root = f"http://127.0.0.1:{self.port}"
        return "--overpass", f"{root}/api", "--nominatim", f"{root}/nominatim/"

    def answer(self, query: str) -> bytes:
        """The elements of the layer that a query asks for: the first whose key stands in it."""
        found = next((rows for key, rows in self.elements.items() if key in query), [])
        return json.dumps({"osm3s": {"timestamp_osm_base": DATE}, "elements": found}).encode()


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server, listening."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            server.agents.add(self.headers["User-Agent"])
            if path.path.endswith("/status"):
                self._send(Answer(body=STATUS.format(server.status).encode()))
            else:
                name = parse_qs(path.query)["q"][0]
                server.searches.append(name)
                self._data(json.dumps(server.places.get(name, [])).encode())

        def do_POST(self) -> None:
            server.agents.add(self.headers["User-Agent"])
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = parse_qs(body)["data"][0]
            server.queries.append(query)
            self._data(server.answer(query))

        def _data(self, body: bytes) -> None:
            self._send(server.trouble.popleft() if server.trouble else Answer(body=body))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) + (1000 if answer.cut else 0)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.port = web.server_port
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        web.server_close()
        thread.join()
