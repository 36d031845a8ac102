"""Persons, households and companies."""
