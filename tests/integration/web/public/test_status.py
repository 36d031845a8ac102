"""The page behind the status link: only with its token, what is missing, letters, taking back."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.access.tables import AuditEntry
from abh.documents.house import House
from abh.documents.tables import Letter
from abh.kernel.clock import FixedClock
from abh.outbox.tables import OutboxMessage
from abh.workflows import service
from abh.workflows.intake import Filed
from abh.workflows.steps import load_case
from abh.workflows.tables import Evidence
from tests import factories
from tests.integration.web.public.conftest import Visitor


@pytest.fixture
def filed(session: Session, house: House) -> Filed:
    """A filed application without the degree certificate."""
    kinds = [k for k in factories.EVIDENCE if k != "hochschulabschluss"]
    made = factories.file_case(session, house, applicant_actor(), evidence=kinds)
    session.commit()
    return made


def ask(session: Session, house: House, clerk: Actor, filed: Filed) -> None:
    service.take_step(session, house, clerk, filed.vorgang_id, "nachfordern", expected_version=None)
    session.commit()


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00" * 22, "é" * 22])
def test_whatever_is_no_link_gets_the_same_answer(
    visitor: Visitor, filed: Filed, token: str
) -> None:
    for path in ("", "/brief/1", "/zuruecknehmen"):
        answer = visitor.get(f"/status/{token}{path}?lang=de")
        assert answer.status_code == 404
        assert filed.number not in answer.text


def test_a_letter_of_another_case_is_not_found(
    visitor: Visitor, session: Session, house: House, filed: Filed
) -> None:
    other = factories.file_case(
        session, house, applicant_actor(), person__family_name="Ōta", person__given_names="Yuki"
    )
    session.commit()
    assert visitor.get(f"/status/{filed.token}/brief/{filed.letter_id}").status_code == 200
    assert visitor.get(f"/status/{filed.token}/brief/{other.letter_id}").status_code == 404
    assert visitor.get(f"/status/{filed.token}/brief/{10**30}").status_code == 404


def test_an_act_is_not_put_on_the_page(
    visitor: Visitor, session: Session, house: House, filed: Filed
) -> None:
    letter = session.get(Letter, filed.letter_id)
    assert letter is not None
    acts = next(
        (order.version, rule.id) for order in house.zeichnung for rule in order.rules if rule.act
    )
    letter.rule_version, letter.rule_id = acts
    session.commit()
    assert "Eingangsbestätigung (PDF)" not in visitor.get(f"/status/{filed.token}?lang=de").text
    assert visitor.get(f"/status/{filed.token}/brief/{filed.letter_id}").status_code == 404


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("de", "Wir prüfen, ob alles vorliegt"),
        ("en", "check whether it is complete"),
        ("ar", "ونتحقق من اكتماله"),
    ],
)
def test_the_page_says_where_the_case_stands_and_every_look_is_logged(
    visitor: Visitor, session: Session, filed: Filed, lang: str, words: str
) -> None:
    page = visitor.get(f"/status/{filed.token}?lang={lang}")
    assert page.status_code == 200
    assert words in page.text
    assert "20.12.2026" in page.text
    for secret in ("BVA", "Sicherheitsabfrage", "Ausweisungsinteresse"):
        assert secret not in page.text
    looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "status.read")).all()
    assert [(x.vorgang_id, x.is_read) for x in looks] == [(filed.vorgang_id, True)]


def test_what_is_missing_is_named_and_can_be_handed_in_once(
    visitor: Visitor, session: Session, house: House, filed: Filed
) -> None:
    clerk = factories.staff(session, "SG1", rank="SB")
    ask(session, house, clerk, filed)
    here = f"/status/{filed.token}"
    page = visitor.get(f"{here}?lang=de").text
    assert "Das fehlt noch" in page
    assert 'name="files.hochschulabschluss"' in page
    assert "Sie sind am Zug" in page
    empty = visitor.post(f"{here}/unterlagen", {}, of=here)
    assert empty.status_code == 422
    assert "mindestens eine Datei" in empty.text
    pdf = factories.a_pdf("Urkunde")
    broken = visitor.post(
        f"{here}/unterlagen", {"files.hochschulabschluss": (BytesIO(b""), "leer.pdf")}, of=here
    )
    assert broken.status_code == 422
    assert "„leer.pdf“ ist leer" in broken.text
    for _ in range(2):
        answer = visitor.post(
            f"{here}/unterlagen",
            {"files.hochschulabschluss": (BytesIO(pdf), "urkunde.pdf")},
            of=here,
        )
        assert answer.status_code == 303
    session.expire_all()
    kinds = session.scalars(select(Evidence.kind).where(Evidence.vorgang_id == filed.vorgang_id))
    assert list(kinds).count("hochschulabschluss") == 1
    assert load_case(session, house, number=filed.number).state == "completeness_check"
    assert "Eine Datei ist angekommen" in visitor.get(answer.location).text
    news = session.scalars(
        select(OutboxMessage.dedup_key).where(OutboxMessage.dedup_key.like("mail:brief:%"))
    ).all()
    assert len(news) == 1


def test_a_kind_that_nobody_knows_is_not_filed(
    visitor: Visitor, session: Session, filed: Filed
) -> None:
    here = f"/status/{filed.token}"
    answer = visitor.post(
        f"{here}/unterlagen", {"files.bescheid": (BytesIO(factories.a_pdf()), "x.pdf")}, of=here
    )
    assert answer.status_code == 422
    assert session.scalar(select(Evidence).where(Evidence.kind == "bescheid")) is None


def test_more_time_can_be_asked_for_once(
    visitor: Visitor, session: Session, house: House, filed: Filed
) -> None:
    here = f"/status/{filed.token}"
    assert visitor.post(f"{here}/mehr-zeit", {"grund": "x"}, of=here).status_code == 303
    assert not load_case(session, house, number=filed.number).facts.request.extension_asked
    ask(session, house, factories.staff(session, "SG1", rank="SB"), filed)
    answer = visitor.post(f"{here}/mehr-zeit", {"grund": "Die Uni\0 antwortet nicht."}, of=here)
    assert answer.status_code == 303
    session.expire_all()
    assert load_case(session, house, number=filed.number).facts.request.extension_asked
    assert "um mehr Zeit gebeten" in visitor.get(f"{here}?lang=de").text


def test_the_application_can_be_taken_back_after_a_question(
    visitor: Visitor, session: Session, house: House, filed: Filed
) -> None:
    here = f"/status/{filed.token}"
    question = visitor.get(f"{here}/zuruecknehmen?lang=de")
    assert "Der Schutz endet" in question.text
    assert visitor.post(f"{here}/zuruecknehmen", {"version": "1"}).status_code == 409
    version = visitor.hidden(f"{here}/zuruecknehmen")["version"]
    assert visitor.post(f"{here}/zuruecknehmen", {"version": version}).status_code == 303
    session.expire_all()
    assert load_case(session, house, number=filed.number).state == "withdrawn"
    page = visitor.get(f"{here}?lang=de").text
    assert "Sie haben Ihren Antrag zurückgenommen." in page
    assert "abgeschlossen" in page
    assert visitor.get(f"{here}/zuruecknehmen").status_code == 404


def test_an_invited_person_finds_the_way_to_the_appointment(
    visitor: Visitor, session: Session, house: House, filed: Filed, clock: FixedClock
) -> None:
    clerk = factories.staff(session, "SG1", rank="SB")
    checks = {
        "identity_clarified": True, "visa_fits": True, "expulsion_interest": False,
        "entry_ban": False, "exclusion_19f": "", "job_adequate": True, "degree_recognised": True,
    }  # fmt: skip
    service.record_findings(session, house, clerk, filed.vorgang_id, checks, expected_version=None)
    service.add_documents(
        session, house, applicant_actor(), filed.vorgang_id,
        factories.uploads(["hochschulabschluss"]), received_on=house.today,
    )  # fmt: skip
    for step in ("vollstaendig", "zum_termin_einladen"):
        service.take_step(session, house, clerk, filed.vorgang_id, step, expected_version=None)
    session.commit()
    page = visitor.get(f"/status/{filed.token}?lang=de").text
    assert "Termin aussuchen" in page
    assert "https://abh.example.org/termin/" in page
