"""The lane of companies: mandates and what they open."""
