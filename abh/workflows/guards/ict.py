"""Rules of the ICT card and the Mobile ICT card (§§ 19, 19b AufenthG)."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, text, wahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, TitleKind, german
from abh.workflows.guards import basis
from abh.workflows.guards import fachkraefte as fk
from abh.workflows.guards import fk_mobil as mobil
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    eine_von,
    kein_wert,
    nicht,
    plus,
    unbekannt,
    variante,
    wenn,
)

ROLLE = wahl(
    "rolle",
    "Rolle im Transfer",
    {
        "fuehrungskraft": "Führungskraft",
        "spezialist": "Spezialist",
        "trainee": "Trainee",
        "andere": "andere",
    },
    "§ 19 Abs. 2 und 3, § 19b Abs. 2 AufenthG",
)
ZUGEHOERIG = tag(
    "zugehoerig_seit",
    "Ununterbrochen im Unternehmen seit",
    "§ 19 Abs. 2 Satz 1 Nr. 2 AufenthG",
)
VERTRAG = ja_nein(
    "vertrag_mit_rueckkehr",
    "Arbeitsvertrag und Abordnung mit Recht auf Rückkehr",
    "§ 19 Abs. 2 Satz 1 Nr. 4, § 19b Abs. 2 Nr. 3 AufenthG",
)
QUALIFIKATION = ja_nein(
    "qualifikation_belegt",
    "Berufliche Qualifikation belegt, bei Trainees der Hochschulabschluss",
    "§ 19 Abs. 2 Satz 1 Nr. 5, Abs. 3 AufenthG",
    amt=True,
)
AUSSCHLUSS = text(
    "ict_ausschluss", "Ausschlussgrund der ICT-Karte", "§ 19 Abs. 5 und 6 AufenthG", amt=True
)
LETZTER = tag(
    "letzter_transfer_bis", "Ende des letzten Transfers", "§ 19 Abs. 6 Nr. 3 AufenthG", amt=True
)
KEIN_LETZTER = ja_nein(
    "frueherer_transfer",
    "Früherer Transfer im Bundesgebiet",
    "§ 19 Abs. 6 Nr. 3 AufenthG",
    amt=True,
)
BEGINN = tag("transfer_seit", "Erste ICT-Karte seit", "§ 19 Abs. 4 AufenthG", amt=True)
LAENGER_HIER = ja_nein(
    "laenger_im_bundesgebiet",
    "Der Aufenthalt hier ist länger als in anderen Mitgliedstaaten",
    "§ 19b Abs. 5 AufenthG",
    amt=True,
)
NIEDERLASSUNG = text(
    "aufnehmende_niederlassung", "Aufnehmende Niederlassung", "§ 77 Abs. 1a AufenthG"
)
MOST, MOST_TRAINEE, ZEIT, MEHR_ALS, PAUSE, ANTRAG, ERLAUBT = (
    "ict.hoechstdauer",
    "ict.hoechstdauer.trainee",
    "ict.zugehoerigkeit",
    "ict.transfer.mindestens",
    "ict.pause",
    "ict.mobil.antrag",
    "ict.mobil.erlaubt",
)
MOBIL = variante("mobil")
KARTE, NICHT_MOBIL = "für die Mobiler-ICT-Karte nicht verlangt.", "kein Fall der Mobilität."
VORHER = mobil.vorher_beantragt(MOBIL, ANTRAG, "§ 19b Abs. 3 AufenthG")


def _einreise(f: Facts) -> Finding:
    norm = "§ 39 Satz 2 AufenthV"
    if f.title_kind is TitleKind.ICT_KARTE:
        return basis.visa(f)
    if f.title_kind is TitleKind.NATIONALES_VISUM:
        if f.entry.visa_fits is None:
            return check("Ob das Visum für den Transfer erteilt ist, ist noch zu prüfen.", norm)
        if f.entry.visa_fits:
            return met("Die Einreise mit dem Visum für den Transfer ist festgestellt.", norm)
    return not_met("Die erste ICT-Karte ist nur mit dem Visum für den Transfer möglich.", norm)


def _rolle(f: Facts) -> Finding:
    allowed = {"ict": ("fuehrungskraft", "spezialist"), "trainee": ("trainee",)}
    every = ("fuehrungskraft", "spezialist", "trainee")
    return eine_von(ROLLE, allowed.get(f.variante, every))(f)


def _zugehoerig(f: Facts) -> Finding:
    since, start, least = f.angabe(ZUGEHOERIG.key), f.angabe(mobil.VON.key), f.law.zahl(ZEIT)
    if least is None:
        return kein_wert(f, ZEIT)
    for one, value in ((ZUGEHOERIG, since), (mobil.VON, start)):
        if value is None:
            return unbekannt(one)
    reached = plus(since, least)
    words = f"Im Unternehmen seit {german(since)}, Transfer ab {german(start)}; "
    words += f"{least.value} Monate sind am {german(reached)} voll."
    return met(words) if reached <= start else not_met(words)


def _pause(f: Facts) -> Finding:
    before, last, least = f.angabe(KEIN_LETZTER.key), f.angabe(LETZTER.key), f.law.zahl(PAUSE)
    if fk.VERLAENGERUNG(f):
        return met("Der Transfer dauert an.")
    if before is None:
        return unbekannt(KEIN_LETZTER)
    if not before:
        return met("Einen früheren Transfer gab es nicht.")
    if last is None or least is None:
        return unbekannt(LETZTER)
    free, asked = plus(last, least), f.received_on or f.stichtag
    words = f"Letzter Transfer bis {german(last)}, neuer Antrag ab {german(free)}."
    return met(words) if asked >= free else not_met(words)


def hoechster_tag(f: Facts) -> date | None:
    """The last day of all transfers together, from the first card or the start of the stay."""
    trainee = f.variante == "trainee" or f.angabe(ROLLE.key) == "trainee"
    most = f.law.zahl(MOST_TRAINEE if trainee else MOST)
    start = f.angabe(BEGINN.key) or f.angabe(mobil.VON.key)
    return plus(start, most) if start is not None and most is not None else None


def _hoechstdauer(f: Facts) -> Finding:
    last, end = hoechster_tag(f), f.angabe(mobil.BIS.key)
    if last is None or end is None:
        return unbekannt(mobil.BIS)
    words = f"Der Transfer soll bis {german(end)} dauern, höchstens möglich ist {german(last)}."
    return met(words) if end <= last else not_met(words)


def ende(f: Facts) -> date | None:
    """The title ends with the transfer, never after the longest time of the law."""
    return fk.fruehestes(hoechster_tag(f), f.angabe(mobil.BIS.key))


def _ausschluss(f: Facts) -> Finding:
    said = f.angabe(AUSSCHLUSS.key)
    if said is None:
        return check("Die Ausschlussgründe sind noch nicht geprüft.")
    return not_met(f"Ausschlussgrund: {said}") if said else met("Es gibt keinen Ausschlussgrund.")


ANGABEN = (
    ROLLE, ZUGEHOERIG, VERTRAG, QUALIFIKATION, AUSSCHLUSS, KEIN_LETZTER, LETZTER, BEGINN,
    LAENGER_HIER, NIEDERLASSUNG,
)  # fmt: skip
EINREISE = wenn(nicht(MOBIL), _einreise, "die Karte darf im Inland beantragt werden (§ 39).")
ROLLE_REGEL = Regel(_rolle, (ROLLE.key,))
ZUGEHOERIGKEIT = wenn(nicht(MOBIL), Regel(_zugehoerig, (ZUGEHOERIG.key, mobil.VON.key)), KARTE)
AUSSCHLUSS_REGEL = wenn(nicht(MOBIL), Regel(_ausschluss, (AUSSCHLUSS.key,)), KARTE)
_PAUSE = Regel(_pause, (KEIN_LETZTER.key, LETZTER.key))
_DAUER = Regel(_hoechstdauer, (mobil.BIS.key, BEGINN.key))
PAUSE_REGEL, HOECHSTDAUER = wenn(nicht(MOBIL), _PAUSE, KARTE), wenn(nicht(MOBIL), _DAUER, KARTE)
MOBIL_GRENZEN = wenn(MOBIL, alle(_PAUSE, _DAUER), NICHT_MOBIL)
