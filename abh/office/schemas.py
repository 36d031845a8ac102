"""What an office file may contain: the form of every entry (references are checked apart)."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

WEEKDAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
LANES = ("kunden", "einladung", "firmen", "notfall", "post", "pause")
# Lanes in which people come to the desk; they must lie within the opening hours.
VISIT_LANES = frozenset({"kunden", "einladung", "firmen", "notfall"})
CELL_MINUTES = 5
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")

_required: dict[str, Any] = {
    "required": "fehlt",
    "null": "darf nicht leer sein",
    "invalid": "muss ein Text sein",
}


def minutes_of(text: str) -> int:
    """Return the minutes since midnight of ``HH:MM``; raises ``ValidationError`` with a sentence.

    Only multiples of five minutes are times of this office: a cell of the roster is five minutes.
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise ValidationError(f"„{text}“ ist keine Uhrzeit; bitte als HH:MM, z. B. 07:30")
    at = time(int(found[1]), int(found[2]))
    if at.minute % CELL_MINUTES:
        raise ValidationError(f"„{text}“: Zeiten stehen im Raster von {CELL_MINUTES} Minuten")
    return at.hour * 60 + at.minute


def _text(**kwargs: Any) -> fields.String:
    needed = kwargs.pop("required", True)
    checks = [validate.Length(min=1, max=200, error="muss 1 bis 200 Zeichen haben")]
    checks += kwargs.pop("checks", [])
    return fields.String(required=needed, validate=checks, error_messages=_required, **kwargs)


def _pattern(regex: str, message: str) -> validate.Regexp:
    return validate.Regexp(rf"(?:{regex})\Z", error=message)


def _texts(**kwargs: Any) -> fields.List[Any]:
    return fields.List(
        fields.String(error_messages=_required),
        error_messages={"required": "fehlt", "invalid": "muss eine Liste sein"},
        **kwargs,
    )


def check_iban(text: str) -> None:
    """Refuse an IBAN whose check digits are wrong (ISO 13616, modulo 97)."""
    bare = text.replace(" ", "")
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", bare):
        raise ValidationError("ist keine IBAN")
    digits = "".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])
    if int(digits) % 97 != 1:
        raise ValidationError("IBAN mit falscher Prüfziffer")


