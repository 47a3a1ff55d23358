"""`/api/v1/diff`: every figure that is not the same in two releases, with what it was, what it is, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields, validate

from datasets.contract import LANGUAGES, Change, Reason, Status
from portal.api.answers import add_page_headers, csv_answer, json_answer, next_url, wants_csv
from portal.api.arguments import PagedArguments
from portal.api.blueprint import route
from portal.api.datasets import check_values
from portal.api.describe import Page, boolean, integer, many, mapping, number, says, string, strings
from portal.api.faults import ApiError
from portal.api.pinning import RELEASE_PATTERN, Cursor, Pin, conflict, digest_question, get_release
from portal.cells import Reader
from portal.changes import Count
from portal.current import current_release, store
from portal.diff import MOST_LINES, BusyError, Diff, Wanted, diffs
from portal.difference import Difference, Side
from portal.i18n import speaking
from portal.pages.difference_rows import figure_text, place_of
from portal.release import Release
from portal.release_notes import listed_before

CSV_TEXT = (
    "The differences as CSV after RFC 4180, one figure a line; `reasons`, `releases` and `corrections` with blanks between, in "
    "the order of the releases; the figure in words as `figure_kk`, `figure_ru`, `figure_en`; `keys` as JSON text, last; "
    "nothing where a value is null. Without `limit` the file has all rows of the question, up to 200,000; of more, the header "
    "`Link` leads to the rest. `X-Total-Count` says how many there are."
)
#: Differences that are read at once for a file.
_BATCH = 5_000
_KINDS = [str(each) for each in Change]
_REASONS = [str(each) for each in Reason]


def _release_field(text: str, name: str) -> fields.String:
    wrong = "not the id of a release."
    return fields.String(data_key=name, validate=validate.Regexp(RELEASE_PATTERN, error=wrong), metadata=says(text))


class DiffArguments(PagedArguments):
    """What can be asked of the differences between two releases."""

    from_ = _release_field("The release to compare with; without it the one before `to` in the chain.", "from")
    to = _release_field(
        "The release to compare; without it the one that the address is of, else the current one.", "to"
    )
    dataset = fields.List(fields.String(), metadata=says("Only these datasets; repeatable."))
    reason = fields.List(
        fields.String(validate=validate.OneOf(_REASONS)),
        metadata=says("Only figures with one of these reasons, code list `change_reason`; repeatable."),
    )
    kind = fields.List(
        fields.String(validate=validate.OneOf(_KINDS)),
        metadata=says("Only these kinds of change, code list `change_kind`; repeatable."),
    )


class CountAnswer(Schema):
    """Figures of a dataset that changed in one way for one reason."""

    dataset = string("The dataset.")
    kind = string("Code list `change_kind`.", enum=_KINDS)
    reason = string("Code list `change_reason`; null if it cannot be known.", null=True, enum=[*_REASONS, None])
    figures = integer("How many. A figure that changed for two reasons counts once for each.")
    material = integer("How many of them are large enough to be told.")


class ReasonAnswer(Schema):
    """What a release between the two says of the figure."""

    release = string("The release that changed it.")
    sequence = fields.Integer(required=True, allow_none=True, metadata=says("Its place in the chain."))
    kind = string("What became of the figure in it: code list `change_kind`.", enum=_KINDS)
    reason = string("Code list `change_reason`.", enum=_REASONS)
    correction = string("The id of the correction in /api/v1/corrections that explains it.", null=True)


class DifferenceAnswer(Schema):
    """A figure that is not the same in both releases."""

    dataset = string("The dataset, as the newer of its names is.")
    origin = string("Code list `origin`; figures of a `synthetic` one are simulated.")
    measure = string("The measure.")
    keys = mapping("Where the figure stands, by dimension; `*` where the dimension is summed over.")
    kind = string("Code list `change_kind`.", enum=_KINDS)
    from_status = string("Status in `from`; null if it has no such figure.", null=True, enum=[*Status, None])
    from_value = number(
        "Figure in `from`; null if it has none, and if the later of the two releases hides it.", null=True
    )
    to_status = string("Status in `to`; null if it has no such figure.", null=True, enum=[*Status, None])
    to_value = number("Figure in `to`; null if it has none, and if the later of the two releases hides it.", null=True)
    change = number("`to_value` less `from_value`.", null=True)
    change_percent = number("The same in per cent of what was, to two decimals; null where that was nought.", null=True)
    material = boolean("Whether a release says that the change is large enough to be told.")
    reasons = many(ReasonAnswer, "Why, in the order of the releases; none if it cannot be known.")


class DiffAnswer(Page):
    """A page of differences; `release` is `to`."""

    from_ = fields.String(required=True, data_key="from", metadata=says("The release that is compared with."))
    to = string("The release that is compared.")
    synthetic = boolean("Whether one of the two has simulated figures; `origin` says which.")
    unread = strings("Releases between the two of which it cannot be known why they changed what they changed.")
    counts = many(CountAnswer, "How many differences there are in all, whatever the filters.")
    differences = many(DifferenceAnswer, "In the order of datasets, rows and columns.")


@route("/diff", DiffAnswer, DiffArguments, tag="Releases", csv_text=CSV_TEXT, kept=False)
def diff(arguments: dict[str, Any]) -> Response:
    """The differences of a release against another one, all or those asked for."""
    old, new = _releases(arguments)
    found = compared(old, new)
    wanted = _wanted(arguments, found)
    question = digest_question(found.old.id, found.new.id, wanted)
    offset = _offset(arguments.get("cursor"), new, question)
    count = found.count(wanted)
    # A file of CSV is taken whole, unless a page is asked for.
    limit = MOST_LINES if wants_csv() and "limit" not in request.args else arguments["limit"]
    end = max(offset, min(offset + limit, count))
    following = next_url(Cursor(new.id, end, question) if offset < end < count else None)
    state = found.state
    if wants_csv():
        rows = csv_rows(found, _batches(found, wanted, offset, end))
        response = csv_answer(
            CSV_NAMES, rows, Pin(new, fixed=False), f"diff_{old.id}_{new.id}.csv", state=state, streamed=True
        )
    else:
        differences = found.differences(wanted, limit, offset)
        answer = {
            "release": new.id,
            "from": old.id,
            "to": new.id,
            "count": count,
            "next": following,
            "synthetic": old.synthetic or new.synthetic,
            "unread": list(found.unread),
            "counts": [count_document(each) for each in found.counts],
            "differences": [difference_document(found, each) for each in differences],
        }
        response = json_answer(answer, new, state=state)
    response.headers["X-Synthetic"] = "true" if old.synthetic or new.synthetic else "false"
    return add_page_headers(response, count, following)


def compared(old: Release, new: Release) -> Diff:
    """The differences; raises ApiError if too many comparisons are asked for at once."""
    try:
        return diffs().between(old, new)
    except BusyError:
        raise ApiError(503, "busy", "Too many releases are being compared.", "Ask again in a minute.") from None


def _releases(arguments: Mapping[str, Any]) -> tuple[Release, Release]:
    new = get_release(arguments["to"]) if "to" in arguments else current_release()
    if "from_" in arguments:
        return get_release(arguments["from_"]), new
    before = listed_before(store(), new)
    return (get_release(before.id) if before else new), new


def _wanted(arguments: Mapping[str, Any], found: Diff) -> Wanted:
    datasets = sorted(set(arguments.get("dataset", ())))
    check_values("dataset", datasets, found.pairs, "/api/v1/datasets")
    reasons, kinds = (tuple(sorted(set(arguments.get(name, ())))) for name in ("reason", "kind"))
    return Wanted(tuple(datasets), reasons, kinds)


def _offset(text: str | None, new: Release, question: str) -> int:
    cursor = Cursor.parse(text) if text else Cursor(new.id, 0, question)
    if (cursor.release, cursor.question) != (new.id, question):
        raise conflict("cursor: it belongs to another question.", "Follow the link 'next' as it is.")
    return cursor.offset


def count_document(count: Count) -> dict[str, Any]:
    """A count as the API says it."""
    return {name: getattr(count, name) for name in ("dataset", "kind", "reason", "figures", "material")}


def difference_document(found: Diff, difference: Difference) -> dict[str, Any]:
    """A difference as the API says it."""
    place = place_of(found.pairs[difference.dataset], difference)
    return {
        "dataset": difference.dataset,
        "origin": place.dataset.origin,
        "measure": difference.measure,
        "keys": dict(place.keys),
        "kind": difference.kind,
        **_side("from", difference.old),
        **_side("to", difference.new),
        "change": plain_number(difference.change),
        "change_percent": plain_number(difference.percent),
        "material": difference.material,
        "reasons": [
            {name: getattr(each, name) for name in ("release", "sequence", "kind", "reason", "correction")}
            for each in difference.reasons
        ],
    }


def _side(name: str, side: Side) -> dict[str, Any]:
    return {f"{name}_status": side.status, f"{name}_value": plain_number(side.value)}


def plain_number(value: Decimal | None) -> float | None:
    """A number as JSON and CSV have it: whole ones without a point."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


