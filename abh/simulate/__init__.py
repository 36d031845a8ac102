"""Days of the office played against the real rules."""
