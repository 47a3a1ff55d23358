"""The command says what it did, and refuses what does not fit."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from datasets.fault import FaultError
from datasets.library import Library
from etl.cli import main
from etl.registry.contract import TABLES
from etl.registry.manifest import parse_manifest, read_manifest
from etl.simulator.simulate import simulate, steps
from tests.registry_database import DatabaseServer, database_server

MONTHS = ("2026-03", "2026-03")


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    with database_server() as started:
        yield started


def test_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "extract"
    assert main(["simulate", "--scale", "0.0005", "--months", "2026-03", "--out", str(out)]) == 0
    assert "rows of a simulated extract" in capsys.readouterr().out
    assert read_manifest(out).note == {"simulator": {"seed": 1, "scale": 0.0005}}
    assert [path.name for path in out.parent.iterdir()] == ["extract"]


def test_steps_are_told(library: Library, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    out = str(tmp_path / "x")
    simulate(
        0.0005, 1, MONTHS, out, processes=1, library=library, progress=lambda step, rows: told.append((step, rows))
    )
    assert len(told) == steps(0.0005, MONTHS, library)
    assert sum(rows for _, rows in told) == sum(each.rows for each in read_manifest(tmp_path / "x").files)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"--months": "2026-02:2026-04"}, "--months"),
        ({"--months": "2026-05:2026-04"}, "--months"),
        ({"--months": "soon"}, "--months"),
        ({"--scale": "0"}, "--scale"),
        ({"--scale": "nan"}, "--scale"),
        ({"--scale": "50"}, "--scale"),
        ({"--out": "postgresql://user:secret@/none?host=/nowhere"}, "--out"),
    ],
)
def test_wrong_arguments_are_named(
    changed: dict[str, str], place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"--scale": "0.0005", "--months": "2026-03", "--out": str(tmp_path / "x"), **changed}
    assert main(["simulate", *(part for pair in given.items() for part in pair)]) == 1
    printed = capsys.readouterr().err
    assert f"command line: {place}" in printed
    assert "secret" not in printed
    assert not (tmp_path / "x").exists()


def test_a_folder_in_use_is_left_alone(library: Library, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").write_text("keep", encoding="utf-8")
    with pytest.raises(FaultError, match="not an empty folder"):
        simulate(0.0005, 1, MONTHS, str(tmp_path / "x"), library=library)
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["mine"]


def test_nothing_is_left_of_a_failure(library: Library, tmp_path: Path) -> None:
    def stop(step: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(0.0005, 1, MONTHS, str(tmp_path / "x"), processes=1, library=library, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_writes_a_database(library: Library, server: DatabaseServer, tmp_path: Path) -> None:
    dsn = server.fresh()
    simulate(0.0005, 1, MONTHS, dsn, processes=1, library=library)
    simulate(0.0005, 1, MONTHS, str(tmp_path / "x"), processes=1, library=library)
    files = read_manifest(tmp_path / "x").files
    with psycopg.connect(dsn) as connection:
        for table in TABLES:
            counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert counted == (sum(each.rows for each in files if each.table == table),)
        (document,) = connection.execute("SELECT document FROM extract_manifest").fetchone() or ("",)
        manifest = parse_manifest(document.encode(), "database")
        assert manifest.files == ()
        assert manifest.totals == read_manifest(tmp_path / "x").totals
        signals = connection.execute("SELECT count(*) FROM ground_truth.signals").fetchone()
        written = (tmp_path / "x/ground_truth/signals.csv").read_text(encoding="utf-8").splitlines()
        assert signals == (len(written) - 1,)
    with pytest.raises(FaultError, match="holds tables of an extract already"):
        simulate(0.0005, 1, MONTHS, dsn, library=library)


def test_nothing_is_left_in_a_database_of_a_failure(library: Library, server: DatabaseServer) -> None:
    def stop(step: str, rows: int) -> None:
        raise KeyboardInterrupt

    dsn = server.fresh()
    with pytest.raises(KeyboardInterrupt):
        simulate(0.0005, 1, MONTHS, dsn, processes=1, library=library, progress=stop)
    with psycopg.connect(dsn) as connection:
        left = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'ground_truth')")
        assert left.fetchone() == (0,)


def test_a_database_is_not_spoiled(library: Library) -> None:
    with pytest.raises(FaultError, match="spoils files only"):
        simulate(0.0005, 1, MONTHS, "postgresql:///x", spoil=True, library=library)
