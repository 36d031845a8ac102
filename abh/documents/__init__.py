"""Letters, signature rules, rendering, e-file, dispatch and printing."""
