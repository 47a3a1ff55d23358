"""Differences between releases as the rows of tables: one table a dataset, so that simulated ones are marked as such."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _

from portal.catalogue import Column, Dataset
from portal.cells import Reader, in_order
from portal.comparison import HIDDEN
from portal.current import current_release
from portal.diff import Diff
from portal.difference import Difference, Side
from portal.figures import Place
from portal.numbers import format_number
from portal.pages.blueprint import page_url
from portal.pages.chain_links import pinned_page
from portal.pages.figure_words import key_line
from portal.pages.release_words import reason_text
from portal.pairs import Pair
from portal.release import Release


def difference_tables(diff: Diff, differences: Iterable[Difference], cells: Reader) -> list[dict[str, Any]]:
    """The tables of a list of differences that is in the order of datasets."""
    tables = []
    for slug, members in groupby(differences, key=lambda each: each.dataset):
        shown, listed = diff.pairs[slug].either, list(members)
        tables.append(
            {
                "slug": slug,
                "title": shown.title[cells.language],
                "origin": shown.origin,
                "rows": [_row(diff, each, cells) for each in listed],
                "statuses": _statuses(listed),
            }
        )
    return tables


def difference_columns() -> list[dict[str, Any]]:
    """The headers of such a table."""
    texts = (_("Figure"), _("Before"), _("After"), _("Change"), _("What and why"))
    return [{"key": str(index), "label": text, "numeric": index in (1, 2, 3)} for index, text in enumerate(texts)]


def figure_text(pair: Pair, difference: Difference, cells: Reader) -> str:
    """A figure in one line: `Beds, Astana, May 2026`."""
    place = place_of(pair, difference)
    line = ", ".join(filter(None, (place.column.title[cells.language], key_line(place, cells))))
    return f"{line} ({_('sum')})" if difference.summed else line


def place_of(pair: Pair, difference: Difference) -> Place:
    """Where a difference stands, in the dataset as the newer of its names has it."""
    shown = pair.either
    column = shown.by_name.get(difference.measure) or (pair.old or shown).by_name[difference.measure]
    keys = dict(zip((each.name for each in shown.dimensions), difference.keys, strict=True))
    return Place(shown, column, keys)


def number_text(
    value: Decimal | None, pair: Pair, difference: Difference, cells: Reader, *, signed: bool = False
) -> str:
    """A number with as many decimals as the column has in either release."""
    if value is None:
        return ""
    columns = [each for each in _columns(pair, difference.measure) if each]
    fewest = 0 if signed else min(each.decimals[0] for each in columns)
    most = max(each.decimals[1] for each in columns)
    text = format_number(value, (fewest, most), cells.language)  # type: ignore[arg-type]
    return f"+{text}" if signed and value > 0 else text


def _columns(pair: Pair, measure: str) -> tuple[Column | None, Column | None]:
    old = pair.old.by_name.get(pair.old_name(measure)) if pair.old else None
    return old, pair.new.by_name.get(measure) if pair.new else None


def _row(diff: Diff, difference: Difference, cells: Reader) -> list[dict[str, Any]]:
    pair = diff.pairs[difference.dataset]
    place = place_of(pair, difference)
    unit = cells.unit(cells.unit_of(place.column, dict(place.keys)))
    note = ", ".join(filter(None, (key_line(place, cells), _("sum") if difference.summed else "", unit)))
    old_name = pair.old_name(place.column.name)
    return [
        {"text": place.column.title[cells.language], "note": note, "href": _figure_url(diff, pair, place)},
        _side(diff.old, pair.old, old_name, pair, difference, difference.old, cells),
        _side(diff.new, pair.new, place.column.name, pair, difference, difference.new, cells),
        {
            "text": number_text(difference.change, pair, difference, cells, signed=True),
            "note": _percent(difference, cells),
        },
        _why(difference, cells),
    ]


def _side(
    release: Release,
    dataset: Dataset | None,
    measure: str,
    pair: Pair,
    difference: Difference,
    side: Side,
    cells: Reader,
) -> dict[str, Any]:
    """A figure as one release has it; a number leads to it in that release."""
    if side.status is None:
        return {"text": _("none")}
    if side.value is None:
        shown_then = side.status not in HIDDEN and difference.kind in ("hidden", "shown")
        return {"text": _("a number")} if shown_then else {"text": "", "status": side.status}
    text = number_text(side.value, pair, difference, cells)
    return {"text": text, "href": _pinned(release, dataset, measure, difference)} if dataset else {"text": text}


def _percent(difference: Difference, cells: Reader) -> str:
    if difference.percent is None:
        return ""
    text = cells.amount(float(difference.percent), (0, 1), "percent")
    return f"+{text}" if difference.percent > 0 else text


def _why(difference: Difference, cells: Reader) -> dict[str, str]:
    kind = cells.catalogue.label("change_kind", difference.kind, cells.language)
    said = [
        f"{reason_text(each.reason, cells)} ({each.sequence})"
        if len(difference.reasons) > 1
        else reason_text(each.reason, cells)
        for each in difference.reasons
    ]
    return {"text": kind, "note": " → ".join(said) or _("why is not known")}


def _figure_url(diff: Diff, pair: Pair, place: Place) -> str:
    """The page of the figure in the release of this page; in the release that has it, if this one has no such dataset."""
    here = current_release().catalogue.datasets.get(place.dataset.slug)
    named = {name: place.keys[name] for name in place.dataset.grain}
    arguments = {"measure": place.column.name, **named}
    if here and {*here.grain} == {*place.dataset.grain} and place.column.name in here.by_name:
        return page_url("figure", arguments, slug=place.dataset.slug)
    release = diff.new if pair.new and place.column.name in pair.new.by_name else diff.old
    return pinned_page(release.id, f"datasets/{place.dataset.slug}/figure?{urlencode(arguments)}")


def _pinned(release: Release, dataset: Dataset, measure: str, difference: Difference) -> str:
    keys = dict(zip((each.name for each in dataset.dimensions), difference.keys, strict=True))
    arguments = {"measure": measure, **{name: keys[name] for name in dataset.grain}}
    return pinned_page(release.id, f"datasets/{dataset.slug}/figure?{urlencode(arguments)}")


def _statuses(differences: list[Difference]) -> list[str]:
    return in_order(str(side.status) for each in differences for side in (each.old, each.new) if side.status)


def dataset_url(slug: str) -> str:
    """The page of a dataset in the release of this page; empty if it does not have it."""
    return url_for("pages.dataset", slug=slug) if slug in current_release().catalogue.datasets else ""
