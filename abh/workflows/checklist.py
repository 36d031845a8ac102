"""The requirement checklist of a case: each item with status, norm and the sentence why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from abh.workflows.definition import Verfahren
from abh.workflows.facts import Facts


class Status(StrEnum):
    """Status of one requirement."""

    OPEN = "open"
    MET = "met"
    NOT_MET = "not_met"
    WAIVED = "waived"


STATUS_LABELS: dict[Status, str] = {
    Status.OPEN: "offen",
    Status.MET: "erfüllt",
    Status.NOT_MET: "nicht erfüllt",
    Status.WAIVED: "erlassen",
}


class Source(StrEnum):
    """Who can settle an open requirement; only the applicant's part goes into a Nachforderung."""

    APPLICANT = "antragstellende Person"
    OFFICE = "Ausländerbehörde"
    THIRD_PARTY = "andere Stelle"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: a status and the German sentence with numbers that says why.

    ``applicant_can_settle`` tells that an open finding waits for facts from the applicant;
    ``evidence`` replaces the evidence of the requirement where the facts call for other papers.
    """

    status: Status
    why: str
    norm: str = ""
    applicant_can_settle: bool = False
    evidence: tuple[tuple[str, ...], ...] | None = None


Rule = Callable[[Facts], Finding]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a title.

    ``evidence`` is a tuple of groups; of each group one kind must be accepted. ``waiver_norm`` is
    the norm that permits to do without the requirement; without one no waiver counts. ``facts``
    are the facts the office finds out for it, asked on the case page beside it; a rule made of
    parts (``guards.regeln``) names its own.
    """

    key: str
    label: str
    norm: str
    rule: Rule
    evidence: tuple[tuple[str, ...], ...] = ()
    mandatory: bool = True
    source: Source = Source.APPLICANT
    waiver_norm: str = ""
    facts: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The keys of the facts this requirement hangs on."""
        return self.facts or tuple(getattr(self.rule, "reads", ()))


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist as the clerk reads it; ``evidence_missing`` are German names."""

    key: str
    label: str
    norm: str
    status: Status
    why: str
    evidence_missing: tuple[str, ...] = ()
    mandatory: bool = True
    source: Source = Source.APPLICANT
    ask_applicant: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether the decision may rest on this item."""
        return self.status in (Status.MET, Status.WAIVED)

    @property
    def whose_turn(self) -> Source:
        """Who can move an open item now: the applicant only where something is asked of them."""
        if self.ask_applicant:
            return Source.APPLICANT
        return Source.THIRD_PARTY if self.source is Source.THIRD_PARTY else Source.OFFICE


def evaluate_checklist(verfahren: Verfahren, facts: Facts) -> tuple[Item, ...]:
    """Return the checklist of the case, in the order of the Verfahren; never raises."""
    return evaluate_requirements(verfahren.checklist, facts, verfahren.evidence_labels)


def evaluate_requirements(
    requirements: Iterable[Requirement], facts: Facts, names: Mapping[str, str]
) -> tuple[Item, ...]:
    """Return the items of ``requirements``; ``names`` maps kinds of evidence to German names."""
    wanted = tuple(requirements)
    found = zip(wanted, _findings(wanted, facts), strict=True)
    return tuple([_item(requirement, finding, facts, names) for requirement, finding in found])


def plainly_met(requirements: tuple[Requirement, ...], facts: Facts) -> bool:
    """Whether every mandatory requirement is met with its evidence, none by waiver.

    Guards ask this first: most steps are taken when all is well, and need no sentence for each.
    """
    for requirement, finding in zip(requirements, _findings(requirements, facts), strict=True):
        if requirement.mandatory and (
            finding.status is not Status.MET or _is_lacking(requirement, finding, facts)
        ):
            return False
    return True


def _findings(requirements: tuple[Requirement, ...], facts: Facts) -> tuple[Finding, ...]:
    """Return what the rules find; kept with the facts, about which several guards ask the same."""
    kept = facts.known.get(id(requirements))
    # the object itself is compared as well: an id is given anew once its owner is gone
    if kept is not None and kept[0] is requirements:
        return cast("tuple[Finding, ...]", kept[1])
    found = tuple([requirement.rule(facts) for requirement in requirements])
    facts.known[id(requirements)] = (requirements, found)
    return found


def _is_lacking(requirement: Requirement, finding: Finding, facts: Facts) -> bool:
    wanted = requirement.evidence if finding.evidence is None else finding.evidence
    return bool(wanted) and next(_lacking(wanted, facts.evidence, {}), None) is not None


def missing_items(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return what a Nachforderung must name (§ 82(1) S. 3 AufenthG): open, and the applicant's."""
    return tuple(
        item
        for item in items
        if item.mandatory and item.status is Status.OPEN and item.ask_applicant
    )


def unsettled_items(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the mandatory items on which a grant cannot rest yet."""
    return tuple(item for item in items if item.mandatory and not item.is_settled)


def _item(
    requirement: Requirement, finding: Finding, facts: Facts, names: Mapping[str, str]
) -> Item:
    wanted = requirement.evidence if finding.evidence is None else finding.evidence
    missing = tuple(_lacking(wanted, facts.evidence, names)) if wanted else ()
    status, why, norm = finding.status, finding.why, finding.norm or requirement.norm
    ask = finding.applicant_can_settle
    if status is Status.MET and missing:
        status, ask = Status.OPEN, True
        why = f"Es fehlt: {'; '.join(missing)}. {why}"
    elif status is Status.OPEN and missing:
        ask = True
        why = f"{why} Es fehlt: {'; '.join(missing)}."
    waiver = facts.waivers.get(requirement.key, "").strip() if facts.waivers else ""
    if waiver and status is not Status.MET:
        if requirement.waiver_norm:
            status, norm, ask = Status.WAIVED, requirement.waiver_norm, False
            why = f"Erlassen: {waiver}"
        else:
            why = f"{why} Das Gesetz lässt hier keinen Erlass zu."
    return Item(
        key=requirement.key,
        label=requirement.label,
        norm=norm,
        status=status,
        why=why,
        evidence_missing=missing if status is not Status.WAIVED else (),
        mandatory=requirement.mandatory,
        source=requirement.source,
        ask_applicant=ask and requirement.source is Source.APPLICANT,
    )


def _lacking(
    groups: tuple[tuple[str, ...], ...], evidence: Mapping[str, int], names: Mapping[str, str]
) -> Iterator[str]:
    for group in groups:
        if not any(evidence.get(kind, 0) > 0 for kind in group):
            yield " oder ".join(names.get(kind, kind) for kind in group)
