"""Companies at the door and their people: what is refused comes first, what ends ends at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from abh.access.tables import AppUser, AuditEntry, UserSession
from abh.fastlane import firmen, personen, schluessel, vertretung, vollmachten, zugang
from abh.fastlane.tables import Mandate
from abh.fastlane.tables_zugang import ApiToken, CompanyLook, CompanyRegistration
from abh.kernel.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from abh.kernel.ids import new_token, token_hash
from tests.integration.fastlane.conftest import (
    FIRM,
    PROOF,
    admitted,
    boss,
    login_of,
    token_in_mail,
)

UNTIL = date(2027, 6, 30)


def mandate(desk: Any, company_id: int, **values: Any) -> Mandate:
    row = Mandate(
        company_id=company_id, person_id=desk.case.person_id,
        **{
            "scope": ["state", "tasks"], "valid_from": desk.house.today, "valid_until": UNTIL,
            "recorded_at": desk.clock.now(), "recorded_by": desk.clerk.user_id, **values,
        },
    )  # fmt: skip
    desk.session.add(row)
    desk.session.flush()
    return row


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "verein"}, "kind"),
        ({"name": ""}, "name"),
        ({"name": "A\x00"}, "name"),
        ({"contact_email": "keine"}, "contact_email"),
        ({"contact_email": "ü@firma.example"}, "contact_email"),
        ({"sites": ["x"] * 31}, "sites"),
    ],
)
def test_a_broken_registration_is_named(desk: Any, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        firmen.register(desk.session, desk.house, {**FIRM, **changes}, PROOF)
    assert {problem.field for problem in caught.value.problems} == {field}


def test_only_who_admits_sees_the_queue_and_decides(desk: Any) -> None:
    firmen.register(desk.session, desk.house, FIRM, PROOF)
    for act in (
        lambda: firmen.queue(desk.session, desk.clerk),
        lambda: firmen.decide(desk.session, desk.house, desk.clerk, 1, "approve"),
        lambda: firmen.withdraw(desk.session, desk.house, desk.clerk, 1, "x"),
        lambda: firmen.companies(desk.session, desk.house, desk.clerk),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_returned_registration_comes_back_by_a_new_link_and_is_decided_once(desk: Any) -> None:
    first = firmen.register(desk.session, desk.house, FIRM, PROOF)
    (row,) = firmen.queue(desk.session, desk.lead)
    with pytest.raises(Conflict):
        firmen.register_again(desk.session, desk.house, first, FIRM, None)
    with pytest.raises(InvalidInput):
        firmen.decide(desk.session, desk.house, desk.lead, row.id, "return")
    firmen.decide(desk.session, desk.house, desk.lead, row.id, "return", reason="Auszug fehlt")
    with pytest.raises(NotFound):
        firmen.registration_of(desk.session, first)
    link = token_in_mail(desk.session, "/firma/registrieren/")
    firmen.register_again(desk.session, desk.house, link, {**FIRM, "city": "Neuss"}, None)
    assert (row.state, row.city) == ("applied", "Neuss")
    firmen.decide(desk.session, desk.house, desk.lead, row.id, "refuse", reason="kein Betrieb")
    with pytest.raises(Conflict):
        firmen.decide(desk.session, desk.house, desk.lead, row.id, "approve")
    assert desk.session.scalars(select(CompanyRegistration.company_id)).all() == [None]


def test_the_clerk_says_which_employer_of_our_cases_it_is(desk: Any) -> None:
    company = admitted(desk)
    assert company.id == desk.case.company_id
    assert company.register_no == "HRB 12345 Düsseldorf"
    assert [s.name for s in personen.sites(desk.session, company.id)] == ["Flughafen", "Hafen"]
    assert firmen.companies(desk.session, desk.house, desk.lead)[0]["cases"] == 1


def test_an_invitation_is_good_once_for_seven_days_and_for_its_address(desk: Any) -> None:
    company = admitted(desk)
    token = token_in_mail(desk.session, "/firma/einladung/")
    stranger = login_of(desk, company.id, "stranger")
    with pytest.raises(NotFound):
        personen.accept(desk.session, desk.house, token, name="", password="", actor=stranger)
    give = {"name": "Erika", "password": "Regenschirm-im-Flur", "actor": None}
    personen.accept(desk.session, desk.house, token, **give)
    user = desk.session.scalars(select(AppUser).where(AppUser.login == FIRM["contact_email"])).one()
    assert (user.role, user.powers) == ("employer", ["fastlane.company"])
    with pytest.raises(NotFound):
        personen.accept(desk.session, desk.house, token, **give)
    who = boss(desk, company.id)
    personen.invite(desk.session, desk.house, who, {"email": "neu@firma.example", "role": "read"})
    late = token_in_mail(desk.session, "/firma/einladung/")
    desk.clock.advance(personen.INVITATION_LIVES)
    with pytest.raises(NotFound):
        personen.invitation_of(desk.session, late, desk.house)


@pytest.mark.parametrize("role", ["hr", "read"])
def test_only_the_administration_of_a_company_touches_its_people(desk: Any, role: str) -> None:
    company = admitted(desk)
    who = zugang.acting(
        desk.session, login_of(desk, company.id, "somebody", role), clock=desk.clock
    )
    acts = (
        lambda: personen.members(desk.session, who),
        lambda: personen.invite(desk.session, desk.house, who, {}),
        lambda: personen.dismiss(desk.session, desk.house, who, 1),
        lambda: personen.reset_factor(desk.session, desk.house, who, 1),
        lambda: vertretung.give_power(desk.session, desk.house, who, "x", "hr", UNTIL),
        lambda: schluessel.make(desk.session, desk.house, who, {}),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert who.may_write == (role == "hr")


def test_a_dismissal_ends_sessions_tokens_and_every_look(desk: Any) -> None:
    company = admitted(desk)
    mandate(desk, company.id)
    who = boss(desk, company.id)
    leaver = boss(desk, company.id, "leaver")
    desk.session.add(
        UserSession(
            token_hash=token_hash(new_token()), user_id=leaver.actor.user_id,
            created_at=desk.clock.now(), last_seen_at=desk.clock.now(),
            expires_at=desk.clock.now() + timedelta(hours=1),
        )
    )  # fmt: skip
    row, secret = schluessel.make(
        desk.session, desk.house, leaver, {"name": "HR-System", "scopes": ["cases"], "days": 30}
    )
    assert schluessel.count_call(desk.session, secret, now=desk.clock.now()) is not None
    personen.dismiss(desk.session, desk.house, who, leaver.actor.user_id or 0)
    assert desk.session.scalars(select(UserSession.revoked_at)).one() == desk.clock.now()
    assert schluessel.count_call(desk.session, secret, now=desk.clock.now()) is None
    with pytest.raises(NotAllowed):
        zugang.acting(desk.session, leaver.actor, clock=desk.clock)
    with pytest.raises(NotFound):
        personen.dismiss(desk.session, desk.house, who, leaver.actor.user_id or 0)
    with pytest.raises(Conflict, match="Verwaltungsrecht"):
        personen.dismiss(desk.session, desk.house, who, who.actor.user_id or 0)
    ended = desk.session.scalar(select(ApiToken.revoked_at).where(ApiToken.id == row.id))
    assert ended == desk.clock.now()


def test_a_withdrawn_company_is_out_in_the_same_transaction(desk: Any) -> None:
    company = admitted(desk)
    mandate(desk, company.id)
    who = boss(desk, company.id)
    _, secret = schluessel.make(
        desk.session, desk.house, who, {"name": "HR", "scopes": ["cases"], "days": 30}
    )
    with pytest.raises(InvalidInput):
        firmen.withdraw(desk.session, desk.house, desk.lead, company.id, " ")
    firmen.withdraw(desk.session, desk.house, desk.lead, company.id, "insolvent")
    with pytest.raises(NotAllowed):
        zugang.acting(desk.session, who.actor, clock=desk.clock)
    assert schluessel.count_call(desk.session, secret, now=desk.clock.now()) is None
    firmen.readmit(desk.session, desk.house, desk.lead, company.id)
    assert zugang.acting(desk.session, who.actor, clock=desk.clock).company_id == company.id
    assert schluessel.count_call(desk.session, secret, now=desk.clock.now()) is None


@pytest.mark.parametrize(
    "forged",
    [
        "DELETE FROM company_access",
        "UPDATE company_access SET approved_by = NULL",
        "UPDATE company_access SET withdrawn_at = now()",
    ],
)
def test_only_the_admission_by_a_clerk_lets_a_company_in(desk: Any, forged: str) -> None:
    company = admitted(desk)
    login = login_of(desk, company.id, "boss")
    assert zugang.acting(desk.session, login, clock=desk.clock).company_id == company.id
    desk.session.execute(text(forged))
    with pytest.raises(NotAllowed):
        zugang.acting(desk.session, login, clock=desk.clock)
    with pytest.raises(NotAllowed):
        firmen.readmit(desk.session, desk.house, desk.clerk, company.id)
    firmen.readmit(desk.session, desk.house, desk.lead, company.id)
    assert zugang.acting(desk.session, login, clock=desk.clock).company_id == company.id


def test_a_power_of_a_company_that_was_never_admitted_opens_nothing(desk: Any) -> None:
    company = admitted(desk)
    agency = admitted(desk, kind="agency", name="Kanzlei Muster", register_no="PR 99")
    client, lawyer = boss(desk, company.id), login_of(desk, agency.id, "lawyer")
    number = "PR 99 Düsseldorf"
    vertretung.give_power(desk.session, desk.house, client, number, "hr", UNTIL)
    desk.session.execute(
        text("DELETE FROM company_access WHERE company_id = :id"), {"id": company.id}
    )
    who = zugang.acting(desk.session, lawyer, clock=desk.clock)
    assert [choice.company_id for choice in who.choices] == [agency.id]


def test_an_agency_acts_only_under_a_power_in_force_and_the_log_names_the_company(
    desk: Any,
) -> None:
    company = admitted(desk)
    agency = admitted(desk, kind="agency", name="Kanzlei Muster", register_no="PR 99")
    client, lawyer = boss(desk, company.id), login_of(desk, agency.id, "lawyer")
    with pytest.raises(InvalidInput):
        vertretung.give_power(desk.session, desk.house, client, "PR 1", "hr", UNTIL)
    with pytest.raises(InvalidInput):
        vertretung.give_power(
            desk.session, desk.house, client, "PR 99 Düsseldorf", "hr", date(2026, 11, 22)
        )
    vertretung.give_power(desk.session, desk.house, client, "PR 99 Düsseldorf", "hr", UNTIL)
    chosen = replace(lawyer, company_id=company.id)
    who = zugang.acting(desk.session, chosen, clock=desk.clock)
    assert (who.company_id, who.role, who.chosen.agency_id) == (company.id, "hr", agency.id)
    mandate(desk, company.id)
    zugang.note_looks(desk.session, who, [desk.case.id], what="fastlane.case", now=desk.clock.now())
    entry = desk.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "fastlane.case")
    ).one()
    assert (entry.facts["company"], entry.actor_id) == (company.id, lawyer.user_id)
    looks = vollmachten.of_employee(desk.session, desk.house, desk.case.id, desk.case.person_id)[
        "looks"
    ]
    assert [(row["company"], row["agency"], row["looks"]) for row in looks] == [
        (company.name, "Kanzlei Muster", 1)
    ]
    (power,) = vertretung.powers(desk.session, client)
    vertretung.end_power(desk.session, desk.house, client, power["id"])
    assert zugang.acting(desk.session, chosen, clock=desk.clock).company_id == agency.id


def _bad(desk: Any, company_id: int, what: str) -> None:
    """Bring about one cause for which a case must not be seen."""
    if what == "no mandate":
        return
    row = mandate(desk, company_id)
    if what == "ended":
        row.valid_until = desk.house.today - timedelta(days=1)
        row.valid_from = row.valid_until
    elif what == "revoked":
        row.revoked_at = desk.clock.now()
    elif what == "not yet":
        row.valid_from = desk.house.today + timedelta(days=1)
    elif what == "scope":
        row.scope = ["appointments"]
    elif what == "other case":
        other = type(desk.case)(**_copy(desk.case))
        desk.session.add(other)
        desk.session.flush()
        row.vorgang_id = other.id
    desk.session.flush()


def _copy(case: Any) -> dict[str, Any]:
    changed = {"number": "ABH-2026-9000001", "status_token_hash": b"z" * 32, "verfahren": "P01"}
    columns = {column.key for column in case.__table__.columns} - {"id"}
    assert changed.keys() <= columns
    return {**{name: getattr(case, name) for name in columns}, **changed}


@pytest.mark.parametrize(
    "what",
    ["no mandate", "ended", "revoked", "not yet", "scope", "other case", "guessed", "stranger"],
)
def test_every_refusal_is_the_same_and_is_logged_without_the_number(desk: Any, what: str) -> None:
    company = admitted(desk)
    who = boss(desk, company.id)
    number = desk.case.number
    if what == "stranger":
        mandate(desk, company.id)
        other = admitted(desk, name="Andere AG", register_no="HRB 77")
        who = boss(desk, other.id, "other")
    elif what == "guessed":
        mandate(desk, company.id)
        number = "ABH-2026-0000099"
    else:
        _bad(desk, company.id, what)
    with pytest.raises(NotFound) as caught:
        zugang.require_covered(
            desk.session, who, number, "state", clock=desk.clock, day=desk.house.today
        )
    assert str(caught.value) == zugang.REFUSED
    entry = desk.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "firma.refused")
    ).one()
    assert entry.facts == {"company": who.company_id}
    seen = zugang.covered(
        desk.session, who, vorgang_id=desk.case.id, scope="state", day=desk.house.today
    )
    assert seen is (what == "guessed")


def test_a_login_limited_to_sites_sees_only_their_people(desk: Any) -> None:
    company = admitted(desk)
    here, there = personen.sites(desk.session, company.id)
    row = mandate(desk, company.id, site_id=here.id)
    who = boss(desk, company.id)
    day = desk.house.today
    for sites, seen in ((None, True), ({here.id}, True), ({there.id}, False), (set(), False)):
        limited = replace(
            who, chosen=replace(who.chosen, sites=None if sites is None else frozenset(sites))
        )
        found = zugang.covered(desk.session, limited, vorgang_id=desk.case.id, day=day)
        assert found is seen
    row.site_id = None
    desk.session.flush()
    limited = replace(who, chosen=replace(who.chosen, sites=frozenset({here.id})))
    assert not zugang.covered(desk.session, limited, person_id=desk.case.person_id, day=day)


def ask(desk: Any, who: Any, **changes: Any) -> None:
    data = {
        "number": desk.case.number, "birth_date": "00.05.1996", "scope": ["state"],
        "valid_until": UNTIL.isoformat(), **changes,
    }  # fmt: skip
    vollmachten.ask(desk.session, desk.house, who, data, None)


@pytest.mark.parametrize("changes", [{"number": "ABH-2026-0000099"}, {"birth_date": "01.05.1996"}])
def test_a_guess_is_taken_like_a_right_one_and_nobody_can_grant_it(
    desk: Any, changes: dict[str, str]
) -> None:
    company = admitted(desk)
    ask(desk, boss(desk, company.id), **changes)
    (row,) = vollmachten.open_requests(desk.session, desk.clerk)
    assert row["case_number"] is None
    with pytest.raises(Conflict):
        vollmachten.answer(desk.session, desk.house, desk.clerk, row["id"], granted=True)
    vollmachten.answer(desk.session, desk.house, desk.clerk, row["id"], granted=False)
    assert desk.session.scalars(select(Mandate)).all() == []


def test_the_employee_grants_by_the_own_link_and_takes_it_back(desk: Any) -> None:
    from abh.access.actor import applicant_actor

    company = admitted(desk)
    who = boss(desk, company.id)
    ask(desk, who)
    person = desk.case.person_id
    shown = vollmachten.of_employee(desk.session, desk.house, desk.case.id, person)
    (asked,) = shown["asked"]
    for case_id in (None, desk.case.id + 1):
        with pytest.raises(NotFound):
            vollmachten.answer(
                desk.session, desk.house, applicant_actor(), asked["id"], granted=True,
                vorgang_id=case_id,
            )  # fmt: skip
    vollmachten.answer(
        desk.session, desk.house, applicant_actor(), asked["id"], granted=True,
        vorgang_id=desk.case.id,
    )  # fmt: skip
    day = desk.house.today
    assert zugang.covered(desk.session, who, vorgang_id=desk.case.id, scope="state", day=day)
    (held,) = vollmachten.of_employee(desk.session, desk.house, desk.case.id, person)["mandates"]
    vollmachten.revoke_by_employee(desk.session, desk.house, desk.case.id, person + 1, held["id"])
    assert zugang.covered(desk.session, who, vorgang_id=desk.case.id, day=day)
    vollmachten.revoke_by_employee(desk.session, desk.house, desk.case.id, person, held["id"])
    assert not zugang.covered(desk.session, who, vorgang_id=desk.case.id, day=day)


def test_what_a_company_declares_reaches_its_own_case_only(desk: Any) -> None:
    company = admitted(desk)
    other = admitted(desk, name="Andere AG", register_no="HRB 77")
    who, stranger = boss(desk, company.id), boss(desk, other.id, "other")
    with pytest.raises(NotFound):
        vollmachten.declare(desk.session, desk.house, stranger, desk.case.id, valid_until=UNTIL)
    for _ in range(2):
        vollmachten.declare(desk.session, desk.house, who, desk.case.id, valid_until=UNTIL)
    day = desk.house.today
    assert zugang.covered(desk.session, who, vorgang_id=desk.case.id, scope="tasks", day=day)
    assert not zugang.covered(desk.session, who, person_id=desk.case.person_id, day=day)


def test_looks_of_a_day_are_one_line_and_a_clerk_of_another_unit_answers_nothing(
    desk: Any,
) -> None:
    from tests import factories

    company = admitted(desk)
    who = boss(desk, company.id)
    for _ in range(3):
        zugang.note_looks(
            desk.session, who, [desk.case.id], what="fastlane.list", now=desk.clock.now()
        )
    assert desk.session.scalars(select(CompanyLook.looks)).one() == 3
    ask(desk, who)
    foreign = factories.staff(desk.session, "SG3", rank="SB")
    assert vollmachten.open_requests(desk.session, foreign) == []
    (row,) = vollmachten.open_requests(desk.session, desk.clerk)
    with pytest.raises(DomainError):
        vollmachten.answer(desk.session, desk.house, foreign, row["id"], granted=True)
