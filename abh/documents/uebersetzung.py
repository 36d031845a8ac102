"""Translation of operative part and remedy notice on request (§ 77 Abs. 3 AufenthG).

Only sentences of ``config/uebersetzungen.yaml`` are translated by the product; every other one is
a person's work. The annex is a letter of its own, marked as being without legal force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents import service as letters
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder
from abh.documents.letter_model import Office
from abh.documents.letters import letter_kind
from abh.documents.remedy import remedy_notice
from abh.documents.tables import Letter
from abh.documents.uebersetzung_worte import KEY, phrasebook
from abh.documents.zeichnung_types import Channel, Remedy
from abh.kernel.clock import BERLIN
from abh.kernel.errors import Conflict, FieldProblem, InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Sentence:
    """A German sentence of a notice with its translation, "" where a person has to write it."""

    german: str
    translated: str


def sentences_of(
    letter: Letter, office: Office, lang: str
) -> tuple[list[Sentence], list[Sentence]]:
    """Return operative part and remedy notice of a letter, with what is known in ``lang``.

    Raises ``NotFound`` for a language without checked words, ``Conflict`` for a letter that has
    neither a decision nor a remedy.
    """
    book = phrasebook()
    if lang not in book.languages:
        raise NotFound(f"Für die Sprache „{lang}“ gibt es keine geprüften Sätze.")
    notice = remedy_notice(Remedy(letter.remedy or "keine"), office)
    tenor = [str(line) for line in letter.content["fields"].get("tenor") or ()]
    if not tenor and notice is None:
        raise Conflict("Dieser Brief enthält keine Entscheidung, die übersetzt werden könnte.")
    german = list(notice.paragraphs) if notice is not None else []
    return (
        [Sentence(line, book.translate(line, lang)) for line in tenor],
        [Sentence(line, book.translate(line, lang)) for line in german],
    )


def issue_annex(
    session: Session,
    house: House,
    actor: Actor,
    letter_id: int,
    lang: str,
    own: Mapping[int, str],
) -> Letter:
    """Make, sign and file the translation of a released letter; the letter itself stays as it is.

    ``own`` are translations that a person wrote, by the number of the sentence (from 0). Raises
    ``NotFound``, ``Conflict`` for a letter that is not released, ``InvalidInput`` naming each
    sentence without a translation.
    """
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound(f"Brief {letter_id}")
    if letter.state not in ("released", "dispatched") or letter.released_at is None:
        raise Conflict("Der Brief ist noch nicht gezeichnet.")
    tenor, remedy = sentences_of(letter, house.office, lang)
    rows = [*tenor, *remedy]
    ready = [row.translated or own.get(n, "").strip() for n, row in enumerate(rows)]
    problems = [
        FieldProblem(f"satz-{n}", f"Für diesen Satz fehlt die Übersetzung: „{row.german}“")
        for n, row in enumerate(rows)
        if not ready[n]
    ]
    if problems:
        raise InvalidInput(problems)
    parts = [{"german": r.german, "translated": t} for r, t in zip(rows, ready, strict=True)]
    fields = {
        "lang": lang,
        "title_words": letter_kind(letter.key).title_of(letter.outcome),
        "day": letter.released_at.astimezone(BERLIN).date().isoformat(),
        "decision": parts[: len(tenor)],
        "remedy": parts[len(tenor) :],
    }
    content = letter.content
    order = LetterOrder(
        key=KEY,
        akte_id=letter.akte_id,
        vorgang_id=letter.vorgang_id or 0,
        unit_key=letter.unit_key,
        reference=content["reference"],
        recipient=tuple(content["recipient"]),
        addressee=content["addressee"],
        fields=fields,
        channel=Channel(letter.channel or "post"),
        clerk=content["clerk"],
        extra={"translation_of": letter.id, "free_text": any(own.values())},
    )
    return letters.issue(session, house, actor, order)
