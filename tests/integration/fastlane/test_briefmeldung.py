"""Mails that a letter to the company is there: who gets none comes first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from abh.access.actor import SYSTEM
from abh.access.tables import AppUser
from abh.documents import service as letters
from abh.documents.letter_content import LetterOrder
from abh.documents.tables import Letter
from abh.documents.zeichnung_types import Channel
from abh.fastlane import briefmeldung, firmenbriefe
from abh.fastlane.tables import CompanyMember, Mandate
from abh.fastlane.tables_firma import LetterNotice
from abh.fastlane.tables_zugang import AgencyPower, CompanyAccess, CompanySite
from abh.fastlane.zugang import acting
from abh.outbox.tables import OutboxMessage
from tests.integration.fastlane.conftest import admitted, boss, login_of


@pytest.fixture
def told(desk: Any) -> Any:
    """A company with two logins, a mandate with all scopes and one letter to it."""
    company = admitted(desk)
    desk.who = boss(desk, company.id)
    desk.hr = acting(desk.session, login_of(desk, company.id, "hr", "hr"), clock=desk.clock)
    desk.session.execute(
        update(AppUser).where(AppUser.role == "employer").values(email=AppUser.login)
    )
    desk.mandate = Mandate(
        company_id=company.id, person_id=desk.case.person_id, scope=["decisions", "state"],
        valid_from=desk.house.today, valid_until=date(2027, 6, 30), recorded_at=desk.clock.now(),
    )  # fmt: skip
    desk.session.add(desk.mandate)
    desk.letter = a_letter(desk, company.id)
    return desk


def a_letter(desk: Any, company_id: int | None) -> Letter:
    order = LetterOrder(
        key="N03", outcome="automatisch", akte_id=desk.case.akte_id, vorgang_id=desk.case.id,
        unit_key=desk.case.unit_key, reference=desk.case.number, recipient=("Firma",),
        addressee="", channel=Channel.POST, company_id=company_id,
        fields={"application": "Antrag", "status_words": "Läuft.", "next_words": "Nichts."},
    )  # fmt: skip
    return letters.issue(desk.session, desk.house, SYSTEM, order)


def mails(desk: Any) -> list[str]:
    desk.session.flush()
    rows = desk.session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.dedup_key.startswith("mail:firmenbrief:"))
        .order_by(OutboxMessage.id)
    )
    return [row.payload["to"] for row in rows]


def tell(desk: Any) -> int:
    return briefmeldung.tell_letters(desk.session, desk.house, 50)


def _ended(desk: Any) -> None:
    desk.mandate.revoked_at = desk.clock.now()


def _narrow(desk: Any) -> None:
    desk.mandate.scope = ["state", "tasks"]


def _withdrawn(desk: Any) -> None:
    desk.session.execute(update(CompanyAccess).values(withdrawn_at=desk.clock.now()))


def _to_the_person(desk: Any) -> None:
    desk.letter.company_id = None


def _unsigned(desk: Any) -> None:
    desk.letter.state = "draft"


def _old(desk: Any) -> None:
    desk.letter.released_at = desk.clock.now() - briefmeldung.NEWS_FOR - timedelta(days=1)


def _dismissed(desk: Any) -> None:
    desk.session.execute(update(CompanyMember).values(ended_at=desk.clock.now()))


def _other_site(desk: Any) -> None:
    site = desk.session.scalars(select(CompanySite.id).order_by(CompanySite.id)).first()
    desk.session.execute(update(CompanyMember).values(site_ids=[site]))


def _switched_off(desk: Any) -> None:
    for who in (desk.who, desk.hr):
        briefmeldung.choose(desk.session, desk.house, who, wanted=False)


@pytest.mark.parametrize(
    "why",
    [_ended, _narrow, _withdrawn, _to_the_person, _unsigned, _old, _dismissed, _other_site,
     _switched_off],
)  # fmt: skip
def test_nobody_is_told_of_what_nobody_may_read_or_wants_to_hear(told: Any, why: Any) -> None:
    why(told)
    told.session.flush()
    assert tell(told) == 0
    assert mails(told) == []


def test_every_member_gets_one_mail_a_day_that_says_nothing(told: Any) -> None:
    assert tell(told) == 2
    assert sorted(mails(told)) == ["boss@firma.example", "hr@firma.example"]
    a_letter(told, told.who.company_id)
    assert tell(told) == 0
    told.clock.advance(timedelta(days=1))
    firmenbriefe.letter_file(
        told.session, told.house, told.hr, told.case.number,
        told.session.scalars(select(Letter.id).order_by(Letter.id.desc())).first(),
    )  # fmt: skip
    assert tell(told) == 1
    assert mails(told)[2:] == ["boss@firma.example"]
    assert tell(told) == 0
    text = told.session.scalars(
        select(OutboxMessage.payload).where(OutboxMessage.dedup_key.startswith("mail:firmenbrief:"))
    ).first()["text"]
    assert told.case.number not in text
    assert told.house.link("firma", "mitteilungen") in text


def test_an_agency_is_told_while_its_power_lasts(told: Any) -> None:
    agency = admitted(told, kind="agency", name="Kanzlei Muster", register_no="PR 99")
    login_of(told, agency.id, "anwalt")
    told.session.execute(
        update(AppUser).where(AppUser.login == "anwalt@firma.example").values(email=AppUser.login)
    )
    power = AgencyPower(
        company_id=told.who.company_id, agency_id=agency.id, valid_until=told.house.today,
        granted_at=told.clock.now(), granted_by=told.who.actor.user_id,
    )  # fmt: skip
    told.session.add(power)
    told.session.flush()
    tell(told)
    assert "anwalt@firma.example" in mails(told)
    a_letter(told, told.who.company_id)
    told.clock.advance(timedelta(days=1))
    assert tell(told) == 2


def test_machines_list_letters_in_the_order_of_their_release(told: Any) -> None:
    late = a_letter(told, told.who.company_id)
    a_letter(told, None)
    told.letter.released_at = told.clock.now() + timedelta(hours=1)
    told.session.flush()

    def ids(after: int, limit: int = 10) -> list[int]:
        found = firmenbriefe.letters_after(
            told.session, told.who, clock=told.house, after=after, limit=limit
        )
        return [one.id for one in found]

    assert ids(0) == [late.id, told.letter.id]
    assert ids(0, 1) == [late.id]
    assert ids(late.id) == [told.letter.id]
    assert ids(told.letter.id) == []
    assert ids(10**9) == [late.id, told.letter.id]
    _narrow(told)
    told.session.flush()
    assert ids(0) == []


def test_the_switch_is_each_login_s_own(told: Any) -> None:
    briefmeldung.choose(told.session, told.house, told.hr, wanted=False)
    assert briefmeldung.wants_mail(told.session, told.who)
    assert not briefmeldung.wants_mail(told.session, told.hr)
    tell(told)
    assert mails(told) == ["boss@firma.example"]
    assert told.session.scalars(select(LetterNotice.user_id)).all() == [told.who.actor.user_id]
