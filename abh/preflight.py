"""The check before the start: every fault of this installation at once, and where to mend it."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from abh import wiring
from abh.db import make_engine, make_sessions
from abh.documents.fonts import font_paths
from abh.documents.house import STATIC
from abh.documents.letters import LETTERS
from abh.documents.store_s3 import S3Place, S3Store
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_proof import check_table
from abh.kernel import fristen
from abh.kernel.clock import BERLIN
from abh.kernel.errors import ConfigurationError, DomainError, LawMissing, Reason
from abh.kernel.rechtsstand import Rechtsstand
from abh.migrate import revisions
from abh.office import service as office
from abh.outbox.resolve import resolve
from abh.outbox.tables import OutboxMessage
from abh.settings import ROOT, Settings, load_settings, load_yaml_dir, make_clock
from abh.workflows import recht, registry
from abh.workflows.check import check_verfahren, check_versions
from abh.workflows.tables import Vorgang

REFUSED = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where it is, what is wrong, how to mend it; in German, for the operator."""

    where: str
    text: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}\n      Abhilfe: {self.mend}"


NO_OFFICE = Fault("Amt", "kein Amt eingespielt", "abh office import config/office/DATEI.yaml")


def ready(
    env: Mapping[str, str] = os.environ, *, jobs: Iterable[str] = (), setup: bool = False
) -> Settings:
    """Return the settings of an installation without fault.

    Raises ``ConfigurationError`` with one reason for every fault. ``jobs`` are functions
    (``module:name``) that the caller is going to run. With ``setup``, an office that is to be set
    up in the browser may be missing; nothing else.
    """
    settings, faults = examine(env, jobs=jobs)
    if setup and settings is not None and settings.wants_setup:
        faults = [fault for fault in faults if fault != NO_OFFICE]
    if faults or settings is None:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        raise ConfigurationError(
            f"Das Amt kann nicht öffnen: {len(faults)} Fehler\n{lines}",
            reasons=[Reason(f"{f.where}: {f.text}", key="preflight") for f in faults],
        )
    return settings


def examine(
    env: Mapping[str, str] = os.environ, *, jobs: Iterable[str] = ()
) -> tuple[Settings | None, list[Fault]]:
    """Return the settings (None if they are faulty) and every fault that can be seen.

    What does not depend on a faulty part is checked all the same.
    """
    faults: list[Fault] = []
    settings: Settings | None = None
    with _collecting(faults, "Einstellungen", "config/default.toml oder Umgebungsvariablen ABH_*"):
        settings = load_settings(env)
    faults += _wiring(jobs)
    faults += _fonts()
    law: Rechtsstand | None = None
    if settings is not None:
        where = str(settings.law_dir)
        with _collecting(faults, where, "die genannte Stelle im Rechtsstand berichtigen"):
            law = Rechtsstand(load_yaml_dir(settings.law_dir))
        faults += _signatures(settings)
        faults += _store(settings)
    faults += _procedures(law)
    if settings is not None and law is not None:
        faults += _law(settings, law)
    if settings is not None:
        faults += _database(settings)
    return settings, faults


@contextlib.contextmanager
def _collecting(faults: list[Fault], where: str, mend: str) -> Iterator[None]:
    """Turn an error of configuration into faults: one for each of its reasons or lines."""
    try:
        yield
    except DomainError as error:
        texts = [reason.text for reason in error.reasons] or str(error).splitlines()[1:]
        faults += [Fault(where, text, mend) for text in texts or [str(error)]]


def _wiring(jobs: Iterable[str]) -> list[Fault]:
    faults: list[Fault] = []
    names = [*wiring.HANDLERS.values(), *(n for ns in wiring.SIGNALS.values() for n in ns), *jobs]
    with _collecting(faults, "Verdrahtung", "abh/wiring.py oder abh/jobs.py berichtigen"):
        resolve(names)
    return faults


def _fonts() -> list[Fault]:
    faults: list[Fault] = []
    with _collecting(faults, "Schriften", "„npm ci“ ausführen; die Dateien sind festgelegt"):
        font_paths(STATIC, also=(ROOT / "node_modules",))
    return faults


def _signatures(settings: Settings) -> list[Fault]:
    faults: list[Fault] = []
    where = str(settings.zeichnung_file)
    with _collecting(faults, where, "die Zeichnungstabelle berichtigen"):
        table = load_zeichnung(settings.zeichnung_file)
        faults += [
            Fault(where, text, "mit „abh zeichnung pruefen“ nachprüfen")
            for text in check_table(table, LETTERS.values())
        ]
    return faults


def _store(settings: Settings) -> list[Fault]:
    if settings.store_s3:
        try:
            place = S3Place.parse(settings.store_s3)
            S3Store(place, settings.store_s3_key, settings.store_s3_secret).check()
        except DomainError as error:
            return [Fault(settings.store_s3, str(error), "ABH_STORE_S3 und Schlüssel prüfen")]
        return []
    try:
        settings.store_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.store_dir):
            return []
    except OSError as error:
        text = f"nicht beschreibbar ({error.strerror})"
        return [Fault(str(settings.store_dir), text, "Rechte setzen oder ABH_STORE_DIR ändern")]


