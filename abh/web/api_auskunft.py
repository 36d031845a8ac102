"""``/api/v1``: answers without a case: deadlines, signature rules, the tables of procedures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request

from abh.access.policy import LOGGED_IN, PUBLIC, policy
from abh.documents.zeichnung import evaluate
from abh.documents.zeichnung_types import Mandate, Permission, SigningFacts
from abh.kernel import fristen
from abh.kernel.errors import NotFound, SignatureRefused
from abh.web import api_schemas as schemas
from abh.web import session as web
from abh.web.api import answered, blueprint
from abh.workflows.definition import Verfahren
from abh.workflows.registry import UnknownVerfahren, current


@blueprint.post("/deadlines")
@policy(LOGGED_IN)
@blueprint.doc(**answered("The deadline with its arithmetic", "application/json", "object"))
def deadlines() -> dict[str, Any]:
    """Compute a deadline with its arithmetic: both readings where law is disputed."""
    return fristen.berechne(request.get_json(), web.house().law)


@blueprint.post("/signature-questions")
@policy(LOGGED_IN)
@blueprint.arguments(schemas.SignatureQuestionSchema)
@blueprint.response(200, schemas.SignatureAnswerSchema)
def signature_question(given: dict[str, Any]) -> dict[str, Any]:
    """Say whether somebody of that rank may sign that letter alone, and how it is signed."""
    stichtag = given["stichtag"] or web.today()
    try:
        found = evaluate(web.house().zeichnung, _signing(given, stichtag), stichtag)
    except SignatureRefused as refused:
        return {**_answer(None), "reasons": refused.reasons}
    return _answer(found)


# Facts about a signing that the question names as the engine does.
_AS_GIVEN = (
    "risk", "qes", "portal_consent", "portal_authenticated", "seal_wanted", "seal_no", "suffix",
    "manual_text", "own_pdf", "signature_image", "own_rank", "acting_for",
)  # fmt: skip


def _signing(given: Mapping[str, Any], stichtag: date) -> SigningFacts:
    unit = "SG"
    limit = given["mandate_limit"]
    signer = "1" if given["same_person"] else "2"
    return SigningFacts(
        letter_key=given["letter_key"],
        channel=given["channel"],
        outcome=given["outcome"],
        amount=given["amount"],
        preparer_id="1",
        preparer_in_training=given["preparer_in_training"],
        signer_id=signer,
        signer_rank=given["signer_rank"],
        signer_in_training=given["signer_in_training"],
        signer_unit=unit if given["same_unit"] else "",
        case_unit=unit,
        signer_excluded=given["excluded"],
        mandate=Mandate(given["mandate_from"] or stichtag, given["mandate_until"], limit)
        if given["has_mandate"]
        else None,
        cosigned_by=frozenset(given["cosigned_by"]),
        cosigner_ids=frozenset({signer} if given["has_cosigned"] else ()),
        has_reasons=given["has_reasons"],
        remedy=given["chosen_remedy"],
        content_hash="jetzt",
        signed_hashes=("vorher",) if given["changed_after_signature"] else (),
        **{name: given[name] for name in _AS_GIVEN},
    )


def _answer(found: Permission | None) -> dict[str, Any]:
    if found is None:
        blank = dict.fromkeys(("rule", "mark", "suffix", "seal", "remedy"), "")
        empty: dict[str, Any] = {"channels": [], "cosigners": [], "reasons": []}
        return {**blank, **empty, "permitted": False, "four_eyes": False}
    return {
        "permitted": True,
        "rule": found.rule_id,
        "mark": found.mark.value,
        "suffix": found.suffix,
        "seal": found.seal,
        "cosigners": list(found.cosigners),
        "channels": [channel.value for channel in found.channels],
        "remedy": found.remedy.value,
        "four_eyes": found.four_eyes,
        "reasons": [],
    }


@blueprint.get("/procedures/<key>")
@policy(PUBLIC)
@blueprint.doc(**answered("The procedure", "application/json", "object"))
def procedure(key: str) -> dict[str, Any]:
    """Return a procedure in force today as the table that runs: states, steps, requirements."""
    if not key.isascii() or not key.isalnum():
        raise NotFound("Dieses Verfahren gibt es nicht.")
    try:
        found = current(key, web.today())
    except UnknownVerfahren as error:
        raise NotFound("Dieses Verfahren gibt es nicht.") from error
    return _described(found)


def _described(found: Verfahren) -> dict[str, Any]:
    return {
        "key": found.key,
        "version": found.version,
        "name": found.name,
        "norm": found.norm,
        "in_force_from": found.in_force_from.isoformat(),
        "states": [
            {"key": s.key, "label": s.label, "turn": s.whose_turn.value, "terminal": s.terminal}
            for s in found.states
        ],
        "steps": [
            {
                "key": s.key,
                "label": s.label,
                "from": list(s.source),
                "to": s.target,
                "by": [power.name for power in s.by],
                "norm": s.norm,
                "guards": [{"key": g.key, "label": g.label, "norm": g.norm} for g in s.guards],
                "letter": s.letter,
                "automatic": s.automatic,
                "needs_reason": s.needs_reason,
            }
            for s in found.steps
        ],
        "checklist": [
            {"key": r.key, "label": r.label, "norm": r.norm, "mandatory": r.mandatory}
            for r in found.checklist
        ],
        "evidence": dict(found.evidence_labels),
    }
