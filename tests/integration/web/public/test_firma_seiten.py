"""The pages of a company over real requests: closed to others, forms keep what was typed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.policy import Power
from abh.access.tables import AppUser
from abh.documents.house import House
from abh.fastlane import vorlage
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_firma import CaseMessage, EmployerReport
from abh.kernel.clock import FixedClock
from abh.persons.tables import Company
from abh.workflows.tables import Evidence, Vorgang, VorgangLink
from tests import factories
from tests.integration.web.public.conftest import TYPED, Visitor, log_in, sent
from tests.unit.fastlane.test_tabelle import GOOD

PAGES = ("/firma", "/firma/antrag", "/firma/antrag/p02", "/firma/tabelle", "/firma/hilfe",
         "/firma/vorgang/ABH-2026-0000001", "/firma/tabelle/vorlage/p02")  # fmt: skip


@pytest.fixture
def company(session: Session, client: FlaskClient, house: House, clock: FixedClock) -> int:
    """A company whose HR is logged in."""
    made = Company(name="Alpha Systems GmbH", name_search="alpha", created_at=clock.now())
    user = AppUser(
        login="hr.alpha", display_name="H. R.", role="employer", rank="EXTERN",
        password_hash="!", powers=[Power.FASTLANE_COMPANY], created_at=clock.now(),
    )  # fmt: skip
    session.add_all([made, user])
    session.flush()
    session.add(CompanyMember(user_id=user.id, company_id=made.id, role="hr"))
    factories.admit(session, made.id, clock)
    log_in(client, session, user.id, clock)
    return made.id


def apply(visitor: Visitor, **changes: Any) -> Any:
    hidden = visitor.hidden("/firma/antrag/p02")
    files = sent({"arbeitsvertrag": ("v.pdf", factories.a_pdf("Vertrag"))})
    data = {**hidden, **TYPED, "vollmacht": "1", "person.language": "de", **files, **changes}
    return visitor.client.post("/firma/antrag/p02", data=data, content_type="multipart/form-data")


def a_case(visitor: Visitor, session: Session) -> str:
    assert apply(visitor).status_code == 303
    return session.scalars(select(Vorgang.number)).one()


def test_nobody_else_gets_in(visitor: Visitor, client: FlaskClient, clerk: Any) -> None:
    for path in PAGES:
        assert visitor.get(path).status_code == 403, path
    client.delete_cookie("abh-sid")
    for path in PAGES:
        assert visitor.get(path).status_code == 303, path


def test_an_empty_company_is_taught_what_to_do(visitor: Visitor, company: int) -> None:
    for path in PAGES[:5]:
        page = visitor.get(path)
        assert page.status_code == 200, path
        assert "<h1" in page.text
    assert "Ersten Antrag stellen" in visitor.get("/firma").text
    english = visitor.get("/firma?lang=en").text
    assert "File the first application" in english
    assert "Noch keine Vollmacht" not in english


def test_without_power_nothing_is_filed_and_all_that_was_typed_stays(
    visitor: Visitor, session: Session, company: int
) -> None:
    answer = apply(visitor, vollmacht="", **{"person.city": ""})
    assert answer.status_code == 422
    assert "schriftlich bevollmächtigt hat" in answer.text
    assert 'value="Nguyễn"' in answer.text
    assert "<bdi>v.pdf</bdi>" in answer.text
    assert session.scalars(select(Vorgang)).all() == []


def test_a_company_applies_follows_uploads_writes_and_reports(
    visitor: Visitor, session: Session, company: int
) -> None:
    number = a_case(visitor, session)
    case = session.scalars(select(Vorgang)).one()
    assert (case.company_id, case.received_channel) == (company, "employer")
    assert session.scalars(select(Mandate.vorgang_id)).one() == case.id
    again = apply(visitor)
    assert (again.status_code, number in again.text) == (422, True)
    base = f"/firma/vorgang/{number}"
    page = visitor.get(base).text
    for text in ("Vollständigkeit in Prüfung", "Zusage des Sachgebiets", "zu wenige", "§ 75 VwGO"):
        assert text in page, text
    assert number in visitor.get("/firma?q=nguyen").text
    answer = visitor.post(
        f"{base}/unterlagen",
        {"kind": "ezb", "files": [(BytesIO(factories.a_pdf(n)), f"{n}.pdf") for n in ("a", "b")]},
        of=base,
    )
    assert answer.status_code == 303
    kinds = session.scalars(select(Evidence.kind).where(Evidence.kind == "ezb")).all()
    assert len(kinds) == 2
    refused = visitor.post(f"{base}/unterlagen", {"kind": "geheim"}, of=base)
    assert (refused.status_code, "aus der Liste" in refused.text) == (422, True)
    broken = {"topic": "frage", "body": "Wann?", "answer_by": "99.99.2026"}
    kept = visitor.post(f"{base}/nachricht", broken, of=base)
    assert (kept.status_code, "Wann?" in kept.text) == (422, True)
    assert (
        visitor.post(f"{base}/nachricht", {**broken, "answer_by": ""}, of=base).status_code == 303
    )
    assert session.scalars(select(CaseMessage.body)).one() == "Wann?"
    days = {"ended_on_day": "30", "ended_on_month": "11", "ended_on_year": "2026",
            "known_on_day": "20", "known_on_month": "11", "known_on_year": "2026"}  # fmt: skip
    assert visitor.post(f"{base}/ende", days, of=base).status_code == 422
    wrong = {**days, "reason": "anderes", "ended_on_day": "31"}
    assert visitor.post(f"{base}/ende", wrong, of=base).status_code == 422
    sound = {**days, "reason": "anderes"}
    assert visitor.post(f"{base}/ende", sound, of=base).status_code == 303
    assert session.scalars(select(EmployerReport.ended_on)).one().isoformat() == "2026-11-30"
    assert "rechtzeitig" in visitor.get(base).text


def test_a_guessed_number_is_no_case(visitor: Visitor, session: Session, company: int) -> None:
    for number in ("ABH-2026-0000001", "ABH-2026-9999999", "%00"):
        answer = visitor.get(f"/firma/vorgang/{number}")
        assert answer.status_code == 404
        assert "für Sie nicht" in answer.text


def test_a_sheet_is_checked_returned_and_sent(
    visitor: Visitor, session: Session, company: int
) -> None:
    rows = [vorlage.Ergebnis(GOOD), vorlage.Ergebnis({**GOOD, "person.city": ""})]
    data = vorlage.template("P02", rows)
    refused = visitor.post("/firma/tabelle", {"tabelle": (BytesIO(b"x"), "a.xlsx")})
    assert (refused.status_code, "keine Excel" in refused.text) == (422, True)
    answer = visitor.post("/firma/tabelle", {"tabelle": (BytesIO(data), "a.xlsx")})
    assert answer.status_code == 303
    page = visitor.get(answer.location).text
    assert "Ort:</strong> Bitte angeben." in page
    back = visitor.get(f"{answer.location}/geprueft")
    assert back.data.startswith(b"PK")
    assert "attachment" in back.headers["Content-Disposition"]
    assert visitor.post(answer.location, {}).status_code == 303
    assert "werden gestellt" in visitor.get(answer.location).text
    assert visitor.get("/firma/tabelle/vorlage/p14").status_code == 404
    assert visitor.get("/firma/tabelle/999999").status_code == 404


def test_the_clerk_reads_and_answers_on_the_own_side(
    visitor: Visitor, client: FlaskClient, session: Session, company: int, clock: FixedClock
) -> None:
    number = a_case(visitor, session)
    base = f"/firma/vorgang/{number}"
    visitor.post(f"{base}/nachricht", {"topic": "frage", "body": "Wann?"}, of=base)
    unit = session.scalars(select(Vorgang.unit_key)).one()
    who = factories.staff(session, unit, rank="SB")
    log_in(client, session, who.user_id or 0, clock)
    assert number in visitor.get("/desk/nachrichten").text
    path = f"/vorgang/{number}/nachrichten"
    assert "Wann?" in visitor.get(path).text
    asked = session.scalars(select(CaseMessage.id)).one()
    answer = visitor.post(path, {"topic": "auskunft", "body": "Bald.", "answers_id": str(asked)})
    assert answer.status_code == 303
    assert visitor.post(path, {"topic": "auskunft", "body": ""}).status_code == 422
    assert "Keine Firma wartet" in visitor.get("/desk/nachrichten").text
    assert visitor.get("/vorgang/ABH-2026-9999999/nachrichten").status_code == 404


def a_fast_case(visitor: Visitor, session: Session, state: str, **facts: str) -> str:
    """A case of the accelerated procedure that the company filed, brought to a state."""
    data = {
        **visitor.hidden("/firma/antrag/p28"), **TYPED, "vollmacht": "1", "person.language": "de",
        "angaben.zweck": "18b", "job_title": "Statikerin", "salary_year": "61.000", **facts,
    }  # fmt: skip
    answer = visitor.client.post("/firma/antrag/p28", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    case = session.scalars(select(Vorgang).where(Vorgang.verfahren == "P28")).one()
    case.state = state
    session.commit()
    return case.number


def test_who_leads_the_accelerated_procedure_is_told_before_anybody_applies(
    visitor: Visitor, company: int
) -> None:
    lead = "Zentralstelle Fachkräfteeinwanderung"
    assert lead in visitor.get("/firma/antrag").text
    for path in ("/firma/antrag/p28", "/antrag/p28"):
        page = visitor.get(path).text
        assert lead in page
        assert "sie kostet" not in page
    assert lead not in visitor.get("/firma/antrag/p02").text


def test_the_accelerated_procedure_asks_for_the_job_and_hands_it_to_the_title(
    visitor: Visitor, session: Session, company: int
) -> None:
    number = a_fast_case(visitor, session, "preapproved")
    case = session.scalars(select(Vorgang)).one()
    kept = {name: case.antrag[name] for name in ("variante", "job_title", "salary_year")}
    assert kept == {"variante": "zfe", "job_title": "Statikerin", "salary_year": "61000.00"}
    # What the declaration at the top of the form says is not asked for a second time.
    assert case.antrag["vollmacht_versichert"] is True
    assert "vollmacht_versichert" not in visitor.get("/firma/antrag/p28").text
    link = f"/firma/antrag/p01?nach={number}"
    assert link in visitor.get(f"/firma/vorgang/{number}").text
    form = visitor.get(link).text
    for shown in ('value="Nguyễn"', 'value="Statikerin"', 'value="61.000,00"', 'value="1996"'):
        assert shown in form
    assert '<option value="akademisch" selected' in form
    # Where they live is what the office knows, not what the company told.
    assert 'value="40212"' not in form
    data = {**visitor.hidden(link), **TYPED, "vollmacht": "1", "person.language": "de",
            "angaben.variante": "akademisch"}  # fmt: skip
    sent_on = visitor.client.post("/firma/antrag/p01", data=data)
    assert sent_on.status_code == 303, sent_on.text
    new = session.scalars(select(Vorgang).where(Vorgang.verfahren == "P01")).one()
    (tie,) = session.scalars(select(VorgangLink))
    assert (tie.from_id, tie.to_id, tie.kind) == (case.id, new.id, "einreise_fachkraft")
    assert new.person_id == case.person_id
    assert f"/firma/vorgang/{new.number}" in visitor.get(f"/firma/vorgang/{number}").text


def test_a_title_is_not_begun_too_early_nor_from_a_case_of_others(
    visitor: Visitor, session: Session, company: int
) -> None:
    number = a_fast_case(visitor, session, "agreed")
    assert "nach=" not in visitor.get(f"/firma/vorgang/{number}").text
    for wanted in (number, "ABH-2026-0009999"):
        assert visitor.get(f"/firma/antrag/p01?nach={wanted}").status_code == 404


def test_a_title_the_office_opened_is_followed_only_with_a_power(
    visitor: Visitor, session: Session, company: int
) -> None:
    number = a_fast_case(visitor, session, "handed_over")
    before = session.scalars(select(Vorgang)).one()
    title = a_case_like(session, before)
    page = visitor.get(f"/firma/vorgang/{number}").text
    assert title.number not in page
    assert f"/firma/vollmachten?nummer={number}" in page
    assert f'value="{number}"' in visitor.get(f"/firma/vollmachten?nummer={number}").text


def a_case_like(session: Session, before: Vorgang) -> Vorgang:
    """The case of the title as the office opens it after the entry, for the same company."""
    columns = {c.key: getattr(before, c.key) for c in Vorgang.__table__.columns if c.key != "id"}
    changed = {"verfahren": "P01", "number": "ABH-2026-0099999", "status_token_hash": b"9" * 32}
    made = Vorgang(**(columns | changed | {"state": "received"}))
    session.add(made)
    session.flush()
    session.add(VorgangLink(from_id=before.id, to_id=made.id, kind="einreise_fachkraft", reason="",
                            at=before.opened_at))  # fmt: skip
    session.commit()
    return made
