"""What a check has to say against a release."""

from __future__ import annotations

from collections.abc import Iterator

#: Each is one thing that is broken, named with its place; none repeats a figure. A check without complaints has passed.
Complaints = Iterator[str]


class NotCheckedError(Exception):
    """A check could not be made, through no fault of the release; the message says what it would need."""
