"""The mailbox: every message becomes an item, and is cleared away only after the commit.

Read by IMAP. The run that takes a message in notes folder, UIDVALIDITY and UID; a later run finds
it known and moves it to the folder ``Erledigt`` below. Nothing is ever deleted there.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM
from abh.documents.house import House
from abh.documents.store import StoreUnavailable
from abh.documents.virenscan import ScannerSilent
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.errors import UploadRefused
from abh.kernel.ids import content_hash
from abh.office import service as office
from abh.post import lernen, nachricht
from abh.post.aufnahme import NewItem, Original, take_in
from abh.post.sortieren import sort
from abh.post.tables import PostArrival
from abh.settings import Mailbox

log = logging.getLogger(__name__)

SOURCE = "imap"
DONE = "Erledigt"
MOST_BYTES = 60 * 1024 * 1024
_TIMEOUT = 30.0
_LOCAL = ("127.0.0.1", "localhost", "::1")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DELIMITER = re.compile(rb'\) "(.)" ')


class MailboxFailed(Exception):
    """The mailbox does not answer or refuses; mail waits there, nothing is lost."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message of the mailbox; ``whole`` is False where only its head was fetched."""

    ref: str
    raw: bytes
    size: int
    day: date
    whole: bool


class Box:
    """An open folder of a mailbox."""

    def __init__(self, imap: imaplib.IMAP4, mailbox: Mailbox) -> None:
        self._imap, self._mailbox = imap, mailbox
        _ok(imap.select(_quoted(mailbox.folder)))
        validity = imap.response("UIDVALIDITY")[1]
        self.validity = int(validity[0] or 0) if validity else 0
        # Servers tell more of what they can once somebody has logged in.
        told = b" ".join(one for one in imap.capability()[1] if isinstance(one, bytes))
        self._can = frozenset(told.decode("ascii", "replace").upper().split())
        self._done = ""

    def uids(self) -> list[int]:
        """Return the messages of the folder, oldest first."""
        (found,) = _ok(self._imap.uid("SEARCH", "ALL"))
        return sorted(int(one) for one in (found or b"").split())

    def ref(self, uid: int) -> str:
        """Return the name of a message; it is another one when the folder was built anew."""
        box = self._mailbox
        return f"{box.user}@{box.host}/{box.folder}:{self.validity}:{uid}"

    def fetch(self, uid: int, today: date) -> Fetched | None:
        """Return a message without marking it as read, None when it has gone meanwhile."""
        answer = _ok(self._imap.uid("FETCH", str(uid), "(RFC822.SIZE INTERNALDATE)"))
        head = next((one for one in answer if isinstance(one, bytes) and b"RFC822" in one), None)
        if head is None:
            return None
        hit = _SIZE.search(head)
        size = int(hit[1]) if hit else 0
        whole = size <= MOST_BYTES
        wanted = "(BODY.PEEK[])" if whole else "(BODY.PEEK[HEADER])"
        body = _ok(self._imap.uid("FETCH", str(uid), wanted))
        raw = next((one[1] for one in body if isinstance(one, tuple)), b"")
        return Fetched(self.ref(uid), raw, size, _arrived(head, today), whole)

    def put_away(self, uid: int) -> None:
        """Move a known message to ``Erledigt``; where the server cannot move, it is copied, and
        only this one is removed."""
        self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        target = _quoted(self._target())
        if "MOVE" in self._can:
            _ok(self._imap.uid("MOVE", str(uid), target))
            return
        _ok(self._imap.uid("COPY", str(uid), target))
        if "UIDPLUS" in self._can:
            self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
            _ok(self._imap.uid("EXPUNGE", str(uid)))

    def _target(self) -> str:
        if not self._done:
            hit = _DELIMITER.search(
                b" ".join(o for o in self._imap.list('""', '""')[1] if isinstance(o, bytes))
            )
            delimiter = hit[1].decode("ascii", "replace") if hit else "/"
            self._done = f"{self._mailbox.folder}{delimiter}{DONE}"
            # "NO" when it is there already.
            self._imap.create(_quoted(self._done))
        return self._done


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Box]:
    """Log in and open the folder; raises ``MailboxFailed`` without the password in its words."""
    imap: imaplib.IMAP4 | None = None
    try:
        password = mailbox.password_file.read_text("utf-8").strip()
        imap = _connect(mailbox)
        imap.login(mailbox.user, password)
        yield Box(imap, mailbox)
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        place = f"{mailbox.host}:{mailbox.port}"
        text = f"Das Postfach {place} ist nicht erreichbar ({type(error).__name__})."
        raise MailboxFailed(text) from error
    finally:
        if imap is not None:
            try:
                imap.logout()
            except (OSError, imaplib.IMAP4.error):
                log.debug("mailbox hung up first")


