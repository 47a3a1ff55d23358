"""The list of regions against the ISO register, the lineage of 2022, the tile map, the Kazakh order."""

import pycountry

from datasets.language import KAZAKH_ALPHABET, kazakh_sort_key
from datasets.library import Library


def test_codes_are_those_of_iso_3166_2(library: Library) -> None:
    ours = {code.code for code in library.codelists["region"].codes if code.parent == "KZ"}
    assert ours == {each.code for each in pycountry.subdivisions.get(country_code="KZ")}


def test_kato_begins_with_the_iso_number(library: Library) -> None:
    for code in library.codelists["region"].codes:
        if code.kato:
            assert code.kato == code.code.removeprefix("KZ-") + "0000000"


def test_lineage_of_2022(library: Library) -> None:
    split = {code.code: code.split_from for code in library.codelists["region"].codes if code.split_from}
    assert split == {"KZ-10": "KZ-63", "KZ-33": "KZ-19", "KZ-62": "KZ-35"}
    assert all(library.codelists["region"].by_code[code].valid_from == "2022-06-08" for code in split)


def test_no_two_tiles_share_a_place(library: Library) -> None:
    tiles = [code.tile for code in library.codelists["region"].codes if code.tile]
    assert len(set(tiles)) == len(tiles) == 20


def test_kazakh_order() -> None:
    assert len(set(KAZAKH_ALPHABET)) == 42
    words = ["Атырау", "Ақтөбе", "Астана", "Абай", "Алматы"]
    assert sorted(words, key=kazakh_sort_key) == ["Абай", "Ақтөбе", "Алматы", "Астана", "Атырау"]
    assert sorted(["Ұлытау", "Үржар", "Уил", "Іле", "Иса"], key=kazakh_sort_key) == [
        "Иса",
        "Уил",
        "Ұлытау",
        "Үржар",
        "Іле",
    ]
