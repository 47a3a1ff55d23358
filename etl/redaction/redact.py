"""Carries a redaction out: plan, write aside, attack, record, exchange. It can be stopped at any point and run again.

Nothing is recorded before all releases stand aside and have stood the attack; nothing is exchanged before it is recorded.
From then on the list says what is to be done, and running the same request again does the rest of it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, MANIFEST_FILE
from datasets.fault import Fault, FaultError
from etl.audit.command import packed
from etl.audit.report import audit_release
from etl.protect.journal import LedgerError
from etl.protect.ledger import Ledger
from etl.redacted import Name, Redaction, read_redactions, write_redactions
from etl.redaction.plan import Plan, make_plan
from etl.redaction.published import Published, read_release
from etl.redaction.rechain import Signing, later, rechain, require_joined
from etl.redaction.renamed import names_in
from etl.redaction.request import Request, in_words, name_of, shows
from etl.redaction.rewrite import digests, keep_proofs, seal_aside, write_aside
from etl.redaction.tombstone import is_in
from etl.signing.keyring import Keyring
from etl.store.condition import State, condition_of, is_retired
from etl.store.durable import sync
from etl.store.exchange import exchange, require_exchange
from etl.store.instant import Clock, now
from etl.store.lock import STAGING_PREFIX
from etl.store.previews import previews_in
from etl.store.recovery import publishing
from etl.store.seals import require_keyring, trust_of

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What was done, or with a trial would be: the redaction, the releases after it that are signed anew, and warnings."""

    redaction: Redaction
    rechained: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Series:
    """The releases that are protected together, the oldest first, with their ledger; documents alone have none."""

    name: str
    releases: tuple[Published, ...]
    ledger: Ledger | None = field(repr=False)


def redact(
    request: Request,
    releases: Path,
    store: Path,
    today: str,
    keyring: Keyring | None = None,
    *,
    trial: bool = False,
    progress: Progress = lambda _: None,
    clock: Clock = now,
) -> Outcome:
    """Withdraw a figure from all releases below `releases`, and what would give it back; `store` has the ledgers.

    All releases from the first changed one on are signed with `keyring`. A `trial` changes nothing. Raises FaultError if no
    release shows the figure, if it cannot be hidden, if there are previews, or if a release is damaged or does not stand the
    attack afterwards.
    """
    if not releases.is_dir():
        raise _fault(str(releases), "is no folder of releases.", "Name it with --releases.")
    with publishing(releases):
        require_exchange(releases)
        _refuse_previews(releases)
        published = list(_published(releases))
        listed = read_redactions(store)
        series = _series(request, published, store)
        name = name_of(request, series.releases)
        left = _elsewhere(name, series, published)
        _refuse_others(listed, name, store)
        redaction, plan = _pending(listed, name, series), None
        if redaction is None:
            require_joined(releases)
            progress("plan")
            plan = make_plan(name, series.releases, series.ledger)
            redaction = _made(request, name, plan, series, listed, today)
        outcome = Outcome(redaction, later(redaction.before, releases), (*left, *(plan.warnings if plan else ())))
        if not trial:
            with _written(redaction, series, releases, Signing(keyring, clock), progress) as staged:
                if plan is not None:
                    _record(redaction, plan, series, store)
                elif series.ledger:
                    series.ledger.settle()
                _exchange(staged, releases)
            _list(replace(redaction, done=True), store)
        return outcome


def _record(redaction: Redaction, plan: Plan, series: _Series, store: Path) -> None:
    """Write down what is going to be done, before any release is changed."""
    _list(redaction, store)
    if series.ledger:
        series.ledger.withdraw(redaction.id, plan.figures, plan.relations)


def _list(redaction: Redaction, store: Path) -> None:
    """Put the redaction at the end of the private list, in the place of what was said of it before."""
    write_redactions(store, [*(each for each in read_redactions(store) if each.id != redaction.id), redaction])


