"""States that no address alone shows: a link in a letter, a form refused, two at one case, a wait.

Each is played on the running application and taken back, and every answer on the way is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select, text, update
from tinyhtml5.parser import HTMLParser

from abh.access import zweitfaktor
from abh.access.actor import SYSTEM, applicant_actor
from abh.access.passwords import hash_password
from abh.access.tables import AppUser, UserSession
from abh.appointments import ankunft, jobs
from abh.appointments import service as appointments
from abh.bench.firm_world import make_firm
from abh.documents import service as letters
from abh.documents.letters import LETTERS
from abh.documents.zeichnung_types import Channel
from abh.kernel.ids import new_token, token_hash
from abh.office import aufbau, einrichtung
from abh.office.file import load_office, roster_entries
from abh.outbox.tables import OutboxMessage
from abh.settings import ROOT
from abh.web.app import SETUP, create_app
from abh.web.bremse import Brake
from abh.web.pages import antrag, notfall, status_zugang, termine
from abh.workflows import folgen, registry, verbund
from abh.workflows.steps import load_case
from abh.workflows.tables import Vorgang
from tests import factories
from tests.barrierefrei.sammlung import Sammler, blank
from tests.sicherheit.test_seiten import forms_of
from tests.sicherheit.welt import NOW, OWN, Welt, client_of

CLERK, LEAD, NOBODY = "clerk:SG1", "lead:SG1", "anonymous"
BOTH = ("de", "ar")
PASSWORD = "Regenbogen-uber-dem-Rhein-7"
NAMED = {
    "family_name": "Okonkwo", "given_names": "Ada", "nationality": "NGA",
    "birth_date_day": "00", "birth_date_month": "05", "birth_date_year": "1996",
}  # fmt: skip
WHY = "Vertretung während des Urlaubs im Dezember."
ASKED = {
    "angaben.eingang": "05.10.2026", "angaben.titel": "Aufenthaltserlaubnis",
    "angaben.titel_bis": "15.12.2026", "angaben.geburt": "00.04.1998",
    "angaben.staatsangehoerigkeiten": "ind", "angaben.jahresgehalt": "48.000",
    "angaben.unbefristet": "ja", "angaben.abschluss_am": "31.07.2020", "tag": "23.11.2026",
    "verfahren": "P02", "nachweise": "pass",
}  # fmt: skip
State = Callable[[Sammler], None]
STATES: list[State] = []


def state(one: State) -> State:
    """Put a state on the list."""
    STATES.append(one)
    return one


def change(welt: Welt, sql: str, **given: Any) -> None:
    """Change rows behind the back of the services."""
    with welt.sessions() as session, session.begin():
        session.execute(text(sql), given)


def one(welt: Welt, sql: str, **given: Any) -> Any:
    """Return one value."""
    with welt.sessions() as session:
        return session.execute(text(sql), given).scalar()


def with_roster(welt: Welt) -> None:
    """Give Sachgebiet 1 its roster for two weeks, so that places are free and draws are open."""
    data = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
    specs = [
        appointments.PatternSpec(
            e.unit_key, e.desk_key, e.login, e.weekday, time.fromisoformat(e.start),
            time.fromisoformat(e.end), e.lane,
        )
        for e in roster_entries(data)
        if e.unit_key == OWN
    ]  # fmt: skip
    today = welt.house.today
    with welt.sessions() as session, session.begin():
        appointments.apply_patterns(session, specs, valid_from=today, clock=welt.clock, units=[OWN])
        appointments.extend_horizon(session, until=today + timedelta(days=21), clock=welt.clock)
        jobs.open_draws(session, welt.clock, 50)


def _slots(page: str) -> list[str]:
    return re.findall(r'name="termin" value="(\d{4}-\d\d-\d\d_\d+)"', page)


def _form(page: str, url: str, ending: str) -> dict[str, Any]:
    """Return what the form of ``page`` that is sent to ``ending`` sends untouched."""
    tree = HTMLParser(namespace_html_elements=False).parse(page)
    forms = (form for form in forms_of("", url, tree) if form.method == "POST")
    form = next(f for f in forms if f.action.partition("?")[0].endswith(ending))
    return {name: value for name, _kind, value in form.fields if name != "csrf_token"}


@state
def an_invitation(found: Sammler) -> None:
    """Choosing, taken meanwhile, booked, moving, giving back."""
    welt, ids = found.welt, found.welt.ids
    with welt.sessions() as session, session.begin():
        _row, token = appointments.invite(
            session, SYSTEM, vorgang_id=ids["case"], person_id=ids["person"], unit_key=OWN,
            service_key="biometrie_antrag", book_until=welt.house.today + timedelta(days=14),
            clock=welt.clock,
        )  # fmt: skip
    here = f"/termin/{token}"
    for lang in BOTH:
        offered = _slots(found.ask(NOBODY, here, lang=lang).text)
        found.ask(NOBODY, here, {}, lang=lang, note="leer")
    found.ask(NOBODY, here, {"termin": offered[0]})
    for lang in BOTH:
        found.ask(NOBODY, f"{here}?neu=gebucht", lang=lang)
        found.ask(NOBODY, f"{here}/verlegen", lang=lang)
        found.ask(NOBODY, f"{here}/absagen", lang=lang)
    found.ask(NOBODY, f"{here}/absagen", {})
    found.ask(NOBODY, f"{here}?neu=abgesagt")
    change(welt, "UPDATE invitation SET book_until = :day", day=welt.house.today - timedelta(1))
    found.ask(NOBODY, here, note="abgelaufen")


@state
def an_open_booking(found: Sammler) -> None:
    """Choosing, refused, held, booked, given back; and nothing free."""
    welt = found.welt
    here = "/termine?sg=SG1&leistung=beratung"
    for lang in BOTH:
        page = found.ask(NOBODY, here, lang=lang).text
        found.ask(NOBODY, "/termine", {"sg": "SG1", "leistung": "beratung"}, lang=lang, note="leer")
    found.ask(NOBODY, f"{here}&personen=3&weitere=beratung")
    data = {**_form(page, here, "/termine"), **NAMED, "email": "ada@example.org",
            "termin": _slots(page)[0]}  # fmt: skip
    found.ask(NOBODY, "/termine", data)
    with welt.sessions() as session:
        mails = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        said = " ".join(str((mail.payload or {}).get("text", "")) for mail in mails)
    link = re.findall(r"/termine/link/[\w-]{22}", said)[-1]
    for act in ("", "bestaetigen", "absagen"):
        if act:
            found.ask(NOBODY, f"{link}/{act}", {})
        for lang in BOTH:
            found.ask(NOBODY, link, lang=lang, note=act or "gehalten")
            if act == "bestaetigen":
                found.ask(NOBODY, f"{link}/verlegen", lang=lang)
                found.ask(NOBODY, f"{link}/verlegen", {}, lang=lang, note="leer")
    found.ask(NOBODY, f"{link}/bestaetigen", {}, note="zu spät")
    change(welt, "DELETE FROM desk_day")
    for lang in BOTH:
        found.ask(NOBODY, here, lang=lang, note="nichts frei")


@state
def a_place_of_a_case(found: Sammler) -> None:
    """Moved and given back for its person; and a visit whose day is over without an outcome."""
    welt, ids = found.welt, found.welt.ids
    change(
        welt, "UPDATE booking SET vorgang_id = :case, status = 'booked', day = :day WHERE id = :id",
        case=ids["case"], day=welt.house.today + timedelta(days=7), id=ids["booking"],
    )  # fmt: skip
    here = f"/vorgang/{ids['number']}/termin/{ids['booking']}"
    found.ask(CLERK, here)
    found.ask(CLERK, f"{here}/verlegen", {}, note="leer")
    change(
        welt, "UPDATE booking SET day = :day WHERE id = :id",
        day=welt.house.today - timedelta(days=3), id=ids["booking"],
    )  # fmt: skip
    found.ask(CLERK, here, note="vorbei")
    found.ask(CLERK, f"/schalter/{ids['booking']}", note="ohne Ergebnis")
    change(welt, "UPDATE walk_in SET day = day - 3")
    found.ask(CLERK, f"/schalter/nummer/{ids['walk_in']}", note="ohne Ergebnis")


@state
def an_emergency(found: Sammler) -> None:
    """Asking for a place in the draw, and what became of it."""
    page = ""
    for lang in BOTH:
        page = found.ask(NOBODY, "/notfall", lang=lang, note="mit Losung").text
        found.ask(NOBODY, "/notfall", {}, lang=lang, note="leer")
    draw = re.findall(r'<option value="(\d+)"', page)[0]
    asked = found.ask(
        NOBODY, "/notfall",
        {**NAMED, "draw": draw, "ground": "arbeitsplatz", "harm_on_day": "26",
         "harm_on_month": "11", "harm_on_year": "2026", "evidence": "Schreiben", "email": ""},
    )  # fmt: skip
    for lang in BOTH:
        found.ask(NOBODY, asked.location, lang=lang)
        found.ask(NOBODY, "/losung", lang=lang)


@state
def a_wait(found: Sammler) -> None:
    """Too many from one address: the forms that say how long to wait."""
    full = Brake(0, timedelta(hours=1), timedelta(seconds=30))
    with pytest.MonkeyPatch.context() as patch:
        for module in (termine, notfall, status_zugang, antrag):
            patch.setattr(module, "BRAKE", full)
        for lang in BOTH:
            choice = {"sg": "SG1", "leistung": "beratung"}
            for url, data in (("/termine", choice), ("/termine/code", {}), ("/notfall", {}),
                              ("/status", {})):  # fmt: skip
                found.ask(NOBODY, url, data, lang=lang, note="Bremse")


@state
def a_case_behind_its_link(found: Sammler) -> None:
    """The status page when it is the applicant's turn, when it is decided, and after a fault."""
    welt, ids = found.welt, found.welt.ids
    here = f"/status/{ids['status']}"
    for lang in BOTH:
        found.ask(NOBODY, here, lang=lang)
        found.ask(NOBODY, f"/antrag/fertig/{ids['status']}", lang=lang)
        found.ask(NOBODY, f"{here}/zuruecknehmen", lang=lang)
        found.ask(NOBODY, f"{here}/frage", {"thema": "", "frage": ""}, lang=lang, note="leer")
    until = (welt.house.today + timedelta(days=28)).isoformat()
    change(
        welt,
        "UPDATE vorgang SET state = 'awaiting_applicant', progress = :progress WHERE id = :id",
        progress=json.dumps({"request": {"until": until}}), id=ids["case"],
    )  # fmt: skip
    for lang in BOTH:
        found.ask(NOBODY, here, lang=lang, note="Nachforderung")
        found.ask(NOBODY, f"{here}/unterlagen", {}, lang=lang, note="ohne Datei")
    found.ask(CLERK, f"/vorgang/{ids['number']}", note="Nachforderung")
    change(welt, "UPDATE vorgang SET closed_at = :now WHERE id = :id", now=NOW, id=ids["case"])
    found.ask(NOBODY, here, note="beendet")


