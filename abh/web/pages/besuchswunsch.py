"""What somebody wants of one visit, read from an address or a form: services, persons, interpreter.

The same fields on the page of applicants and on that of the counter.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from abh.appointments.visits import Visit
from abh.office.tables import Service

# More than any service takes is answered by the rule that says how many it takes.
_MOST_TYPED = 99


def chosen_visit() -> Visit:
    """Return the visit of this request; what is no number of persons counts as one."""
    typed = request.values.get("persons", "")
    persons = int(typed) if typed.isdecimal() and len(typed) <= 2 else 1
    also = dict.fromkeys(key for key in request.values.getlist("also") if key)
    return Visit(
        tuple(also), max(1, min(persons, _MOST_TYPED)), request.values.get("interpreter") == "1"
    )


def visit_values(visit: Visit) -> dict[str, str | list[str]]:
    """Return the values that show the choice again in a form."""
    return {
        "also": list(visit.also),
        "persons": str(visit.persons),
        "interpreter": "1" if visit.interpreter else "",
    }


def hidden_fields(visit: Visit) -> list[tuple[str, str]]:
    """Return the fields with which the next form carries the choice on."""
    more = [("interpreter", "1")] if visit.interpreter else []
    return [*(("also", key) for key in visit.also), ("persons", str(visit.persons)), *more]


def person_choices(services: Sequence[Service], key: str) -> list[tuple[str, str]]:
    """Return how many persons can be chosen: as many as the service takes, else the most of any."""
    takes = {each.key: each.most_persons for each in services}
    most = takes.get(key, max(takes.values(), default=1))
    return [(str(n), str(n)) for n in range(1, most + 1)]
