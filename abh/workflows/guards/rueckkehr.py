"""Facts and rules of expulsion and return (§§ 11, 50-62, 72 AufenthG)."""

from __future__ import annotations

from datetime import timedelta

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, text, wahl, zahl
from abh.workflows.beteiligung import STA
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, guard
from abh.workflows.facts import Facts, german
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import Regel, kein_wert, unbekannt

AUSWEISUNG, ABLEHNUNG, WIDERRUF, BAMF_FALL, RUECKKEHR = (
    "ausweisung",
    "ablehnung",
    "widerruf",
    "bamf",
    "rueckkehr",
)
ANLASS = text("anlass", "Anlass des Verfahrens", "§ 87 AufenthG", amt=True)
GEPRUEFT = ja_nein(
    "hindernisse_geprueft",
    "Familie, Gesundheit und Abschiebungsverbote sind geprüft",
    "§§ 53 bis 55, 60, 72 Abs. 2 AufenthG",
    amt=True,
)
INTERESSE = wahl(
    "ausweisungsinteresse_grad",
    "Ausweisungsinteresse",
    {"besonders_schwer": "besonders schwerwiegend", "schwer": "schwerwiegend", "keines": "keines"},
    "§ 54 AufenthG",
    amt=True,
)
ABWAEGUNG = ja_nein(
    "ausreiseinteresse_ueberwiegt",
    "Das öffentliche Interesse an der Ausreise überwiegt das Bleibeinteresse",
    "§ 53 Abs. 1 und 2, § 55 AufenthG",
    amt=True,
)
SCHUTZ = wahl(
    "ausweisungsschutz",
    "Besonderer Ausweisungsschutz",
    {
        "keiner": "keiner",
        "arb": "Assoziationsrecht oder Daueraufenthalt-EU (§ 53 Abs. 3)",
        "international": "Asyl, Flüchtlingseigenschaft oder subsidiärer Schutz (§ 53 Abs. 3a)",
        "asylantrag": "offener Asylantrag (§ 53 Abs. 4)",
    },
    "§ 53 Abs. 3 bis 4 AufenthG",
    amt=True,
)
SCHWELLE = ja_nein(
    "schutzschwelle_erreicht",
    "Die erhöhte Schwelle des Ausweisungsschutzes ist erreicht",
    "§ 53 Abs. 3 bis 4 AufenthG",
    amt=True,
)
BELANGE = ja_nein(
    "belange_stehen_entgegen",
    "Kindeswohl, familiäre Bindungen oder Gesundheit stehen entgegen",
    "§ 59 Abs. 1 Satz 1 AufenthG",
    amt=True,
)
AUSREISEPFLICHT = ja_nein(
    "ausreisepflichtig",
    "Ausreisepflichtig oder wird es mit der Entscheidung",
    "§ 50 AufenthG",
    amt=True,
)
WIDERRUFSGRUND = ja_nein(
    "widerrufsgrund", "Grund für Widerruf oder Rücknahme liegt vor", "§ 52 AufenthG", amt=True
)
ZIELSTAAT = text("zielstaat", "Zielstaat", "§ 59 Abs. 2 AufenthG", amt=True)
EAV_GRUND = wahl(
    "eav_grund",
    "Einreise- und Aufenthaltsverbot wegen",
    {
        "regel": "Ausweisung oder Abschiebung",
        "straftat": "Straftat oder schwerer Gefahr",
        "schwer": "schwerster Gefahr (§ 11 Abs. 5a)",
        "ueberschreitung": "erster Überschreitung der Ausreisefrist",
        "wiederholt": "wiederholter Überschreitung der Ausreisefrist",
        "sicherheit": "Gefahr nach § 58a oder Terrorgefahr, unbefristet (§ 11 Abs. 5b)",
    },
    "§ 11 Abs. 3 bis 6 AufenthG",
    amt=True,
)
EAV_MONATE = zahl(
    "eav_monate", "Dauer des Einreise- und Aufenthaltsverbots", "Monate", "§ 11 Abs. 2", amt=True
)
STRAFVERFAHREN = ja_nein(
    "strafverfahren", "Anklage erhoben oder Ermittlungen laufen", "§ 72 Abs. 4 AufenthG", amt=True
)
GERINGES_UNRECHT = ja_nein(
    "geringes_unrecht",
    "Nur geringes Strafinteresse",
    "§ 72 Abs. 4 Satz 3 bis 5 AufenthG",
    amt=True,
)
KRANKHEIT = ja_nein("krankheit_geltend", "Krankheit ist geltend gemacht", "§ 60a Abs. 2c", amt=True)
KINDER = ja_nein("minderjaehrige_betroffen", "Minderjährige sind betroffen", amt=True)
ZIELSTAATSVERBOT = ja_nein(
    "verbot_60_5_7", "Verbot nach § 60 Abs. 5 oder 7 kommt in Betracht", "§ 72 Abs. 2", amt=True
)
SOFORT = ja_nein(
    "sofortvollzug", "Sofortige Vollziehung wird angeordnet", "§ 80 Abs. 2 Nr. 4 VwGO", amt=True
)
SOFORT_BEGRUENDET = ja_nein(
    "sofortvollzug_begruendet", "Sie ist eigens begründet", "§ 80 Abs. 3 VwGO", amt=True
)
AUSREISE_BIS = tag("ausreise_bis", "Ausreise bis", "§ 59 Abs. 1 AufenthG", amt=True)
FRIST_ABWEICHEND = ja_nein(
    "ausreisefrist_abweichend",
    "Frist wegen besonderer Umstände kürzer oder länger",
    "§ 59 Abs. 1 Satz 2 und 4 AufenthG",
    amt=True,
)
BAMF_VOLLZIEHBAR = ja_nein(
    "bamf_androhung", "Vollziehbare Androhung des Bundesamts liegt vor", "§ 34 AsylG", amt=True
)
FREIWILLIG = ja_nein("will_ausreisen", "Will freiwillig ausreisen")
AUSGEREIST = tag("ausgereist_am", "Ausgereist am (Grenzübertrittsbescheinigung)", amt=True)
VOLLZIEHBAR = ja_nein(
    "vollziehbar", "Die Ausreisepflicht ist vollziehbar", "§ 58 Abs. 2 AufenthG", amt=True
)
HINDERNIS = text("abschiebungshindernis", "Abschiebungshindernis", "§ 60a AufenthG", amt=True)
ANKUENDIGEN = ja_nein(
    "ankuendigung_noetig", "Abschiebung ist anzukündigen", "§ 60a Abs. 5a AufenthG", amt=True
)
ABGESCHOBEN = tag("abgeschoben_am", "Abgeschoben am", amt=True)
GERICHT = wahl(
    "gericht",
    "Gericht",
    {
        "offen": "keine Entscheidung",
        "ausgesetzt": "aufschiebende Wirkung angeordnet",
        "bestaetigt": "Verfügung bestätigt",
        "aufgehoben": "Verfügung aufgehoben",
    },
    "§ 80 Abs. 5, § 113 VwGO",
    amt=True,
)
ANGABEN = (
    *(ANLASS, GEPRUEFT, INTERESSE, ABWAEGUNG, SCHUTZ, SCHWELLE, BELANGE, AUSREISEPFLICHT),
    *(WIDERRUFSGRUND, ZIELSTAAT, EAV_GRUND, EAV_MONATE, STRAFVERFAHREN, GERINGES_UNRECHT),
    *(KRANKHEIT, KINDER, ZIELSTAATSVERBOT, SOFORT, SOFORT_BEGRUENDET, AUSREISE_BIS),
    *(FRIST_ABWEICHEND, BAMF_VOLLZIEHBAR, FREIWILLIG, AUSGEREIST, VOLLZIEHBAR, HINDERNIS),
    *(ANKUENDIGEN, ABGESCHOBEN, GERICHT),
)

