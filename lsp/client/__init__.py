"""The settings that a client gives, and the status, progress and messages that it shows."""
