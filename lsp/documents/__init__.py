"""The text of open documents, as the client's edits leave it."""
