"""The packed form of a model's matrices in the user's cache directory: made once, mapped ever after.

A packed file is an ordinary safetensors file. It is written matrix by matrix, so that packing never holds
more than one of them in memory, and moved into place only when whole.
"""

import hashlib
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.cache_directory import cache_directory
from holesmith.engine.files.weight_source import WeightSource
from holesmith.system.private_files import make_folder_of_cache
from torch import Tensor

FORMAT = 3
"""Version of the stored form, raised with every change, so that files of other versions are made again."""

FILES_MAX = 4
"""Number of packed forms that are kept; the least recently used ones are deleted first."""

_DATA_START = 1 << 20
"""Bytes kept free for the header; also an alignment that is enough for any kernel."""

_HEADER_BYTES = _DATA_START - 8
# A partial file that is older was left by a killed process and is deleted.
_PARTIAL_AGE_MAX_S = 24 * 3600
_DTYPES = {
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
}


def packed_path(source: WeightSource, kind: str) -> Path:
    """Return the path of the packed form of these weights, which differs for a changed file.

    Raises WeightsError if a file of the weights does not exist any more.
    """
    files = [source.path] if source.layout == "gguf" else sorted(source.path.glob("*.safetensors"))
    try:
        stats = [(str(file.resolve()), *_identity(file.stat())) for file in files]
    except OSError as error:
        raise WeightsError(f"cannot read {error.filename}: {error.strerror}") from error
    key = hashlib.sha256(json.dumps([FORMAT, kind, stats]).encode()).hexdigest()[:20]
    return cache_directory("packed") / f"{key}.safetensors"


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    """Return the numbers that tell two contents apart. The last of them, a time, can't be set back."""
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class PackedWriter:
    """Appends tensors to a safetensors file whose header is filled in last."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "wb")
        self._file.write(b" " * _DATA_START)
        self._header: dict[str, object] = {}
        self._end = 0

    def add(self, name: str, tensor: Tensor) -> None:
        """Write one tensor. Raises OSError if the disk is full."""
        start, self._end = self._end, self._end + tensor.nbytes
        self._header[name] = {
            "dtype": _DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, self._end],
        }
        self._file.write(tensor.contiguous().view(torch.uint8).flatten().numpy().data)

    def finish(self) -> None:
        """Write the header and close the file."""
        header = json.dumps(self._header).encode()
        assert len(header) <= _HEADER_BYTES
        self._file.seek(0)
        self._file.write(_HEADER_BYTES.to_bytes(8, "little") + header)
        self._file.close()

    def abandon(self) -> None:
        """Close the file without finishing it."""
        self._file.close()


@contextmanager
def packed_writer(path: Path) -> Generator[PackedWriter]:
    """Write a packed file, which appears at ``path`` when the block ends without an error.

    Raises OSError if it can't be written, or its folder is another user's.
    """
    make_folder_of_cache(path.parent)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    writer = PackedWriter(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        yield writer
        writer.finish()
        partial.replace(path)
        _forget_old(path.parent)
    finally:
        writer.abandon()
        partial.unlink(missing_ok=True)


def note_use(path: Path) -> None:
    """Mark a packed file as just used, if the cache can be written.

    Its modification time stays, because damage is detected by that time.
    """
    with suppress(OSError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


def _forget_old(directory: Path) -> None:
    for partial in directory.glob("*.partial"):
        if time.time() - partial.stat().st_mtime > _PARTIAL_AGE_MAX_S:
            partial.unlink(missing_ok=True)
    files = sorted(directory.glob("*.safetensors"), key=lambda file: file.stat().st_atime, reverse=True)
    for file in files[FILES_MAX:]:
        file.unlink(missing_ok=True)
