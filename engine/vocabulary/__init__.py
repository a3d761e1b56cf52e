"""Tokens, their bytes and their special ones."""