@state
def a_tablet(found: Sammler) -> None:
    """Set up, idle, and showing a visitor's case in a language read from the right."""
    welt, ids = found.welt, found.welt.ids
    made = found.ask(CLERK, "/schalter/tablet", {}).text
    here = re.findall(r"/tablet/[\w-]{22}", made)[0]
    found.ask(NOBODY, here, note="leer")
    change(
        welt,
        """UPDATE booking SET status = 'called', called_at = :now, checked_in_at = :now,
        called_to = desk_id WHERE id = :id""",
        id=ids["booking"], now=NOW,
    )  # fmt: skip
    visit = f"/schalter/{ids['booking']}"
    page = found.ask(CLERK, visit, note="aufgerufen").text
    if "/identitaet" in page:
        found.ask(CLERK, f"{visit}/identitaet", _form(page, visit, "/identitaet"))
        found.ask(CLERK, visit, note="verglichen")
    for lang in BOTH:
        found.ask(CLERK, f"{visit}/zeigen", {"sprache": lang})
        found.ask(CLERK, visit, note=f"zeigt {lang}")
        shown: Any = found.ask(NOBODY, here, lang=lang)
        while shown.status_code == 303:
            shown = found.ask(NOBODY, shown.location, lang=lang)


@state
def a_login(found: Sammler) -> None:
    """Refused, second step set up, codes to keep, and a form that was on hold meanwhile."""
    welt, ids = found.welt, found.welt.ids
    found.ask(NOBODY, "/login", {"login": "x", "password": "falsch"})
    found.ask("pending", "/login/code")
    found.ask("pending", "/login/code", {"code": "000000"})
    user, token = ids["user:firm.admin"], new_token()
    with welt.sessions() as session, session.begin():
        session.add(
            UserSession(
                token_hash=token_hash(token), user_id=user, created_at=NOW, last_seen_at=NOW,
                expires_at=NOW + timedelta(hours=1), waits_for="setup",
            )
        )  # fmt: skip
        login = session.get_one(AppUser, ids["user:lead.SG1"]).login
        session.execute(
            update(AppUser).where(AppUser.login == login).values(
                password_hash=hash_password(PASSWORD)
            )
        )  # fmt: skip
    welt.tokens["setup"] = token
    page = found.ask("setup", "/login/code").text
    shared = re.findall(r'translate="no">([A-Z2-7 ]+)<', page)[0]
    found.ask("setup", "/login/code", {"code": zweitfaktor.code_at(shared, NOW)})
    url = f"/vorgang/{ids['number']}/uebergabe"
    typed = {"to": "verteilen", "reason": WHY, "row_version": "1"}
    page = found.ask(NOBODY, url, typed).text
    held = _held(page)
    found.ask(NOBODY, "/login", {**held, "login": login, "password": "falsch"}, note="gehalten")
    found.ask(NOBODY, "/login", {**held, "login": login, "password": PASSWORD}, note="gehalten")


