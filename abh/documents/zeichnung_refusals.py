"""Each reason for which a signing is refused, one function a reason (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from abh.documents.zeichnung_types import (
    Channel,
    CosignFacts,
    Mark,
    Rank,
    Rule,
    SigningFacts,
    Zeichnungsordnung,
)
from abh.kernel.errors import Reason

EXCLUDED = Reason(
    "Die zeichnende Person ist in dieser Sache ausgeschlossen oder befangen.",
    "§§ 20, 21 VwVfG NRW",
    "ausgeschlossen",
)
CHANGED = Reason(
    "Der Brief wurde nach einer Unterschrift geändert; alle Unterschriften sind hinfällig.",
    key="nach_zeichnung_geaendert",
)
MISSING_REASONS = Reason("Die Begründung fehlt.", "§ 77 Abs. 1 AufenthG", "begruendung_fehlt")


@dataclass(frozen=True, slots=True)
class Question:
    """One signing under one row on one day."""

    ordnung: Zeichnungsordnung
    rule: Rule
    facts: SigningFacts
    stichtag: date


def refusals(question: Question) -> tuple[Reason, ...]:
    """Return every reason against this signing; empty means that it is permitted."""
    return tuple(reason for check in _CHECKS if (reason := check(question)) is not None)


def _signer(q: Question) -> Reason | None:
    if q.rule.automatic or (q.facts.signer_id and q.facts.signer_rank is not None):
        return None
    text = "Es ist niemand für die Schlusszeichnung benannt."
    return Reason(text, "§ 37 Abs. 3 VwVfG NRW", "zeichner_fehlt")


def _training(q: Question) -> Reason | None:
    if q.rule.automatic or not (q.facts.signer_in_training or q.facts.signer_rank == Rank.EINARB):
        return None
    return Reason(
        "Wer eingearbeitet wird, zeichnet nicht allein. Bitte eine zweite Person mit "
        "Zeichnungsbefugnis schlusszeichnen lassen.",
        key="einarbeitung",
    )


def _rank(q: Question) -> Reason | None:
    need = q.rule.signer_from
    if need is None or q.facts.signer_rank is None or q.facts.signer_rank >= need:
        return None
    return Reason(
        f"{q.rule.label} zeichnet mindestens {need.name}; die zeichnende Person ist "
        f"{q.facts.signer_rank.name}.",
        key="rang_zu_niedrig",
    )


def _mandate(q: Question) -> Reason | None:
    if q.rule.automatic:
        return None
    if q.facts.mandate is None:
        return Reason("Es liegt keine Zeichnungsbefugnis vor.", key="befugnis_fehlt")
    if not q.facts.mandate.valid_on(q.stichtag):
        return Reason(
            f"Die Zeichnungsbefugnis gilt nicht am {q.stichtag:%d.%m.%Y}.",
            key="befugnis_abgelaufen",
        )
    return None


def _limit(q: Question) -> Reason | None:
    limit = q.facts.mandate.max_amount if q.facts.mandate else None
    if q.rule.automatic or limit is None or q.facts.amount is None or q.facts.amount <= limit:
        return None
    return Reason(
        f"Der Betrag von {q.facts.amount} EUR liegt über der Grenze der zeichnenden Person "
        f"({limit} EUR).",
        key="betrag_zu_hoch",
    )


def _four_eyes(q: Question) -> Reason | None:
    second = q.rule.four_eyes or q.facts.preparer_in_training
    if q.rule.automatic or not second or not q.facts.signer_id:
        return None
    if q.facts.preparer_id and q.facts.preparer_id != q.facts.signer_id:
        return None
    return Reason(
        "Vier-Augen-Prinzip: Wer den Brief vorbereitet hat, darf ihn nicht selbst schlusszeichnen.",
        key="vier_augen",
    )


def _excluded(q: Question) -> Reason | None:
    if not q.facts.signer_excluded:
        return None
    return EXCLUDED


def _unit(q: Question) -> Reason | None:
    if (
        q.rule.automatic
        or q.facts.signer_rank is None
        or q.facts.signer_rank >= q.ordnung.house_wide_from
    ):
        return None
    if q.facts.signer_unit and q.facts.signer_unit == q.facts.case_unit:
        return None
    return Reason(
        f"Der Vorgang gehört zu {q.facts.case_unit or 'keinem Sachgebiet'}, "
        f"die zeichnende Person zu {q.facts.signer_unit or 'keinem Sachgebiet'}.",
        key="falsches_sachgebiet",
    )


def _suffix(q: Question) -> Reason | None:
    if q.facts.suffix is None or (q.facts.signer_rank is None and not q.rule.automatic):
        return None
    automatic = q.rule.automatic or q.facts.signer_rank is None
    rank = q.facts.own_rank if q.facts.own_rank is not None else q.facts.signer_rank
    right = "" if automatic else q.ordnung.suffixes[rank or Rank.SB]
    if q.facts.suffix == right:
        return None
    return Reason(
        f"Falscher Zusatz „{q.facts.suffix}“; richtig ist „{right or 'ohne Zusatz'}“.",
        "§ 68 GO NRW",
        "falscher_zusatz",
    )


def _channel(q: Question) -> Reason | None:
    if q.facts.channel in q.rule.channels:
        return None
    allowed = ", ".join(q.rule.channels)
    return Reason(
        f"Der Weg „{q.facts.channel}“ ist für {q.rule.label} nicht zugelassen "
        f"(zugelassen: {allowed}).",
        key="weg_nicht_zugelassen",
    )


def _portal_77(q: Question) -> Reason | None:
    if q.facts.channel != Channel.PORTAL or not q.rule.form_77 or q.facts.qes:
        return None
    return Reason(
        "Ein Bescheid in Schriftform geht nur mit qualifizierter Signatur oder Siegel ins Portal.",
        "§ 77 Abs. 1 AufenthG, § 3a VwVfG NRW",
        "portal_ohne_qes",
    )


def _portal_act(q: Question) -> Reason | None:
    if q.facts.channel != Channel.PORTAL or not q.rule.act:
        return None
    if q.facts.portal_consent and q.facts.portal_authenticated:
        return None
    return Reason(
        "Ein Verwaltungsakt darf nur mit Einwilligung und nach Anmeldung am Konto im Portal "
        "bereitgestellt werden, nie über einen bloßen Link.",
        "§ 41 Abs. 2a VwVfG NRW",
        "portal_ohne_einwilligung",
    )


def _demail(q: Question) -> Reason | None:
    if q.facts.channel != Channel.DEMAIL or q.facts.portal_consent:
        return None
    return Reason(
        "De-Mail geht nur an Personen, die diesen Zugang eröffnet haben.",
        "§ 3a Abs. 1 VwVfG NRW, § 5a LZG NRW",
        "demail_ohne_zugang",
    )


def _demail_77(q: Question) -> Reason | None:
    if q.facts.channel != Channel.DEMAIL or not q.rule.form_77 or q.facts.qes:
        return None
    return Reason(
        "Ein Bescheid in Schriftform geht nur mit qualifizierter Signatur oder Siegel als De-Mail.",
        "§ 77 Abs. 1 AufenthG, § 3a VwVfG NRW",
        "demail_ohne_qes",
    )


def _seal(q: Question) -> Reason | None:
    if q.rule.seal and not q.facts.seal_no:
        return Reason(f"Die Nummer des Siegels ({q.rule.seal}) fehlt.", key="siegelnummer_fehlt")
    if not q.rule.seal and (q.facts.seal_wanted or q.facts.seal_no):
        return Reason(f"{q.rule.label} wird nicht gesiegelt.", key="siegel_nicht_zugelassen")
    return None


def _automatic_text(q: Question) -> Reason | None:
    if not (q.rule.automatic and q.facts.manual_text):
        return None
    return Reason(
        "Ein automatisch erstellter Brief darf keinen von Hand ergänzten Text enthalten.",
        "§ 37 Abs. 5 VwVfG NRW",
        "automatisch_mit_handtext",
    )


def _form(q: Question) -> Reason | None:
    if q.rule.mark != Mark.FORM or not q.facts.own_pdf:
        return None
    return Reason(
        f"{q.rule.label} ist ein amtlicher Vordruck und wird nicht als eigenes PDF erstellt.",
        "§ 58 AufenthV",
        "vordruck_als_pdf",
    )


def _reasons(q: Question) -> Reason | None:
    if not q.rule.reasons or q.facts.has_reasons:
        return None
    return MISSING_REASONS


def _cosign(q: Question) -> Reason | None:
    missing = [c for c in q.rule.cosigners if c not in q.facts.cosigned_by]
    if not missing:
        return None
    return Reason(f"Es fehlt die Mitzeichnung: {', '.join(missing)}.", key="mitzeichnung_fehlt")


def _cosigner_signs(q: Question) -> Reason | None:
    if q.rule.automatic or q.facts.signer_id not in q.facts.cosigner_ids:
        return None
    return Reason(
        "Wer einen Brief mitgezeichnet hat, zeichnet ihn nicht auch schluss.",
        key="mitzeichner_zeichnet",
    )


def _remedy(q: Question) -> Reason | None:
    if q.facts.remedy is None or q.facts.remedy == q.rule.remedy:
        return None
    return Reason(
        f"Falsche Rechtsbehelfsbelehrung: die Regel verlangt „{q.rule.remedy}“, der Brief hat "
        f"„{q.facts.remedy}“.",
        "§ 58 VwGO",
        "falsche_belehrung",
    )


def _image(q: Question) -> Reason | None:
    if not q.facts.signature_image:
        return None
    return Reason("Unterschriften werden nicht als Bild eingefügt.", key="unterschrift_als_bild")


def _changed(q: Question) -> Reason | None:
    if q.facts.content_hash is None or all(
        h == q.facts.content_hash for h in q.facts.signed_hashes
    ):
        return None
    return CHANGED


_CHECKS: tuple[Callable[[Question], Reason | None], ...] = (
    _signer, _training, _rank, _mandate, _limit, _four_eyes, _excluded, _unit, _suffix, _channel,
    _portal_77, _portal_act, _demail, _demail_77, _seal, _automatic_text, _form, _reasons,
    _cosign, _cosigner_signs, _remedy, _image, _changed,
)  # fmt: skip


_CHANNEL_CHECKS = (_channel, _portal_77, _portal_act, _demail, _demail_77)


def channel_refusals(question: Question) -> tuple[Reason, ...]:
    """Return every reason against the way of ``question.facts``, whoever signs."""
    return tuple(reason for check in _CHANNEL_CHECKS if (reason := check(question)) is not None)


def cosign_refusals(rule: Rule, facts: CosignFacts, stichtag: date) -> tuple[Reason, ...]:
    """Return every reason against a concurring signature; empty means that it is permitted."""
    return tuple(_cosign_reasons(rule, facts, stichtag))


def _cosign_reasons(rule: Rule, f: CosignFacts, stichtag: date) -> Iterator[Reason]:
    if f.capacity not in rule.cosigners:
        text = f"{rule.label} braucht keine Mitzeichnung durch „{f.capacity}“."
        yield Reason(text, key="mitzeichnung_nicht_vorgesehen")
    elif f.capacity not in f.held:
        text = f"Als „{f.capacity}“ dürfen Sie nicht mitzeichnen."
        yield Reason(text, key="mitzeichnung_nicht_befugt")
    if f.capacity in f.already:
        yield Reason(f"„{f.capacity}“ hat schon mitgezeichnet.", key="schon_mitgezeichnet")
    if f.signer_in_training:
        yield Reason("Wer eingearbeitet wird, zeichnet nicht mit.", key="einarbeitung")
    if f.is_preparer:
        text = "Wer den Brief vorbereitet hat, zeichnet ihn nicht mit."
        yield Reason(text, key="vier_augen")
    if f.excluded:
        yield EXCLUDED
    if f.mandate is None or not f.mandate.valid_on(stichtag):
        yield Reason("Es liegt keine gültige Zeichnungsbefugnis vor.", key="befugnis_fehlt")
    if f.content_hash != f.frozen_hash:
        yield CHANGED
