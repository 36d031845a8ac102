"""A clerk makes the translation of a refusal from its page."""

from __future__ import annotations

import pytest

from abh.access.actor import applicant_actor
from abh.documents import service as letters
from abh.documents.letters import LETTERS
from abh.documents.zeichnung_types import Channel
from abh.workflows.tables import Vorgang
from tests import factories
from tests.integration.web.staff.conftest import Amt, Browser

UNKNOWN = "Für diese Entscheidung wird eine Gebühr von 50,00 Euro erhoben."


@pytest.fixture
def refusal(amt: Amt) -> int:
    """A signed refusal with one sentence that is checked and one that is not."""
    with amt.sessions() as session, session.begin():
        clerk = factories.staff(session, "SG1", rank="SB")
        lead = factories.staff(session, "SG1", rank="SGL")
        filed = factories.file_case(session, amt.house, applicant_actor())
        case = session.get_one(Vorgang, filed.vorgang_id)
        order = letters.LetterOrder(
            key="N12",
            akte_id=case.akte_id,
            vorgang_id=case.id,
            unit_key="SG1",
            reference=case.number,
            recipient=("Erika Muster", "Graf-Adolf-Straße 12", "40212 Düsseldorf"),
            addressee="Erika Muster",
            fields={
                **LETTERS["N12"].samples[""],
                "tenor": ["Ihr Antrag vom 5. Oktober 2026 wird abgelehnt.", UNKNOWN],
            },
            channel=Channel.PZU,
        )
        prepared = letters.prepare(session, amt.house, clerk, order)
        return letters.sign(session, amt.house, lead, prepared.id).id


def test_known_sentences_are_given_and_others_asked_of_a_person(
    amt: Amt, clerk: Browser, refusal: int
) -> None:
    url = f"/brief/{refusal}/uebersetzung"
    page = clerk.get(f"{url}?sprache=ar").text
    assert "تم رفض طلبك المؤرخ في \u200e05.10.2026\u200e." in page
    assert page.count("<textarea") == 1
    refused = clerk.post(url, {"sprache": "ar"}, status=422).text
    assert UNKNOWN in refused
    clerk.post(url, {"sprache": "ar", "satz-1": "رسوم هذا القرار 50,00 يورو."})
    row = amt.row("SELECT * FROM letter WHERE key = 'uebersetzung'")
    assert (row["state"], row["remedy"], row["rule_id"]) == ("released", "keine", "R50")
    assert row["content"]["extra"]["translation_of"] == refusal
    assert [part["german"] for part in row["content"]["fields"]["decision"]][1] == UNKNOWN
    notice = amt.row("SELECT state, pdf_sha256 FROM letter WHERE id = :id", id=refusal)
    assert notice["state"] == "released"


def test_a_letter_without_decision_or_a_foreign_case_is_not_translated(
    amt: Amt, clerk: Browser, refusal: int
) -> None:
    confirmation = amt.row("SELECT id FROM letter WHERE key = 'N01'")["id"]
    clerk.get(f"/brief/{confirmation}/uebersetzung", 409)
    clerk.get(f"/brief/{refusal}/uebersetzung?sprache=xx", 404)
    login = amt.row("SELECT login FROM app_user WHERE unit_key = 'SG3' AND rank = 'SB' LIMIT 1")
    amt.client(login["login"]).get(f"/brief/{refusal}/uebersetzung", 403)
