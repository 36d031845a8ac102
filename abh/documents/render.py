"""Makes a letter: template and data in, PDF/A-3a + PDF/UA-1 out.

Equal input gives equal bytes: the only dates in the file are those of the letter itself.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from abh.documents.codes import Payment, giro_image, matrix_image
from abh.documents.fonts import FontSet
from abh.documents.letter_model import LetterInput, Office
from abh.documents.letters import drafted_kind, load_fields
from abh.documents.remedy import RemedyNotice, remedy_notice
from abh.documents.uebersetzung_worte import KEY, MONTHS, direction_of, words_in
from abh.documents.vordruck_platz import Place
from abh.documents.zeichnung_types import Remedy
from abh.kernel.errors import ConfigurationError, Reason, RenderRefused
from abh.kernel.ids import content_hash

if TYPE_CHECKING:
    from abh.documents.layout import CSS, HTML, Fetcher, Fonts

TEMPLATES = Path(__file__).parent / "templates"
DRAFT_MARK = "ENTWURF"
AUTOMATIC_NOTE = "Dieses Schreiben wurde automatisch erstellt und ist ohne Unterschrift gültig"
_NORM_SPACE = re.compile(
    r"(?<=§)[ ](?=\d)|(?<=\bAbsatz)[ ](?=\d)|(?<=\bSatz)[ ](?=\d)|(?<=\bNummer)[ ](?=\d)"
    r"|(?<=\d)[ ](?=(?:AufenthG|AufenthV|BeschV|VwVfG|Euro|Uhr)\b)|(?<=VwVfG)[ ](?=NRW)"
)
# A label: white edge, room for the code beside the address, and how far lines stand apart.
LABEL_EDGE_MM, LABEL_CODE_MM, LABEL_LEADING = 3.0, 12.0, 1.3
_LABEL = re.compile(r"_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)mm$")
# WeasyPrint writes the PDF/A schema or the PDF/UA schema; a letter needs both (ISO 14289-1, 5),
# and PDF/A wants every foreign schema described (ISO 19005-3, 6.6.2.3).
_PDFUA_XMP = b"""<rdf:Description rdf:about="" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA Universal Accessibility Schema\
</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/\
</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part\
</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>\
Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description></rdf:li>\
</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter as it will be filed. ``text`` is what it says, ``warnings`` what the renderer
    complained about, ``beyond`` what ran over the edge of a page; the gates judge all three."""

    pdf: bytes
    sha256: str
    pages: int
    text: str
    warnings: tuple[str, ...]
    subject: str
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A table to print: title, a line below it, headings of the columns, rows of plain texts."""

    title: str
    lead: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class _Collector(logging.Handler):
    """Keeps the renderer's warnings of one thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.lines.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    logger = logging.getLogger("weasyprint")
    collector = _Collector()
    logger.addHandler(collector)
    try:
        yield collector.lines
    finally:
        logger.removeHandler(collector)


def german_day(day: date) -> str:
    """Return e.g. ``5. Oktober 2026``, with a space that does not break."""
    return f"{day.day}.\u00a0{MONTHS[day.month - 1]} {day.year}"


def german_euro(amount: Decimal) -> str:
    """Return e.g. ``1.234,50 €``."""
    text = f"{amount:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    return f"{text}\u00a0€"


def grouped_iban(iban: str) -> str:
    """Return an IBAN in groups of four, as people type it."""
    plain = iban.replace(" ", "")
    return "\u00a0".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def breakable(address: str) -> Markup:
    """Return an e-mail address that may break after @ and dots, and still copies whole."""
    safe = str(Markup.escape(address))
    return Markup(safe.replace("@", "@<wbr>").replace(".", ".<wbr>"))  # nosec B704: escaped above


def bound_norms(source: str) -> str:
    """Return ``source`` with § and numbers kept on one line with what they belong to."""
    return _NORM_SPACE.sub("\u00a0", source)


def _claim_pdf_ua(document: Any, pdf: Any) -> None:
    """Add the PDF/UA schema to the one XMP packet that PDF/A allows."""
    number = int(pdf.catalog["Metadata"].split()[0])
    stream = pdf.objects[number]
    packet = bytes(stream.stream[0])
    end = b"</rdf:RDF>"
    if packet.count(end) != 1:
        raise ConfigurationError("Unerwartete XMP-Metadaten: WeasyPrint hat sich geändert.")
    stream.stream[0] = packet.replace(end, _PDFUA_XMP + end)


def _beyond(document: Any) -> tuple[str, ...]:
    """Return each line of text that runs over the edge of its page: no printer puts that out."""
    found = []
    for number, page in enumerate(document.pages, start=1):
        for box in page._page_box.descendants():
            text = getattr(box, "text", "")
            if not isinstance(text, str) or not text.strip():
                continue
            right, bottom = box.position_x + box.width, box.position_y + box.height
            inside = box.position_x >= 0 and right <= page.width and bottom <= page.height
            if not inside:
                found.append(f"Seite {number}: „{text.strip()[:40]}“")
    return tuple(found)


def payment_in(office: Office, fields: Mapping[str, Any]) -> Payment | None:
    """Return the payment that a letter with these (loaded) fields asks for, None for no payment."""
    total, reference = fields.get("total"), fields.get("payment_reference")
    if not total or not reference:
        return None
    return Payment(office.name, office.iban.replace(" ", ""), office.bic, total, reference)


class Renderer:
    """Long-lived and safe to share between threads; parsed CSS and fonts are reused."""

    def __init__(self, fonts: FontSet, templates: Path = TEMPLATES) -> None:
        self.fonts = fonts
        self._templates = templates
        self._lock = threading.Lock()
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(templates),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters.update(
            datum=german_day, euro=german_euro, iban=grouped_iban, breakable=breakable
        )
        self._env.globals.update(draft_mark=DRAFT_MARK, automatic_note=AUTOMATIC_NOTE)

    @cached_property
    def _styles(self) -> tuple[Fonts, CSS]:
        from abh.documents.layout import Fonts

        config = Fonts()
        own = self._templates / "letter.css"
        text = (own if own.is_file() else TEMPLATES / "letter.css").read_text(encoding="utf-8")
        return config, self._sheet(text, config)

    def _sheet(self, text: str, config: Fonts) -> CSS:
        """Return ``text`` behind the rules of our fonts, parsed."""
        from abh.documents.layout import CSS

        return CSS(
            string=f"{self.fonts.css}\n{text}", font_config=config, url_fetcher=self._fetcher
        )

    @cached_property
    def _fetcher(self) -> Fetcher:
        from abh.documents.layout import Fetcher

        return Fetcher(self.fonts)

    def _page(self, source: str) -> HTML:
        from abh.documents.layout import HTML

        return HTML(string=source, url_fetcher=self._fetcher)

    def html(self, letter: LetterInput) -> str:
        """Return the letter as HTML.

        Raises ``RenderRefused`` naming a missing field, ``InvalidInput`` for wrong ones.
        """
        kind = drafted_kind(letter.letter_key)
        context: dict[str, Any] = {
            "letter": letter,
            "kind": kind,
            "variant": kind.variant(letter.outcome),
            "subject": kind.title_of(letter.outcome),
            "office": letter.office,
            "f": load_fields(letter.letter_key, letter.fields, letter.outcome),
            "remedy": self._remedy(letter),
            "matrix": matrix_image(letter.code) if letter.code else "",
        }
        if letter.letter_key == KEY:
            lang = context["f"]["lang"]
            context |= {
                "german_words": words_in("de"),
                "words": words_in(lang),
                "direction": direction_of(lang),
            }
        payment = payment_in(letter.office, context["f"])
        context["giro"] = giro_image(payment) if payment else ""
        template = self._env.get_template(kind.template_of(letter.outcome))
        try:
            return bound_norms(template.render(context))
        except jinja2.UndefinedError as error:
            reason = Reason(f"Der Vorlage {kind.key} fehlt ein Feld: {error}.", key="feld_fehlt")
            raise RenderRefused(reason.text, reasons=[reason]) from error

    def render(self, letter: LetterInput) -> RenderedLetter:
        """Return the PDF of ``letter``; the gates still have to pass it."""
        source = self.html(letter)
        # One layout at a time: Pango and the shared font configuration are not thread-safe.
        with self._lock, _listening() as warnings:
            config, css = self._styles
            page = self._page(source)
            text = " ".join("".join(page.etree_element.itertext()).split())
            document = page.render(
                stylesheets=[css], font_config=config, pdf_variant="pdf/a-3a", pdf_tags=True
            )
            pdf = document.write_pdf(finisher=_claim_pdf_ua, pdf_variant="pdf/a-3a", pdf_tags=True)
        return RenderedLetter(
            pdf=pdf,
            sha256=content_hash(pdf),
            pages=len(document.pages),
            text=text,
            warnings=tuple(warnings),
            beyond=_beyond(document),
            subject=drafted_kind(letter.letter_key).title_of(letter.outcome),
        )

    def listing(self, listing: Listing) -> bytes:
        """Return a list as a PDF to print and tick off: no letter, nothing of it is filed."""
        template = self._env.get_template("_liste.html.j2")
        with self._lock:
            config, _letter = self._styles
            text = (TEMPLATES / "liste.css").read_text(encoding="utf-8")
            css = self._sheet(text, config)
            page = self._page(template.render(list=listing))
            pdf: bytes = page.write_pdf(
                stylesheets=[css], font_config=config, pdf_variant="pdf/ua-1", pdf_tags=True
            )
        return pdf

    def label(self, lines: Sequence[str], media: str, code: str = "") -> bytes:
        """Return an address label of the size that ``media`` says (``om_label_62x29mm``).

        With ``code`` it carries the DataMatrix by which a deed or a returned letter is recognised.
        A long address is set smaller; raises ``RenderRefused`` where no readable size fits.
        """
        found = _LABEL.search(media)
        width, height = (float(found[1]), float(found[2])) if found else (89.0, 36.0)
        size = self._label_size(lines, width, height, LABEL_CODE_MM if code else 0.0)
        return self._print_only(
            "_etikett.html.j2", lines=lines, width=width, height=height, size=size,
            matrix=matrix_image(code) if code else "",
        )  # fmt: skip

    def _label_size(
        self, lines: Sequence[str], width: float, height: float, beside: float
    ) -> float:
        """Return the largest size in points at which every line stays one line."""
        for half in range(20, 12, -1):
            size = half / 2
            tall = len(lines) * size * LABEL_LEADING * 25.4 / 72
            widest = max((self.fonts.width_mm(line, size) for line in lines), default=0.0)
            if tall <= height - 2 * LABEL_EDGE_MM and widest <= width - beside - 2 * LABEL_EDGE_MM:
                return size
        text = (
            f"Die Anschrift passt nicht auf ein Etikett von {width:.0f} x {height:.0f} mm; "
            "bitte kürzen oder einen Fensterumschlag nehmen."
        )
        raise RenderRefused(text, reasons=[Reason(text, "DIN 5008", "etikett_zu_klein")])

    def form_entries(
        self,
        entries: Sequence[tuple[str, str]],
        *,
        title: str = "",
        places: Mapping[str, Place] = MappingProxyType({}),
    ) -> bytes:
        """Return the entries (label, value) for a prescribed form; the form itself is never drawn
        (§ 58 AufenthV).

        With ``places`` the values alone, each in its place; else a list on plain paper to be copied
        by hand. Raises ``RenderRefused`` for a value that its place cannot hold.
        """
        if not places:
            return self._print_only("_vordruck.html.j2", entries=entries, title=title, placed=())
        placed = [
            (places[label], value, self._entry_size(label, value, places[label]))
            for label, value in entries
            if label in places
        ]
        return self._print_only("_vordruck.html.j2", entries=(), title=title, placed=placed)

    def _entry_size(self, label: str, value: str, place: Place) -> float:
        for half in range(round(place.size * 2), 11, -1):
            if self.fonts.width_mm(value, half / 2) <= place.width:
                return half / 2
        text = f"„{label}“ ist zu lang für seine Stelle auf dem Vordruck ({place.width:.0f} mm)."
        raise RenderRefused(text, reasons=[Reason(text, "§ 58 AufenthV", "eintrag_zu_lang")])

    def _print_only(self, template: str, **context: Any) -> bytes:
        source = self._env.get_template(template).render(context)
        with self._lock:
            config, _css = self._styles
            page = self._page(source)
            pdf: bytes = page.write_pdf(font_config=config)
        return pdf

    def bare(self, source: str) -> Callable[[], bytes]:
        """Return the barest way to make a PDF of ``source``: one layout with the same parsed CSS
        and fonts, no archive format, nothing checked. Benchmarks measure ``render`` against it."""
        config, css = self._styles

        def write() -> bytes:
            page = self._page(source)
            pdf: bytes = page.write_pdf(stylesheets=[css], font_config=config)
            return pdf

        return write

    @staticmethod
    def _remedy(letter: LetterInput) -> RemedyNotice | None:
        return remedy_notice(Remedy(letter.remedy), letter.office)
