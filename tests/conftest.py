"""Shared fixtures: a real HTTP server on loopback, and no waiting between retries."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from loopback import ChatServer, serving

from evalkit.models import retry

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ["everything", "real_fixtures"]

CHROMIUM = shutil.which("chromium")
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

# How long an example takes depends on the machine; no test has a time limit.
settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")


# A shell starts a job in the background with SIGINT ignored, and children inherit that:
# tests that press Ctrl-C on a child would wait for nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take the fixture `page` as those that drive a browser."""
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries wait for nothing in tests."""
    retry.set_testing(True)
    yield
    retry.set_testing(False)


@pytest.fixture
def shared() -> Path:
    """The folder of shared test material, or a skip that says it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: it holds reference vectors that are not part of the project")
    return SHARED


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A chat server on loopback; set `server.answer`."""
    with serving() as chat:
        yield chat


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a real browser."""
    if CHROMIUM is None:
        pytest.skip("chromium is absent: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*quiet, "--disable-sync"])
        yield browser.new_page()
        browser.close()
