"""A company's way in through the pages, its second factor, and its machines: refusals first."""

from __future__ import annotations

import base64
import io
import re
from datetime import timedelta

from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from abh.access import zweitfaktor
from abh.access.actor import SYSTEM, applicant_actor
from abh.access.service import create_user
from abh.access.tables import AppUser, AuditEntry
from abh.access.tables_zugang import RecoveryCode, SecondFactor
from abh.documents.house import House
from abh.fastlane import schluessel, zugang
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_zugang import CompanyLook
from abh.kernel.clock import FixedClock
from abh.outbox.tables import OutboxMessage
from abh.workflows.tables import Evidence, Vorgang
from tests import factories
from tests.integration.web.public.conftest import Visitor, log_in

PASSWORD = "Regenschirm-im-Flur"
SECRET = "k" * 40
API = "/api/v1/firma"
SHARED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FORM = {
    "kind": "employer", "name": "Beispiel Systems GmbH", "register_court": "Düsseldorf",
    "register_no": "HRB 12345", "street": "Musterweg 1", "postcode": "40210",
    "city": "Düsseldorf", "sites": "Hafen\n", "contact_name": "Erika Beispiel",
    "contact_email": "erika@beispiel.example",
}  # fmt: skip


def mailed(session: Session, kind: str) -> str:
    texts = session.scalars(select(OutboxMessage.payload["text"].astext)).all()
    return [each.split(kind)[1].split()[0] for each in texts if each and kind in each][-1]


def hr(session: Session, clock: FixedClock, company_id: int | None, login: str = "hr") -> int:
    user = create_user(
        session, SYSTEM, login=login, display_name="H. R.", role="employer", rank="EXTERN",
        password=PASSWORD, now=clock.now(),
    )  # fmt: skip
    if company_id is not None:
        session.add(CompanyMember(user_id=user.id, company_id=company_id))
        factories.admit(session, company_id, clock)
    session.commit()
    return user.id


def case_with_mandate(
    session: Session, house: House, scope: tuple[str, ...] = ("state", "tasks", "appointments")
) -> Vorgang:
    filed = factories.file_case(session, house, applicant_actor(), evidence=())
    case = session.scalars(select(Vorgang).where(Vorgang.number == filed.number)).one()
    session.add(
        Mandate(
            company_id=case.company_id, person_id=case.person_id, scope=list(scope),
            valid_from=house.today, valid_until=house.today + timedelta(days=300),
            recorded_at=house.now(), recorded_by=None,
        )
    )  # fmt: skip
    session.commit()
    return case


def token_for(
    session: Session, house: House, user_id: int, *scopes: str, days: int = 30
) -> dict[str, str]:
    from abh.access.sessions import actor_of_user

    actor = actor_of_user(session.get_one(AppUser, user_id))
    who = zugang.acting(session, actor, clock=house)
    given = {"name": "HR", "scopes": list(scopes), "days": days}
    _, secret = schluessel.make(session, house, who, given)
    session.commit()
    return {"Authorization": f"Bearer {secret}"}


