"""Long work as every page shows it: a stored run whose progress survives a reload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request, url_for

# Reloads a second are nobody's wish; a run takes a few cases a second.
SECONDS = 5


@dataclass(frozen=True, slots=True)
class Lauf:
    """How far a stored run is. The server knows it, so leaving the page or reloading loses nothing.

    With scripts the part asks for itself; without, the page loads anew until it is done. Both can
    be halted by a link (WCAG 2.2.1).
    """

    label: str
    done: int
    skipped: int
    total: int
    url: str
    halt_url: str
    halted: bool = False
    ended: bool = False
    undone: bool = False
    can_undo: bool = False

    @property
    def waiting(self) -> int:
        """How many are still to come."""
        return self.total - self.done - self.skipped

    @property
    def running(self) -> bool:
        """Whether anything may still change."""
        return not self.ended and not self.undone

    @property
    def follows(self) -> bool:
        """Whether the page asks again by itself."""
        return self.running and not self.halted


def lauf(
    label: str,
    done: int,
    skipped: int,
    total: int,
    *,
    ended: bool,
    undone: bool = False,
    run_at: datetime | None = None,
    now: datetime | None = None,
) -> Lauf:
    """Return the progress of a run for the page of this request.

    ``run_at`` with ``now``: until then it can be taken back.
    """
    here, args = request.endpoint or "", dict(request.view_args or {})
    return Lauf(
        label=label,
        done=done,
        skipped=skipped,
        total=total,
        url=url_for(here, **args),
        halt_url=url_for(here, **args, anhalten=1),
        halted=request.args.get("anhalten") == "1",
        ended=ended,
        undone=undone,
        can_undo=not undone
        and not ended
        and run_at is not None
        and now is not None
        and run_at > now,
    )
