"""Hashes of files, or of a part of a file."""

import hashlib
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def sha256_of_file(path: Path, start: int = 0, bytes_max: int | None = None) -> str:
    """Return the SHA-256, in hex, of ``bytes_max`` bytes from ``start`` on; None for all up to the end."""
    digest = hashlib.sha256()
    left = path.stat().st_size if bytes_max is None else bytes_max
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def git_blob_hash_of_file(path: Path) -> str:
    """Return Git's id of a file's content, in hex.

    The hub states it for files outside its large-file storage.
    """
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
