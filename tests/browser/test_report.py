"""A visitor reports a number, with JavaScript and without."""

import re
import time

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from portal.desk.form_token import YOUNGEST
from tests.browser.site import PAGES
from tests.browser.visit import look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("kind", ["browser", "plain_browser"])
def test_report_is_filed_and_has_a_page(kind: str, portal: str, request: pytest.FixtureRequest) -> None:
    driver: Chrome = request.getfixturevalue(kind)
    driver.get(f"{portal}/en/{PAGES['figure']}")
    driver.find_element(By.LINK_TEXT, "Report this number").click()
    time.sleep(YOUNGEST + 1)  # the form is not taken from those who are faster than a person
    driver.find_element(By.ID, "text").send_keys(f"The number looks wrong to me. {kind}")
    driver.find_element(By.CSS_SELECTOR, "main form button").click()
    WebDriverWait(driver, 20).until(lambda _: re.search("/en/reports/[2-9a-z]{12}$", driver.current_url))
    assert "looks wrong to me" not in driver.page_source
    if kind == "browser":
        seen = look(driver, driver.current_url, 360)
        assert (seen.violations, seen.complaints) == ([], [])
