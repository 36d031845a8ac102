"""What a step causes, as rows in the transaction of the step; one function per effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.appointments import service as appointments
from abh.appointments.release import release_case
from abh.appointments.visits import ALONE, Visit, visit_from
from abh.documents.house import House
from abh.documents.tables import CardOrder, FormIssue
from abh.kernel.dauer import plus
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.office.tables import Service
from abh.outbox import signals
from abh.workflows import kosten, rueckgabe, uhren, uhrwerk, vordruck
from abh.workflows.beteiligung import BY_MESSAGE, PART_KINDS, PartState
from abh.workflows.definition import FICTION_PAPER, Effect, Step
from abh.workflows.dossier import Case, to_json
from abh.workflows.facts import Card, Facts, Hearing, Mobility, Request
from abh.workflows.fiktion import EFFECTIVE, FiktionKind
from abh.workflows.laufzeit import title_end
from abh.workflows.recht import LawKey
from abh.workflows.tables import Beteiligung, FiktionRecord

BIOMETRICS = "biometrie_antrag"
ENTERED = "case.entered"
LAW_OF_PART: Mapping[str, str] = {kind.key: kind.law_key for kind in PART_KINDS.values()}


@dataclass
class Doing:
    """A step being taken. ``progress`` and ``notes`` collect what it changes and leaves behind."""

    session: Session
    house: House
    actor: Actor
    case: Case
    step: Step
    now: datetime
    today: date
    reason: str
    data: Mapping[str, Any]
    progress: dict[str, Any]
    notes: dict[str, Any] = field(default_factory=dict)
    invitation_token: str = ""
    pick_up_token: str = ""
    # What the person is invited to beside the biometrics, and how long all of it takes.
    visit: Visit = ALONE
    visit_minutes: int = 0

    @property
    def facts(self) -> Facts:
        """The facts before the step."""
        return self.case.facts

    def put(self, name: str, value: Any) -> None:
        """Store a part of the running business."""
        self.progress[name] = to_json(value)

    def day(self, name: str, default: date, at_least: date) -> date:
        """Return a day the clerk chose, not before ``at_least``; raises ``InvalidInput``."""
        raw = self.data.get(name)
        if raw in (None, ""):
            return default
        try:
            chosen = raw if isinstance(raw, date) else date.fromisoformat(str(raw))
        except ValueError as error:
            raise InvalidInput([FieldProblem(name, "Bitte ein Datum angeben.")]) from error
        if chosen < at_least:
            raise InvalidInput([FieldProblem(name, f"Frühestens der {at_least:%d.%m.%Y}.")])
        return chosen


def run_effects(doing: Doing) -> None:
    """Carry out all effects of the step in their order; raises what the input lacks."""
    for effect in doing.step.effects:
        _EFFECTS[effect](doing)
    vordruck.record(doing)
    uhrwerk.apply(doing)
    if doing.step not in doing.case.verfahren.openings:
        kosten.charge(
            doing.session, doing.case.id, doing.case.verfahren, doing.facts, doing.step.key
        )


def card_end(doing: Doing) -> date:
    """Return how long the card runs: as long as the title, or as long as a card lasts at all.

    Raises ``LawMissing`` where the Rechtsstand has no length for today.
    """
    found = title_end(doing.case.verfahren, doing.facts)
    if found is not None and found.until is not None:
        return found.until
    rule = doing.case.verfahren.laufzeit
    key = rule.most_key if rule is not None and rule.most_key else LawKey.KARTE_HOECHSTDAUER
    return plus(doing.today, doing.house.law.value(key, doing.today).dauer)


def _start_deadline(d: Doing) -> None:
    usual = uhren.length(d.house.law, LawKey.NACHFORDERUNG, d.today)
    least = uhren.length(d.house.law, LawKey.NACHFORDERUNG_MINDESTENS, d.today)
    until = d.day("until", usual.end, least.end)
    uhren.stop_clocks(d.session, d.case.id, now=d.now, kinds=["nachforderung"])
    chosen = usual if until == usual.end else replace(usual, end=until)
    uhren.start_clock(d.session, d.case.id, "nachforderung", "Unterlagen nachreichen", chosen)
    d.put("request", Request(sent_on=d.today, until=until))
    d.notes["until"] = until.isoformat()


def _extend_deadline(d: Doing) -> None:
    least = uhren.length(d.house.law, LawKey.NACHFORDERUNG_MINDESTENS, d.today)
    until = d.day("until", least.end, d.today)
    uhren.stop_clocks(d.session, d.case.id, now=d.now, kinds=["nachforderung"])
    uhren.start_clock(
        d.session, d.case.id, "nachforderung", "Unterlagen nachreichen", replace(least, end=until)
    )
    request = replace(d.facts.request, until=until, extension_asked=False)
    if Effect.REMIND in d.step.effects:
        request = replace(request, reminded_on=d.today)
    d.put("request", request)
    d.notes["until"] = until.isoformat()


def _end_deadline(d: Doing) -> None:
    uhren.stop_clocks(d.session, d.case.id, now=d.now, kinds=uhren.APPLICANT_CLOCKS)


def _remind(d: Doing) -> None:
    if d.case.state == "card_ready":
        d.put("card", replace(d.facts.card, reminded_on=d.today))
    else:
        d.put("request", replace(d.facts.request, reminded_on=d.today))


def _request_participations(d: Doing) -> None:
    for row in d.case.row["beteiligungen"]:
        if row["state"] == PartState.PLANNED:
            request_participation(d.session, d.house, d.case.id, row, d.today)
            d.notes.setdefault("angefragt", []).append(row["kind"])


def _remind_participations(d: Doing) -> None:
    rows = d.case.row["beteiligungen"]
    late = [row for row in rows if row["state"] == PartState.OVERDUE]
    # Whoever still has time is reminded only where a clock of the Verfahren asks for it.
    reminded = late or [row for row in rows if row["state"] == PartState.REQUESTED]
    # The letter goes to those that are named here, as it did when they were asked first.
    d.notes["angefragt"] = [row["kind"] for row in reminded]
    d.session.execute(
        update(Beteiligung)
        .where(Beteiligung.id.in_([row["id"] for row in reminded]))
        .values(reminded_on=d.today)
    )


def request_participation(
    session: Session,
    house: House,
    vorgang_id: int,
    row: Mapping[str, Any],
    today: date,
    *,
    until: date | None = None,
) -> date:
    """Ask the other authority: state, clock and the day it ends; used again when completed.

    ``until`` is the end of a period that only stood and runs on.
    """
    computed = uhren.length(house.law, LAW_OF_PART[row["kind"]], today)
    if until is not None:
        computed = replace(computed, end=until)
    session.execute(
        update(Beteiligung)
        .where(Beteiligung.id == row["id"])
        .values(
            state=PartState.REQUESTED,
            requested_on=today,
            due_on=computed.end,
            channel="nachricht" if row["kind"] in BY_MESSAGE else "behoerde",
            round=row["round"] + 1,
            # Each request needs its own proof; the older one stays in the log.
            receipt="",
            receipt_on=None,
            reminded_on=None,
            # What the authority missed is answered now; the next request must not name it again.
            note="",
            rest_days=None,
        )
    )
    kind = PART_KINDS[row["kind"]]
    uhren.start_clock(
        session,
        vorgang_id,
        f"beteiligung_{row['kind'].lower()}",
        f"Antwort: {kind.label}",
        computed,
        beteiligung_id=row["id"],
    )
    return computed.end


def _note_deemed_consent(d: Doing) -> None:
    d.notes["beteiligungen"] = [
        {"stelle": p.kind.key, "stand": p.state.value} for p in d.facts.participations
    ]


def _offer_appointment(d: Doing) -> None:
    book_until = uhren.length(d.house.law, LawKey.TERMIN_BUCHUNG, d.today).end
    d.visit = visit_from(d.data.get("visit"))
    d.visit_minutes = appointments.need_of(d.session, BIOMETRICS, d.visit).minutes
    invitation, token = appointments.invite(
        d.session,
        d.actor,
        vorgang_id=d.case.id,
        person_id=d.case.person["id"],
        unit_key=d.case.vorgang["unit_key"],
        service_key=BIOMETRICS,
        book_until=book_until,
        clock=d.house,
        visit=d.visit,
    )
    d.invitation_token = token
    d.progress["missed_appointment"] = False
    d.notes["invitation"] = invitation.id
    d.notes["until"] = book_until.isoformat()


def _open_title_case(d: Doing) -> None:
    # Opening a case stands above the steps of one: a listener does it in this transaction.
    signals.emit(d.session, ENTERED, d.actor, now=d.now, clock=d.house, case=d.case)


def _release_appointment(d: Doing) -> None:
    release_case(d.session, d.actor, d.case.id, clock=d.house)


def _start_hearing(d: Doing) -> None:
    usual = uhren.length(d.house.law, LawKey.ANHOERUNG, d.today)
    least = uhren.length(d.house.law, LawKey.ANHOERUNG_MINDESTENS, d.today)
    until = d.day("until", usual.end, least.end)
    chosen = usual if until == usual.end else replace(usual, end=until)
    uhren.start_clock(d.session, d.case.id, "anhoerung", "Stellungnahme", chosen)
    d.put("hearing", Hearing(sent_on=d.today, until=until))
    d.notes["until"] = until.isoformat()


def _record_decision(d: Doing) -> None:
    decision = d.facts.decision
    d.notes["entschieden_von"] = decision.official
    d.notes["zweitzeichnung"] = decision.second_official
    d.notes["stichtag"] = d.today.isoformat()
    if d.step.decision == "granted":
        complete = d.facts.birth is not None and d.facts.biometrics_on is not None
        d.put("card", replace(d.facts.card, data_valid=complete))


def _start_action_period(d: Doing) -> None:
    # It begins with service, not with the decision: ``documents.dispatch`` tells the day.
    d.progress["awaiting_service"] = True


def _fiction_paper(d: Doing) -> None:
    fiktion = d.case.row["fiktion"]
    if fiktion is None or FiktionKind[fiktion["kind"]] not in EFFECTIVE:
        # The paper proves an effect that arose by law; where none arose there is nothing to hand
        # out, and § 81(5a) speaks of the cases of (3) and (4) only.
        d.notes["fiktionsbescheinigung"] = ""
        return
    if not d.data.get("fb_serial") and _has_paper(d):
        return  # the card is ordered again; the paper with its entry still holds
    serial = str(d.data.get("fb_serial", "")).strip()
    seal = str(d.data.get("fb_seal", "")).strip()
    problems = [
        FieldProblem(name, text)
        for name, value, text in (
            ("fb_serial", serial, "Seriennummer der Fiktionsbescheinigung (D3) fehlt."),
            ("fb_seal", seal, "Nummer des Dienstsiegels fehlt."),
        )
        if not value
    ]
    if problems:
        raise InvalidInput(problems)
    future = Effect.RECORD_5A_ENTRY in d.step.effects
    job = d.case.vorgang["antrag"].get("job_title", "")
    entry = f"{job}, {d.facts.employer}".strip(", ")
    vordruck.hand_out(
        d,
        "D3",
        "fb_serial",
        serial,
        seal_no=seal,
        valid_until=uhren.length(d.house.law, LawKey.FIKTIONSBESCHEINIGUNG, d.today).end,
        entries={"norm": fiktion["norm"]},
        entry_81_5a=f"Erwerbstätigkeit nach § 81 Abs. 5a AufenthG: {entry}" if future else None,
    )
    d.notes["fiktionsbescheinigung"] = serial
    kosten.charge(d.session, d.case.id, d.case.verfahren, d.facts, FICTION_PAPER)


def _has_paper(d: Doing) -> bool:
    found = d.session.scalar(
        select(FormIssue.id)
        .where(
            FormIssue.vorgang_id == d.case.id,
            FormIssue.form == "D3",
            FormIssue.returned_on.is_(None),
            FormIssue.valid_until >= d.today,
            FormIssue.entry_81_5a.is_not(None),
        )
        .limit(1)
    )
    return found is not None


def _order_card(d: Doing) -> None:
    until = card_end(d)
    d.session.execute(
        insert(CardOrder).values(
            vorgang_id=d.case.id,
            title_kind=d.case.verfahren.title_words(d.facts),
            valid_from=d.today,
            valid_until=until,
            provisions=str(d.data.get("provisions", "")).strip(),
            ordered_on=d.today,
            ordered_by=d.actor.user_id,
        )
    )
    # A card ordered again starts anew: the fault that was reported belongs to the old order.
    d.put("card", Card(data_valid=d.facts.card.data_valid))
    d.notes["karte_bis"] = until.isoformat()


def _start_collection(d: Doing) -> None:
    computed = uhren.length(d.house.law, LawKey.KARTE_ABHOLUNG, d.today)
    uhren.start_clock(d.session, d.case.id, "abholung", "Karte abholen", computed)
    d.put("card", replace(d.facts.card, collect_until=computed.end))
    _offer_next_visit(d, computed.end)


def _offer_next_visit(d: Doing, until: date) -> None:
    """Offer the second link of a chain: what the office file lets follow the biometrics."""
    follows = d.session.scalar(select(Service.next_key).where(Service.key == BIOMETRICS))
    if follows is None or d.facts.biometrics_on is None:
        return
    invitation, token = appointments.invite(
        d.session,
        d.actor,
        vorgang_id=d.case.id,
        person_id=d.case.person["id"],
        unit_key=d.case.vorgang["unit_key"],
        service_key=follows,
        book_until=until,
        clock=d.house,
    )
    d.pick_up_token = token
    d.notes["invitation"] = invitation.id


def _hand_over_card(d: Doing) -> None:
    d.session.execute(
        update(CardOrder)
        .where(CardOrder.vorgang_id == d.case.id, CardOrder.state == "arrived")
        .values(state="handed_over", handed_over_on=d.today)
    )
    # The card replaces what proved the right before, which is taken back against it.
    rueckgabe.replaced(d)
    uhren.stop_clocks(d.session, d.case.id, now=d.now, kinds=["abholung"])
    # Who came without the appointment, or earlier, does not keep another's place.
    release_case(d.session, d.actor, d.case.id, clock=d.house)


def _end_fiktion(d: Doing) -> None:
    d.session.execute(
        update(FiktionRecord)
        .where(FiktionRecord.vorgang_id == d.case.id, FiktionRecord.ended_on.is_(None))
        .values(ended_on=d.today, ended_by=d.step.label)
    )


def _stop_clocks(d: Doing) -> None:
    uhren.stop_clocks(d.session, d.case.id, now=d.now)


def _supplement_sheet(d: Doing) -> None:
    serial = str(d.data.get("sheet_serial", "")).strip()
    if not serial:
        raise InvalidInput([FieldProblem("sheet_serial", "Seriennummer des Zusatzblatts fehlt.")])
    vordruck.hand_out(d, "D11", "sheet_serial", serial)
    d.notes["zusatzblatt"] = serial
    if d.case.state == "card_ready":
        # The sheet is handed out together with the card.
        d.session.execute(
            update(CardOrder)
            .where(CardOrder.vorgang_id == d.case.id, CardOrder.state == "arrived")
            .values(state="handed_over", handed_over_on=d.today)
        )


def _demand(*, everything: bool) -> Callable[[Doing], None]:
    def demand(d: Doing) -> None:
        rueckgabe.demand(d, everything=everything)

    return demand


def _note(key: str) -> Callable[[Doing], None]:
    def note(d: Doing) -> None:
        d.notes[key] = True

    return note


def _start_mobility(d: Doing) -> None:
    computed = uhren.length(d.house.law, LawKey.MOBILITAET, d.today)
    uhren.start_clock(d.session, d.case.id, "mobilitaet", "Entscheidung bei Mobilität", computed)
    d.put("mobility", Mobility(applies=True, decide_by=computed.end))


def _extend_mobility(d: Doing) -> None:
    begin = d.facts.mobility.decide_by or d.today
    computed = uhren.length(d.house.law, LawKey.MOBILITAET, begin)
    uhren.stop_clocks(d.session, d.case.id, now=d.now, kinds=["mobilitaet"])
    uhren.start_clock(d.session, d.case.id, "mobilitaet", "Verlängerte Frist", computed)
    d.put("mobility", replace(d.facts.mobility, decide_by=computed.end, extended=True))


def _mobility_work(d: Doing) -> None:
    d.put("mobility", replace(d.facts.mobility, work_noted=True))


def _mobility_told(d: Doing) -> None:
    d.put("mobility", replace(d.facts.mobility, member_state_notified=True))


def _start_75(d: Doing) -> None:
    uhren.start_vwgo75(d.session, d.case.id, d.facts.received_on or d.today, d.house.law)


def _nothing(d: Doing) -> None:
    """The intake writes the Fiktion itself, before the first step of the case."""


# These only leave a note in the log: no row that the rules look at changes by them.
QUIET = frozenset({Effect.COMPUTE_FIKTION, Effect.NOTE_DEEMED_CONSENT, Effect.RECORD_5A_ENTRY})

_EFFECTS: Mapping[Effect, Callable[[Doing], None]] = {
    Effect.COMPUTE_FIKTION: _nothing,
    Effect.START_CLOCK_75: _start_75,
    Effect.START_DEADLINE: _start_deadline,
    Effect.EXTEND_DEADLINE: _extend_deadline,
    Effect.END_DEADLINE: _end_deadline,
    Effect.REMIND: _remind,
    Effect.REQUEST_PARTICIPATIONS: _request_participations,
    Effect.REMIND_PARTICIPATIONS: _remind_participations,
    Effect.NOTE_DEEMED_CONSENT: _note_deemed_consent,
    Effect.OFFER_APPOINTMENT: _offer_appointment,
    Effect.START_HEARING: _start_hearing,
    Effect.RECORD_DECISION: _record_decision,
    Effect.RECORD_FICTION_PAPER: _fiction_paper,
    # Written with the paper itself, which carries the entry.
    Effect.RECORD_5A_ENTRY: _nothing,
    Effect.RECORD_SUPPLEMENT_SHEET: _supplement_sheet,
    Effect.ORDER_CARD: _order_card,
    Effect.START_COLLECTION: _start_collection,
    Effect.HAND_OVER_CARD: _hand_over_card,
    Effect.END_FIKTION: _end_fiktion,
    Effect.START_ACTION_PERIOD: _start_action_period,
    Effect.REPORT_AZR: _note("azr_meldung_vorgemerkt"),
    Effect.STOP_CLOCKS: _stop_clocks,
    Effect.RELEASE_APPOINTMENT: _release_appointment,
    Effect.HAND_OVER_FILE: _note("akte_abgegeben"),
    Effect.START_MOBILITY_CLOCK: _start_mobility,
    Effect.EXTEND_MOBILITY_CLOCK: _extend_mobility,
    Effect.NOTE_MOBILITY_WORK: _mobility_work,
    Effect.NOTIFY_MEMBER_STATE: _mobility_told,
    Effect.DEMAND_PAPERS: _demand(everything=False),
    Effect.DEMAND_ALL_PAPERS: _demand(everything=True),
    Effect.OPEN_TITLE_CASE: _open_title_case,
    Effect.OPEN_RETURN_CASE: _note("anschlussvorgang_vorgeschlagen"),
}
