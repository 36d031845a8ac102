"""Which address may be told: only hosts of the public internet, asked anew each time; pure rules.

A company must not make this office call its own machines (SSRF). The name is resolved once, every
address it has must be public, and the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LONGEST_URL: Final = 500
_HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}", re.I)
# Beyond what the standard library calls not global: benchmarks, translation to IPv4 (which would
# reach inner hosts through a gateway), tunnels, old site-local addresses, protocol assignments.
_CLOSED: Final = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


class TargetRefused(ValueError):
    """An address that is not called; the text is for the company and names no inner host."""


def check_url(url: str, *, local: bool = False) -> str:
    """Return the address if it has the form of one that may be told; raises ``TargetRefused``.

    https only, no name and password in it, the usual port or a high one. ``local`` (a setting for
    tests, refused in production) also allows http and this machine.
    """
    plain = url.strip()
    try:
        parts = urlsplit(plain)
        port = parts.port
    except ValueError:
        raise TargetRefused("Das ist keine Internetadresse.") from None
    if not plain.isascii() or not plain.isprintable() or " " in plain or len(plain) > LONGEST_URL:
        raise TargetRefused("Das ist keine Internetadresse.")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise TargetRefused("Die Adresse muss mit https:// beginnen.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused("Bitte eine Adresse ohne Anmeldedaten und ohne #.")
    host = parts.hostname or ""
    literal = _literal(host)
    if literal is None and not _HOST.fullmatch(host):
        raise TargetRefused("Das ist keine Internetadresse.")
    if not local:
        if port is not None and port != 443 and port < 1024:
            raise TargetRefused("Bitte den Port 443 oder einen ab 1024.")
        if (literal is not None and not is_public(literal)) or "." not in host.strip("."):
            raise TargetRefused("Diese Adresse ist von hier nicht erreichbar.")
    return plain


def is_public(address: IpAddress) -> bool:
    """Return whether an address belongs to the public internet, whatever form it is dressed in."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.scope_id:
            return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in net for net in _CLOSED if net.version == address.version)


def choose(addresses: list[str], *, local: bool = False) -> str:
    """Return the address to connect to; raises ``TargetRefused`` unless **all** are public.

    A name with one public and one inner address would otherwise reach the inner one by luck.
    """
    found = [_literal(each) for each in addresses]
    if not found or any(each is None for each in found):
        raise TargetRefused("Diese Adresse ist von hier nicht erreichbar.")
    if not local and not all(is_public(each) for each in found if each is not None):
        raise TargetRefused("Diese Adresse ist von hier nicht erreichbar.")
    return addresses[0]


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
