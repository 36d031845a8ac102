"""What services need besides a session: clock, law, signature rules, stores, renderer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from abh.documents.akte import Blobs
from abh.documents.fonts import font_paths
from abh.documents.letter_model import Court, Office
from abh.documents.render import Renderer
from abh.documents.siegel import FileSealer, Sealer, TokenSealer, load_roots, make_demo_key
from abh.documents.store import BlobStore
from abh.documents.store_s3 import S3Place, S3Store
from abh.documents.versandstelle import Gateway
from abh.documents.virenscan import Scanner
from abh.documents.vordruck_platz import places_of
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Zeichnungsordnung
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.ids import derived_token
from abh.kernel.rechtsstand import Rechtsstand
from abh.office import service as office
from abh.settings import ROOT, Mailbox, Settings, load_yaml_dir, make_clock

STATIC = ROOT / "abh" / "web" / "static"


@dataclass(frozen=True, slots=True)
class House:
    """The furniture of one process, built once at start (``abh.wiring.furnish``).

    It is itself a ``Clock``. ``office`` is the letterhead of the imported office file. Without
    ``sealer`` letters leave unsealed, and none of those in written form by the portal.
    """

    clock: Clock
    law: Rechtsstand
    zeichnung: Sequence[Zeichnungsordnung]
    blobs: Blobs
    renderer: Renderer
    office: Office
    base_url: str
    secret: bytes
    profile: Mapping[str, Any] = field(default_factory=dict)
    sealer: Sealer | None = None
    # Looks at every upload; None where no scanner is set up.
    scanner: Scanner | None = None
    # Certificates (DER) whose signatures we trust, beside our own seal.
    roots: tuple[bytes, ...] = ()
    # Whether short messages are sent at all; without, people without e-mail get letters.
    sms: bool = False
    # Where mailbox, De-Mail and beBPo begin; None where the office has none of them.
    gateway: Gateway | None = None
    # Where scanners write and which mailbox is fetched; None where there is none.
    scan_dir: Path | None = None
    mailbox: Mailbox | None = None
    # What a benchmark switches off to measure the way without it.
    check_codes: bool = True

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """The calendar day in Berlin."""
        return self.clock.now().astimezone(BERLIN).date()

    @property
    def trusted(self) -> tuple[bytes, ...]:
        """The certificates that are trusted when signatures are checked, our own seal first."""
        own = () if self.sealer is None else (self.sealer.certificate,)
        return own + self.roots

    def status_token(self, number: str, generation: int = 0) -> str:
        """Return the token of a case's status link; a higher generation makes older ones void.

        It is derived from the secret, so that every letter can carry the link while the database
        keeps only its hash.
        """
        return derived_token(self.secret, f"status:{number}:{generation}")

    def status_link(self, number: str, generation: int = 0) -> str:
        """Return the link to the status page of a case."""
        return self.link("status", self.status_token(number, generation))

    def link(self, *parts: str) -> str:
        """Return an absolute link into the public pages."""
        return "/".join((self.base_url.rstrip("/"), *parts))


def office_of(profile: Mapping[str, Any]) -> Office:
    """Return the letterhead of an imported office file (``office.service.profile``)."""
    authority, court, bank = profile["authority"], profile["court"], profile["bank"]
    return Office(
        name=authority["name"],
        head=authority["head"],
        department=authority["department"],
        street=authority["street"],
        postcode=authority["postcode"],
        city=authority["city"],
        phone=authority["phone"],
        email=authority["email"],
        web=authority["web"],
        bank=bank["name"],
        iban=bank["iban"],
        bic=bank["bic"],
        court=Court(court["name"], court["street"], court["postcode"], court["city"]),
        hours=authority.get("hours", ""),
        transport=authority.get("transport", ""),
    )


def full_profile(session: Session) -> dict[str, Any]:
    """Return the office profile with its units and services, as letters and pages name them."""
    units = {
        unit.key: {
            "name": unit.name,
            "room": unit.room,
            "phone": unit.phone,
            "email": unit.email,
            "verfahren": list(unit.verfahren),
        }
        for unit in office.units(session)
    }
    known = office.services(session)
    return office.profile(session) | {
        "units": units,
        "services": {service.key: service.minutes for service in known},
        "visits": {
            service.key: {"name": service.name, "most_persons": service.most_persons}
            for service in known
        },
    }


def sealer_of(settings: Settings, name: str, place: str, *, now: datetime) -> Sealer | None:
    """Return the seal of the settings, making the demo's key if there is none.

    Raises ``ConfigurationError`` when the key is missing, locked or expired.
    """
    if settings.qseal == "off":
        return None
    if settings.qseal == "pkcs11":
        return TokenSealer(
            settings.qseal_module,
            settings.qseal_token,
            settings.qseal_key,
            settings.qseal_file,
            settings.qseal_passphrase,
            place=place,
            today=now,
        )
    word = settings.qseal_passphrase.encode("utf-8")
    if settings.qseal == "demo":
        word = derived_token(settings.secret_key.encode("utf-8"), "siegel").encode("ascii")
        make_demo_key(settings.qseal_file, word, name, now=now)
    return FileSealer(settings.qseal_file, word, place=place, today=now)


def store_of(settings: Settings) -> Blobs:
    """Return the store of the settings: below a folder, or S3-compatible.

    Raises ``ConfigurationError`` for an address that names no bucket.
    """
    if not settings.store_s3:
        return BlobStore(settings.store_dir)
    place = S3Place.parse(settings.store_s3)
    return S3Store(place, settings.store_s3_key, settings.store_s3_secret)


def scanner_of(settings: Settings) -> Scanner | None:
    """Return the virus scanner of the settings, None where there is none."""
    if not settings.clamd:
        return None
    return Scanner(settings.clamd, settings.clamd_wait, settings.var_dir / "quarantaene")


def build_house(settings: Settings, session: Session, *, clock: Clock | None = None) -> House:
    """Furnish a process from its settings and the imported office.

    Raises ``ConfigurationError`` naming every fault of law, signature rules, fonts or office.
    """
    profile = full_profile(session)
    letterhead = office_of(profile)
    # A wrong measure of a form stops the start, not the print at the counter.
    places_of("")
    return House(
        clock=clock or make_clock(settings),
        law=Rechtsstand(load_yaml_dir(settings.law_dir)),
        zeichnung=load_zeichnung(settings.zeichnung_file),
        blobs=store_of(settings),
        renderer=Renderer(font_paths(STATIC, also=(ROOT / "node_modules",))),
        office=letterhead,
        base_url=settings.base_url,
        secret=settings.secret_key.encode("utf-8"),
        profile=profile,
        sms=bool(settings.sms_url),
        gateway=Gateway(settings.gateway_dir) if settings.gateway_dir is not None else None,
        # The validity of a certificate is a matter of the real day, also where a demo shifts it.
        sealer=sealer_of(settings, letterhead.name, letterhead.city, now=datetime.now(UTC)),
        scanner=scanner_of(settings),
        roots=load_roots(settings.trust_dir),
        scan_dir=settings.scan_dir,
        mailbox=settings.mailbox,
    )
