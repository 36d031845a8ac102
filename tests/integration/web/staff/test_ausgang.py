"""The outgoing mail: nothing that is signed is forgotten, and what is noted is true."""

from __future__ import annotations

import pytest

from tests.integration.web.staff.conftest import COLLEAGUE, Amt, told

PAGE = "/postausgang"


@pytest.fixture
def letters(amt: Amt) -> list[int]:
    """Two confirmations on paper that nobody has printed."""
    for name in ("Nguyễn", "Şahin"):
        amt.file(person__family_name=name)
    amt.change("UPDATE letter SET channel = 'post'")
    row = amt.row("SELECT array_agg(id ORDER BY id) AS ids FROM letter")
    return [int(number) for number in row["ids"]]


def _chosen(letters: list[int], **more: str) -> dict[str, object]:
    return {"briefe": [str(number) for number in letters], **more}


def test_letters_go_from_one_print_to_the_day_of_posting(amt: Amt, letters: list[int]) -> None:
    clerk = amt.client()
    page = clerk.get(PAGE).text
    assert "Zu drucken (2)" in page and "Nguyễn" in page and "Postausgang (2)" in page
    clerk.post(f"{PAGE}/drucken", _chosen(letters))
    row = amt.row(
        "SELECT count(*) AS n, count(DISTINCT bundle) AS bundles, min(bundle) = min(id) AS first,"
        " (SELECT count(*) FROM outbox_message WHERE kind = 'print') AS sent FROM print_job"
    )
    assert (row["n"], row["bundles"], row["first"], row["sent"]) == (2, 1, True, 1)
    assert "Am Drucker oder ohne Unterschrift von Hand (2)" in clerk.get(PAGE).text

    again = clerk.post(f"{PAGE}/drucken", _chosen(letters), status=200).text
    assert again.count("liegt schon beim Drucker") == 2

    amt.change("UPDATE print_job SET state = 'completed'")
    assert "Gedruckt, zur Post (2)" in clerk.get(PAGE).text
    late = clerk.post(f"{PAGE}/abgegangen", _chosen(letters, on="24.11.2026"), status=200).text
    assert "Der Tag liegt in der Zukunft" in late
    clerk.post(f"{PAGE}/abgegangen", _chosen(letters, on="23.11.2026"))
    assert "Alles ist aus dem Haus" in clerk.get(PAGE).text
    left = amt.row(
        "SELECT count(*) AS n, min(d.handed_over_on)::text AS day, bool_and(l.state = 'dispatched')"
        " AS gone FROM dispatch d JOIN letter l ON l.id = d.letter_id"
    )
    assert (left["n"], left["day"], left["gone"]) == (2, "2026-11-23", True)


def test_one_letter_that_may_not_leave_stops_no_other(amt: Amt, letters: list[int]) -> None:
    amt.change("UPDATE letter SET mark = 'hand' WHERE id = :id", id=letters[0])
    clerk = amt.client()
    page = clerk.post(f"{PAGE}/abgegangen", _chosen(letters, on="23.11.2026"), status=200).text
    assert "noch nicht von Hand unterschrieben" in page, told(page)
    states = amt.row("SELECT array_agg(state ORDER BY id) AS all FROM letter")
    assert states["all"] == ["released", "dispatched"]
    clerk.post(f"{PAGE}/abgegangen", {"on": "23.11.2026"}, status=422)
    clerk.post(f"{PAGE}/abgegangen", _chosen(letters[:1], on="31.02.2026"), status=422)
    clerk.post(f"{PAGE}/drucken", {}, status=422)


def test_letters_of_another_sachgebiet_are_neither_shown_nor_printed(
    amt: Amt, letters: list[int]
) -> None:
    amt.change("UPDATE letter SET unit_key = 'SG2'")
    clerk = amt.client(COLLEAGUE)
    assert "Alles ist aus dem Haus" in clerk.get(PAGE).text
    clerk.post(f"{PAGE}/drucken", _chosen(letters), status=403)
    clerk.post(f"{PAGE}/drucken", {"briefe": ["999999999"]}, status=404)
    refused = clerk.post(f"{PAGE}/abgegangen", _chosen(letters, on="23.11.2026"), status=200).text
    assert refused.count("nicht tätig") == 2, told(refused)
    assert amt.row("SELECT count(*) AS n FROM print_job")["n"] == 0
