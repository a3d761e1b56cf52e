"""Monitors: where each fires, what it asks and what the answer allows."""
