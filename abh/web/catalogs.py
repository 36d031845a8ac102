"""Translations: collect texts, bring catalogs up to date, compile them, find what is missing.

German is written in the code. ``python -m abh.web.catalogs`` collects and merges; what it cannot
translate stays empty and turns the suite red where the audience needs it. A language has two
files: ``messages.po`` for pages, mails and errors, ``verfahren.po`` for what the tables of the
procedures say to applicants. The running application reads both as one.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from abh.kernel import errors
from abh.sprachen import LANGUAGES, SOURCE, TRANSLATIONS
from abh.web import verfahrenstexte
from abh.web.app import PAGE_MODULES

WEB = Path(__file__).parent
PAGES, PROCEDURES = "messages", "verfahren"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
# Rooms below the pages translate with abh.sprachen.say, which names the language first.
KEYWORDS = {
    "say": (2,),
    "marked": None,
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "_l": None,
}
HEADER = "# German is the source; python -m abh.web.catalogs brings this file up to date."
# Texts of pages that applicants see; everything else is read by staff only.
_STAFF = (
    "login",
    "desk",
    "suche",
    "vorgang",
    "briefe",
    "vorlagen",
    "ruecklauf",
    "siegel",
    "akten",
    "schalter",
    "frist",
    "probefall",
    "handbuch",
    "leitung",
    "dienstplan",
    "laufkundschaft",
    "kalender",
    "konten",
    "veranstaltungen",
    "betrieb",
    "papier",
    "post",
    "leitung_post",
    "firma",
    "firmen",
    "einrichtung",
    "rundgang",
)
# The display of the waiting room hangs where applicants sit.
PUBLIC_TOO = ("templates/schalter/anzeige",)
STAFF_ONLY = (
    *(f"templates/{name}/" for name in _STAFF),
    "templates/dev/",
    "templates/base/staff",
)
STAFF_ONLY_PAGES = (*(f"pages/{name}" for name in _STAFF), "pages/rahmen", "dev.py", "tasten.py")
# A fixed date, so that a run without new texts changes no file.
_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def _error_texts() -> list[str]:
    """Titles and hints of the domain errors: the kernel is pure and cannot mark them itself."""
    # Only classes that were imported are known; the pages import every room that has errors.
    for name in PAGE_MODULES:
        import_module(name)
    found, classes = [], [errors.DomainError]
    while classes:
        cls = classes.pop()
        found += [text for text in (cls.title, cls.hint) if text]
        classes += cls.__subclasses__()
    return found


def _for_staff(name: str) -> bool:
    return name.startswith(STAFF_ONLY + STAFF_ONLY_PAGES) and not name.startswith(PUBLIC_TOO)


def _empty() -> Catalog:
    return Catalog(project="abh", creation_date=_DATE, revision_date=_DATE, fuzzy=False)


@cache
def _of_rooms_below(*marks: tuple[str, int]) -> tuple[str, ...]:
    """Return the texts of the other rooms said by these functions, in that argument.

    Every source is read, which takes seconds.
    """
    keywords = {name: None if nth == 1 else (nth,) for name, nth in marks}
    rooms = sorted(path for path in WEB.parent.iterdir() if path.is_dir() and path != WEB)
    found = (
        message
        for room in rooms
        for _name, _line, message, _comments, _context in extract_from_dir(
            room, METHODS[:1], keywords=keywords
        )
    )
    # Rooms with texts of their own say(key, "de") as well: a language is no text.
    return tuple(text for text in found if isinstance(text, str) and text not in LANGUAGES)


@cache
def _of_pages() -> tuple[tuple[str, Any, str | None], ...]:
    """Return file, text and context of everything that pages say."""
    options = {"templates/**.html": {"silent": "false"}}
    found = extract_from_dir(WEB, METHODS, options, KEYWORDS)
    return tuple((name, message, context) for name, _line, message, _comments, context in found)


def collect_pages(audience: str = "all") -> Catalog:
    """Return the texts of pages, errors and mails; "public" leaves out the staff's pages."""
    catalog = _empty()
    for name, message, context in _of_pages():
        if not (audience == "public" and _for_staff(name)):
            catalog.add(message, context=context)
    for text in _of_rooms_below(("say", 2), ("marked", 1)):
        catalog.add(text)
    for text in _error_texts():
        catalog.add(text)
    return catalog


