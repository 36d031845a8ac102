"""The gates between rendering and release: each refusal is a reason, all are shown at once."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pikepdf
from pypdfium2 import PdfiumError

from abh.documents.codes import read_codes
from abh.documents.fonts import FontSet
from abh.documents.letter_fields import FORBIDDEN
from abh.documents.letter_model import LetterInput
from abh.documents.letters import letter_kind, load_fields
from abh.documents.remedy import TITLE as REMEDY_TITLE
from abh.documents.remedy import remedy_notice
from abh.documents.render import AUTOMATIC_NOTE, DRAFT_MARK, RenderedLetter, payment_in
from abh.documents.zeichnung_types import Mark, Permission, Remedy
from abh.kernel.errors import Reason, RenderRefused

# DIN 5008 form B: six lines of 4.5 mm between 62.7 and 90 mm; 85 mm field less 5 mm margin.
ADDRESS_LINES = 6
ADDRESS_WIDTH_MM = 80.0
ADDRESS_SIZE_PT = 10.0
MAX_PAGES = 40
PINNED_FONTS = ("NotoSans", "NotoSansArabic")


@dataclass(frozen=True)
class Release:
    """A letter at the gates: what went in, what came out, what the table grants."""

    letter: LetterInput
    rendered: RenderedLetter
    permission: Permission
    fonts: FontSet
    expected_pages: int | None = None
    # Codes are read back as a scanner would; a benchmark measures the way without it, too.
    check_codes: bool = True


def check_release(release: Release) -> None:
    """Raise ``RenderRefused`` with the reasons of every gate that refuses."""
    reasons = [reason for gate in GATES for reason in gate(release)]
    if reasons:
        text = f"{release.letter.letter_key}: " + "; ".join(r.text for r in reasons)
        raise RenderRefused(text, reasons=reasons)


def no_warning(r: Release) -> Iterator[Reason]:
    """The renderer complained about nothing."""
    for line in r.rendered.warnings:
        yield Reason(f"Der Brief wurde nicht sauber gesetzt: {line}", key="warnung")


def text_on_the_page(r: Release) -> Iterator[Reason]:
    """No line runs over the edge of its page."""
    for line in r.rendered.beyond[:5]:
        yield Reason(f"Text ragt über den Rand: {line}.", key="text_ueber_rand")


def every_glyph(r: Release) -> Iterator[Reason]:
    """Every letter of the text is in the pinned fonts, regular and bold."""
    missing = r.fonts.missing(r.rendered.text)
    if missing:
        shown = ", ".join(f"„{c}“ (U+{ord(c):04X})" for c in missing[:10])
        yield Reason(f"Diese Zeichen fehlen in der Schrift: {shown}.", key="zeichen_fehlt")


def no_control_characters(r: Release) -> Iterator[Reason]:
    """Nothing in the letter turns the direction of reading or is invisible control."""
    found = FORBIDDEN.search("".join((r.rendered.text, r.letter.addressee, *r.letter.recipient)))
    if found:
        yield Reason(
            f"Der Brief enthält das Steuerzeichen U+{ord(found.group()):04X}.", key="steuerzeichen"
        )


def no_pictures(r: Release) -> Iterator[Reason]:
    """No signature or seal is put in as a picture; codes are drawn, not embedded."""
    try:
        with pikepdf.open(io.BytesIO(r.rendered.pdf)) as pdf:
            if any(page.get_images() for page in pdf.pages):
                yield Reason(
                    "Unterschriften und Siegel werden nicht als Bild eingefügt.",
                    "§ 37 Abs. 3 VwVfG NRW",
                    "unterschrift_als_bild",
                )
    except pikepdf.PdfError:
        # ``archive_metadata`` says so.
        return


def codes_decode_to_the_data(r: Release) -> Iterator[Reason]:
    """What a scanner and a banking app read is what the letter says and what was signed."""
    loaded = load_fields(r.letter.letter_key, r.letter.fields, r.letter.outcome)
    wanted = payment_in(r.letter.office, loaded)
    if wanted is not None and r.letter.amount is not None and r.letter.amount != wanted.amount:
        yield Reason(
            f"Der Brief verlangt {wanted.amount} EUR, gezeichnet sind {r.letter.amount} EUR.",
            key="betrag_weicht_ab",
        )
    if not r.check_codes or not (r.letter.code or wanted):
        return
    try:
        found = read_codes(r.rendered.pdf, upright=True)
    except PdfiumError:
        # ``archive_metadata`` says so.
        return
    if r.letter.code and found.matrices != (r.letter.code,):
        yield Reason("Die Kennung für Rückläufer ist nicht lesbar oder falsch.", key="kennung")
    if wanted is not None and [p.amount for p in found.payments] != [wanted.amount]:
        yield Reason(
            "Der Betrag im GiroCode ist nicht der des Briefs.", "EPC069-12", "girocode_betrag"
        )
    elif wanted is not None and found.payments != (wanted,):
        yield Reason(
            "Empfänger, IBAN oder Zweck im GiroCode weichen vom Brief ab.",
            "EPC069-12",
            "girocode",
        )


def address_fits(r: Release) -> Iterator[Reason]:
    """The address stays inside the window of the envelope."""
    lines = r.letter.recipient
    if not lines or not all(line.strip() for line in lines):
        yield Reason("Die Anschrift ist leer oder hat leere Zeilen.", "DIN 5008", "anschrift_leer")
    if len(lines) > ADDRESS_LINES:
        yield Reason(
            f"Die Anschrift hat {len(lines)} Zeilen; ins Fenster passen {ADDRESS_LINES}.",
            "DIN 5008",
            "anschrift_zu_lang",
        )
    for line in lines:
        width = r.fonts.width_mm(line, ADDRESS_SIZE_PT)
        if width > ADDRESS_WIDTH_MM:
            yield Reason(
                f"Die Anschriftzeile „{line}“ ist {width:.0f} mm breit; ins Fenster passen "
                f"{ADDRESS_WIDTH_MM:.0f} mm.",
                "DIN 5008",
                "anschrift_zu_breit",
            )


def page_count(r: Release) -> Iterator[Reason]:
    """The letter has the expected number of pages."""
    pages, expected = r.rendered.pages, r.expected_pages
    if expected is not None and pages != expected:
        yield Reason(f"Der Brief hat {pages} Seiten statt {expected}.", key="seitenzahl")
    elif not 1 <= pages <= MAX_PAGES:
        yield Reason(
            f"Der Brief hat {pages} Seiten; möglich sind 1 bis {MAX_PAGES}.", key="seitenzahl"
        )


def archive_metadata(r: Release) -> Iterator[Reason]:
    """The file claims PDF/A-3a and PDF/UA-1, has tags, language and title, and pinned fonts."""
    try:
        with pikepdf.open(io.BytesIO(r.rendered.pdf)) as pdf:
            yield from _metadata_faults(pdf)
            yield from _font_faults(pdf)
            if len(pdf.pages) != r.rendered.pages:
                yield Reason("Die Seiten der Datei wurden verändert.", key="seitenzahl")
    except pikepdf.PdfError as error:
        yield Reason(f"Die Datei ist kein lesbares PDF: {error}.", key="pdf_unlesbar")


def _metadata_faults(pdf: pikepdf.Pdf) -> Iterator[Reason]:
    meta = pdf.open_metadata()
    claims = {
        "PDF/A-3a": meta.get("pdfaid:part") == "3" and meta.get("pdfaid:conformance") == "A",
        "PDF/UA-1": meta.get("pdfuaid:part") == "1",
        "Titel": bool(meta.get("dc:title")),
        "Struktur": "/MarkInfo" in pdf.Root and bool(pdf.Root.MarkInfo.get("/Marked", False)),
        "Sprache": "/Lang" in pdf.Root,
    }
    missing = [name for name, there in claims.items() if not there]
    if missing:
        yield Reason(
            f"Der Datei fehlen Angaben für Archiv und Barrierefreiheit: {', '.join(missing)}.",
            "ISO 19005-3, ISO 14289-1",
            "pdf_angaben",
        )


def _font_faults(pdf: pikepdf.Pdf) -> Iterator[Reason]:
    names = set()
    for page in pdf.pages:
        for font in page.resources.get("/Font", {}).values():
            names.add(str(font.get("/BaseFont", "/?")).lstrip("/").split("+")[-1])
    plain = {n: n.replace("-", "").removesuffix("Bold").removesuffix("Regular") for n in names}
    foreign = sorted(n for n, p in plain.items() if p not in PINNED_FONTS)
    if foreign:
        yield Reason(f"Nicht vorgesehene Schrift: {', '.join(foreign)}.", key="schrift")


def no_draft_mark(r: Release) -> Iterator[Reason]:
    """A draft is no act at all (§ 37 Abs. 3 VwVfG)."""
    if r.letter.draft or DRAFT_MARK in r.rendered.text.split():
        yield Reason("Der Brief trägt noch den Entwurfsvermerk.", key="entwurf")


def authority_recognisable(r: Release) -> Iterator[Reason]:
    """The letter shows which authority writes and where its court is."""
    office = r.letter.office
    for part in (office.name, office.street, office.city):
        if not part or _flat(part) not in r.rendered.text:
            yield Reason(
                "Die Behörde ist im Brief nicht erkennbar.",
                "§ 37 Abs. 3 VwVfG NRW",
                "behoerde_nicht_erkennbar",
            )
            return


def remedy_as_granted(r: Release) -> Iterator[Reason]:
    """The instruction on remedies is there exactly when the row says so, word for word."""
    wanted = r.permission.remedy
    notice = remedy_notice(wanted, r.letter.office)
    text = r.rendered.text
    if notice is None:
        if REMEDY_TITLE in text:
            yield Reason(
                "Der Brief enthält eine Rechtsbehelfsbelehrung, die nicht vorgesehen ist.",
                "§ 58 VwGO",
                "belehrung_zu_viel",
            )
        return
    right = text.count(REMEDY_TITLE) == 1 and all(_flat(p) in text for p in notice.paragraphs)
    if not right or Remedy(r.letter.remedy) != wanted:
        yield Reason(
            "Die Rechtsbehelfsbelehrung fehlt oder ist nicht die vorgesehene.",
            notice.norm,
            "belehrung_fehlt",
        )


def signature_as_granted(r: Release) -> Iterator[Reason]:
    """Mark, suffix and name are those of the permission."""
    sign, granted, text = r.letter.signature, r.permission, r.rendered.text
    if sign.mark != granted.mark or sign.suffix != granted.suffix:
        yield Reason(
            "Der Unterschriftsblock entspricht nicht der Zeichnungsregel "
            f"{granted.rule_id} (verlangt: {granted.mark}, „{granted.suffix}“).",
            "§ 37 Abs. 3 VwVfG NRW",
            "unterschriftsblock",
        )
    if granted.mark == Mark.FORM:
        yield Reason(
            "Ein amtlicher Vordruck wird nicht als eigenes PDF erstellt.",
            "§ 58 AufenthV",
            "vordruck_als_pdf",
        )
    elif (AUTOMATIC_NOTE in text) != granted.automatic:
        yield Reason(
            "Der Hinweis auf die automatische Erstellung passt nicht zur Zeichnungsregel.",
            "§ 37 Abs. 5 VwVfG NRW",
            "automatik_hinweis",
        )
    elif not granted.automatic and _closing(r.letter, sign.suffix, sign.signer_name) not in text:
        yield Reason(
            "Name oder Zusatz der zeichnenden Person fehlt im Brief.",
            "§ 37 Abs. 3 VwVfG NRW",
            "name_fehlt",
        )


def iban_valid(r: Release) -> Iterator[Reason]:
    """The bank account printed in the letter is a valid IBAN (ISO 13616, modulo 97)."""
    if not is_iban(r.letter.office.iban):
        yield Reason("Die IBAN der Behörde ist ungültig.", "ISO 13616", "iban")


def is_iban(text: str) -> bool:
    """Return whether ``text`` is an IBAN whose check digits agree."""
    plain = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain):
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _closing(letter: LetterInput, suffix: str, name: str) -> str:
    if not name:
        return "\0"
    greeting = "Mit freundlichen Grüßen" if letter_kind(letter.letter_key).greets else ""
    return _flat(f"{greeting} {suffix} {name}")


def _flat(text: str) -> str:
    return " ".join(text.split())


GATES: tuple[Callable[[Release], Iterator[Reason]], ...] = (
    no_warning,
    text_on_the_page,
    every_glyph,
    no_control_characters,
    no_pictures,
    codes_decode_to_the_data,
    address_fits,
    page_count,
    archive_metadata,
    no_draft_mark,
    authority_recognisable,
    remedy_as_granted,
    signature_as_granted,
    iban_valid,
)
