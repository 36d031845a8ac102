"""A synthetic population and its cases."""
