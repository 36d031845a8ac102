"""Electronic seal of letters (PAdES B-B) and the check of signed PDFs (sole importer of pyHanko).

pyHanko takes half a second to load, so it is imported where it is needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from abh.kernel.errors import ConfigurationError, DomainError, Reason

FIELD = "Siegel"
DEMO_YEARS = 3
# A signed file is read into memory; larger ones are no letters.
MAX_BYTES = 50_000_000
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


class SealFailed(DomainError):
    """The letter could not be sealed; nothing of it was filed or sent."""

    title = "Der Brief konnte nicht gesiegelt werden."
    hint = "Bitte die Systembetreuung informieren; der Brief liegt unverändert in der Mappe."


class Sealer(Protocol):
    """Seals finished letters; ``subject`` names the certificate (DER: ``certificate``)."""

    @property
    def subject(self) -> str: ...

    @property
    def certificate(self) -> bytes: ...

    def seal(self, pdf: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """One signature in a file. ``intact``: the signed bytes are unchanged; ``trusted``: its
    certificate leads to a root that we know; ``covers_all``: nothing was added after it."""

    signer: str
    signed_at: datetime | None
    intact: bool
    trusted: bool
    covers_all: bool
    remark: str = ""

    @property
    def sound(self) -> bool:
        """Claim: unchanged, complete and from somebody we trust."""
        return self.intact and self.trusted and self.covers_all


class PdfSealer:
    """What all seals have in common: a signer of pyHanko and the certificate's last day."""

    # Errors by which the key refuses, besides those of pyHanko and the system.
    refusals: tuple[type[Exception], ...] = ()

    def __init__(self, signer: Any, *, place: str, today: datetime) -> None:
        """Raises ``ConfigurationError`` when the certificate has expired."""
        self._signer = signer
        self._place = place
        self._until: datetime = signer.signing_cert.not_valid_after
        if self._until <= today:
            raise ConfigurationError(
                f"Das Siegelzertifikat ist am {self._until:%d.%m.%Y} abgelaufen."
            )

    @property
    def subject(self) -> str:
        """The name in the certificate."""
        return str(self._signer.signing_cert.subject.human_friendly)

    @property
    def certificate(self) -> bytes:
        """The certificate as DER, to be trusted when our own letters are checked."""
        return bytes(self._signer.signing_cert.dump())

    def seal(self, pdf: bytes) -> bytes:
        """Return ``pdf`` with an invisible seal over all of it.

        Raises ``SealFailed`` when the certificate has expired meanwhile or the key refuses.
        """
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.pdf_utils.misc import PdfError
        from pyhanko.sign import fields, signers
        from pyhanko.sign.general import SigningError

        if self._until <= datetime.now(UTC):
            text = f"Das Siegelzertifikat ist am {self._until:%d.%m.%Y} abgelaufen."
            raise SealFailed(text, reasons=[Reason(text, "§ 3a VwVfG NRW", "siegel_abgelaufen")])
        meta = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=fields.SigSeedSubFilter.PADES,
            name=self.subject[:100],
            location=self._place,
        )
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
            out = signers.sign_pdf(writer, meta, signer=self._signer)
        except self.refusals + (PdfError, SigningError, ValueError, OSError) as error:
            text = f"Der Siegelschlüssel antwortet nicht ({type(error).__name__})."
            raise SealFailed(text, reasons=[Reason(text, key="siegel_antwortet_nicht")]) from error
        return bytes(out.getvalue())


class FileSealer(PdfSealer):
    """Seals with a key in a PKCS#12 file, for demo and tests; production has a PKCS#11 token."""

    def __init__(self, path: Path, passphrase: bytes, *, place: str, today: datetime) -> None:
        """Load the key. Raises ``ConfigurationError`` when it is missing, locked or expired."""
        from pyhanko.sign import signers

        if not path.is_file():
            raise ConfigurationError(f"Der Siegelschlüssel {path} fehlt.")
        signer = signers.SimpleSigner.load_pkcs12(path, passphrase=passphrase)
        if signer is None or signer.signing_cert is None:
            raise ConfigurationError(f"Der Siegelschlüssel {path} lässt sich nicht öffnen.")
        super().__init__(signer, place=place, today=today)


