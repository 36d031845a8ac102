"""The rows of the case page that only show what is stored: clocks, history, letters, fees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from abh.access.actor import Actor
from abh.documents.letters import letter_kind
from abh.documents.zeichnung_types import Zeichnungsordnung
from abh.web.parts import ClockChip, TimelineEntry
from abh.workflows.beteiligung import CONSENT, PART_KINDS, PART_LABELS, PartState
from abh.workflows.beteiligung_worte import stand
from abh.workflows.dossier import Case, part_of, weg_of

CLOCK_MEANINGS: Mapping[str, str] = {
    "nachforderung": "Danach wird einmal erinnert, dann nach Aktenlage geprüft.",
    "anhoerung": "Danach kann ohne Stellungnahme entschieden werden.",
    "beteiligung_ba": "Schweigt die Bundesagentur bis dahin, gilt die Zustimmung als erteilt.",
    "beteiligung_bva": "Danach nachfragen; Schweigen ist hier keine Antwort.",
    "abholung": "Danach wird an die Abholung erinnert.",
    "klage_warnung": "Früheste Lesart: ab dann kann die Frist abgelaufen sein.",
    "klage": "Späteste Lesart: danach ist die Ablehnung bestandskräftig.",
    "mobilitaet": "Bis dahin ist zu entscheiden.",
}
LETTER_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("Entwurf", "neutral"),
    "signing": ("liegt zur Unterschrift", "warning"),
    "signed": ("gezeichnet", "info"),
    "released": ("freigegeben", "info"),
    "dispatched": ("abgegangen", "success"),
    "void": ("zurückgegeben", "neutral"),
}
CHANNEL_LABELS: Mapping[str, str] = {
    "post": "Post",
    "pzu": "Postzustellungsurkunde",
    "empfangsbekenntnis": "Empfangsbekenntnis",
    "einschreiben": "Übergabe-Einschreiben",
    "schalter": "Übergabe am Schalter",
    "portal": "Statusseite",
    "demail": "De-Mail",
    "bebpo": "beBPo",
    "behoerde": "an die Behörde",
}
MARKS: Mapping[str, str] = {
    "none": "ohne Unterschrift gültig",
    "name": "Namenswiedergabe",
    "hand": "Unterschrift von Hand",
    "form": "Vordruck",
}
PRINT_STATES: Mapping[str, str] = {
    "waiting": "wartet auf den Drucker",
    "sent": "in der Warteschlange des Druckers",
    "printing": "wird gedruckt",
    "jammed": "Drucker steht",
    "completed": "gedruckt",
    "failed": "Druck fehlgeschlagen",
}


def clocks(case: Case, today: date) -> list[dict[str, Any]]:
    """Return the clocks of the case: running ones first, each with its arithmetic."""
    rows = sorted(case.row["fristen"], key=lambda row: row["status"] != "running")
    return [
        {
            "chip": ClockChip(
                row["label"],
                date.fromisoformat(row["due_on"]),
                (date.fromisoformat(row["due_on"]) - today).days,
                CLOCK_MEANINGS.get(row["kind"], ""),
                row["norm"],
                stopped=row["status"] != "running",
            ),
            "status": row["status"],
            "starts_on": date.fromisoformat(row["starts_on"]),
            "arithmetic": row["arithmetic"],
        }
        for row in rows
    ]


def timeline(case: Case, steps: Iterable[Mapping[str, Any]]) -> list[TimelineEntry]:
    """Return what happened, newest first."""
    entries = []
    for row in steps:
        step = case.verfahren.step(row["step"])
        label = row["facts"].get("label") or (step.label if step else row["step"])
        entries.append(
            TimelineEntry(
                datetime.fromisoformat(row["at"]),
                label,
                row["reason"],
                row["actor_name"],
                row["norm"],
            )
        )
    return entries


def part_tone(state: PartState) -> str:
    """Return how the state of a participation is coloured."""
    if state in CONSENT:
        return "success"
    if state is PartState.REFUSED:
        return "danger"
    return "warning" if state in (PartState.NEEDS_INFO, PartState.OVERDUE) else "info"


def participations(case: Case) -> list[dict[str, Any]]:
    """Return the authorities asked, with the answers that are possible now."""
    out = []
    for row in case.row["beteiligungen"]:
        kind, state = PART_KINDS[row["kind"]], PartState(row["state"])
        answers = []
        if state in (PartState.REQUESTED, PartState.OVERDUE):
            answers = ["consent", "refuse", "info_missing"]
        elif state is PartState.NEEDS_INFO:
            answers = ["completed"]
        out.append(
            {
                **row,
                "label": kind.label,
                "norm": kind.norm,
                "state_label": PART_LABELS[state],
                "tone": part_tone(state),
                "answers": answers,
                "sentences": stand(part_of(row), weg_of(row)),
                "is_out": row["requested_on"] is not None
                and state in (PartState.REQUESTED, PartState.OVERDUE, PartState.NEEDS_INFO),
            }
        )
    return out


TRANSFERS: Mapping[str, str] = {
    "ordered": "wird elektronisch übergeben",
    "delivered": "bereitgestellt, noch nicht abgerufen",
    "retrieved": "abgerufen",
    "expired": "nicht abgerufen, zurückgezogen",
    "refused": "vom Betreiber abgelehnt",
}
_ELECTRONIC = frozenset({"portal", "demail", "bebpo"})


def letter_rows(
    page: Mapping[str, Any], who: Actor, table: Sequence[Zeichnungsordnung] = ()
) -> list[dict[str, Any]]:
    """Return the letters of the case with what can be done with each.

    ``table`` are the signature rules, from which the ways of each letter come.
    """
    ways = {(v.version, rule.id): rule for v in table for rule in v.rules}
    out = []
    for row in page["letters"]:
        kind = letter_kind(row["key"])
        rule = ways.get((row["rule_version"], row["rule_id"]))
        waits = row["state"] == "released"
        dispatch = row["dispatch"] or {}
        label, tone = LETTER_STATES[row["state"]]
        out.append(
            {
                **row,
                "title": kind.title_of(row["outcome"]),
                "state_label": label,
                "tone": tone,
                "channel_label": _way(row["channel"] or "", rule is not None and rule.act),
                "mark_label": MARKS.get(row["mark"] or "", ""),
                "print_label": PRINT_STATES.get(row["print_state"] or "", ""),
                "hand_due": row["mark"] == "hand"
                and row["state"] == "released"
                and not row["hand_signed_at"],
                "mine": row["final_signer_id"] == who.user_id,
                "ways": [(c.value, _way(c.value, rule.act)) for c in rule.channels]
                if rule is not None and waits and len(rule.channels) > 1
                else [],
                # What is no act is read on the status page without any service.
                "electronic": row["channel"] in _ELECTRONIC
                and rule is not None
                and (rule.act or row["channel"] != "portal"),
                "transfer_label": TRANSFERS.get(dispatch.get("transfer", ""), ""),
                "translatable": row["state"] in ("released", "dispatched")
                and (row["remedy"] or "keine") != "keine",
                "formal": row["channel"] in ("pzu", "empfangsbekenntnis", "schalter"),
            }
        )
    return out


def _way(channel: str, act: bool) -> str:
    # An act is never read on the status page: it lies in the mailbox of a proven account.
    if channel == "portal" and act:
        return "Postfach des Nutzerkontos"
    return CHANNEL_LABELS.get(channel, channel)


def fee_rows(case: Case) -> list[dict[str, Any]]:
    """Return the fees with their amount in cents."""
    return [{**row, "cents": int(Decimal(str(row["amount"])) * 100)} for row in case.row["fees"]]
