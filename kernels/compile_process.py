"""The process that compiles the kernels into a folder. `compilation` starts it and reads what it writes.

It writes a line of JSON for each thing that is done: ``{"functions": 12}`` have been compiled, the units of a
stage are kept (``{"stage": 0}``), or ``{"failed": "why"}``. It ends with the process that started it.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from holesmith.kernels.compilation_units import STAGES, Unit
from holesmith.kernels.kept_files import LOCK_NAME
from holesmith.kernels.machine_code.compiler import event
from holesmith.system.file_lock import lock_file
from holesmith.system.parent_process import end_with_parent
from holesmith.system.private_files import open_private_file
from holesmith.system.process_priority import lower_priority, use_batch_scheduling

POLITE = "--polite"
"""Leave the processor to whoever wants it: a user may be typing."""

NICENESS = 10


def main() -> None:
    folder, is_polite = Path(sys.argv[1]), POLITE in sys.argv[2:]
    news = _private_output()
    end_with_parent(news.fileno())
    if is_polite:
        lower_priority(NICENESS)
        use_batch_scheduling()
    try:
        # Another window may be compiling the same: then its code is found here.
        with open_private_file(folder / LOCK_NAME) as lock:
            lock_file(lock)
            compile_stages(STAGES, folder, news)
    except Exception as error:  # noqa: BLE001  # whatever the compiler raises: whoever started us says it
        _tell(news, {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"})


def compile_stages(stages: Iterable[Sequence[Unit]], folder: Path, news: TextIO) -> None:
    """Compile one stage after the other, and keep the code in ``folder``."""
    counter = _Counter(news)
    with event.install_listener("numba:compile", counter):
        for number, units in enumerate(stages):
            for unit in units:
                unit.keep_in(folder)
                unit.compile()
            _tell(news, {"stage": number})


class _Counter(event.Listener):
    """Tells how many functions have been compiled."""

    def __init__(self, news: TextIO) -> None:
        self._news = news
        self._count = 0

    def on_start(self, event: object) -> None:
        pass

    def on_end(self, event: object) -> None:
        self._count += 1
        _tell(self._news, {"functions": self._count})


def _private_output() -> TextIO:
    """Our standard output, for us alone: whatever else is printed goes to standard error from now on."""
    news = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return news


def _tell(news: TextIO, message: dict[str, object]) -> None:
    news.write(json.dumps(message) + "\n")
    news.flush()


if __name__ == "__main__":
    main()
