"""Rules of the integration course (§§ 44, 44a AufenthG): who may, who must, who need not."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.checklist import Finding, Rule
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards.ehegatten import SPRACHE
from abh.workflows.guards.niederlassung import LEVELS
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    eine_von,
    ja,
    nein,
    nicht,
    unbekannt,
    variante,
    wenn,
)

BERECHTIGT = variante("anspruch")
PFLICHT = nicht(BERECHTIGT)

ERSTER_TITEL = ja_nein(
    "erster_titel_kurs",
    "Erstmals ein Titel zu Erwerb, Familie, Schutz, § 38a oder § 23",
    "§ 44 Abs. 1 Satz 1 AufenthG",
    amt=True,
)
DAUERHAFT = ja_nein(
    "dauerhaft",
    "Dauerhafter Aufenthalt: Titel über ein Jahr oder seit 18 Monaten",
    "§ 44 Abs. 1 Satz 2 AufenthG",
    amt=True,
)
KEIN_ANSPRUCH = ja_nein(
    "kein_anspruch_44_3",
    "Schule, geringer Integrationsbedarf oder schon ausreichendes Deutsch",
    "§ 44 Abs. 3 AufenthG",
    amt=True,
)
NACHZUG_B1 = ja_nein(
    "titel_verlangt_b1",
    "Titel nach § 23 Abs. 2, §§ 28, 30 oder 36a",
    "§ 44a Abs. 1 Satz 1 Nr. 1 Buchst. b AufenthG",
    amt=True,
)
AUFGEFORDERT = ja_nein(
    "leistungstraeger_fordert",
    "Der Leistungsträger fordert zur Teilnahme auf",
    "§ 44a Abs. 1 Satz 1 Nr. 2 und 4 AufenthG",
    amt=True,
)
BEDUERFTIG = ja_nein(
    "besonders_integrationsbeduerftig",
    "Besonders integrationsbedürftig",
    "§ 44a Abs. 1 Satz 1 Nr. 3 AufenthG",
    amt=True,
)
AUSNAHME = wahl(
    "ausnahme_44a",
    "Ausnahme von der Pflicht",
    {
        "keine": "keine",
        "ausbildung": "in beruflicher oder sonstiger Ausbildung",
        "anderes_angebot": "nimmt an vergleichbaren Angeboten teil",
        "unmoeglich": "Teilnahme auf Dauer unmöglich oder unzumutbar",
    },
    "§ 44a Abs. 2 AufenthG",
    amt=True,
)
ANGEHOERT = ja_nein(
    "zur_pflicht_angehoert",
    "Zur Verpflichtung angehört und auf Folgen hingewiesen",
    "§ 28 VwVfG NRW, § 44a Abs. 3 AufenthG",
    amt=True,
)
ANGEMELDET = tag("kurs_angemeldet_am", "Zum Kurs angemeldet am", "§ 7 IntV", amt=True)
BEGINN = tag("kurs_beginn", "Beginn des Kurses", "§ 8 IntV", amt=True)
BESTANDEN = ja_nein("kurs_bestanden", "Kurs mit Erfolg abgeschlossen", "§ 17 IntV", amt=True)
ABGEBROCHEN = tag(
    "kurs_abgebrochen_am",
    "Teilnahme beendet oder nicht aufgenommen am",
    "§ 8 Abs. 3 IntV",
    amt=True,
)
ERINNERT = ja_nein(
    "an_kurs_erinnert", "An die Pflicht wurde erinnert", "§ 44a Abs. 3 AufenthG", amt=True
)
WIEDER = tag("kurs_wieder_aufgenommen_am", "Teilnahme wieder aufgenommen am", "§ 8 IntV", amt=True)
SCHULDHAFT = ja_nein(
    "pflicht_schuldhaft_verletzt",
    "Die Pflicht ist schuldhaft verletzt",
    "§ 8 Abs. 3 Satz 1 AufenthG",
    amt=True,
)
ARBEIT_HINDERT = ja_nein(
    "arbeit_hindert",
    "Eine Erwerbstätigkeit hindert die Teilnahme, auch in Teilzeit",
    "§ 44a Abs. 1 AufenthG",
    amt=True,
)
ANGABEN = (
    SPRACHE,
    ERSTER_TITEL,
    DAUERHAFT,
    KEIN_ANSPRUCH,
    NACHZUG_B1,
    AUFGEFORDERT,
    BEDUERFTIG,
    AUSNAHME,
    ANGEHOERT,
    ANGEMELDET,
    BEGINN,
    BESTANDEN,
    ABGEBROCHEN,
    ERINNERT,
    WIEDER,
    SCHULDHAFT,
    ARBEIT_HINDERT,
)


def _sprache(f: Facts) -> Finding:
    """Not able to speak simply, or, with titles of the family, below B1 (no. 1 a and b)."""
    level, family = f.angabe(SPRACHE.key), f.angabe(NACHZUG_B1.key)
    if level is None:
        return unbekannt(SPRACHE)
    words = f"Deutschkenntnisse: {SPRACHE.words(level)}."
    if level == "keine":
        return basis.met(words, "§ 44a Abs. 1 Satz 1 Nr. 1 Buchst. a AufenthG")
    if family is None:
        return unbekannt(NACHZUG_B1)
    if family and LEVELS.index(level) < LEVELS.index("b1"):
        return basis.met(words, "§ 44a Abs. 1 Satz 1 Nr. 1 Buchst. b AufenthG")
    return basis.not_met(f"{words} Eine Pflicht folgt daraus nicht.")


def _kreis() -> Rule:
    entitled = alle(
        ja(ERSTER_TITEL, "Erster Titel, der berechtigt.", "Kein Titel, der berechtigt."),
        ja(DAUERHAFT, "Dauerhafter Aufenthalt.", "Kein dauerhafter Aufenthalt."),
        nein(
            KEIN_ANSPRUCH,
            "Kein Ausschluss.",
            "Ausgeschlossen nach § 44 Abs. 3.",
            "§ 44 Abs. 3 AufenthG",
        ),
    )
    asked = ja(AUFGEFORDERT, "Der Leistungsträger fordert auf.", "Keine Aufforderung.")
    need = ja(BEDUERFTIG, "Besonders integrationsbedürftig.", "Nicht besonders bedürftig.")
    rule: Rule = wenn(variante("pflicht_integration"), need, asked)
    rule = wenn(variante("pflicht_sprache"), Regel(_sprache, (SPRACHE.key, NACHZUG_B1.key)), rule)
    return wenn(BERECHTIGT, entitled, rule)


KREIS = _kreis()
KEINE_AUSNAHME = wenn(
    PFLICHT, eine_von(AUSNAHME, ("keine",)), "nur berechtigt, nicht verpflichtet."
)
