"""P15: EU long-term residence (§§ 9a-9c) and the permit of § 38a AufenthG, version 1."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, text, wahl, zahl
from abh.workflows.beteiligung import JOBCENTER
from abh.workflows.checklist import Finding, Requirement, Source
from abh.workflows.definition import (
    SAME_STATE,
    Bedingung,
    ClockRule,
    Effect,
    FeeRule,
    PartRule,
    Power,
    Step,
    TitleRule,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import Facts, german
from abh.workflows.guards import basis
from abh.workflows.guards import familie as fam
from abh.workflows.guards import mobilitaet as m
from abh.workflows.guards import niederlassung as ne
from abh.workflows.guards import schritte as g
from abh.workflows.guards import zustimmung as zu
from abh.workflows.guards.bausteine import angabe_bekannt
from abh.workflows.guards.niederlassung_tabelle import DAUERAUFENTHALT
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    eine_von,
    ist,
    ja,
    kein_wert,
    nein,
    nicht,
    plus,
    unbekannt,
    und,
    variante,
    wenn,
)
from abh.workflows.verfahren import gem_titel as gt
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import (
    CLOCK_75,
    CLOCK_BA,
    CLOCK_KLAGE,
    FICTION_FEE,
    FREI_SOZIALLEISTUNGEN,
    GEN_LETTERS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    ba_part,
)
from abh.workflows.verfahren.zustaende import GEN_STATES

VARIANTEN = (
    Variante("daueraufenthalt", "Erlaubnis zum Daueraufenthalt-EU", "§ 9a Abs. 2 AufenthG"),
    Variante(
        "weitergewandert",
        "In einem anderen Mitgliedstaat langfristig aufenthaltsberechtigt",
        "§ 38a Abs. 1 AufenthG",
        title="Aufenthaltserlaubnis nach § 38a AufenthG",
        outcome="aufenthaltserlaubnis",
    ),
)
DAUER, WEITER = variante("daueraufenthalt"), variante("weitergewandert")
ANSPRUCH = variante("daueraufenthalt", "weitergewandert")
PERIOD, LIMIT_90 = "daueraufenthalt.zeit", "daueraufenthalt.38a.ab"
FREE_AFTER = "daueraufenthalt.nebenbestimmung"

FREIZUEGIGKEIT_MONATE = zahl(
    "freizuegigkeit_monate", "Zeit mit Freizügigkeitsrecht", "Monate", "§ 9b Abs. 1 Nr. 3 AufenthG"
)
MITGLIEDSTAAT_MONATE = zahl(
    "blaue_karte_mitgliedstaat_monate",
    "Zeit mit Titeln anderer Mitgliedstaaten vor der Blauen Karte EU",
    "Monate",
    "§ 9b Abs. 2 AufenthG",
)
ZWEI_JAHRE_HIER = ja_nein(
    "blaue_karte_zwei_jahre_hier",
    "Seit zwei Jahren mit Blauer Karte EU hier, unmittelbar zuvor Blaue Karte eines Mitgliedstaats",
    "§ 9b Abs. 2 AufenthG",
    amt=True,
)
STEUERN = ja_nein(
    "steuern_erfuellt", "Steuerliche Pflichten sind erfüllt", "§ 9c Satz 1 Nr. 1 AufenthG"
)
ALTERSVORSORGE = ja_nein(
    "altersvorsorge",
    "Angemessene Altersversorgung, eigene oder des Ehegatten, oder durch Krankheit gehindert",
    "§ 9c Satz 1 Nr. 2 AufenthG",
)
VERSICHERT = ja_nein(
    "versichert_unbefristet",
    "Kranken- und Pflegeversicherung unbefristet oder sich verlängernd",
    "§ 9c Satz 1 Nr. 3 AufenthG",
)
AUSSCHLUSS_9A = wahl(
    "ausschluss_9a",
    "Ausschlussgrund",
    {
        "keiner": "keiner",
        "abschnitt_5": "humanitärer Titel ohne internationalen Schutz (Nr. 1)",
        "verfahren": "Verfahren auf Schutz nicht abgeschlossen (Nr. 2)",
        "diplomat": "diplomatische Rechtsstellung in einem Mitgliedstaat (Nr. 3)",
        "ausbildung": "Aufenthalt zu Ausbildung oder Studium (Nr. 4)",
        "voruebergehend": "seiner Natur nach vorübergehender Zweck (Nr. 5)",
    },
    "§ 9a Abs. 3 AufenthG",
    amt=True,
)
LANGFRISTIG = ja_nein(
    "langfristig_berechtigt",
    "Die Rechtsstellung im anderen Mitgliedstaat besteht und ist nicht entzogen",
    "§ 38a Abs. 1, § 2 Abs. 7 AufenthG",
)
AUSSCHLUSS_38A = ja_nein(
    "ausschluss_38a",
    "Entsandt, Dienstleistung, Saisonarbeit oder Grenzarbeit",
    "§ 38a Abs. 2 AufenthG",
)
ZWECK_38A = wahl(
    "zweck_38a",
    "Zweck des Aufenthalts",
    {
        "beschaeftigung": "Beschäftigung",
        "selbstaendig": "selbständige Tätigkeit",
        "studium": "Studium oder Ausbildung",
        "sonst": "ohne Erwerbstätigkeit",
    },
    "§ 38a Abs. 3 AufenthG",
)
SELBSTAENDIG_21 = ja_nein(
    "voraussetzungen_21",
    "Die Voraussetzungen des § 21 liegen vor",
    "§ 38a Abs. 3 Satz 2 AufenthG",
    amt=True,
)
ERSTE_ERLAUBNIS = tag(
    "erste_erlaubnis_38a_am",
    "Beschäftigung nach § 38a erstmals erlaubt am",
    "§ 38a Abs. 4 AufenthG",
)
MITGLIEDSTAAT = text("anderer_mitgliedstaat", "Beteiligter anderer Mitgliedstaat", "§ 91c AufenthG")


def _frei_nach_zwoelf_monaten(f: Facts) -> bool:
    since, length = f.angabe(ERSTE_ERLAUBNIS.key), f.law.zahl(FREE_AFTER)
    return since is not None and length is not None and plus(since, length) <= f.stichtag


ARBEIT_38A = Bedingung(
    "§ 38a zur Beschäftigung, in den ersten zwölf Monaten",
    lambda f: (
        WEITER(f)
        and f.angabe(ZWECK_38A.key) == "beschaeftigung"
        and not _frei_nach_zwoelf_monaten(f)
    ),
)


def _zeit(f: Facts) -> Finding:
    since = f.angabe(ne.TITEL_SEIT.key)
    if since is None:
        return unbekannt(ne.TITEL_SEIT)
    credit = ne.gutschrift(f, asyl=True)
    if credit is None:
        return kein_wert(f, ne.CREDIT_STUDY)
    credit += f.angabe(FREIZUEGIGKEIT_MONATE.key) or 0
    if f.angabe(ZWEI_JAHRE_HIER.key) is True:
        credit += f.angabe(MITGLIEDSTAAT_MONATE.key) or 0
    day = ne.erreicht(f, since, PERIOD, credit)
    if day is None:
        return kein_wert(f, PERIOD)
    words = f"Mit Titel seit {german(since)}, angerechnet {credit} Monate: erreicht {german(day)}."
    return basis.met(words) if day <= f.stichtag else basis.not_met(words)


ZEIT = Regel(
    _zeit,
    (*ne.zeit.reads, FREIZUEGIGKEIT_MONATE.key, MITGLIEDSTAAT_MONATE.key, ZWEI_JAHRE_HIER.key),
)
STETIG = alle(
    fam.einkommen_reicht,
    ja(
        STEUERN,
        "Steuern sind gezahlt.",
        "Steuerliche Pflichten sind nicht erfüllt.",
        "§ 9c Satz 1 Nr. 1 AufenthG",
    ),
    ja(
        ALTERSVORSORGE,
        "Altersversorgung ist angemessen.",
        "Altersversorgung fehlt.",
        "§ 9c Satz 1 Nr. 2 AufenthG",
    ),
    ja(
        VERSICHERT,
        "Versicherungsschutz ist dauerhaft.",
        "Versicherungsschutz ist befristet.",
        "§ 9c Satz 1 Nr. 3 AufenthG",
    ),
)


def _visum(f: Facts) -> Finding:
    """B6: long-term residents of another Member State apply here within 90 days (§ 39 no. 6)."""
    if not WEITER(f) or f.entry.visa_fits:
        return basis.visa(f)
    length = f.law.zahl(LIMIT_90)
    if length is None:
        return kein_wert(f, LIMIT_90)
    if f.entry.on is None or f.received_on is None:
        return basis.ask("Der Tag der Einreise oder des Antrags ist nicht bekannt.")
    until = plus(f.entry.on, length)
    words = f"Eingereist am {german(f.entry.on)}, Antrag im Inland möglich bis {german(until)}."
    norm = "§ 39 Satz 1 Nr. 6 AufenthV"
    return basis.met(words, norm) if f.received_on <= until else basis.not_met(words, norm)


_ERWERB_38A = wenn(
    ist(ZWECK_38A, "selbstaendig"),
    ja(
        SELBSTAENDIG_21,
        "§ 21 ist erfüllt.",
        "§ 21 ist nicht erfüllt.",
        "§ 38a Abs. 3 Satz 2 AufenthG",
    ),
    lambda f: (
        unbekannt(ZWECK_38A)
        if f.angabe(ZWECK_38A.key) is None
        else basis.met(f"Zweck: {ZWECK_38A.words(f.angabe(ZWECK_38A.key))}.")
    ),
)
NUR_DAUER = "gilt nur für den Daueraufenthalt-EU."
CHECKLIST: tuple[Requirement, ...] = (
    *gt.base_requirements(
        gt.living(wenn(DAUER, STETIG, fam.einkommen_reicht)),
        ANSPRUCH,
        None,
        visa=_visum,
    ),
    Requirement(
        "ZEIT",
        "Fünf Jahre mit Aufenthaltstitel",
        "§ 9a Abs. 2 Satz 1 Nr. 1, § 9b AufenthG",
        wenn(DAUER, ZEIT, NUR_DAUER),
    ),
    Requirement(
        "SPR",
        "Ausreichende Deutschkenntnisse",
        "§ 9a Abs. 2 Satz 1 Nr. 3 AufenthG",
        wenn(DAUER, ne.sprache_fuer(DAUERAUFENTHALT), NUR_DAUER),
        evidence=(("sprachzertifikat",),),
        waiver_norm="§ 9 Abs. 2 Satz 4 AufenthG (Härte)",
    ),
    Requirement(
        "KENN",
        "Grundkenntnisse der Rechts- und Gesellschaftsordnung",
        "§ 9a Abs. 2 Satz 1 Nr. 4 AufenthG",
        wenn(DAUER, ne.kenntnisse_fuer(DAUERAUFENTHALT), NUR_DAUER),
        evidence=(("leben_in_deutschland", "integrationskurs"),),
        waiver_norm="§ 9 Abs. 2 Satz 4 AufenthG (Härte)",
    ),
    Requirement(
        "SICH",
        "Keine Gründe der öffentlichen Sicherheit oder Ordnung",
        "§ 9a Abs. 2 Satz 1 Nr. 5 AufenthG",
        wenn(DAUER, ne.sicherheit, NUR_DAUER),
        source=Source.OFFICE,
    ),
    Requirement(
        "WOHN",
        "Ausreichender Wohnraum",
        "§ 9a Abs. 2 Satz 1 Nr. 6 AufenthG",
        fam.wohnraum(WEITER, NUR_DAUER),
        evidence=(("mietvertrag",),),
    ),
    Requirement(
        "AUS",
        "Kein Ausschluss vom Daueraufenthalt-EU",
        "§ 9a Abs. 3 AufenthG",
        wenn(DAUER, eine_von(AUSSCHLUSS_9A, ("keiner",)), NUR_DAUER),
        source=Source.OFFICE,
    ),
    Requirement(
        "LANG",
        "Langfristig aufenthaltsberechtigt in einem anderen Mitgliedstaat",
        "§ 38a Abs. 1 und 2 AufenthG",
        wenn(
            WEITER,
            alle(
                ja(LANGFRISTIG, "Die Rechtsstellung besteht.", "Die Rechtsstellung besteht nicht."),
                nein(
                    AUSSCHLUSS_38A,
                    "Kein Ausschluss.",
                    "Entsendung, Dienstleistung, Saison- oder Grenzarbeit sind ausgeschlossen.",
                    "§ 38a Abs. 2 AufenthG",
                ),
            ),
            "gilt nur für § 38a.",
        ),
        evidence=(("titel_mitgliedstaat",),),
    ),
    Requirement(
        "ERW",
        "Erwerbstätigkeit nach § 38a",
        "§ 38a Abs. 3 AufenthG",
        wenn(WEITER, _ERWERB_38A, "gilt nur für § 38a."),
    ),
    Requirement(
        "EZB",
        "Erklärung zum Beschäftigungsverhältnis",
        "§ 39 Abs. 4 AufenthG",
        zu.erklaerung(ARBEIT_38A),
        evidence=(("ezb",),),
    ),
    Requirement(
        "BA",
        "Zustimmung der Bundesagentur für Arbeit",
        "§ 38a Abs. 3, § 39 Abs. 3 AufenthG",
        zu.ba_zustimmung(ARBEIT_38A, "keine Beschäftigung, die der Zustimmung bedarf."),
        source=Source.THIRD_PARTY,
        facts=("preliminary_consent_until",),
    ),
)


def _own_rows() -> tuple[Step, ...]:
    return (
        Step(
            "mitgliedstaat_unterrichten",
            ("granted", "card_in_production", "card_ready"),
            SAME_STATE,
            by=(Power.SYSTEM, Power.REVIEW),
            norm="§ 91c AufenthG",
            label="Anderen Mitgliedstaat über die Nationale Kontaktstelle unterrichten",
            guards=(
                angabe_bekannt(
                    MITGLIEDSTAAT, "Ein anderer Mitgliedstaat ist beteiligt", "§ 91c AufenthG"
                ),
                m.mitgliedstaat_offen,
            ),
            effects=(Effect.NOTIFY_MEMBER_STATE,),
            automatic=True,
        ),
    )


CLOCK_6M = ClockRule(
    "DAEU6M",
    "Entscheidung über den Daueraufenthalt-EU",
    "Art. 7 Abs. 2 RL 2003/109/EG",
    ("daueraufenthalt.entscheidung",),
    starts="Eingang des Antrags",
    ends="Entscheidung, Rücknahme, Einstellung oder Abgabe",
    start_steps=("einreichen",),
    end_steps=(
        "bewilligen",
        "ablehnen",
        "zuruecknehmen",
        "einstellen",
        "abgeben",
        "wegen_fortzugs_abgeben",
    ),
    anchor=lambda f: f.received_on,
    effect="Warnung: die Frist der Richtlinie ist erreicht",
)
PLAIN = nicht(ist(gt.ASSOZIATION))
P15_V1 = Verfahren(
    key="P15",
    version=1,
    name="Daueraufenthalt-EU",
    norm="§ 9a AufenthG",
    in_force_from=date(2024, 3, 1),
    initial="draft",
    states=GEN_STATES,
    steps=(
        *gen.intake_rows(),
        *gen.completeness_rows(CHECKLIST),
        *gen_beteiligung.participation_rows(g.ezb_liegt_vor),
        *gen_beteiligung.ba_rows(),
        *gen.appointment_rows(CHECKLIST),
        *gen.review_rows(CHECKLIST),
        *gen_entscheidung.refusal_rows(CHECKLIST),
        *gen_entscheidung.grant_rows(CHECKLIST),
        *gen_entscheidung.card_rows(future_work=False),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
        *_own_rows(),
    ),
    checklist=CHECKLIST,
    zweck=(
        "Der Daueraufenthalt-EU gilt unbefristet und erleichtert den Umzug in andere "
        "Mitgliedstaaten. Wer ihn dort schon hat, bekommt hier eine Aufenthaltserlaubnis."
    ),
    titel="Erlaubnis zum Daueraufenthalt-EU",
    grant_outcome="daueraufenthalt_eu",
    varianten=VARIANTEN,
    angaben=(
        wahl("variante", "Grundlage", {one.key: one.label for one in VARIANTEN}),
        *gt.BASIS_ANGABEN,
        SOZIALLEISTUNGEN,
        fam.EINKOMMEN,
        fam.BEDARF,
        fam.WOHNFLAECHE,
        fam.PERSONEN_AB_SECHS,
        fam.KINDER_ZWEI_BIS_SECHS,
        *ne.ANGABEN,
        FREIZUEGIGKEIT_MONATE,
        MITGLIEDSTAAT_MONATE,
        ZWEI_JAHRE_HIER,
        STEUERN,
        ALTERSVORSORGE,
        VERSICHERT,
        AUSSCHLUSS_9A,
        LANGFRISTIG,
        AUSSCHLUSS_38A,
        ZWECK_38A,
        SELBSTAENDIG_21,
        ERSTE_ERLAUBNIS,
        MITGLIEDSTAAT,
    ),
    letters=GEN_LETTERS,
    law_keys=(
        ne.CREDIT_STUDY,
        ne.CREDIT_FORMER,
        PERIOD,
        LIMIT_90,
        FREE_AFTER,
        *fam.AREA,
        *gt.ID_LAW,
    ),
    gebuehren=(
        FeeRule(
            "gebuehr.daueraufenthalt_eu", "Erlaubnis zum Daueraufenthalt-EU", und(PLAIN, DAUER)
        ),
        FeeRule(
            "gebuehr.titel.erteilung", "Erteilung", und(PLAIN, WEITER, nicht(gt.VERLAENGERUNG))
        ),
        FeeRule(
            "gebuehr.titel.verlaengerung",
            "Verlängerung um mehr als drei Monate",
            und(PLAIN, WEITER, gt.VERLAENGERUNG),
        ),
        *gt.id_card_fees(ist(gt.ASSOZIATION)),
        FICTION_FEE,
    ),
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    beteiligungen=(
        ba_part(ARBEIT_38A),
        SICHERHEITSABFRAGE,
        PartRule(JOBCENTER, "§ 26 VwVfG NRW", ist(SOZIALLEISTUNGEN)),
    ),
    laufzeit=TitleRule(
        "§ 9a Abs. 1, § 38a AufenthG",
        "daueraufenthalt.38a.dauer",
        "Gültigkeit des Passes",
        lambda f: f.passport_until,
        unlimited=DAUER,
    ),
    clocks=(CLOCK_75, CLOCK_BA, CLOCK_6M, CLOCK_KLAGE),
    volatile=(
        VolatileMark(
            "frist_richtlinie",
            "Die sechs Monate stehen in der Richtlinie, nicht im Aufenthaltsgesetz.",
            "Art. 7 Abs. 2 RL 2003/109/EG",
        ),
        VolatileMark(
            "zeit_38a",
            "Die Geltungsdauer von drei Jahren nach § 38a ist Hausregel.",
            "§ 7 Abs. 2 AufenthG",
        ),
    ),
    evidence_labels={
        **{
            key: GEN_NACHWEISE[key]
            for key in (
                "pass",
                "krankenversicherung",
                "einkommen",
                "mietvertrag",
                "sprachzertifikat",
                "ezb",
            )
        },
        "leben_in_deutschland": "Nachweis „Leben in Deutschland“ oder Einbürgerungstest",
        "integrationskurs": "Zertifikat Integrationskurs",
        "titel_mitgliedstaat": "Titel „langfristige Aufenthaltsberechtigung-EU“",
    },
)

PUBLISHED = ((P15_V1, "2af8df3ab4db2a0c"),)
