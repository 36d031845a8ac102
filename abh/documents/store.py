"""Files of the Akte on disk, named by their SHA-256: written once, checked at every reading."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from abh.documents.akte import Blobs
from abh.kernel.errors import DomainError, NotFound, Reason
from abh.kernel.ids import content_hash

_WRITERS = 8
_HASH = re.compile(r"[0-9a-f]{64}")
# Who puts a content that is there already renews its day. Whatever is younger may belong to a
# transaction that is not committed yet, and is not removed.
GRACE_SECONDS: Final = 3600.0

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class BlobDamaged(DomainError):
    """A stored file no longer has the content it was filed with."""

    title = "Die abgelegte Datei ist beschädigt."
    hint = "Bitte die Systembetreuung informieren; die Datei muss aus der Sicherung kommen."


class StoreUnavailable(DomainError):
    """The store takes or gives nothing now; what was about to be filed was not, all of it."""

    title = "Der Aktenspeicher ist gerade nicht verfügbar."
    hint = (
        "Es wurde nichts abgelegt und nichts versandt. Bitte später noch einmal versuchen und die "
        "Systembetreuung informieren."
    )


def no_hash() -> NotFound:
    """Return the error for what is no hash."""
    return NotFound("Das ist keine Prüfsumme einer abgelegten Datei.")


def is_hash(text: str) -> bool:
    """Whether ``text`` is a SHA-256 as stores name contents."""
    return _HASH.fullmatch(text) is not None


def checked(sha256: str, data: bytes) -> bytes:
    """Return ``data`` if it has that hash; raises ``BlobDamaged``."""
    if content_hash(data) != sha256:
        raise BlobDamaged(f"Die Datei {sha256[:12]}… hat einen anderen Inhalt als abgelegt.")
    return data


class BlobStore:
    """Content-addressed files below ``root``; safe for several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Return where the file of that hash lies; raises ``NotFound`` for what is no hash."""
        if not is_hash(sha256):
            raise no_hash()
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def exists(self, sha256: str) -> bool:
        """Return whether a file of that hash is filed."""
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """File ``data`` durably and return its hash; the same content is filed once.

        When this returns, content and name survive a power cut: file and folders are synced
        before and after the rename. Raises ``StoreUnavailable`` when the store is full,
        read-only or broken; then nothing of it is filed.
        """
        sha256 = content_hash(data)
        target = self.path(sha256)
        with _available():
            if not (self._renewed(target) and self._is_good(sha256)):
                self._write(target, data)
        return sha256

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """File contents durably and return their hashes in order, with two syncs for all.

        The same promise as ``put``: when this returns, all of them survive a power cut. Raises
        ``StoreUnavailable``; then some may be filed, which does no harm.
        """
        if _syncfs is None or len(contents) < 2:
            return [self.put(data) for data in contents]
        hashes = [content_hash(data) for data in contents]
        new = {}
        with _available():
            for sha, data in zip(hashes, contents, strict=True):
                target = self.path(sha)
                if sha not in new and not (self._renewed(target) and self._is_good(sha)):
                    new[sha] = data
            if new:
                self._write_many(new)
        return hashes

    def _write_many(self, new: Mapping[str, bytes]) -> None:
        drafts: list[tuple[str, Path]] = []
        try:
            for sha, data in new.items():
                folder = self.path(sha).parent
                folder.mkdir(parents=True, exist_ok=True)
                handle, draft = tempfile.mkstemp(dir=folder, prefix=".neu-")
                drafts.append((sha, Path(draft)))
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    os.fchmod(file.fileno(), 0o440)
            # No name points to a content that is not on the disk yet.
            _sync_all(self.root)
            for sha, path in drafts:
                if not _link(path, self.path(sha)):
                    self.get(sha)
        finally:
            for _, path in drafts:
                path.unlink(missing_ok=True)
        _sync_all(self.root)

    def get(self, sha256: str) -> bytes:
        """Return the content; raises ``NotFound``, ``StoreUnavailable`` or, when it was changed,
        ``BlobDamaged``."""
        path = self.path(sha256)
        with _available():
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                raise NotFound("Diese Datei ist nicht abgelegt.") from None
        return checked(sha256, data)

    def remove(self, sha256: str, unused: Callable[[], bool]) -> bool:
        """Delete a content for good and return True, or False when it may still be wanted.

        The file is set aside first: who files the same content from then on writes it anew, and
        who filed it shortly before has renewed its day. Only then is ``unused`` asked.
        """
        path = self.path(sha256)
        aside = path.with_name(f".weg-{sha256}")
        with _available():
            if not path.is_file():
                return True
            if _is_young(path):
                return False
            os.rename(path, aside)
            if _is_young(aside) or not unused():
                # Who filed it anew meanwhile has written the same bytes: then ours may go.
                _link(aside, path)
                aside.unlink()
                _sync(path.parent)
                return False
            aside.unlink()
            _sync(path.parent)
        return True

    def _is_good(self, sha256: str) -> bool:
        """A damaged file must not pass for the good one somebody files again."""
        try:
            self.get(sha256)
        except NotFound:
            # It was removed between our look and our reading.
            return False
        return True

    def _renewed(self, target: Path) -> bool:
        try:
            os.utime(target)
        except FileNotFoundError:
            return False
        return True

    def _write(self, target: Path, data: bytes) -> None:
        self._make_folder(target.parent)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".neu-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o440)
                os.fsync(file.fileno())
            if not _link(Path(draft), target):
                # Another process filed the same content between our look and our link.
                self.get(target.name)
        finally:
            Path(draft).unlink(missing_ok=True)
        _sync(target.parent)

    def _make_folder(self, folder: Path) -> None:
        missing = []
        place = folder
        while not place.is_dir():
            missing.append(place)
            place = place.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            _sync(new.parent)


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unavailable(error) from error


def unavailable(error: OSError) -> StoreUnavailable:
    """Return what people are told about a fault of the store, with its cause."""
    if error.errno in _FULL:
        text, key = "Der Aktenspeicher ist voll.", "speicher_voll"
    elif error.errno in _READ_ONLY:
        text, key = "Der Aktenspeicher ist schreibgeschützt.", "speicher_schreibgeschuetzt"
    else:
        text = f"Der Aktenspeicher antwortet nicht ({error.strerror or type(error).__name__})."
        key = "speicher_fehler"
    return StoreUnavailable(text, reasons=[Reason(text, key=key)])


def _is_young(path: Path) -> bool:
    # The clock of files, not the one of the house, which a demo may shift.
    return time.time() - path.stat().st_mtime < GRACE_SECONDS


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    return True


def _find_syncfs() -> Callable[[int], int] | None:
    # One file system at once is a call of Linux alone; elsewhere each file is synced by itself.
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    return found


_syncfs: Final = _find_syncfs()


def _sync_all(folder: Path) -> None:
    """Write everything of the file system of ``folder`` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _syncfs is None or _syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def put_all(blobs: Blobs, contents: Sequence[bytes]) -> list[str]:
    """File contents in the quickest way that a store has; as durable as one by one."""
    if isinstance(blobs, BlobStore):
        return blobs.put_many(contents)
    if len(contents) < 2:
        return [blobs.put(data) for data in contents]
    # Writing waits for the store, not for us.
    with ThreadPoolExecutor(_WRITERS) as pool:
        return list(pool.map(blobs.put, contents))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
