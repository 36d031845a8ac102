"""The application as a form: from typed fields and files to the raw input of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import InvalidOperation
from functools import lru_cache
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from abh.documents.uploads import UploadLimits, inspect_upload
from abh.kernel.errors import FieldProblem, InvalidInput, UploadRefused
from abh.kernel.geld import parse_euro
from abh.persons import nationalities
from abh.web import session as web
from abh.web import worte
from abh.web.felder import Unchanging
from abh.web.forms import DATE_PARTS
from abh.workflows.angaben import Angabe, AngabeKind
from abh.workflows.definition import Verfahren
from abh.workflows.drafts import KeptFile
from abh.workflows.facts import TitleKind
from abh.workflows.schemas import missing_problems

PERSON = (
    "family_name", "given_names", "birth_place", "sex", "street", "postcode", "city", "email",
    "phone",
)  # fmt: skip
CASE = (
    "title_kind", "employer", "employer_register_no", "employer_email", "job_title", "job_place",
    "isco", "weekly_hours", "salary_year", "job_months", "degree_name",
)  # fmt: skip
DAYS = ("title_until", "entry_on", "lawful_until", "passport_until", "job_start", "degree_on")
DATE_FIELDS = ("person.birth_date", *DAYS, "received_on")
FLAGS = ("job_permanent", "keeps_job")
NATIONS = tuple(f"person.nationalities.{number}" for number in range(3))
# More files than this in one sending are a slip or an attack; each costs a checking process.
MOST_FILES = 30
# Days of titles and jobs lie in living memory and its future; other years are slips of the finger.
YEARS = range(1920, 2101)
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def digits(text: str) -> str:
    """Return ``text`` with Arabic and Persian digits as 0-9, as phones in those languages type."""
    return text.translate(_DIGITS)


def typed_day(values: Mapping[str, Any], name: str, *, partial: bool = False) -> str:
    """Return three inputs as the schema reads them: ``TT.MM.JJJJ``, "" for nothing typed.

    ``partial`` allows an unknown day or month. What cannot be a day stays as typed, so that the
    schema refuses it.
    """
    parts = [digits(str(values.get(f"{name}_{part}") or "")).strip() for part in DATE_PARTS]
    day, month, year = parts
    if not any(parts):
        return ""
    if not (year.isascii() and year.isdecimal() and len(year) == 4):
        return " ".join(parts) + "?"
    if not partial and int(year) not in YEARS:
        return " ".join(parts) + "?"
    unknown = "00" if partial else ""
    return f"{(day or unknown).zfill(2)}.{(month or unknown).zfill(2)}.{year}"


def angaben_days(verfahren: Verfahren) -> tuple[str, ...]:
    """Return the names of the declared facts that are typed as three inputs."""
    return tuple(f"angaben.{a.key}" for a in verfahren.angaben if a.kind is AngabeKind.TAG)


def date_fields(verfahren: Verfahren) -> tuple[str, ...]:
    """Return every field of the form that is typed as day, month and year."""
    return (*DATE_FIELDS, *angaben_days(verfahren))


def _angabe(angabe: Angabe, values: MultiDict[str, str]) -> Any:
    """Return what was typed as the JSON value of the fact; "" stays nothing said."""
    name = f"angaben.{angabe.key}"
    text = str(values.get(name) or "").strip()
    if angabe.kind is AngabeKind.TAG:
        typed = typed_day(values, name)
        day, _, rest = typed.partition(".")
        month, _, year = rest.partition(".")
        return f"{year}-{month}-{day}" if year else typed
    if angabe.kind is AngabeKind.JA_NEIN:
        return {"ja": True, "nein": False}.get(text)
    if angabe.kind is AngabeKind.ZAHL:
        plain = digits(text)
        return int(plain) if plain.isascii() and plain.isdecimal() else plain
    if angabe.kind is AngabeKind.BETRAG and text:
        try:
            return str(parse_euro(digits(text), name))
        except (InvalidInput, InvalidOperation):
            return text
    return text


def raw_antrag(
    values: MultiDict[str, str], verfahren: Verfahren
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the raw application for ``load_antrag``, and where its lists stand in the form."""
    chosen = [(name, values.get(name, "")) for name in NATIONS if values.get(name)]
    person: dict[str, Any] = {name: values.get(f"person.{name}", "") for name in PERSON}
    person["birth_date"] = typed_day(values, "person.birth_date", partial=True)
    person["nationalities"] = [code for _name, code in chosen]
    person["language"] = values.get("person.language") or str(get_locale())
    person["postcode"] = digits(person["postcode"])
    person["phone"] = digits(person["phone"])
    raw: dict[str, Any] = {"person": person}
    raw |= {name: values.get(name, "") for name in CASE}
    for name in ("isco", "salary_year", "job_months"):
        raw[name] = digits(raw[name]).strip()
    raw |= {name: typed_day(values, name) for name in DAYS}
    raw |= {name: bool(values.get(name)) for name in FLAGS}
    raw["verfahren"] = verfahren.key
    typed = {a.key: _angabe(a, values) for a in verfahren.angaben}
    raw["angaben"] = {key: value for key, value in typed.items() if value not in (None, "")}
    rename = {f"person.nationalities.{i}": name for i, (name, _code) in enumerate(chosen)}
    rename["person.nationalities"] = NATIONS[0]
    rename["person"] = "person.family_name"
    return raw, rename


