"""Full-text search over the text of 500,000 sheets, and its growth from 50,000."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import text

from abh.bench import measure
from abh.db import make_engine
from abh.workflows.aktensuche import MOST, rows_of

SMALL, LARGE = 50_000, 500_000
ROUNDS = 60
# Rare, common and several words, a phrase, an exclusion, and one that occurs nowhere.
QUESTIONS = (
    "Aktenwort4711", "Bescheid", "Reisepass Arbeitsvertrag", '"Blaue Karte"',
    "Gehalt -Arbeitsvertrag", "Aktenwort17 Gehalt", "Wolkenkuckucksheim", "Aktenwort99",
)  # fmt: skip
_TABLES = """
CREATE SCHEMA IF NOT EXISTS search_{size};
SET search_path = search_{size};
CREATE TABLE vorgang (id bigint PRIMARY KEY, number text, unit_key text);
CREATE TABLE akte (id bigint PRIMARY KEY, number text);
CREATE TABLE blatt (id bigint PRIMARY KEY, sheet_no int, title text, received_on date,
                    akte_id bigint, vorgang_id bigint);
CREATE TABLE blatt_text (blatt_id bigint PRIMARY KEY, content text,
  words tsvector GENERATED ALWAYS AS (to_tsvector('german', content)) STORED);
INSERT INTO vorgang SELECT i, 'ABH-2026-' || lpad(i::text, 7, '0'), 'SG' || (1 + i % 8)
  FROM generate_series(0, {size} / 10) i;
INSERT INTO akte SELECT i, '54-' || i FROM generate_series(0, {size} / 10) i;
INSERT INTO blatt SELECT i, i % 10 + 1, 'Blatt ' || i, date '2026-01-01' + (i % 300), i / 10, i / 10
  FROM generate_series(1, {size}) i;
INSERT INTO blatt_text (blatt_id, content) SELECT i,
  (ARRAY['Bescheid über den Antrag vom Oktober. ', 'Anhörung zur Blauen Karte EU. ',
         'Nachforderung: Reisepass und Arbeitsvertrag fehlen. ',
         'Blaue Karte EU erteilt. '])[1 + i % 4]
  || 'Das Gehalt beträgt ' || (40000 + i % 9973) || ' Euro im Jahr. Aktenwort' || i % 20011
  || ' Aktenwort' || (i * 7) % 997 || ' Die Sachbearbeitung hat die Unterlagen geprüft, '
  || 'die Bundesagentur für Arbeit hat zugestimmt, die Anschrift lautet Straße ' || i % 3001 || '.'
  FROM generate_series(1, {size}) i;
CREATE INDEX ON blatt_text USING gin (words);
ANALYZE vorgang; ANALYZE akte; ANALYZE blatt; ANALYZE blatt_text;
"""


def run(
    database_url: str, small: int = SMALL, large: int = LARGE, rounds: int = ROUNDS
) -> Iterator[dict[str, Any]]:
    """Yield one line: ``value`` and ``p95_ms`` at ``large`` sheets for a clerk of one Sachgebiet
    and for one who sees all, ``floor`` the same at ``small``, ``growth`` the one by the other.

    The text of each sheet is short (45 words); what the search does depends on how many sheets
    hold a word, which spans from none to a quarter of all. The statement is that of the page.
    """
    series = {size: _measured(database_url, size, rounds) for size in (small, large)}
    ours, floor = series[large], series[small]
    yield measure.line(
        "akte_search",
        ours,
        floor,
        p95_ms=round(measure.percentile(ours, 0.95), 1),
        growth=round(measure.percentile(ours, 0.95) / measure.percentile(floor, 0.95), 2),
        sheets=large,
        statements=2,
    )


def _measured(database_url: str, size: int, rounds: int) -> list[float]:
    _furnish(database_url, size)
    engine = make_engine(database_url, pool_size=1)
    took = []
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SET search_path = search_{size}"))
            asked = itertools.cycle(itertools.product(QUESTIONS, ("SG1", None)))
            for number in range(rounds + len(QUESTIONS)):
                words, unit = next(asked)
                begun = time.perf_counter()
                rows_of(connection, words, unit, MOST)
                if number >= len(QUESTIONS):
                    took.append((time.perf_counter() - begun) * 1000)
    finally:
        engine.dispose()
    return took


def _furnish(database_url: str, size: int) -> None:
    plain = database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        known = connection.execute(
            "SELECT to_regclass(%s)", (f"search_{size}.blatt_text_words_idx",)
        ).fetchone()
        if known is None or known[0] is None:
            connection.execute(f"DROP SCHEMA IF EXISTS search_{size} CASCADE")
            connection.execute(_TABLES.format(size=size))
