"""What people can apply for, in the order of their lives and not of the law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from abh.workflows.definition import Verfahren


@dataclass(frozen=True, slots=True)
class Thema:
    """A heading people look under, what they find there in a line, and the keys in that order."""

    title: LazyString
    hint: LazyString
    keys: tuple[str, ...]
    verfahren: list[Verfahren] = field(default_factory=list, compare=False)


# Under two headings where people look in both places.
_THEMEN: tuple[tuple[LazyString, LazyString, tuple[str, ...]], ...] = (
    (
        _l("Arbeiten"),
        _l("Blaue Karte, Fachkräfte, Arbeit suchen, selbständig sein, Stelle wechseln"),
        ("P02", "P01", "P35", "P30", "P10", "P09", "P08", "P04", "P03", "P05"),
    ),
    (_l("Studieren und lernen"), _l("Studium, Ausbildung, Anerkennung"), ("P06", "P07", "P21")),
    (
        _l("Familie"),
        _l("Ehe, Kinder, Eltern, Geburt, Vaterschaft"),
        ("P11", "P12", "P13", "P37"),
    ),
    (
        _l("Auf Dauer bleiben"),
        _l("unbefristet bleiben, deutsche Staatsangehörigkeit"),
        ("P14", "P15", "P33"),
    ),
    (
        _l("Bürgerinnen und Bürger der EU und ihre Familien"),
        _l("Aufenthaltskarte, Daueraufenthalt"),
        ("P16",),
    ),
    (
        _l("Schutz und Duldung"),
        _l("nach dem Asylverfahren, aus der Ukraine, Duldung, Bleiberecht"),
        ("P17", "P19", "P18", "P20", "P21", "P22", "P29"),
    ),
    (
        _l("Karte, Pass, Besuch"),
        _l("Karte ersetzen, Reiseausweis, jemanden einladen"),
        ("P31", "P25", "P26"),
    ),
    (_l("Für Arbeitgeber"), _l("Fachkräfte schneller nach Deutschland holen"), ("P28",)),
)


def themen(offered: Sequence[Verfahren]) -> list[Thema]:
    """Return what is offered by heading; what no heading names stands under the last, not lost."""
    by_key = {verfahren.key: verfahren for verfahren in offered}
    named = {key for _title, _hint, keys in _THEMEN for key in keys}
    rest = tuple(key for key in by_key if key not in named)
    all_themen = (*_THEMEN, (_l("Anderes"), _l("was oben nicht steht"), rest))
    found = [
        Thema(title, hint, keys, [by_key[key] for key in keys if key in by_key])
        for title, hint, keys in all_themen
    ]
    return [thema for thema in found if thema.verfahren]
