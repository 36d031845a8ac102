"""What procedures with a machine of their own share: states, rows fitted to them, short steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from abh.workflows.definition import (
    SAME_STATE,
    Effect,
    Guard,
    Power,
    State,
    Step,
    Turn,
    Words,
)
from abh.workflows.guards import entscheidung as e
from abh.workflows.verfahren.gemeinsam import GEN_LETTERS
from abh.workflows.verfahren.zustaende import GEN_STATES

# What every decision needs that burdens somebody: hearing, name, second signature, reasons.
BELASTEND: tuple[Guard, ...] = (e.angehoert, e.entscheider_benannt, e.vier_augen, e.begruendet)


def zustand(key: str, label: str, de: str, turn: Turn, *, ende: bool = False) -> State:
    """A state with its words for the portal."""
    return State(key, label, Words(de), turn, terminal=ende)


def aus_gen(*keys: str) -> tuple[State, ...]:
    """The states of the generic machine with these keys, in its order."""
    found = tuple(state for state in GEN_STATES if state.key in keys)
    if len(found) != len(set(keys)):
        raise ValueError("unknown generic state: " + ", ".join(set(keys) - {s.key for s in found}))
    return found


def schritt(
    key: str,
    source: str | tuple[str, ...],
    target: str,
    by: Power | tuple[Power, ...],
    norm: str,
    label: str,
    *guards: Guard,
    letter: str | None = None,
    outcome: str = "",
    effects: tuple[Effect, ...] = (),
    needs_reason: bool = False,
    decision: str | None = None,
    automatic: bool = False,
) -> Step:
    """A row of a Verfahren; one source and one power need no tuple."""
    return Step(
        key,
        (source,) if isinstance(source, str) else source,
        target,
        by=(by,) if isinstance(by, Power) else by,
        norm=norm,
        label=label,
        guards=guards,
        letter=letter,
        outcome=outcome,
        effects=effects,
        automatic=automatic,
        needs_reason=needs_reason,
        decision=decision,
    )


def von_selbst(
    key: str,
    source: str | tuple[str, ...],
    target: str,
    norm: str,
    label: str,
    *guards: Guard,
    effects: tuple[Effect, ...] = (),
    letter: str | None = None,
) -> Step:
    """A row that the system takes as soon as its guards allow; clerks may take it as well."""
    return schritt(
        key,
        source,
        target,
        (Power.SYSTEM, Power.REVIEW),
        norm,
        label,
        *guards,
        effects=effects,
        letter=letter,
        automatic=True,
    )


def passend(
    states: Collection[State],
    rows: Iterable[Step],
    *,
    auch: Mapping[str, tuple[str, ...]] | None = None,
    ohne: Collection[str] = (),
    ohne_wirkung: Collection[Effect] = (),
    ohne_bedingung: Collection[str] = (),
    normen: Mapping[str, str] | None = None,
) -> tuple[Step, ...]:
    """Generic rows that fit a machine with fewer or other states.

    Rows to or from states the machine does not have fall away, ``ohne`` names further ones.
    ``ohne_bedingung`` takes guards away, ``auch`` adds sources by key of the step, ``normen`` puts
    the norms of another statute in place.
    """
    known = {state.key for state in states}
    more, other = auch or {}, normen or {}
    dropped = set(ohne_wirkung)
    if Effect.END_FIKTION in dropped:
        # Where an application has no effect, no paper was handed out that proves one.
        dropped.add(Effect.DEMAND_PAPERS)
    found = []
    for row in rows:
        source = tuple(key for key in (*row.source, *more.get(row.key, ())) if key in known)
        if row.key in ohne or not source or row.target not in {*known, SAME_STATE}:
            continue
        found.append(
            replace(
                row,
                source=tuple(dict.fromkeys(source)),
                norm=other.get(row.norm, row.norm),
                guards=tuple(
                    nach(one, other.get(one.norm, one.norm))
                    for one in row.guards
                    if one.key not in ohne_bedingung
                ),
                effects=tuple(one for one in row.effects if one not in dropped),
            )
        )
    return tuple(found)


def nach(guard: Guard, norm: str) -> Guard:
    """The guard on the norm of another statute that says the same."""
    return guard if guard.norm == norm else replace(guard, norm=norm)


def briefe(*keys: str, **weitere: str) -> dict[str, str]:
    """Letters of a Verfahren: generic ones by key, others with their names."""
    return {**{key: GEN_LETTERS[key] for key in keys}, **weitere}