def _held(page: str) -> dict[str, Any]:
    tree = HTMLParser(namespace_html_elements=False).parse(page)
    data: dict[str, Any] = {}
    for node in tree.iter("input"):
        if str(node.get("name")).startswith("geparkt-"):
            data.setdefault(str(node.get("name")), []).append(node.get("value") or "")
    return data


@state
def an_event_by_link(found: Sammler) -> None:
    """The answer to an invitation to a ceremony."""
    welt, token = found.welt, new_token()
    change(
        welt,
        "UPDATE event_guest SET token_hash = :hash WHERE id = :id",
        hash=token_hash(token), id=welt.ids["guest"],
    )  # fmt: skip
    change(
        welt,
        "UPDATE group_event SET languages = '{de,en,ar}', guests_each = 3, places = 50,"
        " reply_until = :day",
        day=welt.house.today + timedelta(days=5),
    )
    for lang in BOTH:
        found.ask(NOBODY, f"/einladung/{token}", lang=lang)
        found.ask(NOBODY, f"/einladung/{token}", {}, lang=lang, note="leer")


@state
def a_number(found: Sammler) -> None:
    """A number of somebody without an appointment: its slip, its page, its turn."""
    welt, token = found.welt, found.welt.ids["walk_token"]
    for lang in BOTH:
        found.ask(NOBODY, f"/warten/{token}", lang=lang)
    desk = one(welt, "SELECT min(id) FROM desk WHERE unit_key = 'SG1'")
    change(welt, "UPDATE walk_in SET status = 'called', called_to = :desk, called_at = :now",
           desk=desk, now=NOW)  # fmt: skip
    for lang in BOTH:
        found.ask(NOBODY, f"/warten/{token}", lang=lang, note="aufgerufen")
    found.ask(NOBODY, "/anzeige/SG1", note="mit Aufruf")


