"""Matrices for the CPU: packed at the first load, mapped from the user's cache directory later.

Matrices that come in 4 bits keep their codes. All others are rounded to 8 bits with one scale a row, which
loses less than the 4- to 6-bit formats of models have already lost
(docs/results/2026-11-24-loss-of-8-bit-weights.md). On a processor without the instruction that `low_bit`
needs, all matrices are in 8 bits, in the form that torch multiplies.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from holesmith.engine.errors import WeightsError
from holesmith.engine.files.open_file import OpenFile
from holesmith.engine.files.packed_file import note_use, packed_path, packed_writer
from holesmith.engine.files.weight_source import WeightSource
from holesmith.engine.loading.assembly import MatrixMaker, Progress, matrix_names, stacked_bias
from holesmith.engine.loading.packed_sizes import PackedHeaders, is_native_fit, is_torch_fit
from holesmith.engine.loading.weights import Weights
from holesmith.engine.model.architecture import Architecture
from holesmith.engine.model.decoder import Linear
from holesmith.kernels.int8_rows import Int8Rows
from holesmith.kernels.low_bit_matrix import (
    LowBitMatrix,
    pack_group_scales,
    pack_groups,
    pack_rows,
    pad_vector,
)
from holesmith.kernels.machine_code.low_bit import IS_SUPPORTED
from holesmith.kernels.reference import quantise_rows
from holesmith.kernels.workers import Workers
from holesmith.system.private_files import is_private_file
from safetensors import SafetensorError, safe_open
from torch import Tensor

logger = logging.getLogger(__name__)

# The large matrices of vocabulary size, packed in pieces of so many rows.
_TABLES = ("output", "token_embd")
_TABLE_ROWS = 8192
_PARTS = ("codes", "scales", "row_scales", "bias")

Packed = Mapping[str, Tensor]
"""The tensors of one packed matrix, by `_PARTS`. Their sizes keep all of them aligned in a file."""


def packed_matrices(
    source: WeightSource,
    architecture: Architecture,
    weights: Weights,
    workers: Workers,
    progress: Progress,
    is_native: bool = IS_SUPPORTED,
) -> "PackedMatrices":
    """Return a maker of low-bit matrices. Packs at every load if the cache directory is read-only.

    ``is_native`` chooses our own kernels, otherwise torch's are used. The weights must have been checked
    against the architecture.
    """
    path = packed_path(source, "native" if is_native else "torch")
    names = list(matrix_names(architecture, weights))

    def size(names: Sequence[str]) -> tuple[int, int]:
        shapes = [weights.facts(f"{name}.weight").shape for name in names]
        return sum(rows for rows, _ in shapes), shapes[0][1]

    def linear(names: Sequence[str], parts: Packed) -> Linear:
        rows, _ = size(names)
        return _native_linear(workers, rows, parts) if is_native else _torch_linear(parts)

    def is_fit(names: Sequence[str], headers: PackedHeaders) -> bool:
        return (is_native_fit if is_native else is_torch_fit)(*size(names), headers)

    found = _open(path, names, linear, is_fit)
    if found is None:
        pack = _pack_native if is_native else _pack_torch
        try:
            _write(path, names, partial(pack, weights), progress)
        except OSError as error:
            reason = error.strerror or error
            logger.warning("cannot keep packed weights in %s (%s): packing in memory", path.parent, reason)
            return PackedMatrices(lambda names: linear(names, pack(weights, names)), ())
        found = _open(path, names, linear, is_fit)
        if found is None:
            raise WeightsError(f"{path} was changed while it was written: load the model again")
    return found


@dataclass(frozen=True, slots=True)
class PackedMatrices:
    """A `MatrixMaker`, and the files that its matrices are mapped from."""

    make: MatrixMaker
    files: Sequence[OpenFile]

    def __call__(self, names: Sequence[str]) -> Linear:
        return self.make(names)


def _pack_native(weights: Weights, names: Sequence[str]) -> Packed:
    """Pack one matrix into the parts of a packed file, for `LowBitMatrix`."""
    groups = [weights.four_bits(f"{name}.weight") for name in names]
    known = [group for group in groups if group is not None]
    bias = stacked_bias(weights, names)
    parts = {} if bias is None else {"bias": pad_vector(bias)}
    if len(known) == len(names) and names[0] not in _TABLES:
        scale = torch.cat([group.scale for group in known])
        minimum = torch.cat([group.minimum for group in known if group.minimum is not None])
        codes = torch.cat([group.codes for group in known])
        return {**parts, "codes": pack_groups(codes), "scales": pack_group_scales(scale, minimum)}
    codes, scale = _rounded(weights, names)
    return {**parts, "codes": pack_rows(codes), "row_scales": pad_vector(scale)}


def _pack_torch(weights: Weights, names: Sequence[str]) -> Packed:
    """Pack one matrix into the parts of a packed file, for `Int8Rows`."""
    codes, scale = _rounded(weights, names)
    bias = stacked_bias(weights, names)
    parts = {"codes": codes, "row_scales": scale}
    return parts if bias is None else {**parts, "bias": bias.bfloat16()}


def _rounded(weights: Weights, names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return codes and row scales. Large tables go piece by piece: whole, in float32, they would not fit."""
    pieces: list[tuple[Tensor, Tensor]] = []
    for name in names:
        table = f"{name}.weight"
        if name in _TABLES:
            rows = torch.arange(weights.height(table)).split(_TABLE_ROWS)
            pieces += [quantise_rows(weights.rows(table, piece)) for piece in rows]
        else:
            pieces.append(quantise_rows(weights.tensor(table)))
    codes, scale = (torch.cat(part) for part in zip(*pieces, strict=True))
    return codes, scale


