"""Every staff page shows what it should to those who may see it."""

from __future__ import annotations

from tests.integration.web.staff.conftest import LEAD, Amt, Browser


def test_the_desk_lists_the_case_with_its_reason(amt: Amt, clerk: Browser) -> None:
    filed = amt.file()
    page = clerk.get("/desk").text
    assert filed.number in page
    assert "Titel endet in 27 Tagen, 20.12.2026." in page


def test_the_case_page_shows_everything(amt: Amt, clerk: Browser) -> None:
    filed = amt.file()
    page = clerk.get(f"/vorgang/{filed.number}").text
    for text in ("Nguyễn", "00.05.1996", "Vollständigkeit", "§ 82", "Blatt 1", "Eingangsbestätigung"):
        assert text in page


def test_other_pages_open(amt: Amt) -> None:
    amt.file()
    lead = amt.client(LEAD)
    for url in ("/schalter", "/unterschriften", "/frist", "/leitung", "/betrieb", "/platz", "/suche?q=nguyen", "/leitung/protokoll"):
        lead.get(url)
