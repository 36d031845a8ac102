"""One frozen table per procedure; rows shared by many are functions in ``gen``."""