class TokenSealer(PdfSealer):
    """Seals with a key that never leaves its token or HSM (PKCS#11), for production."""

    def __init__(
        self,
        module: Path,
        token: str,
        key: str,
        certificate: Path,
        pin: str,
        *,
        place: str,
        today: datetime,
    ) -> None:
        """Open the token and try the key once.

        ``module`` is the driver's library, ``token`` and ``key`` are labels, ``certificate`` a file
        (PEM or DER). Raises ``ConfigurationError`` that says which of them does not answer.
        """
        for path, what in ((module, "Die PKCS#11-Bibliothek"), (certificate, "Das Zertifikat")):
            if not path.is_file():
                raise ConfigurationError(f"{what} des Siegels {path} fehlt.")
        try:
            from pkcs11.exceptions import PKCS11Error
            from pyhanko.sign import pkcs11
        except ImportError as error:
            raise ConfigurationError(
                "Für ein Siegel im Token fehlt das Paket python-pkcs11; bitte "
                "requirements/hsm.txt einspielen."
            ) from error
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.keys import load_cert_from_pemder

        self.refusals = (PKCS11Error,)
        try:
            held = load_cert_from_pemder(str(certificate))
        except (ValueError, OSError) as error:
            raise ConfigurationError(f"Das Zertifikat {certificate} ist nicht lesbar.") from error
        session = None
        try:
            session = pkcs11.open_pkcs11_session(
                str(module), token_criteria=TokenCriteria(label=token), user_pin=pin
            )
            signer = pkcs11.PKCS11Signer(
                session,
                signing_cert=held,
                key_label=key,
                # Every token signs a hash on a curve; not every one makes the hash itself.
                use_raw_mechanism=held.public_key.algorithm == "ec",
            )
            super().__init__(signer, place=place, today=today)
            self._try()
        except ConfigurationError:
            if session is not None:
                session.close()
            raise
        except (PKCS11Error, RuntimeError, LookupError) as error:
            if session is not None:
                # Else the next attempt would find the token logged in already.
                session.close()
            raise ConfigurationError(
                f"Das Token „{token}“ oder sein Schlüssel „{key}“ antwortet nicht "
                f"({type(error).__name__}). Bitte Token, Kennzeichnung und PIN prüfen."
            ) from error

    def _try(self) -> None:
        """Sign a few bytes and hold them against the certificate: the key must be its key."""
        algorithm = self._signer.get_signature_mechanism_for_digest("sha256")
        signed = asyncio.run(self._signer.async_sign_raw(b"abh", "sha256"))
        public = x509.load_der_x509_certificate(self.certificate).public_key()
        try:
            if isinstance(public, ec.EllipticCurvePublicKey):
                public.verify(signed, b"abh", ec.ECDSA(hashes.SHA256()))
            elif isinstance(public, rsa.RSAPublicKey):
                scheme = padding.PKCS1v15() if algorithm.signature_algo != "rsassa_pss" else _PSS
                public.verify(signed, b"abh", scheme, hashes.SHA256())
            else:
                raise ConfigurationError("Das Siegel braucht einen EC- oder RSA-Schlüssel.")
        except InvalidSignature as error:
            raise ConfigurationError(
                "Das Zertifikat gehört nicht zum Schlüssel im Token."
            ) from error


def make_demo_key(path: Path, passphrase: bytes, name: str, *, now: datetime) -> None:
    """Write a key with a certificate of its own (EC P-256), good for demo and tests only.

    An existing file is left alone. Only the owner may read it.
    """
    if path.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name[:40]} (Demosiegel)"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * DEMO_YEARS))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    data = pkcs12.serialize_key_and_certificates(
        b"abh", key, certificate, None, BestAvailableEncryption(passphrase)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".neu-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    # Of several processes that start together the first one's key counts.
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()


def certificate_of(path: Path, passphrase: bytes) -> bytes:
    """Return the certificate (DER) in a PKCS#12 file, to be trusted when checking."""
    try:
        found = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase)[1]
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name} ist nicht lesbar.") from error
    if found is None:
        raise ConfigurationError(f"{path.name} enthält kein Zertifikat.")
    return found.public_bytes(Encoding.DER)


def check_signatures(pdf: bytes, trusted: Sequence[bytes] = ()) -> tuple[SignatureFound, ...]:
    """Return every signature of a PDF; ``trusted`` are certificates (DER) that we know.

    Nothing is fetched from the net. Raises ``SealFailed`` for a file that is no readable PDF.
    """
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko_certvalidator import ValidationContext

    if len(pdf) > MAX_BYTES:
        raise UnreadablePdf("Die Datei ist zu groß.")
    roots = [asn1.Certificate.load(der) for der in trusted]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        if reader.encrypted:
            raise UnreadablePdf("Die Datei ist verschlüsselt.")
        return tuple(_judge(found, context) for found in reader.embedded_signatures)
    except (PdfError, ValueError, KeyError, TypeError, IndexError, OSError) as error:
        raise UnreadablePdf("Die Datei ist kein lesbares PDF.") from error


def load_roots(folder: Path | None) -> tuple[bytes, ...]:
    """Return the certificates (DER) of all ``.pem``, ``.crt``, ``.cer`` and ``.der`` of a folder.

    Raises ``ConfigurationError`` for a file that is no certificate.
    """
    if folder is None:
        return ()
    found = []
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in (".pem", ".crt", ".cer", ".der"):
            continue
        try:
            data = path.read_bytes()
            if b"-----BEGIN" in data:
                loaded = x509.load_pem_x509_certificates(data)
            else:
                loaded = [x509.load_der_x509_certificate(data)]
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path} ist kein lesbares Zertifikat.") from error
        found += [one.public_bytes(Encoding.DER) for one in loaded]
    return tuple(found)


class UnreadablePdf(SealFailed):
    """What came in cannot be checked: no PDF, damaged, encrypted or too large."""

    title = "Die Datei lässt sich nicht prüfen."
    hint = "Bitte die Datei unverändert und ohne Kennwort noch einmal schicken lassen."


def _judge(found: Any, context: Any) -> SignatureFound:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError

    try:
        status = validate_pdf_signature(found, signer_validation_context=context)
    except (SignatureValidationError, PdfError, ValueError) as error:
        return SignatureFound("", None, False, False, False, str(error))
    whole = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
    return SignatureFound(
        signer=str(status.signing_cert.subject.human_friendly),
        signed_at=status.signer_reported_dt,
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted),
        covers_all=whole,
        remark="" if whole else "Nach der Unterschrift wurde etwas angefügt.",
    )
