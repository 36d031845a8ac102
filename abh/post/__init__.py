"""Inbound post of any channel, known the day it comes."""
