"""The living page of all parts, ``/_teile``: never registered in production."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, g, make_response, render_template, request
from flask_babel import get_locale

from abh.kernel.errors import Conflict, FieldProblem, Reason, StepNotAllowed
from abh.web.forms import Form
from abh.web.parts import (
    CheckRow,
    Chrome,
    ClockChip,
    Column,
    Fact,
    FeeRow,
    Link,
    NavItem,
    Pages,
    Slot,
    SlotDay,
    Tab,
    TextConflict,
    TimelineEntry,
)
from abh.web.security import allow_preview, public

blueprint = Blueprint("dev", __name__, url_prefix="/_teile")

# A morning in November; the page shows fixed examples, so that pictures of it can be compared.
NOW = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)

PUBLIC_TEXTS = {
    "de": {
        "title": "Termin buchen",
        "lead": "Für die Fingerabdrücke und das Foto müssen Sie einmal zu uns kommen.",
        "steps": ["Anlass", "Termin", "Angaben", "Prüfen"],
        "legend": "Wann passt es Ihnen?",
        "name": "Familienname, wie im Pass",
        "given": "Vornamen",
        "born": "Geburtsdatum",
        "files": "Arbeitsvertrag",
        "go": "Weiter",
        "safe": "Sie dürfen weiter arbeiten, wenn Ihr Antrag vor dem Ablauf bei uns war.",
        "error": "Das Geburtsdatum braucht ein Jahr mit vier Ziffern.",
        "ways": ["Post", "E-Mail"],
        "way": "Wie sollen wir antworten?",
    },
    "en": {
        "title": "Book an appointment",
        "lead": "You need to come once, for your fingerprints and photo.",
        "steps": ["Reason", "Appointment", "Details", "Check"],
        "legend": "When does it suit you?",
        "name": "Family name as in your passport",
        "given": "Given names",
        "born": "Date of birth",
        "files": "Employment contract",
        "go": "Continue",
        "safe": "You may keep working if we had your application before your title ran out.",
        "error": "The date of birth needs a year with four digits.",
        "ways": ["Letter", "E-mail"],
        "way": "How shall we answer?",
    },
    "ar": {
        "title": "حجز موعد",
        "lead": "يجب أن تحضر مرة واحدة لأخذ بصمات الأصابع والصورة.",
        "steps": ["السبب", "الموعد", "البيانات", "المراجعة"],
        "legend": "متى يناسبك الموعد؟",
        "name": "اسم العائلة كما في جواز السفر",
        "given": "الأسماء الأولى",
        "born": "تاريخ الميلاد",
        "files": "عقد العمل",
        "go": "متابعة",
        "safe": "يمكنك مواصلة العمل إذا وصل طلبك إلينا قبل انتهاء تصريحك.",
        "error": "يجب أن يتكون عام الميلاد من أربعة أرقام.",
        "ways": ["البريد", "البريد الإلكتروني"],
        "way": "كيف نرد عليك؟",
    },
}


def _chrome() -> Chrome:
    areas = (("Schalter", "s", True), ("Vorgänge", "v", False), ("Leitung", "l", False))
    return Chrome(
        office="Stadt Düsseldorf · Ausländerbehörde",
        unit="Sachgebiet 1 · Erwerb und Studium",
        user="M. Özdemir",
        desk="Platz 4",
        nav=[NavItem(label, "#", here, key) for label, key, here in areas],
        search_url="#",
        logout_url="#",
    )


def _work() -> list[dict[str, object]]:
    def clock(days: int, label: str) -> ClockChip:
        return ClockChip(label, (NOW + timedelta(days=days)).date(), days, "")

    return [
        {
            "url": "#1",
            "title": "Nguyễn, Thị Ánh Tuyết",
            "number": "ABH-2026-0041201",
            "reason": "Titel endet am Mittwoch; ohne Bescheid trägt nur die Fortgeltung.",
            "norm": "§ 81 Abs. 4 AufenthG",
            "clock": clock(2, "Titel"),
            "status": "Unterlagen vollständig",
            "tone": "success",
        },
        {
            "url": "#2",
            "title": "ʿAbd ar-Raḥmān",
            "number": "ABH-2026-0041202",
            "reason": "Die Zustimmung der Bundesagentur gilt heute als erteilt.",
            "norm": "§ 36 Abs. 2 BeschV",
            "clock": clock(0, "Zustimmung BA"),
            "status": "Beteiligung läuft",
            "tone": "info",
        },
        {
            "url": "#3",
            "title": "Müller-Łukasiewicz, Zoë",
            "number": "ABH-2026-0041203",
            "reason": "Nachgeforderter Abschluss ist nicht gekommen.",
            "clock": clock(-3, "Nachforderung"),
            "status": "wartet",
            "tone": "warning",
        },
        {
            "url": "#4",
            "title": "<script>alert(1)</script>",
            "number": "ABH-2026-0041205",
            "reason": "Eingang vor 12 Tagen, noch ungelesen.",
            "status": "neu",
        },
    ]


def _checklist() -> list[CheckRow]:
    return [
        CheckRow("pass", "Gültiger Pass", "met", "§ 3 AufenthG", "Bis 14.02.2031.",
                 [Link("Blatt 3, Passkopie", "#")]),
        CheckRow("gehalt", "Gehalt über der Schwelle", "not_met", "§ 18g Abs. 1 S. 1 AufenthG",
                 "Vereinbart sind 47.600 €; Satz 2 verlangt zusätzlich einen Abschluss, der keine"
                 " drei Jahre alt ist.", [Link("Blatt 5, Arbeitsvertrag", "#")]),
        CheckRow("abschluss", "Hochschulabschluss", "open", "§ 18g Abs. 1 AufenthG",
                 "Der Nachweis fehlt."),
        CheckRow("sprache", "Wohnungsnachweis", "waived", "",
                 "Verzichtet: liegt aus dem Vorgang von 2024 vor (M. Özdemir)."),
    ]  # fmt: skip


def _timeline() -> list[TimelineEntry]:
    hour = timedelta(hours=1)
    return [
        TimelineEntry(NOW + 26 * hour, "Termin Biometrie", "Platz 4", planned=True),
        TimelineEntry(NOW - 20 * hour, "Nachforderung versandt", "Frist bis 08.12.2026",
                      "M. Özdemir", "§ 82 Abs. 1 AufenthG", Link("N02", "#")),
        TimelineEntry(NOW - 70 * hour, "Antrag eingegangen", "Online, 4 Anlagen"),
    ]  # fmt: skip


def _slots() -> list[SlotDay]:
    days = []
    for offset, count in ((1, 8), (2, 5)):
        start = NOW.replace(hour=7, minute=0) + timedelta(days=offset)
        slots = [
            Slot(f"{offset}-{each}", start + timedelta(minutes=20 * each * offset))
            for each in range(count)
        ]
        days.append(SlotDay(start.date(), slots))
    return days


def _clocks() -> list[ClockChip]:
    return [
        ClockChip("Aufenthaltstitel", date(2026, 11, 25), 2,
                  "Danach gilt er als fortbestehend, weil der Antrag rechtzeitig war.",
                  "§ 81 Abs. 4 AufenthG"),
        ClockChip("Zustimmung der Bundesagentur", date(2026, 12, 4), 11,
                  "Schweigt sie bis dahin, gilt die Zustimmung als erteilt.", "§ 36 Abs. 2 BeschV"),
        ClockChip("Nachforderung", date(2026, 11, 20), -3,
                  "Sie dürfen nach Lage der Akte entscheiden.", "§ 82 Abs. 1 AufenthG"),
        ClockChip("Karte", date(2026, 12, 20), 27, "Angehalten, solange Fingerabdrücke fehlen.",
                  stopped=True),
    ]  # fmt: skip


def _broken_form() -> Form:
    return Form(
        {
            "family": "D’Souza",
            "given": "",
            "born_day": "00",
            "born_month": "00",
            "born_year": "19o",
            "way": "mail",
            "nation": "VNM",
            "salary": "47.600",
            "slot": "1-2",
            "remark": "Kommt mit Dolmetscherin.",
        },
        [
            FieldProblem("born", "Das Geburtsdatum braucht ein Jahr mit vier Ziffern."),
            FieldProblem("files", "vertrag.pdf ist verschlüsselt. Bitte ohne Kennwort hochladen."),
        ],
    )


@blueprint.get("/")
@public
def parts_page() -> str:
    """Show every part in the frame of the staff."""
    g.chrome = _chrome()
    conflict = TextConflict(
        "note", "Vermerk", "Gehalt geprüft, BA beteiligt.",
        "Gehalt geprüft, BA wird heute beteiligt.", "K. Sander", NOW,
    )  # fmt: skip
    return render_template(
        "dev/teile.html",
        work=_work(),
        checks=_checklist(),
        entries=_timeline(),
        days=_slots(),
        clocks=_clocks(),
        form=_broken_form(),
        conflict=conflict,
        tabs=[Tab("Übersicht", "#", True), Tab("Akte", "#", count=14), Tab("Briefe", "#", count=3)],
        pages=Pages(6, 20, lambda number: f"#seite-{number}"),
        columns=[
            Column("Sachgebiet", sort_url="#", sorted="ascending"),
            Column("unter 30 Tage", True, "#"),
            Column("über 90 Tage", True, "#"),
        ],
        facts=[
            Fact("Geburtsdatum", "00.00.1990", "Tag und Monat nicht bekannt"),
            Fact("Staatsangehörigkeiten", "Vietnam, Polen"),
            Fact("Titel", "Blaue Karte EU", "bis 25.11.2026"),
            Fact("Arbeitgeber", "Rheinwerk GmbH"),
            Fact("Telefon"),
        ],
        fees=[
            FeeRow("Blaue Karte EU, Erteilung", 10_000, "§ 45 Nr. 1 AufenthV"),
            FeeRow("Ermäßigung", -5_000, "§ 50 AufenthV", "minderjährig"),
        ],
    )


@blueprint.route("/oeffentlich", methods=["GET", "POST"])
@public
def public_page() -> str:
    """Show applicants' parts in their frame and language."""
    texts = PUBLIC_TEXTS[str(get_locale())]
    form = Form(
        {"family": "Nguyễn ʿAbd ar-Raḥmān", "born_year": "19", "slot": "1-2"},
        [FieldProblem("born", str(texts["error"]))],
    )
    return render_template("dev/oeffentlich.html", t=texts, form=form, days=_slots())


