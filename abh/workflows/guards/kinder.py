"""Rules of child reunification and birth (§§ 28, 32-34, 37 AufenthG)."""

from __future__ import annotations

from datetime import date

from abh.workflows.angaben import ja_nein, tag, wahl, zahl
from abh.workflows.checklist import Finding
from abh.workflows.facts import Facts, german
from abh.workflows.guards import familie as fam
from abh.workflows.guards.basis import ask, check, met, not_met, not_needed
from abh.workflows.guards.ehegatten import SPRACHE
from abh.workflows.guards.regeln import (
    Regel,
    alle,
    birthday,
    eines,
    ja,
    kein_wert,
    mindestens,
    plus,
    unbekannt,
)

ADULT = "familie.kind.volljaehrig"
SIXTEEN = "familie.kind.eigener_nachzug"
FINGERS = "biometrie.fingerabdruck.alter"
SIGNS = "biometrie.unterschrift.alter"
RETURN = (
    "familie.wiederkehr.aufenthalt",
    "familie.wiederkehr.schule",
    "familie.wiederkehr.frist",
    "familie.wiederkehr.alter.ab",
    "familie.wiederkehr.alter.vor",
)
BIRTH = "familie.geburt.antrag"
AHEAD = "familie.alter.wiedervorlage"
LAW = (ADULT, SIXTEEN, FINGERS, SIGNS, *RETURN)

LEDIG = ja_nein("kind_ledig", "Das Kind ist ledig", "§ 32 Abs. 1 AufenthG")
ELTERN = wahl(
    "eltern_titel",
    "Wer von den Eltern einen Titel besitzt",
    {
        "beide": "beide Eltern",
        "allein": "der allein personensorgeberechtigte Elternteil",
        "einer": "ein Elternteil bei gemeinsamer Sorge",
        "keiner": "kein personensorgeberechtigter Elternteil",
    },
    "§ 32 Abs. 1 und 3, § 33 AufenthG",
)
EINVERSTANDEN = ja_nein(
    "anderer_elternteil_einverstanden",
    "Der andere Elternteil ist einverstanden, oder eine Entscheidung ersetzt das",
    "§ 32 Abs. 3 AufenthG",
)
ZIEHT_MIT = ja_nein(
    "zieht_mit_eltern", "Das Kind zieht zusammen mit den Eltern um", "§ 32 Abs. 2 Satz 1 AufenthG"
)
PROGNOSE = ja_nein(
    "kann_sich_einfuegen",
    "Das Kind kann sich nach Ausbildung und Lebensverhältnissen einfügen",
    "§ 32 Abs. 2 Satz 1 AufenthG",
    amt=True,
)
HAERTE_KIND = ja_nein(
    "besondere_haerte_kind",
    "Der Nachzug ist zur Vermeidung einer besonderen Härte nötig",
    "§ 32 Abs. 4 AufenthG",
    amt=True,
)
GEBOREN_IM_INLAND = ja_nein(
    "geboren_im_inland", "Das Kind ist im Bundesgebiet geboren", "§ 33 AufenthG"
)
LEBT_MIT_ELTERNTEIL = ja_nein(
    "lebt_mit_elternteil",
    "Das Kind lebt mit einem sorgeberechtigten Elternteil zusammen, der einen Titel besitzt",
    "§ 34 Abs. 1 AufenthG",
)
WIEDERKEHRRECHT = ja_nein(
    "wiederkehrrecht",
    "Nach einer Ausreise hätte das Kind ein Recht auf Wiederkehr",
    "§ 34 Abs. 1 AufenthG",
    amt=True,
)
JAHRE_AUFENTHALT = zahl(
    "jahre_vor_ausreise",
    "Rechtmäßiger Aufenthalt vor der Ausreise",
    "Jahre",
    "§ 37 Abs. 1 AufenthG",
)
JAHRE_SCHULE = zahl(
    "jahre_schule", "Schulbesuch im Bundesgebiet vor der Ausreise", "Jahre", "§ 37 Abs. 1 AufenthG"
)
AUSREISE = tag("ausgereist_am", "Ausgereist am", "§ 37 Abs. 1 Satz 1 Nr. 3 AufenthG")
VERSAGUNGSGRUND_37 = ja_nein(
    "versagungsgrund_37",
    "Ein Versagungsgrund des § 37 Abs. 3 liegt vor",
    "§ 37 Abs. 3 AufenthG",
    amt=True,
)
ANGABEN = (
    LEDIG,
    ELTERN,
    EINVERSTANDEN,
    ZIEHT_MIT,
    PROGNOSE,
    HAERTE_KIND,
    GEBOREN_IM_INLAND,
    LEBT_MIT_ELTERNTEIL,
    WIEDERKEHRRECHT,
    JAHRE_AUFENTHALT,
    JAHRE_SCHULE,
    AUSREISE,
    VERSAGUNGSGRUND_37,
    SPRACHE,
)
FREI_VON_16 = fam.titel_ist(*fam.SCHUTZ, *fam.FACHKRAEFTE)


