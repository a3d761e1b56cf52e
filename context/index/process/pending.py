"""The work that an indexer has still to do: waiting scans and updates, merged so that they never pile up."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# If more files than this have changed, a scan finds them faster.
PATHS_MAX = 5_000
# Paths around which a scan begins.
FOCUS_MAX = 100


@dataclass(frozen=True, slots=True)
class Scan:
    """Look at the whole workspace, first around the paths ``focus``."""

    focus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """Update these paths."""

    paths: tuple[str, ...]


class Pending:
    """A queue that holds each path once and one scan, so its size is bounded and adding never waits.
    Thread-safe.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paths: dict[str, None] = {}
        self._focus: dict[str, None] | None = None
        self._has_ended = False

    def add(self, work: Scan | Update) -> None:
        """Merge some work into the work that waits; never waits itself."""
        with self._changed:
            if isinstance(work, Scan):
                self._scan(work.focus)
            else:
                self._paths.update(dict.fromkeys(work.paths))
                if len(self._paths) > PATHS_MAX:
                    self._paths.clear()
                    self._scan(())
            self._changed.notify_all()

    def end(self) -> None:
        """End all work, including the work that waits."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    def take(self) -> Scan | Update | None:
        """Wait for work, updates first, and return it; None once all has ended."""
        with self._changed:
            while not (self._has_ended or self._paths or self._focus is not None):
                self._changed.wait()
            if self._has_ended:
                return None
            if update := self._taken_update():
                return update
            focus, self._focus = self._focus, None
            return Scan(tuple(focus or ()))

    def take_update(self) -> Update | None:
        """Return the updates that wait, without waiting for others; None if there are none."""
        with self._changed:
            return None if self._has_ended else self._taken_update()

    def _taken_update(self) -> Update | None:
        paths: Sequence[str] = tuple(self._paths)
        self._paths.clear()
        return Update(tuple(paths)) if paths else None

    def _scan(self, focus: Iterable[str]) -> None:
        known = self._focus or {}
        known.update(dict.fromkeys(focus))
        self._focus = dict.fromkeys(tuple(known)[:FOCUS_MAX])
