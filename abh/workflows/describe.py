"""Writes the German page of a Verfahren from the very object that runs: tables and a diagram."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from abh.workflows.definition import (
    FICTION_PAPER,
    POWER_LABELS,
    SAME_STATE,
    Befreiung,
    FeeRule,
    Step,
    Verfahren,
    Zugriff,
)
from abh.workflows.facts import german
from abh.workflows.registry import PUBLISHED, newest


@dataclass(frozen=True, slots=True)
class Tabelle:
    """One table of the page; ``anchor`` is its address on the page of the handbook."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def anchor(self) -> str:
        """The title as an id: ASCII, lower case."""
        return self.title.lower().translate(_ASCII).replace(" ", "-")


_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def describe(verfahren: Verfahren) -> str:
    """Return the page as Markdown with a Mermaid state diagram; same input, same bytes."""
    tables = [_markdown(table) for table in tabellen(verfahren)]
    before = 1 if verfahren.varianten else 0
    parts = [
        _head(verfahren),
        *tables[:before],
        f"## Ablauf\n\n```mermaid\n{mermaid(verfahren)}\n```",
        *tables[before:],
    ]
    return "\n\n".join(parts) + "\n"


def tabellen(verfahren: Verfahren) -> tuple[Tabelle, ...]:
    """Return every table of the page that has something to say, in its order."""
    always = {"Zustände", "Schritte", "Bedingungen", "Voraussetzungen", "Briefe", "Uhren"}
    always.add("Im Auge zu behalten")
    found = (
        _varianten(verfahren),
        _states(verfahren),
        _steps(verfahren),
        _guards(verfahren),
        _checklist(verfahren),
        _angaben(verfahren),
        _participations(verfahren),
        *_letters_and_fees(verfahren),
        _clocks(verfahren),
        _volatile(verfahren),
    )
    return tuple(table for table in found if table.rows or table.title in always)


def pages() -> dict[str, str]:
    """Return the page of every published version by file name: ``p02.md``, older ``p02-v1.md``."""
    return {page_name(one): describe(one) for one in PUBLISHED}


def page_name(verfahren: Verfahren) -> str:
    """Return the file in docs/verfahren that describes this version."""
    older = "" if verfahren is newest(verfahren.key) else f"-v{verfahren.version}"
    return f"{verfahren.key.lower()}{older}.md"


