"""Charts are drawn from the release's rows, in the reader's language, and offer nothing that leaves the portal."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.site import LANGUAGES
from tests.browser.visit import draw_charts, set_width

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Chrome, portal: str, language: str) -> Chrome:
    set_width(browser, 1280)
    browser.get(f"{portal}/{language}/datasets/contracts_by_region")
    draw_charts(browser)
    return browser


def test_as_many_bars_as_rows(page: Chrome) -> None:
    rows = page.find_elements(By.CSS_SELECTOR, "#table tbody tr")
    bars = page.find_elements(By.CSS_SELECTOR, "#chart-1 .bars .point path")
    assert len(bars) == len(rows) == 20


def test_plotly_speaks_the_language(page: Chrome, language: str) -> None:
    locale, separators = page.execute_script(
        "const plot = document.querySelector('[data-chart-plot]');"
        "return [plot._context.locale, plot._fullLayout.separators]"
    )
    assert locale == language
    # plotly brings neither Kazakh nor a Russian no-break space, so these are ours.
    assert separators == (".," if language == "en" else ",\u00a0")


def test_no_chart_can_be_shared_with_a_company(page: Chrome) -> None:
    assert page.find_elements(By.CSS_SELECTOR, ".modebar-btn, [data-title*='Share']") == []


def test_picture_can_be_had(page: Chrome) -> None:
    assert page.find_element(By.CSS_SELECTOR, "[data-chart-download]").is_displayed()
    assert not page.find_element(By.CSS_SELECTOR, "[data-chart-fallback]").is_displayed()


def test_stacked_series_share_a_bar(browser: Chrome, portal: str) -> None:
    set_width(browser, 1280)
    browser.get(f"{portal}/en/datasets/suppliers_by_region")
    draw_charts(browser)
    traces = browser.find_elements(By.CSS_SELECTOR, "#chart-1 .bars")
    assert len(traces) == 2
    assert len({len(trace.find_elements(By.CSS_SELECTOR, ".point")) for trace in traces}) == 1
