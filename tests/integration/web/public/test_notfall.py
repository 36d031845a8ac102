"""Asking for an emergency place with a plain form, and recomputing the draw from the page."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.appointments import ankunft, emergency, jobs, losung
from abh.appointments import service as appointments
from abh.appointments.tables_losung import Draw, EmergencyEvidence
from abh.documents.house import House
from abh.kernel.clock import BERLIN, FixedClock
from abh.web.pages import ankunft as ankunft_page
from abh.web.pages import notfall
from tests import factories
from tests.integration.web.public.conftest import Visitor

DAY = date(2026, 11, 25)
TYPED: dict[str, Any] = {
    "ground": "arbeitsplatz",
    "harm_on_day": "26",
    "harm_on_month": "11",
    "harm_on_year": "2026",
    "evidence": "Schreiben des Arbeitgebers",
    "family_name": "Okonkwo",
    "given_names": "Ada",
    "birth_date_day": "00",
    "birth_date_month": "05",
    "birth_date_year": "1996",
    "nationality": "NGA",
    "email": "ada@example.org",
}


@pytest.fixture
def draw(session: Session, house: House, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(notfall.BRAKE, "_seen", type(notfall.BRAKE._seen)())
    pattern = appointments.PatternSpec(
        "SG1", "SG1-05", "s.lindenau", 2, time(8), time(9), "notfall"
    )
    appointments.apply_patterns(
        session, [pattern], valid_from=house.today, clock=clock, units=["SG1"]
    )
    appointments.extend_horizon(session, until=DAY + timedelta(days=5), clock=clock)
    jobs.open_draws(session, clock, 50)
    found = session.scalars(select(Draw.id).where(Draw.day == DAY, Draw.unit_key == "SG1")).one()
    session.commit()
    return found


def _send(visitor: Visitor, draw: int, **changes: Any) -> Any:
    data = {**visitor.hidden("/notfall"), **TYPED, "draw": str(draw), **changes}
    return visitor.client.post("/notfall", data=data)


def test_a_request_is_answered_with_a_page_of_its_own_and_drawn(
    visitor: Visitor, session: Session, draw: int, clock: FixedClock
) -> None:
    page = visitor.get("/notfall").text
    assert "Die Plätze werden gelost" in page
    sent = _send(visitor, draw)
    assert sent.status_code == 303
    mine = visitor.get(sent.location).text
    assert "Ihr Antrag ist da" in mine
    before = visitor.get(f"/losung/{draw}.json").json
    assert "startwert" not in before
    clock.at = datetime.combine(DAY - timedelta(days=1), time(20), tzinfo=BERLIN)
    jobs.close_lists(session, clock, 50)
    clock.advance(timedelta(minutes=1))
    jobs.draw_places(session, clock, 50)
    session.commit()
    assert "Sie haben einen Platz" in visitor.get(sent.location).text
    after = visitor.get(f"/losung/{draw}.json").json
    assert losung.problems_of(after, noted_hash=before["startwert_hash"]) == []
    assert "Okonkwo" not in str(after)
    assert "gezogen" in visitor.get("/losung").text
    hidden = visitor.hidden(sent.location)
    assert visitor.client.post(f"{sent.location}/zuruecknehmen", data=hidden).status_code == 303
    assert visitor.get(sent.location).status_code == 404


def test_known_and_unknown_people_get_the_same_answer(visitor: Visitor, draw: int) -> None:
    answers = [_send(visitor, draw), _send(visitor, draw), _send(visitor, draw, given_names="Eva")]
    assert {answer.status_code for answer in answers} == {303}
    pages = [visitor.get(answer.location).text for answer in answers]
    assert all("Ihr Antrag ist da" in page for page in pages)
    assert len({len(answer.location) for answer in answers}) == 1


def test_every_fault_is_told_at_once_and_nothing_typed_is_lost(visitor: Visitor, draw: int) -> None:
    answer = _send(visitor, draw, harm_on_day="31", email="keine")
    assert answer.status_code == 422
    assert "Bitte ein Datum angeben" in answer.text
    assert "prüfen Sie die E-Mail-Adresse" in answer.text
    assert "Schreiben des Arbeitgebers" in answer.text
    assert _send(visitor, draw, ground="").status_code == 422


def test_after_the_cutoff_the_next_day_is_offered(
    visitor: Visitor, draw: int, clock: FixedClock
) -> None:
    data = {**visitor.hidden("/notfall"), **TYPED, "draw": str(draw)}
    clock.at = datetime.combine(DAY - timedelta(days=1), time(20), tzinfo=BERLIN)
    answer = visitor.client.post("/notfall", data=data)
    assert answer.status_code == 409
    assert "geschlossen" in answer.text


def test_a_flood_from_one_address_has_to_wait_but_is_not_shut_out(
    visitor: Visitor, session: Session, draw: int
) -> None:
    for _ in range(12):
        assert _send(visitor, draw).status_code == 303
    assert _send(visitor, draw).status_code == 429
    assert len(emergency.open_for_requests(session, now=datetime(2026, 11, 23, 8, tzinfo=BERLIN)))


@pytest.mark.parametrize("path", ["/notfall/x", "/notfall/" + "A" * 22, "/losung/999999.json"])
def test_unknown_links_are_answered_alike(visitor: Visitor, draw: int, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_a_proof_is_kept_through_a_fault_and_filed_with_the_request(
    visitor: Visitor, session: Session, draw: int
) -> None:
    paper = (BytesIO(factories.a_pdf("Kündigung")), "kuendigung.pdf")
    refused = _send(visitor, draw, ground="", **{"files.notfall": [paper]})
    assert refused.status_code == 422
    assert "kuendigung.pdf" in refused.text
    form_token = re.findall(r'name="entwurf" value="([\w-]{22})"', refused.text)[0]
    assert _send(visitor, draw, entwurf=form_token).status_code == 303
    kept = session.scalars(select(EmergencyEvidence)).one()
    assert (kept.name, kept.mime, kept.pages) == ("kuendigung.pdf", "application/pdf", 1)
    # Sent once more, the form has no file any more: it went with the request.
    assert _send(visitor, draw, entwurf=form_token).status_code == 303
    assert len(session.scalars(select(EmergencyEvidence)).all()) == 1


def test_a_proof_that_is_no_picture_is_refused_at_its_field(visitor: Visitor, draw: int) -> None:
    paper = (BytesIO(b"GIF89a" + b"0" * 100), "bild.gif")
    answer = _send(visitor, draw, **{"files.notfall": [paper]})
    assert answer.status_code == 422
    assert "kein PDF, JPEG oder PNG" in answer.text


@pytest.fixture
def terminal(session: Session, house: House, draw: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(ankunft_page.BRAKE, "_seen", type(ankunft_page.BRAKE._seen)())
    return f"/ankunft/{ankunft.terminal_token(house.secret, 'SG1')}"


def test_the_terminal_answers_in_the_language_chosen_and_leads_to_the_counter(
    visitor: Visitor, terminal: str
) -> None:
    assert "Anmeldung zum Termin" in visitor.get(f"{terminal}?lang=de").text
    page = visitor.get(f"{terminal}?lang=ar").text
    assert 'dir="rtl"' in page
    data = {**visitor.hidden(terminal), "code": "K7QM-2XVD"}
    answer = visitor.client.post(f"{terminal}?lang=de", data=data)
    assert answer.status_code == 422
    assert "heute keinen offenen Termin" in answer.text
    assert "melden Sie sich am Schalter" in answer.text
    assert visitor.get(f"/ankunft/{'A' * 22}").status_code == 404


def test_whoever_tries_codes_has_to_wait_and_whoever_has_one_is_not_shut_out(
    visitor: Visitor, session: Session, house: House, terminal: str
) -> None:
    data = {**visitor.hidden(f"{terminal}?lang=de"), "code": "K7QM-2XVD"}
    answers = [visitor.client.post(terminal, data=data).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]
    assert "warteschein" in visitor.client.post(terminal, data=data).text
