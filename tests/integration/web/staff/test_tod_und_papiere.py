"""The case page: a death is noted and taken back, papers that are out are noted as returned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from abh.documents.tables import FormIssue
from abh.workflows.steps import load_case
from tests.integration.web.staff.conftest import Amt


@pytest.fixture
def number(amt: Amt) -> str:
    """A case whose Fiktionsbescheinigung is in the person's hand."""
    number = amt.file().number
    with amt.sessions() as session, session.begin():
        case = load_case(session, amt.house, number=number)
        user = session.execute(text("SELECT min(id) FROM app_user")).scalar_one()
        session.execute(
            insert(FormIssue).values(
                vorgang_id=case.id, form="D3", serial_no="FB 12", issued_by=user,
                issued_on=amt.house.today, valid_until=amt.house.today + timedelta(days=90),
            )
        )  # fmt: skip
    return number


def version(amt: Amt, number: str) -> int:
    return int(
        amt.row("SELECT row_version FROM vorgang WHERE number = :n", n=number)["row_version"]
    )


def test_a_death_closes_the_case_shows_on_it_and_its_papers_come_back(
    amt: Amt, number: str
) -> None:
    clerk, url = amt.client(), f"/vorgang/{number}"
    assert "Tod der Person vermerken" in clerk.get(url).text
    sent = {"row_version": version(amt, number), "tod.died_on": "", "tod.source": "urkunde"}
    assert "Bitte ein Datum" in clerk.post(f"{url}/tod", sent, status=422).text
    clerk.post(f"{url}/tod", sent | {"tod.died_on": "20.11.2026"}, status=303)
    page = clerk.get(url).text
    assert "verstorben am 20.11.2026" in page and "abgeschlossen" in page
    assert amt.row("SELECT email FROM person p JOIN vorgang v ON v.person_id = p.id"
                   " WHERE v.number = :n", n=number)["email"] is None  # fmt: skip
    listed = clerk.get("/rueckgaben").text
    assert number in listed and "FB 12" in listed and "verstorben" in listed
    key = amt.row("SELECT id FROM form_issue WHERE serial_no = 'FB 12'")["id"]
    back = {"row_version": version(amt, number), "rueckgabe.papers": f"D3-{key}"}
    clerk.post(f"{url}/rueckgabe", back, status=303)
    assert number not in clerk.get("/rueckgaben").text
    assert "Alle Papiere sind zurück" in clerk.get("/rueckgaben").text
    wrong = {"row_version": version(amt, number), "tod.reason": "Verwechslung"}
    clerk.post(f"{url}/tod/berichtigen", wrong, status=303)
    assert "Tod der Person vermerken" in clerk.get(url).text


def test_the_list_of_another_sachgebiet_does_not_show_it(amt: Amt, number: str) -> None:
    clerk, url = amt.client(), f"/vorgang/{number}"
    sent = {"row_version": version(amt, number), "tod.source": "urkunde"}
    clerk.post(f"{url}/tod", sent | {"tod.died_on": "20.11.2026"}, status=303)
    login = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG3' AND rank = 'SB' LIMIT 1")
    other = amt.client(str(login["login"]))
    assert number not in other.get("/rueckgaben").text
    other.post(f"{url}/tod/berichtigen", {"row_version": 1, "tod.reason": "Irrtum"}, status=403)
