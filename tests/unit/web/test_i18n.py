"""Languages: who chooses, what is translated, how dates read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from babel.messages import Catalog
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from abh.sprachen import LANGUAGES, say
from abh.web import catalogs, i18n
from abh.web.security import public
from tests.unit.web.conftest import application

PAGE = "/_teile/oeffentlich"


TRANSLATED = [language for language in LANGUAGES if language != "de"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_public_pages_is_translated(language: str) -> None:
    assert catalogs.untranslated(language, "public") == []


def test_every_text_of_staff_pages_has_english() -> None:
    assert catalogs.untranslated("en", "all") == []


def test_a_new_text_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    template = Catalog()
    template.add("Ein Satz, den niemand übersetzt hat")
    monkeypatch.setattr(catalogs, "collect", lambda audience: template)
    assert catalogs.untranslated("ar") == ["Ein Satz, den niemand übersetzt hat"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_every_placeholder(language: str) -> None:
    catalog = catalogs.read_catalog(language)
    wrong = []
    for message in catalog:
        if not message.id:
            continue
        # The checks of Babel know plural forms and %-placeholders, but neither {…} nor markup.
        wrong += [(message.id, str(error)) for error in message.check(catalog)]
        if isinstance(message.id, str) and message.string:
            kept = _holders(message.id) == _holders(message.string)
            spaced = message.id[:1].isspace() == message.string[:1].isspace()
            wrong += [] if kept and spaced else [(message.id, message.string)]
    assert wrong == []


def _holders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>", text))


def test_plurals_have_every_form_of_their_language() -> None:
    forms = {"en": 2, "uk": 3, "ar": 6, "tr": 1, "fr": 2, "ru": 3, "fa": 1}
    for language, number in forms.items():
        plurals = [m for m in catalogs.read_catalog(language) if isinstance(m.id, tuple)]
        public = [m for m in plurals if any(m.string)]
        assert public and all(len(m.string) == number and all(m.string) for m in public)


def test_what_the_procedures_ask_applicants_is_in_the_catalogues() -> None:
    known = {message.id for message in catalogs.collect("public")}
    assert {"Art der Qualifikation", "Berufsausbildung (§ 18a)", "Sperrkonto"} <= known
    assert "§ 16a AufenthG" not in known


@pytest.mark.parametrize("language", TRANSLATED)
def test_mails_speak_the_language_of_the_person(language: str) -> None:
    assert say(language, "Ein Termin ist frei geworden") != "Ein Termin ist frei geworden"
    assert say(language, "Das hat niemand übersetzt") == "Das hat niemand übersetzt"
    assert say("xx", "Ihr Termin") == say("de", "Ihr Termin") == "Ihr Termin"


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [
        ("", "", "", "de"),
        ("", "", "ar-SY,en;q=0.5", "ar"),
        ("", "", "fr-CA", "fr"),
        ("", "", "it", "de"),
        ("", "", "uk-UA", "uk"),
        ("", "en", "ar", "en"),
        ("?lang=ar", "en", "de", "ar"),
        ("?lang=xx", "", "en", "en"),
    ],
)
def test_applicants_get_their_language(
    client: FlaskClient, query: str, cookie: str, accept: str, language: str
) -> None:
    if cookie:
        client.set_cookie(i18n.COOKIE, cookie)
    headers = {"Accept-Language": accept} if accept else {}
    assert f'<html lang="{language}"' in client.get(PAGE + query, headers=headers).text


def test_the_choice_is_kept(client: FlaskClient) -> None:
    client.get(PAGE + "?lang=ar")
    assert '<html lang="ar" dir="rtl"' in client.get(PAGE).text


def test_links_switch_the_language_and_keep_the_address(client: FlaskClient) -> None:
    page = client.get(PAGE + "?schritt=2").text
    for code in LANGUAGES:
        assert f"{PAGE}?schritt=2&amp;lang={code}" in page


def test_the_page_says_that_german_prevails_unless_it_is_german(client: FlaskClient) -> None:
    assert "German text prevails" in client.get(PAGE + "?lang=en").text
    assert "§ 23 Abs. 1 VwVfG NRW" not in client.get(PAGE + "?lang=de").text


def staff_client() -> FlaskClient:
    blueprint = i18n.for_staff(Blueprint("amt", __name__))

    @blueprint.get("/amt")
    @public
    def page() -> str:
        return i18n.select_language()

    return application(blueprint).test_client()


def test_a_browser_setting_does_not_change_the_language_of_the_office() -> None:
    client = staff_client()
    assert client.get("/amt", headers={"Accept-Language": "en"}).text == "de"
    assert client.get("/amt?lang=ar").text == "de"
    assert client.get("/amt?lang=en").text == "en"


def test_weekdays_are_computed(flask_app: Flask) -> None:
    with flask_app.test_request_context("/_teile/oeffentlich?lang=de"):
        assert i18n.local_day(date(2026, 11, 24), "long") == "Dienstag, 24. November 2026"
        assert i18n.local_day(date(2026, 11, 24)) == "Di., 24.11.2026"
    with flask_app.test_request_context("/_teile/oeffentlich?lang=en"):
        assert i18n.local_day(date(2026, 11, 24), "long") == "Tuesday, 24 November 2026"
    with flask_app.test_request_context("/_teile/oeffentlich?lang=ar"):
        assert i18n.local_day(date(2026, 11, 24), "long").startswith("الثلاثاء")


@pytest.mark.parametrize("language", LANGUAGES)
def test_calendar_and_digits_are_those_of_german_letters(flask_app: Flask, language: str) -> None:
    with flask_app.test_request_context(f"/_teile/oeffentlich?lang={language}"):
        assert i18n.local_day(date(2026, 11, 24), "short") == "24.11.2026"
        long = i18n.local_day(date(2026, 11, 24), "long")
        assert re.findall(r"\d+", long) in (["24", "2026"], ["2026", "24"]) and long.isascii() is (
            language in ("de", "en", "fr")
        )


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("uk", "ltr"), ("tr", "ltr")])
def test_persian_reads_from_the_right(client: FlaskClient, language: str, direction: str) -> None:
    assert (
        f'<html lang="{language}" dir="{direction}"' in client.get(f"{PAGE}?lang={language}").text
    )


def test_instants_are_shown_in_berlin(flask_app: Flask) -> None:
    with flask_app.test_request_context("/"):
        late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
        assert i18n.local_day(late) == "Mi., 25.11.2026"
        assert i18n.local_time(late) == "00:30"
        assert i18n.local_time(datetime(2026, 7, 1, 6, 0, tzinfo=UTC)) == "08:00"


def test_naive_instants_are_refused(flask_app: Flask) -> None:
    naive = datetime(2026, 11, 24, 8)  # noqa: DTZ001
    with flask_app.test_request_context("/"):
        for show in (i18n.local_day, i18n.local_time):
            with pytest.raises(ValueError, match="naive"):
                show(naive)


def test_unknown_parts_of_a_birth_date_are_shown_as_zeros() -> None:
    assert i18n.partial_date("1990-00-00") == "00.00.1990"


def test_amounts_are_whole_cents(flask_app: Flask) -> None:
    with flask_app.test_request_context("/?lang=de"):
        assert i18n.euro(10_050) == "100,50\xa0€"
