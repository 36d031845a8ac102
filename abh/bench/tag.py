"""A working day as requests: what clerks do at their desks, and applicants at home.

Everybody acts by a clock of their own, not when the last page has come: who is slow slows nobody
else. A browser keeps no connection from one action to the next (the server closes it after two
seconds). Of every write that was acknowledged a mark is kept, to be looked for in the database
afterwards.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from abh.bench.tagwelt import Clerk, DayWorld
from abh.web.session import COOKIE_PLAIN

PATIENCE_SECONDS = 60.0
DESK, PUBLIC, SIDE, LIVE = "desk", "public", "side", "live"
# How often each kind of work is begun at a desk, and what an applicant opens.
WORK = {"case": 55, "post": 20, "counter": 15, "search": 10}
PAGES = {"status": 72, "times": 12, "booking": 6, "form": 6, "question": 4}
LANGUAGES = {"de": 30, "ar": 15, "en": 15, "uk": 12, "tr": 12, "ru": 6, "fa": 6, "fr": 4}
MOST_TICKS = 4
LETTER_SHARE = 0.15
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *(?:https?://[^/\r]+)?(/[^\r]*)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *(abh-form=[^;\r]+)", re.IGNORECASE)
_FORM_TOKEN = re.compile(rb'name="csrf_token"[^>]*?value="([^"]+)"')
_VERSION = re.compile(rb'name="row_version" value="(\d+)"')
_EXPECTED = re.compile(rb'name="abschliessen_expected" value="(\d+)"')
_FLAG = re.compile(
    rb'<select[^>]*\bname="feststellung-([\w.-]+)\.(\w+)"[^>]*>((?:(?!</select>).)*value="ja".*?)'
    rb"</select>",
    re.DOTALL,
)
_BUNDLE = re.compile(r"/post/(\d+)")
_TICKET = re.compile(r"/schalter/nummer/neu/([\w-]{22})")
_WALK_IN = re.compile(r"/schalter/nummer/(\d+)")
_BOOKING = re.compile(r"/schalter/(\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status of the request itself, where it led, and the last page."""

    status: int
    target: str
    page: bytes


@dataclass
class Log:
    """What everybody met from ``since`` on (``perf_counter``): milliseconds, statuses, faults.

    ``refused`` says which pages answered with 400 or more. ``written`` holds the marks of
    acknowledged writes by kind, those of the warm-up too.
    """

    since: float = 0.0
    times: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    status: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    written: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lag: float = 0.0

    def note(self, group: str, name: str, begun: float, *statuses: int) -> None:
        """Keep how long one action took and which statuses it met."""
        if begun < self.since:
            return
        took = (time.perf_counter() - begun) * 1000
        self.times.setdefault(group, {}).setdefault(name, []).append(took)
        self.status.update(statuses)
        self.refused.update(f"{name}: {status}" for status in statuses if status >= 400)

    def of(self, group: str) -> list[float]:
        """Return the milliseconds of a group."""
        return [took for times in self.times.get(group, {}).values() for took in times]


class Browser:
    """One person's browser: an address of its own, cookies, the token of its forms."""

    def __init__(
        self, bind: str, log: Log, number: int, *, login: str = "", language: str = "de"
    ) -> None:
        host, _, port = bind.rpartition(":")
        self.bind, self.host, self.port, self.log = bind, host, int(port), log
        self.source = f"127.{1 + number // 62_500}.{number // 250 % 250}.{2 + number % 250}"
        self.cookies = [f"{COOKIE_PLAIN}={login}"] if login else []
        self.language, self.token = language, ""

    async def ask(
        self, group: str, name: str, path: str, form: dict[str, str] | None = None
    ) -> Answer:
        """Ask for a page (POST with ``form``) and follow where it leads; one entry of the log.

        The time is that from the click to the last byte of the page that comes in the end.
        """
        begun = time.perf_counter()
        try:
            answer = await asyncio.wait_for(self._act(path, form), PATIENCE_SECONDS)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.log.faults[f"{name}: {type(error).__name__}"] += 1
            return Answer(0, "", b"")
        self.log.note(group, name, begun, answer[0].status, *answer[1])
        return answer[0]

    async def _act(self, path: str, form: dict[str, str] | None) -> tuple[Answer, list[int]]:
        reader, writer = await asyncio.open_connection(
            self.host, self.port, local_addr=(self.source, 0), limit=2**20
        )
        try:
            first, head, page = await self._send(reader, writer, path, form)
            found = _LOCATION.search(head)
            if first not in (302, 303) or found is None:
                return Answer(first, "", page), []
            target = found[1].decode("ascii")
            then, _, page = await self._send(reader, writer, target, None)
            return Answer(first, target, page), [then]
        finally:
            writer.close()

    async def _send(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        path: str,
        form: dict[str, str] | None,
    ) -> tuple[int, bytes, bytes]:
        sending = form is not None
        content = urlencode({**(form or {}), "csrf_token": self.token}).encode("ascii")
        lines = [
            f"{'POST' if sending else 'GET'} {path} HTTP/1.1",
            f"Host: {self.bind}",
            f"Accept-Language: {self.language}",
            "Accept-Encoding: gzip",
        ]
        if self.cookies:
            lines.append(f"Cookie: {'; '.join(self.cookies)}")
        if sending:
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(content)}")
        writer.write(
            "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (content if sending else b"")
        )
        head = b"\r\n" + await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        page = await reader.readexactly(int(length[1])) if length else b""
        if (cookie := _COOKIE.search(head)) is not None:
            kept = [each for each in self.cookies if not each.startswith("abh-form=")]
            self.cookies = [*kept, cookie[1].decode("latin-1")]
        return int(head.split(b" ", 2)[1]), head, page

    def learn(self, page: bytes) -> bytes:
        """Return the page as it is read, and keep the token of its forms."""
        words = gzip.decompress(page) if page.startswith(b"\x1f\x8b") else page
        if not self.token and (found := _FORM_TOKEN.search(words)) is not None:
            self.token = found[1].decode("ascii")
        return words


