"""What somebody wants of one visit, read from an address or a form: services, persons, interpreter.

The same fields on the page of applicants and on that of the counter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request

from abh.appointments.visits import BARRIER_FREE, NEEDS, Visit
from abh.office.tables import Service

# More than any service takes is answered by the rule that says how many it takes.
_MOST_TYPED = 99


def chosen_visit(*, by_staff: bool = False) -> Visit:
    """Return the visit of this request; what is no number of persons counts as one.

    Only staff ask for a secured desk.
    """
    typed = request.values.get("persons", "")
    persons = int(typed) if typed.isdecimal() and len(typed) <= 2 else 1
    also = dict.fromkeys(key for key in request.values.getlist("also") if key)
    typed_needs = request.values.getlist("needs")
    allowed = NEEDS if by_staff else (BARRIER_FREE,)
    return Visit(
        tuple(also),
        max(1, min(persons, _MOST_TYPED)),
        request.values.get("interpreter") == "1",
        tuple(each for each in allowed if each in typed_needs),
    )


def visit_values(visit: Visit) -> dict[str, str | list[str]]:
    """Return the values that show the choice again in a form."""
    return {
        "also": list(visit.also),
        "persons": str(visit.persons),
        "interpreter": "1" if visit.interpreter else "",
        "needs": list(visit.needs),
    }


def hidden_fields(visit: Visit) -> list[tuple[str, str]]:
    """Return the fields with which the next form carries the choice on."""
    more = [("interpreter", "1")] if visit.interpreter else []
    more += [("needs", key) for key in visit.needs]
    return [*(("also", key) for key in visit.also), ("persons", str(visit.persons)), *more]


def person_choices(services: Sequence[Service], key: str) -> list[tuple[str, str]]:
    """Return how many persons can be chosen: as many as the service takes, else the most of any."""
    takes = {each.key: each.most_persons for each in services}
    most = takes.get(key, max(takes.values(), default=1))
    return [(str(n), str(n)) for n in range(1, most + 1)]


def need_choices(equipment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what staff can ask of a desk for a person, in the words of the office file."""
    return [(key, equipment[key]) for key in NEEDS if key in equipment]
