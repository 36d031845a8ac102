"""The signature rules: every refusal, its reason, and the proof over the whole table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abh.documents.letters import LETTERS
from abh.documents.zeichnung import (
    Channel,
    CosignFacts,
    Mandate,
    Mark,
    Rank,
    Remedy,
    Risk,
    evaluate,
    evaluate_cosign,
    find_rule,
    ordnung_on,
)
from abh.documents.zeichnung_proof import check_table
from abh.kernel.errors import LawMissing, SignatureRefused
from tests.unit.documents.factories import DAY, facts, table


def refused(**changes: Any) -> set[str]:
    """Return the keys of all reasons against a signing that is sound but for ``changes``."""
    with pytest.raises(SignatureRefused) as error:
        evaluate(table(), facts(**changes), DAY)
    assert all(reason.text for reason in error.value.reasons)
    return {reason.key for reason in error.value.reasons}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"signer_in_training": True}, "einarbeitung"),
        ({"signer_rank": Rank.SB}, "rang_zu_niedrig"),
        ({"signer_id": "", "signer_rank": None}, "zeichner_fehlt"),
        ({"mandate": None}, "befugnis_fehlt"),
        ({"mandate": Mandate(date(2026, 1, 1), date(2026, 11, 19))}, "befugnis_abgelaufen"),
        ({"mandate": Mandate(date(2026, 11, 21))}, "befugnis_abgelaufen"),
        ({"preparer_id": "yilmaz"}, "vier_augen"),
        ({"preparer_id": ""}, "vier_augen"),
        ({"signer_excluded": True}, "ausgeschlossen"),
        ({"signer_unit": "SG2"}, "falsches_sachgebiet"),
        ({"signer_unit": "", "case_unit": ""}, "falsches_sachgebiet"),
        ({"suffix": "In Vertretung"}, "falscher_zusatz"),
        ({"channel": Channel.POST}, "weg_nicht_zugelassen"),
        ({"seal_wanted": True}, "siegel_nicht_zugelassen"),
        ({"seal_no": "17"}, "siegel_nicht_zugelassen"),
        ({"has_reasons": False}, "begruendung_fehlt"),
        ({"remedy": Remedy.NONE}, "falsche_belehrung"),
        ({"signature_image": True}, "unterschrift_als_bild"),
        ({"content_hash": "b", "signed_hashes": ("b", "a")}, "nach_zeichnung_geaendert"),
        ({"cosigner_ids": frozenset({"yilmaz"})}, "mitzeichner_zeichnet"),
        ({"own_rank": Rank.BG, "suffix": "Im Auftrag"}, "falscher_zusatz"),
        ({"key": "N99"}, "regel_fehlt"),
        ({"risk": Risk.LOW}, "regel_fehlt"),
    ],
)
def test_each_fault_alone_refuses_with_its_own_reason(changes: dict[str, Any], key: str) -> None:
    assert refused(**changes) == {key}


def test_all_reasons_are_named_at_once() -> None:
    keys = refused(signer_rank=Rank.SB, mandate=None, has_reasons=False, channel=Channel.POST)
    assert keys == {
        "rang_zu_niedrig",
        "befugnis_fehlt",
        "begruendung_fehlt",
        "weg_nicht_zugelassen",
    }


def test_a_sound_refusal_gets_hand_mark_suffix_and_remedy_from_the_table() -> None:
    granted = evaluate(table(), facts(), DAY)
    assert (granted.rule_id, granted.version) == ("R08", "2026-11")
    assert (granted.mark, granted.suffix, granted.remedy) == (
        Mark.HAND,
        "Im Auftrag",
        Remedy.KLAGE,
    )
    assert granted.four_eyes
    assert Channel.PORTAL not in granted.channels


@pytest.mark.parametrize(
    ("rank", "suffix"), [(Rank.AL, "Im Auftrag"), (Rank.BG, "In Vertretung"), (Rank.OB, "")]
)
def test_the_suffix_follows_the_rank(rank: Rank, suffix: str) -> None:
    assert evaluate(table(), facts(signer_rank=rank), DAY).suffix == suffix


def test_from_division_head_upwards_signing_across_units_is_allowed() -> None:
    assert evaluate(table(), facts(signer_rank=Rank.ABL, signer_unit="AMT"), DAY)


def test_a_trainees_decision_needs_a_second_signer_even_where_two_eyes_suffice() -> None:
    grant = {
        "key": "N08",
        "outcome": "blaue_karte",
        "channel": Channel.POST,
        "signer_rank": Rank.SB,
    }
    alone = {"preparer_id": "neu", "preparer_in_training": True, "signer_id": "neu"}
    assert refused(**grant, **alone, signer_in_training=True) == {"einarbeitung", "vier_augen"}
    assert refused(**grant, **alone) == {"vier_augen"}
    second = facts(**grant, preparer_id="neu", preparer_in_training=True, signer_id="brandt")
    assert evaluate(table(), second, DAY).rule_id == "R05a"
    trained = facts(**grant, preparer_id="brandt", signer_id="brandt")
    assert evaluate(table(), trained, DAY).mark == Mark.NAME


def test_an_act_reaches_the_portal_only_with_consent_and_login() -> None:
    grant = {
        "key": "N08",
        "outcome": "blaue_karte",
        "channel": Channel.PORTAL,
        "signer_rank": Rank.SB,
    }
    assert refused(**grant) == {"portal_ohne_einwilligung"}
    assert refused(**grant, portal_consent=True) == {"portal_ohne_einwilligung"}
    assert evaluate(table(), facts(**grant, portal_consent=True, portal_authenticated=True), DAY)


def test_a_signature_opens_the_portal_only_for_rows_that_list_it() -> None:
    open_access = {"portal_consent": True, "portal_authenticated": True}
    assert refused(channel=Channel.PORTAL, qes=True, **open_access) == {"weg_nicht_zugelassen"}
    assert refused(channel=Channel.PORTAL, **open_access) == {
        "weg_nicht_zugelassen",
        "portal_ohne_qes",
    }


def test_an_automatic_letter_needs_no_signer_and_bears_no_manual_text() -> None:
    automatic = {
        "key": "N01",
        "channel": Channel.POST,
        "signer_id": "",
        "signer_rank": None,
        "mandate": None,
    }
    granted = evaluate(table(), facts(**automatic), DAY)
    assert (granted.mark, granted.suffix, granted.automatic) == (Mark.NONE, "", True)
    assert refused(**automatic, manual_text=True) == {"automatisch_mit_handtext"}
    assert refused(**automatic, suffix="Im Auftrag") == {"falscher_zusatz"}


def test_a_prescribed_form_is_sealed_and_never_an_own_pdf() -> None:
    form = {"key": "N05", "channel": Channel.COUNTER, "signer_rank": Rank.SB}
    assert refused(**form) == {"siegelnummer_fehlt", "vordruck_als_pdf"}
    granted = evaluate(table(), facts(**form, seal_no="17", own_pdf=False), DAY)
    assert (granted.mark, granted.seal) == (Mark.FORM, "Dienstsiegel")


@pytest.mark.parametrize(
    ("amount", "rule"),
    [("0.00", "R18"), ("500.00", "R18"), ("500.01", "R19"), ("5000", "R19"), ("5000.01", "R19a")],
)
def test_the_amount_picks_the_row_to_the_cent(amount: str, rule: str) -> None:
    found = find_rule(table(), "N11", DAY, outcome="gebuehrenbescheid", amount=Decimal(amount))
    assert found.id == rule


def test_amounts_missing_or_over_the_signers_limit_are_refused() -> None:
    fee = {
        "key": "N11",
        "outcome": "gebuehrenbescheid",
        "channel": Channel.POST,
        "signer_rank": Rank.SB,
    }
    assert refused(**fee) == {"betrag_fehlt"}
    small = Mandate(date(2026, 1, 1), max_amount=Decimal("99.99"))
    assert refused(**fee, amount=Decimal(100), mandate=small) == {"betrag_zu_hoch"}


def test_cosigners_that_are_missing_are_named() -> None:
    top = {"key": "ausweisung", "signer_rank": Rank.AL}
    with pytest.raises(SignatureRefused) as error:
        evaluate(table(), facts(**top, cosigned_by=frozenset({"ABL"})), DAY)
    assert [r.text for r in error.value.reasons] == ["Es fehlt die Mitzeichnung: Recht."]
    assert evaluate(table(), facts(**top, cosigned_by=frozenset({"ABL", "Recht"})), DAY)


def test_who_stands_in_keeps_the_suffix_of_their_own_rank() -> None:
    granted = evaluate(
        table(), facts(signer_rank=Rank.OB, own_rank=Rank.BG, acting_for="Oberbürgermeister"), DAY
    )
    assert (granted.suffix, granted.acting_for) == ("In Vertretung", "Oberbürgermeister")


def cosign_refused(**changes: Any) -> set[str]:
    """Return the reasons against a co-signature of the division head to an expulsion."""
    rule = find_rule(table(), "ausweisung", DAY)
    held = frozenset({"SB", "SGL", "ABL"})
    sound = CosignFacts("ABL", held, mandate=Mandate(date(2026, 1, 1)))
    try:
        evaluate_cosign(rule, replace(sound, **changes), DAY)
    except SignatureRefused as refused:
        assert all(reason.text for reason in refused.reasons)
        return {reason.key for reason in refused.reasons}
    return set()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"capacity": "Kasse"}, "mitzeichnung_nicht_vorgesehen"),
        ({"capacity": "Recht"}, "mitzeichnung_nicht_befugt"),
        ({"already": frozenset({"ABL"})}, "schon_mitgezeichnet"),
        ({"signer_in_training": True}, "einarbeitung"),
        ({"is_preparer": True}, "vier_augen"),
        ({"excluded": True}, "ausgeschlossen"),
        ({"mandate": None}, "befugnis_fehlt"),
        ({"mandate": Mandate(date(2026, 1, 1), date(2026, 11, 19))}, "befugnis_fehlt"),
        ({"content_hash": "b", "frozen_hash": "a"}, "nach_zeichnung_geaendert"),
    ],
)
def test_each_fault_of_a_co_signature_refuses_with_its_own_reason(
    changes: dict[str, Any], key: str
) -> None:
    assert cosign_refused(**changes) == {key}


def test_a_co_signature_asked_for_is_taken() -> None:
    assert cosign_refused() == set()
    assert cosign_refused(capacity="Recht", held=frozenset({"Recht"})) == set()


def test_a_day_without_rules_is_an_error_and_never_the_latest_version() -> None:
    with pytest.raises(LawMissing):
        ordnung_on(table(), date(2026, 10, 31))


@given(
    rank=st.sampled_from(Rank),
    training=st.booleans(),
    same=st.booleans(),
    excluded=st.booleans(),
    unit=st.sampled_from(["SG1", "SG2"]),
    channel=st.sampled_from(Channel),
)
def test_nobody_signs_a_refusal_alone_in_training_excluded_or_below_team_lead(
    rank: Rank, training: bool, same: bool, excluded: bool, unit: str, channel: Channel
) -> None:
    asked = facts(
        signer_rank=rank,
        signer_in_training=training,
        preparer_id="yilmaz" if same else "brandt",
        signer_excluded=excluded,
        signer_unit=unit,
        channel=channel,
    )
    try:
        evaluate(table(), asked, DAY)
    except SignatureRefused:
        return
    assert rank >= Rank.SGL
    assert not (training or same or excluded)
    assert unit == "SG1" or rank >= Rank.ABL
    assert channel in {Channel.PZU, Channel.REGISTERED, Channel.RECEIPT, Channel.COUNTER}


def test_the_products_table_is_proven() -> None:
    assert check_table(table(), LETTERS.values(), every_risk=True) == []


def _changed(rule_id: str, **changes: Any) -> list[str]:
    """Return the faults of the rows of one letter after a change to one of them."""
    ordnung = table()[0]
    key = next(r.letter_key for r in ordnung.rules if r.id == rule_id)
    rows = [r for r in ordnung.rules if r.letter_key == key]
    rules = tuple(replace(r, **changes) if r.id == rule_id else r for r in rows)
    return check_table((replace(ordnung, rules=rules),), [LETTERS[key]])


@pytest.mark.parametrize(
    ("rule_id", "changes", "fault"),
    [
        ("R19", {"over": Decimal("499.00")}, "gelten zugleich"),
        ("R19", {"over": Decimal("500.05")}, "keine Regel"),
        ("R08", {"letter_key": "N98"}, "ist nicht registriert"),
        ("R08", {"remedy": Remedy.NONE}, "Rechtsbehelfsbelehrung fehlt"),
        ("R05a", {"remedy": Remedy.KLAGE}, "Rechtsbehelfsbelehrung ist nicht vorgesehen"),
        ("R08", {"form_77": False}, "Schriftform nach § 77 AufenthG fehlt"),
        ("R08", {"signer_from": None}, "automatisch ist nicht vorgesehen"),
        ("R15", {"mark": Mark.NAME}, "amtlicher Vordruck fehlt"),
        ("R08", {"channels": ()}, "Niemand kann"),
    ],
)
def test_the_proof_finds_a_fault_put_into_the_table(
    rule_id: str, changes: dict[str, Any], fault: str
) -> None:
    assert any(fault in line for line in _changed(rule_id, **changes))