def _refuse_previews(releases: Path) -> None:
    """A preview shows the figure too, and must not change: it is dropped, and built anew without the figure."""
    previews = previews_in(releases)
    if previews:
        message = f"the preview {previews[0].id} may show the figure."
        raise _fault("preview", message, "Publish it or drop it ('releases preview drop'), redact, and build it anew.")


def _published(releases: Path) -> Iterator[Published]:
    trust = trust_of(releases)
    for path in sorted(releases.glob(f"[!.]*/{MANIFEST_FILE}")):
        found = condition_of(path.parent, trust)
        if found.state == State.DAMAGED:
            raise _fault(path.parent.name, f"is damaged: {found.fault}.", "Restore or remove it.")
        if found.state != State.RETIRED:
            yield read_release(path.parent)


def _series(request: Request, published: Sequence[Published], store: Path) -> _Series:
    """The releases in which the figure means the same: all of them, or those of the one ledger that knows them."""
    having = [each for each in published if (found := each.dataset(request.dataset)) and found.protection]
    if not having:
        return _Series("", tuple(published), None)
    ledgers = {folder.name: _ledger(folder) for folder in sorted((store / "ledger").glob("*/"))}
    known = {name: each for name, each in ledgers.items() if {one.id for one in having} & {*each.releases}}
    if len(known) != 1:
        message = (
            f"has {'several ledgers that know' if known else 'no ledger that knows'} the releases with this figure."
        )
        remedy = "Give the work folder that they were built with, and a folder of releases for each series of extracts."
        raise _fault("--store", message, remedy)
    ((name, ledger),) = known.items()
    missing = [each.id for each in having if each.id not in ledger.releases]
    if missing:
        remedy = "Give the --store that it was built with, or restore it from a backup."
        raise _fault("ledger", f"does not know the release {missing[0]}.", remedy)
    by_id = {each.id: each for each in having}
    return _Series(name, tuple(by_id[each] for each in ledger.releases if each in by_id), ledger)


def _elsewhere(name: Name, series: _Series, published: Sequence[Published]) -> tuple[str, ...]:
    """What to say of releases that show a protected figure under another name: a ledger knows it by one name only.

    Raises FaultError if an earlier name is still shown; so earlier names go first, and each request can be carried out.
    """
    if series.ledger is None:
        return ()
    names = names_in(name, published)
    others = [(each, names.within(each)) for each in published if names.within(each) != name]
    shown = [(each, other) for each, other in others if shows(each, other)]
    said = tuple(f"{each.id} shows it as {in_words(other, each)}" for each, other in shown)
    if any(names.is_earlier(other) for _, other in shown):
        remedy = "Withdraw it under its earlier names first, then under this one."
        raise _fault(f"{name[0]}.{name[1]}", f"has another name elsewhere: {'; '.join(said)}.", remedy)
    return tuple(f"{each}; withdraw it there as well" for each in said)


def _ledger(folder: Path) -> Ledger:
    try:
        return Ledger(folder)
    except LedgerError as error:
        raise _fault("ledger", str(error), "Restore it before anything is withdrawn.") from None


def _pending(listed: Sequence[Redaction], name: Name, series: _Series) -> Redaction | None:
    """The same request if it was begun and not finished, so that what was planned is done.

    One that the ledger does not know was stopped before any release was changed: it is planned anew.
    """
    for each in listed:
        begun = not series.ledger or each.id in series.ledger.releases
        if each.name == name and each.series == series.name and not each.done and begun:
            return each
    return None


def _refuse_others(listed: Sequence[Redaction], name: Name, store: Path) -> None:
    """Refuse to plan while another redaction is half done: releases would be read as nobody will see them."""
    for each in listed:
        begun = not each.series or each.id in _ledger(store / "ledger" / each.series).releases
        if not each.done and begun and each.name != name:
            remedy = "Run it again first, with the same --where; it does the rest."
            raise _fault(
                f"{each.name[0]}.{each.name[1]}", f"the redaction of {', '.join(each.name[2])} is half done.", remedy
            )


