"""The day of a removal is told to nobody outside (§ 59(1) AufenthG)."""

from abh.workflows.definition import Effect, Zugriff
from abh.workflows.registry import newest

P32 = newest("P32")
# What goes to the person from the planning on: a suspension, or what a court decided.
TOLD = {"aussetzen_duldung", "gericht_setzt_aus", "gericht_hebt_auf", "wegen_fortzugs_abgeben"}


def test_nothing_goes_out_when_a_removal_is_planned_or_carried_out():
    for key in ("abschiebung_vorbereiten", "abgeschoben", "vollzug_gescheitert"):
        step = P32.step(key)
        assert step is not None and step.letter is None and step.enclosures == ()
        assert Effect.OFFER_APPOINTMENT not in step.effects


def test_the_portal_says_the_same_before_and_after_planning():
    before, planned = P32.state("enforceable"), P32.state("removal_planned")
    assert before is not None and planned is not None
    assert before.portal_words == planned.portal_words
    assert before.whose_turn is planned.whose_turn


def test_from_the_planning_on_only_listed_letters_leave_the_house():
    told = {s.key for s in P32.steps if "removal_planned" in s.source and s.letter}
    assert told - {"einstellen"} == TOLD


def test_return_cases_are_need_to_know():
    for key in ("P32", "P38"):
        assert newest(key).zugriff is Zugriff.KENNTNIS_NOETIG
