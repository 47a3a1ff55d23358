"""What a keyboard reaches, and that the eye can follow it."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.visit import set_width

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

_LOOK = """
const style = getComputedStyle(arguments[0])
return [style.outline, style.boxShadow, style.backgroundColor, style.color].join('|')
"""
_FOCUSABLE = "a[href], button, input, select, summary, [tabindex='0']"


@pytest.fixture
def page(browser: Chrome, portal: str) -> Chrome:
    set_width(browser, 360)
    browser.get(f"{portal}/kk/datasets/drug_provision")
    return browser


def _press(page: Chrome, *keys: str) -> None:
    ActionChains(page).send_keys(*keys).perform()


def test_skip_link_comes_first_and_leads_to_the_content(page: Chrome) -> None:
    _press(page, Keys.TAB)
    link = page.switch_to.active_element
    assert link.get_attribute("class") == "govuk-skip-link"
    assert link.size["height"] > 20
    _press(page, Keys.ENTER)
    assert page.switch_to.active_element.get_attribute("id") == "main-content"


def test_focus_is_visible_everywhere(page: Chrome) -> None:
    _press(page, Keys.TAB)  # From here on the browser takes focus to come from the keyboard.
    unseen = []
    for element in page.find_elements(By.CSS_SELECTOR, _FOCUSABLE):
        if not element.is_displayed():
            continue
        page.execute_script("document.activeElement.blur()")
        before = page.execute_script(_LOOK, element)
        page.execute_script("arguments[0].focus()", element)
        if page.execute_script(_LOOK, element) == before:
            unseen.append(element.get_attribute("outerHTML")[:120])
    assert unseen == []


def test_tile_of_the_map_shows_its_focus(browser: Chrome, portal: str) -> None:
    browser.get(f"{portal}/en/regions/")
    _press(browser, Keys.TAB)
    browser.execute_script("document.querySelector('.app-tile').focus()")
    ring = browser.find_element(By.CSS_SELECTOR, ".app-tile:focus .app-tile__ring")
    assert ring.value_of_css_property("visibility") == "visible"


def test_wide_table_scrolls_by_keys(page: Chrome) -> None:
    region = page.find_element(By.CSS_SELECTOR, "#table .app-table-scroll")
    assert region.get_attribute("role") == "region"
    assert region.accessible_name
    page.execute_script("arguments[0].focus()", region)
    assert page.switch_to.active_element == region
    _press(page, *[Keys.ARROW_RIGHT] * 3)
    assert (
        page.execute_async_script(
            "const [region, done] = arguments; setTimeout(() => done(region.scrollLeft), 400)", region
        )
        > 0
    )


def test_menu_opens_on_a_phone(page: Chrome) -> None:
    button = page.find_element(By.CSS_SELECTOR, ".govuk-service-navigation__toggle")
    link = page.find_element(By.CSS_SELECTOR, "#main-navigation a")
    assert button.get_attribute("aria-expanded") == "false"
    assert not link.is_displayed()
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-expanded") == "true"
    assert link.is_displayed()
