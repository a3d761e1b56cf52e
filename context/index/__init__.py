"""Files, symbols and searchable chunks of a workspace, kept in SQLite in the user's cache directory."""
