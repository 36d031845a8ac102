"""The clerk's deadline calculator: plain data in, plain data out, for page, API and command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from abh.kernel.dauer import Dauer
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.feiertage import holiday_name, weekday_name
from abh.kernel.fristen.eingabe import Anfrage, read_anfrage
from abh.kernel.fristen.grundregeln import (
    BEHOERDLICH,
    GERICHTLICH,
    Frist,
    Fristpaar,
    Zeile,
    fester_tag,
    frist,
)
from abh.kernel.fristen.uhren import Warnung, laufzeit, untaetigkeit
from abh.kernel.fristen.zugang import KANAL_LABEL, Bekanntgabe, ab_bekanntgabe, bekanntgabe
from abh.kernel.rechtsstand import Rechtsstand, Wert

_RULES = {
    "bescheid": "klagefrist",
    "nachforderung": "nachforderung",
    "anhoerung": "anhoerung",
    "ba": "ba.zustimmung",
    "antrag": "untaetigkeit",
}

_WITH_MINIMUM = frozenset({"nachforderung", "anhoerung"})


@dataclass(frozen=True, slots=True)
class _Ergebnis:
    paar: Fristpaar | None
    norm: str
    lines: tuple[Zeile, ...] = ()
    warnings: tuple[Warnung, ...] = ()
    stopped_days: int = 0
    stopped_since: date | None = None
    admissible_from: date | None = None


def berechne(payload: Mapping[str, Any], recht: Rechtsstand) -> dict[str, Any]:
    """Compute one deadline from plain data.

    Input: ``event`` (``bescheid``, ``nachforderung``, ``anhoerung``, ``antrag``, ``ba``, ``frei``),
    ``date`` (JJJJ-MM-TT), and as the event needs: ``channel``, ``retrieved``, ``arrived``,
    ``instructed`` (false: no or wrong instruction on remedies), ``accelerated`` (§ 81a), ``length``
    with ``unit``, ``norm``, ``fixed_day`` with ``reference_31_3``, ``stops`` (list of ``since``,
    ``until``, ``reason``). Output: ``earliest`` and ``latest`` with day, weekday, holiday, norm and
    lines (``null`` where no deadline runs), ``notification``, ``warnings``, ``stopped_days``,
    ``stopped_since``, ``admissible_from``. Only texts, numbers, booleans and ``None``.
    Raises ``InvalidInput`` with all problems, ``LawMissing`` where no value is in force.
    """
    anfrage = read_anfrage(payload)
    bekannt = _notified(anfrage, recht)
    ergebnis = _compute(anfrage, bekannt, recht)
    paar = ergebnis.paar
    return {
        "event": anfrage.event,
        "date": anfrage.day.isoformat(),
        "norm": ergebnis.norm,
        "notification": _show_bekanntgabe(bekannt) if bekannt else None,
        "earliest": _show_frist(paar.earliest) if paar else None,
        "latest": _show_frist(paar.latest) if paar else None,
        "disputed": bool(paar and paar.earliest.end != paar.latest.end),
        "lines": _show_lines(ergebnis.lines),
        "warnings": [{**_show_day(w.day), "text": w.text} for w in ergebnis.warnings],
        "stopped_days": ergebnis.stopped_days,
        "stopped_since": _iso(ergebnis.stopped_since),
        "admissible_from": _show_day(ergebnis.admissible_from)
        if ergebnis.admissible_from
        else None,
    }


def _notified(anfrage: Anfrage, recht: Rechtsstand) -> Bekanntgabe | None:
    if anfrage.kanal is None:
        return None
    return bekanntgabe(
        anfrage.kanal,
        anfrage.day,
        recht,
        retrieved=anfrage.retrieved,
        arrived=anfrage.arrived,
        never_arrived=anfrage.never_arrived,
    )


def _rule(anfrage: Anfrage, recht: Rechtsstand, stichtag: date) -> Wert | None:
    """Return the dated value that orders the deadline; ``None`` for a free one."""
    if anfrage.event == "frei":
        return None
    key = _RULES[anfrage.event]
    if not anfrage.instructed:
        key = "klagefrist.ohne_belehrung"
    if anfrage.accelerated:
        key = "ba.zustimmung.beschleunigt"
    return recht.value(key, stichtag)


def _compute(anfrage: Anfrage, bekannt: Bekanntgabe | None, recht: Rechtsstand) -> _Ergebnis:
    if anfrage.event == "antrag":
        return _waiting(anfrage, recht)
    rule = _rule(anfrage, recht, (bekannt.earliest if bekannt else None) or anfrage.day)
    norm = anfrage.norm or (rule.norm if rule else "")
    if bekannt is not None and not bekannt.is_effective:
        return _Ergebnis(None, norm, bekannt.lines)
    if anfrage.fixed_day is not None:
        since = (bekannt.latest if bekannt else None) or anfrage.day
        named = fester_tag(since, anfrage.fixed_day, norm, with_reference=anfrage.reference_31_3)
        paar = Fristpaar(named, named)
        return _Ergebnis(paar, norm, _too_short(anfrage, bekannt, paar, recht))
    dauer = anfrage.dauer or (rule.dauer if rule else None)
    if dauer is None:
        raise InvalidInput([FieldProblem("length", "fehlt; Länge und Einheit oder fester Tag")])
    if bekannt is None or anfrage.stops:
        return _with_stops(anfrage, bekannt, dauer, norm)
    regel = GERICHTLICH if anfrage.event == "bescheid" else BEHOERDLICH
    both = ab_bekanntgabe(bekannt, dauer, norm, regel=regel)
    return _Ergebnis(both, norm, _too_short(anfrage, bekannt, both, recht))


def _waiting(anfrage: Anfrage, recht: Rechtsstand) -> _Ergebnis:
    waiting = untaetigkeit(anfrage.day, recht)
    return _Ergebnis(
        Fristpaar(waiting.frist, waiting.frist),
        waiting.frist.norm,
        warnings=waiting.warnings,
        admissible_from=waiting.admissible_from,
    )


def _too_short(
    anfrage: Anfrage, bekannt: Bekanntgabe | None, paar: Fristpaar | None, recht: Rechtsstand
) -> tuple[Zeile, ...]:
    """Return the line that warns of a deadline under the house minimum of its letter."""
    if anfrage.event not in _WITH_MINIMUM or paar is None or bekannt is None:
        return ()
    since = bekannt.latest or anfrage.day
    least = recht.value(f"{anfrage.event}.mindestens", anfrage.day)
    if paar.latest.end >= frist(since, least.dauer, least.norm, shift=False).end:
        return ()
    text = f"Kürzer als {least.dauer} nach der Bekanntgabe; bitte eine längere Frist setzen."
    return (Zeile(text, least.source),)


def _with_stops(
    anfrage: Anfrage, bekannt: Bekanntgabe | None, dauer: Dauer, norm: str
) -> _Ergebnis:
    first = (bekannt.earliest if bekannt else None) or anfrage.day
    last = (bekannt.latest if bekannt else None) or anfrage.day
    early, late = (laufzeit(day, dauer, norm, anfrage.stops) for day in (first, last))
    if early.frist is None or late.frist is None:
        standing = late if late.frist is None else early
        return _Ergebnis(
            None,
            norm,
            standing.lines,
            stopped_days=standing.stopped_days,
            stopped_since=standing.stopped_since,
        )
    paar = Fristpaar(early.frist, late.frist)
    return _Ergebnis(paar, norm, stopped_days=late.stopped_days)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _show_day(day: date) -> dict[str, str]:
    return {"date": day.isoformat(), "weekday": weekday_name(day), "holiday": holiday_name(day)}


def _show_lines(lines: tuple[Zeile, ...]) -> list[dict[str, str]]:
    return [{"text": line.text, "norm": line.norm} for line in lines]


def _show_frist(done: Frist) -> dict[str, Any]:
    return {
        **_show_day(done.end),
        "event_day": done.event_day.isoformat(),
        "start_day": done.start_day.isoformat(),
        "raw_end": _show_day(done.raw_end),
        "expires_at": done.expires_at.isoformat(),
        "norm": done.norm,
        "lines": _show_lines(done.steps),
    }


def _show_bekanntgabe(bekannt: Bekanntgabe) -> dict[str, Any]:
    return {
        "channel": bekannt.kanal.value,
        "label": KANAL_LABEL[bekannt.kanal],
        "effective": bekannt.is_effective,
        "earliest": _show_day(bekannt.earliest) if bekannt.earliest else None,
        "latest": _show_day(bekannt.latest) if bekannt.latest else None,
        "retrieve_until": _iso(bekannt.retrieve_until),
        "norm": bekannt.norm,
        "lines": _show_lines(bekannt.lines),
    }
