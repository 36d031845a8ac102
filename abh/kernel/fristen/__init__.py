"""Deadlines with their arithmetic: one door to the modules of this package."""

from abh.kernel.dauer import Dauer, Einheit, jahre, monate, tage, wochen
from abh.kernel.fristen.grundregeln import (
    Frist,
    Fristpaar,
    Zeile,
    beschreibe_tag,
    fester_tag,
    frist,
    verlaengern,
)
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
    "KANAL_LABEL",
    "Bekanntgabe",
    "Dauer",
    "Einheit",
    "Frist",
    "Fristpaar",
    "Halt",
    "Kanal",
    "Laufzeit",
    "Untaetigkeit",
    "Warnung",
    "Zeile",
    "ab_bekanntgabe",
    "bekanntgabe",
    "beschreibe_tag",
    "fester_tag",
    "frist",
    "jahre",
    "klagefrist",
    "laufzeit",
    "monate",
    "tage",
    "untaetigkeit",
    "verlaengern",
    "wochen",
]
