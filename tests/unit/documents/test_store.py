"""The store: filed once, never overwritten, damage is found at reading."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from abh.documents.store import GRACE_SECONDS, BlobDamaged, BlobStore, StoreUnavailable
from abh.kernel.errors import NotFound
from abh.kernel.ids import content_hash


def test_content_is_found_under_its_hash(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "akte")
    sha256 = store.put(b"Bescheid")
    assert sha256 == hashlib.sha256(b"Bescheid").hexdigest()
    assert store.exists(sha256)
    assert store.get(sha256) == b"Bescheid"
    assert not store.path(sha256).stat().st_mode & 0o222


def test_the_same_content_is_filed_once_and_leaves_no_drafts(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    sha256 = store.put(b"x")
    before = store.path(sha256).stat().st_ino
    assert store.put(b"x") == sha256
    assert store.path(sha256).stat().st_ino == before
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [store.path(sha256)]


def test_a_changed_file_is_found_and_never_overwritten(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    sha256 = store.put(b"echt")
    path = store.path(sha256)
    path.chmod(0o640)
    path.write_bytes(b"falsch")
    with pytest.raises(BlobDamaged):
        store.get(sha256)
    with pytest.raises(BlobDamaged):
        store.put(b"echt")
    assert path.read_bytes() == b"falsch"


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "A" * 64, "0" * 63 + "\n"])
def test_only_hashes_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        BlobStore(tmp_path).get(name)


def test_what_was_never_filed_is_not_found(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert not store.exists("0" * 64)
    with pytest.raises(NotFound):
        store.get("0" * 64)


def test_many_writers_of_one_content_all_succeed(tmp_path: Path) -> None:
    data = os.urandom(200_000)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(BlobStore(tmp_path).put(data)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(data).hexdigest()] * 8
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 1


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    tmp_path.joinpath(*_folders(b"x")).mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="voll"):
        BlobStore(tmp_path).put(b"x")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def _folders(data: bytes) -> tuple[str, str]:
    sha256 = hashlib.sha256(data).hexdigest()
    return sha256[:2], sha256[2:4]


@pytest.mark.parametrize(
    ("number", "words"), [(28, "voll"), (122, "voll"), (30, "schreibgeschützt"), (5, "antwortet")]
)
def test_a_store_that_takes_nothing_says_so_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("abh.documents.store.tempfile.mkstemp", refuse)
    with pytest.raises(StoreUnavailable, match=words) as refused:
        BlobStore(tmp_path).put(b"x")
    assert "nichts abgelegt" in refused.value.hint
    assert refused.value.reasons


def test_a_removed_content_is_gone_and_can_be_filed_again(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    sha = store.put(b"alt")
    _age(store, sha)
    assert store.remove(sha, lambda: True)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    with pytest.raises(NotFound):
        store.get(sha)
    assert store.put(b"alt") == sha
    assert store.get(sha) == b"alt"


def test_a_content_that_is_used_or_was_just_filed_stays(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    sha = store.put(b"neu")
    assert not store.remove(sha, lambda: True)
    _age(store, sha)
    assert not store.remove(sha, lambda: False)
    assert store.get(sha) == b"neu"
    _age(store, sha)
    store.put(b"neu")
    assert not store.remove(sha, lambda: True), "filing again renews its day"
    assert store.get(sha) == b"neu"


def test_who_files_while_it_is_removed_loses_nothing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    sha = store.put(b"beides")
    _age(store, sha)

    def unused() -> bool:
        # Somebody files the same content when ours is set aside and the row is not written yet.
        BlobStore(tmp_path).put(b"beides")
        return True

    assert store.remove(sha, unused)
    assert store.get(sha) == b"beides"


def _age(store: BlobStore, sha: str) -> None:
    old = time.time() - GRACE_SECONDS - 1
    os.utime(store.path(sha), (old, old))


def test_many_are_filed_at_once_in_order_each_content_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "store")
    first = store.put(b"schon da")
    contents = [b"eins", b"zwei", b"eins", b"schon da", b""]
    assert store.put_many(contents) == [content_hash(data) for data in contents]
    assert [store.get(content_hash(data)) for data in contents] == contents
    assert store.put_many([b"schon da"]) == [first]
    assert not list(tmp_path.rglob(".neu-*"))


def test_when_the_disk_refuses_no_name_points_to_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_folder: Path) -> None:
        raise OSError(errno.EIO, "Eingabe-/Ausgabefehler")

    store = BlobStore(tmp_path / "store")
    monkeypatch.setattr("abh.documents.store._sync_all", refuse)
    with pytest.raises(StoreUnavailable):
        store.put_many([b"eins", b"zwei"])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
