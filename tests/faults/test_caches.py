"""The cache full, read-only, deleted, corrupted, replaced, or used by two: the index tells it in one line.

Whatever was indexed is found again when the cache is whole. The indexer is a process of its own, as in the
server.
"""

import os
import random
import resource
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from holesmith.analysis.client import AnalysisClient
from holesmith.analysis.options import Options
from holesmith.analysis.questions import MembersQuestion, Source
from holesmith.context.index import location
from holesmith.context.index.location import claim, database_of, delete_unused
from holesmith.context.index.process.background import BackgroundIndexer
from holesmith.context.index.reader import Index

EVENT_SECONDS = 30.0
NAME = "find_book_by_year"

Event = dict[str, Any]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLESMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "shelf.py").write_text(f"def {NAME}(year):\n    return year\n")
    for number in range(20):
        (folder / f"m{number}.py").write_text(f"def f{number}(x):\n    return x\n" * 30)
    return folder


class Indexer:
    """A background indexer, and what it says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: Queue[Event] = Queue()
        self.background = BackgroundIndexer(root, self.events.put)

    def scan(self) -> Event:
        self.background.scan()
        return self.outcome("scanned", "failed")

    def outcome(self, *names: str) -> Event:
        """The next event with one of these names; a failure must be one line that can be shown."""
        end = time.monotonic() + EVENT_SECONDS
        while time.monotonic() < end:
            try:
                event = self.events.get(timeout=max(end - time.monotonic(), 0.01))
            except Empty:
                break
            if event["event"] == "failed":
                assert event["message"]
                assert "\n" not in event["message"]
                assert "Traceback" not in event["message"]
            if event["event"] in names:
                return event
        raise AssertionError(f"none of {names} in {EVENT_SECONDS:.0f} s")

    def finds(self) -> bool:
        with closing(Index(database_of(self.root))) as index:
            return any(chunk.path == "shelf.py" for chunk in index.search((NAME,), 5))


@pytest.fixture
def indexer(root: Path, cache: Path) -> Iterator[Indexer]:
    made = Indexer(root)
    yield made
    made.background.close()


def deleted(database: Path) -> None:
    shutil.rmtree(database.parents[2])


def emptied(database: Path) -> None:
    database.write_bytes(b"")


def corrupted_at_start(database: Path) -> None:
    with database.open("r+b") as file:
        file.write(random.Random(1).randbytes(5_000))


def corrupted_inside(database: Path) -> None:
    with database.open("r+b") as file:
        for page in range(1, database.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(random.Random(page).randbytes(2_000))


def truncated(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def log_corrupted(database: Path) -> None:
    for path in database.parent.glob("*-wal"):
        path.write_bytes(random.Random(2).randbytes(50_000))
    database.with_name(database.name + "-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\xff" * 4_000)


def other_schema(database: Path) -> None:
    database.unlink()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE files (x)")
        connection.commit()


DAMAGES = [
    deleted, emptied, corrupted_at_start, corrupted_inside, truncated, log_corrupted, other_schema,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_anew_by_the_next_process(
    indexer: Indexer, root: Path, damage: Callable[[Path], None]
) -> None:
    assert indexer.scan()["event"] == "scanned"
    assert indexer.finds()
    indexer.background.close()
    damage(database_of(root))
    indexer.finds()  # raises nothing, whatever it says
    again = Indexer(root)
    again.background.scan()
    again.outcome("scanned")
    again.background.close()
    assert again.finds()


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_damaged_while_its_indexer_runs_ends_nothing(
    indexer: Indexer, root: Path, damage: Callable[[Path], None]
) -> None:
    indexer.scan()
    damage(database_of(root))
    (root / "shelf.py").write_text(f"def {NAME}(year):\n    return year + 1\n")
    indexer.background.update(["shelf.py"])
    indexer.outcome("updated", "scanned", "failed")
    indexer.finds()
    indexer.background.close()
    again = Indexer(root)
    again.background.scan()
    again.outcome("scanned")
    again.background.close()
    assert again.finds()


def test_a_full_disk_is_one_line_and_the_index_goes_on_when_there_is_room(indexer: Indexer) -> None:
    indexer.scan()
    process = indexer.background.process
    assert process is not None
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    for number in range(40):
        (indexer.root / f"new{number}.py").write_text(f"def g{number}(x):\n    return x\n" * 200)
    assert indexer.scan()["event"] == "failed"
    assert indexer.finds()
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    indexer.background.scan()
    assert indexer.outcome("scanned")["files"] == 61
    assert indexer.finds()


def read_only(path: Path) -> None:
    path.mkdir(mode=0o500)
    if os.geteuid() == 0:  # whom permissions do not stop
        path.rmdir()
        path.symlink_to("/proc/self")


def link_nowhere(path: Path) -> None:
    path.symlink_to("/no/such/folder")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


REPLACEMENTS = (Path.touch, os.mkfifo, link_nowhere, link_to_itself, read_only)


@pytest.mark.parametrize("replace", REPLACEMENTS)
@pytest.mark.parametrize("level", ["cache", "index", "of the workspace"])
def test_whatever_stands_where_the_cache_should_be_the_failure_is_one_line(
    root: Path, cache: Path, level: str, replace: Callable[[Path], object]
) -> None:
    place = {"cache": cache, "index": cache / "index", "of the workspace": database_of(root).parent}[level]
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace(place)
    indexer = Indexer(root)
    indexer.background.scan()
    indexer.outcome("failed")
    assert not indexer.finds()
    indexer.background.close()


async def test_analysis_answers_without_a_cache_that_can_be_written(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    for cache in ("/proc/self", str(tmp_path / "a file"), str(tmp_path / "a file" / "below"), "/dev/full"):
        client = AnalysisClient(Options(str(root), cache))
        text = "import shelf\nshelf."
        reply = await client.ask(MembersQuestion(Source(str(root / "a.py"), text), len(text)), 30_000)
        await client.close()
        assert reply.answer is not None, reply.reason
        assert NAME in [member.name for member in reply.answer.members]


def test_two_indexers_of_one_workspace_and_one_is_killed_in_the_middle(root: Path, cache: Path) -> None:
    for number in range(400):
        (root / f"n{number}.py").write_text(f"def g{number}(x):\n    return x\n" * 100)
    first, second = Indexer(root), Indexer(root)
    first.background.scan()
    second.background.scan()
    first.outcome("progress")
    assert first.background.process is not None
    first.background.process.kill()
    assert second.outcome("scanned")["files"] == 421
    assert second.finds()
    first.background.close()
    second.background.close()


DATES_NS = [0, -1, 4_102_444_800 * 10**9, 2**63 - 1, 9_300_000_000 * 10**9]


def test_files_of_any_date_are_indexed_and_seen_to_change(indexer: Indexer, root: Path) -> None:
    for number, date in enumerate(DATES_NS):
        os.utime(root / f"m{number}.py", ns=(date, date))
    assert indexer.scan()["files"] == 21
    os.utime(root / "m2.py", ns=(1, 1))
    event = indexer.scan()
    assert (event["event"], event["stored"]) == ("scanned", 1)


@pytest.mark.parametrize("days", [-20_000, -1, 1, 59])
def test_a_clock_that_jumps_deletes_no_index_in_use(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    claim(root, database_of(root))
    now = time.time()
    monkeypatch.setattr(location.time, "time", lambda: now + days * 86_400)
    assert delete_unused() == 0
    assert database_of(root).parent.is_dir()


def test_what_lies_among_the_indexes_and_is_none_is_left_alone(cache: Path, tmp_path: Path) -> None:
    (cache / "index").mkdir(parents=True, mode=0o700)
    cache.chmod(0o700)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "workspace").write_text("/no/such/root")
    (cache / "index" / "link").symlink_to(tmp_path / "precious")
    (cache / "index" / "pipe").mkdir()
    os.mkfifo(cache / "index" / "pipe" / "workspace")
    (cache / "index" / "long").mkdir()
    (cache / "index" / "long" / "workspace").write_bytes(b"\0" * 1_000_000)
    delete_unused()
    assert (tmp_path / "precious" / "workspace").exists()
