"""The datasets folder of each release of the demonstration history: a copy of ours, with a figure that is wrong at first."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from datasets.fault import Fault, FaultError
from datasets.link import LINKS_FILE
from datasets.record import Record
from datasets.record_schema import RECORD_FOLDER
from etl.history import script, texts
from etl.history.record import as_yaml


def write_datasets(source: Path, folder: Path, number: int, record: Record) -> Path:
    """Write the datasets folder of the release `number`; returns it. Raises FaultError if `source` lacks the figure."""
    shutil.rmtree(folder, ignore_errors=True)
    unwanted = ("*.py", "__pycache__", RECORD_FOLDER, *script.LEFT_OUT)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*unwanted))
    _drop_links(folder / LINKS_FILE)
    _write_record(folder / RECORD_FOLDER, record)
    own = folder / script.MENDED
    _add_note(own / "dataset.yaml")
    if number < script.MENDING:
        _spoil(own / "data.csv")
    return folder


def _write_record(folder: Path, record: Record) -> None:
    folder.mkdir()
    for each in fields(record):
        _write_yaml(folder / f"{each.name}.yaml", {each.name: as_yaml(getattr(record, each.name))})


def _drop_links(path: Path) -> None:
    """Drop the links to datasets that are left out."""
    if path.exists():
        links = _read_yaml(path)["links"]
        kept = [each for each in links if not {each["left"]["dataset"], each["right"]["dataset"]} & {*script.LEFT_OUT}]
        _write_yaml(path, {"links": kept})


def _add_note(path: Path) -> None:
    try:
        said = _read_yaml(path)
    except OSError:
        raise _missing() from None
    note = {"kind": "definition", "where": script.MENDED_WHERE, "text": texts.WRONG_ON_PURPOSE}
    _write_yaml(path, {**said, "notes": [*said.get("notes", ()), note]})


def _spoil(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if script.RIGHT_LINE not in text:
        raise _missing()
    path.write_text(text.replace(script.RIGHT_LINE, script.WRONG_LINE), encoding="utf-8")


def _missing() -> FaultError:
    message = f"has no line '{script.RIGHT_LINE}', which the history makes wrong and mends."
    return FaultError(
        [Fault(f"{script.MENDED}/data.csv", "rows", message, "Give the datasets folder of this project.")]
    )


def _read_yaml(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
    return said


def _write_yaml(path: Path, said: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")
