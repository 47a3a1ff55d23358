"""Hostile and ordinary HTTP against the blueprint."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BAD_PATHS = [
    ("/data/\\example.com/", 400),
    ("/data/%5Cexample.com/", 400),
    ("/data/%5cexample.com", 400),
    ("/data/release/%5C%5Cexample.com/", 400),
    ("/data//example.com/", 404),
    ("/data///example.com", 404),
    ("/data/%2Fexample.com/", 404),
    ("/data/%255Cexample.com/", 400),
    ("/data/release%0d%0aLocation:%20http://example.com/", 404),
    ("/data/release/services%00", 404),
    ("/data/release/%FF%FE", 404),
    ("/data/../../etc/passwd", 404),
    ("/data/release/..%2f..%2fetc/passwd", 404),
    ("/data/-/static/../../app.py", 404),
    ("/data/-/static/%2e%2e/app.py", 404),
    ("/data/-/static/app.css", 404),
    ("/data/-/databases", 404),
    ("/data/-/databases.json", 404),
    ("/data/-/threads", 404),
    ("/data/-/settings.json", 404),
    ("/data/-/versions", 404),
    ("/data/-/plugins", 404),
    ("/data/-/metadata", 404),
    ("/data/-/actor", 404),
    ("/data/-/permissions", 404),
    ("/data/-/allow-debug", 404),
    ("/data/-/messages", 404),
    ("/data/-/patterns", 404),
    ("/data/-/auth-token?token=1", 404),
    ("/data/-/logout", 404),
    ("/data/_internal", 404),
    ("/data/_memory?sql=select+1", 404),
    ("/data/:memory:/x", 404),
    ("/data/data/release", 404),
    ("/data/release.db", 404),
    ("/data/release.jsono", 404),
    ("/data/release/services.blob?_blob_column=kind", 404),
    ("/data/release/services.jsono", 404),
    ("/data/release/nothing", 404),
    ("/data/release/nothing.json", 404),
    ("/data/release/services/999999999", 404),
    ("/data/release/services/1/2/3", 404),
    ("/data/release/meta_search_data", 404),
    ("/data/release/meta_search_content.json", 404),
    ("/data/release/meta_search_data/1", 404),
    ("/data/release/services?_where=1", 400),
    ("/data/release/services?_where=randomblob(900000000)", 400),
    ("/data/release/services?%5fwhere=1", 400),
    ("/data/release/services?_fts_table=meta_search&_fts_pk=1)+union+select+1--&_search=x", 400),
    ("/data/release/services?_timelimit=100000", 400),
    ("/data/release/services?_trace=1", 400),
    ("/data/release/services?_context=1", 400),
    ("/data/release/services?_ttl=99999999", 400),
    ("/data/release/services?_facet_array=kind", 400),
    ("/data/release/services?_facet_date=period", 400),
    ("/data/release/services?_facet=people", 400),
    ("/data/release/services?_facet=nothing", 400),
    ("/data/release/services?_facet=region&_facet=people", 400),
    ("/data/release/services?_size=1001", 400),
    ("/data/release/services?_size=-1", 400),
    ("/data/release/services?_size=x", 400),
    ("/data/release/services?_sort=nothing", 400),
    ("/data/release/services?_sort=region&_sort_desc=region", 400),
    ("/data/release/services?_col=nothing", 400),
    ("/data/release/services?_nocol=nothing", 400),
    ("/data/release/services?nothing=1", 400),
    ("/data/release/services?people__nothing=1", 400),
    ("/data/release/services.json?_shape=nothing", 400),
    ("/data/release/services?" + "&".join(["kind=1"] * 51), 400),
    ("/data/release?sql=" + "x" * 8_200, 414),
    ("/data/release?sql=drop+table+services", 400),
    ("/data/release?sql=select+%00", 400),
    ("/data/release.json?sql=select+:a&a=%FF", 200),
    ("/data/release.json?sql=%FF", 400),
    ("/data/release.json?sql=select+1&_shape=object", 400),
    ("/data/release/search?words=%22", 200),
]


def check_headers(answer: TestResponse) -> None:
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}
    assert "Cache-Control" in headers
    assert "Set-Cookie" not in headers
    if answer.mimetype == "text/html":
        assert "Access-Control-Allow-Origin" not in headers
    else:
        assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("path", "status"), BAD_PATHS)
def test_hostile_paths(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == status
    assert "evil.example" not in answer.text and "evil.example" not in str(answer.headers)
    assert "Location" not in answer.headers
    assert "/tmp/" not in answer.text and "site-packages" not in answer.text
    check_headers(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/data/", "/data/release", "/data/release/services", "/data/-/static/table.js"])
def test_only_reading(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method, data={"sql": "select 1"})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    check_headers(answer)


def test_head_has_no_body(client: FlaskClient) -> None:
    answer = client.head("/data/release.json?sql=select+1")
    assert (answer.status_code, answer.data) == (200, b"")


def test_error_shape_follows_the_address_and_accept(client: FlaskClient) -> None:
    answer = client.get("/data/release/nothing.json")
    error = answer.get_json()["error"]
    assert set(error) == {"code", "status", "message", "remedy"}
    assert (error["code"], error["status"]) == ("not_found", 404)
    assert client.get("/data/release/nothing").mimetype == "text/html"
    assert client.get("/data/release/nothing", headers={"Accept": "application/json"}).is_json
    assert client.get("/data/release.csv?sql=nope").get_json()["error"]["code"] == "bad_query"


def test_text_of_a_visitor_is_escaped(client: FlaskClient) -> None:
    attack = "<script>alert(1)</script>"
    for path in (
        f"/data/release?sql=select+'{quote_plus(attack)}'+as+'{quote_plus(attack)}'",
        f"/data/release?sql={quote_plus(attack)}",
        f"/data/release?sql=select+*+from+{quote_plus('[' + attack + ']')}",
        f"/data/release/services?kind={quote_plus(attack)}",
        f"/data/release/services?_search={quote_plus(attack)}",
        f"/data/release/services?_{quote_plus(attack)}=1",
        f"/data/release/services?_facet={quote_plus(attack)}",
        f"/data/release/search?words={quote_plus(attack)}",
    ):
        assert attack not in client.get(path).text


def test_start_redirects_to_the_database(client: FlaskClient) -> None:
    for path in ("/data", "/data/"):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/data/release")


def test_trailing_slash(client: FlaskClient) -> None:
    answer = client.get("/data/release/services/?_size=2")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/data/release/services?_size=2")


def test_filter_form_redirects_below_the_mount(client: FlaskClient) -> None:
    answer = client.get(
        "/data/release/services?_filter_column=kind&_filter_op=exact&_filter_value=kind+1",
        headers={"Host": "evil.example"},
    )
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/data/release/services?kind__exact=kind+1"


def test_not_modified(client: FlaskClient) -> None:
    for path in ("/data/release/services.json?_size=2", "/data/release/services.csv?_size=2"):
        first = client.get(path)
        tag = first.headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        check_headers(again)
    assert "ETag" not in client.get("/data/release.json?sql=nope").headers


def test_a_forged_tag_says_nothing(client: FlaskClient) -> None:
    assert client.get("/data/release/services.json?_size=2", headers={"If-None-Match": '"x"'}).status_code == 200


def test_csv(client: FlaskClient) -> None:
    answer = client.get("/data/release/paid_by_region.csv?_size=2&_sort=region&_labels=on&_dl=1")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="paid_by_region.csv"'
    assert answer.text.splitlines()[:2] == [
        "rowid,region,region_label,period,amount_kzt,amount_kzt_status,flags",
        "1,KZ-10,Region 10,2025-01,,suppressed,",
    ]


def test_csv_stream_gives_every_row(client: FlaskClient) -> None:
    answer = client.get("/data/release/services.csv?_stream=on&region=KZ-10&period=2025-03&_size=max")
    lines = answer.text.splitlines()
    assert len(lines) == 1 + sum(n % 20 == 0 and n // 20 % 24 == 2 for n in range(200_000))


def test_csv_formulas(client: FlaskClient) -> None:
    answer = client.get("/data/release.csv?sql=" + quote_plus("select '=1+1' as \"@x\", -5 as y"))
    assert answer.text.splitlines() == ["'@x,y", "'=1+1,-5"]


def test_pagination_to_the_end_by_next_url(client: FlaskClient) -> None:
    seen: list[int] = []
    url = "/data/release/paid_by_region.json?_size=100&_sort=amount_kzt"
    while url:
        page = client.get(url, headers={"Host": "evil.example"}).get_json()
        seen += [row[0] for row in page["rows"]]
        url = page["next_url"]
        assert url is None or url.startswith("/data/release/paid_by_region.json?")
    assert sorted(seen) == list(range(1, 481))


def test_facets(client: FlaskClient) -> None:
    page = client.get("/data/release/services.json?_facet=period&_size=0").get_json()
    facets = page["facet_results"]
    assert {"region", "period"} == set(facets)
    assert sum(value["count"] for value in facets["region"]["results"]) == 200_000
    link = facets["period"]["results"][0]["toggle_url"]
    assert link.startswith("/data/release/services.json?")
    assert client.get(link).status_code == 200


def test_static_files_without_a_worker(client: FlaskClient) -> None:
    for name in ("table.js", "codemirror-5.57.0.min.js", "editor.js", "facets.js"):
        answer = client.get(f"/data/-/static/{name}")
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        check_headers(answer)
        answer.close()


LINK = re.compile(r'(?:href|src|action)="(/data/[^"]*)"')


def test_every_link_of_the_pages_leads_somewhere(client: FlaskClient) -> None:
    seen: set[str] = set()
    queue = ["/data/release", "/data/release/paid_by_region?_size=3&_facet=period", "/data/release?sql=select+1+as+a"]
    kinds: dict[str, int] = {}
    while queue and len(seen) < 250:
        url = queue.pop(0).replace("&amp;", "&")
        # Of each kind of page a few: a table has thousands of rows to follow.
        kind = re.sub(r"=[^&]*", "", re.sub(r"/\d+", "/n", url.split("#")[0]))
        kinds[kind] = kinds.get(kind, 0) + 1
        if url in seen or kinds[kind] > 2:
            continue
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code in (200, 301, 302), url
        assert "/data/data/" not in url
        if answer.mimetype == "text/html" and answer.status_code == 200:
            page = answer.text
            assert '<html lang="en" ' in page
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=\"", page), url
            queue += LINK.findall(page)
        answer.close()
    assert len(seen) > 60


def test_synthetic_says_so(client: FlaskClient) -> None:
    page = client.get("/data/release/acts_by_region").text
    assert re.search(r"<h1[^>]*>Acts by region \(synthetic data\)</h1>", page)
    assert "SYNTHETIC DATA" in page
    assert "SYNTHETIC DATA" not in client.get("/data/release/paid_by_region").text


def test_errors_do_not_reach_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/data/release.json?sql=select+canary_in_sql+from+nowhere")
    client.get("/data/release/services?_size=canary_in_sql")
    assert "canary_in_sql" not in caplog.text


def test_pages_wear_the_masthead_of_the_portal(client: FlaskClient) -> None:
    for path in ("/data/release", "/data/release/paid_by_region", "/data/release/paid_by_region/1", "/data/release/no"):
        page = client.get(path).text
        assert '<span class="app-masthead__name" lang="kk">Ашық қалқан</span>' in page, path
        assert 'href="/ru/" lang="ru"' in page and 'href="/en/methodology"' in page
        assert '<link rel="icon" href="/static/favicon.svg"' in page


def test_status_columns_are_explained_where_they_are(client: FlaskClient) -> None:
    assert "amount_kzt_status</code>, like every" in client.get("/data/release/paid_by_region").text
    assert "like every" not in client.get("/data/release/services?_size=1").text


def test_rows_link_to_their_own_page_at_the_end(client: FlaskClient) -> None:
    page = client.get("/data/release/paid_by_region?_size=1").text
    heads = re.findall(r'<th class="col-(\w+)"', page)
    assert (heads[1], heads[-1], heads.count("Link")) == ("region", "Link", 1)
    assert re.search(r'<td class="col-Link[^"]*"><a href="/data/release/paid_by_region/\d+">', page)


def test_counts_that_tell_nothing_are_not_shown_unasked(client: FlaskClient) -> None:
    assert 'class="facet-info"' in client.get("/data/release/paid_by_region").text
    assert 'class="facet-info"' not in client.get("/data/release/paid_by_region?period=2025-01").text
    assert 'class="facet-info"' in client.get("/data/release/paid_by_region?period=2025-01&_facet=period").text
