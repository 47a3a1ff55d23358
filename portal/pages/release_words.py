"""What is said of releases and of their changes, in the language of the request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from datasets.contract import Change
from portal.cells import Reader
from portal.changes import Count, by_reason
from portal.i18n import language
from portal.numbers import format_date, format_number, format_period
from portal.pages.move_words import count_text
from portal.release import Edition
from portal.release_notes import Hidden, ReleaseNotes
from portal.store import Listed

#: So many new periods are named; of more, the first and the last.
_MOST_PERIODS = 3
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def release_name(release: Listed | Edition) -> str:
    """`Release 5`; one that was built before there was a chain has its id only."""
    if release.sequence is None:
        return _("Release %(id)s", id=release.id)
    return _("Release %(number)d", number=release.sequence)


def published_text(release: Listed | Edition, cells: Reader) -> str:
    """The day on which it was published; empty if it is not signed."""
    return format_date(release.published[:10], cells.language) if release.published else ""


def release_choice(listed: Listed, cells: Reader) -> str:
    """A release in a list to choose from."""
    day = format_date((listed.published or listed.data_through)[:10], cells.language, short=True)
    return f"{release_name(listed)}, {day}" if listed.sequence is not None else release_name(listed)


def reason_text(reason: str | None, cells: Reader) -> str:
    """A reason in words."""
    return cells.catalogue.label("change_reason", reason, cells.language) if reason else _("Not known")


def counts_text(counts: Iterable[Count], cells: Reader) -> str:
    """Changes by reason, what is gone apart: `New data: 60 figures added, 3 figures gone; Late data: 18 figures`."""
    return "; ".join(
        f"{reason_text(reason, cells)}: {_kinds_text(kinds)}" for reason, kinds in by_reason(counts).items()
    )


def _kinds_text(kinds: Mapping[str, int]) -> str:
    everything, gone, added = sum(kinds.values()), kinds.get(Change.REMOVED, 0), kinds.get(Change.ADDED, 0)
    if not gone:
        return count_text(everything)
    other = everything - gone - added
    parts = [
        ngettext("%(count)s figure added", "%(count)s figures added", added, count=_number(added)) if added else "",
        ngettext("%(count)s figure gone", "%(count)s figures gone", gone, count=_number(gone)),
        ngettext(
            "%(count)s figure otherwise changed", "%(count)s figures otherwise changed", other, count=_number(other)
        )
        if other
        else "",
    ]
    return ", ".join(filter(None, parts))


def _number(figures: int) -> str:
    return format_number(figures, (0, 0), language())


def note_sentences(notes: ReleaseNotes, cells: Reader) -> list[str]:
    """The notes of a release in a few sentences, each true by the release's own tables."""
    sentences = [*_identity(notes, cells), *_changes(notes, cells), *_catalogue(notes, cells), *_record(notes)]
    # A Russian date ends with a full stop of its own.
    return [f"{each.rstrip('.')}." for each in sentences]


def _identity(notes: ReleaseNotes, cells: Reader) -> Iterable[str]:
    release, name = notes.release, release_name(notes.release)
    if release.published:
        yield _("%(release)s was published on %(date)s.", release=name, date=published_text(release, cells))
    else:
        yield _("%(release)s is not signed, so it does not say when it was published.", release=name)
    yield _("Its data run through %(date)s.", date=format_date(release.data_through, cells.language))
    if release.synthetic:
        yield _("Figures computed from the simulated extract are synthetic, and so are their changes.")


def _changes(notes: ReleaseNotes, cells: Reader) -> Iterable[str]:
    if notes.before is None:
        yield _("It is the first release: there is none before it to compare it with.")
        return
    before = release_name(notes.before)
    if not notes.counts:
        yield _("No figure is other than in the release before it (%(before)s).", before=before)
        return
    yield _(
        "Not as in the release before it (%(before)s): %(figures)s, %(datasets)s.",
        before=before,
        figures=count_text(notes.figures),
        datasets=ngettext("%(num)d dataset", "%(num)d datasets", notes.datasets),
    )
    yield f"{counts_text(notes.counts, cells)}."
    if notes.diff is None:
        yield _("The release before it is not kept any more, so the former values cannot be shown.")


def _catalogue(notes: ReleaseNotes, cells: Reader) -> Iterable[str]:
    titles = {
        "new": [each.title[cells.language] for each in notes.new_datasets],
        "gone": [each.title[cells.language] for each in notes.gone_datasets],
    }
    if titles["new"]:
        yield _("New datasets: %(titles)s.", titles="; ".join(titles["new"]))
    if titles["gone"]:
        yield _("No longer published: %(titles)s.", titles="; ".join(titles["gone"]))
    for old, new in notes.renamed_datasets:
        yield _("The dataset %(old)s is called %(new)s now.", old=old.slug, new=new.slug)
    for text, count in _shared_periods(notes.periods, cells).items():
        yield ngettext(
            "New in %(num)d dataset: %(period)s.",
            "New in %(num)d datasets: %(period)s.",
            count,
            period=text,
        )


def _shared_periods(periods: Mapping[str, tuple[str, ...]], cells: Reader) -> dict[str, int]:
    """New periods in words -> how many datasets have these, the most frequent first."""
    counts: dict[str, int] = {}
    for each in sorted(periods.values()):
        text = period_list(each, cells)
        counts[text] = counts.get(text, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def period_list(periods: tuple[str, ...], cells: Reader) -> str:
    """Periods in words; of many the first and the last, and of days their months: not every day has figures."""
    months = tuple(dict.fromkeys(each[:7] if _DAY.fullmatch(each) else each for each in periods))
    named = [format_period(each, cells.language) for each in months]
    text = ", ".join(named) if len(named) <= _MOST_PERIODS else f"{named[0]} – {named[-1]}"
    return text if months == periods else _("%(months)s (by day)", months=text)


def _record(notes: ReleaseNotes) -> Iterable[str]:
    if notes.corrections:
        count = len(notes.corrections)
        yield ngettext("%(num)d error is corrected.", "%(num)d errors are corrected.", count)
    if notes.redactions:
        yield _("Withdrawn after publication: %(figures)s.", figures=count_text(len(notes.redactions)))
    if notes.hidden:
        figures, totals = (sum(getattr(each, name) for each in notes.hidden.values()) for name in ("figures", "totals"))
        yield _("Hidden to protect persons: %(figures)s.", figures=hidden_text(Hidden(figures, totals)))


def hidden_text(hidden: Hidden) -> str:
    """How many figures are hidden, those of published sums said apart."""
    figures = count_text(hidden.figures)
    if not hidden.totals:
        return figures
    return _("%(figures)s, %(totals)s of these in published sums", figures=figures, totals=_number(hidden.totals))
