"""Every kind of page in every language, on a phone and on a screen."""

from collections.abc import Callable

import pytest

from tests.browser.site import FAILING, LANGUAGES, PAGES, WIDTHS
from tests.browser.visit import Visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Look = Callable[[str, str, int], Visit]

every_page = pytest.mark.parametrize(
    ("width", "language", "kind"),
    [(width, language, kind) for width in WIDTHS for language in LANGUAGES for kind in PAGES],
)


@every_page
def test_axe_finds_no_violation(visit: Look, kind: str, language: str, width: int) -> None:
    assert visit(kind, language, width).violations == []


@every_page
def test_nothing_is_asked_of_other_hosts(visit: Look, portal: str, kind: str, language: str, width: int) -> None:
    assert visit(kind, language, width).hosts == {portal.removeprefix("http://")}


@every_page
def test_console_is_silent(visit: Look, kind: str, language: str, width: int) -> None:
    answer = f"status of {FAILING.get(kind)}"
    assert [each for each in visit(kind, language, width).complaints if answer not in each] == []


@every_page
def test_page_does_not_scroll_sideways(visit: Look, kind: str, language: str, width: int) -> None:
    assert visit(kind, language, width).scroll_width <= width
