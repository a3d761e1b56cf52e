"""What the user sets and is shown."""
