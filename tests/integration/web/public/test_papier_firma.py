"""Applications on paper and the company's page: who may not, what is refused, what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor, applicant_actor
from abh.access.service import create_user
from abh.access.tables import AuditEntry
from abh.documents.house import House
from abh.fastlane.tables import CompanyMember, Mandate
from abh.kernel.clock import FixedClock
from abh.post.tables import PostItem
from abh.workflows.tables import Vorgang
from tests import factories
from tests.integration.web.public.conftest import TYPED, Visitor, log_in, sent

RECEIPT = {
    "channel": "paper",
    "received_on_day": "16",
    "received_on_month": "11",
    "received_on_year": "2026",
}


def enter(visitor: Visitor, files: dict[str, Any] | None = None, **changes: Any) -> Any:
    hidden = visitor.hidden("/desk/neu")
    data = {**hidden, **TYPED, **RECEIPT, "person.language": "ar", **changes, **sent(files)}
    return visitor.client.post("/desk/neu", data=data, content_type="multipart/form-data")


def an_employer(session: Session, clock: FixedClock, company_id: int | None) -> int:
    user = create_user(
        session, SYSTEM, login="hr.beispiel", display_name="H. R.", role="employer",
        rank="EXTERN", password="Regenschirm-im-Flur", now=clock.now(),
    )  # fmt: skip
    if company_id is not None:
        session.add(CompanyMember(user_id=user.id, company_id=company_id))
        factories.admit(session, company_id, clock)
    session.commit()
    return user.id


@pytest.mark.parametrize("path", ["/desk/neu", "/firma", "/firma/vollmacht"])
def test_nobody_gets_in_without_login(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 303
    assert "/anmelden" in answer.location or "login" in answer.location


def test_a_company_may_not_enter_applications_nor_mandates(
    visitor: Visitor, client: FlaskClient, session: Session, clock: FixedClock
) -> None:
    log_in(client, session, an_employer(session, clock, None), clock)
    assert visitor.get("/desk/neu").status_code == 403
    assert visitor.get("/firma/vollmacht").status_code == 403
    assert visitor.get("/firma").status_code == 403


def test_a_clerk_may_not_look_through_the_eyes_of_a_company(visitor: Visitor, clerk: Actor) -> None:
    assert visitor.get("/firma").status_code == 403


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"received_on_day": "24"}, "Der Eingang liegt in der Zukunft"),
        ({"received_on_day": ""}, "Tag des Eingangs"),
        ({"received_on_day": "1\x00"}, "Tag des Eingangs"),
        ({"channel": "portal"}, "Eingangsweg"),
        ({"person.family_name": "الخطيب"}, "lateinischer Schrift"),
    ],
)
def test_broken_receipt_is_refused_and_the_text_is_kept(
    visitor: Visitor, session: Session, clerk: Actor, changes: dict[str, str], told: str
) -> None:
    answer = enter(visitor, {"pass": ("p.pdf", factories.a_pdf())}, **changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="Beispiel Systems GmbH"' in answer.text
    assert "<bdi>p.pdf</bdi>" in answer.text
    assert session.scalars(select(Vorgang)).all() == []


def test_the_stamp_decides_and_the_post_is_on_record(
    visitor: Visitor, session: Session, clerk: Actor
) -> None:
    answer = enter(visitor, {"pass": ("p.pdf", factories.a_pdf())})
    case = session.scalars(select(Vorgang)).one()
    assert (answer.status_code, answer.location) == (303, f"/vorgang/{case.number}")
    assert (case.received_on.isoformat(), case.received_channel) == ("2026-11-16", "paper")
    assert case.language == "ar"
    item = session.scalars(select(PostItem)).one()
    assert (item.vorgang_id, item.received_on) == (case.id, case.received_on)
    assert item.done_at is not None


def test_hr_sees_what_the_mandate_covers_and_nothing_else(
    visitor: Visitor, client: FlaskClient, session: Session, house: House, clock: FixedClock,
    clerk: Actor,
) -> None:  # fmt: skip
    filed = factories.file_case(session, house, applicant_actor())
    session.commit()
    until = house.today + timedelta(days=365)
    form = {
        "number": filed.number, "valid_from_day": "23", "valid_from_month": "11",
        "valid_from_year": "2026", "valid_until_day": f"{until.day}",
        "valid_until_month": f"{until.month}", "valid_until_year": f"{until.year}",
    }  # fmt: skip
    assert visitor.post("/firma/vollmacht", form).status_code == 422
    broken = {**form, "number": "ABH\x00", "scope": "state"}
    assert visitor.post("/firma/vollmacht", broken).status_code == 422
    good = {**form, "scope": "state"}
    assert visitor.post("/firma/vollmacht", good).status_code == 303
    assert visitor.post("/firma/vollmacht", good).status_code == 409
    mandate = session.scalars(select(Mandate)).one()
    log_in(client, session, an_employer(session, clock, mandate.company_id), clock)
    page = visitor.get("/firma").text
    assert filed.number in page
    assert "Vollständigkeit in Prüfung" in page
    assert page.count("nicht umfasst") == 1
    looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "fastlane.list")).all()
    assert len(looks) == 1


def test_the_clerk_with_the_paper_is_not_addressed_as_the_applicant(
    visitor: Visitor, clerk: Actor
) -> None:
    page = visitor.get("/desk/neu").text
    assert "Zur Person" in page
    assert "Titel bei Antragstellung" in page
    for text in ("Ihrer Person", "Ihr Aufenthalt", "Ihre Arbeit", "Ihr Studium", "haben Sie"):
        assert text not in page, text
    assert "Zu Ihrer Person" in visitor.get("/antrag/p02?lang=de").text
