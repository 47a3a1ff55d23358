"""Pages with simulated figures, on a phone and on a screen; what a script adds to them; how they do without."""

import itertools

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.browser.site import LANGUAGES, WIDTHS
from tests.browser.visit import draw_charts, look, set_width

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = {
    "home": "",
    "charts": "datasets/visits",
    "clinics in a table": "datasets/organisations?organisation=101",
    "clinics": "clinics/",
    "clinics found": "clinics/?q=clinic&region=KZ-79",
    "no clinic found": "clinics/?q=zzzz",
    "clinic": "clinics/101",
    "region": "regions/KZ-79",
    "search": "datasets/?q=clinic",
}
#: Whether each chart's and each map's watermark is there and within its picture.
_WATERMARKS_INSIDE = """
const inside = (mark, picture) => {
  const [inner, outer] = [mark.getBoundingClientRect(), picture.getBoundingClientRect()]
  return inner.left >= outer.left - 1 && inner.right <= outer.right + 1 &&
    inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1
}
const charts = [...document.querySelectorAll('[data-chart-plot]')]
const maps = [...document.querySelectorAll('.app-tile-map__svg')]
return [
  ...charts.map(plot => inside([...plot.querySelectorAll('.annotation-text')].at(-1), plot)),
  ...maps.map(map => inside(map.querySelector('.app-tile-map__watermark'), map))
]
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_page_is_sound(browser: Chrome, registry_portal: str, kind: str, language: str, width: int) -> None:
    seen = look(browser, f"{registry_portal}/{language}/{PAGES[kind]}", width)
    assert seen.violations == []
    assert seen.hosts == {registry_portal.removeprefix("http://")}
    assert seen.complaints == []
    assert seen.scroll_width <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_watermark_is_whole_on_every_picture(browser: Chrome, registry_portal: str, language: str, width: int) -> None:
    set_width(browser, width)
    browser.get(f"{registry_portal}/{language}/datasets/visits")
    draw_charts(browser)
    assert browser.execute_script(_WATERMARKS_INSIDE) == [True] * 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_months_under_a_line_do_not_touch(browser: Chrome, registry_portal: str, language: str, width: int) -> None:
    set_width(browser, width)
    browser.get(f"{registry_portal}/{language}/datasets/visits")
    draw_charts(browser)
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('#chart-2 .xtick text')].map(each => {"
        "const box = each.getBoundingClientRect(); return [box.left, box.right]})"
    )
    assert len(boxes) >= 2
    assert all(left[1] < right[0] for left, right in itertools.pairwise(boxes))


def test_select_can_be_copied(browser: Chrome, registry_portal: str) -> None:
    set_width(browser, 1280)
    browser.get(f"{registry_portal}/en/datasets/visits")
    button = browser.find_element(By.CSS_SELECTOR, "[data-copy]")
    WebDriverWait(browser, 10).until(lambda _: button.is_displayed())
    button.send_keys(Keys.ENTER)
    said = WebDriverWait(browser, 10).until(
        lambda _: browser.find_element(By.CSS_SELECTOR, "[data-copy] + [role='status']").text
    )
    assert said in ("Copied.", "Selected: copy it with your keyboard.")


def test_clinics_are_found_without_javascript(plain_browser: Chrome, registry_portal: str) -> None:
    set_width(plain_browser, 360)
    plain_browser.get(f"{registry_portal}/ru/clinics/")
    Select(plain_browser.find_element(By.ID, "clinic-region")).select_by_value("KZ-79")
    field = plain_browser.find_element(By.ID, "clinic-name")
    field.send_keys("поликлиника 39")
    old = plain_browser.find_element(By.TAG_NAME, "html")
    plain_browser.find_element(By.CSS_SELECTOR, ".app-filters button").click()
    WebDriverWait(plain_browser, 20).until(staleness_of(old))
    links = plain_browser.find_elements(By.CSS_SELECTOR, "#clinics tbody a")
    assert [link.text for link in links] == ["Поликлиника № 39"]
    plain_browser.get(f"{registry_portal}/ru/clinics/139")
    assert plain_browser.find_element(By.ID, "comparison").is_displayed()
    plain_browser.get(f"{registry_portal}/ru/datasets/visits")
    assert not plain_browser.find_element(By.CSS_SELECTOR, "[data-copy]").is_displayed()
    assert "SELECT 1" in plain_browser.find_element(By.ID, "select-sql").text
