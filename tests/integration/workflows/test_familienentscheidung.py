"""A family is decided at once: all or none, each case with its own guards, letter, version."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import Actor, applicant_actor
from abh.documents.house import House
from abh.kernel.clock import FixedClock
from abh.kernel.errors import Conflict, InvalidInput, StepNotAllowed
from abh.workflows import folgen, service, unterschrift, verbund, zugriff
from abh.workflows.familienentscheidung import Chosen, candidates, decide_together
from abh.workflows.tables import VorgangStep
from tests import factories
from tests.integration.workflows.play import Play, to_decision, to_review


def filed(session: Session, house: House, given_names: str) -> Play:
    person = {**factories.ANTRAG["person"], "given_names": given_names, "birth_date": "01.02.1990"}
    papers = tuple(kind for kind in factories.EVIDENCE if kind != "hochschulabschluss")
    number = factories.file_case(
        session, house, applicant_actor(), evidence=papers, person=person
    ).number
    return Play(session, house, number)


def tied(session: Session, house: House, clerk: Actor, *others: Play) -> None:
    first, *rest = others
    folge = folgen.by_key("familie")
    assert folge is not None
    for other in rest:
        verbund.follow(session, house, clerk, first.case, other.case.id, folge)


@pytest.fixture
def couple(session: Session, house: House, clerk: Actor, clock: FixedClock) -> tuple[Play, Play]:
    """Two linked cases that are ready to be granted."""
    one, two = filed(session, house, "Minh"), filed(session, house, "Lan")
    for play in (one, two):
        to_decision(play, clerk, clock)
    tied(session, house, clerk, one, two)
    return one, two


def chosen(*plays: Play) -> list[Chosen]:
    return [Chosen(play.number, play.version) for play in plays]


def offered(session: Session, house: House, who: Actor, play: Play):
    return candidates(session, house, who, play.case, verbund.linked(session, who, play.case))


def together(session: Session, house: House, who: Actor, picked: list[Chosen], play: Play):
    return decide_together(session, house, who, play.case, picked)


def states(*plays: Play) -> list[str]:
    return [play.case.state for play in plays]


def test_a_family_is_granted_in_one_act_with_a_letter_for_each(
    session: Session, house: House, clerk: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    assert [c.ready for c in offered(session, house, clerk, one)] == [True, True]
    picked = [
        Chosen(one.number, one.version),
        Chosen(two.number, two.version, {"provisions": "Wohnsitz in Düsseldorf"}),
    ]
    why = "Die Auflage sichert den Zweck des Aufenthalts."
    done = decide_together(session, house, clerk, one.case, picked, reason=why)
    assert [each.state for each in done] == ["granted", "granted"] == states(one, two)
    assert [len(play.letters("N08")) for play in couple] == [1, 1]
    assert "Wohnsitz" in str(two.letters("N08")[0].content)
    assert "Wohnsitz" not in str(one.letters("N08")[0].content)
    for play in couple:
        logged = session.scalars(
            select(VorgangStep.actor_name).where(
                VorgangStep.vorgang_id == play.case.id, VorgangStep.step == "bewilligen"
            )
        ).all()
        assert logged == [clerk.name]


def test_a_sibling_that_refuses_keeps_all_from_being_granted(
    session: Session, house: House, clerk: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    two.find(clerk, passport_until="2026-11-01", security_valid_until="2026-11-01")
    own, other = offered(session, house, clerk, one)
    assert own.ready
    assert {"voraussetzungen_erfuellt", "sicherheit_aktuell"} <= {r.key for r in other.reasons}
    with pytest.raises(StepNotAllowed) as refused:
        together(session, house, clerk, chosen(one, two), one)
    texts = [reason.text for reason in refused.value.reasons]
    assert len(texts) == 2
    assert all(text.startswith(f"{two.number} (Lan ") for text in texts)
    assert states(one, two) == ["decision_ready", "decision_ready"]
    assert one.letters("N08") == two.letters("N08") == []


def test_a_version_seen_too_long_ago_keeps_all_from_being_granted(
    session: Session, house: House, clerk: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    stale = chosen(one, two)
    two.find(clerk, job_permanent=True)
    with pytest.raises(Conflict, match=two.number):
        together(session, house, clerk, stale, one)
    assert states(one, two) == ["decision_ready", "decision_ready"]
    together(session, house, clerk, chosen(two, one), one)
    assert states(one, two) == ["granted", "granted"]


def test_a_family_without_ready_relatives_says_why(
    session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    one, two = filed(session, house, "Minh"), filed(session, house, "Lan")
    to_decision(one, clerk, clock)
    to_review(two, clerk)
    tied(session, house, clerk, one, two)
    _own, other = offered(session, house, clerk, one)
    assert [(r.key, r.norm) for r in other.reasons] == [("zustand", "§ 81 Abs. 6 AufenthG")]
    assert "in Prüfung" in other.reasons[0].text
    assert offered(session, house, clerk, two) == []
    with pytest.raises(StepNotAllowed, match="in Prüfung"):
        together(session, house, clerk, chosen(one, two), one)


def test_only_the_family_is_decided_together(
    session: Session, house: House, clerk: Actor, clock: FixedClock
) -> None:
    one, two, three = (filed(session, house, name) for name in ("Minh", "Lan", "Fremd"))
    to_decision(one, clerk, clock)
    tied(session, house, clerk, one, two)
    for picked in ([one, three], [two, three], [one], [one, one]):
        with pytest.raises(InvalidInput):
            together(session, house, clerk, chosen(*picked), one)
    assert [c.case.number for c in offered(session, house, clerk, one)] == [one.number, two.number]


def test_access_classes_stand_above_the_link(
    session: Session,
    house: House,
    clerk: Actor,
    couple: tuple[Play, Play],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = couple
    boss = factories.staff(session, "SG8", rank="SB")
    monkeypatch.setattr(zugriff, "RESTRICTED", frozenset({"P02"}))
    assert offered(session, house, boss, one) == []
    with pytest.raises(InvalidInput):
        together(session, house, boss, chosen(one, two), one)
    assert states(one, two) == ["decision_ready", "decision_ready"]


def test_where_one_needs_a_second_signature_nobody_is_granted_before(
    session: Session, house: House, clerk: Actor, lead: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    service.waive(
        session,
        house,
        lead,
        two.case.id,
        next(r.key for r in two.case.verfahren.checklist if r.waiver_norm),
        "Atypischer Fall, mit der Leitung besprochen.",
        expected_version=two.version,
    )
    own, other = offered(session, house, clerk, one)
    assert (own.second, bool(other.second)) == ("", True)
    done = together(session, house, clerk, chosen(one, two), one)
    assert all(each.pending_letter for each in done)
    assert states(one, two) == ["decision_ready", "decision_ready"]
    again = offered(session, house, clerk, one)
    assert [[r.key for r in c.reasons] for c in again] == [["zeichnung_laeuft"]] * 2
    first, second = (each.pending_letter for each in done)
    assert first is not None and second is not None
    assert unterschrift.signed_along(session, first) == (second,)
    signed = unterschrift.sign(session, house, lead, first)
    assert states(one, two) == ["granted", "granted"]
    assert signed is not None and {first, second} <= set(signed.letters)
    with pytest.raises(Conflict):
        unterschrift.sign(session, house, lead, second)


def test_one_signature_grants_nobody_where_a_guard_refuses_a_relative(
    session: Session, house: House, trainee: Actor, lead: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    first, _second = (
        d.pending_letter for d in together(session, house, trainee, chosen(one, two), one)
    )
    assert first is not None
    two.find(lead, passport_until="2026-11-01")
    with pytest.raises(StepNotAllowed) as refused:
        unterschrift.sign(session, house, lead, first)
    assert all(reason.text.startswith(f"{two.number} (Lan ") for reason in refused.value.reasons)
    assert states(one, two) == ["decision_ready", "decision_ready"]


def test_a_letter_sent_back_takes_the_whole_family_with_it(
    session: Session, house: House, trainee: Actor, lead: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    first, second = (
        d.pending_letter for d in together(session, house, trainee, chosen(one, two), one)
    )
    assert first is not None and second is not None
    unterschrift.send_back(session, house, lead, second, "Die Auflage fehlt.")
    assert all("pending" not in play.case.vorgang["progress"] for play in couple)
    with pytest.raises(Conflict):
        unterschrift.sign(session, house, lead, first)


def test_a_relative_who_withdraws_meanwhile_keeps_the_others_from_nothing(
    session: Session, house: House, trainee: Actor, lead: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    first, _second = (
        d.pending_letter for d in together(session, house, trainee, chosen(one, two), one)
    )
    assert first is not None
    two.find(lead, withdrawal_on="2026-11-23")
    two.step(lead, "zuruecknehmen")
    unterschrift.sign(session, house, lead, first)
    assert states(one, two) == ["granted", "withdrawn"]


def test_what_a_trainee_decides_waits_for_all(
    session: Session, house: House, trainee: Actor, lead: Actor, couple: tuple[Play, Play]
) -> None:
    one, two = couple
    done = together(session, house, trainee, chosen(one, two), one)
    assert states(one, two) == ["decision_ready", "decision_ready"]
    assert done[0].pending_letter is not None
    unterschrift.sign(session, house, lead, done[0].pending_letter)
    assert states(one, two) == ["granted", "granted"]
