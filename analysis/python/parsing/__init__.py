"""Parsing the successive texts of a document, and keeping what jedi has inferred from one to the next."""
