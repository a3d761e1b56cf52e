"""What one check of ``holesmith doctor`` finds, and how checks are run so that a broken one hides none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``detail`` is what was seen, ``remedy`` what to do about it; "" where there is nothing to do.

    "failed" means that holesmith can't do its work, "warning" that it does less, or more slowly.
    """

    name: str
    outcome: Outcome
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to this machine. ``find`` may raise anything and should take seconds at most."""

    name: str
    find: Callable[[], Finding]


def diagnose(checks: Iterable[Check]) -> Iterator[Finding]:
    """Run the checks one after another, giving each finding as soon as it is there."""
    for check in checks:
        try:
            yield check.find()
        except Exception as error:  # noqa: BLE001  # whatever breaks one check must not hide the others
            detail = f"the check itself broke ({type(error).__name__}: {error})"
            yield Finding(
                check.name, "failed", " ".join(detail.split()), "reinstall holesmith, or report this"
            )
