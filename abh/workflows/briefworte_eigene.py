"""The letters with a template of their own that only few Verfahren have: orders, N28, N29, N30."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from abh.kernel.clock import BERLIN
from abh.workflows.briefsaetze import TENOR
from abh.workflows.briefteile import (
    Built,
    base,
    lines,
    plain_fields,
    reasons_of,
    step_id,
)
from abh.workflows.effects import Doing

_IMMEDIATE = "Warum die Entscheidung sofort gilt"


def tenor_of(doing: Doing, default: str) -> list[str]:
    """Return the sentences of the decision: the clerk's own, the step's, else ``default``."""
    own = lines(doing.data.get("tenor"))
    if own:
        return own
    found = TENOR.get(step_id(doing))
    return list(found(doing.facts)) if found is not None else [default]


def hearing_words(doing: Doing) -> str:
    """Return when the person was heard and whether they answered; "" without a hearing."""
    hearing = doing.facts.hearing
    if hearing.sent_on is None:
        return ""
    answer = (
        f"Ihre Stellungnahme vom {hearing.statement_received_on:%d.%m.%Y} haben wir berücksichtigt."
        if hearing.statement_received_on
        else "Sie haben sich innerhalb der Frist nicht geäußert."
    )
    return f"Wir haben Sie am {hearing.sent_on:%d.%m.%Y} angehört. {answer}"


def n13(doing: Doing) -> Built:
    """Return an order: decision, occasion, hearing, reasons, and those of immediate force."""
    occasion = doing.facts.angabe("anlass") or doing.facts.angabe("besonderer_anlass")
    return doing.step.outcome, base(doing) | {
        "tenor": tenor_of(doing, f"{doing.step.label}."),
        "facts": [f"Anlass: {occasion}."] if occasion else [],
        "sections": reasons_of(doing),
        "hearing_words": hearing_words(doing),
        "immediate": lines(doing.data.get("immediate")),
        "norms": doing.step.norm,
    }


def order(doing: Doing) -> Built:
    """Return an expulsion, a revocation or a shortening in the general letter."""
    immediate = lines(doing.data.get("immediate"))
    sections = reasons_of(doing)
    if heard := hearing_words(doing):
        sections.insert(0, {"heading": "Anhörung", "paragraphs": [heard]})
    if immediate:
        sections.append({"heading": _IMMEDIATE, "paragraphs": immediate})
    return doing.step.outcome, base(doing) | {
        "opening": ["wir haben entschieden:"],
        "tenor": tenor_of(doing, f"{doing.step.label}."),
        "sections": sections,
        "norms": doing.step.norm,
    }


def _own_words(doing: Doing) -> dict[str, Any]:
    """Return decision, reasons and norms; the template itself says what it is about."""
    return base(doing) | {
        "tenor": tenor_of(doing, f"{doing.step.label}."),
        "sections": reasons_of(doing),
        "norms": doing.step.norm,
    }


def n28(doing: Doing) -> Built:
    """Return an obligation to live at a place, its end, or a certificate about it."""
    return doing.step.outcome, _own_words(doing)


def n29(doing: Doing) -> Built:
    """Return the right or the duty to take part in an Integrationskurs."""
    words = _own_words(doing)
    if doing.step.outcome == "berechtigung":
        # The template says it already.
        words["tenor"] = []
    return doing.step.outcome, words


def n30(doing: Doing) -> Built:
    """Return what was decided about the consent to a paternity, or that silence consented."""
    declared = doing.case.verfahren.angaben_by_key
    rows = [{"label": "Antrag von", "value": doing.case.full_name}]
    for key in ("kind_geburt", "ausnahme"):
        value = doing.facts.angabe(key)
        if value not in (None, "", "keine") and key in declared:
            rows.append({"label": declared[key].label, "value": declared[key].words(value)})
    words = _own_words(doing) | {"tenor": lines(doing.data.get("tenor")), "facts": rows}
    if doing.step.outcome == "fiktion":
        since = datetime.fromisoformat(doing.case.vorgang["state_since"])
        words["effective_on"] = since.astimezone(BERLIN).date().isoformat()
    return doing.step.outcome, words


def granted_in_words(doing: Doing) -> dict[str, Any]:
    """Return a grant that comes without a card."""
    case, facts = doing.case, doing.facts
    title = f"{case.verfahren.title_words(facts)} ({case.verfahren.title_norm(facts)})"
    fields = plain_fields(doing) | {
        "opening": ["wir haben Ihrem Antrag entsprochen:"],
        "tenor": [*tenor_of(doing, f"{title}."), *lines(doing.data.get("provisions"))],
        "sections": reasons_of(doing),
    }
    if case.verfahren.outcome_of(facts) == "einbuergerung":
        fields |= _NATURALISED
    return fields


_NATURALISED: Mapping[str, Any] = {
    "opening": [
        "Ihr Antrag hat Erfolg: Wir möchten Sie einbürgern. Deutsche oder Deutscher werden Sie in "
        "dem Augenblick, in dem Sie die Urkunde erhalten (§ 16 StAG). Zu der Übergabe laden wir "
        "Sie gesondert ein."
    ],
    "tenor": [],
    "sections": [
        {
            "heading": "Bis dahin",
            "paragraphs": [
                "Teilen Sie uns bitte jede Änderung sofort mit: Anschrift, Familienstand, Arbeit, "
                "Strafverfahren. Behalten Sie Ihren Aufenthaltstitel."
            ],
        }
    ],
}

EIGENE: Mapping[str, Callable[[Doing], Built]] = {
    "N13": n13,
    "N28": n28,
    "N29": n29,
    "N30": n30,
    "ausweisung": order,
    "ruecknahme_widerruf": order,
    "nachtraegliche_beschraenkung": order,
}