STA_NOETIG = Bedingung(
    "Strafverfahren ohne nur geringes Strafinteresse",
    lambda f: bool(f.angabe(STRAFVERFAHREN.key)) and not f.angabe(GERINGES_UNRECHT.key),
)
VERFUEGUNG = Bedingung(
    "die Behörde verfügt selbst", lambda f: f.variante in (AUSWEISUNG, ABLEHNUNG, WIDERRUF)
)


def _schutz(f: Facts) -> Finding:
    kind = f.angabe(SCHUTZ.key)
    if kind is None:
        return check("Ob besonderer Ausweisungsschutz besteht, ist nicht geprüft.")
    if kind == "keiner":
        return met("Besonderer Ausweisungsschutz besteht nicht.")
    reached = f.angabe(SCHWELLE.key)
    words = f"Ausweisungsschutz: {SCHUTZ.words(kind)}."
    if reached is None:
        return check(f"{words} Ob die erhöhte Schwelle erreicht ist, ist nicht geprüft.")
    if reached:
        return met(f"{words} Die erhöhte Schwelle ist erreicht.")
    return not_met(f"{words} Die erhöhte Schwelle ist nicht erreicht.")


_EAV = {
    "regel": "eav.regel",
    "straftat": "eav.straftat",
    "schwer": "eav.schwer",
    "ueberschreitung": "eav.ueberschreitung",
    "wiederholt": "eav.ueberschreitung.wiederholt",
}


def _eav(f: Facts) -> Finding:
    ground, months = f.angabe(EAV_GRUND.key), f.angabe(EAV_MONATE.key)
    if ground == "sicherheit":
        return met("Das Verbot ergeht unbefristet.", "§ 11 Abs. 5b AufenthG")
    if ground is None or months is None:
        return unbekannt(EAV_GRUND if ground is None else EAV_MONATE)
    most = f.law.zahl(_EAV[ground])
    if most is None:
        return kein_wert(f, _EAV[ground])
    words = f"Festgesetzt sind {months} Monate; zulässig sind höchstens {most.value} Jahre."
    good = 0 < months <= 12 * int(most.value)
    return met(words, most.norm) if good else not_met(words, most.norm)


