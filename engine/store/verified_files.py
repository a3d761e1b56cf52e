"""The stored files that were read whole and had their recorded hash, so that each is checked only once.

Reading 490 MB for the check takes 0.8 s. So the result is remembered, in the user's cache directory, as long
as the file is unchanged for the file system. One of the compared times can't be set back, so that other bytes
of the same size are not taken for the old ones.
"""

import hashlib
import json
import os
from pathlib import Path

from holesmith.engine.errors import WeightsError
from holesmith.engine.files.cache_directory import cache_directory
from holesmith.engine.files.file_hash import sha256_of_file
from holesmith.engine.files.weight_source import WeightSource
from holesmith.system.private_files import is_private_file, make_folder_of_cache, open_private


def check_hashes(source: WeightSource) -> None:
    """Raise WeightsError if a file of a stored model has not the hash it was stored with."""
    for path, sha256 in source.hashes:
        try:
            note = _note_of(path, sha256)
            if _remembered(note):
                continue
            found = sha256_of_file(path)
        except OSError as error:
            raise WeightsError(f"cannot read {path}: {error.strerror}") from error
        if found != sha256:
            raise WeightsError(
                f"{path} does not have the SHA-256 that it was stored with: "
                f"run `holesmith model pull {source.name}` to restore it"
            )
        _remember(note)


def note_hashes(source: WeightSource) -> None:
    """Remember that all files of a stored model have just been found to have their hashes."""
    for path, sha256 in source.hashes:
        _remember(_note_of(path, sha256))


def _note_of(path: Path, sha256: str) -> tuple[Path, str]:
    """Return the place of a file's note, and its text: everything by which another content would show."""
    stat = path.stat()
    place = os.fspath(path.absolute())
    state = [place, sha256, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    name = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:20]
    return cache_directory("verified") / f"{name}.json", json.dumps(state)


def _remembered(note: tuple[Path, str]) -> bool:
    place, state = note
    try:
        return is_private_file(place) and place.read_text(encoding="utf-8") == state
    except (OSError, ValueError):
        return False


def _remember(note: tuple[Path, str]) -> None:
    place, state = note
    try:
        make_folder_of_cache(place.parent)
        with open(place, "w", encoding="utf-8", opener=open_private) as file:
            file.write(state)
    except OSError:
        return  # it is then checked again the next time
