"""Faults of processes, of the cache and of the workspace; each is made, lasts a while, and is repaired."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from soak_client import Conversation
from soak_document import Document
from soak_processes import INDEXER, WORKER, limit_file_size, running, send

CORRUPTED_BYTES_MAX = 50_000_000
PATTERNS = ("*.pyc", "*a*a*a*a*a*a*a*a*a*ab", "**/" * 40 + "x", "[!", "!\\", "\ufeffbuild/", "x" * 5_000)


@dataclass(slots=True)
class Stage:
    """What faults are made to. ``second`` starts another server for the same workspace."""

    client: Conversation
    folder: Path
    cache: Path
    draw: random.Random
    second: Callable[[], Awaitable[None]]
    settings: dict[str, object]
    documents: list[Document] = field(default_factory=list[Document])
    """Those that faults may edit; the typist has its own."""

    @property
    def root(self) -> int:
        return self.client.process.pid

    def sources(self) -> list[Path]:
        """Python files of the workspace, in a fixed order."""
        return sorted(path for path in self.folder.rglob("*.py") if path.is_file() and not path.is_symlink())

    def tell_changed(self, *paths: Path) -> None:
        changes = [{"uri": path.as_uri(), "type": self.draw.choice((1, 2, 3))} for path in paths]
        self.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    async def stand(self, least: float = 1.0, most: float = 5.0) -> None:
        await asyncio.sleep(self.draw.uniform(least, most))


Fault = Callable[[Stage], Awaitable[None]]


async def worker_killed(stage: Stage) -> None:
    await _killed(stage, WORKER)


async def indexer_killed(stage: Stage) -> None:
    await _killed(stage, INDEXER)


async def worker_frozen(stage: Stage) -> None:
    """Sometimes for good: the server has to replace it."""
    await _frozen(stage, WORKER, thaws=stage.draw.random() < 0.6)


async def indexer_frozen(stage: Stage) -> None:
    """While the client tells of thousands of changed files, more than a pipe holds."""
    with _stopped(stage, INDEXER):
        stage.tell_changed(*(stage.folder / f"folder{n % 50}" / f"module_{n}.py" for n in range(4_000)))
        await stage.stand(3, 8)


async def all_killed(stage: Stage) -> None:
    for process in running(stage.root, b"holesmith"):
        send(process, signal.SIGKILL)
    await stage.stand()


async def cache_read_only(stage: Stage) -> None:
    """For root, whom permissions do not stop, by the attribute that makes files immutable."""
    is_root = os.geteuid() == 0
    lock = ["chattr", "-R", "+i"] if is_root else ["chmod", "-R", "a-w"]
    free = ["chattr", "-R", "-i"] if is_root else ["chmod", "-R", "u+w"]
    _run(*lock, str(stage.cache))
    try:
        await stage.stand(3, 8)
    finally:
        _run(*free, str(stage.cache))


async def cache_full(stage: Stage) -> None:
    """No file can grow, as on a full disk."""
    limit_file_size(stage.root, 0)
    try:
        stage.tell_changed(*stage.sources()[:20])
        await stage.stand(3, 8)
    finally:
        limit_file_size(stage.root, -1)


async def cache_deleted(stage: Stage) -> None:
    shutil.rmtree(stage.cache / "holesmith", ignore_errors=True)
    stage.tell_changed(*stage.sources()[:5])
    await stage.stand()


async def cache_corrupted(stage: Stage) -> None:
    """Random bytes in databases, logs and what else lies there, but not in the model's weights."""
    for path in sorted(stage.cache.rglob("*")):
        if path.is_file() and path.stat().st_size < CORRUPTED_BYTES_MAX and stage.draw.random() < 0.5:
            with suppress(OSError), path.open("r+b") as file:
                file.seek(stage.draw.choice((0, path.stat().st_size // 2)))
                file.write(stage.draw.randbytes(2_000))
    stage.tell_changed(*stage.sources()[:5])
    await stage.stand()


async def cache_replaced(stage: Stage) -> None:
    """A file, a link into nowhere or a pipe stands where the folder should be."""
    place, aside = stage.cache / "holesmith", stage.cache / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    with suppress(OSError):
        place.rename(aside)
        stage.draw.choice((Path.touch, _link_nowhere, os.mkfifo))(place)
    stage.tell_changed(*stage.sources()[:5])
    await stage.stand(3, 8)
    if not place.is_dir():
        place.unlink(missing_ok=True)
        with suppress(OSError):  # there was no cache, or the server made one meanwhile
            aside.rename(place)


async def files_hostile(stage: Stage) -> None:
    """Pipes, links to what never ends, and huge or binary files take the place of modules."""
    chosen = stage.draw.sample(stage.sources(), 6)
    kept = {path: path.read_bytes() for path in chosen}
    replacements: tuple[Callable[[Path], object], ...] = (
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to("/proc/self/environ"),
        lambda path: path.symlink_to(path),
        lambda path: path.write_bytes(b"x = 1\n" * 10_000_000),
        lambda path: path.write_bytes(stage.draw.randbytes(300_000)),
    )
    for path, replace in zip(chosen, replacements, strict=True):
        path.unlink()
        replace(path)
    stage.tell_changed(*chosen)
    await stage.stand(3, 8)
    for path, content in kept.items():
        path.unlink()
        path.write_bytes(content)
    stage.tell_changed(*chosen)


async def brackets_on_disk(stage: Stage) -> None:
    """One file of 800 KB that is deeper than any parser likes."""
    path = stage.folder / "brackets.py"
    path.write_text("(\n" * 400_000)
    stage.tell_changed(path)
    await stage.stand(3, 8)
    path.unlink()
    stage.tell_changed(path)


async def ignore_file_saved(stage: Stage) -> None:
    path = stage.folder / ".gitignore"
    for _ in range(stage.draw.randint(1, 4)):
        path.write_text("\n".join(stage.draw.sample(PATTERNS, 3)) + "\n", "utf-8")
        stage.tell_changed(path)
        await stage.stand(0.2, 1)
    path.unlink()
    stage.tell_changed(path)


async def root_renamed(stage: Stage) -> None:
    away = stage.folder.with_name("renamed")
    stage.folder.rename(away)
    try:
        stage.tell_changed(stage.folder, away)
        await stage.stand(1, 6)
    finally:
        # What was made anew meanwhile, such as a file that was saved, gives way.
        shutil.rmtree(stage.folder, ignore_errors=True)
        away.rename(stage.folder)
    stage.tell_changed(stage.folder)


async def dates_wrong(stage: Stage) -> None:
    """Files of the far future and of 1970, as after a jump of the clock."""
    chosen = stage.draw.sample(stage.sources(), 20)
    for path in chosen:
        date = stage.draw.choice((0, 4_102_444_800, 2**33))
        os.utime(path, (date, date))
    stage.tell_changed(*chosen)
    await stage.stand()


async def paths_outside(stage: Stage) -> None:
    stage.tell_changed(*(stage.folder / up / "etc/passwd" for up in ("..", "../../..", "a/../../b")))
    await stage.stand(0.2, 1)


async def second_server(stage: Stage) -> None:
    await stage.second()


def _run(*command: str) -> None:
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _link_nowhere(path: Path) -> None:
    path.symlink_to("/no/such/folder")


async def _killed(stage: Stage, module: bytes) -> None:
    for process in running(stage.root, module):
        send(process, signal.SIGKILL)
    await stage.stand()


async def _frozen(stage: Stage, module: bytes, *, thaws: bool) -> None:
    stopped = running(stage.root, module)
    for process in stopped:
        send(process, signal.SIGSTOP)
    await stage.stand(2, 8)
    for process in stopped if thaws else ():
        send(process, signal.SIGCONT)


@contextmanager
def _stopped(stage: Stage, module: bytes) -> Generator[None]:
    stopped = running(stage.root, module)
    for process in stopped:
        send(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            send(process, signal.SIGCONT)


FAULTS: tuple[Fault, ...] = (
    worker_killed,
    worker_frozen,
    indexer_killed,
    indexer_frozen,
    all_killed,
    cache_read_only,
    cache_full,
    cache_deleted,
    cache_corrupted,
    cache_replaced,
    files_hostile,
    brackets_on_disk,
    ignore_file_saved,
    root_renamed,
    dates_wrong,
    paths_outside,
    second_server,
)
