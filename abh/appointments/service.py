"""The door of this room: what other rooms and pages call."""

from abh.appointments.availability import instant, time_of
from abh.appointments.calendar_file import CalendarOffice, calendar_file
from abh.appointments.counter import (
    Identity,
    Waiting,
    call,
    call_next,
    check_in,
    close,
    hand_over,
    identity,
    passed_over,
    unfinished,
    waiting,
)
from abh.appointments.errors import (
    AlreadyBooked,
    BookingStateChanged,
    HoldLapsed,
    InvitationExpired,
    SlotUnavailable,
)
from abh.appointments.invitations import (
    book_by_token,
    booking_of,
    cancel_by_token,
    confirm,
    hold,
    invitation_by_token,
    invite,
    move_by_token,
    offered_slots,
    withdraw_invitation,
)
from abh.appointments.roster import (
    PatternChange,
    PatternSpec,
    apply_patterns,
    extend_horizon,
    rebuild_desk_days,
)
from abh.appointments.rules import RULES, BookingRules, rules_of
from abh.appointments.search import Slot, free_slots, need_of
from abh.appointments.staff import book_for, cancel, move

__all__ = [
    "RULES",
    "AlreadyBooked",
    "BookingRules",
    "BookingStateChanged",
    "CalendarOffice",
    "HoldLapsed",
    "Identity",
    "InvitationExpired",
    "PatternChange",
    "PatternSpec",
    "Slot",
    "SlotUnavailable",
    "Waiting",
    "apply_patterns",
    "book_by_token",
    "book_for",
    "booking_of",
    "calendar_file",
    "call",
    "call_next",
    "cancel",
    "cancel_by_token",
    "check_in",
    "close",
    "confirm",
    "extend_horizon",
    "free_slots",
    "hand_over",
    "hold",
    "identity",
    "instant",
    "invitation_by_token",
    "invite",
    "move",
    "move_by_token",
    "need_of",
    "offered_slots",
    "passed_over",
    "rebuild_desk_days",
    "rules_of",
    "time_of",
    "unfinished",
    "waiting",
    "withdraw_invitation",
]