@blueprint.get("/fortschritt")
@public
def progress_part() -> str:
    """Answer the polling of the progress part, finished at the second question."""
    return render_template("dev/fortschritt.html")


@blueprint.get("/fehler/<kind>")
@public
def failing_page(kind: str) -> str:
    """Raise one of the errors, to look at its page."""
    if request.args.get("frame") == "staff":
        g.chrome = _chrome()
    if kind == "schritt":
        reasons = (
            Reason("Pass ist abgelaufen.", "§ 3 AufenthG"),
            Reason("Zustimmung der Bundesagentur fehlt.", "§ 39 AufenthG"),
        )
        raise StepNotAllowed("bewilligen", "in_pruefung", reasons)
    if kind == "konflikt":
        raise Conflict("K. Sander hat den Vorgang um 08:03 Uhr geändert.")
    raise RuntimeError("for the page of unexpected errors")


def example_pdf() -> bytes:
    """Return a PDF of one page that says "Muster"."""
    text = b"BT /F1 28 Tf 72 760 Td (Muster) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + head + table + tail % (len(objects) + 1, len(out))


@blueprint.get("/muster.pdf")
@public
def example_letter() -> Response:
    """Serve the example for the preview part."""
    response = make_response(example_pdf())
    response.mimetype = "application/pdf"
    return allow_preview(response)
