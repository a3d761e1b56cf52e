"""The folder of one run, with its plan, rows and reports; safe against a kill at any moment.

Invariants: a row is written with one call and counts once its line break is there; a torn last line is cut
off before anything is added; one process at a time writes; a folder holds rows of one plan only.
"""

import json
import os
from collections.abc import Iterator, Mapping
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from holesmith.evaluation.errors import EvaluationError, MalformedRowError
from holesmith.evaluation.row import Row, row_of
from holesmith.system.file_lock import try_lock_file

PLAN_NAME = "plan.json"
ROWS_NAME = "rows.jsonl"
# The plan's key for the circumstances of the run's start. They may differ for a run that is resumed later.
MADE_KEY = "made"

Plan = Mapping[str, object]


class RunFolder:
    """The open folder of a run.

    Open it with ``with``; ``done`` then has the keys of the rows that exist.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self._plan = plan
        self._rows: BufferedWriter | None = None
        self.done: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        """Open the folder. Raises EvaluationError if it belongs to another plan, or is in use."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            rows = (self.folder / ROWS_NAME).open("ab")
        except OSError as error:
            raise EvaluationError(f"{self.folder}: can't be written: {error.strerror}") from None
        try:
            try_lock_file(rows)
        except OSError:
            rows.close()
            raise EvaluationError(f"{self.folder}: another run is writing there") from None
        self._rows = rows
        try:
            cut_torn_line(self.folder / ROWS_NAME)
            self.done = {row.key for row in read_rows(self.folder)}
            self._match_plan()
        except BaseException:
            rows.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._rows is not None
        self._rows.close()

    def append(self, row: Row) -> None:
        """Write a row, which then survives the end of the process.

        A second row of one case is our mistake.
        """
        assert self._rows is not None
        assert row.key not in self.done
        self._rows.write(row.as_line())
        self._rows.flush()
        self.done.add(row.key)

    def _match_plan(self) -> None:
        path = self.folder / PLAN_NAME
        plan = json.loads(json.dumps(self._plan))
        if not path.exists() or not self.done:  # a plan without rows may change
            write_whole(path, json.dumps(plan, indent=2, ensure_ascii=False) + "\n")
            return
        found = read_plan(self.folder)
        keys = {*found, *plan} - {MADE_KEY}
        if different := sorted(key for key in keys if found.get(key) != plan.get(key)):
            raise EvaluationError(
                f"{self.folder} holds a run with another {', '.join(different)}: choose another --out"
            )


def cut_torn_line(path: Path) -> None:
    """Cut off a last line that a killed process left unfinished."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        stop = size
        while stop:
            start = max(0, stop - 65_536)
            file.seek(start)
            line_break = file.read(stop - start).rfind(b"\n")
            if line_break >= 0:
                stop = start + line_break + 1
                break
            stop = start
        if stop < size:
            file.truncate(stop)


def read_plan(folder: Path) -> Plan:
    """Read the plan. Raises EvaluationError if ``folder`` is not a run's."""
    path = folder / PLAN_NAME
    try:
        return cast("Plan", json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise EvaluationError(f"{folder} is not the folder of a run: it has no {PLAN_NAME}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise EvaluationError(f"{path}: can't be read: {error}") from None


def read_rows(folder: Path) -> Iterator[Row]:
    """Yield the rows in the order in which they were written, without a torn last line."""
    path = folder / ROWS_NAME
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield row_of(line)
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                    raise MalformedRowError(path, number, f"not a row of a run: {error}") from None
    except FileNotFoundError:
        raise EvaluationError(f"{folder} is not the folder of a run: it has no {ROWS_NAME}") from None


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step, so that a half-written file never exists."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", errors="replace")
    beside.replace(path)
