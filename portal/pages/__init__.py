"""The pages, in three languages: `/kk/…`, `/ru/…`, `/en/…`. Each module owns one kind of page."""

from portal.pages.blueprint import pages

__all__ = ["pages"]

from portal.pages import (  # noqa: F401 - they add routes
    announcements,
    calendar,
    clinics,
    corrections,
    dataset,
    datasets,
    diff,
    feeds,
    figure,
    health,
    home,
    other_release,
    protection,
    reconciliation,
    regions,
    releases,
    report,
    subscribe,
    texts,
    ticket,
    trust,
)
