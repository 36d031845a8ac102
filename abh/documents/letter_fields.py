"""What each letter needs to know, as schemas: a missing or wrong field is named, never guessed."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, validate, validates_schema

from abh.documents.uebersetzung_worte import phrasebook

# Fields in which a letter gives the reasons that § 77 Abs. 1 AufenthG and § 39 VwVfG NRW ask for.
REASON_FIELDS = ("sections", "reasons", "provision_reasons")
_MAX = 6000
# Overrides of the writing direction make a text read as something else than what it says;
# control characters have no place in a letter (line ends are what a clerk types).
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
_LINK = validate.Regexp(r"https?://[^\s<>\"']+$", error="Kein Link auf eine Webseite.")


def _plain_text(value: str) -> None:
    found = FORBIDDEN.search(value)
    if found:
        raise ValidationError(f"Steuerzeichen U+{ord(found.group()):04X} ist nicht erlaubt.")


def _has_checked_words(lang: str) -> None:
    if lang not in phrasebook().languages:
        raise ValidationError(f"Für „{lang}“ gibt es keine geprüften Sätze.")


_TEXT = (validate.Length(min=1, max=_MAX), _plain_text)


def _text(label: str) -> fields.String:
    return fields.String(required=True, validate=_TEXT, metadata={"label": label})


def _optional(label: str) -> fields.String:
    return fields.String(
        load_default="",
        validate=(validate.Length(max=_MAX), _plain_text),
        metadata={"label": label},
    )


def _link(label: str) -> fields.String:
    return fields.String(
        load_default="", validate=lambda v: _LINK(v) if v else v, metadata={"label": label}
    )


def _day(label: str) -> fields.Date:
    return fields.Date(required=True, metadata={"label": label})


def _maybe_day(label: str) -> fields.Date:
    return fields.Date(load_default=None, metadata={"label": label})


def _list(inner: fields.Field[Any] | type[Schema], label: str, least: int = 1) -> fields.List[Any]:
    item = inner if isinstance(inner, fields.Field) else fields.Nested(inner)
    default: Any = missing if least else list
    return fields.List(
        item,
        required=least > 0,
        load_default=default,
        validate=validate.Length(min=least, max=60),
        metadata={"label": label},
    )


def _texts(label: str, least: int = 1) -> fields.List[Any]:
    return _list(fields.String(validate=_TEXT), label, least)


def _amount(label: str) -> fields.Decimal:
    return fields.Decimal(
        required=True, places=2, validate=validate.Range(min=0), metadata={"label": label}
    )


class Item(Schema):
    """One missing item of a Nachforderung."""

    name = _text("Unterlage")
    why = _optional("Wozu")
    norm = _optional("Norm")


class Section(Schema):
    """A heading with paragraphs."""

    heading = _optional("Überschrift")
    paragraphs = _texts("Absätze")


class FeeItem(Schema):
    """One line of a receipt or fee notice; ``amount`` in EUR."""

    name = _text("Amtshandlung")
    norm = _text("Norm")
    amount = _amount("Betrag")


class Eingang(Schema):
    """N01."""

    application = _text("Antrag")
    received_on = _day("Eingangstag")
    received_how = _text("Eingangsweg")
    fiction_words = _texts("Wirkung des Antrags")
    duration_words = _text("Voraussichtliche Dauer")
    status_url = _link("Link zum Stand")
    documents = _texts("Eingegangene Unterlagen", 0)


class Nachforderung(Schema):
    """N02."""

    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    items = _list(Item, "Fehlende Unterlagen")
    deadline = _day("Frist")
    upload_url = _link("Link zum Hochladen")


class Zwischennachricht(Schema):
    """N03."""

    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    status_words = _text("Stand")
    next_words = _text("Nächster Schritt")
    duration_words = _optional("Voraussichtliche Dauer")
    status_url = _link("Link zum Stand")


class Abgabe(Schema):
    """N04."""

    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    authority_lines = _texts("Zuständige Behörde")
    reason = _text("Grund der Abgabe")


class Termin(Schema):
    """N06: an offer by link (``link``) or an order for a day (``appears_at``)."""

    purpose = _text("Anlass")
    place_lines = _texts("Ort")
    bring = _texts("Mitzubringen")
    minutes = fields.Integer(
        required=True, validate=validate.Range(min=5, max=480), metadata={"label": "Dauer"}
    )
    visit = _texts("Was der Besuch umfasst", 0)
    link = _link("Link zur Buchung")
    link_until = fields.Date(load_default=None, metadata={"label": "Link gültig bis"})
    appears_on = fields.Date(load_default=None, metadata={"label": "Tag"})
    appears_at = _optional("Uhrzeit")
    reasons = _texts("Gründe der Anordnung", 0)


class Anhoerung(Schema):
    """N07."""

    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    intended = _text("Beabsichtigte Entscheidung")
    sections = _list(Section, "Gründe")
    norms = _text("Rechtsgrundlagen")
    deadline = _day("Frist")


class Bewilligung(Schema):
    """N08; without ``valid_until`` the title has no end."""

    title_words = _text("Titel")
    title_norm = _text("Norm des Titels")
    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    valid_until = _maybe_day("Gültig bis")
    employment_words = _optional("Beschäftigung")
    interim_words = _texts("Bis zur Übergabe der Karte", 0)
    card_words = _texts("Karte", 0)
    provisions = _texts("Nebenbestimmungen", 0)
    provision_reasons = _texts("Begründung der Nebenbestimmungen", 0)


class Karte(Schema):
    """N09."""

    title_words = _text("Titel")
    how = _texts("Abholung oder Versand")
    bring = _texts("Mitzubringen", 0)
    link = _link("Link zur Buchung")


class Gebuehr(Schema):
    """N11: a receipt (``paid_on``) or a notice (``due_on``)."""

    items = _list(FeeItem, "Positionen")
    total = _amount("Summe")
    paid_on = fields.Date(load_default=None, metadata={"label": "Bezahlt am"})
    method = _optional("Zahlungsart")
    receipt_no = _optional("Belegnummer")
    due_on = fields.Date(load_default=None, metadata={"label": "Fällig am"})
    payment_reference = _optional("Kassenzeichen")


class Ablehnung(Schema):
    """N12."""

    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    tenor = _texts("Entscheidung")
    facts = _texts("Sachverhalt")
    sections = _list(Section, "Rechtliche Gründe")
    norms = _text("Rechtsgrundlagen")
    hearing_words = _text("Anhörung")
    hints = _texts("Hinweise", 0)


class Ende(Schema):
    """N14."""

    application = _text("Antrag")
    received_on = _maybe_day("Eingangstag")
    ended_on = _day("Ende des Verfahrens")
    cause = _optional("Grund der Einstellung")
    fee_words = _optional("Gebühr")
    effects = _texts("Folgen", 0)


class Hinweis(Schema):
    """N15."""

    title_words = _text("Titel")
    duties = _list(Section, "Pflichten")


class Beteiligung(Schema):
    """N16."""

    person = _text("Person")
    born = _text("Geburtsdatum")
    nationality = _text("Staatsangehörigkeit")
    purpose = _text("Anlass")
    employer = _text("Arbeitgeber")
    job = _text("Tätigkeit")
    place = _text("Arbeitsort")
    begins_on = _text("Beginn und Dauer")
    hours = _text("Arbeitszeit")
    salary = _text("Gehalt")
    qualification = _text("Qualifikation")
    norms = _text("Rechtsgrundlagen")
    deadline_words = _text("Frist")
    enclosures = _texts("Anlagen", 0)


class Schlicht(Schema):
    """The general letter: whatever has no words of its own (``plain.html.j2``).

    ``application`` says what the letter is about; with ``received_on`` it reads "Ihr Antrag vom".
    ``tenor`` are the numbered sentences of a decision, ``sections`` its reasons.
    """

    application = _text("Antrag oder Anlass")
    received_on = _maybe_day("Eingangstag")
    subject = _optional("Betreff")
    opening = _texts("Einleitung")
    tenor = _texts("Entscheidung", 0)
    sections = _list(Section, "Gründe und Abschnitte", 0)
    norms = _optional("Rechtsgrundlagen")
    deadline = _maybe_day("Frist")
    deadline_words = _optional("Was bis zur Frist geschehen soll")
    total = fields.Decimal(
        load_default=None,
        places=2,
        validate=validate.Range(min=0),
        metadata={"label": "Zu zahlender Betrag"},
    )
    payment_reference = _optional("Kassenzeichen")
    hints = _texts("Hinweise", 0)
    enclosures = _texts("Anlagen", 0)


class Satz(Schema):
    """A German sentence and its translation."""

    german = _text("Deutscher Satz")
    translated = _text("Übersetzung")


class Uebersetzung(Schema):
    """The translation of a notice (§ 77 Abs. 3 AufenthG); ``day`` is the day of the notice."""

    lang = fields.String(required=True, validate=_has_checked_words, metadata={"label": "Sprache"})
    title_words = _text("Schreiben")
    day = _day("Tag des Schreibens")
    decision = _list(Satz, "Entscheidung", 0)
    remedy = _list(Satz, "Rechtsbehelf", 0)


class Angabe(Schema):
    """One line of a table of facts."""

    label = _text("Angabe")
    value = _text("Inhalt")


class Ordnungsverfuegung(Schlicht):
    """N13: decision, facts, reasons, hearing, departure; ``immediate`` are the written reasons for
    immediate enforcement (§ 80 Abs. 3 VwGO)."""

    opening = _texts("Einleitung", 0)
    facts = _texts("Sachverhalt", 0)
    hearing_words = _optional("Anhörung")
    immediate = _texts("Begründung der sofortigen Vollziehung", 0)
    departure = _texts("Ihre Ausreise", 0)


class Vereinbarung(Schlicht):
    """N17: the contract of § 81a Abs. 2 AufenthG with the employer."""

    opening = _texts("Einleitung", 0)
    worker = _optional("Fachkraft")
    employer_lines = _texts("Arbeitgeber", 0)
    documents = _texts("Vorzulegende Nachweise", 0)
    process = _list(Angabe, "Ablauf mit Fristen", 0)
    consequences = _texts("Folgen, wenn Pflichten nicht eingehalten werden", 0)


class Vorabzustimmung(Schlicht):
    """N18: for the mission abroad; ``facts`` is the table of person, job and title."""

    opening = _texts("Einleitung", 0)
    facts = _list(Angabe, "Angaben", 0)
    valid_until = _maybe_day("Gültig bis")
    provisions = _texts("Nebenbestimmungen für das Visum", 0)


class Wohnsitz(Schlicht):
    """N28: ordered, lifted or certified; ``place`` and ``until`` say where and how long."""

    opening = _texts("Einleitung", 0)
    place = _optional("Ort")
    until = _maybe_day("Bis")


class Kurs(Schlicht):
    """N29: right or duty to take part; ``until`` is the last day to register."""

    opening = _texts("Einleitung", 0)
    until = _maybe_day("Anmeldung bis")
    hours_words = _optional("Umfang")
    cost_words = _optional("Kosten")


class Vaterschaft(Schlicht):
    """N30: for parents and registry office."""

    opening = _texts("Einleitung", 0)
    facts = _list(Angabe, "Kind und Eltern", 0)
    since = _maybe_day("Antrag vollständig seit")
    effective_on = _maybe_day("Zustimmung gilt seit")


class Beglaubigung(Schema):
    """The note of § 33(3) VwVfG NRW under a copy from the file.

    ``only_for`` is the authority for which alone the copy is made; it is asked for where the
    original is not by an authority (§ 33(1) S. 2, (3) Nr. 3). ``signatures`` are the findings of
    the check of a signed electronic document (§ 33(5) Nr. 1).
    """

    document = _text("Genaue Bezeichnung des Schriftstücks")
    file_number = _text("Aktenzeichen der Akte")
    sheet_no = fields.Integer(
        required=True, validate=validate.Range(min=1), metadata={"label": "Blatt"}
    )
    pages = fields.Integer(
        required=True, validate=validate.Range(min=1), metadata={"label": "Seiten"}
    )
    sha256 = fields.String(
        required=True, validate=validate.Regexp(r"[0-9a-f]{64}$"), metadata={"label": "Prüfsumme"}
    )
    blatt_id = fields.Integer(required=True, metadata={"label": "Blatt der Akte"})
    from_authority = fields.Boolean(required=True, metadata={"label": "Urschrift einer Behörde"})
    paper_seen = fields.Boolean(required=True, metadata={"label": "Urschrift lag vor"})
    only_for = _optional("Nur zur Vorlage bei")
    place = _text("Ort")
    seal_no = _text("Nummer des Dienstsiegels")
    signatures = _texts("Prüfung elektronischer Signaturen", 0)

    @validates_schema
    def _purpose(self, data: dict[str, Any], **_: Any) -> None:
        if not data["from_authority"] and not data["only_for"].strip():
            text = "Bitte die Behörde nennen, bei der die Kopie vorgelegt wird (§ 33 Abs. 3 Nr. 3)."
            raise ValidationError(text, "only_for")