class AtDesk:
    """A clerk: cases with their findings and letters, post, the counter, looking somebody up."""

    def __init__(
        self, browser: Browser, clerk: Clerk, world: DayWorld, number: int, dice: random.Random
    ) -> None:
        self.browser, self.clerk, self.world, self.dice = browser, clerk, world, dice
        self.name, self.marks, self.next_case = f"tag{number}", 0, dice.randrange(1_000)

    async def acts(self) -> AsyncIterator[None]:
        """Do one thing after the other for ever; after each the caller rests."""
        while True:
            if not self.browser.token:
                await self._open("next", "/desk")
                yield
                continue
            async for _ in getattr(self, "_" + _drawn(self.dice, WORK))():
                yield

    async def _open(self, name: str, path: str, form: dict[str, str] | None = None) -> Answer:
        """Do one action; the page it ends on then fetches the list at its side."""
        answer = await self.browser.ask(DESK, name, path, form)
        page = self.browser.learn(answer.page)
        if b'class="abh-rail"' in page:
            beside = "/desk/liste?" + urlencode({"bei": answer.target or path})
            await self.browser.ask(SIDE, "list", beside)
        return Answer(answer.status, answer.target, page)

    def _mark(self) -> str:
        self.marks += 1
        return f"Marke {self.name}-{self.marks}"

    async def _case(self) -> AsyncIterator[None]:
        await self._open("next", "/desk")
        yield
        if self.dice.random() < 0.3:
            await self._open("cases", "/vorgaenge?wer=ich")
            yield
        if not self.clerk.cases:
            return
        self.next_case += 1
        number = self.clerk.cases[self.next_case % len(self.clerk.cases)]
        page = (await self._open("case", f"/vorgang/{number}")).page
        yield
        for _ in range(self.dice.randint(1, MOST_TICKS)):
            page = await self._tick(number, page)
            yield
        letter = f'action="/vorgang/{number}/schritt/nachfordern"'.encode("ascii")
        if letter in page and self.dice.random() < LETTER_SHARE:
            await self._letter(number, page)
            yield

    async def _tick(self, number: str, page: bytes) -> bytes:
        """Record one finding with a mark as its remark; returns the page that shows it."""
        flags, version = _FLAG.findall(page), _VERSION.search(page)
        if not flags or version is None:
            return (await self._open("case", f"/vorgang/{number}")).page
        group, key, options = self.dice.choice(flags)
        fid, mark = f"feststellung-{group.decode('ascii')}", self._mark()
        known = re.search(rb'value="ja"[^>]*selected', options)
        form = {
            "row_version": version[1].decode("ascii"),
            f"{fid}.{key.decode('ascii')}": "nein" if known else "ja",
            f"{fid}.remark": mark,
        }
        path = f"/vorgang/{number}/feststellung/{group.decode('ascii')}"
        answer = await self._open("finding", path, form)
        if answer.status == 303:
            self.browser.log.written["finding"].add(mark)
        return answer.page

    async def _letter(self, number: str, page: bytes) -> None:
        """Ask for what is missing: a letter is written, signed, rendered and filed."""
        if (version := _VERSION.search(page)) is None:
            return
        form = {"row_version": version[1].decode("ascii"), "schritt-nachfordern.reason": ""}
        answer = await self._open("letter", f"/vorgang/{number}/schritt/nachfordern", form)
        if answer.status == 303:
            self.browser.log.written["letter"].add(number)

    async def _post(self) -> AsyncIterator[None]:
        answer = await self._open("pull", "/post/naechste", {})
        bundle = _BUNDLE.fullmatch(answer.target)
        yield
        if bundle is None:
            return
        self.browser.log.written["pull"].add(bundle[1])
        if (expected := _EXPECTED.search(answer.page)) is None:
            return
        mark = self._mark()
        form = {
            "abschliessen_expected": expected[1].decode("ascii"),
            "abschliessen_answer": mark,
            "abschliessen_reason": "",
        }
        answer = await self._open("close", f"/post/{bundle[1]}/abschliessen", form)
        if answer.status == 303:
            self.browser.log.written["answer"].add(mark)
        yield

    async def _counter(self) -> AsyncIterator[None]:
        await self._open("counter", "/schalter")
        yield
        answer = await self._open("ticket", "/schalter/nummer", {"service": "beratung"})
        if ticket := _TICKET.fullmatch(answer.target):
            self.browser.log.written["ticket"].add(ticket[1])
        yield
        answer = await self._open("call", "/schalter/naechster", {})
        yield
        if called := _WALK_IN.fullmatch(answer.target):
            form = {"result": "auskunft"}
            ended = await self._open("end", f"/schalter/nummer/{called[1]}/fertig", form)
            if ended.status == 303 and ended.target == "/schalter":
                self.browser.log.written["served"].add(called[1])
            yield
        elif visit := _BOOKING.fullmatch(answer.target):
            await self._open("end", f"/schalter/{visit[1]}/nicht-erschienen", {})
            yield

    async def _search(self) -> AsyncIterator[None]:
        name = quote(self.dice.choice(self.world.names))
        await self._open("search", f"/suche?q={name}")
        yield


