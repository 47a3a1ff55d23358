"""One look at a page in the browser, from which the tests read what they need."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """
const done = arguments[arguments.length - 1]
axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(result => done(result.violations.map(
  each => `${each.id}: ${each.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ')}`
)))
"""
#: Charts are drawn when they come near the viewport.
_NEXT_UNDRAWN = """
const plot = [...document.querySelectorAll('[data-chart-plot]')].find(each => !each.querySelector('.main-svg'))
plot?.scrollIntoView()
return !plot
"""


@dataclass(frozen=True)
class Visit:
    """What was seen."""

    violations: list[str]
    hosts: set[str]
    complaints: list[str]
    scroll_width: int


def set_width(browser: WebDriver, width: int) -> None:
    """Give the viewport a width in CSS pixels; a narrow one is a phone's."""
    settings = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", settings)


def draw_charts(browser: WebDriver) -> None:
    """Wait until every chart of the page is drawn."""
    WebDriverWait(browser, 20, poll_frequency=0.05).until(lambda _: browser.execute_script(_NEXT_UNDRAWN))


def look(browser: WebDriver, address: str, width: int) -> Visit:
    """Open the page at this width with its charts drawn and its folds unfolded."""
    browser.get("about:blank")  # the page before may still be asking for something
    for log in ("browser", "performance"):
        browser.get_log(log)
    set_width(browser, width)
    browser.get(address)
    draw_charts(browser)
    browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
    scroll_width = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_script(AXE)
    violations = browser.execute_async_script(_RUN_AXE, _RULES)
    return Visit(violations, _hosts(browser), _complaints(browser), scroll_width)


def _hosts(browser: WebDriver) -> set[str]:
    """The hosts that were asked for anything."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    requests = (each["params"] for each in messages if each["method"] == "Network.requestWillBeSent")
    addresses = (urlsplit(_address(each)) for each in requests)
    return {each.netloc for each in addresses if each.scheme not in ("data", "blob")}


def _address(request: dict[str, Any]) -> str:
    return str(request["request"]["url"])


def _complaints(browser: WebDriver) -> list[str]:
    """Errors, warnings and refusals by the content security policy on the console."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
