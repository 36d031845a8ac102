"""How a case came where it is: the steps of P02 that lead to each state, and how many do.

The ways of the other procedures are found in their tables (``walk``); those of P02 are written out,
because its cases carry the story and the measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from abh.workflows.definition import Step, Verfahren

_IN = ("einreichen", "registrieren", "zustaendigkeit_bejahen")
_REVIEW = (*_IN, "vollstaendig")
_ASKED = (*_REVIEW, "beteiligen")
_INVITED = (*_ASKED, "beteiligungen_abschliessen", "zum_termin_einladen")
_READY = (*_INVITED, "erschienen_entscheidungsreif")
_GRANTED = (*_READY, "bewilligen")
_CARD = (*_GRANTED, "karte_bestellen")
_HEARD = (*_REVIEW, "anhoeren")


@dataclass(frozen=True, slots=True)
class Path:
    """A state with the steps to it, its share among open (or closed) cases, and its age.

    ``age`` is the span of days since receipt that is plausible for the state.
    """

    state: str
    steps: tuple[str, ...]
    share: int
    age: tuple[int, int]
    is_open: bool = True


PATHS: tuple[Path, ...] = (
    Path("jurisdiction_check", _IN[:2], 4, (0, 3)),
    Path("completeness_check", _IN, 20, (0, 20)),
    Path("awaiting_applicant", (*_IN, "nachfordern"), 16, (5, 28)),
    Path("in_review", _REVIEW, 14, (7, 60)),
    Path("awaiting_third_party", _ASKED, 12, (8, 30)),
    Path("suspended", (*_REVIEW, "aussetzen"), 1, (40, 85)),
    Path("appointment_pending", _INVITED, 9, (15, 50)),
    Path("hearing", _HEARD, 2, (25, 70)),
    Path("decision_ready", _READY, 8, (20, 60)),
    Path("granted", _GRANTED, 3, (22, 60)),
    Path("card_in_production", _CARD, 6, (30, 75)),
    Path("card_ready", (*_CARD, "karte_eingetroffen"), 4, (45, 85)),
    Path("refused", (*_HEARD, "ablehnen"), 1, (50, 85)),
    Path("issued", (*_CARD, "karte_eingetroffen", "aushaendigen"), 90, (90, 730), False),
    Path("refused_final", (*_HEARD, "ablehnen", "bestandskraft"), 3, (150, 730), False),
    Path("withdrawn", (*_REVIEW, "zuruecknehmen"), 3, (60, 730), False),
    Path("discontinued", (*_REVIEW, "einstellen"), 2, (60, 730), False),
    Path("transferred", (*_IN[:2], "abgeben"), 2, (30, 730), False),
)
# About a quarter of a year's 2,500 cases of P02 is open in a house that decides in weeks.
OPEN_SHARE = 0.25


def steps_of(verfahren: Verfahren, path: Path) -> list[tuple[str, Step, str]]:
    """Return (from, step, to) along a path; raises ``ValueError`` where there is no way."""
    by_key: Mapping[str, Step] = {step.key: step for step in verfahren.steps}
    here = verfahren.initial
    found = []
    for key in path.steps:
        step = by_key.get(key)
        if step is None or here not in step.source:
            raise ValueError(f"{path.state}: {key} does not lead on from {here}")
        found.append((here, step, step.target))
        here = step.target
    if here != path.state:
        raise ValueError(f"{path.state}: the steps end in {here}")
    return found
