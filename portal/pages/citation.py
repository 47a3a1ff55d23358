"""How a dataset is named elsewhere: the line to cite it by, its pinned address, its description for search engines."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import LANGUAGES
from portal.catalogue import Dataset
from portal.cells import Reader
from portal.pages.release_notice import lasting_url, portal_url
from portal.release import Release


def pinned_url(release: Release, shown: Dataset) -> str:
    """The address of the dataset's page in this very release, in the language of this page."""
    return lasting_url(release.id, "pages.dataset", slug=shown.slug)


def citation(release: Release, shown: Dataset, cells: Reader) -> str:
    """How to cite the dataset, as one line."""
    publisher, title = (shown.text(name)[cells.language] for name in ("source_publisher", "source_title"))
    label = _("Release")
    return (
        f"{_mark(shown, cells)}{publisher}. {title}. {shown.title[cells.language]}. Ашық қалқан. {label}: {release.id}."
    )


def _mark(shown: Dataset, cells: Reader) -> str:
    """What must be read before anything else of simulated figures."""
    return f"[{cells.catalogue.label('origin', shown.origin, cells.language)}] " if shown.synthetic else ""


def json_ld(release: Release, shown: Dataset, cells: Reader) -> dict[str, Any]:
    """The dataset in the words of schema.org."""
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": f"{_mark(shown, cells)}{shown.title[cells.language]}",
        "description": f"{_mark(shown, cells)}{shown.summary[cells.language]} {shown.text('description')[cells.language]}",
        "inLanguage": list(LANGUAGES),
        "url": portal_url("pages.dataset", slug=shown.slug),
        "version": release.id,
        "temporalCoverage": f"{shown.about['period_from']}/{shown.about['period_to']}",
        "spatialCoverage": cells.catalogue.label("region", "KZ", cells.language),
        "isAccessibleForFree": True,
        "license": portal_url("pages.about") + "#terms",
        "creator": {"@type": "Organization", "name": shown.text("source_publisher")[cells.language]},
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": kind.media_type,
                "contentUrl": url_for(
                    "downloads.latest",
                    name=kind.file_name(shown.slug, cells.language if kind.localised else None),
                    _external=True,
                ),
            }
            for kind in shown.kinds
        ],
    }
