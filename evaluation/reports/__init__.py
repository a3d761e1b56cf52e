"""The reports of a run: summaries, tables and a page."""
