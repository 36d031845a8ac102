"""Facts and rules of the consent to an acknowledgement of paternity (§§ 85a-85d AufenthG)."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag, wahl
from abh.workflows.beteiligung import LABOR, PartState
from abh.workflows.checklist import Finding
from abh.workflows.definition import Bedingung, guard
from abh.workflows.facts import Facts, german, years_later
from abh.workflows.guards.basis import check, met, not_met
from abh.workflows.guards.regeln import Regel, plus

STATUS_EINE = wahl(
    "status_eine",
    "Eine Seite (Mann oder Mutter)",
    {"deutsch": "deutsch", "unbefristet": "mit unbefristetem Aufenthaltsrecht", "sonst": "sonst"},
    "§ 85a Abs. 1 AufenthG",
    amt=True,
)
STATUS_ANDERE = wahl(
    "status_andere",
    "Andere Seite",
    {
        "gestattung": "mit Aufenthaltsgestattung",
        "ausreisepflichtig": "ausreisepflichtig",
        "beschaeftigungsduldung": "geduldet nach § 60d AufenthG",
        "schengen": "mit Schengen-Visum",
        "ausland": "im Ausland ohne Titel",
        "sonst": "sonst",
    },
    "§ 85a Abs. 1 AufenthG",
    amt=True,
)
GEFAELLE = frozenset({"gestattung", "ausreisepflichtig", "schengen", "ausland"})
AUSNAHME = wahl(
    "ausnahme",
    "Ausnahme von der Zustimmung",
    {
        "keine": "keine",
        "leiblich": "leiblicher Vater",
        "kind": "weiteres gemeinsames Kind",
        "ehe": "Ehe mit der Mutter",
        "wohnung": "gemeinsame Wohnung",
    },
    "§ 85a Abs. 2 AufenthG",
)
WOHNUNG_SEIT = tag("gemeinsame_wohnung_seit", "Gemeinsame Wohnung seit", "§ 85a Abs. 2 AufenthG")
AUSNAHME_BELEGT = ja_nein("ausnahme_belegt", "Die Ausnahme ist belegt", amt=True)
_NUMMERN = {"keine": "keine", **{str(n): f"Nummer {n}" for n in range(1, 6)}}
VERMUTUNG = wahl(
    "missbrauch_vermutet",
    "Vermutung für Missbrauch nach § 85b Abs. 2",
    _NUMMERN,
    "§ 85b Abs. 2 AufenthG",
    amt=True,
)
GEGENVERMUTUNG = wahl(
    "missbrauch_nicht_vermutet",
    "Vermutung gegen Missbrauch nach § 85b Abs. 3",
    _NUMMERN,
    "§ 85b Abs. 3 AufenthG",
    amt=True,
)
MISSBRAUCH = ja_nein(
    "missbrauch_festgestellt", "Missbrauch festgestellt", "§ 85b Abs. 1 AufenthG", amt=True
)
GEMEINSAM = ja_nein(
    "gemeinsamer_antrag", "Antrag von Mann und Mutter gemeinsam", "§ 85c Abs. 1 AufenthG"
)
MITWIRKUNG = ja_nein(
    "mitwirkung", "Beide haben die nötigen Auskünfte gegeben", "§ 85c Abs. 5 AufenthG"
)
BEFRAGUNG = ja_nein("befragung_noetig", "Eine Befragung ist nötig", amt=True)
BEFRAGT_AM = tag("befragt_am", "Befragt am", amt=True)
RUHEN = ja_nein("ruhen_beantragt", "Beide bitten, das Verfahren ruhen zu lassen")
WEITER = ja_nein("weiter_beantragt", "Beide bitten, das Verfahren fortzusetzen")
TAEUSCHUNG = ja_nein("taeuschung_zustimmung", "Zustimmung durch Täuschung erlangt", amt=True)
KIND_GEBURT = tag("kind_geburt", "Das Kind ist geboren am")
KIND_DEUTSCH = ja_nein("kind_deutsch", "Das Kind ist deutsch", amt=True)
ANGABEN = (
    *(STATUS_EINE, STATUS_ANDERE, AUSNAHME, WOHNUNG_SEIT, AUSNAHME_BELEGT, VERMUTUNG),
    *(GEGENVERMUTUNG, MISSBRAUCH, GEMEINSAM, MITWIRKUNG, BEFRAGUNG, BEFRAGT_AM, RUHEN, WEITER),
    *(TAEUSCHUNG, KIND_GEBURT, KIND_DEUTSCH),
)


def _in_scope(f: Facts) -> bool | None:
    one, other = f.angabe(STATUS_EINE.key), f.angabe(STATUS_ANDERE.key)
    if one is None or other is None:
        return None
    return one in ("deutsch", "unbefristet") and other in GEFAELLE


def _exception(f: Facts) -> bool:
    """Whether an exception of § 85a(2) is claimed and proven."""
    kind = f.angabe(AUSNAHME.key)
    if kind in (None, "keine"):
        return False
    if kind == "leiblich":
        part = next((p for p in reversed(f.participations) if p.kind.key == LABOR.key), None)
        if part is not None:
            return part.state is PartState.CONSENTED
    if kind == "wohnung":
        since, length = f.angabe(WOHNUNG_SEIT.key), f.law.zahl("vaterschaft.wohnung")
        if since is None or length is None or plus(since, length) > f.stichtag:
            return False
    return bool(f.angabe(AUSNAHME_BELEGT.key))


@guard("Eine Zustimmung ist nicht nötig", "§ 85a Abs. 1 und 2 AufenthG")
def keine_zustimmung_noetig(f: Facts) -> Reason | None:
    scope = _in_scope(f)
    if scope is None:
        return Reason("Der Aufenthaltsstatus beider Seiten ist nicht festgestellt.")
    if not scope or _exception(f):
        return None
    return Reason("Der Fall braucht die Zustimmung; eine Ausnahme ist nicht belegt.")


@guard("Die Anerkennung braucht die Zustimmung", "§ 85a Abs. 1 und 2 AufenthG")
def zustimmung_noetig(f: Facts) -> Reason | None:
    scope = _in_scope(f)
    if scope is None:
        return Reason("Der Aufenthaltsstatus beider Seiten ist nicht festgestellt.")
    if not scope:
        return Reason("Zwischen beiden Seiten besteht kein aufenthaltsrechtliches Gefälle.")
    return Reason("Eine Ausnahme ist belegt.") if _exception(f) else None


def _missbrauch(f: Facts) -> Finding:
    found = f.angabe(MISSBRAUCH.key)
    if found:
        return not_met("Der Missbrauch ist festgestellt.", "§ 85b Abs. 1 AufenthG")
    if found is False:
        return met("Ein Missbrauch ist nicht festgestellt.", "§ 85b Abs. 1 AufenthG")
    against = f.angabe(GEGENVERMUTUNG.key)
    suspicion = f.angabe(VERMUTUNG.key)
    if suspicion not in (None, "keine"):
        text = f"§ 85b Abs. 2 Nr. {suspicion} spricht für Missbrauch; er ist festzustellen oder"
        return check(f"{text} zu verneinen.", "§ 85b Abs. 2 AufenthG")
    if against not in (None, "keine"):
        return met(f"§ 85b Abs. 3 Nr. {against} spricht gegen Missbrauch.", "§ 85b Abs. 3 AufenthG")
    return check("Ob die Anerkennung missbräuchlich ist, ist noch nicht geprüft.")


missbrauch = Regel(_missbrauch, (VERMUTUNG.key, GEGENVERMUTUNG.key, MISSBRAUCH.key))


@guard("Die Befragung wurde versäumt", "§ 85c Abs. 3 Satz 3 AufenthG")
def befragung_versaeumt(f: Facts) -> Reason | None:
    return None if f.missed_appointment else Reason("Kein Termin ist versäumt.")


@guard("Die Rücknahme ist noch möglich", "§ 85d AufenthG")
def ruecknahme_moeglich(f: Facts) -> Reason | None:
    key = "RUECKNAHME_KIND" if _older_german_child(f) else "RUECKNAHME"
    uhr = f.uhren.get(key)
    if uhr is not None and uhr.due is not None and f.today <= uhr.due:
        return None
    until = f" Sie war bis {german(uhr.due)} möglich." if uhr and uhr.due else ""
    return Reason(f"Die Frist der Rücknahme ist vorbei.{until}")


def _older_german_child(f: Facts) -> bool:
    born, age = f.angabe(KIND_GEBURT.key), f.law.zahl("vaterschaft.kind.alter")
    if not f.angabe(KIND_DEUTSCH.key) or born is None or age is None:
        return False
    return years_later(born, int(age.value)) <= f.today


AUSREISEPFLICHTIG = Bedingung(
    "die andere Seite ist ausreisepflichtig",
    lambda f: f.angabe(STATUS_ANDERE.key) == "ausreisepflichtig",
)
IM_AUSLAND = Bedingung(
    "die andere Seite ist im Ausland", lambda f: f.angabe(STATUS_ANDERE.key) == "ausland"
)
LEIBLICH = Bedingung("leiblicher Vater", lambda f: f.angabe(AUSNAHME.key) == "leiblich")
