"""Inference of all values that an expression can have; the result is "unknown" if it may have others."""
