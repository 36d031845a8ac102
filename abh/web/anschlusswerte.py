"""What an application before tells the one that follows it, as the values of its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from abh.kernel.geld import format_euro
from abh.web import antragsform

# The job stays the job; what the person holds now is another thing after the entry.
_JOB = (
    "job_title", "job_place", "isco", "weekly_hours", "salary_year", "job_months", "employer",
    "employer_register_no", "employer_email",
)  # fmt: skip


def job_values(antrag: Mapping[str, Any]) -> dict[str, str]:
    """Return the job of an application as kept (``to_antrag_json``) for the form of another."""
    values = {name: str(antrag[name]) for name in _JOB if antrag.get(name)}
    if "salary_year" in values:
        values["salary_year"] = format_euro(Decimal(values["salary_year"])).removesuffix(" €")
    if antrag.get("job_permanent"):
        values["job_permanent"] = "1"
    return values | day_values("job_start", antrag.get("job_start"))


def day_values(name: str, day: date | str | None) -> dict[str, str]:
    """Return the three inputs of a day, kept as ISO text or not; nothing for none."""
    if not day:
        return {}
    return antragsform.day_parts(name, date.fromisoformat(day) if isinstance(day, str) else day)
