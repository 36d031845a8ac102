"""A synthetic population: persons, households, companies; the same seed gives the same people."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random
from typing import Any

from abh.demo import names as lists
from abh.kernel.names import normalise, plain_form, search_form
from abh.sprachen import LANGUAGES

_WEIGHTS = [origin[1] for origin in lists.ORIGINS]


@dataclass(frozen=True, slots=True)
class Job:
    """A job offer with its employer (index into the companies)."""

    company: int
    title: str
    isco: str
    shortage: bool


REGISTER = "HRB 9"


def companies(rng: Random, count: int, known: int = 0) -> list[dict[str, Any]]:
    """Return ``count`` employers with register numbers of the demo (7 digits, so never real).

    ``known`` were invented before; numbers and names go on after them.
    """
    rows = []
    for index in range(known, known + count):
        first = lists.COMPANY_FIRST[index % len(lists.COMPANY_FIRST)]
        second = rng.choice(lists.COMPANY_SECOND)
        turn = index // len(lists.COMPANY_FIRST)
        number = f" {turn + 1}" if turn else ""
        name = f"{first} {second}{number} {rng.choice(lists.COMPANY_FORM)}"
        rows.append(
            {
                "name": name,
                "name_search": search_form(name),
                "register_no": f"{REGISTER}{index:06} Düsseldorf (Demo)",
                "street": f"{rng.choice(lists.STREETS)} {rng.randint(1, 140)}",
                "postcode": rng.choice(lists.POSTCODES),
                "city": "Düsseldorf",
                "email": f"personal{index}@firma.example",
            }
        )
    return rows


@lru_cache(maxsize=50_000)
def _forms(name: str) -> tuple[str, str]:
    return search_form(name), plain_form(name)


def search_forms(given: str, family: str) -> dict[str, str]:
    """Return both forms under which a person is found, as ``persons.service`` writes them."""
    parts = [_forms(part) for part in (given, family) if part]
    searched, plain = (" ".join(forms) for forms in zip(*parts, strict=True))
    return {"name_search": searched, "name_plain": plain}


def person(rng: Random, index: int, today: date) -> dict[str, Any]:
    """Return one adult: a name by the lists, a birth date that may lack day or month."""
    code, _, female, male, families = rng.choices(lists.ORIGINS, _WEIGHTS)[0]
    sex = rng.choice("fm")
    given = rng.choice((female if sex == "f" else male).split())
    family = rng.choice(families.split())
    if rng.random() < 0.25:
        family += "-" + rng.choice(families.split())
    nationalities = [code]
    if rng.random() < 0.04:
        other = rng.choice([o[0] for o in lists.ORIGINS if o[0] != code])
        nationalities.append(other)
    year = today.year - rng.randint(23, 52)
    month, day = rng.randint(1, 12), 1
    day = rng.randint(1, calendar.monthrange(year, month)[1])
    known = rng.random()
    given = "" if rng.random() < 0.01 else normalise(given)
    family = normalise(family)
    return {
        "family_name": family,
        "given_names": given,
        **search_forms(given, family),
        "birth_year": year,
        "birth_month": None if known < 0.01 else month,
        "birth_day": None if known < 0.02 else day,
        "birth_place": rng.choice(lists.CITIES_OF_BIRTH),
        "sex": sex,
        "nationalities": nationalities,
        "street": f"{rng.choice(lists.STREETS)} {rng.randint(1, 220)}",
        "postcode": rng.choice(lists.POSTCODES),
        "city": "Düsseldorf",
        "email": f"person{index}@post.example",
        "phone": None,
        "language": rng.choices(LANGUAGES, (3, 6, 2, 2, 2, 1, 1, 1))[0],
    }


def job(rng: Random, company_count: int) -> Job:
    """Return a job at one of the companies; a few employers offer most of them."""
    company = min(int(rng.paretovariate(0.7)) - 1, company_count - 1)
    title, isco, shortage = rng.choice(lists.JOBS)
    return Job(company, title, isco, shortage)


def full_name(row: Mapping[str, Any]) -> str:
    """Return the name as the log of steps writes it."""
    return f"{row['given_names']} {row['family_name']}".strip()