def _procedures(law: Rechtsstand | None) -> list[Fault]:
    known_law = frozenset(law) if law is not None else None
    faults = [
        Fault(f"Verfahren {f.verfahren}, {f.where}", f.text, "abh/workflows/verfahren")
        for f in check_versions(registry.PUBLISHED)
    ]
    for one in registry.PUBLISHED:
        found = check_verfahren(one, LETTERS.keys(), known_law)
        faults += [
            Fault(f"Verfahren {f.verfahren}, {f.where}", f.text, "abh/workflows/verfahren")
            for f in found
        ]
        name = f"Verfahren {one.key} Version {one.version}"
        if registry.FINGERPRINTS.get((one.key, one.version)) != registry.fingerprint(one):
            text = "wurde nach der Veröffentlichung geändert"
            faults.append(Fault(name, text, "eine neue Version anlegen, keine alte ändern"))
    return faults


def _law(settings: Settings, law: Rechtsstand) -> list[Fault]:
    """Every key the code asks for: it exists, and what no page can do without holds today.

    Thresholds of a year may be missing on its first days: the checklist then says so.
    """
    today = make_clock(settings).now().astimezone(BERLIN).date()
    known = frozenset(law)
    mend = f"mit Norm und Datum in {settings.law_dir} eintragen"
    wanted = recht.all_law_keys() | fristen.ALL_LAW_KEYS
    faults = [
        Fault("Rechtsstand", f"Der Schlüssel „{key}“ fehlt.", mend)
        for key in sorted(wanted - known)
    ]
    needed = {key.value for key in recht.LawKey} | fristen.ALL_LAW_KEYS
    needed |= {key for one in registry.PUBLISHED for key in one.fees}
    return faults + [
        Fault("Rechtsstand", text, mend)
        for key in sorted(needed & known)
        if (text := _missing(law, key, today))
    ]


def _missing(law: Rechtsstand, key: str, today: date) -> str:
    try:
        law.value(key, today)
    except LawMissing as missing:
        return str(missing)
    return ""


def _database(settings: Settings) -> list[Fault]:
    try:
        have, newest = revisions(settings.database_url)
        if have != newest:
            text = f"steht auf {have or 'leer'}, gebraucht wird {newest}"
            return [Fault("Datenbank", text, "abh db upgrade")]
        engine = make_engine(settings.database_url, pool_size=1)
        try:
            with make_sessions(engine)() as session:
                checks: tuple[Callable[[Session], list[Fault]], ...] = (_office, _cases, _messages)
                return [fault for check in checks for fault in check(session)]
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        text = f"nicht erreichbar ({type(error).__name__})"
        return [Fault("Datenbank", text, "Server starten oder ABH_DATABASE_URL berichtigen")]


def _office(session: Session) -> list[Fault]:
    if office.has_office(session):
        return []
    return [NO_OFFICE]


def _cases(session: Session) -> list[Fault]:
    """Cases that no machine of this release can move: another release wrote them."""
    rows = session.execute(
        select(
            Vorgang.verfahren,
            Vorgang.version,
            Vorgang.state,
            func.count(Vorgang.id),
            func.min(Vorgang.number),
        ).group_by(Vorgang.verfahren, Vorgang.version, Vorgang.state)
    ).all()
    known = registry.known_states()
    mend = "die Ausgabe einspielen, die das Verfahren kennt, oder überleiten"
    faults = []
    for key, version, state, count, number in rows:
        name = f"{count} Vorgänge, z. B. {number}" if count > 1 else f"Vorgang {number}"
        if (key, version) not in known:
            faults.append(Fault(name, f"Verfahren {key} Version {version} ist unbekannt", mend))
        elif state not in known[key, version]:
            text = f"Zustand „{state}“ gibt es in {key} Version {version} nicht"
            faults.append(Fault(name, text, mend))
    return faults


def _messages(session: Session) -> list[Fault]:
    waiting = session.scalars(
        select(OutboxMessage.kind).where(OutboxMessage.state == "waiting").distinct()
    ).all()
    return [
        Fault("Ausgang", f"für wartende Nachrichten „{kind}“ gibt es keinen Zusteller", "wiring.py")
        for kind in sorted(set(waiting) - set(wiring.HANDLERS))
    ]


def or_exit(*, jobs: Iterable[str] = (), code: int = REFUSED, setup: bool = False) -> Settings:
    """Return the settings, or print every fault in German and end the process with ``code``."""
    try:
        return ready(jobs=jobs, setup=setup)
    except ConfigurationError as error:
        click.echo(str(error), err=True)
        sys.exit(code)
