"""Pages per audience, the JSON API and the error table."""
