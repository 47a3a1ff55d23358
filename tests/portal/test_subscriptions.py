"""Letters about changes: double opt-in, one click to stop, only what is material; through a real SMTP server."""

import email
import email.policy
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from portal.cli import main
from portal.desk.database import DATABASE_FILE
from portal.desk.post import Post, PostError, deliver, read_post
from portal.desk.subscriptions import PATIENCE, Followed, Subscriptions, new_subscription, read_address
from portal.digests import send_digests
from portal.factory import create_app
from portal.pages import subscribe as page
from tests.conftest import BufferedClient
from tests.portal.history import write_history

OURS = {"Sec-Fetch-Site": "same-origin"}
READER = "Aigerim.S@example.kz"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Mailbox:
    """Takes what the server is given; refuses recipients at `full.example`, and everything while `closed`."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.closed = False
        self.port = 0

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # type: ignore[no-untyped-def]  # noqa: N802
        if self.closed:
            return "451 come again"
        if address.endswith("@full.example"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((list(envelope.rcpt_tos), letter))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    # The controller asks itself for a first answer, at the port that it is given.
    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_history(tmp_path_factory.mktemp("history"))


@pytest.fixture
def app(history: Path, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    settings = {
        "DESK_DIR": tmp_path / "desk",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": mailbox.port,
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "letters@portal.example",
        "PORTAL_URL": "https://portal.example",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    # Letters go out when the test says so, not when a thread gets to it.
    monkeypatch.setattr(page, "_deliver", lambda *_: None)
    monkeypatch.setattr("portal.desk.form_token.YOUNGEST", 0)
    app = create_app(history)
    yield app
    app.extensions["sql_pool"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return BufferedClient(app, app.response_class)


def _post(app: Flask) -> Post:
    return app.extensions["post"]


def _desk(app: Flask):  # type: ignore[no-untyped-def]
    return app.extensions["desk"]


def _now(**later: float) -> datetime:
    return datetime.now(UTC) + timedelta(**later)


def _ask(client: FlaskClient, address: str = READER, path: str = "/en/subscribe", **headers: str):  # type: ignore[no-untyped-def]
    html = client.get(path).get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', html)
    assert token, html
    return client.post(path, data={"token": token[1], "address": address}, headers=headers or OURS)


def _links(letter: EmailMessage) -> list[str]:
    return [urlsplit(each).path for each in re.findall(r"https://portal\.example\S+", letter.get_content())]


def _confirmed(app: Flask, client: FlaskClient, mailbox: Mailbox, path: str = "/en/subscribe") -> str:
    """Ask and confirm; returns the path of the subscription."""
    assert _ask(client, path=path).status_code == 200
    deliver(_desk(app), _post(app), _now())
    (link,) = _links(mailbox.letters[-1][1])
    assert client.post(link).status_code == 200
    return link


def _rows(app: Flask, table: str) -> list[sqlite3.Row]:
    return _desk(app).rows(f"SELECT * FROM {table}")


def _set_told(app: Flask, sequence: int) -> None:
    with _desk(app).transaction() as connection:
        connection.execute("UPDATE subscription SET told = ?", (sequence,))


def test_an_address_gets_nothing_until_its_owner_has_confirmed(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    assert _ask(client).status_code == 200
    _set_told(app, 1)
    assert send_digests(app, _post(app), _now()).written == 0
    ((recipients, letter),) = mailbox.letters
    assert recipients == [READER]
    assert letter["To"] == READER
    (link,) = _links(letter)
    # Programs that look at mail open every link: that must not confirm.
    assert "Confirm" in client.get(link).get_data(as_text=True)
    assert send_digests(app, _post(app), _now()).written == 0
    client.post(link)
    _set_told(app, 1)
    assert send_digests(app, _post(app), _now()).written == 1
    assert len(mailbox.letters) == 2


def test_a_digest_tells_of_what_is_material_once(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    _confirmed(app, client, mailbox)
    assert send_digests(app, _post(app), _now()).written == 0, "what was published before is not told"
    _set_told(app, 2)
    assert send_digests(app, _post(app), _now()).delivery.taken == 1
    letter = mailbox.letters[-1][1]
    text = letter.get_content()
    assert "Our error" in text
    assert "10 → 1,000" in text
    assert text.count("Release ") == 2, "the third one changed nothing material"
    assert letter["Subject"].startswith("[Synthetic")
    assert "simulated" in text
    told = send_digests(app, _post(app), _now())
    assert (told.written, told.delivery.taken) == (0, 0)


@pytest.mark.parametrize(("kind", "code", "wanted"), [("dataset", "beds", True), ("region", "KZ-11", False)])
def test_a_digest_is_about_what_is_followed(
    app: Flask, client: FlaskClient, mailbox: Mailbox, kind: str, code: str, wanted: bool
) -> None:
    _confirmed(app, client, mailbox, f"/en/subscribe?kind={kind}&code={code}")
    _set_told(app, 2)
    sent = send_digests(app, _post(app), _now())
    assert (sent.written, sent.quiet) == ((1, 0) if wanted else (0, 1))
    if wanted:
        text = mailbox.letters[-1][1].get_content()
        assert "Beds" in text
        assert "Ambulances" not in text


def test_what_an_address_follows_comes_in_one_letter(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    _confirmed(app, client, mailbox)
    _confirmed(app, client, mailbox, "/en/subscribe?kind=dataset&code=beds")
    _set_told(app, 2)
    assert send_digests(app, _post(app), _now()).written == 1


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_letters_are_in_the_language_of_the_form(
    app: Flask, client: FlaskClient, mailbox: Mailbox, language: str
) -> None:
    _confirmed(app, client, mailbox, f"/{language}/subscribe")
    _set_told(app, 2)
    send_digests(app, _post(app), _now())
    for _, letter in mailbox.letters:
        assert letter["Content-Language"] == language
        assert all(link.startswith(f"/{language}/") for link in _links(letter))
        assert ("You get" in letter.get_content() or "Somebody" in letter.get_content()) == (language == "en")


def test_one_click_stops_everything_and_forgets_the_address(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    _confirmed(app, client, mailbox)
    _confirmed(app, client, mailbox, "/en/subscribe?kind=dataset&code=beds")
    letter = mailbox.letters[-1][1]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = urlsplit(letter["List-Unsubscribe"].strip("<>")).path
    assert "Stop" in client.get(stop).get_data(as_text=True)
    assert len(_rows(app, "subscription")) == 2, "looking stops nothing"
    # A mail program comes from no page of ours (RFC 8058).
    for _ in range(2):
        answer = client.post(stop, data="List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
    assert _rows(app, "subscription") == []
    folder = _desk(app).folder
    assert not any(READER.encode() in path.read_bytes() for path in folder.iterdir())


def test_what_nobody_confirms_is_forgotten(app: Flask, client: FlaskClient) -> None:
    _ask(client)
    subscriptions = Subscriptions(_desk(app))
    assert subscriptions.forget(_now()) == 0
    assert subscriptions.forget(_now() + PATIENCE) == 1
    assert _rows(app, "subscription") == []


def test_nobody_can_fill_a_strangers_mailbox(app: Flask, client: FlaskClient) -> None:
    for path in ("", "", "?kind=dataset&code=beds", "?kind=region&code=KZ-71", "?kind=region&code=KZ-75"):
        assert _ask(client, path=f"/en/subscribe{path}").status_code == 200
    assert len(_rows(app, "letter")) == 3


def test_the_answer_does_not_tell_whether_an_address_is_known(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    first = _ask(client).get_data()
    deliver(_desk(app), _post(app), _now())
    client.post(_links(mailbox.letters[-1][1])[0])
    assert _ask(client).get_data() == first
    assert _rows(app, "letter") == []


def test_so_many_and_no_more(app: Flask, client: FlaskClient) -> None:
    answers = [_ask(client, f"reader{number}@example.kz").status_code for number in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert len(_rows(app, "subscription")) == 10


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, {}),
        ({"Origin": "https://elsewhere.example"}, {}),
        ({"User-Agent": "a program"}, {}),
        (OURS, {"website": "http://spam.example"}),
        (OURS, {"token": "1.0000000000000000." + "0" * 64}),
    ],
)
def test_a_form_that_is_not_ours_is_refused(
    app: Flask, client: FlaskClient, headers: dict[str, str], data: dict[str, str]
) -> None:
    html = client.get("/en/subscribe").get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', html)
    assert token
    answer = client.post("/en/subscribe", data={"token": token[1], "address": READER, **data}, headers=headers)
    assert answer.status_code == 403
    assert _rows(app, "subscription") == []


def test_a_token_is_of_one_form(app: Flask, client: FlaskClient) -> None:
    html = client.get("/en/subscribe").get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', html)
    assert token
    data = {"token": token[1], "address": READER}
    assert client.post("/en/subscribe?kind=dataset&code=beds", data=data, headers=OURS).status_code == 403
    assert client.post("/en/subscribe", data=data, headers=OURS).status_code == 200
    assert client.post("/en/subscribe", data=data | {"address": "other@example.kz"}, headers=OURS).status_code == 200
    assert len(_rows(app, "subscription")) == 1, "a form is taken once"


@pytest.mark.parametrize(
    "text",
    [
        "", "reader", "a@b", "a b@example.kz", "a@example.kz, b@example.kz", "a@[127.0.0.1]", "a@127.0.0.1", "@example.kz",
        "a@example.kz\nBcc: b@example.kz", "<a@example.kz>", "a@exa mple.kz", "a@-example.kz", "x" * 65 + "@example.kz",
        "a@" + "b" * 300 + ".kz", "Оқырман@example.kz",
    ],
)  # fmt: skip
def test_what_is_no_address(client: FlaskClient, text: str) -> None:
    assert read_address(text) is None
    answer = _ask(client, text)
    assert answer.status_code == 422
    assert "address of e-mail" in answer.get_data(as_text=True)


def test_an_address_keeps_its_name_as_it_is() -> None:
    assert read_address("  Aigerim.S@Example.KZ ") == "Aigerim.S@example.kz"


def test_a_server_that_is_away_gets_the_letter_later(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    _ask(client)
    mailbox.closed = True
    assert deliver(_desk(app), _post(app), _now()).waiting == 1
    mailbox.closed = False
    assert deliver(_desk(app), _post(app), _now()).taken == 0, "not yet due"
    assert deliver(_desk(app), _post(app), _now(minutes=6)).taken == 1
    assert _rows(app, "letter") == []


def test_a_letter_that_nobody_takes_is_dropped(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    _ask(client, "reader@full.example")
    assert deliver(_desk(app), _post(app), _now()).dropped == 1
    _ask(client, "second@example.kz")
    mailbox.closed = True
    fates = [deliver(_desk(app), _post(app), _now(days=3 * number)) for number in range(1, 9)]
    assert [each.waiting for each in fates] == [1] * 6 + [0, 0]
    assert fates[6].dropped == 1


def test_two_senders_send_each_letter_once(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    for number in range(6):
        assert _ask(client, f"reader{number}@example.kz").status_code == 200
    settings = {**vars(_post(app))}
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from portal.desk.database import Desk; from portal.desk.post import Post, deliver;"
        f"deliver(Desk(Path({str(_desk(app).folder)!r})), Post(**{settings!r}), datetime.now(UTC))"
    )
    senders = [subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [each.wait() for each in senders] == [0, 0]
    assert sorted(recipients[0] for recipients, _ in mailbox.letters) == [f"reader{n}@example.kz" for n in range(6)]


def test_a_digest_is_written_with_the_note_that_it_was(app: Flask) -> None:
    """Two runs at once: the second finds that its reader was told, and writes nothing."""
    subscriptions = Subscriptions(_desk(app))
    wanted = new_subscription(READER, Followed("release", ""), "en", 1)
    with _desk(app).transaction() as connection:
        values = (wanted.id, wanted.address, "release", "", "en", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", 1)
        connection.execute("INSERT INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    ((found,),) = subscriptions.untold(5)
    assert subscriptions.tell([found], 5, b"letter", _now())
    assert not subscriptions.tell([found], 5, b"letter", _now())
    assert len(_rows(app, "letter")) == 1


def test_without_post_there_are_feeds(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_HOST", raising=False)
    monkeypatch.setenv("DESK_DIR", str(tmp_path / "desk"))
    app = create_app(history)
    try:
        answer = BufferedClient(app, app.response_class).get("/en/subscribe")
    finally:
        app.extensions["sql_pool"].close()
    assert answer.status_code == 200
    assert "no letters" in answer.get_data(as_text=True)
    assert "<form" not in answer.get_data(as_text=True).partition("<main")[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [("SMTP_PORT", "smtp"), ("SMTP_SECURITY", "ssl"), ("MAIL_FROM", "letters"), ("PORTAL_URL", "portal.example")],
)
def test_settings_that_do_not_fit_are_named(name: str, value: str) -> None:
    settings = {"SMTP_HOST": "localhost", "MAIL_FROM": "a@b.kz", "PORTAL_URL": "https://b.kz"}
    assert read_post(settings)
    with pytest.raises(PostError, match=name):
        read_post(settings | {name: value})


def test_no_address_in_what_is_logged(
    app: Flask, client: FlaskClient, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    _ask(client, "reader@full.example")
    deliver(_desk(app), _post(app), _now())
    assert "not taken" in caplog.text
    assert "reader@" not in caplog.text
    assert (_desk(app).folder / DATABASE_FILE).stat().st_mode & 0o777 == 0o600


def test_the_operators_command(
    app: Flask, client: FlaskClient, mailbox: Mailbox, history: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("RELEASES_DIR", str(history))
    _ask(client)
    assert main(["digests", "send"]) == 0
    assert "took 1" in capsys.readouterr().out
    assert len(mailbox.letters) == 1
    monkeypatch.delenv("SMTP_HOST")
    assert main(["digests", "send"]) == 1
    assert "SMTP_HOST" in capsys.readouterr().err
