"""Registry of the letters: key, title, template, legal form, schema and a sample of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError

from abh.documents import letter_fields as f
from abh.documents.letter_samples import SAMPLES
from abh.kernel.errors import (
    ConfigurationError,
    FieldProblem,
    InvalidInput,
    NotFound,
    Reason,
    RenderRefused,
)


@dataclass(frozen=True, slots=True)
class Variant:
    """One outcome of a letter and its legal form, as the law has it.

    ``abh zeichnung pruefen`` holds the signature table against these claims.
    """

    outcome: str = ""
    title: str = ""
    act: bool = False
    form_77: bool = False
    automatic: bool = False
    needs_remedy: bool = False


@dataclass(frozen=True, slots=True)
class LetterKind:
    """One kind of letter. ``form`` is a prescribed form (§ 58 AufenthV), never an own PDF;
    ``template`` is empty where the product keeps the letter but does not draft it."""

    key: str
    title: str
    variants: tuple[Variant, ...]
    template: str = ""
    schema: type[Schema] | None = None
    form: bool = False

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return the outcomes that the signature table must cover."""
        return tuple(v.outcome for v in self.variants)

    @property
    def samples(self) -> Mapping[str, Mapping[str, Any]]:
        """Return example fields per outcome, used by preview and tests."""
        return {o: SAMPLES[self.key, o] for o in self.outcomes if (self.key, o) in SAMPLES}

    def variant(self, outcome: str = "") -> Variant:
        """Return the variant for ``outcome``; raises ``NotFound``."""
        for variant in self.variants:
            if variant.outcome == outcome:
                return variant
        raise NotFound(f"{self.key} kennt den Ausgang „{outcome}“ nicht.")

    def title_of(self, outcome: str = "") -> str:
        """Return the heading for ``outcome``."""
        return self.variant(outcome).title or self.title


_PLAIN = (Variant(),)
_AUTO = (Variant(automatic=True),)
_ACT = Variant(act=True, needs_remedy=True)
_ACT_77 = Variant(act=True, form_77=True, needs_remedy=True)


def _grant(outcome: str, title: str) -> Variant:
    # A granted application burdens nobody, so it carries no instruction on remedies.
    return Variant(outcome, title, act=True)


_ALL = (
    LetterKind("N01", "Eingangsbestätigung", _AUTO, "n01.html.j2", f.Eingang),
    LetterKind("N02", "Nachforderung von Unterlagen", _PLAIN, "n02.html.j2", f.Nachforderung),
    LetterKind(
        "N03",
        "Zwischennachricht",
        # What the machine says of receipt, reminder and state decides nothing (§ 35a VwVfG).
        (Variant(), Variant("automatisch", automatic=True)),
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
            _grant("niederlassungserlaubnis", "Bewilligung der Niederlassungserlaubnis"),
            Variant(
                "mit_nebenbestimmung",
                "Bewilligung mit Nebenbestimmung",
                act=True,
                form_77=True,
                needs_remedy=True,
            ),
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
    LetterKind(
        "N13",
        "Ordnungsverfügung",
        tuple(
            Variant(o, t, act=True, form_77=True, needs_remedy=True)
            for o, t in (
                ("ordnungsverfuegung", "Ordnungsverfügung"),
                ("abschiebungsandrohung", "Abschiebungsandrohung"),
                ("einreiseverbot", "Einreise- und Aufenthaltsverbot"),
            )
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
    LetterKind("N16", "Beteiligungsersuchen", _PLAIN, "n16.html.j2", f.Beteiligung),
    LetterKind("N17", "Vereinbarung im beschleunigten Fachkräfteverfahren", _PLAIN),
    LetterKind("N18", "Vorabzustimmung", _PLAIN),
    LetterKind("N19", "Verpflichtungserklärung", _PLAIN, form=True),
    LetterKind("N20", "Duldung", (Variant(act=True, form_77=True),), form=True),
    LetterKind("N21", "Grenzübertrittsbescheinigung", _PLAIN, form=True),
    LetterKind("N22", "Bescheinigung über die Aufenthaltsgestattung", _PLAIN, form=True),
    LetterKind("N25", "Bescheinigung nach § 84 Abs. 2 AufenthG", _PLAIN, form=True),
    LetterKind("N27", "Bescheinigung nach dem FreizügG/EU", _PLAIN, form=True),
    LetterKind("ausweisung", "Ausweisung", (_ACT_77,)),
    LetterKind("ruecknahme_widerruf", "Rücknahme oder Widerruf", (_ACT_77,)),
    LetterKind("nachtraegliche_beschraenkung", "Nachträgliche Beschränkung", (_ACT_77,)),
    LetterKind("vorlaeufiger_reiseausweis", "Reiseausweis", (Variant(act=True),), form=True),
    LetterKind("leistungsbescheid", "Leistungsbescheid", (_ACT,)),
    LetterKind("zwangsgeld", "Festsetzung eines Zwangsgeldes", (_ACT,)),
    LetterKind("bussgeldbescheid", "Bußgeldbescheid", (Variant(needs_remedy=True),)),
    LetterKind("beglaubigte_abschrift", "Beglaubigte Abschrift", _PLAIN),
    LetterKind("schriftsatz", "Schriftsatz", _PLAIN),
    LetterKind("mahnung", "Mahnung", _AUTO),
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


def load_fields(key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``raw`` (JSON values) as the letter's typed fields.

    Raises ``InvalidInput`` naming every missing, unknown or wrong field.
    """
    kind = drafted_kind(key)
    if kind.schema is None:
        raise ConfigurationError(f"{key}: Vorlage ohne Schema.")
    try:
        loaded: dict[str, Any] = kind.schema().load(raw)
    except ValidationError as error:
        raise InvalidInput(_problems(error.messages), key) from error
    return loaded


def _problems(messages: Any, path: str = "") -> list[FieldProblem]:
    if isinstance(messages, dict):
        return [
            problem
            for name, value in messages.items()
            for problem in _problems(value, f"{path}.{name}" if path else str(name))
        ]
    return [FieldProblem(path, str(message)) for message in messages]
