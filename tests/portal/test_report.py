"""Reports of visitors: the form, what it refuses, the public page; never a word of a visitor on any page."""

from __future__ import annotations

import html
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from datasets.contract import LANGUAGES
from portal.cli import main
from portal.desk.database import DATABASE_FILE, Desk
from portal.desk.screening import MOST_LETTERS
from portal.desk.tickets import LIMIT
from portal.pages import report, report_texts
from tests.portal.history import in_order
from tests.portal.signed import CURRENT, EMBARGO, OLDER, open_portal, publish_beds

BED = {"dataset": "beds", "measure": "beds", "region": "KZ-71", "period": "2026"}
FORM = f"/en/report?{urlencode(BED)}"
TEXT = "The hospital counts other beds than these."
HOSTILE = "<script>alert(1)</script> '\"; DROP TABLE ticket; -- {{ 7*7 }} \x00 \u202e"
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


class Clock:
    """The time of day for the portal, which a test sets forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(report, "instant", clock)
    return clock


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return tmp_path / "desk"


@pytest.fixture
def visitor(history_client: FlaskClient, desk: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A visitor of a portal whose desk is of this test only."""
    monkeypatch.setitem(history_client.application.extensions, "desk", Desk(desk))
    return history_client


def _fields(text: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text)
    assert {name for name, _ in found} == {"release", "token"}
    return dict(found)


def _send(visitor: FlaskClient, clock: Clock, text: str = TEXT, form: str = FORM, **more: object) -> TestResponse:
    fields = _fields(visitor.get(form).get_data(as_text=True))
    clock.wait(seconds=30)
    headers = more.pop("headers", SAME)
    return visitor.post(form, data=fields | {"text": text, **more}, headers=headers)


def _refused(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.get_data(as_text=True)


def test_report_leads_to_its_public_page(visitor: FlaskClient, clock: Clock, history_releases: Path) -> None:
    answer = _send(visitor, clock)
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    address = answer.headers["Location"]
    assert re.fullmatch("/en/reports/[2-9a-z]{12}", address)
    for language in LANGUAGES:
        page = visitor.get(address.replace("/en/", f"/{language}/"))
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex"
        text = page.get_data(as_text=True)
        assert in_order(history_releases)[-1] in text
        assert "Beds" in text or "Төсектер" in text or "Койки" in text
        assert TEXT not in html.unescape(text)
    text = visitor.get(address).get_data(as_text=True)
    assert "November 22, 2026" in text
    assert re.search(r"Value in that release\s*</dt>.*?10 count\s*</dd>", text, re.DOTALL)


def test_form_is_never_kept_and_asks_for_no_person(visitor: FlaskClient) -> None:
    answer = visitor.get(FORM)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    text = answer.get_data(as_text=True)
    form = text.split('method="post"')[1].split("</form>")[0]
    assert set(re.findall(r'name="(\w+)"', form)) == {"release", "token", "text", "website"}
    assert _fields(text)["token"] != _fields(visitor.get(FORM).get_data(as_text=True))["token"]


def test_chart_can_be_reported(visitor: FlaskClient, clock: Clock) -> None:
    page = visitor.get("/en/datasets/cases").get_data(as_text=True)
    links = re.findall(r'href="(/en/report\?[^"]*)">Report this chart', page)
    assert len(links) == 4
    answer = _send(visitor, clock, form=html.unescape(links[1]))
    assert answer.status_code == 303
    text = visitor.get(answer.headers["Location"]).get_data(as_text=True)
    assert "/en/datasets/cases#chart-2" in text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "dataset=beds",
        "dataset=nothing&chart=1",
        "dataset=beds&chart=1",
        "dataset=cases&chart=0",
        "dataset=cases&chart=99",
        "dataset=cases&chart=١",
        "dataset=beds&measure=beds&region=KZ-71",
        "dataset=beds&measure=beds&region=anything+at+all&period=2026",
        "dataset=beds&measure=region&region=KZ-71&period=2026",
    ],
)
def test_what_is_not_published_cannot_be_reported(visitor: FlaskClient, query: str) -> None:
    """Else anybody could write on a page of ours by way of the address."""
    assert visitor.get(f"/en/report?{query}").status_code == 404
    assert visitor.post(f"/en/report?{query}", data={"text": TEXT}, headers=SAME).status_code == 404


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("short", "at least 10"),
        ("", "at least 10"),
        ("a" * (MOST_LETTERS + 1), "at most 2000"),
        ("My IIN is 850101300123", "IIN"),
        ("Call me: +7 701 123 45 67", "telephone"),
        ("Write me at a@example.kz please", "e-mail"),
    ],
)
def test_text_that_is_refused_can_be_mended(visitor: FlaskClient, clock: Clock, text: str, words: str) -> None:
    said = _refused(_send(visitor, clock, text), 422)
    assert words in said
    assert text in said
    again = visitor.post(FORM, data=_fields(said) | {"text": TEXT}, headers=SAME)
    assert again.status_code == 303