def _native_linear(workers: Workers, rows: int, parts: Packed) -> Linear:
    scales, row_scales, bias = (parts.get(part) for part in ("scales", "row_scales", "bias"))
    return LowBitMatrix(rows, parts["codes"], scales, row_scales, bias, workers)


def _torch_linear(parts: Packed) -> Linear:
    return Int8Rows(parts["codes"], parts["row_scales"], parts.get("bias"))


def _key(names: Sequence[str]) -> str:
    return "+".join(names)


def _write(
    path: Path,
    names: Sequence[Sequence[str]],
    pack: Callable[[Sequence[str]], Packed],
    progress: Progress,
) -> None:
    with packed_writer(path) as writer:
        for done, group in enumerate(names):
            for part, tensor in pack(group).items():
                writer.add(f"{_key(group)}.{part}", tensor)
            progress("packing weights", (done + 1) / len(names))


def _open(
    path: Path,
    names: Iterable[Sequence[str]],
    linear: Callable[[Sequence[str], Packed], Linear],
    is_fit: Callable[[Sequence[str], PackedHeaders], bool],
) -> PackedMatrices | None:
    """Make matrices of the mapped tensors; None if there is no whole packed file of exactly these sizes.

    None also if another user may have written it, because kernels compute with its content.
    """
    if not is_private_file(path):
        return None
    try:
        file = safe_open(path, framework="pt")
        note_use(path)
        opened = OpenFile(path)
    except (OSError, SafetensorError, WeightsError):
        return None
    there = frozenset(file.keys())

    def parts_of(names: Sequence[str]) -> dict[str, str]:
        found = {part: f"{_key(names)}.{part}" for part in _PARTS}
        return {part: name for part, name in found.items() if name in there}

    def headers(names: Sequence[str]) -> PackedHeaders:
        found = {part: file.get_slice(name) for part, name in parts_of(names).items()}
        return {part: (header.get_dtype(), tuple(header.get_shape())) for part, header in found.items()}

    def make(names: Sequence[str]) -> Linear:
        return linear(names, {part: file.get_tensor(name) for part, name in parts_of(names).items()})

    if not all(is_fit(group, headers(group)) for group in names):
        return None
    return PackedMatrices(make, (opened,))