def all_problems(raw: Mapping[str, Any], found: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Return what is missing and what the schema found, one problem a field."""
    once: dict[str, FieldProblem] = {}
    for problem in (*missing_problems(raw), *found):
        once.setdefault(problem.field, problem)
    order = [f"person.{name}" for name in ("family_name", "given_names", "birth_date")]
    return sorted(
        once.values(), key=lambda p: order.index(p.field) if p.field in order else len(order)
    )


def nation_choices() -> Unchanging:
    """Return (code, name) in the language of the page, sorted by that name."""
    return _nations(str(get_locale() or "de"))


@lru_cache(maxsize=16)
def _nations(language: str) -> Unchanging:
    # Two hundred names in the order of a language are the same for everybody who speaks it.
    locale = get_locale()
    named = []
    for code, usual in nationalities.choices(language):
        if code == nationalities.STATELESS:
            usual = _("staatenlos")
        elif code == nationalities.UNCLEAR:
            usual = _("ungeklärt")
        elif locale is not None:
            two = nationalities_alpha_2(code)
            usual = locale.territories.get(two, usual)
        named.append((code, str(usual)))
    last = (nationalities.STATELESS, nationalities.UNCLEAR)
    return Unchanging(sorted(named, key=lambda pair: (pair[0] in last, pair[1].casefold())))


def nationalities_alpha_2(code: str) -> str:
    """Return the two-letter code of a country (CLDR names territories by it)."""
    import pycountry

    if code == nationalities.KOSOVO:
        return "XK"
    country = pycountry.countries.get(alpha_3=code)
    return str(country.alpha_2) if country else code


def title_choices() -> list[tuple[str, str]]:
    """Return (key, label) of what somebody may hold, in words for laypeople."""
    return [
        (key, str(label)) for key, label in worte.TITLES.items() if key in TitleKind.__members__
    ]


def limits() -> UploadLimits:
    """Return what one upload may cost by the settings of this installation."""
    settings: Any = web.services().settings
    return UploadLimits(
        max_bytes=settings.upload_mb * 1024 * 1024, max_pages=getattr(settings, "upload_pages", 200)
    )


def take_files(
    kinds: Iterable[str], prefix: str = "files."
) -> tuple[list[KeptFile], list[FieldProblem]]:
    """Check the files of this request and store what is accepted; problems name field and file.

    Outside any transaction: checking takes seconds and must hold no lock. What is stored and then
    belongs to no row is swept.
    """
    sent = [
        (kind, f"{prefix}{kind}", file)
        for kind in kinds
        for file in request.files.getlist(f"{prefix}{kind}")
    ]
    return take_sent(sent)


def take_sent(
    every: Iterable[tuple[str, str, FileStorage]],
) -> tuple[list[KeptFile], list[FieldProblem]]:
    """Check and store files as ``take_files`` does, each given with its kind and its field."""
    sent = [one for one in every if one[2].filename]
    if len(sent) > MOST_FILES:
        text = _("Bitte senden Sie höchstens %(num)s Dateien auf einmal.", num=MOST_FILES)
        return [], [FieldProblem(sent[0][1], text)]
    taken, problems = [], []
    for kind, name, file in sent:
        try:
            taken.append(_take(kind, file))
        except UploadRefused as error:
            cost = limits()
            text = worte.upload_message(
                error,
                file.filename or "",
                megabytes=cost.max_bytes // 1024 // 1024,
                pages=cost.max_pages,
            )
            problems.append(FieldProblem(name, text))
    return taken, problems


def _take(kind: str, file: FileStorage) -> KeptFile:
    data = file.read()
    accepted = inspect_upload(file.filename or "", data, limits(), scanner=web.house().scanner)
    sha256 = web.house().blobs.put(data)
    return KeptFile(kind, accepted.safe_name, accepted.mime, sha256, accepted.pages)


def day_parts(name: str, day: date) -> dict[str, str]:
    """Return the three inputs of a date field for ``day``."""
    texts = (f"{day.day:02d}", f"{day.month:02d}", f"{day.year:04d}")
    return {f"{name}_{part}": text for part, text in zip(DATE_PARTS, texts, strict=True)}