def test_hostile_text_is_nowhere(visitor: FlaskClient, clock: Clock, desk: Path) -> None:
    said = _refused(_send(visitor, clock, HOSTILE + "+7 701 123 45 67"), 422)
    assert "<script>alert" not in said
    assert "49" not in said.split("<textarea")[1].split("</textarea>")[0]
    answer = _send(visitor, clock, HOSTILE)
    assert answer.status_code == 303
    for address in (answer.headers["Location"], FORM, "/en/datasets/beds", "/en/corrections"):
        assert "alert(1)" not in visitor.get(address).get_data(as_text=True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_form_from_elsewhere_is_refused(visitor: FlaskClient, clock: Clock, headers: dict[str, str]) -> None:
    said = _refused(_send(visitor, clock, headers=headers), 403)
    assert TEXT not in said


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Origin": "https://localhost"}, SAME])
def test_form_of_ours_is_taken(visitor: FlaskClient, clock: Clock, headers: dict[str, str]) -> None:
    assert _send(visitor, clock, headers=headers).status_code == 303


def test_form_without_its_token_is_refused(visitor: FlaskClient, clock: Clock) -> None:
    good = _fields(visitor.get(FORM).get_data(as_text=True))
    other = f"/en/report?{urlencode(BED | {'region': 'KZ-75'})}"
    clock.wait(seconds=30)
    for address, fields in (
        (FORM, {}),
        (FORM, good | {"token": "0.0.0"}),
        (FORM, good | {"release": "another"}),
        (other, good),
    ):
        said = _refused(visitor.post(address, data=fields | {"text": TEXT}, headers=SAME), 403)
        assert TEXT in said, "nobody has to write it anew"


def test_form_that_comes_back_too_soon_or_too_late(visitor: FlaskClient, clock: Clock) -> None:
    fields = _fields(visitor.get(FORM).get_data(as_text=True)) | {"text": TEXT}
    said = _refused(visitor.post(FORM, data=fields, headers=SAME), 422)
    assert _fields(said)["token"] == fields["token"]
    clock.wait(hours=25)
    said = _refused(visitor.post(FORM, data=fields, headers=SAME), 422)
    clock.wait(seconds=10)
    assert visitor.post(FORM, data=_fields(said) | {"text": TEXT}, headers=SAME).status_code == 303


def test_form_that_is_sent_twice_makes_one_report(visitor: FlaskClient, clock: Clock) -> None:
    fields = _fields(visitor.get(FORM).get_data(as_text=True)) | {"text": TEXT}
    clock.wait(seconds=30)
    first, second = (visitor.post(FORM, data=fields, headers=SAME) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert _send(visitor, clock).headers["Location"] == first.headers["Location"], "the same words again"


def test_trap_catches_who_fills_in_everything(visitor: FlaskClient, clock: Clock) -> None:
    _refused(_send(visitor, clock, website="http://spam.example"), 400)


def test_number_of_reports_is_limited(visitor: FlaskClient, clock: Clock) -> None:
    for number in range(LIMIT.hourly):
        assert _send(visitor, clock, f"{TEXT} {number}").status_code == 303
    answer = _send(visitor, clock, f"{TEXT} too many")
    said = _refused(answer, 429)
    assert answer.headers["Retry-After"] == "3600"
    assert f"{TEXT} too many" in said
    clock.wait(hours=1)
    assert visitor.post(FORM, data=_fields(said) | {"text": TEXT + "!"}, headers=SAME).status_code == 303


def test_huge_form_is_refused_unread(visitor: FlaskClient, clock: Clock) -> None:
    _refused(_send(visitor, clock, "long " * 20_000), 413)
    _refused(visitor.post(FORM, data={f"field{n}": "x" for n in range(5_000)}, headers=SAME), 413)


def test_nothing_of_a_visitor_is_logged_and_no_address_kept(
    visitor: FlaskClient, clock: Clock, desk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        fields = _fields(visitor.get(FORM).get_data(as_text=True)) | {"text": "Unmistakable words of mine"}
        clock.wait(seconds=30)
        place = {"environ_base": {"REMOTE_ADDR": "198.51.100.23"}, "headers": SAME | {"User-Agent": "Agent-of-mine"}}
        assert visitor.post(FORM, data=fields, **place).status_code == 303
    assert "Unmistakable" not in caplog.text
    content = b"".join(path.read_bytes() for path in desk.iterdir())
    assert b"Unmistakable" in content
    assert b"198.51" not in content
    assert b"Agent-of-mine" not in content


def test_portal_goes_on_without_its_desk(visitor: FlaskClient, clock: Clock, desk: Path) -> None:
    fields = _fields(visitor.get(FORM).get_data(as_text=True)) | {"text": TEXT}
    for path in desk.iterdir():
        path.unlink()
    (desk / DATABASE_FILE).write_text("damaged" * 1000)
    clock.wait(seconds=30)
    for language in LANGUAGES:
        answer = visitor.get(FORM.replace("/en/", f"/{language}/"))
        assert "<form" not in _refused(answer, 503).split("<main")[1]
        assert answer.headers["Retry-After"]
    _refused(visitor.post(FORM, data=fields, headers=SAME), 503)
    _refused(visitor.get("/en/reports/" + "2" * 12), 503)
    for address in ("/en/datasets/beds", f"/en/datasets/beds/figure?{urlencode(BED)}"):
        assert visitor.get(address).status_code == 200


def test_report_of_a_pinned_page_keeps_its_release(
    visitor: FlaskClient, clock: Clock, history_releases: Path, capsys: pytest.CaptureFixture[str], desk: Path
) -> None:
    old = in_order(history_releases)[1]
    answer = _send(visitor, clock, form=f"/at/{old}{FORM}")
    assert answer.status_code == 303
    assert old in visitor.get(answer.headers["Location"]).get_data(as_text=True)
    assert main(["tickets", "show", answer.headers["Location"].rsplit("/", 1)[1], "--desk", str(desk)]) == 0
    assert f"in release {old}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["x", "2" * 11, "2" * 13, "1" * 12, "..%2f", "%00", "'" * 12])
def test_odd_report_is_not_found(visitor: FlaskClient, name: str) -> None:
    assert visitor.get(f"/en/reports/{name}").status_code == 404


def test_unknown_report_is_not_found(visitor: FlaskClient) -> None:
    assert visitor.get("/en/reports/" + "2" * 12).status_code == 404


def test_operator_answers_in_three_languages(
    visitor: FlaskClient, clock: Clock, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = _send(visitor, clock).headers["Location"]
    name = address.rsplit("/", 1)[1]
    common = ["--desk", str(desk)]
    assert main(["tickets", "list", *common]) == 0
    assert name in capsys.readouterr().out
    assert main(["tickets", "show", name, *common]) == 0
    assert TEXT in capsys.readouterr().out
    assert main(["tickets", "take", name, *common]) == 0
    assert "under review" in visitor.get(address).get_data(as_text=True)
    answers = [f"--answer-{language}=Answer <b>{language}</b>" for language in LANGUAGES]
    assert main(["tickets", "answer", name, "--state=corrected", "--correction=beds-of-astana", *answers, *common]) == 0
    for language in LANGUAGES:
        text = visitor.get(address.replace("/en/", f"/{language}/")).get_data(as_text=True)
        assert f"Answer &lt;b&gt;{language}&lt;/b&gt;" in text
        assert f'href="/{language}/corrections#beds-of-astana"' in text
        assert TEXT not in text
    capsys.readouterr()
    assert main(["tickets", "list", *common]) == 0
    assert name not in capsys.readouterr().out
    assert main(["tickets", "list", "--state=all", *common]) == 0
    assert name in capsys.readouterr().out


def test_operator_is_told_what_is_wrong(
    visitor: FlaskClient, clock: Clock, desk: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = _send(visitor, clock).headers["Location"].rsplit("/", 1)[1]
    answers = [f"--answer-{language}=A whole sentence." for language in LANGUAGES]
    number = ["--answer-kk=Call 8 701 123 45 67 now", *answers[1:]]
    for arguments, words in (
        (["show", "222222222222"], "there is no report"),
        (["show", "../x"], "there is no report"),
        (["answer", name, "--state=answered", *number], "--answer-kk: the text is refused: personal_number"),
        (["answer", name, "--state=declined", "--correction=x", *answers], "does not go with"),
        (["answer", name, "--state=corrected", "--correction=/etc", *answers], "is no id"),
        (["answer", "2" * 12, "--state=answered", *answers], "there is no report"),
    ):
        assert main(["tickets", *arguments, "--desk", str(desk)]) == 1
        assert words in capsys.readouterr().err
    assert main(["tickets", "list", "--desk", str(tmp_path / "none")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    assert main(["tickets", "take", name, "--desk", str(desk)]) == 0
    assert main(["tickets", "take", name, "--desk", str(desk)]) == 1
    assert "the report is under_review" in capsys.readouterr().err


def test_every_trouble_has_words_and_a_status(visitor: FlaskClient) -> None:
    with visitor.application.test_request_context("/en/"):
        for trouble in report_texts.Trouble:
            assert len(report_texts.trouble_text(trouble)) > 20


def test_release_under_embargo_has_figures_and_takes_no_reports(tmp_path: Path) -> None:
    publish_beds(tmp_path, OLDER)
    publish_beds(tmp_path, CURRENT, EMBARGO)
    root = f"/preview/{EMBARGO.token}"
    with open_portal(tmp_path / "releases") as insider:
        figure = insider.get(f"{root}/en/datasets/beds/figure?measure=beds&region=KZ-71&period=2026")
        text = figure.get_data(as_text=True)
        assert "+111,110,000" in text
        assert "June 1, 2026" in text or "Jun 1, 2026" in text
        assert figure.headers["Cache-Control"] == "no-store"
        assert "Report this" not in text + insider.get(f"{root}/en/datasets/beds").get_data(as_text=True)
        assert insider.get(f"{root}{FORM}").status_code == 404
        assert insider.post(f"{root}{FORM}", data={"text": TEXT}, headers=SAME).status_code == 405
        assert insider.get(FORM).status_code == 200
