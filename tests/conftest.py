"""What every test may use: the shared data and policies, and the long tests, which run only when asked for."""

from __future__ import annotations

import filecmp
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import postgis

ROOT = Path(__file__).resolve().parent.parent

# Derandomised: the same towns in every run. Clocks decide nothing.
settings.register_profile(
    "short", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("short"), max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long, too")
    parser.addoption("--long-report", metavar="FILE", help="write what ran of them, when and with what outcome")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "short")
    if not hasattr(config, "workerinput"):
        _refuse_stale_install()


def _refuse_stale_install() -> None:
    """Tests import the installed package, as users do; one that is older than the sources would mislead."""
    found = find_spec("circle15")
    if found is None or found.origin is None:
        raise pytest.UsageError("circle15 is not installed: run scripts/test, or set PYTHONPATH=src")
    installed, sources = Path(found.origin).parent, ROOT / "src" / "circle15"
    names = [
        path.relative_to(sources) for path in sources.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    _, differing, missing = filecmp.cmpfiles(sources, installed, [str(name) for name in names], shallow=False)
    if differing or missing:
        stale = ", ".join(sorted(differing + missing)[:3])
        raise pytest.UsageError(
            f"the installed circle15 differs from src/ in {stale}: run scripts/test, or set PYTHONPATH=src"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long test: runs with --long"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--long-report"):
        report = _long_report(terminalreporter, " ".join(config.invocation_params.args))
        (config.rootpath / config.getoption("--long-report")).write_text(report, encoding="utf-8", newline="\n")


def _long_report(reporter: pytest.TerminalReporter, arguments: str) -> str:
    outcomes = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    counts = ", ".join(f"{len(reporter.stats[name])} {name}" for name in outcomes if reporter.stats.get(name))
    rows = sorted(
        (report.nodeid, outcome, f"{report.duration:.1f}")
        for outcome in outcomes
        for report in reporter.stats.get(outcome, [])
        if "long" in report.keywords
    )
    return "\n".join(
        [
            "# Long tests",
            "",
            "Written by `scripts/test --long`; not edited by hand.",
            "",
            f"- ended: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"- pytest {arguments}",
            f"- Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            f"- all tests: {counts or 'none ran'}",
            "",
            "| long test | outcome | seconds |",
            "|---|---|--:|",
            *(f"| `{name}` | {outcome} | {seconds} |" for name, outcome, seconds in rows),
            "",
        ]
    )


def _shared(name: str) -> Path:
    """A folder of the material that lies beside the checkout, or where CIRCLE15_SHARED says."""
    folder = Path(os.environ.get("CIRCLE15_SHARED") or ROOT.parent / "shared") / name
    if not folder.is_dir():
        pytest.skip(f"no shared {name}: set CIRCLE15_SHARED to the folder that holds {name}/")
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data that is not part of the repository."""
    return _shared("data")


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[postgis.Server]:
    """A server of our own. Without its programs its tests skip, except under CI, where that is a failure."""
    pytest.importorskip("psycopg")
    reason = postgis.missing()
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with postgis.running() as running:
        yield running


@pytest.fixture(scope="session")
def policy() -> Path:
    """The texts of the plans that packs quote."""
    return _shared("policy")
