"""Find the files that Holesmith has written for its user, outside of its installation.

Only names of our own pattern are found, because a folder that a variable names may also hold other files.
There are no logs, because none is written to a file.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import platformdirs
from holesmith.engine.errors import ModelNotFoundError
from holesmith.engine.store.store import RECORD_NAME, store_directory, stored_models
from holesmith.kernels.kept_files import BESIDE_SOURCES, CACHE_NAME, SUFFIXES, holds_only_kept_code
from holesmith.system.private_files import NoPrivateFolderError, cache_folder, is_shared_cache

EXTENSION = "holesmith.holesmith"
VS_CODES = ("Code", "Code - Insiders", "Code - OSS", "VSCodium")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file or a whole folder of ours. ``refusal``: why it must not be removed; "" if it may be."""

    kind: str
    path: Path
    bytes: int
    refusal: str


def find_kept() -> Iterator[Kept]:
    """Yield all files and folders of ours, without those that a running server removes meanwhile."""
    for kind, path in _places():
        try:
            size_bytes, refusal = _bytes_of(path), _refusal(path)
            if kind == "model":
                refusal = refusal or _refusal_of_model(path)
        except FileNotFoundError:
            continue
        yield Kept(kind, path, size_bytes, refusal)


def _places() -> Iterator[tuple[str, Path]]:
    yield from _of_store()
    yield from _of_cache()
    yield from (("machine code", path) for path in _beside_kernels())
    yield from (("VS Code's server", path) for path in _environments_of_extension())


def _of_store() -> Iterator[tuple[str, Path]]:
    try:
        store = store_directory()
    except ModelNotFoundError:
        return
    yield from (("model", path.parent) for path in _matches(store, f"*/{RECORD_NAME}"))
    yield from (("unfinished pull", path) for path in _matches(store, ".partial/*"))
    yield from (("lock", path) for path in _matches(store, ".locks/*.lock"))


def _of_cache() -> Iterator[tuple[str, Path]]:
    try:
        cache = cache_folder()
    except NoPrivateFolderError:
        return
    yield from (("index", path.parent) for path in _matches(cache, "index/*/workspace") if path.is_file())
    for kind, pattern in (
        ("packed weights", "packed/*.safetensors"),
        ("packed weights", "packed/*.partial"),
        ("checked file", "verified/*.json"),
        ("evaluation suite", "own-suite"),
    ):
        yield from ((kind, path) for path in _matches(cache, pattern))
    if not is_shared_cache(cache):
        yield from (("older cache", path) for path in _matches(cache, "jedi"))
    yield from (("machine code", path) for path in _kept_code_in(cache))


def _beside_kernels() -> Iterator[Path]:
    """The compiled kernels, which no installer removes, because none knows of them."""
    package = Path(str(files("holesmith.kernels")))
    yield from _kept_code_in(package / BESIDE_SOURCES)
    # Earlier versions kept it here.
    yield from (path for path in _matches(package / "__pycache__", "*") if path.suffix in SUFFIXES)


def _kept_code_in(folder: Path) -> Iterator[Path]:
    for path in _matches(folder, f"{CACHE_NAME}/*"):
        with suppress(OSError):
            if holds_only_kept_code(path):
                yield path


def _environments_of_extension() -> Iterator[Path]:
    """The environments that the VS Code extension has installed. The editor removes the extension itself."""
    for storage in _storages():
        environment = storage / EXTENSION / "server"
        if os.path.lexists(environment / "pyvenv.cfg"):
            yield environment


def _storages() -> Iterator[Path]:
    try:
        for name in VS_CODES:
            folder = platformdirs.user_config_path(name, appauthor=False, roaming=True)
            yield folder / "User" / "globalStorage"
        yield platformdirs.user_data_path("code-server", appauthor=False) / "User" / "globalStorage"
        yield Path.home() / ".vscode-server" / "data" / "User" / "globalStorage"
    except RuntimeError:  # this user has no home
        return


def _matches(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _bytes_of(path: Path) -> int:
    """The size of a file, or of all files in a folder. Links count as nothing."""
    if path.is_symlink():
        return 0
    if path.is_file():
        return path.stat().st_size
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                status = os.lstat(os.path.join(folder, name))  # noqa: PTH118  # faster, for thousands of files
            except OSError:
                continue
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def _refusal(path: Path) -> str:
    """The reason not to remove a path; "" if there is none. A link may lead to files that are not ours."""
    for place in (path, path.parent):
        if place.is_symlink():
            return f"{place} is a link; remove it yourself"
    if hasattr(os, "geteuid") and path.lstat().st_uid != os.geteuid():
        return "it belongs to another user"
    return ""


def _refusal_of_model(folder: Path) -> str:
    """The reason not to remove a folder with a model's record; "" if it holds only the files of that record.

    The user's folder of models may also hold a repository whose authors wrote such a record.
    """
    stored = next((each for each in stored_models(folder.parent) if each.directory == folder), None)
    if stored is None:
        return f"its {RECORD_NAME} is damaged; remove it yourself"
    of_model = {RECORD_NAME, *(str(file.path) for file in stored.record.files)}
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    foreign = next(
        (name for path in found if (name := path.relative_to(folder).as_posix()) not in of_model), None
    )
    return "" if foreign is None else f"{foreign} is no file of a model; remove it yourself"
