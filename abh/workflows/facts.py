"""The facts of a case as guards, checklist and Fiktion see them: values only."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from abh.workflows.beteiligung import Beteiligung
from abh.workflows.recht import LawKey, LawValues


class TitleKind(StrEnum):
    """What the person held when the application arrived; ``UNKNOWN`` until somebody says."""

    UNKNOWN = "unbekannt"
    NONE = "kein Titel"
    AUFENTHALTSERLAUBNIS = "Aufenthaltserlaubnis"
    AE_18A_18B = "Aufenthaltserlaubnis nach § 18a oder § 18b"
    AE_24 = "Aufenthaltserlaubnis nach § 24"
    AE_104C = "Aufenthaltserlaubnis nach § 104c"
    BLAUE_KARTE = "Blaue Karte EU"
    BLAUE_KARTE_ANDERER_STAAT = "Blaue Karte EU eines anderen Mitgliedstaats"
    ICT_KARTE = "ICT-Karte"
    NIEDERLASSUNGSERLAUBNIS = "Niederlassungserlaubnis"
    NATIONALES_VISUM = "nationales Visum"
    SCHENGEN_VISUM = "Schengen-Visum"
    VISUMFREI_41 = "visumfreie Einreise nach § 41 AufenthV"
    VISUMFREI_KURZ = "visumfreie Einreise zum Kurzaufenthalt"
    GESTATTUNG = "Aufenthaltsgestattung"
    DULDUNG = "Duldung"
    DAUERAUFENTHALT_EU = "Erlaubnis zum Daueraufenthalt-EU"
    CHANCENKARTE = "Chancenkarte"
    FREIZUEGIGKEIT = "Freizügigkeitsrecht"
    SCHUTZ = "Schutz zuerkannt, noch ohne Titel"


RESIDENCE_TITLES = frozenset(
    {
        TitleKind.AUFENTHALTSERLAUBNIS,
        TitleKind.AE_18A_18B,
        TitleKind.AE_24,
        TitleKind.AE_104C,
        TitleKind.BLAUE_KARTE,
        TitleKind.ICT_KARTE,
        TitleKind.NIEDERLASSUNGSERLAUBNIS,
        TitleKind.NATIONALES_VISUM,
        TitleKind.DAUERAUFENTHALT_EU,
        TitleKind.CHANCENKARTE,
    }
)
UNLIMITED_TITLES = frozenset({TitleKind.NIEDERLASSUNGSERLAUBNIS, TitleKind.DAUERAUFENTHALT_EU})


class SecurityAnswer(StrEnum):
    """Where the security query at the BVA stands (§ 73 AufenthG); silence is never an answer."""

    NOT_ASKED = "nicht angefragt"
    ASKED = "angefragt"
    CLEAR = "keine Erkenntnisse"
    FINDINGS = "Erkenntnisse"


class CourtOutcome(StrEnum):
    """How an action against the decision ended."""

    OPEN = "offen"
    DISMISSED = "Klage abgewiesen"
    OBLIGED = "zur Erteilung verpflichtet"
    REMEDIED = "Abhilfe"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A birth date of which day or month may be unknown (0 in passports)."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def earliest(self) -> date:
        """First calendar day it can be."""
        return date(self.year, self.month or 1, (self.day or 1) if self.month else 1)

    @property
    def latest(self) -> date:
        """Last calendar day it can be."""
        month = self.month or 12
        last = calendar.monthrange(self.year, month)[1]
        return date(self.year, month, (self.day or last) if self.month else last)


@dataclass(frozen=True, slots=True)
class Entry:
    """How the person came in; ``visa_fits`` is the finding on § 5(2), None if not checked."""

    on: date | None = None
    visa_fits: bool | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The running Nachforderung: when sent, until when, and what came of it."""

    sent_on: date | None = None
    until: date | None = None
    reminded_on: date | None = None
    extension_asked: bool = False
    documents_received: int = 0


@dataclass(frozen=True, slots=True)
class Hearing:
    """The hearing before a burdensome decision (§ 28 VwVfG NRW)."""

    sent_on: date | None = None
    until: date | None = None
    statement_received_on: date | None = None
    statement_weighed: bool = False


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """Who decides: the named official, and whether a second signature is due and given.

    ``needs_second`` comes from the signature table (trainee, four eyes); refusals always need it.
    """

    official: str = ""
    second_official: str = ""
    needs_second: bool = False
    reasons_written: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The residence card on its way from the order to the hand."""

    data_valid: bool = False
    rejected_code: str = ""
    arrived_on: date | None = None
    collect_until: date | None = None
    reminded_on: date | None = None
    identity_checked: bool = False
    old_papers_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Remedy:
    """The way to court: ``action_until`` is the later of both readings of the period."""

    notified_on: date | None = None
    action_until: date | None = None
    action_filed_on: date | None = None
    outcome: CourtOutcome = CourtOutcome.OPEN


@dataclass(frozen=True, slots=True)
class Mobility:
    """Mobility with another Member State's Blue Card (§ 18i); dates are computed by the kernel."""

    applies: bool = False
    decide_by: date | None = None
    extended: bool = False
    work_noted: bool = False
    member_state_notified: bool = False


