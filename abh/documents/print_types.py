"""What is said of a print job, in words that need no library of printing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from abh.kernel.errors import DomainError, Reason


class JobState(IntEnum):
    """States of a job (RFC 8011, 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


class PrintFailed(DomainError):
    """The letter is not on paper; ``retry`` says whether trying again later can help."""

    title = "Der Brief wurde nicht gedruckt."
    hint = "Bitte den Drucker prüfen; der Brief liegt unverändert in der Akte."

    def __init__(self, text: str, *, key: str, retry: bool, job_id: int | None = None) -> None:
        super().__init__(text, reasons=[Reason(text, key=key)])
        self.key = key
        self.retry = retry
        self.job_id = job_id


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What the printer says of one job: its number, name, state and reasons."""

    job_id: int
    name: str
    state: JobState
    reasons: tuple[str, ...]
