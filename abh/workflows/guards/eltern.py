"""Rules for parents and other relatives (§§ 28, 36, 36a AufenthG)."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, text
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, german
from abh.workflows.guards import familie as fam
from abh.workflows.guards.basis import met, not_met
from abh.workflows.guards.regeln import Regel, alle, angegeben, ja, kein_wert, nein, plus, unbekannt

ADULT = "familie.kind.volljaehrig"
SKILLED_SINCE = "familie.eltern_fachkraft.ab"
LAW = (ADULT, SKILLED_SINCE)

KIND_GEBURT = tag("kind_geburt", "Geburtstag des Kindes im Bundesgebiet", "§ 28, § 36 AufenthG")
KIND_LEDIG = ja_nein("kind_ledig", "Das Kind ist ledig", "§ 28 Abs. 1 AufenthG")
SORGE_AUSGEUEBT = ja_nein(
    "sorge_ausgeuebt",
    "Die Personensorge wird ausgeübt oder soll ausgeübt werden",
    "§ 28 Abs. 1 Satz 1 Nr. 3 AufenthG",
)
GEMEINSCHAFT_GELEBT = ja_nein(
    "gemeinschaft_gelebt",
    "Die familiäre Gemeinschaft wird schon im Bundesgebiet gelebt",
    "§ 28 Abs. 1 Satz 4 AufenthG",
)
KIND_IN_AUSBILDUNG = ja_nein(
    "kind_in_ausbildung",
    "Das erwachsene Kind lebt mit dem Elternteil und ist in anerkannter Ausbildung",
    "§ 28 Abs. 3 Satz 2 AufenthG",
)
KIND_ASYLANTRAG = tag("kind_asylantrag_am", "Asylantrag des Kindes vom", "§ 36 Abs. 1 AufenthG")
ELTERNTEIL_HIER = ja_nein(
    "sorgeberechtigter_elternteil_hier",
    "Ein personensorgeberechtigter Elternteil ist schon im Bundesgebiet",
    "§ 36 Abs. 1, § 36a Abs. 1 Satz 2 AufenthG",
)
HAERTE = text(
    "aussergewoehnliche_haerte",
    "Umstände der außergewöhnlichen Härte",
    "§ 36 Abs. 2 AufenthG",
    amt=True,
)
HAERTE_BEJAHT = ja_nein(
    "aussergewoehnliche_haerte_bejaht",
    "Eine außergewöhnliche Härte liegt vor",
    "§ 36 Abs. 2 AufenthG",
    amt=True,
)
FACHKRAFT_ERSTMALS = tag(
    "fachkraft_titel_erstmals_am",
    "Titel als Fachkraft erstmals erteilt am",
    "§ 36 Abs. 3 Satz 1 AufenthG",
)
SCHWIEGERELTERN = ja_nein(
    "eltern_des_ehegatten", "Eltern des Ehegatten der Fachkraft", "§ 36 Abs. 3 Satz 1 AufenthG"
)
EHEGATTE_DAUERHAFT = ja_nein(
    "ehegatte_dauerhaft_hier",
    "Der Ehegatte der Fachkraft ist dauerhaft im Bundesgebiet",
    "§ 36 Abs. 3 Satz 1 AufenthG",
    amt=True,
)
ANGABEN = (
    KIND_GEBURT,
    KIND_LEDIG,
    SORGE_AUSGEUEBT,
    GEMEINSCHAFT_GELEBT,
    KIND_IN_AUSBILDUNG,
    KIND_ASYLANTRAG,
    ELTERNTEIL_HIER,
    HAERTE,
    HAERTE_BEJAHT,
    FACHKRAFT_ERSTMALS,
    SCHWIEGERELTERN,
    EHEGATTE_DAUERHAFT,
)


def kind_volljaehrig_am(f: Facts) -> date | None:
    """Return the eighteenth birthday of the child, where it is known."""
    born, years = f.angabe(KIND_GEBURT.key), f.law.zahl(ADULT)
    return None if born is None or years is None else plus(born, years)


def _kind_minderjaehrig(f: Facts) -> Finding:
    if f.law.zahl(ADULT) is None:
        return kein_wert(f, ADULT)
    day = kind_volljaehrig_am(f)
    if day is None:
        return unbekannt(KIND_GEBURT)
    text_ = f"Das Kind wird am {german(day)} volljährig."
    return met(text_) if f.stichtag < day else not_met(text_)


def _kind_volljaehrig(f: Facts) -> Finding:
    day = kind_volljaehrig_am(f)
    if day is None:
        return unbekannt(KIND_GEBURT)
    text_ = f"Das Kind wurde am {german(day)} volljährig."
    return met(text_) if day <= f.stichtag else not_met(f"{text_} Es ist noch minderjährig.")


def _kind_bei_asylantrag(f: Facts) -> Finding:
    """The child counts as minor if it was one on its asylum application (CJEU, C-550/16)."""
    day = kind_volljaehrig_am(f)
    if day is None:
        return unbekannt(KIND_GEBURT)
    if f.stichtag < day:
        return met(f"Das Kind ist bis zum {german(day)} minderjährig.")
    asked, known = f.angabe(KIND_ASYLANTRAG.key), f.angabe(fam.SCHUTZ_UNANFECHTBAR.key)
    limit = f.law.zahl(fam.PRIVILEGE)
    for angabe, value in ((KIND_ASYLANTRAG, asked), (fam.SCHUTZ_UNANFECHTBAR, known)):
        if value is None:
            return unbekannt(angabe)
    if limit is None or f.received_on is None:
        return kein_wert(f, fam.PRIVILEGE)
    until = plus(known, limit)
    norm = "§ 36 Abs. 1 AufenthG, EuGH C-550/16"
    text_ = (
        f"Volljährig seit {german(day)}, Asylantrag vom {german(asked)}, Antrag der Eltern vom "
        f"{german(f.received_on)} (möglich bis {german(until)})."
    )
    if asked < day and f.received_on <= until:
        return met(text_, norm)
    return not_met(text_, norm)


kind_minderjaehrig = alle(
    _kind_minderjaehrig, ja(KIND_LEDIG, "Das Kind ist ledig.", "Das Kind ist nicht ledig.")
)
sorge = ja(
    SORGE_AUSGEUEBT, "Die Personensorge wird ausgeübt.", "Die Personensorge wird nicht ausgeübt."
)
gemeinschaft = ja(
    GEMEINSCHAFT_GELEBT,
    "Die familiäre Gemeinschaft wird gelebt.",
    "Die familiäre Gemeinschaft wird nicht gelebt.",
)
erwachsenes_kind = alle(
    Regel(_kind_volljaehrig, (KIND_GEBURT.key,)),
    ja(
        KIND_IN_AUSBILDUNG,
        "Das Kind lebt hier mit und ist in Ausbildung.",
        "Das Kind lebt nicht mit oder ist nicht in Ausbildung.",
    ),
)
kein_elternteil = nein(
    ELTERNTEIL_HIER,
    "Kein sorgeberechtigter Elternteil ist im Bundesgebiet.",
    "Ein sorgeberechtigter Elternteil ist schon im Bundesgebiet.",
)
kind_mit_schutz = alle(
    Regel(
        _kind_bei_asylantrag, (KIND_GEBURT.key, KIND_ASYLANTRAG.key, fam.SCHUTZ_UNANFECHTBAR.key)
    ),
    kein_elternteil,
)
haerte = alle(
    angegeben(HAERTE),
    ja(
        HAERTE_BEJAHT,
        "Eine außergewöhnliche Härte liegt vor.",
        "Eine außergewöhnliche Härte liegt nicht vor.",
    ),
)


def _fachkraft(f: Facts) -> Finding:
    days = f.law.listen.get(SKILLED_SINCE)
    if days is None:
        return kein_wert(f, SKILLED_SINCE)
    first, given = min(date.fromisoformat(day) for day in days), f.angabe(FACHKRAFT_ERSTMALS.key)
    if given is None:
        return unbekannt(FACHKRAFT_ERSTMALS)
    text_ = f"Titel als Fachkraft erstmals am {german(given)}; nötig ab dem {german(first)}."
    if given < first:
        return not_met(text_)
    if f.angabe(SCHWIEGERELTERN.key) is True:
        stays = f.angabe(EHEGATTE_DAUERHAFT.key)
        if stays is None:
            return unbekannt(EHEGATTE_DAUERHAFT)
        if not stays:
            return not_met(f"{text_} Der Ehegatte ist nicht dauerhaft im Bundesgebiet.")
    return met(text_)


fachkraft = Regel(_fachkraft, (FACHKRAFT_ERSTMALS.key, SCHWIEGERELTERN.key, EHEGATTE_DAUERHAFT.key))
