"""The worked example of the package's README does what the README says."""

import re
from pathlib import Path

import pytest

import etl.protect
from bench.disclosure.reader import statement
from etl.audit.attack import attack

README = (Path(etl.protect.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_example_prints_what_the_readme_says(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    assert capsys.readouterr().out == printed
    secret = attack(statement(names["table"], names["pattern"].hidden)).by_name["patients", "Aktau", "rabies"]
    assert f"any number from {secret.lower} to {secret.upper}" in README


def test_every_module_that_the_readme_names_is_there() -> None:
    modules = re.findall(r"^\| `(\w+)`", README, re.MULTILINE)
    assert modules
    assert not [each for each in modules if not (Path(etl.protect.__file__).parent / f"{each}.py").exists()]