@state
def a_terminal(found: Sammler) -> None:
    """The terminal in the waiting room: empty, a code unknown, a code of today and of elsewhere."""
    welt, booking = found.welt, found.welt.ids["booking"]
    code = ankunft.code_of(welt.house.secret, booking)
    change(
        welt, "UPDATE booking SET status = 'booked', day = :day WHERE id = :id",
        day=welt.house.today, id=booking,
    )  # fmt: skip
    for unit in ("SG2", OWN):
        here = f"/ankunft/{ankunft.terminal_token(welt.house.secret, unit)}"
        for lang in BOTH:
            found.ask(NOBODY, here, lang=lang)
            found.ask(NOBODY, here, {"code": "K7QM-2XVD"}, lang=lang, note="unbekannt")
            found.ask(NOBODY, here, {"code": code}, lang=lang, note=f"Code in {unit}")


@state
def two_at_one_case(found: Sammler) -> None:
    """A form of a case that somebody else changed meanwhile, and one sent empty."""
    number = found.welt.ids["number"]
    here = f"/vorgang/{number}"
    page = found.ask(CLERK, here).text
    tree = HTMLParser(namespace_html_elements=False).parse(page)
    forms = [f for f in forms_of("", here, tree) if "/feststellung/" in f.action]
    sent = blank(forms[0])
    old = {name: "0" if "version" in name else value for name, value in sent.items()}
    found.ask(CLERK, forms[0].action, old, note="veraltet")


