"""Binds the library to an extract: what the declarations leave open until there is one.

A Registry dataset gets its source (the extract) and its origin (synthetic, if the extract is simulated); a code list that
takes its codes from a register gets them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from datasets.codelist import Code, Codelist
from datasets.contract import LANGUAGES, SYNTHETIC
from datasets.declaration import Declaration, Source
from datasets.document import Document
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from datasets.library import Library
from datasets.record_agreement import unknown_organisations
from datasets.record_schema import RECORD_FOLDER
from etl.registry.contract import TABLES
from etl.registry.months import last_day
from etl.registry.parts import Registry

#: A SELECT over registers -> its rows.
Ask = Callable[[str], list[tuple[object, ...]]]

_EXTRACT = "registry_extract"
_TITLES: dict[bool, LanguageMap] = {
    True: {
        "kk": "Тізілімнің модельденген үзіндісі (синтетикалық деректер)",
        "ru": "Смоделированная выгрузка Реестра (синтетические данные)",
        "en": "Simulated extract of the Registry (synthetic data)",
    },
    False: {"kk": "Тізілім үзіндісі", "ru": "Выгрузка Реестра", "en": "Extract of the Registry"},
}
_PUBLISHERS: dict[bool, LanguageMap] = {
    True: {
        "kk": "Ашық қалқан порталының симуляторы",
        "ru": "Симулятор портала «Ашық қалқан»",
        "en": "Simulator of the portal Ashyq Qalqan",
    },
    False: {"kk": "Тізілімді тіркеуші", "ru": "Регистратор Реестра", "en": "Registrar of the Registry"},
}
_TABLES: LanguageMap = {"kk": "Кестелер", "ru": "Таблицы", "en": "Tables"}


def unbound(library: Library) -> Library:
    """The library less what needs an extract: its datasets, and replies of organisations that only it knows."""
    declarations = {slug: each for slug, each in library.declarations.items() if not each.transform}
    return replace(library, declarations=declarations, record=replace(library.record, replies=()))


def bind(
    library: Library, registry: Registry, ask: Ask, tables_of: Callable[[Declaration], tuple[str, ...]]
) -> Library:
    """The library over this extract. `tables_of` names the contract's tables that a dataset's SELECT reads.

    Raises FaultError for a reply of an organisation that the extract does not have.
    """
    codelists = {
        name: replace(each, codes=tuple(_codes(each, ask))) if each.register else each
        for name, each in library.codelists.items()
    }
    faults = [
        Fault(f"{RECORD_FOLDER}/replies.yaml", place, message, remedy)
        for place, message, remedy in unknown_organisations(library.record, codelists)
    ]
    if faults:
        raise FaultError(faults)
    declarations = {
        slug: _bound(each, registry, tables_of(each)) if each.transform else each
        for slug, each in library.declarations.items()
    }
    documents = {**library.documents, _EXTRACT: _document(registry)}
    return replace(
        library,
        declarations=declarations,
        codelists=codelists,
        documents=documents,
        corrects=registry.corrects,
    )


def _codes(codelist: Codelist, ask: Ask) -> Iterator[Code]:
    key = TABLES[codelist.register].key[0]
    names = ", ".join(f"name_{language}" for language in LANGUAGES)
    # The table's and columns' names are the contract's.
    for code, *labels in ask(f"SELECT {key}, {names} FROM {codelist.register} ORDER BY {key}"):  # noqa: S608
        yield Code(str(code), {language: str(label) for language, label in zip(LANGUAGES, labels, strict=True)})


def _bound(declaration: Declaration, registry: Registry, tables: tuple[str, ...]) -> Declaration:
    listed = ", ".join(tables)
    place = {language: f"{_TABLES[language]}: {listed}" for language in LANGUAGES}
    origin = SYNTHETIC if registry.synthetic else declaration.origin
    return replace(declaration, origin=origin, source=Source(_EXTRACT, place, ""))


def _document(registry: Registry) -> Document:
    return Document(
        code=_EXTRACT,
        file=", ".join(registry.extracts),
        date=last_day(registry.months[-1]).isoformat(),
        language="",
        title=_TITLES[registry.synthetic],
        publisher=_PUBLISHERS[registry.synthetic],
    )
