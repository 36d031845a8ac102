"""Rules of the EU Blue Card (§ 18g AufenthG): qualification, salary routes, consent of the BA."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from abh.workflows.angaben import tag
from abh.workflows.beteiligung import PART_LABELS, Beteiligung, PartState
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, TitleKind, euro, german, years_later
from abh.workflows.guards import fk_angaben as a
from abh.workflows.guards.basis import ask, check, met, not_met, not_needed
from abh.workflows.guards.mobilitaet import degree_deemed
from abh.workflows.guards.regeln import Regel, plus
from abh.workflows.recht import LawNumber

ERSTE_KARTE = tag(
    "erste_karte_als_anfaenger_am",
    "Erste Blaue Karte EU als Berufsanfänger erteilt am",
    "§ 18g Abs. 6 AufenthG",
    amt=True,
)
ANFAENGER = "blaue_karte.verlaengerung.anfaenger"
REGLEMENTIERT = "blaue_karte.reglementiert"
SALARY_YEAR_NOTE = (
    "Maßgeblich ist die Grenze des Jahres der Entscheidung, weil die Voraussetzungen bei der "
    "Erteilung vorliegen müssen"
)


class Route(StrEnum):
    """On which sentence of § 18g the salary carries the card."""

    REGULAR = "§ 18g Abs. 1 Satz 1 AufenthG"
    SHORTAGE = "§ 18g Abs. 1 Satz 2 Nr. 1 AufenthG"
    NEW_GRADUATE = "§ 18g Abs. 1 Satz 2 Nr. 2 AufenthG"
    IT = "§ 18g Abs. 2 AufenthG"
    NONE = "§ 18g Abs. 1 AufenthG"
    OPEN = "§ 18g AufenthG"


@dataclass(frozen=True, slots=True)
class SalaryRoute:
    """The route and the finding that explains it."""

    route: Route
    finding: Finding

    @property
    def needs_ba(self) -> bool:
        """Whether the consent of the Bundesagentur is needed."""
        return self.route in (Route.SHORTAGE, Route.NEW_GRADUATE, Route.IT)


def in_group(isco: str, groups: tuple[str, ...] | None) -> bool:
    """Whether an ISCO-08 code lies in one of the groups of the law."""
    return bool(isco and groups) and isco.startswith(groups or ())


def salary_route(f: Facts) -> SalaryRoute:
    """Find the route; the thresholds are those in force on the Stichtag, the day of decision.

    The age of the degree counts back from the day of application (§ 18g(1) S. 2 Nr. 2).
    """
    regular, reduced = f.law.threshold_regular, f.law.threshold_reduced
    groups = (f.law.shortage_isco, f.law.it_isco)
    if regular is None or reduced is None or None in groups:
        return _open(check(f"Für den {german(f.stichtag)} ist keine Gehaltsgrenze hinterlegt."))
    if f.salary_year is None:
        return _open(ask("Das Jahresgehalt ist nicht bekannt."))
    salary, note = euro(f.salary_year), f"{SALARY_YEAR_NOTE} (Stichtag {german(f.stichtag)})."
    if f.salary_year >= regular.value and not _without_degree(f):
        why = f"{salary} erreichen die Grenze von {_limit(regular)}. {note}"
        return SalaryRoute(Route.REGULAR, met(why, Route.REGULAR.value))
    if f.salary_year < reduced.value:
        why = (
            f"{salary} liegen unter der niedrigeren Grenze von {_limit(reduced)}; die allgemeine "
            f"Grenze ist {_limit(regular)}. {note}"
        )
        return SalaryRoute(Route.NONE, not_met(why, Route.NONE.value))
    return _between(f, salary, regular, reduced, note)


def _between(
    f: Facts, salary: str, regular: LawNumber, reduced: LawNumber, note: str
) -> SalaryRoute:
    lead = f"{salary} erreichen die niedrigere Grenze von {_limit(reduced)}"
    if f.salary_year is not None and f.salary_year < regular.value:
        lead += f", nicht die allgemeine von {_limit(regular)}"
    consent = "Die Zustimmung der Bundesagentur für Arbeit ist nötig."
    if _without_degree(f):
        if in_group(f.isco, f.law.it_isco):
            why = f"{lead}. IT-Beruf (ISCO-08 {f.isco}) ohne Hochschulabschluss. {consent} {note}"
            return SalaryRoute(Route.IT, met(why, Route.IT.value))
        groups = ", ".join(f.law.it_isco or ())
        why = f"{lead}. Ohne Hochschulabschluss reicht das nur in IT-Berufen (ISCO-08 {groups})."
        return SalaryRoute(Route.NONE, not_met(why, Route.IT.value))
    if in_group(f.isco, f.law.shortage_isco):
        why = f"{lead}. Engpassberuf (ISCO-08 {f.isco}). {consent} {note}"
        return SalaryRoute(Route.SHORTAGE, met(why, Route.SHORTAGE.value))
    if not f.isco:
        return _open(ask(f"{lead}. Die Berufsgruppe (ISCO-08) ist nicht bekannt."))
    return _by_degree(f, lead, consent, note)


def _by_degree(f: Facts, lead: str, consent: str, note: str) -> SalaryRoute:
    limit, norm = f.law.degree_max_age_years, Route.NEW_GRADUATE.value
    if f.degree_on is None or f.received_on is None or limit is None:
        missing = "Tag des Abschlusses" if f.degree_on is None else "Tag des Antrags oder Frist"
        text = f"{lead}. Kein Engpassberuf; es kommt auf den Abschluss an: {missing} fehlt."
        return _open(ask(text, norm) if f.degree_on is None else check(text, norm))
    years = int(limit.value)
    young_until = years_later(f.degree_on, years)
    dates = (
        f"Abschluss vom {german(f.degree_on)}, Antrag vom {german(f.received_on)} "
        f"(höchstens {years} Jahre, also bis {german(young_until)})"
    )
    if f.title_kind is TitleKind.BLAUE_KARTE and f.received_on > young_until:
        return _renewal(f, f"{lead}. {dates}", consent, note)
    if f.degree_on <= f.stichtag and f.received_on <= young_until:
        why = f"{lead}. {dates}. {consent} {note}"
        return SalaryRoute(Route.NEW_GRADUATE, met(why, norm))
    why = f"{lead}. {dates}: zu alt, und ISCO-08 {f.isco} ist kein Engpassberuf. {note}"
    if f.degree_on > f.stichtag:
        why = f"{lead}. {dates}: der Abschluss liegt noch nicht vor. {note}"
    return SalaryRoute(Route.NONE, not_met(why, norm))


def _renewal(f: Facts, lead: str, consent: str, note: str) -> SalaryRoute:
    """§ 18g(6): who began as a graduate keeps the lower threshold for 24 months of the card."""
    norm, first, months = "§ 18g Abs. 6 AufenthG", f.angabe(ERSTE_KARTE.key), f.law.zahl(ANFAENGER)
    if first is None or months is None:
        text = f"{lead}. Verlängerung: seit wann die erste Karte als Berufsanfänger besteht, fehlt."
        return _open(check(text, norm))
    until = plus(first, months)
    text = f"{lead}. Erste Karte als Berufsanfänger am {german(first)}; die niedrigere Grenze gilt "
    if f.stichtag < until:
        why = f"{text}für Verlängerungen bis zum {german(until)}. {consent} {note}"
        return SalaryRoute(Route.NEW_GRADUATE, met(why, norm))
    return SalaryRoute(Route.NONE, not_met(f"{text}nur bis zum {german(until)}. {note}", norm))


def _licence(f: Facts) -> Finding:
    """J3: a regulated profession needs its licence; the occupation says where to look."""
    said, groups = f.angabe(a.REGLEMENTIERT.key), f.law.listen.get(REGLEMENTIERT)
    if said is None and (not f.isco or in_group(f.isco, groups)):
        return check("Ob der Beruf reglementiert ist, ist noch nicht geprüft.")
    if not said:
        return not_needed("der Beruf ist nicht reglementiert.")
    found = met("Die Berufsausübungserlaubnis ist erteilt oder zugesagt.")
    return replace(found, evidence=(("berufserlaubnis",),))


LICENCE = Regel(_licence, (a.REGLEMENTIERT.key, "isco"))


def _assured(f: Facts) -> Finding:
    """J4a: both sides say so with application and contract; the office may find otherwise."""
    if f.angabe(VERSICHERT.key) is False:
        return not_met("Eine Seite versichert nicht, dass die Beschäftigung ausgeübt wird.")
    return met("Mit Antrag und Vertrag ist versichert, dass die Beschäftigung ausgeübt wird.")


VERSICHERT = replace(a.VERSICHERT, by_applicant=False)
ASSURED = Regel(_assured, (VERSICHERT.key,))


def salary(f: Facts) -> Finding:
    """K2: the salary reaches the threshold of its route."""
    return salary_route(f).finding


def degree(f: Facts) -> Finding:
    """K1: academic skilled worker, or tertiary programme of three years; else the IT route."""
    if _without_degree(f):
        if in_group(f.isco, f.law.it_isco):
            return not_needed("IT-Beruf ohne Hochschulabschluss (siehe K3).", Route.IT.value)
        return not_met("Ein anerkannter oder vergleichbarer Hochschulabschluss liegt nicht vor.")
    if degree_deemed(f):
        return not_needed("gilt nach zwei Jahren mit der Karte.", "§ 18i Abs. 1 Satz 2 AufenthG")
    if f.degree_recognised is None:
        return check("Der Hochschulabschluss ist noch nicht geprüft.")
    if f.degree_german:
        found = met("Es liegt ein deutscher Hochschulabschluss vor.", "§ 18 Abs. 3 Nr. 2 AufenthG")
        return replace(found, evidence=(("hochschulabschluss",),))
    return met("Der ausländische Hochschulabschluss ist anerkannt oder vergleichbar.")


def it_experience(f: Facts) -> Finding:
    """K3: three years of IT experience, where the card rests on § 18g(2)."""
    if not _without_degree(f) or not in_group(f.isco, f.law.it_isco):
        return not_needed("der Antrag stützt sich nicht auf den IT-Weg.")
    minimum, period = f.law.it_experience_min_years, f.law.it_experience_period_years
    if minimum is None or period is None:
        return check(f"Für den {german(f.stichtag)} ist keine Mindestdauer hinterlegt.")
    if f.it_experience_years is None:
        return ask("Die einschlägige Berufserfahrung ist nicht angegeben.")
    years = f"{_plain(f.it_experience_years)} Jahre einschlägige Erfahrung"
    needed = f"nötig sind {_plain(minimum.value)} in den letzten {_plain(period.value)} Jahren"
    if f.it_experience_years < minimum.value:
        return not_met(f"{years}; {needed}.")
    return met(f"{years}; {needed}.")


def adequate_job(f: Facts) -> Finding:
    """K4: the job fits the qualification."""
    if not f.employer.strip():
        return ask("Der Arbeitgeber ist nicht angegeben.")
    if f.job_adequate is None:
        return check("Ob die Beschäftigung der Qualifikation angemessen ist, ist noch zu prüfen.")
    if not f.job_adequate:
        return not_met("Die Beschäftigung ist der Qualifikation nicht angemessen.")
    return met("Die Beschäftigung ist der Qualifikation angemessen.")


def job_length(f: Facts) -> Finding:
    """K5: the job lasts at least six months."""
    if f.job_permanent:
        return met("Der Arbeitsvertrag ist unbefristet.")
    minimum = f.law.job_min_months
    if minimum is None:
        return check(f"Für den {german(f.stichtag)} ist keine Mindestdauer hinterlegt.")
    if f.job_months is None:
        return ask("Die Dauer des Arbeitsvertrags ist nicht bekannt.")
    text = f"Der Vertrag läuft {f.job_months} Monate; nötig sind {_plain(minimum.value)}."
    return met(text) if f.job_months >= minimum.value else not_met(text)


def exclusion_19f(f: Facts) -> Finding:
    """K6: no ground of exclusion; a title under § 24 is one by itself."""
    if f.title_kind is TitleKind.AE_24:
        return not_met(
            "Während des vorübergehenden Schutzes (§ 24) ist die Blaue Karte ausgeschlossen.",
            "§ 19f Abs. 1 Nr. 1 AufenthG",
        )
    if f.exclusion_19f is None:
        return check("Ausschlussgründe nach § 19f sind noch nicht geprüft.")
    if f.exclusion_19f.strip():
        return not_met(f"Ausschlussgrund: {f.exclusion_19f.strip()}")
    return met("Ausschlussgründe sind geprüft und liegen nicht vor.")


def living(f: Facts) -> Finding:
    """B3: the salary of the route secures the living; holders of § 18a/b keeping the job: (5)."""
    if f.title_kind is TitleKind.AE_18A_18B and f.keeps_job:
        return met(
            "Gilt als gesichert: Titel nach § 18a oder § 18b und derselbe Arbeitsplatz.",
            "§ 18g Abs. 5 AufenthG",
        )
    found = salary_route(f)
    if found.route is Route.OPEN:
        return check("Hängt am Gehalt (siehe K2).")
    if found.route is Route.NONE or f.salary_year is None:
        return check("Das Gehalt trägt die Blaue Karte nicht; der Unterhalt ist einzeln zu prüfen.")
    return met(f"Das Gehalt von {euro(f.salary_year)} im Jahr sichert den Lebensunterhalt.")


def ba_part(f: Facts) -> Beteiligung | None:
    """Return the latest participation of the Bundesagentur, if any."""
    return next((p for p in reversed(f.participations) if p.kind.key == "BA"), None)


def ba_consent_needed(f: Facts) -> bool:
    """Whether the BA must be asked: the route needs it and no preliminary consent is valid."""
    return salary_route(f).needs_ba and not has_preliminary_consent(f)


def has_preliminary_consent(f: Facts) -> bool:
    """Whether a preliminary consent of the BA is valid on the Stichtag (§ 36(3) BeschV)."""
    return f.preliminary_consent_until is not None and f.preliminary_consent_until >= f.stichtag


def employer_declaration(f: Facts) -> Finding:
    """EZB: the employer's declaration, without which the BA cannot be asked."""
    if not ba_consent_needed(f):
        return not_needed("die Zustimmung der Bundesagentur ist nach Aktenlage nicht anzufragen.")
    return met("Die Erklärung zum Beschäftigungsverhältnis geht an die Bundesagentur.")


