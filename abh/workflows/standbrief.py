"""Letters that tell an applicant the state of a case, and that post has come; no step, no act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from abh.access.actor import Actor
from abh.documents.house import House
from abh.documents.letter_content import LetterOrder
from abh.documents.zeichnung_types import Channel
from abh.kernel.errors import Conflict
from abh.sprachen import SOURCE, marked, say
from abh.workflows.briefteile import application_words
from abh.workflows.dossier import Case
from abh.workflows.standworte import stand_of, told

AUTOMATIC, BY_CLERK = "automatisch", ""


def status_letter(house: House, actor: Actor, case: Case, *, automatic: bool) -> LetterOrder:
    """Return the order of a letter N03 with the state of a case, in German and the language of
    the case. By the status page where the person has an e-mail address, else by post.

    Raises ``Conflict`` for a case whose state cannot be told.
    """
    weeks = house.profile.get("targets", {}).get(case.verfahren.key)
    stand = stand_of(case, house.today, weeks)
    if stand is None:
        raise Conflict("Der Stand dieses Vorgangs lässt sich nicht in Worte fassen.")
    words, following, when = told(stand)
    fields = {
        "application": application_words(case),
        "received_on": case.vorgang["received_on"],
        "status_words": words,
        "next_words": following,
        "duration_words": when,
        "status_url": house.status_link(case.number, int(case.vorgang["progress"].get("link", 0))),
    }
    language = str(case.vorgang["language"] or SOURCE)
    return _order(
        house, actor, case, "N03", AUTOMATIC if automatic else BY_CLERK, fields,
        told(stand, language), language,
    )  # fmt: skip


def return_letter(house: House, actor: Actor, case: Case, papers: str, until: date) -> LetterOrder:
    """Return the order of a letter N03 that asks again for ``papers`` by ``until``."""
    language = str(case.vorgang["language"] or SOURCE)
    values = {"papers": papers, "day": f"{until:%d.%m.%Y}"}
    fields = {
        "application": application_words(case),
        "received_on": case.vorgang["received_on"],
        "status_words": PAPERS_VOID % values,
        "next_words": PAPERS_BACK % values,
        "status_url": house.status_link(case.number, int(case.vorgang["progress"].get("link", 0))),
    }
    told_in = tuple(say(language, words) % values for words in (PAPERS_VOID, PAPERS_BACK))
    return _order(house, actor, case, "N03", AUTOMATIC, fields, told_in, language)


PAPERS_VOID = marked("Diese Papiere gelten nicht mehr: %(papers)s.")
PAPERS_BACK = marked(
    "Bitte geben Sie sie bis zum %(day)s zurück, am Schalter oder mit der Post (§ 52 VwVfG NRW). "
    "Haben Sie ein Papier verloren, teilen Sie uns das bitte mit."
)


def receipt_letter(
    house: House, actor: Actor, case: Case, paragraphs: Mapping[str, list[str]]
) -> LetterOrder:
    """Return the order of a letter N01b that post has come; ``paragraphs`` by language."""
    language = str(case.vorgang["language"] or SOURCE)
    fields = {
        "application": application_words(case),
        "received_on": case.vorgang["received_on"],
        "opening": paragraphs[SOURCE],
    }
    return _order(house, actor, case, "N01", "post", fields, tuple(paragraphs[language]), language)


def _order(
    house: House,
    actor: Actor,
    case: Case,
    key: str,
    outcome: str,
    fields: Mapping[str, Any],
    summary: tuple[str, ...],
    language: str,
) -> LetterOrder:
    person = case.person
    place = f"{person['postcode'] or ''} {person['city'] or ''}".strip()
    lines = (case.full_name, person["street"] or "", place)
    foreign = {
        "lang": language,
        "title": say(language, "Zusammenfassung in Ihrer Sprache"),
        "paragraphs": [text for text in summary if text],
    }
    return LetterOrder(
        key=key,
        outcome=outcome,
        akte_id=case.vorgang["akte_id"],
        vorgang_id=case.id,
        unit_key=case.vorgang["unit_key"],
        reference=case.number,
        recipient=tuple(line for line in lines if line),
        addressee=case.full_name,
        fields=dict(fields),
        channel=Channel.PORTAL if person["email"] else Channel.POST,
        clerk=_clerk(house, actor, case.vorgang["unit_key"]),
        foreign=(foreign,) if language != SOURCE else (),
    )


def _clerk(house: House, actor: Actor, unit_key: str) -> Mapping[str, str] | None:
    if actor.kind != "staff":
        return None
    known = house.profile.get("units", {}).get(unit_key, {})
    return {"name": actor.name, "unit": known.get("name", unit_key)} | {
        name: known.get(name, "") for name in ("room", "phone", "email")
    }
