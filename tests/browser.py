"""A real browser without a network: the system's own chromium, which is never downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

NAMES = ("chromium", "google-chrome", "chromium-browser")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]


def executable() -> str:
    """Where it is. Skips the test by name where there is none, and fails it in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        complain = pytest.fail if os.environ.get("CI") else pytest.skip
        complain("the page is not tested: no chromium here; apt-get install chromium")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One visit to a page: what it asked for beside itself, and what it complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def visit(browser: Browser, path: Path, width: int = 1440, scheme: str = "light") -> Iterator[Visit]:
    """Open a file with the network off; afterwards it has asked for nothing else, and complained of nothing."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        offline=True,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    found = Visit(page)

    def note(route: Route, request: Request) -> None:
        if request.url.partition("#")[0] == path.as_uri():
            route.continue_()
        else:
            found.asked.append(request.url)
            route.abort()

    page.route("**/*", note)
    page.on("console", lambda message: found.complaints.append(message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    try:
        page.goto(path.as_uri())
        yield found
        assert found.asked == []
        assert found.complaints == []
    finally:
        context.close()
