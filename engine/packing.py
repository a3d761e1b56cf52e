"""Matrices for the CPU: packed to 8 bits at the first load, mapped from the user's cache directory later.

Eight bits with one scale a row lose less than the 4- to 6-bit formats that models come in have already lost
(docs/experiments.md), and are read at twice the speed of bfloat16. Matrices that come in 4 bits keep their
4-bit codes beside, for the passes of a few tokens.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from holesmith.engine.architecture import Architecture
from holesmith.engine.assembly import MatrixMaker, Progress, matrix_names, stacked
from holesmith.engine.model import Linear
from holesmith.engine.packed_file import packed_path, packed_writer
from holesmith.engine.weight_source import WeightSource
from holesmith.engine.weights import Weights
from holesmith.kernels.int4_groups import ROWS_MULTIPLE, Int4Groups, pack_codes, pack_scales
from holesmith.kernels.int8_rows import Int8Rows
from holesmith.kernels.reference import quantise_rows
from safetensors import SafetensorError, safe_open
from torch import Tensor

logger = logging.getLogger(__name__)

_CPU = torch.device("cpu")
_TABLES = ("output", "token_embd")
_TABLE_ROWS = 8192
_PARTS = ("codes", "scale", "bias", "codes4", "scales4")

Packed = Mapping[str, Tensor]
"""The tensors of one packed matrix, by `_PARTS`."""


def packed_matrices(
    source: WeightSource, architecture: Architecture, weights: Weights, progress: Progress
) -> MatrixMaker:
    """A maker of 8-bit matrices. Packs at every load where the cache directory is read-only."""
    path = packed_path(source)
    names = list(matrix_names(architecture, weights))
    found = _open(path, names)
    if found is None:
        try:
            _write(path, names, weights, progress)
        except OSError as error:
            logger.warning("cannot keep packed weights in %s (%s): packing in memory", path.parent, error)
            return lambda names: _linear(_pack(weights, names))
        found = _open(path, names)
        assert found is not None
    return found


def _pack(weights: Weights, names: Sequence[str]) -> Packed:
    """One matrix in the parts that a packed file holds."""
    if names[0] in _TABLES:
        return _pack_table(weights, f"{names[0]}.weight")
    matrix, bias = stacked(weights, names, _CPU, torch.float32)
    codes, scale = quantise_rows(matrix)
    parts = {"codes": codes, "scale": scale}
    if bias is not None:
        parts["bias"] = bias.bfloat16()
    groups = [weights.four_bits(f"{name}.weight") for name in names]
    if len(matrix) % ROWS_MULTIPLE == 0 and all(group is not None for group in groups):
        known = [group for group in groups if group is not None]
        parts["codes4"] = pack_codes(torch.cat([group.codes for group in known]))
        scales = torch.cat([group.scale for group in known])
        minimums = torch.cat([group.minimum for group in known if group.minimum is not None])
        parts["scales4"] = pack_scales(scales, minimums)
    return parts


def _pack_table(weights: Weights, name: str) -> Packed:
    """A matrix with a row for each token, packed piece by piece: whole, in float32, it would not fit."""
    rows = torch.arange(weights.height(name)).split(_TABLE_ROWS)
    pieces = [quantise_rows(weights.rows(name, piece)) for piece in rows]
    codes, scale = (torch.cat(part) for part in zip(*pieces, strict=True))
    return {"codes": codes, "scale": scale}


def _linear(parts: Packed) -> Linear:
    eight_bits = Int8Rows(parts["codes"], parts["scale"], parts.get("bias"))
    if "codes4" not in parts:
        return eight_bits
    return Int4Groups(parts["codes4"], parts["scales4"], eight_bits)


def _key(names: Sequence[str]) -> str:
    return "+".join(names)


def _write(path: Path, names: Sequence[Sequence[str]], weights: Weights, progress: Progress) -> None:
    with packed_writer(path) as writer:
        for done, group in enumerate(names):
            for part, tensor in _pack(weights, group).items():
                writer.add(f"{_key(group)}.{part}", tensor)
            progress("packing weights", (done + 1) / len(names))


def _open(path: Path, names: Iterable[Sequence[str]]) -> MatrixMaker | None:
    """Makes matrices of the mapped tensors; None if there is no whole packed file."""
    try:
        file = safe_open(path, framework="pt")
    except (OSError, SafetensorError):
        return None
    there = frozenset(file.keys())
    if not all(f"{_key(group)}.codes" in there for group in names):
        return None
    path.touch()

    def make(names: Sequence[str]) -> Linear:
        found = {part: f"{_key(names)}.{part}" for part in _PARTS}
        return _linear({part: file.get_tensor(name) for part, name in found.items() if name in there})

    return make