def sweep(session: Session, clock: Clock, limit: int) -> int:
    """Take in at most ``limit`` messages and clear known ones away; the job ``post.postfach``.

    Returns how many were new. Raises ``MailboxFailed``.
    """
    if not isinstance(clock, House):
        raise TypeError("this sweeper needs a furnished house as its clock")
    if clock.mailbox is None:
        return 0
    done = 0
    with opened(clock.mailbox) as box:
        for uid in box.uids():
            if done == limit:
                break
            if _known(session, box.ref(uid)):
                box.put_away(uid)
                continue
            fetched = box.fetch(uid, clock.today)
            if fetched is None:
                continue
            try:
                with session.begin_nested():
                    take(session, clock, fetched)
            except (ScannerSilent, StoreUnavailable) as error:
                log.warning("mail %s waits: %s", uid, type(error).__name__)
                continue
            done += 1
    return done


def take(session: Session, house: House, fetched: Fetched) -> int:
    """Store a message and write its item; returns the item. The same bytes again are the same item.

    Raises ``ScannerSilent`` and ``StoreUnavailable``; then the message waits.
    """
    sha = content_hash(fetched.raw)
    mail = nachricht.read(fetched.raw)
    notes = list(mail.notes)
    if not fetched.whole:
        notes.insert(0, f"Die E-Mail ist {fetched.size // 1024**2} MB groß; hier liegt nur ihr "
                        f"Kopf, das Ganze im Postfach unter „{DONE}“.")  # fmt: skip
    original: Original | None = Original(fetched.raw, "nachricht.eml", "message/rfc822")
    parts = mail.parts
    if house.scanner is not None:
        try:
            house.scanner.check("nachricht.eml", fetched.raw)
        except ScannerSilent:
            raise
        except UploadRefused as error:
            original, parts = None, ()
            notes.insert(0, f"{error} Die E-Mail ist in Quarantäne.")
    item = NewItem(
        received_on=fetched.day,
        channel="email",
        kind="",
        subject=mail.subject,
        unit_key="",
        source=SOURCE,
        source_ref=sha,
        sender=mail.sender,
        body=mail.body,
        original=original,
        parts=parts,
        notes=tuple(notes),
        trusted=mail.proven,
    )
    model = lernen.in_use(session, house.blobs)
    found = sort(item, office.units(session), model)
    (taken,) = take_in(session, SYSTEM, [found], house.blobs, clock=house)
    session.add(
        PostArrival(
            channel="mail",
            ref=fetched.ref,
            sha256=sha,
            name=mail.subject[:200],
            items=1,
            note=notes[0] if notes else "",
            arrived_at=house.now(),
        )
    )
    session.flush()
    return taken.item_id


def _known(session: Session, ref: str) -> bool:
    query = select(PostArrival.id).where(PostArrival.channel == "mail", PostArrival.ref == ref)
    return session.scalar(query) is not None


def _connect(mailbox: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if mailbox.tls:
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=_TIMEOUT)
    imap = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_TIMEOUT)
    if mailbox.host not in _LOCAL:
        imap.starttls(context)
    return imap


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error("refused")
    return data


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _arrived(head: bytes, today: date) -> date:
    """Return the day the message reached our server: what its sender dates it proves nothing."""
    parsed = imaplib.Internaldate2tuple(head)
    if parsed is None:
        return today
    # Given in the time of this machine; the day counts in Berlin.
    moment = datetime(*parsed[:6]).astimezone(BERLIN)
    return min(moment.date(), today)
