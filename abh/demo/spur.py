"""What the steps of a case of any procedure left behind, read from the effects of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from abh.demo.story import Story
from abh.demo.world import as_json
from abh.documents.letters import letter_kind
from abh.kernel.errors import LawMissing
from abh.kernel.rechtsstand import Rechtsstand
from abh.workflows.beteiligung import BY_MESSAGE, PART_KINDS, PartKind
from abh.workflows.definition import ClockRule, Effect, Power, Step
from abh.workflows.effects import LAW_OF_PART
from abh.workflows.fiktion import EFFECTIVE, fiktion
from abh.workflows.gebuehren import fees_for
from abh.workflows.laufzeit import title_end
from abh.workflows.uhrstand import values

# Offices that are asked by the BA's own form.
_BA = frozenset({"BA", "BA_EILIG"})
# A decided case owes nothing any more to the clock of § 75 VwGO.
_ENDS_75 = frozenset({Effect.RECORD_DECISION, Effect.STOP_CLOCKS})


@lru_cache(maxsize=4_096)
def _clock_row(rule: ClockRule, law: Rechtsstand, anchor: date) -> Mapping[str, Any] | None:
    try:
        row = values(rule, law, anchor, [])
    except LawMissing:
        return None  # a case older than the period itself: nothing ran then
    return row | {"arithmetic": as_json(row["arithmetic"]), "stops": "[]"}


@lru_cache(maxsize=1024)
def _is_form(key: str) -> bool:
    return letter_kind(key).form


@dataclass
class Spur(Story):
    """One case of any procedure: rows by what its steps cause."""

    found: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    def tell(self, steps: list[tuple[str, Step, str]]) -> None:
        """Write everything that belongs to the case."""
        self._done: dict[Effect, datetime] = {}
        for (_, step, _), at in zip(steps, self.instants, strict=True):
            self._done.update(dict.fromkeys(step.effects, at))
        self._reviewed = self._reviewed_at(steps)
        self._evidence()
        self._opened()
        for seq, ((source, step, target), at) in enumerate(
            zip(steps, self.instants, strict=True), start=1
        ):
            self._step(seq, source, step, target, at)
        self._findings()
        self._participations()
        self._clocks()
        self._own_clocks(steps)
        if Effect.COMPUTE_FIKTION in steps[0][1].effects:
            self._fiktion()
        self._fees(steps)
        self._business()

    def _reviewed_at(self, steps: list[tuple[str, Step, str]]) -> datetime | None:
        """Return when the office knew what it has to find out, if it does already."""
        for n, (source, _, target) in enumerate(steps):
            if source in ("completeness_check", "opened") and target != "awaiting_applicant":
                return self.instants[n]
        if self.world.verfahren.state("completeness_check") or len(steps) < 2:
            return None
        return self.instants[1]

    def _actor_of(self, step: Step) -> tuple[int | None, str]:
        if Power.APPLICANT in step.by and step.key == self.world.verfahren.opening:
            channel = self.case["received_channel"]
            if channel != "other_authority":
                return None, "Antragstellende Person"
        return super()._actor_of(step)

    def _outcome_of(self, step: Step) -> str:
        if step.outcome:
            return step.outcome
        if step.letter == "N08":
            return self.world.verfahren.outcome_of(self.facts)
        return super()._outcome_of(step)

    def _letter(self, key: str, outcome: str, at: datetime) -> None:
        if _is_form(key):
            return
        if key != "N16":
            self._write_letter(key, outcome, at)
            return
        for kind in self.to_ask:
            if kind not in BY_MESSAGE:
                self._write_letter(key, "" if kind in _BA else "andere_stelle", at)

    def _evidence(self) -> None:
        labels = self.world.verfahren.evidence_labels
        for kind in self.evidence:
            blatt = self._sheet(
                kind, labels[kind], "upload", self.instants[0], "Antragstellende Person"
            )
            self.rows.add(
                "evidence",
                vorgang_id=self.case["id"],
                blatt_id=blatt["id"],
                kind=kind,
                accepted=True if self._reviewed else None,
                remark="",
            )

    def _findings(self) -> None:
        transferred = self.path.state == "transferred"
        self._finding("competent", True, self.instants[0])
        if transferred:
            self._finding("competent", False, self.instants[-1])
        if self._reviewed:
            for key, value in self.found.items():
                self._finding(key, value, self._reviewed)
        at = self._card_at()
        if at:
            self._finding("biometrics_on", self._day(at).isoformat(), at)
            self._finding("biometrics_usable", True, at)
        if self.path.state == "suspended":
            self._finding("investigation_pending", True, self.instants[-1])
        if self.path.state == "withdrawn":
            day = self._day(self.instants[-1]).isoformat()
            self._finding("withdrawal_on", day, self.instants[-1])
        if self.path.state == "discontinued":
            self._finding("ended_because", "ausgereist", self.instants[-1])

    def _card_at(self) -> datetime | None:
        """Return when the person was at the counter, where the procedure asks them there."""
        if "erschienen_entscheidungsreif" in self.keys:
            return self.at("erschienen_entscheidungsreif")
        return self.at("erschienen") if "erschienen" in self.keys else None

    def _participations(self) -> None:
        if not self._reviewed or not self.to_ask:
            return
        asked_at = self._done.get(Effect.REQUEST_PARTICIPATIONS)
        done = asked_at is not None and self.instants[-1] > asked_at
        done = done and self.path.state not in ("awaiting_third_party", "prosecutor_consent")
        asked = self._day(asked_at) if asked_at else None
        for key in self.to_ask:
            self._participation(PART_KINDS[key], asked, done=done)
        if done and asked_at and "BVA" in self.to_ask:
            valid = self._day(self.instants[-1]) + timedelta(days=120)
            self._finding("security_valid_until", valid.isoformat(), asked_at)

    def _participation(self, kind: PartKind, asked: date | None, *, done: bool) -> None:
        computed = self.world.length(LAW_OF_PART[kind.key], asked) if asked else None
        answered = None
        if done and computed and asked:
            answered = min(asked + timedelta(days=9), self._day(self.instants[-1]))
        part = self.rows.add(
            "beteiligung",
            vorgang_id=self.case["id"],
            kind=kind.key,
            state="consented" if done else "requested" if asked else "planned",
            round=1 if asked else 0,
            channel="behoerde" if asked else "",
            requested_on=asked,
            due_on=computed.end if computed else None,
            answered_on=answered,
            note="",
        )
        if computed:
            key = f"beteiligung_{kind.key.lower()}"
            self._clock(key, f"Antwort: {kind.label}", computed, done, part["id"])

    def _clocks(self) -> None:
        last = self.instants[-1]
        over = last if not self.path.is_open or _ENDS_75 & self._done.keys() else None
        if Effect.START_CLOCK_75 in self._done:
            self._warnings(over)
        if Effect.START_DEADLINE in self._done:
            sent = self._day(self._done[Effect.START_DEADLINE])
            computed = self.world.length("nachforderung", sent)
            waits = self.path.state == "awaiting_applicant" or self.path.state == "missing_facts"
            self._clock("nachforderung", "Unterlagen nachreichen", computed, ended=not waits)
            self.progress["request"] = {"sent_on": sent, "until": computed.end}
        if Effect.START_HEARING in self._done:
            sent = self._day(self._done[Effect.START_HEARING])
            computed = self.world.length("anhoerung", sent)
            waits = self._done[Effect.START_HEARING] == last
            self._clock("anhoerung", "Stellungnahme", computed, ended=not waits)
            self.progress["hearing"] = {"sent_on": sent, "until": computed.end}

    def _own_clocks(self, steps: list[tuple[str, Step, str]]) -> None:
        """Run the clocks of the table along the steps."""
        for rule in self.world.verfahren.clocks:
            begun: date | None = None
            ended: datetime | None = None
            for (_, step, _), at in zip(steps, self.instants, strict=True):
                if step.key in rule.end_steps:
                    ended = at
                if step.key in rule.start_steps:
                    anchor = rule.anchor(self.facts) if rule.anchor else self._day(at)
                    begun, ended = anchor, None
            if begun is None:
                continue
            if not self.path.is_open:
                ended = ended or self.instants[-1]
            row = _clock_row(rule, self.world.law, begun)
            if row is None:
                continue
            over = row["due_on"] < self.world.today
            status = "ended" if ended else "expired" if over else "running"
            self.rows.add(
                "frist", vorgang_id=self.case["id"], **{**row, "status": status}, ended_at=ended
            )

    def _fees(self, steps: list[tuple[str, Step, str]]) -> None:
        verfahren = self.world.verfahren
        paid_at = self._card_at() or self._done.get(Effect.RECORD_DECISION)
        events = ["", *(s.key for _, s, _ in steps if s.key in verfahren.steps_with_rows)]
        if Effect.RECORD_FICTION_PAPER in self._done and self._effective:
            events.append("fiktionsbescheinigung")
        written: set[str] = set()
        for event in events:
            for line in fees_for(verfahren, self.facts, event):
                if line.amount is None or line.law_key in written:
                    continue
                written.add(line.law_key)
                paid = paid_at is not None and not line.waived_norm
                self.rows.add(
                    "fee",
                    vorgang_id=self.case["id"],
                    code=line.law_key,
                    label=line.label,
                    amount=line.amount,
                    norm=line.norm,
                    status="waived" if line.waived_norm else "paid" if paid else "due",
                    waiver_norm=line.waived_norm,
                    settled_at=paid_at if paid else None,
                    settled_by=self.owner.id if paid else None,
                    payment="Karte" if paid else "",
                )

    @cached_property
    def _effective(self) -> bool:
        return fiktion(self.facts).kind in EFFECTIVE

    def _business(self) -> None:
        at = self._done.get(Effect.OFFER_APPOINTMENT)
        if at and self.path.state == "appointment_pending":
            self._invite(at)
        if Effect.RECORD_DECISION in self._done:
            self.progress["decision"] = {"official": self.owner.name, "reasons_written": True}
        if Effect.START_ACTION_PERIOD in self._done:
            self._remedy(self._done[Effect.START_ACTION_PERIOD])
        if Effect.RECORD_FICTION_PAPER in self._done and self._effective:
            self._paper(self._done[Effect.RECORD_FICTION_PAPER])
        if Effect.ORDER_CARD in self._done:
            self._card()
        elif self.path.state == "granted":
            self.progress["card"] = {"data_valid": self._card_at() is not None}

    def _remedy(self, at: datetime) -> None:
        if self.instants[-1] == at:
            self.progress["awaiting_service"] = True
            return
        remedy = {
            "notified_on": self._day(at) + timedelta(days=3),
            "action_until": self._day(at) + timedelta(days=34),
        }
        if "klage_vermerken" in self.keys:
            remedy["action_filed_on"] = self._day(self.at("klage_vermerken"))
        self.progress["remedy"] = remedy

    def _paper(self, at: datetime) -> None:
        handed = Effect.HAND_OVER_CARD in self._done
        self.rows.add(
            "form_issue",
            vorgang_id=self.case["id"],
            form="D3",
            serial_no=f"DEMO-{self.case['number'][4:]}",
            seal_no="0",
            valid_until=self.world.length("fiktionsbescheinigung.dauer", self._day(at)).end,
            entries="{}",
            entry_81_5a=None,
            issued_on=self._day(at),
            issued_by=self.owner.id,
            returned_on=self._day(self.instants[-1]) if handed else None,
        )

    def _card(self) -> None:
        card: dict[str, Any] = {"data_valid": True}
        self.progress["card"] = card
        ordered = self._day(self._done[Effect.ORDER_CARD])
        end = title_end(self.world.verfahren, self.facts)
        until = end.until if end and end.until else ordered + timedelta(days=3_650)
        arrived = self.at("karte_eingetroffen") if "karte_eingetroffen" in self.keys else None
        issued_at = self._done.get(Effect.HAND_OVER_CARD)
        self.rows.add(
            "card_order",
            vorgang_id=self.case["id"],
            state="handed_over" if issued_at else "arrived" if arrived else "ordered",
            title_kind=self.world.verfahren.title_words(self.facts),
            valid_from=ordered,
            valid_until=max(until, ordered + timedelta(days=1)),
            ordered_on=ordered,
            ordered_by=self.owner.id,
            arrived_on=self._day(arrived) if arrived else None,
            handed_over_on=self._day(issued_at) if issued_at else None,
        )
        if arrived:
            collect = self.world.length("karte.abholung", self._day(arrived))
            card |= {"arrived_on": self._day(arrived), "collect_until": collect.end}
            self._clock("abholung", "Karte abholen", collect, issued_at is not None)
