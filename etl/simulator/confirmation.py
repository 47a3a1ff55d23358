"""How services were confirmed: by QR code or biometrics, in which app, and how many of an act's services."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl.simulator.acts import act_numbers
from etl.simulator.catalogue import CODES, KINDS_OF_CARE
from etl.simulator.clinics import FIRST_ORGANISATION, PACKAGES
from etl.simulator.frames import codes, dates, frame, instants_column, nullable
from etl.simulator.people import Persons
from etl.simulator.randomness import Bools, Floats, Ints
from etl.simulator.services import Rows, Scene
from etl.simulator.sites import FIRST_SITE
from etl.simulator.timeline import NEVER

QR, BIOMETRIC, NONE = range(3)
VERIFICATIONS = ("qr", "biometric", "none")
CHANNELS = ("egov_mobile", "kaspi", "halyk", "mis", "other")
_BIOMETRIC = 0.17
#: Care at which a patient can seldom scan a code.
_RARELY = np.isin([kind.code for kind in KINDS_OF_CARE], ("emergency", "pathology", "blood"))
#: Shares of the channels in the first and in the last month, for QR codes; for biometrics at all times.
_FIRST_MIX = (0.33, 0.24, 0.09, 0.27, 0.07)
_LAST_MIX = (0.36, 0.33, 0.14, 0.11, 0.06)
_BIOMETRIC_MIX = (0.36, 0.05, 0.04, 0.44, 0.11)


@dataclass(frozen=True)
class Confirmed:
    """Verification and channel of each service; services taken up by acts and confirmed ones among them, by contract."""

    verification: Ints
    channel: Ints
    volume: Ints
    verified: Ints


def confirm(scene: Scene, rows: Rows, random: np.random.Generator) -> Confirmed:
    """Confirm the clinic's share of the services of each contract.

    The number is rounded by chance, but never across the threshold, so that the act as a whole lies on the right side
    however few services it has. Within it, ambulance, pathology and blood services are
    confirmed half as often as visits.
    """
    world, size, count = scene.world, len(rows), len(scene.world.clinics.owner)
    share = world.confirmed[world.clinics.owner, scene.month.number]
    fails = world.plan.fails[world.clinics.owner, scene.month.number]
    done = random.random(size) < share[rows.contract]
    taken = np.flatnonzero(rows.accepted)
    contract = rows.contract[taken]
    turn = random.random(len(taken)) * np.where(_RARELY[rows.kind[taken]], 2.0, 1.0)
    order = np.argsort(contract * 2**33 + (turn * 2**32).astype(np.int64), kind="stable")
    volume = np.bincount(contract, minlength=count)
    wanted = np.floor(volume * share + random.random(count)).astype(np.int64)
    wanted = np.where(fails, np.minimum(wanted, np.maximum(volume - 1, 0) // 2), np.maximum(wanted, -(-volume // 2)))
    first = np.cumsum(volume) - volume
    sorted_contract = contract[order]
    done[taken[order]] = np.arange(len(taken)) - first[sorted_contract] < wanted[sorted_contract]
    biometric = random.random(size) < _BIOMETRIC
    verification = np.where(done, np.where(biometric, BIOMETRIC, QR), NONE)
    return Confirmed(verification, _channels(scene, biometric, random.random(size)), volume, wanted)


def _channels(scene: Scene, biometric: Bools, chance: Floats) -> Ints:
    along = scene.month.number / 11
    mix = np.array(_FIRST_MIX) * (1 - along) + np.array(_LAST_MIX) * along
    by_qr = np.searchsorted(np.cumsum(mix)[:-1], chance, side="right")
    by_face = np.searchsorted(np.cumsum(_BIOMETRIC_MIX)[:-1], chance, side="right")
    return np.where(biometric, by_face, by_qr)


def services_frame(
    scene: Scene, persons: Persons, policy: Ints, rows: Rows, confirmed: Confirmed, first_id: int
) -> pa.Table:
    """The services as a table; `policy` are the pseudonyms of the persons."""
    world, clinics, person = scene.world, scene.world.clinics, rows.person
    clinic = clinics.owner[rows.contract]
    died = np.where(persons.died <= scene.month.last, persons.died, NEVER)
    return frame(
        "service",
        {
            "service_id": first_id + np.arange(len(rows)),
            "policy_id": policy[person],
            "person_sex": codes(("female", "male"), persons.sex[person]),
            "person_born_year": persons.born[person],
            "person_died_on": dates(died[person]),
            "organisation_id": FIRST_ORGANISATION + clinic,
            "site_id": FIRST_SITE + rows.site,
            "doctor": world.doctors(rows.doctor),
            "kind_of_care": codes([kind.code for kind in KINDS_OF_CARE], rows.kind),
            "service_code": codes(CODES, rows.code),
            "started_at": instants_column(rows.start),
            "ended_at": instants_column(rows.end),
            "tariff_kzt": rows.tariff,
            "funding": codes(PACKAGES, clinics.package[rows.contract]),
            "also_paid_by_voluntary": rows.voluntary,
            "verification": codes(VERIFICATIONS, confirmed.verification),
            "channel": codes(CHANNELS, confirmed.channel, confirmed.verification == NONE),
            "act_id": nullable(act_numbers(rows.contract, scene.month.number), ~rows.accepted),
        },
    )
