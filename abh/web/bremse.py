"""A brake for public forms: many sendings from one address cost waiting, never a refusal."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

# So that an attacker with many addresses cannot fill the memory; the oldest are forgotten.
MOST_ADDRESSES = 20_000
# How long a waiting slip may be used once its time has come.
SLIP_LIVES = timedelta(minutes=15)
# Zero bits at the head of a hash: some seconds for an old telephone.
WORK_BITS = 14
# By how much of the pause a proof of work shortens a wait. Never all of it: slips stand in a line
# whatever somebody computes, so a rented server gains these seconds once and not its rate.
WORK_SAVES = 2 / 3
_LONGEST_WORK = 10


@dataclass(frozen=True, slots=True)
class Wait:
    """How many seconds a sending has to wait, and the slip with which it then goes through.

    ``early``: the seconds for a browser that finds a number whose hash with the slip begins with
    ``bits`` zeros (``solved``). Nobody has to.
    """

    seconds: int
    slip: str
    early: int
    bits: int = WORK_BITS


class Brake:
    """Counts sendings per address in memory of this process; each process brakes for itself.

    Up to ``free`` within ``window`` nothing happens, so that a family or a shelter behind one
    address is never slowed; after that each further sending must wait ``pause`` first. Those who
    wait at one address stand in a line, ``step`` apart: a thousand slips fetched at once are good
    one after the other, so that time is what a program pays with.
    """

    def __init__(
        self,
        free: int,
        window: timedelta,
        pause: timedelta,
        step: timedelta = timedelta(seconds=3),
    ) -> None:
        self.free, self.window, self.pause, self.step = free, window, pause, step
        self._lines: OrderedDict[str, datetime] = OrderedDict()
        self._used: OrderedDict[str, None] = OrderedDict()
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, address: str, now: datetime) -> None:
        """Note a sending that went through."""
        with self._lock:
            times = self._seen.setdefault(address, deque(maxlen=self.free))
            times.append(now)
            self._seen.move_to_end(address)
            while len(self._seen) > MOST_ADDRESSES:
                self._seen.popitem(last=False)

    def pause_for(self, address: str, now: datetime) -> timedelta:
        """Return how long a sending from here has to wait; zero for nearly everybody."""
        with self._lock:
            times = self._seen.get(address, deque())
            while times and times[0] <= now - self.window:
                times.popleft()
            return self.pause if len(times) >= self.free else timedelta(0)

    def admit(
        self, address: str, now: datetime, slip: str, key: str, work: str = ""
    ) -> Wait | None:
        """Return None when a sending may go through (it is counted), else how long to wait.

        ``slip`` is what the form of an earlier ``Wait`` sent back. It is signed with ``key``, holds
        for its address from its time on, and once: nobody can write one. A slip that does not hold
        costs a new wait, never more. ``work`` that solves it lets it hold a part of the pause
        earlier; wrong work changes nothing.
        """
        saved = self.pause * WORK_SAVES if work and solved(slip, work) else timedelta(0)
        if not self.pause_for(address, now) or self._redeem(address, now, slip, key, saved):
            self.count(address, now)
            return None
        at = self._stand_in_line(address, now)
        signed = _signer(key).dumps([address, at.timestamp(), secrets.token_hex(8)])
        early = at - self.pause * WORK_SAVES
        return Wait(_seconds(at - now), str(signed), _seconds(early - now))

    def _stand_in_line(self, address: str, now: datetime) -> datetime:
        with self._lock:
            at = max(now + self.pause, self._lines.get(address, now) + self.step)
            self._lines[address] = at
            self._lines.move_to_end(address)
            while len(self._lines) > MOST_ADDRESSES:
                self._lines.popitem(last=False)
            return at

    def _redeem(self, address: str, now: datetime, slip: str, key: str, saved: timedelta) -> bool:
        try:
            whose, at, number = _signer(key).loads(slip)
        except (BadSignature, ValueError, TypeError):
            return False
        due = datetime.fromtimestamp(float(at), UTC)
        if whose != address or not due - saved <= now <= due + SLIP_LIVES:
            return False
        with self._lock:
            if number in self._used:
                return False
            self._used[str(number)] = None
            while len(self._used) > MOST_ADDRESSES:
                self._used.popitem(last=False)
        return True


def solved(slip: str, work: str) -> bool:
    """Return whether ``work`` is a number that makes the hash of the slip begin with zeros."""
    if not (work.isascii() and work.isdecimal() and len(work) <= _LONGEST_WORK):
        return False
    digest = hashlib.sha256(f"{slip}:{work}".encode()).digest()
    return int.from_bytes(digest, "big") >> (8 * len(digest) - WORK_BITS) == 0


def _seconds(wait: timedelta) -> int:
    return max(1, round(wait.total_seconds()))


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="abh.bremse")
