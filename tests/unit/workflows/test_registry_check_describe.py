"""Published versions stay as they were; faults are found; the page is the running object."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from abh import settings
from abh.documents.letters import LETTERS
from abh.kernel.rechtsstand import Rechtsstand
from abh.settings import load_yaml_dir
from abh.workflows import registry
from abh.workflows.check import check_verfahren, check_versions
from abh.workflows.cli import commands, verfahren
from abh.workflows.definition import Effect, Power, State, Turn, Words
from abh.workflows.describe import describe, mermaid, page_name, pages

V = registry.get("P02", 1)
LAW = Rechtsstand(load_yaml_dir(settings.ROOT / "config" / "rechtsstand"))
ROOT = Path(__file__).resolve().parents[3]


def test_published_versions_have_not_changed_silently():
    for one in registry.PUBLISHED:
        assert registry.FINGERPRINTS[one.key, one.version] == registry.fingerprint(one)
    assert len(registry.FINGERPRINTS) == len(registry.PUBLISHED)


def test_fingerprint_sees_a_changed_norm_but_not_a_mended_label():
    first, *rest = V.steps
    assert registry.fingerprint(
        replace(V, steps=(replace(first, norm="§ 1"), *rest))
    ) != registry.fingerprint(V)
    assert registry.fingerprint(
        replace(V, steps=(replace(first, label="Neu"), *rest))
    ) == registry.fingerprint(V)


@pytest.mark.parametrize(("key", "version"), [("P02", 2), ("P99", 1)])
def test_unknown_verfahren_is_a_typed_error_that_names_what_is_known(key, version):
    with pytest.raises(registry.UnknownVerfahren, match="P02 Version 1"):
        registry.get(key, version)


def test_no_version_is_in_force_before_its_law():
    assert registry.current("P02", date(2026, 11, 22)) is V
    with pytest.raises(registry.UnknownVerfahren):
        registry.current("P02", date(2023, 11, 17))


def test_known_states_cover_every_version():
    assert registry.known_states()["P02", 1] == {s.key for s in V.states}


@pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")
def test_published_verfahren_have_no_faults(one):
    assert check_verfahren(one, LETTERS, set(LAW)) == []


def test_versions_follow_each_other_without_overlap_or_gap():
    assert check_versions(registry.PUBLISHED) == []
    again = replace(V, version=2)
    assert "beide gälten zugleich" in str(check_versions((V, again))[0])
    far = replace(V, version=3, in_force_from=date(2027, 1, 1))
    assert "keine Folge ab 1" in str(check_versions((V, far))[0])


def test_who_demands_papers_has_their_clock_and_nobody_else():
    without = replace(V, clocks=tuple(c for c in V.clocks if c.key != "RUECKGABE"))
    assert "einstellen" in str(check_verfahren(without, LETTERS)[0])
    quiet = replace(
        V,
        steps=tuple(
            replace(s, effects=tuple(e for e in s.effects if e is not Effect.DEMAND_PAPERS))
            for s in V.steps
        ),
    )
    assert "keinem Schritt" in str(check_verfahren(quiet, LETTERS)[0])


def _with_step(**changes):
    first, *rest = V.steps
    return replace(V, steps=(replace(first, **changes), *rest))


ISLAND = State("insel", "Insel", Words(""), Turn.NOBODY)
FAULTY = {
    "nicht erreichbar": replace(V, states=(*V.states, ISLAND)),
    "Sackgasse": replace(V, states=(*V.states, ISLAND)),
    "keine Worte für das Portal": replace(V, states=(*V.states, ISLAND)),
    "keine Befugnis": _with_step(by=()),
    "keine Norm": _with_step(norm=" "),
    "keinen Ausgangszustand": _with_step(source=()),
    "„mond“ ist nicht definiert": _with_step(target="mond"),
    "Brief „N99“": _with_step(letter="N99"),
    "nicht der Automatik": _with_step(automatic=True),
    "ohne Bedingung": _with_step(automatic=True, guards=()),
    "§ 35a": replace(
        V,
        steps=tuple(
            replace(s, automatic=True, by=(Power.SYSTEM,)) if s.decision else s for s in V.steps
        ),
    ),
    "führt hinaus": _with_step(source=("issued",)),
    "ist doppelt": replace(V, states=(*V.states, V.states[0])),
    "„insel“ ist nicht definiert": replace(V, initial="insel"),
    "hat keinen Namen": replace(V, evidence_labels={}),
    "ist aber eine andere": _with_step(
        guards=(replace(V.steps[0].guards[0], label="anders"), V.steps[0].guards[0])
    ),
}


@pytest.mark.parametrize("text", FAULTY)
def test_fault_is_found(text):
    assert text in "\n".join(map(str, check_verfahren(FAULTY[text], V.letters)))


def test_letter_without_template_and_unknown_law_are_found():
    texts = "\n".join(map(str, check_verfahren(V, {"N01"}, {"klagefrist"})))
    assert "Brief N02: hat keine Vorlage" in texts
    assert "Recht ba.zustimmung: fehlt im Rechtsstand" in texts
    assert "Recht gebuehr.titel.erteilung: fehlt" in texts
    assert "klagefrist" not in texts


@pytest.mark.parametrize("one", registry.PUBLISHED, ids=lambda v: f"{v.key}v{v.version}")
def test_page_in_the_docs_is_the_running_object(one):
    page = (ROOT / "docs" / "verfahren" / page_name(one)).read_text(encoding="utf-8")
    again = "neu schreiben: abh verfahren beschreiben --alle --nach docs/verfahren"
    assert page == describe(one), again


def test_the_docs_describe_no_other_verfahren():
    found = {path.name for path in (ROOT / "docs" / "verfahren").glob("*.md")}
    assert found == {page_name(one) for one in registry.PUBLISHED}


def test_all_pages_are_written_at_once(tmp_path):
    runner = CliRunner()
    done = runner.invoke(verfahren, ["beschreiben", "--alle", "--nach", str(tmp_path)])
    assert done.exit_code == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written == pages()
    assert runner.invoke(verfahren, ["beschreiben", "--alle"]).exit_code == 2
    assert runner.invoke(verfahren, ["beschreiben"]).exit_code == 2


def test_diagram_names_every_state_and_every_step():
    diagram = mermaid(V)
    assert diagram.startswith("stateDiagram-v2")
    for state in V.states:
        assert f'state "{state.label}" as {state.key}' in diagram
    for step in V.steps:
        assert f": {step.label}" in diagram


def test_commands(tmp_path):
    assert verfahren in commands
    runner = CliRunner()
    assert "keine Fehler" in runner.invoke(verfahren, ["pruefen"]).output
    assert runner.invoke(verfahren, ["pruefen", "--briefe", "N01"]).exit_code == 1
    assert runner.invoke(verfahren, ["beschreiben", "P02"]).output == describe(V)
    assert runner.invoke(verfahren, ["beschreiben", "P77"]).exit_code == 1
    target = tmp_path / "p02.md"
    runner.invoke(verfahren, ["beschreiben", "P02", "--nach", str(target)])
    assert target.read_text(encoding="utf-8") == describe(V)
    folder = str(ROOT / "tests" / "verfahren" / "p02")
    played = runner.invoke(verfahren, ["szenario", folder])
    assert played.exit_code == 0 and "Szenarien stimmen" in played.output
    wrong = tmp_path / "w.yaml"
    wrong.write_text(
        "verfahren: P02\nszenarien:\n  - name: falsch\n    gegeben:\n"
        "      angaben: {stichtag: 2026-11-23}\n    dann: {zustand: bewilligt}\n"
    )
    assert runner.invoke(verfahren, ["szenario", str(wrong)]).exit_code == 1
