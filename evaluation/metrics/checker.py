"""Type checks and builds of a repository with the answer in it, by a command that the user names.

The command runs in a copy of the repository, never in the repository itself. It is the user's own choice to
run it: evaluation runs no code of a repository by itself.
"""

import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from holesmith.evaluation.case import Case
from holesmith.evaluation.errors import EvaluationError

# A command that takes longer counts as failed.
TIMEOUT_S = 600.0
_IGNORED = shutil.ignore_patterns(".git", "node_modules", ".venv", "venv", "__pycache__")


@dataclass(slots=True)
class Checker:
    """Runs the user's command on copies of repositories, which are kept until the checker is closed.

    ``command`` may contain ``{file}``, the path of the answer's file. An answer passes if the command
    succeeds. It also passes if the command fails for the true text too and prints no more lines for the
    answer than for that text.
    """

    command: str
    _copies: dict[str, Path] = field(default_factory=dict[str, Path])
    _truths: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def passes(self, case: Case, answer: str) -> bool | None:
        """True if the answer passes; None if the repository of the case is not on this machine."""
        if case.workspace is None or not Path(case.workspace).is_dir():
            return None
        if case.id not in self._truths:
            self._truths[case.id] = self._check(case, case.target)
        status, complaints = self._check(case, answer)
        truth_status, truth_complaints = self._truths[case.id]
        return status == 0 or (truth_status != 0 and complaints <= truth_complaints)

    def _check(self, case: Case, middle: str) -> tuple[int, int]:
        """Run the command with ``middle`` in the hole; return its exit status and number of lines printed."""
        file = self._copy_of(case) / case.path
        original = file.read_bytes()
        try:
            file.write_text(case.prefix + middle + case.suffix, encoding="utf-8", newline="")
            return self._run(file, self._copy_of(case))
        finally:
            file.write_bytes(original)

    def _run(self, file: Path, folder: Path) -> tuple[int, int]:
        words = [word.replace("{file}", str(file)) for word in shlex.split(self.command)]
        try:
            done = subprocess.run(
                words,
                cwd=folder,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
                check=False,
            )
        except FileNotFoundError:
            raise EvaluationError(f"--checker: no such command: {words[0]}") from None
        except subprocess.TimeoutExpired:
            return 1, 1 << 30
        return done.returncode, len((done.stdout + done.stderr).splitlines())

    def _copy_of(self, case: Case) -> Path:
        assert case.workspace is not None
        if case.workspace not in self._copies:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="holesmith-check-")
            copy = Path(self._folder.name, str(len(self._copies)))
            shutil.copytree(case.workspace, copy, ignore=_IGNORED, symlinks=True)
            self._copies[case.workspace] = copy
        return self._copies[case.workspace]
