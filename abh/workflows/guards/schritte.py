"""Guards of application, documents, participation and appointment: reasons a clerk can act on."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein
from abh.workflows.beteiligung import PART_LABELS, PartState
from abh.workflows.checklist import (
    Requirement,
    Status,
    evaluate_requirements,
    missing_items,
    plainly_met,
    unsettled_items,
)
from abh.workflows.definition import Guard, guard
from abh.workflows.facts import Facts, german


@guard("Name, Geburtsdatum, Anschrift und Anliegen sind erkennbar", "§ 81 Abs. 1 AufenthG")
def antrag_erkennbar(f: Facts) -> Reason | None:
    missing = [
        label
        for label, present in (
            ("Name", f.name_given),
            ("Geburtsdatum", f.birth is not None),
            ("Anschrift", f.address_given),
            ("Anliegen", bool(f.applied_title.strip())),
        )
        if not present
    ]
    return Reason(f"Im Antrag fehlt: {', '.join(missing)}.") if missing else None


@guard("Der Tag des Eingangs ist festgehalten", "§ 81 Abs. 3 und 4 AufenthG")
def eingang_datiert(f: Facts) -> Reason | None:
    if f.received_on is None:
        return Reason("Der Tag des Eingangs fehlt; von ihm hängt die Fiktionswirkung ab.")
    if f.received_on > f.today:
        return Reason(f"Der Eingang {german(f.received_on)} liegt in der Zukunft.")
    return None


@guard("Es gibt keinen zweiten offenen Vorgang zum selben Titel", "§ 22 VwVfG NRW")
def kein_doppelter_vorgang(f: Facts) -> Reason | None:
    if f.duplicate_of:
        return Reason(f"Es gibt schon den Vorgang {f.duplicate_of}; bitte zusammenführen.")
    return None


@guard("Die Behörde ist örtlich zuständig", "§ 71 AufenthG, § 3 VwVfG NRW")
def zustaendig(f: Facts) -> Reason | None:
    if f.competent is None:
        return Reason("Die Zuständigkeit ist noch nicht geprüft.")
    return None if f.competent else Reason("Die Behörde ist nicht zuständig.")


@guard("Eine andere Behörde ist zuständig und benannt", "§ 71 AufenthG, § 3 VwVfG NRW")
def unzustaendig(f: Facts) -> Reason | None:
    if f.competent is not False:
        return Reason("Die Unzuständigkeit ist nicht festgestellt.")
    return None if f.moved_to.strip() else Reason("Die zuständige Behörde ist nicht benannt.")


def etwas_fehlt(requirements: tuple[Requirement, ...]) -> Guard:
    """There is something a Nachforderung can name."""

    def check(f: Facts) -> Reason | None:
        if missing_items(evaluate_requirements(requirements, f, {})):
            return None
        return Reason("Es fehlt nichts, was die antragstellende Person nachreichen könnte.")

    return Guard(
        "etwas_fehlt", "Eine Unterlage oder Angabe fehlt", "§ 82 Abs. 1 Satz 3 AufenthG", check
    )


def unterlagen_vollstaendig(requirements: tuple[Requirement, ...]) -> Guard:
    """Nothing is missing that the applicant has to bring."""

    def check(f: Facts) -> Reason | None:
        if plainly_met(requirements, f):
            return None
        missing = missing_items(evaluate_requirements(requirements, f, {}))
        if not missing:
            return None
        return Reason(f"Es fehlt noch: {', '.join(item.label for item in missing)}.")

    return Guard(
        "unterlagen_vollstaendig",
        "Alle Unterlagen und Angaben der antragstellenden Person liegen vor",
        "§ 82 Abs. 1 AufenthG",
        check,
    )


def voraussetzungen_erfuellt(requirements: tuple[Requirement, ...]) -> Guard:
    """Every mandatory requirement is met, or waived with a reason."""

    def check(f: Facts) -> Reason | None:
        if plainly_met(requirements, f):
            return None
        open_items = unsettled_items(evaluate_requirements(requirements, f, {}))
        if not open_items:
            return None
        texts = (f"{item.key} {item.label}: {item.why} ({item.norm})" for item in open_items)
        return Reason("Nicht erfüllt: " + " · ".join(texts))

    return Guard(
        "voraussetzungen_erfuellt",
        "Alle Voraussetzungen sind erfüllt oder mit Begründung erlassen",
        "§ 5 AufenthG",
        check,
    )


def ablehnungsgrund(requirements: tuple[Requirement, ...]) -> Guard:
    """A refusal can only rest on a requirement that is not met or was not proven."""

    def check(f: Facts) -> Reason | None:
        items = unsettled_items(evaluate_requirements(requirements, f, {}))
        if any(item.status is Status.NOT_MET or item.ask_applicant for item in items):
            return None
        if f.no_shows >= 2:
            return None
        return Reason("Keine Voraussetzung ist verneint; eine Ablehnung hätte keinen Grund.")

    return Guard(
        "ablehnungsgrund",
        "Mindestens eine Voraussetzung ist nicht erfüllt oder nicht nachgewiesen",
        "§ 39 VwVfG NRW",
        check,
    )


@guard("Seit der Nachforderung ist etwas eingegangen", "§ 82 Abs. 1 AufenthG")
def unterlagen_eingegangen(f: Facts) -> Reason | None:
    if f.request.documents_received > 0:
        return None
    return Reason("Seit der Nachforderung ist nichts eingegangen.")


@guard("Um Verlängerung der Frist wurde gebeten", "§ 31 Abs. 7 VwVfG NRW")
def verlaengerung_erbeten(f: Facts) -> Reason | None:
    return None if f.request.extension_asked else Reason("Um Verlängerung wurde nicht gebeten.")


@guard("Die gesetzte Frist ist abgelaufen", "§ 82 Abs. 1 Satz 3 AufenthG")
def frist_abgelaufen(f: Facts) -> Reason | None:
    until = f.request.until
    if until is None:
        return Reason("Es ist keine Frist gesetzt.")
    return None if f.today > until else Reason(f"Die Frist läuft noch bis {german(until)}.")


@guard("Es wurde noch nicht erinnert", "§ 82 Abs. 3 AufenthG")
def noch_nicht_erinnert(f: Facts) -> Reason | None:
    if f.request.reminded_on is None:
        return None
    return Reason(f"Erinnert wurde schon am {german(f.request.reminded_on)}.")


@guard("Einmal wurde erinnert", "§ 82 Abs. 3 AufenthG")
def erinnert(f: Facts) -> Reason | None:
    return None if f.request.reminded_on is not None else Reason("Es wurde noch nicht erinnert.")


@guard("Eine Beteiligung steht aus", "§§ 39, 72, 73 AufenthG")
def beteiligung_offen(f: Facts) -> Reason | None:
    if any(not part.is_answered for part in f.participations):
        return None
    return Reason("Keine Beteiligung ist geplant oder offen.")


@guard("Eine angefragte Stelle ist überfällig", "§ 24 VwVfG NRW")
def beteiligung_ueberfaellig(f: Facts) -> Reason | None:
    if any(part.state is PartState.OVERDUE for part in f.participations):
        return None
    return Reason("Keine angefragte Stelle ist mit ihrer Antwort überfällig.")


@guard("Für die Bundesagentur liegt die Erklärung des Arbeitgebers vor", "§ 39 Abs. 4 AufenthG")
def ezb_liegt_vor(f: Facts) -> Reason | None:
    asked = any(p.kind.key == "BA" and not p.is_answered for p in f.participations)
    if not asked or f.evidence.get("ezb", 0) > 0:
        return None
    return Reason("Die Erklärung zum Beschäftigungsverhältnis fehlt.")


@guard("Alle Beteiligungen sind beantwortet oder gelten als beantwortet", "§§ 39, 72, 73 AufenthG")
def beteiligungen_beantwortet(f: Facts) -> Reason | None:
    waiting = [part for part in f.participations if not part.is_answered]
    if not waiting:
        return None
    names = ", ".join(f"{p.kind.label} ({PART_LABELS[p.state]})" for p in waiting)
    return Reason(f"Es steht noch aus: {names}.")


# § 79(2) at the end. § 12a(3) StAG knows no such exception, so naturalisation does not declare it.
UNERHEBLICH = ja_nein(
    "ermittlung_unerheblich",
    "Entschieden werden kann ohne Rücksicht auf den Ausgang des Ermittlungsverfahrens",
    "§ 79 Abs. 2 AufenthG",
    amt=True,
)


@guard("Ein Ermittlungsverfahren läuft", "§ 79 Abs. 2 AufenthG")
def ermittlung_laeuft(f: Facts) -> Reason | None:
    if not f.investigation_pending:
        return Reason("Kein Ermittlungsverfahren ist bekannt.")
    if f.angabe(UNERHEBLICH.key):
        return Reason("Der Ausgang des Ermittlungsverfahrens ist ohne Bedeutung.")
    return None


@guard("Das Ermittlungsverfahren ist beendet", "§ 79 Abs. 2, § 87 Abs. 4 AufenthG")
def ermittlung_beendet(f: Facts) -> Reason | None:
    if not f.investigation_pending or f.angabe(UNERHEBLICH.key):
        return None
    return Reason("Das Ermittlungsverfahren läuft noch.")


@guard("Persönliches Erscheinen ist nötig", "§ 82 Abs. 4 und 5 AufenthG")
def termin_noetig(f: Facts) -> Reason | None:
    if f.presence_needed_for.strip() or f.biometrics_on is None or not f.biometrics_usable:
        return None
    return Reason(f"Verwendbare Biometrie liegt vor (vom {german(f.biometrics_on)}).")


@guard("Biometrie ist aufgenommen und verwendbar", "§ 78 AufenthG, § 61a AufenthV")
def biometrie_aufgenommen(f: Facts) -> Reason | None:
    if f.biometrics_on is None:
        return Reason("Lichtbild, Fingerabdrücke und Unterschrift sind nicht aufgenommen.")
    return None if f.biometrics_usable else Reason("Die Aufnahme ist nicht verwendbar.")


@guard("Der Termin wurde zum ersten Mal versäumt", "§ 82 Abs. 4 AufenthG")
def erster_termin_versaeumt(f: Facts) -> Reason | None:
    if not f.missed_appointment:
        return Reason("Kein Termin ist versäumt.")
    return None if f.no_shows <= 1 else Reason("Es ist nicht der erste versäumte Termin.")


@guard("Der Termin wurde wiederholt versäumt", "§ 82 Abs. 4 AufenthG")
def termin_wiederholt_versaeumt(f: Facts) -> Reason | None:
    if f.missed_appointment and f.no_shows >= 2:
        return None
    return Reason(f"Versäumte Termine: {f.no_shows}; angehört wird nach dem zweiten.")


@guard("Die antragstellende Person hat den Antrag zurückgenommen", "§ 9 VwVfG NRW")
def zurueckgenommen(f: Facts) -> Reason | None:
    return None if f.withdrawal_on is not None else Reason("Eine Rücknahme ist nicht eingegangen.")


@guard("Der Antrag hat sich aus einem benannten Grund erledigt", "§ 51 AufenthG")
def erledigt(f: Facts) -> Reason | None:
    return None if f.ended_because.strip() else Reason("Der Grund der Erledigung fehlt.")


@guard("Der Gegenstand ist kraft Gesetzes entfallen", "§ 43 Abs. 2 VwVfG NRW")
def kraft_gesetzes_erledigt(f: Facts) -> Reason | None:
    if f.ended_by_law.strip():
        return None
    return Reason("Kein anderer Vorgang hat diesen kraft Gesetzes erledigt.")


@guard("Die neu zuständige Behörde ist benannt", "§ 71 AufenthG, § 3 VwVfG NRW")
def fortgezogen(f: Facts) -> Reason | None:
    return None if f.moved_to.strip() else Reason("Die neu zuständige Behörde ist nicht benannt.")


@guard("Die Bundesagentur hat Angaben nachgefordert", "§ 36 Abs. 2 BeschV")
def ba_braucht_angaben(f: Facts) -> Reason | None:
    if any(p.kind.key == "BA" and p.state is PartState.NEEDS_INFO for p in f.participations):
        return None
    return Reason("Die Bundesagentur hat keine Angaben nachgefordert.")


@guard("Die Bundesagentur hat die Zustimmung versagt", "§ 40 AufenthG")
def ba_versagt(f: Facts) -> Reason | None:
    if any(p.kind.key == "BA" and p.state is PartState.REFUSED for p in f.participations):
        return None
    return Reason("Die Bundesagentur hat die Zustimmung nicht versagt.")
