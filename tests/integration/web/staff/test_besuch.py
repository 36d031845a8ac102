"""Staff book visits of several persons or services, and families at adjoining desks."""

from __future__ import annotations

import re

from sqlalchemy import text

from tests.integration.web.staff.conftest import Amt, Browser


def _times(page: str) -> list[str]:
    return re.findall(r'name="termin" value="([^"]+)"', page)


def _household(amt: Amt, *given: str) -> tuple[str, list[int]]:
    """File a case and put its person and ``given`` into one household."""
    number = amt.file().number
    with amt.sessions.begin() as session:
        person = session.execute(
            text("SELECT person_id FROM vorgang WHERE number = :n"), {"n": number}
        ).scalar_one()
        house = session.execute(
            text("INSERT INTO household (name) VALUES ('Familie') RETURNING id")
        ).scalar_one()
        session.execute(
            text("UPDATE person SET household_id = :h WHERE id = :p"), {"h": house, "p": person}
        )
        others = [
            session.execute(
                text(
                    "INSERT INTO person (family_name, given_names, name_search, name_plain,"
                    " birth_year, nationalities, created_at, household_id)"
                    " VALUES ('Sharma', :given, :given, :given, 2015, '{IND}', now(), :h)"
                    " RETURNING id"
                ),
                {"given": each, "h": house},
            ).scalar_one()
            for each in given
        ]
    return number, others


def test_several_persons_and_services_make_one_longer_visit(amt: Amt, clerk: Browser) -> None:
    number = amt.file().number
    url = f"/vorgang/{number}/termin"
    chosen = "leistung=biometrie_antrag&persons=3&also=fiktionsbescheinigung&interpreter=1"
    page = clerk.get(f"{url}?{chosen}").text
    # 20 + 2 * 10 + 10 minutes for the biometrics, 15 + 2 * 5 for the paper.
    assert "Der Termin dauert 75 Minuten" in page
    form = {
        "leistung": "biometrie_antrag",
        "persons": "3",
        "also": "fiktionsbescheinigung",
        "interpreter": "1",
        "termin": _times(page)[0],
    }
    clerk.post(url, form)
    row = amt.row(
        "SELECT persons, also, interpreter, upper(cells) - lower(cells) AS n FROM booking"
    )
    assert dict(row) == {
        "persons": 3,
        "also": ["fiktionsbescheinigung"],
        "interpreter": True,
        "n": 15,
    }


def test_too_many_persons_are_refused_with_the_reason_at_the_field(
    amt: Amt, clerk: Browser
) -> None:
    url = f"/vorgang/{amt.file().number}/termin"
    page = clerk.get(f"{url}?leistung=notfall&persons=4", 422).text
    assert "nur für eine Person je Termin" in page


def test_a_family_gets_adjoining_desks_at_the_same_time(amt: Amt, clerk: Browser) -> None:
    number, others = _household(amt, "Arjun", "Meera")
    url = f"/vorgang/{number}/termin"
    assert "Zur gleichen Zeit an benachbarten Plätzen" in clerk.get(url).text
    chosen = "&".join(f"member={each}" for each in others)
    page = clerk.get(f"{url}?leistung=biometrie_antrag&{chosen}").text
    mixed = clerk.get(f"{url}?leistung=biometrie_antrag&{chosen}&persons=2", 422).text
    assert "nur eine Leistung für je eine Person" in mixed
    form = {"leistung": "biometrie_antrag", "member": others, "termin": _times(page)[0]}
    told = clerk.get(clerk.post(url, form).location).text
    assert "Nummern B-" in told
    with amt.sessions() as session:
        rows = session.execute(
            text(
                "SELECT b.day, b.cells, d.room, b.desk_id, b.vorgang_id IS NOT NULL AS tied"
                " FROM booking b JOIN desk d ON d.id = b.desk_id ORDER BY b.person_id"
            )
        ).all()
    assert len({row.desk_id for row in rows}) == 3
    assert len({(row.day, row.cells.lower, row.room) for row in rows}) == 1
    # Each place belongs to the person's own case; the children have none.
    assert [row.tied for row in rows] == [True, False, False]


def test_somebody_of_another_household_is_not_booked_along(amt: Amt, clerk: Browser) -> None:
    number, _others = _household(amt, "Arjun")
    _other_number, strangers = _household(amt, "Fremd")
    url = f"/vorgang/{number}/termin"
    page = clerk.get(f"{url}?leistung=biometrie_antrag&member={strangers[0]}").text
    form = {"leistung": "biometrie_antrag", "member": strangers, "termin": _times(page)[0]}
    clerk.post(url, form)
    # The number of a stranger is not on the list, so it is as if nobody was ticked.
    assert amt.row("SELECT count(*) AS n FROM booking")["n"] == 1


def test_a_place_is_moved_and_given_back_on_the_telephone_and_the_person_told(
    amt: Amt, clerk: Browser
) -> None:
    number = amt.file().number
    url = f"/vorgang/{number}/termin"
    first, second, *_more = _times(clerk.get(url).text)
    clerk.post(url, {"termin": first})
    booked = amt.row("SELECT id, status FROM booking")["id"]
    assert f"{url}/{booked}" in clerk.get(f"/vorgang/{number}").text
    page = clerk.get(f"{url}/{booked}").text
    assert "Termin verlegen" in page
    assert first not in _times(page)
    clerk.post(f"{url}/{booked}/verlegen", {"termin": "unfug"}, status=422)
    clerk.post(f"{url}/{booked}/verlegen", {"termin": second})
    assert amt.row("SELECT sequence AS n FROM booking")["n"] == 1
    clerk.post(f"{url}/{booked}/absagen", {"reason": "krank"})
    assert amt.row("SELECT status FROM booking")["status"] == "cancelled"
    assert "nicht mehr ändern" in clerk.get(f"{url}/{booked}").text
    clerk.post(f"{url}/{booked}/absagen", {}, status=409)
    mails = "SELECT count(*) AS n FROM outbox_message WHERE dedup_key LIKE 'mail:termin:%'"
    assert amt.row(mails)["n"] == 3


def test_a_place_of_another_case_is_not_found(amt: Amt, clerk: Browser) -> None:
    number, other = amt.file().number, amt.file(person__family_name="Andere").number
    clerk.post(f"/vorgang/{number}/termin", {"termin": _times(_page(clerk, number))[0]})
    booked = amt.row("SELECT id FROM booking")["id"]
    clerk.get(f"/vorgang/{other}/termin/{booked}", 404)
    clerk.post(f"/vorgang/{other}/termin/{booked}/absagen", {}, status=404)
    clerk.post(
        f"/vorgang/{other}/termin/{booked}/verlegen", {"termin": "2026-12-01_100"}, status=404
    )
    assert amt.row("SELECT status FROM booking")["status"] == "booked"


def _page(clerk: Browser, number: str) -> str:
    return clerk.get(f"/vorgang/{number}/termin").text
