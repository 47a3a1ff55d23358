"""The import rules hold, and each of them sees a violation when one is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LINT = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]

#: Rule id -> the module that breaks it, and the import that does.
PLANTED = {
    "apart": ("etl/pipeline.py", "import portal.release"),
    "upstream": ("datasets/contract.py", "import etl.table"),
    "stages": ("etl/extract.py", "import etl.publish"),
    "protect": ("etl/protect/system.py", "import datasets.contract"),
    "audit": ("etl/audit/statement.py", "import etl.protect.system"),
    "verify": ("etl/verify/sums.py", "import etl.store.manifest"),
    "changes": ("etl/changes/rules.py", "import etl.publish.content"),
    "desk": ("portal/desk/tickets.py", "import portal.release"),
    "simulator": ("etl/simulator/world.py", "import etl.registry.transform"),
    "registry": ("etl/registry/parts.py", "import etl.simulator.world"),
    "portal": ("portal/release.py", "import portal.pages"),
    "sql": ("portal/sql/pool.py", "import portal.pages"),
}


def _lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINT, *arguments], cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in ("datasets", "etl", "portal"):
        shutil.copytree(
            PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.csv", "translations")
        )
    shutil.copy(PROJECT / "pyproject.toml", folder)
    return folder


def test_rules_hold() -> None:
    result = _lint(PROJECT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("rule", PLANTED)
def test_planted_violation_is_seen(rule: str, copy: Path) -> None:
    name, statement = PLANTED[rule]
    path = copy / name
    original = path.read_text(encoding="utf-8")
    path.write_text(f"{original}\n{statement}\n", encoding="utf-8")
    try:
        result = _lint(copy, "--contract", rule)
    finally:
        path.write_text(original, encoding="utf-8")
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout


def test_every_rule_has_a_planted_violation() -> None:
    import tomllib

    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(PLANTED)
    assert not any("ignore_imports" in contract for contract in contracts)
