"""Deadlines with their arithmetic: one door to the modules of this package."""

from abh.kernel.dauer import Dauer, Einheit, jahre, minus, monate, plus, tage, wochen
from abh.kernel.fristen.grundregeln import (
    BEHOERDLICH,
    GERICHTLICH,
    GESETZLICH,
    Frist,
    Fristpaar,
    Fristregel,
    Zeile,
    beschreibe_tag,
    fester_tag,
    frist,
    verlaengern,
)
from abh.kernel.fristen.rechner import berechne
from abh.kernel.fristen.uhren import (
    WAITING,
    WARNINGS,
    Halt,
    Laufzeit,
    Untaetigkeit,
    Warnung,
    laufzeit,
    untaetigkeit,
)
from abh.kernel.fristen.zugang import (
    KANAL_LABEL,
    LAW_KEYS,
    Bekanntgabe,
    Kanal,
    ab_bekanntgabe,
    bekanntgabe,
    klagefrist,
)

# Every key of law that this package reads whatever the case; the start checks them all.
ALL_LAW_KEYS = LAW_KEYS | {WAITING, *WARNINGS}

__all__ = [
    "ALL_LAW_KEYS",
    "BEHOERDLICH",
    "GERICHTLICH",
    "GESETZLICH",
    "KANAL_LABEL",
    "Bekanntgabe",
    "Dauer",
    "Einheit",
    "Frist",
    "Fristpaar",
    "Fristregel",
    "Halt",
    "Kanal",
    "Laufzeit",
    "Untaetigkeit",
    "Warnung",
    "Zeile",
    "ab_bekanntgabe",
    "bekanntgabe",
    "berechne",
    "beschreibe_tag",
    "fester_tag",
    "frist",
    "jahre",
    "klagefrist",
    "laufzeit",
    "minus",
    "monate",
    "plus",
    "tage",
    "untaetigkeit",
    "verlaengern",
    "wochen",
]
