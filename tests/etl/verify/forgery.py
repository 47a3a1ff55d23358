"""Releases that a holder of the key signs although they are wrong: what the signature cannot find, the other checks must."""

import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATA_FOLDER, DATABASE_FILE, MANIFEST_FILE, SIGNATURE_FILE
from etl.signing.keyring import Keyring
from etl.store.manifest import read_manifest, write_manifest_text, write_over
from etl.store.seals import seal_of, trust_of
from etl.verify.opened import Opened
from etl.verify.verification import Finding, verify

Forge = Callable[[Path], None]


def findings(folder: Path, *, everything: bool = False, **more: object) -> dict[str, Finding]:
    """What verification says of a release of the fixtures, with the keys beside it."""
    trust = more.pop("trust") if "trust" in more else trust_of(folder.parent)
    opened = Opened(folder, trust, **more)  # type: ignore[arg-type]
    return {finding.check: finding for finding in verify(opened, everything=everything)}


def first_broken(folder: Path, **more: object) -> str | None:
    """The first check that finds something, and what; nothing if all is well."""
    said = findings(folder, **more).values()
    return next((f"{each.check}: {each.texts[0]}" for each in said if each.outcome == "BROKEN"), None)


def sign_again(folder: Path, store: Path, said: dict | None = None) -> None:
    """List the files as they are now, and sign."""
    published = seal_of(folder).published  # type: ignore[union-attr]
    if said is None:
        write_over(read_manifest(folder), folder)
    else:
        write_manifest_text(said, folder)
    said = read_manifest(folder)
    if type(said["sequence"]) is not int or said["sequence"] < 1:
        return  # nothing that could be signed: the old signature stays
    signature = Keyring(store).sign(
        (folder / MANIFEST_FILE).read_bytes(),
        release=str(said["id"]),
        sequence=said["sequence"],
        published=published,
    )
    (folder / SIGNATURE_FILE).write_bytes(signature)


def sql(*statements: str) -> Forge:
    """Run statements on the database."""

    def forge(folder: Path) -> None:
        with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return forge


def text(name: str, old: str, new: str) -> Forge:
    """Replace a text in a file once."""

    def forge(folder: Path) -> None:
        content = (folder / name).read_text(encoding="utf-8")
        assert old in content
        (folder / name).write_text(content.replace(old, new, 1), encoding="utf-8", newline="")

    return forge


def remove(name: str) -> Forge:
    return lambda folder: (folder / name).unlink()


def add(name: str) -> Forge:
    return lambda folder: (folder / name).write_text("x")


def csv_cell(name: str) -> Forge:
    """Change the last figure of a CSV file."""

    def forge(folder: Path) -> None:
        path = folder / DATA_FOLDER / name
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        row = next(row for row in rows[1:] if any(cell.isdigit() for cell in row))
        place = max(place for place, cell in enumerate(row) if cell.isdigit())
        row[place] = str(int(row[place]) + 1)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows(rows)

    return forge


def parquet_row(name: str) -> Forge:
    """Drop the last row of a Parquet file."""

    def forge(folder: Path) -> None:
        path = folder / DATA_FOLDER / name
        table = pq.read_table(path)
        pq.write_table(table.slice(0, len(table) - 1), path)

    return forge


def audit(change: Callable[[dict], None]) -> Forge:
    """Let the report say something else."""

    def forge(folder: Path) -> None:
        said = json.loads((folder / AUDIT_FILE).read_text(encoding="utf-8"))
        change(said)
        (folder / AUDIT_FILE).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    return forge


def certificates(folder: Path) -> None:
    """Drop half of the proofs."""
    said = json.loads(gzip.decompress((folder / CERTIFICATES_FILE).read_bytes()))
    proofs = said["certificate"]["proved"]
    said["certificate"]["proved"] = proofs[: len(proofs) // 2]
    (folder / CERTIFICATES_FILE).write_bytes(gzip.compress(json.dumps(said).encode(), mtime=0))
