"""A table that is whole on the page is sorted in the browser, as the server would do it."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.visit import set_width

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def _open(browser: Chrome, address: str) -> None:
    set_width(browser, 1280)
    browser.get(address)


def _sort_by(browser: Chrome, name: str) -> WebElement:
    link = browser.find_element(By.CSS_SELECTOR, f"#table a.app-table__sort[href*='sort={name}&']")
    browser.execute_script("arguments[0].click()", link)
    return link.find_element(By.XPATH, "ancestor::th")


def _column(browser: Chrome, header: WebElement) -> list[str]:
    index = browser.execute_script("return arguments[0].cellIndex", header) + 1
    cells = browser.find_elements(By.CSS_SELECTOR, f"#table tbody tr > :nth-child({index})")
    return [str(cell.get_attribute("data-sort")) for cell in cells]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_numbers_are_ordered_as_numbers(browser: Chrome, portal: str, language: str) -> None:
    _open(browser, f"{portal}/{language}/datasets/contracts_by_region")
    header = _sort_by(browser, "contracts")
    assert header.get_attribute("aria-sort") == "descending"
    numbers = [int(text) for text in _column(browser, header)]
    assert numbers == sorted(numbers, reverse=True)
    header = _sort_by(browser, "contracts")
    assert header.get_attribute("aria-sort") == "ascending"
    assert [int(text) for text in _column(browser, header)] == sorted(numbers)
    assert browser.current_url.endswith("?sort=contracts&order=asc#table")
    assert browser.find_element(By.CSS_SELECTOR, "#table [role='status']").get_attribute("textContent")


def test_only_one_column_is_marked_as_sorted(browser: Chrome, portal: str) -> None:
    _open(browser, f"{portal}/en/datasets/contracts_by_region")
    _sort_by(browser, "contracts")
    _sort_by(browser, "region")
    marked = browser.find_elements(By.CSS_SELECTOR, "#table th[aria-sort]")
    assert [each.get_attribute("aria-sort") for each in marked] == ["ascending"]


def test_cells_without_a_number_come_last_both_ways(browser: Chrome, portal: str) -> None:
    _open(browser, f"{portal}/en/datasets/death_case_defects")
    for _direction in ("descending", "ascending"):
        values = _column(browser, _sort_by(browser, "examined"))
        assert values.count("") > 1
        assert "" not in values[: values.index("")]
        assert set(values[values.index("") :]) == {""}


def test_regions_follow_the_kazakh_alphabet(browser: Chrome, portal: str) -> None:
    _open(browser, f"{portal}/kk/datasets/contracts_by_region")
    header = _sort_by(browser, "region")
    names = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#table tbody th")]
    assert header.get_attribute("aria-sort") == "ascending"
    # Ә follows А, Қ follows К, Ұ follows У: plain code order would put them all at the end.
    assert names.index("Ұлытау облысы") < names.index("Шымкент қаласы")
    assert names.index("Қостанай облысы") < names.index("Маңғыстау облысы")
