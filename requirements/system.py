"""Check the system's libraries and programs; install the Debian packages that are missing.

Usage: python3 requirements/system.py run|test. Runs before anything is installed: standard library
only. As root, or with sudo that asks for no password, it installs; otherwise it names the packages.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

RUN = {  # Debian package: library (WeasyPrint draws the letters with them) or program to look for
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
TEST = {
    "chromium": "chromium",  # browser tests
    "libatomic1": "libatomic.so.1",  # the program by which the tests steer the browser needs it
    "dovecot-imapd": "dovecot",  # a mailbox that speaks IMAP
    "cups-ipp-utils": "ippeveprinter",  # a printer that speaks IPP
    "dbus-daemon": "dbus-daemon",  # private message bus, without which ippeveprinter does not start
    "poppler-utils": "pdftotext",  # reads the letters back, independently of our own PDF library
}
PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


def is_there(probe):
    """Say whether the library (``*.so.N``) loads or the program is found."""
    if ".so" not in probe:
        return shutil.which(probe, path=PATH) is not None
    try:
        ctypes.CDLL(probe)
    except OSError:
        return False
    return True


def missing(wanted):
    """Return the packages of ``wanted`` whose probe finds nothing."""
    return [package for package, probe in wanted.items() if not is_there(probe)]


def as_root():
    """Return the words that run a command as root, or None when that is not possible."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo", path=PATH)
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def install(packages, prefix):
    """Install ``packages`` with apt-get, asking nothing."""
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    quiet = ["-y", "-qq", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*apt, "update", "-qq"], check=True)
    subprocess.run([*apt, "install", *quiet, "--no-install-recommends", *packages], check=True)


def main():
    """Check, install if possible, and end with 1 when something is still missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where older ones are told
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.")
    wanted = RUN if sys.argv[1:] == ["run"] else {**RUN, **TEST}
    packages = missing(wanted)
    if importlib.util.find_spec("ensurepip") is None:
        packages.append("python3-venv")
    if not packages:
        return
    prefix = as_root()
    if prefix is not None and shutil.which("apt-get"):
        print("==> installing system packages:", " ".join(packages), flush=True)
        try:
            install(packages, prefix)
        except subprocess.CalledProcessError as error:
            print(f"apt-get ended with {error.returncode}.", file=sys.stderr)
        packages = missing(wanted)
    if packages:
        print(
            "\nThese system packages are missing:\n"
            f"    {' '.join(packages)}\n"
            "Ask your administrator to run this, then start again:\n"
            f"    apt-get install --no-install-recommends {' '.join(packages)}\n",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
