"""What a reader can follow, by feed or by letter: its name and the page about it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST, REGION_CODELIST
from portal.catalogue import Dataset
from portal.cells import Reader
from portal.pages.blueprint import page_url
from portal.tally import EVERYTHING, STOP_FACTOR_CODELIST, Subject


@dataclass(frozen=True)
class Followable:
    """A subject of the release that is shown: its title in the reader's language, and the address of its page."""

    subject: Subject
    title: str
    address: str


def find_followable(subject: Subject, cells: Reader) -> Followable | None:
    """The subject, if the release has it."""
    kind, code = subject.kind, subject.code
    if subject == EVERYTHING:
        return Followable(subject, _("All releases"), url_for("pages.home"))
    if kind == "dataset":
        shown = cells.catalogue.datasets.get(code)
        return Followable(subject, shown.title[cells.language], url_for("pages.dataset", slug=code)) if shown else None
    if kind not in (REGION_CODELIST, ORGANISATION_CODELIST, STOP_FACTOR_CODELIST):
        return None
    known = cells.catalogue.codelists.get(kind)
    entry = known.codes.get(code) if known else None
    address = _address(subject, cells) if entry else None
    return Followable(subject, entry.label[cells.language], address) if entry and address else None


def _address(subject: Subject, cells: Reader) -> str | None:
    if subject.kind == REGION_CODELIST:
        regions = {each.code for each in cells.catalogue.regions}
        return url_for("pages.region", code=subject.code) if subject.code in regions else None
    if subject.kind == ORGANISATION_CODELIST:
        return url_for("pages.clinic", code=subject.code) if cells.catalogue.register else None
    blocks = find_blocks(cells)
    if blocks is None:
        return None
    name = next(column.name for column in blocks.dimensions if column.codelist == STOP_FACTOR_CODELIST)
    return page_url("dataset", {name: subject.code}, slug=blocks.slug)


def find_blocks(cells: Reader) -> Dataset | None:
    """The dataset that says most of stop-factors: of clinics, if there is one, else the first with such a dimension."""
    found = [
        each
        for each in cells.catalogue.datasets.values()
        if any(column.codelist == STOP_FACTOR_CODELIST for column in each.dimensions)
    ]
    return next((each for each in found if each.organisation_column), found[0] if found else None)
