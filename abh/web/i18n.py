"""Which language a page speaks, and dates and numbers in it.

Applicants: ``?lang=``, then cookie, then the browser's wish. Staff: German unless they choose
English themselves, because a browser's setting must not change the office's language.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date as babel_date
from babel.numbers import format_currency as babel_currency
from babel.support import NullTranslations, Translations
from flask import Blueprint, Flask, Response, current_app, g, has_request_context, request, url_for
from flask_babel import Babel, get_locale, get_translations
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from abh.kernel.clock import BERLIN
from abh.sprachen import LANGUAGES, NAMES, TRANSLATIONS
from abh.web.jinja import markup

COOKIE = "abh_lang"
PUBLIC_LANGUAGES = LANGUAGES
STAFF_LANGUAGES = ("de", "en")
YEAR_SECONDS = 365 * 24 * 3600


# The catalog of the request that is being answered: found without asking which request that is.
_spoken: ContextVar[Translations | NullTranslations | None] = ContextVar("spoken", default=None)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """One entry of the language switch; ``name`` is the language's own name."""

    code: str
    name: str
    url: str
    current: bool


def for_staff(blueprint: Blueprint) -> Blueprint:
    """Mark the pages of ``blueprint`` as staff pages (German and English only)."""
    blueprint.abh_audience = "staff"  # type: ignore[attr-defined]
    return blueprint


def languages() -> tuple[str, ...]:
    """Return the languages of the page being shown."""
    blueprint = current_app.blueprints.get(request.blueprint or "")
    staff = getattr(blueprint, "abh_audience", "public") == "staff"
    return STAFF_LANGUAGES if staff else PUBLIC_LANGUAGES


def select_language() -> str:
    """Return the language of this request."""
    offered = languages()
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in offered:
            return str(wish)
    if offered == STAFF_LANGUAGES:
        return "de"
    # "ar-SY" must beat a weaker "en": whole tags are compared by their language alone.
    wishes = (
        tag.replace("_", "-").split("-")[0].lower() for tag in request.accept_languages.values()
    )
    return next((wish for wish in wishes if wish in offered), "de")


def language_links() -> list[LanguageLink]:
    """Return links to this page in every language it speaks; they work without JavaScript."""
    current = str(get_locale())
    args = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    args.pop("lang", None)
    # The language comes last, so that one address is made and eight are written.
    whole = url_for(request.endpoint, **args, lang="de") if request.endpoint else "?lang=de"
    stem = whole.removesuffix("de")
    return [
        LanguageLink(code, NAMES[code], f"{stem}{code}", code == current) for code in languages()
    ]


def text_direction() -> str:
    """Return ``rtl`` for Arabic and Persian, else ``ltr``."""
    locale = get_locale()
    return locale.text_direction if locale else "ltr"


def local_day(day: date | datetime, style: str = "day") -> str:
    """Return a day with the weekday computed from it.

    Styles: ``day`` "Di., 24.11.2026", ``long`` "Dienstag, 24. November 2026", ``short``
    "24.11.2026". An instant is shown as its day in Berlin; a naive one raises ValueError.
    """
    if isinstance(day, datetime):
        if day.tzinfo is None:
            raise ValueError("naive datetime")
        day = day.astimezone(BERLIN).date()
    return _written(day, style, language())


@lru_cache(maxsize=4096)  # the same few weeks on every page
def _written(day: date, style: str, code: str) -> str:
    # Germany's order in English too: "November 24" and "11/24" are read as errors here. Calendar
    # and digits are those printed on German letters and cards (Gregorian, 0-9) in Arabic and
    # Persian as well, so that people can compare the page with the paper.
    long = {"de": "EEEE, d. MMMM yyyy", "en": "EEEE, d MMMM yyyy"}.get(code, "full")
    patterns = {"day": "EEE, dd.MM.yyyy", "long": long, "short": "dd.MM.yyyy"}
    return str(babel_date(day, patterns[style], locale=code))


def local_time(instant: datetime) -> str:
    """Return the wall-clock time in Berlin, ``08:20``; naive instants raise ValueError."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime")
    return f"{instant.astimezone(BERLIN):%H:%M}"


def month_name(day: date) -> str:
    """Return month and year in words, ``November 2026``, in the language of the page."""
    return str(babel_date(day, "LLLL yyyy", locale=get_locale() or "de"))


def partial_date(text: str) -> str:
    """Return ``1990-00-00`` as ``00.00.1990``: unknown parts are shown as such, never invented."""
    year, month, day = text.split("-")
    return f"{day}.{month}.{year}"


def euro(cents: int) -> str:
    """Return an amount in cents as euros in the page's way of writing."""
    return _amount(cents, language())


