"""The section of a dataset's page on how far first figures moved."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.catalogue import Column, Dataset
from portal.cells import Reader
from portal.numbers import format_number
from portal.release import Release
from portal.revisions import Moved, Study, studies

#: Ages shown for each measure besides the last; a store has about one release a month.
_FIRST_AGES = 12


def revisions_view(release: Release, shown: Dataset, cells: Reader) -> dict[str, Any] | None:
    """What the page says; nothing before there is a second release to compare with."""
    study = studies().of(shown, release)
    if not study.total:
        return None
    rows = [_row(column, moved, cells) for column in shown.measures for moved in _chosen(study.measures[column.name])]
    return {
        "sentence": _sentence(study, cells),
        "columns": _columns(),
        "rows": rows,
        "reasons": _reasons(study, cells),
        "left_out": ngettext(
            "%(num)d figure that was our own error is left out.",
            "%(num)d figures that were our own error are left out.",
            study.left_out,
        )
        if study.left_out
        else "",
    }


def _chosen(moved: tuple[Moved, ...]) -> tuple[Moved, ...]:
    return moved if len(moved) <= _FIRST_AGES + 1 else (*moved[:_FIRST_AGES], moved[-1])


def _sentence(study: Study, cells: Reader) -> str:
    """What has become so far of all figures that a second release has."""
    said = {"figures": _count(study.followed, cells), "revised": _count(study.changed, cells)}
    if not study.changed:
        return _("Of %(figures)s figures none is another one so far than when it was first published.", **said)
    share = _percent(study.changed / study.followed, cells)
    return _(
        "Of %(figures)s figures %(revised)s are other ones so far than when they were first published: %(share)s.",
        **said,
        share=share,
    )


def _columns() -> list[dict[str, Any]]:
    texts = (
        _("Measure"),
        _("Releases later"),
        _("Figures compared"),
        _("Share changed"),
        _("Mean change, without sign"),
        _("Relative to the first values"),
    )
    return [{"key": str(index), "label": text, "numeric": index > 0} for index, text in enumerate(texts)]


def _row(column: Column, moved: Moved, cells: Reader) -> list[dict[str, Any]]:
    relative = "–" if moved.relative is None else _percent(moved.relative, cells)
    mean = format_number(moved.mean_absolute, (0, max(2, column.decimals[1])), cells.language)
    unit = cells.unit(column.unit)
    return [
        {"text": f"{column.title[cells.language]}, {unit}" if unit else column.title[cells.language]},
        {"text": _count(moved.age, cells)},
        {"text": _count(moved.figures, cells)},
        {"text": _percent(moved.share, cells)},
        {"text": mean},
        {"text": relative},
    ]


def _reasons(study: Study, cells: Reader) -> list[dict[str, str]]:
    label = cells.catalogue.label
    found = sorted(study.reasons.items(), key=lambda each: -each[1])
    return [{"key": label("change_reason", reason, cells.language), "value": _count(n, cells)} for reason, n in found]


def _count(number: int, cells: Reader) -> str:
    return format_number(number, (0, 0), cells.language)


def _percent(share: float, cells: Reader) -> str:
    return cells.amount(100 * share, (0, 2), "percent")
