"""A what-if gives what the real case gives: the Grundfall of every Verfahren, and the edges."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from abh.cli import main
from abh.configfiles import load_yaml_file
from abh.documents.house import office_of
from abh.documents.zeichnung_config import load_zeichnung
from abh.kernel.errors import InvalidInput
from abh.kernel.rechtsstand import Rechtsstand
from abh.office.file import load_office, profile_of
from abh.settings import ROOT, load_yaml_dir
from abh.workflows import registry
from abh.workflows.checklist import evaluate_checklist
from abh.workflows.fiktion import fiktion
from abh.workflows.gebuehren import fees_for
from abh.workflows.laufzeit import title_end
from abh.workflows.probefall import Ergebnis, amt_of, frage, probefall, to_json
from abh.workflows.probefall_ausgang import Stand

LAW = Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))
_FILE = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
PROFILE = profile_of(_FILE) | {"units": {unit["key"]: unit for unit in _FILE["units"]}}
AMT = amt_of(load_zeichnung(ROOT / "config" / "zeichnung.yaml"), office_of(PROFILE), PROFILE)
TAG = date(2026, 11, 23)
RESERVED = ("stichtag", "heute", "rechtsstand")


def grundfall(key: str) -> dict[str, Any]:
    path = ROOT / "tests" / "verfahren" / key.lower() / "grundfall.yaml"
    words = load_yaml_file(path)["angaben"]
    # through JSON, as a portal sends it
    sent = {k: v for k, v in words.items() if k not in RESERVED}
    return json.loads(json.dumps(sent, default=str))


def ask(key: str = "P02", tag: str = "2026-11-23", wohnort: str = "", **changes: Any) -> Ergebnis:
    angaben = {**grundfall(key), **changes}
    raw = {"verfahren": key, "tag": tag, "wohnort": wohnort, "angaben": angaben}
    return probefall(frage(raw, LAW, TAG), LAW, AMT)


def outcome(answer: Ergebnis, step: str) -> Any:
    return next(a for a in answer.ausgaenge if a.step == step)


@pytest.mark.parametrize("key", registry.known_keys())
def test_the_grundfall_of_every_verfahren_is_answered_by_its_own_rules(key: str) -> None:
    v = registry.current(key, TAG)
    gefragt = frage({"verfahren": key, "tag": "2026-11-23", "angaben": grundfall(key)}, LAW, TAG)
    answer = probefall(gefragt, LAW, AMT)
    facts = gefragt.facts
    assert answer.voraussetzungen == evaluate_checklist(v, facts)
    assert [g.line for g in answer.gebuehren if not g.when] == list(fees_for(v, facts))
    assert answer.laufzeit == title_end(v, facts)
    assert answer.entscheidung == v.bindung(facts).value
    if answer.wirkung is not None:
        assert answer.wirkung == fiktion(facts)
    assert {clock.key for clock in answer.uhren} == {rule.key for rule in v.clocks}
    assert json.dumps(to_json(answer))


def test_a_complete_case_is_granted_by_a_clerk_alone() -> None:
    answer = ask()
    grant = outcome(answer, "bewilligen")
    assert (grant.stand, grant.reasons) == (Stand.POSSIBLE, ())
    assert "ab Sachbearbeitung" in grant.letters[0].signature
    assert outcome(answer, "ablehnen").stand is Stand.EXCLUDED
    assert answer.missing == ()


def test_a_requirement_that_is_not_met_excludes_the_grant_and_opens_the_refusal() -> None:
    answer = ask(abschluss_am="2020-07-31")
    assert outcome(answer, "bewilligen").stand is Stand.EXCLUDED
    refusal = outcome(answer, "ablehnen")
    assert refusal.stand is Stand.POSSIBLE
    assert [reason.key for reason in refusal.first][0] == "angehoert"
    (letter,) = refusal.letters
    assert letter.four_eyes and "eigenhändiger Unterschrift" in letter.signature
    assert letter.form.startswith("schriftlich mit Begründung")
    assert "Verwaltungsgericht Düsseldorf" in letter.remedy_text
    assert {item.key for item in answer.missing} == {"B3", "K2"}
    assert all(item.norm and item.why for item in answer.missing)


def test_what_nobody_has_checked_leaves_the_grant_open() -> None:
    answer = ask(einreiseverbot=None)
    assert outcome(answer, "bewilligen").stand is Stand.OPEN


def test_a_waiver_asks_for_a_second_signature() -> None:
    answer = ask(pass_bis="2026-01-01", erlassen={"B1": "Die Botschaft stellt keine Pässe aus."})
    (letter,) = outcome(answer, "bewilligen").letters
    assert letter.outcome == "blaue_karte_mit_ausnahme" and letter.four_eyes


def test_the_clock_of_75_counts_from_the_receipt_and_shows_its_arithmetic() -> None:
    clock = next(c for c in ask(eingang="2026-10-05").uhren if c.key == "VWGO75")
    assert (clock.stand, clock.due) == ("läuft", date(2027, 1, 5))
    assert any("05.10.2026" in line for line in clock.arithmetic)
    late = next(c for c in ask(eingang="2026-05-05").uhren if c.key == "VWGO75")
    assert late.stand == "abgelaufen"


def test_a_clock_that_has_not_begun_is_counted_from_the_day_asked() -> None:
    clock = next(c for c in ask().uhren if c.key == "KLAGE")
    assert (clock.stand, clock.due) == ("noch nicht begonnen", date(2026, 12, 23))


def test_usable_biometrics_spare_the_visit() -> None:
    assert ask().erscheinen.answer is False
    again = ask(biometrie_verwendbar=False).erscheinen
    assert again.answer is True and "nicht verwendbar" in again.why


def test_competence_follows_the_city_of_the_household() -> None:
    here = ask(zustaendig=None, wohnort="düsseldorf")
    assert here.zustaendig.answer is True
    assert here.einheit == ("SG1", "Erwerbsmigration und Firmenservice")
    there = ask(zustaendig=None, wohnort="Köln")
    assert there.zustaendig.answer is False
    assert there.zustand == "Zuständigkeit in Prüfung"
    assert "abgeben" in {step.key for step in there.schritte}


def test_consents_say_what_silence_means_and_until_when() -> None:
    answer = ask(beteiligungen=[], sicherheitsabfrage="nicht angefragt", jahresgehalt=46000)
    by_key = {z.key: z for z in answer.zustimmungen}
    assert "§ 36 Abs. 2 BeschV" in by_key["BA"].silence
    assert by_key["BA"].due == date(2026, 12, 7)
    assert by_key["BVA"].silence == "Schweigen bedeutet nichts."


def test_fee_names_its_reduction_for_minors() -> None:
    answer = ask(geburt="2010-01-01")
    assert "minderjährig" in answer.gebuehren[0].line.reduced
    assert answer.gebuehr_summe == Decimal("50.00")


def test_keys_of_the_api_say_the_same_as_german_words() -> None:
    plain = ask()
    raw = {**grundfall("P02")}
    raw["salary_year"] = raw.pop("jahresgehalt")
    raw["passport_until"] = raw.pop("pass_bis")
    raw["title_kind"] = "AUFENTHALTSERLAUBNIS"
    raw.pop("titel")
    asked = frage({"verfahren": "P02", "tag": "2026-11-23", "angaben": raw}, LAW, TAG)
    assert to_json(probefall(asked, LAW, AMT)) == to_json(plain)


def test_the_law_of_the_day_asked_counts() -> None:
    answer = ask(tag="2027-01-04")
    assert "K2" in {item.key for item in answer.missing}


def test_without_a_day_of_receipt_the_day_asked_is_taken_and_said() -> None:
    answer = ask(eingang=None)
    assert answer.annahmen == ("Eingang des Antrags am 23.11.2026.",)


def refused(raw: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        frage(raw, LAW, TAG)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_everything_unreadable_is_named_at_once_and_no_value_repeated() -> None:
    told = refused(
        {
            "verfahren": "P02",
            "tag": "morgen",
            "geheim": 1,
            "angaben": {
                "pass_bis": "irgendwann",
                "vornamen": "Ada",
                "unbefristet": "vielleicht",
                "jahresgehalt": "-5",
                "nachweise": ["taufschein"],
                "rechtsstand": {},
                "beteiligungen": [{"stelle": "PAPST", "stand": "zugestimmt"}],
            },
        }
    )
    assert set(told) == {"tag", "geheim"} | {
        f"angaben.{word}"
        for word in (
            "pass_bis",
            "vornamen",
            "unbefristet",
            "jahresgehalt",
            "nachweise",
            "rechtsstand",
            "beteiligungen",
        )
    }
    assert "Ada" not in str(told) and "irgendwann" not in str(told)


@pytest.mark.parametrize(
    ("angaben", "field"),
    [
        ({"eingang": "2026-11-24"}, "eingang"),
        ({"geburt": "2026-11-24"}, "geburt"),
        ({"geburt": "2000-01-01", "einreise_am": "1999-01-01"}, "einreise_am"),
        ({"einreise_am": "2026-01-01", "titel_bis": "2025-12-31"}, "titel_bis"),
        ({"eingang": "2026-10-01", "bekanntgabe": "2026-09-30"}, "bekanntgabe"),
        ({"pass_bis": "2030-01-01", "passport_until": "2031-01-01"}, "passport_until"),
        ({"einreise_am": "2026-11-24"}, "einreise_am"),
        # the same as in a real case (``widerspruch``)
        ({"unbefristet": True, "vertragsmonate": 12}, "vertragsmonate"),
        ({"titel": "kein Titel", "titel_bis": "2026-01-01"}, "titel_bis"),
        ({"abschluss_am": "2027-06-01"}, "abschluss_am"),
        ({"eingang": "2026-10-05", "nachgefordert_am": "2026-10-01"}, "eingang"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(angaben: Any, field: str) -> None:
    told = refused({"verfahren": "P02", "tag": "2026-11-23", "angaben": angaben})
    assert set(told) == {f"angaben.{field}"}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("beteiligungen", ["BA"]),
        ("uhren", {"VWGO75": "läuft"}),
        ("jahresgehalt", "1e999999"),
        ("vertragsmonate", 10**12),
        ("titel_bis", "9999-12-31"),
        ("geburt", "0001-01-01"),
    ],
)
def test_what_no_portal_can_mean_is_refused_and_never_computed(word: str, value: Any) -> None:
    told = refused({"verfahren": "P02", "tag": "2026-11-23", "angaben": {word: value}})
    assert set(told) == {f"angaben.{word}"}
    assert len(str(told)) < 400


def test_days_and_sections_beyond_all_reason_are_refused_at_their_field() -> None:
    section = [{"titel": "Freibrief", "von": "2020-01-01"}]
    assert set(refused({"verfahren": "P02", "tag": "9999-12-31"})) == {"tag"}
    told = refused({"verfahren": "P02", "angaben": {}, "lebenslauf": {"abschnitte": section}})
    assert set(told) == {"lebenslauf.abschnitte"}
    declared = {"wohnflaeche": "1e999999", "titel_seit": "0001-01-01", "rentenmonate": 10**12}
    told = refused({"verfahren": "P14", "angaben": declared})
    assert set(told) == {f"angaben.{key}" for key in declared}


def test_an_unknown_verfahren_or_state_says_what_there_is() -> None:
    assert "P02" in refused({"verfahren": "P99"})["verfahren"]
    assert "Entwurf" in refused({"verfahren": "P02", "zustand": "Mond"})["zustand"]


def test_a_case_may_be_asked_in_a_later_state() -> None:
    raw = {"verfahren": "P02", "zustand": "in Prüfung", "angaben": grundfall("P02")}
    answer = probefall(frage(raw, LAW, TAG), LAW, AMT)
    assert any(s.key == "entscheidungsreif" for s in answer.schritte)


def test_the_command_prints_json(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "fall.json"
    file.write_text(
        json.dumps({"verfahren": "P02", "tag": "2026-11-23", "angaben": grundfall("P02")}),
        encoding="utf-8",
    )
    done = CliRunner().invoke(main, ["probefall", str(file)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["titel"] == "Blaue Karte EU"
    file.write_text("[", encoding="utf-8")
    assert CliRunner().invoke(main, ["probefall", str(file)]).exit_code == 1
