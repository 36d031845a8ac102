"""What all letters of a case share: application, reasons, norms, days (no letter of its own)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abh.workflows.briefsaetze import ABSICHTEN, VON_AMTS_WEGEN
from abh.workflows.checklist import Item, Status, evaluate_checklist
from abh.workflows.definition import Power
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing

# Outcome in the signature table and fields; nothing where the step has nothing to say.
Built = tuple[str, dict[str, Any]] | None
# Where neither checklist nor clerk gives a reason, the reader is told where it can be read.
_IN_FILE = "Siehe Akte."


def application_words(case: Case) -> str:
    """Return what was applied for, with its norm."""
    return f"{case.facts.applied_title} ({case.verfahren.title_norm(case.facts)})"


def items_of(case: Case) -> tuple[Item, ...]:
    """Return the checklist of the case."""
    return evaluate_checklist(case.verfahren, case.facts)


def step_id(doing: Doing) -> tuple[str, str]:
    """Return Verfahren and step, the key of ``briefsaetze``."""
    return doing.case.verfahren.key, doing.step.key


def ex_officio(doing: Doing) -> bool:
    """Whether the step answers no application: opened by the office, or taking back."""
    opening = doing.case.verfahren.step(doing.case.verfahren.opening)
    applied = opening is not None and Power.APPLICANT in opening.by
    return not applied or step_id(doing) in VON_AMTS_WEGEN


def base(doing: Doing) -> dict[str, Any]:
    """Return what the letter is about; with ``received_on`` it reads "Ihr Antrag vom"."""
    case = doing.case
    received = None if ex_officio(doing) else case.vorgang["received_on"]
    return {"application": application_words(case), "received_on": received}


def plain_fields(doing: Doing) -> dict[str, Any]:
    """Return the fields of the general letter: what is done, the grounds, the norms."""
    step, case = doing.step, doing.case
    reasons = grounds(doing) if step.decision == "refused" else []
    paragraphs = [doing.reason] if doing.reason else []
    sections = reasons or [{"heading": "", "paragraphs": paragraphs or [f"{step.label}."]}]
    return base(doing) | {
        "opening": [f"{step.label} ({step.norm})."],
        "sections": sections,
        "norms": "; ".join(dict.fromkeys([step.norm, case.verfahren.title_norm(doing.facts)])),
        "deadline": doing.notes.get("until"),
    }


def grounds(doing: Doing) -> list[dict[str, Any]]:
    """Return the reasons against the applicant: what the checklist lacks, and the clerk's words.

    What the office intends of itself rests on no requirement of an application.
    """
    rows: list[dict[str, Any]] = [
        {"heading": item.label, "paragraphs": [f"{item.why} ({item.norm})"]}
        for item in _against(doing)
    ]
    if doing.step.key != "ablehnen" and doing.reason:
        rows.append({"heading": "", "paragraphs": [doing.reason]})
    return rows or [{"heading": "", "paragraphs": [doing.reason or _IN_FILE]}]


def reasons_of(doing: Doing) -> list[dict[str, Any]]:
    """Return the reasons that the official wrote, as the one section of a letter."""
    return [{"heading": "", "paragraphs": [doing.reason]}] if doing.reason else []


def norms(doing: Doing) -> str:
    """Return the norms of the Verfahren or the step and of every requirement not met."""
    first = doing.step.norm if step_id(doing) in ABSICHTEN else doing.case.verfahren.norm
    return "; ".join(dict.fromkeys([first, *(item.norm for item in _against(doing))]))


def _against(doing: Doing) -> list[Item]:
    if step_id(doing) in ABSICHTEN or ex_officio(doing):
        return []
    return [
        item
        for item in items_of(doing.case)
        if item.mandatory and (item.status is Status.NOT_MET or item.ask_applicant)
    ]


def day(iso: str) -> str:
    """Return an ISO day as German letters write it."""
    year, month, number = iso.split("-")
    return f"{number}.{month}.{year}"


def born(person: Mapping[str, Any]) -> str:
    """Return the day of birth, with 00 for what is not known."""
    number, month = person["birth_day"] or 0, person["birth_month"] or 0
    return f"{number:02d}.{month:02d}.{person['birth_year']}"


def lines(raw: Any) -> list[str]:
    """Return the lines somebody typed, without empty ones."""
    return [line.strip() for line in str(raw or "").split("\n") if line.strip()]
