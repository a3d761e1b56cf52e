"""The indexer in its own process: what it tells, several at once, and its end."""

import io
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from holesmith.context.index.location import claim, database_of, delete_unused
from holesmith.context.index.process.background import BackgroundIndexer, Event
from holesmith.context.index.process.event_stream import EventStream
from holesmith.context.index.process.indexer import Indexer, scanning_lock
from holesmith.context.index.reader import Index
from holesmith.system.private_files import CACHE_VARIABLE

from tests.context.repository import make_repository, write_files

EVENT_TIMEOUT_S = 30.0
Start = Callable[[Path], tuple[BackgroundIndexer, "queue.Queue[Event]"]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    write_files(tmp_path / "work", {f"d{number}/m.py": f"def f{number}(): pass\n" for number in range(30)})
    return tmp_path / "work"


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[BackgroundIndexer] = []

    def make(root: Path) -> tuple[BackgroundIndexer, "queue.Queue[Event]"]:
        events: queue.Queue[Event] = queue.Queue()
        running.append(BackgroundIndexer(root, events.put))
        return running[-1], events

    yield make
    for indexer in running:
        indexer.close()


def wait_for(events: "queue.Queue[Event]", name: str, timeout_s: float = EVENT_TIMEOUT_S) -> Event:
    deadline = time.monotonic() + timeout_s
    while True:
        event = events.get(timeout=max(0.01, deadline - time.monotonic()))
        if event["event"] == name:
            return event
        assert event["event"] != "failed", event


def test_it_scans_with_progress_and_follows_changes(root: Path, start: Start) -> None:
    indexer, events = start(root)
    indexer.scan(["d3/m.py"])
    assert wait_for(events, "progress")["files_total"] == 30
    assert wait_for(events, "scanned")["stored"] == 30
    index = Index(database_of(root))
    (root / "d1" / "m.py").rename(root / "d1" / "n.py")
    indexer.rename("d1/m.py", "d1/n.py")
    assert not wait_for(events, "updated")["is_there"]
    assert wait_for(events, "updated")["is_there"]
    assert "d1/n.py" in index.paths()
    assert "d1/m.py" not in index.paths()


def test_a_changed_ignore_file_is_a_new_scan(root: Path, start: Start) -> None:
    indexer, events = start(root)
    indexer.scan()
    wait_for(events, "scanned")
    write_files(root, {".gitignore": "d1*/\n"})
    indexer.update([".gitignore"])
    assert wait_for(events, "scanned")["removed"] == 11


def test_two_windows_on_one_workspace_agree(root: Path, start: Start) -> None:
    (first, events), (second, others) = start(root), start(root)
    first.scan()
    second.scan()
    stored = wait_for(events, "scanned")["stored"] + wait_for(others, "scanned")["stored"]
    assert stored == 30
    write_files(root, {"d1/m.py": "def new(): pass\n", "d2/m.py": "def newer(): pass\n"})
    first.update(["d1/m.py"])
    second.update(["d2/m.py"])
    wait_for(events, "updated")
    wait_for(others, "updated")
    index = Index(database_of(root))
    assert len(index.paths()) == 30
    assert {each.symbol.name for each in index.definitions(["new", "newer"])} == {"new", "newer"}


def test_a_killed_indexer_is_started_again_and_nothing_is_lost(root: Path, start: Start) -> None:
    indexer, events = start(root)
    indexer.scan()
    wait_for(events, "progress")
    process = indexer.process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(events, "restarting")
    assert wait_for(events, "scanned")["files"] == 30
    assert len(Index(database_of(root)).paths()) == 30


def indexer_of(root: Path) -> "subprocess.Popen[bytes]":
    """The process alone, whose server is the test."""
    command = [sys.executable, "-P", "-m", "holesmith.context.index.process.indexer", str(root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_the_process_ends_with_its_parent(root: Path) -> None:
    process = indexer_of(root)
    out, _ = process.communicate(
        b'{"do": "scan"}\nnot json\n{"do": "nonsense"}\n[]\n', timeout=EVENT_TIMEOUT_S
    )
    assert process.returncode == 0
    assert b"progress" in out or out == b""


def test_the_process_ends_with_its_parent_while_it_scans(root: Path) -> None:
    write_files(root, {f"many/m{number}.py": "x = 1\n" * 300 for number in range(2_000)})
    process = indexer_of(root)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"do": "scan"}\n')
    process.stdin.flush()
    assert b"progress" in process.stdout.readline()
    process.stdin.close()
    assert process.wait(5.0) == 0
    process.stdout.close()


def test_the_process_ends_with_its_parent_though_nobody_reads_what_it_tells(root: Path) -> None:
    process = indexer_of(root)
    assert process.stdin is not None
    assert process.stdout is not None
    paths = [f"d{number}/m.py" for number in range(30)]
    for _ in range(200):  # far more events than a pipe holds
        process.stdin.write(json.dumps({"do": "update", "paths": paths}).encode() + b"\n")
        process.stdin.flush()
    process.stdin.write(b'{"do": "scan"}\n')
    wait_until(lambda: len(Index(database_of(root)).paths()) == 30, "it works though its pipe is full")
    process.stdin.close()
    assert process.wait(5.0) == 0
    process.stdout.close()


def test_the_process_ends_with_a_server_that_is_killed_while_it_waits_for_another(root: Path) -> None:
    claim(root, database_of(root))
    with scanning_lock(database_of(root), lambda: False):
        server = subprocess.Popen(
            [sys.executable, "-P", "-c", SERVER, str(root)], stdout=subprocess.PIPE, start_new_session=True
        )
        assert server.stdout is not None
        indexer = int(server.stdout.readline())
        assert server.stdout.readline() == b"waiting\n"
        server.kill()
        server.wait()
        server.stdout.close()
        wait_until(lambda: not is_alive(indexer), "the indexer ends")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when it goes on")
def test_a_stopped_indexer_ends_with_a_server_that_is_killed(root: Path) -> None:
    claim(root, database_of(root))
    with scanning_lock(database_of(root), lambda: False):
        server = subprocess.Popen(
            [sys.executable, "-P", "-c", SERVER, str(root)], stdout=subprocess.PIPE, start_new_session=True
        )
        assert server.stdout is not None
        indexer = int(server.stdout.readline())
        os.kill(indexer, signal.SIGSTOP)
        wait_until(lambda: state_of(indexer) == "T", "the indexer stands still")
        server.kill()
        server.wait()
        server.stdout.close()
        wait_until(lambda: not is_alive(indexer), "the indexer ends")


SERVER = """
import sys, threading
from pathlib import Path
from holesmith.context.index.process.background import BackgroundIndexer

said = set()
def hear(event):
    if event["event"] == "waiting" and not said:
        said.add(True)
        print(indexer.process.pid, flush=True)
        print("waiting", flush=True)

indexer = BackgroundIndexer(Path(sys.argv[1]), hear)
indexer.scan()
threading.Event().wait()
"""


def is_alive(process: int) -> bool:
    """A zombie that its new parent has not looked at yet is not alive."""
    return state_of(process) not in ("", "Z")


def state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def stopped_after_its_scan(root: Path, start: Start) -> tuple[BackgroundIndexer, "subprocess.Popen[bytes]"]:
    indexer, events = start(root)
    indexer.scan()
    wait_for(events, "scanned")
    process = indexer.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: state_of(process.pid) == "T", "the indexer stands still")
    return indexer, process


def test_a_stopped_indexer_holds_up_nobody(root: Path, start: Start) -> None:
    indexer, process = stopped_after_its_scan(root, start)
    started = time.monotonic()
    for number in range(200):  # a pipe holds 64 KiB
        indexer.update([f"{'folder/' * 20}{number}/m{each}.py" for each in range(20)])
    assert time.monotonic() - started < 1.0
    indexer.close()
    assert process.poll() is not None


def test_a_stopped_indexer_goes_on_with_everything_it_was_told(root: Path, start: Start) -> None:
    indexer, process = stopped_after_its_scan(root, start)
    write_files(root, {f"new/n{number}.py": f"n{number} = 1\n" for number in range(40)})
    for number in range(40):
        indexer.update([f"new/n{number}.py", *(f"{'gone/' * 20}{number}/{each}.py" for each in range(40))])
    process.send_signal(signal.SIGCONT)
    wait_until(lambda: len(Index(database_of(root)).paths()) == 70, "all is indexed")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Bomb.java", "a<\n" * 30_000),  # takes gigabytes
        ("bomb.py", "\\\n" * 40_000),  # takes minutes
    ],
)
def test_a_file_that_ends_the_parser_is_left_out_and_costs_one_restart(
    root: Path, start: Start, name: str, text: str
) -> None:
    write_files(root, {name: text})
    indexer, events = start(root)
    indexer.scan([name])
    wait_for(events, "restarting", timeout_s=120.0)  # of which it needs four, if the processor is its own
    wait_for(events, "scanned")
    index = Index(database_of(root))
    assert len(index.paths()) == 31
    assert index.text(name) is None
    write_files(root, {name: "x = 1\n"})
    indexer.update([name])
    wait_for(events, "updated")
    assert index.text(name) == "x = 1\n"