def am_tag_des_antrags(f: Facts) -> date | None:
    """The day on which the age of a child counts: that of the application, ex officio today."""
    return f.received_on or f.stichtag


def _minderjaehrig(f: Facts) -> Finding:
    years = f.law.zahl(ADULT)
    if years is None:
        return kein_wert(f, ADULT)
    day, counts = birthday(f, int(years.value)), am_tag_des_antrags(f)
    if day is None or counts is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    text = f"Volljährig am {german(day)}; maßgeblich ist der Tag des Antrags, {german(counts)}."
    return met(text) if counts < day else not_met(text)


def _noch_minderjaehrig(f: Facts) -> Finding:
    years = f.law.zahl(ADULT)
    day = None if years is None else birthday(f, int(years.value))
    if day is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    text = f"Volljährig am {german(day)}."
    return met(text) if f.stichtag < day else not_met(f"{text} Dann gilt § 34 Abs. 2 und 3.")


def _volljaehrig(f: Facts) -> Finding:
    years = f.law.zahl(ADULT)
    day = None if years is None else birthday(f, int(years.value))
    if day is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    text = f"Volljährig am {german(day)}."
    return met(text) if day <= f.stichtag else not_met(text)


ledig = ja(LEDIG, "Das Kind ist ledig.", "Das Kind ist nicht ledig.")
minderjaehrig_und_ledig = alle(_minderjaehrig, ledig)
noch_minderjaehrig, volljaehrig = Regel(_noch_minderjaehrig), Regel(_volljaehrig)


def eltern(*erlaubt: str) -> Regel:
    """Who of the parents holds a title; § 29(3) and § 36a bar some titles."""

    def rule(f: Facts) -> Finding:
        who = f.angabe(ELTERN.key)
        if who is None:
            return unbekannt(ELTERN)
        if who not in erlaubt:
            return not_met(f"Einen Titel besitzt: {ELTERN.words(who)}.")
        barred = fam.nachzug_zulaessig(f)
        return barred or met(f"Einen Titel besitzt: {ELTERN.words(who)}.")

    reads = (ELTERN.key, fam.TITEL_STAMMBERECHTIGT.key, fam.TITEL_STAMMBERECHTIGT_BIS.key)
    return Regel(rule, (*reads, fam.HUMANITAERER_GRUND.key))


def eltern_bei_geburt(*erlaubt: str) -> Regel:
    """Whose title the child born here follows (§ 33)."""

    def rule(f: Facts) -> Finding:
        who = f.angabe(ELTERN.key)
        if who is None:
            return unbekannt(ELTERN)
        text = f"Einen Titel besaß bei der Geburt: {ELTERN.words(who)}."
        return met(text) if who in erlaubt else not_met(text)

    return alle(
        ja(GEBOREN_IM_INLAND, "Im Bundesgebiet geboren.", "Nicht im Bundesgebiet geboren."),
        Regel(rule, (ELTERN.key,)),
    )


einverstanden = ja(
    EINVERSTANDEN,
    "Der andere Elternteil ist einverstanden, oder eine Entscheidung ersetzt das.",
    "Das Einverständnis des anderen Elternteils fehlt.",
    "§ 32 Abs. 3 AufenthG",
)


