"""Clinics: a list that is searched and narrowed without a script, and a page of each beside its region."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES
from datasets.library import load_library
from etl.pipeline import build
from portal.factory import create_app
from portal.release import Release
from portal.search import search, search_clinics
from tests.datasets.folders import write_library
from tests.portal.registry import CLINICS


def _text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def _listed(text: str) -> list[str]:
    return re.findall(r'<th[^>]*><a class="govuk-link" href="/en/clinics/(\d+)">', text)


def test_list_is_paged_in_the_order_of_the_numbers(registry_client: FlaskClient) -> None:
    first, second = (_listed(_text(registry_client, f"/en/clinics/?page={page}")) for page in (1, 2))
    assert [*first, *second] == list(CLINICS)
    assert (len(first), _listed(_text(registry_client, "/en/clinics/?page=99"))) == (50, second)


def test_region_narrows_the_list(registry_client: FlaskClient) -> None:
    assert _listed(_text(registry_client, "/en/clinics/?region=KZ-79")) == ["119", "139", "159"]
    assert _listed(_text(registry_client, "/en/clinics/?region=KZ-79&q=clinic+39")) == ["139"]
    assert "No clinic was found" in _text(registry_client, "/en/clinics/?region=nothing")


@pytest.mark.parametrize("query", ["Clinic 12", "поликлиника 12", "№ 12 емхана", "поликлиники 12"])
def test_clinic_is_found_by_name_and_number(registry_release: Release, query: str) -> None:
    assert search_clinics(registry_release, query) == ("112",)


@pytest.mark.parametrize("query", ["12", "№ 12", "№12", "No. 12", "112", "№ 112"])
def test_clinic_is_found_by_its_number_alone(registry_release: Release, query: str) -> None:
    assert search_clinics(registry_release, query) == ("112",)


def test_clinics_do_not_hide_regions_and_datasets(registry_release: Release) -> None:
    found = search(registry_release, "verified")
    assert (found.datasets, found.clinics) == (("visits",), ())
    assert "KZ-39" in search(registry_release, "в Костанайской области").regions


def test_site_search_names_clinics(registry_client: FlaskClient) -> None:
    text = _text(registry_client, "/en/datasets/?q=clinic")
    assert text.count('<li><a class="govuk-link" href="/en/clinics/') == 5
    assert "/en/clinics/?q=clinic" in text
    assert "All: 60 clinics" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_clinic(registry_client: FlaskClient, language: str) -> None:
    text = _text(registry_client, f"/{language}/clinics/101")
    for shown in ("700", f"/{language}/regions/KZ-11", "organisation=101", 'name="robots" content="noindex"'):
        assert shown in text, shown
    assert '<html lang="' + language in text


def test_clinic_at_a_glance(registry_client: FlaskClient) -> None:
    blocked, free = (_text(registry_client, f"/en/clinics/{code}") for code in (101, 102))
    assert "contracts for 1,001 tenge, 200 tenge advanced, 300 tenge paid for acts" in blocked
    assert "payments are blocked, stop-factors in force: 1." in blocked
    assert "payments are not blocked." in free


def test_clinic_beside_its_region(registry_client: FlaskClient) -> None:
    table = _text(registry_client, "/en/clinics/101").split('id="comparison"')[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in table.split("<tbody")[1].split("<tr")[1:]]
    seen = [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in rows]
    assert seen[0] == ["Amount_kzt tenge", "1,001", "3,063", "32.7%"]
    assert seen[3][1:] == ["1", "1", "100.0%"]


def test_blocks_come_with_the_latest_first(registry_client: FlaskClient) -> None:
    table = _text(registry_client, "/en/clinics/101").split('id="organisation_blocks"')[1].split("</table>")[0]
    assert table.index("May 11, 2026") < table.index("April 2, 2026")


def test_table_of_a_dataset_leads_to_the_clinic(registry_client: FlaskClient) -> None:
    text = _text(registry_client, "/en/datasets/organisations?organisation=101")
    assert '<a class="govuk-link" href="/en/clinics/101">' in text.split('id="table"')[1]
    assert '<option value="101" selected' in text


@pytest.mark.parametrize("path", ["clinics/nothing", "clinics/1%2027", "clinics/%00", "clinics/100/x"])
def test_unknown_clinic_is_404(registry_client: FlaskClient, path: str) -> None:
    assert registry_client.get(f"/en/{path}").status_code == 404


@pytest.mark.parametrize("query", ["q=%22", "q=a*", "q=5", "page=-1", "page=x", "region=%27", "q=" + "я" * 500])
def test_odd_arguments_are_harmless(registry_client: FlaskClient, query: str) -> None:
    assert registry_client.get(f"/ru/clinics/?{query}").status_code == 200


def test_release_without_clinics_has_no_way_to_them(tmp_path: Path) -> None:
    build(load_library(write_library(tmp_path / "datasets")), tmp_path / "releases")
    app = create_app(tmp_path / "releases")
    client = app.test_client()
    try:
        assert "/en/clinics/" not in client.get("/en/").get_data(as_text=True)
        assert {client.get(path).status_code for path in ("/en/clinics/", "/en/clinics/100")} == {404}
        assert client.get("/en/datasets/?q=beds").status_code == 200
    finally:
        app.extensions["sql_pool"].close()
