"""What the simulated world must equal: the figures that the published datasets state."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from datasets.library import Library

STATE, PRIVATE = 0, 1
PAYERS = ("exempt", "employees", "sole_proprietors", "civil_law_contracts", "single_aggregate_payment", "self_payers")


@dataclass(frozen=True)
class Calibration:
    """Figures by region, in the order of `regions`; `insured` (persons) has one more: without a region of attachment."""

    regions: tuple[str, ...]
    labels: tuple[dict[str, str], ...]
    organisations: tuple[int, ...]
    contracts: tuple[int, ...]
    amount_kzt: tuple[int, ...]
    advance_kzt: tuple[int, ...]
    insured: tuple[int, ...]
    state: int
    private: int
    primary_care: int
    private_primary_care: int
    payers: tuple[int, ...]


def calibrate(library: Library) -> Calibration:
    """Read the figures from the library's datasets."""
    contracts = {row["region"]: row for row in _rows(library, "contracts_by_region")}
    insured = {row["region"]: round(float(row["insured"]) * 1000) for row in _rows(library, "insured_by_region")}
    owners = {row["ownership"]: int(row["organisations"]) for row in _rows(library, "organisations_by_ownership")}
    private = max(
        (row for row in _rows(library, "primary_care_attachment") if row["ownership"] == "private"),
        key=lambda row: row["period"],
    )
    payers = {row["payer_category"]: int(row["persons"]) for row in _rows(library, "insured_by_payer_category")}
    codes = library.codelists["region"].by_code
    regions = tuple(contracts)
    return Calibration(
        regions=regions,
        labels=tuple(codes[region].label for region in regions),
        **{
            name: tuple(int(contracts[region][name]) for region in regions)
            for name in ("organisations", "contracts", "amount_kzt", "advance_kzt")
        },
        insured=(*(insured[region] for region in regions), insured["none"]),
        state=owners["state"],
        private=owners["private"],
        primary_care=int(_rows(library, "primary_care_attachment", "totals.csv")[-1]["organisations"]),
        private_primary_care=int(private["organisations"]),
        payers=tuple(payers[name] for name in PAYERS),
    )


def _rows(library: Library, slug: str, file_name: str = "data.csv") -> list[dict[str, str]]:
    with (library.root / slug / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
