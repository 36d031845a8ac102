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
from pathlib import Path

from abh.settings import Mailbox

_CONF = """base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
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
    port = 0
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
    password_file: Path

    def mailbox(self, user: str) -> Mailbox:
        return Mailbox("127.0.0.1", self.port, False, user, self.password_file)

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


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server in ``folder``; as root its workers are nobody, else they are who runs it."""
    who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "mail", who.pw_uid, who.pw_gid)
    # Open to the worker: it must reach its mail.
    folder.chmod(0o711)
    conf = folder / "dovecot.conf"
    conf.write_text(
        _CONF.format(
            folder=folder, user=who.pw_name, group=grp.getgrgid(who.pw_gid).gr_name,
            uid=who.pw_uid, gid=who.pw_gid, port=port,
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
        yield Server(port, password)
    finally:
        process.terminate()
        process.wait(10)