def mermaid(verfahren: Verfahren) -> str:
    """Return the state diagram; steps that leave from nearly everywhere are drawn once."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_plain(s.label)}" as {s.key}' for s in verfahren.states]
    lines.append(f"    [*] --> {verfahren.initial}")
    for step in verfahren.steps:
        if is_everywhere(step):
            continue
        for source in step.source:
            target = source if step.target == SAME_STATE else step.target
            lines.append(f"    {source} --> {target}: {_plain(step.label)}")
    lines += [f"    {s.key} --> [*]" for s in verfahren.states if s.terminal]
    everywhere = [step for step in verfahren.steps if is_everywhere(step)]
    if everywhere:
        lines.append('    state "jeder offene Zustand" as offen')
        lines += [f"    offen --> {step.target}: {_plain(step.label)}" for step in everywhere]
    return "\n".join(lines)


def _head(v: Verfahren) -> str:
    purpose = f"{v.zweck}\n\n" if v.zweck else ""
    return (
        f"# {v.key} {v.name}\n\n{purpose}{kopf(v)}\n\n"
        f"Diese Seite schreibt `abh verfahren beschreiben {v.key}` aus der Tabelle, nach der das "
        "Programm arbeitet. Änderungen gehören in die Tabelle."
    )


def kopf(v: Verfahren) -> str:
    """Return version, norm, kind of decision, access and length in a few sentences."""
    access = "" if v.zugriff is Zugriff.ALLGEMEIN else f" Zugriff: {v.zugriff.value}."
    return (
        f"Version {v.version}, anzuwenden seit {german(v.in_force_from)}. "
        f"Rechtsgrundlage: {v.norm}. Entscheidung: {v.entscheidung.value}.{access}"
        f"{_length(v)}"
    )


def _length(v: Verfahren) -> str:
    rule = v.laufzeit
    if rule is None:
        return ""
    if not rule.most_key:
        return f" Der Titel gilt unbefristet ({rule.norm})."
    bound = f", begrenzt durch: {rule.label}" if rule.label else ""
    free = f" Unbefristet: {rule.unlimited.label}." if rule.unlimited is not None else ""
    return f" Längstens gilt der Titel nach `{rule.most_key}` ({rule.norm}){bound}.{free}"


def _varianten(v: Verfahren) -> Tabelle:
    rows = (
        (one.label, f"`{one.key}`", one.norm, (one.entscheidung or v.entscheidung).value)
        for one in v.varianten
    )
    return _table("Varianten", ("Variante", "Schlüssel", "Norm", "Entscheidung"), rows)


def _angaben(v: Verfahren) -> Tabelle:
    rows = (
        (
            a.label,
            f"`{a.key}`",
            ", ".join(a.choices.values()) if a.choices else f"{a.kind.value} {a.unit}".strip(),
            "antragstellende Person" if a.by_applicant else "Ausländerbehörde",
            a.norm,
        )
        for a in v.angaben
    )
    return _table("Angaben", ("Angabe", "Schlüssel", "Art", "Wer", "Norm"), rows)


def _participations(v: Verfahren) -> Tabelle:
    rows = (
        (
            p.kind.label,
            p.norm,
            p.when.label,
            f"gilt als Zustimmung ({p.kind.silence_norm})"
            if p.kind.silence_is_consent
            else "bedeutet nichts, es wird erinnert",
            "beendet die Frist" if p.kind.missing_info_ends else "hält die Frist an",
        )
        for p in v.beteiligungen
    )
    columns = ("Stelle", "Norm", "Wenn", "Schweigen", "Fehlen Angaben")
    return _table("Beteiligungen", columns, rows)


def _states(v: Verfahren) -> Tabelle:
    rows = (
        (
            s.label + (" (Ende)" if s.terminal else ""),
            f"`{s.key}`",
            s.whose_turn.value,
            s.portal_words.de,
        )
        for s in v.states
    )
    return _table("Zustände", ("Zustand", "Schlüssel", "Am Zug", "So im Portal"), rows)


def _steps(v: Verfahren) -> Tabelle:
    names = {s.key: s.label for s in v.states}

    def row(step: Step) -> tuple[str, ...]:
        source = "jeder offene" if is_everywhere(step) else ", ".join(names[k] for k in step.source)
        notes = [effect.value for effect in step.effects]
        notes += ["automatisch"] if step.automatic else []
        notes += ["mit Begründung"] if step.needs_reason else []
        notes += ["Entscheidung"] if step.decision else []
        return (
            f"{step.label} `{step.key}`",
            source,
            "bleibt" if step.target == SAME_STATE else names[step.target],
            " oder ".join(POWER_LABELS[power] for power in step.by),
            step.norm,
            "; ".join(guard.label for guard in step.guards),
            ", ".join(((step.letter,) if step.letter else ()) + step.enclosures),
            "; ".join(notes),
        )

    columns = ("Schritt", "Von", "Nach", "Wer", "Norm", "Wenn", "Brief", "Bewirkt")
    return _table("Schritte", columns, map(row, v.steps))


def _guards(v: Verfahren) -> Tabelle:
    rows = ((f"`{g.key}`", g.label, g.norm) for g in v.guards().values())
    return _table("Bedingungen", ("Schlüssel", "Es muss gelten", "Norm"), rows)


def _checklist(v: Verfahren) -> Tabelle:
    rows = (
        (
            r.key,
            r.label,
            r.norm,
            "; ".join(
                " oder ".join(v.evidence_labels.get(kind, kind) for kind in group)
                for group in r.evidence
            ),
            r.source.value,
            r.waiver_norm or "nicht möglich",
        )
        for r in v.checklist
    )
    columns = ("Nr.", "Voraussetzung", "Norm", "Nachweis", "Klärt", "Erlass")
    return _table("Voraussetzungen", columns, rows)


def _letters_and_fees(v: Verfahren) -> tuple[Tabelle, ...]:
    fees = ((f"`{rule.law_key}`", rule.label, _fee_when(v, rule)) for rule in v.gebuehren)
    free = ((one.label, one.norm, _freed(v, one)) for one in v.befreiungen)
    return (
        _table("Briefe", ("Nr.", "Brief"), v.letters.items()),
        _table("Gebühren", ("Rechtsstand", "Wofür", "Wann"), fees),
        _table("Gebührenfrei", ("Wer", "Norm", "Wovon"), free),
    )


def _freed(v: Verfahren, one: Befreiung) -> str:
    if not one.nur:
        return "alle Gebühren"
    return ", ".join(dict.fromkeys(r.label for r in v.gebuehren if one.covers(r.law_key)))


def _fee_when(v: Verfahren, rule: FeeRule) -> str:
    if rule.event == FICTION_PAPER:
        return "bei Ausstellung der Fiktionsbescheinigung"
    step = v.step(rule.event) if rule.event else None
    parts = [rule.when.label] if rule.when is not None else []
    parts += [f"bei: {step.label}"] if step is not None else []
    return "; ".join(parts) or "immer"


def _clocks(v: Verfahren) -> Tabelle:
    names = {s.key: s.label for s in v.steps}
    rows = (
        (
            c.label,
            c.norm,
            c.starts,
            ", ".join(names.get(key, key) for key in c.stop_steps),
            c.ends,
            c.effect,
            ", ".join(f"`{key}`" for key in c.law_keys),
        )
        for c in v.clocks
    )
    columns = ("Uhr", "Norm", "Beginnt", "Steht bei", "Endet", "Wirkung", "Rechtsstand")
    return _table("Uhren", columns, rows)


def _volatile(v: Verfahren) -> Tabelle:
    rows = ((m.text, m.norm, german(m.check_by) if m.check_by else "") for m in v.volatile)
    return _table("Im Auge zu behalten", ("Was", "Norm", "Prüfen bis"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Tabelle:
    return Tabelle(title, columns, tuple(rows))


def _markdown(table: Tabelle) -> str:
    rule = tuple("---" for _ in table.columns)
    lines = [f"## {table.title}", "", _row(table.columns), _row(rule)]
    return "\n".join([*lines, *(_row(row) for row in table.rows)])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def is_everywhere(step: Step) -> bool:
    """Whether the step leaves from nearly every open state, and is drawn once."""
    return len(step.source) > 8 and step.target != SAME_STATE


def _plain(text: str) -> str:
    """Mermaid ends a label at a colon, a semicolon or a quote."""
    return text.replace('"', "'").replace(":", " ").replace(";", ",")
