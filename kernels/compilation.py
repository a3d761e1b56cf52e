"""Has the kernels compiled in a process of its own, and loads the machine code that it keeps.

So the compiler's memory, 200 MB, is never this process's, and a compiler that crashes ends nothing else.

Invariant: the process ends with this object, with the thread that started it and with this process.
"""

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from holesmith.kernels.compilation_units import FUNCTIONS, STAGES, Unit
from holesmith.kernels.compile_process import POLITE
from holesmith.kernels.kept_code import remove_old_code, usual_folder
from holesmith.system.own_process import FOLDER, command_of, environment
from holesmith.system.private_files import is_writable

_SHARE_MAX = 0.99  # the number of functions is that of one version of the compiler


@dataclass(frozen=True, slots=True)
class CompileState:
    """The progress of the compilation. ``stages`` of `compilation_units.STAGES` can be called.

    ``share`` goes from 0 to 1, which means that it is over; ``failure`` then says why not all can be called.
    """

    stages: int = 0
    share: float = 0.0
    failure: str | None = None


def _command(folder: Path, *, is_polite: bool) -> list[str]:
    options = (POLITE,) if is_polite else ()
    return command_of("holesmith.kernels.compile_process", str(folder), *options)


class Compilation:
    """The compilation of the kernels. ``state`` may be read on any thread."""

    def __init__(
        self,
        stages: Sequence[Sequence[Unit]] = STAGES,
        command: Callable[..., list[str]] = _command,
        folder: Path | None = None,
    ) -> None:
        """``command`` gives the process's command line; ``folder`` is for code, the usual one if None."""
        self._stages = stages
        self._command = command
        self._folder = usual_folder() if folder is None else folder
        self._state = CompileState()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_stopped = False

    @property
    def state(self) -> CompileState:
        """Return the state: the kernels that can be called now."""
        return self._state

    @property
    def is_complete(self) -> bool:
        """True if all kernels can be called."""
        return self._state.stages == len(self._stages)

    def load_kept(self) -> bool:
        """Load what earlier runs have kept; whether that is all."""
        while not self.is_complete:
            if not all(unit.load() for unit in self._stages[self._state.stages]):
                return False
            self._set(stages=self._state.stages + 1)
        self._set(share=1.0)
        return True

    def start(self, on_change: Callable[[CompileState], None]) -> None:
        """Compile beside whatever else goes on. ``on_change`` is called on another thread."""
        work = partial(self._compile, on_change, is_polite=True)
        threading.Thread(target=work, name="compilation", daemon=True).start()

    def run(self, on_change: Callable[[CompileState], None]) -> None:
        """Compile and wait for it. A failure is in the state."""
        try:
            self._compile(on_change, is_polite=False)
        finally:
            self.stop()

    def stop(self) -> None:
        """End the process, if it still runs; nothing is told any more. From any thread, more than once."""
        with self._lock:
            self._is_stopped = True
            process = self._process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def _compile(self, on_change: Callable[[CompileState], None], *, is_polite: bool) -> None:
        # This thread starts the process and waits for it, because the process ends with the thread.
        temporary = None if is_writable(self._folder) else Path(tempfile.mkdtemp(prefix="holesmith-kernels-"))
        folder = temporary or self._folder
        assert folder is not None
        try:
            reason = self._listen(folder, on_change, is_polite=is_polite)
        except OSError as error:
            reason = f"the compiling process can't be started: {error}"
        finally:
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)
        self._end(reason, on_change)

    def _listen(
        self, folder: Path, on_change: Callable[[CompileState], None], *, is_polite: bool
    ) -> str | None:
        """Start the process and take what it says; why it ended before its time, or None."""
        process = self._start(self._command(folder, is_polite=is_polite))
        if process is None:
            return None
        assert process.stdout is not None
        reason: str | None = None
        with process.stdout:
            for line in process.stdout:
                reason = self._take(line, folder) or reason
                if not self._is_stopped and not self.is_complete:
                    on_change(self._state)
        status = process.wait()
        if status < 0:
            return f"the compiling process was ended by signal {-status}"
        return reason or f"the compiling process ended with status {status}"

    def _start(self, command: list[str]) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._is_stopped:
                return None
            self._process = subprocess.Popen(
                command,
                cwd=FOLDER,  # ours is the user's workspace, whose modules must never be imported
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            return self._process

    def _take(self, line: bytes, folder: Path) -> str | None:
        """Note what the process says, and load what it has kept; why it fails, or None."""
        with suppress(ValueError):
            match json.loads(line):
                case {"functions": int(count)}:
                    self._set(share=min(count / FUNCTIONS, _SHARE_MAX))
                case {"stage": int(number)} if number == self._state.stages < len(self._stages):
                    return self._load(number, folder)
                case {"failed": str(reason)}:
                    return reason
                case _:
                    pass
        return None

    def _load(self, number: int, folder: Path) -> str | None:
        for unit in self._stages[number]:
            if folder != self._folder:
                unit.keep_in(folder)
            if not unit.load():
                return f"what was compiled can't be read in {folder}"
        self._set(stages=number + 1)
        return None

    def _end(self, reason: str | None, on_change: Callable[[CompileState], None]) -> None:
        if self.is_complete and self._folder is not None:
            remove_old_code(self._folder)
        self._set(share=1.0, failure=None if self.is_complete else reason)
        if not self._is_stopped:
            on_change(self._state)

    def _set(self, **changes: float | str | None) -> None:
        self._state = replace(self._state, **changes)  # pyright: ignore[reportArgumentType]