@state
def a_hand_over(found: Sammler) -> None:
    """Many cases in one go: the preview, the run, and what became of each."""
    ids = str(found.welt.ids["case"])
    sent = {"ids": ids, "to": "verteilen", "reason": WHY}
    found.ask(LEAD, "/leitung/vorgaenge/vorschau", sent)
    found.ask(LEAD, "/leitung/vorgaenge/vorschau", {**sent, "reason": "kurz"})
    found.ask(LEAD, "/leitung/vorgaenge", {**sent, "expected": "7"})
    run = found.ask(LEAD, "/leitung/vorgaenge", {**sent, "expected": "1"})
    if run.location:
        found.ask(LEAD, run.location)
        found.ask(LEAD, f"{run.location}/zuruecknehmen", {})
        found.ask(LEAD, run.location, note="zurückgenommen")


@state
def like_letters(found: Sammler) -> None:
    """A notice to translate, and letters that may be signed in one go."""
    welt, ids = found.welt, found.welt.ids
    with welt.sessions() as session, session.begin():
        clerk = factories.staff(session, OWN, rank="SB")
        case = session.get_one(Vorgang, ids["case"])
        order = letters.LetterOrder(
            key="N12", akte_id=case.akte_id, vorgang_id=case.id, unit_key=OWN,
            reference=case.number, recipient=("Erika Muster", "Graf-Adolf-Straße 12",
            "40212 Düsseldorf"), addressee="Erika Muster", fields=LETTERS["N12"].samples[""],
            channel=Channel.PZU,
        )  # fmt: skip
        made = [letters.prepare(session, welt.house, clerk, order).id for _ in range(2)]
        # As if the first had been signed and filed: what a released letter needs, the other has.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text(
                "UPDATE letter SET key = 'N12',"
                " content = (SELECT content FROM letter WHERE id = :n) WHERE id = :id"
            ),
            {"n": made[0], "id": ids["letter"]},
        )
        session.execute(text("SET LOCAL session_replication_role = origin"))
    found.ask(LEAD, f"/unterschriften?brief={made[0]}", note="gleiche")
    found.ask(LEAD, f"/unterschriften/stapel?brief={made[0]}")
    found.ask(CLERK, f"/brief/{ids['letter']}/uebersetzung")