def test_a_company_comes_in_by_registration_approval_invitation_and_code(
    visitor: Visitor, client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    factories.file_case(session, house, applicant_actor(), evidence=())
    session.commit()
    assert visitor.post("/firma/registrieren", {}).status_code == 422
    without = visitor.post("/firma/registrieren", FORM)
    assert "Datei auswählen" in without.text
    file = (io.BytesIO(factories.a_pdf()), "auszug.pdf")
    done = visitor.post("/firma/registrieren", {**FORM, "proof": file})
    assert done.status_code == 303
    assert "liegt bei uns zur Prüfung" in visitor.get(done.location).text

    lead = factories.staff(session, "SG1", rank="SGL")
    log_in(client, session, lead.user_id or 0, clock)
    queue = visitor.get("/firmen").text
    number = re.search(r"/firmen/nachweis/(\d+)", queue)
    company = re.search(r'<option value="(\d+)" selected>Beispiel Systems', queue)
    assert number and company
    assert visitor.get(f"/firmen/nachweis/{number[1]}").data.startswith(b"%PDF")
    answer = visitor.post(
        "/firmen/entscheiden",
        {"id": number[1], "outcome": "approve", "company": company[1]}, of="/firmen",
    )  # fmt: skip
    assert answer.status_code == 303
    client.delete_cookie("abh-sid")

    link = "/firma/einladung/" + mailed(session, "/firma/einladung/")
    assert visitor.post(link, {"display_name": "Erika", "password": "kurz"}).status_code == 422
    accepted = visitor.post(link, {"display_name": "Erika", "password": PASSWORD})
    assert accepted.status_code == 303
    assert visitor.get(link).status_code == 404

    asked = visitor.post("/login", {"login": FORM["contact_email"], "password": PASSWORD})
    assert asked.location.startswith("/login/code")
    assert visitor.get("/firma").status_code == 303, "the password alone opens nothing"
    setup = visitor.get("/login/code").text
    shown = re.search(r'translate="no">([A-Z2-7]{32})<', setup)
    assert shown
    assert shown[1] in visitor.get("/login/code").text, "a reload shows the same secret"
    right = zweitfaktor.code_at(shown[1], clock.now())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert visitor.post("/login/code", {"code": wrong}).status_code == 422
    codes = visitor.post("/login/code", {"code": right})
    assert codes.status_code == 200
    assert len(re.findall(r"<code[^>]*>[A-Z2-7]{5}-[A-Z2-7]{5}<", codes.text)) == 10
    for path in ("/firma/personen", "/firma/vollmachten", "/firma/schnittstellen", "/firma/wahl"):
        assert visitor.get(path).status_code == 200, path
    made = visitor.post(
        "/firma/schnittstellen/schluessel",
        {"name": "SAP", "scopes": "cases", "days": "30"}, of="/firma/schnittstellen",
    )  # fmt: skip
    assert "abhf_" in made.text
    assert re.findall(r"abhf_\w{30,}", visitor.get("/firma/schnittstellen").text) == []
    last = visitor.post(
        "/firma/personen/entlassen",
        {"user": str(session.scalars(select(CompanyMember.user_id)).one())}, of="/firma/personen",
    )  # fmt: skip
    assert last.status_code == 409


def test_a_code_is_good_once_and_guessing_is_slowed(
    visitor: Visitor, client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    user_id = hr(session, clock, None)
    zweitfaktor.provide(session, user_id, SHARED, secret=SECRET, now=clock.now())
    session.commit()
    kept = session.scalars(select(SecondFactor.secret_sealed)).one()
    assert SHARED.encode() not in kept
    credentials = {"login": "hr", "password": PASSWORD}
    code = zweitfaktor.code_at(SHARED, clock.now())
    assert visitor.post("/login", credentials).status_code == 303
    assert visitor.post("/login/code", {"code": code}).status_code == 303
    client.delete_cookie("abh-sid")
    clock.advance(timedelta(seconds=1))
    assert visitor.post("/login", credentials).status_code == 303
    assert visitor.post("/login/code", {"code": code}).status_code == 422, "replayed"
    for _ in range(3):
        assert visitor.post("/login/code", {"code": "abc"}).status_code == 422
    later = zweitfaktor.code_at(SHARED, clock.now() + timedelta(seconds=30))
    slowed = visitor.post("/login/code", {"code": later})
    assert (slowed.status_code, "Retry-After" in slowed.headers) == (429, True)
    clock.advance(timedelta(seconds=30))
    assert visitor.post("/login/code", {"code": later}).status_code == 303
    client.delete_cookie("abh-sid")
    visitor.post("/login", credentials)
    clock.advance(timedelta(minutes=16))
    fresh = zweitfaktor.code_at(SHARED, clock.now())
    over = client.post("/login/code", data={"code": fresh, **visitor.hidden("/login")})
    assert over.location.startswith("/login"), "the waiting session is over"


def test_a_recovery_code_is_good_once_and_stored_as_keyed_hash(
    session: Session, house: House, clock: FixedClock
) -> None:
    user_id = hr(session, clock, None)
    shared = zweitfaktor.begin_setup(session, user_id, secret=SECRET, now=clock.now()) or ""
    code = zweitfaktor.code_at(shared, clock.now())
    codes = zweitfaktor.confirm_setup(
        session, SYSTEM, user_id, code, secret=SECRET, now=clock.now()
    )
    assert codes is not None
    assert zweitfaktor.begin_setup(session, user_id, secret=SECRET, now=clock.now()) is None
    stored = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(stored) == len(codes) == 10
    given = {"secret": SECRET, "now": clock.now()}
    assert zweitfaktor.check(session, user_id, codes[3].lower(), **given)
    assert not zweitfaktor.check(session, user_id, codes[3], **given)
    assert not zweitfaktor.check(session, user_id + 1, codes[4], **given)
    clock.advance(timedelta(minutes=1))
    new = zweitfaktor.code_at(shared, clock.now())
    other = {"secret": "x" * 40, "now": clock.now()}
    assert not zweitfaktor.check(session, user_id, new, **other)


def test_the_employee_answers_and_reads_who_looked_on_the_status_page(
    visitor: Visitor, client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    filed = factories.file_case(session, house, applicant_actor(), evidence=())
    case = session.scalars(select(Vorgang)).one()
    log_in(client, session, hr(session, clock, case.company_id), clock)
    form = {
        "number": filed.number, "birth_date": "00.05.1996", "scope": "state",
        "valid_until": "30.06.2027",
    }  # fmt: skip
    path = "/firma/vollmachten"
    assert visitor.post(path, {**form, "birth_date": "gestern"}).status_code == 422
    answers = [
        visitor.client.get(visitor.post(path, {**form, **change}).location).text
        for change in ({}, {"number": "ABH-2026-9999999"}, {"birth_date": "01.05.1996"})
    ]
    told = {re.search(r"Ihre Anfrage ist[^<]*", page)[0] for page in answers}  # type: ignore[index]
    assert len(told) == 1
    client.delete_cookie("abh-sid")
    status = house.status_link(filed.number).removeprefix("https://abh.example.org")
    page = visitor.get(status).text
    (asked,) = re.findall(r'name="ja" value="(\d+)"', page)
    assert visitor.post(f"{status}/firmen", {"ja": "999999"}, of=status).status_code == 404
    assert visitor.post(f"{status}/firmen", {"ja": asked}, of=status).status_code == 303
    user = session.scalars(select(AppUser).where(AppUser.login == "hr")).one()
    head = token_for(session, house, user.id, "cases")
    assert client.get(f"{API}/cases/{filed.number}", headers=head).status_code == 200
    page = visitor.get(status).text
    assert "Wer nachgesehen hat" in page
    assert "H. R." not in page
    (held,) = re.findall(r'name="vollmacht" value="(\d+)"', page)
    assert visitor.post(f"{status}/firmen", {"vollmacht": held}, of=status).status_code == 303
    assert client.get(f"{API}/cases/{filed.number}", headers=head).status_code == 404


def test_machines_read_what_mandates_cover_and_nothing_else(
    client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    case = case_with_mandate(session, house, ("tasks",))
    user_id = hr(session, clock, case.company_id)
    head = token_for(session, house, user_id, "cases", "export", "appointments")
    listed = client.get(f"{API}/cases", headers=head).json
    (one,) = listed["cases"]
    assert (one["number"], one["state"], one["decided"]) == (case.number, None, None)
    assert one["whose_turn"]
    assert client.get(f"{API}/cases?limit=1", headers=head).json["next"] == case.id
    assert client.get(f"{API}/cases?after={case.id}", headers=head).json["cases"] == []
    assert client.get(f"{API}/appointments", headers=head).json == {"appointments": []}
    assert client.get(f"{API}/tasks", headers=head).status_code == 200
    table = client.get(f"{API}/export.csv", headers=head)
    assert case.number in table.text
    book = load_workbook(io.BytesIO(client.get(f"{API}/export.xlsx", headers=head).data))
    assert book["Vorgänge"]["A2"].value == case.number
    assert session.scalars(select(CompanyLook.looks)).one() == 5
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "fastlane.list")).first()
    assert entry is not None
    assert (entry.facts["company"], entry.actor_name) == (case.company_id, "Schnittstelle HR")


# Cause -> status, what brings it about, what takes it away again.
CAUSES: dict[str, tuple[int, str, str]] = {
    "revoked": (401, "UPDATE api_token SET revoked_at = now()",
                "UPDATE api_token SET revoked_at = NULL"),
    "expired": (401, "UPDATE api_token SET expires_at = created_at",
                "UPDATE api_token SET expires_at = created_at + interval '30 days'"),
    "closed account": (401, "UPDATE app_user SET active = false WHERE login = 'hr'",
                       "UPDATE app_user SET active = true WHERE login = 'hr'"),
    "dismissed": (403, "UPDATE company_member SET ended_at = now()",
                  "UPDATE company_member SET ended_at = NULL"),
    "withdrawn company": (403, "UPDATE company_access SET withdrawn_at = now()",
                          "UPDATE company_access SET withdrawn_at = NULL"),
    "never admitted": (403, "UPDATE company_access SET approved_by = NULL",
                       "UPDATE company_access SET approved_by = "
                       "(SELECT id FROM app_user WHERE role = 'lead' LIMIT 1)"),
    "scope": (403, "UPDATE api_token SET scopes = '{export}'",
              "UPDATE api_token SET scopes = '{cases}'"),
    "ended mandate": (404, "UPDATE mandate SET revoked_at = now()",
                      "UPDATE mandate SET revoked_at = NULL"),
    "other company": (404, "UPDATE vorgang SET company_id = NULL",
                      "UPDATE vorgang SET company_id = (SELECT company_id FROM company_member)"),
}  # fmt: skip


def test_every_wrong_call_of_a_machine_is_refused_without_a_word_too_much(
    client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    case = case_with_mandate(session, house)
    number, company_id = case.number, case.company_id
    user_id = hr(session, clock, company_id)
    head = token_for(session, house, user_id, "cases")

    def call(what: str, status: int, number: str, head: dict[str, str]) -> None:
        answer = client.get(f"{API}/cases/{number}", headers=head)
        assert answer.status_code == status, what
        assert answer.content_type == "application/problem+json"
        assert "Beispiel" not in answer.text
        assert number not in answer.text
        refusals[status].add(re.sub(r'"(instance|incident)":[^,]*', "", answer.text))

    refusals: dict[int, set[str]] = {401: set(), 403: set(), 404: set()}
    for what, (status, sql, undo) in CAUSES.items():
        session.execute(text(sql))
        session.commit()
        call(what, status, number, head)
        session.execute(text(undo))
        session.commit()
    call("guessed number", 404, "ABH-2026-9999999", head)
    call("guessed token", 401, number, {"Authorization": "Bearer abhf_" + "x" * 44})
    log_in(client, session, user_id, clock)
    call("login of a browser", 401, number, {})
    assert {status: len(texts) for status, texts in refusals.items()} == {401: 1, 403: 1, 404: 1}
    logged = session.scalars(
        select(AuditEntry).where(AuditEntry.action.in_(("firma.refused", "token.refused")))
    ).all()
    assert [entry.facts["company"] for entry in logged] == [company_id] * 7
    assert client.get(f"{API}/cases/{number}", headers=head).status_code == 200


def test_a_token_opens_the_interface_of_companies_and_no_page(
    client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    case = case_with_mandate(session, house)
    head = token_for(session, house, hr(session, clock, case.company_id), "cases")
    assert client.get("/firma", headers=head).status_code == 303
    assert client.get("/api/v1/cases", headers=head).status_code == 401
    assert client.get("/api/v1/session", headers=head).status_code == 401


def test_too_many_calls_wait(
    client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    case = case_with_mandate(session, house)
    head = token_for(session, house, hr(session, clock, case.company_id), "cases")
    assert client.get(f"{API}/cases", headers=head).status_code == 200
    session.execute(update(schluessel.ApiToken).values(window_calls=schluessel.CALLS_PER_WINDOW))
    session.commit()
    slowed = client.get(f"{API}/cases", headers=head)
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "61")
    clock.advance(timedelta(seconds=61))
    assert client.get(f"{API}/cases", headers=head).status_code == 200


def test_documents_are_filed_once_for_a_key(
    client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    case = case_with_mandate(session, house)
    head = token_for(session, house, hr(session, clock, case.company_id), "documents")
    path = f"{API}/cases/{case.number}/documents"
    content = base64.b64encode(factories.a_pdf("Vertrag")).decode()
    body = {"documents": [{"kind": "arbeitsvertrag", "name": "v.pdf", "content": content}]}
    keyed = {**head, "Idempotency-Key": "auftrag-0123456789"}
    assert client.post(path, json=body, headers=head).status_code == 422, "without a key"
    answers = [client.post(path, json=body, headers=keyed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json == answers[1].json == {"number": case.number, "documents": 1}
    assert session.scalars(select(Evidence.kind)).all() == ["arbeitsvertrag"]
    other = {"documents": [{**body["documents"][0], "name": "w.pdf"}]}
    assert client.post(path, json=other, headers=keyed).status_code == 409
    wrong = {"documents": [{**body["documents"][0], "kind": "stellungnahme"}]}
    assert client.post(path, json=wrong, headers=keyed).status_code == 422
    session.execute(update(Mandate).values(scope=["state"]))
    session.commit()
    fresh = {**head, "Idempotency-Key": "auftrag-9876543210"}
    assert client.post(path, json=body, headers=fresh).status_code == 404


def test_what_a_company_typed_survives_the_second_step_of_the_login(
    visitor: Visitor, client: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    user_id = hr(session, clock, None)
    zweitfaktor.provide(session, user_id, SHARED, secret=SECRET, now=clock.now())
    session.commit()
    held = {"geparkt-url": "/firma/wahl", "geparkt-feld": '["note", "noch da"]'}
    asked = visitor.post("/login", {"login": "hr", "password": PASSWORD, **held})
    assert asked.status_code == 200
    assert "noch da" in asked.text
    again = visitor.post("/login/code", {"code": "abc", **held})
    assert again.status_code == 422
    assert "noch da" in again.text
    code = zweitfaktor.code_at(SHARED, clock.now())
    done = visitor.post("/login/code", {"code": code, **held})
    assert done.status_code == 200
    assert 'action="/firma/wahl"' in done.text
    assert "noch da" in done.text
