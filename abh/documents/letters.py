"""Registry of the letters: key, title, template, legal form, schema and a sample of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from abh.documents import letter_fields as f
from abh.documents.letter_kind import LetterKind, Variant
from abh.kernel.errors import (
    ConfigurationError,
    FieldProblem,
    InvalidInput,
    NotFound,
    Reason,
    RenderRefused,
)

__all__ = ["LETTERS", "LetterKind", "Variant", "drafted_kind", "gives_reasons", "letter_kind",
    "load_fields"]  # fmt: skip

# Letters that have no words of their own share one template and its schema.
_GENERAL = "plain.html.j2"
_PLAIN = (Variant(),)
_AUTO = (Variant(automatic=True),)
_ACT = Variant(act=True, needs_remedy=True)
_ACT_77 = Variant(act=True, form_77=True, needs_remedy=True)


def _grant(outcome: str, title: str) -> Variant:
    # A granted application burdens nobody, so it carries no instruction on remedies.
    return Variant(outcome, title, act=True)


def _grant_in_words(outcome: str, title: str) -> Variant:
    """Return a grant that comes without a card, so that the general template says it."""
    return Variant(outcome, title, act=True, template=_GENERAL, schema=f.Schlicht)


def _news(outcome: str, title: str) -> Variant:
    """Return what the machine writes to people without e-mail; it decides nothing."""
    return Variant(outcome, title, automatic=True, template=_GENERAL, schema=f.Schlicht)


def _burden(outcome: str, title: str) -> Variant:
    return Variant(outcome, title, act=True, needs_remedy=True)


def _burden_77(outcome: str, title: str) -> Variant:
    return Variant(outcome, title, act=True, form_77=True, needs_remedy=True)


def _general(key: str, title: str, variants: tuple[Variant, ...] = _PLAIN) -> LetterKind:
    return LetterKind(key, title, variants, _GENERAL, f.Schlicht)


def _own(
    key: str, title: str, schema: type[f.Schlicht], variants: tuple[Variant, ...] = _PLAIN
) -> LetterKind:
    """Return a letter with words of its own that also takes the fields of the general one."""
    return LetterKind(key, title, variants, f"{key.lower()}.html.j2", schema)


_ALL = (
    LetterKind(
        "N01",
        "Eingangsbestätigung",
        # N01b: what came later, or without an application.
        (Variant(automatic=True), _news("post", "Ihre Post ist bei uns angekommen")),
        "n01.html.j2",
        f.Eingang,
    ),
    LetterKind("N02", "Nachforderung von Unterlagen", _PLAIN, "n02.html.j2", f.Nachforderung),
    LetterKind(
        "N03",
        "Zwischennachricht",
        # What the machine says of receipt, reminder and state decides nothing (§ 35a VwVfG).
        (
            Variant(),
            Variant("automatisch", automatic=True),
            _news("zugangscode", "Code für Ihre Statusseite"),
        ),
        "n03.html.j2",
        f.Zwischennachricht,
    ),
    LetterKind("N04", "Abgabenachricht", _PLAIN, "n04.html.j2", f.Abgabe),
    LetterKind("N05", "Fiktionsbescheinigung", _PLAIN, form=True),
    LetterKind(
        "N06",
        "Terminangebot",
        (
            Variant("termin", "Einladung zu einem Termin", automatic=True),
            Variant(
                "erscheinen",
                "Anordnung des persönlichen Erscheinens",
                act=True,
                needs_remedy=True,
            ),
            _news("erinnerung", "Ihr Termin"),
            _news("code", "Code für Ihren Termin"),
            _news("veranstaltung", "Einladung"),
        ),
        "n06.html.j2",
        f.Termin,
    ),
    LetterKind("N07", "Anhörung", _PLAIN, "n07.html.j2", f.Anhoerung),
    LetterKind(
        "N08",
        "Bewilligung",
        (
            _grant("blaue_karte", "Bewilligung der Blauen Karte EU"),
            _grant("blaue_karte_mit_ausnahme", "Bewilligung der Blauen Karte EU"),
            _grant("aufenthaltserlaubnis", "Bewilligung der Aufenthaltserlaubnis"),
            _grant("ict_karte", "Bewilligung der ICT-Karte"),
            _grant("chancenkarte", "Bewilligung der Chancenkarte"),
            _grant("mobiler_ict_karte", "Bewilligung der Mobiler-ICT-Karte"),
            _grant("niederlassungserlaubnis", "Bewilligung der Niederlassungserlaubnis"),
            _grant("daueraufenthalt_eu", "Bewilligung der Erlaubnis zum Daueraufenthalt – EU"),
            _grant("aufenthaltskarte", "Ihre Aufenthaltskarte"),
            _grant("daueraufenthaltskarte", "Ihre Daueraufenthaltskarte"),
            _grant_in_words("reiseausweis", "Bewilligung des Reiseausweises"),
            _grant_in_words("beschaeftigung", "Erlaubnis zur Beschäftigung"),
            _grant_in_words("betretenserlaubnis", "Betretenserlaubnis"),
            _grant_in_words("einreiseverbot", "Änderung des Einreise- und Aufenthaltsverbots"),
            _grant_in_words("sonstige", "Bewilligung"),
            # Naturalisation takes effect with the certificate (§ 16 StAG); this only tells of it.
            Variant(
                "einbuergerung",
                "Ihre Einbürgerung",
                template=_GENERAL,
                schema=f.Schlicht,
            ),
            _burden_77("mit_nebenbestimmung", "Bewilligung mit Nebenbestimmung"),
        ),
        "n08.html.j2",
        f.Bewilligung,
    ),
    LetterKind("N09", "Ihre Karte ist da", _AUTO, "n09.html.j2", f.Karte),
    LetterKind("N10", "Zusatzblatt", (Variant(act=True),), form=True),
    LetterKind(
        "N11",
        "Gebühr",
        (
            Variant("quittung", "Gebührenquittung", automatic=True),
            Variant("gebuehrenbescheid", "Gebührenbescheid", act=True, needs_remedy=True),
        ),
        "n11.html.j2",
        f.Gebuehr,
    ),
    LetterKind("N12", "Bescheid", (_ACT_77,), "n12.html.j2", f.Ablehnung),
    _own(
        "N13",
        "Ordnungsverfügung",
        f.Ordnungsverfuegung,
        (
            _burden_77("ordnungsverfuegung", "Ordnungsverfügung"),
            _burden_77("abschiebungsandrohung", "Abschiebungsandrohung"),
            _burden_77("einreiseverbot", "Einreise- und Aufenthaltsverbot"),
            # § 6 Abs. 8 FreizügG/EU wants the hearing before it and the written form, too.
            _burden_77("verlustfeststellung", "Feststellung des Verlusts des Freizügigkeitsrechts"),
        ),
    ),
    LetterKind(
        "N14",
        "Ende des Verfahrens",
        (
            Variant("ruecknahme", "Bestätigung der Rücknahme Ihres Antrags"),
            Variant("einstellung", "Einstellung des Verfahrens"),
        ),
        "n14.html.j2",
        f.Ende,
    ),
    LetterKind("N15", "Hinweise zu Ihrem Aufenthaltstitel", _AUTO, "n15.html.j2", f.Hinweis),
    LetterKind(
        "N16",
        "Beteiligungsersuchen",
        (
            Variant(),
            Variant(
                "andere_stelle", "Bitte um Stellungnahme", template=_GENERAL, schema=f.Schlicht
            ),
        ),
        "n16.html.j2",
        f.Beteiligung,
    ),
    _own("N17", "Vereinbarung im beschleunigten Fachkräfteverfahren", f.Vereinbarung),
    _own("N18", "Vorabzustimmung", f.Vorabzustimmung),
    LetterKind("N19", "Verpflichtungserklärung", _PLAIN, form=True),
    LetterKind("N20", "Duldung", (Variant(act=True, form_77=True),), form=True),
    LetterKind("N21", "Grenzübertrittsbescheinigung", _PLAIN, form=True),
    LetterKind("N22", "Bescheinigung über die Aufenthaltsgestattung", _PLAIN, form=True),
    _general("N23", "Einbürgerungszusicherung", (Variant(act=True),)),
    LetterKind("N24", "Einbürgerungsurkunde", (Variant(act=True),), form=True),
    LetterKind("N25", "Bescheinigung nach § 84 Abs. 2 AufenthG", _PLAIN, form=True),
    _general(
        "N26",
        "Ausländerakte",
        (
            Variant("anforderung", "Anforderung der Ausländerakte"),
            Variant("versand", "Versand der Ausländerakte"),
        ),
    ),
    LetterKind("N27", "Bescheinigung nach dem FreizügG/EU", _PLAIN, form=True),
    _own(
        "N28",
        "Wohnsitz",
        f.Wohnsitz,
        (
            _burden("auflage", "Verpflichtung zum Wohnsitz"),
            Variant("aufhebung", "Aufhebung der Wohnsitzverpflichtung", act=True),
            Variant("bescheinigung", "Bescheinigung zum Wohnsitz"),
        ),
    ),
    _own(
        "N29",
        "Integrationskurs",
        f.Kurs,
        (
            Variant("berechtigung", "Berechtigung zum Integrationskurs"),
            _burden("verpflichtung", "Verpflichtung zum Integrationskurs"),
        ),
    ),
    _own(
        "N30",
        "Anerkennung der Vaterschaft",
        f.Vaterschaft,
        (
            Variant("zustimmung", "Zustimmung zur Anerkennung der Vaterschaft", act=True),
            Variant(
                "negativfeststellung",
                "Feststellung: Die Anerkennung der Vaterschaft braucht keine Zustimmung",
                act=True,
            ),
            # Silence consents by law (§ 85c Abs. 3 AufenthG); the letter only certifies it.
            Variant("fiktion", "Bestätigung: Die Zustimmung gilt als erteilt"),
        ),
    ),
    _general("ausweisung", "Ausweisung", (_ACT_77,)),
    _general("ruecknahme_widerruf", "Rücknahme oder Widerruf", (_ACT_77,)),
    _general("nachtraegliche_beschraenkung", "Nachträgliche Beschränkung", (_ACT_77,)),
    LetterKind("vorlaeufiger_reiseausweis", "Reiseausweis", (Variant(act=True),), form=True),
    _general("leistungsbescheid", "Leistungsbescheid", (_ACT,)),
    _general("zwangsgeld", "Festsetzung eines Zwangsgeldes", (_ACT,)),
    _general("bussgeldbescheid", "Bußgeldbescheid", (Variant(needs_remedy=True),)),
    LetterKind(
        "beglaubigte_abschrift",
        "Beglaubigungsvermerk",
        _PLAIN,
        "beglaubigung.html.j2",
        f.Beglaubigung,
        greets=False,
    ),
    _general("schriftsatz", "Schriftsatz"),
    _general("mahnung", "Mahnung", _AUTO),
    # § 77 Abs. 3 AufenthG: of no force of its own; the German notice stays what it is.
    LetterKind("uebersetzung", "Übersetzung", _PLAIN, "uebersetzung.html.j2", f.Uebersetzung),
)

LETTERS: Mapping[str, LetterKind] = {kind.key: kind for kind in _ALL}
if len(LETTERS) != len(_ALL):
    raise ConfigurationError("Ein Briefschlüssel ist doppelt vergeben.")


def letter_kind(key: str) -> LetterKind:
    """Return the letter registered under ``key``; raises ``NotFound``."""
    try:
        return LETTERS[key]
    except KeyError:
        raise NotFound(f"Den Brief „{key}“ gibt es nicht.") from None


def drafted_kind(key: str) -> LetterKind:
    """Return a letter that the product drafts itself.

    Raises ``RenderRefused`` for prescribed forms (§ 58 AufenthV) and letters without template.
    """
    kind = letter_kind(key)
    if kind.form:
        reason = Reason(
            f"{kind.title} ist ein amtlicher Vordruck und wird nicht als eigenes PDF erstellt. "
            "Bitte Serien- und Siegelnummer erfassen und auf den Vordruck drucken.",
            "§ 58 AufenthV",
            "vordruck_als_pdf",
        )
    elif not kind.template:
        reason = Reason(f"Für {kind.title} gibt es keine Vorlage.", key="vorlage_fehlt")
    else:
        return kind
    raise RenderRefused(reason.text, reasons=[reason])


def load_fields(key: str, raw: Mapping[str, Any], outcome: str = "") -> dict[str, Any]:
    """Return ``raw`` (JSON values) as the letter's typed fields.

    Raises ``InvalidInput`` naming every missing, unknown or wrong field, ``NotFound`` for an
    outcome that the letter does not have.
    """
    schema = drafted_kind(key).schema_of(outcome)
    if schema is None:
        raise ConfigurationError(f"{key}: Vorlage ohne Schema.")
    try:
        loaded: dict[str, Any] = schema().load(raw)
    except ValidationError as error:
        raise InvalidInput(_problems(error.messages), key) from error
    return loaded


def gives_reasons(raw: Mapping[str, Any]) -> bool:
    """Return whether the fields of a letter hold reasons, as § 77 Abs. 1 AufenthG asks for."""
    return any(raw.get(name) for name in f.REASON_FIELDS)


def _problems(messages: Any, path: str = "") -> list[FieldProblem]:
    if isinstance(messages, dict):
        return [
            problem
            for name, value in messages.items()
            for problem in _problems(value, f"{path}.{name}" if path else str(name))
        ]
    return [FieldProblem(path, str(message)) for message in messages]
