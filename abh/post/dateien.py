"""What an original is: by its content where that is known, never by what its name claims."""

from __future__ import annotations

import filetype

from abh.documents.virenscan import Scanner

UNKNOWN = "application/octet-stream"
# Kinds that content does not show; they are only ever offered for saving.
_BY_ENDING = {
    "eml": "message/rfc822",
    "msg": "application/vnd.ms-outlook",
    "txt": "text/plain",
    "html": "text/html",
    "htm": "text/html",
}


def check(data: bytes, name: str, scanner: Scanner | None) -> None:
    """Let the virus scanner look at what people send in; raises ``UploadRefused``, and
    ``ScannerSilent`` when it does not answer."""
    if scanner is not None:
        scanner.check(name, data)


def kind_of(data: bytes, name: str) -> str:
    """Return the media type of a file; ``application/octet-stream`` for what nobody knows.

    Nothing is refused here: what came by post is kept as it came, even when it is broken.
    """
    found = filetype.guess(data)
    if found is not None:
        return str(found.mime)
    return _BY_ENDING.get(name.rpartition(".")[2].lower(), UNKNOWN)
