"""What the analysis of one project needs to be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """``python`` is what the user chose: an interpreter's path or an environment's directory; None looks
    for one.

    ``virtual_env`` is the value of VIRTUAL_ENV where the editor was started.
    """

    root: str
    python: str | None = None
    virtual_env: str | None = None
