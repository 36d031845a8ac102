"""Which letters of a case go to the employer and not to the person (pure).

The accelerated procedure is an agreement between office and employer, who acts for the skilled
worker (§ 81a(1) and (2) AufenthG): advice, agreement, requests and the preliminary consent are
his. What may be a matter of security or of the visa (a refused consent, a refused visa) and what
follows the entry stays between the office and the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Steps by procedure.
STEPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "P28": frozenset(
            {
                *("beraten", "vereinbaren", "unterlagen_nachfordern", "ba_angaben_nachfordern"),
                *("unterlagen_weitergeben", "gleichwertigkeit_festhalten", "auf_16d_umstellen"),
                *("anerkennung_abgelehnt", "wegen_versagung_beenden", "stille_beenden"),
                "vorab_zustimmen",
            }
        )
    }
)


def goes_to_employer(verfahren: str, step: str) -> bool:
    """Whether the letter of a step is addressed to the employer of the case."""
    return step in STEPS.get(verfahren, ())
