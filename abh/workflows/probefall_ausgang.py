"""Possible and excluded outcomes of a what-if, each letter with its form and signer (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from abh.documents.letter_model import Office
from abh.documents.remedy import remedy_notice
from abh.documents.zeichnung import ordnung_on
from abh.documents.zeichnung_types import Mark, Rank, Rule, Zeichnungsordnung
from abh.kernel.errors import LawMissing, Reason
from abh.workflows.ausgang import grant_outcome
from abh.workflows.checklist import Item, Status
from abh.workflows.definition import POWER_LABELS, Power, Step, Verfahren
from abh.workflows.facts import DecisionDraft, Facts, Hearing
from abh.workflows.machine import evaluate

RANKS = {
    Rank.EINARB: "Sachbearbeitung in Einarbeitung",
    Rank.SB: "Sachbearbeitung",
    Rank.SGL: "Sachgebietsleitung",
    Rank.ABL: "Abteilungsleitung",
    Rank.AL: "Amtsleitung",
    Rank.BG: "Beigeordnete",
    Rank.OB: "Oberbürgermeister",
}
MARKS = {
    Mark.NONE: "ohne Unterschrift und Namen (§ 37 Abs. 5 VwVfG NRW)",
    Mark.NAME: "mit Namenswiedergabe",
    Mark.HAND: "mit eigenhändiger Unterschrift",
    Mark.FORM: "auf dem vorgeschriebenen Vordruck",
}
_SOMEBODY = "(wer entscheidet)"
_SECOND = "(zweite Person)"
GRANT_LETTER = "N08"


class Stand(StrEnum):
    """Whether an outcome can come about on these facts."""

    POSSIBLE = "möglich"
    OPEN = "noch offen"
    EXCLUDED = "ausgeschlossen"


@dataclass(frozen=True, slots=True)
class Brief:
    """A letter of the Verfahren: what it is in law, who signs it how, with which remedy.

    ``signature`` is a German sentence from the signature table; ``rule`` the number of its row, ""
    where no row fits (``signature`` then says why).
    """

    key: str
    title: str
    outcome: str
    form: str
    act: bool
    rule: str
    signature: str
    four_eyes: bool
    remedy: str
    remedy_text: str = ""
    remedy_norm: str = ""


@dataclass(frozen=True, slots=True)
class Ausgang:
    """One way the case may end: ``reasons`` exclude it, ``first`` must happen before.

    ``letters`` has several entries where the signature table tells the letter's outcomes apart.
    """

    step: str
    label: str
    norm: str
    stand: Stand
    by: str
    reasons: tuple[Reason, ...]
    first: tuple[Reason, ...]
    letters: tuple[Brief, ...]


@dataclass(frozen=True, slots=True)
class Zeichnung:
    """Where the signature rules of a day are asked, and whose court the remedy names."""

    table: Sequence[Zeichnungsordnung]
    stichtag: date
    office: Office | None = None


def ausgaenge(
    verfahren: Verfahren, facts: Facts, items: Iterable[Item], zeichnung: Zeichnung
) -> tuple[Ausgang, ...]:
    """Return every decision the Verfahren knows, with what stands against it.

    Those that only a court can bring about are left out until somebody has sued.
    """
    sued = facts.remedy.action_filed_on is not None
    unmet = any(item.mandatory and item.status is Status.NOT_MET for item in items)
    return tuple(
        _ausgang(verfahren, facts, step, zeichnung, unmet=unmet)
        for step in verfahren.steps
        if step.decision and (sued or step.by != (Power.LEGAL,))
    )


def _ausgang(
    verfahren: Verfahren, facts: Facts, step: Step, zeichnung: Zeichnung, *, unmet: bool
) -> Ausgang:
    state = step.source[0]
    now = evaluate(verfahren, state, step.key, facts, step.by).reasons
    against = evaluate(verfahren, state, step.key, _carried_out(facts), step.by).reasons
    stand = Stand.POSSIBLE
    if against:
        # Only what is not known yet may still turn; a requirement that is not met excludes.
        excluded = unmet or step.decision == "refused"
        stand = Stand.EXCLUDED if excluded else Stand.OPEN
    kept = {reason.key for reason in against}
    return Ausgang(
        step=step.key,
        label=step.label,
        norm=step.norm,
        stand=stand,
        by=" oder ".join(POWER_LABELS[power] for power in step.by),
        reasons=against,
        first=tuple(reason for reason in now if reason.key not in kept),
        letters=_letters_of(verfahren, facts, step, zeichnung),
    )


def _carried_out(facts: Facts) -> Facts:
    """The facts once the office has done its part: heard, charged, named who decides."""
    heard = facts.hearing
    if heard.sent_on is None:
        heard = Hearing(sent_on=facts.today, until=facts.today - timedelta(days=1))
    return replace(
        facts,
        hearing=heard,
        fee_paid=True,
        decision=DecisionDraft(_SOMEBODY, _SECOND, needs_second=True, reasons_written=True),
    )


def _letters_of(v: Verfahren, facts: Facts, step: Step, zeichnung: Zeichnung) -> tuple[Brief, ...]:
    if not step.letter:
        return ()
    return letter_forms(v, step.letter, _outcome(v, facts, step, step.letter), zeichnung)


def _outcome(v: Verfahren, facts: Facts, step: Step, key: str) -> str:
    return grant_outcome(v, facts) if key == GRANT_LETTER else step.outcome


def briefe(verfahren: Verfahren, facts: Facts, zeichnung: Zeichnung) -> tuple[Brief, ...]:
    """Return every letter the steps of the Verfahren send, each outcome once."""
    wanted = dict.fromkeys(
        (key, _outcome(verfahren, facts, step, key))
        for step in verfahren.steps
        for key in (step.letter, *step.enclosures)
        if key
    )
    found = dict.fromkeys(
        each for key, outcome in wanted for each in letter_forms(verfahren, key, outcome, zeichnung)
    )
    return tuple(found)


def letter_forms(
    verfahren: Verfahren, key: str, outcome: str, zeichnung: Zeichnung
) -> tuple[Brief, ...]:
    """Return a letter in each row of the signature table that its outcome may fall under.

    A letter without a row is said and not raised; likewise a day without signature rules.
    """
    title = verfahren.letters.get(key, key)
    try:
        ordnung = ordnung_on(zeichnung.table, zeichnung.stichtag)
    except LawMissing as error:
        return (Brief(key, title, outcome, "", False, "", str(error), False, ""),)
    rules = [r for r in ordnung.rules if r.letter_key == key and outcome in ("", r.outcome)]
    if not rules:
        why = f"Für {key} steht in der Zeichnungsordnung {ordnung.version} keine Regel."
        return (Brief(key, title, outcome, "", False, "", why, False, ""),)
    return tuple(_brief(title, rule, zeichnung.office) for rule in rules)


def _brief(title: str, rule: Rule, office: Office | None) -> Brief:
    notice = remedy_notice(rule.remedy, office) if office else None
    return Brief(
        key=rule.letter_key,
        title=title if not rule.outcome and not rule.has_band else rule.label,
        outcome=rule.outcome,
        form=_form(rule),
        act=rule.act,
        rule=rule.id,
        signature=_signature(rule),
        four_eyes=rule.four_eyes,
        remedy=rule.remedy.value,
        remedy_text=" ".join(notice.paragraphs) if notice else "",
        remedy_norm=notice.norm if notice else "",
    )


def _form(rule: Rule) -> str:
    if rule.mark is Mark.FORM:
        return "vorgeschriebener Vordruck"
    if rule.form_77:
        return "schriftlich mit Begründung (§ 77 Abs. 1 AufenthG)"
    if rule.act:
        return "Verwaltungsakt, schriftlich (§ 37 VwVfG NRW)"
    return "formlos"


def _signature(rule: Rule) -> str:
    if rule.signer_from is None:
        return "Automatisch, niemand zeichnet."
    parts = [f"ab {RANKS[rule.signer_from]}", MARKS[rule.mark]]
    if rule.four_eyes:
        parts.append("vier Augen")
    if rule.cosigners:
        parts.append("Mitzeichnung: " + ", ".join(rule.cosigners))
    if rule.seal:
        parts.append(f"Siegel: {rule.seal}")
    return ", ".join(parts) + "."
