"""May I work, and within which limits: the rules, the first that applies answers (pure)."""

from __future__ import annotations

from typing import Final

from abh.sprachen import marked
from abh.workflows.facts import TitleKind
from abh.workflows.fiktion import FiktionKind
from abh.workflows.heute_lage import REFUSED, Answer, Rule
from abh.workflows.heute_teile import (
    ACT,
    ADVICE,
    ASYLUM,
    DECIDED,
    EU,
    FICTION,
    LIMITS,
    NO_WORK,
    OLD_TITLE,
    SEND_TITLE,
    SHEET,
    TITLE,
    TOLERATION,
    UNLIMITED,
    WORK_NONE,
    WORK_TITLE,
    always,
    asylum,
    card_end,
    free_movement,
    has_card,
    lawful_visit,
    no_effect,
    refused,
    title_end,
    tolerated,
    toleration_over,
    unlimited,
)

# Titles that are given for one employment and name it.
_ONE_JOB = frozenset({TitleKind.BLAUE_KARTE, TitleKind.AE_18A_18B, TitleKind.ICT_KARTE})

WORK: Final = (
    Rule(
        "W_EINTRAG",
        lambda x: x.work_entry is not None,
        Answer.YES,
        marked("Erlaubt ist die Arbeit, die in der Fiktionsbescheinigung eingetragen ist."),
        "§ 81 Abs. 5a AufenthG",
        lambda x: x.work_entry.until if x.work_entry else None,
        proof=(FICTION,),
    ),
    Rule(
        "W_KARTE",
        has_card,
        Answer.DEPENDS,
        LIMITS,
        WORK_TITLE,
        card_end,
        UNLIMITED,
        (TITLE, SHEET),
    ),
    Rule(
        "W_UNBEFRISTET",
        unlimited,
        Answer.YES,
        marked("Sie dürfen jede Arbeit ausüben."),
        "§ 4a Abs. 1 AufenthG",
        how_long=UNLIMITED,
        proof=(TITLE,),
    ),
    Rule(
        "W_EINE_STELLE",
        lambda x: x.facts.title_kind in _ONE_JOB and (x.title_runs or x.continues),
        Answer.YES,
        marked(
            "Sie dürfen in der Beschäftigung arbeiten, die Ihr Aufenthaltstitel nennt. Vor einem "
            "Wechsel fragen Sie uns bitte."
        ),
        "§ 4a Abs. 3 AufenthG",
        lambda x: None if x.continues else x.title_end,
        DECIDED,
        (OLD_TITLE, SHEET),
    ),
    Rule(
        "W_FORTGELTUNG",
        lambda x: x.continues,
        Answer.DEPENDS,
        marked(
            "Sie dürfen so arbeiten, wie Ihr bisheriger Aufenthaltstitel oder das Zusatzblatt es "
            "erlaubt."
        ),
        "§ 81 Abs. 4, § 4a Abs. 1 bis 3 AufenthG",
        how_long=DECIDED,
        proof=(OLD_TITLE, SHEET),
    ),
    Rule(
        "W_TITEL",
        lambda x: x.title_runs,
        Answer.DEPENDS,
        LIMITS,
        WORK_TITLE,
        title_end,
        proof=(TITLE, SHEET),
    ),
    Rule(
        "W_SCHUTZ",
        lambda x: x.effect is FiktionKind.PERMITTED and x.spoken == "PROTECTED",
        Answer.YES,
        marked("Sie dürfen jede Arbeit ausüben."),
        "§ 25 Abs. 1 Satz 3, Abs. 2 Satz 2, § 4a Abs. 1 AufenthG",
        how_long=marked("bis Sie Ihren Aufenthaltstitel erhalten"),
        proof=(FICTION,),
    ),
    Rule(
        "W_MOBILITAET",
        lambda x: x.facts.mobility.work_noted and x.effect is FiktionKind.PERMITTED,
        Answer.YES,
        marked("Die Beschäftigung aus Ihrem Antrag ist bis zur Entscheidung erlaubt."),
        "§ 81 Abs. 6a AufenthG",
        how_long=DECIDED,
        proof=(FICTION,),
    ),
    Rule(
        "W_ANTRAG",
        lambda x: x.effect in (FiktionKind.PERMITTED, FiktionKind.SUSPENDED),
        Answer.NO,
        NO_WORK,
        WORK_NONE,
    ),
    Rule(
        "W_FREIZUEGIG",
        free_movement,
        Answer.YES,
        marked("Sie dürfen jede Arbeit ausüben."),
        "§ 2 FreizügG/EU",
        proof=(EU,),
    ),
    Rule(
        "W_GESTATTUNG",
        asylum,
        Answer.DEPENDS,
        marked("Sie dürfen nur arbeiten, wenn es in der Aufenthaltsgestattung steht."),
        "§ 61 AsylG",
        proof=(ASYLUM,),
    ),
    Rule(
        "W_DULDUNG",
        lambda x: tolerated(x) and not toleration_over(x),
        Answer.DEPENDS,
        marked("Sie dürfen nur arbeiten, wenn es in der Duldung steht."),
        "§ 4a Abs. 4 AufenthG, § 32 BeschV",
        proof=(TOLERATION,),
    ),
    Rule(
        "W_ABGELEHNT",
        lambda x: x.state in REFUSED and x.state != "refused_final",
        Answer.DEPENDS,
        marked(
            "Hatten Sie einen Titel mit Arbeitserlaubnis, dürfen Sie so weiterarbeiten, solange "
            "die Klagefrist oder ein Eilverfahren läuft."
        ),
        "§ 84 Abs. 2 Satz 2 AufenthG",
        proof=(ACT,),
        todo=ADVICE,
    ),
    Rule(
        "W_KEIN_TITEL",
        lambda x: lawful_visit(x) or no_effect(x) or refused(x),
        Answer.NO,
        marked("Ohne Aufenthaltstitel dürfen Sie nicht arbeiten."),
        WORK_NONE,
    ),
    Rule(
        "W_UNBEKANNT",
        always,
        Answer.UNKNOWN,
        marked("Das steht in Ihrem Aufenthaltstitel. Wir kennen ihn in diesem Vorgang nicht."),
        todo=SEND_TITLE,
    ),
)
