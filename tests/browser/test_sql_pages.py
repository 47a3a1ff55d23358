"""Every kind of page of the SQL face, on a phone and on a screen."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.site import FAILING, SQL_PAGES, WIDTHS
from tests.browser.visit import look, set_width

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", SQL_PAGES)
def test_page_is_sound(browser: Chrome, portal: str, kind: str, width: int) -> None:
    seen = look(browser, portal + SQL_PAGES[kind], width)
    answer = f"status of {FAILING.get(kind)}"
    assert seen.violations == []
    assert seen.hosts == {portal.removeprefix("http://")}
    assert [each for each in seen.complaints if answer not in each] == []
    assert seen.scroll_width <= width


@pytest.mark.parametrize("kind", SQL_PAGES)
def test_page_is_readable_without_javascript(plain_browser: Chrome, portal: str, kind: str) -> None:
    set_width(plain_browser, 360)
    plain_browser.get(portal + SQL_PAGES[kind])
    assert plain_browser.find_element(By.TAG_NAME, "h1").is_displayed()
    navigation = plain_browser.find_elements(By.CSS_SELECTOR, "#main-navigation a")
    assert navigation
    assert all(link.is_displayed() for link in navigation)
    assert not any(each.is_displayed() for each in plain_browser.find_elements(By.ID, "sql-format"))
