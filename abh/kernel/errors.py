"""Typed errors of the domain: they carry facts, never status codes (the web maps them)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not possible, in a sentence a clerk can act on, with its norm.

    ``key`` is stable for tests and translations, ``norm`` the § it rests on ("" for house rules).
    """

    text: str
    norm: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field of an input that was refused; ``field`` is the path as the sender named it."""

    field: str
    message: str


class DomainError(Exception):
    """Base of all errors that people see; ``title`` is what happened, ``hint`` what to do next."""

    title = "Das ging nicht."
    hint = ""

    def __init__(self, message: str = "", *, reasons: Sequence[Reason] = ()) -> None:
        super().__init__(message or self.title)
        self.reasons: tuple[Reason, ...] = tuple(reasons)


class InvalidInput(DomainError):
    """Input does not fit its schema; carries every problem at once."""

    title = "Bitte prüfen Sie Ihre Angaben."

    def __init__(self, problems: Sequence[FieldProblem], message: str = "") -> None:
        super().__init__(message or "; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems: tuple[FieldProblem, ...] = tuple(problems)


class NotFound(DomainError):
    """The thing does not exist, or this person may not know that it does."""

    title = "Das gibt es hier nicht."


class NotAllowed(DomainError):
    """The policy forbids it to this actor."""

    title = "Dazu fehlt Ihnen die Berechtigung."


class StepNotAllowed(DomainError):
    """A step is not possible now; ``reasons`` lists all guards that refused, not only the first."""

    title = "Dieser Schritt ist jetzt nicht möglich."

    def __init__(self, step: str, state: str, reasons: Sequence[Reason]) -> None:
        super().__init__(
            f"{step} in {state}: " + "; ".join(r.text for r in reasons), reasons=reasons
        )
        self.step = step
        self.state = state


class Conflict(DomainError):
    """Somebody else changed the record meanwhile; ``current`` is its version now."""

    title = "Der Vorgang wurde inzwischen geändert."
    hint = "Prüfen Sie den neuen Stand; Ihr Text ist noch da."

    def __init__(self, message: str = "", *, expected: int = 0, current: int = 0) -> None:
        super().__init__(message)
        self.expected = expected
        self.current = current


class SlotTaken(DomainError):
    """The place was booked by somebody else in the meantime."""

    title = "Dieser Termin ist inzwischen vergeben."
    hint = "Bitte wählen Sie einen anderen."


class SignatureRefused(DomainError):
    """The signature rules forbid this signing; every reason is named."""

    title = "Die Zeichnungsregeln lassen das nicht zu."


class RenderRefused(DomainError):
    """A gate of the letter pipeline refused the letter."""

    title = "Der Brief hat eine Prüfung nicht bestanden."


class UploadRefused(DomainError):
    """An uploaded file cannot be accepted; the message names the file and why."""

    title = "Diese Datei kann nicht angenommen werden."


class LawMissing(DomainError):
    """No value of law is in force on the Stichtag; never "use the latest"."""

    title = "Für diesen Tag ist kein Wert hinterlegt."


class ConfigurationError(DomainError):
    """Start-up refused; the message lists every fault and where to mend it."""

    title = "Die Konfiguration ist fehlerhaft."