schutz = Regel(_schutz, (SCHUTZ.key, SCHWELLE.key))
eav = Regel(_eav, (EAV_GRUND.key, EAV_MONATE.key))


@guard("Die Staatsanwaltschaft ist zu beteiligen", "§ 72 Abs. 4 AufenthG")
def sta_zu_beteiligen(f: Facts) -> Reason | None:
    if STA_NOETIG(f):
        return None
    return Reason("Die Staatsanwaltschaft muss nicht zustimmen.")


@guard("Das Einvernehmen der Staatsanwaltschaft liegt vor, wo es nötig ist", "§ 72 Abs. 4 AufenthG")
def sta_geklaert(f: Facts) -> Reason | None:
    if not STA_NOETIG(f):
        return None
    part = next((p for p in reversed(f.participations) if p.kind.key == STA.key), None)
    if part is not None and part.is_consent:
        return None
    return Reason("Das Einvernehmen der Staatsanwaltschaft fehlt.")


@guard("Ein Sofortvollzug ist eigens begründet", "§ 80 Abs. 3 VwGO")
def sofortvollzug_begruendet(f: Facts) -> Reason | None:
    if f.angabe(SOFORT.key) and not f.angabe(SOFORT_BEGRUENDET.key):
        return Reason("Die sofortige Vollziehung ist nicht eigens begründet.")
    return None


@guard("Die Verfügung ist bekannt gegeben", "§ 41 VwVfG NRW")
def bekannt_gegeben(f: Facts) -> Reason | None:
    if f.remedy.notified_on is not None:
        return None
    return Reason("Der Tag der Bekanntgabe steht nicht fest.")


@guard("Das Recht aus den Papieren ist entfallen", "§ 52 VwVfG NRW")
def recht_entfallen(f: Facts) -> Reason | None:
    """An expulsion ends the title when it is notified, whatever becomes of an action (§ 84(2)).

    A withdrawn title must be gone for good first; so must what a refusal or the BAMF ended.
    """
    if f.angabe("variante") == AUSWEISUNG:
        if f.remedy.notified_on is not None:
            return None
        text = "Die Ausweisung ist nicht bekannt gegeben; bis dahin gilt der Titel."
        return Reason(text, norm="§ 51 Abs. 1 Nr. 5, § 84 Abs. 2 Satz 1 AufenthG")
    if f.angabe(VOLLZIEHBAR.key):
        return None
    return Reason("Die Ausreisepflicht ist nicht vollziehbar; die Papiere gelten noch.")


@guard("Die Ausreisefrist liegt im Rahmen des Gesetzes", "§ 59 Abs. 1 AufenthG")
def frist_im_rahmen(f: Facts) -> Reason | None:
    until = f.angabe(AUSREISE_BIS.key)
    if until is None:
        return Reason("Der letzte Tag der Ausreisefrist ist nicht bekannt.")
    if f.angabe(FRIST_ABWEICHEND.key):
        return None
    least = f.law.zahl("rueckkehr.ausreisefrist.mindestens")
    most = f.law.zahl("rueckkehr.ausreisefrist")
    if least is None or most is None:
        return Reason("Für die Ausreisefrist ist kein Wert hinterlegt.")
    begin = f.remedy.notified_on or f.today
    first, last = (begin + timedelta(days=int(one.value)) for one in (least, most))
    if first <= until <= last:
        return None
    return Reason(
        f"Die Frist bis {german(until)} liegt nicht zwischen {german(first)} und {german(last)}."
    )


@guard("Die Ausreisefrist ist abgelaufen", "§ 58 Abs. 1, § 59 AufenthG")
def ausreisefrist_vorbei(f: Facts) -> Reason | None:
    until = f.angabe(AUSREISE_BIS.key)
    if until is None:
        return Reason("Der letzte Tag der Ausreisefrist ist nicht bekannt.")
    return None if f.today > until else Reason(f"Die Ausreisefrist läuft noch bis {german(until)}.")


@guard("Ein Abschiebungshindernis ist benannt", "§ 60a AufenthG")
def hindernis_benannt(f: Facts) -> Reason | None:
    return (
        None if f.angabe(HINDERNIS.key) else Reason("Ein Abschiebungshindernis ist nicht benannt.")
    )


@guard("Es besteht kein Abschiebungshindernis", "§ 58 Abs. 1, § 60a AufenthG")
def kein_hindernis(f: Facts) -> Reason | None:
    found = f.angabe(HINDERNIS.key)
    return Reason(f"Abschiebungshindernis: {found}.") if found else None


@guard("Die Ankündigungsfrist ist eingehalten, wo sie gilt", "§ 60a Abs. 5a AufenthG")
def ankuendigung_beachtet(f: Facts) -> Reason | None:
    if not f.angabe(ANKUENDIGEN.key):
        return None
    uhr = f.uhren.get("ANKUENDIGUNG")
    if uhr is None or uhr.due is None:
        return Reason("Die Ankündigung fehlt.")
    return None if f.today > uhr.due else Reason(f"Die Ankündigung läuft bis {german(uhr.due)}.")
