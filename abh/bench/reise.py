"""Whole journeys of people who book a simple service: pages, hold, link of the mail, confirmation.

Every journey comes from an address of its own (127.x.y.z), as people do, over one connection that
is kept open. Started by the clock, not when the last one ended: who is slow does not slow others.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from abh.bench.server import driver_url

PATIENCE_SECONDS = 30.0
MOST_TRIES = 5
_SLOT = re.compile(rb'value="(\d{4}-\d\d-\d\d_\d{1,3})"')
_FORM_TOKEN = re.compile(rb'name="csrf_token"[^>]*?value="([^"]+)"')
_COOKIE = re.compile(rb"\r\nset-cookie: *(abh-form=[^;\r]+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *(?:https?://[^/\r]+)?(/[^\r]*)", re.IGNORECASE)
_LINK = re.compile(r"/termine/link/([A-Za-z0-9_-]{22})")


class Broken(Exception):
    """A journey that cannot go on."""


@dataclass
class Log:
    """What all journeys met: milliseconds by page, statuses, ends of journeys, lag of starts."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    status: Counter[int] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    lag: float = 0.0

    @property
    def times(self) -> list[float]:
        """The milliseconds of all pages."""
        return [took for name, times in self.pages.items() if name != "live" for took in times]


@dataclass
class Mailbox:
    """The mails of the office as they are ordered: waits for the link sent to an address."""

    url: str
    links: dict[str, asyncio.Future[str]] = field(default_factory=dict)

    def expect(self, address: str) -> asyncio.Future[str]:
        """Return what will hold the token of the link that is sent to ``address``."""
        return self.links.setdefault(address, asyncio.get_running_loop().create_future())

    async def read(self) -> None:
        """Look for new mails until cancelled."""
        import psycopg

        last = 0
        connection = await psycopg.AsyncConnection.connect(driver_url(self.url), autocommit=True)
        try:
            while True:
                found = await connection.execute(
                    "SELECT id, payload -> 'to' ->> 0, payload ->> 'text' FROM outbox_message"
                    " WHERE id > %s AND kind = 'mail' ORDER BY id",
                    (last,),
                )
                for number, address, text in await found.fetchall():
                    last = max(last, number)
                    link = _LINK.search(text)
                    waiting = self.links.pop(address, None)
                    if link and waiting is not None and not waiting.done():
                        waiting.set_result(link[1])
                await asyncio.sleep(0.05)
        finally:
            await connection.close()


class Visitor:
    """One person with one connection and one cookie."""

    def __init__(self, bind: str, number: int, log: Log) -> None:
        host, _, port = bind.rpartition(":")
        self.bind, self.host, self.port, self.log = bind, host, int(port), log
        self.source = f"127.{1 + number // 62_500}.{number // 250 % 250}.{2 + number % 250}"
        self.cookie = b""
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, name: str, path: str, form: dict[str, str] | None = None) -> bytes:
        """Ask for a page (POST with ``form``), follow where it leads, return the last body.

        The time from the click to the last byte of the page is one entry of the log.
        """
        begun = time.perf_counter()
        status, head, body = await asyncio.wait_for(self._send(path, form), PATIENCE_SECONDS)
        if status == 303 and (to := _LOCATION.search(head)):
            status, head, body = await asyncio.wait_for(
                self._send(to[1].decode("ascii"), None), PATIENCE_SECONDS
            )
        self.log.pages.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
        self.log.status[status] += 1
        if status not in (200, 409):
            raise Broken(f"{name}: {status}")
        return body

    async def _send(self, path: str, form: dict[str, str] | None) -> tuple[int, bytes, bytes]:
        if self.streams is None:
            self.streams = await asyncio.open_connection(
                self.host, self.port, local_addr=(self.source, 0), limit=2**20
            )
        reader, writer = self.streams
        content = urlencode(form).encode("ascii") if form is not None else b""
        lines = [
            f"{'GET' if form is None else 'POST'} {path} HTTP/1.1",
            f"Host: {self.bind}",
            "Accept-Language: de",
        ]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie.decode('latin-1')}")
        if form is not None:
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(content)}")
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content)
        head = b"\r\n" + await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if (cookie := _COOKIE.search(head)) is not None:
            self.cookie = cookie[1]
        if b"\r\nconnection: close" in head.lower():
            self.hang_up()
        return int(head.split(b" ", 2)[1]), head, body

    def hang_up(self) -> None:
        """Close the connection."""
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


