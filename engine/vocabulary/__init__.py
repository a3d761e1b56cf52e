"""Vocabularies: tokens, their bytes and the special ones among them."""
