"""A Chromium without a network, and pages that must stay quiet in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WINDOW = {"width": 1366, "height": 768}
OWN_SCHEMES = ("file:", "data:", "blob:")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium. Without one its tests skip, except under CI, where that is a failure.

    Closed at the end of a file: what drives it suffers no second driver in one process, and the smoke of benchmarks
    has its own.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        reason = f"no browser: none of {', '.join(NAMES)} is on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open HTML as a file, offline. In the end it must have asked for nothing and complained of nothing."""
    context = browser.new_context(viewport=WINDOW, offline=True)
    asked: list[str] = []
    complaints: list[str] = []

    def refuse(dialog: Any) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(html: str, file: Path = tmp_path / "map.html") -> Any:
        file.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", refuse)
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.goto(file.as_uri())
        page.locator("html[data-ready]").wait_for(state="attached")
        return page

    yield open_page
    context.close()
    assert [url for url in asked if not url.startswith(OWN_SCHEMES)] == []
    assert complaints == []
