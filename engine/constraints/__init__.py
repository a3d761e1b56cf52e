"""Constraints on the next token: their state machines and their masks over the vocabulary."""
