"""What the case page shows: the engine's proposals, the checklist, clocks, letters, file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.birthdate import PartialDate
from abh.kernel.errors import Reason
from abh.kernel.geld import format_euro
from abh.web.adressen import url_for
from abh.web.i18n import gettext as _
from abh.web.i18n import partial_date
from abh.web.pages.besuchswunsch import need_choices
from abh.web.pages.vorgang_formen import (
    FindingField,
    fields_for,
    loose_findings,
    step_fields,
)
from abh.web.parts import Fact
from abh.workflows import uhren
from abh.workflows.checklist import Item, Source, Status, evaluate_checklist, missing_items
from abh.workflows.decision import signing_of
from abh.workflows.definition import Effect, Power, Step
from abh.workflows.dossier import Case
from abh.workflows.effects import BIOMETRICS
from abh.workflows.facts import DecisionDraft
from abh.workflows.machine import Evaluation, evaluate, possible_steps
from abh.workflows.powers import powers_of
from abh.workflows.service import NOTES

# Notes of the running business that make sense in a state, beside its steps.
NOTES_IN: Mapping[str, tuple[str, ...]] = {
    "awaiting_applicant": ("extension_asked",),
    "hearing": ("statement_weighed",),
    "card_in_production": ("card_arrived", "card_rejected"),
    "card_ready": ("identity_checked", "old_papers_withdrawn"),
    "refused": ("action_filed",),
    "appeal_pending": ("court_outcome",),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A step as the page offers it: possible, or every reason why not."""

    step: Step
    allowed: bool
    reasons: tuple[Reason, ...]
    fields: tuple[str, ...]
    target: str
    letter: str
    note: str = ""
    preset: Mapping[str, Any] | None = None

    @property
    def fid(self) -> str:
        """Name of the form on the page."""
        return f"schritt-{self.step.key}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A line of the checklist with what can be done about it."""

    item: Item
    papers: Sequence[Mapping[str, Any]]
    findings: Sequence[FindingField]
    waiver_norm: str

    @property
    def is_office_turn(self) -> bool:
        """Whether the clerk can settle it now."""
        return self.item.status is Status.OPEN and not self.item.ask_applicant


def proposals(session: Session, house: House, who: Actor, case: Case) -> list[Proposal]:
    """Return every step out of the state: possible ones first, then those that lack the least.

    A decision is judged as if its official and second signer were named: naming them is what the
    step does. Two statements more where a decision is near (exclusion, mandate).
    """
    powers = powers_of(who)
    draft = DecisionDraft(
        official=who.name, second_official="(offen)", needs_second=True, reasons_written=True
    )
    hopeful = replace(case.facts, decision=draft)
    found = []
    for each in possible_steps(case.verfahren, case.state, case.facts, powers):
        step = each.step
        if step is None or step.by == (Power.SYSTEM,):
            continue
        if step.decision is not None:
            each = evaluate(case.verfahren, case.state, step.key, hopeful, powers)
        found.append(_proposal(session, house, who, case, each, step))
    found.sort(key=_rank)
    return found


def _rank(proposal: Proposal) -> tuple[bool, bool, bool]:
    # Ways back and out need a reason; the way ahead and the decision itself stand before them.
    sideways = proposal.step.needs_reason and proposal.step.decision is None
    return (
        not proposal.allowed,
        any(reason.key == "rolle" for reason in proposal.reasons),
        sideways,
    )


def _proposal(
    session: Session, house: House, who: Actor, case: Case, each: Evaluation, step: Step
) -> Proposal:
    target = case.verfahren.state(step.target)
    note = ""
    if each.allowed and step.decision is not None:
        note = _second_needed(session, house, who, case, step)
    return Proposal(
        step=step,
        allowed=each.allowed,
        reasons=each.reasons,
        fields=step_fields(step) if each.allowed else (),
        target=target.label if target else "",
        letter=f"{case.verfahren.letters[step.letter]} ({step.letter})" if step.letter else "",
        note=note,
        preset=_preset(house, case, step) if each.allowed else None,
    )


def _second_needed(session: Session, house: House, who: Actor, case: Case, step: Step) -> str:
    who_signs = signing_of(session, house, who, case, step)
    if not who_signs.second:
        return ""
    told = " ".join(reason.text for reason in who_signs.reasons)
    told = told or _("Eine zweite Person zeichnet mit.")
    return _("Geht danach in die Unterschriftsmappe: %(why)s", why=told)


def _preset(house: House, case: Case, step: Step) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    if step.letter == "N02":
        items = missing_items(evaluate_checklist(case.verfahren, case.facts))
        values["items"] = [item.key for item in items]
    if Effect.START_HEARING in step.effects:
        values["until"] = f"{uhren.length(house.law, 'anhoerung', house.today).end:%d.%m.%Y}"
    elif {Effect.START_DEADLINE, Effect.EXTEND_DEADLINE} & set(step.effects):
        values["until"] = f"{uhren.length(house.law, 'nachforderung', house.today).end:%d.%m.%Y}"
    if Effect.OFFER_APPOINTMENT in step.effects:
        values |= {"visit": _visits(house), "persons": "1"}
    return values


