"""The options of the analysis of one project."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The options that a worker is started with.

    ``python`` is the user's choice, the path of an interpreter or the directory of an environment; if it is
    None, the environment is searched for. ``virtual_env`` is the value of VIRTUAL_ENV where the editor was
    started.
    """

    root: str
    python: str | None = None
    virtual_env: str | None = None
