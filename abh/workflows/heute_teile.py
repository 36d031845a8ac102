"""Conditions and words that the rules of ``heute`` share (pure)."""

from __future__ import annotations

from datetime import date

from abh.sprachen import marked
from abh.workflows.facts import UNLIMITED_TITLES, TitleKind
from abh.workflows.fiktion import WITHOUT_TITLE_LAWFUL, FiktionKind
from abh.workflows.heute_lage import CARD, FICTION_PAPER, REFUSED, Lage

DECIDED = marked("bis wir über Ihren Antrag entschieden haben")
UNLIMITED = marked("unbefristet")
PRINTED = marked("bis zu dem Tag, der auf der Bescheinigung steht")

PASS = marked("Ihr gültiger Pass")
TITLE = marked("Ihr Aufenthaltstitel (Karte oder Etikett im Pass)")
OLD_TITLE = marked("Ihr bisheriger Aufenthaltstitel")
SHEET = marked("das Zusatzblatt zum Titel")
FICTION = marked("die Fiktionsbescheinigung")
TOLERATION = marked("die Bescheinigung über die Duldung")
ASYLUM = marked("die Aufenthaltsgestattung")
ACT = marked("unser Bescheid")
EU = marked("Pass oder Personalausweis, für Angehörige die Aufenthaltskarte")

ASK_PAPER = marked(
    "Brauchen Sie einen Nachweis für Arbeitgeber, Ämter oder Reisen, fordern Sie eine "
    "Fiktionsbescheinigung an (§ 81 Abs. 5 AufenthG)."
)
COME = marked("Bitte melden Sie sich sofort bei uns.")
SEND_TITLE = marked(
    "Schicken Sie uns ein Foto Ihres Aufenthaltstitels oder stellen Sie uns eine Frage."
)
ASK_FIRST = marked("Bitte fragen Sie uns, bevor Sie Deutschland verlassen.")
ADVICE = marked("Lassen Sie sich schnell beraten; die Frist für eine Klage steht im Bescheid.")

NO_BASIS = marked("Nach dem, was uns vorliegt, hat Ihr Aufenthalt gerade keine Grundlage.")
NO_WORK = marked("Ihr Antrag erlaubt Ihnen nicht zu arbeiten.")
LIMITS = marked(
    "Erlaubt ist, was auf Ihrem Aufenthaltstitel oder dem Zusatzblatt zur Erwerbstätigkeit steht."
)
UNKNOWN_STAY = marked(
    "Das können wir aus diesem Vorgang nicht sagen. Uns fehlen Angaben zu Ihrem Aufenthaltstitel."
)

FOREVER = "§ 9 Abs. 1, § 9a Abs. 1 AufenthG"
WORK_TITLE = "§ 4a Abs. 1 bis 3 AufenthG"
WORK_NONE = "§ 4a Abs. 4 AufenthG"


def title_end(lage: Lage) -> date | None:
    return lage.title_end


def card_end(lage: Lage) -> date | None:
    return lage.paper_end(CARD)


def fiction_end(lage: Lage) -> date | None:
    return lage.paper_end(FICTION_PAPER)


def has_card(lage: Lage) -> bool:
    return lage.paper(CARD) is not None


def unlimited(lage: Lage) -> bool:
    return lage.facts.title_kind in UNLIMITED_TITLES


def lawful_visit(lage: Lage) -> bool:
    """Inside the days that a visa-free entry or a Schengen visa gives."""
    kind, until = lage.facts.title_kind, visit_end(lage)
    known = kind in WITHOUT_TITLE_LAWFUL or kind is TitleKind.SCHENGEN_VISUM
    return known and until is not None and lage.today <= until


def visit_end(lage: Lage) -> date | None:
    return lage.facts.lawful_until or lage.facts.title_until


def no_effect(lage: Lage) -> bool:
    return lage.effect is FiktionKind.NONE


def late(lage: Lage) -> bool:
    """A title that was over when the application came: its continuation may be ordered."""
    end, received = lage.title_end, lage.facts.received_on
    return no_effect(lage) and end is not None and received is not None and end < received


def toleration_over(lage: Lage) -> bool:
    end = lage.facts.title_until
    tolerated = lage.facts.title_kind is TitleKind.DULDUNG
    return tolerated and lage.paper("D2a") is None and end is not None and end < lage.today


def toleration_end(lage: Lage) -> date | None:
    return lage.paper_end("D2a") or lage.facts.title_until


def tolerated(lage: Lage) -> bool:
    return lage.facts.title_kind is TitleKind.DULDUNG or lage.paper("D2a") is not None


def asylum(lage: Lage) -> bool:
    named = lage.facts.title_kind is TitleKind.GESTATTUNG or lage.paper("D12") is not None
    return named or lage.asylum_ends_titles


def free_movement(lage: Lage) -> bool:
    return lage.facts.title_kind is TitleKind.FREIZUEGIGKEIT


def refused(lage: Lage) -> bool:
    return lage.state in REFUSED


def always(lage: Lage) -> bool:
    return True
