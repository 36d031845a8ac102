"""The seal: it holds, every change is found, and a bad key stops the start."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner

from abh.documents.cli import siegel
from abh.documents.siegel import (
    FIELD,
    FileSealer,
    SealFailed,
    UnreadablePdf,
    certificate_of,
    check_signatures,
    make_demo_key,
)
from abh.kernel.errors import ConfigurationError
from tests.unit.documents.factories import letter, renderer

NOW = datetime.now(UTC)
WORD = b"nur zur Probe"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("siegel") / "siegel.p12"
    make_demo_key(path, WORD, "Landeshauptstadt Düsseldorf", now=NOW)
    return path


@pytest.fixture(scope="module")
def plain() -> bytes:
    return renderer().render(letter("N12")).pdf


@pytest.fixture(scope="module")
def sealed(key: Path, plain: bytes) -> bytes:
    return FileSealer(key, WORD, place="Düsseldorf", today=NOW).seal(plain)


def test_a_sealed_letter_is_sound_and_begins_with_the_rendered_one(
    key: Path, plain: bytes, sealed: bytes
) -> None:
    (found,) = check_signatures(sealed, [certificate_of(key, WORD)])
    assert found.sound
    assert "Landeshauptstadt Düsseldorf" in found.signer
    assert found.signed_at is not None
    assert sealed.startswith(plain)
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        assert (str(field.T), str(field.V.SubFilter)) == (FIELD, "/ETSI.CAdES.detached")
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfuaid:part"]) == ("3", "1")


def test_a_seal_of_somebody_unknown_is_intact_but_not_trusted(sealed: bytes) -> None:
    (found,) = check_signatures(sealed)
    assert (found.intact, found.trusted, found.sound) == (True, False, False)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_bit_is_found(sealed: bytes, plain: bytes, key: Path, place: float) -> None:
    at = plain.index(b"stream", int(len(plain) * place)) + 20
    broken = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    (found,) = check_signatures(broken, [certificate_of(key, WORD)])
    assert not found.intact
    assert not found.sound


def test_what_is_added_after_the_seal_is_found(sealed: bytes, key: Path) -> None:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    (found,) = check_signatures(out.getvalue(), [certificate_of(key, WORD)])
    assert not found.covers_all
    assert found.remark


def test_a_saved_again_file_has_no_sound_seal(sealed: bytes, key: Path) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        pdf.save(out)
    found = check_signatures(out.getvalue(), [certificate_of(key, WORD)])
    assert not any(each.sound for each in found)


def test_an_unsigned_letter_has_no_signatures(plain: bytes) -> None:
    assert check_signatures(plain) == ()


def test_what_is_no_readable_pdf_is_said_to_be_so(plain: bytes) -> None:
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    for data in (b"", b"%PDF-1.7 nichts", b"\x00" * 100, locked.getvalue(), plain[:500]):
        with pytest.raises(UnreadablePdf):
            check_signatures(data)


def test_a_key_that_is_missing_locked_or_expired_stops_the_start(key: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="fehlt"):
        FileSealer(tmp_path / "x.p12", WORD, place="", today=NOW)
    with pytest.raises(ConfigurationError, match="nicht öffnen"):
        FileSealer(key, b"falsch", place="", today=NOW)
    with pytest.raises(ConfigurationError, match="abgelaufen"):
        FileSealer(key, WORD, place="", today=NOW + timedelta(days=4000))


def test_a_certificate_that_expired_meanwhile_seals_nothing(tmp_path: Path, plain: bytes) -> None:
    path = tmp_path / "alt.p12"
    long_ago = NOW - timedelta(days=2000)
    make_demo_key(path, WORD, "Amt", now=long_ago)
    sealer = FileSealer(path, WORD, place="", today=long_ago)
    with pytest.raises(SealFailed) as failed:
        sealer.seal(plain)
    assert [r.key for r in failed.value.reasons] == ["siegel_abgelaufen"]


def test_the_key_file_belongs_to_its_owner_and_is_never_overwritten(key: Path) -> None:
    before = key.read_bytes()
    make_demo_key(key, b"anders", "Anderes Amt", now=NOW)
    assert key.read_bytes() == before
    assert key.stat().st_mode & 0o077 == 0


def test_the_command_tells_a_sound_file_from_a_changed_and_an_unsigned_one(
    key: Path, sealed: bytes, plain: bytes, tmp_path: Path
) -> None:
    known = tmp_path / "amt.der"
    known.write_bytes(certificate_of(key, WORD))
    at = plain.index(b"stream", len(plain) // 2) + 20
    changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    answers = {}
    for name, data in (("gut", sealed), ("anders", changed), ("ohne", plain)):
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(data)
        result = CliRunner().invoke(siegel, ["pruefen", str(file), "--vertraut", str(known)])
        answers[name] = (result.exit_code, result.output)
    assert answers["gut"][0] == 0
    assert "unverändert" in answers["gut"][1]
    assert answers["anders"][0] == 1
    assert "VERÄNDERT" in answers["anders"][1]
    assert answers["ohne"][0] == 1
