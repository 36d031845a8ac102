"""Files of the Akte on disk, named by their SHA-256: written once, checked at every reading."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from abh.kernel.errors import DomainError, NotFound
from abh.kernel.ids import content_hash

_HASH = re.compile(r"[0-9a-f]{64}")


class BlobDamaged(DomainError):
    """A stored file no longer has the content it was filed with."""

    title = "Die abgelegte Datei ist beschädigt."
    hint = "Bitte die Systembetreuung informieren; die Datei muss aus der Sicherung kommen."


class BlobStore:
    """Content-addressed files below ``root``; safe for several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Return where the file of that hash lies; raises ``NotFound`` for what is no hash."""
        if not _HASH.fullmatch(sha256):
            raise NotFound("Das ist keine Prüfsumme einer abgelegten Datei.")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def exists(self, sha256: str) -> bool:
        """Return whether a file of that hash is filed."""
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """File ``data`` durably and return its hash; the same content is filed once.

        When this returns, content and name survive a power cut: file and folders are synced
        before and after the rename.
        """
        sha256 = content_hash(data)
        target = self.path(sha256)
        if target.is_file():
            # A damaged file must not pass for the good one somebody files again.
            self.get(sha256)
            return sha256
        self._make_folder(target.parent)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".neu-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o440)
                os.fsync(file.fileno())
            os.link(draft, target)
        except FileExistsError:
            # Another process filed the same content between our look and our link.
            self.get(sha256)
        finally:
            Path(draft).unlink(missing_ok=True)
        _sync(target.parent)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the content; raises ``NotFound`` or, when it was changed, ``BlobDamaged``."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("Diese Datei ist nicht abgelegt.") from None
        if content_hash(data) != sha256:
            raise BlobDamaged(f"Die Datei {sha256[:12]}… hat einen anderen Inhalt als abgelegt.")
        return data

    def _make_folder(self, folder: Path) -> None:
        missing = []
        place = folder
        while not place.is_dir():
            missing.append(place)
            place = place.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            _sync(new.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
