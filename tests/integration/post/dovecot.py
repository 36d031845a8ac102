"""A real IMAP server for the tests: Dovecot with its own configuration, as an ordinary process."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from abh.settings import Mailbox

_CONF = """base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/zertifikat.pem
ssl_key = <{folder}/schluessel.pem
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password=geheim
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server; every user name is a mailbox of its own."""

    port: int
    tls_port: int
    password_file: Path
    # Self-signed, so it is its own authority.
    certificate: Path

    def mailbox(self, user: str) -> Mailbox:
        return Mailbox("127.0.0.1", self.port, False, user, self.password_file)

    def over_tls(self, user: str, host: str = "127.0.0.1") -> Mailbox:
        return Mailbox(host, self.tls_port, True, user, self.password_file)

    @contextmanager
    def login(self, user: str) -> Iterator[imaplib.IMAP4]:
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        imap.login(user, "geheim")
        yield imap
        imap.logout()

    def deliver(self, user: str, *messages: bytes) -> None:
        with self.login(user) as imap:
            for message in messages:
                assert imap.append("INBOX", "", "", message)[0] == "OK"

    def count(self, user: str, folder: str) -> int:
        with self.login(user) as imap:
            status, found = imap.select(folder, readonly=True)
            return int(found[0] or 0) if status == "OK" else 0


def program() -> str | None:
    """Return where Dovecot is, None where it is not installed."""
    found = shutil.which("dovecot")
    usual = Path("/usr/sbin/dovecot")
    return found or (str(usual) if usual.exists() else None)


def _certify(folder: Path) -> None:
    """Write a key and a certificate for this machine's own address, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dovecot der Tests")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "zertifikat.pem").write_bytes(made.public_bytes(pem))
    (folder / "schluessel.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server in ``folder``; as root its workers are nobody, else they are who runs it."""
    who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with socket.socket() as probe, socket.socket() as tls_probe:
        probe.bind(("127.0.0.1", 0))
        tls_probe.bind(("127.0.0.1", 0))
        port, tls_port = int(probe.getsockname()[1]), int(tls_probe.getsockname()[1])
    _certify(folder)
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "mail", who.pw_uid, who.pw_gid)
    # Open to the worker: it must reach its mail.
    folder.chmod(0o711)
    conf = folder / "dovecot.conf"
    conf.write_text(
        _CONF.format(
            folder=folder, user=who.pw_name, group=grp.getgrgid(who.pw_gid).gr_name,
            uid=who.pw_uid, gid=who.pw_gid, port=port, tls_port=tls_port,
        )
    )  # fmt: skip
    password = folder / "kennwort"
    password.write_text("geheim\n")
    process = subprocess.Popen(
        [str(program()), "-F", "-c", str(conf)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)
        yield Server(port, tls_port, password, folder / "zertifikat.pem")
    finally:
        process.terminate()
        process.wait(10)
