"""Who may open what: the table a person reads, and the matrix is held against.

``python -m tests.sicherheit.tafel`` writes it to docs/sicherheit.md; a test refuses a stale one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Rule

from abh.access.policy import LOGGED_IN, POWER_LABELS, PUBLIC, ROLE_POWERS, Power, policy_of
from abh.settings import ROOT, load_settings
from abh.web.app import create_app
from abh.web.session import MACHINES

FILE: Final = ROOT / "docs" / "sicherheit.md"
BEGIN, END = "<!-- Tafel: Anfang -->", "<!-- Tafel: Ende -->"

OPEN, FORBIDDEN, MISSING, LOGIN = "offen", "verboten", "gibt es nicht", "Anmeldung"


@dataclass(frozen=True)
class Role:
    """A browser: its words, its powers (None: nobody is logged in), and how it stands to things."""

    words: str
    powers: frozenset[str] | None
    place: str


_WIDE = ROLE_POWERS["lead"] | {Power.ALL_UNITS, Power.CASE_LEGAL}
ROLES: Final[Mapping[str, Role]] = {
    "anonymous": Role("niemand angemeldet", None, ""),
    "pending": Role("Passwort gegeben, zweiter Faktor fehlt", None, ""),
    "expired": Role("Sitzung beendet", None, ""),
    "clerk:SG1": Role("Sachbearbeitung, eigenes Sachgebiet", ROLE_POWERS["clerk"], "own"),
    "clerk:SG2": Role("Sachbearbeitung, fremdes Sachgebiet", ROLE_POWERS["clerk"], "foreign"),
    "lead:SG1": Role("Leitung, eigenes Sachgebiet", ROLE_POWERS["lead"], "own"),
    "lead:SG2": Role("Leitung, fremdes Sachgebiet", ROLE_POWERS["lead"], "foreign"),
    "lead:all": Role("Leitung mit allen Sachgebieten", _WIDE, "all"),
    "admin": Role("Verwaltung der Anlage", ROLE_POWERS["admin"], "admin"),
    "firm:admin": Role("Firma, Verwaltung", ROLE_POWERS["employer"], "firm"),
    "firm:read": Role("Firma, nur lesend", ROLE_POWERS["employer"], "firm-read"),
    "firm:chosen": Role("Kanzlei mit Vollmacht der Firma", ROLE_POWERS["employer"], "firm-agency"),
    "firm:agency": Role("Kanzlei für sich selbst", ROLE_POWERS["employer"], "firm-foreign"),
    "firm:other": Role("andere Firma, Vollmacht beendet", ROLE_POWERS["employer"], "firm-foreign"),
    "firm:closed": Role("Firma ohne Zulassung", ROLE_POWERS["employer"], "firm-closed"),
}


@dataclass(frozen=True)
class Thing:
    """Something named in an address, and what those get who hold the power of the page.

    ``other`` is for another Sachgebiet, ``wide`` for all Sachgebiete, ``secret`` for both where the
    thing belongs to a removal or a naturalisation (None: there is no such thing).
    """

    words: str
    id: str
    other: str = FORBIDDEN
    wide: str = OPEN
    secret: str | None = None


# What a login of a company needs there beside its power: to write, or to administer.
NEEDS: Final[tuple[tuple[str, str], ...]] = (
    (r"^\w+ /firma/personen", "admin"),
    (r"^POST /firma/schnittstellen", "machines"),
    (r"^\w+ /firma/antrag/<key>", "write"),
    (r"^POST /firma/(tabelle|vorgang|vollmachten)", "write"),
    (r"^POST /firma/termine", "write"),
)
# Acts behind an address that is open to more people than the act.
DEEPER: Final[Mapping[str, str]] = {"POST /firmen/<act>": Power.FASTLANE_ADMIT}
# Addresses that name something of which the office of the test has none: who may, gets as far as
# that, and who may not, is refused before.
EMPTY: Final = frozenset(
    {
        "GET /brief/<int:letter_id>/ausfertigung",
        "POST /brief/<int:letter_id>/uebersetzung",
        "GET /firma/vorgang/<number>/brief/<int:letter_id>",
        "GET /firma/termine/<int:booking_id>",
        "POST /firma/termine/<int:booking_id>/verlegen",
        "POST /firma/termine/<int:booking_id>/vertreten",
        "GET /firmen/nachweis/<int:registration_id>",
        "GET /firmen/vollmacht/<int:request_id>",
        "POST /leitung/post/stichprobe",
        "GET /post/teil/<int:part_id>",
        "GET /schalter/<int:booking_id>/nachweis/<int:evidence_id>",
        "GET /post/eingang/<int:item_id>/original",
        "POST /ruecklauf",
        "GET /unterschriften/stapel",
        "POST /unterschriften/stapel",
        "GET /post/trennblatt.pdf",
        "POST /vorgang/<number>/nachrichten/<int:message_id>/erledigt",
        "POST /vorgang/<number>/zugang/widerrufen",
        "GET /vorgang/<number>/termin/<int:booking_id>",
        "POST /vorgang/<number>/termin/<int:booking_id>/absagen",
        "POST /vorgang/<number>/termin/<int:booking_id>/verlegen",
    }
)

CASE = Thing("Vorgang", "number", secret=MISSING)
SHEET = Thing("Blatt", "blatt", secret=MISSING)
HIDDEN_SHEET = Thing("Blatt (Bild)", "blatt", other=MISSING, secret=MISSING)
LETTER = Thing("Brief", "letter", secret=MISSING)
FIRM_CASE = Thing("Vorgang einer Firma", "number", other=MISSING)
NOBODYS = Thing("ohne Sachgebiet", "", other=OPEN)
# The first that matches an address says what it names.
THINGS: Final[tuple[tuple[str, Thing], ...]] = (
    (r"^/(vorgang|api/v1/cases)/<number>", CASE),
    (r"^/blatt/<int:blatt_id>/", HIDDEN_SHEET),
    (r"^/blatt/<int:blatt_id>$", SHEET),
    (r"^/(brief|unterschriften/stapel)/<int:letter_id>", LETTER),
    (r"^/schalter/<int:booking_id>", Thing("Termin", "booking")),
    (r"^/schalter/nummer/<int:walk_in_id>", Thing("Wartenummer", "walk_in")),
    (r"^/schalter/nummer/neu/<token>", Thing("Wartenummer (Zettel)", "walk_token")),
    (r"^/veranstaltungen/<int:event_id>", Thing("Veranstaltung", "event", MISSING, MISSING)),
    (r"^/veranstaltungen/gast/<int:guest_id>", Thing("Gast", "guest", MISSING, MISSING)),
    (r"^/post/<int:bundle_id>", Thing("Post einer Person", "bundle")),
    (r"^/post/eingang/<int:item_id>", Thing("Eingang", "item", MISSING)),
    (r"^/post/teil/<int:part_id>", Thing("Teil eines Eingangs", "part", MISSING)),
    (r"^/leitung/post/plan/<int:plan_id>", Thing("Räumungsplan", "plan")),
    (r"^/leitung/post/sammeln/<int:bulk_id>", Thing("Sammeltat", "bulk")),
    (r"^/leitung/uebergabe/<int:run_id>", Thing("Sammelübergabe", "case_run")),
    (r"^/leitung/dienstplan/verlegen/<int:booking_id>", Thing("Termin im Dienstplan", "booking")),
    (r"^/loeschung/blatt/<int:removal_id>", Thing("Blatt", "removal", MISSING, MISSING)),
    (r"^/loeschung/<int:run_id>", Thing("Löschlauf", "run", MISSING, MISSING)),
    (r"^/betrieb/konten/<int:user_id>", Thing("Konto", "account")),
    (r"^/betrieb/<int:message_id>", Thing("Auftrag", "message")),
    (r"^/kalender/<int:feed_id>", Thing("Kalenderadresse", "feed")),
    (r"^/vordruck/<int:issue_id>", Thing("ausgegebener Vordruck", "issue")),
    (r"^/firma/vorgang/<number>", FIRM_CASE),
    (r"^/firma/tabelle/<int:batch_id>", Thing("Tabelle einer Firma", "batch", other=MISSING)),
)


def thing_of(rule: Rule) -> Thing | None:
    """Return what the address names, None where it names nothing that belongs to somebody."""
    return next((thing for pattern, thing in THINGS if re.search(pattern, rule.rule)), None)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield each address with each of its methods, but for files and what browsers ask by."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.rule, one.endpoint)):
        if rule.endpoint != "static" and not rule.rule.startswith("/_teile"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def has_power(app: Flask, rule: Rule, role: Role) -> bool:
    """Return whether the policy of the address lets this role in, whatever it names."""
    wanted = policy_of(app.view_functions[rule.endpoint]) or frozenset()
    return PUBLIC in wanted or (
        role.powers is not None and (LOGGED_IN in wanted or bool(wanted & role.powers))
    )


def expected(app: Flask, rule: Rule, method: str, role: Role, *, secret: bool = False) -> str:
    """Return what the table says of this address for this role."""
    wanted = policy_of(app.view_functions[rule.endpoint]) or frozenset()
    if PUBLIC in wanted:
        # Behind a key that nobody has there is nothing, for nobody.
        return MISSING if "<token>" in rule.rule or "<int:draw_id>" in rule.rule else OPEN
    # Here a login of a browser counts for nothing.
    if role.powers is None or rule.rule.startswith(MACHINES):
        return LOGIN
    if not has_power(app, rule, role):
        return FORBIDDEN
    thing = thing_of(rule)
    deeper = DEEPER.get(f"{method} {rule.rule}")
    if deeper is not None and deeper not in role.powers:
        return FORBIDDEN
    if role.place.startswith("firm"):
        return _for_firm(role, thing, f"{method} {rule.rule}")
    if thing is None or role.place == "admin" or thing is FIRM_CASE:
        return OPEN
    if secret:
        return thing.secret if thing.secret and role.place != "own" else OPEN
    return {"own": OPEN, "foreign": thing.other, "all": thing.wide}[role.place]


def _for_firm(role: Role, thing: Thing | None, what: str) -> str:
    if " /firma" not in what:
        return OPEN
    if role.place == "firm-closed":
        return FORBIDDEN
    needs = next((word for pattern, word in NEEDS if re.search(pattern, what)), "")
    lacks = {"firm-read": ("write", "admin", "machines"), "firm-agency": ("admin",)}
    if needs in lacks.get(role.place, ()):
        return FORBIDDEN
    return MISSING if thing is not None and role.place == "firm-foreign" else OPEN


def words_of(powers: frozenset[str]) -> str:
    """Return a policy in words."""
    if PUBLIC in powers:
        return "alle"
    if LOGGED_IN in powers:
        return "alle Angemeldeten"
    return ", ".join(sorted(POWER_LABELS[each] for each in powers))


def table(app: Flask) -> str:
    """Return the generated part of the document."""
    lines = ["### Was eine Adresse nennt", ""]
    lines += ["| Gegenstand | eigenes Sachgebiet | fremdes | alle Sachgebiete | Zugriffsklasse |"]
    lines += ["|---|---|---|---|---|"]
    for _pattern, thing in THINGS:
        secret = thing.secret or "–"
        lines.append(f"| {thing.words} | {OPEN} | {thing.other} | {thing.wide} | {secret} |")
    lines += ["", "### Was ein Zugang einer Firma dort braucht", ""]
    words = {
        "admin": "Verwaltung der Firma",
        "machines": "Verwaltung der Firma oder Kanzlei",
        "write": "mehr als Lesen",
    }
    lines += [f"* `{pattern}`: {words[need]}" for pattern, need in NEEDS]
    lines += ["", "### Rollen der Prüfung", "", "| Rolle | Befugnisse |", "|---|---|"]
    for role in ROLES.values():
        powers = "keine" if role.powers is None else words_of(role.powers)
        lines.append(f"| {role.words} | {powers} |")
    lines += ["", "### Adressen", "", "| Adresse | Art | offen für | Gegenstand |"]
    lines += ["|---|---|---|---|"]
    for rule, method in routes(app):
        who = words_of(policy_of(app.view_functions[rule.endpoint]) or frozenset())
        thing = thing_of(rule)
        way = " (nur mit Token)" if rule.rule.startswith(MACHINES) else ""
        lines.append(f"| `{rule.rule}` | {method} | {who}{way} | {thing.words if thing else '–'} |")
    return "\n".join(lines)


def renewed(app: Flask) -> str:
    """Return the document with a fresh table."""
    before, rest = FILE.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{table(app)}\n\n{END}{after}"


def bare_app() -> Flask:
    """Return the application with all its addresses, over no database."""
    with tempfile.TemporaryDirectory() as folder:
        environment: dict[str, Any] = {
            "ABH_MODE": "test", "ABH_VAR_DIR": folder, "ABH_DATABASE_URL": "postgresql+psycopg://x/y",
        }  # fmt: skip
        return create_app(load_settings(environment))


if __name__ == "__main__":
    FILE.write_text(renewed(bare_app()), "utf-8")
