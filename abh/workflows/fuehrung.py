"""Which variant of the accelerated procedure a case of this office can be (§ 81a AufenthG).

Where the central office of the Land leads, only what it hands over after the entry is a case here.
An office that leads itself also takes over from the central office of another Land.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from abh.kernel.errors import FieldProblem
from abh.office.fachverfahren import lead_on
from abh.workflows.guards import fachverfahren as fv

VERFAHREN: Final = "P28"
VARIANTE: Final = "variante"


def variants(profile: Mapping[str, Any], received: date) -> tuple[str, ...]:
    """Return the variants a case received on that day can have, the usual one first."""
    return (fv.ZFE,) if lead_on(profile, received).is_central else (fv.EIGEN, fv.ZFE)


def opened(
    profile: Mapping[str, Any], antrag: Mapping[str, Any], received: date
) -> Mapping[str, Any]:
    """Return a checked application with the variant the office file decides; others unchanged."""
    if antrag["verfahren"] != VERFAHREN or antrag["angaben"].get(VARIANTE):
        return antrag
    usual = variants(profile, received)[0]
    return {**antrag, "angaben": {**antrag["angaben"], VARIANTE: usual}}


def problems(
    profile: Mapping[str, Any], verfahren: str, values: Mapping[str, Any], received: date
) -> list[FieldProblem]:
    """Return what is wrong with the variant in ``values``: it is another authority's."""
    wanted = values.get(VARIANTE)
    if verfahren != VERFAHREN or not wanted or wanted in variants(profile, received):
        return []
    lead = lead_on(profile, received)
    text = f"Das Verfahren führt seit dem {lead.since:%d.%m.%Y} eine andere Stelle: {lead.name}."
    return [FieldProblem(VARIANTE, text)]
