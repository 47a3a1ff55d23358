"""Every relative link of every page leads to a file, and to a heading if it names one."""

import re
from pathlib import Path

import pytest
from pages import ROOT, anchors, markdown_files, name, without_examples

LINK = re.compile(r"\]\(([^)\s]+)\)")
FILES = markdown_files()


def resolves(path: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    found = (path.parent / file).resolve() if file else path
    if not found.exists() or not found.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(found.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_relative_links_resolve(path: Path) -> None:
    targets = LINK.findall(without_examples(path.read_text(encoding="utf-8")))
    assert [each for each in targets if not re.match(r"[a-z]+:", each) and not resolves(path, each)] == []


@pytest.mark.parametrize("folder", ["how-to", "explanation", "decisions", "tutorial", "reference"])
def test_every_page_is_linked_from_elsewhere(folder: str) -> None:
    linked = {
        (path.parent / target.partition("#")[0]).resolve()
        for path in FILES
        for target in LINK.findall(path.read_text(encoding="utf-8"))
    }
    assert set((ROOT / "docs" / folder).glob("*.md")) <= linked


def test_no_page_is_about_a_machine_or_another_folder() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])(/work/|/home/|/root/|\.\./shared)", text), name(path)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "images").glob("*.png")), ids=name)
def test_images_are_light(path: Path) -> None:
    assert path.stat().st_size < 200_000
