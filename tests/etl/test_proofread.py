"""Proof-reading finds a figure that its document does not have."""

from pathlib import Path

import pytest

from datasets.library import Library, load_library
from etl.cli import main
from etl.proofread import proofread
from tests.datasets.folders import write_library

DOCUMENT = "000_8a87226c82849a72.txt"
ROWS = "region,period,beds\nKZ-71,2026,1234567\nKZ-75,2026,0\nKZ-79,2026,[x]\n"


def _library(folder: Path, text: str) -> Library:
    (folder / "documents").mkdir()
    (folder / "documents" / DOCUMENT).write_text(text, encoding="utf-8")
    return load_library(write_library(folder / "datasets", rows=ROWS))


@pytest.mark.parametrize("printed", ["1 234 567", "1,234,567", "1\u00a0234\u00a0567", "1234567", "(1 234\n567)"])
def test_figure_is_found_however_it_is_printed(tmp_path: Path, printed: str) -> None:
    library = _library(tmp_path, f"{printed}\n")
    assert list(proofread(library.declarations["beds"], library, tmp_path / "documents")) == []


@pytest.mark.parametrize(
    "text", ["1 234 568\n\n", "nothing\n\n1 234 567", "91 234 567", "1 234 5678", "1 234 567,8", "0.1 234 567"]
)
def test_wrong_figure_and_wrong_lines_are_found(tmp_path: Path, text: str) -> None:
    library = _library(tmp_path, text)
    (fault,) = proofread(library.declarations["beds"], library, tmp_path / "documents")
    assert (fault.file, fault.place) == ("beds/data.csv", "line 2, column beds")


def test_commands_say_what_they_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _library(tmp_path, "1 234 567\n\n")
    datasets = ["--datasets", str(tmp_path / "datasets")]
    assert main([*datasets, "proofread", str(tmp_path / "documents")]) == 0
    assert main([*datasets, "check"]) == 0
    assert "beds: 3 rows" in capsys.readouterr().out
    assert main([*datasets, "check", "chairs"]) == 1
    assert "chairs: is not a dataset" in capsys.readouterr().err
    assert main([*datasets, "build", "--releases", str(tmp_path / "r"), "--store", str(tmp_path / "s")]) == 0
    assert "is the current one" in capsys.readouterr().out
