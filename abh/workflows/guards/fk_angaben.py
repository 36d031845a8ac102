"""Facts that the procedures for work and education share beyond those every case has."""

from __future__ import annotations

from abh.workflows.angaben import betrag, ja_nein, tag, text, wahl, zahl

ANTRAGSART = wahl(
    "antragsart",
    "Art des Antrags",
    {
        "erteilung": "erste Erteilung",
        "verlaengerung": "Verlängerung",
        "zweckwechsel": "Wechsel des Aufenthaltszwecks",
    },
    "§§ 7, 8 AufenthG",
)
EINKOMMEN = betrag(
    "einkommen_monat", "Mittel im Monat", "§ 2 Abs. 3 AufenthG", unit="Euro im Monat"
)
BEDARF = betrag(
    "bedarf_monat",
    "Bedarf im Monat mit Unterkunft",
    "§ 2 Abs. 3 AufenthG",
    unit="Euro im Monat",
    amt=True,
)
INTERESSEN = ja_nein(
    "interessen_beeintraechtigt",
    "Der Aufenthalt beeinträchtigt deutsche Interessen",
    "§ 5 Abs. 1 Nr. 3 AufenthG",
    amt=True,
)
ASYL = wahl(
    "asylverfahren",
    "Asylverfahren",
    {
        "keines": "keines, oder danach ausgereist",
        "laeuft": "läuft",
        "abgelehnt": "unanfechtbar abgelehnt",
        "abgelehnt_30": "abgelehnt nach § 30 Abs. 1 Nr. 3 bis 7 AsylG",
        "zurueckgenommen": "zurückgenommen",
        "anerkannt": "mit Schutz beendet",
    },
    "§ 10 AufenthG",
    amt=True,
)
EINREISE_VOR_STICHTAG = ja_nein(
    "einreise_vor_29_03_2023",
    "Eingereist vor dem 29. März 2023",
    "§ 10 Abs. 3 Satz 5 AufenthG",
    amt=True,
)
LANDESZUSTIMMUNG = ja_nein(
    "landesbehoerde_stimmt_zu",
    "Zustimmung der obersten Landesbehörde",
    "§ 10 Abs. 1 AufenthG",
    amt=True,
)
VERLAENGERUNG_AUSGESCHLOSSEN = ja_nein(
    "verlaengerung_ausgeschlossen",
    "Eine Nebenbestimmung schließt die Verlängerung aus",
    "§ 8 Abs. 2 AufenthG",
    amt=True,
)
ERMESSEN = wahl(
    "ermessen",
    "Ergebnis der Abwägung",
    {"dafuer": "die Gründe für die Erteilung überwiegen", "dagegen": "die Gründe dagegen"},
    "§ 40 VwVfG NRW",
    amt=True,
)
ERMESSEN_GRUENDE = text(
    "ermessen_gruende", "Erwägungen zum Ermessen", "§ 39 Abs. 1 Satz 3 VwVfG NRW", amt=True
)
BISHERIGER_ZWECK = wahl(
    "bisheriger_zweck",
    "Zweck des bisherigen Aufenthalts",
    {
        "keiner": "kein Aufenthalt im Inland",
        "16a": "Berufsausbildung (§ 16a)",
        "16b": "Studium (§ 16b)",
        "16c": "Mobilität im Studium (§ 16c)",
        "16d": "Anerkennung (§ 16d)",
        "16f_sprache": "Sprachkurs (§ 16f Abs. 1)",
        "16f_austausch": "Schüleraustausch (§ 16f Abs. 1)",
        "16f_schule": "Schulbesuch (§ 16f Abs. 2)",
        "17": "Suche eines Ausbildungs- oder Studienplatzes (§ 17)",
        "18a_18b": "Fachkraft (§§ 18a, 18b)",
        "18d_18f": "Forschung (§§ 18d, 18f)",
        "18g": "Blaue Karte EU (§ 18g)",
        "19c": "sonstige Beschäftigung (§ 19c)",
        "20": "Arbeitsplatzsuche (§ 20)",
        "20a": "Chancenkarte (§ 20a)",
        "21": "selbständige Tätigkeit (§ 21)",
        "andere": "anderer Zweck",
    },
    "§ 7 Abs. 1 AufenthG",
)

