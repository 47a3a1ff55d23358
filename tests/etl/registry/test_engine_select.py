"""What a SELECT may be, and that a SELECT which may not be run says why."""

import pytest

from datasets.fault import FaultError
from etl.registry.engine import tables_of
from etl.registry.engine.columns import schema
from etl.registry.engine.grammar import ALLOWED
from etl.registry.engine.select import read_select
from tests.etl.registry.statements import STATEMENTS

REFUSED = {
    "": "not one SELECT",
    "SELEC region FROM site": "cannot be parsed",
    "SELECT region FROM": "cannot be parsed",
    "SELECT kind FROM account_event ORDER BY at DESC": "cannot be parsed",
    "SELECT region FROM site; SELECT region FROM site": "not one SELECT",
    "DELETE FROM site": "not one SELECT",
    "COPY site TO '/tmp/x'": "not one SELECT",
    "ATTACH 'x.db'": "not one SELECT",
    "WITH s AS (SELECT region FROM site) DELETE FROM site": "not one SELECT",
    "SELECT x FROM read_csv('/etc/passwd')": "ReadCSV",
    "SELECT x FROM read_parquet('/etc/passwd')": "ReadParquet",
    "SELECT x FROM read_text('/etc/passwd')": "read_text",
    "SELECT x FROM '/etc/passwd'": "no table of the contract",
    "SELECT pg_read_file('/etc/passwd') AS x FROM site": "pg_read_file",
    "SELECT getenv('HOME') AS x FROM site": "getenv",
    "SELECT current_setting('data_directory') AS x FROM site": "current_setting",
    "SELECT java_method('java.lang.System', 'exit', 1) AS x FROM site": "java_method",
    "SELECT region FROM main.site": "DB in Table",
    "SELECT relname FROM pg_class": "no table of the contract",
    "SELECT region FROM site, generate_series(1, 2)": "GenerateSeries",
    "WITH site AS (SELECT 'x' AS region) SELECT region FROM site": "as a table",
    "WITH calendar AS (SELECT 'x' AS region) SELECT region FROM calendar": "as a table",
    "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r) SELECT x FROM r": "RECURSIVE",
    "SELECT nosuch FROM site": "cannot be resolved",
    "SELECT region FROM site JOIN organisation ON TRUE": "cannot be resolved",
    "SELECT * FROM site": "selects *",
    "SELECT s.* FROM site AS s": "selects *",
    "FROM site": "selects *",
    "SELECT region FROM site LIMIT 1": "LIMIT",
    "SELECT region FROM site GROUP BY ALL": "ALL",
    "SELECT region FROM site GROUP BY ROLLUP (region)": "ROLLUP",
    "SELECT DISTINCT ON (region) region FROM site": "ON in Distinct",
    "SELECT region FROM site QUALIFY row_number() OVER (ORDER BY site_id) = 1": "QUALIFY",
    "SELECT region FROM site USING SAMPLE 5": "SAMPLE",
    "SELECT region FROM site NATURAL JOIN organisation": "METHOD",
    "SELECT o.kind FROM site AS s JOIN organisation AS o USING (organisation_id)": "USING",
    "SELECT s.region FROM site AS s SEMI JOIN organisation AS o ON o.organisation_id = s.organisation_id": "SEMI join",
    "SELECT region FROM site UNION ALL BY NAME SELECT region FROM organisation": "BY NAME",
    "SELECT [region] AS x FROM site": "Array",
    "SELECT $1 AS x FROM site": "Placeholder",
    "SELECT random() AS x FROM site": "Rand",
    "SELECT region FROM organisation WHERE agreement_on < current_date": "CurrentDate",
    "SELECT upper(region) AS x FROM site": "Upper",
    "SELECT median(amount_kzt) AS x FROM contract": "Median",
    "SELECT count_if(licensed) AS x FROM site": "CountIf",
    "SELECT amount_kzt / 2 AS x FROM contract": "Div",
    "SELECT sum(CASE WHEN amount_kzt > 0.5 * contract_id THEN 1 END) AS x FROM contract": "fraction",
    "SELECT sum(licensed) AS x FROM site": "sums a condition",
    "SELECT CAST(licensed AS INTEGER) AS x FROM site": "casts a condition",
    "SELECT CAST(latitude AS BIGINT) AS x FROM site": "casts a fraction",
    "SELECT CAST(account_event.at AS VARCHAR) AS x FROM account_event": "casts an instant",
    "SELECT CAST(region AS JSON) AS x FROM site": "casts to JSON",
    "SELECT strftime(photos_on, '%B') AS x FROM site": "formats a day",
    "SELECT photos_on - coordinates_on AS x FROM site": "subtracts a date",
    "SELECT date_diff('month', photos_on, coordinates_on) AS x FROM site": "another unit",
    "SELECT region FROM site WHERE photos_on > coordinates_on + INTERVAL (site_id) DAY": "interval",
    "SELECT count(DISTINCT region, licensed) AS x FROM site": "several columns",
    "SELECT 'a' AS x, count(*) AS n FROM site GROUP BY 1": "groups by a constant",
    "SELECT (SELECT max(site_id) FROM site) AS x FROM contract": "SELECT as a value",
    "SELECT site_id IN (SELECT organisation_id FROM organisation) AS x FROM site": "outside a WHERE",
    "SELECT sum(CASE WHEN EXISTS (SELECT 1 FROM act) THEN 1 END) AS x FROM site": "outside a WHERE",
    "SELECT finding FROM inspection": "free text",
    "SELECT kind FROM digital_tenge_operation WHERE condition LIKE '7%'": "free text",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(sql: str) -> None:
    with pytest.raises(FaultError) as caught:
        read_select(sql, "some/transform.sql")
    assert REFUSED[sql] in str(caught.value)
    assert all(fault.file == "some/transform.sql" and fault.remedy for fault in caught.value.faults)


@pytest.mark.parametrize("name", STATEMENTS)
def test_allowed(name: str) -> None:
    assert read_select(STATEMENTS[name].sql).reads


def test_no_allowed_node_is_unused() -> None:
    """Each thing that is allowed is used by a SELECT that the engines agree on."""
    used = {type(node) for each in STATEMENTS.values() for node in read_select(each.sql).tree.walk()}
    assert ALLOWED - used == set()


def test_tables_in_the_order_of_the_contract() -> None:
    sql = "SELECT c.region FROM (SELECT region FROM organisation) AS c JOIN service ON TRUE CROSS JOIN calendar"
    assert tables_of(sql) == ("organisation", "service")


def test_columns_read_through_nested_queries() -> None:
    sql = (
        "WITH few AS (SELECT organisation_id AS o, started_on FROM service WHERE doctor IN"
        " (SELECT policy_id FROM policy WHERE policy.limit_kzt > service.tariff_kzt))"
        " SELECT region, count(*) AS n FROM few JOIN organisation ON organisation_id = o GROUP BY region"
    )
    assert read_select(sql).reads == {
        "service": {"organisation_id", "started_on", "doctor", "tariff_kzt"},
        "policy": {"policy_id", "limit_kzt"},
        "organisation": {"organisation_id", "region"},
    }


def test_case_of_names_means_nothing() -> None:
    assert read_select("SELECT Region FROM SITE").reads == {"site": {"region"}}


def test_derived_columns() -> None:
    columns = schema()
    assert columns["account_event"] == {
        "event_id": "BIGINT",
        "policy_id": "BIGINT",
        "kind": "TEXT",
        "at": "TIMESTAMP",
        "order_id": "BIGINT",
        "on_day": "DATE",
        "period": "TEXT",
    }
    assert "signed_on" in columns["act"] and list(columns["act"]).count("period") == 1
    assert "period" not in columns["contract"]
