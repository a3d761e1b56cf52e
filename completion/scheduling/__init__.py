"""When the engine runs, and what is kept so that it need not."""
