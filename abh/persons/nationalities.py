"""Nationalities as three letters: ISO 3166-1 by pycountry, and what passports add to it."""

from __future__ import annotations

import gettext
from functools import lru_cache

import pycountry

STATELESS = "XXA"
UNCLEAR = "XXX"
# ISO 3166-1 has no Kosovo; XKX is the user-assigned code the European Commission uses.
KOSOVO = "XKX"
_SPECIAL = {
    STATELESS: {"de": "staatenlos", "en": "stateless"},
    UNCLEAR: {"de": "ungeklärt", "en": "unclear"},
    KOSOVO: {"de": "Kosovo", "en": "Kosovo"},
}


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """Return all codes that a person may have."""
    return frozenset(country.alpha_3 for country in pycountry.countries) | _SPECIAL.keys()


@lru_cache(maxsize=16)
def _translation(language: str) -> gettext.NullTranslations:
    return gettext.translation(
        "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
    )


def label(code: str, language: str = "de") -> str:
    """Return the name of the country, the code itself when it is none."""
    if code in _SPECIAL:
        return _SPECIAL[code].get(language, _SPECIAL[code]["en"])
    country = pycountry.countries.get(alpha_3=code)
    return _translation(language).gettext(country.name) if country else code


@lru_cache(maxsize=16)
def choices(language: str = "de") -> tuple[tuple[str, str], ...]:
    """Return (code, name) for selection lists, sorted by name, special codes last."""
    named = [(code, label(code, language)) for code in codes()]
    return tuple(sorted(named, key=lambda pair: (pair[0] in (STATELESS, UNCLEAR), pair[1])))
