"""The record of releases: all that were published, and what each of them has that the one before it had not."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from datasets.contract import DATA_FOLDER, MANIFEST_FILE, SIGNATURE_FILE
from portal.catalogue import Redaction
from portal.cells import Reader
from portal.changes import Count, change_counts
from portal.chronicle import chronicle
from portal.corrections import LogEntry, read_log
from portal.current import current_release, edition_of, latest_release, store
from portal.diff import BusyError, diffs
from portal.freshness import REVALIDATED
from portal.numbers import format_date, format_size
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.chain_links import diff_url, notes_url, pinned_page
from portal.pages.difference_rows import dataset_url, difference_columns, difference_tables
from portal.pages.move_words import count_text
from portal.pages.release_words import (
    counts_text,
    hidden_text,
    note_sentences,
    period_list,
    published_text,
    release_name,
)
from portal.release import Edition, Release, ReleaseError
from portal.release_notes import ReleaseNotes, write_notes
from portal.store import Listed


def unkept(html: str) -> ResponseReturnValue:
    """A page that depends on more releases than one: asked about at each use."""
    response = make_response(html)
    response.headers["Cache-Control"] = REVALIDATED
    response.headers["X-Release"] = current_release().id
    return response


@page("releases/", kept=False)
def releases() -> ResponseReturnValue:
    """All releases, newest first, and when the portal went back to an older one."""
    cells, chain = reader(), store().chain()
    rollbacks = [each for each in read_log(current_release(), chronicle().steps(), store()) if each.kind == "rollback"]
    entries: list[dict[str, Any]] = []
    for listed, before in zip(chain, [*chain[1:], None], strict=True):
        day = (listed.published or listed.data_through)[:10]
        entries += [_rollback(each, cells) for each in rollbacks if each.date >= day]
        rollbacks = [each for each in rollbacks if each.date < day]
        entries.append(_entry(listed, before, cells))
    entries += [_rollback(each, cells) for each in rollbacks]
    return unkept(
        render_template("releases.html", entries=entries, count=len(chain), breadcrumbs=breadcrumbs(_("Releases")))
    )


def _entry(listed: Listed, before: Listed | None, cells: Reader) -> dict[str, Any]:
    whole = listed.state == "whole"
    counts = change_counts().of(listed.id) if whole else None
    key = ""
    if listed.published:
        seal = edition_of(listed.id).seal
        key = seal.key if seal else ""
    return {
        "id": listed.id,
        "name": release_name(listed),
        "current": listed.id == latest_release().id,
        "state": listed.state,
        "synthetic": listed.synthetic,
        "changes": _size(counts, before, cells) if counts is not None else "",
        "facts": [
            {"key": _("Published"), "value": published_text(listed, cells) or _("not signed")},
            {"key": _("Data through"), "value": format_date(listed.data_through, cells.language)},
            {"key": _("Signed with key"), "value": key, "href": url_for("pages.keys")},
        ],
        "links": [
            {"text": _("Release notes"), "href": notes_url(listed.id)},
            *([{"text": _("The portal as of this release"), "href": pinned_page(listed.id, "")}] if whole else []),
            *(
                [{"text": _("All differences from the one before"), "href": diff_url(before.id, listed.id)}]
                if whole and before and before.state == "whole"
                else []
            ),
        ],
    }


def _size(counts: tuple[Count, ...], before: Listed | None, cells: Reader) -> str:
    if before is None:
        return _("The first release.")
    return f"{counts_text(counts, cells)}." if counts else _("No figure has changed.")


def _rollback(entry: LogEntry, cells: Reader) -> dict[str, Any]:
    return {
        "rollback": True,
        "date": format_date(entry.date, cells.language),
        "text": entry.text[cells.language],
        "taken": {"text": entry.before, "href": notes_url(entry.before or "")},
        "served": {"text": entry.releases[0], "href": notes_url(entry.releases[0])},
    }


@page("releases/<release_id>", kept=False)
def release(release_id: str) -> ResponseReturnValue:
    """The notes of one release: what is new in it, how to be sure of it, its files."""
    cells = reader()
    try:
        edition = edition_of(release_id)
    except ReleaseError:
        abort(404)
    opened = _open(edition)
    try:
        notes = write_notes(opened, store(), diffs(), change_counts()) if opened else None
    except BusyError:
        abort(503)
    name = release_name(edition)
    html = render_template(
        "release.html",
        name=name,
        shown=edition,
        is_current=release_id == latest_release().id,
        retired=_retirement(edition, cells),
        damaged=opened is None and edition.retired is None,
        sentences=note_sentences(notes, cells) if notes else [],
        notes=_view(notes, cells) if notes else None,
        columns=difference_columns(),
        identity=_identity(edition, cells),
        papers=[each for each in (MANIFEST_FILE, SIGNATURE_FILE) if each == MANIFEST_FILE or edition.seal],
        check=pinned_page(edition.id, "keys#check") if opened and edition.seal else "",
        files=_files(edition, cells) if edition.retired is None else [],
        pinned=pinned_page(edition.id, "") if opened else "",
        breadcrumbs=breadcrumbs(name, (_("Releases"), url_for("pages.releases"))),
    )
    return unkept(html)


def _open(edition: Edition) -> Release | None:
    try:
        return store().open(edition)
    except ReleaseError:
        return None


def _retirement(edition: Edition, cells: Reader) -> dict[str, str]:
    if edition.retired is None:
        return {}
    said = edition.retired
    return {"at": format_date(str(said["at"])[:10], cells.language), "reason": said["reason"].get(cells.language, "")}


def _view(notes: ReleaseNotes, cells: Reader) -> dict[str, Any]:
    """What the template needs of the notes; each list may be empty."""
    language, catalogue = cells.language, notes.release.catalogue
    told = [each for changes in notes.largest.values() for each in changes]
    return {
        "tables": difference_tables(notes.diff, told, cells) if notes.diff else [],
        "diff": diff_url(notes.before.id, notes.release.id) if notes.diff and notes.before else "",
        "json": url_for("api.release_notes", release_id=notes.release.id),
        "new": [{"text": each.title[language], "href": dataset_url(each.slug)} for each in notes.new_datasets],
        "gone": [{"text": each.title[language], "href": ""} for each in notes.gone_datasets],
        "periods": [
            {"key": catalogue.datasets[slug].title[language], "value": period_list(periods, cells)}
            for slug, periods in notes.periods.items()
        ],
        "corrections": [
            {"date": format_date(each.date, language), "text": each.text[language], "id": each.id}
            for each in notes.corrections
        ],
        "announcements": [
            {"date": format_date(each.effective, language), "text": each.text[language], "id": each.id}
            for each in notes.announcements
        ],
        "redactions": _redactions(notes.redactions, cells),
        "hidden": [
            {"key": catalogue.datasets[slug].title[language], "value": hidden_text(hidden)}
            for slug, hidden in notes.hidden.items()
            if slug in catalogue.datasets
        ],
    }


def _redactions(redactions: tuple[Redaction, ...], cells: Reader) -> list[dict[str, str]]:
    """The withdrawals, each with its day, its reason and its size."""
    found: dict[str, list[Redaction]] = {}
    for each in redactions:
        found.setdefault(each.redaction, []).append(each)
    return [
        {
            "date": format_date(members[0].date[:10], cells.language),
            "text": members[0].reason[cells.language],
            "size": count_text(len(members)),
        }
        for members in found.values()
    ]


def _identity(edition: Edition, cells: Reader) -> list[dict[str, str]]:
    manifest, before = edition.manifest, edition.manifest.get("previous")
    digest = hashlib.sha256((edition.folder / MANIFEST_FILE).read_bytes()).hexdigest()
    rows = [
        {"key": _("Release"), "value": edition.id},
        {"key": _("Published"), "value": published_text(edition, cells) or _("not signed")},
        {"key": _("Data through"), "value": format_date(edition.data_through, cells.language)},
        {"key": _("SHA-256 of the manifest"), "value": digest},
        {
            "key": _("Signed with key"),
            "value": edition.seal.key if edition.seal else "",
            "href": url_for("pages.keys"),
        },
    ]
    if before:
        rows.append({"key": _("Release before it"), "value": before["id"], "href": notes_url(before["id"])})
        rows.append({"key": _("SHA-256 of its manifest"), "value": before["sha256"]})
    return [
        *rows,
        {"key": _("Extracts"), "value": ", ".join(manifest.get("extracts", []))},
        {"key": _("Version of the code"), "value": str(manifest.get("code_version", ""))},
        {"key": _("Version of the format"), "value": edition.schema_version},
    ]


def _files(edition: Edition, cells: Reader) -> list[list[dict[str, Any]]]:
    """The files as table rows, those of the whole release first."""
    entries = sorted(edition.files.values(), key=lambda each: each["path"].startswith(f"{DATA_FOLDER}/"))
    return [
        [
            {
                "text": entry["path"].rsplit("/", 1)[-1],
                "href": url_for("downloads.pinned", release_id=edition.id, name=entry["path"].rsplit("/", 1)[-1]),
            },
            {"text": format_size(entry["bytes"], cells.language)},
            {"text": entry["sha256"]},
        ]
        for entry in entries
    ]
