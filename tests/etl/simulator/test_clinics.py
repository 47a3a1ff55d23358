"""Clinics, contracts and advances equal the official figures to the tenge, whatever the seed."""

import duckdb
import numpy as np
import pytest

from etl.registry.contract import LARGEST
from etl.simulator.calibration import Calibration
from etl.simulator.clinics import FIRST_ORGANISATION, Clinics, make_clinics
from etl.simulator.names import PRIMARY_CARE, clinic_names

SEEDS = (0, 1, 2, 77, 2**40)


@pytest.fixture(params=SEEDS)
def clinics(request: pytest.FixtureRequest, calibration: Calibration) -> Clinics:
    return make_clinics(calibration, request.param)


def test_every_region_equals_the_official_table(clinics: Clinics, calibration: Calibration) -> None:
    of_contracts = clinics.region[clinics.owner]
    of_advances = of_contracts[clinics.paid_contract]
    for number in range(len(calibration.regions)):
        assert np.sum(clinics.region == number) == calibration.organisations[number]
        assert np.sum(of_contracts == number) == calibration.contracts[number]
        assert clinics.amount[of_contracts == number].sum() == calibration.amount_kzt[number]
        assert clinics.paid_amount[of_advances == number].sum() == calibration.advance_kzt[number]


def test_owners_and_primary_care_equal_the_official_numbers(clinics: Clinics, calibration: Calibration) -> None:
    primary = clinics.kind == PRIMARY_CARE
    assert clinics.state.sum() == calibration.state == 608
    assert (~clinics.state).sum() == calibration.private == 1159
    assert primary.sum() == calibration.primary_care == 698
    assert (primary & ~clinics.state).sum() == calibration.private_primary_care == 336


def test_contracts_and_advances_are_plausible(clinics: Clinics) -> None:
    assert clinics.amount.min() > 0
    assert clinics.amount.max() <= LARGEST
    assert (clinics.advance < clinics.amount).all()
    assert (clinics.paid_on >= clinics.signed[clinics.paid_contract]).all()
    two = np.bincount(clinics.owner) == 2
    assert two.sum() == 98
    assert all(set(clinics.package[clinics.owner == owner]) == {0, 1} for owner in np.flatnonzero(two))


def test_size_is_skewed(clinics: Clinics) -> None:
    """A tenth of the clinics has a third of the money or more."""
    amounts = np.sort(np.bincount(clinics.owner, clinics.amount))
    assert amounts[-len(amounts) // 10 :].sum() > amounts.sum() / 3


def test_names_are_different_and_say_that_they_are_a_model(clinics: Clinics, calibration: Calibration) -> None:
    names = [
        clinic_names(int(kind), bool(state), int(number), calibration.regions[region], calibration.labels[region])
        for kind, state, number, region in zip(clinics.kind, clinics.state, clinics.number, clinics.region, strict=True)
    ]
    for language in range(3):
        assert len({name[language] for name in names}) == len(names)
    assert all("(модель)" in kk and "(модель)" in ru and "(model)" in en for kk, ru, en in names)


def test_extract_holds_the_official_table(registry: duckdb.DuckDBPyConnection, calibration: Calibration) -> None:
    found = registry.execute(
        """SELECT o.region, count(DISTINCT organisation_id), count(*), sum(c.amount_kzt), sum(a.amount_kzt)
        FROM organisation o JOIN contract c USING (organisation_id)
        LEFT JOIN (SELECT contract_id, sum(amount_kzt) AS amount_kzt FROM advance GROUP BY 1) a USING (contract_id)
        GROUP BY 1"""
    ).fetchall()
    assert {row[0]: row[1:] for row in found} == {
        region: (
            calibration.organisations[number],
            calibration.contracts[number],
            calibration.amount_kzt[number],
            calibration.advance_kzt[number],
        )
        for number, region in enumerate(calibration.regions)
    }
    assert registry.execute("SELECT min(organisation_id) FROM organisation").fetchone() == (FIRST_ORGANISATION,)
