"""The Aktenplan: which kind of file a closed case belongs to, and from when its period counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from abh.kernel.dauer import Dauer, Einheit, plus
from abh.kernel.fristen import Frist, frist
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.recht import LawKey

TOD = "tod"
ENDS: Mapping[str, str] = {
    "fortzug": "Fortzug in einen anderen Bezirk",
    "ausreise": "Ausreise auf Dauer",
    "einbuergerung": "Einbürgerung",
    TOD: "Tod",
}
# States of P27 in which the person never came: only then was the data kept for the consent alone.
_VISUM_OHNE_EINREISE = frozenset({"objected", "lapsed", "discontinued"})


@dataclass(frozen=True, slots=True)
class Lage:
    """What the Aktenplan looks at: a closed case and the end of its file, if it has one.

    ``angaben`` are declared facts of the Verfahren as typed values, by key.
    """

    verfahren: str
    state: str
    closed_on: date
    ended_on: date | None = None
    ended_ground: str = ""
    angaben: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Aktenart:
    """A kind of file: its period by key of law, and the day it counts from (None: not this kind,
    or the day is not known yet)."""

    key: str
    label: str
    law: LawKey
    begins: str
    anchor: Callable[[Lage], date | None]
    # Kept as long as the person's file is alive; other kinds go by a period of their own.
    with_file: bool = False


def _ban(lage: Lage) -> date | None:
    """The end of the period of § 11(2) AufenthG: the latest known day, so nothing goes too early.

    Without a ban, or while the day of departure is unknown, there is none.
    """
    if lage.verfahren == "P38":
        known = [lage.angaben.get(key) for key in ("sperre_bis", "neues_ende")]
        return max((day for day in known if day is not None), default=None)
    months = lage.angaben.get("eav_monate")
    left = lage.angaben.get("abgeschoben_am") or lage.angaben.get("ausgereist_am")
    if lage.verfahren != "P32" or not months or left is None:
        return None
    return plus(left, Dauer(int(months), Einheit.MONATE))


def _visum(lage: Lage) -> date | None:
    if lage.verfahren != "P27" or lage.state not in _VISUM_OHNE_EINREISE:
        return None
    return lage.angaben.get("zustimmung_bis") or lage.closed_on


def _einbuergerung(lage: Lage) -> date | None:
    return lage.closed_on if lage.verfahren == "P33" else None


def _tod(lage: Lage) -> date | None:
    return lage.ended_on if lage.ended_ground == TOD else None


def _datei_b(lage: Lage) -> date | None:
    return lage.ended_on if lage.ended_ground != TOD else None


# The first kind that knows its day counts.
ARTEN: tuple[Aktenart, ...] = (
    Aktenart(
        "ausweisung",
        "Daten über Ausweisung und Abschiebung",
        LawKey.AKTE_AUSWEISUNG,
        "Ablauf der Frist nach § 11 Abs. 2 AufenthG",
        _ban,
    ),
    Aktenart(
        "visum",
        "Nur zur Zustimmung zum Visum gespeicherte Daten",
        LawKey.AKTE_VISUM,
        "Ende der Gültigkeit der Zustimmung",
        _visum,
    ),
    Aktenart(
        "einbuergerung",
        "Einbürgerungsakte",
        LawKey.AKTE_EINBUERGERUNG,
        "Abschluss des Vorgangs",
        _einbuergerung,
    ),
    Aktenart("tod", "Ausländerdatei B, verstorben", LawKey.AKTE_TOD, "Tod", _tod, with_file=True),
    Aktenart(
        "datei_b",
        "Ausländerdatei B",
        LawKey.AKTE_FORTZUG,
        "Überführung in die Ausländerdatei B (§ 67 AufenthV)",
        _datei_b,
        with_file=True,
    ),
)
ART: Mapping[str, Aktenart] = {art.key: art for art in ARTEN}
# Verfahren with a period of their own, whatever becomes of the person's file.
SPECIAL = ("P27", "P32", "P33", "P38")


@dataclass(frozen=True, slots=True)
class Loeschfrist:
    """The computed period: kind, the day it counts from, its arithmetic."""

    art: Aktenart
    anchor: date
    frist: Frist


def loeschfrist(lage: Lage, law: Rechtsstand, stichtag: date) -> Loeschfrist | None:
    """Return until when a closed case is kept, None while no period runs.

    The last day moves by nothing (§ 31(4) VwVfG NRW). Raises ``LawMissing``.
    """
    for art in ARTEN:
        anchor = art.anchor(lage)
        if anchor is not None:
            known = law.value(art.law, stichtag)
            return Loeschfrist(art, anchor, frist(anchor, known.dauer, known.norm, shift=False))
    return None