def _made(
    request: Request, name: Name, plan: Plan, series: _Series, listed: Sequence[Redaction], today: str
) -> Redaction:
    touched = [each for each in series.releases if each.id in plan.gone or _looks_at(each, plan, series)]
    number = sum(each.done and each.name == name for each in listed)
    digest = hashlib.sha256(json.dumps([series.name, name, number]).encode()).hexdigest()[:12]
    return Redaction(
        id=f"redaction-{digest}",
        date=today,
        series=series.name,
        name=name,
        reason=request.reason,
        gone={
            release: [(each.dataset, each.measure, each.keys, each.asked) for each in gone]
            for release, gone in plan.gone.items()
        },
        key=secrets.token_hex(32),
        before={each.id: digests(each) for each in touched},
    )


def _looks_at(release: Published, plan: Plan, series: _Series) -> bool:
    """Whether the release's audit took in figures of an earlier one that go."""
    return series.ledger is not None and not plan.gone.keys().isdisjoint(_earlier(release))


def _earlier(release: Published) -> list[str]:
    """The releases with which this one was attacked."""
    path = release.folder / AUDIT_FILE
    return list(json.loads(path.read_text(encoding="utf-8"))["earlier"]) if path.exists() else []


@contextmanager
def _written(
    redaction: Redaction, series: _Series, releases: Path, signing: Signing, progress: Progress
) -> Iterator[list[tuple[Path, Path]]]:
    """The releases that this redaction has yet to change, and those after them: folder aside, and the one to exchange it for."""
    require_keyring(releases, signing.keyring)
    left = [each for each in series.releases if each.id in redaction.before and not is_in(redaction, each.folder)]
    aside: dict[str, Path] = {}
    try:
        for each in left:
            progress(each.id)
            aside[each.id] = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=releases))
            write_aside(redaction, each, aside[each.id])
        for each in left:
            progress("audit")
            _prove(each, aside, releases, attacked=series.ledger is not None)
            seal_aside(redaction, each, aside[each.id])
        if series.ledger:
            _prove_all(series, aside, releases)
        yield rechain(aside, releases, signing, progress)
    finally:
        for folder in aside.values():
            shutil.rmtree(folder, ignore_errors=True)


def _prove(release: Published, aside: dict[str, Path], releases: Path, *, attacked: bool) -> None:
    """Attack the release with the earlier ones that it was attacked with, as they will be."""
    if not attacked:
        keep_proofs(release, aside[release.id])
        return
    earlier = [aside.get(each, releases / each) for each in _earlier(release)]
    there = [folder for folder in earlier if folder.is_dir() and not is_retired(folder)]
    report = audit_release(aside[release.id], there)
    _refuse(release.id, report.faults)
    (aside[release.id] / AUDIT_FILE).write_text(report.to_json(), encoding="utf-8")
    (aside[release.id] / CERTIFICATES_FILE).write_bytes(packed(report))


def _prove_all(series: _Series, aside: dict[str, Path], releases: Path) -> None:
    """Attack all releases together, unless the newest one's audit has done so."""
    *earlier, newest = [each.id for each in series.releases]
    done = set(_earlier(series.releases[-1])) if newest in aside else None
    if done is None or not done >= set(earlier):
        folders = [aside.get(each, releases / each) for each in earlier]
        report = audit_release(aside.get(newest, releases / newest), folders)
        _refuse(newest, report.faults)


def _refuse(release: str, faults: Sequence[str]) -> None:
    if faults:
        remedy = "Nothing was changed. Withdraw the figure named as well, or a total over it."
        raise FaultError([Fault(release, "audit", line, remedy) for line in faults])


def _exchange(staged: Sequence[tuple[Path, Path]], releases: Path) -> None:
    """Put the rewritten releases in their places, one after another; the old folders stand aside then, and are removed."""
    for aside, folder in staged:
        exchange(aside, folder)
        sync(releases)


def _fault(place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault("redaction", place, message, remedy)])