def test_a_file_is_not_left_out_because_the_server_ended_while_it_was_read(root: Path, start: Start) -> None:
    write_files(root, {"large.py": "x = 1\n" * 1_000})
    claim(root, database_of(root))
    (database_of(root).parent / "reading-1-x").write_text("large.py")  # what a process leaves then
    indexer, events = start(root)
    indexer.scan()
    assert wait_for(events, "scanned")["skipped"] == {}
    assert Index(database_of(root)).text("large.py") is not None


def test_a_full_disk_is_told_in_one_line_and_the_next_change_is_stored_again(root: Path) -> None:
    sink = io.BytesIO()
    events = EventStream(sink, on_broken=lambda: None)
    indexer = Indexer(root, events)
    connection = indexer.connection
    large = "def f(): pass\n" * 5_000
    write_files(root, {"d0/m.py": large, "d1/m.py": large})

    def commands() -> Iterator[bytes]:
        # What SQLite says on a full disk, it says of a database that may not grow, too.
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        yield b'{"do": "update", "paths": ["d0/m.py"]}\n'
        wait_until(lambda: b"failed" in sink.getvalue(), "it tells")
        connection.execute("PRAGMA max_page_count = 1000000")
        yield b'{"do": "update", "paths": ["d1/m.py"]}\n'
        wait_until(lambda: b"updated" in sink.getvalue(), "it goes on")

    indexer.run(commands(), lambda: None)
    failed, updated = map(json.loads, sink.getvalue().splitlines())
    assert "disk is full; free some space, or set HOLESMITH_CACHE" in failed["message"]
    assert updated["path"] == "d1/m.py"
    assert Index(database_of(root)).paths() == {"d1/m.py"}


