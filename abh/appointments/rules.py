"""The house rules of booking as one value: lead time, length of a hold, horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class BookingRules:
    """``lead``: how far ahead a place is booked at least; ``hold``: how long one is kept while a
    person confirms; ``horizon_days``: how many days of roster are kept open; ``offer_days``: how
    far an applicant sees; ``reminder_days`` and ``reminder_letter_days``: how many days before a
    place people are reminded of it; ``code_days``: how long a place waits for a code by letter;
    ``codes_a_day``: how many of these letters a unit sends on a day; ``firm_return``: how long
    before they begin the minutes that no firm booked go to the public; ``firm_services``: what
    companies may book in their lane."""

    lead: timedelta = timedelta(hours=2)
    hold: timedelta = timedelta(minutes=10)
    horizon_days: int = 180
    offer_days: int = 60
    reminder_days: tuple[int, ...] = (3, 1)
    reminder_letter_days: tuple[int, ...] = (7,)
    code_days: int = 8
    codes_a_day: int = 40
    firm_return: timedelta = timedelta(hours=48)
    firm_services: tuple[str, ...] = ("biometrie_antrag", "abholung_karte", "firmentermin")


RULES = BookingRules()


def rules_of(profile: Mapping[str, Any]) -> BookingRules:
    """Return the rules of the imported office (section ``booking`` of its file).

    What the section does not name, or an office imported before it existed, has the usual value.
    """
    said = profile.get("booking", {})
    return BookingRules(
        lead=timedelta(minutes=said["lead_minutes"]) if "lead_minutes" in said else RULES.lead,
        hold=timedelta(minutes=said["hold_minutes"]) if "hold_minutes" in said else RULES.hold,
        horizon_days=int(said.get("horizon_days", RULES.horizon_days)),
        offer_days=int(said.get("offer_days", RULES.offer_days)),
        reminder_days=tuple(said.get("reminder_days", RULES.reminder_days)),
        reminder_letter_days=tuple(said.get("reminder_letter_days", RULES.reminder_letter_days)),
        code_days=int(said.get("code_days", RULES.code_days)),
        codes_a_day=int(said.get("codes_a_day", RULES.codes_a_day)),
        firm_return=timedelta(hours=said["firm_return_hours"])
        if "firm_return_hours" in said
        else RULES.firm_return,
        firm_services=tuple(said.get("firm_services", RULES.firm_services)),
    )