# The job.
BESCHAEFTIGUNGSENDE = tag(
    "beschaeftigung_beendet_am",
    "Beschäftigung beendet am",
    "§ 82 Abs. 6, § 4a Abs. 5 Satz 3 Nr. 3 AufenthG",
)
NEUES_ANGEBOT = ja_nein(
    "neues_angebot", "Neues Arbeitsplatzangebot nach dem Ende", "§ 18 Abs. 2 Nr. 1 AufenthG"
)
QUALIFIZIERT = ja_nein(
    "qualifizierte_beschaeftigung",
    "Qualifizierte Beschäftigung",
    "§ 2 Abs. 12b AufenthG",
    amt=True,
)
REGLEMENTIERT = ja_nein(
    "reglementierter_beruf", "Der Beruf ist reglementiert", "§ 18 Abs. 2 Nr. 3 AufenthG", amt=True
)
BERUFSERLAUBNIS = ja_nein(
    "berufserlaubnis",
    "Berufsausübungserlaubnis erteilt oder zugesagt",
    "§ 18 Abs. 2 Nr. 3 AufenthG",
)
VERSICHERT = ja_nein(
    "beschaeftigung_versichert",
    "Beide Seiten versichern, dass die Beschäftigung ausgeübt wird",
    "§ 18 Abs. 2 Nr. 4a AufenthG",
)
ALTERSVERSORGUNG = ja_nein(
    "altersversorgung", "Angemessene Altersversorgung nachgewiesen", "§ 18 Abs. 2 Nr. 5 AufenthG"
)
BA_FREI = text(
    "ba_frei_norm", "Vorschrift, nach der keine Zustimmung nötig ist", "§ 39 AufenthG", amt=True
)
BA_BIS = tag(
    "ba_zustimmung_bis", "Zustimmung der Bundesagentur gilt bis", "§ 18 Abs. 4 AufenthG", amt=True
)
VERSAGUNG_40 = ja_nein(
    "versagung_40",
    "Versagungsgrund nach § 40 Abs. 2 oder 3",
    "§ 18 Abs. 2 Nr. 2 AufenthG",
    amt=True,
)
VERSICHERUNGSMONATE = zahl(
    "versicherungspflichtig_monate",
    "Versicherungspflichtige Beschäftigung im Bundesgebiet",
    "Monate",
    "§ 9 Abs. 1 Nr. 1 BeschV",
    amt=True,
)
ERLAUBT_SEIT = tag(
    "ununterbrochen_seit",
    "Ununterbrochen erlaubt, geduldet oder gestattet seit",
    "§ 9 Abs. 1 Nr. 2 BeschV",
    amt=True,
)
DEUTSCH = wahl(
    "deutsch",
    "Deutschkenntnisse",
    {
        "keine": "keine",
        "a1": "A1 (einfache)",
        "a2": "A2 (hinreichende)",
        "b1": "B1 (ausreichende)",
        "b2": "B2 (gute)",
        "c1": "C1 oder mehr",
    },
    "§ 2 Abs. 9 bis 12 AufenthG",
)
AB_A1 = ("a1", "a2", "b1", "b2", "c1")
AB_A2 = AB_A1[1:]
AB_B1 = AB_A1[2:]

# What every title procedure of the group asks, and what every one with an employer adds.
ALLGEMEINE = (
    ANTRAGSART,
    EINKOMMEN,
    BEDARF,
    INTERESSEN,
    ASYL,
    EINREISE_VOR_STICHTAG,
    LANDESZUSTIMMUNG,
    VERLAENGERUNG_AUSGESCHLOSSEN,
)
ARBEIT = (
    BESCHAEFTIGUNGSENDE,
    NEUES_ANGEBOT,
    QUALIFIZIERT,
    REGLEMENTIERT,
    BERUFSERLAUBNIS,
    VERSICHERT,
    BA_FREI,
    BA_BIS,
    VERSAGUNG_40,
    VERSICHERUNGSMONATE,
    ERLAUBT_SEIT,
)
