"""Which events of one case open, or end, another: the links of the way from entry to citizenship.

A table, so that a clerk sees at the case what follows and a jurist can read it as a whole. The
engine proposes; a clerk opens the case, because facts of another person or another ground have to
be looked at first (§ 24 VwVfG NRW).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from abh.workflows import registry

ANY = "*"


@dataclass(frozen=True, slots=True)
class Folge:
    """An event and the Verfahren it opens.

    ``aus`` are the keys of the Verfahren in whose cases it can happen (``ANY``: in all),
    ``zustaende`` the states in which it is proposed (empty: in all). ``variante`` is preset.
    ``other_person``: the new case is about somebody else (a child, a spouse). ``gemeinsam``: both
    are to be decided together (§ 81(6) AufenthG). ``same_company``: the employer goes on following.
    """

    key: str
    label: str
    norm: str
    aus: frozenset[str]
    nach: str
    variante: str = ""
    zustaende: frozenset[str] = frozenset()
    other_person: bool = False
    gemeinsam: bool = False
    same_company: bool = False
    # the step that opens the new case, where it is not the application
    schritt: str = ""


_WORK = frozenset({"P01", "P02", "P03", "P04", "P05", "P35"})
_FAMILY = frozenset({"P11", "P12", "P13"})
_GIVEN = frozenset({"granted", "card_in_production", "card_ready", "issued"})
_ENTERED = frozenset({"handed_over"})
_LOST = frozenset({"refused", "refused_final"})

FOLGEN: tuple[Folge, ...] = (
    Folge(
        "geburt",
        "Geburt eines Kindes im Inland",
        "§ 33 AufenthG",
        frozenset({ANY}),
        "P12",
        "geburt",
        other_person=True,
        schritt="geburt_erfassen",
    ),
    Folge(
        "familie",
        "Ehegatte beantragt mit",
        "§ 81 Abs. 6 AufenthG",
        _WORK,
        "P11",
        "auslaender",
        other_person=True,
        gemeinsam=True,
    ),
    Folge(
        "kind",
        "Kind beantragt mit",
        "§ 81 Abs. 6 AufenthG",
        _WORK,
        "P12",
        other_person=True,
        gemeinsam=True,
    ),
    Folge(
        "einreise_blaue_karte",
        "Nach der Einreise: Blaue Karte EU erteilen",
        "§ 71 Abs. 1, § 18g AufenthG",
        frozenset({"P28"}),
        "P02",
        zustaende=_ENTERED,
        same_company=True,
    ),
    Folge(
        "einreise_fachkraft",
        "Nach der Einreise: Titel als Fachkraft erteilen",
        "§ 71 Abs. 1, §§ 18a, 18b AufenthG",
        frozenset({"P28"}),
        "P01",
        zustaende=_ENTERED,
        same_company=True,
    ),
    Folge(
        "trennung",
        "Trennung der Ehegatten",
        "§ 31 AufenthG",
        frozenset({"P11"}),
        "P11",
        "eigenstaendig",
        zustaende=_GIVEN,
        schritt="trennung_erfassen",
    ),
    Folge(
        "tod",
        "Ehegatte ist verstorben: eigenständiges Aufenthaltsrecht",
        "§ 31 Abs. 1 Satz 1 Nr. 2 AufenthG",
        frozenset({ANY}),
        "P11",
        "eigenstaendig",
        other_person=True,
        schritt="trennung_erfassen",
    ),
    Folge(
        "schutz",
        "Schutz zuerkannt (Bescheid des BAMF)",
        "§ 25 Abs. 1 bis 3 AufenthG",
        frozenset({"P23", "P20"}),
        "P17",
    ),
    Folge(
        "job_ende",
        "Beschäftigung endet vorzeitig",
        "§ 82 Abs. 6, § 4a Abs. 5 AufenthG",
        _WORK,
        "P30",
        zustaende=_GIVEN,
    ),
    Folge(
        "wechsel",
        "Wechsel des Arbeitgebers",
        "§ 4a Abs. 3, § 18g Abs. 4 AufenthG",
        _WORK,
        "P30",
        zustaende=_GIVEN,
    ),
    Folge(
        "karte",
        "Karte verloren oder neuer Pass",
        "§ 57a AufenthV, § 45c AufenthV",
        frozenset({ANY}),
        "P31",
        zustaende=frozenset({"issued"}),
    ),
    Folge(
        "fiktion",
        "Bescheinigung der Fiktionswirkung",
        "§ 81 Abs. 5 AufenthG",
        frozenset({ANY}),
        "P24",
    ),
    Folge(
        "fortzug", "Wegzug in einen anderen Bezirk", "§§ 62 ff. AufenthV", frozenset({ANY}), "P34"
    ),
    Folge(
        "duldung",
        "Abschiebung ist ausgesetzt",
        "§ 60a AufenthG",
        frozenset({ANY}),
        "P20",
        zustaende=_LOST,
    ),
    Folge(
        "ausreise",
        "Aufenthalt ist zu beenden",
        "§§ 50, 58, 59 AufenthG",
        frozenset({ANY}),
        "P32",
        zustaende=_LOST,
    ),
    Folge(
        "bleiberecht",
        "Wechsel in ein Bleiberecht",
        "§§ 25a, 25b AufenthG",
        frozenset({"P20", "P21", "P22"}),
        "P18",
    ),
    Folge(
        "dauer",
        "Niederlassungserlaubnis beantragen",
        "§§ 9, 18c, 26, 28 AufenthG",
        _WORK | _FAMILY | {"P17", "P18"},
        "P14",
        zustaende=frozenset({"issued"}),
    ),
    Folge(
        "einbuergerung",
        "Einbürgerung beantragen",
        "§§ 8 ff. StAG",
        # § 10(1) S. 1 Nr. 2 StAG asks for no unlimited title, only for one it does not exclude.
        (_WORK - {"P03"}) | _FAMILY | {"P14", "P15", "P16", "P17", "P18"},
        "P33",
        zustaende=frozenset({"issued"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Ende:
    """A state of one case with which others of the person lose their object by law.

    ``nur`` are the keys of the Verfahren that end (empty: all), ``nicht`` those that go on: they
    are about somebody else, or bind beyond the stay.
    """

    verfahren: str
    state: str
    reason: str
    norm: str
    nur: frozenset[str] = frozenset()
    nicht: frozenset[str] = frozenset()

    def hits(self, verfahren_key: str) -> bool:
        """Whether an open case of this Verfahren has lost its object."""
        return verfahren_key not in self.nicht and (not self.nur or verfahren_key in self.nur)


_AUSREISE = "Ausgereist; die Aussetzung der Abschiebung ist damit erloschen"
_DULDUNG = frozenset({"P20", "P21", "P22"})
ENDEN: tuple[Ende, ...] = (
    Ende(
        "P33",
        "naturalised",
        "Eingebürgert; das Aufenthaltsgesetz gilt für diese Person nicht mehr",
        "§ 2 Abs. 1 AufenthG, § 43 Abs. 2 VwVfG NRW",
        # Liability for others, visas of others, a file on its way and the paternity of a child
        # do not end because one becomes German.
        nicht=frozenset({"P26", "P27", "P28", "P33", "P34", "P37"}),
    ),
    Ende("P32", "departed", _AUSREISE, "§ 60a Abs. 5 Satz 1 AufenthG", nur=_DULDUNG),
    Ende("P32", "removed", _AUSREISE, "§ 60a Abs. 5 Satz 1 AufenthG", nur=_DULDUNG),
)


# The death of the person; not the end of a state but news from outside (``todesfall``).
TOD = Ende(
    ANY,
    "",
    "Die Person ist verstorben",
    "§ 43 Abs. 2 VwVfG NRW",
    # The heirs answer for a commitment, a file goes its way, the paternity concerns a child.
    nicht=frozenset({"P26", "P34", "P37"}),
)


def ende_of(verfahren_key: str, state: str) -> Ende | None:
    """Return what entering this state ends in other cases of the person, if anything."""
    return next((e for e in ENDEN if (e.verfahren, e.state) == (verfahren_key, state)), None)


def folgen_of(verfahren_key: str, state: str) -> tuple[Folge, ...]:
    """Return what can follow from a case in this state, of the Verfahren that this release has."""
    known = set(registry.known_keys())
    return tuple(
        folge
        for folge in FOLGEN
        if folge.nach in known
        and (ANY in folge.aus or verfahren_key in folge.aus)
        and (not folge.zustaende or state in folge.zustaende)
        and not (ANY in folge.aus and folge.nach == verfahren_key)
    )


def by_key(key: str) -> Folge | None:
    """Return one row of the table, or nothing."""
    return next((folge for folge in FOLGEN if folge.key == key), None)


def faults(folgen: Iterable[Folge] = FOLGEN, enden: Iterable[Ende] = ENDEN) -> list[str]:
    """Return rows that name what the published Verfahren do not have."""
    known = set(registry.known_keys())
    found = [
        f"{ende.verfahren}: den Zustand {ende.state} gibt es nicht"
        for ende in enden
        if ende.verfahren not in known or registry.newest(ende.verfahren).state(ende.state) is None
    ]
    found += [
        f"{ende.verfahren}: Verfahren {key} gibt es nicht"
        for ende in enden
        for key in sorted((ende.nur | ende.nicht) - known)
    ]
    for folge in folgen:
        if folge.nach not in known:
            found.append(f"{folge.key}: Verfahren {folge.nach} gibt es nicht")
            continue
        target = registry.newest(folge.nach)
        if folge.variante and folge.variante not in {v.key for v in target.varianten}:
            found.append(f"{folge.key}: {folge.nach} kennt die Variante {folge.variante} nicht")
        if folge.schritt and folge.schritt not in {step.key for step in target.openings}:
            found.append(f"{folge.key}: {folge.nach} beginnt nicht mit {folge.schritt}")
        found += [
            f"{folge.key}: Verfahren {key} gibt es nicht"
            for key in sorted(folge.aus - known - {ANY})
        ]
    return found
