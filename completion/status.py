"""The state of the completion service, for editors and for people: plain data that is published."""

from dataclasses import asdict, dataclass
from typing import Literal

Health = Literal["stopped", "loading", "ready", "error"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """The state of the model.

    ``message`` is one line: the present work, or the error and what to do about it. ``progress`` is the
    loaded share from 0 to 1; None if it is not known or nothing is being loaded.
    """

    health: Health
    message: str
    model: str | None = None
    device: str | None = None
    progress: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """The counters of a service. Times are in milliseconds.

    Of the ``requests``, those ``typed_along`` got the rest of an earlier completion, those ``foreseen`` got
    one that was prefetched, those ``joined`` waited for a run in progress, and those ``cancelled`` were not
    waited for to the end. ``completions`` were made and sent. ``read_ahead`` prompts were read in a pause
    (prompt_warm_up.py), which took ``read_ahead_ms``, including prompts given up. ``work_ms`` is the time of
    all runs, prefetching and reading ahead included; ``work_ms_used`` is that of runs whose text was sent.

    The monitors' counters are of all runs: triggers that ``fired``, answers that came ``late``, text that was
    ``refused``, and the tokens ``rolled_back`` for it. ``objections`` counts suggestions that the final check
    shortened or withheld.
    """

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


@dataclass(frozen=True, slots=True)
class Status(Counters):
    """All published data. The first five fields are those of `ModelState`.

    ``environment`` is the Python environment that static analysis reads for the document opened last, in
    words; None if nothing is analysed. ``activity`` is the work beside completions, such as indexing; None if
    there is none. ``index_failure`` says why a workspace's index is not kept up to date; None if it is.
    """

    health: Health
    message: str
    model: str | None = None
    device: str | None = None
    progress: float | None = None
    environment: str | None = None
    activity: str | None = None
    index_failure: str | None = None


def status_of(
    state: ModelState,
    counters: Counters,
    environment: str | None,
    activity: str | None,
    index_failure: str | None,
) -> Status:
    """Return the status that the parts of a service make up together."""
    return Status(
        state.health,
        state.message,
        state.model,
        state.device,
        state.progress,
        environment,
        activity,
        index_failure,
        **asdict(counters),
    )
