"""Participation of another authority: its states and its clock, as pure functions.

The last day of a period is computed by the kernel (§ 31 VwVfG NRW, §§ 187-193 BGB) and handed in
as ``end``; nothing here knows how long a period is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from abh.kernel.errors import Reason, StepNotAllowed


class PartState(StrEnum):
    """States of one participation."""

    PLANNED = "planned"
    REQUESTED = "requested"
    NEEDS_INFO = "needs_info"
    CONSENTED = "consented"
    REFUSED = "refused"
    DEEMED_CONSENTED = "deemed_consented"
    OVERDUE = "overdue"


PART_LABELS: dict[PartState, str] = {
    PartState.PLANNED: "geplant",
    PartState.REQUESTED: "angefragt",
    PartState.NEEDS_INFO: "Angaben fehlen",
    PartState.CONSENTED: "zugestimmt",
    PartState.REFUSED: "abgelehnt",
    PartState.DEEMED_CONSENTED: "Zustimmung gilt als erteilt",
    PartState.OVERDUE: "überfällig",
}

ANSWERED = frozenset({PartState.CONSENTED, PartState.REFUSED, PartState.DEEMED_CONSENTED})
CONSENT = frozenset({PartState.CONSENTED, PartState.DEEMED_CONSENTED})


@dataclass(frozen=True, slots=True)
class PartKind:
    """A kind of participation: whether silence is consent, on which norm, how long it runs."""

    key: str
    label: str
    norm: str
    silence_is_consent: bool
    silence_norm: str = ""
    law_key: str = ""
    shown_to_applicant: bool = True
    # "Information missing": ends the period without consent, or only lets it stand (the default).
    missing_info_ends: bool = False


BA = PartKind(
    key="BA",
    label="Bundesagentur für Arbeit",
    norm="§ 39 AufenthG",
    silence_is_consent=True,
    silence_norm="§ 36 Abs. 2 BeschV",
    law_key="ba.zustimmung",
    missing_info_ends=True,
)
BVA = PartKind(
    key="BVA",
    label="Sicherheitsabfrage beim Bundesverwaltungsamt",
    norm="§ 73 Abs. 2 AufenthG",
    silence_is_consent=False,
    law_key="bva.wiedervorlage",
    shown_to_applicant=False,
)


def _asked(key: str, label: str, norm: str, *, shown: bool = True) -> PartKind:
    """An authority whose silence means nothing: the office asks again at a set time."""
    return PartKind(
        key, label, norm, False, law_key="beteiligung.wiedervorlage", shown_to_applicant=shown
    )


BA_EILIG = PartKind(
    key="BA_EILIG",
    label="Bundesagentur für Arbeit (verkürzte Frist)",
    norm="§ 39 AufenthG",
    silence_is_consent=True,
    silence_norm="§ 36 Abs. 2 BeschV",
    law_key="ba.zustimmung.beschleunigt",
    missing_info_ends=True,
)
ABH_ZUZUG = PartKind(
    key="ABH_ZUZUG",
    label="Ausländerbehörde des Zuzugsorts",
    norm="§ 72 Abs. 3a AufenthG",
    silence_is_consent=True,
    silence_norm="§ 72 Abs. 3a AufenthG",
    law_key="zuzug.zustimmung",
)
ABH = _asked("ABH", "andere Ausländerbehörde", "§ 72 Abs. 3 AufenthG")
STA = _asked("STA", "Staatsanwaltschaft", "§ 72 Abs. 4 AufenthG", shown=False)
AV = _asked("AV", "Auslandsvertretung", "§ 71 Abs. 2 AufenthG")
BAMF = _asked("BAMF", "Bundesamt für Migration und Flüchtlinge", "§ 72 Abs. 2 AufenthG")
BAMF_KONTAKT = _asked(
    "BAMF_KONTAKT", "Nationale Kontaktstelle beim BAMF", "§§ 91c bis 91g AufenthG"
)
KAMMER = _asked("KAMMER", "fachkundige Körperschaften und Gewerbeamt", "§ 21 Abs. 1 AufenthG")
HOCHSCHULE = _asked("HOCHSCHULE", "Hochschule", "§ 16b Abs. 2 Satz 5 AufenthG")
ANERKENNUNG = PartKind(
    key="ANERKENNUNG",
    label="Anerkennungsstelle",
    norm="§ 81a Abs. 3 Nr. 2 AufenthG",
    silence_is_consent=False,
    law_key="anerkennung.entscheidung",
)
GESUNDHEIT = _asked("GESUNDHEIT", "Gesundheitsamt", "§ 60a Abs. 2c AufenthG")
JUGENDAMT = _asked("JUGENDAMT", "Jugendamt", "§ 50 SGB VIII")
STANDESAMT = _asked("STANDESAMT", "Standesamt", "§ 26 VwVfG NRW")
JOBCENTER = _asked("JOBCENTER", "Jobcenter oder Sozialamt", "§ 26 VwVfG NRW")
MELDEBEHOERDE = _asked("MELDEBEHOERDE", "Meldebehörde", "§ 26 VwVfG NRW")
VERFASSUNGSSCHUTZ = _asked(
    "VERFASSUNGSSCHUTZ", "Verfassungsschutz", "§ 37 Abs. 2 StAG", shown=False
)
STA_32B = _asked("STA_32B", "Staatsanwaltschaft zu § 32b StAG", "§ 32b StAG", shown=False)
BZR = _asked("BZR", "Bundeszentralregister", "§ 41 BZRG", shown=False)
LABOR = _asked("LABOR", "Abstammungsgutachten", "§ 85a Abs. 3 AufenthG")
LAND = _asked("LAND", "oberste Landesbehörde oder Bezirksregierung", "§ 23a AufenthG")
ZAB = _asked("ZAB", "Zentrale Ausländerbehörde", "§ 71 Abs. 1 AufenthG", shown=False)

PART_KINDS: dict[str, PartKind] = {
    kind.key: kind
    for kind in (
        BA,
        BVA,
        BA_EILIG,
        ABH_ZUZUG,
        ABH,
        STA,
        AV,
        BAMF,
        BAMF_KONTAKT,
        KAMMER,
        HOCHSCHULE,
        ANERKENNUNG,
        GESUNDHEIT,
        JUGENDAMT,
        STANDESAMT,
        JOBCENTER,
        MELDEBEHOERDE,
        VERFASSUNGSSCHUTZ,
        STA_32B,
        BZR,
        LABOR,
        LAND,
        ZAB,
    )
}


# Security queries and registers are asked by message (XAusländer, AZR), never by letter.
BY_MESSAGE = frozenset({"BVA", "BZR"})


@dataclass(frozen=True, slots=True)
class Beteiligung:
    """One participation in one case; ``due`` is the last day of the running period.

    ``round`` counts the requests: a completed request after "information missing" starts a new one.
    """

    kind: PartKind
    state: PartState = PartState.PLANNED
    requested_on: date | None = None
    due: date | None = None
    answered_on: date | None = None
    round: int = 0
    note: str = ""
    # days that were left when the period came to stand; ``None`` while it runs
    rest_days: int | None = None

    @property
    def is_answered(self) -> bool:
        """Whether nothing more is awaited from the authority."""
        return self.state in ANSWERED

    @property
    def is_consent(self) -> bool:
        """Whether the authority agreed, by word or by silence."""
        return self.state in CONSENT


def plan(kind: PartKind) -> Beteiligung:
    """Return a participation that is intended but not yet requested."""
    return Beteiligung(kind=kind)


def start(part: Beteiligung, on: date, end: date) -> Beteiligung:
    """Request the participation on day ``on``; the period runs to the end of ``end``."""
    _only(part, "anfragen", PartState.PLANNED)
    _ordered(part, "anfragen", on, end)
    return replace(part, state=PartState.REQUESTED, requested_on=on, due=end, round=1)


def info_missing(part: Beteiligung, on: date, note: str = "") -> Beteiligung:
    """The authority says within the period that information is missing: the clock ends or stands.

    § 36(2) BeschV: it ends, no consent arises from silence then. Where the norm knows no such end
    the days left are kept for the completed request. After a period whose silence is consent the
    consent stands and the message is refused with that reason (``StepNotAllowed``).
    """
    current = due(part, on)
    _only(current, "Angaben fehlen", PartState.REQUESTED, PartState.OVERDUE)
    _not_before(current, "Angaben fehlen", on)
    rest = None
    if not current.kind.missing_info_ends and current.due is not None:
        rest = max(0, (current.due - on).days)
    return replace(current, state=PartState.NEEDS_INFO, due=None, note=note, rest_days=rest)


def complete(part: Beteiligung, on: date, end: date) -> Beteiligung:
    """The completed request is sent on ``on``: a new period runs to the end of ``end``.

    Where the period only stood, it runs on for the days that were left; ``end`` does not count.
    """
    _only(part, "vervollständigen", PartState.NEEDS_INFO)
    _not_before(part, "vervollständigen", on)
    if part.rest_days is not None:
        end = on + timedelta(days=part.rest_days)
    _ordered(part, "vervollständigen", on, end)
    return replace(
        part,
        state=PartState.REQUESTED,
        requested_on=on,
        due=end,
        round=part.round + 1,
        note="",
        rest_days=None,
    )


def answer(part: Beteiligung, on: date, *, consent: bool, note: str = "") -> Beteiligung:
    """Record the authority's word; a refusal after deemed consent is refused with the reason."""
    current = due(part, on)
    _only(current, "beantworten", PartState.REQUESTED, PartState.OVERDUE, PartState.NEEDS_INFO)
    _not_before(current, "beantworten", on)
    state = PartState.CONSENTED if consent else PartState.REFUSED
    return replace(current, state=state, answered_on=on, due=None, note=note)


