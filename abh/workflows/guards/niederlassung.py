"""Rules of the settlement permit and of the long-term residence: time, pension, language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.kernel.dauer import add_months
from abh.workflows.angaben import Angabe, ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, german
from abh.workflows.guards import familie as fam
from abh.workflows.guards.basis import ask, met, not_met, not_needed
from abh.workflows.guards.ehegatten import SPRACHE
from abh.workflows.guards.niederlassung_tabelle import TABELLE, ZEILEN, Grundlage
from abh.workflows.guards.regeln import Regel, alle, birthday, ja, kein_wert, nein, unbekannt

LEVELS = ("keine", "a1", "a2", "b1", "b2", "c1")


INLAND = {
    "ne.zeit.fachkraft": "ne.zeit.fachkraft_inland",
    "ne.rente.fachkraft": "ne.rente.fachkraft_inland",
}
CREDIT_STUDY, CREDIT_FORMER = "ne.anrechnung.studium", "ne.anrechnung.frueher"
HALF, MOST = "ne.unterhalt.ueberwiegend", "ne.unterhalt.weit_ueberwiegend"
BLUE, BLUE_B1 = "ne.monate.blaue_karte", "ne.monate.blaue_karte_b1"
CHILD_AGE = "ne.alter.kind"
LAW = (
    *sorted({row.zeit for row in ZEILEN if row.zeit}),
    *sorted({row.rente for row in ZEILEN if row.rente}),
    *INLAND.values(),
    CREDIT_STUDY,
    CREDIT_FORMER,
    HALF,
    MOST,
    BLUE,
    BLUE_B1,
    CHILD_AGE,
    "ne.stunden.ehegatte",
)

TITEL_SEIT = tag("titel_seit", "Im Besitz des Titels seit", "§ 9 Abs. 2 Satz 1 Nr. 1 AufenthG")
STUDIENZEIT = zahl(
    "studienzeit_monate",
    "Zeit des Studiums oder der Ausbildung",
    "Monate",
    "§ 9 Abs. 4 Nr. 3, § 9b Abs. 1 Nr. 4 AufenthG",
)
ASYLZEIT = zahl(
    "asylzeit_monate", "Zeit des Asylverfahrens", "Monate", "§ 26 Abs. 3 und 4 AufenthG"
)
FRUEHERE_ZEIT = zahl(
    "fruehere_zeit_monate",
    "Zeit eines früheren Aufenthalts bis zur Ausreise mit unbefristetem Titel",
    "Monate",
    "§ 9 Abs. 4 Nr. 1 AufenthG",
)
INLANDSABSCHLUSS = ja_nein(
    "abschluss_im_inland",
    "Ausbildung oder Studium im Inland abgeschlossen",
    "§ 18c Abs. 1 Satz 2 AufenthG",
)
RENTENMONATE = zahl(
    "rentenmonate", "Beiträge zur Altersvorsorge", "Monate", "§ 9 Abs. 2 Satz 1 Nr. 3 AufenthG"
)
MONATE_18G = zahl(
    "monate_blaue_karte", "Beschäftigung nach § 18g", "Monate", "§ 18c Abs. 2 AufenthG"
)
EHEGATTE_ERFUELLT = ja_nein(
    "ehegatte_erfuellt",
    "Der Ehegatte erfüllt Altersvorsorge und Erwerbserlaubnis",
    "§ 9 Abs. 3 Satz 1 AufenthG",
)
IN_AUSBILDUNG = ja_nein(
    "in_ausbildung",
    "In einer anerkannten Ausbildung oder im Studium",
    "§ 9 Abs. 3 Satz 2, § 35 Abs. 1 und 3 AufenthG",
)
AUSNAHME = wahl(
    "ausnahme_9_2",
    "Ausnahme von den Voraussetzungen",
    {
        "keine": "keine",
        "krankheit": "Krankheit oder Behinderung (Satz 3 und 6)",
        "einfach_muendlich": "einfache mündliche Kenntnisse, kein Kursanspruch (Satz 5)",
    },
    "§ 9 Abs. 2 Satz 3 bis 6 AufenthG",
    amt=True,
)
KURS_BESTANDEN = ja_nein(
    "integrationskurs_bestanden",
    "Integrationskurs mit Erfolg abgeschlossen",
    "§ 9 Abs. 2 Satz 2 AufenthG",
)
KENNTNISSE = ja_nein(
    "grundkenntnisse",
    "Grundkenntnisse nachgewiesen (Leben in Deutschland)",
    "§ 9 Abs. 2 Satz 1 Nr. 8 AufenthG",
)
GRUENDE_SICHERHEIT = ja_nein(
    "gruende_sicherheit",
    "Gründe der öffentlichen Sicherheit oder Ordnung stehen nach Abwägung entgegen",
    "§ 9 Abs. 2 Satz 1 Nr. 4 AufenthG",
    amt=True,
)
ARBEIT_ERLAUBT = ja_nein(
    "beschaeftigung_erlaubt", "Die Beschäftigung ist erlaubt", "§ 9 Abs. 2 Satz 1 Nr. 5 AufenthG"
)
BERUFSERLAUBNIS = ja_nein(
    "berufserlaubnis_geklaert",
    "Nötige Erlaubnisse für den Beruf liegen vor oder sind nicht nötig",
    "§ 9 Abs. 2 Satz 1 Nr. 6 AufenthG",
)
ANGABEN = (
    TITEL_SEIT,
    STUDIENZEIT,
    ASYLZEIT,
    FRUEHERE_ZEIT,
    INLANDSABSCHLUSS,
    RENTENMONATE,
    MONATE_18G,
    EHEGATTE_ERFUELLT,
    IN_AUSBILDUNG,
    AUSNAHME,
    KURS_BESTANDEN,
    KENNTNISSE,
    GRUENDE_SICHERHEIT,
    ARBEIT_ERLAUBT,
    BERUFSERLAUBNIS,
    SPRACHE,
)


def zeile(f: Facts) -> Grundlage | None:
    """Return the row of the variant that was applied for."""
    return TABELLE.get(f.variante)


def gutschrift(f: Facts, *, asyl: bool) -> int | None:
    """Return the months credited (§ 9(4), § 26(3), (4)); ``None`` without the law of the day."""
    study, former = f.law.zahl(CREDIT_STUDY), f.law.zahl(CREDIT_FORMER)
    if study is None or former is None:
        return None
    months = int((f.angabe(STUDIENZEIT.key) or 0) * int(study.value) // 100)
    months += min(f.angabe(FRUEHERE_ZEIT.key) or 0, int(former.value))
    return months + ((f.angabe(ASYLZEIT.key) or 0) if asyl else 0)


def erreicht(f: Facts, since: date, law_key: str, credit: int) -> date | None:
    """Return the day on which the dated length is reached after the credit."""
    length = f.law.zahl(law_key)
    if length is None:
        return None
    months = int(length.value) * (12 if length.unit == "jahre" else 1)
    return add_months(since, max(0, months - credit))


def _zeit(f: Facts) -> Finding:
    row = zeile(f)
    if row is None or not row.zeit:
        return not_needed("die Vorschrift verlangt keine Zeit des Besitzes.")
    key = row.zeit
    if f.angabe(INLANDSABSCHLUSS.key) is True:
        key = INLAND.get(key, key)
    since = f.angabe(TITEL_SEIT.key)
    if since is None:
        return unbekannt(TITEL_SEIT)
    credit = gutschrift(f, asyl=row.asylzeit) if row.anrechnung else 0
    day = None if credit is None else erreicht(f, since, key, credit)
    if day is None:
        return kein_wert(f, key)
    text = f"Titel seit {german(since)}, angerechnet {credit} Monate: erreicht am {german(day)}."
    if row.key == "kind":
        return _bis_sechzehn(f, day, text)
    return met(text, row.norm) if day <= f.stichtag else not_met(text, row.norm)


def _bis_sechzehn(f: Facts, day: date, text: str) -> Finding:
    years = f.law.zahl(CHILD_AGE)
    born = None if years is None else birthday(f, int(years.value))
    if born is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    text = f"{text} Maßgeblich ist der 16. Geburtstag am {german(born)}."
    good = day <= born <= f.stichtag
    return met(text) if good else not_met(text)


def _rente(f: Facts) -> Finding:
    row = zeile(f)
    if row is None or not row.rente:
        return not_needed("die Vorschrift verlangt keine Altersvorsorge.")
    key = INLAND.get(row.rente, row.rente) if f.angabe(INLANDSABSCHLUSS.key) else row.rente
    limit = f.law.zahl(key)
    if limit is None:
        return kein_wert(f, key)
    if f.angabe(AUSNAHME.key) == "krankheit":
        return not_needed("Krankheit oder Behinderung.", "§ 9 Abs. 2 Satz 6 AufenthG")
    if row.ehegatte and f.angabe(EHEGATTE_ERFUELLT.key) is True:
        return not_needed("der Ehegatte erfüllt die Voraussetzung.", "§ 9 Abs. 3 Satz 1 AufenthG")
    if row.key == "regel" and f.angabe(IN_AUSBILDUNG.key) is True:
        return not_needed("Ausbildung oder Studium.", "§ 9 Abs. 3 Satz 2 AufenthG")
    have = f.angabe(RENTENMONATE.key)
    if have is None:
        return unbekannt(RENTENMONATE)
    text = f"Beiträge für {have} Monate; nötig sind {limit.value}."
    return met(text, limit.norm) if have >= limit.value else not_met(text, limit.norm)


def _sprache(f: Facts, row: Grundlage | None) -> Finding:
    if row is None or not row.sprache:
        return not_needed("die Vorschrift verlangt keinen Sprachnachweis.")
    ground = f.angabe(AUSNAHME.key)
    if ground in row.ausnahmen:
        return not_needed(f"{AUSNAHME.words(ground)}.", "§ 9 Abs. 2 AufenthG")
    if f.angabe(KURS_BESTANDEN.key) is True and row.sprache != "c1":
        found = met("Der Integrationskurs ist bestanden.", "§ 9 Abs. 2 Satz 2 AufenthG")
        return replace(found, evidence=(("integrationskurs", "sprachzertifikat"),))
    level = f.angabe(SPRACHE.key)
    if level is None:
        return unbekannt(SPRACHE)
    text = f"Deutschkenntnisse: {SPRACHE.words(level)}; nötig ist {row.sprache.upper()}."
    good = LEVELS.index(level) >= LEVELS.index(row.sprache)
    return met(text) if good else not_met(text)


def _kenntnisse(f: Facts, row: Grundlage | None) -> Finding:
    if row is None or not row.kenntnisse:
        return not_needed("die Vorschrift verlangt keine Grundkenntnisse.")
    ground = f.angabe(AUSNAHME.key)
    if ground in row.ausnahmen:
        return not_needed(f"{AUSNAHME.words(ground)}.", "§ 9 Abs. 2 AufenthG")
    if f.angabe(KURS_BESTANDEN.key) is True:
        return met("Der Integrationskurs ist bestanden.", "§ 9 Abs. 2 Satz 2 AufenthG")
    known = f.angabe(KENNTNISSE.key)
    if known is None:
        return unbekannt(KENNTNISSE)
    if not known:
        return not_met("Grundkenntnisse sind nicht nachgewiesen.")
    return met("Grundkenntnisse sind nachgewiesen.")


def _anteil(f: Facts, law_key: str) -> Finding:
    have, need, share = (f.angabe(fam.EINKOMMEN.key), f.angabe(fam.BEDARF.key), f.law.zahl(law_key))
    if share is None:
        return kein_wert(f, law_key)
    for angabe, value in ((fam.EINKOMMEN, have), (fam.BEDARF, need)):
        if value is None:
            return unbekannt(angabe)
    line = need * share.value / 100
    good = have > line if law_key == HALF else have >= line
    word = "mehr als" if law_key == HALF else "mindestens"
    text = (
        f"Einkommen {fam.EINKOMMEN.words(have)} bei einem Bedarf von {fam.BEDARF.words(need)}; "
        f"nötig sind {word} {share.value} Prozent davon."
    )
    return met(text, share.norm) if good else not_met(text, share.norm)


def _unterhalt(f: Facts) -> Finding:
    row = zeile(f)
    if row is None:
        return ask("Die Grundlage ist nicht gewählt.")
    if row.unterhalt in ("prognose", "unterhalt", "kind"):
        return not_needed("siehe die besondere Voraussetzung (BES).", row.norm)
    if f.angabe(AUSNAHME.key) == "krankheit" and row.ausnahmen and row.key != "deutsch":
        return not_needed("Krankheit oder Behinderung.", "§ 9 Abs. 2 Satz 6 AufenthG")
    if row.unterhalt == "ueberwiegend":
        return _anteil(f, HALF)
    if row.unterhalt == "weit":
        return _anteil(f, MOST)
    return fam.einkommen_reicht(f)


def _erwerb(f: Facts) -> Finding:
    row = zeile(f)
    if row is None or not row.erwerb:
        return not_needed("die Vorschrift verlangt sie nicht.")
    if row.ehegatte and f.angabe(EHEGATTE_ERFUELLT.key) is True:
        return not_needed("der Ehegatte erfüllt die Voraussetzung.", "§ 9 Abs. 3 Satz 1 AufenthG")
    return _erwerb_regel(f)


_erwerb_regel = alle(
    ja(ARBEIT_ERLAUBT, "Die Beschäftigung ist erlaubt.", "Die Beschäftigung ist nicht erlaubt."),
    ja(
        BERUFSERLAUBNIS,
        "Erlaubnisse für den Beruf sind geklärt.",
        "Eine nötige Erlaubnis für den Beruf fehlt.",
    ),
)
zeit = Regel(
    _zeit, (TITEL_SEIT.key, STUDIENZEIT.key, ASYLZEIT.key, FRUEHERE_ZEIT.key, INLANDSABSCHLUSS.key)
)
rente = Regel(_rente, (RENTENMONATE.key, EHEGATTE_ERFUELLT.key, IN_AUSBILDUNG.key, AUSNAHME.key))


def sprache_fuer(row: Grundlage | None = None) -> Regel:
    """Language as this row asks for it, without one as the variant's row does."""
    reads = (SPRACHE.key, KURS_BESTANDEN.key, AUSNAHME.key)
    return Regel(lambda f: _sprache(f, row or zeile(f)), reads)


