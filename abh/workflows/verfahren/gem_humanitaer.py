"""What the humanitarian procedures and those of documents share: requirement rows, facts, rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from abh.kernel.errors import Reason
from abh.workflows.angaben import Angabe, ja_nein, tag
from abh.workflows.checklist import Requirement, Rule, Source
from abh.workflows.definition import Bedingung, Guard, State, Step, Turn, Words
from abh.workflows.facts import Facts
from abh.workflows.guards import basis
from abh.workflows.guards.regeln import ist, ja, nein, wenn
from abh.workflows.verfahren import gen, gen_beteiligung, gen_entscheidung
from abh.workflows.verfahren.gemeinsam import GEN_LETTERS
from abh.workflows.verfahren.zustaende import GEN_STATES

FORM_LETTERS: Mapping[str, str] = {
    "N05": "Fiktionsbescheinigung",
    "N10": "Zusatzblatt",
    "N13": "Ordnungsverfügung",
    "N20": "Duldungsbescheinigung",
    "N22": "Bescheinigung über die Aufenthaltsgestattung",
    "N28": "Entscheidung zum Wohnsitz",
    "N29": "Integrationskurs: Berechtigung oder Verpflichtung",
}


def briefe(*more: str) -> dict[str, str]:
    """Return the letters of the generic rows and those named."""
    return {**GEN_LETTERS, **{key: FORM_LETTERS[key] for key in more}}


LEBENSUNTERHALT = ja_nein(
    "lebensunterhalt", "Lebensunterhalt mit Krankenversicherung gesichert", "§ 2 Abs. 3 AufenthG"
)
ED_NOETIG = ja_nein(
    "ed_noetig",
    "Identität ist durch erkennungsdienstliche Maßnahmen zu sichern",
    "§ 49 AufenthG",
    amt=True,
)
ED_ERLEDIGT_AM = tag(
    "ed_erledigt_am",
    "Maßnahmen durchgeführt und im AZR gespeichert am",
    "§ 81 Abs. 7 AufenthG",
    amt=True,
)
ED = Requirement(
    "ED",
    "Identität gesichert und im AZR gespeichert",
    "§ 49, § 81 Abs. 7 AufenthG",
    wenn(
        ist(ED_NOETIG, False),
        lambda f: basis.not_needed("Die Identität muss nicht eigens gesichert werden."),
        lambda f: (
            basis.met("Die Maßnahmen sind durchgeführt und gespeichert.")
            if f.angabe(ED_ERLEDIGT_AM.key) is not None
            else basis.check("Die erkennungsdienstlichen Maßnahmen stehen aus.")
        ),
    ),
    source=Source.OFFICE,
    facts=(ED_NOETIG.key, ED_ERLEDIGT_AM.key),
)

NACH_5_3 = "§ 5 Abs. 3 Satz 2 AufenthG"


def allgemeine(*keys: str, erlass: str = NACH_5_3) -> tuple[Requirement, ...]:
    """Return the general requirements named; ``erlass`` is the norm that permits to waive.

    B7 and B10 allow no waiver. A ban (B8) shall be lifted where a title of chapter 2 part 5 is due.
    """
    rows = {
        "B1": Requirement(
            "B1",
            "Gültiger Pass",
            "§ 3, § 5 Abs. 1 Nr. 4 AufenthG",
            basis.passport,
            evidence=(("pass",),),
            waiver_norm=erlass,
            facts=("passport_until",),
        ),
        "B2": Requirement(
            "B2",
            "Identität und Staatsangehörigkeit",
            "§ 5 Abs. 1 Nr. 1a AufenthG",
            basis.identity,
            waiver_norm=erlass,
            facts=("identity_clarified",),
        ),
        "B3": Requirement(
            "B3",
            "Lebensunterhalt mit Krankenversicherung",
            "§ 5 Abs. 1 Nr. 1, § 2 Abs. 3 AufenthG",
            ja(
                LEBENSUNTERHALT,
                "Der Lebensunterhalt mit Krankenversicherung ist gesichert.",
                "Der Lebensunterhalt ist nicht ohne öffentliche Mittel gesichert.",
            ),
            evidence=(("einkommen",),),
            waiver_norm=erlass,
        ),
        "B4": Requirement(
            "B4",
            "Kein Ausweisungsinteresse",
            "§ 5 Abs. 1 Nr. 2 AufenthG",
            basis.expulsion_interest,
            source=Source.OFFICE,
            waiver_norm=erlass,
            facts=("expulsion_interest",),
        ),
        "B7": Requirement(
            "B7",
            "Sicherheitsabfrage",
            "§ 5 Abs. 4, § 73 Abs. 2 und 3 AufenthG",
            basis.security,
            source=Source.THIRD_PARTY,
            facts=("security_valid_until",),
        ),
        "B8": Requirement(
            "B8",
            "Kein Einreiseverbot",
            "§ 11 Abs. 1 AufenthG",
            basis.entry_ban,
            source=Source.OFFICE,
            waiver_norm="§ 11 Abs. 4 Satz 2 AufenthG",
            facts=("entry_ban",),
        ),
        "B10": Requirement(
            "B10",
            "Lichtbild, Fingerabdrücke, Unterschrift",
            "§ 78 AufenthG, § 61a AufenthV",
            basis.biometrics,
            source=Source.OFFICE,
            facts=("biometrics_on", "biometrics_usable"),
        ),
    }
    return tuple(rows[key] for key in keys)


def nur_wenn(bedingung: Bedingung, sonst: str, row: Requirement) -> Requirement:
    """Return the requirement for the cases of the condition; elsewhere it does not apply."""
    return replace(row, rule=wenn(bedingung, row.rule, sonst), facts=row.reads)


def voraussetzung(
    key: str,
    label: str,
    norm: str,
    rule: Rule,
    *,
    nachweise: tuple[tuple[str, ...], ...] = (),
    amt: bool = False,
    erlass: str = "",
    pflicht: bool = True,
) -> Requirement:
    """Return a requirement in one line; ``amt``: the office settles it."""
    source = Source.OFFICE if amt else Source.APPLICANT
    return Requirement(key, label, norm, rule, nachweise, pflicht, source, erlass)


def kein(angabe: Angabe, gut: str, schlecht: str, norm: str = "") -> Rule:
    """A ground of exclusion: met when it is not there."""
    return nein(angabe, gut, schlecht, norm)


def titelzeilen(
    checklist: tuple[Requirement, ...], *, future_work: bool = False
) -> tuple[Step, ...]:
    """Return the generic rows of a title, from the application to the remedy."""
    return (
        *gen.intake_rows(),
        *gen.completeness_rows(checklist),
        *gen_beteiligung.participation_rows(),
        *gen.appointment_rows(checklist),
        *gen.review_rows(checklist),
        *gen_entscheidung.refusal_rows(checklist),
        *gen_entscheidung.grant_rows(checklist),
        *gen_entscheidung.card_rows(future_work=future_work),
        *gen_entscheidung.remedy_rows(),
        *gen.ending_rows(),
    )


def ohne(rows: Iterable[Step], *keys: str) -> tuple[Step, ...]:
    """Return the rows without the steps named."""
    return tuple(row for row in rows if row.key not in keys)


KARTE = (
    "karte_bestellen",
    "produktion_abgelehnt",
    "karte_eingetroffen",
    "aushaendigen",
    "an_abholung_erinnern",
)
KARTEN_ZUSTAENDE = ("card_in_production", "card_ready", "issued")


def ohne_karte(rows: Iterable[Step]) -> tuple[Step, ...]:
    """Return the rows for a procedure that ends without a card: no card rows, no card states."""
    return tuple(
        replace(row, source=tuple(s for s in row.source if s not in KARTEN_ZUSTAENDE))
        for row in ohne(rows, *KARTE)
    )


def mit_waechtern(rows: Iterable[Step], swaps: Mapping[str, Guard | None]) -> tuple[Step, ...]:
    """Return the rows with guards exchanged by key; ``None`` takes one out."""

    def swapped(step: Step) -> Step:
        found = (swaps.get(guard.key, guard) for guard in step.guards)
        return replace(step, guards=tuple(guard for guard in found if guard is not None))

    return tuple(swapped(step) for step in rows)


def nur_bei(bedingung: Bedingung, waechter: Guard) -> Guard:
    """Return the guard for the cases of the condition; elsewhere it lets everything pass."""

    def check(f: Facts) -> Reason | None:
        return waechter.check(f) if bedingung(f) else None

    return replace(waechter, key=f"{waechter.key}_bei_titel", check=check)


# A toleration runs in states of its own; with departure it ends by law in all of them (§ 60a(5)).
ENDEN_AUS_DULDUNG = ("einstellen", "wegen_fortzugs_abgeben", "erledigung_feststellen")


def auch_aus(rows: Iterable[Step], steps: tuple[str, ...], *states: str) -> tuple[Step, ...]:
    """Return the rows where the steps named may also leave from ``states``."""
    return tuple(
        replace(row, source=(*row.source, *states)) if row.key in steps else row for row in rows
    )


def zustaende(*more: State, ohne: tuple[str, ...] = ()) -> tuple[State, ...]:
    """Return the generic states, without those named, and the own ones."""
    return (*(state for state in GEN_STATES if state.key not in ohne), *more)


def zustand(
    key: str, label: str, de: str, en: str, ar: str, turn: Turn = Turn.OFFICE, *, ende: bool = False
) -> State:
    """Return a state in one line."""
    return State(key, label, Words(de, en, ar), Turn.NOBODY if ende else turn, terminal=ende)
