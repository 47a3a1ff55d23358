"""Tokens of forms: good for one subject, for a while, and not to be made without the key."""

import pytest

from portal.desk.form_token import OLDEST, YOUNGEST, Verdict, check_token, make_token

KEY, NOW = b"k" * 32, 1_800_000_000


def _verdict(token: str, *, key: bytes = KEY, subject: str = "s", now: int = NOW + 60) -> Verdict:
    return check_token(key, subject, token, now).verdict


def test_token_is_good_for_its_subject_and_its_time() -> None:
    token = make_token(KEY, "s", NOW)
    assert _verdict(token) == Verdict.GOOD
    assert _verdict(token, now=NOW + YOUNGEST - 1) == Verdict.TOO_YOUNG
    assert _verdict(token, now=NOW - 100) == Verdict.TOO_YOUNG
    assert _verdict(token, now=NOW + OLDEST + 1) == Verdict.TOO_OLD
    assert _verdict(token, subject="other") == Verdict.FORGED
    assert _verdict(token, key=b"x" * 32) == Verdict.FORGED
    assert make_token(KEY, "s", NOW) != token


def test_no_changed_token_is_good() -> None:
    token = make_token(KEY, "s", NOW)
    for place in range(len(token)):
        changed = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
        assert _verdict(changed) == Verdict.FORGED


@pytest.mark.parametrize("token", ["", ".", "..", "1.2.3", "x" * 10_000, "١.0000000000000000." + "0" * 64, "\x00"])
def test_odd_token_is_forged(token: str) -> None:
    assert _verdict(token) == Verdict.FORGED
