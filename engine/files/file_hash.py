"""The hash of a file, or of a stretch of it."""

import hashlib
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def sha256_of_file(path: Path, start: int = 0, bytes_max: int | None = None) -> str:
    """The SHA-256, in hex, of the bytes from ``start`` on, ``bytes_max`` of them (None: to the end)."""
    digest = hashlib.sha256()
    left = path.stat().st_size if bytes_max is None else bytes_max
    with path.open("rb") as file:
        file.seek(start)
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def git_blob_hash_of_file(path: Path) -> str:
    """Git's id of a file's content, in hex: what the hub states for files outside its large-file storage."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