@lru_cache(maxsize=4096)  # the same few fees on every page
def _amount(cents: int, code: str) -> str:
    return str(babel_currency(Decimal(cents) / 100, "EUR", locale=code))


def time_tag(instant: datetime, *, with_day: bool = True) -> Markup:
    """Return a ``<time>`` element with day and wall-clock time."""
    shown = (f"{local_day(instant)}, " if with_day else "") + local_time(instant)
    # Neither can hold a sign of HTML, and a page has dozens.
    return markup(f'<time datetime="{instant.isoformat()}">{shown}</time>')


def language() -> str:
    """Return the language of this request, looked up once; German outside of any."""
    try:
        return g._get_current_object().abh_language
    except (AttributeError, RuntimeError):
        found = str(get_locale() or "de")
        if has_request_context():
            g.abh_language = found
        return found


def _catalog() -> Translations | NullTranslations:
    """Return the catalog of this request's language, looked up once; an empty one outside."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    try:
        return g._get_current_object().abh_catalog
    except (AttributeError, RuntimeError):
        found: Translations | NullTranslations = get_translations()
        if has_request_context():
            g.abh_catalog = found
        return found


def gettext(text: str, /, **variables: Any) -> str:
    """Return ``text`` in the language of this request, with ``variables`` put in.

    Flask-Babel's own function looks catalog and language up each time; lists ask hundreds of times.
    """
    said = str(_catalog().ugettext(text))
    return said % variables if variables else said


def lazy_gettext(text: str, /) -> LazyString:
    """Return a text that is translated whenever a page shows it."""
    return LazyString(gettext, text)


@lru_cache(maxsize=4096)  # the texts of the templates, in every language
def _phrase(catalog: Translations | NullTranslations, text: str) -> Markup:
    return Markup(catalog.ugettext(text))  # nosec B704: texts of our catalogs


@lru_cache(maxsize=4096)
def _sentence(catalog: Translations | NullTranslations, text: str) -> Markup:
    return Markup(_phrase(catalog, text) % {})  # nosec B704: as above


def _say(text: str, /, **variables: Any) -> Markup:
    """Return a text of a template as HTML; what is put in is escaped."""
    if variables:
        return _phrase(_catalog(), text) % variables
    return _sentence(_catalog(), text)


def ngettext(one: str, many: str, num: int, /, **variables: Any) -> Markup:
    """Return the text for ``num`` things as HTML; what is put in is escaped."""
    if variables:
        return _number(_catalog(), one, many, num) % {"num": num, **variables}
    return _counted(_catalog(), one, many, num)


@lru_cache(maxsize=4096)
def _number(catalog: Translations | NullTranslations, one: str, many: str, num: int) -> Markup:
    return Markup(catalog.ungettext(one, many, num))  # nosec B704: texts of our catalogs


@lru_cache(maxsize=4096)
def _counted(catalog: Translations | NullTranslations, one: str, many: str, num: int) -> Markup:
    return _number(catalog, one, many, num) % {"num": num}


def install(app: Flask) -> None:
    """Start Flask-Babel and put language and date functions into the templates."""
    Babel(
        app,
        default_locale="de",
        default_translation_directories=str(TRANSLATIONS),
        default_timezone="Europe/Berlin",
        locale_selector=select_language,
    )
    app.jinja_env.globals.update({"_": _say, "gettext": _say, "ngettext": ngettext})
    app.jinja_env.filters.update(
        day=local_day,
        month=month_name,
        clock=local_time,
        partial_date=partial_date,
        euro=euro,
        when=time_tag,
        # For texts that come from the kernel or the database and not from this template.
        translated=lambda text: gettext(text) if text else "",
    )
    app.jinja_env.globals.update(
        language_links=language_links,
        text_direction=text_direction,
        language=language,
    )

    @app.before_request
    def speak() -> None:
        _spoken.set(get_translations())

    @app.teardown_request
    def fall_silent(_error: BaseException | None) -> None:
        _spoken.set(None)

    @app.after_request
    def remember(response: Response) -> Response:
        wish = request.args.get("lang")
        if wish in PUBLIC_LANGUAGES:
            response.set_cookie(
                COOKIE,
                wish,
                max_age=YEAR_SECONDS,
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )
        return response
