"""What people hear when a place cannot be had, with what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from abh.appointments.availability import instant
from abh.appointments.search import Slot
from abh.kernel.errors import Conflict, NotFound, SlotTaken


class SlotUnavailable(SlotTaken):
    """The wanted place is gone, or too near; ``alternatives`` are free places to offer instead."""

    def __init__(self, message: str = "", *, alternatives: Sequence[Slot] = ()) -> None:
        super().__init__(message)
        self.alternatives: tuple[Slot, ...] = tuple(alternatives)


class AlreadyBooked(Conflict):
    """The person has a place for this purpose; one is enough (``booking_id``)."""

    title = "Für diesen Anlass haben Sie schon einen Termin."
    hint = "Sie können ihn verlegen oder absagen."

    def __init__(self, message: str = "", *, booking_id: int = 0) -> None:
        super().__init__(message)
        self.booking_id = booking_id


class LinkGone(NotFound):
    """No link of this room, or one that was replaced or withdrawn: the answer is the same."""

    title = "Dieser Link gilt nicht (mehr)."
    hint = "Bitte nehmen Sie den Link aus dem neuesten Brief oder der neuesten E-Mail."


class InvitationExpired(Conflict):
    """The day until which the invitation could be used is over."""

    title = "Diese Einladung ist abgelaufen."
    hint = "Bitte bitten Sie Ihr Sachgebiet um eine neue."


class HoldLapsed(Conflict):
    """The time for confirming is over."""

    title = "Der Termin war nur für kurze Zeit für Sie reserviert."
    hint = "Bitte wählen Sie noch einmal."


class BookingStateChanged(Conflict):
    """The booking is in another state than this act needs, e.g. somebody else called it."""

    title = "Der Termin wurde inzwischen von anderer Seite geändert."
    hint = "Prüfen Sie den neuen Stand."


class AppointmentBegun(Conflict):
    """The time of the place has come: whoever did not come cannot make it undone by link."""

    title = "Dieser Termin hat schon begonnen oder ist vorbei."
    hint = "Sind Sie gerade bei uns, melden Sie sich bitte am Schalter; sonst rufen Sie uns an."


def refuse_begun(day: date, start_cell: int, now: datetime) -> None:
    """Raise ``AppointmentBegun`` when a place that begins then has begun by ``now``."""
    if instant(day, start_cell) <= now:
        raise AppointmentBegun()
