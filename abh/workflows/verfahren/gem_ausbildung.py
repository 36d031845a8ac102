"""What training and study share: the search for another place after one is lost without fault."""

from __future__ import annotations

from abh.workflows.angaben import ja_nein, tag
from abh.workflows.definition import Bedingung, ClockRule, Power, State, Step, Turn, Words
from abh.workflows.guards import bausteine
from abh.workflows.verfahren.gem_fachkraefte import LIVING_STATES

PLATZ_VERLOREN = tag(
    "platz_verloren_am", "Platz verloren am", "§ 16a Abs. 4, § 16b Abs. 6, § 82 Abs. 6 AufenthG"
)
ZU_VERTRETEN = ja_nein(
    "verlust_zu_vertreten",
    "Den Verlust hat die Person zu vertreten",
    "§ 16a Abs. 4, § 16b Abs. 6 AufenthG",
    amt=True,
)
NEUER_PLATZ = ja_nein(
    "neuer_platz",
    "Ein neuer Platz trägt den Titel",
    "§ 16a Abs. 4, § 16b Abs. 6 AufenthG",
    amt=True,
)
ANGABEN = (PLATZ_VERLOREN, ZU_VERTRETEN, NEUER_PLATZ)

SUCHE = State(
    "search_window",
    "Suche nach neuem Platz",
    Words(
        "Sie haben Zeit, einen neuen Platz zu suchen. Ihr Titel gilt weiter.",
    ),
    Turn.APPLICANT,
)
STATES = (*LIVING_STATES, SUCHE)


def suche_clock(law_key: str, norm: str) -> ClockRule:
    """The time to look for another place; it begins when the office grants it."""
    return ClockRule(
        "SUCHE",
        "Suche nach einem neuen Platz",
        norm,
        (law_key,),
        starts="Vermerk des Verlusts",
        ends="neuer Platz, Ende des Titels oder des Vorgangs",
        start_steps=("verlust_vermerken",),
        end_steps=(
            "neuen_platz_vermerken",
            "suche_erfolglos",
            "nach_ausgabe_beenden",
            "ablauf_ankuendigen",
        ),
        effect="Die nachträgliche Verkürzung des Titels ist zu prüfen (§ 7 Abs. 2 Satz 2 AufenthG)",
    )


def suche_rows(clock: ClockRule, wer: Bedingung, norm: str) -> tuple[Step, ...]:
    """Loss of the place, a new one in time, or the end of the search; only for ``wer``."""
    return (
        Step(
            "verlust_vermerken",
            ("issued",),
            "search_window",
            by=(Power.REVIEW,),
            norm=norm,
            label="Verlust des Platzes vermerken, Zeit zur Suche geben",
            guards=(
                bausteine.bedingung(
                    "suche_vorgesehen",
                    wer,
                    norm,
                    "Für diesen Aufenthalt ist keine Suche vorgesehen.",
                ),
                bausteine.angabe_bekannt(PLATZ_VERLOREN, "Der Verlust ist gemeldet", norm),
                bausteine.angabe_ist(
                    ZU_VERTRETEN, False, "Der Verlust ist nicht zu vertreten", norm
                ),
            ),
            letter="N03",
        ),
        Step(
            "neuen_platz_vermerken",
            ("search_window",),
            "issued",
            by=(Power.REVIEW,),
            norm=norm,
            label="Neuen Platz vermerken",
            guards=(
                bausteine.angabe_ist(NEUER_PLATZ, True, "Ein neuer Platz trägt den Titel", norm),
                bausteine.uhr_laeuft(clock),
            ),
            letter="N03",
        ),
        Step(
            "suche_erfolglos",
            ("search_window",),
            "completed",
            by=(Power.SYSTEM, Power.REVIEW),
            norm=f"{norm}, § 7 Abs. 2 Satz 2 AufenthG",
            label="Suche ohne Erfolg beenden, Verkürzung prüfen",
            guards=(bausteine.uhr_abgelaufen(clock),),
            automatic=True,
        ),
    )
