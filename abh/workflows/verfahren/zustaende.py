"""The states of the generic machine and how each is told to the applicant."""

from __future__ import annotations

from abh.workflows.definition import State, Turn, Words

_REVIEW = Words("Ihr Antrag wird geprüft.")

GEN_STATES: tuple[State, ...] = (
    State(
        "draft",
        "Entwurf",
        Words("Noch nicht abgeschickt."),
        Turn.APPLICANT,
    ),
    State(
        "received",
        "eingegangen",
        Words(
            "Ihr Antrag ist eingegangen.",
        ),
        Turn.OFFICE,
    ),
    State(
        "jurisdiction_check",
        "Zuständigkeit in Prüfung",
        Words(
            "Ihr Antrag ist eingegangen.",
        ),
        Turn.OFFICE,
    ),
    State(
        "completeness_check",
        "Vollständigkeit in Prüfung",
        Words(
            "Ihr Antrag ist eingegangen. Wir prüfen, ob alles vorliegt.",
        ),
        Turn.OFFICE,
    ),
    State(
        "awaiting_applicant",
        "wartet auf Unterlagen",
        Words(
            "Es fehlt noch etwas. Bitte reichen Sie es bis zum genannten Tag nach.",
        ),
        Turn.APPLICANT,
    ),
    State("in_review", "in Prüfung", _REVIEW, Turn.OFFICE),
    State("awaiting_third_party", "wartet auf andere Stelle", _REVIEW, Turn.THIRD_PARTY),
    State("suspended", "ausgesetzt", _REVIEW, Turn.THIRD_PARTY),
    State(
        "appointment_pending",
        "Termin ausstehend",
        Words(
            "Bitte kommen Sie zu einem Termin.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "hearing",
        "Anhörung",
        Words(
            "Wir haben Ihnen geschrieben. Bitte nehmen Sie Stellung.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "decision_ready",
        "entscheidungsreif",
        Words(
            "Die Prüfung ist abgeschlossen. Die Entscheidung folgt.",
        ),
        Turn.OFFICE,
    ),
    State(
        "granted",
        "bewilligt",
        Words(
            "Ihr Antrag ist bewilligt. Den Titel erhalten Sie mit der Karte.",
        ),
        Turn.OFFICE,
    ),
    State(
        "card_in_production",
        "Karte in Herstellung",
        Words(
            "Ihre Karte wird hergestellt.",
        ),
        Turn.THIRD_PARTY,
    ),
    State(
        "card_ready",
        "Karte liegt bereit",
        Words(
            "Ihre Karte liegt bereit.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "issued",
        "ausgegeben",
        Words(
            "Ihre Karte ist ausgegeben.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "refused",
        "abgelehnt",
        Words(
            "Ihr Antrag ist abgelehnt. Im Bescheid steht, was Sie dagegen tun können.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "appeal_pending",
        "Klage anhängig",
        Words(
            "Über Ihren Antrag entscheidet ein Gericht.",
        ),
        Turn.COURT,
    ),
    State(
        "refused_final",
        "bestandskräftig abgelehnt",
        Words(
            "Die Ablehnung ist endgültig.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "withdrawn",
        "zurückgenommen",
        Words(
            "Sie haben Ihren Antrag zurückgenommen.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "discontinued",
        "eingestellt",
        Words(
            "Das Verfahren ist beendet.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "transferred",
        "abgegeben",
        Words(
            "Eine andere Behörde ist jetzt zuständig.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
)

BEFORE_DECISION = (
    "received",
    "jurisdiction_check",
    "completeness_check",
    "awaiting_applicant",
    "in_review",
    "awaiting_third_party",
    "suspended",
    "appointment_pending",
    "hearing",
    "decision_ready",
)
# The authority has said what it had to say; a court may send the case back before the decision.
DECIDED_STATES = frozenset(
    (
        "granted",
        "card_in_production",
        "card_ready",
        "issued",
        "refused",
        "appeal_pending",
        "refused_final",
    )
)
OPEN_STATES = tuple(s.key for s in GEN_STATES if not s.terminal and s.key != "draft")
