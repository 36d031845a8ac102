"""What a person does on a page: open a fold, fill a form, read a PDF."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

Typed = Mapping[str, str | bool | list[Path]]


def unfold(target: Locator) -> None:
    """Open ``target`` and every fold around it, from the outside in, by clicking."""
    target.wait_for(state="attached")
    folds = target.locator("xpath=ancestor-or-self::details[not(@open)]")
    while folds.count():
        folds.first.locator("> summary").click()


def fill(scope: Locator | Page, typed: Typed) -> None:
    """Type, choose, tick or attach each named field of ``scope``."""
    for name, value in typed.items():
        field = scope.locator(f'[name="{name}"]')
        if isinstance(value, bool):
            field.first.set_checked(value)
        elif isinstance(value, list):
            field.set_input_files(value)
        elif scope.locator(f'select[name="{name}"]').count():
            field.select_option(value)
        elif field.first.get_attribute("type") == "radio":
            scope.locator(f'[name="{name}"][value="{value}"]').check()
        else:
            field.fill(value)


def day(name: str, value: str) -> dict[str, str]:
    """Return the three inputs of a date field for ``TT.MM.JJJJ``."""
    parts = value.split(".")
    return {
        f"{name}_{part}": each for part, each in zip(("day", "month", "year"), parts, strict=True)
    }


def case_form(page: Page, fid: str, typed: Typed | None = None, *, button: str = "") -> None:
    """Fill and send one form of the case page; fails with what the page says if it refuses."""
    box = page.locator(f"#{fid}")
    unfold(box)
    fill(box, {f"{fid}.{name}": value for name, value in (typed or {}).items()})
    buttons = box.get_by_role("button", name=button) if button else box.get_by_role("button")
    with page.expect_navigation():
        buttons.last.click()
    refused = page.locator(".abh-summary, .abh-notice--danger")
    said = refused.first.inner_text() if refused.count() else ""
    assert not said, f"{fid}: {said}"


def step(page: Page, key: str, **typed: str) -> None:
    """Take a step of the procedure."""
    case_form(page, f"schritt-{key}", typed)


def find_out(page: Page, group: str, **typed: str) -> None:
    """Record a finding; the form of a settled requirement is asked for first."""
    if not page.locator(f"#feststellung-{group}").count():
        change = page.locator(f'a[href*="zeile={group}#"]')
        unfold(change)
        with page.expect_navigation():
            change.click()
    case_form(page, f"feststellung-{group}", typed)


def german(value: date) -> str:
    """Return a day as forms take it."""
    return f"{value:%d.%m.%Y}"


def pdf_text(data: bytes) -> str:
    """Return the words of a PDF, its line breaks as spaces."""
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def fits(page: Page) -> None:
    """Fail when the page is wider than its window."""
    # While a page is still being replaced it has no element at all.
    page.wait_for_load_state("load")
    page.wait_for_function("document.documentElement !== null")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


__all__ = ["case_form", "day", "expect", "fill", "find_out", "fits", "german", "pdf_text", "step"]
