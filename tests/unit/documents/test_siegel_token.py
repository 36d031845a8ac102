"""A seal whose key lies in a token (PKCS#11): what stops the start, and sealing with SoftHSM."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from abh.documents.siegel import TokenSealer, certificate_of, check_signatures, make_demo_key
from abh.kernel.errors import ConfigurationError
from abh.settings import load_settings
from tests.unit.documents.factories import letter, renderer

NOW = datetime.now(UTC)
WORD = b"nur zur Probe"
PIN = "5678"
_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")


def _key_files(folder: Path, name: str) -> tuple[Path, Path]:
    """Return a key and its certificate as PEM files."""
    make_demo_key(folder / f"{name}.p12", WORD, name, now=NOW)
    key, held, _ = pkcs12.load_key_and_certificates((folder / f"{name}.p12").read_bytes(), WORD)
    assert key is not None
    assert held is not None
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(held.public_bytes(Encoding.PEM))
    return private, public


def _open(module: Path, certificate: Path, **changes: object) -> TokenSealer:
    facts = {"token": "siegel", "key": "amtssiegel", "pin": PIN, "today": NOW, **changes}
    return TokenSealer(module, certificate=certificate, place="Düsseldorf", **facts)  # type: ignore[arg-type]


def test_a_missing_driver_or_certificate_stops_the_start_by_name(tmp_path: Path) -> None:
    _, public = _key_files(tmp_path, "Amt")
    with pytest.raises(ConfigurationError, match="PKCS#11-Bibliothek.*fehlt"):
        _open(tmp_path / "weg.so", public)
    with pytest.raises(ConfigurationError, match="Zertifikat.*fehlt"):
        _open(public, tmp_path / "weg.pem")


def test_a_missing_package_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, public = _key_files(tmp_path, "Amt")
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.setitem(sys.modules, "pkcs11.exceptions", None)
    with pytest.raises(ConfigurationError, match=r"python-pkcs11.*requirements/hsm\.txt"):
        _open(public, public)


def test_a_token_needs_all_its_settings(tmp_path: Path) -> None:
    env = {"ABH_MODE": "test", "ABH_VAR_DIR": str(tmp_path), "ABH_QSEAL": "pkcs11"}
    with pytest.raises(ConfigurationError) as failed:
        load_settings(env)
    assert {r.key for r in failed.value.reasons} == {
        f"settings.qseal_{name}" for name in ("file", "module", "token", "key")
    }


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A token with one key, and the certificate of that key."""
    pytest.importorskip("pkcs11")
    module = Path(os.environ.get("SOFTHSM2_MODULE") or next(filter(os.path.exists, _MODULES), "-"))
    tool = shutil.which("softhsm2-util")
    if tool is None or not module.is_file():
        pytest.skip("SoftHSM is not installed")
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path}/tokens\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    private, public = _key_files(tmp_path, "Amt")
    for arguments in (
        ["--init-token", "--free", "--label", "siegel", "--so-pin", "1234", "--pin", PIN],
        ["--import", str(private), "--token", "siegel", "--label", "amtssiegel", "--id", "01",
         "--pin", PIN],
    ):  # fmt: skip
        subprocess.run([tool, "--module", str(module), *arguments], check=True, capture_output=True)
    return module, public


def test_softhsm_seals_and_refuses_wrong_pin_key_and_certificate(
    softhsm: tuple[Path, Path], tmp_path: Path
) -> None:
    module, public = softhsm
    # The first token of a process fixes the driver's configuration, so one test plays all of it.
    for wrong in ({"pin": "0000"}, {"key": "anderer"}, {"token": "weg"}):
        with pytest.raises(ConfigurationError, match="antwortet nicht"):
            _open(module, public, **wrong)
    _, foreign = _key_files(tmp_path, "Fremd")
    with pytest.raises(ConfigurationError, match="gehört nicht zum Schlüssel"):
        _open(module, foreign)
    with pytest.raises(ConfigurationError, match="abgelaufen"):
        _open(module, public, today=NOW + timedelta(days=4000))
    sealer = _open(module, public)
    sealed = sealer.seal(renderer().render(letter("N12")).pdf)
    (found,) = check_signatures(sealed, [certificate_of(tmp_path / "Amt.p12", WORD)])
    assert found.sound
