"""After the accelerated procedure: the case of the title is opened, and the person invited.

§ 81a AufenthG ends with the visa; the title needs an application of its own (§ 81(1)). Where the
office has noted the day of that application, the hand-over after the entry opens the case, takes
along what the employer handed in, and invites to the biometrics. Without it nothing is opened: a
fiction (§ 81(4)) must not rest on an application that nobody made.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from abh.access.actor import Actor
from abh.documents.house import House
from abh.kernel.clock import Clock
from abh.kernel.errors import FieldProblem, InvalidInput
from abh.workflows import briefe, folgen, registry, verbund
from abh.workflows.aenderung import noted
from abh.workflows.definition import Effect, Step
from abh.workflows.dossier import Case
from abh.workflows.effects import Doing, run_effects
from abh.workflows.guards import fachverfahren as fv
from abh.workflows.guards import schritte as g
from abh.workflows.intake import file_application, notify_letters
from abh.workflows.schemas import AntragSchema, load_antrag
from abh.workflows.steps import load_case
from abh.workflows.tables import Evidence, Vorgang

# The purpose of the visa -> the Folge and variant that lead to the title after the entry.
ZIELE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "18g": ("einreise_blaue_karte", ""),
        "18a": ("einreise_fachkraft", "ausbildung"),
        "18b": ("einreise_fachkraft", "akademisch"),
    }
)
_PERSON = (
    *("family_name", "given_names", "birth_place", "sex", "nationalities", "street", "postcode"),
    *("city", "email", "phone", "language"),
)


def open_title_case(
    session: Session, actor: Actor, *, now: datetime, clock: Clock, case: Case
) -> None:
    """Open the case that follows from ``case`` and invite; hears ``case.entered``.

    The lock of ``case`` is held; the counter of the year and the Akte are locked after it. Where
    the person has an open case of that kind, the two are linked and nothing is opened. Raises
    ``InvalidInput`` for a day of application that cannot be.
    """
    if not isinstance(clock, House):
        raise TypeError("a case is opened with a furnished house as the clock")
    ziel = ziel_of(case)
    applied = case.facts.angabe(fv.TITEL_BEANTRAGT_AM.key)
    if ziel is None or applied is None:
        return
    folge, variante = ziel
    if applied > clock.today:
        problem = FieldProblem(fv.TITEL_BEANTRAGT_AM.key, "Der Tag liegt in der Zukunft.")
        raise InvalidInput([problem])
    running = session.scalar(
        select(Vorgang.id).where(
            Vorgang.person_id == case.person["id"],
            Vorgang.verfahren == folge.nach,
            Vorgang.closed_at.is_(None),
        )
    )
    if running is not None:
        verbund.follow(session, clock, actor, case, running, folge)
        return
    filed = file_application(
        session,
        clock,
        actor,
        load_antrag(_antrag(case, folge.nach, variante)),
        (),
        channel=case.vorgang["received_channel"],
        received_on=applied,
        company_id=case.vorgang["company_id"],
    )
    verbund.follow(session, clock, actor, case, filed.vorgang_id, folge)
    _take_papers(session, case, filed.vorgang_id)
    _invite(session, clock, actor, filed.vorgang_id)


def ziel_of(case: Case) -> tuple[folgen.Folge, str] | None:
    """Return what leads from this case to the title after the entry, and its variant.

    Nothing where the purpose is not known, or another than those of ``ZIELE``.
    """
    ziel = ZIELE.get(str(case.facts.angabe(fv.ZWECK.key)))
    folge = folgen.by_key(ziel[0]) if ziel else None
    if ziel is None or folge is None or case.verfahren.key not in folge.aus:
        return None
    return folge, ziel[1]


def follow_ups(case: Case) -> tuple[folgen.Folge, ...]:
    """Return the events a clerk can open a case for; of the titles the one of the purpose."""
    found = folgen.folgen_of(case.verfahren.key, case.state)
    ziel = ziel_of(case)
    if ziel is None:
        return found
    titles = {key for key, _variante in ZIELE.values()} - {ziel[0].key}
    return tuple(folge for folge in found if folge.key not in titles)


def _antrag(case: Case, verfahren: str, variante: str) -> dict[str, Any]:
    """Return the application as far as the procedure before it knows; the rest is asked for."""
    known = case.vorgang["antrag"]
    common = {
        name: known[name]
        for name in AntragSchema._declared_fields
        if name in known and name not in ("person", "verfahren", "angaben")
    }
    if "salary_year" in common:
        # Kept as digits; the schema reads text as people write it.
        common["salary_year"] = Decimal(common["salary_year"])
    person = {name: case.person[name] or "" for name in _PERSON}
    parts = (case.person[f"birth_{part}"] or 0 for part in ("day", "month", "year"))
    person["birth_date"] = "{:02d}.{:02d}.{:04d}".format(*parts)
    return {
        **common,
        "verfahren": verfahren,
        "person": person,
        "title_kind": "NATIONALES_VISUM",
        "title_until": case.facts.angabe(fv.VISUM_BIS.key),
        "entry_on": case.facts.angabe(fv.EINREISE_AM.key),
        "angaben": {"variante": variante} if variante else {},
    }


def _take_papers(session: Session, case: Case, new_id: int) -> None:
    """Tie the sheets of the procedure before to the new case, as far as it knows their kind."""
    new = session.execute(
        select(Vorgang.akte_id, Vorgang.verfahren).where(Vorgang.id == new_id)
    ).one()
    if new.akte_id != case.vorgang["akte_id"]:
        return
    kinds = registry.newest(new.verfahren).evidence_labels
    session.execute(
        insert(Evidence).from_select(
            ["vorgang_id", "blatt_id", "kind"],
            select(
                literal(new_id),
                Evidence.blatt_id,
                Evidence.kind,
            ).where(
                Evidence.vorgang_id == case.id,
                Evidence.kind.in_(kinds),
                Evidence.accepted.is_not(False),
            ),
        )
    )


def _invite(session: Session, house: House, actor: Actor, vorgang_id: int) -> None:
    """Invite as the step of the Verfahren does; the case stays where it is."""
    case = load_case(session, house, vorgang_id=vorgang_id)
    step = _inviting(case)
    if step is None or g.termin_noetig.check(case.facts) is not None:
        return
    doing = Doing(
        session=session,
        house=house,
        actor=actor,
        case=case,
        step=step,
        now=house.now(),
        today=house.today,
        reason="",
        data={},
        progress=deepcopy(case.vorgang["progress"]),
    )
    run_effects(doing)
    made = briefe.letters_of_step(doing)
    done = noted(
        session,
        house,
        actor,
        case,
        "nach_einreise_eingeladen",
        "Nach der Einreise zum Termin eingeladen",
        step.norm,
        "",
        {"missed_appointment": False},
        doing.notes,
    )
    notify_letters(session, house, (*made, *done.letters))


def _inviting(case: Case) -> Step | None:
    return next(
        (
            one
            for one in case.verfahren.steps
            if Effect.OFFER_APPOINTMENT in one.effects and not one.automatic
        ),
        None,
    )
