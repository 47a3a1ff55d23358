"""Manifests that are wrong, or that say what is not so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etl.registry.manifest import parse_manifest, read_manifest
from tests.etl.registry.validation.corpus import IIN, NAME, Accepted, Outcome, Spoil, judge, quarantined, refused
from tests.etl.registry.validation.draft import Draft, draft

Document = dict[str, Any]


def edited(change: Callable[[Document], object]) -> Spoil:
    """A spoiler that changes the manifest's document before it is written."""

    def spoil(draft: Draft) -> None:
        draft.edit = lambda document: (change(document), None)[1]

    return spoil


def rewritten(change: Callable[[str], str | bytes]) -> Spoil:
    """A spoiler that changes the manifest's text after it was written."""

    def after(folder: Path) -> None:
        path = folder / "manifest.json"
        content = change(path.read_text())
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def spoil(draft: Draft) -> None:
        draft.after = after

    return spoil


def file_of(document: Document, path: str) -> Document:
    return next(each for each in document["files"] if each["path"] == path)


def removed(draft: Draft) -> None:
    draft.after = lambda folder: (folder / "manifest.json").unlink()


def total(document: Document, more: int) -> None:
    next(each for each in document["totals"] if each["table"] == "contract")["value"] += more


def note(draft: Draft, value: Any) -> None:
    draft.note = {"remark": value}


def iin_in_path(draft: Draft) -> None:
    def change(document: Document) -> None:
        file_of(document, "site.parquet")["path"] = f"site-{IIN}.parquet"

    draft.edit = change
    draft.after = lambda folder: (folder / "site.parquet").rename(folder / f"site-{IIN}.parquet")


