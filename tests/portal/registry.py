"""A small release with figures of documents and of a simulated extract side by side, written by hand."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets.library import Library, load_library
from etl.aggregate import aggregate
from etl.disclosure import protect
from etl.extract import extract
from etl.gate import gate
from etl.publish import publish
from etl.publish.content import make_content
from etl.registry.binding import bind
from etl.registry.parts import Registry
from etl.validate import validate
from tests.datasets.folders import MINIMAL, TEXT, add_dataset, write_library

REGIONS = (10, 11, 15, 19, 23, 27, 31, 33, 35, 39, 43, 47, 55, 59, 61, 62, 63, 71, 75, 79)
MONTHS = ("2026-03", "2026-04", "2026-05")
CLINICS = {str(100 + index): index for index in range(60)}


def titles(name: str) -> dict[str, str]:
    """A text in three languages that tells them apart."""
    return {"kk": f"{name} kk", "ru": f"{name} ru", "en": name}


def code(name: str, codelist: str = "") -> dict[str, Any]:
    """A dimension with a code list."""
    made = {"name": name, "role": "dimension", "type": "code", "codelist": codelist or name}
    return made | {"title": titles(name.capitalize())}


def measure(name: str, unit: str = "count", additivity: str = "additive", kind: str = "integer") -> dict[str, Any]:
    made = {"name": name, "role": "measure", "type": kind, "unit": unit, "additivity": additivity}
    return made | {"title": titles(name.capitalize())}


PERIOD = {"name": "period", "role": "dimension", "type": "period", "title": titles("Period")}
COMMON = {key: MINIMAL[key] for key in ("topic", "title", "summary", "description", "method", "verification")} | {
    "origin": "registry",
    "cadence": "monthly",
    "licence": "source_attribution",
    "policy": "public_control",
}
VISITS = COMMON | {
    "slug": "visits",
    "title": titles("Visits"),
    "grain": ["region", "period", "ownership"],
    "columns": [
        code("region"),
        PERIOD,
        code("ownership"),
        measure("visits"),
        measure("verified"),
        measure("open_cases", additivity="additive_except_time"),
        measure("verified_share", "percent", "not_additive", "decimal"),
    ],
    "reads": {"service": "month", "policy": "through"},
    "ratios": [{"measure": "verified_share", "numerator": "verified", "denominator": "visits", "decimals": 1}],
    "charts": [
        {
            "kind": "line",
            "title": titles("By month"),
            "category": "period",
            "series": "region",
            "measures": ["visits"],
        },
        {"kind": "line", "title": titles("Share"), "category": "period", "measures": ["verified_share"]},
        {
            "kind": "tile_map",
            "title": titles("Map"),
            "category": "region",
            "measures": ["verified_share"],
            "where": {"period": "latest"},
        },
        {"kind": "bar", "title": titles("By ownership"), "category": "ownership", "measures": ["visits", "verified"]},
    ],
    "region_sentence": {
        "kk": "Келу саны — {visits}, расталғаны {verified_share}.",
        "ru": "Посещений {visits}, подтверждено {verified_share}.",
        "en": "There were {visits} visits, {verified_share} of them confirmed.",
    },
    "headline": ["visits", "verified_share"],
}
ORGANISATIONS = COMMON | {
    "slug": "organisations",
    "title": titles("Organisations"),
    "grain": ["organisation", "period"],
    "columns": [
        code("organisation"),
        PERIOD,
        code("region"),
        code("ownership"),
        measure("amount_kzt", "kzt"),
        measure("advance_kzt", "kzt"),
        measure("paid_kzt", "kzt"),
        measure("blocks_active"),
    ],
    "headline": ["amount_kzt", "blocks_active"],
}
BLOCKS = COMMON | {
    "slug": "organisation_blocks",
    "title": titles("Blocks"),
    "grain": ["organisation", "stop_factor", "period"],
    "columns": [code("organisation"), code("stop_factor"), PERIOD, measure("withheld_kzt", "kzt")],
}


def visits_rows() -> Iterable[tuple[Any, ...]]:
    """Two rows a region and month; KZ-10 has none in the last month; KZ-79 has grown the most."""
    for code in REGIONS:
        for index, month in enumerate(MONTHS):
            if code == 10 and month == MONTHS[-1]:
                continue
            for ownership, share in (("state", 3), ("private", 2)):
                visits = 10 * code + index
                verified = visits * share // 5
                yield f"KZ-{code}", month, ownership, visits, verified, code, _percent(verified, visits)


def _percent(part: int, whole: int) -> str:
    return f"{(2000 * part + whole) // (2 * whole) / 10:.1f}"


def _organisation_rows() -> Iterable[tuple[Any, ...]]:
    for code, index in CLINICS.items():
        region, ownership = REGIONS[index % len(REGIONS)], ("state", "private")[index % 2]
        yield code, MONTHS[-1], f"KZ-{region}", ownership, 1000 + index, 200, 300, int(index == 1)


def _blocks_rows() -> Iterable[tuple[Any, ...]]:
    yield "101", "qr_share", "2026-04-02", 700
    yield "101", "tax_debt", "2026-05-11", 40


def csv_text(declaration: dict[str, Any], rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column["name"] for column in declaration["columns"]])
    writer.writerows(rows)
    return text.getvalue()


def names(_statement: str) -> list[tuple[object, ...]]:
    """The register of clinics."""
    return [
        (int(code), f"№ {index} емхана", f"Поликлиника № {index}", f"Clinic No. {index}")
        for code, index in CLINICS.items()
    ]


def write_releases(folder: Path) -> Path:
    """The folder of releases below `folder`: one release of a document's dataset and three of a simulated extract."""
    source = write_library(folder / "datasets", MINIMAL | {"title": TEXT})
    for declaration, rows in ((VISITS, visits_rows()), (ORGANISATIONS, _organisation_rows()), (BLOCKS, _blocks_rows())):
        add_dataset(source, declaration, csv_text(declaration, rows))
        select = f"-- {declaration['slug']} & <more>\nSELECT 1"
        (source / declaration["slug"] / "transform.sql").write_text(select, encoding="utf-8")
    registry = Registry(("extract-1",), "2026-06-01T00:00:00Z", True, MONTHS, ())
    library = bind(load_library(source), registry, names, lambda _declaration: ("service",))
    return publish_all(library, folder / "releases")


def publish_all(library: Library, releases: Path) -> Path:
    """Take all datasets of a bound library from their files through all stages into `releases`."""
    prepared = [aggregate(validate(extract(each), library), library) for each in library.declarations.values()]
    disclosed = protect(prepared, library)
    content = make_content(library, disclosed)
    publish(content, releases, gate(content.id, disclosed, releases, None))
    return releases
