"""Checks of stated figures as the rows of a table."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from portal.catalogue import Check, Dataset
from portal.cells import Reader
from portal.numbers import format_number


def check_rows(shown: Dataset, cells: Reader) -> list[list[dict[str, Any]]]:
    """The reconciliation of a dataset as table rows; rows that only match come last."""
    order = {"source_error": 0, "different_bases": 1, "incomplete": 2, "rounding": 3, "not_summed": 5}
    ranked = sorted(shown.checks, key=lambda check: order.get(check.classification, 4))
    return [check_row(shown, check, cells) for check in ranked]


def check_row(shown: Dataset, check: Check, cells: Reader) -> list[dict[str, Any]]:
    """One reconciliation row: what and how, stated, computed, gap, unit, the kind of gap and why."""
    column = shown.by_name[check.measure]
    fewest, most = column.decimals
    wide = (fewest, max(most, 2) if check.kind == "ratio" else most)

    def number(value: float | None, decimals: tuple[int, int]) -> dict[str, Any]:
        if value is None:
            return {"text": "", "status": "not_applicable"}
        return {"text": format_number(value, decimals, cells.language)}

    return [
        {
            "text": f"{column.title[cells.language]}: {cells.place(shown, check)}",
            "note": cells.catalogue.label("check_kind", check.kind, cells.language),
        },
        number(check.stated, column.decimals),
        number(check.computed, wide),
        number(check.gap, wide),
        {"text": cells.unit(check.unit)},
        {
            "text": cells.catalogue.label("gap_class", check.classification, cells.language),
            "note": check.note[cells.language] if check.note else "",
        },
    ]


def check_columns() -> list[dict[str, Any]]:
    """The headers of a reconciliation table."""
    texts = (_("What"), _("Stated"), _("Computed"), _("Gap"), _("Unit"), _("Kind of gap"))
    return [{"key": str(index), "label": text, "numeric": index in (1, 2, 3)} for index, text in enumerate(texts)]


def gap_meanings() -> dict[str, str]:
    """What each kind of gap means."""
    return {
        "match": _("the stated figure is the computed one"),
        "rounding": _("the rounding of the printed figures can explain the gap"),
        "source_error": _("the source contradicts itself; the note says how"),
        "different_bases": _("the two figures count different things; the note says which"),
        "incomplete": _("a figure that the sum needs is not given, so none is computed"),
        "not_summed": _("a rate: adding up its rows would mean nothing"),
    }
