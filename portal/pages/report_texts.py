"""What can go wrong with a report, and how a visitor is told."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _

from portal.desk.form_token import OLDEST, YOUNGEST
from portal.desk.screening import FEWEST_LETTERS, MOST_LETTERS


class Trouble(StrEnum):
    """Why a report is not taken; several are called as the desk calls them."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    PERSONAL_NUMBER = "personal_number"
    MAIL_ADDRESS = "mail_address"
    FORGED = "forged"
    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"
    ELSEWHERE = "elsewhere"
    TRAPPED = "trapped"
    TOO_MANY = "too_many"
    CLOSED = "closed"

    @classmethod
    def of(cls, reason: StrEnum) -> Trouble:
        """The trouble that the desk has found."""
        return cls(reason.value)


def trouble_text(trouble: Trouble) -> str:
    """What is wrong and what to do, in the reader's language."""
    too_long = _("The text is too long: at most %(count)d letters.", count=MOST_LETTERS)
    return {
        Trouble.TOO_SHORT: _("Write a little more: at least %(count)d letters.", count=FEWEST_LETTERS),
        Trouble.TOO_LONG: too_long,
        Trouble.TOO_LARGE: too_long,
        Trouble.PERSONAL_NUMBER: _(
            "The text has a number that looks like an IIN or a telephone number. Take it out: we keep nobody’s personal data. "
            "Write a large amount with a space between thousands."
        ),
        Trouble.MAIL_ADDRESS: _(
            "The text has an e-mail address. Take it out: we keep nobody’s personal data, and the answer stands on a public page."
        ),
        Trouble.FORGED: _("This form was not made for this number. Send it again."),
        Trouble.TOO_YOUNG: _("That was very fast. Wait %(count)d seconds and send it again.", count=YOUNGEST),
        Trouble.TOO_OLD: _("The form was open for more than %(count)d hours. Send it again.", count=OLDEST // 3600),
        Trouble.ELSEWHERE: _("The form was sent from another site. Fill it in here."),
        Trouble.TRAPPED: _("Leave the field “Website” empty and send the form again."),
        Trouble.TOO_MANY: _("Too many reports came in at once. Try again in an hour."),
        Trouble.CLOSED: _("Reports cannot be taken now. The rest of the portal works; try again later."),
    }[trouble]