def _visits(house: House) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what an invitation can be for beside the biometrics: choices of its form."""
    known, equipment = house.profile["visits"], house.profile["equipment"]
    most = known.get(BIOMETRICS, {}).get("most_persons", 1)
    return {
        "persons": [(str(n), str(n)) for n in range(1, most + 1)],
        "also": [(key, each["name"]) for key, each in known.items() if key != BIOMETRICS],
        "needs": need_choices(equipment),
    }


def requirements(case: Case, sheets: Iterable[Mapping[str, Any]]) -> list[Requirement]:
    """Return the checklist, each line with its papers, findings and whether it can be waived."""
    numbers = {sheet["id"]: sheet for sheet in sheets}
    wanted = {r.key: r for r in case.verfahren.checklist}
    out: list[Requirement] = []
    placed: set[int] = set()
    for item in evaluate_checklist(case.verfahren, case.facts):
        kinds = {kind for group in wanted[item.key].evidence for kind in group}
        papers = [_paper(case, e, numbers) for e in case.row["evidence"] if e["kind"] in kinds]
        out.append(
            Requirement(
                item=item,
                # A paper that proves two things is judged where it stands first.
                papers=[{**paper, "first": paper["id"] not in placed} for paper in papers],
                findings=fields_for(case, wanted[item.key].reads),
                waiver_norm=""
                if item.is_settled or item.source is Source.THIRD_PARTY
                else wanted[item.key].waiver_norm,
            )
        )
        placed |= {paper["id"] for paper in papers}
    return out


def loose_papers(case: Case, sheets: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return evidence that no requirement asks for."""
    numbers = {sheet["id"]: sheet for sheet in sheets}
    kinds = {k for r in case.verfahren.checklist for group in r.evidence for k in group}
    return [_paper(case, e, numbers) for e in case.row["evidence"] if e["kind"] not in kinds]


def _paper(
    case: Case, evidence: Mapping[str, Any], numbers: Mapping[int, Mapping[str, Any]]
) -> Mapping[str, Any]:
    sheet = numbers.get(evidence["blatt_id"], {})
    label = case.verfahren.evidence_labels.get(evidence["kind"], evidence["kind"])
    return {
        **evidence,
        "label": label,
        "sheet_no": sheet.get("sheet_no", ""),
        "url": url_for("briefe.sheet", blatt_id=evidence["blatt_id"]),
    }


def person_facts(case: Case, owner: str | None) -> list[Fact]:
    """Return the Steckbrief: who, where, which title until when, which job."""
    person, facts = case.person, case.facts
    born = PartialDate(person["birth_year"], person["birth_month"], person["birth_day"])
    address = ", ".join(
        part
        for part in (person["street"], f"{person['postcode']} {person['city']}".strip())
        if part
    )
    months = _("unbefristet") if facts.job_permanent else ""
    if not months and facts.job_months:
        months = _("%(n)s Monate", n=facts.job_months)
    salary = format_euro(facts.salary_year) + _(" im Jahr") if facts.salary_year else ""
    return [
        Fact(_("Geboren"), partial_date(born.stored()), person.get("birth_place") or ""),
        Fact(_("Staatsangehörigkeit"), ", ".join(person["nationalities"])),
        Fact(_("Anschrift"), address, _doubted(person)),
        *([Fact(_("AZR-Nummer"), person["azr_number"])] if person.get("azr_number") else ()),
        Fact(_("Titel"), facts.title_kind.value, _until(facts.title_until)),
        Fact(_("Pass gültig bis"), _day(facts.passport_until)),
        *(_job(case, salary, months) if case.verfahren.about_job else _declared(case)),
        # Who leads it and for which purpose say more about it than the job does.
        *(_declared(case)[:2] if case.verfahren.asks_job else ()),
        Fact(_("Bearbeitung"), _owner(case, owner)),
    ]


def _doubted(person: Mapping[str, Any]) -> str:
    day = person.get("address_doubted_on")
    return _("Post kam zurück (%(day)s)", day=_day(date.fromisoformat(day))) if day else ""


def _owner(case: Case, owner: str | None) -> Markup:
    """Return who is responsible, with the way to give the case to somebody else."""
    url = url_for("leitung_vorgaenge.single", number=case.number)
    words = (owner or _("niemand"), url, _("Vorgang übergeben"))
    return Markup('{} · <a href="{}">{}</a>').format(*words)


def _job(case: Case, salary: str, months: str) -> list[Fact]:
    facts, antrag = case.facts, case.vorgang["antrag"]
    isco = f"ISCO {facts.isco}" if facts.isco else ""
    return [
        Fact(_("Arbeitgeber"), facts.employer),
        Fact(_("Tätigkeit"), antrag.get("job_title", ""), isco),
        Fact(_("Gehalt"), salary),
        Fact(_("Arbeitsbeginn"), _day(facts.job_start), months),
    ]


def _declared(case: Case) -> list[Fact]:
    """Return the first known facts that this Verfahren is about: the variant, a period, an age."""
    known = [a for a in case.verfahren.angaben if case.facts.angabe(a.key) not in (None, "")]
    return [Fact(a.label, a.words(case.facts.angabe(a.key))) for a in known[:4]]


def _until(day: date | None) -> str:
    return _("bis %(day)s", day=_day(day)) if day else ""


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def notes_for(case: Case, who: Actor) -> list[dict[str, Any]]:
    """Return the notes that fit the state and that this person may record."""
    powers = powers_of(who)
    out = []
    for key in NOTES_IN.get(case.state, ()):
        kind = NOTES[key]
        done = kind.kind == "flag" and bool(getattr(getattr(case.facts, kind.part), kind.field))
        if powers & set(kind.powers) and not done:
            out.append({"key": key, "label": kind.label, "norm": kind.norm, "kind": kind.kind})
    return out


def other_findings(case: Case) -> list[FindingField]:
    """Return the findings that belong to no single requirement."""
    return fields_for(case, loose_findings(case.verfahren))