def kenntnisse_fuer(row: Grundlage | None = None) -> Regel:
    """Basic knowledge of law and society, by this row or that of the variant."""
    reads = (KENNTNISSE.key, KURS_BESTANDEN.key, AUSNAHME.key)
    return Regel(lambda f: _kenntnisse(f, row or zeile(f)), reads)


sprache, kenntnisse = sprache_fuer(), kenntnisse_fuer()
unterhalt = Regel(_unterhalt, (fam.EINKOMMEN.key, fam.BEDARF.key))
erwerb = Regel(_erwerb, (ARBEIT_ERLAUBT.key, BERUFSERLAUBNIS.key, EHEGATTE_ERFUELLT.key))
sicherheit = nein(
    GRUENDE_SICHERHEIT,
    "Gründe der öffentlichen Sicherheit oder Ordnung stehen nach Abwägung nicht entgegen.",
    "Gründe der öffentlichen Sicherheit oder Ordnung stehen nach Abwägung entgegen.",
)


def zeilen_mit(field: str) -> tuple[str, ...]:
    """Return the variants whose row has the flag ``field`` (for conditions of the table)."""
    return tuple(row.key for row in ZEILEN if getattr(row, field))


def blaue_karte(f: Facts) -> Finding:
    """§ 18c(2): months of work and of pension, fewer with B1."""
    level = f.angabe(SPRACHE.key)
    if level is None:
        return unbekannt(SPRACHE)
    good = LEVELS.index(level) >= LEVELS.index("b1")
    key = BLUE_B1 if good else BLUE
    limit = f.law.zahl(key)
    if limit is None:
        return kein_wert(f, key)
    work, paid = f.angabe(MONATE_18G.key), f.angabe(RENTENMONATE.key)
    angaben: tuple[tuple[Angabe, int | None], ...] = ((MONATE_18G, work), (RENTENMONATE, paid))
    for angabe, value in angaben:
        if value is None:
            return unbekannt(angabe)
    text = f"Beschäftigt {work} Monate, Beiträge für {paid} Monate; nötig sind {limit.value}."
    least = min(value for _, value in angaben if value is not None)
    return met(text, limit.norm) if least >= limit.value else not_met(text, limit.norm)


blaue_karte_regel = Regel(blaue_karte, (MONATE_18G.key, RENTENMONATE.key, SPRACHE.key))
