"""The open engine of a German Ausländerbehörde."""

import gc

# A start makes half a million objects that all stay. By its usual measure the collector would look
# through them dozens of times meanwhile: a fifth of the time that a process needs to start.
gc.set_threshold(50_000, 10, 10)
