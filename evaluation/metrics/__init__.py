"""The metrics that score an answer."""
