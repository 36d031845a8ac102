"""The words behind the figures of a company's quota, and why somebody finds no place."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from abh.fastlane.gruppe import FULL, LANE, QUOTA
from abh.fastlane.kontingent import Kontingent, Satz


def sentences(quota: Kontingent) -> list[str]:
    """Return a sentence for every figure of the quota, in order."""
    return [_sentence(each) for each in quota.why]


def _sentence(each: Satz) -> str:
    numbers = each.numbers
    if each.key == "groesse.klein" and not numbers["employees"]:
        unknown = _(
            "Wie groß Ihre Firma ist, wissen wir nicht; sie zählt als klein: höchstens %(num)s "
            "Plätze im Monat."
        )
        return unknown % numbers
    words = {
        "groesse.klein": _(
            "Ihre Firma zählt als klein (%(employees)s Beschäftigte bekannt): höchstens "
            "%(num)s Plätze im Monat."
        ),
        "groesse.mittel": _(
            "Ihre Firma zählt als mittelgroß (%(employees)s Beschäftigte): höchstens "
            "%(num)s Plätze im Monat."
        ),
        "groesse.gross": _(
            "Ihre Firma zählt als groß (%(employees)s Beschäftigte): höchstens "
            "%(num)s Plätze im Monat."
        ),
        "vorgaenge": _(
            "Offene Vorgänge: %(cases)s. Mit %(extra)s Plätzen darüber hinaus sind das %(num)s."
        ),
        "kleinere": _("Es gilt die kleinere Zahl: %(num)s."),
        "versaeumt": _(
            "Abgezogen werden %(num)s Plätze, die in den letzten %(months)s Monaten "
            "versäumt wurden."
        ),
        "mindestens": _("Mindestens %(num)s Platz bleibt jeder Firma."),
        "benutzt": _("Davon vergeben: %(num)s."),
        "spaet": _(
            "Darunter %(num)s, die weniger als %(days)s Tage vorher abgesagt wurden: Sie "
            "konnten an niemanden mehr vergeben werden."
        ),
    }
    return words[each.key] % numbers


def why_left(left: Mapping[int, str]) -> dict[int, str]:
    """Return for each person without a place what stands in the way."""
    words = {
        FULL: _("In diesen Tagen ist nicht genug frei."),
        QUOTA: _("Das Kontingent Ihrer Firma für diesen Monat ist ausgeschöpft."),
        LANE: _("Die Firmenbahn dieser Woche ist ausgeschöpft."),
    }
    return {person: words[reason] for person, reason in left.items()}
