"""How far a figure moved, and how many did, in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.cells import Reader
from portal.figures import Place
from portal.i18n import language
from portal.moves import Move
from portal.numbers import format_number
from portal.pages.figure_words import key_line
from portal.tally import Tally


def share_text(move: Move, cells: Reader) -> str:
    """By how much a figure moved, as a share of what it was."""
    return _("it was 0") if move.share is None else cells.amount(100 * move.share, (0, 1), "percent")


def move_line(move: Move, cells: Reader) -> str:
    """A figure with both of its values, as `Beds, Astana: 1,000 → 10`; a simulated one says so."""
    dataset = cells.catalogue.datasets.get(move.dataset)
    column = dataset.by_name.get(move.measure) if dataset else None
    if dataset is None or column is None or len(move.keys) != len(dataset.dimensions):
        return f"{move.dataset}.{move.measure}"
    keys = {each.name: key for each, key in zip(dataset.dimensions, move.keys, strict=True)}
    unit = cells.unit_of(column, keys)
    before, after = (cells.amount(value, column.decimals, unit) for value in (move.before, move.after))
    named = ", ".join(filter(None, (column.title[cells.language], key_line(Place(dataset, column, keys), cells))))
    mark = f" [{cells.catalogue.label('origin', dataset.origin, cells.language)}]" if dataset.synthetic else ""
    return f"{named}: {before} → {after}{mark}"


def count_text(figures: int) -> str:
    """How many figures, with grouped thousands."""
    count = format_number(figures, (0, 0), language())
    return ngettext("%(count)s figure", "%(count)s figures", figures, count=count)


def reasons_text(tally: Tally, cells: Reader) -> str:
    """Changes by reason, the most frequent first: `New data: 24 figures; Late data: 3 figures`."""
    parts = [
        f"{cells.catalogue.label('change_reason', reason, cells.language)}: {count_text(count)}"
        for reason, count in tally.reasons.items()
    ]
    return "; ".join(parts)
