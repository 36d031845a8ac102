"""Shortage occupations of the EU Blue Card by ISCO-08 group (§ 18g(1) S. 2 Nr. 1 AufenthG)."""

from __future__ import annotations

import re
from datetime import date

from abh.kernel.errors import FieldProblem, InvalidInput
from abh.kernel.rechtsstand import Rechtsstand

_CODE = re.compile(r"[0-9]{1,4}")


def _in_groups(isco: str, groups: tuple[str, ...]) -> bool:
    if not _CODE.fullmatch(isco):
        raise InvalidInput([FieldProblem("isco", "ISCO-08 hat ein bis vier Ziffern, z. B. 2512")])
    return isco.startswith(groups)


def is_shortage(isco: str, stichtag: date, recht: Rechtsstand) -> bool:
    """Say whether the occupation belongs to a shortage group on ``stichtag``.

    ``isco`` is an ISCO-08 code of one to four digits; a code shorter than the group it would need
    is not enough. Raises ``InvalidInput`` for anything else, ``LawMissing`` for an unknown day.
    """
    return _in_groups(isco, recht.value("blaue_karte.engpassberufe", stichtag).liste)


def is_it_group(isco: str, stichtag: date, recht: Rechtsstand) -> bool:
    """Say whether the occupation is open to IT specialists without a degree (§ 18g(2))."""
    return _in_groups(isco, recht.value("blaue_karte.it.gruppen", stichtag).liste)
