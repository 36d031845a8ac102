"""What somebody comes for in one visit: services, persons, interpreter; and what that needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from abh.kernel.errors import FieldProblem, InvalidInput, NotFound

# Of one visit; who needs more comes twice, or the day of a clerk is gone.
MOST_SERVICES = 4
# What a person may need of a desk whatever the service: keys of the equipment of the office file.
# A secured desk is for staff to ask for; nobody declares himself dangerous.
BARRIER_FREE, SECURED = "barrier_free", "security"
NEEDS = (BARRIER_FREE, SECURED)


@dataclass(frozen=True, slots=True)
class Visit:
    """What goes beyond one service for one person: further services, persons, an interpreter.

    The minutes of all of it stand in the office file; the visit is one booking, one call, one
    desk. ``needs`` is what the desk must have beside what the services ask for.
    """

    also: tuple[str, ...] = ()
    persons: int = 1
    interpreter: bool = False
    needs: tuple[str, ...] = ()

    def parameters(self, service_key: str) -> dict[str, object]:
        """Return what ``NEED`` takes."""
        return {
            "services": [service_key, *self.also],
            "persons": self.persons,
            "interpreter": self.interpreter,
            "needs": list(self.needs),
        }

    @property
    def simple(self) -> bool:
        """Whether it is one service for one person."""
        return self == ALONE


ALONE = Visit()


class Visited(Protocol):
    """A row that says what a visit is for: a booking or an invitation."""

    also: list[str]
    persons: int
    interpreter: bool
    needs: list[str]


def visit_of(row: Visited) -> Visit:
    """Return the visit of a stored row; a row not yet written has the usual one."""
    return Visit(
        tuple(row.also or ()), row.persons or 1, bool(row.interpreter), tuple(row.needs or ())
    )


def visit_from(said: object) -> Visit:
    """Return the visit that a mapping says, as a form or a machine sends it; nothing is the usual.

    Whether there is such a visit is for the office file to say. Raises ``InvalidInput``.
    """
    if not said:
        return ALONE
    if not isinstance(said, Mapping):
        raise InvalidInput([FieldProblem("visit", "Bitte den Besuch als Angaben schicken.")])
    also, persons = said.get("also", ()), said.get("persons", 1)
    needs = said.get("needs", ())
    problems = []
    if not _words(also):
        problems.append(FieldProblem("also", "Bitte Leistungen aus der Liste wählen."))
    if not isinstance(persons, int) or isinstance(persons, bool):
        problems.append(FieldProblem("persons", "Bitte eine ganze Zahl angeben."))
    if not _words(needs) or not set(needs) <= set(NEEDS):
        problems.append(FieldProblem("needs", "Das hat kein Platz."))
    if problems:
        raise InvalidInput(problems)
    return Visit(tuple(also), persons, bool(said.get("interpreter")), tuple(needs))


def _words(said: object) -> bool:
    return isinstance(said, list | tuple) and all(isinstance(each, str) for each in said)


# Minutes and equipment of a visit, as one row. No row for an unknown service or for more persons
# than one of the services takes: then there is nothing that fits.
NEED = f"""
    SELECT sum(s.minutes + (:persons - 1) * s.per_person
               + CASE WHEN :interpreter THEN s.interpreter_minutes ELSE 0 END)::integer AS minutes,
           ARRAY(SELECT unnest(x.equipment) AS each FROM service AS x
                 WHERE x.key = ANY(CAST(:services AS text[]))
                 UNION SELECT unnest(CAST(:needs AS text[])) ORDER BY each) AS equipment
    FROM service AS s WHERE s.key = ANY(CAST(:services AS text[]))
    HAVING count(*) = cardinality(CAST(:services AS text[])) AND min(s.most_persons) >= :persons
       AND count(*) <= {MOST_SERVICES} AND :persons >= 1
"""  # nosec B608: only our own constant


def refuse_faults(service_key: str, visit: Visit, most_persons: Mapping[str, int]) -> None:
    """Raise ``NotFound`` for an unknown service, ``InvalidInput`` for a visit that cannot be.

    ``most_persons`` says by service how many persons one visit takes.
    """
    wanted: Sequence[str] = (service_key, *visit.also)
    for key in wanted:
        if key not in most_persons:
            raise NotFound(f"Die Dienstleistung {key!r} gibt es nicht.")
    problems = []
    if len(set(wanted)) < len(wanted):
        problems.append(FieldProblem("also", "Jede Leistung bitte nur einmal nennen."))
    if len(wanted) > MOST_SERVICES:
        problems.append(
            FieldProblem("also", f"Höchstens {MOST_SERVICES} Leistungen in einem Besuch.")
        )
    most = min(most_persons[key] for key in wanted)
    if not 1 <= visit.persons <= most:
        text = (
            "Diese Leistung gibt es nur für eine Person je Termin."
            if most == 1
            else f"In einen Termin passen 1 bis {most} Personen."
        )
        problems.append(FieldProblem("persons", text))
    if problems:
        raise InvalidInput(problems)
