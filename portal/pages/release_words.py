"""What is said of releases and of their changes, in the language of the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.cells import Reader
from portal.changes import Count, by_reason
from portal.numbers import format_date, format_period
from portal.pages.move_words import count_text
from portal.release import Edition
from portal.release_notes import ReleaseNotes
from portal.store import Listed

#: So many new periods are named; of more, the first and the last.
_MOST_PERIODS = 3


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
    """Changes by reason: `New data: 60 figures; Late data: 18 figures`."""
    return "; ".join(f"{reason_text(reason, cells)}: {count_text(n)}" for reason, n in by_reason(counts).items())


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
    for period, count in _shared_periods(notes.periods).items():
        yield ngettext(
            "New in %(num)d dataset: %(period)s.",
            "New in %(num)d datasets: %(period)s.",
            count,
            period=period_list(period, cells),
        )


def _shared_periods(periods: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """How many datasets have the same new periods, the most frequent first."""
    counts: dict[tuple[str, ...], int] = {}
    for each in periods.values():
        counts[each] = counts.get(each, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def period_list(periods: tuple[str, ...], cells: Reader) -> str:
    """Periods in words; of many the first and the last."""
    named = [format_period(each, cells.language) for each in periods]
    return ", ".join(named) if len(named) <= _MOST_PERIODS else f"{named[0]} – {named[-1]}"


def _record(notes: ReleaseNotes) -> Iterable[str]:
    if notes.corrections:
        count = len(notes.corrections)
        yield ngettext("%(num)d error is corrected.", "%(num)d errors are corrected.", count)
    if notes.redactions:
        yield _("Withdrawn after publication: %(figures)s.", figures=count_text(len(notes.redactions)))
    if notes.hidden:
        yield _("Hidden to protect persons: %(figures)s.", figures=count_text(sum(notes.hidden.values())))