def test_a_cache_that_cannot_be_written_is_told_in_one_line(root: Path, start: Start, tmp_path: Path) -> None:
    database = database_of(root)
    claim(root, database)
    database.with_name("open.lock").mkdir()  # root may write into any folder, but not into this
    indexer, events = start(root)
    indexer.scan()
    message = events.get(timeout=EVENT_TIMEOUT_S)["message"]
    assert message.startswith("no index: ")
    assert "set HOLESMITH_CACHE to another folder" in message


@pytest.mark.parametrize("name", ["a.py", "a.java", "a.js", "a.ts", "a.go", "a.rs", "a.c", "a.cpp", "a.cs"])
def test_hostile_text_is_indexed_or_left_out_in_every_language(tmp_path: Path, name: str) -> None:
    repository = make_repository(tmp_path, {})
    for text in ("(\n" * 400_000, "a+\n" * 50_000):
        repository.write({name: text})
        started = time.process_time()
        assert repository.scan().stored == 1
        assert time.process_time() - started < 5.0


def test_a_cache_that_is_deleted_meanwhile_is_made_anew(root: Path, start: Start, tmp_path: Path) -> None:
    indexer, events = start(root)
    indexer.scan()
    wait_for(events, "scanned")
    shutil.rmtree(tmp_path / "cache")
    indexer.update(["d1/m.py"])
    assert "deleted" in wait_for(events, "rebuilding")["message"]
    assert wait_for(events, "scanned")["stored"] == 30
    assert len(Index(database_of(root)).paths()) == 30


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + EVENT_TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.02)


def test_a_workspace_that_cannot_be_indexed_is_told(root: Path, start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the cache should be")
    indexer, events = start(root)
    indexer.scan()
    assert "no index" in events.get(timeout=EVENT_TIMEOUT_S)["message"]


def test_indexes_of_workspaces_that_are_gone_are_deleted(root: Path, start: Start) -> None:
    indexer, events = start(root)
    indexer.scan()
    wait_for(events, "scanned")
    indexer.close()
    assert delete_unused() == 0
    for file in sorted(root.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    root.rmdir()
    assert delete_unused() == 1
    assert not database_of(root).parent.exists()


def test_an_index_with_the_tables_of_another_version_is_deleted_when_it_is_old(root: Path) -> None:
    database = database_of(root)
    claim(root, database)
    recent, old = database.with_name("index-0.sqlite3"), database.with_name("index-1.sqlite3")
    for file in (recent, old, database):
        file.write_bytes(b"")
    os.utime(old, (0, 0))
    os.utime(database, (0, 0))
    assert delete_unused() == 0
    assert recent.exists()
    assert database.exists()
    assert not old.exists()
