"""The failure of a command, as one line for the user."""


class CommandError(Exception):
    """What the command was given can't be used; the message says what is wrong and what to do."""
