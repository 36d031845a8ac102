"""When an act counts as notified (§ 41 VwVfG NRW, §§ 3-5 LZG NRW, § 9 OZG), by channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from abh.kernel.dauer import Dauer
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.feiertage import is_working_day, next_working_day
from abh.kernel.fristen.grundregeln import (
    BEHOERDLICH,
    GERICHTLICH,
    Fristpaar,
    Fristregel,
    Zeile,
    beschreibe_tag,
    frist,
)
from abh.kernel.rechtsstand import Rechtsstand, Wert


class Kanal(StrEnum):
    """The way a letter takes to the person."""

    POST = "post"
    EMAIL = "email"
    PORTAL = "portal"
    OZG = "ozg"
    EINSCHREIBEN = "einschreiben"
    PZU = "pzu"
    EMPFANGSBEKENNTNIS = "empfangsbekenntnis"
    SCHALTER = "schalter"


KANAL_LABEL = {
    Kanal.POST: "einfacher Brief im Inland",
    Kanal.EMAIL: "E-Mail oder De-Mail",
    Kanal.PORTAL: "Abruf aus dem Portal",
    Kanal.OZG: "Postfach des Nutzerkontos",
    Kanal.EINSCHREIBEN: "Übergabe-Einschreiben",
    Kanal.PZU: "Postzustellungsurkunde",
    Kanal.EMPFANGSBEKENNTNIS: "Empfangsbekenntnis",
    Kanal.SCHALTER: "Übergabe am Schalter",
}
# The table key of the fiction of each channel, and what the counted day is.
_FICTION = {
    Kanal.POST: ("bekanntgabe.post", "zur Post gegeben"),
    Kanal.EMAIL: ("bekanntgabe.elektronisch", "abgesandt"),
    Kanal.OZG: ("bekanntgabe.nutzerkonto", "zum Abruf bereitgestellt"),
    Kanal.EINSCHREIBEN: ("bekanntgabe.einschreiben", "zur Post gegeben"),
}
_RETRIEVAL = ("bekanntgabe.portal.abruffrist", "bekanntgabe.portal")
_ACTION = {True: "klagefrist", False: "klagefrist.ohne_belehrung"}
# Every key this module reads, so that a start can check them all.
LAW_KEYS = frozenset({*(key for key, _ in _FICTION.values()), *_RETRIEVAL, *_ACTION.values()})
_FACT = {
    Kanal.PZU: ("Tag auf der Zustellungsurkunde", "§ 3 LZG NRW"),
    Kanal.EMPFANGSBEKENNTNIS: ("Tag auf dem Empfangsbekenntnis", "§ 5 LZG NRW"),
    Kanal.SCHALTER: ("Tag der Übergabe", "§ 41 Abs. 1 VwVfG NRW"),
}
_DISPUTED = "§ 41 Abs. 2, § 31 Abs. 3 VwVfG NRW (streitig)"
_LATER = "§ 41 Abs. 2 Satz 3 VwVfG NRW"


@dataclass(frozen=True, slots=True)
class Bekanntgabe:
    """The day of notification under both readings; both ``None`` if it took no effect.

    ``earliest`` lets a fictional day stand on a weekend (administrative courts mostly), ``latest``
    moves it to the next working day. ``retrieve_until`` is set for the portal only.
    """

    kanal: Kanal
    event_day: date
    earliest: date | None
    latest: date | None
    norm: str
    lines: tuple[Zeile, ...]
    retrieve_until: date | None = None

    @property
    def is_effective(self) -> bool:
        """Whether the act was notified at all."""
        return self.earliest is not None


def bekanntgabe(
    kanal: Kanal,
    event_day: date,
    recht: Rechtsstand,
    *,
    retrieved: date | None = None,
    arrived: date | None = None,
    never_arrived: bool = False,
) -> Bekanntgabe:
    """Compute when a letter counts as notified.

    ``event_day`` is the day of posting, sending, making available, for the portal that of the
    notice that the act is there, and for ``pzu``, ``empfangsbekenntnis`` and ``schalter`` the day
    on the deed. ``retrieved`` belongs to the portal; ``arrived`` is a proven later arrival and
    ``never_arrived`` a proven failure, which both defeat the fiction (§ 41(2) S. 3). Raises
    ``InvalidInput`` for days before the event or facts that do not fit the channel.
    """
    _check(kanal, event_day, retrieved, arrived, never_arrived)
    if kanal is Kanal.PORTAL:
        return _by_retrieval(event_day, retrieved, recht)
    if kanal in _FACT:
        text, norm = _FACT[kanal]
        line = Zeile(f"{text}: {beschreibe_tag(event_day)}.", norm)
        return Bekanntgabe(kanal, event_day, event_day, event_day, norm, (line,))
    return _by_fiction(kanal, event_day, arrived, never_arrived, recht)


def _check(
    kanal: Kanal, event_day: date, retrieved: date | None, arrived: date | None, never: bool
) -> None:
    problems = []
    if retrieved is not None and kanal is not Kanal.PORTAL:
        problems.append(FieldProblem("retrieved", "gibt es nur beim Abruf aus dem Portal"))
    if (arrived is not None or never) and kanal not in _FICTION:
        problems.append(FieldProblem("arrived", "gibt es nur, wo der Zugang vermutet wird"))
    if arrived is not None and never:
        problems.append(FieldProblem("arrived", "kann nicht zugegangen und ausgeblieben sein"))
    for name, day in (("retrieved", retrieved), ("arrived", arrived)):
        if day is not None and day < event_day:
            problems.append(FieldProblem(name, "liegt vor der Absendung"))
    if problems:
        raise InvalidInput(problems)


def _both_readings(day: date) -> tuple[date, date, tuple[Zeile, ...]]:
    if is_working_day(day):
        return day, day, (Zeile(f"Bekannt gegeben am {beschreibe_tag(day)}."),)
    later = next_working_day(day)
    text = (
        f"{beschreibe_tag(day)} ist kein Werktag. Ob der Tag der Bekanntgabe "
        f"sich verschiebt, ist streitig: frühestens {beschreibe_tag(day)}, "
        f"spätestens {beschreibe_tag(later)}."
    )
    return day, later, (Zeile(text, _DISPUTED),)


def _by_fiction(
    kanal: Kanal, event_day: date, arrived: date | None, never: bool, recht: Rechtsstand
) -> Bekanntgabe:
    key, verb = _FICTION[kanal]
    wert = recht.value(key, event_day)
    if never:
        line = Zeile("Nicht zugegangen: keine Bekanntgabe, erneut absenden.", _LATER)
        return Bekanntgabe(kanal, event_day, None, None, wert.norm, (line,))
    fiction = frist(event_day, wert.dauer, wert.norm, shift=False).end
    first = Zeile(
        f"Am {beschreibe_tag(event_day)} {verb}; gilt am {wert.value}. Tag danach als bekannt "
        f"gegeben: {beschreibe_tag(fiction)}.",
        wert.norm,
    )
    earliest, latest, lines = _both_readings(fiction)
    if arrived is not None and arrived > fiction:
        text = f"Nachweislich erst am {beschreibe_tag(arrived)} zugegangen; dieser Tag gilt."
        earliest, latest = arrived, max(arrived, latest)
        lines = (*lines, Zeile(text, _LATER))
    return Bekanntgabe(kanal, event_day, earliest, latest, wert.norm, (first, *lines))


def _by_retrieval(event_day: date, retrieved: date | None, recht: Rechtsstand) -> Bekanntgabe:
    window, wert = (recht.value(key, event_day) for key in _RETRIEVAL)
    until = frist(event_day, window.dauer, window.norm).end
    first = Zeile(
        f"Benachrichtigt am {beschreibe_tag(event_day)}; abrufbar {window.dauer} lang, "
        f"bis {beschreibe_tag(until)}.",
        window.norm,
    )
    if retrieved is None or retrieved > until:
        line = Zeile(
            "Nicht innerhalb dieser Zeit abgerufen: keine Bekanntgabe; erneut bereitstellen oder "
            "auf anderem Weg bekannt geben.",
            window.norm,
        )
        return Bekanntgabe(Kanal.PORTAL, event_day, None, None, wert.norm, (first, line), until)
    fiction = frist(retrieved, wert.dauer, wert.norm, shift=False).end
    text = f"Abgerufen am {beschreibe_tag(retrieved)}; gilt am Tag danach als bekannt gegeben."
    earliest, latest, lines = _both_readings(fiction)
    all_lines = (first, Zeile(text, wert.norm), *lines)
    return Bekanntgabe(Kanal.PORTAL, event_day, earliest, latest, wert.norm, all_lines, until)


def ab_bekanntgabe(
    bekannt: Bekanntgabe, dauer: Dauer, norm: str, *, regel: Fristregel = BEHOERDLICH
) -> Fristpaar | None:
    """Return the deadline of ``dauer`` from notification under both readings, ``None`` where the
    letter was not notified: then no deadline runs."""
    if bekannt.earliest is None or bekannt.latest is None:
        return None
    earliest, latest = (
        frist(day, dauer, norm, regel=regel) for day in (bekannt.earliest, bekannt.latest)
    )
    return Fristpaar(earliest, latest)


def klagefrist(
    bekannt: Bekanntgabe, recht: Rechtsstand, *, belehrt: bool = True
) -> Fristpaar | None:
    """Return the period for action: one month (§ 74(1) VwGO), one year where the instruction on
    remedies is missing or wrong (``belehrt=False``, § 58(2) VwGO); ``None`` without notification.

    Warn by ``earliest.end``; the act is final only after ``latest.end``.
    """
    if bekannt.earliest is None:
        return None
    wert = klage_wert(recht, bekannt.earliest, belehrt)
    return ab_bekanntgabe(bekannt, wert.dauer, wert.norm, regel=GERICHTLICH)


def klage_wert(recht: Rechtsstand, stichtag: date, belehrt: bool) -> Wert:
    """Return length and norm of the period for action on ``stichtag``."""
    return recht.value(_ACTION[belehrt], stichtag)
