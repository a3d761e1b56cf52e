"""The process that keeps an index up to date, and what a server knows of it."""
