"""The files inside an Outlook parcel (winmail.dat, TNEF); nothing is run or unpacked (pure).

Read by [MS-OXTNEF]: a list of attributes, each with level, number, length and checksum. Only what
attachments are called and hold is taken; the text of such a mail stands beside it in the mail.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MOST_FILES = 100
_SIGNATURE = 0x223E9F78
_NEW_FILE, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAME = 0x3707
# Property types of fixed size, padded to four bytes.
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_VARIABLE = frozenset({0x1E, 0x1F, 0x102, 0x0D})
_UNICODE, _MANY, _NAMED = 0x1F, 0x1000, 0x8000


class NotTnef(Exception):
    """The bytes are no Outlook parcel, or one that breaks off."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file inside the parcel."""

    name: str
    data: bytes


def files(raw: bytes) -> list[Packed]:
    """Return the files of a parcel, at most 100; raises ``NotTnef``."""
    names, contents = list[str](), list[bytes]()
    try:
        if struct.unpack_from("<I", raw)[0] != _SIGNATURE:
            raise NotTnef("another signature")
        for number, value in _attributes(raw):
            if number == _NEW_FILE:
                if len(names) == MOST_FILES:
                    break
                names.append("")
                contents.append(b"")
            elif names and number == _TITLE:
                names[-1] = names[-1] or _text(value, unicode=False)
            elif names and number == _DATA:
                contents[-1] = value
            elif names and number == _PROPERTIES:
                names[-1] = _long_name(value) or names[-1]
    except (struct.error, IndexError) as error:
        raise NotTnef("breaks off") from error
    return [Packed(name, data) for name, data in zip(names, contents, strict=True) if name or data]


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at < len(raw):
        _level, number, length = struct.unpack_from("<BII", raw, at)
        at += 9
        value = raw[at : at + length]
        (checksum,) = struct.unpack_from("<H", raw, at + length)
        if sum(value) & 0xFFFF != checksum:
            raise NotTnef("a checksum is wrong")
        yield number, value
        at += length + 2


def _long_name(raw: bytes) -> str:
    """Return the long name among the properties of a file; "" where there is none to be read."""
    try:
        return _property(raw, _LONG_NAME)
    except (struct.error, IndexError, LookupError):
        # The short name is good enough.
        return ""


def _property(raw: bytes, wanted: int) -> str:
    (count,) = struct.unpack_from("<I", raw)
    at = 4
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", raw, at)
        at += 4
        if number >= _NAMED:
            at = _past_name(raw, at)
        many, kind = kind & _MANY, kind & ~_MANY
        values = 1
        if many or kind in _VARIABLE:
            (values,) = struct.unpack_from("<I", raw, at)
            at += 4
        for _value in range(values):
            size = _FIXED[kind] if kind not in _VARIABLE else struct.unpack_from("<I", raw, at)[0]
            at += 4 if kind in _VARIABLE else 0
            if number == wanted and kind in _VARIABLE:
                return _text(raw[at : at + size], unicode=kind == _UNICODE)
            at += size + -size % 4
            if at > len(raw):
                raise IndexError(at)
    return ""


def _past_name(raw: bytes, at: int) -> int:
    (kind,) = struct.unpack_from("<I", raw, at + 16)
    if kind == 0:
        return at + 24
    (length,) = struct.unpack_from("<I", raw, at + 20)
    return at + 24 + int(length) + -int(length) % 4


def _text(raw: bytes, *, unicode: bool) -> str:
    text = raw.decode("utf-16-le" if unicode else "cp1252", "replace")
    return text.partition("\0")[0].strip()
