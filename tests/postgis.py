"""A PostGIS server of one's own: a temporary cluster on a free port, run by a user who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

# One that must stand in no message: with the signs that an address has to escape.
USER, PASSWORD = "geheim_user", "p@ss/wo:rd'%"


@dataclass(frozen=True)
class Server:
    """Where a running server is; ``address`` has the login in it."""

    port: int

    @property
    def address(self) -> str:
        return self.as_user(PASSWORD)

    def as_user(self, password: str, database: str = "town") -> str:
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"


def execute(server: Server, *queries: str, database: str = "town") -> list[Any]:
    """Run queries one by one; the rows of the last."""
    import psycopg

    with psycopg.connect(server.as_user(PASSWORD, database), autocommit=True) as connection:
        for query in queries:
            cursor = connection.execute(query)
    return cursor.fetchall() if cursor.description else []


def missing() -> str | None:
    """Why there can be no server here, or None."""
    if os.name != "posix":
        return "no PostGIS server on this system"
    folder = _programs()
    if folder is None:
        return "no PostgreSQL server: apt-get install postgresql postgresql-postgis"
    said = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=True)
    if not (Path(said.stdout.strip()) / "extension" / "postgis.control").is_file():
        return "PostgreSQL without PostGIS: apt-get install postgresql-postgis"
    return None if os.getuid() != 0 or _other_user() else "no user but root to run PostgreSQL as"


@contextmanager
def running() -> Iterator[Server]:
    """A server with an empty database ``town`` that has PostGIS; stopped and removed afterwards."""
    programs = _programs()
    assert programs is not None
    user = _other_user() if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="circle15-postgis-"))
    try:
        port = _free_port()
        (folder / "password").write_text(PASSWORD)
        _own(folder, user)
        cluster = folder / "cluster"
        _call(user, programs / "initdb", "-D", cluster, "-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C",
              f"--pwfile={folder / 'password'}", "--no-sync")  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"
        _call(user, programs / "pg_ctl", "-D", cluster, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            server = Server(port)
            _make_database(server)
            yield server
        finally:
            _call(user, programs / "pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_database(server: Server) -> None:
    execute(server, "CREATE DATABASE town", database="postgres")
    execute(server, "CREATE EXTENSION postgis")


def _programs() -> Path | None:
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which("initdb")
    folders += [Path(found).parent] if found else []
    return next((each for each in folders if (each / "initdb").exists() and (each / "pg_config").exists()), None)


def _other_user() -> str | None:
    names = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _own(folder: Path, user: str | None) -> None:
    if user:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)


def _call(user: str | None, *command: object) -> None:
    # To a file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [str(each) for each in command], user=user, cwd="/", stdout=said, stderr=said, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, check=False,
        )  # fmt: skip
        said.seek(0)
        assert done.returncode == 0, said.read().decode(errors="replace")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
