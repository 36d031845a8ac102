"""The clearance plan (Räumungsplan): by which day the backlog ends, and what that costs."""
