"""The text model: trained on made-up post, better by corrections, filed as data, never as code."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from abh.post import cli, jobs, lernen, muster
from abh.post.muster import Sample
from abh.post.sorten import Words
from abh.post.tables import PostCorrection, PostModel
from tests.integration.post.conftest import PostRoom, letter


@pytest.fixture(scope="module")
def checked() -> lernen.Checked:
    return lernen.check(sure=0.6)


def test_on_templates_it_has_not_seen_it_is_right_when_it_says_that_it_is_sure(
    checked: lernen.Checked,
) -> None:
    found = checked
    assert found.asked >= 60
    assert found.accuracy >= 0.65
    assert found.sure >= 20
    assert found.sure_right / found.sure >= 0.95


def test_held_out_templates_are_never_learned() -> None:
    learned = {one.template for one in muster.samples(each=1, held_out=False)}
    asked = {one.template for one in muster.samples(each=1, held_out=True)}
    assert not learned & asked
    assert learned | asked == {one.template for one in muster.samples(each=1)}


def test_it_is_trained_once_learns_from_clerks_and_forgets_the_old_weights(room: PostRoom) -> None:
    assert lernen.in_use(room.session, room.house.blobs) is None
    assert jobs.learn(room.session, room.house, 2) == 1
    assert jobs.learn(room.session, room.house, 2) == 0
    first = room.session.scalars(select(PostModel)).one()
    model = lernen.in_use(room.session, room.house.blobs)
    assert model is not None
    odd = Words("", "Parkausweis", "Ich brauche einen Bewohnerparkausweis für meinen Wagen.")
    assert model.classify(odd).sure < 0.9
    (taken,) = room.take(letter(subject=odd.subject, body=odd.body, kind="inquiry"))
    room.session.add(
        PostCorrection(
            item_id=taken.item_id, was="inquiry", kind="other", corrected_at=room.clock.now()
        )
    )
    room.session.flush()
    # Once a day is enough: it takes seconds of a processor.
    assert jobs.learn(room.session, room.house, 2) == 0
    row = lernen.renew(room.session, room.house)
    assert (row.corrections, row.sha256 == first.sha256) == (1, False)
    better = lernen.in_use(room.session, room.house.blobs)
    assert better is not None
    assert better.classify(odd).kind == "other"
    assert better.classify(odd).sure > model.classify(odd).sure
    assert room.session.scalar(select(func.count()).select_from(PostModel)) == 1
    assert room.session.scalars(text("SELECT sha256 FROM blob_removal")).all() == [first.sha256]


def test_the_same_samples_give_the_same_bytes() -> None:
    few = [
        Sample(Words("", "Stand", "Wie ist der Stand?"), "inquiry", 1),
        Sample(Words("", "Beschwerde", "Ich beschwere mich"), "complaint", 2),
    ] * 5
    assert lernen.train(few).stored() == lernen.train(few).stored()


def test_the_check_is_printed_with_its_confusions(
    checked: lernen.Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lernen, "check", lambda _corrections, sure: checked)
    answer = CliRunner().invoke(cli.post, ["modell", "pruefen", "--ohne-berichtigungen"])
    assert answer.exit_code == 0, answer.output
    assert f"Richtig: {checked.right} von {checked.asked}" in answer.output
    right, asked = checked.recall["inquiry"]
    assert f"{right:3} von {asked:3}" in answer.output
