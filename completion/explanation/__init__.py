"""Explain a suggestion, or the lack of one: as a document for people, in the forms in which it is shown."""
