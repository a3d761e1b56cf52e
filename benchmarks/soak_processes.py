"""Read the resources of a server and its children from /proc, and find leftover processes. Linux only."""

import os
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WORKER, INDEXER = b"holesmith.analysis.worker.main", b"holesmith.context.index.process.indexer"
ROLES = {WORKER: "worker", INDEXER: "indexer"}
MARK = "HOLESMITH_SOAK"

Process = tuple[int, str]
"""The number of a process and when it was started, by which it is told from a later one of that number."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The sums over a server and all its children, at a time in seconds.

    ``role_mb`` tells which of them the memory is in: "server", "worker", "indexer" or "other".
    """

    at: float
    rss_mb: float
    role_mb: dict[str, float]
    processes: int
    threads: int
    files: int


def processes() -> Iterator[int]:
    """All of the machine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            yield int(entry.name)


def family(root: int) -> list[int]:
    """The process ``root`` and everything that it started, and those started in turn."""
    children: dict[int, list[int]] = {}
    for process in processes():
        with suppress(OSError, IndexError):
            children.setdefault(int(_stat(process)[1]), []).append(process)
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def running(root: int, module: bytes) -> list[int]:
    """The processes of a family that run this module."""
    return [process for process in family(root)[1:] if module in _command(process)]


def identities(root: int) -> set[Process]:
    """A family, so that its members can be looked for when their parents are gone."""
    found: set[Process] = set()
    for process in family(root):
        with suppress(OSError, IndexError):
            found.add((process, _stat(process)[19]))
    return found


def survivors(seen: set[Process], mark: str) -> list[str]:
    """Those that were seen and still run, and any with the mark in its environment, with their commands."""
    left: list[str] = []
    for process in processes():
        if process == os.getpid():
            continue
        with suppress(OSError, IndexError):
            fields = _stat(process)
            environment = Path(f"/proc/{process}/environ").read_bytes()
            is_ours = (process, fields[19]) in seen or f"{MARK}={mark}".encode() in environment.split(b"\0")
            if is_ours and fields[0] != "Z":
                command = _command(process).replace(b"\0", b" ").decode(errors="replace")
                left.append(f"{process} {command}")
    return left


def wait_for_end(seen: set[Process], mark: str, seconds: float) -> list[str]:
    """Those that still run after so long."""
    end = time.monotonic() + seconds
    while (left := survivors(seen, mark)) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def sample(root: int, began: float) -> Sample:
    role_mb: dict[str, float] = {}
    threads = files = count = 0
    for process in family(root):
        with suppress(OSError, IndexError):
            fields = _stat(process)
            role = "server" if process == root else _role(process)
            role_mb[role] = role_mb.get(role, 0.0) + int(fields[21]) * resource.getpagesize() / 1e6
            threads += int(fields[17])
            files += sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
            count += 1
    return Sample(time.monotonic() - began, sum(role_mb.values()), role_mb, count, threads, files)


def slope_per_hour(samples: Sequence[Sample], name: str) -> float:
    """By least squares; 0 for less than two samples."""
    points = [(each.at / 3600, float(getattr(each, name))) for each in samples]
    if len(points) < 2:
        return 0.0
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0


def send(process: int, number: signal.Signals) -> None:
    """To a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(process, number)


def limit_file_size(root: int, bytes_max: int) -> None:
    """Let no process of a family write a file longer than this, as on a full disk; -1 lets them again."""
    for process in family(root):
        with suppress(OSError):
            hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(process, resource.RLIMIT_FSIZE, (bytes_max, hard))


def _stat(process: int) -> list[str]:
    """The fields behind the name, which may itself have spaces and brackets: the first is the state."""
    return Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(") ")[2].split()


def _role(process: int) -> str:
    command = _command(process)
    return next((role for module, role in ROLES.items() if module in command), "other")


def _command(process: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""
