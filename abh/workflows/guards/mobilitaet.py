"""Guards of the long-term mobility with another Member State's Blue Card (§§ 18i, 81(6a))."""

from __future__ import annotations

from abh.kernel.errors import Reason
from abh.workflows.definition import guard
from abh.workflows.facts import Facts, german


@guard("Es ist ein Mobilitätsfall", "§ 18i AufenthG")
def mobilitaetsfall(f: Facts) -> Reason | None:
    return None if f.mobility.applies else Reason("Es ist kein Fall der Mobilität.")


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
