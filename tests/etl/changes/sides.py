"""Small releases, as the comparison sees them."""

from datasets.contract import Status, status_column
from etl.changes import Dataset, Side
from etl.changes.side import keyed

DIMENSIONS = ("region", "period")


def row(region: str, period: str, **measures: int | str) -> dict[str, object]:
    """A row: a number, or the status of a cell that has none."""
    made: dict[str, object] = {"region": region, "period": period, "flags": ""}
    for measure, value in measures.items():
        number = isinstance(value, int)
        made[measure] = value if number else None
        made[status_column(measure)] = (Status.OK if value else Status.ZERO) if number else value
    return made


def dataset(*rows: dict[str, object], **more: object) -> Dataset:
    """A dataset of a document, with the measures of its rows; `more` are other fields."""
    measures = tuple(name for name in rows[0] if status_column(name) in rows[0]) if rows else ("beds",)
    said = {
        "slug": "visits",
        "dimensions": DIMENSIONS,
        "codelists": ("region", None),
        "measures": measures,
        "ratios": {},
        "method": ("as printed",),
        "source": ("report.pdf", "2026-01-01"),
        "computed": False,
        "windows": {},
        "blurring": None,
        **more,
    }
    return Dataset(**said, rows=keyed(said["dimensions"], rows))


def side(*datasets: Dataset, **codes: dict[str, str | None]) -> Side:
    """A release; `codes` are its code lists."""
    return Side({each.slug: each for each in datasets}, codes or {"region": {"KZ-71": None, "KZ-75": None}})