class _Part(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {
        "unknown": "diesen Schlüssel gibt es hier nicht",
        "type": "muss ein Abschnitt mit Schlüsseln sein",
    }


class AuthoritySchema(_Part):
    """The sender of every letter (§ 37(3) VwVfG NRW: the authority must be recognisable)."""

    name = _text()
    head = _text()
    department = _text()
    street = _text()
    postcode = _text(checks=[_pattern(r"\d{5}", "muss fünf Ziffern haben")])
    city = _text()
    phone = _text()
    email = fields.Email(required=True, error_messages={**_required, "invalid": "keine E-Mail"})
    web = _text(checks=[_pattern(r"https?://\S+", "muss mit https:// beginnen")])
    hours = fields.String(load_default="")
    transport = fields.String(load_default="")


class CourtSchema(_Part):
    """The court named in every remedy notice (§ 58(1) VwGO: court and seat)."""

    name = _text()
    street = _text()
    postcode = _text(checks=[_pattern(r"\d{5}", "muss fünf Ziffern haben")])
    city = _text()


class BankSchema(_Part):
    """Where fees are paid."""

    name = _text()
    iban = _text(checks=[check_iban])
    bic = _text(checks=[_pattern(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", "ist keine BIC")])


class RoutingSchema(_Part):
    """Which unit gets what nobody is named for."""

    triage = _text()
    triage_working_days = fields.Integer(
        load_default=2, validate=validate.Range(1, 10, error="muss zwischen 1 und 10 liegen")
    )
    by_title = _texts(load_default=list)


def _number(least: int, most: int, usual: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(
        **kwargs,
        strict=True,
        load_default=usual,
        validate=validate.Range(least, most, error=f"muss zwischen {least} und {most} liegen"),
        error_messages={**_required, "invalid": "muss eine ganze Zahl sein"},
    )


def _days(usual: list[int]) -> fields.List[Any]:
    return fields.List(
        _number(1, 60, 1),
        load_default=lambda: list(usual),
        validate=validate.Length(max=5, error="höchstens fünf"),
        error_messages={"invalid": "muss eine Liste sein"},
    )


class BookingSchema(_Part):
    """House rules of booking: how near, how long kept, how far ahead, when people are reminded."""

    lead_minutes = _number(0, 2880, 120)
    hold_minutes = _number(1, 60, 10)
    horizon_days = _number(14, 400, 180)
    offer_days = _number(1, 400, 60)
    reminder_days = _days([3, 1])
    reminder_letter_days = _days([7])
    code_days = _number(4, 30, 8)
    codes_a_day = _number(0, 1000, 40)
    firm_return_hours = _number(0, 336, 48)
    firm_services = _texts(
        load_default=lambda: ["biometrie_antrag", "abholung_karte", "firmentermin"],
        validate=validate.Length(max=20, error="höchstens zwanzig"),
    )

    @validates_schema
    def check_offer(self, data: dict[str, Any], **_: Any) -> None:
        """Nobody is offered a day for which no roster is made."""
        if data["offer_days"] > data["horizon_days"]:
            raise ValidationError("darf nicht größer als horizon_days sein", "offer_days")


class HouseholdSchema(_Part):
    """Whether a household stays with one clerk (§ 81(6) AufenthG: decided together)."""

    same_owner = fields.Boolean(
        required=True, error_messages={**_required, "invalid": "true/false"}
    )


_key = _pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "nur Buchstaben ohne Umlaut, Ziffern und . _ -")


class UnitSchema(_Part):
    """A Sachgebiet."""

    key = _text(checks=[_key])
    name = _text()
    central = fields.Boolean(load_default=False)
    verfahren = _texts(load_default=list)
    room = _text()
    email = fields.Email(load_default="", error_messages={"invalid": "ist keine E-Mail-Adresse"})
    phone = fields.String(load_default="")


class RoomSchema(_Part):
    """A room of the house."""

    key = _text(checks=[_key])
    name = _text()
    floor = fields.Integer(required=True, error_messages={**_required, "invalid": "keine Zahl"})
    barrier_free = fields.Boolean(load_default=False)


_keyword = validate.Regexp(r"^[a-z0-9][a-z0-9_.-]{0,62}$", error="kein IPP-Schlüsselwort")


class TraySchema(_Part):
    """Where one kind of paper lies: IPP media-source, media-type, and size by its PWG name."""

    media = fields.String(
        load_default="iso_a4_210x297mm",
        validate=validate.Regexp(
            r"^[a-z0-9][a-z0-9_.-]*_\d+(\.\d+)?x\d+(\.\d+)?(mm|in)$",
            error="keine Papiergröße wie iso_a4_210x297mm",
        ),
    )
    source = fields.String(load_default="", validate=lambda v: v == "" or _keyword(v))
    kind = fields.String(load_default="", validate=lambda v: v == "" or _keyword(v))


class PrinterSchema(_Part):
    """A printer by IPP, or a folder below ``var_dir``; ``trays`` say where which paper lies."""

    key = _text(checks=[_key])
    name = _text()
    uri = _text()
    duplex = fields.Boolean(load_default=False)
    trays = fields.Dict(
        keys=fields.String(
            validate=validate.OneOf(["letter", "form", "label"], error="letter, form oder label")
        ),
        values=fields.Nested(TraySchema),
        load_default=dict,
    )

    @validates_schema
    def check_uri(self, data: dict[str, Any], **_: Any) -> None:
        """A folder must stay below ``var_dir``: an office file may not write anywhere else."""
        uri = data["uri"]
        folder = uri.removeprefix("file:")
        is_folder = uri.startswith("file:") and re.fullmatch(
            r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", folder
        )
        if is_folder and ".." not in folder.split("/"):
            return
        if not re.fullmatch(r"ipps?://[^/\s]+(/\S*)?", uri):
            raise ValidationError(
                "muss ipp://RECHNER/PFAD oder file:ORDNER (unterhalb von var_dir) sein", "uri"
            )


class DeskSchema(_Part):
    """A place where a clerk serves people."""

    key = _text(checks=[_key])
    name = _text()
    unit = _text()
    room = _text()
    equipment = _texts(load_default=list)
    printer = fields.String(load_default=None, allow_none=True)


class ServiceSchema(_Part):
    """Something done at the counter, in minutes."""

    key = _text(checks=[_key])
    name = _text()
    minutes = fields.Integer(
        required=True,
        strict=True,
        error_messages={**_required, "invalid": "muss eine ganze Zahl sein"},
    )
    equipment = _texts(load_default=list)
    # Whether anybody may book it without an invitation.
    open = fields.Boolean(load_default=False)
    # A visit of several people: minutes for each after the first, and how many come at most.
    per_person = _number(0, 120, 0, data_key="minutes_per_person")
    most_persons = _number(1, 12, 1)
    interpreter_minutes = _number(0, 120, 0)
    # What follows when this has borne fruit: the pick-up when the card is made.
    next_key = fields.String(load_default=None, allow_none=True, data_key="then")

    @validates_schema
    def check_minutes(self, data: dict[str, Any], **_: Any) -> None:
        """Five-minute cells, at most four hours."""
        if not 5 <= data["minutes"] <= 240 or data["minutes"] % CELL_MINUTES:
            raise ValidationError("muss 5 bis 240 sein, im Raster von 5 Minuten", "minutes")
        for name in ("per_person", "interpreter_minutes"):
            if data[name] % CELL_MINUTES:
                field = self.fields[name].data_key or name
                raise ValidationError("steht im Raster von 5 Minuten", field)


class ClosureSchema(_Part):
    """A day on which the office, or one unit, is closed."""

    day = fields.Date(
        required=True, error_messages={**_required, "invalid": "kein Datum JJJJ-MM-TT"}
    )
    unit = fields.String(load_default=None, allow_none=True)
    reason = _text()


class StaffSchema(_Part):
    """A person who works here; without ``powers`` those of the role."""

    login = _text(
        checks=[
            _pattern(r"[a-z0-9][a-z0-9._@+-]{1,63}", "nur Kleinbuchstaben, Ziffern und . _ @ + -")
        ]
    )
    name = _text()
    unit = fields.String(load_default=None, allow_none=True)
    role = fields.String(
        required=True,
        validate=validate.OneOf(("clerk", "lead", "admin"), error="clerk, lead oder admin"),
        error_messages=_required,
    )
    rank = fields.String(
        required=True,
        validate=validate.OneOf(
            ("EINARB", "SB", "SGL", "ABL", "AL", "BG", "OB"),
            error="EINARB, SB, SGL, ABL, AL, BG oder OB",
        ),
        error_messages=_required,
    )
    in_training = fields.Boolean(load_default=False)
    email = fields.Email(load_default=None, error_messages={"invalid": "ist keine E-Mail-Adresse"})
    powers = _texts(load_default=None, allow_none=True)
    trained = _texts(load_default=list)
    training = _texts(load_default=list)

    @validates_schema
    def check_training(self, data: dict[str, Any], **_: Any) -> None:
        """Training and its rank belong together; nobody is trained and in training at once."""
        if data["in_training"] != (data["rank"] == "EINARB"):
            raise ValidationError("in_training und der Rang EINARB gehören zusammen", "rank")
        both = sorted(set(data["trained"]) & set(data["training"]))
        if both:
            raise ValidationError(f"auch unter trained genannt: {', '.join(both)}", "training")


class PieceSchema(_Part):
    """A piece of a shift: lane, from, until (minutes since midnight after loading)."""

    lane = fields.String(
        required=True,
        validate=validate.OneOf(LANES, error=f"eine von {', '.join(LANES)}"),
        error_messages=_required,
    )
    start = fields.String(required=True, validate=minutes_of, error_messages=_required)
    end = fields.String(required=True, validate=minutes_of, error_messages=_required)

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        """A piece ends after it began."""
        if minutes_of(data["start"]) >= minutes_of(data["end"]):
            raise ValidationError("muss nach start liegen", "end")


class LeadSchema(_Part):
    """Who leads the accelerated procedure for skilled workers from a day on (§ 81a AufenthG).

    ``ZFE``: the central office of the Land (§ 71(1) sentence 5 AufenthG), which then is named;
    ``own``: this office.
    """

    since = fields.Date(
        data_key="from",
        required=True,
        error_messages={**_required, "invalid": "kein Datum JJJJ-MM-TT"},
    )
    authority = fields.String(
        required=True,
        validate=validate.OneOf(("ZFE", "own"), error="ZFE oder own"),
        error_messages=_required,
    )
    name = fields.String(load_default="", validate=validate.Length(max=200))
    address = _texts(load_default=list, validate=validate.Length(max=6, error="höchstens sechs"))
    web = fields.String(
        load_default="",
        validate=_pattern(r"(https?://\S+)?", "muss mit https:// beginnen"),
    )

    @validates_schema
    def check_name(self, data: dict[str, Any], **_: Any) -> None:
        """Companies are sent there: they must know where."""
        if data["authority"] == "ZFE" and not data["name"].strip():
            raise ValidationError("fehlt; bei ZFE steht hier, wohin sich Firmen wenden", "name")


class RosterSchema(_Part):
    """Who sits where on which weekdays in which shift."""

    login = _text()
    desk = _text()
    days = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS, error="mo, di, mi, do, fr, sa oder so")),
        required=True,
        validate=validate.Length(min=1, error="darf nicht leer sein"),
        error_messages=_required,
    )
    shift = _text()


class _Hours(fields.String):
    """``HH:MM-HH:MM`` as a pair of minutes since midnight."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        start, dash, end = super()._deserialize(value, attr, data, **kwargs).partition("-")
        if not dash:
            raise ValidationError(f"„{value}“ muss HH:MM-HH:MM sein, z. B. 07:30-12:00")
        pair = (minutes_of(start.strip()), minutes_of(end.strip()))
        if pair[0] >= pair[1]:
            raise ValidationError(f"„{value}“ endet, bevor es beginnt")
        return pair


def _list_of(schema: type[Schema], *, required: bool = True) -> fields.List[Any]:
    return fields.List(
        fields.Nested(schema),
        required=required,
        error_messages={"required": "fehlt", "invalid": "muss eine Liste sein"},
    )


def _part(schema: type[Schema]) -> fields.Nested:
    return fields.Nested(schema, required=True, error_messages={"required": "fehlt"})


class OfficeSchema(_Part):
    """The whole office file."""

    synthetic = fields.Boolean(load_default=False)
    authority = _part(AuthoritySchema)
    court = _part(CourtSchema)
    bank = _part(BankSchema)
    opening_hours = fields.Dict(
        keys=fields.String(validate=validate.OneOf(WEEKDAYS, error="mo, di, mi, do, fr, sa, so")),
        values=fields.List(_Hours()),
        required=True,
        error_messages={"required": "fehlt", "invalid": "muss Wochentage enthalten"},
    )
    routing = _part(RoutingSchema)
    household = _part(HouseholdSchema)
    booking = fields.Nested(
        BookingSchema,
        load_default=lambda: BookingSchema().load({}),
        error_messages={"invalid": "muss ein Abschnitt mit Schlüsseln sein"},
    )
    equipment = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, error_messages=_required
    )
    # Weeks from the complete file to the decision that the office aims at, by Verfahren.
    targets = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(
            validate=validate.Range(min=1, max=104, error="muss zwischen 1 und 104 Wochen liegen"),
            error_messages={**_required, "invalid": "muss eine ganze Zahl sein"},
        ),
        load_default=dict,
        error_messages=_required,
    )
    # Address lines of other authorities that are asked, by key of the participation.
    authorities = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String(), validate=validate.Length(min=1, max=6)),
        load_default=dict,
        error_messages=_required,
    )
    # Who leads procedures of § 81a AufenthG, by the day it began; nothing: this office.
    fachkraefteverfahren = fields.List(
        fields.Nested(LeadSchema),
        load_default=list,
        error_messages={"invalid": "muss eine Liste sein"},
    )
    units = _list_of(UnitSchema)
    rooms = _list_of(RoomSchema)
    printers = _list_of(PrinterSchema)
    desks = _list_of(DeskSchema)
    services = _list_of(ServiceSchema)
    closures = _list_of(ClosureSchema, required=False)
    staff = _list_of(StaffSchema)
    shifts = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(PieceSchema)),
        required=True,
        error_messages=_required,
    )
    roster = _list_of(RosterSchema)

    @post_load
    def fill(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An office without extra closing days needs no empty list."""
        data.setdefault("closures", [])
        return data