@state
def somebody_ill(found: Sammler) -> None:
    """An absence that takes the place of people who have an appointment."""
    welt, ids = found.welt, found.welt.ids
    with welt.sessions() as session, session.begin():
        block = session.execute(
            text(
                "SELECT id, desk_id, user_id, day, lower(cells) AS cell FROM roster_block"
                " WHERE unit_key = 'SG1' AND lane = 'kunden' AND day > :day ORDER BY id LIMIT 1"
            ),
            {"day": welt.house.today},
        ).one()
    change(
        welt,
        "UPDATE booking SET day = :day, desk_id = :desk, lane = 'kunden',"
        " cells = int4range(:cell, :cell + 2) WHERE id = :id",
        day=block.day, desk=block.desk_id, cell=block.cell, id=ids["booking"],
    )  # fmt: skip
    found.ask(
        LEAD,
        "/leitung/dienstplan/abwesend",
        {"absent": str(block.user_id), "first": f"{block.day:%d.%m.%Y}", "last": "", "cover": ""},
    )


@state
def a_family(found: Sammler) -> None:
    """Two cases that belong together, seen from one of them."""
    welt = found.welt
    with welt.sessions() as session, session.begin():
        who = factories.staff(session, OWN, rank="SB")
        other = factories.file_case(
            session, welt.house, applicant_actor(), evidence=("pass",), person__given_names="Lan",
            person__birth_date="01.02.1990",
        )  # fmt: skip
        session.execute(
            text("UPDATE vorgang SET unit_key = :unit, state = 'decision_ready' WHERE id IN :ids")
            .bindparams(bindparam("ids", expanding=True)),
            {"unit": OWN, "ids": [other.vorgang_id, welt.ids["case"]]},
        )  # fmt: skip
        case = load_case(session, welt.house, vorgang_id=welt.ids["case"])
        folge = folgen.by_key("familie")
        assert folge is not None
        verbund.follow(session, welt.house, who, case, other.vorgang_id, folge)
    found.ask(CLERK, f"/vorgang/{welt.ids['number']}", note="Familie")


@state
def an_invited_colleague(found: Sammler) -> None:
    """The link by which somebody joins a company."""
    welt = found.welt
    found.ask(
        "firm:admin", "/firma/personen/einladen", {"email": "neu@example.org", "role": "read"}
    )
    with welt.sessions() as session:
        mails = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        said = " ".join(str((mail.payload or {}).get("text", "")) for mail in mails)
    link = re.findall(r"/firma/einladung/[\w-]+", said)[-1]
    found.ask(NOBODY, link)
    found.ask(NOBODY, link, {}, note="leer")


@state
def a_link_for_a_password(found: Sammler) -> None:
    """The technician is shown a link once; behind it somebody chooses a password."""
    account = found.welt.ids["account"]
    shown = found.ask("admin", f"/betrieb/konten/{account}/zeigen", {})
    link = re.findall(r"/passwort/[\w-]+", shown.text)[-1]
    found.ask(NOBODY, link)
    found.ask(NOBODY, link, {}, note="leer")


@state
def two_versions_of_a_procedure(found: Sammler) -> None:
    """What changed between them; without a second version there is no page."""
    newest = registry.newest("P02")
    with pytest.MonkeyPatch.context() as patch:
        later = replace(newest, version=newest.version + 1, zweck=f"{newest.zweck} Neu.")
        patch.setattr(registry, "PUBLISHED", (*registry.PUBLISHED, later))
        patch.setattr(registry, "newest", lambda key: later)
        found.ask(CLERK, "/verfahren/P02/vergleich")


@state
def a_trial_case(found: Sammler) -> None:
    """What would come of a case: asked with nothing and with something."""
    page = found.ask(CLERK, "/probefall").text
    found.ask(CLERK, "/probefall", _form(page, "/probefall", "/probefall") | ASKED, note="gefragt")


