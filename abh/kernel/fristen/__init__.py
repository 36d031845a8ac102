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
    Halt,
    Laufzeit,
    Untaetigkeit,
    Warnung,
    laufzeit,
    untaetigkeit,
)
from abh.kernel.fristen.zugang import (
    KANAL_LABEL,
    Bekanntgabe,
    Kanal,
    ab_bekanntgabe,
    bekanntgabe,
    klagefrist,
)

__all__ = [
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
