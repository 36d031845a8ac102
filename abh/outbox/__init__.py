"""Effects as rows, delivered later by the worker."""
