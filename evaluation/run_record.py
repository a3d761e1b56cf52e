"""The record of a run: the facts beyond the plan that its rows depend on, for later readers."""

import os
import platform
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from holesmith.engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The facts about a run.

    ``models`` are the names of the models that answer; None stands for a model that only the worker knows.
    ``date`` is the start of the run in UTC. ``machine`` is the kind of machine, never its name.
    """

    models: tuple[str | None, ...]
    version: str
    date: str
    machine: str
    python: str


def run_record(models: Set[str | None]) -> RunRecord:
    """Return the record of a run that begins now on this machine."""
    return RunRecord(
        models=tuple(sorted(models, key=lambda name: name or "")),
        version=version("holesmith"),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=f"{platform.system()} {platform.machine()}, {processor()}, {os.cpu_count()} cores",
        python=platform.python_version(),
    )


def processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
            return next(names, "") or platform.processor() or "unknown processor"
    except OSError:  # no Linux
        return platform.processor() or "unknown processor"


def resolved_model(model: str | None, device: str | None) -> str | None:
    """Return the model that a worker on ``device`` loads; None if only the worker can tell."""
    if model is not None or device is None:
        return model
    # Imported here: torch takes a second, and a command that names its model need not wait for it.
    from holesmith.engine.loading.load import choose_device
    from holesmith.engine.store.catalogue import default_model

    try:
        return default_model(choose_device(device).type)
    except EngineError:  # the worker will report the device's error
        return None
