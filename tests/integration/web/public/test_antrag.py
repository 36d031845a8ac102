"""Applying without login: what is refused, what is kept, what is filed once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from abh.documents.tables import Blatt
from abh.kernel.clock import FixedClock
from abh.persons.tables import Person
from abh.workflows.tables import AntragDraft, Evidence, Vorgang
from tests import factories
from tests.integration.web.public.conftest import TYPED, Visitor, sent

PDF = factories.a_pdf("Pass")


def cases(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Vorgang)) or 0


def test_a_form_without_its_token_is_refused(visitor: Visitor, session: Session) -> None:
    answer = visitor.client.post("/antrag/p02", data=TYPED)
    assert answer.status_code == 400
    assert cases(session) == 0


def test_a_form_from_another_origin_is_refused(visitor: Visitor, session: Session) -> None:
    hidden = visitor.hidden("/antrag/p02")
    answer = visitor.client.post(
        "/antrag/p02", data={**hidden, **TYPED}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 400
    assert cases(session) == 0


def test_an_empty_form_names_every_needed_field_and_files_nothing(
    visitor: Visitor, session: Session
) -> None:
    answer = visitor.client.post("/antrag/p02", data=visitor.hidden("/antrag/p02?lang=de"))
    assert answer.status_code == 422
    for text in ("Geburtsdatum: Bitte angeben", "Straße und Hausnummer: Bitte angeben", "Ort: "):
        assert text in answer.text
    assert 'href="#f-person-birth_date_day"' in answer.text
    assert cases(session) == 0


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("person.family_name", "Nguyễn\x00", "Steuerzeichen"),
        ("person.family_name", "الخطيب", "lateinischer Schrift"),
        ("person.given_names", "A" * 200, "Höchstens 120 Zeichen"),
        ("person.street", "Weg\x00 1", "Steuerzeichen"),
        ("person.birth_date_year", "19o6", "Dieses Datum gibt es nicht"),
        ("person.birth_date_month", "13", "Dieses Datum gibt es nicht"),
        ("person.nationalities.1", "VNM", "nur einmal"),
        ("person.nationalities.1", "QQQ", "Länderkürzel"),
        ("person.email", "tuyet@@example", "keine gültige E-Mail-Adresse"),
        ("title_kind", "KAISER", "aus der Liste"),
        ("title_until_day", "31", None),
        ("title_until_year", "26", "Dieses Datum gibt es nicht"),
        ("salary_year", "50,700.00", "Betrag bitte wie"),
        ("job_months", "-3", "Zwischen 1 und 480"),
        ("fax", "hello", "lassen Sie dieses Feld leer"),
    ],
)
def test_broken_input_is_named_and_kept(
    visitor: Visitor, session: Session, field: str, value: str, told: str | None
) -> None:
    answer = visitor.apply(**{field: value})
    if told is None:
        assert answer.status_code == 303
        return
    assert answer.status_code == 422, answer.text
    assert told in answer.text
    assert 'value="Beispiel Systems GmbH"' in answer.text
    assert cases(session) == 0


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("leer.pdf", b"", "„leer.pdf“ ist leer (0 Byte)"),
        ("bild.gif", b"GIF89a" + b"0" * 100, "„bild.gif“ ist kein PDF, JPEG oder PNG"),
        ("gross.pdf", b"%PDF-1.7" + b"0" * 3_000_000, "„gross.pdf“ ist größer als 2 MB"),
        ("kaputt.pdf", b"%PDF-1.7 kaputt", "„kaputt.pdf“"),
        ("<b>%(pages)s.pdf", b"", "„&lt;b&gt;%(pages)s.pdf“ ist leer"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_and_the_others_are_kept(
    visitor: Visitor, session: Session, name: str, data: bytes, told: str
) -> None:
    answer = visitor.apply(files={"arbeitsvertrag": (name, data), "pass": ("pass.pdf", PDF)})
    assert answer.status_code == 422
    assert told in answer.text
    assert '<bdi>pass.pdf</bdi> <span class="abh-muted">liegt vor' in answer.text
    assert cases(session) == 0
    token = re.search(r'name="entwurf" value="([^"]+)"', answer.text)
    assert token is not None
    again = visitor.apply(entwurf=token[1])
    assert again.status_code == 303
    session.expire_all()
    kinds = session.scalars(select(Evidence.kind)).all()
    assert kinds == ["pass"]


def test_messages_about_files_speak_arabic(visitor: Visitor) -> None:
    visitor.get("/antrag/p02?lang=ar")
    hidden = visitor.hidden("/antrag/p02")
    answer = visitor.client.post(
        "/antrag/p02", data={**hidden, **TYPED, **sent({"pass": ("leer.pdf", b"")})}
    )
    assert answer.status_code == 422
    assert "ist leer" not in answer.text
    assert "leer.pdf" in answer.text


def test_a_kept_file_can_be_taken_out_again(visitor: Visitor, session: Session) -> None:
    first = visitor.apply(files={"pass": ("pass.pdf", PDF)}, **{"person.city": ""})
    token = re.search(r'name="entwurf" value="([^"]+)"', first.text)
    gone = re.search(r'name="weg" value="([^"]+)"', first.text)
    assert token and gone
    assert visitor.apply(entwurf=token[1], weg=gone[1]).status_code == 303
    assert session.scalars(select(Evidence)).all() == []


def test_an_application_is_filed_and_confirmed(visitor: Visitor, session: Session) -> None:
    answer = visitor.apply(files={"pass": [("a.pdf", PDF), ("b.pdf", factories.a_pdf("b"))]})
    assert answer.status_code == 303
    page = visitor.get(answer.location)
    case = session.scalars(select(Vorgang)).one()
    assert case.number in page.text
    assert "<svg" in page.text
    person = session.get(Person, case.person_id)
    assert person is not None
    assert (person.birth_year, person.birth_month, person.birth_day) == (1996, 5, None)
    assert person.nationalities == ["VNM", "POL"]
    assert case.received_channel == "portal"
    assert "gilt der Titel ab seinem Ablauf am 20.12.2026 weiter" in page.text
    link = re.search(r'href="(/status/[^"]+/brief/\d+)"', page.text)
    assert link is not None
    pdf = visitor.get(link[1])
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    assert pdf.data.startswith(b"%PDF")
    draft = session.scalars(select(AntragDraft)).one()
    assert draft.uploads == []
    assert draft.data == {"filed": case.number}
    assert len(session.scalars(select(Blatt).where(Blatt.origin == "upload")).all()) == 2


def test_sending_twice_files_once(visitor: Visitor, session: Session) -> None:
    hidden = visitor.hidden("/antrag/p02?lang=de")
    answers = [visitor.client.post("/antrag/p02", data={**hidden, **TYPED}) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert cases(session) == 1


def test_persian_digits_are_numbers(visitor: Visitor, session: Session) -> None:
    changes = {
        "person.birth_date_year": "۱۹۹۶",
        "salary_year": "٤٨.٠٠٠",
        "person.postcode": "٤٠٢١٢",
    }
    assert visitor.apply(**changes).status_code == 303
    case = session.scalars(select(Vorgang)).one()
    assert case.antrag["salary_year"] == "48000.00"


def test_many_sendings_from_one_address_cost_a_wait_but_are_not_refused(
    visitor: Visitor, session: Session, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from abh.web.pages import antrag

    monkeypatch.setattr(antrag.BRAKE, "free", 1)
    assert visitor.apply().status_code == 303
    slowed = visitor.apply(**{"person.family_name": "Ōta"})
    assert slowed.status_code == 429
    assert "30 Sekunden" in slowed.text
    assert 'value="Ōta"' in slowed.text
    token = re.search(r'name="entwurf" value="([^"]+)"', slowed.text)
    assert token is not None
    assert visitor.apply(entwurf=token[1]).status_code == 429
    clock.advance(timedelta(seconds=31))
    assert visitor.apply(entwurf=token[1]).status_code == 303
    assert cases(session) == 2


@pytest.mark.parametrize("lang", ["de", "en", "ar"])
def test_the_form_speaks_the_language(visitor: Visitor, lang: str) -> None:
    page = visitor.get(f"/antrag/p02?lang={lang}").text
    direction = "rtl" if lang == "ar" else "ltr"
    assert f'<html lang="{lang}" dir="{direction}"' in page
    assert {"de": "Vietnam", "en": "Vietnam", "ar": "فيتنام"}[lang] in page


def test_the_language_switch_keeps_what_was_typed_and_files_nothing(
    visitor: Visitor, session: Session
) -> None:
    page = visitor.client.get("/antrag/p02?lang=de").text
    assert 'formaction="/antrag/p02?lang=ar"' in page
    # Enter presses the first button of the form, which must not be the switch
    first = page.index('<button class="kern-sr-only" type="submit" form="antrag"')
    assert first < page.index('name="sprache"')
    typed = {**visitor.hidden("/antrag/p02"), **TYPED, "sprache": "en"}
    data = {**typed, **sent({"pass": ("pass.pdf", PDF)})}
    answer = visitor.client.post(
        "/antrag/p02?lang=en", data=data, content_type="multipart/form-data"
    )
    assert answer.status_code == 200
    assert '<html lang="en"' in answer.text
    assert f'value="{TYPED["person.family_name"]}"' in answer.text
    assert 'name="person.language" value="en"' in answer.text
    assert answer.text.count('name="weg" value="pass:') == 1
    assert cases(session) == 0
    assert "abh_lang=en" in answer.headers["Set-Cookie"]
