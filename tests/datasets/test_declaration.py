"""A declaration that is wrong is refused with the file, the key and the remedy."""

import copy
import shutil
from pathlib import Path

import pytest

from datasets import schema
from datasets.contract import Flag, Status
from datasets.fault import FaultError
from datasets.library import Library, load_library
from tests.datasets.folders import MINIMAL, ROWS, add_dataset, write_library


def _changed(**changes: object) -> dict:
    return {**copy.deepcopy(MINIMAL), **changes}


def _with_measure(**changes: object) -> dict:
    declaration = copy.deepcopy(MINIMAL)
    declaration["columns"][2].update(changes)
    return declaration


def _without(key: str) -> dict:
    return {name: value for name, value in MINIMAL.items() if name != key}


WRONG = {
    "unknown key": (_changed(colour="red"), "colour", "not a known key"),
    "missing key": (_without("summary"), "summary", "is missing"),
    "missing language": (_changed(title={"kk": "Мәтін", "ru": "Текст"}), "title", "language 'en' is missing"),
    "empty language": (_changed(title={"kk": "М", "ru": "Т", "en": " "}), "title", "language 'en' is missing"),
    "fourth language": (_changed(title={"kk": "М", "ru": "Т", "en": "T", "de": "T"}), "title", "unknown language 'de'"),
    "unknown topic": (_changed(topic="weather"), "topic", "'weather' is not known"),
    "unknown policy": (_changed(policy="none_at_all"), "policy", "'none_at_all' is not known"),
    "unknown licence": (_changed(licence="secret"), "licence", "'secret' is not known"),
    "unknown unit": (_with_measure(unit="furlong"), "columns.beds.unit", "'furlong' is not a unit"),
    "unit twice": (_with_measure(unit_column="period"), "columns[2].unit", "either a unit or a unit_column"),
    "no additivity": (_with_measure(additivity="perhaps"), "columns[2].additivity", "Must be one of"),
    "reserved name": (_with_measure(name="flags"), "columns.flags", "release tables or the API use themselves"),
    "name of an argument": (_with_measure(name="sort"), "columns.sort", "release tables or the API use themselves"),
    "reserved slug": (_changed(slug="meta_beds"), "slug", "releases use themselves"),
    "no period": (_changed(columns=MINIMAL["columns"][::2], grain=["region"]), "columns", "no dimension 'period'"),
    "grain of a measure": (_changed(grain=["beds"]), "grain", "not a dimension"),
    "unknown origin": (_changed(origin="rumour"), "origin", "Must be one of"),
    "slug like a file": (_changed(slug="beds_kk"), "slug", "ends as file names"),
    "no measure": (_changed(columns=MINIMAL["columns"][:2]), "columns", "no measure"),
    "chart where a measure is": (
        _changed(
            charts=[
                {
                    "kind": "bar",
                    "title": MINIMAL["title"],
                    "category": "region",
                    "measures": ["beds"],
                    "where": {"beds": "10"},
                }
            ]
        ),
        "charts[0].where",
        "'beds' is not a dimension",
    ),
    "sum of itself": (_changed(row_sums=[{"measure": "beds", "plus": ["beds"]}]), "row_sums[0]", "summed from itself"),
    "column that hides labels": (
        _changed(columns=[*MINIMAL["columns"], {**MINIMAL["columns"][2], "name": "region_ru"}]),
        "columns.region_ru",
        "release tables or the API use themselves",
    ),
    "ratio over nothing": (
        _changed(ratios=[{"measure": "beds", "numerator": "beds", "denominator": "beds", "over": ["regoin"]}]),
        "ratios[0].over",
        "'regoin' is not a column",
    ),
    "note on nothing": (
        _changed(notes=[{"kind": "misprint", "text": MINIMAL["title"], "columns": ["nope"]}]),
        "notes[0].columns",
        "'nope' is not a column",
    ),
    "map of time": (
        _changed(charts=[{"kind": "tile_map", "title": MINIMAL["title"], "category": "period", "measures": ["beds"]}]),
        "charts[0]",
        "no regions to map",
    ),
    "line over regions": (
        _changed(charts=[{"kind": "line", "title": MINIMAL["title"], "category": "region", "measures": ["beds"]}]),
        "charts[0]",
        "no time to draw a line over",
    ),
    "sentence with an attribute": (
        _changed(region_sentence=dict.fromkeys(("kk", "ru", "en"), "{beds.__class__}")),
        "region_sentence.kk",
        "is not a measure",
    ),
    "sentence with an open brace": (
        _changed(region_sentence=dict.fromkeys(("kk", "ru", "en"), "{beds")),
        "region_sentence.kk",
        "a brace without its partner",
    ),
    "chart of nothing": (
        _changed(charts=[{"kind": "bar", "title": MINIMAL["title"], "category": "town", "measures": ["beds"]}]),
        "charts[0]",
        "'town' is not a column",
    ),
    "sentence of nothing": (
        _changed(region_sentence={"kk": "{beds}", "ru": "{beds}", "en": "{chairs}"}),
        "region_sentence.en",
        "'{chairs}' is not a measure",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_declaration_names_file_key_and_remedy(name: str, tmp_path: Path) -> None:
    declaration, place, message = WRONG[name]
    with pytest.raises(FaultError) as caught:
        load_library(write_library(tmp_path, declaration))
    fault = next(each for each in caught.value.faults if each.place.startswith(place))
    assert fault.file == f"{declaration.get('slug')}/dataset.yaml"
    assert message in fault.message
    assert fault.remedy


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    declaration = _changed(colour="red", topic="weather", title={"kk": "М"})
    with pytest.raises(FaultError) as caught:
        load_library(write_library(tmp_path, declaration))
    assert {fault.place for fault in caught.value.faults} >= {"colour", "title"}


def test_folder_and_slug_must_agree(tmp_path: Path) -> None:
    write_library(tmp_path)
    (tmp_path / "beds").rename(tmp_path / "chairs")
    with pytest.raises(FaultError, match="is not the folder's name"):
        load_library(tmp_path)


def test_two_folders_of_one_slug_are_refused(tmp_path: Path) -> None:
    write_library(tmp_path)
    add_dataset(tmp_path, _changed(slug="aaa"), ROWS)
    path = tmp_path / "aaa" / "dataset.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("slug: aaa", "slug: beds"), encoding="utf-8")
    with pytest.raises(FaultError, match="is another folder's too"):
        load_library(tmp_path)


def test_folder_without_datasets_is_refused(tmp_path: Path) -> None:
    shutil.rmtree(write_library(tmp_path) / "beds")
    with pytest.raises(FaultError, match="holds no dataset"):
        load_library(tmp_path)


def test_choices_of_the_schema_are_those_of_the_code_lists(library: Library) -> None:
    for name, choices in (
        ("origin", schema.ORIGINS),
        ("check_kind", schema.CHECK_KINDS),
        ("note_kind", schema.NOTE_KINDS),
        ("status", tuple(Status)),
        ("flag", tuple(Flag)),
    ):
        assert set(library.codelists[name].by_code) == set(choices)
    assert set(library.codelists["gap_class"].by_code) == {*schema.GAP_CLASSES, "match", "not_summed"}


def test_repeated_yaml_key_is_refused(tmp_path: Path) -> None:
    path = write_library(tmp_path) / "beds" / "dataset.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "slug: beds\n", encoding="utf-8")
    with pytest.raises(FaultError, match="'slug' is there twice"):
        load_library(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["grain: !!set {region}\n", "a: !!int x\n", "? [a]\n: b\n", "[" * 3000, 'a: "\\ud800"\n', "- a\n", "a: &x [*x]\n"],
)
def test_odd_yaml_is_a_fault_with_its_file(tmp_path: Path, text: str) -> None:
    path = write_library(tmp_path) / "beds" / "dataset.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultError, match=r"beds/dataset\.yaml"):
        load_library(tmp_path)


def test_codes_stay_text(library: Library) -> None:
    kato = {code.code: code.kato for code in library.codelists["region"].codes}
    assert kato["KZ-10"] == "100000000"


def test_every_bundled_dataset_says_how_it_was_checked(library: Library) -> None:
    assert len(library.declarations) >= 90
    for declaration in library.declarations.values():
        assert declaration.verification["en"] != declaration.method["en"]
        assert declaration.transform or declaration.cited.lines