@dataclass(frozen=True, slots=True)
class UhrStand:
    """A clock of the case as the rules see it: the newest row of its kind.

    ``due`` is the last day it runs; ``expired`` once that day is over, ``stopped`` while it stands.
    """

    due: date | None = None
    status: str = "running"
    starts_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the rules may look at. ``None`` means "not known", which never counts as met.

    ``stichtag`` is the day whose law applies, ``today`` the day the question is asked.
    ``salary_year`` is gross EUR a year. ``evidence`` counts accepted documents by kind,
    ``waivers`` gives the written reason by requirement key.
    """

    stichtag: date
    today: date
    received_on: date | None = None
    # person
    name_given: bool = True
    address_given: bool = True
    birth: PartialDate | None = None
    nationalities: tuple[str, ...] = ()
    identity_clarified: bool | None = None
    passport_until: date | None = None
    duplicate_of: str = ""
    competent: bool | None = None
    # stay
    title_kind: TitleKind = TitleKind.UNKNOWN
    title_until: date | None = None
    lawful_until: date | None = None
    asylum_submitted_on: date | None = None
    # extension applied for of a title of more than six months in all (§ 55(2) S. 2 AsylG)
    long_title_extension: bool | None = None
    # continuation ordered after a late application (§ 81(4) S. 3)
    continuation_ordered_on: date | None = None
    entry: Entry = field(default_factory=Entry)
    applied_title: str = ""
    keeps_job: bool = False
    # work
    employer: str = ""
    salary_year: Decimal | None = None
    isco: str = ""
    job_start: date | None = None
    job_months: int | None = None
    job_permanent: bool = False
    job_adequate: bool | None = None
    degree_recognised: bool | None = None
    degree_on: date | None = None
    degree_german: bool = False
    it_experience_years: Decimal | None = None
    preliminary_consent_until: date | None = None
    # checks of the office
    expulsion_interest: bool | None = None
    entry_ban: bool | None = None
    exclusion_19f: str | None = None
    security: SecurityAnswer = SecurityAnswer.NOT_ASKED
    security_valid_until: date | None = None
    investigation_pending: bool = False
    biometrics_on: date | None = None
    biometrics_usable: bool = False
    presence_needed_for: str = ""
    no_shows: int = 0
    missed_appointment: bool = False
    # running business
    evidence: Mapping[str, int] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)
    participations: tuple[Beteiligung, ...] = ()
    request: Request = field(default_factory=Request)
    hearing: Hearing = field(default_factory=Hearing)
    decision: DecisionDraft = field(default_factory=DecisionDraft)
    fee_paid: bool = False
    fee_waived_reason: str = ""
    card: Card = field(default_factory=Card)
    remedy: Remedy = field(default_factory=Remedy)
    mobility: Mobility = field(default_factory=Mobility)
    withdrawal_on: date | None = None
    ended_because: str = ""
    # Why the case lost its object by law, said by the case in which that happened.
    ended_by_law: str = ""
    moved_to: str = ""
    # what the Verfahren declares beyond this (``angaben``), typed; a missing key is "not known"
    angaben: Mapping[str, Any] = field(default_factory=dict)
    uhren: Mapping[str, UhrStand] = field(default_factory=dict)
    law: LawValues = field(default_factory=LawValues)
    # what was worked out from these facts already; facts never change, so it stays true
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def angabe(self, key: str) -> Any:
        """Return a declared fact of the Verfahren, ``None`` where it is not known."""
        return self.angaben.get(key)

    @property
    def variante(self) -> str:
        """The variant of the Verfahren that was applied for; "" where it has none."""
        return str(self.angaben.get("variante", ""))


def title_runs_until(f: Facts) -> date | None:
    """Return the last day of the title by law, which for § 24 can be later than the printed one.

    Titles under § 24 that were valid on the first day of the dated pair run on to the second
    (UkraineAufenthFGV) without any act of the office.
    """
    pair = f.law.listen.get(LawKey.SCHUTZ24_FORTGELTUNG.value)
    if f.title_kind is not TitleKind.AE_24 or f.title_until is None or not pair:
        return f.title_until
    first, last = (date.fromisoformat(day) for day in pair)
    return max(f.title_until, last) if f.title_until >= first else f.title_until


def years_later(day: date, years: int) -> date:
    """Return the same day ``years`` later; a missing 29 February ends on the 28th (§ 188(3) BGB).

    Beyond the calendar's last year the calendar's last day is returned, so that rules stay total.
    """
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def german(day: date) -> str:
    """Write a day as German letters do: 22.11.2026."""
    return f"{day.day:02d}.{day.month:02d}.{day.year}"


def euro(amount: Decimal | int) -> str:
    """Write an amount as German letters do: 45.934,20 Euro."""
    text = f"{amount:,.2f}"
    return text.replace(",", "#").replace(".", ",").replace("#", ".") + " Euro"
