"""What must hold for any facts and any order of steps."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from abh.workflows import registry
from abh.workflows.beteiligung import PART_KINDS, Beteiligung, PartState
from abh.workflows.checklist import Status, evaluate_checklist, missing_items
from abh.workflows.definition import Power
from abh.workflows.facts import (
    Card,
    CourtOutcome,
    DecisionDraft,
    Entry,
    Facts,
    Hearing,
    Mobility,
    PartialDate,
    Remedy,
    Request,
    SecurityAnswer,
    TitleKind,
)
from abh.workflows.fiktion import fiktion
from abh.workflows.harm import rank, row_of
from abh.workflows.machine import evaluate, fire, possible_steps
from abh.workflows.recht import LawValues
from tests.unit.workflows.faelle import LAW_2026, case

V = registry.get("P02", 1)
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
MAYBE_DAY = st.none() | DAYS | st.dates(date(2026, 9, 1), date(2027, 3, 1))
MAYBE = st.none() | st.booleans()
TEXT = st.sampled_from(("", " ", "Frau Aydin", "Herr Brandt", "§ 25a AufenthG"))
MONEY = st.none() | st.decimals("0", "1000000", places=2) | st.just(Decimal("48000"))
BIRTHS = st.none() | st.builds(
    PartialDate, st.integers(1900, 2026), st.none() | st.integers(1, 12), st.none() | st.just(1)
)
PARTS = st.lists(
    st.builds(
        Beteiligung,
        st.sampled_from(list(PART_KINDS.values())),
        st.sampled_from(list(PartState)),
        due=MAYBE_DAY,
        answered_on=MAYBE_DAY,
    ),
    max_size=3,
).map(tuple)
KEYS = st.sampled_from([r.key for r in V.checklist])
FACTS = st.builds(
    Facts,
    stichtag=DAYS,
    today=DAYS,
    received_on=MAYBE_DAY,
    name_given=st.booleans(),
    address_given=st.booleans(),
    birth=BIRTHS,
    nationalities=st.sampled_from(((), ("IND",), ("SYR", "TUR"))),
    identity_clarified=MAYBE,
    passport_until=MAYBE_DAY,
    duplicate_of=TEXT,
    competent=MAYBE,
    title_kind=st.sampled_from(TitleKind),
    title_until=MAYBE_DAY,
    lawful_until=MAYBE_DAY,
    asylum_submitted_on=MAYBE_DAY,
    entry=st.builds(Entry, MAYBE_DAY, MAYBE),
    applied_title=TEXT,
    keeps_job=st.booleans(),
    employer=TEXT,
    salary_year=MONEY,
    isco=st.sampled_from(("", "2512", "2431", "1330", "9999")),
    job_start=MAYBE_DAY,
    job_months=st.none() | st.integers(0, 60),
    job_permanent=st.booleans(),
    job_adequate=MAYBE,
    degree_recognised=MAYBE,
    degree_on=MAYBE_DAY,
    degree_german=st.booleans(),
    it_experience_years=st.none() | st.decimals("0", "40", places=1),
    preliminary_consent_until=MAYBE_DAY,
    expulsion_interest=MAYBE,
    entry_ban=MAYBE,
    exclusion_19f=st.none() | TEXT,
    security=st.sampled_from(SecurityAnswer),
    security_valid_until=MAYBE_DAY,
    investigation_pending=st.booleans(),
    biometrics_on=MAYBE_DAY,
    biometrics_usable=st.booleans(),
    no_shows=st.integers(0, 3),
    missed_appointment=st.booleans(),
    evidence=st.dictionaries(st.sampled_from(sorted(V.evidence_labels)), st.integers(0, 2)),
    waivers=st.dictionaries(KEYS, TEXT, max_size=2),
    participations=PARTS,
    request=st.builds(Request, MAYBE_DAY, MAYBE_DAY, MAYBE_DAY, st.booleans(), st.integers(0, 2)),
    hearing=st.builds(Hearing, MAYBE_DAY, MAYBE_DAY, MAYBE_DAY, st.booleans()),
    decision=st.builds(DecisionDraft, TEXT, TEXT, st.booleans(), st.booleans()),
    fee_paid=st.booleans(),
    fee_waived_reason=TEXT,
    card=st.builds(Card, st.booleans(), TEXT, MAYBE_DAY, MAYBE_DAY, MAYBE_DAY, st.booleans()),
    remedy=st.builds(Remedy, MAYBE_DAY, MAYBE_DAY, MAYBE_DAY, st.sampled_from(CourtOutcome)),
    mobility=st.builds(Mobility, st.booleans(), MAYBE_DAY, st.booleans(), st.booleans()),
    withdrawal_on=MAYBE_DAY,
    ended_because=TEXT,
    moved_to=TEXT,
    law=st.sampled_from((LawValues(), LAW_2026)),
)
STATES = frozenset(s.key for s in V.states)
ENDS = frozenset(s.key for s in V.states if s.terminal)
ALL = tuple(Power)


@settings(max_examples=60, deadline=None)
@given(facts=FACTS, powers=st.sets(st.sampled_from(Power)))
def test_evaluate_never_raises_and_refusals_always_have_a_reason(facts, powers):
    for step in V.steps:
        found = evaluate(V, step.source[0], step.key, facts, powers)
        assert found.allowed == (not found.reasons)
        assert all(reason.text and reason.key for reason in found.reasons)
        if found.allowed:
            assert powers & set(step.by)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_sequence_of_allowed_steps_leaves_the_defined_states(data):
    state = data.draw(st.sampled_from(sorted(STATES)))
    for _ in range(6):
        facts = data.draw(FACTS)
        allowed = [
            found.step_key for found in possible_steps(V, state, facts, ALL) if found.allowed
        ]
        if not allowed:
            break
        assert state not in ENDS
        state = fire(V, state, data.draw(st.sampled_from(allowed)), facts, ALL, reason="Grund")
        assert state in STATES


@settings(max_examples=60, deadline=None)
@given(facts=FACTS)
def test_checklist_fiction_and_rank_are_total(facts):
    items = evaluate_checklist(V, facts)
    assert [item.key for item in items] == [r.key for r in V.checklist]
    assert all(item.why for item in items)
    assert all(item.status is Status.OPEN for item in missing_items(items))
    found = fiktion(facts)
    assert found.reasons and found.words and found.work_words
    row = row_of(facts, title_continues=found.is_effective, clock_75_on=None)
    assert rank(row).score >= 0


GIVEN = sorted(field.name for field in fields(Facts) if field.init)


@settings(max_examples=100, deadline=None)
@given(other=FACTS, changed=st.sets(st.sampled_from(GIVEN), max_size=2))
def test_grant_needs_every_mandatory_requirement_a_name_and_the_security_answer(other, changed):
    facts = case(**{name: getattr(other, name) for name in changed - {"stichtag", "today"}})
    settled = all(item.is_settled for item in evaluate_checklist(V, facts) if item.mandatory)
    sure = settled and facts.decision.official.strip() and facts.security is SecurityAnswer.CLEAR
    allowed = evaluate(V, "decision_ready", "bewilligen", facts, ALL).allowed
    assert not allowed or sure
    assert allowed or changed


def test_terminal_states_have_no_steps():
    assert not [step.key for step in V.steps if ENDS & set(step.source)]