CASES: dict[str, tuple[Spoil, Outcome]] = {
    "none": (removed, refused("manifest.json: file: cannot be read", "Name the folder")),
    "empty": (rewritten(lambda text: ""), refused("not valid JSON")),
    "not JSON": (rewritten(lambda text: "extract: a"), refused("not valid JSON")),
    "cut short": (rewritten(lambda text: text[: len(text) // 2]), refused("not valid JSON")),
    "a list": (rewritten(lambda text: "[]"), refused("not a JSON object")),
    "key twice": (rewritten(lambda text: text.replace("{", '{"extract": "b", ', 1)), refused("names a key twice")),
    "not UTF-8": (rewritten(lambda text: text.encode("utf-16")), refused("not valid JSON in UTF-8")),
    "byte order mark": (rewritten(lambda text: "\ufeff" + text), Accepted()),
    "endless": (rewritten(lambda text: text + " " * 17_000_000), refused("larger than 16 MB")),
    "NaN": (rewritten(lambda text: text.replace('"note": {}', '"note": {"a": NaN}')), refused("not valid JSON")),
    "unknown key": (edited(lambda document: document.update(author="a")), refused("author: is not a known key")),
    "unknown key with a name": (
        edited(lambda document: document.update({NAME: 1})),
        refused("file: is not a known key"),
    ),
    "corrects a month that it brings": (
        edited(lambda document: document.update(note={"corrects": document["periods"][:1]})),
        Accepted(),
    ),
    "corrects a month that it does not bring": (
        edited(lambda document: document.update(note={"corrects": ["2025-01"]})),
        refused("note.corrects: is not a list of months of the extract"),
    ),
    "corrects no list": (
        edited(lambda document: document.update(note={"corrects": document["periods"][0]})),
        refused("note.corrects: is not a list of months of the extract"),
    ),
    "missing key": (edited(lambda document: document.pop("as_of")), refused("as_of: is missing")),
    "other version": (edited(lambda document: document.update(contract="2")), refused("not made for version 1")),
    "id with spaces": (
        edited(lambda document: document.update(extract="An extract")),
        refused("extract: is not made of"),
    ),
    "instant without zone": (edited(lambda document: document.update(as_of="2026-05-01T00:00:00")), refused("as_of")),
    "instant that is not": (edited(lambda document: document.update(as_of="2026-02-31T00:00:00Z")), refused("as_of")),
    "month not over": (
        edited(lambda document: document.update(as_of="2026-04-30T18:59:59Z")),
        refused("as_of: is before the end of 2026-04"),
    ),
    "month just over in local time": (
        edited(lambda document: document.update(as_of="2026-04-30T19:00:00Z")),
        Accepted(),
    ),
    "mark as a text": (edited(lambda document: document.update(synthetic="true")), refused("neither true nor false")),
    "mark as a number": (edited(lambda document: document.update(synthetic=1)), refused("neither true nor false")),
    "rows as a text": (
        edited(lambda document: file_of(document, "site.parquet").update(rows="300")),
        refused("rows: is not a whole number"),
    ),
    "months not in order": (
        edited(lambda document: document["periods"].reverse()),
        refused("periods: are not in order"),
    ),
    "month thirteen": (edited(lambda document: document["periods"].append("2026-13")), refused("is not a month")),
    "file of another month": (
        edited(lambda document: file_of(document, "service/2026-04.parquet").update(period="2026-05")),
        refused("is not among the months of the extract"),
    ),
    "register with a month": (
        edited(lambda document: file_of(document, "site.parquet").update(period="2026-03")),
        refused("must be empty: site is a register"),
    ),
    "month left out": (
        edited(lambda document: file_of(document, "service/2026-03.parquet").update(period="")),
        refused("is missing: service comes month by month"),
    ),
    "unknown table": (
        edited(lambda document: file_of(document, "site.parquet").update(table="person")),
        refused("is not a table of the contract"),
    ),
    "digest cut short": (
        edited(lambda document: file_of(document, "site.parquet").update(sha256="ab")),
        refused("is not a SHA-256"),
    ),
    "path out of the folder": (
        edited(lambda document: file_of(document, "site.parquet").update(path="../site.parquet")),
        refused("is not a path inside the folder"),
    ),
    "absolute path": (
        edited(lambda document: file_of(document, "site.parquet").update(path="/etc/site.csv")),
        refused("is not a path inside the folder"),
    ),
    "path with a line end": (
        edited(lambda document: file_of(document, "site.parquet").update(path="site.parquet\n")),
        refused("is not a path inside the folder"),
    ),
    "file of another kind": (
        edited(lambda document: file_of(document, "site.parquet").update(path="site.xlsx")),
        refused("neither a .parquet nor a .csv file"),
    ),
    "path twice": (
        edited(lambda document: document["files"].append(file_of(document, "site.parquet"))),
        refused("files: name a path twice"),
    ),
    "no total": (
        edited(lambda document: document["totals"].clear()),
        refused("totals: contract.amount_kzt: is missing"),
    ),
    "total of another column": (
        edited(lambda document: document["totals"][0].update(column="contract_id")),
        refused("is not a column of", "whose total is stated"),
    ),
    "total twice": (
        edited(lambda document: document["totals"].append(document["totals"][0])),
        refused("totals: state a total twice"),
    ),
    "total as a fraction": (edited(lambda document: total(document, 0.5)), refused("value: is not a whole number")),
    "total off by one tenge": (
        edited(lambda document: total(document, 1)),
        refused("contract: its total of amount_kzt is", "the manifest states"),
    ),
    "rows miscounted": (
        edited(lambda document: file_of(document, "site.parquet").update(rows=301)),
        refused("site.parquet: rows: has 300 rows; the manifest says 301"),
    ),
    "IIN in the note": (
        lambda draft: note(draft, ["seen by", {"who": f"ИИН {IIN}"}]),
        refused("names and note: hold an IIN"),
    ),
    "IIN in the note, split": (lambda draft: note(draft, f"{IIN[:6]} {IIN[6:]}"), refused("hold an IIN")),
    "IIN as a number in the note": (lambda draft: note(draft, int(IIN)), refused("hold an IIN")),
    "IIN as a key of the note": (lambda draft: note(draft, {IIN: 1}), refused("hold an IIN")),
    "IIN in the extract's name": (
        edited(lambda document: document.update(extract=f"extract-{IIN}")),
        refused("hold an IIN"),
    ),
    "IIN in a file's name": (iin_in_path, refused("hold an IIN")),
    "any other note": (lambda draft: note(draft, {"seed": 1, "scale": 0.001, "list": [None, True]}), Accepted()),
    "nothing wrong": (lambda draft: None, quarantined(0)),
}


@pytest.mark.parametrize("name", CASES)
def test_manifest(name: str, tmp_path: Path, warm: Path) -> None:
    spoil, outcome = CASES[name]
    judge(spoil, outcome, tmp_path, warm)


def test_an_extract_that_is_not_there(tmp_path: Path, warm: Path) -> None:
    judge(
        lambda draft: setattr(draft, "after", lambda folder: folder.rename(tmp_path / "moved")),
        refused("does not exist"),
        tmp_path,
        warm,
    )


def test_manifest_is_written_as_it_was_read(tmp_path: Path) -> None:
    manifest = read_manifest(draft().write(tmp_path))
    assert parse_manifest(manifest.to_json().encode(), "manifest.json") == manifest
    assert json.loads(manifest.to_json())["contract"] == "1"
