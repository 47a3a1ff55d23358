"""The pages, in three languages: `/kk/…`, `/ru/…`, `/en/…`. Each module owns one kind of page."""

from portal.pages.blueprint import pages

__all__ = ["pages"]

from portal.pages import clinics, dataset, datasets, home, protection, reconciliation, regions, texts  # noqa: F401 - they add routes
