"""A clearance plan to take along: rows for a printed list, and a workbook without formulas."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from abh.documents.render import Listing
from abh.post.raeumung.lage import WEEK
from abh.post.raeumung.modell import APPOINTMENTS, FIRMS
from abh.post.raeumung.plaene import Shown, shown
from abh.post.schemas import KINDS
from abh.post.tables_plan import PostPlan

COLUMNS = (
    "Sachgebiet",
    "Woche bis",
    "offen am Ende",
    "Stunden Post",
    "Stunden aus Terminen",
    "Stunden aus Firmen",
)


def week_rows(plan: PostPlan) -> list[tuple[str, str, int, int, int, int]]:
    """Return a row for each unit and week, with hours of work rounded up to whole ones."""
    rows = []
    for one in plan.result["units"]:
        for week, stock in enumerate(one["stock"]):
            day = plan.first_week + WEEK * (week + 1) - timedelta(days=1)
            used = one["used"][week] if week < len(one["used"]) else 0
            given = [
                counts[week] if week < len(counts) else 0
                for counts in (one["given"].get(source, ()) for source in (APPOINTMENTS, FIRMS))
            ]
            rows.append((one["unit"], f"{day:%d.%m.%Y}", stock, -(-used // 60), *given))
    return rows


def summary(found: Shown) -> list[str]:
    """Return what a plan says in sentences."""
    plan = found.plan
    said = [
        f"Gerechnet am {plan.computed_at:%d.%m.%Y}, Untergrenze Termine "
        f"{plan.floor_appointments} %, Firmen {plan.floor_firms} %.",
        f"Offen: {found.open} Eingänge; mit dem, was bis zum Beginn am {plan.first_week:%d.%m.%Y} "
        f"kommt und erledigt wird, {found.start}. Das sind {found.work_hours} Stunden Arbeit.",
    ]
    if found.zero_on is None:
        return [*said, *found.missing]
    said.append(
        f"Nichts mehr offen am {found.zero_on:%d.%m.%Y}; das kostet {found.taken_hours} Stunden, "
        f"etwa {found.appointments} Termine."
    )
    said.append(
        "Weniger Stunden gehen nicht (bewiesen)."
        if found.gap == 0
        else f"Höchstens {found.gap:.1%} mehr Stunden als nötig (Suche beendet)."
    )
    return said


def listing(plan: PostPlan) -> Listing:
    """Return the plan as a list to print."""
    rows = tuple(tuple(str(value) for value in row) for row in week_rows(plan))
    return Listing(f"Räumungsplan: {plan.name}", " ".join(summary(shown(plan))), COLUMNS, rows)


def workbook(plan: PostPlan) -> bytes:
    """Return the plan as XLSX; every text is stored as text, so nothing is ever computed."""
    import openpyxl
    from openpyxl.styles import Font

    book: Any = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Räumungsplan"
    minutes = plan.result["minutes"]
    measured = set(plan.result["measured"])
    tables = (
        (sheet, [(plan.name,), *((line,) for line in summary(shown(plan)))]),
        (book.create_sheet("Wochen"), [COLUMNS, *week_rows(plan)]),
        (
            book.create_sheet("Zeiten"),
            [
                ("Art", "Minuten je Eingang", "Herkunft"),
                *(
                    (KINDS[kind], minutes[kind], "gemessen" if kind in measured else "Vorgabe")
                    for kind in KINDS
                ),
            ],
        ),
    )
    for page, rows in tables:
        for n, row in enumerate(rows, 1):
            for m, value in enumerate(row, 1):
                cell = page.cell(row=n, column=m, value=value)
                if isinstance(value, str):
                    cell.data_type = "s"
                if n == 1:
                    cell.font = Font(bold=True)
        for letter in "ABCDEF":
            page.column_dimensions[letter].width = 24
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
