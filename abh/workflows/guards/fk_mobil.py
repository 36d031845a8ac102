"""Rules of mobility with a title of another Member State (§§ 18f, 19b AufenthG)."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung
from abh.workflows.facts import Facts, german
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards.basis import met, not_met
from abh.workflows.guards.regeln import Regel, bis_heute_gueltig, kein_wert, unbekannt

TITEL_ANDERSWO = tag(
    "titel_mitgliedstaat_bis",
    "Titel des anderen Mitgliedstaats gültig bis",
    "§ 18f Abs. 1 Nr. 1, § 19b Abs. 1 AufenthG",
)
VON = tag("aufenthalt_von", "Beginn des Aufenthalts im Bundesgebiet", "§§ 18f, 19, 19b AufenthG")
BIS = tag("aufenthalt_bis", "Ende des Vorhabens im Bundesgebiet", "§§ 18d, 18f, 19, 19b AufenthG")
PARALLEL = ja_nein(
    "parallele_mitteilung",
    "Gleichzeitige Mitteilung der kurzfristigen Mobilität",
    "§ 18f Abs. 5, § 19b Abs. 4 AufenthG",
    amt=True,
)
KURZ_BIS = tag(
    "kurzfristig_bis",
    "Ende des Aufenthalts nach kurzfristiger Mobilität",
    "§§ 18e, 19a AufenthG",
    amt=True,
)
ANGABEN = (TITEL_ANDERSWO, VON, BIS, PARALLEL, KURZ_BIS)
TITEL_GUELTIG = bis_heute_gueltig(TITEL_ANDERSWO)


def dauer_ueber(law_key: str, norm: str) -> Regel:
    """The stay lasts more days than the law says; first and last day count."""

    def rule(f: Facts) -> Finding:
        start, end, limit = f.angabe(VON.key), f.angabe(BIS.key), f.law.zahl(law_key)
        if limit is None:
            return kein_wert(f, law_key)
        for one, value in ((VON, start), (BIS, end)):
            if value is None:
                return unbekannt(one, norm)
        days = (end - start).days + 1
        text = f"{german(start)} bis {german(end)} sind {days} Tage; nötig sind mehr als "
        text += f"{limit.value}."
        return met(text, norm) if days > limit.value else not_met(text, norm)

    return Regel(rule, (VON.key, BIS.key))


def rechtzeitig(law_key: str, norm: str) -> Regel:
    """Not beside a notification, and during a short stay only some days before it ends."""

    def rule(f: Facts) -> Finding:
        parallel, short, days = f.angabe(PARALLEL.key), f.angabe(KURZ_BIS.key), f.law.zahl(law_key)
        if days is None:
            return kein_wert(f, law_key)
        if parallel is None:
            return unbekannt(PARALLEL, norm)
        if parallel:
            return not_met("Der Antrag kam gleichzeitig mit einer Mitteilung.", norm)
        if short is None or f.received_on is None:
            return met("Kein Antrag während eines kurzfristigen Aufenthalts.", norm)
        last = fk.vor(short, days)
        text = f"Antrag am {german(f.received_on)}, möglich bis {german(last)}."
        return met(text, norm) if f.received_on <= last else not_met(text, norm)

    return Regel(rule, (PARALLEL.key, KURZ_BIS.key))


def vorher_beantragt(mobil: Bedingung, law_key: str, norm: str) -> Regel:
    """Filed so many days before the stay begins, with a valid title of the other state."""

    def rule(f: Facts) -> Finding:
        if not mobil(f):
            return not_met("Es ist kein Fall der Mobilität.", norm)
        start, days = f.angabe(VON.key), f.law.zahl(law_key)
        if start is None or days is None or f.received_on is None:
            return unbekannt(VON, norm)
        last = fk.vor(start, days)
        if f.received_on > last:
            text = f"Antrag am {german(f.received_on)}, nötig war er bis {german(last)}."
            return not_met(text, norm)
        return TITEL_GUELTIG(f)

    return Regel(rule, (VON.key, TITEL_ANDERSWO.key))