@state
def a_group_of_a_company(found: Sammler) -> None:
    """A proposal for several people, and one place that is moved."""
    welt = found.welt
    with welt.sessions() as session, session.begin():
        firm = make_firm(session, "Gamma", people=4, today=welt.house.today, now=NOW)
        token = welt.tokens["firm:group"] = new_token()
        session.add(
            UserSession(
                token_hash=token_hash(token), user_id=firm.actor.user_id, created_at=NOW,
                last_seen_at=NOW, expires_at=NOW + timedelta(hours=8),
            )
        )  # fmt: skip
    role, more = "firm:group", {"leistung": "biometrie_antrag", "sg": "SG1"}
    found.ask(role, "/firma/termine/neu?leistung=biometrie_antrag&sg=SG1")
    wish = {**more, "von": "30.11.2026", "bis": "11.12.2026"}
    found.ask(role, "/firma/termine/vorschlag", wish, note="leer")
    found.ask(role, "/firma/termine/vorschlag", {**wish, "person": [*map(str, firm.persons)]})
    found.ask(role, "/firma/termine", {**wish, "person": [str(firm.persons[0])], "key": "k"})
    place = one(welt, "SELECT max(booking_id) FROM firm_place")
    found.ask(role, f"/firma/termine/{place}")
    found.ask(role, "/firma/termine", note="gebucht")
    found.ask(role, "/firma")


@state
def the_tour_of_the_demo(found: Sammler) -> None:
    """The bar over real pages, offered and begun; only the demo has it."""
    services = found.welt.app.extensions["abh"]
    demo = create_app(replace(services.settings, mode="demo"), services=services)
    demo.config["WTF_CSRF_ENABLED"] = False
    with found.hearing(demo):
        clerk = client_of(demo, found.welt.tokens[CLERK])
        found.ask(CLERK, "/desk", client=clerk, note="Rundgang angeboten")
        found.ask(CLERK, "/rundgang", {"station": "0", "hier": "/desk"}, client=clerk)
        found.ask(CLERK, "/desk", client=clerk, note="Rundgang begonnen")
        found.ask(CLERK, "/rundgang", client=clerk)


@state
def an_office_that_begins(found: Sammler) -> None:
    """The first start: the code, each step empty and refused, and what would be opened."""
    welt = found.welt
    services = replace(welt.app.extensions["abh"], more={SETUP: True})
    first = create_app(services.settings, services=services)
    first.config["WTF_CSRF_ENABLED"] = False
    with pytest.MonkeyPatch.context() as patch, found.hearing(first):
        for module in ("abh.web.pages.einrichtung", "abh.office.einrichtung"):
            patch.setattr(f"{module}.has_office", lambda _session: False)
        with welt.sessions() as session, session.begin():
            code = einrichtung.new_code(session, now=NOW)
        client = first.test_client()
        found.ask(NOBODY, "/einrichtung", client=client)
        found.ask(NOBODY, "/einrichtung", {"code": "AAAA"}, client=client)
        found.ask(NOBODY, "/einrichtung", {"code": code}, client=client)
        for step in aufbau.STEPS:
            found.ask(NOBODY, f"/einrichtung/{step}", client=client)
            found.ask(NOBODY, f"/einrichtung/{step}", {}, client=client, note="leer")
        found.ask(NOBODY, "/einrichtung/pruefen", client=client)


@state
def refusals(found: Sammler) -> None:
    """What everybody meets who went wrong, in both frames."""
    for lang in BOTH:
        found.ask(NOBODY, "/gibt-es-nicht", lang=lang)
        found.ask(NOBODY, f"/status/{'x' * 22}", lang=lang)
        found.ask(NOBODY, "/antrag/p02", {"sprache": lang}, lang=lang)
    found.ask(CLERK, "/vorgang/ABH-0000-0000000")
    found.ask(CLERK, "/leitung/befugnisse")
    found.ask(CLERK, "/vorgang/ABH-0000-0000000", headers={"HX-Request": "true"}, note="htmx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(found.welt.app.config, "WTF_CSRF_ENABLED", True)
        found.ask(LEAD, "/leitung/minuten", {"day": "24.11.2026"}, note="abgelaufen")
        found.ask(NOBODY, "/notfall", {**NAMED}, lang="ar", note="abgelaufen")


def play(found: Sammler, states: Iterable[State] = ()) -> None:
    """Play all states, each from the same beginning."""
    for each in states or STATES:
        with found.welt.undone():
            each(found)
