"""One table of who delivers what and who listens to whom; names are resolved at start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine

from abh.db import make_sessions, transaction
from abh.documents.house import House, build_house
from abh.outbox import signals
from abh.outbox.handler import Handler
from abh.outbox.resolve import resolve
from abh.settings import Settings, make_clock

# Kind of an outbox message -> the function that delivers it (see abh.outbox.handler).
HANDLERS: Final[Mapping[str, str]] = {
    "mail": "abh.outbox.mail:send",
    "print": "abh.documents.jobs:print_letter",
    "sms": "abh.outbox.sms:send",
    "termin": "abh.appointments.mitteilung:write",
    "ewege": "abh.documents.ewege:hand_to_gateway",
    "firma.antrag": "abh.fastlane.stapel:file_row",
    "webhook": "abh.fastlane.webhook_versand:deliver",
}

# Signal of a lower room -> functions of upper rooms, called in this order in its transaction.
SIGNALS: Final[Mapping[str, tuple[str, ...]]] = {
    "appointment.closing": ("abh.workflows.termine:lock_visited_case",),
    "appointment.no_show": ("abh.workflows.termine:count_no_show",),
    "case.entered": ("abh.workflows.titelvorgang:open_title_case",),
    "case.moved": ("abh.post.umzug:follow_case",),
}


def handlers() -> Mapping[str, Handler]:
    """Return the handler of every kind; raises ``ConfigurationError`` naming all that miss."""
    found = resolve(HANDLERS.values())
    return {kind: found[name] for kind, name in HANDLERS.items()}


def connect_signals() -> None:
    """Connect all listeners; every process does so once before it works."""
    found = resolve(name for names in SIGNALS.values() for name in names)
    signals.connect({signal: [found[name] for name in names] for signal, names in SIGNALS.items()})


def furnish(settings: Settings, engine: Engine) -> House:
    """Return the furniture of a process: clock, law, signature rules, stores, renderer.

    It is the clock that jobs and handlers are given. Raises ``ConfigurationError`` naming every
    fault, among them that no office is imported yet.
    """
    with transaction(make_sessions(engine)) as session:
        return build_house(settings, session, clock=make_clock(settings))
