"""Who may do what: powers, which role holds them, the mark every view carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from abh.access.actor import Actor
from abh.kernel.errors import NotAllowed, Reason


class Power:
    """The powers by name; stored in ``app_user.powers`` and compared as plain strings."""

    CASE_READ: Final = "case.read"
    CASE_INTAKE: Final = "case.intake"
    CASE_REVIEW: Final = "case.review"
    CASE_COUNTER: Final = "case.counter"
    CASE_DECIDE: Final = "case.decide"
    CASE_LEGAL: Final = "case.legal"
    LETTER_SIGN: Final = "letter.sign"
    POST_WORK: Final = "post.work"
    UNIT_LEAD: Final = "unit.lead"
    ALL_UNITS: Final = "unit.all"
    ROSTER_EDIT: Final = "roster.edit"
    EXTRA_PLACE: Final = "booking.extra"
    AUDIT_READ: Final = "audit.read"
    FASTLANE_COMPANY: Final = "fastlane.company"
    FASTLANE_ADMIT: Final = "fastlane.admit"
    ADMIN: Final = "admin"
    SYSTEM: Final = "system"
    APPLICANT: Final = "applicant"


POWER_LABELS: Final[Mapping[str, str]] = {
    Power.CASE_READ: "Akten lesen",
    Power.CASE_INTAKE: "Annahme",
    Power.CASE_REVIEW: "Sachbearbeitung",
    Power.CASE_COUNTER: "Schalter",
    Power.CASE_DECIDE: "Entscheidung",
    Power.CASE_LEGAL: "Prozessführung",
    Power.LETTER_SIGN: "Zeichnung von Briefen",
    Power.POST_WORK: "Posteingang",
    Power.UNIT_LEAD: "Sachgebietsleitung",
    Power.ALL_UNITS: "alle Sachgebiete",
    Power.ROSTER_EDIT: "Dienstplan",
    Power.EXTRA_PLACE: "Zusatzplätze",
    Power.AUDIT_READ: "Protokoll lesen",
    Power.FASTLANE_COMPANY: "Firmenservice",
    Power.FASTLANE_ADMIT: "Zulassung von Firmen",
    Power.ADMIN: "Verwaltung der Anlage",
    Power.SYSTEM: "Automatik",
    Power.APPLICANT: "antragstellende Person",
}

_CLERK = frozenset(
    {
        Power.CASE_READ,
        Power.CASE_INTAKE,
        Power.CASE_REVIEW,
        Power.CASE_COUNTER,
        Power.CASE_DECIDE,
        Power.LETTER_SIGN,
        Power.POST_WORK,
    }
)
_LEAD = _CLERK | {
    Power.UNIT_LEAD,
    Power.ROSTER_EDIT,
    Power.EXTRA_PLACE,
    Power.AUDIT_READ,
    Power.FASTLANE_ADMIT,
}

# What an account of a role gets unless less or more is said. Trainees are clerks: what they may
# not do alone is a matter of the signature table, which reads rank and in_training.
ROLE_POWERS: Final[Mapping[str, frozenset[str]]] = {
    "clerk": _CLERK,
    "lead": _LEAD,
    "admin": frozenset({Power.ADMIN}),
    "employer": frozenset({Power.FASTLANE_COMPANY}),
}

# The most that an account of a role may ever hold, whatever its row says: a slip or a forged row
# cannot make an employer decide a case or an administrator read a file.
ROLE_CEILING: Final[Mapping[str, frozenset[str]]] = {
    "clerk": _CLERK | {Power.ALL_UNITS, Power.CASE_LEGAL, Power.ROSTER_EDIT, Power.FASTLANE_ADMIT},
    "lead": _LEAD | {Power.ALL_UNITS, Power.CASE_LEGAL},
    "admin": frozenset({Power.ADMIN, Power.AUDIT_READ}),
    "employer": frozenset({Power.FASTLANE_COMPANY}),
}

PUBLIC: Final = "*public*"
LOGGED_IN: Final = "*logged in*"
_MARKS = frozenset({PUBLIC, LOGGED_IN})

View = TypeVar("View", bound=Callable[..., Any])


def policy(*powers: str) -> Callable[[View], View]:
    """Mark a view with the powers of which one is enough, or with ``PUBLIC`` or ``LOGGED_IN``.

    A view without a mark is open to nobody. Raises ``ValueError`` for an unknown power and for
    a mark mixed with powers, so that a misspelt policy fails at import.
    """
    wanted = frozenset(powers)
    if not wanted or not (wanted <= POWER_LABELS.keys() or (len(wanted) == 1 and wanted <= _MARKS)):
        raise ValueError(f"not a policy: {sorted(wanted)}")

    def mark(view: View) -> View:
        view.__abh_policy__ = wanted  # type: ignore[attr-defined]
        return view

    return mark


def policy_of(view: Callable[..., Any]) -> frozenset[str] | None:
    """Return the mark of ``view``, None when it has none (which admits nobody)."""
    return getattr(view, "__abh_policy__", None)


def admits(wanted: frozenset[str] | None, actor: Actor | None) -> bool:
    """Return whether a view marked ``wanted`` may be shown to ``actor`` (None: not logged in)."""
    if wanted is None:
        return False
    if PUBLIC in wanted:
        return True
    if actor is None:
        return False
    return LOGGED_IN in wanted or bool(wanted & actor.powers)


def require(actor: Actor, power: str | tuple[str, ...], unit_key: str | None = None) -> None:
    """Raise ``NotAllowed`` unless the actor holds (one of) ``power`` in the unit ``unit_key``.

    Staff act in their own Sachgebiet only, unless they hold ``unit.all`` (the central unit, heads
    of division). The machine itself belongs to no unit and is bound by its powers alone.
    """
    wanted = (power,) if isinstance(power, str) else power
    if not any(name in actor.powers for name in wanted):
        labels = " oder ".join(POWER_LABELS.get(name, name) for name in wanted)
        reason = Reason(f"Dafür ist die Befugnis „{labels}“ nötig.", key="access.power")
        raise NotAllowed(reason.text, reasons=[reason])
    if unit_key is not None and not in_scope(actor, unit_key):
        reason = Reason(
            f"Der Vorgang gehört zum Sachgebiet {unit_key}; dort sind Sie nicht tätig.",
            key="access.unit",
        )
        raise NotAllowed(reason.text, reasons=[reason])


def in_scope(actor: Actor, unit_key: str) -> bool:
    """Return whether ``actor`` may act on things of the unit ``unit_key``."""
    return actor.kind == "system" or actor.unit_key == unit_key or Power.ALL_UNITS in actor.powers


def unit_filter(actor: Actor) -> str | None:
    """Return the unit to which lists for ``actor`` are limited, None for all units.

    Raises ``NotAllowed`` for people who belong to no unit and may not see all of them, so that
    a missing unit never means "everything".
    """
    if actor.kind == "system" or Power.ALL_UNITS in actor.powers:
        return None
    if actor.unit_key is None:
        raise NotAllowed("Ihr Konto gehört zu keinem Sachgebiet.")
    return actor.unit_key
