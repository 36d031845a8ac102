"""The open engine of a German Ausländerbehörde."""
