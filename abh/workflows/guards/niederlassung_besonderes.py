"""What each kind of settlement permit asks for beside time, pension, language and living."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, zahl
from abh.workflows.checklist import Finding, Rule
from abh.workflows.facts import Facts
from abh.workflows.guards.basis import not_needed
from abh.workflows.guards.niederlassung import IN_AUSBILDUNG, blaue_karte_regel
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    alter_mindestens,
    alter_unter,
    eines,
    ja,
    mindestens,
    nein,
)

PASSENDER_ARBEITSPLATZ = ja_nein(
    "arbeitsplatz_passt",
    "Der Arbeitsplatz darf nach §§ 18a, 18b, 18d oder 18g besetzt werden",
    "§ 18c Abs. 1 Satz 1 Nr. 2 AufenthG",
    amt=True,
)
EHELICH = ja_nein(
    "lebt_mit_fachkraft",
    "Lebt in ehelicher Gemeinschaft mit einer Person mit Niederlassungserlaubnis nach § 18c",
    "§ 9 Abs. 3a Satz 1 AufenthG",
)
WOCHENSTUNDEN = zahl(
    "wochenstunden", "Erwerbstätigkeit", "Stunden in der Woche", "§ 9 Abs. 3a Satz 1 Nr. 3 AufenthG"
)
PROGNOSE = ja_nein(
    "integration_und_unterhalt",
    "Integration und Unterhalt ohne staatliche Hilfe erscheinen gesichert",
    "§ 18c Abs. 3 Satz 1 AufenthG",
    amt=True,
)
HOCHQUALIFIZIERT = ja_nein(
    "hoch_qualifiziert",
    "Hoch qualifiziert mit mehrjähriger Berufserfahrung",
    "§ 18c Abs. 3 Satz 3 AufenthG",
    amt=True,
)
LAND_ZUSTIMMUNG = ja_nein(
    "land_zustimmung_noetig",
    "Das Land verlangt die Zustimmung der obersten Landesbehörde",
    "§ 18c Abs. 3 Satz 2 AufenthG",
    amt=True,
)
BEAMTENVERHAELTNIS = ja_nein(
    "beamtenverhaeltnis",
    "Im Beamtenverhältnis zu einem deutschen Dienstherrn",
    "§ 19c Abs. 4 AufenthG",
)
ERFOLG = ja_nein(
    "taetigkeit_verwirklicht",
    "Die geplante Tätigkeit ist erfolgreich verwirklicht",
    "§ 21 Abs. 4 AufenthG",
    amt=True,
)
BAMF_MITTEILUNG = ja_nein(
    "bamf_mitteilung",
    "Das BAMF hat Gründe für Widerruf oder Rücknahme mitgeteilt",
    "§ 26 Abs. 3 Satz 1 Nr. 2 AufenthG",
    amt=True,
)
GEMEINSCHAFT = ja_nein(
    "gemeinschaft_mit_deutschen",
    "Die familiäre Gemeinschaft mit der deutschen Person besteht fort",
    "§ 28 Abs. 2 Satz 1 AufenthG",
)
UNTERHALT = ja_nein(
    "unterhalt_gesichert",
    "Der Unterhalt des Ehegatten sichert den "
    "Lebensunterhalt, und dieser besitzt einen unbefristeten Titel",
    "§ 31 Abs. 3 AufenthG",
)
AUSSCHLUSS_35 = ja_nein(
    "ausschluss_35",
    "Ausweisungsinteresse durch eigenes Verhalten, Verurteilung "
    "in drei Jahren oder Leistungsbezug ohne Ausbildung (Absatz 3)",
    "§ 35 Abs. 3 AufenthG",
    amt=True,
)
UNTERHALT_KIND = ja_nein(
    "unterhalt_kind_gesichert",
    "Der Lebensunterhalt ist gesichert",
    "§ 35 Abs. 1 Satz 2 Nr. 3 AufenthG",
)
ANGABEN = (
    PASSENDER_ARBEITSPLATZ,
    EHELICH,
    WOCHENSTUNDEN,
    PROGNOSE,
    HOCHQUALIFIZIERT,
    LAND_ZUSTIMMUNG,
    BEAMTENVERHAELTNIS,
    ERFOLG,
    BAMF_MITTEILUNG,
    GEMEINSCHAFT,
    UNTERHALT,
    AUSSCHLUSS_35,
    UNTERHALT_KIND,
)


def _besonderes() -> Regel:
    rules: dict[str, Rule] = {
        "ehegatte_fachkraft": alle(
            ja(EHELICH, "Eheliche Gemeinschaft besteht.", "Eheliche Gemeinschaft besteht nicht."),
            mindestens(WOCHENSTUNDEN, "ne.stunden.ehegatte"),
        ),
        "fachkraft": ja(
            PASSENDER_ARBEITSPLATZ,
            "Der Arbeitsplatz passt.",
            "Der Arbeitsplatz passt nicht zur Qualifikation.",
        ),
        "blaue_karte": blaue_karte_regel,
        "hochqualifiziert": alle(
            ja(HOCHQUALIFIZIERT, "Hoch qualifiziert.", "Nicht hoch qualifiziert."),
            ja(
                PROGNOSE,
                "Integration und Unterhalt erscheinen gesichert.",
                "Integration oder Unterhalt erscheinen nicht gesichert.",
            ),
        ),
        "beamte": ja(BEAMTENVERHAELTNIS, "Beamtenverhältnis besteht.", "Kein Beamtenverhältnis."),
        "selbstaendig": ja(
            ERFOLG,
            "Die Tätigkeit ist erfolgreich.",
            "Die Tätigkeit ist nicht erfolgreich verwirklicht.",
        ),
        "deutsch": ja(GEMEINSCHAFT, "Die Gemeinschaft besteht.", "Die Gemeinschaft besteht nicht."),
        "ehegatte_unterhalt": ja(
            UNTERHALT, "Der Unterhalt ist gesichert.", "Der Unterhalt ist nicht gesichert."
        ),
        "kind": alter_unter("familie.kind.volljaehrig", "§ 35 Abs. 1 Satz 1 AufenthG"),
        "kind_volljaehrig": alle(
            alter_mindestens("familie.kind.volljaehrig", "§ 35 Abs. 1 Satz 2 AufenthG"),
            eines(
                ja(
                    UNTERHALT_KIND,
                    "Der Lebensunterhalt ist gesichert.",
                    "Der Lebensunterhalt ist nicht gesichert.",
                ),
                ja(IN_AUSBILDUNG, "In Ausbildung.", "Nicht in Ausbildung."),
            ),
        ),
    }
    no_notice = nein(
        BAMF_MITTEILUNG,
        "Keine Mitteilung des BAMF.",
        "Das BAMF hat Gründe für Widerruf oder Rücknahme mitgeteilt.",
        "§ 26 Abs. 3 Satz 1 Nr. 2 AufenthG",
    )
    rules |= {"schutz": no_notice, "schutz_c1": no_notice}
    reads = dict.fromkeys(key for one in rules.values() for key in getattr(one, "reads", ()))

    def chosen(f: Facts) -> Finding:
        rule = rules.get(f.variante)
        return not_needed("keine besondere Voraussetzung.") if rule is None else rule(f)

    return Regel(chosen, tuple(reads))


besonderes = _besonderes()
