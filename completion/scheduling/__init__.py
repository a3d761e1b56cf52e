"""Schedule the engine's work, and keep results that save it work."""
