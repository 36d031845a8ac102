"""Conditions of steps and requirements: pure functions from facts to a reason or a finding."""
