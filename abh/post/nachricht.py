"""What an e-mail says: sender, subject, text, attachments; hostile mail is explained, never run.

Pure. Nothing is fetched or executed: an attachment is bytes with a name. Of archives the names are
listed; only Outlook's own parcel is taken apart, for else nobody could read what was sent.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from html.parser import HTMLParser

from abh.post import tnef
from abh.post.aufnahme import Part
from abh.post.dateien import kind_of

MOST_TEXT = 20_000
MOST_PARTS = 200
MOST_PART_BYTES = 60 * 1024 * 1024
# More than that is a mailing, not a letter.
MANY_RECIPIENTS = 50
_MOST_DEPTH = 30
_MOST_HEADER = 4_000
# Archives inside an archive are looked into as long as this many bytes in all suffice for it.
_MOST_INNER = 20 * 1024 * 1024
_MOST_NAMES, _MOST_DEEP = 12, 3
_FAILED = re.compile(r"\b(spf|dkim|dmarc)=(fail|softfail|permerror)\b", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ACTIVE = frozenset(
    {
        *("exe", "com", "scr", "bat", "cmd", "ps1", "vbs", "js", "jse", "wsf", "hta", "jar"),
        *("msi", "lnk", "iso", "img", "docm", "xlsm", "pptm", "dll", "reg"),
    }
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A read e-mail; ``proven`` is False where the mail server doubts its sender."""

    sender: str = ""
    subject: str = ""
    body: str = ""
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    proven: bool = True


@dataclass
class _Found:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    size: int = 0
    left_out: int = 0

    def note(self, text: str) -> None:
        if text not in self.notes and len(self.notes) < 20:
            self.notes.append(text)


def read(raw: bytes) -> Mail:
    """Return what the mail says; one that no reader understands comes back with a note alone."""
    try:
        return _read(raw)
    except Exception as error:
        # The standard library raises whatever it likes at broken mail; the original is kept.
        note = (
            "Die E-Mail ist so fehlerhaft, dass sie sich nicht lesen lässt "
            f"({type(error).__name__}). Das Original ist abgelegt."
        )
        return Mail(subject="Unlesbare E-Mail", notes=(note,))


def _read(raw: bytes) -> Mail:
    # The older policy parses no header before it is asked for one; addresses can be endless.
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    heads: dict[str, str] = {}
    recipients = 0
    for name, value in message.raw_items():
        if name.lower() in ("to", "cc"):
            recipients += str(value).count("@")
        heads.setdefault(name.lower(), str(value)[:_MOST_HEADER])
    found = _Found()
    _walk(message, found, 0)
    if recipients > MANY_RECIPIENTS:
        found.note(f"An {recipients} Empfänger zugleich gerichtet.")
    results = _FAILED.finditer(heads.get("authentication-results", ""))
    doubts = sorted({hit[0].upper() for hit in results})
    if doubts:
        found.note(
            f"Der Mailserver zweifelt am Absender ({', '.join(doubts)}): nicht von selbst "
            "zugeordnet."
        )
    if found.left_out:
        found.note(f"{found.left_out} weitere Anhänge stehen nur im Original.")
    return Mail(
        _sender(heads.get("from", "")),
        _line(_decoded(heads.get("subject", "")))[:200] or "(ohne Betreff)",
        _body(found),
        tuple(found.parts),
        tuple(found.notes),
        not doubts,
    )


def _walk(part: Message, found: _Found, depth: int) -> None:
    if part.defects:
        found.note(f"Die E-Mail ist technisch fehlerhaft ({type(part.defects[0]).__name__}).")
    inner = part.get_payload()
    if part.get_content_type() == "message/rfc822" or depth > _MOST_DEPTH:
        data = b"".join(_bytes_of(inner)) if isinstance(inner, list) else b""
        _attach(found, _name(part) or "nachricht.eml", "message/rfc822", data)
    elif isinstance(inner, list):
        for child in inner:
            if isinstance(child, Message):
                _walk(child, found, depth + 1)
    else:
        _leaf(part, found)


def _bytes_of(inner: Sequence[object]) -> Iterator[bytes]:
    for one in inner:
        if isinstance(one, Message):
            try:
                yield one.as_bytes()
            except (UnicodeError, ValueError, RecursionError, AttributeError, LookupError):
                # It was assembled so that it cannot be written again; it stands in the original.
                continue


def _leaf(part: Message, found: _Found) -> None:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    kind, name = part.get_content_type(), _name(part)
    attached = bool(name) or part.get_content_disposition() == "attachment"
    if not attached and kind.startswith(("text/plain", "text/html", "multipart/")):
        # A container without parts is what is left of a letter.
        kind = "text/html" if kind == "text/html" else "text/plain"
        (found.plain if kind == "text/plain" else found.html).append(_text(part, data, found))
    elif data or attached:
        _attach(found, name or _unnamed(kind), kind, data)


def _attach(found: _Found, name: str, declared: str, data: bytes, inside: bool = False) -> None:
    if len(found.parts) >= MOST_PARTS or found.size + len(data) > MOST_PART_BYTES:
        found.left_out += 1
        return
    found.size += len(data)
    mime = kind_of(data, name)
    if data and (name.lower() == "winmail.dat" or "ms-tnef" in declared):
        _take_apart(found, name, mime, data, inside)
        return
    note = _explained(name, declared, mime, data)
    if inside:
        note = f"aus winmail.dat; {note}" if note else "aus winmail.dat"
    found.parts.append(Part(name, mime, len(data), data, note))


