from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.sql import gate
from portal.sql.faults import SqlError
from portal.sql.formula import disarm


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/release", "sql=select+1"),
        ("/release.json", "sql=select+%3Aname&name=1"),
        ("/release/contracts_by_region", "_facet=region&_size=100&region__exact=KZ-10"),
        ("/release/contracts_by_region.csv", "_stream=on&_dl=1"),
        ("/release/code_region/KZ-10.json", ""),
        ("/release/t/a~2Eb,c", ""),
        ("/release/t", "_filter_column_12=a&_filter_op_12=exact&_filter_value_12=x&_search_text=y"),
    ],
)
def test_honest_addresses_pass(path: str, query: str) -> None:
    gate.check(path, query)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/release/\\example.com", "", 400),
        ("/%5Cexample.com", "", 400),
        ("/", "", 404),
        ("//example.com", "", 404),
        ("/-/databases", "", 404),
        ("/release.db", "", 404),
        ("/_internal", "", 404),
        ("/release/../../etc/passwd", "", 404),
        ("/release/t.blob", "", 404),
        ("/release/t\n", "", 404),
        ("/release/т", "", 404),
        ("/release", "a=1\r\nX: y", 400),
        ("/release", "&".join(["a=1"] * 51), 400),
        ("/release", "sql=" + "x" * 9_000, 414),
        ("/release/t", "_where=1", 400),
        ("/release/t", "_fts_pk=1", 400),
        ("/release/t", "_timelimit=9", 400),
        ("/release/t", "_trace=1", 400),
        ("/release/t", "%5Fwhere=1", 400),
    ],
)
def test_others_do_not(path: str, query: str, status: int) -> None:
    with pytest.raises(SqlError) as caught:
        gate.check(path, query)
    assert caught.value.status == status


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_passes_is_plain(path: str, query: str) -> None:
    try:
        gate.check(path, query)
    except SqlError:
        return
    assert path.isascii() and "\\" not in path and ".." not in path and path.startswith("/release")
    assert query.isascii() and query.isprintable()


def test_etag_depends_on_release_and_question_not_on_order() -> None:
    one = gate.etag("r1", "/release/t.json", "a=1&b=2")
    assert one and one == gate.etag("r1", "/release/t.json", "b=2&a=1")
    assert one != gate.etag("r2", "/release/t.json", "a=1&b=2")
    assert one != gate.etag("r1", "/release/t.csv", "a=1&b=2")
    assert one != gate.etag("r1", "/release/t.json", "a=1&b=3")


def test_no_etag_for_pages_and_for_chance() -> None:
    assert gate.etag("r1", "/release/t", "") is None
    assert gate.etag("r1", "/release.json", "sql=select+random()") is None
    assert gate.etag("r1", "/release.json", "sql=select+date(%27NOW%27)") is None


def test_formulas_are_disarmed_and_numbers_are_not() -> None:
    body = b'name,x\r\n=1+1,-5\r\n"@a,b",-2.5\r\n-cmd,+1\r\nplain,7\r\n'
    assert disarm(body) == b"name,x\r\n'=1+1,-5\r\n\"'@a,b\",-2.5\r\n'-cmd,'+1\r\nplain,7\r\n"
    plain = b'name,x\r\n"a\nb",-5\r\n'
    assert disarm(plain) is plain
