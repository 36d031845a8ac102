"""From a step to its letter: which outcome, to whom, by which way, with which facts.

Reasons come from checklist and guards; what a clerk adds in words is marked as theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from abh.documents import service as letters
from abh.documents.letters import letter_kind
from abh.documents.service import LetterOrder
from abh.documents.zeichnung_types import Channel
from abh.sprachen import SOURCE, say
from abh.workflows import briefworte
from abh.workflows.arbeitgeberbriefe import goes_to_employer
from abh.workflows.beteiligung import BY_MESSAGE, PART_KINDS, PartKind
from abh.workflows.definition import Step
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing
from abh.workflows.fiktion_worte import told

# Letters that are no act go by the status page; an act needs post, deed or counter.
CHANNELS = {
    "N07": Channel.POST,
    "N08": Channel.POST,
    "N11": Channel.COUNTER,
    "N12": Channel.PZU,
    "N14": Channel.POST,
    "N15": Channel.COUNTER,
    "N16": Channel.AUTHORITY,
    "N17": Channel.POST,
    "N18": Channel.AUTHORITY,
}


# Fields that hold the link of the person.
_PERSONS_LINKS = ("status_url", "upload_url")


def letters_of_step(doing: Doing) -> tuple[int, ...]:
    """Make the letters of a step and its enclosures; returns their ids.

    Prescribed forms are recorded as forms, not drafted. What the actor may not sign alone waits in
    the signature folder.
    """
    keys = [key for key in (doing.step.letter, *doing.step.enclosures) if key]
    made = []
    for key in keys:
        if letter_kind(key).form:
            continue
        for order in orders_of(doing, key):
            made.append(letters.issue(doing.session, doing.house, doing.actor, order).id)
    return tuple(made)


def orders_of(doing: Doing, key: str) -> tuple[LetterOrder, ...]:
    """Return the orders of a letter: one, or one for each authority asked in parallel."""
    if key == "N16":
        kinds = doing.notes.get("angefragt", [])
        orders = [_order_to(doing, PART_KINDS[kind]) for kind in kinds if kind not in BY_MESSAGE]
        return tuple(orders)
    order = order_of(doing, key)
    return (order,) if order is not None else ()


def order_of(doing: Doing, key: str) -> LetterOrder | None:
    """Return the order of a letter to the person, or to the employer where the step is one between
    him and the office (``arbeitgeberbriefe``); nothing where the step has nothing to say.

    Nobody writes to the dead: what the letter would have said stands in the log of the case.
    """
    built = briefworte.BUILDERS.get(key, briefworte.plain)(doing)
    if built is None:
        return None
    company = doing.case.row["company"]
    if company and goes_to_employer(doing.case.verfahren.key, doing.step.key):
        return _order_to_employer(doing, key, built, company)
    person, name = doing.case.person, doing.case.full_name
    if person.get("died_on") is not None:
        return None
    lines = (name, person["street"], f"{person['postcode']} {person['city']}".strip())
    outcome, fields = built
    return _order(doing, key, outcome, fields, lines, name)


def _order_to_employer(
    doing: Doing, key: str, built: tuple[str, dict[str, Any]], company: Mapping[str, Any]
) -> LetterOrder:
    """Return a letter to the employer: on paper, whether or not the company reads here, too."""
    outcome, fields = built
    fields = _told_to_employer(doing, fields)
    place = f"{company['postcode']} {company['city']}".strip()
    order = _order(doing, key, outcome, fields, (company["name"], company["street"], place), "")
    way = way_of(doing.case, doing.step, key, outcome)
    return replace(order, company_id=company["id"], channel=way, foreign=())


def _told_to_employer(doing: Doing, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields for the employer: of whom it is, and his own page of the case.

    The link of the person opens all the person may read; it must never reach anybody else.
    """
    page = doing.house.link("firma", "vorgang", doing.case.number)
    told = {**fields, **{name: page for name in _PERSONS_LINKS if fields.get(name)}}
    if fields.get("application"):
        told["application"] = f"{fields['application']} für {doing.case.full_name}"
    return told


def _order_to(doing: Doing, kind: PartKind) -> LetterOrder:
    """Return the request to another authority: the form of the BA, a plain letter to all others."""
    lines = tuple(doing.house.profile["authorities"].get(kind.key, (kind.label,)))
    build = briefworte.n16_ba if kind.key in ("BA", "BA_EILIG") else briefworte.n16
    outcome, fields = build(doing, kind)
    return _order(doing, "N16", outcome, fields, lines, "")


def _order(
    doing: Doing,
    key: str,
    outcome: str,
    fields: dict[str, Any],
    lines: tuple[str, ...],
    addressee: str,
) -> LetterOrder:
    case = doing.case
    return LetterOrder(
        key=key,
        outcome=outcome,
        akte_id=case.vorgang["akte_id"],
        vorgang_id=case.id,
        unit_key=case.vorgang["unit_key"],
        reference=case.number,
        recipient=tuple(line for line in lines if line),
        addressee=addressee,
        fields=fields,
        channel=channel_of(key, outcome),
        clerk=_clerk(doing),
        foreign=foreign_texts(doing, key),
    )


def way_of(case: Case, step: Step, key: str, outcome: str = "") -> Channel:
    """Return the way the letter of a step goes: to an employer always on paper."""
    if case.row["company"] and goes_to_employer(case.verfahren.key, step.key):
        return Channel.POST
    return channel_of(key, outcome)


def channel_of(key: str, outcome: str = "") -> Channel:
    """Return the way a letter goes: acts by post or deed, news by the status page.

    Without an ``outcome`` of the letter, any of its variants that is an act decides.
    """
    if key in CHANNELS:
        return CHANNELS[key]
    if letter_kind(key).form:
        # A prescribed form is handed over at the counter against its number.
        return Channel.COUNTER
    every = letter_kind(key).variants
    # An invitation is news, the order to appear under the same number is an act.
    variants = [v for v in every if v.outcome == outcome] or every
    if any(v.form_77 for v in variants):
        return Channel.PZU
    return Channel.POST if any(v.act for v in variants) else Channel.PORTAL


def foreign_texts(doing: Doing, key: str) -> tuple[Mapping[str, Any], ...]:
    """Return a summary in the applicant's language; German prevails."""
    lang = doing.case.vorgang["language"]
    fiktion = doing.case.row["fiktion"]
    if key != "N01" or lang in (SOURCE, "") or fiktion is None or not fiktion["words"]:
        return ()
    title = say(lang, "Zusammenfassung in Ihrer Sprache")
    return ({"lang": lang, "title": title, "paragraphs": list(told(fiktion["words"], lang))},)


def _clerk(doing: Doing) -> Mapping[str, str] | None:
    if doing.actor.kind != "staff":
        return None
    unit = doing.case.vorgang["unit_key"]
    units: Mapping[str, Any] = doing.house.profile.get("units", {})
    known = units.get(unit, {})
    return {
        "name": doing.actor.name,
        "unit": known.get("name", unit),
        "room": known.get("room", ""),
        "phone": known.get("phone", ""),
        "email": known.get("email", ""),
    }