def ba_consent(f: Facts) -> Finding:
    """BA: consent where the route needs it; silence counts by § 36(2) BeschV."""
    found = salary_route(f)
    if found.route is Route.OPEN:
        return check("Ob die Zustimmung nötig ist, hängt am Gehalt (siehe K2).")
    if not found.needs_ba:
        return met("Nicht erforderlich.", found.route.value)
    return ba_answer(f)


def ba_answer(f: Facts) -> Finding:
    """What the BA said where its consent is needed: before, by word, by silence, or not yet."""
    if has_preliminary_consent(f):
        return met("Eine gültige Vorabzustimmung liegt vor.", "§ 36 Abs. 3 BeschV")
    part = ba_part(f)
    if part is None:
        return check("Die Zustimmung ist nötig und noch nicht angefragt.")
    if part.state is PartState.CONSENTED:
        return met("Die Bundesagentur hat zugestimmt.")
    if part.state is PartState.DEEMED_CONSENTED:
        until = f" mit Ablauf des {german(part.answered_on)}" if part.answered_on else ""
        return met(f"Die Zustimmung gilt{until} als erteilt.", "§ 36 Abs. 2 BeschV")
    if part.state is PartState.REFUSED:
        return not_met("Die Bundesagentur hat die Zustimmung versagt.", "§ 40 AufenthG")
    until = f"; Frist bis {german(part.due)}" if part.due else ""
    return check(f"Beteiligung: {PART_LABELS[part.state]}{until}.")


def _without_degree(f: Facts) -> bool:
    return f.degree_recognised is False


def _limit(number: LawNumber) -> str:
    return euro(number.value)


def _plain(number: Decimal | int) -> str:
    return f"{Decimal(number).normalize():f}".replace(".", ",")


def _open(finding: Finding) -> SalaryRoute:
    return SalaryRoute(Route.OPEN, finding)
