"""Translations: collect texts, bring catalogs up to date, compile them, find what is missing.

German is written in the code. ``python -m abh.web.catalogs`` collects and merges; what it cannot
translate stays empty and turns the suite red where the audience needs it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from abh.kernel import errors
from abh.web.app import PAGE_MODULES

WEB = Path(__file__).parent
TRANSLATIONS = WEB / "translations"
LANGUAGES = ("de", "en", "ar")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_l": None}
HEADER = "# German is the source; python -m abh.web.catalogs brings this file up to date."
# Texts of pages that applicants see; everything else is read by staff only.
_STAFF = (
    "login",
    "desk",
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
    "veranstaltungen",
    "betrieb",
    "papier",
    "post",
    "leitung_post",
    "firma",
)
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


def collect(audience: str = "all") -> Catalog:
    """Return all texts of pages and code; ``audience="public"`` leaves out the staff's pages."""
    catalog = Catalog(project="abh", creation_date=_DATE, revision_date=_DATE, fuzzy=False)
    found = extract_from_dir(WEB, METHODS, {"templates/**.html": {"silent": "false"}}, KEYWORDS)
    for name, _line, message, _comments, context in found:
        if audience == "public" and name.startswith(STAFF_ONLY + STAFF_ONLY_PAGES):
            continue
        catalog.add(message, context=context)
    for text in _error_texts():
        catalog.add(text)
    return catalog


def read_catalog(language: str, folder: Path = TRANSLATIONS) -> Catalog:
    """Return the stored catalog of ``language``, empty if there is none yet."""
    path = folder / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale=language, creation_date=_DATE, revision_date=_DATE, fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def update_catalogs(folder: Path = TRANSLATIONS) -> None:
    """Merge new texts into every catalog; translations stay, texts no longer used go."""
    template = collect()
    for language in LANGUAGES:
        catalog = read_catalog(language, folder)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.header_comment = HEADER
        catalog.project, catalog.version = "abh", "1"
        catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
        catalog.revision_date = _DATE
        path = folder / language / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(
                stream, catalog, no_location=True, sort_output=True, ignore_obsolete=True, width=100
            )


def compile_catalogs(folder: Path = TRANSLATIONS) -> list[Path]:
    """Write the .mo files that the running application reads; returns their paths."""
    written = []
    for language in LANGUAGES:
        path = folder / language / "LC_MESSAGES" / "messages.mo"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_mo(stream, read_catalog(language, folder))
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