def collect_procedures(pages: Catalog) -> Catalog:
    """Return the texts of the procedures for applicants, but what ``pages`` say as well."""
    catalog = _empty()
    for text in (*verfahrenstexte.texts(), *_of_rooms_below(("Words", 1))):
        if pages.get(text) is None:
            catalog.add(text)
    return catalog


@cache
def collect(audience: str = "all") -> Catalog:
    """Return all texts of this audience, to be read only; those of the procedures are public.

    Read once in a process: it takes seconds, and each language is held against the same texts.
    """
    catalog = collect_pages(audience)
    for message in collect_procedures(catalog):
        if message.id:
            catalog.add(message.id)
    return catalog


def _path(language: str, domain: str, folder: Path) -> Path:
    return folder / language / "LC_MESSAGES" / f"{domain}.po"


def _stored(language: str, domain: str, folder: Path) -> Catalog:
    path = _path(language, domain, folder)
    if not path.exists():
        return Catalog(locale=language, creation_date=_DATE, revision_date=_DATE, fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def read_catalog(language: str, folder: Path = TRANSLATIONS) -> Catalog:
    """Return what is stored for ``language``, empty if there is nothing yet."""
    catalog = _stored(language, PAGES, folder)
    for message in _stored(language, PROCEDURES, folder):
        if message.id and catalog.get(message.id) is None:
            catalog.add(message.id, message.string)
    return catalog


def update_catalogs(folder: Path = TRANSLATIONS) -> None:
    """Merge new texts into every catalog; translations stay, texts no longer used go."""
    pages = collect_pages()
    templates = {PAGES: pages, PROCEDURES: collect_procedures(pages)}
    for language in LANGUAGES:
        known = read_catalog(language, folder)
        for domain, template in templates.items():
            if domain == PAGES or language != SOURCE:
                _update(_path(language, domain, folder), template, known)


def _update(path: Path, template: Catalog, known: Catalog) -> None:
    catalog = Catalog(locale=known.locale, creation_date=_DATE, revision_date=_DATE, fuzzy=False)
    # From all that is known: a text may have moved from one file to the other.
    for message in template:
        if message.id:
            old = known.get(message.id, message.context)
            catalog.add(message.id, old.string if old else None, context=message.context)
    catalog.header_comment = HEADER
    catalog.project, catalog.version = "abh", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        write_po(stream, catalog, no_location=True, sort_output=True, width=100)


def _is_current(compiled: Path) -> bool:
    sources = [path.stat().st_mtime_ns for path in compiled.parent.glob("*.po")]
    return compiled.exists() and compiled.stat().st_mtime_ns > max(sources, default=0)


def compile_catalogs(folder: Path = TRANSLATIONS) -> list[Path]:
    """Write the .mo files that the running application reads; returns those that were old."""
    written = []
    for language in LANGUAGES:
        path = folder / language / "LC_MESSAGES" / "messages.mo"
        if _is_current(path):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: another process may be reading it.
        draft = path.with_suffix(f".{os.getpid()}.new")
        with draft.open("wb") as stream:
            write_mo(stream, read_catalog(language, folder))
        draft.replace(path)
        written.append(path)
    return written


def untranslated(language: str, audience: str = "public") -> list[str]:
    """Return texts of this audience's pages that have no (complete) translation."""
    catalog = read_catalog(language)
    missing = []
    for message in collect(audience):
        if not message.id:
            continue
        known = catalog.get(message.id, message.context)
        parts = known.string if known and isinstance(known.string, tuple | list) else None
        if known is None or not (all(parts) if parts is not None else known.string):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


if __name__ == "__main__":
    update_catalogs()
    compile_catalogs()