_FLAT = ("dataset", "origin", "measure", "kind", "from_status", "from_value", "to_status", "to_value", "change")
CSV_NAMES = [
    *_FLAT,
    *("change_percent", "material", "reasons", "releases", "corrections"),
    *(f"figure_{language}" for language in LANGUAGES),
    "keys",
]


def _batches(found: Diff, wanted: Wanted, start: int, end: int) -> Iterator[list[Difference]]:
    """The differences from one place to another, never many at once."""
    for offset in range(start, end, _BATCH):
        yield found.differences(wanted, min(_BATCH, end - offset), offset)


def csv_rows(found: Diff, batches: Iterable[list[Difference]]) -> Iterator[dict[str, Any]]:
    """The same flat, with the figure in words in each language."""
    for differences in batches:
        yield from _flat_rows(found, differences)


def _flat_rows(found: Diff, differences: list[Difference]) -> Iterator[dict[str, Any]]:
    words = {language: _words(found, differences, language) for language in LANGUAGES}
    for place, difference in enumerate(differences):
        said = difference_document(found, difference)
        steps = difference.reasons
        row = {name: said[name] for name in (*_FLAT, "change_percent")} | {
            "material": int(difference.material),
            "reasons": " ".join(each.reason for each in steps),
            "releases": " ".join(each.release for each in steps),
            "corrections": " ".join(each.correction for each in steps if each.correction),
            "keys": json.dumps(said["keys"], ensure_ascii=False),
        }
        yield row | {f"figure_{language}": words[language][place] for language in LANGUAGES}


def _words(found: Diff, differences: list[Difference], language: str) -> list[str]:
    cells = {id(release): Reader(release.catalogue, language) for release in (found.old, found.new)}
    with speaking(language):
        return [
            figure_text(pair, each, cells[id(found.new if pair.new else found.old)])
            for each in differences
            for pair in (found.pairs[each.dataset],)
        ]
