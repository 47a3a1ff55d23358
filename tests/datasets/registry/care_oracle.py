"""The datasets about care and people, row by row: one loop over the extract's rows for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from tests.datasets.registry.rows import Row
from tests.datasets.registry.world import World

Key = tuple[str, ...]


def presence_confirmation(world: World) -> list[Row]:
    services: dict[Key, list[Row]] = defaultdict(list)
    for each in world.rows("service"):
        clinic = world.clinics[each["organisation_id"]]
        services[clinic["region"], each["period"], clinic["ownership"]].append(each)
    found = {}
    for key, rows in services.items():
        qr = [row for row in rows if row["verification"] == "qr"]
        biometric = [row for row in rows if row["verification"] == "biometric"]
        found[key] = {
            "services": len(rows),
            "verified": len(qr) + len(biometric),
            "verified_qr": len(qr),
            "verified_biometric": len(biometric),
            "patients": _policies(rows),
            "confirmed_patients": _policies(qr + biometric),
            "qr_patients": _policies(qr),
            "biometric_patients": _policies(biometric),
            "unconfirmed_patients": _policies([row for row in rows if row["verification"] == "none"]),
        }
    return _listed(("region", "period", "ownership"), found)


def _policies(rows: list[Row]) -> int:
    return len({row["policy_id"] for row in rows})


def presence_by_channel(world: World) -> list[Row]:
    services: dict[Key, list[Row]] = defaultdict(list)
    for each in world.rows("service"):
        if each["channel"] is not None:
            region = world.region(each["organisation_id"])
            services[region, each["period"], each["channel"], each["verification"]].append(each)
    found = {key: {"services": len(rows), "patients": _policies(rows)} for key, rows in services.items()}
    return _listed(("region", "period", "channel", "verification"), found)


def policies_by_month(world: World) -> list[Row]:
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    history: dict[int, list[Row]] = defaultdict(list)
    for event in sorted(world.rows("account_event"), key=lambda each: (each["at"], each["event_id"])):
        history[event["policy_id"]].append(event)
    for month in world.months:
        for each in world.rows("policy"):
            if each["issued_on"] > month.last:
                continue
            state = "active"
            for event in history[each["policy_id"]]:
                if event["on_day"] <= month.last:
                    state = {"block": "blocked", "unblock": "active", "close": "closed"}.get(event["kind"], state)
            row = found[each["region_of_attachment"] or "none", month.name, each["payer_category"], each["package"]]
            row["issued"] += month.has(each["issued_on"])
            row["active_at_end"] += state == "active"
            row["blocked_at_end"] += state == "blocked"
    return _listed(("region", "period", "payer_category", "package"), found)


def account_events_by_kind(world: World) -> list[Row]:
    touched: dict[Key, list[int]] = defaultdict(list)
    for each in world.rows("account_event"):
        touched[each["period"], each["kind"]].append(each["policy_id"])
    found = {key: {"events": len(policies), "accounts": len(set(policies))} for key, policies in touched.items()}
    return _listed(("period", "kind"), found)


def services_by_kind_of_care(world: World) -> list[Row]:
    services: dict[Key, list[Row]] = defaultdict(list)
    for each in world.rows("service"):
        services[world.region(each["organisation_id"]), each["period"], each["kind_of_care"]].append(each)
    found = {
        key: {
            "services": len(rows),
            "patients": _policies(rows),
            "amount_kzt": sum(row["tariff_kzt"] for row in rows),
        }
        for key, rows in services.items()
    }
    return _listed(("region", "period", "kind_of_care"), found)


def consent_funnel(world: World) -> list[Row]:
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for each in world.rows("consent_request"):
        row = found[each["region"], each["period"]]
        row["asked"] += 1
        row["phone_known"] += each["phone_known"]
        row["granted"] += each["answer"] == "granted"
        row["refused"] += each["answer"] == "refused"
        row["unanswered"] += each["answer"] == "none"
        row["answered_late"] += _is_late(each)
    return _listed(("region", "period"), found)


def bank_answers(world: World) -> list[Row]:
    requests: dict[Key, list[Row]] = defaultdict(list)
    for each in world.rows("bank_request"):
        requests[each["bank"], each["period"]].append(each)
    found = {}
    for key, rows in requests.items():
        late = [row for row in rows if _is_late(row)]
        unanswered = [row for row in rows if row["answered_on"] is None]
        in_time = [row for row in rows if row not in late and row not in unanswered]
        found[key] = {
            "requests": len(rows),
            "answered_in_time": len(in_time),
            "answered_late": len(late),
            "unanswered": len(unanswered),
            "categories": sum(row["categories"] for row in rows),
            "consents": _consents(rows),
            "consents_in_time": _consents(in_time),
            "consents_late": _consents(late),
            "consents_unanswered": _consents(unanswered),
        }
    return _listed(("bank", "period"), found)


def _consents(rows: list[Row]) -> int:
    return len({row["request_id"] for row in rows})


def _is_late(request: Row) -> bool:
    return request["answered_on"] is not None and request["answered_on"] > _next_working_day(request["requested_on"])


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while day.strftime("%A") in ("Saturday", "Sunday"):
        day += timedelta(days=1)
    return day


def attachment_and_visits(world: World) -> list[Row]:
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for month in world.months:
        seen = {each["policy_id"] for each in world.rows("service", month)}
        attached: dict[int, set[int]] = defaultdict(set)
        for each in world.rows("policy"):
            if each["issued_on"] <= month.last and each["organisation_id"] is not None:
                attached[each["organisation_id"]].add(each["policy_id"])
        for organisation, policies in attached.items():
            clinic = world.clinics[organisation]
            if clinic["kind"] == "primary_care":
                row = found[clinic["region"], month.name, clinic["ownership"]]
                row["organisations"] += 1
                row["attached"] += len(policies)
                row["seen"] += len(policies & seen)
    return _listed(("region", "period", "ownership"), found)


def drug_issues(world: World) -> list[Row]:
    issues: dict[Key, list[Row]] = defaultdict(list)
    for each in world.rows("drug_issue"):
        issues[world.region(each["organisation_id"]), each["period"]].append(each)
    found = {
        key: {
            "issues": len(rows),
            "patients": _policies(rows),
            "units": sum(row["units"] for row in rows),
            "amount_kzt": sum(row["amount_kzt"] for row in rows),
        }
        for key, rows in issues.items()
    }
    return _listed(("region", "period"), found)


def _listed(dimensions: tuple[str, ...], found: Mapping[Key, Mapping[str, int]]) -> list[Row]:
    return [{**dict(zip(dimensions, key, strict=True)), **measures} for key, measures in found.items()]


#: Slug -> what the dataset's rows are to be, without the ratios.
ORACLES: dict[str, Callable[[World], list[Row]]] = {
    oracle.__name__: oracle
    for oracle in (
        presence_confirmation,
        presence_by_channel,
        policies_by_month,
        account_events_by_kind,
        services_by_kind_of_care,
        consent_funnel,
        bank_answers,
        attachment_and_visits,
        drug_issues,
    )
}
