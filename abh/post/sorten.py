"""What kind of item it is, by rules that a person can read; courts and Eilanträge ring a bell.

Pure. Rules come in order, the first that fits decides; what none knows is left to the text model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# How much of a letter is its head: sender, reference, subject.
_HEAD = 700


@dataclass(frozen=True, slots=True)
class Words:
    """What an item consists of for sorting; ``letter_code``: our own code is on its first page."""

    sender: str = ""
    subject: str = ""
    body: str = ""
    letter_code: bool = False


@dataclass(frozen=True, slots=True)
class Sorted:
    """A kind with its reason in a German sentence, and how sure (0 to 1; a rule is 1)."""

    kind: str
    reason: str
    sure: float = 1.0


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_COURT = _rule(
    r"\b(?:(?:ober|bundes)?verwaltungsgericht|(?:ober)?landesgericht|landgericht|amtsgericht"
    r"|sozialgericht|verfassungsgericht(?:shof)?|geschäftsstelle de[rs] .{0,20}(?:kammer|senats))\b"
)
_COURT_SENDER = _rule(r"gericht\b|gericht[ -]|@(?:[\w.-]+\.)?(?:justiz\.[\w.]+|o?vg-[\w.-]+)>?$")
# 27 L 1234/26, 8 K 17/26.A, 18 B 500/26: how administrative courts number.
_COURT_NUMBER = _rule(r"(?<![\d-])\d{1,2}[a-z]? [KLBAMN] \d{1,5}/\d{2}(?:\.A)?\b")
_EIL = _rule(
    r"\beilantrag|\beilverfahren|einstweilig\w*\s+(?:anordnung|rechtsschutz)|"
    r"§+\s*123\s+(?:abs\.?\s*\d\s+)?vwgo|§+\s*80\s+(?:abs\.?\s*5|v)\s+(?:s\.?\s*1\s+)?vwgo|"
    r"anordnung der aufschiebenden wirkung|wiederherstellung der aufschiebenden wirkung"
)
_LAWYER_HEAD = _rule(
    r"\b(?:rechtsanw[aä]lt\w*|fachanw[aä]lt\w*|anwaltskanzlei|rechtsanwaltskanzlei|kanzlei)\b"
)
_LAWYER_WORDS = _rule(
    r"zeigen? (?:ich|wir) (?:ihnen )?(?:hiermit )?an,? dass|namens und in vollmacht|"
    r"(?:meine[rs]?|unsere[rs]?) mandant"
)
_RETURNED = _rule(
    r"\bunzustellbar|empfänger\w* .{0,40}(?:nicht zu ermitteln|unbekannt|verzogen)|"
    r"undeliver(?:ed|able)|returned to sender|mail delivery (?:failed|subsystem)|mailer-daemon"
)
_AGENCY = _rule(r"\bbundesagentur für arbeit\b|\barbeitsmarktzulassung\b|@arbeitsagentur\.de>?$")
_CONSENT = _rule(r"\bzustimmung|\bversagung|§\s*39 aufenthg|beschv\b|\bvorabzustimmung")
_EMPLOYER = _rule(
    r"§\s*4a\s+(?:abs\.?\s*5\s+)?.{0,20}aufenthg|"
    r"(?:beschäftigung|arbeitsverhältnis)\w* .{0,60}(?:vorzeitig|beendet|gekündigt|aufgelöst)|"
    r"mitteilung des arbeitgebers|meldung des arbeitgebers"
)


def by_rules(words: Words) -> Sorted | None:
    """Return the kind of an item, None when no rule fits.

    The head decides, not a mention further down: who threatens with a court is not one.
    """
    head = f"{words.sender}\n{words.subject}\n{words.body[:_HEAD]}"
    text = f"{words.subject}\n{words.body}"
    lawyer = _LAWYER_HEAD.search(head)
    if hit := _COURT_SENDER.search(words.sender):
        return Sorted("court", f"Regel Gericht: Absender „{words.sender[:80]}“.")
    if words.letter_code:
        return Sorted("returned", "Regel Rücklauf: Unser eigener Brief, an seinem Code erkannt.")
    if hit := _RETURNED.search(head):
        return Sorted("returned", _said("Rücklauf", hit))
    if lawyer:
        return Sorted("lawyer", _said("Anwalt", lawyer))
    if _COURT.search(words.body[:_HEAD]) and (hit := _COURT_NUMBER.search(head)):
        return Sorted("court", f"Regel Gericht: Gericht im Kopf und Aktenzeichen „{hit[0]}“.")
    if hit := _LAWYER_WORDS.search(text):
        return Sorted("lawyer", _said("Anwalt", hit))
    if (hit := _AGENCY.search(head)) and _CONSENT.search(text):
        return Sorted("ba_answer", _said("Bundesagentur", hit))
    if hit := _EMPLOYER.search(text):
        return Sorted("employer", _said("Arbeitgeber", hit))
    return None


def rings(kind: str, words: Words) -> str:
    """Return why an item must be looked at now, "" when it need not: a court, or an Eilantrag
    whoever writes of one; a bell too many costs a minute, one too few a judgment."""
    if kind == "court":
        return "Post eines Gerichts"
    hit = _EIL.search(f"{words.subject}\n{words.body}")
    return f"Eilantrag („{' '.join(hit[0].split())}“)" if hit else ""


def _said(name: str, hit: re.Match[str]) -> str:
    return f"Regel {name}: „{' '.join(hit[0].split())[:80]}“."
