"""Procedures as state machines, cases, participations, fictions."""
