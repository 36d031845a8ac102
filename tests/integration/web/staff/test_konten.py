"""The technician keeps accounts of the staff: links for a password, closing, powers by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from abh.access.actor import SYSTEM, Actor
from abh.access.policy import Power
from abh.access.sessions import actor_of_user
from abh.access.tables import AppUser
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.office import konten, repository
from abh.office.file import load_office
from abh.office.service import import_office
from abh.settings import ROOT
from tests.integration.web.staff.conftest import CLERK, COLLEAGUE, Amt, Browser

NEW = "ein neues langes Passwort"


@pytest.fixture
def technician(amt: Amt) -> Browser:
    """A browser of the technician of the imported office."""
    login = amt.row("SELECT login FROM app_user WHERE role = 'admin' ORDER BY id LIMIT 1")["login"]
    return amt.client(login)


def user(amt: Amt, login: str) -> Any:
    return amt.row("SELECT * FROM app_user WHERE login = :login", login=login)


def link_shown(technician: Browser, user_id: int) -> str:
    answer = technician.post(f"/betrieb/konten/{user_id}/zeigen", {}, status=200)
    found = re.search(r'value="[^"]*(/passwort/[\w-]{22})"', answer.text)
    assert found
    assert answer.headers["Cache-Control"] == "no-store"
    return found[1]


def choose(client: FlaskClient, link: str, password: str, again: str = "") -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(link).text)
    data = {"csrf_token": found[1] if found else "", "password": password}
    return client.post(link, data=data | {"again": again or password})


def acting(amt: Amt, login: str) -> Actor:
    with amt.sessions() as session:
        return actor_of_user(session.query(AppUser).filter(AppUser.login == login).one())


def admin_of(amt: Amt) -> Actor:
    row = amt.row("SELECT login FROM app_user WHERE role = 'admin' ORDER BY id LIMIT 1")
    return acting(amt, row["login"])


def test_nobody_but_the_technician_sees_or_changes_accounts(amt: Amt, clerk: Browser) -> None:
    me = user(amt, CLERK)["id"]
    clerk.get("/betrieb/konten", 403)
    clerk.post(f"/betrieb/konten/{me}/zeigen", {}, status=403)
    with amt.sessions() as session, pytest.raises(NotAllowed):
        konten.order_link(session, acting(amt, CLERK), me, now=amt.clock.now(), mailed=False)


def test_a_link_sets_a_password_once_and_ends_every_session(
    amt: Amt, technician: Browser, clerk: Browser
) -> None:
    link = link_shown(technician, user(amt, CLERK)["id"])
    clerk.get("/desk")  # the old password and its sessions hold until the link is used
    somebody = amt.app.test_client()
    assert choose(somebody, link, "kurz").status_code == 422
    unequal = choose(somebody, link, NEW, again="anders getippt")
    assert unequal.status_code == 422
    assert NEW not in unequal.text
    assert choose(somebody, link, NEW).status_code == 303
    assert somebody.get(link).status_code == 404
    clerk.get("/desk", 303)
    token = re.search(r'name="csrf_token" value="([^"]+)"', somebody.get("/login").text)
    assert token
    data = {"csrf_token": token[1], "login": CLERK, "password": NEW}
    assert somebody.post("/login", data=data).status_code == 303


def test_a_newer_link_a_closed_account_and_three_days_end_a_link(
    amt: Amt, technician: Browser
) -> None:
    me = user(amt, CLERK)["id"]
    somebody = amt.app.test_client()
    first, second = link_shown(technician, me), link_shown(technician, me)
    assert [somebody.get(each).status_code for each in (first, second)] == [404, 200]
    technician.post(f"/betrieb/konten/{me}/sperren", {})
    assert somebody.get(second).status_code == 404
    technician.post(f"/betrieb/konten/{me}/zeigen", {}, status=409)
    technician.post(f"/betrieb/konten/{me}/oeffnen", {})
    third = link_shown(technician, me)
    amt.change("UPDATE password_link SET expires_at = :now", now=amt.clock.now())
    assert somebody.get(third).status_code == 404


def test_the_mail_carries_the_link_and_the_page_does_not(amt: Amt, technician: Browser) -> None:
    me = user(amt, CLERK)["id"]
    amt.change("UPDATE app_user SET email = 'amt@example.org' WHERE id = :id", id=me)
    technician.post(f"/betrieb/konten/{me}/link", {})
    assert "/passwort/" not in technician.get(f"/betrieb/konten/{me}").text
    mail = amt.row("SELECT payload FROM outbox_message WHERE dedup_key LIKE 'mail:passwort:%'")
    assert mail["payload"]["to"] == "amt@example.org"
    link = re.search(r"(/passwort/[\w-]{22})", mail["payload"]["text"])
    assert link
    assert choose(amt.app.test_client(), link[1], NEW).status_code == 303
    amt.change("UPDATE app_user SET email = NULL WHERE id = :id", id=me)
    technician.post(f"/betrieb/konten/{me}/link", {}, status=409)


def test_all_without_a_password_get_one_link_each(amt: Amt, technician: Browser) -> None:
    amt.change("UPDATE app_user SET email = NULL")
    amt.change(
        "UPDATE app_user SET password_hash = '!', email = CASE WHEN login = :one"
        " THEN 'a@example.org' END WHERE login IN (:one, :two)",
        one=CLERK, two=COLLEAGUE,
    )  # fmt: skip
    count = "SELECT count(*) AS n FROM outbox_message WHERE dedup_key LIKE 'mail:passwort:%'"
    technician.post("/betrieb/konten", {})
    assert "1 Konten haben keine E-Mail-Adresse" in technician.get("/betrieb/konten").text
    technician.post("/betrieb/konten", {})
    assert amt.row(count)["n"] == 1


def test_closing_by_hand_and_extra_powers_outlive_an_import_of_the_office_file(
    amt: Amt, technician: Browser, clerk: Browser
) -> None:
    me, other = user(amt, CLERK), user(amt, COLLEAGUE)
    technician.post(f"/betrieb/konten/{me['id']}/befugnisse", {"powers": [Power.CASE_LEGAL]})
    clerk.get("/desk", 303)  # a session keeps the powers it was opened with, so it ends
    technician.post(f"/betrieb/konten/{other['id']}/sperren", {})
    fresh = amt.client(CLERK)
    with amt.sessions() as session, session.begin():
        data = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
        import_office(session, SYSTEM, data, now=amt.clock.now())
    fresh.get("/desk")  # nothing changed for this person, so the import ended no session
    assert set(user(amt, CLERK)["powers"]) == {*me["powers"], Power.CASE_LEGAL}
    assert user(amt, COLLEAGUE)["active"] is False
    technician.post(f"/betrieb/konten/{me['id']}/befugnisse", {})
    assert set(user(amt, CLERK)["powers"]) == set(me["powers"])


def test_no_power_beyond_the_role_and_none_for_oneself(amt: Amt) -> None:
    admin = admin_of(amt)
    assert admin.user_id is not None
    now = amt.clock.now()
    me = user(amt, CLERK)["id"]
    with amt.sessions() as session:
        with pytest.raises(InvalidInput, match="nicht möglich"):
            konten.give_powers(session, admin, me, [Power.ADMIN], now=now)
        for act in (konten.close, konten.reset_factor):
            with pytest.raises(Conflict):
                act(session, admin, admin.user_id, now=now)
        with pytest.raises(Conflict):
            konten.give_powers(session, admin, admin.user_id, [Power.AUDIT_READ], now=now)
        repository.close_accounts(session, [CLERK])
        with pytest.raises(Conflict, match="Amtsdatei"):
            konten.reopen(session, admin, me, now=now)


def test_an_account_of_a_company_is_not_the_technicians(amt: Amt, technician: Browser) -> None:
    with amt.sessions() as session, session.begin():
        session.add(
            AppUser(
                login="hr@example.org", display_name="HR", password_hash="!", role="employer",
                rank="EXTERN", created_at=amt.clock.now(),
            )
        )  # fmt: skip
    row = user(amt, "hr@example.org")
    technician.get(f"/betrieb/konten/{row['id']}", 404)
    assert "hr@example.org" not in technician.get("/betrieb/konten").text
    with amt.sessions() as session, pytest.raises(NotFound):
        konten.close(session, admin_of(amt), row["id"], now=amt.clock.now())
