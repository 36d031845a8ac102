"""Three whole cases of other machines: a settlement permit, a toleration, a naturalisation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from abh.configfiles import load_yaml_file
from abh.documents.tables import CardOrder, FormIssue
from abh.kernel.errors import InvalidInput, SignatureRefused
from abh.settings import ROOT
from abh.workflows import intake, jobs, registry, service, unterschrift
from abh.workflows.dossier import FINDINGS
from abh.workflows.schemas import load_antrag
from tests import factories
from tests.integration.workflows.play import Play
from tests.integration.workflows.test_any_verfahren import PERSON

OFFICE = {
    "identity_clarified": True,
    "competent": True,
    "passport_until": "2031-05-01",
    "visa_fits": True,
    "expulsion_interest": False,
    "entry_ban": False,
}


def opened(session, house, actor, key: str, *, title: str, case: str = "", **more) -> Play:
    """File the Grundfall of a Verfahren; the office finds out what its facts say."""
    path = ROOT / "tests" / "verfahren" / key.lower() / "grundfall.yaml"
    ground = load_yaml_file(path)
    words = ground["angaben"] | (ground["faelle"][case] if case else {})
    verfahren = registry.current(key, house.today)
    declared = verfahren.angaben_by_key
    said = {k: v for k, v in words.items() if k in declared and v is not None} | more
    raw: dict[str, object] = {
        "person": PERSON,
        "verfahren": key,
        "title_kind": title,
        "angaben": said,
    }
    raw |= {"title_until": "15.02.2027", "entry_on": "01.03.2019"}
    kinds = list(words.get("nachweise", ()))
    filed = intake.file_application(
        session,
        house,
        actor,
        load_antrag(raw),
        factories.uploads(kinds),
        channel="counter",
        received_on=house.today,
    )
    play = Play(session, house, filed.number)
    typed = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in said.items()}
    found = {k: v for k, v in typed.items() if not declared[k].by_applicant}
    play.find(actor, **{k: v for k, v in OFFICE.items() if k in FINDINGS}, **found)
    return play


def pay(play: Play, actor) -> None:
    for fee in play.case.row["fees"]:
        if fee["status"] == "due":
            service.settle_fee(
                play.session,
                play.house,
                actor,
                play.case.id,
                fee["id"],
                payment="Girocard",
                expected_version=play.version,
            )


def test_a_settlement_permit_is_signed_by_two_and_handed_over(session, house) -> None:
    clerk = factories.staff(session, "SG5", rank="SB")
    lead = factories.staff(session, "SG5", rank="SGL")
    play = opened(session, house, clerk, "P14", title="AUFENTHALTSERLAUBNIS")
    play.step(clerk, "vollstaendig")
    play.step(clerk, "beteiligen")
    play.answer(clerk, "BVA", "consent")
    play.step(clerk, "zum_termin_einladen")
    play.find(clerk, biometrics_on=house.today.isoformat(), biometrics_usable=True)
    pay(play, clerk)
    play.step(clerk, "erschienen_entscheidungsreif")
    done = play.step(clerk, "bewilligen")
    assert done.pending_letter is not None
    signed = unterschrift.sign(session, house, lead, done.pending_letter)
    assert signed is not None
    assert signed.state == "granted"
    (n08,) = play.letters("N08")
    assert (n08.state, n08.rule_id) == ("released", "R07")
    assert n08.content["fields"]["valid_until"] is None
    play.step(clerk, "karte_bestellen", data={"fb_serial": "D3-000014", "fb_seal": "17"})
    assert session.scalars(select(CardOrder)).one().state == "ordered"
    play.note(clerk, "card_arrived")
    play.note(clerk, "identity_checked")
    play.note(clerk, "old_papers_withdrawn")
    play.step(clerk, "aushaendigen", data={"sheet_serial": "D11-14"})
    assert play.case.state == "issued"


def test_a_toleration_is_handed_out_with_its_number_and_renewed(session, house, clock) -> None:
    clerk = factories.staff(session, "SG4", rank="SB")
    play = opened(
        session, house, clerk, "P20", title="DULDUNG", case="duldung", duldung_bis="2027-02-20"
    )
    if play.case.state != "ground_check":
        play.step(clerk, "duldungsgrund_pruefen")
    with pytest.raises(InvalidInput) as refused:
        play.step(clerk, "dulden")
    assert {p.field for p in refused.value.problems} == {"form_serial", "form_seal"}
    play.step(clerk, "dulden", data={"form_serial": "A0000001", "form_seal": "17"})
    assert play.case.state == "tolerated"
    issued = session.scalars(select(FormIssue)).one()
    assert (issued.form, issued.valid_until.isoformat()) == ("D2a", "2027-02-20")
    clock.advance(timedelta(days=60))
    jobs.sweep_fristen(session, house)
    assert play.case.state == "renewal_due"
    assert play.letters("N06")[0].content["fields"]["purpose"] == "Erneuerung Ihrer Duldung"
    play.find(clerk, duldung_bis="2027-05-20")
    with pytest.raises(InvalidInput) as used:
        play.step(clerk, "erneuern", data={"form_serial": "A0000001", "form_seal": "17"})
    assert [p.field for p in used.value.problems] == ["form_serial"]
    play.step(clerk, "erneuern", data={"form_serial": "A0000002", "form_seal": "17"})
    assert play.case.state == "tolerated"


def test_a_naturalisation_ends_with_the_certificate_of_a_second_pair_of_eyes(
    session, house
) -> None:
    clerk = factories.staff(session, "SG7", rank="SB")
    lead = factories.staff(session, "SG7", rank="SGL")
    play = opened(session, house, clerk, "P33", title="AUFENTHALTSERLAUBNIS")
    play.step(clerk, "vollstaendig")
    play.step(clerk, "beteiligen")
    for part in play.case.row["beteiligungen"]:
        play.answer(clerk, part["kind"], "consent")
    pay(play, clerk)
    ready = [s.key for s in play.case.verfahren.steps if s.target == "decision_ready"]
    if play.case.state != "decision_ready":
        play.step(
            clerk, next(k for k in ready if play.case.state in play.case.verfahren.step(k).source)
        )
    done = play.step(clerk, "bewilligen")
    signed = unterschrift.sign(session, house, lead, done.pending_letter)
    assert signed is not None
    assert signed.state == "ceremony_scheduled"
    play.find(clerk, person_geprueft=True, feierlich_bekannt=True)
    numbers = {"form_serial": "E0000033", "form_seal": "3"}
    with pytest.raises(SignatureRefused):
        play.step(clerk, "urkunde_aushaendigen", data=numbers)
    play.step(lead, "urkunde_aushaendigen", data=numbers)
    assert play.case.state == "naturalised"
    assert session.scalars(select(FormIssue)).one().form == "Einbürgerungsurkunde"
