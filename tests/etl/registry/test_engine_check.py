"""A dataset's SELECT is judged against its declaration, before anything runs."""

from dataclasses import replace

import pytest

from datasets.declaration import Column, Ratio
from datasets.library import BUNDLED
from datasets.schema import TRANSFORM_FILE, load_declaration
from etl.registry.engine.check import check_transform
from tests.etl.registry.declared import declared

TRANSFORMS = sorted(path.parent.name for path in BUNDLED.glob(f"*/{TRANSFORM_FILE}"))
SERVICES = "SELECT period, count(*) AS services FROM service GROUP BY period"
CLINICS = "SELECT region, count(*) AS clinics FROM organisation GROUP BY region"
ACTS = (
    "SELECT region, count(act_id) AS acts FROM organisation LEFT JOIN act ON act_id = organisation_id GROUP BY region"
)


@pytest.mark.parametrize("slug", TRANSFORMS)
def test_bundled_transform_is_sound(slug: str) -> None:
    declaration = load_declaration(BUNDLED / slug / "dataset.yaml", BUNDLED)
    assert check_transform(declaration.transform, declaration) == []


def test_what_is_withheld_is_selected_after_the_measures() -> None:
    withheld = (Column("patients", "withheld", "integer", {}, additivity="not_additive"),)
    declaration = replace(declared(SERVICES, ("period",), ("services",)), withheld=withheld)
    assert "period, services, patients" in str(check_transform(SERVICES, declaration)[0])
    given = SERVICES.replace(" FROM", ", count(DISTINCT policy_id) AS patients FROM")
    assert check_transform(given, declaration) == []


def messages(*arguments: object, **settings: object) -> str:
    declaration = declared(*arguments, **settings)  # type: ignore[arg-type]
    return "\n".join(map(str, check_transform(declaration.transform, declaration)))


def test_sound() -> None:
    share = Ratio("share", "services", "services", decimals=1)
    assert messages(SERVICES, ("period",), ("services",), (share,)) == ""
    assert messages(CLINICS, ("region",), ("clinics",)) == ""
    assert messages(ACTS, ("region",), ("acts",), reads={"act": "all"}) == ""


@pytest.mark.parametrize(
    ("dimensions", "measures"),
    [
        (("period",), ("services", "patients")),
        (("period", "region"), ("services",)),
        (("period",), ()),
        (("period",), ("service",)),
        (("services",), ("period",)),
    ],
)
def test_other_columns_than_declared(dimensions: tuple[str, ...], measures: tuple[str, ...]) -> None:
    found = messages(SERVICES, dimensions, measures)
    assert "gives the columns period, services. Remedy: Give what is declared" in found
    assert ", ".join((*dimensions, *measures)) in found


def test_a_ratio_is_not_selected() -> None:
    sql = "SELECT period, count(*) AS services, count(*) AS share FROM service GROUP BY period"
    found = messages(sql, ("period",), ("services",), (Ratio("share", "services", "services", decimals=1),))
    assert "gives the columns period, services, share." in found


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("CAST(max(started_on) AS VARCHAR)", "a whole number"),
        ("max(started_on)", "a whole number"),
        ("max(latitude)", "a whole number"),
        ("max(started_at)", "a whole number"),
        ("max(CASE WHEN site.licensed THEN 'y' ELSE 'n' END)", "a whole number"),
    ],
)
def test_measure_of_another_type(expression: str, wanted: str) -> None:
    sql = f"SELECT period, {expression} AS n FROM service JOIN site ON site.site_id = service.site_id GROUP BY period"
    assert wanted in messages(sql, ("period",), ("n",))


def test_dimension_of_another_type() -> None:
    sql = "SELECT organisation_id AS region, count(*) AS n FROM organisation GROUP BY organisation_id"
    assert "gives BIGINT in 'region', which is a text." in messages(sql, ("region",), ("n",))
    sql = "SELECT region AS organisation_id, count(*) AS n FROM organisation GROUP BY region"
    assert "gives TEXT in 'organisation_id', which is a whole number." in messages(sql, ("organisation_id",), ("n",))


def test_violations_reach_the_report_with_their_place() -> None:
    found = messages("SELECT period, max(policy_id) AS n FROM service GROUP BY period", ("period",), ("n",))
    assert found.startswith("sample/transform.sql: output: lets personal data out in 'n'.")
    found = messages("SELECT period, max(policy_id) / 2 AS n FROM service GROUP BY period", ("period",), ("n",))
    assert found.startswith("sample/transform.sql: SELECT: uses Div")


def test_windows() -> None:
    whole = messages(SERVICES, ("period",), ("services",), reads={"service": "all"})
    assert whole.startswith("sample/dataset.yaml: reads: 'service' is too large")
    register = messages(CLINICS, ("region",), ("clinics",), reads={"organisation": "all"})
    assert "'organisation' is no monthly table that the SELECT reads." in register
    unread = messages(SERVICES, ("period",), ("services",), reads={"act": "through"})
    assert "'act' is no monthly table that the SELECT reads." in unread
    assert "there is no dimension 'period'" in messages(ACTS, ("region",), ("acts",))


def test_ratios_of_what_is_not_there() -> None:
    ratios = (Ratio("share", "services", "patients", decimals=1), Ratio("part", "services", "share", decimals=0))
    found = messages(SERVICES, ("period",), ("services",), ratios)
    assert "'share' is computed from 'patients', which the SELECT does not give." in found
    assert "'part' is computed from 'share', which the SELECT does not give." in found
    over = (Ratio("share", "services", "services", over=("period",), decimals=1),)
    assert "'share' is a share of a total" in messages(SERVICES, ("period",), ("services",), over)
