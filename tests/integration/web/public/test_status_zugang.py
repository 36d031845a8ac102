"""Number and code by letter open the status page; who asks learns nothing; questions are post."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from abh.access.actor import applicant_actor
from abh.access.tables import AuditEntry
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import FixedClock
from abh.kernel.ids import new_token
from abh.post.tables import PostBundle, PostItem
from abh.web.bremse import Brake
from abh.web.pages import status_zugang
from abh.workflows import zugangscode
from abh.workflows.intake import Filed
from abh.workflows.tables_zugang import StatusCode
from tests import factories
from tests.integration.web.public.conftest import Visitor


@pytest.fixture(autouse=True)
def brake(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Brake(free=12, window=timedelta(hours=1), pause=timedelta(seconds=30))
    monkeypatch.setattr(status_zugang, "BRAKE", fresh)


@pytest.fixture
def filed(session: Session, house: House) -> Filed:
    made = factories.file_case(session, house, applicant_actor())
    session.commit()
    return made


def order(visitor: Visitor, number: str, *born: str) -> Any:
    day, month, year = born or ("00", "05", "1996")
    typed = {"birth_date_day": day, "birth_date_month": month, "birth_date_year": year}
    return visitor.post("/status", {"bestellen": "1", "bestellnummer": number, **typed})


def enter(visitor: Visitor, number: str, code: str) -> Any:
    return visitor.post("/status", {"nummer": number, "code": code})


def sent_code(session: Session, house: House) -> str:
    assert zugangscode.send_codes(session, house, 10) == 1
    session.commit()
    letter = session.scalars(select(Letter).where(Letter.outcome == "zugangscode")).one()
    assert letter.channel == "post"
    heading = letter.content["fields"]["sections"][0]["heading"]
    return heading.removeprefix("Ihr Code: ").replace("\u2011", "-")


def test_known_and_unknown_numbers_get_the_same_answer(
    visitor: Visitor, session: Session, filed: Filed
) -> None:
    right = order(visitor, f" {filed.number.lower()} ")
    answers = [
        order(visitor, "ABH-2026-9999999"),
        order(visitor, "irgendwas'; --"),
        order(visitor, filed.number, "01", "05", "1996"),
    ]
    for wrong in answers:
        assert (wrong.status_code, wrong.location) == (right.status_code, right.location)
        assert wrong.data == right.data
    asked = session.scalars(
        select(AuditEntry.vorgang_id).where(AuditEntry.action == "status.code_asked")
    ).all()
    assert sorted(asked, key=str) == [filed.vorgang_id, None, None, None]
    assert session.scalars(select(StatusCode.vorgang_id)).all() == [filed.vorgang_id]


def test_a_case_that_nobody_is_told_of_gets_no_letter(
    visitor: Visitor, session: Session, filed: Filed
) -> None:
    session.execute(text("UPDATE vorgang SET verfahren = 'P32', version = 1"))
    session.commit()
    assert order(visitor, filed.number).status_code == 303
    assert session.scalar(select(func.count()).select_from(StatusCode)) == 0


def test_number_and_code_open_the_page_and_five_wrong_ones_close_it(
    visitor: Visitor, session: Session, house: House, clock: FixedClock, filed: Filed
) -> None:
    order(visitor, filed.number)
    code = sent_code(session, house)
    assert zugangscode.send_codes(session, house, 10) == 0
    stored = session.scalars(select(StatusCode)).one()
    assert code.replace("-", "")[6:].encode() not in (stored.code_hash or b"")
    opened = enter(visitor, filed.number, code.lower().replace("-", " "))
    assert opened.status_code == 303
    page = visitor.get(f"{opened.location}?lang=de").text
    assert filed.number in page
    assert "zugangscode" not in page
    # The number belongs to the code: that of somebody else is a wrong try.
    assert enter(visitor, "ABH-2026-9999999", code).status_code == 422
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    refused = [enter(visitor, filed.number, wrong) for _ in range(4)]
    assert "passen nicht zusammen" in refused[0].text
    assert enter(visitor, filed.number, code).status_code == 422
    assert session.scalars(select(StatusCode.attempts)).one() == 5
    # A new one comes after a week at the earliest, and ends the old.
    order(visitor, filed.number)
    assert zugangscode.send_codes(session, house, 10) == 0
    clock.advance(timedelta(days=8))
    order(visitor, filed.number)
    session.expire_all()
    row = session.scalars(select(StatusCode)).one()
    assert (row.told_at, row.attempts) == (None, 0)


def test_a_code_past_its_day_opens_nothing(
    visitor: Visitor, session: Session, house: House, filed: Filed
) -> None:
    session.add(
        StatusCode(
            vorgang_id=filed.vorgang_id,
            asked_at=house.now(),
            told_at=house.now(),
            last_day=house.today - timedelta(days=1),
            reference="ABCDEF",
            code_hash=zugangscode.keyed_hash(house.secret, "ABCDEF", "GHJKMN", zugangscode.PURPOSE),
        )
    )
    session.commit()
    assert enter(visitor, filed.number, "ABC-DEF-GHJ-KMN").status_code == 422
    session.execute(text("UPDATE status_code SET last_day = :day"), {"day": house.today})
    session.commit()
    assert enter(visitor, filed.number, "ABC-DEF-GHJ-KMN").status_code == 303


def test_a_case_without_address_gets_no_letter_and_is_forgotten(
    session: Session, house: House, filed: Filed
) -> None:
    session.execute(text("UPDATE person SET street = ''"))
    session.add(StatusCode(vorgang_id=filed.vorgang_id, asked_at=house.now()))
    session.flush()
    assert zugangscode.send_codes(session, house, 10) == 0
    assert session.scalar(select(func.count()).select_from(StatusCode)) == 0


def test_a_program_that_tries_codes_has_to_wait(visitor: Visitor) -> None:
    codes = [enter(visitor, "ABH-2026-0000001", "x").status_code for _ in range(13)]
    assert codes == [422] * 12 + [429]


def test_a_question_is_post_of_the_case_once_and_in_its_bundle(
    visitor: Visitor, session: Session, filed: Filed
) -> None:
    here = f"/status/{filed.token}"
    typed = {"thema": "arbeit", "frage": "Darf ich <b>nebenbei</b>\x00 arbeiten?"}
    for _ in range(2):
        assert visitor.post(f"{here}/frage", typed, of=here).status_code == 303
    item = session.scalars(select(PostItem).where(PostItem.source == "status")).one()
    assert (item.vorgang_id, item.channel, item.kind) == (filed.vorgang_id, "portal", "other")
    assert item.body == "Darf ich <b>nebenbei</b>  arbeiten?"
    bundle = session.get_one(PostBundle, item.bundle_id)
    assert bundle.person_id == item.person_id
    page = visitor.get(f"{here}?lang=de").text
    assert "Arbeit oder Arbeitgeber" in page
    assert "Noch offen." in page
    for number in range(2):
        more = {"thema": "reise", "frage": f"Frage {number} {new_token()}"}
        assert visitor.post(f"{here}/frage", more, of=here).status_code == 303
    full = visitor.post(f"{here}/frage", {"thema": "reise", "frage": "Noch eine"}, of=here)
    assert full.status_code == 422
    assert "Noch eine" in full.text
    now = item.entered_at
    item.done_at, item.answer = now, "beantwortet"
    session.commit()
    assert "Bearbeitet am 23.11.2026." in visitor.get(f"{here}?lang=de").text


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"thema": "arbeit", "frage": "  "}, "Bitte schreiben Sie Ihre Frage."),
        ({"thema": "x", "frage": "Wann?"}, "Bitte wählen Sie, worum es geht."),
        ({"thema": "arbeit", "frage": "x" * 2001}, "Höchstens 2000 Zeichen."),
    ],
)
def test_a_question_without_words_or_topic_is_shown_again(
    visitor: Visitor, session: Session, filed: Filed, typed: dict[str, str], problem: str
) -> None:
    here = f"/status/{filed.token}"
    answer = visitor.post(f"{here}/frage", typed, of=here + "?lang=de")
    assert answer.status_code == 422
    assert problem in re.sub(r"\s+", " ", answer.text)
    assert session.scalar(select(func.count()).select_from(PostItem)) == 0
