"""Bulk signing of like letters: only what was shown counts, one refusal stops no other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from abh.access.actor import applicant_actor
from abh.documents import service as letters
from abh.documents.letters import LETTERS
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel
from abh.workflows.tables import Vorgang
from tests import factories
from tests.integration.web.staff.conftest import LEAD, Amt, Browser

PAGE = "/unterschriften/stapel"


@pytest.fixture
def bundle(amt: Amt) -> list[int]:
    """Three refusals of three people, prepared by a clerk; and a fourth letter of another kind."""
    with amt.sessions() as session, session.begin():
        clerk = factories.staff(session, "SG1", rank="SB")
        made = []
        for nth in range(3):
            filed = factories.file_case(session, amt.house, applicant_actor(), **_somebody(nth))
            case = session.get_one(Vorgang, filed.vorgang_id)
            made.append(letters.prepare(session, amt.house, clerk, _order(case, "N12")).id)
        letters.prepare(session, amt.house, clerk, _order(case, "N07"))
    return made


def _somebody(nth: int) -> dict[str, Any]:
    return {"person__family_name": ("Nguyễn", "Şahin", "Müller")[nth]}


def _order(case: Vorgang, key: str) -> letters.LetterOrder:
    return letters.LetterOrder(
        key=key,
        akte_id=case.akte_id,
        vorgang_id=case.id,
        unit_key="SG1",
        reference=case.number,
        recipient=("Erika Muster", "Graf-Adolf-Straße 12", "40212 Düsseldorf"),
        addressee="Erika Muster",
        fields=LETTERS[key].samples[""],
        channel=Channel.PZU,
    )


def _state(amt: Amt, letter: int) -> str:
    return str(amt.row("SELECT state FROM letter WHERE id = :id", id=letter)["state"])


def _look(lead: Browser, letter: int) -> None:
    assert lead.get(f"{PAGE}/{letter}/entwurf.pdf").data.startswith(b"%PDF")


def test_the_bundle_holds_the_like_letters_and_offers_the_next_unseen(
    amt: Amt, bundle: list[int]
) -> None:
    lead = amt.client(LEAD)
    assert "3 gleiche Briefe" in lead.get(f"/unterschriften?brief={bundle[0]}").text
    page = lead.get(f"{PAGE}?brief={bundle[0]}").text
    assert page.count('name="briefe"') == 3
    assert page.count("disabled") == 2
    assert f"brief={bundle[1]}" in page
    _look(lead, bundle[0])
    assert "angesehen</span>" in lead.get(f"{PAGE}?brief={bundle[1]}").text
    lead.get(f"{PAGE}?brief=999999", 404)


def test_only_letters_that_were_shown_to_the_signer_are_signed(amt: Amt, bundle: list[int]) -> None:
    lead, colleague = amt.client(LEAD), amt.client()
    _look(lead, bundle[0])
    _look(lead, bundle[1])
    # What somebody else looked at counts for nobody but them.
    _look(colleague, bundle[2])
    page = lead.post(PAGE, {"brief": bundle[0], "briefe": bundle}, status=200).text
    assert [_state(amt, each) for each in bundle] == ["released", "released", "signing"]
    assert page.count("gezeichnet und zur Akte genommen") == 2
    assert "noch nicht angesehen" in page


def test_a_refusal_of_one_leaves_the_others_signed(amt: Amt, bundle: list[int]) -> None:
    lead = amt.client(LEAD)
    for each in bundle:
        _look(lead, each)
    amt.change(
        "INSERT INTO signing_exclusion (user_id, person_id, ground) SELECT u.id, a.person_id, 'x'"
        " FROM app_user u, letter l JOIN akte a ON a.id = l.akte_id"
        " WHERE u.login = :login AND l.id = :letter",
        login=LEAD,
        letter=bundle[1],
    )
    page = lead.post(PAGE, {"brief": bundle[0], "briefe": bundle}, status=200).text
    assert [_state(amt, each) for each in bundle] == ["released", "signing", "released"]
    assert "ausgeschlossen oder befangen" in page


def test_a_change_after_the_look_makes_the_look_void(amt: Amt, bundle: list[int]) -> None:
    lead = amt.client(LEAD)
    _look(lead, bundle[0])
    with amt.sessions() as session, session.begin():
        content = session.get_one(Letter, bundle[0]).content
        changed = {**content, "addressee": "Jemand anders"}
        session.execute(update(Letter).where(Letter.id == bundle[0]).values(content=changed))
    page = lead.post(PAGE, {"brief": bundle[0], "briefe": [bundle[0]]}, status=200).text
    assert "danach geändert" in page
    assert _state(amt, bundle[0]) == "signing"


def test_nobody_sees_or_signs_the_bundle_of_another_sachgebiet(amt: Amt, bundle: list[int]) -> None:
    other = amt.client(_lead_of(amt, "SG3"))
    other.get(f"{PAGE}?brief={bundle[0]}", 403)
    other.get(f"{PAGE}/{bundle[0]}/entwurf.pdf", 403)
    other.post(PAGE, {"brief": bundle[0], "briefe": bundle}, status=403)
    assert {_state(amt, each) for each in bundle} == {"signing"}


def _lead_of(amt: Amt, unit: str) -> str:
    row = amt.row(
        "SELECT login FROM app_user WHERE unit_key = :unit AND rank = 'SGL' LIMIT 1", unit=unit
    )
    return str(row["login"])