def due(part: Beteiligung, today: date) -> Beteiligung:
    """Return the participation as it stands on ``today``.

    The period runs to the end of its last day, so silence is consent from the day after; without
    such a norm the participation is merely overdue. Calling it twice changes nothing.
    """
    if part.state is not PartState.REQUESTED or part.due is None or today <= part.due:
        return part
    if part.kind.silence_is_consent:
        return replace(part, state=PartState.DEEMED_CONSENTED, answered_on=part.due)
    return replace(part, state=PartState.OVERDUE)


def _only(part: Beteiligung, step: str, *allowed: PartState) -> None:
    if part.state in allowed:
        return
    if part.state is PartState.DEEMED_CONSENTED and part.answered_on is not None:
        text = (
            f"Die Zustimmung ({part.kind.label}) gilt seit Ablauf des "
            f"{part.answered_on:%d.%m.%Y} als erteilt."
        )
        reason = Reason(text, norm=part.kind.silence_norm, key="zustimmung_gilt_als_erteilt")
    else:
        text = f"Die Beteiligung ({part.kind.label}) ist im Stand „{PART_LABELS[part.state]}“."
        reason = Reason(text, norm=part.kind.norm, key="beteiligung_stand")
    raise StepNotAllowed(step, part.state.value, (reason,))


def _ordered(part: Beteiligung, step: str, on: date, end: date) -> None:
    if end < on:
        reason = Reason("Das Ende der Frist liegt vor ihrem Beginn.", key="frist_verkehrt")
        raise StepNotAllowed(step, part.state.value, (reason,))


def _not_before(part: Beteiligung, step: str, on: date) -> None:
    if part.requested_on is not None and on < part.requested_on:
        reason = Reason(
            f"Der Tag liegt vor der Anfrage vom {part.requested_on:%d.%m.%Y}.", key="vor_anfrage"
        )
        raise StepNotAllowed(step, part.state.value, (reason,))
