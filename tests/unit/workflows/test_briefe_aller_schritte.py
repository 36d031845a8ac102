"""Every letter of every step of every Verfahren: its fields load and somebody may sign it."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import pytest

from abh.access.actor import SYSTEM, Actor
from abh.configfiles import load_yaml_file
from abh.documents.house import House, office_of
from abh.documents.letters import LETTERS, gives_reasons, letter_kind, load_fields
from abh.documents.zeichnung import evaluate, find_rule
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Channel, Mandate, Rank, SigningFacts
from abh.kernel.clock import BERLIN, FixedClock
from abh.kernel.errors import InvalidInput, SignatureRefused
from abh.kernel.rechtsstand import Rechtsstand
from abh.office.file import load_office
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import arbeitgeberbriefe, beteiligung, briefe, briefworte, registry
from abh.workflows.beteiligung import PART_KINDS
from abh.workflows.briefsaetze import (
    ABSICHTEN,
    ANLAESSE,
    HINWEISE,
    NACHFRAGEN,
    TENOR,
    VON_AMTS_WEGEN,
)
from abh.workflows.definition import Effect, Power
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing
from abh.workflows.facts import Facts
from abh.workflows.scenario_facts import facts_from

TODAY = date(2026, 11, 23)
LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
TABLE = load_zeichnung(ROOT / "config" / "zeichnung.yaml")
CLERK = Actor(
    kind="staff",
    user_id=7,
    name="Frau Aydin",
    login="aydin",
    role="sb",
    rank="SB",
    in_training=False,
    powers=frozenset(),
    unit_key="SG1",
)
ASKING = {Effect.REQUEST_PARTICIPATIONS, Effect.REMIND_PARTICIPATIONS}
UNTIL = {
    Effect.START_DEADLINE,
    Effect.EXTEND_DEADLINE,
    Effect.START_HEARING,
    Effect.OFFER_APPOINTMENT,
}
SENTENCES = {*ABSICHTEN, *ANLAESSE, *HINWEISE, *NACHFRAGEN, *TENOR, *VON_AMTS_WEGEN}
STEPS = [
    (one, step, key)
    for one in registry.PUBLISHED
    for step in one.steps
    for key in (step.letter, *step.enclosures)
    if key
]
DRAFTED = [row for row in STEPS if not letter_kind(row[2]).form]
# A request to another authority bears a name: it waits in the signature folder.
AUTOMATIC = [row for row in DRAFTED if row[1].automatic and row[2] != "N16"]
EACH = pytest.mark.parametrize(
    ("verfahren", "step", "key"),
    DRAFTED,
    ids=[f"{v.key}v{v.version}-{s.key}-{k}" for v, s, k in DRAFTED],
)


@cache
def the_house() -> House:
    profile = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
    return House(
        clock=FixedClock(datetime(2026, 11, 23, 10, tzinfo=BERLIN)),
        law=LAW,
        zeichnung=TABLE,
        blobs=None,  # type: ignore[arg-type]
        renderer=None,  # type: ignore[arg-type]
        office=office_of(profile),
        base_url="https://abh.example.org",
        secret=b"x" * 32,
        profile={**profile, "units": {}, "services": {}},
    )


@cache
def the_facts(verfahren, *, missing: bool = False) -> Facts:
    path = ROOT / "tests" / "verfahren" / verfahren.key.lower()
    found = path / f"grundfall_v{verfahren.version}.yaml"
    ground = found if found.exists() else path / "grundfall.yaml"
    read = load_yaml_file(ground)
    words = read["angaben"] | (read["faelle"].get("unvollstaendig", {}) if missing else {})
    more = {
        "angehoert_am": date(2026, 10, 1),
        "anhoerung_bis": date(2026, 11, 2),
        "neue_behoerde": "Stadt Köln\nAusländeramt",
    }
    return facts_from({**words, **more}, ground.name, verfahren, LAW)


def the_case(verfahren, step) -> Case:
    vorgang = {
        "id": 1, "akte_id": 1, "number": "A-2026-000001", "state": step.source[0],
        "unit_key": "SG1", "state_since": "2026-11-20T09:00:00+00:00", "received_on": "2026-10-05",
        "received_channel": "portal", "language": "de", "progress": {}, "antrag": {},
    }  # fmt: skip
    person = {
        "id": 1, "given_names": "Ngozi", "family_name": "Okafor", "street": "Rheinstraße 1",
        "postcode": "40213", "city": "Düsseldorf", "birth_year": 1990, "birth_month": 3,
        "birth_day": None, "nationalities": ["NGA"],
    }  # fmt: skip
    fee = {
        "id": 1, "label": "Gebühr", "norm": "§ 69 AufenthG", "amount": "100.00",
        "status": "paid", "payment": "Girocard",
    }  # fmt: skip
    row: dict[str, Any] = {
        "vorgang": vorgang, "person": person, "company": None, "evidence": [], "fees": [fee],
        "fiktion": None, "findings": {}, "waivers": [], "beteiligungen": [], "fristen": [],
    }  # fmt: skip
    return Case(row, verfahren, the_facts(verfahren, missing=step.letter == "N02"))


def the_doing(verfahren, step, actor: Actor = CLERK, **data: Any) -> Doing:
    """The step as the services take it: what its effects leave behind for the letters."""
    notes: dict[str, Any] = {}
    if UNTIL & set(step.effects):
        notes["until"] = "2026-12-23"
    if ASKING & set(step.effects):
        notes["angefragt"] = [rule.kind.key for rule in verfahren.beteiligungen]
    asks_reason = step.needs_reason or step.key == "ehe_pruefen"
    return Doing(
        session=None,  # type: ignore[arg-type]
        house=the_house(),
        actor=actor,
        case=the_case(verfahren, step),
        step=step,
        now=the_house().now(),
        today=TODAY,
        reason="Die Gründe stehen hier in einem Satz." if asks_reason else "",
        data={"appears_on": "2026-12-07", "appears_at": "09:30", **data},
        progress={},
        notes=notes,
        invitation_token="einladung" if Effect.OFFER_APPOINTMENT in step.effects else "",
    )


def may_end(order, rule) -> None:
    """Somebody of the house may sign: the highest rank, with everybody the rule wants."""
    facts = SigningFacts(
        order.key,
        rule.channels[0],
        order.outcome,
        preparer_id="7",
        signer_id="8",
        signer_rank=Rank.OB,
        signer_unit="SG1",
        case_unit="SG1",
        mandate=Mandate(valid_from=date(2020, 1, 1)),
        cosigned_by=frozenset(rule.cosigners),
        cosigner_ids=frozenset(f"9{n}" for n, _ in enumerate(rule.cosigners)),
        has_reasons=gives_reasons(order.fields),
        qes=True,
    )
    evaluate(TABLE, facts, TODAY)


@EACH
def test_the_letter_of_the_step_loads_and_can_be_signed(verfahren, step, key) -> None:
    doing = the_doing(verfahren, step)
    orders = briefe.orders_of(doing, key)
    said = (
        key != "N16"
        and (key != "N06" or doing.invitation_token or step.outcome)
        or any(kind not in beteiligung.BY_MESSAGE for kind in doing.notes.get("angefragt", ()))
    )
    assert bool(orders) == bool(said)
    for order in orders:
        load_fields(key, order.fields, order.outcome)
        variant = letter_kind(key).variant(order.outcome)
        rule = find_rule(TABLE, key, TODAY, outcome=order.outcome)
        assert not rule.reasons or gives_reasons(order.fields)
        assert rule.act == variant.act
        assert (rule.remedy.value != "keine") == variant.needs_remedy
        may_end(order, rule)
        if variant.act and "tenor" in order.fields and key != "N30":
            assert order.fields["tenor"]


@pytest.mark.parametrize(
    ("verfahren", "step", "key"),
    AUTOMATIC,
    ids=[f"{v.key}v{v.version}-{s.key}-{k}" for v, s, k in AUTOMATIC],
)
def test_what_the_system_sends_needs_no_signature(verfahren, step, key) -> None:
    assert Power.SYSTEM in step.by
    for order in briefe.orders_of(the_doing(verfahren, step, SYSTEM), key):
        assert find_rule(TABLE, key, TODAY, outcome=order.outcome).automatic


def test_every_authority_that_can_be_asked_gets_a_letter_of_its_own() -> None:
    verfahren = registry.newest("P02")
    step = verfahren.step("beteiligen")
    for kind in PART_KINDS:
        doing = the_doing(verfahren, step)
        doing.notes["angefragt"] = [kind]
        orders = briefe.orders_of(doing, "N16")
        assert len(orders) == (kind not in beteiligung.BY_MESSAGE)
        for order in orders:
            load_fields("N16", order.fields, order.outcome)
            assert all(order.recipient)


def test_sentences_belong_to_steps_that_exist_and_are_complete() -> None:
    known = {(v.key, s.key): s for v, s, _ in STEPS}
    assert set(known) >= SENTENCES
    hearings = {i for i, s in known.items() if s.letter == "N07"}
    of_refusal = {
        "anhoeren",
        "nach_anfrage_anhoeren",
        "nach_versagung_anhoeren",
        "wegen_versaeumnis_anhoeren",
    }
    assert {i for i in hearings if i[1] not in of_refusal} == set(ABSICHTEN)
    refusals = {i for i, s in known.items() if s.letter == "N12" and i[1] != "ablehnen"}
    assert refusals <= set(TENOR)
    leaflets = {
        (v.key, s.key)
        for v, s, k in STEPS
        if k == "N15"
        and not {"aushaendigen", "dokument_aushaendigen", "sofort_ausstellen"} & {s.key}
    }
    assert leaflets == set(HINWEISE)


def test_a_taken_right_does_not_read_as_the_refusal_of_an_application() -> None:
    verfahren = registry.newest("P20")
    (order,) = briefe.orders_of(the_doing(verfahren, verfahren.step("widerrufen")), "N12")
    assert order.fields["tenor"] == ["Ihre Duldung wird widerrufen."]
    assert order.fields["received_on"] is None
    own = the_doing(verfahren, verfahren.step("widerrufen"), tenor="Eins.\n\nZwei.")
    assert briefe.orders_of(own, "N12")[0].fields["tenor"] == ["Eins.", "Zwei."]


EMPLOYER = {
    "id": 5, "name": "Rheinklinik GmbH", "street": "Uferweg 2", "postcode": "40221",
    "city": "Düsseldorf",
}  # fmt: skip


@EACH
def test_only_letters_of_an_agreement_with_the_employer_go_to_him(verfahren, step, key) -> None:
    doing = the_doing(verfahren, step)
    doing.case.row["company"] = EMPLOYER
    for order in briefe.orders_of(doing, key):
        his = order.company_id == 5
        assert his == (verfahren.key == "P28" and key != "N16" and step.key in STEPS_OF_P28)
        assert ("Rheinklinik GmbH" in order.recipient) == his
        assert his or order.company_id is None
        if his:
            load_fields(key, order.fields, order.outcome)
            said = repr(order.fields)
            # The link of the person opens everything; the employer has a page of his own.
            assert doing.house.status_link(doing.case.number, 0) not in said
            assert "/status" not in said
            assert "application" not in order.fields or "Ngozi Okafor" in said
            # On paper as far as the table lets it leave that way; no name of a person before it.
            assert (order.channel, order.addressee) == (Channel.POST, "")


# A refused consent may have reasons of security, a refused visa is the person's own.
STEPS_OF_P28 = arbeitgeberbriefe.STEPS["P28"]


def test_what_may_be_a_matter_of_security_stays_with_the_person() -> None:
    known = {step.key for step in registry.newest("P28").steps}
    assert known > STEPS_OF_P28
    assert not STEPS_OF_P28 & {"nicht_zustimmen", "visum_abgelehnt", "eingereist"}


DECISIONS = [
    (v, s, k) for v, s, k in DRAFTED if s.decision and k == s.letter and not letter_kind(k).form
]


def test_no_decision_is_stopped_by_the_way_of_its_letter() -> None:
    stopped = []
    for verfahren, step, key in DECISIONS:
        case = the_case(verfahren, step)
        for company in (None, EMPLOYER):
            case.row["company"] = company
            outcome = briefworte.outcome_of_grant(case, {}) if key == "N08" else step.outcome
            rule = find_rule(TABLE, key, TODAY, outcome=outcome)
            if briefe.way_of(case, step, key, outcome) not in rule.channels:
                stopped.append((verfahren.key, step.key, company is None))
    assert len(DECISIONS) > 50
    assert stopped == []


def test_the_order_to_appear_names_day_and_hour_or_nothing_leaves() -> None:
    verfahren = registry.newest("P11")
    doing = the_doing(verfahren, verfahren.step("ehe_pruefen"), appears_on="", appears_at="")
    with pytest.raises(InvalidInput) as refused:
        briefe.orders_of(doing, "N06")
    assert {p.field for p in refused.value.problems} == {"appears_on", "appears_at"}


def test_a_letter_without_a_row_in_the_table_is_refused_by_name() -> None:
    with pytest.raises(SignatureRefused) as refused:
        find_rule(TABLE, "N13", TODAY, outcome="aufenthaltserlaubnis")
    assert [r.key for r in refused.value.reasons] == ["regel_fehlt"]


def test_forms_are_handed_out_by_a_way_that_the_table_allows() -> None:
    for key in {key for _, _, key in STEPS if letter_kind(key).form}:
        rule = find_rule(TABLE, key, TODAY)
        assert briefe.channel_of(key) in rule.channels, key


def test_letters_of_steps_are_registered() -> None:
    assert {key for _, _, key in STEPS} <= set(LETTERS)
