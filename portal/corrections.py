"""The log of corrections: errors found in published figures, figures that were withdrawn, releases that were taken back.

Figures that a release puts right without an entry of their own get one here: nothing is corrected in silence.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from flask_babel import gettext as _

from datasets.contract import LANGUAGES, ROLLBACKS_FILE, Reason
from portal.catalogue import Redaction, Text
from portal.chronicle import Step
from portal.i18n import speaking
from portal.moves import Move
from portal.record import Correction, join, record_of
from portal.release import Release
from portal.renamed import Names
from portal.store import ReleaseStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LogEntry:
    """An entry of the log: what was wrong, and where it is put right.

    `figures` counts the figures that changed (of a redaction: those withdrawn), `largest` is the one that moved most; both are
    unknown as long as no release of the chain has the correction. `releases` are those in which it was made: of a correction
    the first that has it, of a redaction all from which figures were withdrawn, of a rollback the one that is served since.
    An `automatic` entry stands for the figures that a release puts right for one reason, with no correction that says so;
    it goes with the corrections of that release and reason. `withdrawn` are the figures of a redaction, each once.
    """

    kind: Literal["correction", "automatic", "redaction", "rollback"]
    id: str
    date: str
    text: Text
    datasets: tuple[str, ...] = ()
    measure: str | None = None
    reason: str | None = None
    found_by: str | None = None
    figures: int | None = None
    largest: Move | None = None
    releases: tuple[str, ...] = ()
    #: The release before the one in which it was made, with which to compare it; of a rollback the one taken back.
    before: str | None = None
    #: Ids of corrections.
    goes_with: tuple[str, ...] = ()
    withdrawn: tuple[Redaction, ...] = ()


def read_log(release: Release, steps: tuple[Step, ...], store: ReleaseStore) -> list[LogEntry]:
    """The entries, newest first: those of the chain, and those that `release` has besides (a preview is in no chain)."""
    newest = next((step.record.corrections for step in steps if step.record.corrections), ())
    corrections = [_corrected(each, steps) for each in join(newest, record_of(release).corrections)]
    entries = [*corrections, *_automatic(steps, corrections), *read_redactions(steps), *_rollbacks(store)]
    return sorted(entries, key=lambda entry: (entry.date, entry.id), reverse=True)


def about(entries: Iterable[LogEntry], slug: str, names: Names) -> list[LogEntry]:
    """The entries about a dataset, under each of its names."""
    known = {slug, *names.former(slug)}
    return [entry for entry in entries if known & set(entry.datasets)]


def _corrected(correction: Correction, steps: tuple[Step, ...]) -> LogEntry:
    first = next((step for step in reversed(steps) if step.corrects(correction.id)), None)
    tally = first.corrected.get(correction.id) if first else None
    return LogEntry(
        kind="correction",
        id=correction.id,
        date=correction.date,
        text=correction.text,
        datasets=(correction.dataset,),
        measure=correction.measure,
        reason=correction.reason,
        found_by=correction.found_by,
        figures=tally.figures if tally else None,
        largest=tally.largest if tally else None,
        releases=(first.id,) if first else (),
        before=first.previous if first else None,
    )


def _automatic(steps: tuple[Step, ...], corrections: list[LogEntry]) -> Iterator[LogEntry]:
    """One entry for each release and reason of what has no correction."""
    for step in steps:
        for reason, tally in step.tallies.unlogged.items():
            with_it = [each.id for each in corrections if each.reason == reason and step.id in each.releases]
            yield LogEntry(
                kind="automatic",
                id=f"{step.id}-{reason}",
                date=step.day,
                text=_automatic_text(reason),
                datasets=tally.datasets,
                reason=reason,
                figures=tally.figures,
                largest=tally.largest,
                releases=(step.id,),
                before=step.previous,
                goes_with=tuple(with_it),
            )


def _automatic_text(reason: str) -> Text:
    """What is known without a correction, in each language."""
    said: Text = {}
    for code in LANGUAGES:
        with speaking(code):
            texts = {
                Reason.SOURCE_CORRECTION: _("Said by the source when it delivered a month anew."),
                Reason.OUR_ERROR: _("An error of ours was put right."),
                Reason.METHOD_CHANGE: _("The figures are computed in another way."),
                Reason.RECLASSIFICATION: _("The figures are sorted in another way."),
            }
            said[code] = texts[Reason(reason)]
    return said


def read_redactions(
    steps: Iterable[Step], concerns: Callable[[Step, Redaction], bool] = lambda _step, _redaction: True
) -> Iterator[LogEntry]:
    """One entry a redaction, over all releases from which it withdrew figures; only of those that it `concerns`."""
    found: dict[str, list[tuple[str, Redaction]]] = {}
    for step in reversed(tuple(steps)):
        for each in step.redactions:
            if concerns(step, each):
                found.setdefault(each.redaction, []).append((step.id, each))
    for name, members in found.items():
        first = members[0][1]
        figures = {(each.dataset, each.measure, each.keys): each for _release, each in members}
        yield LogEntry(
            kind="redaction",
            id=name,
            date=first.date[:10],
            text=first.reason,
            datasets=tuple(dict.fromkeys(each.dataset for _release, each in members)),
            reason=Reason.REDACTION,
            figures=len(figures),
            releases=tuple(dict.fromkeys(release for release, _redaction in members)),
            withdrawn=tuple(figures.values()),
        )


def _rollbacks(store: ReleaseStore) -> Iterator[LogEntry]:
    """The releases that were taken back, as the store's public list says; a damaged list is no reason to show nothing."""
    try:
        said = json.loads((store.folder / ROLLBACKS_FILE).read_text(encoding="utf-8"))
        entries = [(each["at"], each["from"], each["to"], each["reason"]) for each in said]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        log.exception("%s cannot be read.", ROLLBACKS_FILE)
        return
    for at, taken_back, served, reason in entries:
        yield LogEntry("rollback", f"rollback-{at}", at[:10], reason, releases=(served,), before=taken_back)
