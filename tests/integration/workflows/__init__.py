"""Cases on a real database."""
