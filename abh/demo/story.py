"""What each step of a case left behind: sheets, letters, findings, clocks, card, remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from abh.access.actor import SYSTEM
from abh.demo.paths import Path
from abh.demo.rows import Rows
from abh.demo.world import Clerk, LetterToRender, World, as_json
from abh.documents.letter_content import LetterOrder, content_of
from abh.documents.zeichnung_types import Rank
from abh.kernel.clock import BERLIN
from abh.kernel.fristen import Frist, Zeile
from abh.kernel.ids import derived_token, token_hash
from abh.kernel.names import full_name
from abh.workflows import uhren
from abh.workflows.beteiligung import PART_KINDS
from abh.workflows.definition import Step
from abh.workflows.effects import LAW_OF_PART
from abh.workflows.facts import Facts, TitleKind
from abh.workflows.fiktion import Fiktion, fiktion
from abh.workflows.fiktion_worte import stored
from abh.workflows.planung import to_plan

EVIDENCE = ("pass", "krankenversicherung", "hochschulabschluss", "anabin", "arbeitsvertrag", "ezb")
_AFTER_GRANT = frozenset({"granted", "card_in_production", "card_ready", "issued"})
_DECIDED = _AFTER_GRANT | {"refused", "refused_final", "withdrawn", "discontinued", "transferred"}


# Which row of the signature table a letter of these steps falls under, as in workflows.briefe.
_OUTCOMES = {"N06": "termin", "N08": "blaue_karte", "N11": "quittung"}


@lru_cache(maxsize=1024)
def _words(spoken: str, title_end: date | None) -> str:
    return as_json(stored(spoken, title_end))


@lru_cache(maxsize=256)
def _berlin_day(at: datetime) -> date:
    return at.astimezone(BERLIN).date()


# Keyed by the kind as well: for a dictionary True and 1 are the same.
@lru_cache(maxsize=4_096)
def _finding_json(kind: str, value: Any) -> str:
    return as_json(value)


@lru_cache(maxsize=16_384)
def _arithmetic(steps: tuple[Zeile, ...]) -> str:
    return as_json(uhren.arithmetic(steps))


def _outcome(step: Step) -> str:
    if step.letter == "N03":
        return "automatisch" if step.automatic else ""
    if step.letter == "N14":
        return "ruecknahme" if step.target == "withdrawn" else "einstellung"
    return _OUTCOMES.get(step.letter or "", "")


@dataclass
class Story:
    """One case as it went: what each step left behind."""

    rows: Rows
    world: World
    rng: Random
    case: dict[str, Any]
    akte: dict[str, Any]
    person: Mapping[str, Any]
    owner: Clerk
    path: Path
    facts: Facts
    instants: list[datetime]
    real_letters: bool = False

    def __post_init__(self) -> None:
        self.progress: dict[str, Any] = {}
        self.to_ask = [part.key for part in to_plan(self.world.verfahren, self.facts)]
        self.keys = set(self.path.steps)

    def _day(self, at: datetime) -> date:
        return _berlin_day(at)

    def at(self, key: str) -> datetime:
        """Return when the step ``key`` was taken."""
        return self.instants[self.path.steps.index(key)]

    def tell(self, steps: list[tuple[str, Step, str]]) -> None:
        """Write everything that belongs to the case."""
        self._evidence()
        self._opened()
        for seq, ((source, step, target), at) in enumerate(
            zip(steps, self.instants, strict=True), start=1
        ):
            self._step(seq, source, step, target, at)
        self._findings()
        self._participations()
        self._clocks()
        self._fiktion()
        self._fee()
        self._business()

    def _sheet(self, key: str, title: str, origin: str, at: datetime, by: str) -> dict[str, Any]:
        self.akte["last_sheet"] += 1
        sheet = self.world.sheets[key]
        return self.rows.add(
            "blatt",
            akte_id=self.akte["id"],
            sheet_no=self.akte["last_sheet"],
            title=title,
            origin=origin,
            blob_sha256=sheet.sha256,
            mime="application/pdf",
            size=len(sheet.data),
            pages=1,
            file_name=f"{key}.pdf",
            received_on=self._day(at),
            filed_at=at,
            filed_by=by,
            vorgang_id=self.case["id"],
        )

    def _evidence(self) -> None:
        at = self.instants[0]
        kinds = list(EVIDENCE)
        if self.path.state == "awaiting_applicant" or (
            self.path.state == "completeness_check" and self.rng.random() < 0.4
        ):
            # Only what every route needs, so that something is missing for certain.
            kinds.remove(self.rng.choice(("hochschulabschluss", "krankenversicherung")))
        looked_at = self.path.state not in ("jurisdiction_check", "completeness_check")
        for kind in kinds:
            title = self.world.verfahren.evidence_labels[kind]
            blatt = self._sheet(kind, title, "upload", at, "Antragstellende Person")
            self.rows.add(
                "evidence",
                vorgang_id=self.case["id"],
                blatt_id=blatt["id"],
                kind=kind,
                accepted=True if looked_at else None,
                remark="",
            )

    def _step(self, seq: int, source: str, step: Step, target: str, at: datetime) -> None:
        actor = self._actor_of(step)
        self.rows.add(
            "vorgang_step",
            vorgang_id=self.case["id"],
            seq=seq,
            step=step.key,
            from_state=source,
            to_state=target,
            at=at,
            actor_id=actor[0],
            actor_name=actor[1],
            norm=step.norm,
            reason="Begründung im Vorgang (Demodaten)" if step.needs_reason else "",
            facts="{}",
        )
        # Of a closed case the log of steps tells the way; the audit log keeps only its last act.
        if self.path.is_open or seq == len(self.instants):
            facts = {"step": step.key, "from": source, "to": target, "version": seq + 1}
            self._audit("vorgang.step", actor, at, facts)
        if step.letter and self.real_letters:
            self.world.to_render.append(
                LetterToRender(self.case["id"], step.letter, step.key, self.owner.id, at)
            )
        elif step.letter:
            self._letter(step.letter, self._outcome_of(step), at)

    def _actor_of(self, step: Step) -> tuple[int | None, str]:
        if step.key == "einreichen":
            return None, "Antragstellende Person"
        return (None, SYSTEM.name) if step.automatic else (self.owner.id, self.owner.name)

    def _outcome_of(self, step: Step) -> str:
        return _outcome(step)

    def _opened(self) -> None:
        channel = self.case["received_channel"]
        if channel in ("paper", "email", "counter"):
            actor: tuple[int | None, str] = (self.owner.id, self.owner.name)
        else:
            actor = (None, "Antragstellende Person")
        facts = {"channel": channel, "received_on": self.case["received_on"]}
        self._audit("vorgang.open", actor, self.instants[0], facts)

    def _audit(
        self, action: str, actor: tuple[int | None, str], at: datetime, facts: Mapping[str, Any]
    ) -> None:
        kind = "staff" if actor[0] else "system" if actor[1] == SYSTEM.name else "applicant"
        self.rows.add(
            "audit_entry",
            at=at,
            actor_kind=kind,
            actor_id=actor[0],
            actor_name=actor[1],
            action=action,
            entity="vorgang",
            entity_id=self.case["id"],
            vorgang_id=self.case["id"],
            person_id=self.person["id"],
            is_read=False,
            facts=as_json(facts),
        )

    def _letter(self, key: str, outcome: str, at: datetime) -> None:
        if key != "N16" or "BA" in self.to_ask:
            self._write_letter(key, outcome, at)

    def _write_letter(self, key: str, outcome: str, at: datetime) -> None:
        rule, stored = self.world.signing(key, outcome)
        by = self.owner
        if rule.signer_from is not None and rule.signer_from > Rank.SB:
            above = rule.signer_from > Rank.SGL and self.world.head
            by = above or self.world.lead
        title = self.world.verfahren.letters[key]
        filed_by = SYSTEM.name if rule.automatic else by.name
        blatt = self._sheet(key, title, "letter", at, filed_by)
        served = not (key == "N12" and self.path.state == "refused")
        self.rows.add(
            "letter",
            key=key,
            outcome=outcome,
            akte_id=self.akte["id"],
            vorgang_id=self.case["id"],
            unit_key=self.world.unit_key,
            state="dispatched" if served else "released",
            content=as_json(self._content(key)),
            **stored,
            prepared_by=None if rule.automatic else self.owner.id,
            final_signer_id=None if rule.automatic else by.id,
            pdf_sha256=self.world.sheets[key].sha256,
            pages=1,
            blatt_id=blatt["id"],
            created_at=at,
            released_at=at,
        )

    def _content(self, key: str) -> dict[str, Any]:
        """Return to whom the letter went, so that it can be printed and sent again."""
        person = self.person
        name = full_name(person["given_names"], person["family_name"])
        lines: tuple[str, ...] = (name, person["street"], f"{person['postcode']} {person['city']}")
        if key == "N16":
            name, lines = "", (PART_KINDS["BA"].label,)
        order = LetterOrder(
            key=key,
            akte_id=self.akte["id"],
            vorgang_id=self.case["id"],
            unit_key=self.world.unit_key,
            reference=self.case["number"],
            recipient=lines,
            addressee=name,
            fields={},
        )
        return content_of(order, prepared_in_training=False)

    def _finding(self, key: str, value: Any, at: datetime) -> None:
        by = None if key == "competent" else self.owner.id
        self.rows.add(
            "case_finding",
            vorgang_id=self.case["id"],
            key=key,
            value=_finding_json(type(value).__name__, value),
            remark="",
            found_by=by,
            found_at=at,
        )

    def _findings(self) -> None:
        if "zustaendigkeit_bejahen" in self.keys:
            self._finding("competent", True, self.instants[0])
        if "vollstaendig" in self.keys:
            at = self.at("vollstaendig")
            for key in ("identity_clarified", "visa_fits", "job_adequate", "degree_recognised"):
                self._finding(key, True, at)
            for key in ("expulsion_interest", "entry_ban"):
                self._finding(key, False, at)
            self._finding("exclusion_19f", "", at)
        if "aussetzen" in self.keys:
            self._finding("investigation_pending", True, self.at("aussetzen"))
        if "erschienen_entscheidungsreif" in self.keys:
            at = self.at("erschienen_entscheidungsreif")
            self._finding("biometrics_on", self._day(at).isoformat(), at)
            self._finding("biometrics_usable", True, at)
        if "beteiligungen_abschliessen" in self.keys:
            at = self.at("beteiligungen_abschliessen")
            valid = self._day(at) + timedelta(days=180)
            self._finding("security_valid_until", valid.isoformat(), at)
        if "abgeben" in self.keys:
            self._finding("competent", False, self.at("abgeben"))
        if "zuruecknehmen" in self.keys:
            at = self.at("zuruecknehmen")
            self._finding("withdrawal_on", self._day(at).isoformat(), at)
        if "einstellen" in self.keys:
            self._finding("ended_because", "ausgereist", self.at("einstellen"))

    def _participations(self) -> None:
        if "vollstaendig" not in self.keys:
            return
        asked = self._day(self.at("beteiligen")) if "beteiligen" in self.keys else None
        done = "beteiligungen_abschliessen" in self.keys
        for kind in self.to_ask:
            computed = self.world.length(LAW_OF_PART[kind], asked) if asked else None
            answered = self._day(self.at("beteiligungen_abschliessen")) if done else None
            part = self.rows.add(
                "beteiligung",
                vorgang_id=self.case["id"],
                kind=kind,
                state="consented" if done else "requested" if asked else "planned",
                round=0,
                channel="behoerde" if asked else "",
                requested_on=asked,
                due_on=computed.end if computed else None,
                answered_on=answered,
                note="",
            )
            if computed:
                label = "Bundesagentur für Arbeit" if kind == "BA" else "Bundesverwaltungsamt"
                self._clock(
                    f"beteiligung_{kind.lower()}", f"Antwort: {label}", computed, done, part["id"]
                )

    def _clock(
        self, kind: str, label: str, computed: Frist, ended: bool, part: int | None = None
    ) -> None:
        self.rows.add(
            "frist",
            vorgang_id=self.case["id"],
            kind=kind,
            label=label,
            norm=computed.norm,
            starts_on=computed.start_day,
            due_on=computed.end,
            status="ended" if ended else "running",
            beteiligung_id=part,
            arithmetic=_arithmetic(computed.steps),
            law_key="",
            stops="[]",
            ended_at=self.instants[-1] if ended else None,
        )

    def _clocks(self) -> None:
        self._warnings(self.instants[-1] if self.path.state in _DECIDED else None)
        if "nachfordern" in self.keys:
            sent = self._day(self.at("nachfordern"))
            computed = self.world.length("nachforderung", sent)
            self._clock("nachforderung", "Unterlagen nachreichen", computed, ended=False)
            self.progress["request"] = {"sent_on": sent, "until": computed.end}
        if "anhoeren" in self.keys:
            sent = self._day(self.at("anhoeren"))
            computed = self.world.length("anhoerung", sent)
            self._clock("anhoerung", "Stellungnahme", computed, ended="ablehnen" in self.keys)
            self.progress["hearing"] = {"sent_on": sent, "until": computed.end}

    def _warnings(self, ended_at: datetime | None) -> None:
        warnings, lines = self.world.warnings(self.case["received_on"])
        for warning in warnings:
            self.rows.add(
                "frist",
                vorgang_id=self.case["id"],
                **warning,
                status="ended" if ended_at else "running",
                arithmetic=lines,
                law_key="",
                stops="[]",
                ended_at=ended_at,
            )

    def _fiktion(self) -> None:
        effect: Fiktion = fiktion(self.facts)
        ended = not self.path.is_open or self.path.state == "refused"
        self.rows.add(
            "fiktion",
            vorgang_id=self.case["id"],
            kind=effect.kind.name,
            norm=effect.norm,
            since=effect.since,
            words=_words(effect.spoken, effect.title_end),
            ended_on=self._day(self.instants[-1]) if ended else None,
            ended_by="Entscheidung oder Ende des Verfahrens" if ended else "",
        )

    def _fee(self) -> None:
        extension = self.facts.title_kind is TitleKind.BLAUE_KARTE
        code = "gebuehr.titel.verlaengerung" if extension else "gebuehr.titel.erteilung"
        value = self.world.law.value(code, self.world.today)
        paid = "erschienen_entscheidungsreif" in self.keys
        self.rows.add(
            "fee",
            vorgang_id=self.case["id"],
            code=code,
            label=value.label,
            amount=value.betrag,
            norm=value.norm,
            status="paid" if paid else "due",
            waiver_norm="",
            settled_at=self.at("erschienen_entscheidungsreif") if paid else None,
            settled_by=self.owner.id if paid else None,
            payment="Karte" if paid else "",
        )

    def _invite(self, at: datetime) -> None:
        secret = f"invitation:{self.case['number']}"
        self.rows.add(
            "invitation",
            token_hash=token_hash(derived_token(self.world.secret, secret)),
            vorgang_id=self.case["id"],
            person_id=self.person["id"],
            unit_key=self.world.unit_key,
            service_key="biometrie_antrag",
            lane="einladung",
            created_at=at,
            book_until=self.world.length("termin.buchungsfrist", self._day(at)).end,
        )

    def _business(self) -> None:
        """Invitation, decision, card, remedy: what the last third of the way leaves behind."""
        if self.path.state == "appointment_pending":
            self._invite(self.at("zum_termin_einladen"))
        if {"bewilligen", "ablehnen"} & self.keys:
            self.progress["decision"] = {"official": self.owner.name}
        if self.path.state in _AFTER_GRANT:
            self._card()
        if self.path.state == "refused":
            self.progress["awaiting_service"] = True
        if self.path.state == "refused_final":
            notified = self._day(self.at("ablehnen")) + timedelta(days=3)
            until = self._day(self.instants[-1]) - timedelta(days=1)
            self.progress["remedy"] = {"notified_on": notified, "action_until": until}

    def _card(self) -> None:
        card: dict[str, Any] = {"data_valid": True}
        self.progress["card"] = card
        if "karte_bestellen" not in self.keys:
            return
        ordered = self._day(self.at("karte_bestellen"))
        arrived = self.at("karte_eingetroffen") if "karte_eingetroffen" in self.keys else None
        issued = self.path.state == "issued"
        self.rows.add(
            "form_issue",
            vorgang_id=self.case["id"],
            form="D3",
            serial_no=f"DEMO-{self.case['number'][4:]}",
            seal_no="0",
            valid_until=self.world.length("fiktionsbescheinigung.dauer", ordered).end,
            entries="{}",
            entry_81_5a=f"Erwerbstätigkeit nach § 81 Abs. 5a AufenthG: {self.facts.employer}",
            issued_on=ordered,
            issued_by=self.owner.id,
            returned_on=self._day(self.instants[-1]) if issued else None,
        )
        self.rows.add(
            "card_order",
            vorgang_id=self.case["id"],
            state="handed_over" if issued else "arrived" if arrived else "ordered",
            title_kind="Blaue Karte EU",
            valid_from=ordered,
            valid_until=ordered + timedelta(days=1460),
            ordered_on=ordered,
            ordered_by=self.owner.id,
            arrived_on=self._day(arrived) if arrived else None,
            handed_over_on=self._day(self.instants[-1]) if issued else None,
        )
        if arrived:
            collect = self.world.length("karte.abholung", self._day(arrived))
            card |= {"arrived_on": self._day(arrived), "collect_until": collect.end}
            self._clock("abholung", "Karte abholen", collect, issued)
