"""Cases that belong together, corrected receipts, and cases that others must not know of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from abh.persons.tables import Company
from abh.workflows import folgen, registry, repository, service, verbund, zugriff
from abh.workflows.definition import Effect
from abh.workflows.eingang import correct_receipt
from abh.workflows.steps import check_scope, load_case
from abh.workflows.tables import CaseFrist, Vorgang, VorgangStep
from tests import factories
from tests.integration.workflows.play import Play

WHY = "Der Eingangsstempel auf dem Umschlag zeigt diesen Tag."


def filed(session: Session, house: House, **changes) -> Play:
    return Play(
        session, house, factories.file_case(session, house, applicant_actor(), **changes).number
    )


def other_person(**changes):
    return {
        **factories.ANTRAG["person"],
        "given_names": "Minh",
        "birth_date": "01.02.1990",
    } | changes


def test_no_row_of_the_table_names_what_does_not_exist() -> None:
    published = [f for f in folgen.FOLGEN if f.nach in folgen.registry.known_keys()]
    assert [text for text in folgen.faults(published) if "Variante" in text] == []


def test_a_family_that_applies_together_shares_household_and_clerk(
    session: Session, house: House, clerk: Actor
) -> None:
    first, second = filed(session, house), filed(session, house, person=other_person())
    folge = folgen.by_key("familie")
    assert folge is not None
    verbund.follow(session, house, clerk, first.case, second.case.id, folge)
    verbund.follow(session, house, clerk, first.case, second.case.id, folge)
    (one,) = verbund.linked(session, clerk, first.case)
    (two,) = verbund.linked(session, clerk, second.case)
    assert (one.number, two.number) == (second.number, first.number)
    assert "§ 81 Abs. 6" in one.why
    assert first.case.person["household_id"] == second.case.person["household_id"] is not None


def test_what_follows_depends_on_verfahren_and_state() -> None:
    keys = {f.key for f in folgen.folgen_of("P11", "issued")}
    assert "trennung" in keys
    assert "trennung" not in {f.key for f in folgen.folgen_of("P11", "in_review")}
    assert "trennung" not in {f.key for f in folgen.folgen_of("P02", "issued")}


def test_after_the_entry_the_accelerated_procedure_opens_the_title_and_the_employer_follows(
    session: Session, house: House, clerk: Actor
) -> None:
    follow_ups = {f.nach: f for f in folgen.folgen_of("P28", "handed_over")}
    assert {"P01", "P02"} <= set(follow_ups)
    assert not {"P01", "P02"} & {f.nach for f in folgen.folgen_of("P28", "preapproved")}
    for key in ("P01", "P02"):
        # The invitation is a step of the case that is opened, with its letter and link.
        invited = registry.newest(key).step("zum_termin_einladen")
        assert invited is not None
        assert (invited.letter, set(invited.effects)) == ("N06", {Effect.OFFER_APPOINTMENT})
    first = filed(session, house)
    company = Company(name="Alpha GmbH", name_search="ALPHA GMBH", created_at=house.now())
    session.add(company)
    session.flush()
    session.execute(
        update(Vorgang).where(Vorgang.id == first.case.id).values(company_id=company.id)
    )
    second = filed(session, house, person=other_person())
    session.execute(update(Vorgang).where(Vorgang.id == second.case.id).values(company_id=None))
    case = load_case(session, house, vorgang_id=first.case.id)
    verbund.follow(session, house, clerk, case, second.case.id, follow_ups["P02"])
    assert session.get_one(Vorgang, second.case.id, populate_existing=True).company_id == company.id


def other_case(session: Session, house: House, of: Play, verfahren: str) -> Play:
    """A second open case of the same person."""
    play = filed(session, house, person=other_person(), verfahren=verfahren)
    session.execute(
        repository.text("UPDATE vorgang SET person_id = :p WHERE id = :i"),
        {"p": of.case.person["id"], "i": play.case.id},
    )
    return play


def put(session: Session, play: Play, state: str) -> None:
    session.execute(
        repository.text("UPDATE vorgang SET state = :s WHERE id = :i"),
        {"s": state, "i": play.case.id},
    )


def last_step(session: Session, play: Play) -> VorgangStep:
    found = session.scalars(
        select(VorgangStep)
        .where(VorgangStep.vorgang_id == play.case.id)
        .order_by(VorgangStep.seq.desc())
    ).first()
    assert found is not None
    return found


ENDE = folgen.Ende(
    "P02", "withdrawn", "Eingebürgert", "§ 2 Abs. 1 AufenthG", nicht=frozenset({"P03"})
)


def test_what_settles_others_by_law_ends_them_by_itself(
    session: Session, house: House, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, stranger = filed(session, house), filed(session, house, person=other_person())
    second = other_case(session, house, first, "P01")
    spared = other_case(session, house, first, "P03")
    monkeypatch.setattr(folgen, "ENDEN", (ENDE,))
    first.find(clerk, withdrawal_on=house.today.isoformat())
    seen = second.version
    first.step(clerk, "zuruecknehmen")
    ended = second.case
    assert (ended.state, ended.vorgang["closed_at"] is not None) == ("discontinued", True)
    assert ended.facts.ended_because == "Eingebürgert (§ 2 Abs. 1 AufenthG)."
    assert not [row for row in ended.row["fristen"] if row["status"] == "running"]
    assert ended.row["fiktion"]["ended_on"] is not None
    step = last_step(session, second)
    assert (step.step, step.actor_id) == ("erledigung_feststellen", None)
    (letter,) = second.letters("N03")
    assert (letter.state, letter.outcome) == ("released", "automatisch")
    assert "Eingebürgert" in str(letter.content)
    with pytest.raises(Conflict):
        service.record_findings(
            session, house, clerk, ended.id, {"moved_to": "Köln"}, expected_version=seen
        )
    assert spared.case.state != "discontinued"
    assert spared.case.facts.ended_because == "" == stranger.case.facts.ended_because
    assert {one.why for one in verbund.linked(session, clerk, second.case)} >= {"dadurch erledigt"}


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("refused", "§ 161 Abs. 2 VwGO"),
        ("appeal_pending", "§ 161 Abs. 2 VwGO"),
        ("card_ready", "§ 2 Abs. 1 AufenthG"),
    ],
)
def test_what_a_clerk_must_look_at_is_only_noted(
    session: Session,
    house: House,
    clerk: Actor,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    told: str,
) -> None:
    first = filed(session, house)
    second = other_case(session, house, first, "P01")
    put(session, second, state)
    monkeypatch.setattr(folgen, "ENDEN", (ENDE,))
    first.find(clerk, withdrawal_on=house.today.isoformat())
    first.step(clerk, "zuruecknehmen")
    assert second.case.state == state
    note = last_step(session, second)
    assert note.step == "gegenstand_entfallen"
    assert told in note.reason
    second.step(clerk, "einstellen", reason="Wie vermerkt.")
    assert second.case.state == "discontinued"


def test_naturalisation_ends_titles_and_departure_ends_tolerations_with_their_norm() -> None:
    german = folgen.ende_of("P33", "naturalised")
    assert german is not None
    assert "§ 2 Abs. 1 AufenthG" in german.norm
    for key in ("P01", "P14", "P16", "P20", "P31", "P38"):
        assert german.hits(key)
    for key in ("P26", "P34", "P37"):
        assert not german.hits(key), "it binds beyond the stay, or is about somebody else"
    for state in ("departed", "removed"):
        gone = folgen.ende_of("P32", state)
        assert gone is not None
        assert "§ 60a Abs. 5" in gone.norm
        assert [key for key in ("P01", "P20", "P21", "P22", "P24") if gone.hits(key)] == [
            "P20",
            "P21",
            "P22",
        ]
    assert folgen.ende_of("P33", "certified") is None
    assert list(folgen.faults((), (folgen.Ende("P33", "mond", "", ""),))) != []


def test_a_corrected_receipt_moves_effect_and_clocks_and_keeps_both_days(
    session: Session, house: House, clerk: Actor
) -> None:
    until = house.today - timedelta(days=2)
    play = filed(session, house, title_until=f"{until:%d.%m.%Y}")
    before = play.case
    assert before.row["fiktion"]["kind"] == "NONE"
    early = house.today - timedelta(days=10)
    correct_receipt(
        session, house, clerk, before.id, early, reason=WHY, expected_version=play.version
    )
    after = play.case
    assert after.facts.received_on == early
    assert after.row["fiktion"]["kind"] == "CONTINUING"
    clocks = session.scalars(
        select(CaseFrist.starts_on).where(
            CaseFrist.vorgang_id == before.id,
            CaseFrist.kind == "vwgo75_1",
            CaseFrist.status == "running",
        )
    ).all()
    assert clocks == [early + timedelta(days=1)]
    note = session.scalars(
        select(VorgangStep.facts).where(
            VorgangStep.vorgang_id == before.id, VorgangStep.step == "eingang_berichtigt"
        )
    ).one()
    assert note["eingang_vorher"] == before.vorgang["received_on"]
    assert note["eingang"] == early.isoformat()


@pytest.mark.parametrize(
    ("day", "reason", "field"),
    [
        (date(2099, 1, 1), WHY, "received_on"),
        (date(2023, 1, 2), WHY, "received_on"),
        (date(2026, 11, 2), "kurz", "reason"),
    ],
)
def test_a_receipt_that_cannot_be_is_refused(
    session: Session, house: House, clerk: Actor, day: date, reason: str, field: str
) -> None:
    play = filed(session, house)
    with pytest.raises(InvalidInput) as refused:
        correct_receipt(
            session, house, clerk, play.case.id, day, reason=reason, expected_version=play.version
        )
    assert field in {p.field for p in refused.value.problems}


def test_a_restricted_case_does_not_exist_for_others(
    session: Session, house: House, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = filed(session, house), filed(session, house, person=other_person())
    folge = folgen.by_key("familie")
    assert folge is not None
    verbund.follow(session, house, clerk, first.case, second.case.id, folge)
    head = factories.staff(session, "SG8", rank="SB")
    stranger = factories.staff(session, "SG3", rank="SB")
    with pytest.raises(NotAllowed):
        check_scope(stranger, first.case)
    monkeypatch.setattr(zugriff, "RESTRICTED", frozenset({"P02"}))
    for who in (stranger, head, applicant_actor()):
        with pytest.raises(NotFound):
            check_scope(who, first.case)
        assert verbund.linked(session, who, first.case) == []
    check_scope(clerk, first.case)
    assert zugriff.hidden_in(head, "SG1") == ["P02"]
    assert zugriff.hidden_in(clerk, "SG1") == []
    assert repository.desk_rows(session, unit="SG1", hidden=["P02"]) == []
    assert repository.counts_by_state(session, "SG1", ["P02"]) == []
    assert len(repository.desk_rows(session, unit="SG1")) == 2