async def journey(
    visitor: Visitor, mails: Mailbox, number: int, unit: str, service: str, dice: random.Random
) -> None:
    """Look, choose, hold, open the link of the mail, confirm; raises ``Broken``."""
    choice = f"/termine?sg={unit}&leistung={service}"
    await visitor.ask("choose", "/termine")
    page = await visitor.ask("times", choice)
    address = f"reise{number}@example.org"
    link = mails.expect(address)
    for _ in range(MOST_TRIES):
        slots, token = _SLOT.findall(page), _FORM_TOKEN.search(page)
        if not slots or token is None:
            raise Broken("no free time on the page")
        page = await visitor.ask(
            "hold",
            "/termine",
            {
                "csrf_token": token[1].decode("ascii"),
                "sg": unit,
                "leistung": service,
                "termin": dice.choice(slots).decode("ascii"),
                "family_name": f"Reise {_letters(number)}",
                "given_names": "Kim",
                "birth_date_day": str(1 + number % 28),
                "birth_date_month": str(1 + number % 12),
                "birth_date_year": str(1950 + number % 50),
                "nationality": "VNM",
                "email": address,
            },
        )
        if not _SLOT.search(page):
            break
        visitor.log.ends["taken, chose again"] += 1
    else:
        raise Broken("every time was taken")
    path = f"/termine/link/{await asyncio.wait_for(link, PATIENCE_SECONDS)}"
    token = _FORM_TOKEN.search(await visitor.ask("link", path))
    if token is None:
        raise Broken("no form to confirm")
    await visitor.ask("confirm", f"{path}/bestaetigen", {"csrf_token": token[1].decode("ascii")})


def _letters(number: int) -> str:
    """Return a number as letters: names have no digits."""
    word = ""
    for _ in range(5):
        word = chr(97 + number % 26) + word
        number //= 26
    return word


async def travel(
    bind: str,
    url: str,
    *,
    per_second: float,
    seconds: float,
    units: list[str],
    service: str,
    pause: float,
) -> Log:
    """Start ``per_second`` journeys a second for ``seconds`` and wait until all have ended.

    Between two pages everybody reads for ``pause`` seconds on average. Once a second somebody asks
    whether the server lives: the floor.
    """
    log, mails, dice = Log(), Mailbox(url), random.Random(2026)
    reading = asyncio.create_task(mails.read())
    alive = asyncio.create_task(_alive(bind, log))
    begun = time.perf_counter()
    underway: list[asyncio.Task[None]] = []
    for number in range(round(per_second * seconds)):
        wait = begun + number / per_second - time.perf_counter()
        await asyncio.sleep(max(0.0, wait))
        log.lag = max(log.lag, -wait)
        visitor = _Reader(bind, number, log, pause, random.Random(number))
        act = journey(visitor, mails, number, dice.choice(units), service, random.Random(number))
        underway.append(asyncio.create_task(_end(act, visitor, log)))
    await asyncio.gather(*underway)
    for task in (reading, alive):
        task.cancel()
    await asyncio.gather(reading, alive, return_exceptions=True)
    return log


class _Reader(Visitor):
    """A visitor who reads each page before the next click."""

    def __init__(self, bind: str, number: int, log: Log, pause: float, dice: random.Random) -> None:
        super().__init__(bind, number, log)
        self.pause, self.dice = pause, dice

    async def ask(self, name: str, path: str, form: dict[str, str] | None = None) -> bytes:
        page = await super().ask(name, path, form)
        await asyncio.sleep(self.pause * self.dice.uniform(0.5, 1.5))
        return page


async def _end(act: object, visitor: Visitor, log: Log) -> None:
    try:
        await act  # type: ignore[misc]
    except Broken as error:
        log.ends[str(error)] += 1
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        log.ends[type(error).__name__] += 1
    else:
        log.ends["booked"] += 1
    finally:
        visitor.hang_up()


async def _alive(bind: str, log: Log) -> None:
    visitor = Visitor(bind, 0, log)
    while True:
        await visitor.ask("live", "/health/live")
        await asyncio.sleep(1.0)
