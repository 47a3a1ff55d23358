"""Without JavaScript every page is complete: what scripts add, the server can do too."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import Select, WebDriverWait

from portal.release import Release
from tests.browser.site import LANGUAGES, PAGES
from tests.browser.visit import set_width

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(plain_browser: Chrome) -> Chrome:
    set_width(plain_browser, 360)
    return plain_browser


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_page_is_readable(page: Chrome, portal: str, kind: str, language: str) -> None:
    page.get(f"{portal}/{language}/{PAGES[kind]}")
    assert not page.find_elements(By.CSS_SELECTOR, "body.js-enabled")
    assert page.find_element(By.TAG_NAME, "h1").is_displayed()
    navigation = page.find_elements(By.CSS_SELECTOR, "#main-navigation a")
    assert navigation
    assert all(link.is_displayed() for link in navigation)
    for fallback in page.find_elements(By.CSS_SELECTOR, "[data-chart-fallback]"):
        assert fallback.is_displayed()
        assert fallback.find_element(By.TAG_NAME, "a").get_attribute("href").endswith("#table")
    assert not any(plot.is_displayed() for plot in page.find_elements(By.CSS_SELECTOR, "[data-chart-plot]"))


def test_tables_are_whole(page: Chrome, portal: str, release: Release) -> None:
    for slug in ("contracts_by_region", "drug_provision", "own_balance_sheet"):
        page.get(f"{portal}/kk/datasets/{slug}")
        rows = page.find_elements(By.CSS_SELECTOR, "#table tbody tr")
        assert len(rows) == release.catalogue.datasets[slug].about["row_count"]
        assert all(row.is_displayed() and row.text for row in rows)
    page.get(f"{portal}/kk/regions/KZ-39")
    assert page.find_elements(By.CSS_SELECTOR, "#contracts_by_region tbody tr")


def _follow(page: Chrome, selector: str) -> None:
    """Click, and wait for the page that comes: a click returns before the browser has left the old one."""
    old = page.find_element(By.TAG_NAME, "html")
    page.find_element(By.CSS_SELECTOR, selector).click()
    WebDriverWait(page, 20).until(staleness_of(old))


def _column(page: Chrome, index: int) -> list[str]:
    return [cell.text for cell in page.find_elements(By.CSS_SELECTOR, f"#table tbody tr > :nth-child({index})")]


def test_server_sorts(page: Chrome, portal: str) -> None:
    page.get(f"{portal}/en/datasets/contracts_by_region")
    _follow(page, "a.app-table__sort[href*='sort=contracts']")
    numbers = [int(text) for text in _column(page, 4)]
    assert numbers == sorted(numbers, reverse=True)
    assert page.find_element(By.CSS_SELECTOR, "th[aria-sort]").get_attribute("aria-sort") == "descending"
    _follow(page, "a.app-table__sort[href*='sort=contracts']")
    assert [int(text) for text in _column(page, 4)] == sorted(numbers)


def test_filters_work(page: Chrome, portal: str) -> None:
    page.get(f"{portal}/ru/datasets/drug_provision")
    Select(page.find_element(By.ID, "filter-period")).select_by_value("2022")
    _follow(page, ".app-filters button")
    assert set(_column(page, 2)) == {"2022"}
    assert Select(page.find_element(By.ID, "filter-period")).first_selected_option.text == "2022"


def test_reconciliation_can_be_narrowed(page: Chrome, portal: str) -> None:
    page.get(f"{portal}/en/reconciliation")
    everything = len(page.find_elements(By.CSS_SELECTOR, "#checks .app-fold"))
    Select(page.find_element(By.ID, "filter-topic")).select_by_value("medicines")
    _follow(page, ".app-filters button")
    assert 0 < len(page.find_elements(By.CSS_SELECTOR, "#checks .app-fold")) < everything


def test_language_can_be_switched(page: Chrome, portal: str) -> None:
    page.get(f"{portal}/kk/datasets/drug_provision?period=2022")
    _follow(page, ".app-languages__link[lang='en']")
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    assert page.current_url.endswith("/en/datasets/drug_provision?period=2022")


def test_search_finds(page: Chrome, portal: str) -> None:
    page.get(f"{portal}/ru/")
    field = page.find_element(By.ID, "home-search")
    field.send_keys("костанай")
    field.submit()
    assert page.find_elements(By.CSS_SELECTOR, "main a[href$='/ru/regions/KZ-39']")
