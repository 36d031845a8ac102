"""Facts that naturalisation asks for (StAG)."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag, text, wahl, zahl
from abh.workflows.definition import Bedingung
from abh.workflows.guards.regeln import variante

NACH_10, FAMILIE, EHEGATTE, ERMESSEN, FESTSTELLUNG, DREI_JAHRE = (
    "anspruch_10",
    "miteinbuergerung_10_2",
    "ehegatte_9",
    "ermessen_8",
    "feststellung_30",
    "besondere_leistungen_10_3",
)
EINBUERGERUNG = Bedingung("Einbürgerung", lambda f: f.variante != FESTSTELLUNG)
FEST = variante(FESTSTELLUNG)

SEIT = tag("aufenthalt_seit", "Rechtmäßiger gewöhnlicher Aufenthalt seit", "§ 10 Abs. 1 StAG")
ANGERECHNET = zahl(
    "angerechnete_monate",
    "Angerechnete frühere Aufenthalte",
    "Monate",
    "§ 12b Abs. 2 StAG",
    amt=True,
)
EHE_SEIT = tag("ehe_seit", "Ehe oder Lebenspartnerschaft besteht seit", "§ 9 Abs. 1 StAG")
EHEGATTE_DEUTSCH = ja_nein("ehegatte_deutsch", "Ehegatte ist Deutscher", "§ 9 Abs. 1 StAG")
LEISTUNGEN = ja_nein(
    "besondere_leistungen", "Besondere Integrationsleistungen", "§ 10 Abs. 3 Nr. 1 StAG a. F."
)
SPRACHE_C1 = ja_nein("sprache_c1", "Deutsch auf der Stufe C1", "§ 10 Abs. 3 Nr. 3 StAG a. F.")
TITEL_ZWECK = wahl(
    "titel_zweck",
    "Aufenthaltserlaubnis nach",
    {
        **{
            key: f"§ {key} AufenthG"
            for key in (
                *("16a", "16b", "16d", "16e", "16f", "17", "18f", "19", "19b", "19e", "20", "20a"),
                *("22", "23a", "24", "25 Abs. 3", "25 Abs. 4", "25 Abs. 5", "104c"),
            )
        },
        "anderer": "einem anderen Paragrafen",
        "schweiz": "dem Abkommen EU–Schweiz",
    },
    "§ 10 Abs. 1 Satz 1 Nr. 2 StAG",
)
GESCHUETZTER_ZWECK = frozenset({"anderer", "schweiz"})
LEISTUNGEN_SGB = ja_nein(
    "leistungen_sgb", "Bezieht Leistungen nach SGB II oder SGB XII", "§ 10 Abs. 1 Satz 1 Nr. 3 StAG"
)
GASTARBEITER = ja_nein(
    "gastarbeiter",
    "Als Gastarbeiter, Vertragsarbeiter oder deren Ehegatte eingereist",
    "§ 10 Abs. 1 Satz 1 Nr. 3 Buchst. a StAG",
)
NICHT_VERTRETEN = ja_nein(
    "leistungen_nicht_zu_vertreten", "Hat den Leistungsbezug nicht zu vertreten", amt=True
)
VOLLZEIT = zahl("vollzeit_monate", "Vollzeit in den letzten 24 Monaten", "Monate")
PARTNER_VOLLZEIT = ja_nein(
    "partner_vollzeit_mit_kind",
    "Lebt mit minderjährigem Kind und einem Ehegatten, der selbst genug in Vollzeit arbeitet",
    "§ 10 Abs. 1 Satz 1 Nr. 3 Buchst. c StAG",
)
UNTERHALT_8 = ja_nein(
    "ernaehrt_angehoerige", "Kann sich und die Angehörigen ernähren", "§ 8 Abs. 1 Nr. 4 StAG"
)
WOHNUNG = ja_nein("wohnung", "Eigene Wohnung oder Unterkommen", "§ 8 Abs. 1 Nr. 3 StAG")
BEKENNTNIS = ja_nein(
    "bekenntnis",
    "Bekenntnis und Loyalitätserklärung abgegeben",
    "§ 10 Abs. 1 Satz 1 Nr. 1 und 1a StAG",
    amt=True,
)
STRAFLOS = ja_nein("straflos", "Keine Verurteilung", "§ 12a StAG", amt=True)
TAGESSAETZE = zahl(
    "tagessaetze", "Summe der Geldstrafen", "Tagessätze", "§ 12a Abs. 1 StAG", amt=True
)
HAFT_MONATE = zahl(
    "freiheitsstrafe_monate",
    "Freiheitsstrafe, ausgesetzt und erlassen",
    "Monate",
    "§ 12a Abs. 1 Satz 1 Nr. 3 StAG",
    amt=True,
)
NICHT_AUSGESETZT = ja_nein(
    "strafe_nicht_erlassen", "Freiheitsstrafe nicht ausgesetzt oder nicht erlassen", amt=True
)
TAT_32B = ja_nein(
    "verurteilung_32b", "Verurteilung wegen einer Tat nach § 32b StAG", "§ 32b StAG", amt=True
)
MENSCHENVERACHTEND = ja_nein(
    "beweggrund_menschenverachtend",
    "Antisemitische, rassistische oder sonst menschenverachtende Beweggründe festgestellt",
    "§ 12a Abs. 1 Satz 2 StAG",
    amt=True,
)
SPRACHE = wahl(
    "sprache",
    "Deutschkenntnisse",
    {
        "b1": "B1 oder höher",
        "altersgemaess": "altersgemäß (unter 16 Jahren)",
        "muendlich": "mündlich ohne nennenswerte Probleme",
        "keine": "darunter",
    },
    "§ 10 Abs. 4 und 4a StAG",
)
HAERTE_SPRACHE = ja_nein(
    "haerte_sprache",
    "B1 trotz ernsthafter Bemühungen nicht möglich oder dauerhaft wesentlich erschwert",
    "§ 10 Abs. 4a StAG",
    amt=True,
)
KRANK_ALT = ja_nein(
    "krankheit_alter", "Kenntnisse wegen Krankheit, Behinderung oder Alter nicht möglich", amt=True
)
TEST = ja_nein("test_bestanden", "Einbürgerungstest bestanden oder deutscher Schulabschluss")
AUSSCHLUSS_11 = ja_nein("ausschluss_11", "Ausschlussgrund nach § 11 StAG", "§ 11 StAG", amt=True)
SPERRE_BIS = tag("sperre_35a_bis", "Ausschluss nach Täuschung bis", "§ 35a StAG", amt=True)
TAEUSCHUNG = ja_nein(
    "taeuschung", "Täuschung oder unrichtige Angaben im Verfahren erwiesen", "§ 35a StAG", amt=True
)
VERTRETEN = ja_nein("gesetzlich_vertreten", "Gesetzlich vertreten", "§ 34 StAG")
MIT_ELTERN = ja_nein(
    "kind_ohne_einkommen", "Minderjähriges Kind ohne eigenes Einkommen, mit eingebürgert"
)
INTERESSE = ja_nein("berechtigtes_interesse", "Berechtigtes Interesse", "§ 30 Abs. 1 StAG")
DEUTSCH = ja_nein("deutsch_belegt", "Deutsche Staatsangehörigkeit belegt", "§ 30 StAG", amt=True)
GESPRAECH = text("gespraech_ueber", "Gespräch ist zu führen über", "§ 34 StAG", amt=True)
GESPRAECH_AM = tag("gespraech_am", "Gespräch geführt am", amt=True)
BEKENNTNIS_FEIER = ja_nein(
    "feierlich_bekannt", "Feierliches Bekenntnis abgegeben", "§ 16 Satz 2 StAG", amt=True
)
PERSON_GEPRUEFT = ja_nein("person_geprueft", "Identität bei der Übergabe geprüft", amt=True)
RECHTSWIDRIG = ja_nein(
    "einbuergerung_rechtswidrig",
    "Einbürgerung durch Täuschung, Drohung, Bestechung oder falsche Angaben erwirkt",
    "§ 35 Abs. 1 StAG",
    amt=True,
)
ANGABEN = (
    *(SEIT, ANGERECHNET, EHE_SEIT, EHEGATTE_DEUTSCH, TITEL_ZWECK, LEISTUNGEN_SGB, GASTARBEITER),
    *(NICHT_VERTRETEN, VOLLZEIT, PARTNER_VOLLZEIT, UNTERHALT_8, WOHNUNG, BEKENNTNIS, STRAFLOS),
    *(TAGESSAETZE, HAFT_MONATE, NICHT_AUSGESETZT, TAT_32B, MENSCHENVERACHTEND, SPRACHE),
    *(HAERTE_SPRACHE, KRANK_ALT, TEST, AUSSCHLUSS_11, SPERRE_BIS, TAEUSCHUNG, VERTRETEN),
    *(MIT_ELTERN, INTERESSE, DEUTSCH, GESPRAECH, GESPRAECH_AM, BEKENNTNIS_FEIER),
    *(PERSON_GEPRUEFT, RECHTSWIDRIG),
)
