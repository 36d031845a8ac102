"""P20: toleration (§§ 60a, 60b) and residence under § 25(4), (4a), (4b), (5), version 1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from abh.workflows.angaben import wahl
from abh.workflows.beteiligung import BAMF, GESUNDHEIT, STA
from abh.workflows.definition import (
    Entscheidung,
    FeeRule,
    PartRule,
    Step,
    TitleRule,
    Turn,
    Variante,
    Verfahren,
    VolatileMark,
)
from abh.workflows.facts import TitleKind
from abh.workflows.guards import duldung as d
from abh.workflows.guards.bausteine import bedingung
from abh.workflows.guards.regeln import alle, ist, ja, nicht, seit, und, variante, wenn
from abh.workflows.verfahren.gem_duldung import duldung_steps
from abh.workflows.verfahren.gem_humanitaer import (
    ENDEN_AUS_DULDUNG,
    LEBENSUNTERHALT,
    allgemeine,
    auch_aus,
    briefe,
    kein,
    nur_wenn,
    titelzeilen,
    voraussetzung,
    zustaende,
    zustand,
)
from abh.workflows.verfahren.gemeinsam import (
    FICTION_FEE,
    FREI_SOZIALLEISTUNGEN,
    GEN_CLOCKS,
    GEN_NACHWEISE,
    SICHERHEITSABFRAGE,
    SOZIALLEISTUNGEN,
    ba_part,
    held,
)

ANSPRUCH, SOLL, KANN = Entscheidung.ANSPRUCH, Entscheidung.SOLL, Entscheidung.KANN
_DULDUNG = {
    "unmoeglich": ("§ 60a Abs. 2 Satz 1 AufenthG", ANSPRUCH),
    "zeuge": ("§ 60a Abs. 2 Satz 2 AufenthG", ANSPRUCH),
    "ermessen": ("§ 60a Abs. 2 Satz 3 AufenthG", KANN),
    "vaterschaft": ("§ 60a Abs. 2 Satz 4 AufenthG", ANSPRUCH),
    "rueckuebernahme": ("§ 60a Abs. 2a AufenthG", ANSPRUCH),
    "eltern_25a": ("§ 60a Abs. 2b AufenthG", SOLL),
    "landesstopp": ("§ 60a Abs. 1 AufenthG", ANSPRUCH),
}
_TITEL = (
    ("ae_25_4_1", "Vorübergehender Aufenthalt", "§ 25 Abs. 4 Satz 1 AufenthG", KANN),
    ("ae_25_4_2", "Verlängerung wegen Härte", "§ 25 Abs. 4 Satz 2 AufenthG", KANN),
    ("ae_25_4a", "Opfer von Menschenhandel", "§ 25 Abs. 4a Satz 1 AufenthG", SOLL),
    ("ae_25_4a_danach", "Opfer nach dem Strafverfahren", "§ 25 Abs. 4a Satz 3 AufenthG", SOLL),
    ("ae_25_4b", "Opfer illegaler Beschäftigung", "§ 25 Abs. 4b AufenthG", KANN),
    ("ae_25_5", "Ausreise unmöglich", "§ 25 Abs. 5 Satz 1 AufenthG", KANN),
    ("ae_25_5_lang", "Ausreise seit 18 Monaten unmöglich", "§ 25 Abs. 5 Satz 2 AufenthG", SOLL),
)
VARIANTEN = (
    *(
        Variante(key, f"Duldung: {label}", _DULDUNG[key][0], "Duldung", _DULDUNG[key][1])
        for key, label in d.DULDUNG_GRUENDE.items()
    ),
    *(Variante(key, label, norm, "Aufenthaltserlaubnis", wie) for key, label, norm, wie in _TITEL),
)
A_VARIANTE = wahl(
    "variante", "Grund der Duldung oder Art des Titels", {v.key: v.label for v in VARIANTEN}
)
NUR_TITEL = "nur bei der Aufenthaltserlaubnis."
ASYLSPERRE = variante("ae_25_4_1", "ae_25_4_2", "ae_25_5", "ae_25_5_lang")

CHECKLIST = (
    voraussetzung(
        "D1",
        "Grund für die Aussetzung der Abschiebung",
        "§ 60a Abs. 1 bis 2b AufenthG",
        wenn(d.IST_DULDUNG, d.HINDERNIS, "nur bei der Duldung."),
        amt=True,
    ),
    voraussetzung(
        "D2",
        "Qualifizierte ärztliche Bescheinigung",
        "§ 60a Abs. 2c und 2d AufenthG",
        wenn(
            und(d.IST_DULDUNG, ist(d.GRUND_KRANKHEIT)),
            ja(d.GRUND_KRANKHEIT, "Die Bescheinigung wird nach § 60a Abs. 2c gewürdigt.", ""),
            "eine Erkrankung ist nicht der Grund.",
        ),
        nachweise=(("aerztliche_bescheinigung",),),
        erlass="§ 60a Abs. 2d Satz 2 AufenthG",
    ),
    voraussetzung(
        "A1",
        "Ausreisepflicht",
        "§ 25 Abs. 4 Satz 1, Abs. 5 Satz 1, § 58 Abs. 2 AufenthG",
        wenn(
            d.NACH_25_5,
            ja(
                d.AUSREISEPFLICHTIG,
                "Vollziehbar ausreisepflichtig.",
                "Nicht vollziehbar ausreisepflichtig.",
            ),
            wenn(
                variante("ae_25_4_1"),
                kein(
                    d.AUSREISEPFLICHTIG,
                    "Nicht vollziehbar ausreisepflichtig.",
                    "Vollziehbar ausreisepflichtig; § 25 Abs. 4 Satz 1 scheidet aus.",
                ),
                "ohne Bedeutung für diesen Titel.",
            ),
        ),
        amt=True,
    ),
    voraussetzung(
        "A2",
        "Ausreise unmöglich, Wegfall nicht absehbar",
        "§ 25 Abs. 5 Satz 1 und 2 AufenthG",
        wenn(
            d.NACH_25_5,
            alle(
                ja(
                    d.AUSREISE_UNMOEGLICH,
                    "Die Ausreise ist unmöglich.",
                    "Die Ausreise ist möglich.",
                ),
                kein(
                    d.ABSEHBAR,
                    "Der Wegfall des Hindernisses ist nicht absehbar.",
                    "Das Hindernis fällt absehbar weg.",
                ),
                wenn(
                    variante("ae_25_5_lang"),
                    seit(d.AUSGESETZT_SEIT, "humanitaer.aussetzung.soll"),
                    "18 Monate sind hier keine Voraussetzung.",
                ),
            ),
            "nur nach § 25 Abs. 5.",
        ),
        amt=True,
    ),
    voraussetzung(
        "A3",
        "Unverschuldet an der Ausreise gehindert",
        "§ 25 Abs. 5 Satz 3 und 4 AufenthG",
        wenn(
            d.NACH_25_5,
            kein(
                d.VERSCHULDET,
                "Ein Verschulden besteht nicht.",
                "Das Hindernis ist selbst verschuldet.",
            ),
            "nur nach § 25 Abs. 5.",
        ),
        amt=True,
    ),
    voraussetzung(
        "A4",
        "Dringende Gründe oder außergewöhnliche Härte",
        "§ 25 Abs. 4 AufenthG",
        wenn(
            variante("ae_25_4_1"),
            ja(d.DRINGEND, "Dringende Gründe liegen vor.", "Dringende Gründe fehlen."),
            wenn(
                variante("ae_25_4_2"),
                ja(
                    d.HAERTE,
                    "Eine außergewöhnliche Härte liegt vor.",
                    "Eine außergewöhnliche Härte fehlt.",
                ),
                "nur nach § 25 Abs. 4.",
            ),
        ),
        amt=True,
    ),
    voraussetzung(
        "A5",
        "Strafverfahren und Mitwirkung des Opfers",
        "§ 25 Abs. 4a Satz 2, Abs. 4b Satz 2 AufenthG",
        wenn(
            variante("ae_25_4a", "ae_25_4b"),
            alle(
                ja(
                    d.SACHGERECHT,
                    "Die Anwesenheit wird für sachgerecht gehalten.",
                    "Die Anwesenheit wird nicht für sachgerecht gehalten.",
                ),
                ja(
                    d.AUSSAGEBEREIT,
                    "Die Bereitschaft zur Aussage ist erklärt.",
                    "Die Bereitschaft zur Aussage fehlt.",
                ),
                wenn(
                    variante("ae_25_4a"),
                    ja(
                        d.VERBINDUNG,
                        "Die Verbindung ist abgebrochen.",
                        "Die Verbindung besteht fort.",
                    ),
                    "nur nach § 25 Abs. 4a.",
                ),
            ),
            "nur für Opfer während des Strafverfahrens.",
        ),
        amt=True,
    ),
    voraussetzung(
        "B9",
        "Keine Sperre nach Asylablehnung",
        "§ 10 Abs. 3 Satz 2 AufenthG",
        wenn(
            ASYLSPERRE,
            kein(
                d.ASYL_OU,
                "Eine Sperre besteht nicht.",
                "Nach der Ablehnung als offensichtlich unbegründet ist der Titel gesperrt.",
            ),
            "für diesen Titel ohne Bedeutung.",
        ),
        amt=True,
    ),
    *(
        nur_wenn(d.IST_TITEL, NUR_TITEL, row)
        for row in allgemeine("B1", "B2", "B3", "B4", "B7", "B8", "B10")
    ),
)

titel_beantragt = bedingung(
    "titel_beantragt",
    d.IST_TITEL,
    "§ 25 Abs. 4 und 5 AufenthG",
    "Beantragt ist eine Duldung; sie wird ohne Titelverfahren geprüft.",
)
OPEN = (
    "ground_check",
    "tolerated",
    "tolerated_60b",
    "work_review",
    "renewal_due",
    "expired_gap",
    "revoked",
)


def _rows() -> tuple[Step, ...]:
    rows = auch_aus(titelzeilen(CHECKLIST), ENDEN_AUS_DULDUNG, *OPEN)
    rows = auch_aus(rows, ("anhoeren",), "ground_check")
    only = ("vollstaendig", "nach_aktenlage_pruefen")
    return tuple(
        replace(row, guards=(*row.guards, titel_beantragt)) if row.key in only else row
        for row in rows
    )


OWN_STATES = (
    zustand(
        "ground_check",
        "Grund der Duldung in Prüfung",
        "Wir prüfen, ob Ihre Abschiebung ausgesetzt wird.",
    ),
    zustand(
        "tolerated",
        "geduldet",
        "Sie sind geduldet. Das Ende steht auf Ihrer Bescheinigung.",
        Turn.NOBODY,
    ),
    zustand(
        "tolerated_60b",
        "geduldet mit ungeklärter Identität",
        "Sie sind geduldet. Bitte bemühen Sie sich um einen Pass.",
        Turn.APPLICANT,
    ),
    zustand(
        "work_review",
        "Beschäftigung in Prüfung",
        "Wir prüfen, ob Sie arbeiten dürfen.",
    ),
    zustand(
        "renewal_due",
        "Erneuerung der Duldung fällig",
        "Bitte kommen Sie zum Termin, bevor Ihre Duldung endet.",
        Turn.APPLICANT,
    ),
    zustand(
        "expired_gap",
        "Lücke: Duldung abgelaufen",
        "Ihre Duldung ist abgelaufen. Bitte kommen Sie sofort zu uns.",
    ),
    zustand(
        "revoked",
        "Duldung widerrufen",
        "Ihre Duldung ist widerrufen. Im Bescheid steht, was Sie tun können.",
        Turn.APPLICANT,
    ),
    zustand(
        "return_track",
        "an die Rückführung übergeben",
        "Dieser Vorgang ist beendet.",
        ende=True,
    ),
    zustand(
        "title_granted",
        "Titel erteilt",
        "Sie haben einen Aufenthaltstitel erhalten.",
        ende=True,
    ),
)


MIT, OHNE = ist(d.TRAEGER), nicht(ist(d.TRAEGER))
VERLAENGERUNG = held(TitleKind.AUFENTHALTSERLAUBNIS)
FEES = (
    FeeRule("gebuehr.titel.erteilung", "Erteilung", und(d.IST_TITEL, nicht(VERLAENGERUNG))),
    FeeRule(
        "gebuehr.titel.verlaengerung",
        "Verlängerung um mehr als drei Monate",
        und(d.IST_TITEL, VERLAENGERUNG),
    ),
    FICTION_FEE,
    *(
        FeeRule(f"gebuehr.duldung.{art}", "Duldung", cond, event=event)
        for event in ("dulden", "als_60b_dulden")
        for art, cond in (("vordruck", MIT), ("etikett", OHNE))
    ),
    *(
        FeeRule(f"gebuehr.duldung.erneuerung.{art}", "Erneuerung der Duldung", cond, event=event)
        for event in ("erneuern", "sechzig_b_erneuern", "luecke_schliessen")
        for art, cond in (("vordruck", MIT), ("etikett", OHNE))
    ),
)

P20_V1 = Verfahren(
    key="P20",
    version=1,
    name="Duldung und Aufenthalt bei Ausreisehindernissen",
    norm="§§ 60a, 60b, 25 Abs. 4 bis 5 AufenthG",
    in_force_from=date(2026, 7, 29),
    initial="draft",
    states=zustaende(*OWN_STATES),
    steps=(*_rows(), *duldung_steps(OPEN)),
    checklist=CHECKLIST,
    grant_outcome="aufenthaltserlaubnis",
    zweck=(
        "Wer ausreisen muss, aber nicht abgeschoben werden kann, wird geduldet; das prüft die "
        "Behörde von Amts wegen, und keine Duldung darf unbemerkt enden. Bei längeren oder "
        "besonderen Hindernissen kommt eine Aufenthaltserlaubnis in Betracht."
    ),
    titel="Duldung",
    varianten=VARIANTEN,
    entscheidung=KANN,
    angaben=(A_VARIANTE, *d.ANGABEN, LEBENSUNTERHALT, SOZIALLEISTUNGEN),
    law_keys=d.LAW,
    gebuehren=FEES,
    befreiungen=(FREI_SOZIALLEISTUNGEN,),
    beteiligungen=(
        ba_part(d.BRAUCHT_BA),
        PartRule(GESUNDHEIT, "§ 60a Abs. 2d Satz 3 AufenthG", ist(d.UNTERSUCHUNG)),
        PartRule(BAMF, "§ 72 Abs. 2 AufenthG", ist(d.ZIELSTAAT)),
        PartRule(STA, "§ 72 Abs. 6 AufenthG", variante("ae_25_4a", "ae_25_4b")),
        replace(SICHERHEITSABFRAGE, when=und(d.IST_TITEL, SICHERHEITSABFRAGE.when)),
    ),
    laufzeit=TitleRule(
        "§ 26 Abs. 1, § 60a AufenthG",
        "humanitaer.titel.hoechstens",
        "Höchstdauer der Variante oder Ende der Duldung",
        d.titel_ende,
    ),
    letters=briefe("N10", "N20"),
    clocks=(*GEN_CLOCKS, *d.CLOCKS),
    volatile=(
        VolatileMark(
            "duldung_dauer",
            "Das Gesetz nennt keine Dauer der Duldung; die Höchstdauer ist Hausregel.",
            "§ 60a AufenthG",
        ),
        VolatileMark(
            "vaterschaft",
            "Die Aussetzung während der Zustimmung zur Vaterschaftsanerkennung gilt seit Ende Juli "
            "2026 und ist zu bestätigen.",
            "§ 60a Abs. 2 Satz 4 AufenthG",
        ),
        VolatileMark(
            "sperre_o_u",
            "Auf welche Ablehnungen § 10 Abs. 3 Satz 2 nach der Anpassung des Asylgesetzes vom "
            "12. Juni 2026 verweist, ist zu bestätigen.",
            "§ 10 Abs. 3 Satz 2 AufenthG",
        ),
    ),
    evidence_labels={
        **{key: GEN_NACHWEISE[key] for key in ("pass", "einkommen")},
        "aerztliche_bescheinigung": "Qualifizierte ärztliche Bescheinigung",
    },
)

PUBLISHED = ((P20_V1, "8f4898843a5471ba"),)
