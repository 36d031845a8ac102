"""What is true today of stay, work and travel: a table of people, and every mixture of facts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from abh.sprachen import LANGUAGES, say
from abh.web import catalogs
from abh.workflows import registry
from abh.workflows.facts import Mobility, TitleKind
from abh.workflows.fiktion import EFFECTIVE, FiktionKind, fiktion
from abh.workflows.heute import RULES, answers, is_checked, lage_of, speaks_of_stay
from abh.workflows.heute_lage import Answer, Lage, Paper, Question, Rule
from tests.unit.workflows.faelle import case

catalogs.compile_catalogs()

TODAY = date(2026, 11, 23)
PAST, LATER, FAR = date(2026, 10, 31), date(2026, 12, 15), date(2027, 5, 31)
D3 = Paper("D3", FAR)


def lage(
    kind: TitleKind,
    end: date | None = LATER,
    *,
    papers: tuple[Paper, ...] = (),
    state: str = "in_review",
    applied: bool = True,
    **facts: Any,
) -> Lage:
    """A person with a title until ``end`` whose application came on 5 October."""
    found = case(title_kind=kind, title_until=end, lawful_until=end, **facts)
    effect = fiktion(found)
    return Lage(
        found,
        TODAY,
        state,
        effect.kind if applied else None,
        effect.spoken if applied else "",
        papers,
    )


T = TitleKind
Y, N, D, U = Answer.YES, Answer.NO, Answer.DEPENDS, Answer.UNKNOWN
LATE = {"received_on": date(2026, 11, 10)}
# who, the situation, and the keys of the rules that answer; their answers stand beside them.
PEOPLE: dict[str, tuple[Lage, str]] = {
    "Student, Karte gilt noch, rechtzeitig beantragt": (
        lage(T.AUFENTHALTSERLAUBNIS),
        "S_TITEL_UND_ANTRAG yes, W_FORTGELTUNG depends, R_TITEL yes",
    ),
    "Student, Karte abgelaufen, keine Bescheinigung": (
        lage(T.AUFENTHALTSERLAUBNIS, PAST),
        "S_FORTGELTUNG_OHNE_PAPIER yes, W_FORTGELTUNG depends, R_FORTGELTUNG_OHNE_PAPIER depends",
    ),
    "Student, Karte abgelaufen, Bescheinigung in der Hand": (
        lage(T.AUFENTHALTSERLAUBNIS, PAST, papers=(D3,)),
        "S_FORTGELTUNG yes, W_FORTGELTUNG depends, R_FORTGELTUNG yes",
    ),
    "Bescheinigung selbst abgelaufen": (
        lage(T.AUFENTHALTSERLAUBNIS, PAST, papers=(Paper("D3", PAST),)),
        "S_FORTGELTUNG_OHNE_PAPIER yes, W_FORTGELTUNG depends, R_FORTGELTUNG_OHNE_PAPIER depends",
    ),
    "Blaue Karte läuft weiter": (
        lage(T.BLAUE_KARTE, PAST, papers=(D3,)),
        "S_FORTGELTUNG yes, W_EINE_STELLE yes, R_FORTGELTUNG yes",
    ),
    "Karte bestellt, künftige Arbeit eingetragen": (
        lage(
            T.AUFENTHALTSERLAUBNIS,
            PAST,
            papers=(Paper("D3", FAR, work=True),),
            state="card_in_production",
        ),
        "S_FORTGELTUNG yes, W_EINTRAG yes, R_FORTGELTUNG yes",
    ),
    "zu spät beantragt": (
        lage(T.AUFENTHALTSERLAUBNIS, PAST, **LATE),
        "S_VERSPAETET no, W_KEIN_TITEL no, R_KEIN_RECHT no",
    ),
    "zu spät, Fortgeltung angeordnet": (
        lage(T.AUFENTHALTSERLAUBNIS, PAST, continuation_ordered_on=date(2026, 11, 12), **LATE),
        "S_FORTGELTUNG_OHNE_PAPIER yes, W_FORTGELTUNG depends, R_FORTGELTUNG_OHNE_PAPIER depends",
    ),
    "ohne Visum eingereist, rechtzeitig": (
        lage(T.VISUMFREI_41),
        "S_ERLAUBT yes, W_ANTRAG no, R_ANTRAG no",
    ),
    "ohne Visum eingereist, zu spät": (
        lage(T.VISUMFREI_41, PAST, **LATE),
        "S_AUSGESETZT depends, W_ANTRAG no, R_ANTRAG no",
    ),
    "Blaue Karte eines anderen Staates, Arbeit vermerkt": (
        lage(T.BLAUE_KARTE_ANDERER_STAAT, mobility=Mobility(applies=True, work_noted=True)),
        "S_ERLAUBT yes, W_MOBILITAET yes, R_ANTRAG no",
    ),
    "Schutz zuerkannt": (
        lage(T.SCHUTZ, None),
        "S_SCHUTZ yes, W_SCHUTZ yes, R_SCHUTZ depends",
    ),
    "Schengen-Visum noch gültig": (
        lage(T.SCHENGEN_VISUM),
        "S_BESUCH yes, W_KEIN_TITEL no, R_BESUCH depends",
    ),
    "Schengen-Visum abgelaufen": (
        lage(T.SCHENGEN_VISUM, PAST),
        "S_KEIN_RECHT no, W_KEIN_TITEL no, R_KEIN_RECHT no",
    ),
    "Chancen-Aufenthalt, anderer Titel beantragt, noch gültig": (
        lage(T.AE_104C),
        "S_TITEL yes, W_TITEL depends, R_TITEL yes",
    ),
    "Niederlassungserlaubnis": (
        lage(T.NIEDERLASSUNGSERLAUBNIS, None),
        "S_UNBEFRISTET yes, W_UNBEFRISTET yes, R_UNBEFRISTET yes",
    ),
    "Aufenthaltsgestattung": (
        lage(T.GESTATTUNG, None),
        "S_GESTATTUNG yes, W_GESTATTUNG depends, R_GESTATTUNG no",
    ),
    "kurzer Titel, dann Asylantrag": (
        lage(T.NATIONALES_VISUM, asylum_submitted_on=PAST, long_title_extension=False),
        "S_GESTATTUNG yes, W_GESTATTUNG depends, R_GESTATTUNG no",
    ),
    "Duldung": (
        lage(T.DULDUNG),
        "S_DULDUNG depends, W_DULDUNG depends, R_DULDUNG no",
    ),
    "Duldung abgelaufen": (
        lage(T.DULDUNG, PAST),
        "S_DULDUNG_ABGELAUFEN unknown, W_KEIN_TITEL no, R_DULDUNG no",
    ),
    "Duldung abgelaufen, neue ausgehändigt": (
        lage(T.DULDUNG, PAST, papers=(Paper("D2a", FAR),)),
        "S_DULDUNG depends, W_DULDUNG depends, R_DULDUNG no",
    ),
    "Unionsbürgerin": (
        lage(T.FREIZUEGIGKEIT, None, applied=False),
        "S_FREIZUEGIG yes, W_FREIZUEGIG yes, R_FREIZUEGIG yes",
    ),
    "Karte ausgehändigt": (
        lage(
            T.NATIONALES_VISUM, PAST, papers=(Paper("karte", FAR),), state="issued", applied=False
        ),
        "S_KARTE yes, W_KARTE depends, R_KARTE yes",
    ),
    "ausgehändigte Karte abgelaufen": (
        lage(
            T.NATIONALES_VISUM, PAST, papers=(Paper("karte", PAST),), state="issued", applied=False
        ),
        "S_UNBEKANNT unknown, W_UNBEKANNT unknown, R_UNBEKANNT unknown",
    ),
    "abgelehnt, alter Titel abgelaufen": (
        lage(T.BLAUE_KARTE, PAST, papers=(D3,), state="refused", applied=False),
        "S_ABGELEHNT depends, W_ABGELEHNT depends, R_KEIN_RECHT no",
    ),
    "abgelehnt, alter Titel gilt noch": (
        lage(T.AUFENTHALTSERLAUBNIS, state="refused", applied=False),
        "S_TITEL yes, W_TITEL depends, R_TITEL yes",
    ),
    "endgültig abgelehnt": (
        lage(T.BLAUE_KARTE, PAST, state="refused_final", applied=False),
        "S_ABGELEHNT depends, W_KEIN_TITEL no, R_KEIN_RECHT no",
    ),
    "Pass abgelaufen": (
        lage(T.AUFENTHALTSERLAUBNIS, passport_until=PAST),
        "S_TITEL_UND_ANTRAG yes, W_FORTGELTUNG depends, R_PASS_ABGELAUFEN no",
    ),
    "kein Titel": (
        lage(T.NONE, None),
        "S_KEIN_RECHT no, W_KEIN_TITEL no, R_KEIN_RECHT no",
    ),
    "niemand weiß etwas": (
        lage(T.UNKNOWN, None),
        "S_UNBEKANNT unknown, W_UNBEKANNT unknown, R_UNBEKANNT unknown",
    ),
    "Antrag zurückgenommen, Titel abgelaufen": (
        lage(T.AUFENTHALTSERLAUBNIS, PAST, state="withdrawn", applied=False),
        "S_UNBEKANNT unknown, W_UNBEKANNT unknown, R_UNBEKANNT unknown",
    ),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_people_are_told_what_holds_today(who: str) -> None:
    situation, expected = PEOPLE[who]
    assert ", ".join(f"{one.key} {one.answer}" for one in answers(situation)) == expected


def test_every_rule_answers_somebody_of_the_table() -> None:
    told = {one.key for situation, _ in PEOPLE.values() for one in answers(situation)}
    assert {rule.key for rules in RULES.values() for rule in rules} - told == set()


def _every_lage() -> Iterator[Lage]:
    papers = ((), (D3,), (Paper("karte", FAR),), (Paper("D3", FAR, work=True),))
    effects = (None, *FiktionKind)
    for kind, end in itertools.product(TitleKind, (None, PAST, TODAY, LATER)):
        facts = case(title_kind=kind, title_until=end, lawful_until=end)
        for state, effect, held in itertools.product(("in_review", "refused"), effects, papers):
            yield Lage(facts, TODAY, state, effect, "", held)


def test_every_mixture_of_facts_has_an_answer_with_norm_or_what_to_do() -> None:
    for situation in _every_lage():
        told = stay, work, travel = answers(situation)
        assert [one.question for one in told] == list(Question)
        for one in told:
            assert one.norm or one.answer is U
            assert one.todo or one.answer is not U
            assert one.until is None or one.until >= TODAY
        # Whoever may not stay is not told of work or travel as a right.
        assert stay.answer is not N or (work.answer, travel.answer) == (N, N), stay.key


def test_a_title_counts_on_its_last_day_and_not_on_the_next() -> None:
    on = answers(lage(T.AE_104C, TODAY))[0]
    assert (on.answer, on.until) == (Y, TODAY)
    after = Lage(case(title_kind=T.AE_104C, title_until=TODAY), date(2026, 11, 24), "in_review")
    assert answers(after)[0].answer is U


def test_an_entry_for_work_is_worth_nothing_without_the_effect_it_proves() -> None:
    held = (Paper("D3", FAR, work=True),)
    refused = lage(T.AUFENTHALTSERLAUBNIS, PAST, papers=held, state="refused", applied=False)
    assert answers(refused)[1].key == "W_ABGELEHNT"


def _row(fiktion_row: dict[str, Any] | None, findings: dict[str, Any], key: str = "P02") -> Any:
    return SimpleNamespace(
        row={"fiktion": fiktion_row, "findings": findings},
        facts=case(),
        state="in_review",
        verfahren=registry.newest(key),
    )


def test_an_effect_that_ended_is_none() -> None:
    stored = {"kind": "PERMITTED", "ended_on": None, "words": {"key": "PROTECTED"}}
    running = lage_of(_row(stored, {}), (), TODAY)
    assert (running.effect, running.spoken) == (FiktionKind.PERMITTED, "PROTECTED")
    assert running.effect in EFFECTIVE
    ended = lage_of(_row({**stored, "ended_on": "2026-11-20"}, {}), (), TODAY)
    assert (ended.effect, ended.spoken) == (None, "")


def test_what_only_the_person_said_is_not_called_checked() -> None:
    assert not is_checked(_row(None, {"salary_year": {"value": "1"}}))
    assert is_checked(_row(None, {"title_until": {"value": "2026-12-15"}}))


def test_a_case_that_bears_on_no_stay_says_nothing_of_it_unless_a_title_is_known() -> None:
    unknown = _row(None, {}, "P26")
    unknown.facts = case(title_kind=T.UNKNOWN)
    assert not speaks_of_stay(unknown)
    assert speaks_of_stay(_row(None, {}, "P26"))
    assert speaks_of_stay(_row(None, {}, "P02"))


def _texts(rule: Rule) -> list[str]:
    return [text for text in (rule.words, rule.how_long, *rule.proof, rule.todo) if text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_said_in_every_language(language: str) -> None:
    texts = {text for rules in RULES.values() for rule in rules for text in _texts(rule)}
    silent = {text for text in texts if say(language, text) == text}
    assert silent == (texts if language == "de" else set())
    for text in texts:
        assert re.findall(r"§+ ?\d+", say(language, text)) == re.findall(r"§+ ?\d+", text)
