"""The finding of one check of ``holesmith doctor``; a check that raises an error hides no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check. ``detail``: what was seen; ``remedy``: what to do, "" if there is nothing.

    "failed" means that Holesmith can't work, "warning" that it does less or is slower.
    """

    name: str
    outcome: Outcome
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of this machine. ``find`` may raise any error, and should take a few seconds at most."""

    name: str
    find: Callable[[], Finding]


def diagnose(check: Check) -> Finding:
    """Run a check. A check that raises an error gives a finding too."""
    try:
        return check.find()
    except Exception as error:  # noqa: BLE001  # an error in one check must not hide the others
        detail = f"the check itself failed ({type(error).__name__}: {error})"
        return Finding(check.name, "failed", " ".join(detail.split()), "reinstall Holesmith, or report this")
