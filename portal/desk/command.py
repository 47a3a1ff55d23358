"""`python -m portal tickets …`: the operator reads reports, takes them on and answers them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from datasets.contract import LANGUAGES
from datasets.fault import Fault, FaultError
from portal.desk.database import Desk
from portal.desk.screening import Objection, clean, object_to
from portal.desk.tickets import CLOSED, ID_PATTERN, RETENTION, Answer, State, Ticket, Tickets

_CORRECTION = re.compile("[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_PLACE = "command line"


def add_tickets(commands: argparse._SubParsersAction[argparse.ArgumentParser], folder: Path) -> None:
    """Add `tickets` and what can be done with them; `folder` is the desk that is meant unless --desk names another."""
    tickets = commands.add_parser("tickets", help="read and answer reports of visitors")
    actions = tickets.add_subparsers(required=True)
    listed = actions.add_parser(
        "list", help="list reports, oldest first; without --state those that wait for an answer"
    )
    listed.add_argument("--state", choices=[*map(str, State), "all"], help="only reports in this state, or all")
    listed.set_defaults(run=_list)
    for name, run, text in (
        ("show", _show, "show one report with what the visitor wrote"),
        ("take", _take, "say on the report's page that somebody looks at it"),
        ("answer", _answer, f"answer a report and close it; its text is deleted {RETENTION.days} days later"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", help="the report's public id")
        action.set_defaults(run=run)
    for language in LANGUAGES:
        action.add_argument(f"--answer-{language}", required=True, metavar="TEXT", help=f"the answer in {language}")
    action.add_argument("--state", required=True, choices=list(map(str, CLOSED)), help="what came of it")
    action.add_argument("--correction", metavar="ID", help="the entry in the log of corrections that came of it")
    for each in actions.choices.values():
        each.add_argument("--desk", type=Path, default=folder, help="folder of the desk (DESK_DIR)")


def _tickets(chosen: argparse.Namespace) -> Tickets:
    """The tickets of the desk that is meant, after the old texts in it were deleted; raises DeskError."""
    if not chosen.desk.is_dir():
        remedy = "Name the desk's folder with --desk or DESK_DIR; the portal makes it with the first form it shows."
        raise FaultError([Fault(_PLACE, "--desk", f"there is no folder '{chosen.desk}'.", remedy)])
    tickets = Tickets(Desk(chosen.desk))
    tickets.forget(_now())
    return tickets


def _now() -> datetime:
    return datetime.now(UTC)


def _list(chosen: argparse.Namespace) -> None:
    states = list(State) if chosen.state == "all" else [State(chosen.state)] if chosen.state else _OPEN
    found = _tickets(chosen).listed(states)
    for each in found:
        print(f"{each.id}  {each.filed[:10]}  {each.state:<12}  {each.language}  {_about(each)}")
    print(f"{len(found)} report(s)")


_OPEN = [state for state in State if state not in CLOSED]


def _about(ticket: Ticket) -> str:
    subject = ticket.subject
    if subject.chart is not None:
        return f"{subject.dataset}, chart {subject.chart}"
    keys = ", ".join(f"{name}={value}" for name, value in subject.keys.items())
    return f"{subject.dataset}.{subject.measure} ({keys})"


def _show(chosen: argparse.Namespace) -> None:
    ticket = _found(_tickets(chosen), chosen.id)
    print(f"report {ticket.id}\nabout {_about(ticket)}\nin release {ticket.subject.release}")
    print(f"filed {ticket.filed} in {ticket.language}\nstate {ticket.state} since {ticket.changed}")
    if ticket.correction:
        print(f"correction {ticket.correction}")
    for language, text in (ticket.answer or {}).items():
        print(f"answer ({language}): {text}")
    print(f"\n{ticket.text}" if ticket.text is not None else "\nWhat the visitor wrote was deleted.")


def _take(chosen: argparse.Namespace) -> None:
    tickets = _tickets(chosen)
    ticket = _found(tickets, chosen.id)
    if not tickets.take(ticket.id, _now()):
        remedy = "Only a report that was just received can be taken; see it with: python -m portal tickets show."
        raise FaultError([Fault(_PLACE, ticket.id, f"the report is {ticket.state}.", remedy)])
    print(f"report {ticket.id} is under review")


def _answer(chosen: argparse.Namespace) -> None:
    texts = {language: clean(getattr(chosen, f"answer_{language}")) for language in LANGUAGES}
    faults = [*_text_faults(texts), *_correction_faults(chosen)]
    if faults:
        raise FaultError(faults)
    tickets = _tickets(chosen)
    ticket = _found(tickets, chosen.id)
    tickets.answer(ticket.id, Answer(State(chosen.state), texts, chosen.correction), _now())
    print(f"report {ticket.id} is {chosen.state}: its page /en/reports/{ticket.id} has the answer")


def _text_faults(texts: dict[str, str]) -> Iterator[Fault]:
    remedies = {
        Objection.PERSONAL_NUMBER: "Take out what looks like an IIN or a telephone number: the answer is public.",
        Objection.MAIL_ADDRESS: "Take out the address: the answer is public.",
        Objection.TOO_LONG: "Write less, and link to a page that says more.",
        Objection.TOO_SHORT: "Write a sentence.",
    }
    for language, text in texts.items():
        objection = object_to(text)
        if objection:
            yield Fault(_PLACE, f"--answer-{language}", f"the text is refused: {objection}.", remedies[objection])


def _correction_faults(chosen: argparse.Namespace) -> Iterator[Fault]:
    remedy = "Take the id from the log of corrections: /en/corrections."
    if chosen.correction is not None and not _CORRECTION.fullmatch(chosen.correction):
        yield Fault(_PLACE, "--correction", "is no id of a correction.", remedy)
    if chosen.correction is not None and chosen.state != State.CORRECTED:
        yield Fault(_PLACE, "--correction", f"does not go with --state {chosen.state}.", "Say --state corrected.")


def _found(tickets: Tickets, ticket_id: str) -> Ticket:
    ticket = tickets.find(ticket_id) if re.fullmatch(ID_PATTERN, ticket_id) else None
    if ticket is None:
        remedy = "See all: python -m portal tickets list --state all."
        raise FaultError([Fault(_PLACE, "id", f"there is no report {ticket_id[:40]!a}.", remedy)])
    return ticket
