"""The words and facts of each letter: reasons come from checklist and guards.

What a clerk adds in words is marked as theirs. Each builder returns the outcome for the signature
table and the fields of the letter, or nothing where the step has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from abh.appointments.visits import BARRIER_FREE
from abh.documents.letters import letter_kind
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.geld import format_euro
from abh.workflows import rueckgabe
from abh.workflows.ausgang import grant_outcome
from abh.workflows.beteiligung import PartKind
from abh.workflows.briefsaetze import ABSICHTEN, ANLAESSE, HINWEISE, NACHFRAGEN, TENOR
from abh.workflows.briefteile import (
    Built,
    application_words,
    base,
    born,
    day,
    ex_officio,
    grounds,
    items_of,
    lines,
    norms,
    plain_fields,
    step_id,
)
from abh.workflows.briefworte_eigene import (
    EIGENE,
    granted_in_words,
    hearing_words,
    tenor_of,
)
from abh.workflows.checklist import missing_items
from abh.workflows.definition import Effect
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing
from abh.workflows.facts import Facts
from abh.workflows.fiktion import EFFECTIVE, FiktionKind
from abh.workflows.laufzeit import title_end
from abh.workflows.schemas import BLUE_CARD

RECEIVED_HOW = {
    "portal": "über unser Online-Formular",
    "paper": "auf Papier",
    "email": "per E-Mail",
    "counter": "am Schalter",
    "employer": "über Ihren Arbeitgeber",
    "other_authority": "über eine andere Behörde",
}
# The step of the system that closes a case whose object is gone by law.
SETTLED = "erledigung_feststellen"
_WAITING_WORDS = "Sie müssen im Moment nichts tun. Wir melden uns, sobald es weitergeht."


def outcome_of_grant(case: Case, data: Mapping[str, Any]) -> str:
    """Return which row of the signature table a grant falls under."""
    return grant_outcome(case.verfahren, case.facts, str(data.get("provisions", "")))


def _status_url(doing: Doing) -> str:
    return doing.house.status_link(doing.case.number, int(doing.progress.get("link", 0)))


def _n01(doing: Doing) -> Built:
    fiktion = doing.case.row["fiktion"] or {"words": {}}
    words = fiktion["words"]
    weeks = doing.house.profile.get("targets", {}).get(doing.case.verfahren.key)
    duration = (
        "Wenn alle Unterlagen vorliegen, dauert die Bearbeitung voraussichtlich "
        f"{weeks} Wochen. Das ist ein Ziel, keine Zusage."
        if weeks
        else "Wie lange die Bearbeitung dauert, können wir noch nicht sagen."
    )
    labels = doing.case.verfahren.evidence_labels
    return "", base(doing) | {
        "received_on": doing.case.vorgang["received_on"],
        "received_how": RECEIVED_HOW[doing.case.vorgang["received_channel"]],
        "fiction_words": [text for text in (words.get("de"), words.get("work_de")) if text]
        or ["Zur Wirkung Ihres Antrags schreiben wir Ihnen gesondert."],
        "duration_words": duration,
        "status_url": _status_url(doing),
        "documents": [labels.get(e["kind"], e["kind"]) for e in doing.case.row["evidence"]],
    }


def _n02(doing: Doing) -> Built:
    wanted = doing.data.get("items")
    items = [
        item for item in missing_items(items_of(doing.case)) if not wanted or item.key in wanted
    ]
    rows = [
        {
            "name": "; ".join(item.evidence_missing) or f"Angaben zu: {item.label}",
            "why": f"für die Voraussetzung „{item.label}“{_remarks(doing.case, item.key)}",
            "norm": item.norm,
        }
        for item in items
    ]
    if asked := NACHFRAGEN.get(step_id(doing)):
        rows.append({"name": asked, "why": "", "norm": doing.step.norm})
    part = next((p for p in doing.facts.participations if p.note), None)
    if part is not None:
        ba = part.kind.key.startswith("BA_") or part.kind.key == "BA"
        why = "von der Bundesagentur für Arbeit erfragt" if ba else f"erfragt: {part.kind.label}"
        norm = "§ 36 BeschV" if ba else part.kind.norm
        rows.append({"name": part.note, "why": why, "norm": norm})
    return "", base(doing) | {
        "items": rows,
        "deadline": doing.notes["until"],
        "upload_url": _status_url(doing),
    }


def _remarks(case: Case, requirement: str) -> str:
    """Say why what was sent already is not enough: else the same document would come again."""
    kinds = {
        kind
        for found in case.verfahren.checklist
        if found.key == requirement
        for group in found.evidence
        for kind in group
    }
    remarks = [
        e["remark"] for e in case.row["evidence"] if e["accepted"] is False and e["kind"] in kinds
    ]
    return f"; bisher nicht anerkannt: {'; '.join(remarks)}" if remarks else ""


def _n03(doing: Doing) -> Built:
    step, case = doing.step, doing.case
    target = case.verfahren.state(step.target) or case.verfahren.state(case.state)
    words = {
        "eingang_zuordnen": "Ihre Unterlagen sind bei uns eingegangen.",
        "erinnern": "Es fehlen noch Unterlagen, um die wir Sie gebeten haben.",
        "frist_verlaengern": "Wir haben die Frist verlängert.",
        "vollstaendig": "Ihre Unterlagen sind vollständig.",
        SETTLED: f"Das Verfahren ist erledigt: {doing.facts.ended_by_law}",
    }.get(step.key, target.portal_words.de if target else "Ihr Antrag wird bearbeitet.")
    until = doing.notes.get("until")
    following = (
        f"Bitte reichen Sie die Unterlagen bis zum {day(until)} ein." if until else _WAITING_WORDS
    )
    if step.key == SETTLED:
        following = "Sie müssen nichts weiter tun. Über den Antrag wird nicht mehr entschieden."
    following = rueckgabe.asked_words(doing.notes) or following
    outcome = "automatisch" if doing.actor.kind == "system" else ""
    return outcome, base(doing) | {
        "status_words": words,
        "next_words": following,
        "status_url": _status_url(doing),
    }


def _n04(doing: Doing) -> Built:
    return "", base(doing) | {
        "authority_lines": [line for line in doing.facts.moved_to.split("\n") if line.strip()],
        "reason": doing.reason or "Für Sie ist diese Behörde örtlich zuständig (§ 3 VwVfG NRW).",
    }


def _n06(doing: Doing) -> Built:
    if doing.step.outcome == "erscheinen":
        _need(doing, {"appears_on": "Bitte den Tag angeben.", "appears_at": "Bitte die Uhrzeit."})
        return "erscheinen", _visit(doing) | {
            "appears_on": doing.data["appears_on"],
            "appears_at": doing.data["appears_at"],
            "reasons": [doing.reason] if doing.reason else [],
        }
    if not doing.invitation_token:
        return None
    return "termin", _visit(doing) | {
        "visit": _visit_words(doing),
        "link": doing.house.link("termin", doing.invitation_token),
        "link_until": doing.notes["until"],
    }


def _visit_words(doing: Doing) -> list[str]:
    """Return what goes beyond fingerprints of one person, a line each; nothing for the usual."""
    visit = doing.visit
    if visit.simple:
        return []
    known = doing.house.profile["visits"]
    words = [_BIOMETRICS, *(known[key]["name"] for key in visit.also)]
    if visit.persons > 1:
        words.append(f"Bitte kommen Sie zu {visit.persons} Personen; alle bringen ihren Pass mit")
    if visit.interpreter:
        words.append("Zeit für eine Person, die dolmetscht; bitte bringen Sie sie mit")
    if BARRIER_FREE in visit.needs:
        words.append("Einen barrierefreien Platz")
    return words


def _need(doing: Doing, fields: Mapping[str, str]) -> None:
    problems = [
        FieldProblem(name, text) for name, text in fields.items() if not doing.data.get(name)
    ]
    if problems:
        raise InvalidInput(problems)


def _visit(doing: Doing) -> dict[str, Any]:
    units: Mapping[str, Any] = doing.house.profile.get("units", {})
    room = units.get(doing.case.vorgang["unit_key"], {}).get("room", "")
    office = doing.house.office
    talk = ANLAESSE.get(step_id(doing))
    return {
        "purpose": talk
        or "Aufnahme von Lichtbild, Fingerabdrücken und Unterschrift für Ihre Karte",
        "place_lines": [
            line for line in (office.street, f"{office.postcode} {office.city}", room) if line
        ],
        "bring": ["Reisepass oder Ausweis", "bisheriges Aufenthaltspapier"]
        if talk
        else ["Reisepass", "bisheriger Aufenthaltstitel", "Karte oder Bargeld für die Gebühr"],
        "minutes": doing.visit_minutes
        or doing.house.profile.get("services", {}).get("biometrie_antrag", 20),
    }


_BIOMETRICS = "Aufnahme von Lichtbild, Fingerabdrücken und Unterschrift für Ihre Karte"


def _n07(doing: Doing) -> Built:
    refusal = f"Ihren Antrag abzulehnen (beantragt: {application_words(doing.case)})"
    return "", base(doing) | {
        "intended": ABSICHTEN.get(step_id(doing), refusal),
        "sections": grounds(doing),
        "norms": norms(doing),
        "deadline": doing.notes["until"],
    }


def _n08(doing: Doing) -> Built:
    case, facts = doing.case, doing.facts
    outcome, kind = outcome_of_grant(case, doing.data), letter_kind("N08")
    if kind.template_of(outcome) != kind.template:
        # What is granted is no title, so nothing is said of a card.
        return outcome, granted_in_words(doing)
    verfahren = case.verfahren
    job = case.vorgang["antrag"].get("job_title", "")
    ba = any(p.kind.key.startswith("BA") and p.is_consent for p in facts.participations)
    words = f"Sie dürfen als {job} bei {facts.employer} arbeiten." if job else ""
    if ba:
        words += " Die Zustimmung der Bundesagentur für Arbeit liegt vor (§ 39 AufenthG)."
    provisions = lines(doing.data.get("provisions"))
    end = title_end(verfahren, facts)
    return outcome, base(doing) | {
        "title_words": verfahren.title_words(facts),
        "title_norm": verfahren.title_norm(facts),
        "valid_until": end.until.isoformat() if end is not None and end.until else None,
        "employment_words": words.strip(),
        "interim_words": _until_card(case),
        "card_words": _CARD if _has_card(case) else [],
        "provisions": provisions,
        "provision_reasons": [doing.reason] if provisions and doing.reason else [],
    }


def _has_card(case: Case) -> bool:
    return any(Effect.ORDER_CARD in step.effects for step in case.verfahren.steps)


def _until_card(case: Case) -> list[str]:
    if not _has_card(case):
        return []
    fiktion = case.row["fiktion"]
    effect = "Den Titel selbst erhalten Sie mit der Karte."
    if fiktion is not None and FiktionKind[fiktion["kind"]] in EFFECTIVE:
        effect += " Bis dahin gilt die Wirkung Ihres Antrags weiter (§ 81 AufenthG)."
    return [effect, *([_FUTURE_WORK] if case.verfahren.future_work else [])]


_CARD = [
    "Wir bestellen Ihre Karte bei der Bundesdruckerei und schreiben Ihnen, sobald sie da ist.",
    "Den Brief mit der PIN erhalten Sie direkt von der Bundesdruckerei.",
]
_FUTURE_WORK = (
    "Sobald die Karte bestellt ist, dürfen Sie die neue Beschäftigung aufnehmen; das wird "
    "in Ihre Fiktionsbescheinigung eingetragen (§ 81 Absatz 5a AufenthG)."
)


def _n09(doing: Doing) -> Built:
    what, it, old = ("Karte", "sie", "bisherige Karte und Fiktionsbescheinigung")
    if not _has_card(doing.case):
        what, it, old = ("Dokument", "es", "bisheriges Dokument")
    lies = f"{'Ihre' if what == 'Karte' else 'Ihr'} {what} liegt für Sie bereit."
    how = [f"{lies} Sie können {it} an unserem Schalter abholen."]
    link = {}
    if doing.pick_up_token:
        how.append("Ohne Warten geht es mit Termin; Sie suchen ihn hier aus.")
        link = {"link": doing.house.link("termin", doing.pick_up_token)}
    return "", {
        "title_words": doing.case.verfahren.title_words(doing.facts),
        "how": how,
        "bring": ["Reisepass", old],
        **link,
    }


def _n11(doing: Doing) -> Built:
    paid = [fee for fee in doing.case.row["fees"] if fee["status"] == "paid"]
    if not paid:
        return None
    total = sum((Decimal(str(fee["amount"])) for fee in paid), Decimal(0))
    return "quittung", {
        "items": [
            {
                "name": fee["label"],
                "norm": fee["norm"],
                "amount": f"{Decimal(str(fee['amount'])):.2f}",
            }
            for fee in paid
        ],
        "total": f"{total:.2f}",
        "paid_on": doing.today.isoformat(),
        "method": paid[0]["payment"],
        "receipt_no": f"{doing.case.number}-{paid[0]['id']}",
    }


def _n12(doing: Doing) -> Built:
    facts = doing.facts
    received = f"{facts.received_on:%d.%m.%Y}" if facts.received_on else "(ohne Datum)"
    story = f"Sie haben am {received} beantragt: {application_words(doing.case)}."
    if ex_officio(doing):
        story = f"Es geht um: {application_words(doing.case)}."
    taken = step_id(doing) in TENOR
    sections = [] if taken else grounds(doing)
    return "", base(doing) | {
        "tenor": tenor_of(doing, f"Ihr Antrag vom {received} wird abgelehnt."),
        "facts": [story, *_job_facts(facts)],
        "sections": [*sections, {"heading": "Würdigung", "paragraphs": [doing.reason]}],
        "norms": doing.step.norm if taken else norms(doing),
        "hearing_words": hearing_words(doing)
        or "Eine Anhörung war nicht nötig (§ 28 Absatz 2 VwVfG NRW).",
    }


def _weeks(doing: Doing, kind: PartKind) -> str:
    length = doing.house.law.value(kind.law_key, doing.today).dauer
    return f"{length}"


def _job_facts(facts: Facts) -> list[str]:
    if not facts.employer and facts.salary_year is None:
        return []
    salary = format_euro(facts.salary_year) if facts.salary_year is not None else "nicht angegeben"
    return [f"Arbeitgeber: {facts.employer or 'nicht angegeben'}. Bruttojahresgehalt: {salary}."]


def _n14(doing: Doing) -> Built:
    withdrawn = doing.step.target == "withdrawn"
    effects = ["Mit dem Ende des Verfahrens endet auch die Wirkung Ihres Antrags (§ 81 AufenthG)."]
    if doing.case.row["fiktion"] is None:
        effects = []
    if leading := doing.case.vorgang["progress"].get("joined_into"):
        effects = [
            f"Ihr Antrag wird im Vorgang {leading} bearbeitet und wirkt dort fort (§ 81 AufenthG)."
        ]
    return ("ruecknahme" if withdrawn else "einstellung"), base(doing) | {
        "ended_on": (doing.facts.withdrawal_on or doing.today).isoformat(),
        "cause": "" if withdrawn else doing.reason or doing.facts.ended_because,
        "effects": [*effects, *filter(None, [rueckgabe.asked_words(doing.notes)])],
    }


def _n15(doing: Doing) -> Built:
    title = doing.case.verfahren.title_words(doing.facts)
    if leaflet := HINWEISE.get(step_id(doing)):
        heading, text = leaflet
        return "", {
            "title_words": title,
            "duties": [{"heading": heading, "paragraphs": [text]}],
        }
    work: dict[str, Any] = {
        "heading": "Ende oder Wechsel der Beschäftigung",
        "paragraphs": [
            "Endet Ihre Beschäftigung vorzeitig, teilen Sie uns das innerhalb von zwei "
            "Wochen mit, nachdem Sie davon erfahren haben (§ 82 Absatz 6 AufenthG).",
        ],
    }
    if doing.case.verfahren.key == BLUE_CARD:
        work["paragraphs"].append(
            "In den ersten zwölf Monaten teilen Sie uns auch einen Wechsel des "
            "Arbeitgebers mit (§ 82 Absatz 1 Satz 6 AufenthG)."
        )
    what = "der Karte" if _has_card(doing.case) else "des Dokuments"
    always = {
        "heading": "Pass und Anschrift",
        "paragraphs": [
            f"Halten Sie Ihren Pass gültig und melden Sie einen Verlust {what} sofort "
            "(§§ 56, 57a AufenthV).",
        ],
    }
    return "", {
        "title_words": title,
        "duties": [*([work] if doing.case.verfahren.future_work else []), always],
    }


def n16(doing: Doing, kind: PartKind) -> tuple[str, dict[str, Any]]:
    case, person = doing.case, doing.case.person
    rule = next((r for r in case.verfahren.beteiligungen if r.kind.key == kind.key), None)
    who = f"{case.full_name}, geboren {born(person)}, {', '.join(doing.facts.nationalities)}"
    return "andere_stelle", base(doing) | {
        "opening": [
            f"{_asking(doing)} nach {rule.norm if rule else kind.norm}.",
            f"Person: {who}.",
        ],
        "sections": [{"heading": "Anliegen", "paragraphs": [doing.reason or _PART_REQUEST]}],
        "norms": rule.norm if rule else kind.norm,
    }


def _asking(doing: Doing) -> str:
    if Effect.REMIND_PARTICIPATIONS in doing.step.effects:
        return "wir erinnern an unsere Bitte um Ihre Beteiligung"
    return "wir bitten Sie um Ihre Beteiligung"


_PART_REQUEST = (
    "Bitte teilen Sie uns mit, ob aus Ihrer Sicht etwas entgegensteht oder was wir wissen müssen."
)


def plain(doing: Doing) -> Built:
    """A letter without words of its own: what is meant, the grounds, the norms, the clerk adds."""
    return doing.step.outcome, plain_fields(doing)


def n16_ba(doing: Doing, kind: PartKind) -> tuple[str, dict[str, Any]]:
    case, facts, antrag = doing.case, doing.facts, doing.case.vorgang["antrag"]
    person = case.person
    months = "unbefristet" if facts.job_permanent else f"{facts.job_months or '?'} Monate"
    salary = format_euro(facts.salary_year) if facts.salary_year is not None else "?"
    degree = f", Abschluss vom {facts.degree_on:%d.%m.%Y}" if facts.degree_on else ""
    return "", {
        "person": case.full_name,
        "born": born(person),
        "nationality": ", ".join(facts.nationalities),
        "purpose": application_words(case),
        "employer": facts.employer or "nicht angegeben",
        "job": f"{antrag.get('job_title', '')} (ISCO-08 {facts.isco or 'nicht angegeben'})",
        "place": antrag.get("job_place") or case.person["city"] or "nicht angegeben",
        "begins_on": f"{facts.job_start:%d.%m.%Y}, {months}" if facts.job_start else months,
        "hours": f"{antrag.get('weekly_hours') or 'Vollzeit'}",
        "salary": f"{salary} brutto im Jahr",
        "qualification": (antrag.get("degree_name") or "Hochschulabschluss") + degree,
        "norms": f"{case.verfahren.title_norm(facts)}, § 39 AufenthG",
        "deadline_words": "Die Zustimmung gilt nach § 36 Absatz 2 BeschV als erteilt, wenn Sie uns "
        f"nicht innerhalb von {_weeks(doing, kind)} etwas anderes mitteilen.",
        "enclosures": ["Erklärung zum Beschäftigungsverhältnis", "Arbeitsvertrag"],
    }


BUILDERS: Mapping[str, Callable[[Doing], Built]] = {
    "N01": _n01,
    "N02": _n02,
    "N03": _n03,
    "N04": _n04,
    "N06": _n06,
    "N07": _n07,
    "N08": _n08,
    "N09": _n09,
    "N11": _n11,
    "N12": _n12,
    "N14": _n14,
    "N15": _n15,
    **EIGENE,
}
