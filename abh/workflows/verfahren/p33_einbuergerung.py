"""P33: naturalisation (StAG), version 1 until 29 October 2025, version 2 since then."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import Angabe, wahl
from abh.workflows.definition import (
    Variante,
    Verfahren,
    Zugriff,
)
from abh.workflows.guards import einbuergerung_angaben as an
from abh.workflows.verfahren.gem_einbuergerung import RUECKNAHME, SCHRITTE, SPERRE, STATES
from abh.workflows.verfahren.gem_einbuergerung_liste import (
    BETEILIGUNGEN,
    CHECKLIST,
    DREI_JAHRE,
    GEBUEHREN,
    LAW,
    MARKEN,
    NACHWEISE,
    VARIANTEN,
)
from abh.workflows.verfahren.gem_sonder import (
    briefe,
)
from abh.workflows.verfahren.gemeinsam import CLOCK_75, CLOCK_KLAGE, CLOCK_RUECKGABE


def _version(
    number: int,
    since: date,
    variants: tuple[Variante, ...],
    facts: tuple[Angabe, ...],
    law: tuple[str, ...],
) -> Verfahren:
    return Verfahren(
        key="P33",
        version=number,
        name="Einbürgerung",
        norm="§§ 8 bis 16, 30 StAG",
        in_force_from=since,
        initial="draft",
        states=STATES,
        steps=SCHRITTE,
        checklist=CHECKLIST,
        zweck=(
            "Wer die Voraussetzungen erfüllt, wird auf Antrag Deutsche oder Deutscher. Die "
            "Einbürgerung wirkt mit der Übergabe der Urkunde; die Akte ist von der Ausländerakte "
            "getrennt."
        ),
        titel="Einbürgerung",
        varianten=variants,
        angaben=(wahl("variante", "Art des Antrags", {v.key: v.label for v in variants}), *facts),
        law_keys=law,
        gebuehren=GEBUEHREN,
        beteiligungen=BETEILIGUNGEN,
        grant_outcome="einbuergerung",
        zugriff=Zugriff.EINBUERGERUNG,
        letters=briefe(
            *("N01", "N02", "N03", "N04", "N06", "N07", "N08", "N12", "N14", "N16"),
            N24="Einbürgerungsurkunde",
            ruecknahme_widerruf="Rücknahme der Einbürgerung",
        ),
        clocks=(CLOCK_75, CLOCK_KLAGE, RUECKNAHME, SPERRE, CLOCK_RUECKGABE),
        volatile=MARKEN,
        evidence_labels=NACHWEISE,
    )


P33_V1 = _version(
    1,
    date(2024, 6, 27),
    (*VARIANTEN, DREI_JAHRE),
    (*an.ANGABEN, an.LEISTUNGEN, an.SPRACHE_C1),
    (*LAW, "einbuergerung.aufenthalt.besondere_leistungen"),
)
P33_V2 = _version(2, date(2025, 10, 30), VARIANTEN, an.ANGABEN, LAW)

PUBLISHED = ((P33_V1, "a7de6e8823798e3c"), (P33_V2, "f56301a78d67c928"))