class AtHome:
    """An applicant: the own status, free times, the form, now and then a question."""

    def __init__(
        self, browser: Browser, link: str, world: DayWorld, number: int, dice: random.Random
    ) -> None:
        self.browser, self.path, self.world, self.dice = browser, f"/status/{link}", world, dice
        self.mark = f"Marke gast{number}."

    async def acts(self) -> AsyncIterator[None]:
        """Open one page after the other for ever; after each the caller rests."""
        while True:
            async for _ in getattr(self, "_" + _drawn(self.dice, PAGES))():
                yield

    async def _status(self) -> AsyncIterator[None]:
        await self.browser.ask(PUBLIC, "status", self.path)
        yield

    async def _times(self) -> AsyncIterator[None]:
        wish = {"sg": self.dice.choice(self.world.units)}
        wish["leistung"] = self.dice.choice(self.world.services)
        await self.browser.ask(PUBLIC, "times", "/termine?" + urlencode(wish))
        yield

    async def _booking(self) -> AsyncIterator[None]:
        await self.browser.ask(PUBLIC, "booking", "/termine")
        yield

    async def _form(self) -> AsyncIterator[None]:
        await self.browser.ask(PUBLIC, "form", "/antrag/p02")
        yield

    async def _question(self) -> AsyncIterator[None]:
        self.browser.learn((await self.browser.ask(PUBLIC, "status", self.path)).page)
        yield
        if not self.browser.token:
            return
        form = {"thema": "sonstiges", "frage": f"Wann ist mein Antrag fertig? {self.mark}"}
        answer = await self.browser.ask(PUBLIC, "question", f"{self.path}/frage", form)
        if answer.status == 303:
            self.browser.log.written["question"].add(self.mark)
        yield


def _drawn(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often somebody acts, in seconds; the warm-up does not count."""

    desk: float = 30.0
    home: float = 120.0
    warm_up: float = 60.0
    seconds: float = 600.0


async def spend(bind: str, world: DayWorld, pace: Pace) -> Log:
    """Let everybody spend the day: warm-up, then what counts; returns what they met.

    Once a second somebody asks whether the server lives: the floor.
    """
    begin = time.perf_counter()
    log, end = Log(begin + pace.warm_up), begin + pace.warm_up + pace.seconds
    people = [
        _person(who.acts(), who.dice, pace.desk, end, log) for who in _clerks(bind, world, log)
    ]
    people += [
        _person(who.acts(), who.dice, pace.home, end, log) for who in _guests(bind, world, log)
    ]
    alive = asyncio.create_task(_alive(bind, log))
    await asyncio.gather(*people)
    alive.cancel()
    await asyncio.gather(alive, return_exceptions=True)
    return log


def _clerks(bind: str, world: DayWorld, log: Log) -> Sequence[AtDesk]:
    return [
        AtDesk(Browser(bind, log, n, login=who.token), who, world, n, random.Random(n))
        for n, who in enumerate(world.clerks, 1)
    ]


def _guests(bind: str, world: DayWorld, log: Log) -> Sequence[AtHome]:
    found = []
    for n, link in enumerate(world.links, 1 + len(world.clerks)):
        dice = random.Random(n)
        browser = Browser(bind, log, n, language=_drawn(dice, LANGUAGES))
        found.append(AtHome(browser, link, world, n, dice))
    return found


async def _person(
    acts: AsyncIterator[None], dice: random.Random, every: float, end: float, log: Log
) -> None:
    """Act every ``every`` seconds on average (half to one and a half), whatever the last took."""
    due = time.perf_counter() + dice.uniform(0, every)
    while due < end:
        now = time.perf_counter()
        await asyncio.sleep(max(0.0, due - now))
        if due >= log.since:
            # Only what the generator itself is late by: a slow answer is no lag.
            log.lag = max(log.lag, time.perf_counter() - max(due, now))
        await anext(acts)
        due += every * dice.uniform(0.5, 1.5)


async def _alive(bind: str, log: Log) -> None:
    browser = Browser(bind, log, 0)
    while True:
        await browser.ask(LIVE, "live", "/health/live")
        await asyncio.sleep(1.0)
