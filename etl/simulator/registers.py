"""The registers as they are known on a day: clinics, sites, contracts, advances, debts, blocks and inspections."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from etl.simulator.clinics import FIRST_ADVANCE, FIRST_CONTRACT, FIRST_ORGANISATION, PACKAGES
from etl.simulator.frames import codes, dates, frame, rows_frame
from etl.simulator.inspections import FIRST_CASE, known, make_cases
from etl.simulator.names import KINDS, clinic_names
from etl.simulator.payments import Payments
from etl.simulator.randomness import Ints, stream
from etl.simulator.sites import FIRST_SITE
from etl.simulator.timeline import NEVER
from etl.simulator.world import World

FIRST_BLOCK = 900_001
_SUSPENDED = 0.006
_GROUNDS = ("licence", "sanitary_fire", "systematic")


def make_registers(world: World, payments: Payments, before: int) -> dict[str, pa.Table]:
    """Every register as known at the first instant of the day `before`."""
    return {
        "organisation": _organisations(world, before),
        "site": _sites(world, before),
        "contract": _contracts(world, before),
        "advance": _advances(world),
        "tax_debt": _debts(world, before),
        "block": _blocks(world, payments, before),
        "inspection": _inspections(world, before),
    }


def _known(days: Ints, before: int) -> Ints:
    return np.where(days < before, days, NEVER)


def _organisations(world: World, before: int) -> pa.Table:
    clinics, calibration = world.clinics, world.calibration
    names = [
        clinic_names(int(kind), bool(state), int(number), calibration.regions[region], calibration.labels[region])
        for kind, state, number, region in zip(clinics.kind, clinics.state, clinics.number, clinics.region, strict=True)
    ]
    status = np.where(stream(world.seed, "licences").random(len(names)) < _SUSPENDED, 1, 0)
    for clinic, (day, ground) in world.plan.terminated.items():
        if day < before and ground == "licence":
            status[clinic] = 2
    return frame(
        "organisation",
        {
            "organisation_id": FIRST_ORGANISATION + np.arange(len(names)),
            "name_kk": [each[0] for each in names],
            "name_ru": [each[1] for each in names],
            "name_en": [each[2] for each in names],
            "region": codes(calibration.regions, clinics.region),
            "ownership": codes(("private", "state"), clinics.state.astype(np.int64)),
            "kind": codes(KINDS, clinics.kind),
            "licence_status": codes(("valid", "suspended", "revoked"), status),
            "agreement_on": dates(_known(world.sites.agreement, before)),
            "mis_integrated_on": dates(_known(world.sites.integrated, before)),
        },
    )


def _sites(world: World, before: int) -> pa.Table:
    sites = world.sites
    coordinates = _known(sites.coordinates, before)
    unplaced = coordinates >= NEVER
    return frame(
        "site",
        {
            "site_id": FIRST_SITE + np.arange(len(sites.owner)),
            "organisation_id": FIRST_ORGANISATION + sites.owner,
            "region": codes(world.calibration.regions, world.clinics.region[sites.owner]),
            "latitude": pa.array(sites.latitude, mask=unplaced),
            "longitude": pa.array(sites.longitude, mask=unplaced),
            "licensed": sites.licensed,
            "photos_on": dates(_known(sites.photos, before)),
            "coordinates_on": dates(coordinates),
            "qr_issued_on": dates(_known(sites.qr, before)),
        },
    )


def _contracts(world: World, before: int) -> pa.Table:
    clinics = world.clinics
    ended, ground = np.full(len(clinics.region), NEVER), np.zeros(len(clinics.region), dtype=np.int64)
    for clinic, (day, why) in world.plan.terminated.items():
        if day < before:
            ended[clinic], ground[clinic] = day, _GROUNDS.index(why)
    terminated = ended[clinics.owner]
    return frame(
        "contract",
        {
            "contract_id": FIRST_CONTRACT + np.arange(len(clinics.owner)),
            "organisation_id": FIRST_ORGANISATION + clinics.owner,
            "package": codes(PACKAGES, clinics.package),
            "signed_on": dates(clinics.signed),
            "amount_kzt": clinics.amount,
            "terminated_on": dates(terminated),
            "termination_reason": codes(_GROUNDS, ground[clinics.owner], terminated >= NEVER),
        },
    )


def _advances(world: World) -> pa.Table:
    clinics = world.clinics
    return frame(
        "advance",
        {
            "advance_id": FIRST_ADVANCE + np.arange(len(clinics.paid_contract)),
            "contract_id": FIRST_CONTRACT + clinics.paid_contract,
            "paid_on": dates(clinics.paid_on),
            "amount_kzt": clinics.paid_amount,
        },
    )


def _debts(world: World, before: int) -> pa.Table:
    debts = sorted(world.plan.debts, key=lambda debt: (debt.clinic, debt.start))
    return rows_frame(
        "tax_debt",
        [
            (FIRST_ORGANISATION + debt.clinic, debt.start, known(debt.to, before), debt.amount)
            for debt in debts
            if debt.start < before
        ],
    )


def _blocks(world: World, payments: Payments, before: int) -> pa.Table:
    withheld = payments.withheld(before)
    return rows_frame(
        "block",
        [
            (
                FIRST_BLOCK + number,
                FIRST_ORGANISATION + block.clinic,
                block.factor,
                block.start,
                known(block.cure, before),
                withheld.get(number, 0),
            )
            for number, block in enumerate(world.plan.blocks)
            if block.start < before
        ],
    )


def _inspections(world: World, before: int) -> pa.Table:
    rows = []
    for number, case in enumerate(make_cases(world)):
        if case.notified >= before:
            continue
        closed = case.closed < before
        seen = closed or case.protocol < before
        rows.append(
            (
                FIRST_CASE + number,
                FIRST_ORGANISATION + case.clinic,
                case.notified,
                known(case.inspected, before),
                known(case.protocol, before),
                case.finding if seen else None,
                case.outcome if closed else None,
                case.ground if closed else None,
            )
        )
    return rows_frame("inspection", rows)
