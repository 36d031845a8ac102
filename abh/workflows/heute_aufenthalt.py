"""May I stay: the rules, of which the first that applies answers; their order is law (pure)."""

from __future__ import annotations

from typing import Final

from abh.sprachen import marked
from abh.workflows.fiktion import FiktionKind
from abh.workflows.heute_lage import FICTION_PAPER, Answer, Rule
from abh.workflows.heute_teile import (
    ACT,
    ADVICE,
    ASK_PAPER,
    ASYLUM,
    COME,
    DECIDED,
    EU,
    FICTION,
    FOREVER,
    NO_BASIS,
    OLD_TITLE,
    PASS,
    PRINTED,
    SEND_TITLE,
    TITLE,
    TOLERATION,
    UNKNOWN_STAY,
    UNLIMITED,
    always,
    asylum,
    card_end,
    free_movement,
    has_card,
    late,
    lawful_visit,
    no_effect,
    refused,
    title_end,
    tolerated,
    toleration_end,
    toleration_over,
    unlimited,
    visit_end,
)

STAY: Final = (
    Rule(
        "S_KARTE",
        has_card,
        Answer.YES,
        marked("Sie haben einen Aufenthaltstitel."),
        "§ 4 Abs. 1 AufenthG",
        card_end,
        UNLIMITED,
        (TITLE, PASS),
    ),
    Rule(
        "S_UNBEFRISTET",
        unlimited,
        Answer.YES,
        marked("Ihr Aufenthaltstitel ist unbefristet."),
        FOREVER,
        how_long=UNLIMITED,
        proof=(TITLE, PASS),
    ),
    Rule(
        "S_TITEL_UND_ANTRAG",
        lambda x: x.title_runs and x.continues,
        Answer.YES,
        marked(
            "Ihr Aufenthaltstitel gilt bis %(day)s. Weil Sie rechtzeitig beantragt haben, gilt er "
            "danach weiter."
        ),
        "§ 81 Abs. 4 Satz 1 AufenthG",
        title_end,
        DECIDED,
        proof=(TITLE, PASS),
    ),
    Rule(
        "S_TITEL",
        lambda x: x.title_runs,
        Answer.YES,
        marked("Ihr Aufenthaltstitel gilt noch."),
        "§ 4 Abs. 1 AufenthG",
        title_end,
        proof=(TITLE, PASS),
        todo=marked("Beantragen Sie die Verlängerung vor diesem Tag."),
    ),
    Rule(
        "S_FORTGELTUNG",
        lambda x: x.continues and x.paper(FICTION_PAPER) is not None,
        Answer.YES,
        marked("Ihr bisheriger Aufenthaltstitel gilt durch Ihren Antrag weiter."),
        "§ 81 Abs. 4 AufenthG",
        how_long=DECIDED,
        proof=(FICTION, OLD_TITLE, PASS),
    ),
    Rule(
        "S_FORTGELTUNG_OHNE_PAPIER",
        lambda x: x.continues,
        Answer.YES,
        marked("Ihr bisheriger Aufenthaltstitel gilt durch Ihren Antrag weiter."),
        "§ 81 Abs. 4 AufenthG",
        how_long=DECIDED,
        proof=(OLD_TITLE, PASS),
        todo=ASK_PAPER,
    ),
    Rule(
        "S_SCHUTZ",
        lambda x: x.effect is FiktionKind.PERMITTED and x.spoken == "PROTECTED",
        Answer.YES,
        marked("Ihnen ist Schutz zuerkannt. Ihr Aufenthalt gilt als erlaubt."),
        "§ 25 Abs. 1 Satz 3, Abs. 2 Satz 2 AufenthG",
        how_long=marked("bis Sie Ihren Aufenthaltstitel erhalten"),
        proof=(FICTION,),
    ),
    Rule(
        "S_ERLAUBT",
        lambda x: x.effect is FiktionKind.PERMITTED,
        Answer.YES,
        marked("Ihr Aufenthalt gilt durch Ihren Antrag als erlaubt."),
        "§ 81 Abs. 3 Satz 1 AufenthG",
        how_long=DECIDED,
        proof=(FICTION, PASS),
        todo=ASK_PAPER,
    ),
    Rule(
        "S_AUSGESETZT",
        lambda x: x.effect is FiktionKind.SUSPENDED,
        Answer.DEPENDS,
        marked(
            "Ihr Antrag kam zu spät. Ihr Aufenthalt ist damit nicht erlaubt, aber wir schieben Sie "
            "nicht ab, solange wir nicht entschieden haben."
        ),
        "§ 81 Abs. 3 Satz 2 AufenthG",
        how_long=DECIDED,
        proof=(FICTION,),
        todo=ASK_PAPER,
    ),
    Rule(
        "S_FREIZUEGIG",
        free_movement,
        Answer.YES,
        marked("Sie haben ein Recht auf Freizügigkeit in der EU."),
        "§ 2 Abs. 1 FreizügG/EU",
        proof=(EU,),
    ),
    Rule(
        "S_GESTATTUNG",
        asylum,
        Answer.YES,
        marked("Ihr Aufenthalt ist gestattet, solange das Asylverfahren läuft."),
        "§ 55 Abs. 1 AsylG",
        lambda x: x.paper_end("D12"),
        PRINTED,
        (ASYLUM,),
    ),
    Rule(
        "S_DULDUNG_ABGELAUFEN",
        toleration_over,
        Answer.UNKNOWN,
        marked("Der letzte Tag Ihrer Duldung, den wir kennen, ist vorbei."),
        "§ 60a AufenthG",
        todo=COME,
    ),
    Rule(
        "S_DULDUNG",
        tolerated,
        Answer.DEPENDS,
        marked("Ihr Aufenthalt ist nicht erlaubt, aber Ihre Abschiebung ist ausgesetzt (Duldung)."),
        "§ 60a AufenthG",
        toleration_end,
        PRINTED,
        (TOLERATION,),
    ),
    Rule(
        "S_ABGELEHNT",
        refused,
        Answer.DEPENDS,
        marked(
            "Wir haben Ihren Antrag abgelehnt. Bis wann Sie ausreisen müssen, steht im Bescheid."
        ),
        "§ 50 Abs. 2, § 59 AufenthG",
        proof=(ACT,),
        todo=ADVICE,
    ),
    Rule(
        "S_BESUCH",
        lawful_visit,
        Answer.YES,
        marked("Ihr Aufenthalt ist für die Tage erlaubt, die Visum oder Einreise geben."),
        "§ 4 Abs. 1, § 6 Abs. 1 AufenthG, § 41 AufenthV",
        visit_end,
        proof=(PASS,),
    ),
    Rule(
        "S_VERSPAETET",
        late,
        Answer.NO,
        NO_BASIS,
        "§ 81 Abs. 4 Satz 3 AufenthG",
        todo=marked(
            "Bitte melden Sie sich sofort bei uns: Wir prüfen, ob wir die Fortgeltung Ihres Titels "
            "anordnen können."
        ),
    ),
    Rule("S_KEIN_RECHT", no_effect, Answer.NO, NO_BASIS, "§ 50 Abs. 1 AufenthG", todo=COME),
    Rule("S_UNBEKANNT", always, Answer.UNKNOWN, UNKNOWN_STAY, todo=SEND_TITLE),
)
