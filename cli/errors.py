"""The error that a command reports to the user in one line."""


class CommandError(Exception):
    """Raised for input that a command can't use. The message says what is wrong and what to do."""
