"""The state of the completion service, for editors and for people."""

from dataclasses import dataclass
from typing import Literal

Health = Literal["stopped", "loading", "ready", "error"]


@dataclass(frozen=True, slots=True)
class Status:
    """``message`` is one line: what is being done, or what went wrong and what to do about it.

    ``progress`` is the loaded share from 0 to 1, None when it is not known or nothing is loading.
    """

    health: Health
    message: str
    model: str | None = None
    device: str | None = None
    progress: float | None = None
    completions: int = 0
    cancelled: int = 0
    failures: int = 0
