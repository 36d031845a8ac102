"""The first start of a house without an office."""
