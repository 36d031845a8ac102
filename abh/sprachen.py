"""The languages that applicants are spoken to in, and what our catalogues say in them.

Rooms below the pages write mails, letters and calendars for people who are not on a page just now:
they ask here, with the language of the person.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

TRANSLATIONS = Path(__file__).parent / "translations"
SOURCE = "de"
# In the order of the language switch, each by its own name (issues 4 and 8).
NAMES: Mapping[str, str] = {
    "de": "Deutsch",
    "en": "English",
    "uk": "Українська",
    "ar": "العربية",
    "tr": "Türkçe",
    "fr": "Français",
    "ru": "Русский",
    "fa": "فارسی",
}
LANGUAGES: tuple[str, ...] = tuple(NAMES)


def say(language: str, text: str) -> str:
    """Return a German ``text`` of the catalogues in ``language``; German where there is none.

    Placeholders stay as they are, for the caller to fill after translation.
    """
    if language == SOURCE or not text:
        return text
    return _catalogue(language).gettext(text)


def marked(text: str) -> str:
    """Return ``text`` as it is; the catalogues collect it, for ``say`` to translate later."""
    return text


@lru_cache(maxsize=16)
def _catalogue(language: str) -> gettext.NullTranslations:
    if language not in NAMES:
        return gettext.NullTranslations()
    return gettext.translation("messages", TRANSLATIONS, [language], fallback=True)
