"""Rules of the long-term mobility with another Member State's Blue Card (§§ 18i, 81(6a))."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.angaben import ja_nein, tag
from abh.workflows.checklist import Finding
from abh.workflows.definition import guard
from abh.workflows.facts import Facts, TitleKind, german
from abh.workflows.guards.basis import check, met, not_met, not_needed
from abh.workflows.guards.regeln import Regel, kein_wert, plus

SEIT = tag(
    "blaue_karte_anderswo_seit",
    "Mit der Blauen Karte EU rechtmäßig in dem anderen Mitgliedstaat seit",
    "§ 18i Abs. 1 Satz 1 AufenthG",
    amt=True,
)
BIS = tag(
    "blaue_karte_anderswo_bis",
    "Blaue Karte EU des anderen Mitgliedstaats gültig bis",
    "§ 18i Abs. 1 Satz 1 AufenthG",
    amt=True,
)
WIEDERHOLT = ja_nein(
    "mobilitaet_wiederholt",
    "Schon früher mit der Blauen Karte EU in einen weiteren Mitgliedstaat gezogen",
    "§ 18i Abs. 3 AufenthG",
    amt=True,
)
ANGABEN = (SEIT, BIS, WIEDERHOLT)
ERSTE, WEITERE = "mobilitaet.voraufenthalt", "mobilitaet.voraufenthalt.wiederholt"
ABSCHLUSS = "mobilitaet.abschluss.gilt"
LAW = (ERSTE, WEITERE, ABSCHLUSS)


def is_mobility(f: Facts) -> bool:
    """Whether the application rests on the Blue Card of another Member State."""
    return f.mobility.applies or f.title_kind is TitleKind.BLAUE_KARTE_ANDERER_STAAT


def degree_deemed(f: Facts) -> bool:
    """§ 18i(1) S. 2: after two years with the other state's card the degree counts as proven."""
    since, length = f.angabe(SEIT.key), f.law.zahl(ABSCHLUSS)
    if not is_mobility(f) or since is None or length is None:
        return False
    return plus(since, length) <= f.stichtag


def _voraufenthalt(f: Facts) -> Finding:
    """M1: a valid card of the other state, and twelve months of stay there; six when repeated."""
    if not is_mobility(f):
        return not_needed("kein Fall der Mobilität aus einem anderen Mitgliedstaat.")
    since, until = f.angabe(SEIT.key), f.angabe(BIS.key)
    key = WEITERE if f.angabe(WIEDERHOLT.key) else ERSTE
    length = f.law.zahl(key)
    if length is None:
        return kein_wert(f, key)
    if since is None or until is None:
        return check("Beginn und Ende der Karte des anderen Mitgliedstaats sind nicht geprüft.")
    if until < (f.received_on or f.stichtag):
        return not_met(f"Die Karte des anderen Mitgliedstaats galt nur bis {german(until)}.")
    full = plus(since, length)
    text = f"Dort seit {german(since)}; nötig sind {length.value} Monate, also bis {german(full)}."
    return met(text) if full <= f.stichtag else not_met(text)


VORAUFENTHALT = Regel(_voraufenthalt, tuple(one.key for one in ANGABEN))


@guard("Es ist ein Mobilitätsfall", "§ 18i AufenthG")
def mobilitaetsfall(f: Facts) -> Reason | None:
    return None if is_mobility(f) else Reason("Es ist kein Fall der Mobilität.")


@guard("Die 30-Tage-Frist läuft noch und ist nicht verlängert", "§ 18i AufenthG")
def mobilitaet_verlaengerbar(f: Facts) -> Reason | None:
    if f.mobility.extended:
        return Reason("Die Frist ist schon einmal verlängert.")
    until = f.mobility.decide_by
    if until is None:
        return Reason("Die 30-Tage-Frist läuft noch nicht.")
    return None if f.today <= until else Reason(f"Die Frist endete am {german(until)}.")


@guard("30 Tage sind um, die Arbeit ist noch nicht vermerkt", "§ 81 Abs. 6a AufenthG")
def arbeit_nach_81_6a(f: Facts) -> Reason | None:
    if f.mobility.work_noted:
        return Reason("Die Erlaubnis zu arbeiten ist schon vermerkt.")
    until = f.mobility.decide_by
    if until is None:
        return Reason("Die 30-Tage-Frist läuft noch nicht.")
    return None if f.today > until else Reason(f"Die Frist läuft noch bis {german(until)}.")


@guard("Der andere Mitgliedstaat ist noch nicht unterrichtet", "§ 91f AufenthG")
def mitgliedstaat_offen(f: Facts) -> Reason | None:
    if f.mobility.member_state_notified:
        return Reason("Der andere Mitgliedstaat ist schon unterrichtet.")
    return None
