"""The state of the completion service, for editors and for people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from holesmith.completion.monitor_report import MonitorReport
from holesmith.engine.errors import EngineError

Health = Literal["stopped", "loading", "ready", "error"]


@dataclass(frozen=True, slots=True)
class Status:
    """``message`` is one line: what is being done, or what went wrong and what to do about it.

    ``progress`` is the loaded share from 0 to 1, None when it is not known or nothing is loading.
    ``environment`` is the Python environment that static analysis reads for the document opened last, in
    words; None where nothing is analysed. ``activity`` is what goes on beside completions, such as indexing;
    None if nothing does. ``index_failure`` is why a workspace's index is not kept up to date, or None.

    The counts are of this service's life. Of ``requests``, those ``typed_along`` got the rest of an earlier
    completion, those ``foreseen`` one that was worked out before it was asked for, those ``joined`` waited
    for one in the making; ``cancelled`` were not waited for to the end. ``completions`` were made and sent.
    ``read_ahead`` prompts were read in a pause (prompt_warm_up.py), which took ``read_ahead_ms``, those given
    up included. ``work_ms`` is what all runs took, looking and reading ahead included, ``work_ms_used`` those
    whose text was sent.

    The monitors' counts are of all runs: triggers that ``fired``, answers that came ``late``, text that was
    ``refused``, and the tokens ``rolled_back`` for it; ``objections`` of the last check, which shortened or
    withheld a suggestion.
    """

    health: Health
    message: str
    model: str | None = None
    device: str | None = None
    progress: float | None = None
    environment: str | None = None
    activity: str | None = None
    index_failure: str | None = None
    requests: int = 0
    typed_along: int = 0
    foreseen: int = 0
    joined: int = 0
    completions: int = 0
    cancelled: int = 0
    failures: int = 0
    read_ahead: int = 0
    read_ahead_ms: float = 0.0
    work_ms: float = 0.0
    work_ms_used: float = 0.0
    fired: int = 0
    late: int = 0
    refused: int = 0
    rolled_back: int = 0
    objections: int = 0


def failed_to_load(status: Status, model: str | None, error: BaseException) -> Status:
    """The status after a load of ``model`` that raised ``error``; the engine's own say what to do."""
    text = " ".join(str(error).split())
    if not isinstance(error, EngineError):
        text = f"the model could not be loaded: {type(error).__name__}: {text[:200]}"
    return replace(status, health="error", message=text, model=model, device=None, progress=None)


def counted(status: Status, more: Mapping[str, float]) -> Status:
    """The status with ``more`` added to its counts, by their names."""
    counts: dict[str, Any] = {name: getattr(status, name) + number for name, number in more.items()}
    return replace(status, **counts) if any(more.values()) else status


def counts_of(report: MonitorReport) -> dict[str, float]:
    """What one completion's monitors did, under the names of the status's counts."""
    return {
        "fired": report.triggers,
        "late": report.outcomes()["late"],
        "refused": report.refused,
        "rolled_back": report.rolled_back,
        "objections": bool(report.objection),
    }