def _take_apart(found: _Found, name: str, mime: str, data: bytes, inside: bool) -> None:
    """Put the files of an Outlook parcel beside it; a parcel in a parcel stays whole."""
    try:
        packed = [] if inside else tnef.files(data)
    except tnef.NotTnef:
        note = "Outlook-Paket (winmail.dat), beschädigt: Anhänge bitte als PDF erneut erbitten"
        found.parts.append(Part(name, mime, len(data), data, note))
        return
    said = f"{len(packed)} Dateien, sie stehen darunter" if packed else "ohne Dateien"
    note = f"Outlook-Paket (winmail.dat): {said}"
    found.parts.append(Part(name, mime, len(data), data, note))
    for one in packed:
        _attach(found, _plain_name(one.name) or "anhang.bin", "", one.data, inside=True)


def _explained(name: str, declared: str, mime: str, data: bytes) -> str:
    ending = name.rpartition(".")[2].lower()
    if not data:
        return "leer"
    if declared == "text/calendar" or ending == "ics":
        return "Kalendereintrag: wird nicht übernommen"
    if mime == "application/zip" or ending in ("zip", "7z", "rar"):
        return _archive(data)
    if ending in _ACTIVE or data[:2] == b"MZ":
        return "Programm oder Makro: nicht öffnen"
    return ""


def _archive(data: bytes) -> str:
    try:
        count, names = _Listing().of(data, _MOST_DEEP)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return "Archiv, nicht lesbar: wird nicht ausgepackt"
    files = "1 Datei" if count == 1 else f"{count} Dateien"
    return f"Archiv mit {files} ({', '.join(names)}): wird nicht ausgepackt"


class _Listing:
    """Names of an archive with those of archives inside it, within one measure for all of them: a
    nest of small ones can unpack to more than any machine holds."""

    def __init__(self) -> None:
        self._left = _MOST_INNER

    def of(self, data: bytes, depth: int) -> tuple[int, list[str]]:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            count, names = len(entries), list[str]()
            for one in entries[:_MOST_NAMES]:
                inner = self._inner(archive, one, depth)
                more = f" [{', '.join(inner[1])}]" if inner else ""
                names.append(_line(one.filename)[-40:] + more)
                count += inner[0] if inner else 0
        return count, names + (["…"] if len(entries) > _MOST_NAMES else [])

    def _inner(
        self, archive: zipfile.ZipFile, one: zipfile.ZipInfo, depth: int
    ) -> tuple[int, list[str]] | None:
        if not depth or not one.filename.lower().endswith(".zip"):
            return None
        try:
            with archive.open(one) as stream:
                data = stream.read(self._left + 1)
            self._left -= len(data)
            return self.of(data, depth - 1) if self._left > 0 else None
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, EOFError, zlib.error):
            # Locked with a password, broken, or by a method unknown here: its name is told.
            return None


def _text(part: Message, data: bytes, found: _Found) -> str:
    # Four bytes a letter at most; the rest stands in the original.
    cut = data[: MOST_TEXT * 8]
    stated = part.get_content_charset() or "utf-8"
    for charset in dict.fromkeys((stated, "utf-8", "cp1252")):
        try:
            text = cut.decode(charset, "strict" if len(cut) == len(data) else "ignore")
        except (LookupError, UnicodeError, ValueError):
            found.note(f"Der Zeichensatz „{_line(stated)[:30]}“ stimmt nicht; er ist erraten.")
            continue
        return text
    return cut.decode("latin-1")


def _body(found: _Found) -> str:
    text = "\n\n".join(one.strip() for one in found.plain if one.strip())
    if not text and found.html:
        text = "\n\n".join(_words(one) for one in found.html)
        found.note("Nur HTML: hier als Text, ohne Bilder und Verweise.")
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))[:MOST_TEXT]


class _Words(HTMLParser):
    """Collects what a person would read; scripts and styles are not that."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "template"):
            self._hidden += 1
        elif tag in ("p", "br", "div", "tr", "li", "h1", "h2", "h3"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "template") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _words(html: str) -> str:
    reader = _Words()
    reader.feed(html[: MOST_TEXT * 8])
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return "\n".join(line for line in lines if line)


def _sender(raw: str) -> str:
    name, address = email.utils.parseaddr(_line(_decoded(raw))[:500])
    return _line(f"{name} <{address}>" if name and address else name or address)[:200]


def _name(part: Message) -> str:
    try:
        raw = part.get_filename() or ""
    except (ValueError, LookupError, TypeError, IndexError):
        raw = ""
    return _plain_name(_decoded(str(raw)))


def _plain_name(raw: str) -> str:
    """Return the last piece: a path in a name is a stranger's wish."""
    return _line(raw)[-300:].replace("\\", "/").rpartition("/")[2][:120]


def _unnamed(kind: str) -> str:
    return "anhang." + {"text/html": "html", "text/calendar": "ics"}.get(kind, "bin")


def _decoded(raw: str) -> str:
    try:
        return str(make_header(decode_header(raw)))
    except (ValueError, LookupError, UnicodeError, TypeError):
        return raw


def _line(text: str) -> str:
    """Return text in one line without controls, also those that turn the direction of reading."""
    plain = _CONTROLS.sub(" ", text)
    return " ".join("".join(c for c in plain if c.isprintable() or c.isspace()).split())