def _ab_sechzehn(f: Facts) -> Finding:
    years = f.law.zahl(SIXTEEN)
    if years is None:
        return kein_wert(f, SIXTEEN)
    day, counts = birthday(f, int(years.value)), am_tag_des_antrags(f)
    if day is None or counts is None:
        return ask("Das Geburtsdatum ist nicht bekannt.")
    if counts < day:
        return not_needed(f"das Kind wird erst am {german(day)} {years.value} Jahre alt.")
    if FREI_VON_16(f):
        return not_needed("Titel der Eltern.", "§ 32 Abs. 2 Satz 2 AufenthG")
    moves = f.angabe(ZIEHT_MIT.key)
    if moves is None:
        return unbekannt(ZIEHT_MIT)
    if moves:
        return not_needed("das Kind zieht zusammen mit den Eltern um.")
    level, forecast = f.angabe(SPRACHE.key), f.angabe(PROGNOSE.key)
    if level == "c1" or forecast is True:
        return met("C1 oder günstige Prognose liegt vor.")
    if forecast is None:
        return unbekannt(PROGNOSE)
    return not_met(f"Seit dem {german(day)} {years.value} Jahre alt; weder C1 noch Prognose.")


ab_sechzehn = Regel(_ab_sechzehn, (ZIEHT_MIT.key, SPRACHE.key, PROGNOSE.key))
verlaengerung_34 = alle(
    noch_minderjaehrig,
    eines(
        ja(
            LEBT_MIT_ELTERNTEIL,
            "Das Kind lebt mit einem Elternteil, der einen Titel besitzt.",
            "Das Kind lebt nicht mit einem Elternteil, der einen Titel besitzt.",
        ),
        ja(
            WIEDERKEHRRECHT,
            "Das Kind hätte ein Recht auf Wiederkehr.",
            "Ein Recht auf Wiederkehr bestünde nicht.",
        ),
    ),
)


def _wiederkehr_zeit(f: Facts) -> Finding:
    limits = [f.law.zahl(key) for key in RETURN[2:]]
    span, after, before = limits
    left, asked = f.angabe(AUSREISE.key), f.received_on
    if span is None or after is None or before is None:
        return kein_wert(f, RETURN[2])
    if left is None:
        return unbekannt(AUSREISE)
    first, last = birthday(f, int(after.value)), birthday(f, int(before.value))
    if first is None or last is None or asked is None:
        return ask("Das Geburtsdatum oder der Tag des Antrags ist nicht bekannt.")
    until = plus(left, span)
    text = (
        f"Antrag vom {german(asked)}; möglich vom {german(first)} bis vor den {german(last)}, "
        f"höchstens bis vor Ablauf des {german(until)}."
    )
    return met(text) if first <= asked < last and asked < until else not_met(text)


wiederkehr = alle(
    mindestens(JAHRE_AUFENTHALT, RETURN[0]),
    mindestens(JAHRE_SCHULE, RETURN[1]),
    Regel(_wiederkehr_zeit, (AUSREISE.key,)),
)


def biometrie(f: Facts) -> Finding:
    """B10 for children: what is taken depends on the age."""
    if f.biometrics_on is not None:
        if f.biometrics_usable:
            return met(f"Aufgenommen am {german(f.biometrics_on)} und verwendbar.")
        return check(f"Die Aufnahme vom {german(f.biometrics_on)} ist nicht verwendbar.")
    wanted = ["Lichtbild"]
    for key, word in ((FINGERS, "Fingerabdrücke"), (SIGNS, "Unterschrift")):
        years = f.law.zahl(key)
        day = None if years is None else birthday(f, int(years.value))
        if day is None or day <= f.stichtag:
            wanted.append(word)
    return check(f"Es fehlen: {', '.join(wanted)}; ein Termin ist nötig.")


def kommender_geburtstag(f: Facts, law_key: str) -> date | None:
    """Return the birthday on which the age of the law is reached, if it lies ahead."""
    years = f.law.zahl(law_key)
    day = None if years is None else birthday(f, int(years.value))
    return day if day is not None and day > f.today else None


def geburt_mit_frist(f: Facts) -> date | None:
    """Return the day of birth as long as the six months of § 81(2) S. 2 can still run."""
    length = f.law.zahl(BIRTH)
    if f.birth is None or length is None or plus(f.birth.latest, length) < f.today:
        return None
    return f.birth.latest
