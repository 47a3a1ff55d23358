"""A portal in a process of its own, and Chromium with and without JavaScript."""

import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.browser.site import PAGES
from tests.browser.visit import Visit, look
from tests.portal.registry import write_releases

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NO_JAVASCRIPT = {"profile.managed_default_content_settings.javascript": 2}


@pytest.fixture(scope="session")
def portal(releases_dir: Path) -> Iterator[str]:
    """The address of a running portal, without a slash at its end."""
    yield from _served(releases_dir)


@pytest.fixture(scope="session")
def registry_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal that has simulated figures beside those of documents."""
    yield from _served(write_releases(tmp_path_factory.mktemp("registry")))


def _served(releases_dir: Path) -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("server.py")), str(releases_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def _chromium(profile: str, preferences: dict[str, int]) -> Chrome:
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Chrome(options=options, service=Service(shutil.which("chromedriver")))


def _running(preferences: dict[str, int]) -> Iterator[Chrome]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = _chromium(profile, preferences)
        try:
            yield driver
        finally:
            driver.quit()


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    yield from _running({})


@pytest.fixture(scope="session")
def plain_browser() -> Iterator[Chrome]:
    """Chromium with JavaScript switched off."""
    yield from _running(_NO_JAVASCRIPT)


@pytest.fixture(scope="session")
def visit(browser: Chrome, portal: str) -> Callable[[str, str, int], Visit]:
    """Looks at a kind of page in a language at a width, once for all tests."""

    @functools.cache
    def visited(kind: str, language: str, width: int) -> Visit:
        return look(browser, f"{portal}/{language}/{PAGES[kind]}", width)

    return visited
