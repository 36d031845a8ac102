"""Applicants' pages in a real browser on simulated mobile data: what they weigh, when they stand.

The network is Chromium's own emulation over the DevTools protocol, per request: so long a wait
until the answer begins, then so many bytes a second for all answers together. Nothing is cached.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from abh.bench import measure, web
from abh.bench.world import furnish

# Downloads in bit/s and round trip in ms: "3G" of WebPageTest, and the older "slow 3G".
NETWORKS = {"3g": (1_600_000, 300), "slow_3g": (400_000, 400)}
PAGES = ("status", "statuszugang", "antrag", "antrag_p02", "termine", "notfall")
ROUNDS = 5
# Without JavaScript a page can be used when it is parsed and painted.
_USABLE = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return Math.max(page.domContentLoadedEventEnd, paint ? paint.startTime : 0);
}"""


def run(
    database_url: str,
    rounds: int = ROUNDS,
    pages: Sequence[str] = PAGES,
    networks: Sequence[str] = tuple(NETWORKS),
) -> Iterator[dict[str, Any]]:
    """Yield one line for each network: ``value`` and ``p95_ms`` until the slowest page stands.

    The floor is what the network alone takes: two round trips (page, then styles) and the bytes of
    both. ``bytes`` is the heaviest page with styles and scripts as they came, ``fonts`` apart;
    ``foreign`` are requests to other hosts, wanted 0. Raises ``RuntimeError`` without Chromium.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = furnish(database_url, Path(folder))
        try:
            vorgang_id = world.file(evidence=("pass",))
            world.step(vorgang_id, "nachfordern")
            token = world.house.status_token(world.case(vorgang_id).number)
            office = web.open_office(database_url, Path(folder), 1)
            base = f"http://{office.settings.bind}"
            paths = dict(zip(PAGES, (
                f"/status/{token}", "/status", "/antrag", "/antrag/p02", "/termine", "/notfall",
            ), strict=True))  # fmt: skip
            wanted = {page: paths[page] for page in pages}
            with web.serving(office):
                for name in networks:
                    bits, rtt = NETWORKS[name]
                    yield _line(name, base, wanted, bits / 8, rtt, rounds)
        finally:
            world.close()


def _line(
    network: str, base: str, paths: dict[str, str], speed: float, rtt: int, rounds: int
) -> dict[str, Any]:
    with _browser() as browser:
        seen = {
            page: [_visit(browser, base, path, speed, rtt) for _ in range(rounds)]
            for page, path in paths.items()
        }
    slowest = max(seen, key=lambda page: measure.percentile([v["ms"] for v in seen[page]], 0.5))
    ours = [visit["ms"] for visit in seen[slowest]]
    floor = [2 * rtt + visit["bytes"] / speed * 1000 for visit in seen[slowest]]
    every = [visit for visits in seen.values() for visit in visits]
    return measure.line(
        f"public_weight_{network}",
        ours,
        floor,
        p95_ms=round(measure.percentile([v["ms"] for v in every], 0.95)),
        page=slowest,
        bytes=max(visit["bytes"] for visit in every),
        fonts=max(visit["fonts"] for visit in every),
        foreign=sum(visit["foreign"] for visit in every),
        kbit_s=round(speed * 8 / 1000),
        rtt_ms=rtt,
        load=round(os.getloadavg()[0], 1),
    )


@contextmanager
def _browser() -> Iterator[Any]:
    """One browser for a whole network: its own start is no part of a page."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise RuntimeError("public_weight needs Chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def _visit(browser: Any, base: str, path: str, speed: float, rtt: int) -> dict[str, Any]:
    """Open a page in a context of its own: nothing of the one before is kept."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="ar")
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    conditions = {"downloadThroughput": speed, "uploadThroughput": speed / 2}
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": rtt, **conditions})
    asked: dict[str, str] = {}
    weights = {"text": 0, "font": 0}
    line.on(
        "Network.requestWillBeSent", lambda e: asked.update({e["requestId"]: e["request"]["url"]})
    )

    def finished(event: dict[str, Any]) -> None:
        kind = "font" if ".woff2" in asked.get(event["requestId"], "") else "text"
        weights[kind] += int(event["encodedDataLength"])

    line.on("Network.loadingFinished", finished)
    # A busy machine is slow, not wrong: the figure says so itself.
    page.goto(base + path, wait_until="load", timeout=120_000)
    took = float(page.evaluate(_USABLE))
    context.close()
    foreign = [one for one in asked.values() if not one.startswith((base, "data:"))]
    return {"ms": took, "bytes": weights["text"], "fonts": weights["font"], "foreign": len(foreign)}
