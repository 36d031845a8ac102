"""Prospects: from which day the next titles are possible, and what is missing for them (pure).

Every figure comes from the Rechtsstand of the day asked and is explained with its norm. The day is
the earliest on which the time is full if everything stays as it is; what else is missing is said.
The titles themselves are the table in ``aussichten_ziele``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from abh.kernel.dauer import Dauer, add_months, monate, plus
from abh.kernel.rechtsstand import Rechtsstand, Wert
from abh.workflows.aussichten_ziele import VOLLJAEHRIG, ZIELE, Recht, Ziel, is_unlimited, recht
from abh.workflows.facts import german, years_later
from abh.workflows.gebuehren import ADULT_AT
from abh.workflows.lebenslauf import Abschnitt, Lebenslauf

UNTERBRECHUNG = "aussicht.unterbrechung"


class Lage(StrEnum):
    """How a prospect stands."""

    MOEGLICH = "jetzt möglich"
    AB = "ab einem Tag"
    BEDINGT = "Zeit erfüllt, es fehlt noch etwas"
    UNBESTIMMT = "Zeit läuft nicht"


@dataclass(frozen=True, slots=True)
class Fehlt:
    """A condition that is not met, or not known (``bekannt`` False), with norm and sentence."""

    text: str
    norm: str
    bekannt: bool


@dataclass(frozen=True, slots=True)
class Aussicht:
    """The next title: the earliest day, the sentences how it was computed, what is missing."""

    key: str
    label: str
    norm: str
    lage: Lage
    ab: date | None
    rechnung: tuple[str, ...]
    fehlt: tuple[Fehlt, ...]


def aussichten(lauf: Lebenslauf, law: Rechtsstand, tag: date) -> tuple[Aussicht, ...]:
    """Return the titles that may follow the present one, the earliest first; never raises."""
    r = recht(law, tag)
    now = lauf.jetzt(tag)
    found = [
        _aussicht(ziel, lauf, now, r, tag)
        for ziel in ZIELE
        if ziel.fuer(lauf, now, r)
        and not (is_unlimited(now) and ziel.key.startswith(("NE", "BLEIBE")))
    ]
    found.sort(key=lambda a: (a.ab is None, a.ab or date.max))
    return tuple(found)


def _aussicht(ziel: Ziel, lauf: Lebenslauf, now: Abschnitt | None, r: Recht, tag: date) -> Aussicht:
    lines: list[str] = []
    ab = _zeit(ziel, lauf, now, r, tag, lines)
    fehlt: list[Fehlt] = []
    rente = ziel.rente(lauf)
    if rente:
        paid = _rente(rente, lauf, r, tag, lines, fehlt)
        ab = max(ab, paid) if ab is not None and paid is not None else ab
    if ziel.key == "EINB9" and lauf.ehe_deutsch_seit is not None:
        ab = _ehe(lauf.ehe_deutsch_seit, r, ab, lines)
    needs = ziel.bedarf
    if ziel.key == "NE35" and lauf.geburt is not None:
        ab, grown = _kind(lauf.geburt, r, ab, lines)
        needs = (*needs, *VOLLJAEHRIG) if grown else needs
    for bedarf in needs:
        met = bedarf.check(lauf)
        if not met:
            word = "nicht bekannt" if met is None else "fehlt"
            fehlt.append(Fehlt(f"{bedarf.text}: {word}.", bedarf.norm, met is not None))
    return Aussicht(
        ziel.key, ziel.label, ziel.norm, _lage(ab, tag, fehlt), ab, tuple(lines), tuple(fehlt)
    )


def _lage(ab: date | None, tag: date, fehlt: list[Fehlt]) -> Lage:
    if ab is None:
        return Lage.UNBESTIMMT
    if ab > tag:
        return Lage.AB
    return Lage.BEDINGT if fehlt else Lage.MOEGLICH


def _zeit(
    ziel: Ziel, lauf: Lebenslauf, now: Abschnitt | None, r: Recht, tag: date, lines: list[str]
) -> date | None:
    need = r.wert(ziel.dauer(lauf))
    if need is None:
        lines.append("Für diesen Tag steht keine Dauer im Rechtsstand.")
        return None
    length = _dauer(need)
    lines.append(f"Nötig: {length}; {need.label} ({need.norm}).")
    days = 0.0
    for section, first, last in _counted(ziel, lauf, r, tag, lines):
        share = ziel.zaehlt(section, r)
        days += share * (last - first).days
        how = {1.0: "ganz", 0.5: "zur Hälfte"}.get(share, f"{share:.0%}")
        what = f"§ {section.norm} AufenthG" if section.norm else section.titel.value
        lines.append(f"{german(first)} bis {german(last)} ({what}): zählt {how}.")
    full = _full(tag, days, length)
    if full <= tag:
        lines.append(f"Die Zeit ist seit {german(full)} erfüllt.")
        return full
    pace = ziel.zaehlt(now, r) if now is not None else 0.0
    if not pace:
        lines.append("Die gegenwärtige Zeit zählt nicht; es fehlt noch Zeit.")
        return None
    day = tag + timedelta(days=round((full - tag).days / pace))
    lines.append(f"Bleibt es dabei, ist die Zeit am {german(day)} erfüllt.")
    return day


def _dauer(need: Wert) -> Dauer:
    """The months of § 18c(2) are a count in the table of P14: of work and of contributions."""
    return monate(int(str(need.value))) if need.unit == "Anzahl" else need.dauer


def _full(tag: date, days: float, need: Dauer) -> date:
    """The day on which the time is full, were all of it counted in one piece until ``tag``."""
    return plus(tag - timedelta(days=int(days)), need)


def _counted(
    ziel: Ziel, lauf: Lebenslauf, r: Recht, tag: date, lines: list[str]
) -> Iterator[tuple[Abschnitt, date, date]]:
    """Yield the sections that count, without what lies before a long interruption or overlaps."""
    rest = r.wert(UNTERBRECHUNG)
    kept: list[tuple[Abschnitt, date, date]] = []
    for section in sorted(lauf.abschnitte, key=lambda a: a.von):
        if section.von > tag or not ziel.zaehlt(section, r):
            continue
        # the last day of a title belongs to it, so the count runs to the day after
        last = min(section.bis + timedelta(days=1), tag) if section.bis else tag
        first = max(section.von, kept[-1][2]) if kept else section.von
        if first >= last and first != tag:
            continue
        if kept and rest is not None and first > plus(kept[-1][2], rest.dauer):
            lines.append(
                f"Unterbrechung vom {german(kept[-1][2])} bis {german(first)}: die Zeit davor "
                f"zählt nicht ({rest.norm})."
            )
            kept.clear()
        kept.append((section, first, last))
    yield from kept


def _rente(
    key: str, lauf: Lebenslauf, r: Recht, tag: date, lines: list[str], fehlt: list[Fehlt]
) -> date | None:
    need = r.wert(key)
    if need is None:
        return None
    months = int(str(need.value))
    norm = need.norm
    if lauf.rentenmonate is None:
        fehlt.append(Fehlt(f"{months} Monate Rentenbeiträge: nicht bekannt.", norm, False))
        return None
    missing = months - lauf.rentenmonate
    since = lauf.rente_stand or tag
    if missing <= 0:
        lines.append(f"{lauf.rentenmonate} Rentenbeiträge gezahlt, nötig {months} ({norm}).")
        return None
    if not lauf.arbeitet:
        text = f"{missing} von {months} Rentenbeiträgen fehlen, es kommen keine hinzu."
        fehlt.append(Fehlt(text, norm, True))
        return None
    day = add_months(since, missing)
    lines.append(f"{missing} Rentenbeiträge fehlen; mit Arbeit voll am {german(day)} ({norm}).")
    if day > tag:
        return day
    fehlt.append(Fehlt("Der Stand der Rentenbeiträge ist veraltet.", norm, False))
    return day


def _ehe(since: date, r: Recht, ab: date | None, lines: list[str]) -> date | None:
    need = r.wert("einbuergerung.ehedauer")
    if need is None or ab is None:
        return ab
    day = plus(since, need.dauer)
    lines.append(f"Ehe seit {german(since)}, nötig {need.dauer}: {german(day)} ({need.norm}).")
    return max(ab, day)


def _kind(born: date, r: Recht, ab: date | None, lines: list[str]) -> tuple[date | None, bool]:
    """§ 35(1): five years on the 16th birthday, or as an adult with more conditions (S. 2)."""
    age = r.wert("ne.alter.kind")
    if age is None or ab is None:
        return None, False
    day, adult = years_later(born, int(str(age.value))), years_later(born, ADULT_AT)
    if ab <= day:
        lines.append(f"Mit {age.value} Jahren am {german(day)} ist die Zeit voll ({age.norm}).")
        return day, False
    lines.append(
        f"Mit {age.value} Jahren am {german(day)} fehlt noch Zeit; volljährig am {german(adult)} "
        "(§ 35 Abs. 1 Satz 2 AufenthG)."
    )
    return max(ab, adult), True


@dataclass(frozen=True, slots=True)
class Punkt:
    """A point of the way from entry to naturalisation."""

    tag: date
    text: str
    norm: str
    kommt: bool


def weg(lauf: Lebenslauf, gefunden: tuple[Aussicht, ...], tag: date) -> tuple[Punkt, ...]:
    """Return the timeline: entry, titles held, today, and what comes when."""
    points = [Punkt(lauf.einreise, "Einreise", "", False)] if lauf.einreise else []
    for a in lauf.abschnitte:
        norm = f"§ {a.norm} AufenthG" if a.norm else ""
        points.append(Punkt(a.von, f"{a.titel.value} ab", norm, a.von > tag))
        if a.bis is not None:
            points.append(Punkt(a.bis, f"{a.titel.value} endet", norm, a.bis > tag))
    points.append(Punkt(tag, "gefragter Tag", "", False))
    points += [
        Punkt(max(one.ab, tag), one.label, one.norm, True) for one in gefunden if one.ab is not None
    ]
    return tuple(sorted(points, key=lambda p: (p.tag, p.kommt)))
